"""The discriminator of a union of concrete tables: no attribute of the objects, refused on the subclasses."""
from parity import *
from sqlalchemy import Column, Integer, String, case, inspect, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import Session, configure_mappers, declarative_base, polymorphic_union

Base = declarative_base()


class Part(ConcreteBase, Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "part", "concrete": True}


class Bolt(Part):
    __tablename__ = "bolt"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    length = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bolt", "concrete": True}


class Screw(Bolt):
    __tablename__ = "screw"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    length = Column(Integer)
    head = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "screw", "concrete": True}


class Page(AbstractConcreteBase, Base):
    pass


class Note(Page):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "note", "concrete": True}


class Sheet(Page):
    __tablename__ = "sheet"
    id = Column(Integer, primary_key=True)
    size = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "sheet", "concrete": True}


class Shape(Base):
    __tablename__ = "shape"
    id = Column(Integer, primary_key=True)
    corners = Column(Integer)
    __mapper_args__ = {
        "polymorphic_on": case((corners == 3, "triangle"), else_="shape"),
        "polymorphic_identity": "shape",
    }


class Triangle(Shape):
    __mapper_args__ = {"polymorphic_identity": "triangle"}


class Solid(Base):
    __tablename__ = "solid"
    id = Column(Integer, primary_key=True)
    sides = Column(Integer)
    __mapper_args__ = {
        "polymorphic_on": case((sides == 6, "cube"), else_="solid").label("form"),
        "polymorphic_identity": "solid",
    }


class Cube(Solid):
    __mapper_args__ = {"polymorphic_identity": "cube"}


configure_mappers()
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
s.add_all([Part(name="a"), Bolt(name="b", length=3), Screw(name="c", length=4, head="flat")])
s.add_all([Note(text="n"), Sheet(size=4), Shape(corners=4), Shape(corners=3), Solid(sides=4), Cube(sides=6)])
s.commit()
s.expunge_all()
forget()


def look(title, rows, *names):
    step(title)
    for o in rows:
        i = inspect(o)
        say(type(o), sorted(i.unloaded), sorted(i.attrs.keys()), sorted(k for k in i.dict if not k.startswith("_")))
        for name in names:
            refused(lambda: getattr(o, name))
    s.expunge_all()


look("all parts", s.scalars(select(Part).order_by(Part.name)), "type")
look("bolts", s.scalars(select(Bolt).order_by(Bolt.name)), "type")
look("screws", s.scalars(select(Screw)), "type", "nothing")
look("pages", s.scalars(select(Page).order_by(Page.id, Page.type)), "type")
look("notes", s.scalars(select(Note)), "type")
look("sheets", s.scalars(select(Sheet)), "type", "text")
look("shapes", s.scalars(select(Shape).order_by(Shape.id)))
look("solids", s.scalars(select(Solid).order_by(Solid.id)), "form")
step("names")
for c in (Part, Bolt, Screw, Page, Note, Sheet, Shape, Triangle, Solid, Cube):
    m = inspect(c)
    say(c, sorted(a.key for a in m.attrs), [a.key for a in m.column_attrs], m.polymorphic_identity)
    say([sorted(k for k in m.all_orm_descriptors.keys())])
step("on classes and new objects")
refused(lambda: Part.type)
refused(lambda: Solid.form)
say(Page.type)
for o in (Bolt(name="x"), Screw(name="x"), Note(text="t")):
    say(type(o), sorted(inspect(o).unloaded))
    refused(lambda: o.type)
    refused(lambda: setattr(o, "type", "y"))
    refused(lambda: type(o)(type="bolt"))
p = Part(name="p")
say(sorted(inspect(p).unloaded))
refused(lambda: p.type)
step("expired")
b = s.scalars(select(Part).where(Part.name == "c")).one()
s.expire(b)
say(sorted(inspect(b).unloaded), b.name, sorted(inspect(b).unloaded))
refused(lambda: b.type)
error(lambda: s.refresh(b, ["type"]))
error(lambda: s.expire(b, ["type"]))
s.refresh(b)
say(b.head)
