"""What is loaded below what was joined: relationships of subclasses, unions, what populate_existing meets again."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.orm import (
    Session, aliased, column_property, contains_eager, declarative_base, deferred, joinedload, load_only, query_expression,
    relationship, selectinload, subqueryload, undefer_group, with_expression,
    with_polymorphic,
)
from sqlalchemy.orm.attributes import NEVER_SET, NO_VALUE

Base = declarative_base()


class Yard(Base):
    __tablename__ = "yards"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    boats = relationship("Boat", back_populates="yard", order_by="Boat.id")


class Boat(Base):
    __tablename__ = "boats"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    length = Column(Integer)
    width = Column(Integer)
    colour = deferred(Column(String(10)), group="looks")
    area = column_property(length * width)
    note = query_expression()
    yard_id = Column(ForeignKey("yards.id"))
    yard = relationship("Yard", back_populates="boats")
    logs = relationship("Log", lazy="selectin", order_by="Log.id", back_populates="boat")
    __mapper_args__ = dict(polymorphic_on="kind", polymorphic_identity="boat")


class Sailer(Boat):
    __tablename__ = "sailers"
    id = Column(ForeignKey("boats.id"), primary_key=True)
    sails = relationship("Sail", lazy="selectin", order_by="Sail.id")
    __mapper_args__ = dict(polymorphic_identity="sailer")


class Sail(Base):
    __tablename__ = "sails"
    id = Column(Integer, primary_key=True)
    sailer_id = Column(ForeignKey("sailers.id"))
    sailer = relationship("Sailer", overlaps="sails", lazy="selectin")


class Log(Base):
    __tablename__ = "logs"
    id = Column(Integer, primary_key=True)
    boat_id = Column(ForeignKey("boats.id"))
    boat = relationship("Boat", back_populates="logs")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Yard(id=1, name="north"))
    s.flush()
    s.add_all([Boat(id=1, length=3, width=2, yard_id=1, logs=[Log(id=1)]),
               Sailer(id=2, length=5, width=2, yard_id=1, sails=[Sail(id=1), Sail(id=2)], logs=[Log(id=2)])])
    s.commit()
forget()


def unloaded(*objects):
    say(*[sorted(inspect(o).unloaded) for o in objects])


for title, option, wanted in (
    ("contains_eager", contains_eager(Yard.boats), True),
    ("joinedload", joinedload(Yard.boats), False),
    ("selectinload", selectinload(Yard.boats), False),
):
    step("relationships of a subclass below " + title)
    with Session(e) as s:
        q = select(Yard).options(option)
        if wanted:
            q = q.join(Yard.boats).order_by(Boat.id)
        yard = s.scalars(q).unique().one()
        unloaded(yard, *yard.boats)
        sql()

step("a circle that begins at a subclass")
with Session(e) as s:
    for boat in s.scalars(select(with_polymorphic(Boat, "*")).order_by("id")):
        unloaded(boat)
    for sail in s.scalars(select(Sail).order_by(Sail.id)):
        unloaded(sail, sail.sailer)
    sql()

step("a group of two entities")
s = Session(e)
a = aliased(Boat)
error(lambda: s.execute(select(Boat, a).options(undefer_group("looks"))).all())
error(lambda: s.execute(select(Boat.id).options(undefer_group("looks"))).all())
s.close()
forget()
with Session(e) as s:
    unloaded(s.scalars(select(Boat).options(undefer_group("looks")).order_by(Boat.id)).first())

step("expressions of an alias in rows")
say(s.execute(select(a.area, a.id).order_by(a.id)).keys(), s.execute(select(Boat.area, a.area).where(Boat.id == a.id)).keys())
say(s.execute(select(a.area, func.count(a.id)).group_by(a.area).order_by(a.area)).mappings().all())
say(s.query(a.area).filter(a.id == 2).one().area)
s.close()

step("a Query without eager loading")
s = Session(e)
q = s.query(Boat).options(load_only(Boat.length), with_expression(Boat.note, Boat.id + 1)).filter(Boat.id == 1)
unloaded(q.enable_eagerloads(False).one())
s.close()
unloaded(q.one())
s.close()

step("subqueryload below a union")
s = Session(e)
q = s.query(Log).union(s.query(Log).filter(Log.id == 1)).order_by(Log.id)
for log in q.options(subqueryload(Log.boat)):
    unloaded(log, log.boat)
s.close()
step("the same, one of them")
for log in q.limit(1).options(subqueryload(Log.boat).subqueryload(Boat.yard)):
    unloaded(log, log.boat)
s.close()

step("subqueryload of what a subclass inherits")
for sail in s.scalars(select(Sail).order_by(Sail.id).options(joinedload(Sail.sailer).subqueryload(Sailer.logs))).unique():
    unloaded(sail, sail.sailer)
s.close()

step("populate_existing comes back to an object")
boat, log = s.get(Boat, 1), s.get(Log, 1)
again = dict(populate_existing=True)
s.scalars(select(Boat).where(Boat.id == 1).options(selectinload(Boat.logs).selectinload(Log.boat)), execution_options=again).all()
unloaded(boat, log)
s.scalars(select(Log).where(Log.id == 1).options(selectinload(Log.boat)), execution_options=again).all()
unloaded(boat, log)
s.scalars(select(Boat).where(Boat.id == 1).options(joinedload(Boat.logs).selectinload(Log.boat)), execution_options=again).unique().all()
unloaded(boat, log)
sailer = s.get(Boat, 2)
say(len(sailer.sails))
s.scalars(select(Boat).where(Boat.id == 2), execution_options=again).all()
unloaded(sailer)
s.close()
sql()
say(NEVER_SET is NO_VALUE)
e.dispose()
