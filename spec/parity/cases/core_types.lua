-- Values of every generic type there and back, in results, in WHERE, in expressions.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local insert, select, func, literal, cast = am.insert, am.select, am.func, am.literal, am.cast

local e = p.engine()
local md = am.MetaData()

local function split(text)
  local list = {}
  for part in text:gmatch("[^,]+") do list[#list + 1] = part end
  return list
end

local Tags = am.TypeDecorator{
  impl = am.String, cache_ok = true,
  process_bind_param = function(value, dialect)
    return value and table.concat(value, ",") .. ":" .. dialect.name:sub(1, 1)
  end,
  process_result_value = function(value) return value and split((value:gsub(":.*$", ""))) end,
}
local Cents
Cents = am.TypeDecorator{
  impl = am.Integer, cache_ok = true,
  process_bind_param = function(value) return value and math.floor(value * 100) end,
  process_result_value = function(value) return value and value / 100 end,
  coerce_compared_value = function() return Cents end,
}
local Shout = am.UserDefinedType{
  cache_ok = true,
  get_col_spec = function() return "VARCHAR(20)" end,
  bind_processor = function() return function(value) return value and value:upper() end end,
  result_processor = function() return function(value) return value and value .. "!" end end,
  bind_expression = function(bindvalue) return func.trim(bindvalue) end,
  column_expression = function(col) return func.substr(col, 2) end,
}

local cols = {
  { "si", am.SmallInteger, { 1, -32768 } }, { "bi", am.BigInteger, { 1099511627775, -5 } },
  { "b", am.Boolean, { true, false } }, { "f", am.Float, { 1.5, -0.25 } }, { "db", am.Double, { 2.5, 0.0 } },
  { "s", am.String(30), { "héllo", "" } }, { "tx", am.Text, { "a\nb'c", "%s :x ?" } },
  { "un", am.Unicode(10), { "ß", "日本" } }, { "bin", am.LargeBinary, { "\0\1\255", "\0" } },
  { "d", am.Date, { am.date(2024, 2, 29), am.date(1, 1, 1) } },
  { "t", am.Time, { am.time(1, 2, 3, 456789), am.time(0, 0) } },
  { "ts", am.DateTime, { am.datetime(2024, 2, 29, 13, 14, 15, 16), am.datetime(1999, 12, 31) } },
  { "iv", am.Interval, { am.timedelta{ days = 1, hours = 2, microseconds = 5 }, am.timedelta{ seconds = -90 } } },
  { "en", am.Enum("red", "green", { name = "color" }), { "red", "green" } },
  { "js", am.JSON, { { a = { 1, am.null, "x" } }, { 1, 2 } } },
  { "u", am.Uuid, { "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "00000000-0000-0000-0000-000000000001" } },
  { "tags", Tags(30), { { "a", "b" }, { "z" } } }, { "cents", Cents, { 1.25, 3 } },
  { "shout", Shout, { " abc ", "xyz" } },
}
if p.is_postgresql then cols[#cols + 1] = { "n", am.Numeric(10, 2), { am.decimal("12.30"), am.decimal("-0.01") } } end
cols[#cols + 1] = { "nf", am.Numeric(10, 2, { asdecimal = false }), { 1.5, 2.25 } }
local columns = { am.Column("id", am.Integer, { primary_key = true }) }
for _, col in ipairs(cols) do columns[#columns + 1] = am.Column(col[1], col[2]) end
local t = am.Table("t", md, (table.unpack or unpack)(columns))
md:create_all(e)
local conn = e:connect()
for i = 1, 2 do
  local values = { id = i }
  for _, col in ipairs(cols) do values[col[1]] = col[3][i] end
  conn:execute(insert(t):values(values))
end
conn:execute(insert(t):values{ id = 3 })
p.forget()
local no_max = { b = true, u = true, bin = true, en = true }
for _, col in ipairs(cols) do
  local name, values = col[1], col[3]
  step(name)
  local c = t.c[name]
  say(conn:execute(select(c):order_by(t.c.id)):scalars():all())
  if name ~= "js" then
    say(conn:execute(select(t.c.id):where(c:eq(values[1]))):all(),
      conn:execute(select(t.c.id):where(c:in_(values)):order_by(t.c.id)):scalars():all())
    p.sql()
    if not no_max[name] then say(conn:execute(select(func.max(c))):scalar()) end
  end
  say(conn:execute(select(t.c.id):where(c:is_(nil))):all())
  p.forget()
end
local function first(...) return conn:execute(select(...):where(t.c.id:eq(1))):first() end
step "expressions"
say(p.is_postgresql and first(t.c.d + am.timedelta{ days = 1 })[1] or nil)
say(p.is_postgresql and first(t.c.ts - t.c.iv)[1] or nil)
say(conn:scalar(select(cast(t.c.si, am.String)):where(t.c.id:eq(2))), conn:scalar(select(cast("12", am.Integer))),
  conn:scalar(select(cast(literal("1.5"), am.Float))))
say(first(am.type_coerce(t.c.s, Tags))[1], conn:scalar(select(am.type_coerce({ "p", "q" }, Tags))))
say(first(t.c.cents + 1, t.c.cents * 2))
say(conn:execute(select(t.c.id):where(t.c.shout:eq("abc"))):all())
say(p.is_postgresql and conn:execute(select(literal(am.date(2020, 1, 2)), literal(am.datetime(2020, 1, 2, 3)),
  literal(true), literal(1.5), literal("x"), literal("\0\1", am.LargeBinary))):first() or nil)
say(first(t.c.si / 2, t.c.f / 2, t.c.bi:floordiv(2), t.c.si % 2, -t.c.si))
p.sql()
step "json null"
conn:execute(t:update():values{ js = am.JSON.NULL }:where(t.c.id:eq(1)))
conn:execute(t:update():values{ js = am.null_() }:where(t.c.id:eq(2)))
say(conn:execute(select(t.c.id, t.c.js:is_(am.null_())):order_by(t.c.id)):all())
p.sql()
step "fields"
say(t.c.en.type.enums, t.c.en.type.name, t.c.en.type.length, t.c.s.type.length, t.c.nf.type.scale,
  t.c.nf.type.asdecimal)
say(tostring(t.c.s.type), tostring(t.c.ts.type), tostring(t.c.iv.type), "SmallInteger()", tostring(t.c.nf.type),
  tostring(t.c.tags.type), tostring(t.c.u.type))
p.forget()
