"""Transactions of sessions: savepoints, isolation levels, events, and a session inside a transaction of others."""
from parity import *
from sqlalchemy import Column, Integer, String, create_engine, event, insert, select, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker
from sqlalchemy.pool import StaticPool

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)


e = engine(poolclass=StaticPool) if not is_postgresql else engine()
Base.metadata.create_all(e)
forget()
make = sessionmaker(e)


def names(session):
    return session.scalars(select(Item.name).order_by(Item.id)).all()


step("phases")
session = make()
say(session.in_transaction(), session.get_transaction())
session.add(Item(id=1, name="a"))
say(session.in_transaction(), session.get_transaction() is not None)
session.flush()
conn = session.connection()
say(conn.in_transaction(), session.connection() is conn)
session.commit()
say(session.in_transaction(), conn.closed)
session.rollback()
say(names(session))
session.close()

step("begin")
t = session.begin()
say(t.is_active, session.get_transaction() is t)
error(session.begin)
session.add(Item(id=2, name="b"))
t.commit()
say(t.is_active, session.in_transaction())
with session.begin() as t:
    session.add(Item(id=3, name="c"))
    t.rollback()
say(names(session))
session.commit()
manual = Session(e, autobegin=False)
error(lambda: manual.add(Item(id=9)) or manual.flush())
with manual.begin():
    say(names(manual))
error(lambda: names(manual))
manual.close()

step("savepoints")
session.begin()
session.add(Item(id=4, name="d"))
nested = session.begin_nested()
session.add(Item(id=5, name="e"))
say(session.in_nested_transaction(), session.get_nested_transaction() is nested)
nested.rollback()
say(session.in_nested_transaction(), nested.is_active)
session.commit()
say(names(session))
for key, name in ((1, "x"), (6, "f"), (6, "g"), (7, "h")):
    try:
        with session.begin_nested():
            session.add(Item(id=key, name=name))
    except Exception as err:
        say(type(err).__name__, key, name)
session.commit()
say(names(session))
one = session.get(Item, 1)
one.name = "changed"
sp = session.begin_nested()
one.name = "changed twice"
session.flush()
sp.rollback()
say(one.name)
session.rollback()
say(one.name)
inner = session.begin_nested()
deeper = session.begin_nested()
session.commit()
say(session.in_transaction(), inner.is_active, deeper.is_active)
session.close()

step("isolation")
level = "REPEATABLE READ" if is_postgresql else "READ UNCOMMITTED"
session.connection(execution_options={"isolation_level": level})
say(session.connection().get_isolation_level() == level)
session.commit()
say(session.connection().get_isolation_level() == level)
session.rollback()
if is_postgresql:
    auto = Session(e.execution_options(isolation_level="AUTOCOMMIT"))
    auto.add(Item(id=20, name="auto"))
    auto.flush()
    auto.rollback()
    say(names(auto))
    auto.close()
session.close()

step("events")
for name in ("after_begin", "after_transaction_create", "after_transaction_end", "before_commit", "after_commit", "before_flush", "after_flush", "after_flush_postexec", "after_rollback"):
    event.listen(session, name, lambda *a, name=name: say(name))
event.listen(session, "after_soft_rollback", lambda s, t: say("after_soft_rollback", t.nested))
session.add(Item(id=30, name="n"))
session.commit()
with session.begin_nested():
    session.add(Item(id=31, name="m"))
session.rollback()
session.close()


def suite(mode):
    step("inside a transaction of others: %s" % mode)
    conn = e.connect()
    trans = conn.begin()
    s = Session(bind=conn, join_transaction_mode=mode)
    s.add(Item(id=40, name=mode))
    s.commit()
    say(trans.is_active)
    s.add(Item(id=41, name=mode))
    s.rollback()
    say(trans.is_active, s.in_transaction())
    s.close()
    say(trans.is_active)
    if trans.is_active:
        say(conn.scalars(select(Item.name).where(Item.id >= 40).order_by(Item.id)).all())
        trans.rollback()
    conn.close()


for mode in ("conditional_savepoint", "create_savepoint", "rollback_only", "control_fully"):
    suite(mode)
    with e.begin() as c:
        c.execute(text("DELETE FROM items WHERE id >= 40"))
step("conditional_savepoint over a savepoint")
conn = e.connect()
trans = conn.begin()
inner = conn.begin_nested()
s = Session(bind=conn)
s.add(Item(id=50, name="in"))
s.rollback()
say(trans.is_active, inner.is_active)
s.add(Item(id=51, name="in"))
s.commit()
s.close()
trans.rollback()
conn.close()
error(lambda: Session(e, join_transaction_mode="no"))

step("two databases and binds")
e2 = engine("sqlite://", poolclass=StaticPool)
Base.metadata.create_all(e2)
forget()
both = sessionmaker(binds={Item: e2})
with both() as s:
    say(s.get_bind(Item) is e2, s.get_bind(clause=Item.__table__) is e2)
    error(lambda: s.execute(text("select 1")))
    say(s.scalar(text("select 1"), bind_arguments={"bind": e2}), names(s))
with Session() as s:
    error(lambda: names(s))
session.close()
sql()
