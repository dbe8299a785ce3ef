"""Session, a bank: begin and begin_nested as blocks, exact restoration of objects at rollback, errors in a block,
savepoints in savepoints, join_transaction_mode, sessionmaker and scoped_session, transaction events, closed and reset
sessions."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    id = mapped_column(Integer, primary_key=True)
    owner = mapped_column(String(10), unique=True)
    balance = mapped_column(Integer, nullable=False, default=0)


def state(o):
    i = inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)][0]


e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e, expire_on_commit=False)
step("begin")
with Maker.begin() as s:
    s.add_all([Account(id=1, owner="ann", balance=10), Account(id=2, owner="bob", balance=20)])
sql()
kept = []


def fail():
    with Maker.begin() as s:
        a = s.get(Account, 1)
        kept.append(a)
        a.balance = 999
        s.flush()
        raise ValueError("stop")


error(fail)
say(state(kept[0]), sorted(inspect(kept[0]).unloaded))
sql()
step("nested")
s = Maker()
a, b = s.get(Account, 1), s.get(Account, 2)
a.balance = 11
with s.begin_nested() as point:
    say(s.in_nested_transaction(), s.get_nested_transaction() is point, s.get_transaction() is point.parent)
    b.balance = 21
    c = Account(id=3, owner="cyd")
    s.add(c)
    s.flush()
    point.rollback()
    say(state(c), point.is_active, s.in_transaction())
say(a.balance, b.balance, state(c), c.id, s.in_nested_transaction(), s.is_active)
sql()
step("nested errors")


def duplicate():
    with s.begin_nested():
        s.add(Account(id=4, owner="ann"))


error(duplicate)
say(s.is_active, s.in_transaction(), len(s.new), a.balance)
sql()
with s.begin_nested():
    a.balance += 1
    with s.begin_nested() as inner:
        s.delete(b)
        s.flush()
        say(state(b), b in s)
        inner.rollback()
    say(state(b), b in s, b.balance)
    d = Account(id=5, owner="dan")
    s.add(d)
s.commit()
say(a.balance, state(d), d.balance)
sql()
step("outer rollback after inner commit")
n = s.begin_nested()
x = Account(id=6, owner="eve")
s.add(x)
a.balance = 0
n.commit()
say(state(x), s.scalar(select(func.count()).select_from(Account)))
s.rollback()
say(state(x), a.balance, s.scalar(select(func.count()).select_from(Account)), s.in_transaction())
s.close()
sql()
step("failed flush")
s = Session(e)
a = s.get(Account, 1)
a.owner = "bob"
error(s.flush)
say(s.is_active, s.in_transaction())
error(lambda: a.balance + s.scalar(select(Account.balance)))
error(s.commit)
s.rollback()
say(s.is_active, a.owner, s.in_transaction())
s.close()
sql()
step("begin twice")
s = Session(e)
t = s.begin()
error(s.begin)
say(t.is_active, s.get_transaction() is t, t.nested, t.parent)
s.commit()
say(t.is_active, s.get_transaction())
error(t.commit)
manual = Session(e, autobegin=False)
error(lambda: manual.get(Account, 1))
with manual.begin():
    say(manual.get(Account, 1).owner)
error(lambda: manual.execute(text("select 1")))
sql()
step("join modes")
for mode in ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"):
    say(mode)
    with e.connect() as conn:
        outer = conn.begin()
        j = Session(conn, join_transaction_mode=mode)
        j.get(Account, 1).balance += 5
        j.commit()
        say(outer.is_active, j.scalar(select(Account.balance).where(Account.id == 1)))
        j.rollback()
        say(outer.is_active)
        j.close()
        if outer.is_active:
            outer.rollback()
    sql()
say(s.scalar(select(Account.balance).where(Account.id == 1)))
s.close()
forget()
step("transaction events")
s = Session(e)
for name in ("after_begin", "before_commit", "after_commit", "after_rollback", "after_soft_rollback", "before_flush",
             "after_flush", "after_flush_postexec", "after_transaction_create", "after_transaction_end"):
    event.listen(s, name, lambda *a, n=name: say(" ", n, [getattr(x, "nested", None) for x in a[1:2] if isinstance(
        x, SessionTransaction)]))
s.get(Account, 1).balance = 50
with s.begin_nested():
    s.get(Account, 2).balance = 60
s.commit()
s.add(Account(id=8, owner="ann"))
error(s.commit)
s.rollback()
s.close()
forget()
step("scoped")
Scoped = scoped_session(Maker, scopefunc=lambda: 1)
say(Scoped() is Scoped(), Scoped.registry.has())
Scoped.add(Account(id=9, owner="fay"))
Scoped.commit()
say(Scoped.get(Account, 9).owner, Scoped.query(Account).filter(Account.balance > 20).count(),
    len(list(Scoped.identity_map)))
error(lambda: Scoped(autoflush=False))
Scoped.remove()
say(Scoped.registry.has())
Scoped.close()
sql()
step("closed for good")
last = Session(e, close_resets_only=False)
last.add(Account(id=10, owner="gus"))
last.close()
error(lambda: last.scalar(select(1)))
reset = Session(e)
reset.add(Account(id=10, owner="gus"))
reset.reset()
say(len(reset.new), reset.in_transaction(), reset.scalar(select(func.max(Account.id))))
reset.close()
sql()
