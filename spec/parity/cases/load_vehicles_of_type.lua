-- Loaders along of_type: selectin, joined, subquery, immediate and contains_eager to subclasses, aliases and
-- with_polymorphic, selectin_polymorphic below a relationship, and what stays unloaded.
local am = require "alchemoon"
local parity = require "parity"
local say, step = parity.say, parity.step
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local Depot = Base:model("Depot", {
  __tablename__ = "depot",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  vehicles = am.relationship("Vehicle", { back_populates = "depot", order_by = "Vehicle.id" }),
})

local Vehicle = Base:model("Vehicle", {
  __tablename__ = "vehicle",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  type = am.mapped_column(am.String(20)),
  name = am.mapped_column(am.String(20)),
  depot_id = am.mapped_column(am.ForeignKey("depot.id")),
  depot = am.relationship(Depot, { back_populates = "vehicles" }),
  trips = am.relationship("Trip", { order_by = "Trip.id" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "vehicle" },
})

local Bus = Base:model("Bus", {
  __extends__ = Vehicle,
  __tablename__ = "bus",
  id = am.mapped_column(am.ForeignKey("vehicle.id"), { primary_key = true }),
  seats = am.mapped_column(am.Integer),
  lines = am.relationship("Line", { order_by = "Line.id" }),
  __mapper_args__ = { polymorphic_identity = "bus" },
})

local Truck = Base:model("Truck", {
  __extends__ = Vehicle,
  __tablename__ = "truck",
  id = am.mapped_column(am.ForeignKey("vehicle.id"), { primary_key = true }),
  load = am.mapped_column(am.Integer),
  crates = am.relationship("Crate", { order_by = "Crate.id" }),
  __mapper_args__ = { polymorphic_identity = "truck" },
})

local Tanker = Base:model("Tanker", {
  __extends__ = Truck,
  fluid = am.mapped_column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "tanker" },
})

local Line = Base:model("Line", {
  __tablename__ = "line",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  bus_id = am.mapped_column(am.ForeignKey("bus.id")),
})

local Crate = Base:model("Crate", {
  __tablename__ = "crate",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  truck_id = am.mapped_column(am.ForeignKey("truck.id")),
})

