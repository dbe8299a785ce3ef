-- Mapper and instance events: order over a hierarchy, arguments, propagate, changes made by listeners, removal.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local event = am.event

local Base = am.declarative_base()
local seen = {}

local classes = {}
local function class_of(x)
  local class = type(x) == "table" and getmetatable(x)
  return class and classes[class] or "-"
end

local function on(target, name, opts)
  event.listen(target, name, function(...)
    local args = {}
    for i = 1, _G.select("#", ...) do args[i] = class_of((_G.select(i, ...))) end
    seen[#seen + 1] = { name, args }
  end, opts)
end

local function heard(any_order)
  if any_order then table.sort(seen, function(x, y) return x[2][1] < y[2][1] end) end
  for _, entry in ipairs(seen) do say(" ", entry[1], entry[2]) end
  seen = {}
end

event.listen(am.Mapper, "instrument_class", function(_, cls) say("instrument_class", cls.__name__) end)
event.listen(am.Mapper, "mapper_configured", function(_, cls) say("mapper_configured", cls) end)
event.listen(am.Mapper, "before_configured", function() say "before_configured" end)
event.listen(am.Mapper, "after_configured", function() say "after_configured" end)

local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  kind = Column(String(20)),
  parts = am.relationship("Part", { order_by = "Part.id", cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "thing" },
})
local Special = Base:model("Special", {
  __extends__ = Thing,
  __tablename__ = "special",
  id = Column(ForeignKey("thing.id"), { primary_key = true }),
  extra = Column(String(20)),
  __mapper_args__ = { polymorphic_identity = "special" },
})
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = Column(Integer, { primary_key = true }),
  thing_id = Column(ForeignKey("thing.id")),
  label = Column(String(20)),
})

am.configure_mappers()
classes[Thing], classes[Special], classes[Part] = "Thing", "Special", "Part"
for _, name in ipairs { "before_insert", "after_insert", "before_update", "after_update", "before_delete",
  "after_delete" } do
  on(Thing, name, { propagate = true })
  on(Special, name)
  on(Part, name)
end
for _, name in ipairs { "load", "refresh", "refresh_flush", "expire", "init" } do
  on(Thing, name, { propagate = true })
end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "insert"
local a = Thing{ name = "a" }
local b = Special{ name = "b", extra = "x" }
heard()
session:add_all{ b, a }
b.parts:append(Part{ label = "p" })
session:flush()
heard()
step "update"
a.name = "a2"
b.extra = "y"
session:flush()
heard()
step "no net change"
a.name = "a3"
a.name = "a2"
session:flush()
heard()
b.parts:append(Part{ label = "q" })
session:flush()
heard()
step "commit, refresh, load"
session:commit()
heard(true)
say(a.name)
heard()
session:refresh(b, { "extra" })
heard()
session:expire(b, { "name" })
heard()
session:expunge_all()
say(session:scalars(select(Thing):order_by(Thing.id)):all())
heard()
step "delete"
session:delete(session:get(Thing, 2))
session:flush()
heard()
session:rollback()
heard(true)
p.sql()
step "listeners that change things"
event.listen(Part, "before_insert", function(_, _, target) target.label = target.label:upper() end)
local things, parts = Thing.__table__, Part.__table__
event.listen(Part, "after_insert", function(_, connection, target)
  connection:execute(things:update():where(things.c.id:eq(target.thing_id)):values{ name = "counted" })
  say("parts in the transaction", connection:scalar(select(am.func.count()):select_from(parts)))
end)
local function late(_, _, target)
  say("before_update", session:is_modified(target), am.inspect(target).attrs.label.history,
    am.object_session(target) == session)
  target.label = target.label .. "!"
end
event.listen(Part, "before_update", late)
local t = session:get(Thing, 1)
t.parts:append(Part{ label = "low" })
session:flush()
say(t.parts[#t.parts].label)
p.sql()
t.parts[#t.parts].label = "mid"
session:flush()
say(t.parts[#t.parts].label)
p.sql()
say(event.contains(Part, "before_update", late))
event.remove(Part, "before_update", late)
say(event.contains(Part, "before_update", late))
t.parts[#t.parts].label = "end"
session:flush()
say(t.parts[#t.parts].label)
seen = {}
step "once and errors"
event.listen(Part, "load", function(target) say("loaded once", target.label) end, { once = true })
session:commit()
session:expunge_all()
say(session:scalars(select(Part.label):order_by(Part.id)):all())
say(#session:scalars(select(Part)):all())
p.error(function() event.listen(Part, "no_such_event", late) end)
p.error(function() event.remove(Part, "before_update", late) end)
event.listen(Part, "before_delete", function() error("no", 0) end)
session:delete(session:scalars(select(Part):order_by(Part.id)):first())
p.error(function() session:flush() end)
say(session.is_active, session:in_transaction())
session:rollback()
say(session:scalar(select(am.func.count(Part.id))))
