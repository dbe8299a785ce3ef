"""expire and refresh: parts, relationships, pending changes, locks, objects gone, enable_relationship_loading."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, lazyload, relationship

Base = declarative_base()


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    size = Column(Integer)
    streets = relationship("Street", back_populates="city", order_by="Street.id", cascade="all")
    mayor = relationship("Mayor", uselist=False, back_populates="city", lazy="joined")


class Mayor(Base):
    __tablename__ = "mayor"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    city_id = Column(ForeignKey("city.id"))
    city = relationship(City, back_populates="mayor")


class Street(Base):
    __tablename__ = "street"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    city_id = Column(ForeignKey("city.id"))
    city = relationship(City, back_populates="streets")


db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    s.add(City(id=1, name="A", size=1, streets=[Street(id=1, name="s1"), Street(id=2, name="s2")],
               mayor=Mayor(id=1, name="may")))
event.listen(City, "refresh", lambda o, c, a: say("refresh", sorted(a) if a else a))
event.listen(City, "expire", lambda o, a: say("expire", sorted(a) if a else a))
event.listen(City, "load", lambda o, c: say("load"))
session = Session(db)


def behind(sql_text):
    session.connection().execute(text(sql_text))
    forget()


step("get")
forget()
city = session.get(City, 1)
say(city.name, city.mayor.name, len(city.streets))
sql()

step("expire all of one")
session.expire(city)
say(sorted(k for k in inspect(city).dict if k != "_sa_instance_state"), sorted(inspect(city).expired_attributes))
say(city.size)
sql()
say(sorted(k for k in inspect(city).dict if k != "_sa_instance_state"))

step("expire a part")
city.size = 5
session.expire(city, ["name", "mayor"])
say(inspect(city).modified, sorted(inspect(city).expired_attributes), city.mayor.name)
sql()
say(city.name, city.size)
sql()

step("expire loses changes")
session.expire(city, ["size"])
say(inspect(city).modified, city.size, city in session.dirty)
sql()

step("refresh")
behind("update city set size = 77, name = 'B' where id = 1")
say(city.size, city.name)
session.refresh(city)
sql()
say(city.size, city.name, "streets" in inspect(city).unloaded)
city.name = "unsaved"
session.refresh(city, ["size"])
sql()
say(city.name, city in session.dirty)
session.refresh(city, attribute_names=["streets"])
sql()
session.refresh(city, ["name"], with_for_update=True)
sql()
say(city.name)

step("refresh flushes first")
city.streets[0].name = "pending change"
city.size = 6
session.refresh(city)
sql()
say(city.size, city.streets[0].name)
city.size = 7
with session.no_autoflush:
    session.refresh(city)
sql()
say(city.size)

step("the row is gone")
other = City(id=2, name="gone")
session.add(other)
session.flush()
behind("delete from city where id = 2")
error(lambda: session.refresh(other))
session.expire(other)
error(lambda: other.name)
say(other in session, inspect(other).persistent)
other.name = "written"
error(session.flush)
session.rollback()
say(other in session)

step("wrong calls")
pending = City(id=3)
session.add(pending)
error(lambda: session.expire(pending))
session.expunge(pending)
error(lambda: session.refresh(City(id=1)))
error(lambda: session.expire(City(id=1)))
error(lambda: session.refresh(city, []))
error(lambda: session.refresh(42))

step("cascade of refresh and expire")
say(city.streets[0].name, city.mayor.name)
session.expire(city)
say(sorted(inspect(city.streets[1]).expired_attributes))
street = city.streets[0]
street.name = "x"
session.expire(city)
say(sorted(inspect(street).expired_attributes), inspect(street).modified)
forget()
session.refresh(city)
sql()
say(street.name)
sql()

step("expire_all and populate_existing")
city.name = "lost"
session.expire_all()
say(list(session.dirty), city.name)
city.name = "kept?"
with session.no_autoflush:
    say(session.scalars(select(City)).unique().one().name)
    say(session.scalars(select(City).execution_options(populate_existing=True)).unique().one().name)
    city.name = "k"
    say(session.get(City, 1, populate_existing=True).name, session.get(City, 1, options=[lazyload("*")]).name)
session.rollback()

step("autoflush off")
with Session(db, autoflush=False) as s:
    c = s.get(City, 1)
    c.name = "Z"
    say(s.scalars(select(City.name)).all(), s.scalar(select(City.id).where(City.name == "Z").execution_options(autoflush=True)))
    s.flush()
    say(s.scalars(select(City.name)).all())

step("enable_relationship_loading")
lone = Street(city_id=1)
say(lone.city)
session.enable_relationship_loading(lone)
lone = Street(city_id=1)
session.enable_relationship_loading(lone)
say(lone.city.name, inspect(lone).pending, lone in session, lone in session.new)
session.rollback()
