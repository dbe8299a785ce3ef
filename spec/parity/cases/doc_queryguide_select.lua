-- What a SELECT of classes can take: entities, aliases, bundles, joins in every spelling, subqueries as classes.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local lines = am.Table("lines", Base.metadata,
  am.Column("route_id", am.ForeignKey("routes.id"), { primary_key = true }),
  am.Column("stop_id", am.ForeignKey("stops.id"), { primary_key = true }))
local Driver = Base:model("Driver", {
  __tablename__ = "drivers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  depot = am.Column(am.String),
  phones = am.relationship("Phone", { back_populates = "driver" }),
  routes = am.relationship("Route"),
})
Driver.__tostring = function(self) return ("%s %s %s"):format(self.id, self.name, p.fmt(self.depot)) end
local Phone = Base:model("Phone", {
  __tablename__ = "phones",
  id = am.Column(am.Integer, { primary_key = true }),
  driver_id = am.Column(am.ForeignKey("drivers.id")),
  number = am.Column(am.String),
  driver = am.relationship("Driver", { back_populates = "phones" }),
})
Phone.__tostring = function(self) return ("%s %s"):format(self.id, self.number) end
local Route = Base:model("Route", {
  __tablename__ = "routes",
  id = am.Column(am.Integer, { primary_key = true }),
  driver_id = am.Column(am.ForeignKey("drivers.id")),
  stops = am.relationship("Stop", { secondary = lines }),
})
local Stop = Base:model("Stop", {
  __tablename__ = "stops",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String),
})

local e = p.engine()
Base.metadata:create_all(e)
local session = am.Session(e)
for i, entry in ipairs {
  { "abe", "north", { "11" } }, { "bea", "south", { "21", "22" } }, { "cem", "north", { "31", "32" } },
  { "dot", nil, { "41" } }, { "eli", "east", {} },
} do
  session:add(Driver{ id = i, name = entry[1], depot = entry[2] })
  session:flush()
  for _, n in ipairs(entry[3]) do session:add(Phone{ id = tonumber(n), number = n, driver_id = i }) end
end
session:commit()
p.forget()

local function shown(stmt) return p.map(session:execute(stmt):scalars(), tostring) end
step "entities"
for d in session:execute(select(Driver):where(Driver.name:eq("abe"))):scalars() do say(d.name, d.depot) end
say(session:execute(select(Driver):order_by(Driver.id)):all())
say(p.map(session:scalars(select(Driver):order_by(Driver.id)), tostring))
for row in session:execute(select(Driver, Phone):join(Driver.phones):order_by(Driver.id, Phone.id)) do
  say(row.Driver.name, row.Phone.number, row:keys())
end
local d_cls, p_cls = am.aliased(Driver, { name = "d_cls" }), am.aliased(Phone, { name = "p" })
local first = session:execute(select(d_cls, p_cls):join(d_cls.phones:of_type(p_cls))
  :order_by(d_cls.id, p_cls.id)):first()
say(first.d_cls.name, first.p.number)
say(select(Driver):join(Driver.phones):add_columns(Phone):order_by(Driver.id, Phone.id))
for row in session:execute(select(Driver.name, Phone.number):join(Driver.phones):order_by(Driver.id, Phone.id)) do
  say(row.name, row.number)
end
local stmt = select(am.Bundle("driver", Driver.name, Driver.depot), am.Bundle("phone", Phone.number))
  :join_from(Driver, Phone):order_by(Phone.id)
for row in session:execute(stmt) do say(row.driver.name, row.driver.depot, row.phone.number) end
say(select(am.aliased(Driver)):order_by(Driver.id))
local u1 = am.aliased(Driver, { name = "u1" })
say(session:execute(select(u1):order_by(u1.id)):first().u1.name)

step "text and subqueries"
local plain = am.text("SELECT id, name, depot FROM drivers ORDER BY id"):columns(Driver.id, Driver.name, Driver.depot)
say(shown(select(Driver):from_statement(plain)))
local orm_sub = am.aliased(Driver, plain:subquery())
say(shown(select(orm_sub)))
local near = am.aliased(Driver, select(Driver):where(Driver.id:lt(3)):order_by(Driver.id):subquery())
say(shown(select(near):order_by(near.id)))
local made = select(am.literal(14):label("id"), am.literal("made"):label("name"),
  am.literal("up"):label("depot")):subquery()
local made_cls = am.aliased(Driver, made, { adapt_on_names = true })
say(shown(select(made_cls)))
local u = am.union_all(select(Driver):where(Driver.id:lt(2)), select(Driver):where(Driver.id:eq(3)))
say(shown(select(Driver):from_statement(u:order_by(Driver.id))))
local ua = am.aliased(Driver,
  am.union_all(select(Driver):where(Driver.id:lt(2)), select(Driver):where(Driver.id:eq(3))):subquery())
say(shown(select(ua):order_by(ua.id)))

