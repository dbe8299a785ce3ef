"""Relationships, a network of stations: self-referential trees and graphs, several foreign keys to one table,
composite foreign keys, custom primaryjoin and secondaryjoin, viewonly, post_update, passive_deletes, and bad
configurations."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


link = Table("links", Base.metadata, Column("a_id", ForeignKey("stations.id"), primary_key=True),
             Column("b_id", ForeignKey("stations.id"), primary_key=True))


class Region(Base):
    __tablename__ = "regions"
    country = mapped_column(String(2), primary_key=True)
    no = mapped_column(Integer, primary_key=True)
    capital_id = mapped_column(ForeignKey("stations.id", name="fk_capital", use_alter=True))
    stations = relationship("Station", back_populates="region", foreign_keys="[Station.country, Station.region_no]")
    capital = relationship("Station", foreign_keys=capital_id, post_update=True)


class Station(Base):
    __tablename__ = "stations"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    country = mapped_column(String(2))
    region_no = mapped_column(Integer)
    parent_id = mapped_column(ForeignKey("stations.id"))
    __table_args__ = (ForeignKeyConstraint(["country", "region_no"], ["regions.country", "regions.no"]),)
    region = relationship(Region, back_populates="stations", foreign_keys=[country, region_no])
    parent = relationship("Station", back_populates="children", remote_side=[id], foreign_keys=[parent_id])
    children = relationship("Station", back_populates="parent", order_by="Station.id", foreign_keys=[parent_id])
    next = relationship("Station", secondary=link, primaryjoin=id == link.c.a_id, secondaryjoin=id == link.c.b_id,
                        back_populates="previous", order_by="Station.id")
    previous = relationship("Station", secondary=link, primaryjoin=id == link.c.b_id, secondaryjoin=id == link.c.a_id,
                            back_populates="next", order_by="Station.id")
    departures = relationship("Trip", foreign_keys="Trip.from_id", back_populates="origin", passive_deletes=True,
                              cascade="all, delete-orphan")
    arrivals = relationship("Trip", foreign_keys="Trip.to_id", back_populates="target")
    long_trips = relationship("Trip", primaryjoin="and_(Station.id == Trip.from_id, Trip.km > 100)", viewonly=True,
                              order_by="Trip.km")
    goals = relationship("Station", secondary="trips", primaryjoin="Station.id == Trip.from_id",
                         secondaryjoin="Station.id == Trip.to_id", viewonly=True, order_by="Station.name")


class Trip(Base):
    __tablename__ = "trips"
    id = mapped_column(Integer, primary_key=True)
    from_id = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    to_id = mapped_column(ForeignKey("stations.id"))
    km = mapped_column(Integer)
    origin = relationship(Station, foreign_keys=[from_id], back_populates="departures")
    target = relationship(Station, foreign_keys=[to_id], back_populates="arrivals")


def names(xs):
    return [x.name for x in xs]


e = engine()
if e.dialect.name == "sqlite":
    event.listen(e, "connect", lambda conn, record: conn.execute("PRAGMA foreign_keys = ON"))
Base.metadata.create_all(e)
forget()
s = Session(e)
step("save")
north = Region(country="de", no=1)
hub, east, west = Station(id=1, name="hub"), Station(id=2, name="east"), Station(id=3, name="west")
north.stations = [hub, east]
west.region = north
north.capital = hub
hub.children.append(east)
west.parent = east
hub.next = [east, west]
s.add(north)
s.flush()
west.previous.append(east)
s.add_all([Trip(id=1, origin=hub, target=east, km=50), Trip(id=2, origin=hub, target=west, km=150)])
say(names(east.next), names(west.previous), names(hub.previous), east.parent.name, names(east.children))
s.commit()
sql()
step("read")
say(hub.country, hub.region_no, names(hub.children), west.parent.parent.name, names(hub.goals),
    [t.km for t in hub.long_trips])
say(sorted(names(north.stations)), north.capital.name, names(west.previous))
sql()
step("viewonly")
hub.long_trips.append(Trip(id=9, km=999))
say(len(s.new), s.is_modified(hub), len(hub.departures))
s.flush()
s.refresh(hub, ["long_trips"])
say(len(hub.long_trips))
sql()
step("natural key changes")
west.region = Region(country="fr", no=7)
s.commit()
sql()
say(west.country, west.region_no, s.get(Region, ("fr", 7)) is west.region, len(north.stations))
step("self join")
child = aliased(Station)
say(s.execute(select(Station.name, child.name).join(Station.children.of_type(child)).order_by(Station.id)).all())
say(s.scalars(select(Station.name).where(~Station.children.any()).order_by(Station.id)).all())
say(s.scalars(select(Station.name).where(Station.parent.has(name="hub"))).all())
say(s.scalars(select(Station.name).where(Station.next.contains(west)).order_by(Station.id)).all())
say(s.scalars(select(Station.name).where(Station.parent == hub)).all(), s.scalars(select(Station.name).where(
    Station.parent == None)).all(), s.scalars(select(Station.name).where(with_parent(hub, Station.next))).all())
sql()
step("capital and cycle")
north.capital = east
s.flush()
sql()
s.delete(west.region)
west.region = None
s.flush()
sql()
step("delete hub")
s.commit()
s.refresh(north)
hub.children.clear()
hub.arrivals.clear()
hub.next.clear()
say(names(hub.previous), inspect(east).attrs.parent.history)
forget()
s.delete(hub)
s.commit()
sql()
say(s.scalars(select(Trip.id)).all(), s.scalars(select(Station.name).order_by(Station.id)).all(), east.parent)
s.close()
step("bad configurations")


def bad(**options):
    class B(DeclarativeBase):
        pass

    class P(B):
        __tablename__ = "p"
        id = mapped_column(Integer, primary_key=True)
        kids = relationship("C", **options)

    class C(B):
        __tablename__ = "c"
        id = mapped_column(Integer, primary_key=True)
        p_id = mapped_column(ForeignKey("p.id"))
        q_id = mapped_column(ForeignKey("p.id"))
        p = relationship("P", foreign_keys=[p_id])
    B.registry.configure()


error(lambda: bad())
refused(lambda: bad(foreign_keys="C.zip"))
error(lambda: bad(foreign_keys="C.p_id", back_populates="parent"))
error(lambda: bad(primaryjoin="P.id > C.id"))
error(lambda: bad(foreign_keys="C.p_id", cascade="al"))
error(lambda: bad(foreign_keys="C.p_id", lazy="eager"))
error(lambda: bad(secondary="nothing"))
error(lambda: bad(foreign_keys="C.p_id"))
