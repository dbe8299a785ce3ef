"""SessionTransaction: parent, nested, origin, is_active, get_transaction, blocks, misuse, what may be called when."""
from parity import *
from sqlalchemy import Column, Integer, String, select
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()


class Row(Base):
    __tablename__ = "r"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)


db = engine()
Base.metadata.create_all(db)
forget()


def names(session):
    return session.scalars(select(Row.name).order_by(Row.id)).all()


def where(session):
    t, n = session.get_transaction(), session.get_nested_transaction()
    say(session.in_transaction(), session.in_nested_transaction(), t is not None, n is not None,
        t and (t.nested, t.is_active, t.parent is None, t.origin.name), n and (n.nested, n.is_active, n.parent is t,
                                                                         n.origin.name))


step("autobegin")
session = Session(db)
where(session)
session.add(Row(name="a"))
where(session)
session.commit()
where(session)
t = session.begin()
where(session)
say(session.get_transaction() is t, t.session is session)
error(session.begin)
session.rollback()
sql()

step("begin as a block")
with session.begin():
    t = session.get_transaction()
    where(session)
    session.add(Row(name="b"))
where(session)
say(t.is_active)
try:
    with session.begin():
        session.add(Row(name="c"))
        session.flush()
        raise KeyError("stop")
except KeyError:
    say("stopped", names(session))
session.rollback()
sql()

step("commit in the block")
with session.begin():
    session.add(Row(name="d"))
    session.commit()
    error(lambda: session.add(Row(name="e")) or session.flush())
where(session)
say(names(session))
session.close()
with session.begin():
    session.rollback()
    error(lambda: names(session))
session.close()

step("nested in nested")
forget()
with session.begin():
    outer = session.get_transaction()
    with session.begin_nested() as one:
        session.add(Row(name="n1"))
        with session.begin_nested() as two:
            where(session)
            say(two.parent is one, one.parent is outer, session.get_nested_transaction() is two)
            session.add(Row(name="n2"))
            two.rollback()
        where(session)
        say(two.is_active, one.is_active)
        session.add(Row(name="n3"))
    say(one.is_active, names(session))
sql()

step("inner commit closes what is inside")
one = session.begin_nested()
session.add(Row(name="m1"))
two = session.begin_nested()
session.add(Row(name="m2"))
one.commit()
say(one.is_active, two.is_active, session.in_nested_transaction())
error(two.commit)
error(one.rollback)
session.rollback()
sql()
say(names(session))

step("a failed flush in a savepoint")
nested = session.begin_nested()
session.add(Row(name="a"))
error(session.flush)
where(session)
error(lambda: names(session))
error(session.commit)
nested.rollback()
where(session)
say(names(session))
session.add(Row(name="f"))
session.commit()
say(names(session))

step("a failed flush without one")
session.add(Row(name="a"))
error(session.flush)
say(session.is_active, session.in_transaction())
error(session.begin_nested)
error(lambda: session.get(Row, 1))
session.rollback()
say(session.is_active)
where(session)

step("rollback of all levels")
session.begin_nested()
session.begin_nested()
session.add(Row(name="g"))
session.flush()
session.rollback()
where(session)
session.get_transaction().rollback() if session.in_transaction() else say("none")
session.rollback()
where(session)

step("close and reset in a transaction")
session.add(Row(name="h"))
session.flush()
t = session.get_transaction()
session.close()
say(t.is_active, session.in_transaction(), names(session))
session.reset()
say(session.in_transaction())
closing = Session(db, close_resets_only=False)
closing.add(Row(name="i"))
closing.close()
error(lambda: names(closing))
closing.reset()
error(lambda: names(closing))

step("autobegin off")
manual = Session(db, autobegin=False)
error(lambda: names(manual))
error(lambda: manual.add(Row(name="j")))
manual.begin()
say(names(manual))
manual.commit()
error(lambda: names(manual))
with manual.begin():
    manual.add(Row(name="k"))
error(manual.connection)
say(manual.in_transaction())
manual.close()

step("options of the connection")
with Session(db) as s:
    c = s.connection(execution_options={"logging_token": "x"})
    say(c.get_execution_options().get("logging_token"), s.connection() is c, s.get_transaction() is not None)
with sessionmaker(db).begin() as s:
    say(s.in_transaction(), names(s))
