"""Listeners that query and change: propagate, retval, once, remove; events of merge, refresh, expire, bulk and ORM DML."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, func, inspect, insert, select, update
from sqlalchemy.orm import Session, attributes, declarative_base, object_session, relationship

Base = declarative_base()


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    count = Column(Integer, default=0)
    box_id = Column(ForeignKey("box.id"))
    box = relationship("Box", back_populates="things")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}


class Tool(Thing):
    __tablename__ = "tool"
    id = Column(ForeignKey("thing.id"), primary_key=True)
    power = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "tool"}


class Box(Base):
    __tablename__ = "box"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    total = Column(Integer, default=0)
    things = relationship(Thing, back_populates="box", order_by=Thing.id, cascade="all, delete-orphan")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("propagate to classes, once, remove")
for name in ("load", "refresh", "expire", "init"):
    for propagate in (False, True):
        def on(target, *args, name=name, propagate=propagate):
            if name != "expire" or args[0]:
                say("  ", name, propagate, type(target).__name__, [sorted(a) if isinstance(a, (list, set, frozenset)) else a for a in args if isinstance(a, (list, set, frozenset))] if name in ("expire", "refresh") else [])
        event.listen(Thing, name, on, propagate=propagate)
t = Tool(name="saw", power=3)
h = Thing(name="hat")
s.add(Box(label="b", things=[t, h]))
s.commit()
say(t.power, h.name)
s.expire(t, ["power"])
say(t.power)
s.refresh(h, ["name", "count"])
s.refresh(t)
forget()
step("merge")
other = Session(e)
m = other.merge(t)
say(m.power, m is t, inspect(m).modified)
t.name = "axe"
m2 = other.merge(t, load=True)
say(m2 is m, inspect(m).attrs.name.history)
other.rollback()
new = other.merge(Tool(name="new", power=1))
say(inspect(new).pending)
error(lambda: other.merge(t, load=False))
other.close()
s.rollback()
forget()
step("a listener that writes with the connection")


@event.listens_for(Thing, "after_insert", propagate=True)
@event.listens_for(Thing, "after_delete", propagate=True)
def count(mapper, connection, target):
    say("  count", mapper.class_.__name__, target.name)
    n = connection.scalar(select(func.count(Thing.id)).where(Thing.box_id == target.box_id))
    connection.execute(update(Box).where(Box.id == target.box_id).values(total=n))


box = s.scalars(select(Box)).one()
box.things.append(Tool(name="pin", power=1))
s.commit()
say(box.total)
sql()
s.delete(box.things[0])
s.flush()
say(box.total)
s.refresh(box, ["total"])
say(box.total)
s.commit()
sql()
event.remove(Thing, "after_insert", count)
say(event.contains(Thing, "after_insert", count), event.contains(Thing, "after_delete", count))
s.add(Thing(name="x", box=box))
s.commit()
say(box.total)
forget()
step("attribute events: retval, propagate, once")


def upper(target, value, old, initiator):
    say("  upper", value, old if old not in (attributes.NO_VALUE, attributes.NEVER_SET) else "no value", initiator.key)
    return value and value.upper()


event.listen(Thing.name, "set", upper, retval=True, propagate=True)
event.listen(Tool.power, "set", lambda t, v, o, i: say("  power", v, o if isinstance(o, int) else "no value"), once=True, active_history=True)
a = Tool()
a.name = "drill"
a.power = 4
a.power = 6
say(a.name)
s.add(a)
s.commit()
a.power = 7
a.name = None
say(a.name, inspect(a).attrs.name.history, inspect(a).attrs.power.history)
s.rollback()
forget()
step("bulk and ORM DML")
for name in ("before_insert", "after_update", "before_delete"):
    event.listen(Thing, name, lambda m, c, t, name=name: say("  ", name, t.name), propagate=True)
event.listen(s, "after_bulk_update", lambda u: say("  bulk update", u.rowcount if hasattr(u, "rowcount") else u.result.rowcount, u.mapper.class_.__name__))
event.listen(s, "after_bulk_delete", lambda u: say("  bulk delete", u.result.rowcount, u.mapper.class_.__name__))
event.listen(s, "after_flush", lambda s_, c: say("  flush", len(s_.new), len(s_.dirty), len(s_.deleted)))
s.bulk_save_objects([Tool(name="bulk", power=9, box_id=box.id), Thing(name="bulk2", box_id=box.id)])
sql()
s.bulk_insert_mappings(Tool, [{"name": "map", "power": 2}])
s.execute(insert(Thing), [{"name": "orm", "count": 5}, {"name": "orm2", "count": 6}])
sql()
s.execute(update(Thing).where(Thing.count > 4).values(name="done", count=Thing.count + 1))
s.query(Thing).filter(Thing.name == "done").delete()
s.execute(delete(Tool.__table__).where(Tool.__table__.c.power == 2))
sql()
s.bulk_update_mappings(Thing, [{"id": h.id, "name": "renamed"}])
sql()
s.rollback()
say([(type(x).__name__, x.name) for x in s.scalars(select(Thing).order_by(Thing.id))])
