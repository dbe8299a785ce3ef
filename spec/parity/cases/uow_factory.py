"""Unit of work, a factory: the order of inserts, updates and deletes by dependency, batches by column set, keys and
server defaults that come back, self-referential rows, cycles by post_update, natural keys that change, and partial
flushes."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Plant(Base):
    __tablename__ = "plants"
    code = mapped_column(String(5), primary_key=True)
    main_id = mapped_column(ForeignKey("machines.id", use_alter=True, name="fk_main"))
    machines = relationship("Machine", back_populates="plant", foreign_keys="Machine.plant_code",
                            cascade="all, delete-orphan", order_by="Machine.id")
    main = relationship("Machine", foreign_keys=main_id, post_update=True)


class Machine(Base):
    __tablename__ = "machines"
    id = mapped_column(Integer, primary_key=True)
    plant_code = mapped_column(ForeignKey("plants.code", onupdate="CASCADE"))
    name = mapped_column(String(10))
    speed = mapped_column(Integer, server_default="5")
    power = mapped_column(Integer)
    plant = relationship(Plant, back_populates="machines", foreign_keys=[plant_code])
    parts = relationship("Part", back_populates="machine", cascade="all, delete-orphan", order_by="Part.id")


class Part(Base):
    __tablename__ = "parts"
    id = mapped_column(Integer, primary_key=True)
    machine_id = mapped_column(ForeignKey("machines.id"))
    within_id = mapped_column(ForeignKey("parts.id"))
    name = mapped_column(String(10))
    machine = relationship(Machine, back_populates="parts")
    inside = relationship("Part", back_populates="within", order_by="Part.id")
    within = relationship("Part", back_populates="inside", remote_side=[id])


class Gauge(Base):
    __tablename__ = "gauges"
    id = mapped_column(Integer, primary_key=True)
    v = mapped_column(Integer)


e = engine()
if e.dialect.name == "sqlite":
    event.listen(e, "connect", lambda conn, record: conn.execute("PRAGMA foreign_keys = ON"))
Base.metadata.create_all(e)
forget()
s = Session(e)
step("order of classes does not matter")
bolt = Part(name="bolt")
arm = Part(name="arm")
press, saw = Machine(name="press", power=3), Machine(name="saw", speed=9)
s.add(bolt)
s.add(saw)
s.add(Gauge(v=1))
saw.parts.append(arm)
p = Plant(code="P1", machines=[press, saw])
p.main = press
s.add_all([p, Gauge(v=2)])
s.flush()
bolt.within = arm
s.flush()
sql()
say(press.id, saw.id, arm.id, bolt.id, bolt.within_id, p.main_id, press.speed, saw.speed, saw.power)
s.commit()
sql()
step("mixed keys and column sets")
s.add_all([Gauge(id=50), Gauge(v=7), Gauge(id=70, v=8), Gauge(v=text("3 + 4")), Gauge(v=None), Gauge(v=func.abs(-9))])
s.flush()
sql()
say([(g.id, g.v) for g in s.scalars(select(Gauge).order_by(Gauge.id))])
sql()
step("updates by column set")
g = s.scalars(select(Gauge).order_by(Gauge.id)).all()
forget()
g[0].v = 100
g[1].v = 200
g[2].v = Gauge.v + 1
g[3].v = 400
press.name = "big press"
saw.power = 8
saw.name = "big saw"
s.flush()
sql()
say(sorted(inspect(g[2]).unloaded), g[2].v)
g[0].v = 100
g[1].v, keep = 5, g[1].v
g[1].v = keep
say(g[0] in s.dirty, s.is_modified(g[0]), s.is_modified(g[1]))
s.flush()
sql()
bolt.within = None
s.commit()
sql()
step("everything at once")
hammer = Machine(name="hammer")
p.machines.append(hammer)
p.main = hammer
s.delete(press)
p.machines.remove(press)
g[0].v = 1
s.delete(g[1])
s.add(Gauge(id=60, v=60))
s.commit()
sql()
step("natural key")
p.code = "P2"
s.commit()
sql()
say(p.code, [m.plant_code for m in p.machines], inspect(p).identity)
forget()
step("swap and re-add")
x = s.get(Gauge, 60)
s.delete(x)
s.flush()
make_transient(x)
x.v = 61
s.add(x)
s.flush()
y = s.get(Gauge, 50)
s.delete(y)
s.add(Gauge(id=50, v=5000))
s.flush()
sql()
say(s.get(Gauge, 50).v, y in s, s.get(Gauge, 60) is x)
z = s.get(Gauge, 70)
s.delete(z)
s.add(z)
say(z in s.deleted, z in s)
s.commit()
sql()
step("partial flush")
x.v, z.v = 1, 2
s.flush([x])
say(x in s.dirty, z in s.dirty)
s.rollback()
forget()
step("cycles")
a, b = Part(name="a"), Part(name="b")
a.within, b.within = b, a
s.add_all([a, b])
error(s.flush)
s.rollback()
sql()
step("deletes")
p.main = None
s.flush()
s.delete(p)
s.flush()
sql()
s.commit()
say([s.scalar(select(func.count()).select_from(c)) for c in (Plant, Machine, Part)])
step("wrong rows")
s.execute(delete(Gauge).where(Gauge.id == 60), execution_options={"synchronize_session": False})
x.v = 9
error(s.flush)
s.rollback()
forget()
x = s.get(Gauge, 60)
s.execute(text("DELETE FROM gauges WHERE id = 60"))
s.delete(x)
error(s.flush)
s.rollback()
s.add(Gauge(id=50))
error(s.flush)
s.rollback()
orphan = Machine(name="none")
s.add(orphan)
s.flush()
say(orphan.id is not None, orphan.plant)
s.rollback()
s.close()
