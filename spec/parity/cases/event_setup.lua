-- Events of mapping and of inheritance: instrument_class, mapper_configured, propagation, removal, named arguments.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_ = parity.say, parity.step, parity.error
local select, listen = am.select, am.event.listen

local Base = am.declarative_base()
listen(am.Mapper, "before_configured", function() say("  before_configured") end, { once = true })
listen(am.Mapper, "after_configured", function() say("  after_configured") end, { once = true })
listen(Base, "instrument_class", function(_, cls) say("  instrument_class", cls.__name__) end, { propagate = true })
listen(Base, "mapper_configured", function(_, cls) say("  mapper_configured", cls.__name__) end, { propagate = true })
step("classes are made")
local Beast = Base:model("Beast", {
  __tablename__ = "beast",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(20)),
  owner_id = am.Column(am.ForeignKey("keeper.id")),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "beast" },
})
local Lion = Base:model("Lion", {
  __extends__ = Beast,
  roar = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "lion" },
})
local Keeper = Base:model("Keeper", {
  __tablename__ = "keeper",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  beasts = am.relationship(Beast, { backref = am.backref("keeper"), order_by = Beast.id }),
})
step("configure")
am.configure_mappers()
local calls = {}
local function log(word) return function() calls[#calls + 1] = word end end
local function drain()
  say(#calls > 0 and calls or parity.list())
  calls = {}
end

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
parity.forget()
step("mapper events by class")
listen(Beast, "before_insert", log("beast"))
listen(Beast, "before_insert", log("beast and below"), { propagate = true })
listen(Lion, "before_insert", log("lion"))
listen(am.Mapper, "before_insert", log("all"))
s:add(Beast{ name = "b" })
s:flush()
drain()
s:add(Lion{ name = "l" })
s:flush()
drain()
step("attribute events by class")
listen(Beast.name, "set", log("set beast"))
listen(Beast.name, "set", log("set below"), { propagate = true })
listen(Lion.name, "set", log("set lion"))
Beast().name = "x"
drain()
Lion().name = "x"
drain()
step("an attribute of a class made later")
local Tiger = Base:model("Tiger", { __extends__ = Beast, __mapper_args__ = { polymorphic_identity = "tiger" } })
Tiger{ name = "t" }
drain()
s:add(Tiger{ name = "t2" })
s:flush()
drain()
step("instance events")
listen(Beast, "load", log("load"), { propagate = true })
listen(Lion, "load", log("load lion"))
s:commit()
s:expunge_all()
s:scalars(select(Beast):order_by(Beast.id)):all()
drain()
step("backref events")
listen(Keeper.beasts, "append", log("append"))
listen(Keeper.beasts, "remove", log("remove"))
listen(Beast.keeper, "set", log("keeper"), { propagate = true })
local k, m = Keeper{ name = "k" }, Keeper{ name = "m" }
local b = Lion{ name = "simba" }
calls = {}
b.keeper = k
drain()
m.beasts:append(b)
drain()
say(#k.beasts, b.keeper.name)
m.beasts = {}
drain()
say(b.keeper)
step("removed and once")
local gone = log("gone")
listen(Keeper, "init", gone)
am.event.remove(Keeper, "init", gone)
listen(Keeper, "init", log("once"), { once = true })
Keeper()
Keeper()
drain()
error_(function() listen(Keeper, "no_such_event", gone) end)
error_(function() am.event.remove(Keeper, "init", gone) end)
step("listeners given names")
listen(Keeper.name, "set", function(kw)
  local keys = {}
  for key in pairs(kw) do keys[#keys + 1] = key end
  say(parity.sorted(keys), kw.value)
end, { named = true })
Keeper{ name = "z" }
listen(s, "before_commit", function() say("  instance") end)
listen(am.Session, "before_commit", function() say("  class") end)
s:commit()
step("end")
s:close()
