"""Many-to-one and one-to-one: when no statement is needed, other keys than the primary one, NULL, pending, replaced."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, inspect, select
from sqlalchemy.orm import (Session, backref, declarative_base, immediateload, joinedload, relationship,
                            selectinload, subqueryload)

Base = declarative_base()


class Country(Base):
    __tablename__ = "countries"
    code = Column(String(2), primary_key=True)
    name = Column(String(30), unique=True)


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    country_code = Column(ForeignKey("countries.code"))
    born_in = Column(ForeignKey("countries.name"))
    country = relationship(Country, foreign_keys=country_code)
    birth = relationship(Country, foreign_keys=born_in, primaryjoin=born_in == Country.name)
    passport = relationship("Passport", back_populates="person", uselist=False, cascade="all, delete-orphan")


class Passport(Base):
    __tablename__ = "passports"
    id = Column(Integer, primary_key=True)
    number = Column(String(30))
    person_id = Column(ForeignKey("people.id"))
    person = relationship(Person, back_populates="passport")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Country(code="it", name="italy"), Country(code="no", name="norway")])
    s.flush()
    s.add_all([Person(id=1, name="ann", country_code="it", born_in="norway", passport=Passport(id=1, number="A")),
               Person(id=2, name="bob", country_code="it", born_in="italy", passport=Passport(id=2, number="B")),
               Person(id=3, name="cid")])
    s.commit()
forget()

step("the identity map answers")
with Session(e) as s:
    people = s.scalars(select(Person).order_by(Person.id)).all()
    say([p.country and p.country.name for p in people])
    step("but not for another key")
    say([p.birth and p.birth.code for p in people])
    step("loaded already")
    say(people[0].country is people[1].country, people[0].birth.code)
step("all countries first")
with Session(e) as s:
    s.scalars(select(Country).order_by(Country.code)).all()
    people = s.scalars(select(Person).order_by(Person.id)).all()
    say([p.country and p.country.name for p in people])
for loader in (joinedload, selectinload, subqueryload, immediateload):
    step("a loader")
    with Session(e) as s:
        s.scalars(select(Person).options(loader(Person.country))).all()
        s.scalars(select(Person).options(loader(Person.birth))).all()
        people = s.scalars(select(Person).options(loader(Person.passport)).order_by(Person.id)).all()
        step("touched")
        say([[p.country and p.country.code, p.birth and p.birth.code, p.passport and p.passport.number] for p in people])
        say([p.passport.person is p for p in people if p.passport])
step("selectin of what is there already")
with Session(e) as s:
    s.scalars(select(Country)).all()
    say([p.country and p.country.code for p in s.scalars(select(Person).options(selectinload(Person.country))
        .order_by(Person.id))])
step("the key changes")
with Session(e) as s:
    ann = s.get(Person, 1)
    say(ann.country.name)
    ann.country_code = "no"
    say(ann.country.name)
    s.flush()
    say(ann.country.name)
    s.expire(ann, ["country"])
    say(ann.country.name)
    ann.country = None
    say(ann.country_code, inspect(ann).attrs.country.history)
    s.flush()
    say(ann.country_code)
    s.rollback()
step("the key changes before it is loaded")
with Session(e) as s:
    ann = s.get(Person, 1)
    ann.country_code = "no"
    say(ann.country.name)
    s.rollback()
step("pending objects")
with Session(e) as s:
    dan = Person(id=4, name="dan", country_code="it")
    s.add(dan)
    with s.no_autoflush:
        say(dan.country)
    s.flush()
    say(dan.country)
    s.expire(dan, ["country"])
    say(dan.country.name)
    s.rollback()
step("enable_relationship_loading")
with Session(e) as s:
    loose = Person(country_code="it")
    s.enable_relationship_loading(loose)
    say(loose.country.name, inspect(loose).pending, inspect(loose).transient, loose in s)
step("one to one replaced")
with Session(e) as s:
    ann = s.get(Person, 1)
    old = ann.passport
    ann.passport = Passport(id=7, number="C")
    say(inspect(old).session is s, old.person, old in s.deleted)
    s.flush()
    say(inspect(old).deleted, ann.passport.person_id)
    s.rollback()
    step("taken from another")
    cid = s.get(Person, 3)
    passport = ann.passport
    passport.person = cid
    say(ann.passport, cid.passport is passport)
    s.flush()
    say(passport.person_id)
    s.rollback()
step("in conditions")
with Session(e) as s:
    it = s.get(Country, "it")
    say(s.scalars(select(Person.name).where(Person.country == it).order_by(Person.id)).all())
    say(s.scalars(select(Person.name).where(Person.birth == it)).all())
    say(s.scalars(select(Person.name).where(Person.birth != it).order_by(Person.id)).all())
    say(s.scalars(select(Person.name).where(Person.country == None)).all())
    say(s.scalars(select(Person.name).where(Person.passport == None)).all())
    say(s.scalars(select(Person.name).where(Person.passport != None).order_by(Person.id)).all())
    say(s.scalars(select(Person.name).where(Person.passport.has(number="B"))).all())
    say(s.scalars(select(Person.name).where(Person.country.has(Country.name == "italy"), ~Person.birth.has(code="it")))
        .all())
step("several rows for one")
with Session(e) as s:
    s.execute(Passport.__table__.insert().values(id=9, number="Z", person_id=3))
    say(s.get(Person, 3).passport.number)
    s.rollback()
step("end")
