"""A hierarchy whose relationships load by selectin, joined, subquery, immediate and raise."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import (Session, declarative_base, immediateload, joinedload, lazyload, noload, raiseload, reconstructor,
                            relationship, selectin_polymorphic, selectinload, subqueryload, with_polymorphic)

Base = declarative_base()


class Zoo(Base):
    __tablename__ = "zoo"
    id = Column(Integer, primary_key=True)
    animals = relationship("Animal", back_populates="zoo", order_by="Animal.id")


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(10))
    zoo_id = Column(ForeignKey("zoo.id"))
    zoo = relationship(Zoo, back_populates="animals")
    meals = relationship("Meal", lazy="selectin", order_by="Meal.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    @reconstructor
    def loaded(self):
        say("  loaded", type(self), self.id)


class Lion(Animal):
    __tablename__ = "lion"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    mane = Column(Integer)
    kills = relationship("Kill", lazy="selectin", order_by="Kill.id")
    den = relationship("Den", lazy="joined", uselist=False)
    __mapper_args__ = {"polymorphic_identity": "lion", "polymorphic_load": "selectin"}


class Ape(Animal):
    __tablename__ = "ape"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    iq = Column(Integer)
    toys = relationship("Toy", lazy="subquery", order_by="Toy.id")
    friend_id = Column(ForeignKey("animal.id"))
    friend = relationship(Animal, foreign_keys=friend_id, lazy="immediate")
    secret = relationship("Den", lazy="raise", primaryjoin="Ape.id == foreign(Den.ape_id)", viewonly=True)
    __mapper_args__ = {"polymorphic_identity": "ape", "polymorphic_load": "inline", "inherit_condition": id == Animal.id}


class Gorilla(Ape):
    weight = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "gorilla"}


class Meal(Base):
    __tablename__ = "meal"
    id = Column(Integer, primary_key=True)
    what = Column(String(10))
    animal_id = Column(ForeignKey("animal.id"))


class Kill(Base):
    __tablename__ = "kill"
    id = Column(Integer, primary_key=True)
    lion_id = Column(ForeignKey("lion.id"))


class Den(Base):
    __tablename__ = "den"
    id = Column(Integer, primary_key=True)
    lion_id = Column(ForeignKey("lion.id"))
    ape_id = Column(Integer)


class Toy(Base):
    __tablename__ = "toy"
    id = Column(Integer, primary_key=True)
    ape_id = Column(ForeignKey("ape.id"))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
zoo = Zoo(id=1)
leo = Lion(id=1, name="leo", mane=3, zoo=zoo)
bob = Ape(id=2, name="bob", iq=90, friend=leo, zoo=zoo)
kong = Gorilla(id=3, name="kong", weight=200, friend=bob, zoo=zoo)
s.add_all([zoo, leo, bob, kong, Animal(id=4, name="cow", zoo=zoo)])
s.flush()
for rows in ([Kill(lion_id=1), Kill(lion_id=1)], [Den(lion_id=1)], [Toy(ape_id=2)],
             [Meal(what="meat", animal_id=1), Meal(what="nut", animal_id=3), Meal(what="fig", animal_id=3)]):
    s.add_all(rows)
    s.flush()
s.commit()


def show(animals):
    for a in animals:
        say(type(a), a.name, sorted(inspect(a).unloaded))


step("as mapped")
s.expunge_all()
show(s.scalars(select(Animal).order_by(Animal.id)))
s.expunge_all()
step("lion alone")
show(s.scalars(select(Lion)))
s.expunge_all()
step("apes")
show(s.scalars(select(Ape).order_by(Ape.id)))
s.expunge_all()
step("gorilla by get")
g = s.get(Gorilla, 3)
say(g.weight, g.friend.name, [m.what for m in g.meals])
error(lambda: g.secret)
s.expunge_all()
step("animal by get")
a = s.get(Animal, 1)
say(a.den.id, len(a.kills))
s.expunge_all()
step("options that turn off")
show(s.scalars(select(Animal).options(lazyload(Animal.meals), lazyload(Lion.kills), lazyload(Lion.den), noload(Ape.toys),
                                      raiseload(Ape.friend)).order_by(Animal.id)))
s.expunge_all()
step("wildcard")
show(s.scalars(select(Animal).options(lazyload("*")).order_by(Animal.id)))
s.expunge_all()
step("from the zoo")
z = s.scalars(select(Zoo).options(selectinload(Zoo.animals))).one()
show(z.animals)
s.expunge_all()
step("zoo, lazily")
z = s.get(Zoo, 1)
show(z.animals)
s.expunge_all()
step("with_polymorphic")
wp = with_polymorphic(Animal, [Ape])
show(s.scalars(select(wp).order_by(wp.id)).unique())
s.expunge_all()
step("refresh")
leo = s.get(Lion, 1)
s.refresh(leo)
s.expire_all()
step("expired")
say(leo.name, len(leo.kills))
sql()
