# One to one: replacing, orphans, single parents, and what the old partner keeps.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Citizen(Base):
    __tablename__ = "citizen"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    passport = relationship("Passport", back_populates="citizen", uselist=False, cascade="all, delete-orphan")
    locker = relationship("Locker", back_populates="citizen", uselist=False)
    home_id = Column(ForeignKey("home.id"))
    home = relationship("Home", cascade="all, delete-orphan", single_parent=True,
        backref=backref("citizen", uselist=False))


class Passport(Base):
    __tablename__ = "passport"
    id = Column(Integer, primary_key=True)
    no = Column(String(20))
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    citizen = relationship(Citizen, back_populates="passport")


class Locker(Base):
    __tablename__ = "locker"
    id = Column(Integer, primary_key=True)
    citizen_id = Column(ForeignKey("citizen.id"))
    citizen = relationship(Citizen, back_populates="locker")


class Home(Base):
    __tablename__ = "home"
    id = Column(Integer, primary_key=True)
    street = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    ann = Citizen(name="Ann", passport=Passport(no="A1"), locker=Locker(), home=Home(street="Elm"))
    bob = Citizen(name="Bob")
    say(ann.passport.citizen is ann, ann.home.citizen is ann, bob.passport, bob.locker)
    s.add_all([ann, bob])
    s.commit()
    step("replace an owned one")
    old = ann.passport
    ann.passport = Passport(no="A2")
    say(old.citizen, inspect(ann).attrs.passport.history.deleted[0] is old)
    say(old in s, inspect(old).persistent, ann.passport in s)
    s.flush()
    say(inspect(old).deleted, old in s)
    s.commit()
    say(inspect(old).detached, ann.passport.no)
    step("replace from the other side")
    new = Passport(no="A3")
    new.citizen = ann
    say(ann.passport.no, new in s)
    s.add(new)
    s.commit()
    say(s.scalars(select(Passport.no)).all())
    step("one that is not owned")
    first = ann.locker
    ann.locker = Locker()
    say(first.citizen, first.citizen_id)
    s.flush()
    say(first.citizen_id, first in s, s.scalar(select(func.count(Locker.id))))
    step("pass it on")
    bob.locker = ann.locker
    say(ann.locker, bob.locker.citizen.name)
    s.commit()
    say(s.execute(select(Citizen.name, Locker.id).join(Citizen.locker).order_by(Locker.id)).all())
    step("taken away")
    bob.passport = ann.passport
    say(ann.passport, bob.passport.no)
    s.commit()
    say(ann.passport, bob.passport.no, s.scalar(select(func.count(Passport.id))))
    step("None")
    bob.passport = None
    s.commit()
    say(bob.passport, s.scalar(select(func.count(Passport.id))))
    step("single parent")
    error(lambda: setattr(bob, "home", ann.home))
    home = ann.home
    ann.home = None
    bob.home = home
    s.commit()
    say(ann.home, bob.home.street, home.citizen.name)
    bob.home = None
    s.commit()
    say(inspect(home).detached, s.scalar(select(func.count(Home.id))))
    step("None again")
    ann.passport = Passport(no="A4")
    s.commit()
    ann.passport = None
    say(ann.passport, inspect(ann).attrs.passport.history)
    s.commit()
    say(s.scalar(select(func.count(Passport.id))))
    step("an orphan may not be saved")
    s.add(Passport(no="A5"))
    error(s.flush)
    s.rollback()
    step("two rows for a scalar")
    s.execute(insert(Locker), [{"citizen_id": ann.id}, {"citizen_id": ann.id}])
    say(ann.locker is not None, ann.locker.citizen is ann)
    s.rollback()
    say(s.scalars(select(Locker.citizen_id).order_by(Locker.id)).all())
sql()
