"""Sessions and connections used at the wrong moment: closed, committed, nested, in listeners, in the middle of a flush."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, insert, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, relationship, scoped_session, sessionmaker

Base = declarative_base()


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    name = Column(String(10), unique=True)


e = engine()
Base.metadata.create_all(e)
forget()


def count():
    with Session(e) as s:
        say("rows", s.scalar(select(func.count(Doc.id))))
        s.execute(Doc.__table__.delete())
        s.commit()
    forget()


def body(title, fn, **kw):
    step(title)
    s = Session(e, **kw)
    error(lambda: fn(s))
    sql()
    say(s.is_active, s.in_transaction(), s.in_nested_transaction(), len(s.new))
    s.close()
    sql()
    count()


def block(end):
    def fn(s):
        with s.begin() as t:
            s.add(Doc(name="a"))
            s.flush()
            error(lambda: end(s, t))
            say(t.is_active, s.in_transaction(), s.is_active)
            error(lambda: s.execute(select(1)).all())
            error(lambda: s.add(Doc(name="b")))
        say("left")
    return fn


def nested(end):
    def fn(s):
        with s.begin_nested() as t:
            s.add(Doc(name="a"))
            error(lambda: end(s, t))
            say(t.is_active, s.in_nested_transaction(), s.is_active)
            error(lambda: s.execute(select(1)).all())
        say("left")
        s.commit()
    return fn


def raiser(s, t):
    raise ValueError("x")


ends = {"commit": lambda s, t: s.commit(), "rollback": lambda s, t: s.rollback(), "t commit": lambda s, t: t.commit(), "t rollback": lambda s, t: t.rollback(), "close": lambda s, t: s.close(),
        "t close": lambda s, t: t.close(), "begin": lambda s, t: s.begin(), "nested": lambda s, t: s.begin_nested(), "failed": lambda s, t: s.execute(text("select * from nowhere")),
        "prepare": lambda s, t: s.prepare(), "expunge": lambda s, t: s.expunge_all(), "reset": lambda s, t: s.reset(), "t twice": lambda s, t: (t.commit(), t.commit()),
        "raise": raiser}
for title, end in ends.items():
    body("block: " + title, block(end))
    body("savepoint: " + title, nested(end))


def out(s, after):
    with s.begin():
        s.add(Doc(name="a"))
        after(s)


body("raised out of the block", lambda s: out(s, lambda s: raiser(s, None)))
body("failed out of the block", lambda s: out(s, lambda s: s.execute(text("select * from nowhere"))))


def twice(s):
    s.begin()
    error(s.begin)
    n = s.begin_nested()
    m = s.begin_nested()
    say(s.get_transaction() is not None, s.get_nested_transaction() is m, m.parent is n)
    s.add(Doc(name="x"))
    error(n.commit)
    say(m.is_active, n.is_active)
    error(m.commit)
    error(m.rollback)
    s.commit()
    error(n.rollback)


body("begin twice", twice)


def inner_first(s):
    n = s.begin_nested()
    s.add(Doc(name="x"))
    m = s.begin_nested()
    s.add(Doc(name="y"))
    s.flush()
    error(n.rollback)
    say(m.is_active, s.in_nested_transaction(), len(s.new))
    error(m.commit)
    s.commit()


body("outer first", inner_first)


def closed(s):
    s.close()
    s.add(Doc(name="again"))
    s.commit()


body("closed", closed)
body("closed for good", closed, close_resets_only=False)
body("no autobegin", lambda s: s.add(Doc()), autobegin=False)
body("no autobegin, execute", lambda s: s.execute(select(1)), autobegin=False)
body("unbound", lambda s: Session().execute(select(1)))
body("unbound get", lambda s: Session().get(Doc, 1))
body("flush unbound", lambda s: (lambda u: (u.add(Doc()), u.flush()))(Session()))
in_flush = {"flush": lambda s: s.flush(), "commit": lambda s: s.commit(), "rollback": lambda s: s.rollback(), "close": lambda s: s.close(), "execute": lambda s: s.scalar(select(func.count(Doc.id))),
            "query": lambda s: s.query(Doc).count(), "nested": lambda s: s.begin_nested().commit(), "add": lambda s: s.add(Doc(name="late")), "get": lambda s: s.get(Doc, 4)}
for name in ("before_flush", "before_insert", "after_insert", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_begin"):
    for what, act in in_flush.items():
        if (name, what) in (("before_commit", "commit"), ("after_flush_postexec", "flush"), ("after_flush_postexec", "commit"), ("before_commit", "rollback"), ("after_begin", "rollback"), ("after_begin", "close"), ("after_begin", "commit")):
            continue

        def hook(*args, name=name, what=what, act=act):
            if not busy:
                busy.append(1)
                act(current[0])

        busy, current = [], []
        target = Doc if name in ("before_insert", "after_insert") else Session
        event.listen(target, name, hook)

        def go(s):
            current.append(s)
            s.add(Doc(name="d"))
            s.commit()

        body(name + " " + what, go)
        busy.append(1)
        event.remove(target, name, hook)
step("results")
s = Session(e)
s.add_all([Doc(name="a"), Doc(name="b")])
s.commit()
r = s.execute(select(Doc.name).order_by(Doc.name))
say(r.first())
for fn in (r.first, r.all, r.fetchone, r.one, r.scalar):
    error(lambda: fn())
r = s.execute(insert(Doc).values(name="c"))
error(r.all)
error(r.first)
say(r.returns_rows)
s.close()
error(lambda: s.execute(select(Doc.name)).one())
error(lambda: s.execute(select(Doc.name)).scalar_one())
error(lambda: s.execute(select(Doc.name).where(Doc.id < 0)).scalar_one())
error(lambda: s.execute(select(Doc.name)).one_or_none())
say(s.execute(select(Doc.name).where(Doc.id < 0)).one_or_none())
s.close()
c = e.connect()
c.close()
for fn in (lambda: c.execute(select(1)), c.begin, c.commit, c.rollback, c.close, lambda: c.closed):
    error(fn)
c = e.connect()
t = c.begin()
error(c.begin)
n = c.begin_nested()
error(t.commit)
say(n.is_active, t.is_active, c.in_transaction())
error(lambda: c.execute(select(1)))
error(n.commit)
error(n.rollback)
t.close()
c.close()
