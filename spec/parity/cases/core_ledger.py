"""A ledger: transactions, savepoints within each other, what an error leaves behind, events and isolation levels."""
from parity import *
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table, event, func, select, text

e = engine()
md = MetaData()
account = Table("account", md, Column("id", Integer, primary_key=True), Column("owner", String(10), nullable=False),
                Column("balance", Integer, nullable=False), CheckConstraint("balance >= 0", name="not_negative"))
md.create_all(e)
with e.begin() as conn:
    conn.execute(account.insert(), [{"id": 1, "owner": "ann", "balance": 50}, {"id": 2, "owner": "bob", "balance": 20}])
forget()
for name in ("savepoint", "rollback_savepoint", "release_savepoint"):
    event.listen(e, name, lambda conn, n, *a, name=name: say("event", name, n))


def balances(conn):
    say(conn.execute(select(account.c.owner, account.c.balance).order_by(account.c.id)).all())


def transfer(conn, a, b, amount):
    conn.execute(account.update().where(account.c.id == b).values(balance=account.c.balance + amount))
    conn.execute(account.update().where(account.c.id == a).values(balance=account.c.balance - amount))


step("a transfer")
with e.begin() as conn:
    say(conn.in_transaction(), conn.in_nested_transaction(), conn.get_transaction().is_active)
    transfer(conn, 1, 2, 10)
with e.connect() as conn:
    balances(conn)
step("one that fails")


def fails():
    with e.begin() as conn:
        transfer(conn, 2, 1, 100)


x = error(fails)
say(x.connection_invalidated)
with e.connect() as conn:
    balances(conn)
step("savepoints")
with e.connect() as conn:
    t = conn.begin()
    transfer(conn, 1, 2, 1)
    sp = conn.begin_nested()
    say(conn.in_nested_transaction(), sp.is_active, sp.nested if hasattr(sp, "nested") else True)
    x = error(lambda: transfer(conn, 1, 2, 1000))
    sp.rollback()
    say(sp.is_active, t.is_active)
    with conn.begin_nested():
        transfer(conn, 1, 2, 2)
        inner = conn.begin_nested()
        transfer(conn, 1, 2, 3)
        inner.rollback()
    balances(conn)
    error(lambda: conn.begin())
    t.commit()
    say(t.is_active, conn.in_transaction())
    error(lambda: t.commit())
    error(lambda: t.rollback())
    balances(conn)
    say(conn.in_transaction())
    conn.rollback()
    say(conn.in_transaction())
step("an error in a with of a savepoint")


def nested_error():
    with e.begin() as conn:
        transfer(conn, 1, 2, 4)
        try:
            with conn.begin_nested():
                transfer(conn, 1, 2, 5)
                conn.execute(account.insert().values(id=1, owner="dup", balance=0))
        except sa.exc.IntegrityError as err:
            say("caught", type(err).__name__)
        balances(conn)
        conn.execute(account.insert().values(id=3, owner="cat", balance=0))
        raise ValueError("out")


error(nested_error)
with e.connect() as conn:
    balances(conn)
step("closing without commit")
conn = e.connect()
conn.execute(account.update().values(balance=0))
conn.close()
say(conn.closed)
error(lambda: conn.execute(select(1)))
with e.connect() as conn:
    balances(conn)
step("outer commit with an open savepoint")
with e.connect() as conn:
    t = conn.begin()
    sp = conn.begin_nested()
    transfer(conn, 1, 2, 6)
    t.commit()
    say(sp.is_active, t.is_active)
    error(lambda: sp.rollback())
    balances(conn)
step("outer rollback ends the savepoint")
with e.connect() as conn:
    t = conn.begin()
    sp = conn.begin_nested()
    transfer(conn, 1, 2, 7)
    t.rollback()
    say(sp.is_active, t.is_active, conn.in_transaction())
    error(lambda: sp.commit())
    balances(conn)
step("isolation")
with e.connect() as conn:
    say(conn.get_isolation_level() in ("READ COMMITTED", "SERIALIZABLE"), conn.default_isolation_level == conn.get_isolation_level())
with e.connect().execution_options(isolation_level="SERIALIZABLE") as conn:
    say(conn.get_isolation_level(), conn.get_execution_options().get("isolation_level"))
    balances(conn)
    error(lambda: conn.execution_options(isolation_level="AUTOCOMMIT"))
error(lambda: e.connect().execution_options(isolation_level="NONSENSE"))
if is_postgresql:
    auto = e.execution_options(isolation_level="AUTOCOMMIT")
    with auto.connect() as conn:
        conn.execute(account.insert().values(id=9, owner="auto", balance=1))
        conn.rollback()
with e.connect() as conn:
    balances(conn)
    say(conn.get_isolation_level() == conn.default_isolation_level)
step("a broken transaction")
with e.connect() as conn:
    conn.begin()
    error(lambda: conn.execute(text("select nothing from nowhere")))
    if is_postgresql:
        x = error(lambda: balances(conn))
    conn.rollback()
    balances(conn)
sql()
