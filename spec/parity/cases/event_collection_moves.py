"""Attribute events on collections and scalars as objects move: append, remove, set, bulk_replace, init and dispose."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event
from sqlalchemy.orm import Session, attribute_keyed_dict, attributes, declarative_base, relationship, validates

Base = declarative_base()
liking = Table("liking", Base.metadata, Column("l", ForeignKey("child.id"), primary_key=True),
               Column("r", ForeignKey("toy.id"), primary_key=True))


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    children = relationship("Child", back_populates="parent", order_by="Child.id", cascade="all, delete-orphan")
    toys = relationship("Toy", collection_class=attribute_keyed_dict("name"), back_populates="owner")


class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    parent_id = Column(ForeignKey("parent.id"))
    parent = relationship(Parent, back_populates="children")
    likes = relationship("Toy", secondary=liking, collection_class=set, back_populates="liked_by")

    @validates("name")
    def check(self, key, value):
        say("  validate", key, value)
        if value == "bad":
            raise ValueError("bad name")
        return value.strip()


class Toy(Base):
    __tablename__ = "toy"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    owner_id = Column(ForeignKey("parent.id"))
    owner = relationship(Parent, back_populates="toys")
    liked_by = relationship(Child, secondary=liking, back_populates="likes")


def n(o):
    if o is attributes.NO_VALUE:
        return "NO_VALUE"
    return o if o is None or isinstance(o, str) else o.__dict__.get("name")


for attr in (Parent.children, Parent.toys, Child.likes, Toy.liked_by):
    event.listen(attr, "append", lambda t, v, i, a=attr: say("  append %s.%s %s by %s" % (n(t), a.key, n(v), i.key)))
    event.listen(attr, "remove", lambda t, v, i, a=attr: say("  remove %s.%s %s by %s" % (n(t), a.key, n(v), i.key)))
    event.listen(attr, "bulk_replace", lambda t, v, i, a=attr: say("  bulk_replace %s.%s %s" % (
        n(t), a.key, sorted(n(x) for x in v))))
    event.listen(attr, "init_collection", lambda t, c, d, a=attr: say("  init_collection %s.%s %d" % (
        n(t), a.key, len(c))))
    event.listen(attr, "dispose_collection", lambda t, c, d, a=attr: say("  dispose_collection %s.%s %d" % (
        n(t), a.key, len(c))))
for attr in (Child.parent, Toy.owner):
    event.listen(attr, "remove", lambda t, v, i, a=attr: say("  remove %s %s" % (a.key, n(v))))
for attr in (Child.parent, Child.name, Toy.owner, Parent.name):
    event.listen(attr, "set", lambda t, v, o, i, a=attr: say("  set %s %s from %s by %s" % (a.key, n(v), n(o), i.key)))

step("constructing")
p = Parent(name="p")
q = Parent(name="q")
a, b, c = Child(name=" a "), Child(name="b"), Child(name="c")
step("assigning")
p.children = [a, b]
step("appending")
p.children.append(c)
step("moving by append")
q.children.append(a)
say([x.name for x in p.children], a.parent.name)
step("moving by set")
b.parent = q
say([x.name for x in p.children], [x.name for x in q.children])
step("set None")
b.parent = None
step("replacing")
q.children = [b, c]
say(a.parent, [x.name for x in p.children], c.parent.name)
step("same again")
q.children = [b, c]
step("pop from the front")
q.children.pop(0)
step("pop, clear, extend, insert")
q.children.pop()
q.children.extend([a, b])
q.children.insert(0, c)
q.children.clear()

step("dicts")
bear, doll = Toy(name="bear"), Toy(name="doll")
p.toys = {"bear": bear}
p.toys["doll"] = doll
other = Toy(name="bear")
p.toys["bear"] = other
say(bear.owner, other.owner.name, sorted(p.toys))
del p.toys["doll"]
doll.owner = p
say(sorted(p.toys))
p.toys.pop("doll")
say(doll.owner)
error(lambda: setattr(p, "toys", {"wrong": doll}))
p.toys = {"doll": doll}
p.toys.clear()

step("sets")
a.likes.add(bear)
a.likes.add(bear)
a.likes.discard(bear)
a.likes.discard(bear)
bear.liked_by.append(b)
a.likes = {doll}
a.likes = set()
say(len(bear.liked_by), len(b.likes))

step("validators")
a.name = "x"
error(lambda: setattr(a, "name", "bad"))
say(a.name)
error(lambda: Child(name="bad"))

step("from the database")
db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    k, l = Child(name="k"), Child(name="l")
    k.id, l.id = 1, 2
    one = Parent(name="one")
    one.id = 1
    one.children = [k, l]
    s.add(one)
step("loading")
with Session(db) as s:
    one = s.get(Parent, 1)
    say([x.name for x in one.children])
    k = one.children[0]
    step("unloaded other side")
    s.expire(one, ["children"])
    k.parent = None
    say("children" in one.__dict__)
    new = Child(name="m")
    new.parent = one
    say("children" in one.__dict__)
    say([x.name for x in one.children])
    step("expire disposes")
    s.expire(one)
    step("end")
