"""Values that the database or a function makes: defaults, SQL expressions, computed columns, eager_defaults."""
from parity import *
from sqlalchemy import Column, Computed, ForeignKey, Integer, String, event, func, inspect, null, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Eager(Base):
    __tablename__ = "eager"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    made = Column(String(20), server_default="fresh")
    rank = Column(Integer, server_default=text("7"), onupdate=lambda: 70)
    __mapper_args__ = {"eager_defaults": True}


class Late(Base):
    __tablename__ = "late"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    made = Column(String(20), server_default="fresh")
    rank = Column(Integer, server_default=text("7"), server_onupdate=text("70"))
    __mapper_args__ = {"eager_defaults": False}


class Auto(Base):
    __tablename__ = "auto"
    id = Column(Integer, primary_key=True)
    a = Column(Integer, nullable=False)
    b = Column(Integer, default=lambda context: context.get_current_parameters()["a"] * 2)
    total = Column(Integer, Computed("a + 100"))
    upper = Column(String(20), default=func.upper("dflt"), onupdate=func.lower("UPD"))
    notes = relationship("Note")


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text_ = Column("text", String(20))
    auto_id = Column(ForeignKey("auto.id"))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
for cls in (Eager, Late, Auto):
    event.listen(cls, "refresh_flush", lambda o, c, names: say("  * refresh_flush", sorted(names)))
    event.listen(cls, "expire", lambda o, names: say("  * expire", names and sorted(names)))
    event.listen(cls, "refresh", lambda o, c, names: say("  * refresh", names and sorted(names)))

step("eager defaults")
o = Eager(name="a")
session.add(o)
session.flush()
say(sorted(inspect(o).unloaded), o.made, o.rank)
o.name = "b"
session.flush()
say(sorted(inspect(o).unloaded), o.rank)

step("late defaults")
o = Late(name="a")
session.add(o)
session.flush()
say(sorted(inspect(o).unloaded))
say(o.made, o.rank)
o.name = "b"
session.flush()
say(sorted(inspect(o).unloaded))
say(o.rank)
o2 = Late(name="c", made="given")
o3 = Late(name="d", made=null())
session.add_all([o2, o3])
session.flush()
say(sorted(inspect(o2).unloaded), o2.made, o2.rank, o3.made, o3.rank)

step("automatic")
x = Auto(a=1)
session.add(x)
session.flush()
say(sorted(inspect(x).unloaded))
say(x.b, x.total, x.upper)
x.a = 5
session.flush()
say(sorted(inspect(x).unloaded))
say(x.b, x.total, x.upper)
session.add_all([Auto(a=10), Auto(a=20, b=3), Auto(a=30, upper="U")])
session.flush()
say(session.execute(select(Auto.a, Auto.b, Auto.total, Auto.upper).order_by(Auto.id)).all())

step("SQL expressions as values")
x.a = Auto.a + 1
say(str(inspect(x).attrs.a.history.added[0]), x in session.dirty)
session.flush()
say(sorted(inspect(x).unloaded))
say(x.a, x.total)
x.upper = func.upper("sql")
x.b = select(func.max(Auto.b)).scalar_subquery()
session.commit()
say(x.upper, x.b)
n = Note(text_=func.lower("LOWER"), auto_id=select(func.min(Auto.id)).scalar_subquery())
session.add(n)
session.flush()
say(n.text_, n.auto_id)
y = Auto(a=func.abs(-4), b=1)
session.add(y)
session.commit()
say(y.a, y.total)

step("defaults of the table without the ORM")
session.execute(Auto.__table__.insert(), [{"a": 2}, {"a": 3}])
session.execute(Auto.__table__.update().where(Auto.a == 2).values(b=0))
say(session.execute(select(Auto.b, Auto.upper).where(Auto.a.in_([2, 3])).order_by(Auto.a)).all())
error(lambda: session.execute(Auto.__table__.insert(), {"a": 2, "total": 5}))
session.rollback()
session.add(Auto(b=1))
error(session.flush)
session.rollback()
sql()
session.close()
