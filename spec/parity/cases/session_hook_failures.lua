-- Errors of an application's own code in the middle: validators, hybrids, defaults, types, listeners; and mutation.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, error_, map = parity.say, parity.step, parity.sql, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Even = am.TypeDecorator{
  impl = am.Integer,
  cache_ok = true,
  process_bind_param = function(value)
    if value ~= nil and value % 2 == 1 then error("odd") end
    return value
  end,
  process_result_value = function(value)
    if value == 66 then error("unreadable") end
    return value
  end,
}

local counter = 0
local function number()
  counter = counter + 1
  if counter == 3 then error("default") end
  return counter
end

local Line
local Cart = Base:model("Cart", {
  __tablename__ = "cart",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  serial = am.Column(am.Integer, { default = number }),
  level = am.Column(Even),
  lines = am.relationship("Line", { back_populates = "cart", cascade = "all, delete-orphan", order_by = "Line.id" }),
  check_name = am.validates("name", function(_, key, value)
    if value == "bad" then error(key) end
    return value:upper()
  end),
  check_line = am.validates("lines", function(_, _, line, is_remove)
    if line.qty ~= nil and line.qty < 0 then error("negative") end
    if is_remove and line.qty == 99 then error("locked") end
    return line
  end, { include_removes = true }),
  total = am.hybrid_property(function(self)
    local sum = 0
    for _, x in ipairs(self.lines) do
      if x.qty == 13 then error("unlucky") end
      sum = sum + x.qty
    end
    return sum
  end, { expression = function(cls)
    return select(func.coalesce(func.sum(Line.qty), 0)):where(Line.cart_id:eq(cls.id)):scalar_subquery()
  end }),
})
Line = Base:model("Line", {
  __tablename__ = "line",
  id = am.Column(am.Integer, { primary_key = true }),
  qty = am.Column(am.Integer),
  cart_id = am.Column(am.ForeignKey("cart.id")),
  cart = am.relationship("Cart", { back_populates = "lines" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
parity.forget()
local function flush() s:flush() end
local function commit() s:commit() end
local function quantities(c) return map(c.lines, function(x) return x.qty end) end
step("validators")
error_(function() return Cart{ name = "bad" } end)
local c = Cart{ name = "one", lines = { Line{ qty = 1 }, Line{ qty = 99 } }, level = 2 }
s:add(c)
s:commit()
error_(function() c.name = "bad" end)
error_(function() c.lines:append(Line{ qty = -1 }) end)
error_(function() c.lines:pop() end)
say(c.name, quantities(c), s.dirty:contains(c))
error_(function() c.lines = { Line{ qty = 5 }, Line{ qty = -5 } } end)
say(quantities(c))
s:rollback()
say(quantities(c), #s.new)
step("a hybrid")
say(c.total, s:scalars(select(Cart.name):where(Cart.total:gt(50))):all())
c.lines[1].qty = 13
error_(function() return c.total end)
say(s:scalar(select(Cart.total)))
s:rollback()
step("a default in the middle of a flush")
s:add_all{ Cart{ name = "two" }, Cart{ name = "three" }, Cart{ name = "four" } }
parity.refused(flush)
say(s.is_active, #s.new)
s:rollback()
say(s:scalar(select(func.count(Cart.id))), #s.new)
step("a type in the middle of a flush")
s:add(Cart{ name = "odd", level = 3 })
parity.refused(flush)
s:rollback()
s:add(Cart{ name = "even", level = 66 })
s:flush()
error_(function() return s:scalars(select(Cart.level):where(Cart.name:eq("EVEN"))):all() end)
say(s:scalar(select(func.count(Cart.id))))
s:rollback()
step("listeners of the session")
for _, name in ipairs { "before_flush", "after_flush", "before_commit" } do
  local function fail() error(name) end
  am.event.listen(s, name, fail)
  s:add(Cart{ name = "x" })
  error_(commit)
  am.event.remove(s, name, fail)
  say(name, s.is_active, s:in_transaction(), #s.new)
  s:rollback()
  say(s:scalars(select(Cart.name):order_by(Cart.id)):all())
  s:rollback()
  sql()
end
step("a listener of the mapper while other rows travel")
local function late(_, _, target)
  if target.name == "P2" then error("late") end
end
am.event.listen(Cart, "after_insert", late)
s:add_all{ Cart{ name = "p1", lines = { Line{ qty = 4 } } }, Cart{ name = "p2" } }
error_(flush)
say(s.is_active, s:in_transaction())
error_(function() return s:scalar(select(func.count(Cart.id))) end)
s:rollback()
say(s:scalar(select(func.count(Cart.id))), s:scalar(select(func.count(Line.id))))
am.event.remove(Cart, "after_insert", late)
step("changing a collection that is walked")
c = s:scalars(select(Cart):where(Cart.name:eq("ONE"))):one()
c.lines:extend{ Line{ qty = 2 }, Line{ qty = 3 }, Line{ qty = 4 } }
for _, line in ipairs(parity.collect(c.lines, function(x) return x end)) do
  if line.qty == 2 or line.qty == 3 then c.lines:remove(line) end
end
s:flush()
say(quantities(c))
for o in s:scalars(select(Line):order_by(Line.id)) do
  if o.qty == 4 then
    s:delete(o)
    s:flush()
    s:add(Line{ qty = 7, cart = c })
  end
end
s:commit()
say(quantities(c), c.total)
step("flush within flush")
local function again(session) session:flush() end
am.event.listen(s, "before_flush", again)
c.name = "again"
error_(flush)
am.event.remove(s, "before_flush", again)
s:flush()
say(c.name)
step("end")
s:close()
