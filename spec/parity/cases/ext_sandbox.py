# A test suite's sandbox: a session joined to an outer transaction, its commits, rollbacks and savepoints; N+1 counted.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func
from sqlalchemy.orm import declarative_base, relationship, Session, selectinload, joinedload, subqueryload, raiseload

Base = declarative_base()


class Box(Base):
    __tablename__ = "box"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)
    things = relationship("Thing", back_populates="box", order_by="Thing.id")


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    box_id = Column(ForeignKey("box.id"))
    box = relationship("Box", back_populates="things")


eng = engine()
Base.metadata.create_all(eng)
with Session(eng) as s:
    for i in range(3):
        s.add(Box(name="b%d" % i, things=[Thing(name="t%d%d" % (i, j)) for j in range(2)]))
    s.commit()
forget()


def count():
    with Session(eng) as s:
        return s.scalar(select(func.count(Box.id)))


def sandbox(mode, fn):
    conn = eng.connect()
    outer = conn.begin()
    s = Session(conn, join_transaction_mode=mode)
    try:
        fn(s)
    finally:
        s.close()
        say("  outer active", outer.is_active, conn.in_transaction())
        outer.rollback()
        conn.close()


step("commits inside do not last")


def commits(s):
    s.add(Box(name="new"))
    s.commit()
    s.add(Box(name="newer"))
    s.commit()
    say(s.scalar(select(func.count(Box.id))))


sandbox("create_savepoint", commits)
say(count())
step("rollbacks inside undo only what came after")


def rolls(s):
    s.add(Box(name="kept"))
    s.commit()
    s.add(Box(name="dropped"))
    s.flush()
    s.rollback()
    say(s.scalars(select(Box.name).order_by(Box.id)).all())
    s.add(Box(name="kept"))
    error(s.commit)
    s.rollback()
    say(s.scalar(select(func.count(Box.id))))
    with s.begin_nested():
        s.add(Box(name="nested"))
    s.commit()
    say(s.scalar(select(func.count(Box.id))))


sandbox("create_savepoint", rolls)
say(count())
step("rollback_only")


def count_in(s):
    return s.scalar(select(func.count(Box.id)))


def only(s):
    s.add(Box(name="more%d" % count_in(s)))
    s.commit()
    say(s.scalar(select(func.count(Box.id))))


sandbox("rollback_only", only)
say(count())
step("rollback_only, rolled back")


def gone(s):
    s.add(Box(name="one"))
    s.flush()
    s.rollback()


sandbox("rollback_only", gone)
step("control_fully")
sandbox("control_fully", only)
say(count())
step("conditional_savepoint")
sandbox("conditional_savepoint", only)
say(count())
calls = []
event.listen(eng, "before_cursor_execute", lambda *a: calls.append(1))


def counted(title, q, walk):
    del calls[:]
    with Session(eng) as s:
        seen = [walk(o) for o in s.scalars(q).unique()]
    say(title, len(calls), seen)


step("how many statements")
by_box = lambda b: [t.name for t in b.things]
q = select(Box).order_by(Box.id)
counted("lazy", q, by_box)
counted("selectin", q.options(selectinload(Box.things)), by_box)
counted("joined", q.options(joinedload(Box.things)), by_box)
counted("subquery", q.options(subqueryload(Box.things)), by_box)
counted("up", select(Thing).order_by(Thing.id), lambda t: t.box.name)
counted("up joined", select(Thing).options(joinedload(Thing.box)).order_by(Thing.id), lambda t: t.box.name)
forget()
with Session(eng) as s:
    b = s.scalars(q.options(raiseload("*"))).first()
    error(lambda: b.things)
step("end")
