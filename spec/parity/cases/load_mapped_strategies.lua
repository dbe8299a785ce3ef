-- The strategies as mapped, one class each, and how options override them.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted

local Base = am.declarative_base()

local Home = Base:model("Home", {
  __tablename__ = "homes",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  by_select = am.relationship("Room", { order_by = "Room.id", lazy = "select", viewonly = true }),
  by_selectin = am.relationship("Room", { order_by = "Room.id", lazy = "selectin", viewonly = true }),
  by_raise = am.relationship("Room", { order_by = "Room.id", lazy = "raise", viewonly = true }),
  by_raise_sql = am.relationship("Room", { order_by = "Room.id", lazy = "raise_on_sql", viewonly = true }),
  by_write = am.relationship("Room", { lazy = "write_only", overlaps = "home" }),
})

local Room = Base:model("Room", {
  __tablename__ = "rooms",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  home_id = am.Column(am.ForeignKey("homes.id")),
  home = am.relationship("Home", { lazy = "raise_on_sql", overlaps = "by_write" }),
})

local Street = Base:model("Street", {
  __tablename__ = "streets",
  id = am.Column(am.Integer, { primary_key = true }),
  lamps = am.relationship("Lamp", { lazy = "joined", order_by = "Lamp.id", back_populates = "street" }),
})

local Lamp = Base:model("Lamp", {
  __tablename__ = "lamps",
  id = am.Column(am.Integer, { primary_key = true }),
  watts = am.Column(am.Integer),
  street_id = am.Column(am.ForeignKey("streets.id")),
  street = am.relationship("Street", { lazy = "immediate", back_populates = "lamps" }),
})

local Shelf = Base:model("Shelf", {
  __tablename__ = "shelves",
  id = am.Column(am.Integer, { primary_key = true }),
  jars = am.relationship("Jar", { lazy = "subquery", order_by = "Jar.id" }),
  lids = am.relationship("Lid", { lazy = "dynamic", order_by = "Lid.id" }),
})

local Jar = Base:model("Jar", {
  __tablename__ = "jars",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
})

local Lid = Base:model("Lid", {
  __tablename__ = "lids",
  id = am.Column(am.Integer, { primary_key = true }),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Home{ id = 1, name = "h1" },
    Home{ id = 2, name = "h2" },
    Street{ id = 1, lamps = { Lamp{ id = 1, watts = 5 }, Lamp{ id = 2, watts = 7 } } },
    Street{ id = 2 },
    Shelf{ id = 1, jars = { Jar{ id = 1 }, Jar{ id = 2 } } },
    Shelf{ id = 2 }
  }
  s:flush()
  s:add_all{
    Room{ id = 1, name = "r1", home_id = 1 },
    Room{ id = 2, name = "r2", home_id = 1 },
    Room{ id = 3, name = "r3", home_id = 2 },
    Lid{ id = 1, shelf_id = 1 }
  }
  s:commit()
end)
parity.forget()

step "a mapped mixture"
am.Session(e, function(s)
  local homes = s:scalars(am.select(Home):order_by(Home.id)):all()
  say(map(homes, function(h) return sorted(am.inspect(h).unloaded) end))
  say(
    map(homes[1].by_select, function(r) return r.name end),
    map(homes[1].by_selectin, function(r) return r.name end)
  )
  parity.error(function() return homes[1].by_raise end)
  parity.error(function() return homes[1].by_raise_sql end)
  step "many to one that raises on sql only"
  local room = s:get(Room, 1)
  say(room.home.name)
end)
am.Session(e, function(s)
  local room = s:get(Room, 1)
  parity.error(function() return room.home end)
  say(sorted(am.inspect(room).unloaded))
end)
step "overridden"
am.Session(e, function(s)
  local home = s
    :scalars(
      am.select(Home)
        :options(am.selectinload(Home.by_raise), am.lazyload(Home.by_selectin), am.noload(Home.by_select))
        :where(Home.id:eq(1))
    )
    :one()
  say(sorted(am.inspect(home).unloaded), map(home.by_raise, function(r) return r.name end), home.by_select)
  say(map(home.by_selectin, function(r) return r.name end))
end)
step "lazyload of everything"
am.Session(e, function(s)
  local street = s:scalars(am.select(Street):options(am.lazyload("*")):where(Street.id:eq(1))):one()
  say(sorted(am.inspect(street).unloaded))
  say(map(street.lamps, function(l) return l.watts end), sorted(am.inspect(street.lamps[1]).unloaded))
end)
step "joined as mapped, immediate back"
am.Session(e, function(s)
  local streets = s:scalars(am.select(Street):order_by(Street.id)):unique():all()
  say(map(streets, function(x) return map(x.lamps, function(l) return l.watts end) end))
  parity.error(function() return s:scalars(am.select(Street)):all() end)
end)
am.Session(e, function(s)
  local lamps = s:scalars(am.select(Lamp):order_by(Lamp.id)):all()
  say(
    map(lamps, function(l) return sorted(am.inspect(l).unloaded) end),
    map(lamps, function(l) return #l.street.lamps end)
  )
end)
step "get with joined"
am.Session(e, function(s)
  local street = s:get(Street, 1)
  say(#street.lamps)
  s:expire(street)
  say(#street.lamps)
end)
step "subquery as mapped, twice"
am.Session(e, function(s)
  local shelves = s:scalars(am.select(Shelf):where(Shelf.id:gt(0)):order_by(Shelf.id:desc())):all()
  say(map(shelves, function(x) return map(x.jars, function(j) return j.id end) end))
  local shelf = s:get(Shelf, 1)
  say(map(shelf.lids, function(l) return l.id end), shelf.lids:count(), shelf.lids:filter(Lid.id:gt(1)):all())
end)
am.Session(e, function(s)
  local shelf = s:get(Shelf, 1)
  say(map(shelf.jars, function(j) return j.id end))
end)
step "write only"
am.Session(e, function(s)
  local home = s:scalars(am.select(Home):options(am.lazyload("*")):where(Home.id:eq(1))):one()
  say(map(s:scalars(home.by_write:select():order_by(Room.id:desc())), function(r) return r.name end))
  home.by_write:add(Room{ id = 9, name = "r9" })
  home.by_write:remove(s:get(Room, 1))
  s:flush()
  say(s:scalars(home.by_write:select():with_only_columns(Room.name):order_by(Room.id)):all())
end)
step "options that cannot be"
am.Session(e, function(s)
  parity.error(function() return s:scalars(am.select(Home):options(am.selectinload(Home.by_write))):all() end)
  parity.error(function() return s:scalars(am.select(Shelf):options(am.joinedload(Shelf.lids))):unique():all() end)
  parity.error(function() return am.relationship("Room", { lazy = "nonsense" }) and Home end)
end)
step "end"
