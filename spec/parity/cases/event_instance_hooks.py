# Instance events: init, load, refresh, expire, refresh_flush, first_init; once, propagate, insert, named, remove.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select
from sqlalchemy.orm import declarative_base, relationship, Session, joinedload, reconstructor, load_only
from sqlalchemy.orm import deferred

Base = declarative_base()


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    legs = Column(Integer, server_default="4")
    notes = deferred(Column(String(20)))
    home_id = Column(ForeignKey("home.id"))
    home = relationship("Home", back_populates="animals")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    @reconstructor
    def rebuilt(self):
        say("  . reconstructor", self.name)


class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Home(Base):
    __tablename__ = "home"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    animals = relationship("Animal", back_populates="home", order_by="Animal.id")


event.listen(Animal, "init", lambda t, args, kw: say("  . init", type(t).__name__, sorted(kw)), propagate=True)
event.listen(Animal, "load", lambda t, ctx: say("  . load", type(t).__name__, t.name, ctx is not None), propagate=True)
event.listen(Animal, "refresh", lambda t, ctx, attrs: say("  . refresh", attrs and sorted(attrs)), propagate=True)
event.listen(Animal, "expire", lambda t, attrs: say("  . expire", attrs and sorted(attrs)), propagate=True)
event.listen(Animal, "refresh_flush", lambda t, ctx, attrs: say("  . refresh_flush", sorted(attrs)), propagate=True)
event.listen(Home, "load", lambda t, ctx: say("  . home load", t.name), once=True)
event.listen(Dog, "init", lambda t, args, kw: kw.setdefault("name", "rex"))

eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("init")
a = Animal(name="cat")
d = Dog()
say(a.name, d.name)
step("flush")
h = Home(name="farm", animals=[a, d])
s.add(h)
s.flush()
say(a.legs)
step("expire and refresh")
s.expire(a)
say(a.name)
s.expire(a, ["name"])
say(a.name)
s.refresh(a, ["legs"])
s.refresh(a)
s.commit()
say(a.name, a.home.name)
step("load")
s.expunge_all()
say([x.name for x in s.scalars(select(Animal).order_by(Animal.id))])
say([x.name for x in s.scalars(select(Animal).order_by(Animal.id))])
step("populate_existing")
s.scalars(select(Dog).execution_options(populate_existing=True)).all()
step("joined load of collections")
s.expunge_all()
Home2 = s.scalars(select(Home).options(joinedload(Home.animals))).unique().one()
say(Home2.name, len(Home2.animals))
s.expunge_all()
say(s.get(Home, 1).name)
step("deferred and partial")
s.expunge_all()
x = s.scalars(select(Animal).options(load_only(Animal.legs)).where(Animal.kind == "dog")).one()
say(x.name, x.notes)
step("a listener that loads")


def follow(t, ctx):
    say("  . follow", t.home.name)


event.listen(Dog, "load", follow, restore_load_context=True)
s.expunge_all()
say(s.scalars(select(Animal).where(Animal.name == "rex")).one().name)
event.remove(Dog, "load", follow)
step("order of listeners")
calls = []


def first(t, args, kw):
    calls.append("first")


def second(t, args, kw):
    calls.append("second")


event.listen(Home, "init", second)
event.listen(Home, "init", first, insert=True)
Home()
say(calls, event.contains(Home, "init", first))
event.remove(Home, "init", first)
Home(name="h")
say(calls)
step("merge")
s.expunge_all()
loose = Animal(id=1, name="tom")
m = s.merge(loose)
s.flush()
say(m.name, m.legs)
step("end")
s.close()
