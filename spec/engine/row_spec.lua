-- Rows: values by index, name and column.
local am = require "alchemoon"
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc

local null = core.null

describe("Row", function()
  local conn
  local function row(sql, params) return conn:exec_driver_sql(sql, params):one() end

  before_each(function() conn = am.create_engine("sqlite://"):connect() end)
  after_each(function() conn:close() end)

  it("answers to positions and labels", function()
    local r = row "select 1 as id, 'x' as name, null as n, 2.5 as f"
    assert.are.equal(1, r.id)
    assert.are.equal("x", r["name"])
    assert.is_nil(r.n)
    assert.are.equal(2.5, r.f)
    assert.are.equal(1, r[1])
    assert.are.equal("x", r[2])
    assert.is_nil(r[3])
    assert.are.equal(2.5, r[-1])
    assert.are.equal(1, r[-4])
    assert.are.equal(4, #r)
  end)

  it("unpacks, prints, becomes a table", function()
    local r = row "select 1 as id, 'it''s' as name, null as n, 2.0 as f, x'00ff' as b"
    local id, name, n, f, b = r:unpack()
    assert.are.equal(1, id)
    assert.are.equal("it's", name)
    assert.is_nil(n)
    assert.are.equal(2, f)
    assert.are.equal("\0\255", b)
    local float = math.type and "2.0" or "2" -- Lua 5.1 has one kind of number
    assert.are.equal("(1, \"it's\", None, " .. float .. ", b'\\x00\\xff')", tostring(r))
    assert.are.equal("(1,)", tostring(row "select 1"))
    assert.same({ id = 1, name = "it's", f = 2, b = "\0\255" }, r:as_dict())
    assert.same({ "id", "name", "n", "f", "b" }, r._fields)
  end)

  it("labels win over methods", function()
    local r = row "select 5 as count, 6 as unpack, 7 as keys, 8 as as_dict"
    assert.are.equal(5, r.count)
    assert.are.equal(6, r.unpack)
    assert.are.equal(7, r.keys)
    assert.are.equal(8, r.as_dict)
    assert.are.equal(2, row("select 5, 5"):count(5))
    assert.are.equal(2, row("select 4, 5"):index(5))
  end)

  if _VERSION ~= "Lua 5.1" then
    it("pairs gives labels in order", function()
      local seen = {}
      for label, value in pairs(row "select 1 as b, null as a, 'x' as c") do
        seen[#seen + 1] = label
        seen[#seen + 1] = value == nil and "nil" or value
      end
      assert.same({ "b", 1, "a", "nil", "c", "x" }, seen)
    end)
  end

  it("compares by value", function()
    local a, b = row "select 1 as x, 'y' as y", row "select 1 as p, 'y' as q"
    assert.is_true(a == b)
    assert.is_false(a == row "select 1, 'z'")
    assert.is_false(a == row "select 1")
    assert.is_true(row "select 1, 2" < row "select 1, 3")
    assert.is_true(row "select 1" < row "select 1, 3")
    assert.is_true(row "select 1, 2" <= row "select 1, 2")
    assert.is_false(row "select 2, 2" <= row "select 1, 2")
  end)

  it("refuses what it does not have", function()
    local r = row "select 1 as id, 2 as other"
    raises_exc("NoSuchColumnError", function() return r.nope end, "^Could not locate column in row for column 'nope'$")
    raises_exc("NoSuchColumnError", function() return r[3] end, "row index 3 is out of range: the row has 2 columns")
    raises_exc("NoSuchColumnError", function() return r[0] end, "out of range")
    raises_exc("NoSuchColumnError", function() return r[-3] end, "out of range")
    raises_exc("NoSuchColumnError", function() return r[1.5] end, "Could not locate column")
    raises_exc("NoSuchColumnError", function() return r[nil] end, "Could not locate")
    raises_exc("NoSuchColumnError", function() return r[{}] end, "Could not locate")
    raises_exc("NoSuchColumnError", function() return r[2^60] end)
    raises_exc("InvalidRequestError", function() r.id = 5 end, "read%-only")
    raises_exc("ArgumentError", function() r.unpack(5) end, "expected a Row")
    raises_exc("ArgumentError", function() r.unpack() end, "expected a Row")
  end)

  it("a label that text gives twice is that of the last column", function()
    local r = row "select 1 as x, 2 as x, 3 as y"
    assert.are.equal(2, r.x)
    assert.same({ x = 2, y = 3 }, r:as_dict())
    assert.same({ 1, 2, 3 }, { r:unpack() })
  end)

  it("an ambiguous label of a construct is an error only when used", function()
    local r = conn:execute(am.select(am.literal(1):label("x"), am.literal(2):label("x"),
      am.literal(3):label("y"))):first()
    raises_exc("InvalidRequestError", function() return r:as_dict() end, "Ambiguous column name 'x'")
    assert.same({ 1, 2, 3 }, { r:unpack() })
    assert.are.equal(3, r.y)
    assert.are.equal(2, r[2])
    raises_exc("InvalidRequestError", function() return r.x end,
      "^Ambiguous column name 'x' in result set column descriptions$")
  end)

  it("finds columns by object, by key and by fallback", function()
    local column, other, third = {}, {}, {}
    local shape = core.shape{ names = { "a", "b" }, columns = { column, other }, keys = { ["t.a"] = 1 },
      fallback = function(key) if key == third then return 2 end end }
    local r = core.row(shape, { 5, 6 })
    assert.are.equal(5, r[column])
    assert.are.equal(6, r[other])
    assert.are.equal(6, r[third])
    assert.are.equal(5, r["t.a"])
    raises_exc("NoSuchColumnError", function() return r[{}] end)
  end)

  it("decodes with Lua functions", function()
    local cursor = conn.raw:cursor()
    cursor:start("select 1, null, 'x'")
    local seen = {}
    local shape = core.shape{ names = { "a", "b", "c" }, decoders = {
      function(v) return v + 100 end, function(v) seen[#seen + 1] = v == nil return "was null" end } }
    local set = core.rowset(3)
    set:fill(cursor)
    local r = set:row(shape)
    assert.same({ 101, "was null", "x" }, { r:unpack() })
    assert.are.equal(101, r.a)
    assert.are.equal("was null", r.b)
    assert.same({ true }, seen) -- once for each row, however often it is read
  end)

  it("mapping: a table that knows its columns", function()
    local m = row("select 1 as id, null as n, 'x' as name")._mapping
    assert.are.equal(1, m.id)
    assert.is_nil(m.n)
    assert.same({ "id", "n", "name" }, { unpack = nil, m:keys()[1], m:keys()[2], m:keys()[3] })
    raises_exc("NoSuchColumnError", function() return m.nope end, "Could not locate column in row for column 'nope'")
    raises_exc("NoSuchColumnError", function() return m[1] end)
    raises_exc("InvalidRequestError", function() m.other = 1 end, "read%-only")
    assert.are.equal("{'id': 1, 'n': None, 'name': 'x'}", tostring(m))
    local seen = {}
    for label, value in m:items() do seen[#seen + 1] = label .. "=" .. tostring(value) end
    assert.same({ "id=1", "n=nil", "name=x" }, seen)
  end)

  it("of Lua values: NULL is nil", function()
    local shape = core.shape{ names = { "a", "b" } }
    local r = core.row(shape, { 1, null })
    assert.are.equal(1, r.a)
    assert.is_nil(r.b)
    assert.are.equal("(1, None)", tostring(r))
    assert.is_true(r == row "select 1, null")
    raises_exc("ArgumentError", function() core.row_select(r, core.shape{ names = { "x" } }) end)
  end)

  it("exact integers, empty strings, NUL bytes, long text", function()
    local r = row("select 9223372036854775807, -9223372036854775808, '', ?, ?", { "a\0b", ("x"):rep(100000) })
    assert.are.equal("9223372036854775807", (tostring(r[1]):gsub("LL", "")))
    assert.are.equal("-9223372036854775808", (tostring(r[2]):gsub("LL", "")))
    assert.are.equal("", r[3])
    assert.are.equal("a\0b", r[4])
    assert.are.equal(100000, #r[5])
  end)

  it("rows stay valid without their result", function()
    local rows = conn:exec_driver_sql(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) "
      .. "select i, 'text ' || i as t from n"):all()
    collectgarbage()
    collectgarbage()
    assert.are.equal(5000, #rows)
    for i = 1, 5000, 37 do
      assert.are.equal(i, rows[i].i)
      assert.are.equal("text " .. i, rows[i].t)
    end
  end)

  it("the only row of a result stays valid without it, whatever its columns", function()
    local rows = {}
    for i = 1, 200 do
      local result = conn:exec_driver_sql("select ? as i, ? as t", { i, ("text %d "):format(i):rep(i % 5 * 100 + 1) })
      rows[i] = i % 2 == 0 and result:one() or result:columns("t"):one()
    end
    collectgarbage()
    collectgarbage()
    for i, only in ipairs(rows) do
      assert.are.equal(("text %d "):format(i):rep(i % 5 * 100 + 1), only.t)
      assert.are.equal(i % 2 == 0 and 2 or 1, #only)
      if i % 2 == 0 then assert.are.equal(i, only.i) end
    end
  end)

  it("a first row that was alone keeps its values when others come", function()
    local cursor = conn.raw:cursor()
    local shape = core.shape { names = { "i", "t" } }
    local function collect(sql)
      cursor:start(sql)
      local _, rowset = core.cursor_collect(cursor, shape, false, true)
      return rowset
    end
    local taken = collect "select 1, 'one'"
    local first = taken:row(shape)
    cursor:start "select 2, 'two' union all select 3, 'three'"
    assert.are.equal(2, (taken:fill(cursor)))
    local waiting = collect "select 4, 'four'"
    cursor:start "select 5, 'five' union all select 6, 'six'"
    assert.are.equal(2, (waiting:fill(cursor)))
    collectgarbage()
    collectgarbage()
    assert.are.equal("(1, 'one')", tostring(first))
    local shown = {}
    for _, set in ipairs { taken, waiting } do
      for _, r in ipairs(set:rows(shape)) do shown[#shown + 1] = tostring(r) end
    end
    assert.are.equal("(2, 'two') (3, 'three') (4, 'four') (5, 'five') (6, 'six')", table.concat(shown, " "))
    cursor:close()
  end)
end)
