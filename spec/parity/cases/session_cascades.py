"""Cascades: save-update off, delete with and without orphans, moves, single_parent, expunge, refresh-expire."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, configure_mappers, declarative_base, object_session, relationship

Base = declarative_base()
member = Table("member", Base.metadata, Column("club_id", ForeignKey("club.id"), primary_key=True),
               Column("person_id", ForeignKey("person.id"), primary_key=True))


class Club(Base):
    __tablename__ = "club"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    people = relationship("Person", secondary=member, back_populates="clubs", cascade="all", order_by="Person.id")
    rooms = relationship("Room", back_populates="club", cascade="all, delete-orphan", order_by="Room.id")
    rules = relationship("Rule", back_populates="club", cascade="", order_by="Rule.id")
    bills = relationship("Bill", primaryjoin="Club.id == foreign(Bill.club_id)", passive_deletes="all", order_by="Bill.id")
    logs = relationship("Log", passive_deletes=True, cascade="all, delete", order_by="Log.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    clubs = relationship("Club", secondary=member, back_populates="people", order_by="Club.id")
    card = relationship("Card", uselist=False, back_populates="person", cascade="all, delete-orphan")


class Card(Base):
    __tablename__ = "card"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("person.id"))
    person = relationship("Person", back_populates="card")


class Room(Base):
    __tablename__ = "room"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    club_id = Column(ForeignKey("club.id"))
    club = relationship("Club", back_populates="rooms")


class Rule(Base):
    __tablename__ = "rule"
    id = Column(Integer, primary_key=True)
    club_id = Column(ForeignKey("club.id"))
    club = relationship("Club", back_populates="rules")


class Bill(Base):
    __tablename__ = "bill"
    id = Column(Integer, primary_key=True)
    club_id = Column(Integer)


class Log(Base):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
    club_id = Column(ForeignKey("club.id", ondelete="CASCADE"))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)


def state(*objects):
    names = ("transient", "pending", "persistent", "deleted", "detached")
    say([[n for n in names if getattr(inspect(o), n)][0] for o in objects])


step("what add() takes along")
club = Club(name="chess", people=[Person(name="p", card=Card())], rooms=[Room(name="r")], rules=[Rule()])
session.add(club)
state(club, club.people[0], club.people[0].card, club.rooms[0], club.rules[0])
session.flush()
state(club.rules[0])
rule = club.rules[0]
session.add(rule)
session.commit()
say(len(club.rules), len(session.scalars(select(Rule)).all()))
forget()

step("orphans")
room = club.rooms[0]
other = Club(name="go")
session.add(other)
other.rooms.append(room)
say(len(club.rooms), room.club is other)
session.flush()
state(room)
room.club = None
session.flush()
state(room)
session.commit()
state(room)
loose = Room(name="loose")
session.add(loose)
error(session.flush)
session.rollback()
pending = Room(name="pending")
club.rooms.append(pending)
state(pending)
club.rooms.remove(pending)
state(pending)
session.commit()
forget()

step("one to one")
person = club.people[0]
old = person.card
person.card = Card()
session.flush()
state(old, person.card)
person.card = None
session.commit()
say(len(session.scalars(select(Card)).all()))

step("expunge and refresh-expire")
club.rooms.append(Room(name="x"))
session.commit()
rooms = list(club.rooms)
say(club.name, rooms[0].name)
session.expire(club)
say(sorted(inspect(rooms[0]).unloaded), sorted(inspect(club).unloaded))
say(club.name, [r.name for r in club.rooms])
session.expunge(club)
state(club, rooms[0], person, rule)
session.add(club)
state(club, rooms[0], person, rule)

step("delete")
session.add_all([Bill(club_id=club.id), Log(club_id=club.id)])
club.people.append(Person(name="shared", clubs=[other]))
session.commit()
say([p.name for p in club.people], len(club.logs), len(club.bills), len(club.rules))
forget()
say([[c.name for c in p.clubs] for p in club.people])
forget()
session.delete(club)
say(len(session.deleted), person in session.deleted, rule in session.deleted)
session.flush()
sql()
state(club, person, rule)
say(rule.club_id, [p.name for p in other.people], session.scalars(select(Bill.club_id)).all())
session.rollback()
state(club, person, rule)

step("wrong cascades")
Other = declarative_base()


class Parent(Other):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    child_id = Column(ForeignKey("child.id"))
    child = relationship("Child", cascade="all, delete-orphan")


class Child(Other):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)


error(configure_mappers)
error(Parent)
error(lambda: relationship("Child", cascade="all, nonsense"))
Parent.registry.dispose()
Third = declarative_base()


class Owner(Third):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    pet_id = Column(ForeignKey("pet.id"))
    pet = relationship("Pet", cascade="all, delete-orphan", single_parent=True)


class Pet(Third):
    __tablename__ = "pet"
    id = Column(Integer, primary_key=True)


pet = Pet()
first = Owner(pet=pet)
error(lambda: Owner(pet=pet))
first.pet = None
say(Owner(pet=pet).pet is pet)
session.close()
