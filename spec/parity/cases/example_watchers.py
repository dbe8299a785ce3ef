"""Custom attributes: every attribute of every class is listened to as it is instrumented, and defaults at construction."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()
seen = []


def tell(kind):
    def fn(instance, value, *rest):
        old = rest[0] if kind == "set" else None
        shown = lambda v: getattr(v, "label", None) if isinstance(v, Base) else v
        seen.append((kind, type(instance).__name__, rest[-1].key, shown(value),
                     shown(old) if old not in (sa.orm.base.NO_VALUE,) else "-"))
    return fn


@event.listens_for(Base, "attribute_instrument", propagate=True)
def instrument(cls, key, attribute):
    kinds = ["append", "remove"] if hasattr(attribute, "property") and getattr(attribute.property, "uselist",
        False) else ["set"]
    seen.append(("instrument", cls.__name__, key))
    if not hasattr(attribute, "property"):
        return
    for kind in kinds:
        event.listen(attribute, kind, tell(kind), propagate=True)


class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    kind = Column(String(9), default="plain")
    rating = Column(Integer, default=lambda: 5)
    stamp = Column(String(9), default=func.lower("NOW"))
    kids = relationship("Kid", backref="thing")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plain"}


class Gadget(Thing):
    volts = Column(Integer, default=230)
    __mapper_args__ = {"polymorphic_identity": "gadget"}


class Kid(Base):
    __tablename__ = "kids"
    id = Column(Integer, primary_key=True)
    label = Column(String(20), default="kid")
    thing_id = Column(ForeignKey("things.id"))


def told():
    for entry in seen:
        say("  ", entry)
    seen.clear()


sa.orm.configure_mappers()
for entry in sorted(seen):
    say("  ", entry)
seen.clear()


@event.listens_for(Base, "init", propagate=True)
def defaults(target, args, kwargs):
    """Scalar defaults count from the beginning, not from the INSERT on."""
    for key, column in sorted(inspect(type(target)).columns.items()):
        default = column.default
        if default is None or key in kwargs or key == "kind":
            continue
        if default.is_scalar:
            setattr(target, key, default.arg)
        elif default.is_callable:
            setattr(target, key, default.arg(None))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("construction")
a = Thing(label="a")
told()
g = Gadget(label="g", rating=1)
told()
k = Kid(thing=a)
told()
say(a.rating, a.stamp, g.volts, g.rating, k.label, a.kind, g.kind)
step("change")
a.label = "b"
a.label = "b"
a.kids.append(Kid(label="k2"))
told()
k.thing = g
told()
g.kids = []
told()
session.add_all([a, g, k])
session.commit()
seen.clear()
say(a.stamp, a.label)
step("after loading")
a.label = "c"
told()
a.kids[0].thing = None
told()
session.commit()
g.volts = None
told()
session.commit()
say(session.execute(select(Thing.label, Thing.rating, Thing.stamp).order_by(Thing.id)).all(), g.volts)
step("stopped")
fn = tell("set")
event.listen(Kid.label, "set", fn)
k.label = "x"
say(len(seen), event.contains(Kid.label, "set", fn))
event.remove(Kid.label, "set", fn)
seen.clear()
k.label = "y"
say(len(seen), event.contains(Kid.label, "set", fn))
sql()
