"""join_transaction_mode: what a session in another's transaction does to it, in each of the four modes."""
from parity import *
from sqlalchemy import Column, Integer, String, func, select
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))


e = engine()
Base.metadata.create_all(e)
forget()


def count(conn):
    return conn.scalar(select(func.count()).select_from(Item.__table__))


MODES = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")
for mode in MODES:
    for ending in ("commit", "rollback", "close"):
        step("%s: %s" % (mode, ending))
        conn = e.connect()
        trans = conn.begin()
        session = Session(conn, join_transaction_mode=mode)
        session.add(Item(name="x"))
        session.flush()
        getattr(session, ending)()
        say(trans.is_active, conn.in_transaction(), conn.in_nested_transaction())
        if trans.is_active:
            say(count(conn))
            session.add(Item(name="again"))
            session.commit()
            session.close()
            say(count(conn), trans.is_active)
            trans.rollback()
        conn.close()

for mode in MODES:
    step(mode + " within a savepoint of the connection")
    conn = e.connect()
    trans = conn.begin()
    savepoint = conn.begin_nested()
    session = Session(bind=conn, join_transaction_mode=mode)
    session.add(Item(name="y"))
    session.commit()
    say(savepoint.is_active, trans.is_active)
    session.add(Item(name="z"))
    session.flush()
    session.rollback()
    say(savepoint.is_active, trans.is_active)
    if trans.is_active:
        say(count(conn))
    session.close()
    conn.close()

step("a test suite's fixture")
conn = e.connect()
trans = conn.begin()
factory = sessionmaker(bind=conn, join_transaction_mode="create_savepoint")
with factory.begin() as session:
    session.add(Item(name="one"))
with factory() as session:
    session.add(Item(name="two"))
    session.flush()
    session.rollback()
    session.add(Item(name="three"))
    with session.begin_nested():
        session.add(Item(name="four"))
    session.commit()
with factory() as session:
    say(session.scalars(select(Item.name).order_by(Item.id)).all())
trans.rollback()
conn.close()
with Session(e) as session:
    say(session.scalars(select(Item.name)).all())
    say(sorted(i.name for i in session.scalars(select(Item))))
sql()
error(lambda: Session(e, join_transaction_mode="nonsense"))
