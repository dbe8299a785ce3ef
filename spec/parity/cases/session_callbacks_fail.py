"""Errors thrown by validators, listeners, defaults, type decorators and hybrids in a flush, a savepoint, a commit; the state afterwards."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, TypeDecorator, event, func, inspect, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, declarative_base, relationship, validates

Base = declarative_base()
trap = set()


class Boom(Exception):
    pass


def maybe(name):
    if name in trap:
        raise Boom(name)


class Code(TypeDecorator):
    impl = String(10)
    cache_ok = True

    def process_result_value(self, value, dialect):
        maybe("result")
        return value


class Box(Base):
    __tablename__ = "box"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    code = Column(Code)
    size = Column(Integer, default=7, onupdate=8)
    items = relationship("Item", back_populates="box", order_by="Item.id", cascade="all, delete-orphan")

    @validates("name")
    def check(self, key, value):
        maybe("validate")
        return value

    @validates("items")
    def check_items(self, key, value):
        maybe("validate items")
        return value

    @hybrid_property
    def loud(self):
        maybe("hybrid")
        return self.name + "!"

    @loud.setter
    def loud(self, value):
        maybe("setter")
        self.name = value

    @loud.inplace.expression
    @classmethod
    def _loud(cls):
        maybe("expression")
        return cls.name + "!"


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    word = Column(String(10))
    box_id = Column(ForeignKey("box.id"))
    box = relationship("Box", back_populates="items")


for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Box, name, lambda m, c, t, name=name: maybe(name))
event.listen(Box, "load", lambda t, c: maybe("load"))
event.listen(Box, "refresh", lambda t, c, a: maybe("refresh"))
event.listen(Box, "init", lambda t, a, k: maybe("init"))
event.listen(Box.size, "set", lambda t, v, o, i: maybe("set"))
e = engine()
Base.metadata.create_all(e)
forget()
for name in ("before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "before_attach", "after_attach", "pending_to_persistent",
             "persistent_to_deleted", "transient_to_pending", "after_begin", "after_soft_rollback", "after_rollback"):
    event.listen(Session, name, lambda *a, name=name: maybe(name))


def state(o):
    i = inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


def life(s):
    a = Box(name="a", code="x", items=[Item(word="one")])
    s.add(a)
    s.flush()
    a.loud = "b"
    a.items.append(Item(word="two"))
    s.flush()
    s.expire(a)
    say(a.name, a.loud, [i.word for i in a.items])
    say(s.scalars(select(Box).where(Box.loud == "b!")).all())
    a.size = 9
    a.items.remove(a.items[0])
    s.flush()
    s.delete(a)
    s.flush()


def look(s, mine):
    say("active", s.is_active, s.in_transaction(), s.in_nested_transaction(), len(s.new), len(s.dirty), len(s.deleted), len(s.identity_map.keys()))
    say(state(mine), inspect(mine).key is not None, mine.__dict__.get("name"))


for name in ("validate", "validate items", "setter", "hybrid", "expression", "result", "init", "set", "load", "refresh", "before_insert", "after_insert",
             "before_update", "after_update", "before_delete", "after_delete", "before_flush", "after_flush", "after_flush_postexec", "before_attach", "after_attach",
             "transient_to_pending", "persistent_to_deleted", "after_begin", "before_commit", "after_commit", "after_rollback", "after_soft_rollback"):
    step(name)
    s = Session(e)
    mine = Box(name="keep", code="k")
    s.add(mine)
    s.flush()
    n = s.begin_nested()
    forget()
    trap.add(name)
    error(lambda: life(s))
    trap.clear()
    sql()
    look(s, mine)
    say("nested", n.is_active)
    error(lambda: s.execute(select(func.count(Box.id))).scalar())
    if n.is_active:
        error(n.rollback)
    look(s, mine)
    trap.add(name)
    error(s.commit)
    trap.clear()
    say("after commit", s.is_active, s.in_transaction())
    error(s.rollback)
    look(s, mine)
    error(lambda: say(s.execute(select(func.count(Box.id))).scalar(), s.execute(select(func.count(Item.id))).scalar()))
    error(s.close)
    with e.begin() as c:
        c.execute(Item.__table__.delete())
        c.execute(Box.__table__.delete())
    forget()
