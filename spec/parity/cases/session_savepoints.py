"""begin_nested: what a rolled back savepoint restores in objects, and what the outer transaction keeps."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), unique=True, nullable=False)
    balance = Column(Integer, nullable=False, default=0)
    entries = relationship("Entry", back_populates="account", order_by="Entry.id")


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
    account_id = Column(ForeignKey("account.id"))
    account = relationship("Account", back_populates="entries")


e = engine()
Base.metadata.create_all(e)
forget()


def state(o):
    i = inspect(o)
    say([n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)][0],
        i.identity, sorted(i.unloaded))


session = Session(e)
a = Account(name="a", balance=10)
b = Account(name="b", balance=20)
session.add_all([a, b])
session.commit()

step("changes before and inside")
a.balance = 11
nested = session.begin_nested()
say(nested.nested, nested.is_active, session.in_nested_transaction(), session.get_nested_transaction() is nested)
say(nested.parent is session.get_transaction(), nested.session is session)
sql()
b.balance = 21
session.flush()
nested.rollback()
say(nested.is_active, session.in_nested_transaction())
state(a)
state(b)
say(a.balance, b.balance)
session.commit()

step("changes not flushed before the rollback")
nested = session.begin_nested()
a.balance = 99
nested.rollback()
say(inspect(a).modified, a in session.dirty, a.balance)
session.rollback()

step("new object inside")
c = Account(name="c")
with session.begin_nested() as sp:
    session.add(c)
    session.flush()
    state(c)
    sp.rollback()
state(c)
say(c.id, c.balance, c in session)
session.add(c)
session.commit()
say(session.scalars(select(Account.name).order_by(Account.name)).all())

step("deleted object inside")
nested = session.begin_nested()
session.delete(c)
session.flush()
state(c)
nested.rollback()
state(c)
nested = session.begin_nested()
session.delete(c)
nested.commit()
state(c)
session.rollback()
state(c)
say(c.name)

step("error inside, the outer transaction goes on")
for name in ("d", "a", "e"):
    try:
        with session.begin_nested():
            session.add(Account(name=name))
    except IntegrityError as err:
        say("skipped", name, type(err).__name__, session.is_active, len(session.new))
session.commit()
say(session.scalars(select(Account.name).order_by(Account.name)).all())

step("savepoints in savepoints")
one = session.begin_nested()
a.entries.append(Entry(amount=1))
two = session.begin_nested()
a.entries.append(Entry(amount=2))
session.flush()
say(len(a.entries), two.parent is one)
two.rollback()
say([x.amount for x in a.entries], session.get_nested_transaction() is one)
one.commit()
session.commit()
say([x.amount for x in a.entries])
one = session.begin_nested()
two = session.begin_nested()
say(session.get_nested_transaction() is two)
one.rollback()
say(two.is_active, session.in_nested_transaction(), session.in_transaction())
error(two.commit)
session.rollback()

step("primary key changed inside")
nested = session.begin_nested()
b.entries = []
b.id = 50
session.flush()
say(inspect(b).identity, session.get(Account, 50) is b)
nested.rollback()
say(inspect(b).identity, b.id, session.get(Account, 50))
session.rollback()

step("session.rollback ends them all")
session.begin_nested()
session.begin_nested()
session.rollback()
say(session.in_transaction(), session.in_nested_transaction())
session.begin_nested()
session.commit()
say(session.in_transaction(), session.in_nested_transaction())
sql()
session.close()
