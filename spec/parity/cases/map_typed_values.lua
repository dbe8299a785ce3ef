-- Types in attributes: decorators, comparison of values, NULLs, enumerations, intervals, mutable decorated values.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func, dec = p.say, p.step, am.select, am.func, am.decimal

local Base = am.declarative_base()
local Upper = am.TypeDecorator {
  impl = am.String(20),
  cache_ok = true,
  process_bind_param = function(value) return value ~= nil and value:upper() or "NIL" end,
  process_result_value = function(value)
    if value == "NIL" then return nil end
    return value:lower()
  end,
  compare_values = function(x, y) return x == y or (x ~= nil and y ~= nil and x:lower() == y:lower()) end,
}
local Loud = am.TypeDecorator {
  impl = am.String(20),
  cache_ok = true,
  bind_expression = function(bind) return func.upper(bind, { type_ = am.String }) end,
  column_expression = function(col) return func.lower(col, { type_ = am.String }) end,
}
local Cents
Cents = am.TypeDecorator {
  impl = am.Integer,
  cache_ok = true,
  process_bind_param = function(value) return value ~= nil and tonumber(tostring(value)) * 100 or nil end,
  process_result_value = function(value) return value ~= nil and dec(value) / 100 or nil end,
  coerce_compared_value = function() return Cents end,
}
local Words = am.TypeDecorator {
  impl = am.String(50),
  cache_ok = true,
  process_bind_param = function(value) return value ~= nil and table.concat(value, " ") or nil end,
  process_result_value = function(value)
    if value == nil then return nil end
    local out = {}
    for word in value:gmatch "%S+" do out[#out + 1] = word end
    return out
  end,
}
local Row = Base:model("Row", {
  __tablename__ = "typed",
  id = am.Column(am.Integer, { primary_key = true }),
  up = am.Column(Upper),
  loud = am.Column(Loud),
  price = am.Column(Cents, { default = dec "1.50" }),
  words = am.Column(am.MutableList.as_mutable(Words)),
  colour = am.Column(am.Enum("red", "green", { name = "colour" }), { default = "red" }),
  day = am.Column(am.Date),
  at = am.Column(am.DateTime),
  clock = am.Column(am.Time),
  span = am.Column(am.Interval),
  amount = am.Column(am.Numeric(10, 2)),
  ratio = am.Column(am.Float),
  raw = am.Column(am.LargeBinary),
  ok = am.Column(am.Boolean, { default = false }),
  key = am.Column(am.Uuid { as_uuid = false }),
  doc = am.Column(am.JSON),
  strict = am.Column(am.JSON { none_as_null = true }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function show(r)
  say(p.list(r.up, r.loud, r.price, r.words, r.colour, r.day, r.at, r.clock, r.span, r.amount, r.ratio, r.raw, r.ok,
    r.key, r.strict))
end

step "full"
local r = Row { up = "abc", loud = "xyz", price = dec "2.25", words = { "a", "b" }, colour = "green",
  day = am.date(2024, 2, 29), at = am.datetime(2024, 1, 2, 3, 4, 5), clock = am.time(1, 2, 3),
  span = am.timedelta { days = 1, seconds = 5 }, amount = dec "10.50", ratio = 0.25, raw = "\0\255", ok = true,
  key = "12345678-1234-5678-1234-567812345678", strict = { a = { 1, 2 } } }
s:add(r)
s:flush()
show(r)
s:commit()
show(r)
local n = Row {}
s:add(n)
s:commit()
show(n)
say(s:scalar(select(func.count()):where(Row.strict:eq(nil))), s:scalar(select(func.count()):where(Row.up:eq(nil))))
s:refresh(r)
step "same values"
r.up = "ABC"
say(am.inspect(r).attrs.up.history, s:is_modified(r))
r.price = dec "2.250"
r.amount = dec "10.5"
r.words = { "a", "b" }
r.strict = { a = { 1, 2 } }
r.at = am.datetime(2024, 1, 2, 3, 4, 5)
r.raw = "\0\255"
r.colour = "green"
r.span = am.timedelta { seconds = 86405 }
s:flush()
say(s:is_modified(r), s.dirty:contains(r))
p.sql()
step "other values"
r.up = "abd"
r.words:append("c")
r.price = nil
r.strict = nil
r.amount = dec "0.05"
r.span = am.timedelta { hours = -1 }
local h = am.inspect(r).attrs
say(h.up.history, h.price.history, h.amount.history, h.span.history)
s:flush()
p.sql()
s:commit()
show(r)
p.sql()
step "queries"
for _, q in ipairs { Row.up:eq("abd"), Row.loud:eq("xyz"), Row.price:eq(dec "1.5"), Row.price:gt(1),
  Row.words:eq { "a", "b", "c" }, Row.colour:eq("green"), Row.day:gt(am.date(2024, 1, 1)),
  Row.at:lt(am.datetime(2025, 1, 1)), Row.amount:lt(1), Row.ratio:eq(0.25), Row.raw:eq("\0\255"), Row.ok:is_(true),
  Row.key:eq("12345678-1234-5678-1234-567812345678") } do
  say(p.map(s:scalars(select(Row):where(q):order_by(Row.id)), function(x) return x.id end))
end
p.sql()
say(s:execute(select(Row.up, Row.price, Row.words, Row.loud):order_by(Row.id)):all())
say(s:execute(select(func.max(Row.price), func.min(Row.day), func.sum(Row.amount))):one())
say(s:execute(select(am.type_coerce(am.literal("QQ"), Upper), am.cast("5", am.Integer))):one())
p.sql()
step "bulk"
s:execute(am.update(Row):where(Row.id:eq(r.id)):values { up = "zz", price = dec "9.99", words = { "q" } })
say(r.up, r.price, r.words)
s:bulk_update_mappings(Row, { { id = r.id, price = dec "3" } })
s:refresh(r)
say(r.price)
p.sql()
p.error(function()
  r.colour = "blue"
  s:flush()
end)
s:rollback()
local x = s:merge(Row { id = r.id, up = "Merged", words = { "m" } })
say(x == r, r.up, r.words, s:is_modified(r))
s:flush()
p.sql()
s:close()
