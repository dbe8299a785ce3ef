"""Composite foreign keys, viewonly, secondary with conditions of its own, overlaps, several ways to one table."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, and_, select, func
from sqlalchemy.orm import Session, declarative_base, foreign, joinedload, relationship, remote, selectinload, \
    with_parent

Base = declarative_base()
crew = Table(
    "crew", Base.metadata,
    Column("org", Integer, primary_key=True), Column("flight_no", Integer, primary_key=True),
    Column("person_no", Integer, primary_key=True), Column("chief", Boolean, default=False),
    ForeignKeyConstraint(["org", "flight_no"], ["flight.org", "flight.no"]),
    ForeignKeyConstraint(["org", "person_no"], ["person.org", "person.no"]))


class Org(Base):
    __tablename__ = "org"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    people = relationship("Person", back_populates="company", order_by="Person.no")


class Person(Base):
    __tablename__ = "person"
    org = Column(ForeignKey("org.id"), primary_key=True)
    no = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(10))
    boss_no = Column(Integer)
    __table_args__ = (ForeignKeyConstraint(["org", "boss_no"], ["person.org", "person.no"]),)
    company = relationship(Org, back_populates="people")
    boss = relationship("Person", remote_side=[org, no], back_populates="staff", overlaps="company,people")
    staff = relationship("Person", back_populates="boss", overlaps="company,people", order_by=no)
    flights = relationship("Flight", secondary=crew, back_populates="crew", order_by="Flight.no")
    led = relationship("Flight", secondary=lambda: crew, viewonly=True, order_by="Flight.no",
                       secondaryjoin=lambda: and_(Flight.org == crew.c.org, Flight.no == crew.c.flight_no, crew.c.chief))
    mates = relationship("Person", viewonly=True, uselist=True, order_by="Person.no", primaryjoin=lambda: and_(
        foreign(remote(Person.__table__.c.org)) == Person.__table__.c.org,
        func.abs(remote(Person.__table__.c.no)) != Person.__table__.c.no))


class Flight(Base):
    __tablename__ = "flight"
    org = Column(Integer, primary_key=True)
    no = Column(Integer, primary_key=True, autoincrement=False)
    dest = Column(String(10))
    crew = relationship(Person, secondary=crew, back_populates="flights", order_by=Person.no)
    chiefs = relationship(
        Person, secondary="crew", viewonly=True,
        secondaryjoin="and_(Person.org == crew.c.org, Person.no == crew.c.person_no, crew.c.chief == True)")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def names(xs):
    return [x.name for x in xs]


step("keys")
for r in sorted(sa.inspect(Person).relationships, key=lambda r: r.key):
    say(r.key, r.direction.name, r.uselist, r.viewonly, [(str(a), str(b)) for a, b in r.local_remote_pairs])
say(sorted(str(c) for c in Person.led.property.remote_side), [str(c) for c in Person.boss.property.remote_side] != [])
say(Flight.crew.property.secondary.name, [(str(a), str(b)) for a, b in Flight.crew.property.synchronize_pairs])
say([(str(a), str(b)) for a, b in Flight.crew.property.secondary_synchronize_pairs])
step("write")
o = Org(id=1, name="air")
ann, bob, cid = [Person(no=i + 1, name=n) for i, n in enumerate(["ann", "bob", "cid"])]
o.people.extend([ann, bob, cid])
bob.boss = cid.boss = ann
f = Flight(org=1, no=7, dest="rom", crew=[ann, bob])
g = Flight(org=1, no=8, dest="oslo")
s.add_all([o, f, g])
s.flush()
cid.flights.append(g)
s.flush()
sql()
say(ann.staff == [bob, cid], bob.boss_no, cid.org, names(g.crew))
step("viewonly")
s.execute(crew.update().where(crew.c.person_no != 2).values(chief=True))
s.expire_all()
say([x.dest for x in ann.led], names(f.chiefs), names(g.chiefs), names(bob.mates), names(ann.mates))
sql()
f.chiefs.append(bob)
say(f in s.dirty, sa.inspect(f).attrs.chiefs.history, names(f.crew))
s.flush()
s.refresh(f)
say(names(f.chiefs))
sql()
step("queries")
say(s.scalars(select(Person.name).where(Person.led.any(Flight.dest == "rom"))).all())
say(s.scalars(select(Person.name).where(~Person.flights.contains(f)).order_by(Person.no)).all())
say(s.scalars(select(Flight.dest).where(Flight.chiefs.any(name="cid"))).all())
say(s.scalars(select(Person.name).where(Person.boss == ann).order_by(Person.no)).all())
say(s.scalars(select(Person.name).where(Person.boss == None)).all())  # noqa
say(s.scalars(select(Person.name).where(Person.boss != ann)).all())
say(s.scalars(select(Person.name).where(with_parent(f, Flight.crew)).order_by(Person.no)).all())
say(s.execute(select(Person.name, Flight.dest).join(Person.led).order_by(Flight.no)).all())
sql()
s.expunge_all()
step("eager")
for p in s.scalars(select(Person).order_by(Person.no).options(joinedload(Person.led), selectinload(Person.staff),
                                                             selectinload(Person.flights))).unique():
    say(p.name, [x.dest for x in p.led], names(p.staff), [x.dest for x in p.flights])
sql()
step("change")
ann, bob, cid = s.scalars(select(Person).order_by(Person.no)).all()
forget()
cid.boss = bob
bob.flights = [s.get(Flight, (1, 8))]
say(sa.inspect(ann).attrs.staff.history, sa.inspect(bob).attrs.flights.history)
s.flush()
sql()
cid.boss = None
refused(s.flush)
s.rollback()
