"""One log of every session, instance and mapper event through add, savepoint, delete, undelete, expunge and close."""
import itertools

from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import Session, declarative_base, make_transient, relationship

Base = declarative_base()


class Box(Base):
    __tablename__ = "box"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    things = relationship("Thing", back_populates="box", cascade="all, delete-orphan", order_by="Thing.id")


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    box_id = Column(ForeignKey("box.id"))
    box = relationship(Box, back_populates="things")


db = engine()
Base.metadata.create_all(db)
forget()
log = []


def state(obj):
    i = inspect(obj)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)][0]


def label(obj):
    return "%s %s" % (type(obj).__name__, obj.__dict__.get("name"))


for name in ("transient_to_pending", "pending_to_transient", "persistent_to_transient", "pending_to_persistent",
             "detached_to_persistent", "loaded_as_persistent", "persistent_to_deleted", "deleted_to_persistent",
             "deleted_to_detached", "persistent_to_detached"):
    event.listen(Session, name, lambda s, o, name=name: log.append("%s(%s) %s" % (name, label(o), state(o))))
for name in ("before_attach", "after_attach"):
    event.listen(Session, name, lambda s, o, name=name: log.append("%s(%s)" % (name, label(o))))
event.listen(Session, "before_flush", lambda s, c, i: log.append("before_flush %d %d %d" % (
    len(s.new), len(s.dirty), len(s.deleted))))
event.listen(Session, "after_flush", lambda s, c: log.append("after_flush %d %d" % (len(s.new), len(s.deleted))))
event.listen(Session, "after_flush_postexec", lambda s, c: log.append("after_flush_postexec %d" % len(s.new)))
event.listen(Session, "after_begin", lambda s, t, c: log.append("after_begin nested=%s" % t.nested))
event.listen(Session, "before_commit", lambda s: log.append("before_commit"))
event.listen(Session, "after_commit", lambda s: log.append("after_commit"))
event.listen(Session, "after_rollback", lambda s: log.append("after_rollback"))
event.listen(Session, "after_soft_rollback", lambda s, t: log.append("after_soft_rollback nested=%s" % t.nested))
event.listen(Session, "after_transaction_create", lambda s, t: log.append("create nested=%s parent=%s" % (
    t.nested, t.parent is not None)))
event.listen(Session, "after_transaction_end", lambda s, t: log.append("end nested=%s" % t.nested))
for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Base, name, lambda m, c, o, name=name: log.append("%s %s" % (name, label(o))), propagate=True)
event.listen(Base, "load", lambda o, c: log.append("load %s" % label(o)), propagate=True)
event.listen(Base, "refresh", lambda o, c, a: log.append("refresh %s %s" % (label(o), sorted(a) if a else None)),
             propagate=True)
event.listen(Base, "refresh_flush", lambda o, c, a: log.append("refresh_flush %s %s" % (label(o), sorted(a))),
             propagate=True)
event.listen(Base, "expire", lambda o, a: log.append("expire %s %s" % (label(o), sorted(a) if a else None)),
             propagate=True)


def show(title):
    """One event of many objects comes in no order of its own."""
    print("== " + title)
    for _, lines in itertools.groupby(log, lambda line: line.split("(")[0].split()[0]):
        for line in sorted(lines):
            print("  " + line)
    log.clear()


session = Session(db)
box = Box(name="b1", things=[Thing(name="t1"), Thing(name="t2")])
session.add(box)
show("added")
session.expunge(box)
show("expunged")
session.add(box)
session.flush()
show("flushed")
session.commit()
show("committed")
say(box.name, [t.name for t in box.things])
show("read again")
nested = session.begin_nested()
show("savepoint")
t2 = box.things[1]
session.delete(t2)
session.flush()
show("deleted in it")
say(state(t2), t2 in session)
nested.rollback()
show("rolled back")
say(state(t2), t2 in session)
say([t.name for t in box.things])
show("things")
with session.begin_nested():
    t3 = Thing(name="t3")
    box.things.append(t3)
    box.name = "b2"
show("savepoint that holds")
session.rollback()
show("all rolled back")
say(state(t3), state(box), box.name)
show("after it")
t1 = box.things[0]
session.expunge(t1)
show("t1 leaves")
session.add(t1)
show("t1 comes back")
session.delete(box)
session.flush()
make_transient(t1)
show("deleted, t1 transient")
session.commit()
show("committed")
session.expunge_all()
t1 = Thing(name="t4")
session.add(t1)
session.commit()
show("another one")
session.expire(t1, ["name"])
session.refresh(t1)
show("expire and refresh")
session.close()
show("closed")
say(state(t1), state(box))
