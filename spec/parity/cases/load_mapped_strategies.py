"""The strategies as mapped, one class each, and how options override them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy import orm
from sqlalchemy.orm import Session, declarative_base, defaultload, relationship

Base = declarative_base()


class Home(Base):
    __tablename__ = "homes"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    by_select = relationship("Room", order_by="Room.id", lazy="select", viewonly=True)
    by_selectin = relationship("Room", order_by="Room.id", lazy="selectin", viewonly=True)
    by_raise = relationship("Room", order_by="Room.id", lazy="raise", viewonly=True)
    by_raise_sql = relationship("Room", order_by="Room.id", lazy="raise_on_sql", viewonly=True)
    by_write = relationship("Room", lazy="write_only", overlaps="home")


class Room(Base):
    __tablename__ = "rooms"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    home_id = Column(ForeignKey("homes.id"))
    home = relationship("Home", lazy="raise_on_sql", overlaps="by_write")


class Street(Base):
    __tablename__ = "streets"
    id = Column(Integer, primary_key=True)
    lamps = relationship("Lamp", lazy="joined", order_by="Lamp.id", back_populates="street")


class Lamp(Base):
    __tablename__ = "lamps"
    id = Column(Integer, primary_key=True)
    watts = Column(Integer)
    street_id = Column(ForeignKey("streets.id"))
    street = relationship("Street", lazy="immediate", back_populates="lamps")


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    jars = relationship("Jar", lazy="subquery", order_by="Jar.id")
    lids = relationship("Lid", lazy="dynamic", order_by="Lid.id")


class Jar(Base):
    __tablename__ = "jars"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))


class Lid(Base):
    __tablename__ = "lids"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Home(id=1, name="h1"), Home(id=2, name="h2"), Street(id=1, lamps=[Lamp(id=1, watts=5), Lamp(id=2,
        watts=7)]), Street(id=2),
               Shelf(id=1, jars=[Jar(id=1), Jar(id=2)]), Shelf(id=2)])
    s.flush()
    s.add_all([Room(id=1, name="r1", home_id=1), Room(id=2, name="r2", home_id=1), Room(id=3, name="r3", home_id=2),
        Lid(id=1, shelf_id=1)])
    s.commit()
forget()

step("a mapped mixture")
with Session(e) as s:
    homes = s.scalars(select(Home).order_by(Home.id)).all()
    say([sorted(inspect(h).unloaded) for h in homes])
    say([r.name for r in homes[0].by_select], [r.name for r in homes[0].by_selectin])
    error(lambda: homes[0].by_raise)
    error(lambda: homes[0].by_raise_sql)
    step("many to one that raises on sql only")
    room = s.get(Room, 1)
    say(room.home.name)
with Session(e) as s:
    room = s.get(Room, 1)
    error(lambda: room.home)
    say(sorted(inspect(room).unloaded))
step("overridden")
with Session(e) as s:
    home = s.scalars(select(Home).options(orm.selectinload(Home.by_raise), orm.lazyload(Home.by_selectin),
        orm.noload(Home.by_select)).where(Home.id == 1)).one()
    say(sorted(inspect(home).unloaded), [r.name for r in home.by_raise], home.by_select)
    say([r.name for r in home.by_selectin])
step("lazyload of everything")
with Session(e) as s:
    street = s.scalars(select(Street).options(orm.lazyload("*")).where(Street.id == 1)).one()
    say(sorted(inspect(street).unloaded))
    say([l.watts for l in street.lamps], sorted(inspect(street.lamps[0]).unloaded))
step("joined as mapped, immediate back")
with Session(e) as s:
    streets = s.scalars(select(Street).order_by(Street.id)).unique().all()
    say([[l.watts for l in x.lamps] for x in streets])
    error(lambda: s.scalars(select(Street)).all())
with Session(e) as s:
    lamps = s.scalars(select(Lamp).order_by(Lamp.id)).all()
    say([sorted(inspect(l).unloaded) for l in lamps], [len(l.street.lamps) for l in lamps])
step("get with joined")
with Session(e) as s:
    street = s.get(Street, 1)
    say(len(street.lamps))
    s.expire(street)
    say(len(street.lamps))
step("subquery as mapped, twice")
with Session(e) as s:
    shelves = s.scalars(select(Shelf).where(Shelf.id > 0).order_by(Shelf.id.desc())).all()
    say([[j.id for j in x.jars] for x in shelves])
    shelf = s.get(Shelf, 1)
    say([l.id for l in shelf.lids], shelf.lids.count(), shelf.lids.filter(Lid.id > 1).all())
with Session(e) as s:
    shelf = s.get(Shelf, 1)
    say([j.id for j in shelf.jars])
step("write only")
with Session(e) as s:
    home = s.scalars(select(Home).options(orm.lazyload("*")).where(Home.id == 1)).one()
    say([r.name for r in s.scalars(home.by_write.select().order_by(Room.id.desc()))])
    home.by_write.add(Room(id=9, name="r9"))
    home.by_write.remove(s.get(Room, 1))
    s.flush()
    say(s.scalars(home.by_write.select().with_only_columns(Room.name).order_by(Room.id)).all())
step("options that cannot be")
with Session(e) as s:
    error(lambda: s.scalars(select(Home).options(orm.selectinload(Home.by_write))).all())
    error(lambda: s.scalars(select(Shelf).options(orm.joinedload(Shelf.lids))).unique().all())
    error(lambda: relationship("Room", lazy="nonsense") and Home)
step("end")
