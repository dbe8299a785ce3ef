# Every move of an object between states, as the lifecycle events of the session report it.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select
from sqlalchemy.orm import declarative_base, relationship, Session, make_transient, make_transient_to_detached

Base = declarative_base()


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)
    kids = relationship("Kid", back_populates="parent", cascade="all, delete-orphan", order_by="Kid.id")


class Kid(Base):
    __tablename__ = "kid"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    parent_id = Column(ForeignKey("parent.id"))
    parent = relationship("Parent", back_populates="kids")


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)


def states(o):
    i = sa.inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


for name in ("transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
             "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached", "persistent_to_detached",
             "detached_to_persistent", "loaded_as_persistent"):
    event.listen(s, name, lambda session, obj, name=name: say("  .", name, states(obj), obj in session))
forget()
step("add, expunge, add, flush")
p = Parent(name="p")
say(states(p))
s.add(p)
s.expunge(p)
say(states(p))
s.add(p)
s.flush()
say(states(p))
step("rollback makes it transient")
s.rollback()
say(states(p), p.id, p.name, sa.inspect(p).key is None)
step("add again and commit")
p.kids.append(Kid(name="k"))
s.add(p)
s.commit()
say(states(p))
step("delete and roll back")
p.name
k = p.kids[0]
k.name
s.delete(p)
say(states(p), p in s.deleted, k in s.deleted)
s.flush()
say(states(p), states(k), sa.inspect(p).was_deleted)
s.rollback()
say(states(p), states(k))
step("delete and commit")
s.delete(k)
s.commit()
say(states(k), sa.inspect(k).was_deleted, len(p.kids))
step("an orphan that was pending")
new = Kid(name="new")
p.kids.append(new)
say(states(new))
p.kids.remove(new)
say(states(new))
s.flush()
say(states(new))
step("expunge and add back")
s.expunge(p)
say(states(p))
s.add(p)
say(states(p))
step("close and merge")
s.close()
say(states(p))
m = s.merge(p)
say(m is p, states(m), m.name)
step("loading")
s.expunge_all()
q = s.scalars(select(Parent)).one()
say(q.name)
step("make_transient")
make_transient(q)
say(states(q), q.id)
q.id = None
q.name = "copy"
s.add(q)
s.flush()
say(states(q), q.id)
step("make_transient_to_detached")
ghost = Parent(id=1)
make_transient_to_detached(ghost)
say(states(ghost), sorted(sa.inspect(ghost).unloaded))
s.add(ghost)
say(states(ghost), ghost.name)
step("savepoint")
n = s.begin_nested()
x = Parent(name="x")
s.add(x)
s.flush()
s.delete(ghost)
s.flush()
say(states(x), states(ghost))
n.rollback()
say(states(x), states(ghost), ghost.name)
step("a failed flush")
s.commit()
s.add(Parent(name="p"))
error(s.flush)
s.rollback()
say(len(s.new), len(list(s)))
step("end")
s.close()
