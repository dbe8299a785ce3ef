-- Custom attributes: every attribute of every class is listened to as it is instrumented, and defaults at construction.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql = p.say, p.step, p.sql
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, event = am.select, am.func, am.inspect, am.event

local Base = am.declarative_base()
local seen = {}
local function note(...) seen[#seen + 1] = p.list(...) end

local function tell(kind)
  return function(instance, value, ...)
    local rest = { ... }
    local initiator = rest[#rest]
    local old = kind == "set" and rest[1] or nil
    local function shown(v)
      if type(v) == "table" and v ~= am.null then return v.label end
      return v
    end
    local unknown = old == am.NO_VALUE
    if unknown then old = "-" end
    note(kind, inspect(instance).class_.__name__, initiator.key, shown(value), unknown and "-" or shown(old))
  end
end

event.listen(Base, "attribute_instrument", function(cls, key, attribute)
  local property = attribute.property
  note("instrument", cls.__name__, key)
  if property == nil then return end
  for _, kind in ipairs(property.uselist and { "append", "remove" } or { "set" }) do
    event.listen(attribute, kind, tell(kind), { propagate = true })
  end
end, { propagate = true })

local Thing = Base:model("Thing", {
  __tablename__ = "things",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "plain" },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
  kind = Column(String(9), { default = "plain" }),
  rating = Column(Integer, { default = function() return 5 end }),
  stamp = Column(String(9), { default = func.lower("NOW") }),
  kids = am.relationship("Kid", { backref = "thing" }),
})

local Gadget = Base:model("Gadget", {
  __extends__ = Thing,
  __mapper_args__ = { polymorphic_identity = "gadget" },
  volts = Column(Integer, { default = 230 }),
})

local Kid = Base:model("Kid", {
  __tablename__ = "kids",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20), { default = "kid" }),
  thing_id = Column(ForeignKey("things.id")),
})

local function told()
  for _, entry in ipairs(seen) do say("  ", entry) end
  seen = {}
end

am.configure_mappers()
seen = p.sorted(seen)
told()

-- Scalar defaults count from the beginning, not from the INSERT on.
event.listen(Base, "init", function(target, _, kwargs)
  local columns = inspect(inspect(target).class_).columns
  for _, key in ipairs(p.sorted(columns:keys())) do
    local default = columns[key].default
    if default ~= nil and kwargs[key] == nil and key ~= "kind" then
      if default.is_scalar then
        target[key] = default.arg
      elseif default.is_callable then
        target[key] = default.arg(nil)
      end
    end
  end
end, { propagate = true })

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "construction"
local a = Thing{ label = "a" }
told()
local g = Gadget{ label = "g", rating = 1 }
told()
local k = Kid{ thing = a }
told()
say(a.rating, a.stamp, g.volts, g.rating, k.label, a.kind, g.kind)
step "change"
a.label = "b"
a.label = "b"
a.kids:append(Kid{ label = "k2" })
told()
k.thing = g
told()
g.kids = {}
told()
session:add_all{ a, g, k }
session:commit()
seen = {}
say(a.stamp, a.label)
step "after loading"
a.label = "c"
told()
a.kids[1].thing = nil
told()
session:commit()
g.volts = nil
told()
session:commit()
say(session:execute(select(Thing.label, Thing.rating, Thing.stamp):order_by(Thing.id)):all(), g.volts)
step "stopped"
local fn = tell("set")
event.listen(Kid.label, "set", fn)
k.label = "x"
say(#seen, event.contains(Kid.label, "set", fn))
event.remove(Kid.label, "set", fn)
seen = {}
k.label = "y"
say(#seen, event.contains(Kid.label, "set", fn))
sql()
