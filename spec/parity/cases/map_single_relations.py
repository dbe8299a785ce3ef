"""Single table inheritance met through relationships: of_type, any, joins, eager loads, counts, aliases and subqueries."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, exists, func, inspect, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship, selectinload,
                            subqueryload, with_loader_criteria, with_polymorphic)

Base = declarative_base()


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class Farm(Base):
    __tablename__ = "farm"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    animals = relationship("Animal", back_populates="farm", order_by="Animal.id", foreign_keys="Animal.farm_id")
    dogs = relationship("Dog", viewonly=True, order_by="Dog.id", foreign_keys="Dog.farm_id")
    best_id = Column(ForeignKey("animal.id", use_alter=True, name="fk_best"))
    best = relationship("Dog", foreign_keys=best_id, post_update=True)


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(10))
    farm_id = Column(ForeignKey("farm.id"))
    mother_id = Column(ForeignKey("animal.id"))
    farm = relationship(Farm, back_populates="animals", foreign_keys=farm_id)
    mother = relationship("Animal", remote_side=id, back_populates="young")
    young = relationship("Animal", back_populates="mother", order_by="Animal.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}
    tricks = relationship("Trick", back_populates="dog", order_by="Trick.id")


class Puppy(Dog):
    __mapper_args__ = {"polymorphic_identity": "puppy"}
    weeks = Column(Integer)


class Cat(Animal):
    __mapper_args__ = {"polymorphic_identity": "cat"}
    lives = Column(Integer, default=9)


class Trick(Base):
    __tablename__ = "trick"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    dog_id = Column(ForeignKey("animal.id"))
    dog = relationship(Dog, back_populates="tricks")

e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("fill")
f = Farm(name="hill")
rex = Dog(name="rex", tricks=[Trick(name="sit"), Trick(name="roll")])
pup = Puppy(name="pup", weeks=3, mother=rex)
tom = Cat(name="tom")
cow = Animal(name="cow")
f.animals = [rex, pup, tom, cow]
f.best = rex
s.add_all([f, Farm(name="empty")])
s.commit()
step("collections")
say([(type(a), a.name) for a in f.animals], [d.name for d in f.dogs], f.best.name)
say([t.name for t in rex.tricks], [y.name for y in rex.young], pup.mother is rex)
step("texts")
say(select(Dog))
say(select(Puppy.weeks))
say(select(func.count()).select_from(Dog))
say(select(func.count(Dog.id)))
say(select(Farm).join(Farm.animals.of_type(Dog)))
say(select(Farm).join(Farm.animals.of_type(Dog)).join(Dog.tricks))
say(select(Farm).outerjoin(Farm.dogs))
say(select(Farm.id).join(Dog, Dog.farm_id == Farm.id))
say(select(Farm.id).outerjoin(Cat, Cat.farm_id == Farm.id).where(Cat.lives > 1))
say(select(Farm).where(Farm.animals.of_type(Puppy).any(Puppy.weeks > 2)))
say(select(Farm).where(Farm.animals.any(Animal.name == "x")))
say(select(Farm).where(Farm.dogs.any()))
say(select(Farm).where(Farm.best.has(Dog.name == "rex")))
say(select(Farm).where(~Farm.best.has()))
say(select(Trick).where(Trick.dog.of_type(Puppy).has(Puppy.weeks == 1)))
D = aliased(Dog)
say(select(Dog, D).join(D, Dog.mother.of_type(D)))
say(select(Dog).where(exists().where(Cat.farm_id == Dog.farm_id)))
say(select(Farm.name, select(func.count(Cat.id)).where(Cat.farm_id == Farm.id).scalar_subquery()))
say(select(aliased(Dog, select(Dog).where(Dog.name == "x").subquery())))
say(select(Dog.name).union(select(Cat.name)))
say(select(Animal).where(Animal.kind.in_(["a"])).order_by(Puppy.weeks))
wp = with_polymorphic(Animal, [Dog, Cat])
say(select(wp).where(wp.Cat.lives > 3))
say(select(Animal).options(with_loader_criteria(Animal, Animal.name != "z")))
say(select(Farm).join(Farm.dogs).options(with_loader_criteria(Dog, Dog.name != "z")))
step("eager")
s.expunge_all()
for f in s.scalars(select(Farm).options(selectinload(Farm.animals.of_type(Dog)).selectinload(Dog.tricks)).order_by(Farm.id)):
    say(f.name, [(a.name, [t.name for t in a.tricks] if isinstance(a, Dog) else None) for a in f.animals])
s.expunge_all()
step("joined")
for f in s.scalars(select(Farm).options(joinedload(Farm.dogs).joinedload(Dog.tricks)).order_by(Farm.id)).unique():
    say(f.name, [(d.name, len(d.tricks)) for d in f.dogs])
s.expunge_all()
step("subquery")
for f in s.scalars(select(Farm).options(subqueryload(Farm.dogs), joinedload(Farm.best)).order_by(Farm.id)):
    say(f.name, [d.name for d in f.dogs], f.best.name if f.best else None)
s.expunge_all()
step("contains_eager")
q = (select(Farm).join(Farm.animals.of_type(Puppy)).options(contains_eager(Farm.animals.of_type(Puppy)))
     .execution_options(populate_existing=True))
for f in s.scalars(q).unique():
    say(f.name, [a.name for a in f.animals])
s.expunge_all()
step("rows")
say(s.execute(select(Farm.name, func.count(Dog.id)).outerjoin(Farm.dogs).group_by(Farm.id, Farm.name).order_by(Farm.id)).all())
say(s.scalars(select(Farm.name).where(Farm.animals.of_type(Puppy).any(Puppy.weeks == 3))).all())
say(s.get(Cat, 1), s.get(Dog, 1).name, s.get(Puppy, 1))
say([type(x) for x in s.scalars(select(Dog).order_by(Dog.id))])
step("wrong")
f = s.get(Farm, 1)
f.best = s.get(Animal, 3)
refused(lambda: s.flush())
s.rollback()
refused(lambda: s.add(Trick(dog=Cat(name="c"))) or s.flush())
s.rollback()
sql()
