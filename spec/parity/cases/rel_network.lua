-- Relationships, a network of stations: self-referential trees and graphs, several foreign keys to one table,
-- composite foreign keys, custom primaryjoin and secondaryjoin, viewonly, post_update, passive_deletes, and bad
-- configurations.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()
local link = am.Table("links", Base.metadata, am.Column("a_id", am.ForeignKey("stations.id"), { primary_key = true }),
  am.Column("b_id", am.ForeignKey("stations.id"), { primary_key = true }))

local Region = Base:model("Region", {
  __tablename__ = "regions",
  country = am.Column(am.String(2), { primary_key = true }),
  no = am.Column(am.Integer, { primary_key = true }),
  capital_id = am.Column(am.ForeignKey("stations.id", { name = "fk_capital", use_alter = true })),
  stations = am.relationship("Station", { back_populates = "region",
    foreign_keys = "[Station.country, Station.region_no]" }),
  capital = am.relationship("Station", { foreign_keys = "Region.capital_id", post_update = true }),
})

local id = am.Column(am.Integer, { primary_key = true })
local station_name = am.Column(am.String(20))
local country, region_no = am.Column(am.String(2)), am.Column(am.Integer)
local parent_id = am.Column(am.ForeignKey("stations.id"))
local Station = Base:model("Station", {
  __tablename__ = "stations",
  id = id,
  name = station_name,
  country = country,
  region_no = region_no,
  parent_id = parent_id,
  __table_args__ = { am.ForeignKeyConstraint({ "country", "region_no" }, { "regions.country", "regions.no" }) },
  region = am.relationship(Region, { back_populates = "stations", foreign_keys = { country, region_no } }),
  parent = am.relationship("Station", { back_populates = "children", remote_side = { id },
    foreign_keys = { parent_id } }),
  children = am.relationship("Station", { back_populates = "parent", order_by = "Station.id",
    foreign_keys = { parent_id } }),
  next = am.relationship("Station", { secondary = link, primaryjoin = id:eq(link.c.a_id),
    secondaryjoin = id:eq(link.c.b_id),
    back_populates = "previous", order_by = "Station.id" }),
  previous = am.relationship("Station", { secondary = link, primaryjoin = id:eq(link.c.b_id),
    secondaryjoin = id:eq(link.c.a_id), back_populates = "next", order_by = "Station.id" }),
  departures = am.relationship("Trip", { foreign_keys = "Trip.from_id", back_populates = "origin",
    passive_deletes = true,
    cascade = "all, delete-orphan" }),
  arrivals = am.relationship("Trip", { foreign_keys = "Trip.to_id", back_populates = "target" }),
  long_trips = am.relationship("Trip", { primaryjoin = "and_(Station.id == Trip.from_id, Trip.km > 100)",
    viewonly = true,
    order_by = "Trip.km" }),
  goals = am.relationship("Station", { secondary = "trips", primaryjoin = "Station.id == Trip.from_id",
    secondaryjoin = "Station.id == Trip.to_id", viewonly = true, order_by = "Station.name" }),
})

local Trip = Base:model("Trip", {
  __tablename__ = "trips",
  id = am.Column(am.Integer, { primary_key = true }),
  from_id = am.Column(am.ForeignKey("stations.id", { ondelete = "CASCADE" })),
  to_id = am.Column(am.ForeignKey("stations.id")),
  km = am.Column(am.Integer),
  origin = am.relationship(Station, { foreign_keys = "Trip.from_id", back_populates = "departures" }),
  target = am.relationship(Station, { foreign_keys = "Trip.to_id", back_populates = "arrivals" }),
})

local function names(xs) return map(xs, function(x) return x.name end) end

local e = parity.engine()
if e.dialect.name == "sqlite" then
  am.event.listen(e, "connect", function(conn) conn:execute("PRAGMA foreign_keys = ON") end)
end
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("save")
local north = Region{ country = "de", no = 1 }
local hub, east, west = Station{ id = 1, name = "hub" }, Station{ id = 2, name = "east" }, Station{ id = 3,
  name = "west" }
north.stations = { hub, east }
west.region = north
north.capital = hub
hub.children:append(east)
west.parent = east
hub.next = { east, west }
s:add(north)
s:flush()
west.previous:append(east)
s:add_all{ Trip{ id = 1, origin = hub, target = east, km = 50 }, Trip{ id = 2, origin = hub, target = west, km = 150 } }
say(names(east.next), names(west.previous), names(hub.previous), east.parent.name, names(east.children))
s:commit()
sql()
step("read")
say(hub.country, hub.region_no, names(hub.children), west.parent.parent.name, names(hub.goals),
  map(hub.long_trips, function(t) return t.km end))
say(parity.sorted(names(north.stations)), north.capital.name, names(west.previous))
sql()
step("viewonly")
hub.long_trips:append(Trip{ id = 9, km = 999 })
say(#s.new, s:is_modified(hub), #hub.departures)
s:flush()
s:refresh(hub, { "long_trips" })
say(#hub.long_trips)
sql()
step("natural key changes")
west.region = Region{ country = "fr", no = 7 }
s:commit()
sql()
say(west.country, west.region_no, s:get(Region, { "fr", 7 }) == west.region, #north.stations)
step("self join")
local child = am.aliased(Station)
local function scalars(stmt) return s:scalars(stmt):all() end
say(s:execute(am.select(Station.name, child.name):join(Station.children:of_type(child)):order_by(Station.id)):all())
say(scalars(am.select(Station.name):where(am.not_(Station.children:any())):order_by(Station.id)))
say(scalars(am.select(Station.name):where(Station.parent:has{ name = "hub" })))
say(scalars(am.select(Station.name):where(Station.next:contains(west)):order_by(Station.id)))
say(scalars(am.select(Station.name):where(Station.parent:eq(hub))), scalars(am.select(Station.name):where(
  Station.parent:eq(nil))), scalars(am.select(Station.name):where(am.with_parent(hub, Station.next))))
sql()
step("capital and cycle")
north.capital = east
s:flush()
sql()
s:delete(west.region)
west.region = nil
s:flush()
sql()
step("delete hub")
s:commit()
s:refresh(north)
hub.children:clear()
hub.arrivals:clear()
hub.next:clear()
say(names(hub.previous), am.inspect(east).attrs.parent.history)
parity.forget()
s:delete(hub)
s:commit()
sql()
say(scalars(am.select(Trip.id)), scalars(am.select(Station.name):order_by(Station.id)), east.parent)
s:close()
step("bad configurations")

local function bad(options)
  local B = am.declarative_base()
  B:model("P", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
    kids = am.relationship("C", options) })
  B:model("C", {
    __tablename__ = "c",
    id = am.Column(am.Integer, { primary_key = true }),
    p_id = am.Column(am.ForeignKey("p.id")),
    q_id = am.Column(am.ForeignKey("p.id")),
    p = am.relationship("P", { foreign_keys = "C.p_id" }),
  })
  B.registry:configure()
end

parity.error(function() bad() end)
parity.refused(function() bad{ foreign_keys = "C.zip" } end)
parity.error(function() bad{ foreign_keys = "C.p_id", back_populates = "parent" } end)
parity.error(function() bad{ primaryjoin = "P.id > C.id" } end)
parity.error(function() bad{ foreign_keys = "C.p_id", cascade = "al" } end)
parity.error(function() bad{ foreign_keys = "C.p_id", lazy = "eager" } end)
parity.error(function() bad{ secondary = "nothing" } end)
parity.error(function() bad{ foreign_keys = "C.p_id" } end)
