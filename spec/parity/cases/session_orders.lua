-- Session, orders through the five states: transitions with inspect(), identity map, autoflush, expire, refresh,
-- expunge, merge with cascades, get with options, rollback of adds, deletes and changes, detached access, and objects
-- of two sessions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()

local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  ref = am.Column(am.String(10)),
  state = am.Column(am.String(10), { default = "open" }),
  lines = am.relationship("Line", { back_populates = "order", cascade = "all, delete-orphan", order_by = "Line.id" }),
})

local Line = Base:model("Line", {
  __tablename__ = "lines",
  id = am.Column(am.Integer, { primary_key = true }),
  order_id = am.Column(am.ForeignKey("orders.id")),
  qty = am.Column(am.Integer),
  order = am.relationship(Order, { back_populates = "lines" }),
})

local function state(o)
  return parity.collect({ "transient", "pending", "persistent", "deleted", "detached" }, function(n)
    return am.inspect(o)[n] and n or nil
  end)
end

local function qty(l) return l.qty end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("states")
local o = Order{ id = 1, ref = "r1", lines = { Line{ id = 1, qty = 2 } } }
local line = o.lines[1]
say(state(o), o.state, am.inspect(o).identity, am.inspect(o).session, s:in_transaction())
s:add(o)
say(state(o), state(line), #s.new, s:contains(o), s.dirty)
s:flush()
say(state(o), o.state, am.inspect(o).identity, #s.identity_map, s:in_transaction(), s:is_modified(o))
s:expunge(o)
say(state(o), state(line), s:contains(o))
s:add(o)
s:commit()
sql()
say(parity.sorted(am.inspect(o).unloaded), s:in_transaction(), am.inspect(o).expired)
say(o.ref, s:get(Order, 1) == o, s:scalars(am.select(Order)):one() == o, am.object_session(o) == s)
step("delete and rollback")
s:delete(o)
say(state(o), s.deleted:contains(o), #s.deleted)
s:flush()
say(state(o), state(line), s:contains(o), s:get(Order, 1))
s:rollback()
say(state(o), s:contains(o), o.ref, map(o.lines, qty))
sql()
step("dirty and rollback")
o.ref = "changed"
o.lines:append(Line{ id = 2, qty = 5 })
say(s.dirty:contains(o), #s.new, am.inspect(o).attrs.ref.history, am.inspect(o).attrs.state.history)
s:flush()
local fresh = o.lines[2]
s:rollback()
say(o.ref, #o.lines, state(fresh), fresh.id, fresh.qty, fresh.order == o)
sql()
step("autoflush")
o.ref = "auto"
say(s:scalar(am.select(Order.ref)))
o.ref = "later"
s:no_autoflush(function()
  say(s:scalar(am.select(Order.ref)), s:scalar(am.select(Order.ref):execution_options{ autoflush = true }))
end)
say(s:scalar(am.select(Order.ref):execution_options{ autoflush = false }))
s:commit()
sql()
step("expire and refresh")
local _, _ = o.ref, line.qty
s:expire(o, { "ref" })
say(parity.sorted(am.inspect(o).unloaded), o.state, o.ref)
s:execute(am.update(Order):values{ state = "sent" }, nil, { execution_options = { synchronize_session = false } })
say(o.state)
s:refresh(o, { attribute_names = { "state" } })
say(o.state)
o.ref = "lost"
s:refresh(o)
say(o.ref, s.dirty:contains(o))
o.ref = "lost again"
s:expire_all()
say(o.ref)
sql()
step("get")
say(s:get(Order, 99), s:get(Order, { id = 1 }) == o)
s:expunge_all()
local o2 = s:get(Order, 1, { options = { am.selectinload(Order.lines) } })
say(o2 == o, state(o), #o2.lines)
local o3 = s:get(Order, 1, { populate_existing = true, with_for_update = true })
say(o3 == o2)
parity.error(function() return s:get_one(Order, 5) end)
parity.error(function() return s:get(Order, { 1, 2 }) end)
sql()
step("merge")
o.ref = "merged"
parity.error(function() return o.lines end)
local m = s:merge(o)
say(m == o2, m.ref, map(m.lines, qty), s.dirty:contains(m))
local new = s:merge(Order{ id = 7, ref = "new", lines = { Line{ id = 7, qty = 7 } } })
say(state(new), new.lines[1].order == new)
local known = s:merge(Order{ id = 1, ref = "noload" }, { load = true })
say(known == o2, known.ref, known.state, #known.lines)
s:commit()
sql()
local bare = am.Session(e)
local copy = bare:merge(new, { load = false })
say(copy == new, state(copy), copy.ref, bare:is_modified(copy))
bare:close()
sql()
step("detached")
local line2 = new.lines[1]
s:close()
say(state(new), state(line2))
parity.error(function() new.lines[1].order.lines:append(1) end)
s.expire_on_commit = true
local lazy = s:get(Order, 7)
s:expunge(lazy)
parity.error(function() return lazy.lines end)
say(lazy.ref)
s:refresh(s:get(Order, 7))
sql()
step("misuse")
local other = am.Session(e)
parity.error(function() other:add(s:get(Order, 1)) end)
parity.error(function() s:expunge(Order()) end)
parity.error(function() s:delete(Order{ id = 1 }) end)
parity.error(function() s:refresh(Order{ id = 1 }) end)
parity.error(function() s:add(5) end)
parity.error(function() s:add(Order) end)
parity.error(function()
  s:add(Order{ id = 1, ref = "twin" })
  s:flush()
end)
s:rollback()
parity.error(function()
  s:add(Line{ id = 50, order_id = 1, qty = 1 })
  s:add(Line{ id = 50, order_id = 1, qty = 1 })
  s:flush()
end)
parity.error(function() return s:scalars(am.select(Order)):all() end)
s:rollback()
say(s:scalar(am.select(am.func.count()):select_from(Line)))
local gone = s:get(Order, 7)
s:execute(am.delete(Line):where(Line.order_id:eq(7)))
s:connection():execute(am.text("DELETE FROM orders WHERE id = 7"))
s:expire(gone)
parity.error(function() return gone.ref end)
s:close()
sql()
