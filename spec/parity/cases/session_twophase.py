"""Two-phase commit on PostgreSQL: prepare, commit, rollback, savepoints and the connection's own calls."""
from parity import *
from sqlalchemy import Column, Integer, String, event, select, text
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))


e = engine()
Base.metadata.create_all(e)
forget()
for name in ("begin_twophase", "prepare_twophase"):
    event.listen(e, name, lambda conn, xid, name=name: say("  *", name))
for name in ("commit_twophase", "rollback_twophase"):
    event.listen(e, name, lambda conn, xid, prepared, name=name: say("  *", name, prepared))


def waiting():
    with e.connect() as conn:
        return conn.scalar(text("select count(*) from pg_prepared_xacts where database = current_database()"))


def names():
    with Session(e) as session:
        return session.scalars(select(Item.name).order_by(Item.id)).all()


def recovered():
    with e.connect() as conn:
        return conn.recover_twophase()


if is_postgresql:
    step("commit prepares by itself")
    session = Session(e, twophase=True)
    session.add(Item(name="a"))
    session.commit()
    say(names())
    step("prepare, then commit")
    session.add(Item(name="b"))
    session.prepare()
    say(waiting(), names())
    error(lambda: session.scalars(select(Item)))
    session.commit()
    say(waiting(), names())
    step("prepare, then rollback")
    session.add(Item(name="c"))
    session.prepare()
    session.rollback()
    say(waiting(), names())
    step("rollback without prepare")
    session.add(Item(name="d"))
    session.flush()
    session.rollback()
    step("savepoint inside")
    session.add(Item(name="e"))
    with session.begin_nested():
        session.add(Item(name="f"))
    session.commit()
    say(names())
    step("an error before the prepare")
    session.add(Item(id=1, name="dup"))
    error(session.prepare)
    session.rollback()
    session.close()
    say(waiting())
    step("the connection's own calls")
    with e.connect() as conn:
        trans = conn.begin_twophase("alchemy_pair")
        conn.execute(Item.__table__.insert(), {"name": "g"})
        trans.prepare()
        say(trans.xid, recovered(), trans.is_active)
        trans.commit()
        say(recovered(), trans.is_active)
        trans = conn.begin_twophase("other_pair")
        conn.execute(Item.__table__.insert(), {"name": "h"})
        trans.prepare()
        trans.rollback()
        xid = "left_behind"
        trans = conn.begin_twophase(xid)
        conn.execute(Item.__table__.insert(), {"name": "i"})
        trans.prepare()
        conn.invalidate()
    with e.connect() as conn:
        say(conn.recover_twophase())
        conn.commit_prepared(xid, recover=True)
        say(conn.recover_twophase())
    say(names())
forget()
error(lambda: Session(e).prepare())
with Session(e) as session:
    session.add(Item(name="z"))
    session.flush()
    error(session.prepare)
