# Events of mapping and of inheritance: instrument_class, mapper_configured, propagation, removal, named arguments.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select
from sqlalchemy.orm import declarative_base, relationship, Session, configure_mappers, Mapper, backref

Base = declarative_base()
event.listen(Mapper, "before_configured", lambda: say("  before_configured"), once=True)
event.listen(Mapper, "after_configured", lambda: say("  after_configured"), once=True)
event.listen(Base, "instrument_class", lambda m, cls: say("  instrument_class", cls.__name__), propagate=True)
event.listen(Base, "mapper_configured", lambda m, cls: say("  mapper_configured", cls.__name__), propagate=True)
step("classes are made")


class Beast(Base):
    __tablename__ = "beast"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    owner_id = Column(ForeignKey("keeper.id"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "beast"}


class Lion(Beast):
    roar = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "lion"}


class Keeper(Base):
    __tablename__ = "keeper"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    beasts = relationship(Beast, backref=backref("keeper"), order_by=Beast.id)


step("configure")
configure_mappers()
calls = []


def log(word):
    def listener(*args):
        calls.append(word)
    return listener


def drain():
    say(calls)
    calls.clear()


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
forget()
step("mapper events by class")
event.listen(Beast, "before_insert", log("beast"))
event.listen(Beast, "before_insert", log("beast and below"), propagate=True)
event.listen(Lion, "before_insert", log("lion"))
event.listen(Mapper, "before_insert", log("all"))
s.add(Beast(name="b"))
s.flush()
drain()
s.add(Lion(name="l"))
s.flush()
drain()
step("attribute events by class")
event.listen(Beast.name, "set", log("set beast"))
event.listen(Beast.name, "set", log("set below"), propagate=True)
event.listen(Lion.name, "set", log("set lion"))
Beast().name = "x"
drain()
Lion().name = "x"
drain()
step("an attribute of a class made later")


class Tiger(Beast):
    __mapper_args__ = {"polymorphic_identity": "tiger"}


Tiger(name="t")
drain()
s.add(Tiger(name="t2"))
s.flush()
drain()
step("instance events")
event.listen(Beast, "load", log("load"), propagate=True)
event.listen(Lion, "load", log("load lion"))
s.commit()
s.expunge_all()
s.scalars(select(Beast).order_by(Beast.id)).all()
drain()
step("backref events")
event.listen(Keeper.beasts, "append", log("append"))
event.listen(Keeper.beasts, "remove", log("remove"))
event.listen(Beast.keeper, "set", log("keeper"), propagate=True)
k, m = Keeper(name="k"), Keeper(name="m")
b = Lion(name="simba")
calls.clear()
b.keeper = k
drain()
m.beasts.append(b)
drain()
say(len(k.beasts), b.keeper.name)
m.beasts = []
drain()
say(b.keeper)
step("removed and once")
gone = log("gone")
event.listen(Keeper, "init", gone)
event.remove(Keeper, "init", gone)
event.listen(Keeper, "init", log("once"), once=True)
Keeper(), Keeper()
drain()
error(lambda: event.listen(Keeper, "no_such_event", gone))
error(lambda: event.remove(Keeper, "init", gone))
step("listeners given names")
event.listen(Keeper.name, "set", lambda **kw: say(sorted(kw), kw["value"]), named=True)
Keeper(name="z")
event.listen(s, "before_commit", lambda session: say("  instance"))
event.listen(Session, "before_commit", lambda session: say("  class"))
s.commit()
step("end")
s.close()
