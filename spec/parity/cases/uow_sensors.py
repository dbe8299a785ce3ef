"""Unit of work, a log of measurements: one statement for many rows, autoincrement keys in order, server defaults
fetched or RETURNING, eager_defaults, inserts with children, updates in executemany and singly, row counts, listeners
inside a flush."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Sensor(Base):
    __tablename__ = "sensors"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    unit = mapped_column(String(5), server_default="C")
    calls = mapped_column(Integer, default=0, onupdate=lambda c: c.get_current_parameters().get("name") and 7 or 3)
    values = relationship("Value", back_populates="sensor", order_by="Value.id")


class Value(Base):
    __tablename__ = "readings"
    id = mapped_column(Integer, primary_key=True)
    sensor_id = mapped_column(ForeignKey("sensors.id"))
    v = mapped_column(Integer)
    twice = mapped_column(Integer, Computed("v * 2"))
    sensor = relationship(Sensor, back_populates="values")


class Alarm(Base):
    __tablename__ = "alarms"
    id = mapped_column(Integer, primary_key=True)
    level = mapped_column(Integer, server_default="1")
    text = mapped_column(String(20), server_default=text("'none'"), server_onupdate=FetchedValue())
    __mapper_args__ = {"eager_defaults": True}


class Pair(Base):
    __tablename__ = "pairs"
    a = mapped_column(Integer, primary_key=True, autoincrement=False)
    b = mapped_column(String(5), primary_key=True)
    v = mapped_column(Integer, default=select(func.count()).select_from(text("sensors")).scalar_subquery())


class Token(Base):
    __tablename__ = "tokens"
    id = mapped_column(String(10), primary_key=True, default=lambda c: "t%d" % c.get_current_parameters()["n"])
    n = mapped_column(Integer)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("many")
sensors = [Sensor(name="s%d" % i, values=[Value(v=i * 10 + k) for k in range(3)]) for i in range(4)]
s.add_all(sensors)
s.flush()
sql()
say([x.id for x in sensors], [[(v.id, v.sensor_id) for v in x.values] for x in sensors])
say(sensors[2].unit, sensors[0].values[1].twice, sorted(inspect(sensors[3]).unloaded))
sql()
step("eager defaults")
alarms = [Alarm(), Alarm(level=5), Alarm(text="own"), Alarm(level=6, text="both")]
s.add_all(alarms)
s.flush()
say([(a.id, a.level, a.text) for a in alarms])
alarms[0].level = 9
alarms[1].text = "set"
s.flush()
say(alarms[0].text, alarms[1].text, alarms[0].level)
sql()
step("keys of one's own")
pairs = [Pair(a=2, b="x"), Pair(a=1, b="y"), Pair(a=1, b="x", v=5)]
s.add_all(pairs + [Token(n=3), Token(n=1), Token(id="mine", n=2)])
s.flush()
sql()
say([p.v for p in pairs], sorted(s.scalars(select(Token.id)).all()), s.get(Pair, (1, "x")).v)
s.commit()
forget()
step("updates")
sensors = s.scalars(select(Sensor).order_by(Sensor.id)).all()
forget()
for i, x in enumerate(sensors):
    x.name = "n%d" % i
s.flush()
sql()
say([x.calls for x in sensors])
sensors[0].unit = "K"
sensors[1].unit, sensors[1].name = "F", "f"
sensors[2].unit = "K"
sensors[3].name = "last"
s.flush()
sql()
say([x.calls for x in sensors])
values = s.scalars(select(Value).order_by(Value.id)).all()
forget()
values[0].v = 100
values[1].v = Value.v * 3
values[2].sensor = sensors[3]
s.flush()
sql()
say(values[0].twice, values[1].v, values[1].twice, values[2].sensor_id, len(sensors[0].values))
s.commit()
forget()
step("deletes")
values = s.scalars(select(Value).order_by(Value.id)).all()
forget()
for v in values[:3]:
    s.delete(v)
s.delete(s.get(Pair, (2, "x")))
s.delete(s.get(Pair, (1, "y")))
s.flush()
sql()
s.delete(sensors[3])
s.flush()
sql()
say(s.scalar(select(func.count()).select_from(Value).where(Value.sensor_id == None)))
s.rollback()
forget()
step("listeners in a flush")


@event.listens_for(Value, "before_insert")
def before(mapper, conn, target):
    target.v = (target.v or 0) + conn.scalar(select(func.count()).select_from(Sensor.__table__))


@event.listens_for(Value, "after_insert")
def after(mapper, conn, target):
    conn.execute(update(Sensor.__table__).where(Sensor.id == target.sensor_id).values(unit="V"))


@event.listens_for(s, "before_flush")
def guard(session, context, instances):
    for o in session.new:
        if isinstance(o, Alarm):
            session.add(Token(n=o.level))
    for o in session.deleted:
        say("deleting", o)


@event.listens_for(s, "after_flush")
def done(session, context):
    say("flushed", len(session.new), len(session.dirty), len(session.deleted))


first = s.get(Sensor, 1)
first.values.append(Value(v=1))
first.values.append(Value(v=2))
s.add(Alarm(level=77))
s.delete(s.get(Pair, (1, "x")))
s.flush()
sql()
say([v.v for v in first.values][-2:], first.unit, s.get(Token, "t77").n)
s.refresh(first)
say(first.unit)


@event.listens_for(Sensor, "before_update")
def explode(mapper, conn, target):
    raise RuntimeError("no")


first.name = "boom"
error(s.flush)
say(s.is_active, sorted(inspect(first).unloaded))
s.rollback()
say(first.name, s.is_active)
