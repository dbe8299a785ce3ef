-- Listeners that query and change: propagate, retval, once, remove; events of merge, refresh, expire, bulk and ORM
-- DML.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, forget, map = p.say, p.step, p.sql, p.error, p.forget, p.map
local Column, Integer, String, select, event, inspect = am.Column, am.Integer, am.String, am.select, am.event,
  am.inspect

local Base = am.declarative_base()
local kind
local Thing, Box
do
  local id = Column(Integer, { primary_key = true })
  kind = Column(String(10))
  Thing = Base:model("Thing", {
    __tablename__ = "thing",
    id = id,
    kind = kind,
    name = Column(String(20)),
    count = Column(Integer, { default = 0 }),
    box_id = Column(am.ForeignKey("box.id")),
    box = am.relationship("Box", { back_populates = "things" }),
    __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "thing" },
  })
end
local Tool = Base:model("Tool", {
  __extends__ = Thing,
  __tablename__ = "tool",
  id = Column(am.ForeignKey("thing.id"), { primary_key = true }),
  power = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "tool" },
})
Box = Base:model("Box", {
  __tablename__ = "box",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
  total = Column(Integer, { default = 0 }),
  things = am.relationship(Thing, { back_populates = "box", order_by = Thing.id, cascade = "all, delete-orphan" }),
})
local function class(obj) return inspect(obj).mapper.class_.__name__ end

local e = p.engine()
Base.metadata:create_all(e)
forget()
local s = am.Session(e)
step "propagate to classes, once, remove"
for _, name in ipairs { "load", "refresh", "expire", "init" } do
  for _, propagate in ipairs { false, true } do
    event.listen(Thing, name, function(target, context, attrs)
      local names = context
      if name == "refresh" then names = attrs end
      local shown = {}
      if (name == "refresh" or name == "expire") and names then shown = { p.sorted(names) } end
      if name ~= "expire" or names then say("  ", name, propagate, class(target), #shown > 0 and shown or p.list()) end
    end, { propagate = propagate })
  end
end
local t = Tool{ name = "saw", power = 3 }
local h = Thing{ name = "hat" }
s:add(Box{ label = "b", things = { t, h } })
s:commit()
say(t.power, h.name)
s:expire(t, { "power" })
say(t.power)
s:refresh(h, { "name", "count" })
s:refresh(t)
forget()
step "merge"
local other = am.Session(e)
local m = other:merge(t)
say(m.power, m == t, inspect(m).modified)
t.name = "axe"
local m2 = other:merge(t, { load = true })
say(m2 == m, inspect(m).attrs.name.history)
other:rollback()
local new = other:merge(Tool{ name = "new", power = 1 })
say(inspect(new).pending)
error_(function() other:merge(t, { load = false }) end)
other:close()
s:rollback()
forget()
step "a listener that writes with the connection"
local function count(mapper, connection, target)
  say("  count", mapper.class_.__name__, target.name)
  local n = connection:scalar(select(am.func.count(Thing.id)):where(Thing.box_id:eq(target.box_id)))
  connection:execute(am.update(Box):where(Box.id:eq(target.box_id)):values{ total = n })
end
event.listen(Thing, "after_insert", count, { propagate = true })
event.listen(Thing, "after_delete", count, { propagate = true })
local box = s:scalars(select(Box)):one()
box.things:append(Tool{ name = "pin", power = 1 })
s:commit()
say(box.total)
sql()
s:delete(box.things[1])
s:flush()
say(box.total)
s:refresh(box, { "total" })
say(box.total)
s:commit()
sql()
event.remove(Thing, "after_insert", count)
say(event.contains(Thing, "after_insert", count), event.contains(Thing, "after_delete", count))
s:add(Thing{ name = "x", box = box })
s:commit()
say(box.total)
forget()
step "attribute events: retval, propagate, once"
local function none(v) return v == am.NO_VALUE or v == am.NEVER_SET end
event.listen(Thing.name, "set", function(_, value, old, initiator)
  say("  upper", value, none(old) and "no value" or old, initiator.key)
  return value and value:upper()
end, { retval = true, propagate = true })
event.listen(Tool.power, "set", function(_, v, o)
  say("  power", v, type(o) == "number" and o or "no value")
end, { once = true, active_history = true })
local a = Tool()
a.name = "drill"
a.power = 4
a.power = 6
say(a.name)
s:add(a)
s:commit()
a.power = 7
a.name = nil
say(a.name, inspect(a).attrs.name.history, inspect(a).attrs.power.history)
s:rollback()
forget()
step "bulk and ORM DML"
for _, name in ipairs { "before_insert", "after_update", "before_delete" } do
  event.listen(Thing, name, function(_, _, target) say("  ", name, target.name) end, { propagate = true })
end
event.listen(s, "after_bulk_update", function(u) say("  bulk update", u.result.rowcount, u.mapper.class_.__name__) end)
event.listen(s, "after_bulk_delete", function(u) say("  bulk delete", u.result.rowcount, u.mapper.class_.__name__) end)
event.listen(s, "after_flush", function(s_) say("  flush", #s_.new, #s_.dirty, #s_.deleted) end)
s:bulk_save_objects{ Tool{ name = "bulk", power = 9, box_id = box.id }, Thing{ name = "bulk2", box_id = box.id } }
sql()
s:bulk_insert_mappings(Tool, { { name = "map", power = 2 } })
s:execute(am.insert(Thing), { { name = "orm", count = 5 }, { name = "orm2", count = 6 } })
sql()
s:execute(am.update(Thing):where(Thing.count:gt(4)):values{ name = "done", count = Thing.count + 1 })
s:query(Thing):filter(Thing.name:eq("done")):delete()
s:execute(am.delete(Tool.__table__):where(Tool.__table__.c.power:eq(2)))
sql()
s:bulk_update_mappings(Thing, { { id = h.id, name = "renamed" } })
sql()
s:rollback()
say(map(s:scalars(select(Thing):order_by(Thing.id)), function(x) return { class(x), x.name } end))
