"""Shards of one database: each has tables of its own by a prefix, ids come from one generator."""
import datetime

from parity import *
from sqlalchemy import (Column, DateTime, Float, ForeignKey, Integer, String, Table, event, func, inspect, insert,
                        select, update)
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import declarative_base, joinedload, relationship, selectinload, sessionmaker

main = engine(poolclass=sa.StaticPool)
Base = declarative_base()
ids = Table("ids", Base.metadata, Column("nextid", Integer, nullable=False))


def id_generator(ctx):
    with main.begin() as conn:
        n = conn.scalar(ids.select().with_for_update())
        conn.execute(ids.update().values({ids.c.nextid: ids.c.nextid + 1}))
    return n


class Weather(Base):
    __tablename__ = "_prefix__weather_locations"
    id = Column(Integer, primary_key=True, default=id_generator)
    continent = Column(String(30), nullable=False)
    city = Column(String(50), nullable=False)
    reports = relationship("Report", back_populates="location", order_by="Report.id")


class Report(Base):
    __tablename__ = "_prefix__weather_reports"
    id = Column(Integer, primary_key=True, default=id_generator)
    location_id = Column("location_id", Integer, ForeignKey("_prefix__weather_locations.id"))
    temperature = Column("temperature", Float)
    report_time = Column("report_time", DateTime, default=datetime.datetime(2026, 1, 1))
    location = relationship("Weather", back_populates="reports")


shards = {name: main.execution_options(table_prefix=name) for name in ("north", "asia", "europe", "south")}
LOOKUP = {"North America": "north", "Asia": "asia", "Europe": "europe", "South America": "south"}


@event.listens_for(main, "before_cursor_execute", retval=True)
def before_cursor_execute(conn, cursor, statement, parameters, context, executemany):
    prefix = context.execution_options.get("table_prefix", None)
    if prefix:
        statement = statement.replace("_prefix_", prefix)
    return statement, parameters


def shard_chooser(mapper, instance, clause=None):
    if isinstance(instance, Weather):
        return LOOKUP[instance.continent]
    return shard_chooser(mapper, instance.location)


def identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments, **kw):
    return [lazy_loaded_from.identity_token] if lazy_loaded_from else ["north", "asia", "europe", "south"]


def execute_chooser(context):
    if context.is_select and context.lazy_loaded_from:
        return [context.lazy_loaded_from.identity_token]
    return context.execution_options.get("continents", ["north", "asia", "europe", "south"])


Maker = sessionmaker(class_=ShardedSession, shards=shards, shard_chooser=shard_chooser, expire_on_commit=False,
                     identity_chooser=identity_chooser, execute_chooser=execute_chooser)
step("tables")
ids.create(main)
for name in sorted(shards):
    for t in Base.metadata.sorted_tables:
        if t is not ids:
            t.create(shards[name])
with main.begin() as c:
    c.execute(ids.insert(), {"nextid": 1})
step("write")
tokyo, york, london, dublin, quito = (Weather(continent=c, city=n) for c, n in (
    ("Asia", "Tokyo"), ("North America", "New York"), ("Europe", "London"), ("Europe", "Dublin"),
    ("South America", "Quito")))
tokyo.reports.append(Report(temperature=80.0))
york.reports.append(Report(temperature=75))
quito.reports.append(Report(temperature=85.5))
with Maker() as s:
    s.add_all([tokyo, york, london, dublin, quito])
    s.commit()
    say([inspect(x).identity_token for x in (tokyo, york, london, dublin, quito)])
    say([x.id for x in (tokyo, york, london, dublin, quito)])
step("read")
with Maker() as s:
    t = s.get(Weather, tokyo.id)
    say(t.city, t.reports[0].temperature, inspect(t.reports[0]).key[2])
    step("some")
    got = s.scalars(select(Weather).where(Weather.continent.in_(["Europe", "Asia"]))
                    .execution_options(continents=["europe", "asia"])).all()
    say(sorted(x.city for x in got))
    step("all")
    hot = s.scalars(select(Report).join(Report.location).where(Report.temperature > 76)
                    .options(joinedload(Report.location))).all()
    say(sorted(r.location.city for r in hot), sorted({inspect(r).identity_token for r in hot}))
    say(sorted(s.scalars(select(func.count(Weather.id)))))
    step("one, named")
    say(s.scalars(select(Weather.city).options(set_shard_id("europe")).order_by(Weather.city)).all())
    step("update everywhere")
    s.execute(update(Report).values(temperature=Report.temperature - 10))
    say(sorted(r.temperature for r in hot), sorted(s.scalars(select(Report.temperature))))
    step("bulk insert into one")
    s.execute(insert(Weather).values(id=99, continent="Europe", city="Paris"), bind_arguments={"shard_id": "europe"})
    s.commit()
    say(s.scalars(select(func.count()).select_from(Weather), execution_options={"continents": ["europe"]}).all())
    step("load them all with reports")
    for x in sorted(s.scalars(select(Weather).options(selectinload(Weather.reports))).unique(), key=lambda x: x.id):
        say(x.id, x.city, inspect(x).identity_token, [r.temperature for r in x.reports])
    step("move is not possible, delete is")
    london = s.scalars(select(Weather).where(Weather.city == "London")).one()
    s.delete(london)
    s.refresh(s.scalars(select(Weather).where(Weather.city == "Paris")).one())
    s.commit()
    say(sorted(s.scalars(select(Weather.city).options(set_shard_id("europe")))))
sql()
