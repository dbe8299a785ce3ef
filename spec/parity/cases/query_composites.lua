-- Composites, synonyms, hybrids and column properties where a query can name them.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted

local Base = am.declarative_base()

local Trip = Base:model("Trip", {
  __tablename__ = "trips",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  km = am.Column(am.Integer),
  hours = am.Column(am.Integer),
  driver_id = am.Column(am.ForeignKey("drivers.id")),
  label = am.synonym("title"),
  driver = am.relationship("Driver", { back_populates = "trips" }),
})

local driver_id = am.Column(am.Integer, { primary_key = true })
local driver_first = am.Column(am.String(30))
local driver_last = am.Column(am.String(30))
local Driver = Base:model("Driver", {
  __tablename__ = "drivers",
  id = driver_id,
  first = driver_first,
  last = driver_last,
  full = am.column_property(driver_first .. " " .. driver_last),
  trips = am.relationship("Trip", { back_populates = "driver", order_by = "Trip.id" }),
  total = am.column_property(
    am.select(am.func.sum(Trip.km)):where(Trip.driver_id:eq(driver_id)):scalar_subquery(),
    { deferred = true }
  ),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Driver{
      id = 1,
      first = "ann",
      last = "lee",
      trips = { Trip{ id = 1, title = "t1", km = 100, hours = 2 }, Trip{ id = 2, title = "t2", km = 50, hours = 1 } }
    },
    Driver{ id = 2, first = "bob", last = "ray", trips = { Trip{ id = 3, title = "t3", km = 70, hours = 7 } } },
    Driver{ id = 3, first = "cid", last = "fox" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function rows(stmt)
  say(s:execute(stmt):all())
end

step "synonyms"
rows(am.select(Trip.label, Trip.title):order_by(Trip.label))
say(map(s:scalars(am.select(Trip):where(Trip.label:eq("t2"))), function(t) return t.label end))
say(map(s:scalars(am.select(Trip):filter_by{ label = "t3" }), function(t) return t.id end))
local two = am.aliased(Trip, { name = "two" })
rows(am.select(two.label):where(two.label:like("t%")):order_by(two.label:desc()))
local trip = s:get(Trip, 1)
trip.label = "changed"
s:flush()
say(trip.title)
s:rollback()
step "column properties"
rows(
  am.select(Driver.full, am.func.length(Driver.full))
    :where(Driver.full:ne("cid fox"))
    :order_by(Driver.full:desc())
)
rows(am.select(Driver.id, Driver.total):order_by(Driver.id))
rows(
  am.select(Driver.full:label("who"), am.func.sum(Trip.km))
    :join(Driver.trips)
    :group_by(Driver.full)
    :order_by("who")
)
local drivers = s
  :scalars(am.select(Driver):options(am.undefer(Driver.total), am.defer(Driver.full)):order_by(Driver.id))
  :all()
say(map(drivers, function(d) return d.total end))
say(map(drivers, function(d) return d.full end))
local d2 = am.aliased(Driver, { name = "d2" })
rows(am.select(d2.full, d2.total):where(d2.total:gt(100)))
rows(am.select(Trip.title, Driver.full):join(Trip.driver):order_by(Trip.id))
local sub = am.select(Driver.id, Driver.full, Driver.total):subquery("sub")
rows(am.select(sub.c.full, sub.c.total):order_by(sub.c.id))
local fromsub = am.aliased(Driver, am.select(Driver):where(Driver.id:lt(3)):subquery("fs"))
rows(am.select(fromsub.full):order_by(fromsub.id))
say(map(s:scalars(am.select(fromsub):order_by(fromsub.id)), function(d) return d.full end))
step "ordering by labels"
rows(am.select(Trip.title, (Trip.km + Trip.hours):label("sum")):order_by(am.desc("sum")))
rows(
  am.select((Trip.km + Trip.hours):label("sum"), am.func.count())
    :group_by("sum")
    :having((Trip.km + Trip.hours):gt(60))
    :order_by("sum")
)
local kind = am.case({ Trip.km:ge(70), "long" }, { else_ = "short" }):label("kind")
rows(am.select(kind, am.func.count(), am.func.min(Trip.id)):group_by(kind):order_by(kind))
step "load_only with them"
local one = s
  :scalars(
    am.select(Driver)
      :options(am.load_only(Driver.first))
      :where(Driver.id:eq(1))
      :execution_options{ populate_existing = true }
  )
  :one()
say(sorted(am.inspect(one).unloaded))
say(one.full, one.total)
step "writing to what cannot be written"
local d = s:get(Driver, 2)
d.full = "local"
say(d.full, am.inspect(d).modified)
s:flush()
s:expire(d)
say(d.full)
step "end"
