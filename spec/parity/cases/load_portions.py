"""Result.yield_per() on rows that were executed without it: loaders and events portion by portion."""
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
    beds = relationship("Bed", order_by="Bed.id")


class Bed(Base):
    __tablename__ = "bed"
    id = mapped_column(Integer, primary_key=True)
    basin_id = mapped_column(ForeignKey("basin.id"))


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

@event.listens_for(River, "load")
def on_load(target, context):
    say("  load", target.id)

def show(title, result, n, pick):
    step(title)
    it = result.yield_per(n).partitions()
    for part in it:
        say([pick(x) for x in part])
        sql()
with Session(e) as s:
    show("two entities", s.execute(select(River, Basin, River.id).join(River.basin).order_by(River.id).options(selectinload(River.gauges))), 3, lambda r: [r[0].name, r[1].name, r[2], len(r[0].gauges)])
    s.expunge_all()
    show("outer", s.execute(select(Basin, River).outerjoin(Basin.rivers.and_(River.id > 5)).order_by(Basin.id, River.id).options(selectinload(River.gauges))), 1, lambda r: [r[0].name, r[1].name if r[1] is not None else None])
    s.expunge_all()
    show("joined and below", s.scalars(base.options(joinedload(River.basin).selectinload(Basin.beds), undefer(River.name))), 2,
         lambda r: [r.name, r.basin.name, len(r.basin.beds)])
    s.expunge_all()
    step("late")
    result = s.scalars(base.options(selectinload(River.gauges)))
    say([r.name for r in result.yield_per(2).fetchmany(3)])
    sql()
    s.expunge_all()
    result = s.scalars(base.options(selectinload(River.gauges)).where(River.id < 6)).yield_per(2)
    say(result.fetchmany(1)[0].name)
    say(result.first().name)
    sql()
    s.expunge_all()
    result = s.scalars(base.options(selectinload(River.gauges)).where(River.id < 6)).yield_per(2)
    say(next(result).name)
    s.expire_all()
    sql()
    say([r.name for r in result])
    sql()
