-- A fleet in one table: single table inheritance with relationships of subclasses, defaults, queries, moves, deletes.
local am = require "alchemoon"
local parity = require "parity"
local say, step, refused, map = parity.say, parity.step, parity.refused, parity.map
local select, func, or_ = am.select, am.func, am.or_

local Base = am.declarative_base()
local Depot = Base:model("Depot", {
  __tablename__ = "depot",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  vehicles = am.relationship("Vehicle", { back_populates = "depot", order_by = "Vehicle.id",
    cascade = "all, delete-orphan" }),
  trucks = am.relationship("Truck", { viewonly = true, order_by = "Truck.id" }),
})
local Vehicle = Base:model("Vehicle", {
  __tablename__ = "vehicle",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10), { nullable = false }),
  plate = am.Column(am.String(10)),
  depot_id = am.Column(am.ForeignKey("depot.id")),
  depot = am.relationship("Depot", { back_populates = "vehicles" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "vehicle" },
})
local Truck = Base:model("Truck", {
  __extends__ = Vehicle,
  load = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "truck" },
  trailers = am.relationship("Trailer", { back_populates = "truck", order_by = "Trailer.id" }),
})
local Tanker = Base:model("Tanker", {
  __extends__ = Truck,
  fluid = am.Column(am.String(10), { default = "milk" }),
  __mapper_args__ = { polymorphic_identity = "tanker" },
})
local Bus = Base:model("Bus", {
  __extends__ = Vehicle,
  seats = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "bus" },
})
local Trailer = Base:model("Trailer", {
  __tablename__ = "trailer",
  id = am.Column(am.Integer, { primary_key = true }),
  truck_id = am.Column(am.ForeignKey("vehicle.id")),
  truck = am.relationship("Truck", { back_populates = "trailers" }),
})

local function class(o) return am.inspect(o).mapper.class_.__name__ end
local function plate(v) return v.plate end

local eng = parity.engine()
Base.metadata:create_all(eng)
say(map(am.columns(Vehicle.__table__), function(c) return c.name end))
say(Tanker.__mapper__.polymorphic_identity, am.inspect(Tanker).inherits == am.inspect(Truck),
  Bus.__table__ == Vehicle.__table__)
parity.forget()
local s = am.Session(eng)
step("store")
local north = Depot{ name = "north" }
north.vehicles = { Truck{ plate = "T1", load = 5, trailers = { Trailer(), Trailer() } },
  Tanker{ plate = "K1", load = 8 }, Bus{ plate = "B1", seats = 40 }, Vehicle{ plate = "V1" } }
s:add(north)
s:commit()
step("load by each class")
for _, cls in ipairs { Vehicle, Truck, Tanker, Bus } do
  say(cls, map(s:scalars(select(cls):order_by(cls.id)), function(v) return { class(v), v.plate } end))
end
step("attributes of what came")
s:expunge_all()
local found = s:scalars(select(Vehicle):order_by(Vehicle.id)):all()
say(map(found, function(v) return v.kind end), parity.sorted(am.inspect(found[1]).unloaded))
say(found[1].load, found[2].fluid, found[3].seats)
say(#found[1].trailers, found[2].trailers)
step("queries over subclasses")
say(s:scalars(select(Vehicle.plate):where(or_(Truck.load:gt(6), Bus.seats:gt(30))):order_by(Vehicle.id)):all())
say(s:execute(select(Vehicle.kind, func.count()):group_by(Vehicle.kind):order_by(Vehicle.kind)):all())
say(s:scalars(select(Depot.name):join(Depot.vehicles:of_type(Tanker)):where(Tanker.fluid:eq("milk"))):all())
say(s:scalars(select(Depot.name):where(Depot.vehicles:of_type(Bus):any(Bus.seats:eq(40)))):all())
local W = am.with_polymorphic(Vehicle, { Bus, Tanker })
say(map(s:scalars(select(W):where(or_(W.Bus.seats:eq(40), W.Tanker.fluid:eq("milk"))):order_by(W.id)), function(v)
  return { v.plate, v.kind }
end))
local A = am.aliased(Truck)
say(s:scalars(select(A.plate):join(A.trailers):distinct()):all())
step("get by the wrong class")
local tanker, bus = found[2], found[3]
say(s:get(Truck, tanker.id) == tanker, s:get(Bus, tanker.id), s:get(Vehicle, bus.id) == bus)
s:expunge_all()
say(s:get(Bus, tanker.id))
step("a relationship to a subclass")
north = s:scalars(select(Depot):options(am.selectinload(Depot.trucks))):one()
say(map(north.trucks, plate), map(north.vehicles, plate))
step("bulk statements")
local r = s:execute(am.update(Truck):values{ load = Truck.load + 1 })
say(r.rowcount, map(north.trucks, function(t) return t.load end))
say(s:execute(am.delete(Bus)).rowcount)
s:commit()
say(map(north.vehicles, function(v) return v.kind end))
step("orphans and deletes")
north.vehicles:pop()
s:flush()
say(map(s:scalars(select(Truck):order_by(Truck.id)), function(t) return #t.trailers end))
for t in s:scalars(select(Trailer)) do s:delete(t) end
s:delete(north)
s:commit()
say(s:scalar(select(func.count(Vehicle.id))))
step("wrong classes")
refused(function() return Bus{ load = 4 } end)
local d = Depot{ name = "x", vehicles = { Truck{ plate = "z" } } }
say(d.vehicles[1].kind, Tanker{ kind = "bus" }.kind)
refused(function() return Trailer{ truck = Bus{ plate = "w" } } end)
local t = Truck{ plate = "t" }
s:add(t)
refused(function() t.trailers:append(Bus{ plate = "w" }) end)
d = Depot{ name = "y" }
d.trucks:append(t)
s:add(d)
s:flush()
say(d.id == nil, t.depot_id)
s:rollback()
step("end")
s:close()
