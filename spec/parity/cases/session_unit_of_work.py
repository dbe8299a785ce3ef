"""The unit of work: order of statements, self references, many to many, post_update, changed keys, swaps."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, inspect, select
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()
node_tag = Table("node_tag", Base.metadata,
                 Column("node_id", ForeignKey("node.id"), primary_key=True),
                 Column("tag_id", ForeignKey("tag.id"), primary_key=True))


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    parent_id = Column(ForeignKey("node.id"))
    children = relationship("Node", backref=backref("parent", remote_side=[id]), cascade="all", order_by="Node.id")
    tags = relationship("Tag", secondary=node_tag, back_populates="nodes", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20), unique=True)
    nodes = relationship("Node", secondary=node_tag, back_populates="tags", order_by="Node.id")


class Widget(Base):
    __tablename__ = "widget"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    favorite_id = Column(ForeignKey("part.id", use_alter=True, name="fk_favorite"))
    favorite = relationship("Part", foreign_keys=favorite_id, post_update=True)
    parts = relationship("Part", foreign_keys="Part.widget_id", back_populates="widget", order_by="Part.id",
                         cascade="all, delete-orphan")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    widget_id = Column(ForeignKey("widget.id"), nullable=False)
    widget = relationship("Widget", foreign_keys=widget_id, back_populates="parts")


class Country(Base):
    __tablename__ = "country"
    code = Column(String(2), primary_key=True)
    name = Column(String(20))
    towns = relationship("Town", back_populates="country", order_by="Town.id", passive_updates=is_postgresql)


class Town(Base):
    __tablename__ = "town"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    code = Column(ForeignKey("country.code", onupdate="CASCADE"))
    country = relationship("Country", back_populates="towns")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)

step("a tree, children first in the list")
root = Node(name="root")
leaf = Node(name="leaf", parent=Node(name="mid", parent=root))
session.add_all([leaf, Node(name="lone"), root])
session.commit()
say([(n.name, n.parent.name if n.parent else None) for n in session.scalars(select(Node).order_by(Node.id))])

step("delete the tree")
for n in (root, leaf.parent, leaf):
    say(n.name, len(n.children), len(n.tags))
forget()
session.delete(root)
session.commit()
say(session.scalars(select(Node.name)).all())

step("many to many")
a, b = Node(name="a"), Node(name="b")
x, y = Tag(word="x"), Tag(word="y")
a.tags = [x, y]
b.tags.append(x)
say(len(x.nodes), len(y.nodes))
session.add(a)
say(b in session, y in session)
session.commit()
forget()
a.tags.remove(x)
b.tags.append(y)
session.commit()
say([t.word for t in a.tags], [t.word for t in b.tags], [n.name for n in y.nodes])
forget()
session.delete(y)
session.commit()
sql()

step("post_update")
w = Widget(name="w")
p1, p2 = Part(name="p1"), Part(name="p2")
w.parts = [p1, p2]
w.favorite = p2
session.add(w)
session.commit()
sql()
w.favorite = p1
session.commit()
say(w.favorite.name)
forget()
session.delete(w)
session.commit()

step("changed primary key")
it = Country(code="it", name="italy", towns=[Town(name="rome"), Town(name="pisa")])
session.add(it)
session.commit()
say(len(it.towns))
forget()
it.code = "IT"
session.flush()
say(inspect(it).identity, [t.code for t in it.towns], session.get(Country, "it"), session.get(Country, "IT") is it)
session.commit()

step("delete and add again")
forget()
session.delete(it.towns[1])
it.towns.append(Town(id=it.towns[1].id, name="PISA"))
session.flush()
sql()
say(session.scalars(select(Town.name).order_by(Town.id)).all())
session.rollback()
t = session.scalars(select(Town).order_by(Town.id)).first()
session.delete(t)
session.add(t)
say(t in session.deleted, t in session)
session.delete(t)
session.flush()
error(lambda: session.add(t))
session.rollback()
forget()

step("a row switch is an UPDATE")
old = session.get(Country, "IT")
for town in list(old.towns):
    town.country = None
session.flush()
session.delete(old)
session.add(Country(code="IT", name="switched"))
session.flush()
sql()
say(session.scalars(select(Country.name)).all(), inspect(old).detached, inspect(old).deleted)
session.rollback()

step("batches: equal columns together")
session.add_all([Node(name="n1"), Node(name="n2"), Node(), Node(name="n3"), Node(id=90, name="n4"), Node(id=80, name="n5")])
session.flush()
sql()
nodes = session.scalars(select(Node).where(Node.name.like("n%")).order_by(Node.name)).all()
say([(n.id, len(n.children), len(n.tags)) for n in nodes])
forget()
nodes[0].name = "m1"
nodes[1].name = "m2"
nodes[2].parent = nodes[0]
session.flush()
nodes[2].parent = None
session.flush()
for n in nodes:
    session.delete(n)
session.flush()
session.rollback()
sql()

step("circular cascade")
p, q = Node(name="p"), Node(name="q")
p.parent, q.parent = q, p
session.add(p)
error(session.flush)
session.rollback()
n = Node(id=1000, name="self")
n.parent = n
session.add(n)
error(session.flush)
session.rollback()
sql()
session.close()
