"""Concrete table inheritance: on its own, with ConcreteBase, AbstractConcreteBase and polymorphic_union."""
from parity import *
from sqlalchemy import Column, Integer, String, inspect, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import Session, configure_mappers, declarative_base, polymorphic_union

Base = declarative_base()


class Employee(ConcreteBase, Base):
    __tablename__ = "employee"
    id = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(50))
    __mapper_args__ = {"polymorphic_identity": "employee", "concrete": True}


class Manager(Employee):
    __tablename__ = "manager"
    id = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(50))
    budget = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager", "concrete": True}


class Engineer(Employee):
    __tablename__ = "engineer"
    id = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(50))
    skill = Column(String(50))
    __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}


class Vehicle(AbstractConcreteBase, Base):
    strict_attrs = True
    id = Column(Integer, primary_key=True, autoincrement=False)
    maker = Column(String(20))


class Car(Vehicle):
    __tablename__ = "car"
    doors = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}


class Bike(Vehicle):
    __tablename__ = "bike"
    gears = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bike", "concrete": True}


class Shape(Base):
    __tablename__ = "shape"
    id = Column(Integer, primary_key=True)
    color = Column(String(20))
    note = Column(String(20))


class Circle(Shape):
    __tablename__ = "circle"
    id = Column(Integer, primary_key=True)
    color = Column(String(20))
    radius = Column(Integer)
    __mapper_args__ = {"concrete": True}


e = engine()
configure_mappers()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add_all([Employee(id=1, name="e1"), Manager(id=2, name="m1", budget=5), Engineer(id=3, name="n1", skill="lua")])
session.flush()
sql()
session.commit()
step("polymorphic base")
for x in session.scalars(select(Employee).order_by(Employee.id)):
    say(x, x.id, x.name)
step("subclass")
say(session.scalars(select(Manager)).all())
session.expunge_all()
say(session.get(Employee, 3))
say(session.get(Manager, 3))
step("change and delete")
m = session.scalars(select(Manager)).one()
m.budget = 6
m.name = "m2"
session.flush()
sql()
session.delete(m)
session.flush()
sql()
say(session.scalars(select(Employee.name).order_by(Employee.name)).all())
session.commit()
step("abstract concrete base")
session.add_all([Car(id=1, maker="vw", doors=4), Bike(id=2, maker="kona", gears=9), Car(id=3, maker="fiat", doors=2)])
session.commit()
forget()
for x in session.scalars(select(Vehicle).order_by(Vehicle.id)):
    say(x, x.maker)
sql()
say(session.scalars(select(Vehicle.maker).where(Vehicle.maker != "vw").order_by(Vehicle.maker)).all())
say([c.doors for c in session.scalars(select(Car).order_by(Car.id))])
step("plain concrete")
session.add_all([Shape(color="red", note="n"), Circle(color="blue", radius=3)])
session.commit()
forget()
say(session.scalars(select(Shape)).all(), session.scalars(select(Circle)).all())
say(inspect(Circle).concrete, inspect(Shape).concrete, inspect(Circle).inherits.class_)
step("polymorphic_union by hand")
pj = polymorphic_union({"c": Circle.__table__, "s": Shape.__table__}, "kind", "pj")
say(pj.c.keys())
say(session.execute(select(pj.c.kind, pj.c.color, pj.c.radius).order_by(pj.c.kind)).all())
sql()
