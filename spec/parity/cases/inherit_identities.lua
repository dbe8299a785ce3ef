-- Discriminators: computed ones, abstract levels, unknown identities, changed identities, mappers that are asked.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, refused = parity.say, parity.step, parity.error, parity.refused
local map, sorted = parity.map, parity.sorted
local select = am.select

local Base = am.declarative_base()
local id, sides = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer)
local Shape = Base:model("Shape", {
  __tablename__ = "shape",
  id = id,
  sides = sides,
  label = am.Column(am.String(20)),
  __mapper_args__ = {
    polymorphic_on = am.case({ sides:eq(3), "tri" }, { sides:eq(4), "quad" }, { else_ = "shape" }),
    polymorphic_identity = "shape",
  },
})
local Triangle = Base:model("Triangle", { __extends__ = Shape, __mapper_args__ = { polymorphic_identity = "tri" } })
local Quad = Base:model("Quad", { __extends__ = Shape, __mapper_args__ = { polymorphic_identity = "quad" } })
local Event = Base:model("Event", {
  __tablename__ = "event",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.Enum("talk", "lunch", "party", { name = "event_kind" }), { nullable = false }),
  title = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_abstract = true },
})
local Social = Base:model("Social", { __extends__ = Event, __mapper_args__ = { polymorphic_abstract = true } })
local Talk = Base:model("Talk", {
  __extends__ = Event,
  speaker = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "talk" },
})
local Lunch = Base:model("Lunch", {
  __extends__ = Social,
  place = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "lunch" },
})
local Party = Base:model("Party", {
  __extends__ = Social,
  place = am.declared_attr(function() return Event.__table__.c.place or am.Column(am.String(20)) end),
  __mapper_args__ = { polymorphic_identity = "party" },
})

local function class(o) return am.inspect(o).mapper.class_.__name__ end

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("a computed discriminator")
s:add_all{ Triangle{ sides = 3, label = "t" }, Quad{ sides = 4, label = "q" }, Shape{ sides = 7, label = "s" } }
s:commit()
s:expunge_all()
local function described(x) return { class(x), x.label } end
say(map(s:scalars(select(Shape):order_by(Shape.id)), described))
say(map(s:scalars(select(Triangle)), function(x) return x.label end))
say(s:scalars(select(Quad.label)):all())
step("a row that becomes another class")
local shape = s:scalars(select(Quad)):one()
shape.sides = 3
s:commit()
say(class(shape))
error_(function() return shape.sides end)
s:expunge_all()
say(map(s:scalars(select(Shape):order_by(Shape.id)), described))
step("abstract levels")
error_(function()
  local _ = Event{ title = "x" }
  s:add(Event{ title = "x" })
  s:flush()
end)
s:rollback()
s:add_all{ Talk{ title = "orm", speaker = "kay" }, Lunch{ title = "noon", place = "hall" },
  Party{ title = "late", place = "roof" } }
s:commit()
s:expunge_all()
say(map(s:scalars(select(Event):order_by(Event.id)), function(x) return { class(x), x.kind } end))
say(map(s:scalars(select(Social):order_by(Social.id)), function(x) return { class(x), x.place } end))
say(map(s:scalars(select(Party)), function(x) return x.title end))
step("a new object knows its kind")
say(Talk().kind, Lunch{ title = "z" }.kind, Triangle().sides)
local t = Talk{ title = "wrong", kind = "lunch" }
s:add(t)
s:commit()
error_(function() return t.kind end)
s:expunge_all()
step("what the mappers say")
local m = am.inspect(Event)
local identities = {}
for key in pairs(m.polymorphic_map) do identities[#identities + 1] = key end
local function class_of(x) return x.class_ end
say(sorted(identities), map(m.self_and_descendants, class_of), m.polymorphic_on.name)
say(am.inspect(Lunch).inherits.class_, am.inspect(Lunch).base_mapper.class_, am.inspect(Lunch):isa(am.inspect(Social)))
say(map(am.inspect(Lunch):iterate_to_root(), class_of), am.inspect(Social).single, am.inspect(Event).single)
say(am.inspect(Talk).polymorphic_identity, am.inspect(Social).polymorphic_identity)
step("an identity that nobody has")
local Base2 = am.declarative_base()
local Thing = Base2:model("Thing", {
  __tablename__ = "thing",
  id = am.Column(am.Integer, { primary_key = true }),
  type = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "thing" },
})
local Stone = Base2:model("Stone", { __extends__ = Thing, __mapper_args__ = { polymorphic_identity = "stone" } })
Base2.metadata:create_all(eng)
parity.forget()
s:execute(am.insert(Thing.__table__),
  { { id = 1, type = "stone" }, { id = 2, type = "ghost" }, { id = 3, type = am.null } })
say(class(s:get(Thing, 1)))
refused(function() return s:get(Thing, 2) end)
refused(function() return s:scalars(select(Thing):order_by(Thing.id)):all() end)
error_(function() return s:get(Thing, 3) end)
say(s:scalars(select(Thing.id):where(Thing.type:ne("stone"))):all())
error_(function() return s:get(Stone, 2) end)
step("end")
s:close()
