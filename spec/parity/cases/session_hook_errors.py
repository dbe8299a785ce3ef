"""Errors thrown by listeners, defaults and types in the middle of a flush or a load, and what is left afterwards."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, TypeDecorator, event, inspect, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()
armed = {}


def fail(where):
    if armed.get(where):
        raise ValueError(where)


class Picky(TypeDecorator):
    impl = String(20)
    cache_ok = True

    def process_result_value(self, value, dialect):
        if value == "unreadable":
            raise ValueError("result")
        return value


class Tree(Base):
    __tablename__ = "tree"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    code = Column(Picky)
    size = Column(Integer, default=1)
    leaves = relationship("Leaf", back_populates="tree", order_by="Leaf.id")

    @hybrid_property
    def label(self):
        fail("hybrid")
        return self.name


class Leaf(Base):
    __tablename__ = "leaf"
    id = Column(Integer, primary_key=True)
    tree_id = Column(ForeignKey("tree.id"))
    tree = relationship("Tree", back_populates="leaves")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Tree, name, lambda m, c, o, name=name: fail(name))
event.listen(Tree, "load", lambda o, c: fail("load"))
event.listen(Tree, "refresh", lambda o, c, names: fail("refresh"))
event.listen(Tree.name, "set", lambda o, v, old, i: fail("set"))
event.listen(Tree.leaves, "append", lambda o, v, i: fail("append"))
for name in ("after_begin", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_rollback"):
    event.listen(session, name, lambda *args, name=name: fail(name))
event.listen(session, "do_orm_execute", lambda s: fail("do_orm_execute"))


def look(*objects):
    names = ("transient", "pending", "persistent", "deleted", "detached")
    say("  ", [[n for n in names if getattr(inspect(o), n)][0] for o in objects], session.is_active,
        session.in_transaction(), len(session.new), len(session.dirty), len(session.deleted))


kept = Tree(id=1, name="kept", code="c")
session.add(kept)
session.commit()

for where in ("before_insert", "after_insert", "after_flush", "after_flush_postexec"):
    step(where)
    new = Tree(name="new")
    session.add(new)
    armed[where] = True
    error(session.flush)
    look(new, kept)
    armed.clear()
    session.rollback()
    look(new, kept)

for where in ("before_update", "after_update", "before_commit"):
    step(where)
    kept.name = "changed"
    armed[where] = True
    error(session.commit)
    look(kept)
    armed.clear()
    session.rollback()
    say(kept.name)
    kept.name = "kept"
    session.commit()

for where in ("before_delete", "after_delete"):
    step(where)
    session.delete(kept)
    armed[where] = True
    error(session.flush)
    look(kept)
    armed.clear()
    session.rollback()
    look(kept)

step("types")
session.execute(Tree.__table__.insert(), {"id": 50, "code": "fine"})
session.connection().exec_driver_sql("update tree set code = 'unreadable' where id = 50")
error(lambda: session.scalars(select(Tree).order_by(Tree.id)).all())
look(kept)
session.rollback()

step("loading")
say(kept.name)
session.expire(kept)
armed["refresh"] = True
error(lambda: kept.name)
armed.clear()
say(kept.name)
session.expunge_all()
armed["load"] = True
error(lambda: session.get(Tree, 1))
armed.clear()
session.expunge_all()
kept = session.get(Tree, 1)
say(kept.name)
armed["do_orm_execute"] = True
error(lambda: session.scalars(select(Tree)).all())
armed.clear()
look(kept)

step("attributes")
armed["set"] = armed["append"] = armed["hybrid"] = True
error(lambda: setattr(kept, "name", "no"))
error(lambda: kept.leaves.append(Leaf()))
error(lambda: kept.label)
error(lambda: session.scalars(select(Tree).where(Tree.label == "x")))
armed.clear()
say(kept.name, len(kept.leaves), kept.label)
look(kept)
session.rollback()

step("the transaction's own")
armed["after_begin"] = True
error(lambda: session.scalar(select(Tree.id)))
armed.clear()
look(kept)
session.rollback()
say(session.scalar(select(Tree.id)))
armed["after_rollback"] = True
error(session.rollback)
armed.clear()
look(kept)
session.rollback()
say(kept.name)
sp = session.begin_nested()
armed["before_insert"] = True
session.add(Tree(name="inner"))
error(sp.commit)
armed.clear()
look(kept)
session.rollback()
armed["after_commit"] = True
error(session.commit)
armed.clear()
look(kept)
error(session.rollback)
session.close()
look(kept)
