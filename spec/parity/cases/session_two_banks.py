"""Two-phase sessions: the hooks and the session's events, failures, several units; the refusal on SQLite."""
from parity import *
from sqlalchemy import Column, Integer, String, event, func, select, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    owner = Column(String(20), unique=True)
    amount = Column(Integer)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Account(id=1, owner="ann", amount=10), Account(id=2, owner="bob", amount=20)])
    s.commit()
forget()
for name in ("begin_twophase", "prepare_twophase"):
    event.listen(e, name, lambda conn, xid, name=name: say("  *", name, len(xid) > 5))
for name in ("commit_twophase", "rollback_twophase"):
    event.listen(e, name, lambda conn, xid, prepared, name=name: say("  *", name, prepared))


def watch(session):
    for name in ("before_commit", "after_commit", "after_rollback"):
        event.listen(session, name, lambda s, name=name: say("  -", name))
    event.listen(session, "after_begin", lambda s, t, c: say("  - after_begin", c.in_transaction(), c.in_nested_transaction()))
    event.listen(session, "after_transaction_end", lambda s, t: say("  - end", t.nested, t.parent is None))
    event.listen(session, "before_flush", lambda s, c, i: say("  - before_flush", len(s.new), len(s.dirty)))
    event.listen(session, "after_soft_rollback", lambda s, t: say("  - soft", t.nested))


factory = sessionmaker(e, twophase=True)
if not is_postgresql:
    step("refused here")
    s = factory()
    say(s.twophase)
    refused(lambda: s.scalars(select(Account.id)).all())
    s.rollback()
    s.add(Account(id=3, owner="cy"))
    refused(s.commit)
    s.rollback()
    say(s.in_transaction(), s.is_active)
    s.close()
    with e.connect() as conn:
        refused(lambda: conn.begin_twophase("x"))
        conn.rollback()
        say(conn.scalar(text("select count(*) from account")))
        error(lambda: conn.begin_twophase())
    with Session(e) as s:
        say(s.scalar(select(func.count(Account.id))))
        s.begin_nested()
        error(s.prepare)
        s.rollback()
else:
    step("commit")
    s = factory()
    watch(s)
    a = s.get(Account, 1)
    a.amount -= 5
    s.add(Account(id=3, owner="cy", amount=5))
    s.commit()
    say(a.amount)
    step("prepare and commit")
    a.amount = 1
    s.prepare()
    error(lambda: s.add(Account(id=4)) or s.flush())
    error(lambda: s.get(Account, 2))
    error(s.begin_nested)
    error(s.prepare)
    s.commit()
    say(a.amount, s.in_transaction())
    step("prepare and rollback")
    a.amount = 99
    s.prepare()
    s.rollback()
    say(a.amount)
    s.close()
    step("prepare and close")
    a = s.get(Account, 2)
    a.amount = 0
    s.prepare()
    s.close()
    say(s.get(Account, 2).amount)
    s.rollback()
    step("a flush that fails")
    s.add(Account(id=9, owner="ann"))
    error(s.commit)
    error(lambda: s.get(Account, 1))
    s.rollback()
    say(s.get(Account, 1).owner)
    step("a savepoint that fails")
    try:
        with s.begin_nested():
            s.add(Account(id=9, owner="ann"))
    except Exception as x:
        say(type(x).__name__)
    s.add(Account(id=10, owner="dee"))
    s.commit()
    say(s.scalars(select(Account.owner).order_by(Account.id)).all())
    s.close()
    step("with begin()")
    with factory.begin() as s:
        s.add(Account(id=11, owner="eve"))
    try:
        with factory.begin() as s:
            s.add(Account(id=12, owner="fay"))
            s.flush()
            raise KeyError("stop")
    except KeyError:
        say("raised")
    step("the connection's")
    with e.connect() as conn:
        t = conn.begin_twophase()
        say(conn.in_transaction(), t.is_active, t.is_valid)
        error(lambda: conn.begin_twophase())
        error(conn.begin)
        conn.execute(Account.__table__.delete().where(Account.id == 11))
        t.rollback()
        say(t.is_active, conn.in_transaction())
        error(t.commit)
        with conn.begin_twophase() as t:
            conn.execute(Account.__table__.delete().where(Account.id == 10))
        with conn.begin_twophase() as t:
            conn.execute(Account.__table__.delete().where(Account.id == 3))
            t.prepare()
        say(conn.execute(select(Account.id).order_by(Account.id)).scalars().all())
    step("a session on a connection in two phases")
    with e.connect() as conn:
        t = conn.begin_twophase()
        s = Session(conn, join_transaction_mode="create_savepoint")
        s.add(Account(id=20, owner="guest"))
        s.commit()
        s.close()
        t.rollback()
    with Session(e) as s:
        say(s.get(Account, 20), s.twophase)
sql()
