"""Collections of one's own: decorated methods, keyed by functions and attributes, events, replacement."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import (Session, attribute_keyed_dict, column_keyed_dict, declarative_base, keyfunc_mapping, mapped_collection,
                            relationship, selectinload, validates, joinedload)
from sqlalchemy.orm.collections import collection

Base = declarative_base()


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class Queue:
    """Only what is decorated is a collection."""

    def __init__(self):
        self.items = []

    @collection.appender
    def push(self, item):
        self.items.append(item)

    @collection.remover
    def drop(self, item):
        self.items.remove(item)

    @collection.iterator
    def walk(self):
        return iter(self.items)

    @collection.removes_return()
    def shift(self):
        return self.items.pop(0)

    @collection.replaces(2)
    def swap(self, index, item):
        old = self.items[index]
        self.items[index] = item
        return old

    def size(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    queue = relationship("Child", collection_class=Queue, back_populates="boss", foreign_keys="Child.queue_id", order_by="Child.id",
                         cascade="all, delete-orphan")
    by_pair = relationship("Child", collection_class=keyfunc_mapping(lambda c: c.name + "!"), foreign_keys="Child.pair_id")
    by_id = relationship("Child", collection_class=attribute_keyed_dict("rank", ignore_unpopulated_attribute=True),
                         foreign_keys="Child.rank_id", back_populates="rank_parent")
    listed = relationship("Child", foreign_keys="Child.list_id", order_by="Child.id", back_populates="owner")


class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    rank = Column(Integer)
    queue_id = Column(ForeignKey("parent.id"))
    pair_id = Column(ForeignKey("parent.id"))
    rank_id = Column(ForeignKey("parent.id"))
    list_id = Column(ForeignKey("parent.id"))
    boss = relationship(Parent, back_populates="queue", foreign_keys=queue_id)
    rank_parent = relationship(Parent, back_populates="by_id", foreign_keys=rank_id)
    owner = relationship(Parent, back_populates="listed", foreign_keys=list_id)


for attr in (Parent.queue, Parent.listed, Parent.by_id):
    event.listen(attr, "append", lambda t, v, i, key=attr.key: say("  append", key, v.name))
    event.listen(attr, "remove", lambda t, v, i, key=attr.key: say("  remove", key, v.name))
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def names(it):
    return [c.name for c in it]


step("queue")
a, b, c, d = [Child(name=n) for n in "abcd"]
p = Parent(id=1)
p.queue.push(a)
p.queue.push(b)
c.boss = p
say(names(p.queue.walk()), p.queue.size(), a.boss is p)
say(p.queue.shift().name, a.boss)
p.queue.swap(0, d)
say(names(p.queue.walk()), b.boss, d.boss is p)
p.queue.drop(c)
say(c.boss, inspect(p).attrs.queue.history)
s.add(p)
s.commit()
say(names(p.queue.walk()))
p.queue.push(Child(name="e"))
x = p.queue.shift()
s.flush()
say(inspect(x).deleted, names(p.queue.walk()))
s.rollback()
s.refresh(p)
say([names(q.queue.walk()) for q in s.scalars(select(Parent).options(selectinload(Parent.queue)))])
say(s.scalars(select(Parent.id).where(Parent.queue.any(name="d"))).all())
step("key function")
p.by_pair["a!"] = a
say(sorted(p.by_pair), p.by_pair["a!"].name)
error(lambda: p.by_pair.__setitem__("wrong", b))
p.by_pair = {"b!": b}
say(sorted(p.by_pair))
error(lambda: setattr(p, "by_pair", {"bad": c}))
say(sorted(p.by_pair), p.by_pair.pop("b!", None))
step("key that is not there")
r = Child(name="r", rank_parent=p)
say(sorted(p.by_id))
r2 = Child(name="r2", rank=2)
r2.rank_parent = p
say(sorted(p.by_id))
r2.rank_parent = None
say(sorted(p.by_id))
p.by_id.update({5: Child(name="r5", rank=5), 6: Child(name="r6", rank=6)})
say(sorted(p.by_id), p.by_id.popitem()[1].name in ("r5", "r6"))
p.by_id.clear()
say(len(p.by_id))
step("list")
p.listed = [a, b]
p.listed.extend([c, d])
say(names(p.listed), a.owner is p, p.listed.index(c))
p.listed.remove(b)
p.listed.insert(1, Child(name="n"))
say(names(p.listed), b.owner)
p.listed.insert(0, b)
say(p.listed.pop().name, p.listed.pop(0).name, names(p.listed))
del p.listed[0]
say(names(p.listed), inspect(p).attrs.listed.history.added == p.listed)
p.listed += [a, a]
say(names(p.listed))
p.listed.remove(a)
say(names(p.listed), a.owner is p)
s.add(p)
s.commit()
say(names(p.listed))
p.listed.clear()
say(names(p.listed), names(inspect(p).attrs.listed.history.deleted))
s.rollback()
refused(lambda: setattr(p, "listed", None))
refused(lambda: setattr(p, "listed", a))
other = Parent(id=2)
other.listed = p.listed
say(names(other.listed), names(p.listed), a.owner is other)
s.rollback()
sql()
