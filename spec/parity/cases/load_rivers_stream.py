"""Rows in portions: the execution option yield_per, the method, partitions, unique, every loader beside them, what a
listener of loads sees, and what is refused."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class River(Base):
    __tablename__ = "river"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    basin_id = mapped_column(ForeignKey("basin.id"))
    basin = relationship("Basin", back_populates="rivers")
    gauges = relationship("Gauge", order_by="Gauge.id")


class Basin(Base):
    __tablename__ = "basin"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    rivers = relationship(River, back_populates="basin", order_by=River.id)


class Gauge(Base):
    __tablename__ = "gauge"
    id = mapped_column(Integer, primary_key=True)
    river_id = mapped_column(ForeignKey("river.id"))
    level = mapped_column(Integer)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Basin(id=1, name="b1"), Basin(id=2, name="b2")])
    s.flush()
    s.add_all([River(id=i, name="r%d" % i, basin_id=1 + i % 2) for i in range(1, 8)])
    s.flush()
    s.add_all([Gauge(id=i, river_id=1 + i % 7, level=i) for i in range(1, 10)])
    s.commit()
forget()
base = select(River).order_by(River.id)
step("option")
with Session(e) as s:
    for r in s.scalars(base.options(selectinload(River.gauges)).execution_options(yield_per=3)):
        say(r.name, [g.level for g in r.gauges])
        sql()
step("option in execute")
with Session(e) as s:
    for r in s.execute(base.options(selectinload(River.basin)), execution_options={"yield_per": 4}):
        say(r[0].name, r[0].basin.name)
        sql()
step("partitions of the option")
with Session(e) as s:
    for part in s.scalars(base.options(immediateload(River.basin)).execution_options(yield_per=3)).partitions():
        say([r.name for r in part])
        sql()
step("partitions by size")
with Session(e) as s:
    for part in s.scalars(base.options(selectinload(River.gauges))).partitions(5):
        say([r.name for r in part], [len(r.gauges) for r in part])
        sql()
step("method")
with Session(e) as s:
    for r in s.scalars(base.options(selectinload(River.gauges))).yield_per(3):
        say(r.name, [g.level for g in r.gauges])
        sql()
step("method and partitions")
with Session(e) as s:
    for part in s.execute(base.options(selectinload(River.gauges))).yield_per(2).partitions():
        say([r.River.name for r in part])
        sql()
step("fetchmany")
with Session(e) as s:
    result = s.scalars(base.options(selectinload(River.gauges)).execution_options(yield_per=2))
    say([r.name for r in result.fetchmany(3)])
    sql()
    say([r.name for r in result.fetchmany(1)])
    sql()
    say([r.name for r in result.all()])
    sql()
    say(result.fetchmany(2))
step("fetchmany without option")
with Session(e) as s:
    result = s.scalars(base.options(selectinload(River.gauges)))
    say([r.name for r in result.fetchmany(3)])
    sql()
    say(result.fetchmany(2)[0].name)
    sql()
    result.close()
    error(lambda: result.all())
step("joined")
with Session(e) as s:
    for r in s.scalars(base.options(joinedload(River.basin)).execution_options(yield_per=4)):
        say(r.name, r.basin.name)
    sql()
    error(lambda: s.scalars(base.options(joinedload(River.gauges)).execution_options(yield_per=2)).all())
    error(lambda: s.scalars(base.options(joinedload(River.gauges)).execution_options(yield_per=2)).unique().all())
    error(lambda: s.scalars(base.options(subqueryload(River.gauges)).execution_options(yield_per=2)).all())
    error(lambda: s.scalars(base.options(subqueryload(River.gauges))).yield_per(2).all())
    sql()
step("unique")
with Session(e) as s:
    q = select(River).join(River.gauges).order_by(River.id)
    say([r.name for r in s.scalars(q).unique()])
    say([r.name for r in s.scalars(q).unique(lambda r: r.basin_id)])
    say(s.execute(select(River.basin_id, River.name).order_by(River.id)).unique(lambda row: row[0]).all())
    say([r.name for r in s.scalars(q.options(joinedload(River.gauges))).unique().fetchmany(2)])
    say(len(s.scalars(q).all()))
    forget()
step("columns in portions")
with Session(e) as s:
    for part in s.execute(select(River.id, River.name).order_by(River.id)).partitions(3):
        say([tuple(r) for r in part])
    for part in s.execute(select(River.id, River.name).order_by(River.id)).mappings().partitions(4):
        say([r["name"] for r in part])
    for part in s.scalars(select(River.name).order_by(River.id)).partitions(6):
        say(part)
    sql()
step("seen by listeners")
loaded = []


@event.listens_for(River, "load")
def _load(target, context):
    loaded.append(target.id)


with Session(e) as s:
    result = s.scalars(base.execution_options(yield_per=3))
    it = iter(result)
    say(next(it).id, loaded)
    say(next(it).id, next(it).id, loaded)
    say(next(it).id, loaded)
    result.close()
    sql()
step("changes between portions")
with Session(e) as s:
    for part in s.scalars(base.execution_options(yield_per=3)).partitions():
        for r in part:
            r.name = r.name + "!"
        s.flush()
        say([r.name for r in part], len(s.dirty))
        sql()
    s.rollback()
    sql()
step("freeze and merge")
with Session(e) as s:
    frozen = s.execute(base.where(River.id < 4)).freeze()
    say([r[0].name for r in frozen()], [r.name for r in frozen().scalars()])
with Session(e) as s:
    merged = loading.merge_frozen_result(s, base, frozen, load=False)
    say([r.name for r in merged().scalars()], len(s.identity_map))
    sql()
