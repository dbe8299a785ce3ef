"""Defaults of all kinds: values, functions, SQL, onupdate, of the server, computed; when each fires."""
from parity import *
from sqlalchemy import (Boolean, Column, Computed, FetchedValue, Identity, Integer, String, func, inspect, insert,
    literal, null, select, text, update)
from sqlalchemy.orm import Session, declarative_base, mapped_column

Base = declarative_base()
count = {"n": 0}


def number():
    count["n"] += 1
    return count["n"]


def slug(context):
    return context.get_current_parameters()["title"].lower()


def touched(context):
    params = context.get_current_parameters()
    return "touched:" + ",".join(sorted(str(k) for k in params if k in ("title", "state")))


class Doc(Base):
    __tablename__ = "docs"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    state = Column(String(20), default="draft")
    num = Column(Integer, default=number)
    slug = Column(String(20), default=slug)
    upper = Column(String(20), default=func.upper("abc"))
    sub = Column(Integer, default=select(func.count(literal(1))).scalar_subquery())
    open = Column(Boolean, default=True)
    rev = Column(Integer, default=1, onupdate=lambda: 100)
    touch = Column(String(40), onupdate=touched)
    low = Column(String(20), onupdate=func.lower("XYZ"))
    srv = Column(String(20), server_default="srv")
    srv_num = Column(Integer, server_default=text("40 + 2"))
    maybe = mapped_column(String(20), insert_default="maybe")


class Eager(Base):
    __tablename__ = "eager"
    __mapper_args__ = {"eager_defaults": True}
    id = Column(Integer, primary_key=True)
    x = Column(Integer, server_default=text("7"))
    y = Column(Integer, onupdate=func.abs(-9))
    twice = Column(Integer, Computed("x * 2"))


class Lazy(Base):
    __tablename__ = "lazy"
    __mapper_args__ = {"eager_defaults": False}
    id = Column(Integer, primary_key=True)
    x = Column(Integer, server_default=text("7"))
    y = Column(Integer, server_default=FetchedValue(), server_onupdate=FetchedValue())
    twice = Column(Integer, Computed("x * 2"))


class Auto(Base):
    __tablename__ = "auto"
    id = Column(Integer, Identity(start=5, increment=5), primary_key=True)
    name = Column(String(5))


e = engine()
Base.metadata.create_all(e)
forget()
c = Doc.__table__.c
say(c.state.default.is_scalar, c.num.default.is_callable, c.upper.default.is_clause_element, c.state.default.arg)
say(c.srv.server_default.arg, c.title.default, c.rev.onupdate.is_callable, c.maybe.default.arg)
with Session(e) as s:
    step("all defaults")
    a = Doc(title="One")
    say(a.state, a.num, a.open)
    s.add(a)
    s.flush()
    say(a.state, a.num, a.slug, a.open, a.rev, a.touch, a.low, a.maybe)
    say(sorted(inspect(a).unloaded))
    say(a.upper, a.sub, a.srv, a.srv_num)
    step("given")
    b = Doc(title="Two", state="x", num=50, slug="own", upper="u", sub=9, srv="mine")
    s.add(b)
    s.flush()
    say(b.state, b.num, b.slug, b.upper, b.sub, b.srv, b.srv_num, b.maybe)
    step("null()")
    n = Doc(title="Nul", state=null())
    s.add(n)
    s.flush()
    say(n.state)
    step("expression value")
    x = Doc(title="Exp", num=select(func.max(c.num) + 1).scalar_subquery(), slug=func.lower("SLUG"))
    s.add(x)
    s.flush()
    say("num" in inspect(x).unloaded, x.num, x.slug)
    step("update")
    a.title = "Uno"
    s.flush()
    say(a.rev, a.touch, sorted(inspect(a).unloaded), a.low)
    step("update with own value")
    a.state, a.rev, a.touch, a.low = "done", 7, "hand", "hand"
    s.flush()
    say(a.rev, a.touch, a.low)
    step("same value is no update")
    a.title = "Uno"
    say(inspect(a).modified, s.is_modified(a), s.dirty)
    s.flush()
    step("expression update")
    a.num = c.num + 10
    s.flush()
    say("num" in inspect(a).unloaded, a.num)
    step("core insert and update")
    s.execute(insert(Doc), [{"title": "Four"}, {"title": "Five", "state": "x"}])
    s.execute(update(Doc).where(Doc.title == "Four").values(state="upd"))
    say([tuple(r) for r in s.execute(select(Doc.title, Doc.state, Doc.num, Doc.slug, Doc.rev, Doc.touch, Doc.low)
        .where(Doc.title.in_(["Four", "Five"])).order_by(Doc.id))])
    step("eager")
    g = Eager()
    s.add(g)
    s.flush()
    say(sorted(inspect(g).unloaded), g.x, g.twice)
    step("eager update")
    g.x = 8
    s.flush()
    say(g.y, g.twice)
    step("lazy")
    z = Lazy()
    s.add(z)
    s.flush()
    say(sorted(inspect(z).unloaded))
    say(z.x, z.y, z.twice)
    step("lazy update")
    z.x = 3
    s.flush()
    say(sorted(inspect(z).unloaded))
    say(z.twice, z.y)
    step("identity")
    s.add_all([Auto(name="a"), Auto(name="b")])
    s.flush()
    s.expire_all()
    say(s.scalars(select(Auto.name).order_by(Auto.id)).all())
    step("computed is not to be written")
    s.commit()
    s.add(Lazy(twice=4))
    error(s.flush)
    s.rollback()
    forget()
