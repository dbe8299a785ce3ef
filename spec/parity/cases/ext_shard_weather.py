"""Extensions, sharding: weather stations over two databases by continent; choosers that are asked, identity tokens,
get, lazy loads on the owner's shard, relationships, queries of one shard and of all, bulk statements, set_shard_id,
merge and refresh."""
from sqlalchemy import *
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import *
from sqlalchemy.sql import operators, visitors
from parity import *


class Base(DeclarativeBase):
    pass


class Station(Base):
    __tablename__ = "stations"
    id = mapped_column(Integer, primary_key=True)
    continent = mapped_column(String(10))
    city = mapped_column(String(10))
    reports = relationship("Report", back_populates="station", order_by="Report.id", cascade="all, delete-orphan")


class Report(Base):
    __tablename__ = "reports"
    id = mapped_column(Integer, primary_key=True)
    station_id = mapped_column(ForeignKey("stations.id"))
    degrees = mapped_column(Integer)
    station = relationship(Station, back_populates="reports")


shards = {"east": engine(), "west": engine("sqlite://")}
for e in shards.values():
    Base.metadata.create_all(e)
forget()
home = {"Asia": "east", "Africa": "east", "America": "west"}
verbose = [True]


def shard_chooser(mapper, instance, clause=None):
    if isinstance(instance, Station):
        shard = home[instance.continent]
    else:
        shard = shard_chooser(mapper, instance.station)
    if verbose[0]:
        say("  shard", mapper.class_, shard)
    return shard


def identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments, **kw):
    if lazy_loaded_from:
        say("  identity from", type(lazy_loaded_from.obj()).__name__, lazy_loaded_from.identity_token)
        return [lazy_loaded_from.identity_token]
    say("  identity", mapper.class_, list(primary_key))
    return ["east", "west"]


def execute_chooser(context):
    ids = []

    def visit(binary):
        if binary.left is Station.__table__.c.continent or getattr(binary.left, "key", None) == "continent":
            if binary.operator is operators.eq:
                ids.append(home[binary.right.value])
            elif binary.operator is operators.in_op:
                ids.extend(home[v] for v in binary.right.value)
    where = getattr(context.statement, "whereclause", None)
    if where is not None:
        visitors.traverse(where, {}, {"binary": visit})
    found = sorted(set(ids)) or ["east", "west"]
    say("  execute", context.is_select, context.is_update, context.is_delete, found)
    return found


Maker = sessionmaker(class_=ShardedSession, shards=shards, shard_chooser=shard_chooser,
    identity_chooser=identity_chooser,
                     execute_chooser=execute_chooser)
s = Maker()
step("insert")
tokyo = Station(id=1, continent="Asia", city="Tokyo", reports=[Report(id=1, degrees=20), Report(id=2, degrees=25)])
lima = Station(id=1, continent="America", city="Lima", reports=[Report(id=1, degrees=18)])
cairo = Station(id=2, continent="Africa", city="Cairo")
s.add_all([tokyo, lima, cairo])
s.commit()
sql()
step("identities")
say(tokyo.city, inspect(tokyo).identity_token, inspect(lima).identity_token, inspect(lima).key[1], inspect(lima).key[2])
say(lima.city, [r.degrees for r in lima.reports], [r.degrees for r in tokyo.reports])
say(len(s.identity_map), tokyo is s.get(Station, 1))
sql()
step("queries")
say([x.city for x in s.scalars(select(Station).order_by(Station.city))])
say([x.city for x in s.scalars(select(Station).where(Station.continent == "America"))])
say([x.city for x in s.scalars(select(Station).where(Station.continent.in_(["Asia", "Africa"])).order_by(Station.id))])
say(sorted(s.execute(select(Station.id, Station.city)).all()))
say([inspect(r).identity_token for r in s.scalars(select(Report).options(set_shard_id("west")))])
say([x.city for x in s.scalars(select(Station).order_by(Station.id), bind_arguments={"shard_id": "east"})])
sql()
step("eager")
s.expunge_all()
found = s.scalars(select(Station).options(selectinload(Station.reports)).order_by(Station.id)).all()
sql()
say([(x.city, [r.degrees for r in x.reports]) for x in found])
found = s.scalars(select(Station).options(joinedload(Station.reports))
    .where(Station.continent == "Asia")).unique().all()
say([(x.city, len(x.reports)) for x in found])
sql()
step("get")
s.expunge_all()
say(s.get(Station, 2).city, s.get(Station, 99))
say(s.get(Station, 1, identity_token="west").city, s.get(Station, 1, identity_token="east").city)
r = s.scalars(select(Report).options(set_shard_id("west"))).one()
say(r.station.city)
sql()
step("update and delete")
lima, cairo = r.station, s.get(Station, 2)
lima.city = "Quito"
cairo.city = "Giza"
s.flush()
sql()
s.refresh(lima)
say(lima.city, inspect(lima).identity_token)
got = s.execute(update(Station).where(Station.id == 1).values(city="Same"))
say(got.rowcount, lima.city)
got = s.execute(update(Report).values(degrees=Report.degrees + 1).options(set_shard_id("east")))
say(got.rowcount, r.degrees)
say(s.execute(delete(Report).where(Report.id == 2)).rowcount)
sql()
s.delete(cairo)
s.commit()
sql()
say(sorted(s.execute(select(Report.id, Report.degrees)).all()))
step("merge and bulk")
m = s.merge(Station(id=1, continent="America", city="Bogota"))
say(m.city, inspect(m).identity_token, m is lima)
s.rollback()
refused(lambda: s.bulk_save_objects([Station(id=7, continent="Asia", city="Ube")]))
s.rollback()
say(sorted(s.execute(select(Station.id, Station.city)).all()))
sql()
step("wrong")
refused(lambda: (s.add(Station(id=9, continent="Mars")), s.flush()))
s.rollback()
refused(lambda: s.scalars(select(Station).options(set_shard_id("north"))).all())
error(lambda: ShardedSession(shards=shards, shard_chooser=shard_chooser))
s.close()
