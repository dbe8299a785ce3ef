"""Loading hierarchies: inline, selectin, with_polymorphic, of_type, attributes of subclasses, joined and single."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, or_, select
from sqlalchemy import orm
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship,
    selectin_polymorphic, selectinload,
                            with_polymorphic, load_only, subqueryload)

Base = declarative_base()


class Zoo(Base):
    __tablename__ = "zoos"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    animals = relationship("Animal", back_populates="zoo", order_by="Animal.id")


class Animal(Base):
    __tablename__ = "animals"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(30))
    zoo_id = Column(ForeignKey("zoos.id"))
    zoo = relationship("Zoo", back_populates="animals")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Cat(Animal):
    __tablename__ = "cats"
    id = Column(ForeignKey("animals.id"), primary_key=True)
    lives = Column(Integer)
    toys = relationship("Toy", order_by="Toy.id")
    __mapper_args__ = {"polymorphic_identity": "cat"}


class Lion(Cat):
    mane = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "lion"}


class Bird(Animal):
    __tablename__ = "birds"
    id = Column(ForeignKey("animals.id"), primary_key=True)
    wings = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bird", "polymorphic_load": "selectin"}


class Toy(Base):
    __tablename__ = "toys"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    cat_id = Column(ForeignKey("cats.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        Zoo(id=1, name="z1", animals=[Cat(id=1, name="tom", lives=9, toys=[Toy(id=1, name="ball")]), Bird(id=2,
            name="bob", wings=2), Animal(id=3, name="ant")]),
        Zoo(id=2, name="z2", animals=[Lion(id=4, name="leo", lives=1, mane="big"), Bird(id=5, name="kea", wings=2)])])
    s.commit()
forget()


def unloaded(o):
    return sorted(inspect(o).unloaded)


step("the base")
with Session(e) as s:
    animals = s.scalars(select(Animal).order_by(Animal.id)).all()
    say([[type(a), a.name, unloaded(a)] for a in animals])
    step("a column of a subclass")
    say(animals[0].lives)
step("a subclass")
with Session(e) as s:
    say([[type(c), c.lives] for c in s.scalars(select(Cat).order_by(Cat.id))])
    say([c.mane for c in s.scalars(select(Lion).where(Lion.lives == 1))])
step("with_polymorphic")
with Session(e) as s:
    poly = with_polymorphic(Animal, [Cat, Bird])
    animals = s.scalars(select(poly).where(or_(poly.Cat.lives > 1, poly.Bird.wings == 2)).order_by(poly.id)).all()
    say([[a.name, unloaded(a)] for a in animals])
with Session(e) as s:
    poly = with_polymorphic(Animal, "*", aliased=True)
    say(s.execute(select(poly.name, poly.Cat.lives, poly.Bird.wings).order_by(poly.id)).all())
    flat = with_polymorphic(Animal, [Bird], flat=True)
    say([a.name for a in s.scalars(select(flat).where(flat.Bird.wings == 2).order_by(flat.name))])
step("selectin_polymorphic")
with Session(e) as s:
    stmt = select(Animal).options(selectin_polymorphic(Animal, [Cat]), selectinload(Cat.toys)).order_by(Animal.id)
    animals = s.scalars(stmt).all()
    say([[a.name, unloaded(a)] for a in animals])
with Session(e) as s:
    stmt = select(Zoo).options(selectinload(Zoo.animals).selectin_polymorphic([Cat])).order_by(Zoo.id)
    zoos = s.scalars(stmt).all()
    say([[[a.name, unloaded(a)] for a in z.animals] for z in zoos])
step("of_type in loaders")
for name in ("joinedload", "selectinload", "subqueryload"):
    with Session(e) as s:
        stmt = select(Zoo).options(getattr(orm,
            name)(Zoo.animals.of_type(Cat)).selectinload(Cat.toys)).order_by(Zoo.id)
        zoos = s.scalars(stmt).unique().all()
        say([[[a.name, unloaded(a)] for a in z.animals] for z in zoos])
    step("after " + name)
step("of_type in joins")
with Session(e) as s:
    say([z.name for z in s.scalars(select(Zoo).join(Zoo.animals.of_type(Cat)).where(Cat.lives == 9))])
    bird = aliased(Bird, name="bird")
    say(s.execute(select(Zoo.name, bird.name, bird.wings).join(Zoo.animals.of_type(bird)).order_by(bird.id)).all())
    poly = with_polymorphic(Animal, [Cat, Bird], flat=True)
    say(s.execute(select(Zoo.name, poly.name, poly.Cat.lives).join(Zoo.animals.of_type(poly))
        .order_by(poly.id)).all())
    say([z.name for z in s.scalars(select(Zoo).where(Zoo.animals.of_type(Cat).any(Cat.lives < 5)))])
    say([z.name for z in s.scalars(select(Zoo).where(Zoo.animals.of_type(Lion).any(Lion.mane == "big")))])
step("contains_eager of a polymorphic alias")
with Session(e) as s:
    poly = with_polymorphic(Animal, [Cat])
    stmt = select(Zoo).join(Zoo.animals.of_type(poly)).options(contains_eager(Zoo.animals.of_type(poly))).order_by(Zoo.id, poly.id)
    zoos = s.scalars(stmt).unique().all()
    say([[[a.name, unloaded(a)] for a in z.animals] for z in zoos])
step("columns only")
with Session(e) as s:
    say(s.execute(select(Cat.name, Cat.lives, Animal.kind).order_by(Cat.id)).all())
    say(s.execute(select(Animal.kind, func.count()).group_by(Animal.kind).order_by(Animal.kind)).all())
    say(s.execute(select(Lion.mane, Lion.lives)).all())
    say([unloaded(c) for c in s.scalars(select(Cat).options(load_only(Cat.name)).order_by(Cat.id))])
step("get")
with Session(e) as s:
    say(s.get(Bird, 1), type(s.get(Animal, 4)), type(s.get(Cat, 4)))
    lion = s.get(Lion, 4)
    s.expire(lion)
    say(lion.name, lion.mane)
step("the discriminator of a new object")
with Session(e) as s:
    new = Lion(name="new")
    say(new.kind)
    s.add(new)
    new.id = 40
    s.flush()
    say(new.kind, type(s.scalars(select(Animal).where(Animal.id == 40)).one()))
step("end")
