-- A program that calls setlocale and has a comma for a point sends and reads the same numbers.
local interpreter = require "support.interpreter"

local PROGRAM = [[
assert(os.setlocale("comma", "numeric"))
local am = require "alchemoon"
local core = require "alchemoon.core"
local half = 1 / 2
local t = am.Table("locale_numbers", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
  am.Column("f", am.Float), am.Column("n", am.Numeric(10, 2)), am.Column("j", am.JSON))

local text = am.select(am.func.f(am.literal(half + 1))):compile{ literal_binds = true }.sql
assert(text:find("f(1.5)", 1, true), text)
assert(core.encode_text(half, am.Float(), "postgresql") == "0.5")
assert(am.decimal.from_float(half):tonumber() == half and tostring(am.decimal "0.5") == "0.5")

local function check(url)
  local engine = am.create_engine(url)
  engine:connect(function(conn)
    t:drop(conn, { checkfirst = true })
    t:create(conn)
    conn:execute(am.insert(t), { { id = 1, f = half, n = am.decimal "2.25", j = { x = half } },
      { id = 2, f = -half, n = 3 + half, j = { 2 } } })
    local one, two = (unpack or table.unpack)(conn:execute(am.select(t):order_by(t.c.id)):all())
    assert(one.f == half and two.f == -half and one.j.x == half)
    assert(tostring(one.n) == "2.25" and tostring(two.n) == "3.50")
    assert(tostring(conn:execute(am.select(t.c.f)):first()) == "(0.5,)")
    assert(conn:scalar(am.text("select '0.5'"):columns(am.column("x", am.Float))) == half)
    assert(tostring(conn:scalar(am.select(am.func.sum(t.c.n)))) == "5.75")
    if engine.dialect.name == "sqlite" then
      conn:execute(am.insert(t), { id = 3, f = "0.25" })
      assert(conn:scalar(am.select(t.c.f):where(t.c.id:eq(3))) == half * half)
    end
    if engine.dialect.name == "postgresql" then
      assert(conn:scalar(am.select(am.literal({ half, 2 }, am.ARRAY(am.Float))))[1] == half)
      local row = conn:exec_driver_sql("select array[0.5]::float8[], 0.5::numeric, 0.5::float4"):first()
      assert(row[3] == half and tostring(row[2]) == "0.5")
      assert(conn:scalar(am.select(am.literal(am.timedelta{ seconds = half }, am.Interval))):total_seconds() == half)
    end
    t:drop(conn)
  end)
  engine:dispose()
end
check "sqlite://?timeout=0.5"
if os.getenv "ALCHEMOON_TEST_PG" then check(os.getenv "ALCHEMOON_TEST_PG") end
io.write "the same"
]]

-- A locale whose decimal point is a comma, made of nothing but what every system has.
local function make_locale(dir)
  local function write(name, lines)
    local file = assert(io.open(dir .. "/" .. name, "w"))
    file:write(table.concat(lines, "\n"), "\n")
    file:close()
  end
  local map = { "<code_set_name> ANSI_X3.4-1968", "<comment_char> %", "<escape_char> /", "<mb_cur_min> 1",
    "<mb_cur_max> 1", "CHARMAP" }
  for i = 0, 127 do map[#map + 1] = ("<U%04X> /x%02x X"):format(i, i) end
  map[#map + 1] = "END CHARMAP"
  write("map", map)
  write("source", { "LC_NUMERIC", 'decimal_point "<U002C>"', 'thousands_sep ""', "grouping -1", "END LC_NUMERIC" })
  os.execute(("cd %s && localedef -c -f ./map -i ./source ./comma >/dev/null 2>&1"):format(dir))
end

describe("a locale with a comma", function()
  local dir

  setup(function()
    dir = os.tmpname()
    os.remove(dir)
    assert(os.execute("mkdir " .. dir))
    make_locale(dir)
  end)
  teardown(function() os.execute("rm -rf " .. dir) end)

  it("changes no number on its way to a database or back", function()
    local program = assert(io.open(dir .. "/program.lua", "w"))
    program:write(PROGRAM)
    program:close()
    local lists = io.open(dir .. "/comma/LC_NUMERIC")
    if not lists then return pending "localedef makes no locale here" end
    lists:close()
    local pipe = io.popen(("LOCPATH=%s LUA_PATH='%s' LUA_CPATH='%s' %s %s/program.lua 2>&1"):format(dir, package.path,
      package.cpath, interpreter, dir))
    local said = pipe:read "*a"
    pipe:close()
    assert.equal("the same", said)
  end)
end)
