"""Horizontal sharding over two databases: where objects are written, found, loaded from and changed."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, inspect, select, update
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import declarative_base, relationship, selectinload, sessionmaker

Base = declarative_base()


class City(Base):
    __tablename__ = "city"
    id = Column(Integer, primary_key=True)
    continent = Column(String(20))
    name = Column(String(20))
    reports = relationship("Report", back_populates="city", order_by="Report.id", cascade="all, delete-orphan")


class Report(Base):
    __tablename__ = "report"
    id = Column(Integer, primary_key=True)
    city_id = Column(ForeignKey("city.id"))
    degrees = Column(Integer)
    city = relationship("City", back_populates="reports")


east, west = engine(), engine("sqlite://")
for db in (east, west):
    Base.metadata.create_all(db)
forget()
asked = []
SHARD = {"asia": "east", "america": "west"}


def shard_chooser(mapper, instance, clause=None):
    asked.append("shard %s %s" % (mapper.class_.__name__, instance is not None))
    if isinstance(instance, City):
        return SHARD[instance.continent]
    if isinstance(instance, Report):
        return shard_chooser(mapper, instance.city)
    return "east"


def identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments, **kw):
    asked.append("identity %s %s %s" % (mapper.class_.__name__, list(primary_key), lazy_loaded_from is not None))
    if lazy_loaded_from:
        return [lazy_loaded_from.identity_token]
    return ["east", "west"]


def execute_chooser(context):
    asked.append("execute %s %s" % (context.is_select, context.is_select and context.lazy_loaded_from is not None))
    if context.is_select and context.lazy_loaded_from is not None:
        return [context.lazy_loaded_from.identity_token]
    shard = context.execution_options.get("only")
    return [shard] if shard else ["east", "west"]


def told():
    for line in asked:
        say("  ?", line)
    asked.clear()


Maker = sessionmaker(class_=ShardedSession, shards={"east": east, "west": west}, shard_chooser=shard_chooser,
                     identity_chooser=identity_chooser, execute_chooser=execute_chooser)
s = Maker()
step("write")
s.add_all([City(continent="asia", name="tokyo", reports=[Report(degrees=30)]),
           City(continent="america", name="lima", reports=[Report(degrees=20), Report(degrees=25)]),
           City(continent="asia", name="delhi")])
s.commit()
told()
step("read")
cities = sorted(s.scalars(select(City).order_by(City.name)), key=lambda c: c.name)
for c in cities:
    say(c.name, c.id, inspect(c).identity_token, list(inspect(c).identity_key[1]), inspect(c).identity_key[2])
told()
step("lazy load")
s.expunge_all()
lima = s.scalars(select(City).where(City.name == "lima")).one()
say([r.degrees for r in lima.reports], inspect(lima.reports[0]).identity_token)
told()
say(lima.reports[0].city is lima)
told()
step("get")
s.expunge_all()
error(lambda: s.get(City, 1))
say(s.get(City, 2).name)
say(s.get(City, 1, identity_token="west").name)
say(s.get(City, 99))
told()
step("the same identity twice")
s.expunge_all()
ones = s.scalars(select(City).where(City.id == 1)).all()
say(sorted(c.name for c in ones), len(s.identity_map))
told()
step("eager load")
s.expunge_all()
for c in sorted(s.scalars(select(City).options(selectinload(City.reports))), key=lambda c: c.name):
    say(c.name, [r.degrees for r in c.reports])
told()
step("one shard only")
say(sorted(s.scalars(select(City.name).options(set_shard_id("west")))))
say(sorted(s.scalars(select(City.name), execution_options={"only": "east"})))
say(sorted(s.scalars(select(City.name), bind_arguments={"shard_id": "west"})))
told()
step("change and delete")
lima = s.scalars(select(City).where(City.name == "lima")).one()
lima.name = "cusco"
s.flush()
told()
r = s.execute(update(City).where(City.id == 1).values(name=City.name + "!"))
say(r.rowcount, lima.name)
told()
s.delete(lima)
s.commit()
told()
r = s.execute(delete(City).where(City.name == "delhi"))
say(r.rowcount)
s.commit()
say(s.scalars(select(City.name)).all())
told()
step("a chosen shard that is unknown")
s.add(City(continent="asia", name="x"))
SHARD["asia"] = "nowhere"
try:
    s.flush()
except Exception:
    say("refused")
s.rollback()
asked.clear()
s.refresh(s.scalars(select(City)).first())
told()
s.close()
sql()
