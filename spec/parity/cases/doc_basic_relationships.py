"""The basic patterns of relationships: one to many, many to one, one to one, many to many, association objects."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, backref, configure_mappers, declarative_base, relationship

e = engine()


def begin(base):
    base.metadata.create_all(e)
    forget()
    return Session(e)


def finish(base, session):
    session.close()
    sql()
    base.metadata.drop_all(e)
    forget()


step("one to many")
Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    jars = relationship("Jar", back_populates="shelf", order_by="Jar.id")


class Jar(Base):
    __tablename__ = "jars"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
    shelf = relationship("Shelf", back_populates="jars")


session = begin(Base)
shelf = Shelf(jars=[Jar(), Jar()])
say(shelf.jars[0].shelf is shelf, inspect(shelf.jars[1]).attrs.shelf.history)
session.add(shelf)
session.commit()
jar = shelf.jars[0]
shelf.jars.remove(jar)
say(jar.shelf, len(shelf.jars))
session.commit()
say(jar.shelf_id, [j.id for j in shelf.jars])
session.delete(shelf)
session.commit()
say(session.scalars(select(Jar.shelf_id).order_by(Jar.id)).all())
say(inspect(Shelf).relationships.jars.direction.name, inspect(Jar).relationships.shelf.direction.name)
say(inspect(Shelf).relationships.jars.uselist, inspect(Jar).relationships.shelf.uselist)
finish(Base, session)

step("many to one, nullable")
Base = declarative_base()


class Trip(Base):
    __tablename__ = "trips"
    id = Column(Integer, primary_key=True)
    bus_id = Column(ForeignKey("buses.id"), nullable=False)
    bus = relationship("Bus")


class Bus(Base):
    __tablename__ = "buses"
    id = Column(Integer, primary_key=True)


session = begin(Base)
trip = Trip(bus=Bus())
session.add(trip)
session.commit()
say(trip.bus_id, trip.bus.id, select(Trip).join(Trip.bus))
trip.bus = None
error(session.commit)
session.rollback()
say(trip.bus_id)
finish(Base, session)

step("one to one")
Base = declarative_base()


class Door(Base):
    __tablename__ = "doors"
    id = Column(Integer, primary_key=True)
    lock = relationship("Lock", back_populates="door", uselist=False)


class Lock(Base):
    __tablename__ = "locks"
    id = Column(Integer, primary_key=True)
    door_id = Column(ForeignKey("doors.id"))
    door = relationship("Door", back_populates="lock")


class Window(Base):
    __tablename__ = "windows"
    id = Column(Integer, primary_key=True)
    door_id = Column(ForeignKey("doors.id"))
    door = relationship("Door", backref=backref("window", uselist=False))


session = begin(Base)
door = Door(lock=Lock())
say(door.lock.door is door, door.window)
session.add(door)
session.commit()
first = door.lock
door.lock = Lock()
session.commit()
say(first.door, first.door_id, door.lock.id)
session.add(Lock(door_id=door.id))
session.commit()
say(door.lock.id > 1)
Window(door=door)
session.flush()
say(door.window.door_id)
finish(Base, session)

step("many to many")
Base = declarative_base()
links = Table(
    "links", Base.metadata, Column("song_id", ForeignKey("songs.id"), primary_key=True),
    Column("list_id", ForeignKey("lists.id"), primary_key=True),
)


class Song(Base):
    __tablename__ = "songs"
    id = Column(Integer, primary_key=True)
    lists = relationship("Playlist", secondary=links, back_populates="songs", order_by="Playlist.id")


class Playlist(Base):
    __tablename__ = "lists"
    id = Column(Integer, primary_key=True)
    songs = relationship("Song", secondary="links", back_populates="lists")


session = begin(Base)
song = Song(id=1, lists=[Playlist(id=1)])
session.add(song)
session.flush()
song.lists.append(Playlist(id=2))
session.commit()
say([p.songs[0] is song for p in song.lists])
song.lists.remove(song.lists[1])
session.commit()
session.delete(song)
session.commit()
say(session.execute(select(links)).all(), session.scalars(select(Playlist.id).order_by(Playlist.id)).all())
say(inspect(Song).relationships.lists.secondary.name, inspect(Song).relationships.lists.direction.name)
finish(Base, session)

step("association object")
Base = declarative_base()


class Seat(Base):
    __tablename__ = "seats"
    pupil_id = Column(ForeignKey("pupils.id"), primary_key=True)
    room_id = Column(ForeignKey("rooms.id"), primary_key=True)
    note = Column(String(50))
    pupil = relationship("Pupil", back_populates="seats")
    room = relationship("Room", back_populates="seats")


class Pupil(Base):
    __tablename__ = "pupils"
    id = Column(Integer, primary_key=True)
    seats = relationship("Seat", back_populates="pupil")
    rooms = relationship("Room", secondary="seats", viewonly=True)


class Room(Base):
    __tablename__ = "rooms"
    id = Column(Integer, primary_key=True)
    seats = relationship("Seat", back_populates="room")
    pupils = relationship("Pupil", secondary="seats", viewonly=True)


session = begin(Base)
pupil = Pupil()
seat = Seat(note="front")
seat.room = Room()
pupil.seats.append(seat)
session.add(pupil)
say(pupil.rooms)
session.commit()
for s in pupil.seats:
    say(s.note, s.room is pupil.rooms[0], s.room.pupils)
say(session.scalars(select(Pupil).join(Pupil.rooms).where(Room.id == 1)).all())
pupil.rooms.append(Room())
session.commit()
say(len(pupil.rooms), session.scalars(select(Room.id)).all())
session.delete(seat)
session.commit()
say(pupil.seats, pupil.rooms)
finish(Base, session)

step("late names")
Base = declarative_base()


class Farm(Base):
    __tablename__ = "farms"
    id = Column(Integer, primary_key=True)
    cows = relationship(lambda: Cow, order_by=lambda: Cow.name.desc())
    lean = relationship("Cow", primaryjoin="and_(Farm.id == Cow.farm_id, Cow.weight < 500)", viewonly=True, order_by="desc(Cow.name)")


class Cow(Base):
    __tablename__ = "cows"
    id = Column(Integer, primary_key=True)
    farm_id = Column(ForeignKey("farms.id"))
    name = Column(String)
    weight = Column(Integer)


session = begin(Base)
farm = Farm(cows=[Cow(id=1, name="a", weight=400), Cow(id=2, name="b", weight=600), Cow(id=3, name="c", weight=450)])
session.add(farm)
session.commit()
say([c.name for c in farm.cows], [c.name for c in farm.lean])
finish(Base, session)


step("wrong")
Base = declarative_base()


class Odd(Base):
    __tablename__ = "odds"
    id = Column(Integer, primary_key=True)
    even = relationship("Even")


error(configure_mappers)
error(lambda: Odd())
Base.registry.dispose()
