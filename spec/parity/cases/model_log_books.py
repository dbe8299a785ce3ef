"""write_only and dynamic collections: statements, writes, cascades, histories and what is refused."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, inspect, select
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()
watch = Table("watch", Base.metadata, Column("ship_id", ForeignKey("ship.id", ondelete="CASCADE"), primary_key=True),
              Column("sailor_id", ForeignKey("sailor.id"), primary_key=True))


class Ship(Base):
    __tablename__ = "ship"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    entries = relationship("Entry", lazy="write_only", back_populates="ship", order_by="Entry.day", cascade="all, delete-orphan",
                           passive_deletes=True)
    trips = relationship("Trip", lazy="dynamic", back_populates="ship", order_by="Trip.id", cascade="all, delete-orphan")
    crew = relationship("Sailor", secondary=watch, lazy="write_only", order_by="Sailor.id", passive_deletes=True)


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    day = Column(Integer)
    text = Column(String(20))
    ship_id = Column(ForeignKey("ship.id", ondelete="CASCADE"))
    ship = relationship(Ship, back_populates="entries")


class Trip(Base):
    __tablename__ = "trip"
    id = Column(Integer, primary_key=True)
    goal = Column(String(20))
    ship_id = Column(ForeignKey("ship.id"))
    ship = relationship(Ship, back_populates="trips")


class Sailor(Base):
    __tablename__ = "sailor"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
s = Session(e)
step("at birth")
ship = Ship(id=1, name="Gull", entries=[Entry(id=1, day=3, text="c"), Entry(id=2, day=1, text="a")], trips=[Trip(id=1, goal="Oslo")])
s.add(ship)
ann = Sailor(id=1, name="Ann")
ship.crew.add(ann)
say(ann in s, [o in s for o in ship.trips], ship.trips.all()[0].goal)
s.commit()
step("write_only statements")
say([x.text for x in s.scalars(ship.entries.select())])
say(s.scalar(ship.entries.select().with_only_columns(func.count(Entry.id)).order_by(None)))
say([x.text for x in s.scalars(ship.entries.select().where(Entry.day > 2).limit(5))])
say([x.name for x in s.scalars(ship.crew.select())])
step("write_only writes")
late = Entry(id=3, day=9, text="late")
ship.entries.add(late)
say(late.ship is ship, late in s, inspect(ship).attrs.entries.history.added, ship in s.dirty)
ship.entries.add_all([Entry(id=4, day=10, text="x"), Entry(id=5, day=11, text="y")])
s.flush()
sql()
ship.entries.remove(late)
say(late.ship)
s.flush()
sql()
say(inspect(late).deleted or inspect(late).detached)
s.execute(ship.entries.insert(), [{"id": 6, "day": 20, "text": "bulk"}, {"id": 7, "day": 21, "text": "bulk"}])
say(s.execute(ship.entries.update().where(Entry.day > 10).values(text="u")).rowcount)
say(s.execute(ship.entries.delete().where(Entry.day == 21)).rowcount)
say([x.text for x in s.scalars(ship.entries.select())])
s.execute(Sailor.__table__.insert().values(id=2, name="Bob"))
ship.crew.add(s.get(Sailor, 2))
s.commit()
say([x.name for x in s.scalars(ship.crew.select())])
ship.crew.remove(ann)
s.commit()
step("write_only refuses")
refused(lambda: ship.entries[0])
error(lambda: setattr(ship, "entries", [Entry(id=8)]))
error(lambda: s.scalars(select(Ship).options(selectinload(Ship.entries))).all())
error(lambda: s.scalars(select(Ship).options(joinedload(Ship.trips))).unique().all())
s.rollback()
step("dynamic reads")
say([t.goal for t in ship.trips], ship.trips.count(), ship.trips.filter(Trip.goal == "Oslo").one().id, ship.trips.filter_by(goal="x").first())
say(ship.trips.order_by(None).order_by(Trip.goal).limit(1).all()[0].goal)
step("dynamic writes")
ship.trips.append(Trip(id=2, goal="Kiel"))
say(inspect(ship).attrs.trips.history.added)
say([t.goal for t in ship.trips])
ship.trips.extend([Trip(id=3, goal="Riga")])
ship.trips.remove(ship.trips.filter(Trip.id == 1).one())
s.flush()
sql()
say([t.goal for t in ship.trips], ship.trips[0].goal, [t.id for t in ship.trips[0:2]])
ship.trips = [s.get(Trip, 3), Trip(id=4, goal="Bonn")]
s.flush()
sql()
say([t.goal for t in ship.trips])
t = Trip(id=5, goal="back", ship=ship)
say([x.id for x in ship.trips])
step("expressions over them")
say(s.scalars(select(Ship.name).where(Ship.trips.any(Trip.goal == "Bonn"))).all())
say(s.scalars(select(Entry.id).join(Ship.entries).order_by(Entry.id)).all())
say(s.scalars(select(Ship.name).where(Ship.crew.any())).all())
step("delete the owner")
s.commit()
s.delete(ship)
s.commit()
say(s.scalar(select(func.count(Trip.id))), s.scalar(select(func.count(Sailor.id))))
step("a transient owner")
loose = Ship(name="loose")
error(lambda: loose.entries.select())
refused(lambda: loose.trips.filter(Trip.id == 1).all())
loose.trips.append(Trip(goal="z"))
say([x.goal for x in loose.trips])
sql()