step "joins"
say(select(Driver):join(Driver.routes):join(Route.stops))
say(select(Driver):join(Driver.routes):join(Route.stops):join(Driver.phones))
say(select(Driver):join(Phone))
p.error(function() return tostring(select(Driver):join(Stop)) end)
say(select(Driver):join(Phone, Driver.id:eq(Phone.driver_id)))
say(select(Driver):join(Phone, Driver.phones))
say(session:execute(select(Driver.depot):join(Driver.phones:and_(Phone.number:eq("21")))):all())
local a1, a2 = am.aliased(Phone), am.aliased(Phone)
say(select(Driver):join(a1, Driver.phones):where(a1.number:eq("1")):join(a2, Driver.phones):where(a2.number:eq("2")))
say(select(Driver):join(Driver.phones:of_type(a1)):where(a1.number:eq("1")):join(Driver.phones:of_type(a2)))
local d1 = am.aliased(Driver)
say(select(d1.name):join(d1.phones))
local sub = select(Phone):where(Phone.number:eq("31")):subquery()
say(select(Driver):join(sub, Driver.id:eq(sub.c.driver_id)))
local p_sub = am.aliased(Phone, sub, { name = "phone" })
for row in session:execute(select(Driver, p_sub):join(p_sub)) do say(tostring(row.Driver), tostring(row.phone)) end
for row in session:execute(select(Driver, p_sub):join(Driver.phones:of_type(p_sub))) do
  say(tostring(row.Driver), tostring(row.phone))
end
local both = select(Driver.id, Driver.name, Driver.depot, Phone.id, Phone.number):join_from(Driver, Phone)
  :where(Phone.number:in_{ "22", "32" }):subquery()
local da, pa = am.aliased(Driver, both, { name = "driver" }), am.aliased(Phone, both, { name = "phone" })
say(select(da, pa):where(da.name:eq("bea")))
for row in session:execute(select(da, pa):where(da.name:eq("bea"))) do
  say(tostring(row.driver), tostring(row.phone))
end
say(select(Phone):join_from(Driver, Driver.phones):where(Driver.name:eq("bea")))
say(select(Phone):join_from(Driver, Phone):where(Driver.name:eq("bea")))
say(select(Phone):select_from(Driver):join(Phone):where(Driver.name:eq("bea")))
say(select(Phone):select_from(Driver):join(Phone.driver):where(Driver.name:eq("bea")))
local dt, pt = Driver.__table__, Phone.__table__
say(select(pt):select_from(dt):select_from(pt:join(dt, dt.c.id:eq(pt.c.driver_id))):where(dt.c.name:eq("bea")))
say(select(Driver):outerjoin(Driver.phones):outerjoin(Driver.routes))
say(select(Driver.name):select_from(am.join(Driver, Phone, Driver.phones)))
p.error(function() return tostring(select(Driver):join(Phone.driver, Driver.phones)) end)

step "relationship operators"
say(session:execute(select(Driver.name):where(Driver.phones:any(Phone.number:eq("32")))):all())
say(session:execute(select(Driver.name):where(am.not_(Driver.phones:any()))):all())
say(session:execute(select(Phone.number):where(Phone.driver:has(Driver.name:eq("bea"))):order_by(Phone.id)):all())
session:expunge_all()
local abe = session:get(Driver, 1)
say(select(Phone):where(Phone.driver:eq(abe)))
say(select(Phone):where(Phone.driver:ne(abe)))
say(select(Phone):where(Phone.driver:eq(nil)), select(Phone):where(Phone.driver:ne(nil)))
say(select(Driver):where(Driver.phones:contains(session:get(Phone, 11))))
say(select(Phone):where(am.with_parent(abe, Driver.phones)))
say(p.map(session:scalars(select(Phone):where(am.with_parent(abe, Driver.phones))), tostring))
local pt1 = am.aliased(Phone)
say(select(pt1):where(am.with_parent(abe, Driver.phones:of_type(pt1))))
p.error(function() return select(Phone):where(Driver.phones:eq(abe)) end)

step "options of execution"
local function depot(s) return s:one().depot end
abe.depot = "changed"
session:no_autoflush(function()
  say(depot(session:scalars(select(Driver):where(Driver.id:eq(1)))))
  say(depot(session:scalars(select(Driver):where(Driver.id:eq(1)), nil,
    { execution_options = { populate_existing = true } })))
end)
abe.depot = "again"
say(session:scalar(select(Driver.depot):where(Driver.id:eq(1)):execution_options{ autoflush = false }))
say(session:scalar(select(Driver.depot):where(Driver.id:eq(1))))
local function names(part) return p.map(part, function(d) return d.name end) end
local streamed = select(Driver):order_by(Driver.id):execution_options{ yield_per = 2 }
for part in session:scalars(streamed):partitions() do say(names(part)) end
for part in session:scalars(streamed):partitions(3) do say(names(part)) end
session:rollback()
p.sql()
