-- The basic patterns of relationships: one to many, many to one, one to one, many to many, association objects.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship

local e = p.engine()
local function begin(base)
  base.metadata:create_all(e)
  p.forget()
  return am.Session(e)
end
local function finish(base, session)
  session:close()
  p.sql()
  base.metadata:drop_all(e)
  p.forget()
end
local function pk() return Column(Integer, { primary_key = true }) end
local function ids(items) return p.map(items, function(x) return x.id end) end
local function names(items) return p.map(items, function(x) return x.name end) end

step "one to many"
local Base = am.declarative_base()
local Shelf = Base:model("Shelf", {
  __tablename__ = "shelves",
  id = pk(),
  jars = relationship("Jar", { back_populates = "shelf", order_by = "Jar.id" }),
})
local Jar = Base:model("Jar", {
  __tablename__ = "jars",
  id = pk(),
  shelf_id = Column(ForeignKey("shelves.id")),
  shelf = relationship("Shelf", { back_populates = "jars" }),
})
local session = begin(Base)
local shelf = Shelf{ jars = { Jar(), Jar() } }
say(shelf.jars[1].shelf == shelf, am.inspect(shelf.jars[2]).attrs.shelf.history)
session:add(shelf)
session:commit()
local jar = shelf.jars[1]
shelf.jars:remove(jar)
say(jar.shelf, #shelf.jars)
session:commit()
say(jar.shelf_id, ids(shelf.jars))
session:delete(shelf)
session:commit()
say(session:scalars(select(Jar.shelf_id):order_by(Jar.id)):all())
say(am.inspect(Shelf).relationships.jars.direction.name, am.inspect(Jar).relationships.shelf.direction.name)
say(am.inspect(Shelf).relationships.jars.uselist, am.inspect(Jar).relationships.shelf.uselist)
finish(Base, session)

step "many to one, nullable"
Base = am.declarative_base()
local Trip = Base:model("Trip", {
  __tablename__ = "trips",
  id = pk(),
  bus_id = Column(ForeignKey("buses.id"), { nullable = false }),
  bus = relationship("Bus"),
})
local Bus = Base:model("Bus", { __tablename__ = "buses", id = pk() })
session = begin(Base)
local trip = Trip{ bus = Bus() }
session:add(trip)
session:commit()
say(trip.bus_id, trip.bus.id, select(Trip):join(Trip.bus))
trip.bus = nil
p.error(function() session:commit() end)
session:rollback()
say(trip.bus_id)
finish(Base, session)

step "one to one"
Base = am.declarative_base()
local Door = Base:model("Door", {
  __tablename__ = "doors",
  id = pk(),
  lock = relationship("Lock", { back_populates = "door", uselist = false }),
})
local Lock = Base:model("Lock", {
  __tablename__ = "locks",
  id = pk(),
  door_id = Column(ForeignKey("doors.id")),
  door = relationship("Door", { back_populates = "lock" }),
})
local Window = Base:model("Window", {
  __tablename__ = "windows",
  id = pk(),
  door_id = Column(ForeignKey("doors.id")),
  door = relationship("Door", { backref = am.backref("window", { uselist = false }) }),
})
session = begin(Base)
local door = Door{ lock = Lock() }
say(door.lock.door == door, door.window)
session:add(door)
session:commit()
local first = door.lock
door.lock = Lock()
session:commit()
say(first.door, first.door_id, door.lock.id)
session:add(Lock{ door_id = door.id })
session:commit()
say(door.lock.id > 1)
Window{ door = door }
session:flush()
say(door.window.door_id)
finish(Base, session)

step "many to many"
Base = am.declarative_base()
local links = am.Table("links", Base.metadata, Column("song_id", ForeignKey("songs.id"), { primary_key = true }),
  Column("list_id", ForeignKey("lists.id"), { primary_key = true }))
local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = pk(),
  lists = relationship("Playlist", { secondary = links, back_populates = "songs", order_by = "Playlist.id" }),
})
local Playlist = Base:model("Playlist", {
  __tablename__ = "lists",
  id = pk(),
  songs = relationship("Song", { secondary = "links", back_populates = "lists" }),
})
session = begin(Base)
local song = Song{ id = 1, lists = { Playlist{ id = 1 } } }
session:add(song)
session:flush()
song.lists:append(Playlist{ id = 2 })
session:commit()
say(p.map(song.lists, function(l) return l.songs[1] == song end))
song.lists:remove(song.lists[2])
session:commit()
session:delete(song)
session:commit()
say(session:execute(select(links)):all(), session:scalars(select(Playlist.id):order_by(Playlist.id)):all())
say(am.inspect(Song).relationships.lists.secondary.name, am.inspect(Song).relationships.lists.direction.name)
finish(Base, session)

step "association object"
Base = am.declarative_base()
local Seat = Base:model("Seat", {
  __tablename__ = "seats",
  pupil_id = Column(ForeignKey("pupils.id"), { primary_key = true }),
  room_id = Column(ForeignKey("rooms.id"), { primary_key = true }),
  note = Column(String(50)),
  pupil = relationship("Pupil", { back_populates = "seats" }),
  room = relationship("Room", { back_populates = "seats" }),
})
local Pupil = Base:model("Pupil", {
  __tablename__ = "pupils",
  id = pk(),
  seats = relationship("Seat", { back_populates = "pupil" }),
  rooms = relationship("Room", { secondary = "seats", viewonly = true }),
})
local Room = Base:model("Room", {
  __tablename__ = "rooms",
  id = pk(),
  seats = relationship("Seat", { back_populates = "room" }),
  pupils = relationship("Pupil", { secondary = "seats", viewonly = true }),
})
session = begin(Base)
local pupil = Pupil()
local seat = Seat{ note = "front" }
seat.room = Room()
pupil.seats:append(seat)
session:add(pupil)
say(pupil.rooms)
session:commit()
for _, s in ipairs(pupil.seats) do say(s.note, s.room == pupil.rooms[1], s.room.pupils) end
say(session:scalars(select(Pupil):join(Pupil.rooms):where(Room.id:eq(1))):all())
pupil.rooms:append(Room())
session:commit()
say(#pupil.rooms, session:scalars(select(Room.id)):all())
session:delete(seat)
session:commit()
say(pupil.seats, pupil.rooms)
finish(Base, session)

step "late names"
Base = am.declarative_base()
local Cow
local Farm = Base:model("Farm", {
  __tablename__ = "farms",
  id = pk(),
  cows = relationship(function() return Cow end, { order_by = function() return Cow.name:desc() end }),
  lean = relationship("Cow", { primaryjoin = "and_(Farm.id == Cow.farm_id, Cow.weight < 500)", viewonly = true,
    order_by = "desc(Cow.name)" }),
})
Cow = Base:model("Cow", {
  __tablename__ = "cows",
  id = pk(),
  farm_id = Column(ForeignKey("farms.id")),
  name = Column(String),
  weight = Column(Integer),
})
session = begin(Base)
local farm = Farm{ cows = { Cow{ id = 1, name = "a", weight = 400 }, Cow{ id = 2, name = "b", weight = 600 },
  Cow{ id = 3, name = "c", weight = 450 } } }
session:add(farm)
session:commit()
say(names(farm.cows), names(farm.lean))
finish(Base, session)

step "wrong"
Base = am.declarative_base()
local Odd = Base:model("Odd", { __tablename__ = "odds", id = pk(), even = relationship("Even") })
p.error(am.configure_mappers)
p.error(function() Odd() end)
Base.registry:dispose()
