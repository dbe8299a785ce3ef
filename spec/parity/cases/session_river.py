"""Streams of entities, columns and both: yield_per, partitions, unique, loaders per chunk, events on the way."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, select, union_all
from sqlalchemy.orm import (Bundle, Session, aliased, declarative_base, joinedload, relationship, selectinload)

Base = declarative_base()


class River(Base):
    __tablename__ = "river"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    length = Column(Integer)
    parent_id = Column(ForeignKey("river.id"))
    arms = relationship("River", order_by="River.id")
    parent = relationship("River", remote_side=id, overlaps="arms")
    gauges = relationship("Gauge", order_by="Gauge.id", back_populates="river")


class Gauge(Base):
    __tablename__ = "gauge"
    id = Column(Integer, primary_key=True)
    level = Column(Integer)
    river_id = Column(ForeignKey("river.id"))
    river = relationship(River, back_populates="gauges")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([River(id=i, name="r%d" % i, length=i % 3 * 10, parent_id=i // 2 or None,
                     gauges=[Gauge(id=i * 10 + k, level=k) for k in range(i % 2 + 1)]) for i in range(1, 8)])
    s.commit()
forget()
stmt = select(River).order_by(River.id)
s = Session(e)

step("entities and columns")
r = s.execute(select(River, River.length, func.count(Gauge.id).label("n")).join(River.gauges).group_by(River.id).order_by(River.id)
              .execution_options(yield_per=3))
say(list(r.keys()))
for part in r.partitions():
    say([[x.River.name, x.length, x.n] for x in part])
say(r.closed, r.fetchone())
r = s.execute(select(River, Gauge).join(River.gauges).order_by(Gauge.id)).yield_per(4)
say([[a.id, b.id] for a, b in r])
r = s.execute(select(Bundle("b", River.id, River.name), River.length).order_by(River.id), execution_options={"yield_per": 5})
say([[x.b.name, x.length] for x in r.fetchmany(2)], r.fetchone().b.id, len(r.fetchall()), r.fetchmany(2), r.fetchone())
step("sizes")
r = s.execute(select(River.id).order_by(River.id))
say([len(x) for x in r.partitions(3)])
r = s.scalars(select(River.id).order_by(River.id)).yield_per(2)
say([list(x) for x in r.partitions()])
r = s.scalars(select(River.id).order_by(River.id))
say([list(x) for x in r.partitions()])
r = s.scalars(select(River.id).order_by(River.id).execution_options(yield_per=2))
say([list(x) for x in r.partitions(5)])
r = s.scalars(select(River.id).order_by(River.id), execution_options={"stream_results": True, "max_row_buffer": 3})
say(r.fetchmany(3), r.first())
r = s.execute(select(River.id, River.name).order_by(River.id)).mappings().yield_per(3)
say([[m["name"] for m in part] for part in r.partitions()])
step("unique")
levels = select(Gauge.level).order_by(Gauge.id)
say(s.scalars(levels).unique().all(), [list(x) for x in s.scalars(levels).unique().partitions(1)])
error(lambda: s.scalars(levels.execution_options(yield_per=2)).unique().fetchmany(2))
r = s.execute(select(River, Gauge.level).join(River.gauges).order_by(Gauge.id)).unique(lambda row: row[0].length)
say([[x[0].name, x[1]] for x in r])
r = s.execute(select(River.length, Gauge.level).join(River.gauges).order_by(Gauge.id)).unique()
say(r.fetchmany(2), r.fetchone(), r.all())
say(s.execute(select(River.length, Gauge.level).join(River.gauges).order_by(Gauge.id)).columns(1).unique().all())
s.expunge_all()
say([[x.id, len(x.gauges)] for x in s.scalars(stmt.options(joinedload(River.gauges))).unique().fetchmany(2)])
error(lambda: s.scalars(stmt.options(joinedload(River.gauges)).execution_options(yield_per=2)).unique().all())
step("loaders per chunk")
s.expunge_all()
for part in s.scalars(stmt.options(selectinload(River.gauges), joinedload(River.parent)).execution_options(yield_per=3)).partitions():
    say([[x.id, x.parent and x.parent.id, [g.id for g in x.gauges]] for x in part])
    sql()
s.expunge_all()
for x in s.scalars(select(Gauge).options(selectinload(Gauge.river).selectinload(River.arms)).order_by(Gauge.id), execution_options={"yield_per": 6}):
    say(x.id, x.river.id, [a.id for a in x.river.arms])
step("changes while it runs")
s.expunge_all()
for x in s.scalars(stmt.execution_options(yield_per=2)):
    x.length += 1
    if x.id == 3:
        s.flush()
say(s.scalars(select(River.length).order_by(River.id)).all())
s.rollback()
step("events")
event.listen(River, "load", lambda target, context: say("  * load", target.id))
s.expunge_all()
it = s.scalars(stmt.execution_options(yield_per=2))
say(next(it).id)
it.close()
event.listen(s, "do_orm_execute", lambda st: say("  * execute", st.is_select, st.execution_options.get("yield_per")))
say(len(s.scalars(stmt.limit(1), execution_options={"yield_per": 7}).all()))
say(len(s.query(River).yield_per(3).limit(2).all()))
step("unions and statements of text")
two = union_all(select(River).where(River.id < 2), select(River).where(River.id > 6))
say([x.name for x in s.scalars(select(River).from_statement(two.order_by("id")).execution_options(yield_per=1))])
alias = aliased(River, two.subquery())
say([[x.name, n] for x, n in s.execute(select(alias, alias.length + 1).order_by(alias.id)).yield_per(1)])
step("ends")
r = s.execute(select(River.id, River.name).order_by(River.id).limit(2))
say(next(r), r.one())
error(r.one)
r = s.scalars(select(River.id).where(River.id > 99))
say(r.all(), r.all(), [list(x) for x in r.partitions(2)])
r = s.execute(stmt)
r.close()
error(r.fetchmany)
r = s.scalars(select(River.name).order_by(River.id)).yield_per(2)
say(r.first())
error(r.first)
s.close()
sql()
