"""A zoo in joined tables: relationships from and to subclasses, loaded along paths that name the subclass."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, or_, select
from sqlalchemy.orm import (Session, aliased, declarative_base, defer, joinedload, load_only, relationship,
                            selectin_polymorphic, selectinload, subqueryload, undefer, with_polymorphic)

Base = declarative_base()


class House(Base):
    __tablename__ = "houses"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    animals = relationship("Animal", back_populates="house", order_by="Animal.id")


class Animal(Base):
    __tablename__ = "animals"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    kind = Column(String(20))
    house_id = Column(ForeignKey("houses.id"))
    house = relationship(House, back_populates="animals")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Cat(Animal):
    __tablename__ = "cats"
    id = Column(ForeignKey("animals.id"), primary_key=True)
    lives = Column(Integer)
    toys = relationship("Toy", back_populates="cat", order_by="Toy.id")
    __mapper_args__ = {"polymorphic_identity": "cat"}


class Lion(Cat):
    __tablename__ = "lions"
    id = Column(ForeignKey("cats.id"), primary_key=True)
    mane = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "lion"}


class Bird(Animal):
    __tablename__ = "birds"
    id = Column(ForeignKey("animals.id"), primary_key=True)
    nest_id = Column(ForeignKey("nests.id"))
    nest = relationship("Nest", back_populates="birds")
    __mapper_args__ = {"polymorphic_identity": "bird"}


class Toy(Base):
    __tablename__ = "toys"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    cat_id = Column(ForeignKey("cats.id"))
    cat = relationship(Cat, back_populates="toys")


class Nest(Base):
    __tablename__ = "nests"
    id = Column(Integer, primary_key=True)
    tree = Column(String(30))
    birds = relationship(Bird, back_populates="nest", order_by=Bird.id)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([House(id=1, name="h1", animals=[
        Cat(id=1, name="tom", lives=9, toys=[Toy(id=1, name="ball"), Toy(id=2, name="mouse")]),
        Bird(id=2, name="tweety", nest=Nest(id=1, tree="oak")), Animal(id=3, name="thing")]),
        House(id=2, name="h2", animals=[Lion(id=4, name="leo", lives=3, mane="gold", toys=[Toy(id=3, name="bone")]),
                                      Cat(id=5, name="sly", lives=1)])])
    s.commit()
forget()


def show(a):
    if a.kind == "lion":
        return ["lion", a.name, a.mane, [t.name for t in a.toys]]
    if a.kind == "cat":
        return ["cat", a.name, a.lives, [t.name for t in a.toys]]
    if a.kind == "bird":
        return ["bird", a.name, a.nest and a.nest.tree]
    return [a.kind, a.name]


step("plain")
with Session(e) as s:
    for a in s.scalars(select(Animal).where(Animal.kind != "lion").order_by(Animal.id)):
        say(show(a))
step("with_polymorphic of all, loaders on subclasses")
with Session(e) as s:
    wp = with_polymorphic(Animal, "*")
    for a in s.scalars(select(wp).options(selectinload(wp.Cat.toys), joinedload(wp.Bird.nest)).order_by(wp.id)):
        say(show(a))
step("flat and aliased, filtered by columns of two subclasses")
with Session(e) as s:
    wp = with_polymorphic(Animal, [Cat, Bird], aliased=True, flat=True)
    for a in s.scalars(select(wp).where(or_(wp.Cat.lives > 3, wp.Bird.nest_id == 1)).order_by(wp.name)):
        say(show(a))
step("selectin_polymorphic with loaders")
with Session(e) as s:
    stmt = select(Animal).options(selectin_polymorphic(Animal, [Cat, Lion, Bird]), selectinload(Cat.toys),
                                  joinedload(Bird.nest)).order_by(Animal.id)
    for a in s.scalars(stmt):
        say(show(a))
step("from the house")
for loader in (selectinload, joinedload, subqueryload):
    with Session(e) as s:
        wp = with_polymorphic(Animal, [Cat, Bird], flat=True)
        stmt = select(House).options(loader(House.animals.of_type(wp)).options(
            selectinload(wp.Cat.toys), joinedload(wp.Bird.nest))).order_by(House.id)
        for h in s.scalars(stmt).unique():
            say(h.name, [show(a) for a in h.animals])
    step("after")
step("selectin from the house with selectin_polymorphic")
with Session(e) as s:
    stmt = select(House).options(selectinload(House.animals).options(
        selectin_polymorphic(Animal, [Cat, Bird]), selectinload(Cat.toys))).order_by(House.id)
    for h in s.scalars(stmt):
        say(h.name, [show(a) for a in h.animals])
step("joins to subclasses")
with Session(e) as s:
    say(s.execute(select(House.name, Cat.name, Cat.lives).join(House.animals.of_type(Cat)).order_by(Cat.id)).all())
    say(s.execute(select(Cat.name, Toy.name).join(Cat.toys).order_by(Toy.id)).all())
    lions = aliased(Lion, name="big")
    say(s.execute(select(lions.name, lions.mane, House.name).join(lions.house)).all())
    say(s.execute(select(Nest.tree, func.count(Bird.id)).outerjoin(Nest.birds).group_by(Nest.tree)).all())
    flat = aliased(Cat, flat=True)
    say(s.execute(select(House.name, flat.lives).join(House.animals.of_type(flat)).order_by(flat.lives)).all())
step("any and has over subclasses")
with Session(e) as s:
    say(s.scalars(select(House.name).where(House.animals.of_type(Cat).any(Cat.lives > 5))).all())
    say(s.scalars(select(House.name).where(House.animals.of_type(Bird).any())).all())
    say(s.scalars(select(Toy.name).where(Toy.cat.has(Cat.name == "leo"))).all())
    say(s.scalars(select(Toy.name).where(Toy.cat.of_type(Lion).has(Lion.mane == "gold"))).all())
    say(s.scalars(select(Cat.name).where(Cat.house.has(name="h2")).order_by(Cat.id)).all())
step("columns of subclasses deferred and loaded")
with Session(e) as s:
    wp = with_polymorphic(Animal, "*")
    for a in s.scalars(select(wp).options(defer(wp.Cat.lives), load_only(wp.name)).order_by(wp.id)):
        say(type(a), sorted(inspect(a).unloaded))
step("subclass loads")
with Session(e) as s:
    say([show(a) for a in s.scalars(select(Cat).options(load_only(Cat.lives)).order_by(Cat.id))])
    say([show(a) for a in s.scalars(select(Lion).options(joinedload(Lion.toys))).unique()])
step("get")
with Session(e) as s:
    say(show(s.get(Cat, 4)), s.get(Bird, 4), show(s.get(Animal, 4)))
    error(lambda: s.get_one(Bird, 1))
step("end")
