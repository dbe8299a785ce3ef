"""Mapper and instance events: order over a hierarchy, arguments, propagate, changes made by listeners, removal."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Mapper, Session, configure_mappers, declarative_base, object_session, relationship

Base = declarative_base()
seen = []


def on(target, name, **kw):
    def fn(*args):
        seen.append((name, [a.__class__.__name__ if isinstance(a, Base) else "-" for a in args]))
    event.listen(target, name, fn, **kw)
    return fn


def heard(any_order=False):
    for name, args in (sorted(seen) if any_order else seen):
        say(" ", name, args)
    seen.clear()


@event.listens_for(Mapper, "instrument_class")
def instrument(mapper, cls):
    say("instrument_class", cls.__name__)


@event.listens_for(Mapper, "mapper_configured")
def configured(mapper, cls):
    say("mapper_configured", cls)


@event.listens_for(Mapper, "before_configured")
def before():
    say("before_configured")


@event.listens_for(Mapper, "after_configured")
def after():
    say("after_configured")


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(20))
    parts = relationship("Part", order_by="Part.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}


class Special(Thing):
    __tablename__ = "special"
    id = Column(ForeignKey("thing.id"), primary_key=True)
    extra = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "special"}


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    thing_id = Column(ForeignKey("thing.id"))
    label = Column(String(20))


configure_mappers()
for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    on(Thing, name, propagate=True)
    on(Special, name)
    on(Part, name)
for name in ("load", "refresh", "refresh_flush", "expire", "init"):
    on(Thing, name, propagate=True)
e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("insert")
a = Thing(name="a")
b = Special(name="b", extra="x")
heard()
session.add_all([b, a])
b.parts.append(Part(label="p"))
session.flush()
heard()
step("update")
a.name = "a2"
b.extra = "y"
session.flush()
heard()
step("no net change")
a.name = "a3"
a.name = "a2"
session.flush()
heard()
b.parts.append(Part(label="q"))
session.flush()
heard()
step("commit, refresh, load")
session.commit()
heard(any_order=True)
say(a.name)
heard()
session.refresh(b, ["extra"])
heard()
session.expire(b, ["name"])
heard()
session.expunge_all()
say(session.scalars(select(Thing).order_by(Thing.id)).all())
heard()
step("delete")
session.delete(session.get(Thing, 2))
session.flush()
heard()
session.rollback()
heard(any_order=True)
sql()
step("listeners that change things")


@event.listens_for(Part, "before_insert")
def stamp(mapper, connection, target):
    target.label = target.label.upper()


def count(mapper, connection, target):
    connection.execute(Thing.__table__.update().where(Thing.__table__.c.id == target.thing_id).values(name="counted"))
    say("parts in the transaction", connection.scalar(select(sa.func.count()).select_from(Part.__table__)))


event.listen(Part, "after_insert", count)


def late(mapper, connection, target):
    say("before_update", session.is_modified(target), inspect(target).attrs.label.history, object_session(target) is session)
    target.label = target.label + "!"


event.listen(Part, "before_update", late)
t = session.get(Thing, 1)
t.parts.append(Part(label="low"))
session.flush()
say(t.parts[-1].label)
sql()
t.parts[-1].label = "mid"
session.flush()
say(t.parts[-1].label)
sql()
say(event.contains(Part, "before_update", late))
event.remove(Part, "before_update", late)
say(event.contains(Part, "before_update", late))
t.parts[-1].label = "end"
session.flush()
say(t.parts[-1].label)
seen.clear()
step("once and errors")
event.listen(Part, "load", lambda target, context: say("loaded once", target.label), once=True)
session.commit()
session.expunge_all()
say(session.scalars(select(Part.label).order_by(Part.id)).all())
say(len(session.scalars(select(Part)).all()))
error(lambda: event.listen(Part, "no_such_event", late))
error(lambda: event.remove(Part, "before_update", late))


def refuse(mapper, connection, target):
    raise Exception("no")


event.listen(Part, "before_delete", refuse)
session.delete(session.scalars(select(Part).order_by(Part.id)).first())
error(session.flush)
say(session.is_active, session.in_transaction())
session.rollback()
say(session.scalar(select(sa.func.count(Part.id))))
