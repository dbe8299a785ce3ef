"""Concrete tables whose relationships are loaded eagerly from the base; identities per table, unions by hand, writes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import (Session, aliased, configure_mappers, declarative_base, declared_attr, joinedload, lazyload,
                            polymorphic_union, relationship, selectinload, subqueryload)

Base = declarative_base()


class Place(Base):
    __tablename__ = "place"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Shape(AbstractConcreteBase, Base):
    strict_attrs = True
    name = Column(String(20))
    place_id = Column(ForeignKey("place.id"))

    @declared_attr
    def place(cls):
        return relationship(Place)


class Circle(Shape):
    __tablename__ = "circle"
    id = Column(Integer, primary_key=True)
    radius = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}


class Square(Shape):
    __tablename__ = "square"
    id = Column(Integer, primary_key=True)
    side = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}


class Doc(ConcreteBase, Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "doc", "concrete": True}


class Letter(Doc):
    __tablename__ = "letter"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    to = Column(String(20))
    lines = relationship("Line", back_populates="letter", order_by="Line.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "letter", "concrete": True}


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    letter_id = Column(ForeignKey("letter.id"))
    letter = relationship(Letter, back_populates="lines")


configure_mappers()
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("write")
home = Place(name="home")
s.add_all([home, Circle(name="c1", radius=2, place=home), Square(name="s1", side=3, place=home), Circle(name="c2", radius=7)])
s.add_all([Doc(title="plain"), Letter(title="dear", to="ann", lines=[Line(text="hi"), Line(text="bye")])])
s.commit()
sql()
step("read all")
for x in s.scalars(select(Shape).order_by(Shape.name)):
    say(x, x.name, x.place.name if x.place else None, inspect(x).identity, sorted(inspect(x).unloaded))
sql()
s.expunge_all()
for x in s.scalars(select(Doc).order_by(Doc.title)):
    say(x, x.title, sorted(inspect(x).unloaded))
sql()
say(s.scalars(select(Letter.to)).all(), s.scalar(select(func.count()).select_from(Doc)), s.scalar(select(func.count()).select_from(Letter)))
sql()
step("eager and where")
s.expunge_all()
for opt in (selectinload, subqueryload, lazyload, joinedload):
    s.expunge_all()
    say([(x.name, x.place.name if x.place else None) for x in s.scalars(select(Shape).options(opt(Shape.place)).order_by(Shape.name))])
    forget() if opt is joinedload else sql()
say([x.name for x in s.scalars(select(Shape).join(Shape.place).where(Place.name == "home").order_by(Shape.name))])
say([x.name for x in s.scalars(select(Circle).where(Circle.place.has(name="home")))])
sql()
a = aliased(Shape)
say([x.name for x in s.scalars(select(a).where(a.name.like("c%")).order_by(a.name))])
sql()
step("identity per table")
say(s.get(Circle, 1).name, s.get(Square, 1).name, s.get(Circle, 1) is s.get(Square, 1), s.get(Letter, 1).to, s.scalars(select(Doc).where(Doc.title == "plain")).one().title)
sql()
error(lambda: (s.expunge_all(), s.get(Doc, 1)))
step("update and delete")
l = s.get(Letter, 1)
l.title = "new"
del l.lines[0]
s.commit()
sql()
s.delete(l)
s.delete(s.get(Circle, 2))
s.commit()
sql()
say([(type(x).__name__, x.name) for x in s.scalars(select(Shape).order_by(Shape.name))], [x.title for x in s.scalars(select(Doc))])
sql()
step("by hand")
Base2 = declarative_base()
md = Base2.metadata
ta = sa.Table("ta", md, Column("id", Integer, primary_key=True), Column("name", String(10)))
tb = sa.Table("tb", md, Column("id", Integer, primary_key=True), Column("name", String(10)), Column("extra", String(10)))
pj = polymorphic_union({"a": ta, "b": tb}, "kind", "pj")


class A(Base2):
    __table__ = ta
    __mapper_args__ = {"with_polymorphic": ("*", pj), "polymorphic_on": pj.c.kind, "polymorphic_identity": "a", "concrete": True}


class B(A):
    __table__ = tb
    __mapper_args__ = {"polymorphic_identity": "b", "concrete": True}


md.create_all(e)
s.add_all([A(name="a1"), B(name="b1", extra="x"), B(name="b0")])
s.commit()
forget()
say([(type(x).__name__, x.name) for x in s.scalars(select(A).order_by(A.name))])
sql()
s.expire_all()
say([x.extra for x in s.scalars(select(B).order_by(B.id))])
sql()
x = s.get(A, 1)
say(type(x).__name__, x.name)
sql()
refused(lambda: select(Shape).where(Shape.radius == 2))
