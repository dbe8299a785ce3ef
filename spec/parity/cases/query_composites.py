"""Composites, synonyms, hybrids and column properties where a query can name them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, aliased, column_property, declarative_base, relationship, selectinload, synonym, load_only, defer, undefer

Base = declarative_base()


class Trip(Base):
    __tablename__ = "trips"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    km = Column(Integer)
    hours = Column(Integer)
    driver_id = Column(ForeignKey("drivers.id"))
    label = synonym("title")
    driver = relationship("Driver", back_populates="trips")


class Driver(Base):
    __tablename__ = "drivers"
    id = Column(Integer, primary_key=True)
    first = Column(String(30))
    last = Column(String(30))
    full = column_property(first + " " + last)
    trips = relationship("Trip", back_populates="driver", order_by="Trip.id")
    total = column_property(select(func.sum(Trip.km)).where(Trip.driver_id == id).scalar_subquery(), deferred=True)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Driver(id=1, first="ann", last="lee", trips=[Trip(id=1, title="t1", km=100, hours=2), Trip(id=2,
        title="t2", km=50, hours=1)]),
               Driver(id=2, first="bob", last="ray", trips=[Trip(id=3, title="t3", km=70, hours=7)]), Driver(id=3,
                   first="cid", last="fox")])
    s.commit()
forget()
s = Session(e)


def rows(stmt):
    say(s.execute(stmt).all())


step("synonyms")
rows(select(Trip.label, Trip.title).order_by(Trip.label))
say([t.label for t in s.scalars(select(Trip).where(Trip.label == "t2"))])
say([t.id for t in s.scalars(select(Trip).filter_by(label="t3"))])
two = aliased(Trip, name="two")
rows(select(two.label).where(two.label.like("t%")).order_by(two.label.desc()))
trip = s.get(Trip, 1)
trip.label = "changed"
s.flush()
say(trip.title)
s.rollback()
step("column properties")
rows(select(Driver.full, func.length(Driver.full)).where(Driver.full != "cid fox").order_by(Driver.full.desc()))
rows(select(Driver.id, Driver.total).order_by(Driver.id))
rows(select(Driver.full.label("who"), func.sum(Trip.km)).join(Driver.trips).group_by(Driver.full).order_by("who"))
drivers = s.scalars(select(Driver).options(undefer(Driver.total), defer(Driver.full)).order_by(Driver.id)).all()
say([d.total for d in drivers])
say([d.full for d in drivers])
d2 = aliased(Driver, name="d2")
rows(select(d2.full, d2.total).where(d2.total > 100))
rows(select(Trip.title, Driver.full).join(Trip.driver).order_by(Trip.id))
sub = select(Driver.id, Driver.full, Driver.total).subquery("sub")
rows(select(sub.c.full, sub.c.total).order_by(sub.c.id))
fromsub = aliased(Driver, select(Driver).where(Driver.id < 3).subquery("fs"))
rows(select(fromsub.full).order_by(fromsub.id))
say([d.full for d in s.scalars(select(fromsub).order_by(fromsub.id))])
step("ordering by labels")
rows(select(Trip.title, (Trip.km + Trip.hours).label("sum")).order_by(sa.desc("sum")))
rows(select((Trip.km + Trip.hours).label("sum"), func.count()).group_by("sum").having((Trip.km + Trip.hours) > 60)
    .order_by("sum"))
kind = case((Trip.km >= 70, "long"), else_="short").label("kind")
rows(select(kind, func.count(), func.min(Trip.id)).group_by(kind).order_by(kind))
step("load_only with them")
one = s.scalars(select(Driver).options(load_only(Driver.first)).where(Driver.id == 1)
    .execution_options(populate_existing=True)).one()
say(sorted(sa.inspect(one).unloaded))
say(one.full, one.total)
step("writing to what cannot be written")
d = s.get(Driver, 2)
d.full = "local"
say(d.full, sa.inspect(d).modified)
s.flush()
s.expire(d)
say(d.full)
step("end")