local Trip = Base:model("Trip", {
  __tablename__ = "trip",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  vehicle_id = am.mapped_column(am.ForeignKey("vehicle.id")),
  km = am.mapped_column(am.Integer),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local d1 = Depot{ id = 1, name = "one" }
  local d2 = Depot{ id = 2, name = "two" }
  s:add_all({
    Bus{ id = 1, name = "b1", seats = 20, depot = d1, lines = { Line{ id = 1 }, Line{ id = 2 } } },
    Truck{ id = 2, name = "t1", load = 5, depot = d1, crates = { Crate{ id = 1 } } },
    Tanker{
      id = 3, name = "k1", load = 9, fluid = "milk", depot = d1, crates = { Crate{ id = 2 }, Crate{ id = 3 } }
    },
    Vehicle{ id = 4, name = "v1", depot = d2 }, Bus{ id = 5, name = "b2", seats = 40, depot = d2 },
    Depot{ id = 3, name = "none" }
  })
  s:add_all({ Trip{ id = 1, vehicle_id = 1, km = 10 }, Trip{ id = 2, vehicle_id = 3, km = 30 } })
  s:commit()
end)
parity.forget()

local function show(title, stmt, ...)
  local options = { n = select("#", ...), ... }
  step(title)
  am.Session(e, function(s)
    local depots = s:scalars(stmt:options(unpack(options, 1, options.n))):unique():all()
    parity.sql()
    for _, d in ipairs(depots) do
      say(d.name, parity.sorted(am.inspect(d).unloaded))
      for _, v in ipairs(d.vehicles) do
        say("  ", v, v.name, parity.sorted(am.inspect(v).unloaded))
      end
    end
    parity.sql()
  end)
  parity.forget()
end
local base = am.select(Depot):order_by(Depot.id)
local anything = am.with_polymorphic(Vehicle, "*")
local flat = am.with_polymorphic(Vehicle, { Bus, Truck }, { flat = true, aliased = true })
show("lazy", base)
show("selectin of bus", base, am.selectinload(Depot.vehicles:of_type(Bus)))
show("selectin of bus lines", base, am.selectinload(Depot.vehicles:of_type(Bus)):selectinload(Bus.lines))
show("selectin of truck crates", base, am.selectinload(Depot.vehicles:of_type(Truck)):joinedload(Truck.crates))
show("selectin of all", base, am.selectinload(Depot.vehicles:of_type(anything)))
show(
  "selectin of all and below", base,
  am.selectinload(Depot.vehicles:of_type(anything))
    :options(
      am.selectinload(anything.Bus.lines), am.joinedload(anything.Truck.crates), am.immediateload(anything.trips)
    )
)
parity.error(function() return show("joined of all", base, am.joinedload(Depot.vehicles:of_type(anything))) end)
parity.forget()
show(
  "joined of flat and below", base,
  am.joinedload(Depot.vehicles:of_type(flat))
    :options(am.joinedload(flat.Bus.lines), am.selectinload(flat.Truck.crates))
)
show("subquery of all", base, am.subqueryload(Depot.vehicles:of_type(anything)):subqueryload(anything.Bus.lines))
show("immediate of all", base, am.immediateload(Depot.vehicles:of_type(anything)))
show("selectin then polymorphic", base, am.selectinload(Depot.vehicles):selectin_polymorphic({ Bus, Truck }))
show(
  "selectin then polymorphic and below", base,
  am.selectinload(Depot.vehicles)
    :options(
      am.selectin_polymorphic(Vehicle, { Bus, Tanker }), am.selectinload(Bus.lines), am.selectinload(Vehicle.trips)
    )
)
show(
  "contains eager of flat",
  base:outerjoin(Depot.vehicles:of_type(flat)):where(am.or_(flat.Bus.seats:gt(10), flat.Truck.load:gt(6)))
    :order_by(flat.id),
  am.contains_eager(Depot.vehicles:of_type(flat))
)
show(
  "contains eager of bus", base:join(Depot.vehicles:of_type(Bus)):order_by(Bus.seats:desc()),
  am.contains_eager(Depot.vehicles:of_type(Bus)):selectinload(Bus.lines)
)
step "conditions"
am.Session(e, function(s)
  say(s:scalars(am.select(Depot.name):where(Depot.vehicles:of_type(Bus):any(Bus.seats:gt(30)))):all())
  say(s:scalars(am.select(Depot.name):where(Depot.vehicles:of_type(Tanker):any(Tanker.fluid:eq("milk")))):all())
  say(s:scalars(am.select(Depot.name):where(am.not_(Depot.vehicles:of_type(Truck):any())):order_by(Depot.name)):all())
  say(s:execute(am.select(Depot.name, Tanker.fluid):join(Depot.vehicles:of_type(Tanker))):all())
  local t = am.aliased(Truck)
  say(s:execute(am.select(Depot.name, t.name, t.load):join(Depot.vehicles:of_type(t)):order_by(t.load)):all())
  say(
    s:execute(
      am.select(Depot.name, am.func.count(Trip.id)):join(Depot.vehicles:of_type(flat)):join(flat.trips)
        :group_by(Depot.name)
    ):all()
  )
  local v = s:scalars(
    am.select(Vehicle):order_by(Vehicle.id)
      :options(am.selectin_polymorphic(Vehicle, { Truck }), am.selectinload(Truck.crates), am.selectinload(Bus.lines))
  ):all()
  for _, x in ipairs(v) do
    say(x, parity.sorted(am.inspect(x).unloaded))
  end
  parity.sql()
end)
step "wrong"
am.Session(e, function(s)
  parity.error(
    function()
      return s:scalars(
        am.select(Depot):options(am.selectinload(Depot.vehicles:of_type(Bus)):selectinload(Truck.crates))
      ):all()
    end
  )
  parity.error(
    function()
      return s:scalars(am.select(Depot):options(am.selectinload(Depot.vehicles):selectinload(Bus.lines))):all()
    end
  )
  parity.error(
    function() return s:scalars(am.select(Depot):options(am.selectin_polymorphic(Depot, { Bus }))):all() end
  )
  parity.error(function() return s:scalars(am.select(Depot):join(Vehicle.trips)):all() end)
  parity.sql()
end)
