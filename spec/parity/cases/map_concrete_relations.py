"""Concrete classes with relationships of their own: polymorphic queries, identities, changes and deletes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import (Session, aliased, configure_mappers, declarative_base, declared_attr, joinedload,
                            relationship, selectinload, with_polymorphic)

Base = declarative_base()


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    houses = relationship("House", back_populates="city", order_by="House.id")
    shops = relationship("Shop", back_populates="city", order_by="Shop.id")


class Building(ConcreteBase, Base):
    __tablename__ = "building"
    id = Column(Integer, primary_key=True, autoincrement=False)
    height = Column(Integer)
    city_id = Column(ForeignKey("city.id"))
    city = relationship(City)
    __mapper_args__ = {"polymorphic_identity": "building", "concrete": True}


class House(Building):
    __tablename__ = "house"
    id = Column(Integer, primary_key=True, autoincrement=False)
    height = Column(Integer)
    city_id = Column(ForeignKey("city.id"))
    rooms = Column(Integer, default=3)
    city = relationship(City, back_populates="houses")
    people = relationship("Person", back_populates="house", order_by="Person.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "house", "concrete": True}


class Shop(Building):
    __tablename__ = "shop"
    id = Column(Integer, primary_key=True, autoincrement=False)
    height = Column(Integer)
    city_id = Column(ForeignKey("city.id"))
    goods = Column(String(10))
    city = relationship(City, back_populates="shops")
    __mapper_args__ = {"polymorphic_identity": "shop", "concrete": True}


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    house_id = Column(ForeignKey("house.id"))
    house = relationship(House, back_populates="people")


class Vehicle(AbstractConcreteBase, Base):
    id = Column(Integer, primary_key=True, autoincrement=False)
    wheels = Column(Integer)

    @declared_attr
    def city_id(cls):
        return Column(ForeignKey("city.id"))

    @declared_attr
    def city(cls):
        return relationship(City)


class Car(Vehicle):
    __tablename__ = "car"
    fuel = Column(String(5))
    __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}


class Bike(Vehicle):
    __tablename__ = "bike"
    gears = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bike", "concrete": True}


e = engine()
Base.metadata.create_all(e)
configure_mappers()
forget()
s = Session(e)
step("fill")
rome = City(id=1, name="rome")
h = House(id=1, height=5, city=rome, people=[Person(name="a"), Person(name="b")])
sh = Shop(id=1, height=4, city=rome, goods="tea")
b = Building(id=1, height=99, city=rome)
s.add_all([h, sh, b, Car(id=1, wheels=4, fuel="gas", city=rome), Bike(id=1, wheels=2, gears=8)])
s.commit()
step("sides")
say([x.height for x in rome.houses], [x.goods for x in rome.shops], b.city.name, [x.name for x in h.people])
say(inspect(h).identity_key[0], inspect(b).identity_key[0], h is b)
step("texts")
say(select(House))
say(select(Shop.goods).where(Shop.city.has(City.name == "rome")))
say(select(City).where(City.houses.any(House.people.any(name="a"))))
say(select(City.name, House.rooms).join(City.houses))
H = aliased(House)
say(select(H).join(H.people))
say(select(func.count()).select_from(Building))
step("polymorphic")
s.expunge_all()
for x in s.scalars(select(Building).order_by(Building.height)):
    say(type(x), x.id, x.height, sorted(inspect(x).unloaded - {"type"}))
for x in s.scalars(select(Vehicle).order_by(Vehicle.wheels)):
    say(type(x), x.wheels, x.city_id)
say(s.scalars(select(Building.height).where(Building.height > 4).order_by(Building.height)).all())
say([type(x) for x in s.scalars(select(House))])
step("eager")
s.expunge_all()
q = select(House).options(joinedload(House.city), selectinload(House.people))
for x in s.scalars(q).unique():
    say(x.city.name, [y.name for y in x.people])
s.expunge_all()
for x in s.scalars(select(City).options(joinedload(City.houses).joinedload(House.people), joinedload(City.shops))).unique():
    say([len(y.people) for y in x.houses], [y.goods for y in x.shops])
s.expunge_all()
step("get")
say(s.get(House, 1).rooms, s.get(Shop, 1).goods, s.get(House, 2))
error(lambda: s.get(Building, 1))
say(s.get(Car, 1).city.name, s.get(Bike, 1).city)
step("change")
h, sh = s.get(House, 1), s.get(Shop, 1)
h.height = 6
sh.city = None
h.people.pop(0)
s.flush()
say([x.height for x in s.scalars(select(Building).order_by(Building.height))])
m = s.merge(Shop(id=1, goods="tin"))
say(m is sh, m.goods)
s.flush()
step("delete")
s.delete(h)
s.flush()
say([type(x) for x in s.scalars(select(Building).order_by(Building.height))])
step("expire")
s.expire(sh)
say(sh.goods, sh.height)
s.rollback()
step("wrong")
say(inspect(House).concrete, inspect(House).inherits.class_, inspect(Building).with_polymorphic_mappers[0].class_)
sql()
