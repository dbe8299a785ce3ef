"""Mixins, declared_attr, hybrids, validators, synonyms, composites and column properties over a hierarchy."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (Session, aliased, column_property, composite, declarative_base, declared_attr, deferred,
                            relationship, synonym, validates)

Base = declarative_base()


class Stamped:
    created = Column(Integer, default=1)
    changed = Column(Integer, default=0, onupdate=5)


class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("owner.id"))

    @declared_attr
    def owner(cls):
        return relationship("Owner")


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and other.x == self.x and other.y == self.y

    def __ne__(self, other):
        return not self.__eq__(other)


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Shape(Stamped, Owned, Base):
    __tablename__ = "shape"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    title = Column(String(20))
    x = Column(Integer)
    y = Column(Integer)
    at = composite(Point, x, y)
    label = synonym("title")
    notes = deferred(Column(String(50)))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "shape"}

    @validates("title")
    def check(self, key, value):
        say("check", type(self), key, value)
        return value.strip()

    @hybrid_property
    def area(self):
        return 0

    @area.inplace.expression
    @classmethod
    def _area(cls):
        return sa.literal(0)


Shape.shout = column_property(func.upper(Shape.title))


class Box(Shape):
    __tablename__ = "box"
    id = Column(ForeignKey("shape.id"), primary_key=True)
    w = Column(Integer)
    h = Column(Integer)

    @hybrid_property
    def area(self):
        return self.w * self.h

    @area.inplace.setter
    def _area(self, value):
        self.w, self.h = value, 1

    __mapper_args__ = {"polymorphic_identity": "box"}


Box.perimeter = column_property((Box.w + Box.h) * 2)


class Dot(Shape):
    __mapper_args__ = {"polymorphic_identity": "dot"}


e = engine()
Base.metadata.create_all(e)
forget()
say(Shape.__table__.c.keys())
say(sorted(a.key for a in inspect(Box).attrs))
say(sorted(c.key for c in inspect(Box).composites), sorted(c.key for c in inspect(Box).synonyms))
s = Session(e)
step("write")
o = Owner(name="o")
b = Box(title=" big ", w=3, h=4, owner=o)
b.at = Point(1, 2)
d = Dot(label="dot", owner=o, x=7)
s.add_all([b, d, Shape(title="plain")])
s.commit()
sql()
step("read")
for x in s.scalars(select(Shape).order_by(Shape.id)):
    say(x, x.title, x.label, x.shout, x.area, x.created, x.owner.name if x.owner else None, x.at.x if x.at else None)
forget()
say(b.perimeter, b.area, b.notes)
sql()
step("expressions")
say(s.execute(select(Box.title, Box.area).where(Box.area > 10)).all())
sql()
say(s.execute(select(Shape.label, Shape.area).where(Shape.label == "dot")).all())
sql()
say(s.scalars(select(Box.label).where(Box.at == Point(1, 2))).all())
sql()
a = aliased(Box)
say(s.execute(select(a.perimeter, a.shout).order_by(a.perimeter)).all())
sql()
say(s.scalars(select(Box.title).join(Box.owner).where(Owner.name == "o")).all())
sql()
step("change")
b.area = 9
b.label = " small "
b.at = Point(5, 6)
say(b.w, b.title, b.x, inspect(b).attrs.title.history)
s.commit()
sql()
say(b.changed, b.perimeter, b.shout)
d.at = None
say(d.x, d.at)
s.rollback()
forget()
