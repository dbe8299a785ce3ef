"""What new objects hold after a flush that failed: histories, expired columns, and how they are stored later."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    nick = Column(String(20))
    score = Column(Integer, default=7)
    made = Column(String(20), server_default="now")


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("owner.id"))
    code = Column(String(10), nullable=False)
    level = Column(Integer, default=3)
    owner = relationship("Owner")


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    size = Column(Integer)
    legs = Column(Integer, server_default="4")
    kind = Column(String(10))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Cat(Animal):
    __tablename__ = "cat"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    lives = Column(Integer)
    mood = Column(Integer, server_default="8")
    __mapper_args__ = {"polymorphic_identity": "cat"}


class Dog(Animal):
    __tablename__ = "dog"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    bone = Column(Integer, nullable=False)
    __mapper_args__ = {"polymorphic_identity": "dog"}


def look(obj, *names):
    state = inspect(obj)
    say(state.modified, state.transient, state.pending, state.persistent, sorted(state.unloaded))
    say(sorted(state.expired_attributes), sorted(k for k in state.dict if k != "_sa_instance_state"))
    for name in names:
        say(name, state.attrs[name].history)


def read(obj, *names):
    for name in names:
        error(lambda: say(name, getattr(obj, name)))


e = engine()
Base.metadata.create_all(e, checkfirst=False)
forget()
s = Session(e)
OWNER = "id", "name", "nick", "score", "made"
THING = "id", "owner_id", "code", "level", "owner"
for title, level in ("nothing given", {}), ("a default given", {"level": 8}), ("None given", {"level": None}):
    step(title)
    owner = Owner(name="ann")
    thing = Thing(owner=owner, **level)
    s.add_all([owner, thing])
    error(s.flush)
    look(owner, *OWNER)
    look(thing, *THING)
    s.rollback()
    read(owner, *OWNER)
    read(thing, *THING)
    look(owner, *OWNER)
    thing.code = "x"
    s.add(thing)
    s.commit()
    read(owner, *OWNER)
    read(thing, *THING)
step("many of a class")
owners = [Owner(id=n, name="many") for n in (61, 62, 63, 1)]
s.add_all(owners)
error(s.flush)
for owner in owners:
    look(owner, "id", "score")
s.rollback()
step("what an INSERT expired")
cat = Cat(size=func.abs(-4), lives=func.abs(-9))
s.add_all([cat, Dog()])
error(s.flush)
look(cat, "id", "size", "legs", "lives", "mood", "kind")
s.rollback()
read(cat, "id", "size", "legs", "lives", "mood", "kind")
step("stored later")
s.add(cat)
cat.size, cat.lives = 3, 5
read(cat, "mood", "lives")
s.rollback()
step("a listener reads it")


def after_insert(mapper, connection, cat):
    say(cat.size, cat.legs, cat.lives, cat.mood)
    look(cat, "id", "size", "legs", "lives", "mood")


event.listen(Cat, "after_insert", after_insert)
s.add(Cat(size=func.abs(-4), lives=func.abs(-9)))
s.flush()
step("set is told of keys that go on to another table")
for key in "id", "size":
    event.listen(getattr(Cat, key), "set", lambda t, value, old, i, key=key: say(key, value, old))
cat = Cat(size=1)
s.add(cat)
s.flush()
cat.size = 2
s.flush()
step("end")
