"""Ways of writing rows: SQL expressions as values, upserts, bulk operations, several engines."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, event, func, insert, inspect, null, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.types import JSON

Base = declarative_base()


class Counter(Base):
    __tablename__ = "counters"
    id = Column(Integer, primary_key=True)
    value = Column(Integer)
    note = Column(String, default="none")
    made = Column(Integer, server_default="7")
    twice = Column(Integer, onupdate=text("5"))
    data = Column(JSON(none_as_null=False))
    __mapper_args__ = {"eager_defaults": True}


class Lazy(Base):
    __tablename__ = "lazies"
    id = Column(Integer, primary_key=True)
    value = Column(Integer)
    made = Column(Integer, server_default="7")
    __mapper_args__ = {"eager_defaults": False}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("expressions")
c = Counter(id=1, value=1)
session.add(c)
session.commit()
c.value = Counter.value + 1
session.flush()
say(c.value)
c.value = Counter.__table__.c.value + 10
say(inspect(c).attrs.value.history.added[0] is not None)
session.commit()
say(c.value, c.twice)
two = Counter(id=2, value=func.abs(-4), note=select(func.count(Counter.id)).scalar_subquery())
session.add(two)
session.commit()
say(two.value, two.note)
lazy = Lazy(id=1, value=func.abs(-3))
session.add(lazy)
session.flush()
say("made" in inspect(lazy).unloaded, "value" in inspect(lazy).unloaded)
say(lazy.made, lazy.value)
session.commit()

step("NULL")
n = Counter(id=3)
session.add(n)
n3 = Counter(id=5, made=null(), note=null())
session.add(n3)
session.commit()
say(n.note, n3.note, n3.made)
j = [Counter(id=6, data=None), Counter(id=7, data=null()), Counter(id=8)]
session.add_all(j)
session.commit()
say(session.scalars(select(Counter.id).where(Counter.data.is_(None)).order_by(Counter.id)).all())

step("SQL in sessions")
r = session.execute(text("SELECT id, value FROM counters WHERE id < :top ORDER BY id"), {"top": 3})
say(r.all())
say(session.connection().execute(text("SELECT count(*) FROM counters")).scalar())
session.execute(Counter.__table__.insert(), {"id": 20, "value": 20})
session.rollback()

step("primary keys")
error(lambda: (session.add(Counter(id=1)), session.flush()))
session.rollback()

step("upserts")
dialect = postgresql if is_postgresql else sqlite
stmt = dialect.insert(Counter).values([{"id": 1, "value": 100}, {"id": 30, "value": 300}])
stmt = stmt.on_conflict_do_update(index_elements=[Counter.id], set_={"value": stmt.excluded.value})
got = session.scalars(stmt.returning(Counter), execution_options={"populate_existing": True})
say(sorted(got.all(), key=lambda x: x.id)[1].value, c.value)
session.execute(dialect.insert(Counter).values(id=1).on_conflict_do_nothing())
session.commit()

step("bulk")
session.execute(insert(Lazy), [{"id": 50, "value": 5}, {"id": 51, "value": 6}])
session.execute(sa.delete(Lazy).where(Lazy.id == 1))
rows = session.scalars(insert(Lazy).returning(Lazy, sort_by_parameter_order=True), [{"value": 7}, {"value": 8}]).all()
say([r.value for r in rows], rows[0] in session)
session.execute(update(Lazy), [{"id": 50, "value": 55}, {"id": 51, "value": 66}])
say(session.execute(select(Lazy.id, Lazy.value).where(Lazy.id >= 50, Lazy.id <= 51).order_by(Lazy.id)).all())
session.connection().execute(
    update(Lazy.__table__).where(Lazy.__table__.c.id == bindparam("key")).values(value=bindparam("v")), [{"key": 50, "v": 1}]
)
session.bulk_save_objects([Lazy(id=60, value=1), Lazy(id=61, value=2)])
session.bulk_insert_mappings(Lazy, [{"id": 70, "value": 1}])
session.bulk_update_mappings(Lazy, [{"id": 70, "value": 9}])
say(session.scalar(select(Lazy.value).where(Lazy.id == 70)))
session.rollback()
error(lambda: session.execute(update(Lazy), [{"value": 55}]))
session.rollback()

step("routing")
other = engine("sqlite://")
with Session(binds={Lazy: e, Counter: other}) as s:
    say(s.get_bind(Lazy) is e, s.get_bind(Counter) is other)
with Session(binds={Base: e}) as s:
    say(s.get_bind(Lazy) is e, s.scalar(select(func.count(Lazy.id))))
session.close()
sql()
