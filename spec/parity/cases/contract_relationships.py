"""Options of relationships, first half: directions, joins of one's own, cascades, order, uselist, statements."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, func, inspect, select
from sqlalchemy.orm import Session, backref, declarative_base, foreign, relationship, remote

Base = declarative_base()
follow_table = Table("follows", Base.metadata, Column("from_id", ForeignKey("people.id"), primary_key=True),
                     Column("to_id", ForeignKey("people.id"), primary_key=True))


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    home_id = Column(ForeignKey("places.id"))
    work_id = Column(ForeignKey("places.id"))
    home = relationship("Place", foreign_keys=[home_id], backref=backref("residents", order_by="Person.id"))
    work = relationship("Place", foreign_keys="Person.work_id", back_populates="workers")
    follows = relationship("Person", secondary="follows", primaryjoin=lambda: Person.id == follow_table.c.from_id,
                           secondaryjoin=lambda: Person.id == follow_table.c.to_id, back_populates="followers", order_by=id)
    followers = relationship("Person", secondary="follows", primaryjoin=lambda: Person.id == follow_table.c.to_id,
                             secondaryjoin=lambda: Person.id == follow_table.c.from_id, back_populates="follows", order_by=id)
    passport = relationship("Passport", uselist=False, back_populates="person", cascade="all, delete-orphan")
    letters = relationship("Letter", back_populates="person", cascade="all, delete, delete-orphan",
                           order_by="Letter.sent.desc(), Letter.id")
    drafts = relationship("Letter", primaryjoin="and_(Person.id == Letter.person_id, Letter.sent == None)",
                          viewonly=True)
    pets = relationship("Pet", cascade="save-update, merge, expunge, refresh-expire", backref="person")
    namesakes = relationship("Place", primaryjoin=lambda: foreign(Person.name) == remote(Place.name), viewonly=True,
                             uselist=True, order_by="Place.id")


class Place(Base):
    __tablename__ = "places"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    part_of = Column(ForeignKey("places.id"))
    whole = relationship("Place", remote_side=[id], back_populates="parts")
    parts = relationship("Place", back_populates="whole", order_by="Place.name")
    workers = relationship(Person, foreign_keys=Person.work_id, back_populates="work")


class Passport(Base):
    __tablename__ = "passports"
    id = Column(Integer, primary_key=True)
    number = Column(String(9))
    person_id = Column(ForeignKey("people.id"), nullable=False)
    person = relationship(Person, back_populates="passport")


class Letter(Base):
    __tablename__ = "letters"
    id = Column(Integer, primary_key=True)
    sent = Column(Integer)
    person_id = Column(ForeignKey("people.id"))
    person = relationship(Person, back_populates="letters")


class Pet(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))
    person_id = Column(ForeignKey("people.id"))


e = engine()
Base.metadata.create_all(e)
forget()
sa.orm.configure_mappers()
for name in inspect(Person).relationships.keys():
    r = inspect(Person).relationships[name]
    say(name, r.direction.name, r.uselist, sorted(r.cascade), r.viewonly, r.secondary is not None,
        [a.key + "." + b.key for a, b in r.local_remote_pairs], r.back_populates)
session = Session(e)
step("both sides follow")
town, shop = Place(name="town"), Place(name="shop")
shop.whole = town
ann, bob, cat = (Person(name=n) for n in ("ann", "bob", "shop"))
ann.home, ann.work = town, shop
town.residents.append(bob)
bob.follows.append(ann)
session.add(ann)
session.flush()
ann.follows.extend([cat])
session.flush()
ann.follows.append(bob)
say(town.parts[0].name, [p.name for p in town.residents], [p.name for p in shop.workers], bob.home.name)
say([p.name for p in ann.followers], [p.name for p in bob.followers], cat.followers[0] is ann)
session.flush()
ann.passport = Passport(number="A1")
session.flush()
ann.letters = [Letter(sent=1), Letter(), Letter(sent=3)]
session.flush()
ann.pets = [Pet(name="rex")]
say(ann.passport.person is ann, ann.letters[1].person is ann, ann.pets[0].person is ann)
session.add(ann)
say(len(session.new), cat in session, town in session)
session.commit()
step("loads")
say([x.sent for x in ann.letters], len(ann.drafts), [p.name for p in town.residents], [x.name for x in cat.namesakes])
say([p.name for p in ann.followers], ann.passport.number, [p.name for p in town.parts], ann.home is town)
step("one to one is replaced")
old = ann.passport
ann.passport = Passport(number="B2")
say(old.person, inspect(ann).attrs.passport.history.deleted[0] is old, old in session.deleted)
session.commit()
say(inspect(old).detached, session.scalars(select(Passport.number)).all())
step("orphans")
first = ann.letters[0]
ann.letters.remove(first)
say(first.person, inspect(ann).attrs.letters.history.deleted[0] is first)
session.flush()
say(inspect(first).deleted)
session.commit()
error(lambda: session.add(Letter(sent=9)) or session.flush())
session.rollback()
lost = Letter(sent=8, person=ann)
say(lost in ann.letters)
refused(lambda: ann.letters.remove(lost))
say(inspect(lost).transient, inspect(lost).pending)
session.flush()
step("a move between parents")
mine = ann.letters[0]
bob.letters.append(mine)
say(mine.person.name, mine in ann.letters, inspect(mine).attrs.person.history.deleted[0].name)
session.commit()
step("deletes")
session.delete(ann)
session.flush()
say([p.name for p in bob.follows], [p.person_id for p in session.scalars(select(Pet))])
session.rollback()
session.delete(town)
session.commit()
say(shop.part_of, ann.home_id, ann.home, bob.home)
session.delete(bob)
session.commit()
say(session.execute(select(follow_table)).all(), session.scalar(select(func.count(Letter.id))))
step("view only")
cat.namesakes.append(town)
session.commit()
say(len(cat.namesakes))
error(lambda: relationship("Place", viewonly=True, cascade="all") and Base.metadata)
error(lambda: relationship("Place", cascade="all, everything"))
error(lambda: type("X", (Base,), {"__tablename__": "x", "id": Column(Integer, primary_key=True),
                                  "places": relationship("Place")}) and sa.orm.configure_mappers())
sql()
