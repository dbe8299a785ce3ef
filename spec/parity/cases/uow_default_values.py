"""Statements around defaults: server defaults with and without RETURNING, eager_defaults, expressions, Computed, Identity, onupdate, version counters."""
from parity import *
from sqlalchemy import Column, Computed, DateTime, FetchedValue, ForeignKey, Identity, Integer, Sequence, String, bindparam, event, func, inspect, literal, literal_column, select, text
from sqlalchemy.orm import Session, column_property, declarative_base, deferred, relationship

Base = declarative_base()


class Shape:
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    n = Column(Integer, server_default=text("5"))
    m = Column(Integer, server_default=text("6"), server_onupdate=FetchedValue())
    u = Column(Integer, onupdate=9)
    x = Column(Integer, default=lambda: 3, onupdate=lambda context: (context.get_current_parameters().get("x") or 0) + 1)
    f = Column(Integer, default=func.abs(-4), onupdate=func.abs(-8))
    q = Column(String(10), default=select(literal_column("'sub'")).scalar_subquery())


class Auto(Shape, Base):
    __tablename__ = "auto"


class Eager(Shape, Base):
    __tablename__ = "eager"
    __mapper_args__ = {"eager_defaults": True}


class Never(Shape, Base):
    __tablename__ = "never"
    __mapper_args__ = {"eager_defaults": False}


class Plain(Shape, Base):
    __tablename__ = "plain"
    __table_args__ = {"implicit_returning": False}


class PlainEager(Shape, Base):
    __tablename__ = "plain_eager"
    __table_args__ = {"implicit_returning": False}
    __mapper_args__ = {"eager_defaults": True}


class Calc(Base):
    __tablename__ = "calc"
    id = Column(Integer, Identity(start=10) if is_postgresql else None, primary_key=True)
    a = Column(Integer)
    double = Column(Integer, Computed("a * 2", persisted=True))
    late = deferred(Column(Integer, server_default=text("1")))
    prop = column_property(a + 1)


class Ver(Base):
    __tablename__ = "ver"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    v = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": v}


class VerText(Base):
    __tablename__ = "ver_text"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    v = Column(String(10), nullable=False)
    __mapper_args__ = {"version_id_col": v, "version_id_generator": lambda old: (old or "") + "i"}


class VerHand(Base):
    __tablename__ = "ver_hand"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    v = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": v, "version_id_generator": False}


class Word(Base):
    __tablename__ = "word"
    word = Column(String(10), primary_key=True, server_default=text("'w'"))
    n = Column(Integer)


e = engine()
Base.metadata.create_all(e)
forget()
for cls in (Auto, Eager, Never, Plain, PlainEager):
    step(cls.__name__)
    s = Session(e, expire_on_commit=False)
    a, b, c = cls(name="a"), cls(name="b", n=1, m=2), cls(name="c", x=None, q="given", f=func.abs(-5))
    s.add_all([a, b, c])
    s.flush()
    sql()
    for o in (a, b, c):
        say(sorted(k for k in inspect(o).unloaded))
        say(o.id, o.n, o.m, o.u, o.x, o.f, o.q)
    sql()
    a.name, b.name, c.name = "aa", "bb", "cc"
    b.u, c.x = 1, 50
    s.flush()
    sql()
    for o in (a, b, c):
        say(sorted(k for k in inspect(o).unloaded))
        say(o.n, o.m, o.u, o.x, o.f)
    sql()
    a.n = cls.n + 10
    a.name = func.upper("zed")
    b.m = None
    s.flush()
    say(sorted(k for k in inspect(a).unloaded), sorted(k for k in inspect(b).unloaded))
    say(a.n, a.name, b.m)
    sql()
    s.add(cls())
    s.add(cls(id=50))
    if not is_postgresql or cls not in (Plain, PlainEager):
        s.add(cls(id=select(func.max(cls.id) + 90).scalar_subquery(), name="by select"))
    s.flush()
    sql()
    s.commit()
    s.add_all([cls(name="k", n=i if i % 2 else None) for i in range(4)])
    s.add_all([cls(name="l") for i in range(2)])
    s.commit()
    say(s.execute(select(cls.id, cls.n, cls.name, cls.u).order_by(cls.id)).all())
    s.close()
step("computed")
s = Session(e)
c = Calc(a=4)
s.add(c)
s.flush()
say(sorted(inspect(c).unloaded))
say(c.double, c.prop, c.late)
c.a = 6
s.flush()
say(sorted(inspect(c).unloaded))
say(c.double, c.prop)
error(lambda: (setattr(c, "double", 9), s.flush()))
s.rollback()
step("bulk of computed")
s.add_all([Calc(a=i) for i in range(3)])
s.flush()
say(s.execute(select(Calc.a, Calc.double).order_by(Calc.a)).all())
s.commit()
for cls in (Ver, VerText, VerHand):
    step(cls.__name__)
    kw = {"v": 1} if cls is VerHand else {}
    a, b = cls(name="a", **kw), cls(name="b", **kw)
    s.add_all([a, b])
    s.flush()
    say(a.v, b.v)
    a.name = "aa"
    if cls is VerHand:
        a.v = 5
        b.name = "unver"
    s.flush()
    say(a.v, b.v)
    a.name, b.name = func.upper("q"), "bb"
    s.flush()
    say(a.v, b.v, a.name)
    s.commit()
    s.delete(a)
    b.name = "bbb"
    s.flush()
    say(b.v)
    s.commit()
step("key by default")
s.add(Word(n=1))
error(s.flush)
s.rollback()
s.add(Word(word="a", n=1))
s.add(Word(word="b"))
s.commit()
say(s.execute(select(Word.word, Word.n).order_by(Word.word)).all())
s.close()
sql()
