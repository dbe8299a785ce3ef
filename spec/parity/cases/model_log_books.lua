-- write_only and dynamic collections: statements, writes, cascades, histories and what is refused.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey

local Base = am.declarative_base()
local watch = am.Table("watch", Base.metadata, Column("ship_id", ForeignKey("ship.id", { ondelete = "CASCADE" }),
  { primary_key = true }),
  Column("sailor_id", ForeignKey "sailor.id", { primary_key = true }))

local Ship = Base:model("Ship", {
  __tablename__ = "ship",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  entries = am.relationship("Entry", { lazy = "write_only", back_populates = "ship", order_by = "Entry.day",
    cascade = "all, delete-orphan", passive_deletes = true }),
  trips = am.relationship("Trip", { lazy = "dynamic", back_populates = "ship", order_by = "Trip.id",
    cascade = "all, delete-orphan" }),
  crew = am.relationship("Sailor", { secondary = watch, lazy = "write_only", order_by = "Sailor.id",
    passive_deletes = true }),
})

local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = Column(Integer, { primary_key = true }),
  day = Column(Integer),
  text = Column(String(20)),
  ship_id = Column(ForeignKey("ship.id", { ondelete = "CASCADE" })),
  ship = am.relationship(Ship, { back_populates = "entries" }),
})

local Trip = Base:model("Trip", {
  __tablename__ = "trip",
  id = Column(Integer, { primary_key = true }),
  goal = Column(String(20)),
  ship_id = Column(ForeignKey "ship.id"),
  ship = am.relationship(Ship, { back_populates = "trips" }),
})

local Sailor = Base:model("Sailor", {
  __tablename__ = "sailor",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local function each(items, key) return p.map(items, function(x) return x[key] end) end

local e = p.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
step "at birth"
local ship = Ship{ id = 1, name = "Gull", entries = { Entry{ id = 1, day = 3, text = "c" }, Entry{ id = 2, day = 1,
  text = "a" } },
  trips = { Trip{ id = 1, goal = "Oslo" } } }
s:add(ship)
local ann = Sailor{ id = 1, name = "Ann" }
ship.crew:add(ann)
say(s:contains(ann), p.map(ship.trips, function(o) return s:contains(o) end), ship.trips:all()[1].goal)
s:commit()
step "write_only statements"
say(each(s:scalars(ship.entries:select()), "text"))
say(s:scalar(ship.entries:select():with_only_columns(func.count(Entry.id)):order_by(nil)))
say(each(s:scalars(ship.entries:select():where(Entry.day:gt(2)):limit(5)), "text"))
say(each(s:scalars(ship.crew:select()), "name"))
step "write_only writes"
local late = Entry{ id = 3, day = 9, text = "late" }
ship.entries:add(late)
say(late.ship == ship, s:contains(late), am.inspect(ship).attrs.entries.history.added, s.dirty:contains(ship))
ship.entries:add_all{ Entry{ id = 4, day = 10, text = "x" }, Entry{ id = 5, day = 11, text = "y" } }
s:flush()
p.sql()
ship.entries:remove(late)
say(late.ship)
s:flush()
p.sql()
say(am.inspect(late).deleted or am.inspect(late).detached)
s:execute(ship.entries:insert(), { { id = 6, day = 20, text = "bulk" }, { id = 7, day = 21, text = "bulk" } })
say(s:execute(ship.entries:update():where(Entry.day:gt(10)):values{ text = "u" }).rowcount)
say(s:execute(ship.entries:delete():where(Entry.day:eq(21))).rowcount)
say(each(s:scalars(ship.entries:select()), "text"))
s:execute(Sailor.__table__:insert():values{ id = 2, name = "Bob" })
ship.crew:add(s:get(Sailor, 2))
s:commit()
say(each(s:scalars(ship.crew:select()), "name"))
ship.crew:remove(ann)
s:commit()
step "write_only refuses"
p.refused(function() return ship.entries[1] end)
p.error(function() ship.entries = { Entry{ id = 8 } } end)
p.error(function() s:scalars(select(Ship):options(am.selectinload(Ship.entries))):all() end)
p.error(function() s:scalars(select(Ship):options(am.joinedload(Ship.trips))):unique():all() end)
s:rollback()
step "dynamic reads"
say(each(ship.trips, "goal"), ship.trips:count(), ship.trips:filter(Trip.goal:eq("Oslo")):one().id,
  ship.trips:filter_by{ goal = "x" }:first())
say(ship.trips:order_by(nil):order_by(Trip.goal):limit(1):all()[1].goal)
step "dynamic writes"
ship.trips:append(Trip{ id = 2, goal = "Kiel" })
say(am.inspect(ship).attrs.trips.history.added)
say(each(ship.trips, "goal"))
ship.trips:extend{ Trip{ id = 3, goal = "Riga" } }
ship.trips:remove(ship.trips:filter(Trip.id:eq(1)):one())
s:flush()
p.sql()
say(each(ship.trips, "goal"), ship.trips[1].goal, each(ship.trips:slice(0, 2), "id"))
ship.trips = { s:get(Trip, 3), Trip{ id = 4, goal = "Bonn" } }
s:flush()
p.sql()
say(each(ship.trips, "goal"))
local _ = Trip{ id = 5, goal = "back", ship = ship }
say(each(ship.trips, "id"))
step "expressions over them"
say(s:scalars(select(Ship.name):where(Ship.trips:any(Trip.goal:eq("Bonn")))):all())
say(s:scalars(select(Entry.id):join(Ship.entries):order_by(Entry.id)):all())
say(s:scalars(select(Ship.name):where(Ship.crew:any())):all())
step "delete the owner"
s:commit()
s:delete(ship)
s:commit()
say(s:scalar(select(func.count(Trip.id))), s:scalar(select(func.count(Sailor.id))))
step "a transient owner"
local loose = Ship{ name = "loose" }
p.error(function() loose.entries:select() end)
p.refused(function() loose.trips:filter(Trip.id:eq(1)):all() end)
loose.trips:append(Trip{ goal = "z" })
say(each(loose.trips, "goal"))
p.sql()
