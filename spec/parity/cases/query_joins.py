"""Joins along relationships: targets, conditions, of_type, outer joins, subqueries, CTEs, select_from, wrong ones."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, func, join, outerjoin, select, true
from sqlalchemy.orm import Session, aliased, declarative_base, relationship
from sqlalchemy import orm

Base = declarative_base()
member = Table("member", Base.metadata, Column("person_id", ForeignKey("persons.id"), primary_key=True),
               Column("club_id", ForeignKey("clubs.id"), primary_key=True), Column("role", String(10)))


class Person(Base):
    __tablename__ = "persons"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    home_id = Column(ForeignKey("places.id"))
    work_id = Column(ForeignKey("places.id"))
    home = relationship("Place", foreign_keys=[home_id])
    work = relationship("Place", foreign_keys=[work_id])
    clubs = relationship("Club", secondary=member, back_populates="persons", order_by="Club.id")
    pets = relationship("Pet", back_populates="owner", order_by="Pet.id")


class Place(Base):
    __tablename__ = "places"
    id = Column(Integer, primary_key=True)
    city = Column(String(30))


class Club(Base):
    __tablename__ = "clubs"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    persons = relationship("Person", secondary=member, back_populates="clubs", order_by="Person.id")


class Pet(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    age = Column(Integer)
    owner_id = Column(ForeignKey("persons.id"))
    owner = relationship("Person", back_populates="pets")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    rome, oslo = Place(id=1, city="rome"), Place(id=2, city="oslo")
    chess, golf = Club(id=1, name="chess"), Club(id=2, name="golf")
    s.add_all([
        Person(id=1, name="ann", home=rome, work=oslo, clubs=[chess, golf], pets=[Pet(id=1, name="rex", age=3),
            Pet(id=2, name="tom", age=9)]),
        Person(id=2, name="bob", home=rome, work=rome, clubs=[golf]),
        Person(id=3, name="cid", home=oslo, pets=[Pet(id=3, name="kim", age=5)])])
    s.commit()
forget()
s = Session(e)


def rows(stmt):
    say(s.execute(stmt).all())


step("by relationship")
rows(select(Person.name, Pet.name).join(Person.pets).order_by(Pet.id))
rows(select(Person.name, Pet.name).join(Person.pets, isouter=True).order_by(Person.id, Pet.id))
rows(select(Person.name, Pet.name).outerjoin(Person.pets).where(Pet.id.is_(None)).order_by(Person.id))
rows(select(Person.name, Club.name).join(Person.clubs).order_by(Person.id, Club.id))
rows(select(Person.name).join(Person.home).where(Place.city == "rome").order_by(Person.id))
step("by target")
rows(select(Person.name, Pet.name).join(Pet).order_by(Pet.id))
rows(select(Person.name, Pet.name).join(Pet, Person.pets).order_by(Pet.id))
rows(select(Person.name, Pet.name).join(Pet, Person.id == Pet.owner_id).order_by(Pet.id))
rows(select(Person.name, Pet.name).join(Pet, and_(Person.id == Pet.owner_id, Pet.age > 4)).order_by(Pet.id))
rows(select(Person.name, Pet.name).outerjoin(Person.pets.and_(Pet.age > 4)).order_by(Person.id))
step("chains and aliases")
home, work = aliased(Place, name="home"), aliased(Place, name="work")
rows(select(Person.name, home.city, work.city).join(Person.home.of_type(home))
    .outerjoin(Person.work.of_type(work)).order_by(Person.id))
rows(select(Person.name, home.city).join(home, Person.home).where(home.city.startswith("o")).order_by(Person.id))
rows(select(Pet.name, Club.name).select_from(Pet).join(Pet.owner).join(Person.clubs).order_by(Pet.id, Club.id))
other = aliased(Person)
rows(select(Person.name, other.name).join(Person.clubs).join(Club.persons.of_type(other))
    .where(other.id > Person.id).order_by(Person.id, Club.id))
rows(select(Pet.name, other.name).join(Pet.owner.of_type(other)).order_by(Pet.id))
step("select_from")
rows(select(Pet.name).select_from(Person).join(Person.pets).order_by(Pet.id))
rows(select(Person.name, Pet.name).select_from(join(Person, Pet)).order_by(Pet.id))
rows(select(Person.name, Pet.name).select_from(orm.outerjoin(Person, Pet, Person.pets)).order_by(Person.id, Pet.id))
rows(select(Person.name, Pet.name).select_from(orm.join(Person, Pet, Person.pets).join(member,
    member.c.person_id == Person.id)).order_by(Pet.id))
rows(select(func.count()).select_from(Person).join(Person.clubs))
rows(select(Person.name, Club.name).join_from(Person, Club, Person.clubs).order_by(Person.id, Club.id))
rows(select(Person.name, Pet.name).outerjoin_from(Person, Pet).order_by(Person.id, Pet.id))
step("the association table itself")
rows(select(Person.name, member.c.role).join(member).order_by(Person.id, member.c.club_id))
error(lambda: s.execute(select(Person.name, Club.name).join(member).join(Club)))
rows(select(Person.name, Club.name).select_from(Person).join(member).join(Club).order_by(Person.id, Club.id))
step("subqueries")
oldest = select(Pet.owner_id, func.max(Pet.age).label("age")).group_by(Pet.owner_id).subquery()
rows(select(Person.name, oldest.c.age).join(oldest, Person.id == oldest.c.owner_id).order_by(Person.id))
rows(select(Person.name, oldest.c.age).outerjoin(oldest).order_by(Person.id))
sub = select(Pet).where(Pet.age > 4).subquery()
old = aliased(Pet, sub)
rows(select(Person.name, old.name).join(old, Person.pets).order_by(old.id))
rows(select(Person.name, old.name).join(Person.pets.of_type(old)).order_by(old.id))
rows(select(Person.name, old.name, old.age).outerjoin(old, old.owner_id == Person.id).order_by(Person.id))
cte = select(Club.id, Club.name).where(Club.name == "golf").cte("g")
rows(select(Person.name, cte.c.name).join(member, member.c.person_id == Person.id).join(cte,
    cte.c.id == member.c.club_id).order_by(Person.id))
golf_club = aliased(Club, cte)
rows(select(Person.name, golf_club.name).join(Person.clubs.of_type(golf_club)).order_by(Person.id))
step("full join")
stmt = select(Person.name, Pet.name).join(Pet, Person.pets, full=True).order_by(Person.id, Pet.id)
say(str(stmt))
rows(select(Person.name, Place.city).join(Place, true()).where(Person.id == 1).order_by(Place.id))
step("whole entities from joins")
for person, pet in s.execute(select(Person, Pet).outerjoin(Person.pets).order_by(Person.id, Pet.id)):
    say(person.name, pet and pet.name)
say([p.name for p in s.scalars(select(Person).join(Person.pets).order_by(Pet.id))])
say([p.name for p in s.scalars(select(Person).join(Person.pets).order_by(Person.id)).unique()])
say([p.name for p in s.scalars(select(Person).join(Person.pets).distinct().order_by(Person.id))])
step("wrong joins")
error(lambda: s.execute(select(Person).join(Place)))
error(lambda: s.execute(select(Pet).join(Club)))
error(lambda: s.execute(select(Person).join(Person.name)))
error(lambda: s.execute(select(Person).join("pets")))
error(lambda: s.execute(select(Person).join(Club, Person.pets)))
error(lambda: s.execute(select(func.count()).join(Person.pets)))
step("end")
