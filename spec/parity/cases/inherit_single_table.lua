-- Single table inheritance: a vehicle park in one table.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local function cls(o) return am.inspect(o).class_ end
local function isa(o, class) return am.inspect(o).mapper:isa(am.inspect(class)) end
local Base = am.declarative_base()

local Depot = Base:model("Depot", {
  __tablename__ = "depot",
  id = am.Column(am.Integer, { primary_key = true }),
  city = am.Column(am.String(30)),
  vehicles = am.relationship("Vehicle", { back_populates = "depot", order_by = "Vehicle.id" }),
  trucks = am.relationship("Truck", { viewonly = true, order_by = "Truck.load.desc()" }),
})
local Vehicle = Base:model("Vehicle", {
  __tablename__ = "vehicle",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10), { nullable = false }),
  plate = am.Column(am.String(10)),
  depot_id = am.Column(am.ForeignKey("depot.id")),
  depot = am.relationship("Depot", { back_populates = "vehicles" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_abstract = true },
})
local Car = Base:model("Car", {
  __extends__ = Vehicle,
  seats = am.Column(am.Integer, { default = 4 }),
  __mapper_args__ = { polymorphic_identity = "car", polymorphic_load = "inline" },
})
local Truck = Base:model("Truck", {
  __extends__ = Vehicle,
  load = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "truck" },
})
local Tanker = Base:model("Tanker", {
  __extends__ = Truck,
  fluid = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "tanker", polymorphic_load = "selectin" },
})

local function plate(v) return v.plate end
local function load(v) return v.load end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "columns"
say(p.map(am.columns(Vehicle.__table__), function(c) return c.name end), Car.__table__ == Vehicle.__table__)
say(p.map(am.columns(am.inspect(Tanker)), function(c) return c.key end), am.inspect(Truck).polymorphic_identity)
step "insert"
local session = am.Session(e)
local oslo, rome = Depot{ city = "Oslo" }, Depot{ city = "Rome" }
session:add_all{ oslo, rome }
oslo.vehicles:extend{ Car{ plate = "C1" }, Truck{ plate = "T1", load = 10 },
  Tanker{ plate = "K1", load = 30, fluid = "milk" } }
rome.vehicles:append(Car{ plate = "C2", seats = 2 })
session:add(Truck{ plate = "T2", load = 20, depot = rome })
session:commit()
step "base query"
for v in session:scalars(select(Vehicle):order_by(Vehicle.id)) do say(cls(v), v.plate, v.kind) end
say(p.map(session:scalars(select(Truck):order_by(Truck.plate)), plate))
say(session:execute(select(Tanker.plate, Tanker.fluid)):all(), session:scalar(select(am.func.count(Truck.id))))
step "relationship to a subclass"
say(p.map(oslo.vehicles, plate), p.map(oslo.trucks, plate))
local stmt = select(Depot.city):join(Depot.vehicles:of_type(Truck)):where(Truck.load:gt(15)):order_by(Depot.city)
say(session:scalars(stmt):all())
say(session:scalars(select(Depot.city):where(Depot.vehicles:of_type(Car):any(Car.seats:eq(2)))):all())
session:expunge_all()
local depots = session:scalars(select(Depot):options(am.joinedload(Depot.trucks), am.selectinload(Depot.vehicles))
  :order_by(Depot.id)):unique():all()
say(p.map(depots, function(d) return p.list(d.city, p.map(d.trucks, load), p.map(d.vehicles, plate)) end))
step "deferred subclass columns"
session:expunge_all()
local vs = session:scalars(select(Vehicle):order_by(Vehicle.id)):all()
say(p.map(vs, function(v)
  return p.sorted(p.collect(am.inspect(v).unloaded, function(k) return k ~= "depot" and k or nil end))
end))
say(vs[2].load)
p.sql()
local poly = am.with_polymorphic(Vehicle, { Truck, Tanker })
say(p.map(session:scalars(select(poly):where(poly.Truck.load:gt(5)):order_by(poly.Truck.load:desc())),
  function(v) return p.list(v.plate, v.load) end))
step "aliases and get"
local a, b = am.aliased(Truck), am.aliased(Truck)
say(session:execute(select(a.plate, b.plate):join(b, a.load:lt(b.load)):order_by(a.plate, b.plate)):all())
say(session:get(Truck, 1), cls(session:get(Truck, 3)), session:get(Car, 2))
step "bulk by subclass"
local r = session:execute(am.update(Truck):values{ load = Truck.load + 1 })
say(r.rowcount, p.collect(vs, function(v) return isa(v, Truck) and v.load or nil end))
session:execute(am.insert(Car), { { plate = "C3", seats = 5 }, { plate = "C4", seats = 7 } })
session:execute(am.delete(Tanker):where(Tanker.fluid:eq("milk")))
say(session:execute(select(Vehicle.kind, am.func.count()):group_by(Vehicle.kind):order_by(Vehicle.kind)):all())
p.error(function() return Vehicle{ plate = "X" } end)
session:rollback()
step "a foreign identity"
local t = Vehicle.__table__
session:execute(t:insert():values{ kind = "boat", plate = "B1" })
p.refused(function() return session:scalars(select(Vehicle):where(Vehicle.plate:eq("B1"))):all() end)
session:execute(am.update(t):where(t.c.plate:eq("T1")):values{ kind = "car", seats = 3 })
session:expunge_all()
local car = session:scalars(select(Car):where(Car.plate:eq("T1"))):one()
say(cls(car), car.seats, car.depot.city)
session:delete(car)
session:flush()
p.sql()
session:close()
