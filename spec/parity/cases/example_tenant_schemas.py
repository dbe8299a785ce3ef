"""One model in many schemas: schema_translate_map by engine, by connection and by session, and shards made of it."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select, text
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload, sessionmaker

Base = declarative_base()


class City(Base):
    __tablename__ = "cities"
    __table_args__ = {"schema": "tenant"}
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    continent = Column(String(10))
    reports = relationship("Report", back_populates="city", order_by="Report.id")


class Report(Base):
    __tablename__ = "reports"
    __table_args__ = {"schema": "tenant"}
    id = Column(Integer, primary_key=True)
    degrees = Column(Integer)
    city_id = Column(ForeignKey("tenant.cities.id"))
    city = relationship(City, back_populates="reports")


base = engine()
with base.connect() as conn:
    for name in ("north", "south"):
        conn.execute(text("create schema " + name if is_postgresql else "attach ':memory:' as " + name))
    conn.commit()
engines = {name: base.execution_options(schema_translate_map={"tenant": name}) for name in ("north", "south")}
step("tables")
for name in ("north", "south"):
    Base.metadata.create_all(engines[name], checkfirst=False)
sql()
say(sorted(inspect(base).get_table_names(schema="north")), inspect(base).get_table_names(),
    inspect(base).has_table("cities", schema="south"))
step("a session for each")
for name in ("north", "south"):
    with Session(engines[name]) as s:
        s.add(City(name=name + "burg", continent="x", reports=[Report(degrees=len(name))]))
        s.commit()
        say(s.scalars(select(City.name)).all(), s.scalars(select(Report)).one().city.name)
step("one session, options on the connection")
with Session(base) as s:
    s.connection(execution_options={"schema_translate_map": {"tenant": "south"}})
    say(s.scalars(select(City.name)).all())
    say(s.scalars(select(City).options(selectinload(City.reports))).one().reports[0].degrees)
error(lambda: Session(base).scalars(select(City)).all())
with base.connect() as conn:
    with conn.execution_options(schema_translate_map={"tenant": "north"}).begin() as tx:
        say(conn.execute(select(City.__table__)).all())
        say(conn.execute(City.__table__.update().values(name="nord")).rowcount)
    say(conn.execute(select(City.name), execution_options={"schema_translate_map": {"tenant": "north"}}).scalar())
say(select(City.id), str(select(City.id).compile(base, schema_translate_map={"tenant": "south"},
    render_schema_translate=True)))
step("shards of it")
log = []


def shard_of(mapper, instance, clause=None):
    if isinstance(instance, City):
        return "north" if instance.continent == "cold" else "south"
    return shard_of(mapper, instance.city)


def ids(mapper, key, *, lazy_loaded_from, **kw):
    log.append(("id", mapper.class_.__name__, list(key), lazy_loaded_from is not None))
    return [lazy_loaded_from.identity_token] if lazy_loaded_from else ["north", "south"]


def where(context):
    found = [v for c, v in conditions(context.statement) if c == "continent"]
    log.append(("where", found))
    return sorted({"north" if v == "cold" else "south" for v in found}) or ["north", "south"]


def conditions(statement):
    out = []
    if statement.whereclause is not None:
        sa.sql.visitors.traverse(statement.whereclause, {}, {
            "binary": lambda b: out.append((b.left.key, b.right.value)) if hasattr(b.right, "value") else None})
    return out


Maker = sessionmaker(class_=ShardedSession, shards=engines, shard_chooser=shard_of, identity_chooser=ids,
    execute_chooser=where)
s = Maker()
s.add_all([City(name="nome", continent="cold", reports=[Report(degrees=-9)]),
    City(name="lima", continent="warm", reports=[Report(degrees=20)])])
s.commit()
forget()
say(sorted(s.scalars(select(City.name)).all()))
nome = s.scalars(select(City).where(City.continent == "cold")).one()
say(nome.name, inspect(nome).identity_token, inspect(nome).identity, [r.degrees for r in nome.reports])
sql()
say(s.get(City, 2) is not None, s.get(City, 2, identity_token="south").name)
say(s.scalars(select(City.name).options(set_shard_id("south")).order_by(City.id)).all())
say(sorted(s.execute(select(City.name, Report.degrees).join(City.reports)).all()))
say(s.execute(sa.update(City).where(City.continent == "warm").values(name="LIMA")).rowcount)
s.commit()
for entry in log:
    say("  ", entry)
sql()
