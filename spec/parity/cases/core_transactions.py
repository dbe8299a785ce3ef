"""Transactions of a connection: autobegin, explicit begin, savepoints, context managers and wrong use."""
from parity import *
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select

e = engine()
md = MetaData()
t = Table("t", md, Column("id", Integer, primary_key=True), Column("name", String(20)))
md.create_all(e)
forget()


def count(conn):
    return conn.scalar(select(func.count()).select_from(t))


step("autobegin")
conn = e.connect()
say(conn.in_transaction(), conn.in_nested_transaction(), conn.get_transaction() is None)
conn.execute(insert(t), {"id": 1, "name": "a"})
say(conn.in_transaction(), conn.get_transaction().is_active, conn.get_transaction().is_valid)
conn.commit()
say(conn.in_transaction(), count(conn), conn.in_transaction())
conn.rollback()
say(conn.in_transaction())
step("begin twice")
count(conn)
error(lambda: conn.begin())
conn.rollback()
tx = conn.begin()
error(lambda: conn.begin())
conn.execute(insert(t), {"id": 2, "name": "b"})
tx.rollback()
say(tx.is_active, tx.is_valid, count(conn))
error(lambda: tx.commit())
tx.close()
conn.rollback()
step("connection ends the transaction")
tx = conn.begin()
conn.execute(insert(t), {"id": 2, "name": "b"})
conn.commit()
say(tx.is_active, conn.in_transaction())
error(lambda: tx.commit())
step("savepoints")
with conn.begin() as tx:
    conn.execute(insert(t), {"id": 3, "name": "c"})
    sp = conn.begin_nested()
    say(conn.in_nested_transaction(), conn.get_nested_transaction() is sp, sp.is_active)
    conn.execute(insert(t), {"id": 4, "name": "d"})
    sp2 = conn.begin_nested()
    conn.execute(insert(t), {"id": 5, "name": "e"})
    say(count(conn))
    sp2.rollback()
    say(count(conn), sp2.is_active, conn.get_nested_transaction() is sp)
    sp.commit()
    say(sp.is_active, conn.in_nested_transaction())
    error(lambda: sp.commit())
    sp3 = conn.begin_nested()
    conn.execute(insert(t), {"id": 6, "name": "f"})
    sp4 = conn.begin_nested()
    conn.execute(insert(t), {"id": 7, "name": "g"})
    sp3.rollback()
    say(sp3.is_active, sp4.is_active, count(conn), conn.in_nested_transaction())
    error(lambda: sp4.commit())
say(conn.in_transaction(), count(conn))
conn.rollback()
step("savepoint without transaction")
count(conn)
conn.execute(insert(t), {"id": 9, "name": "begun"})
sp = conn.begin_nested()
say(conn.in_transaction(), conn.in_nested_transaction())
conn.execute(insert(t), {"id": 8, "name": "h"})
sp.commit()
say(conn.in_transaction(), conn.in_nested_transaction())
conn.rollback()
say(count(conn))
conn.rollback()
step("error in a block")


def fails():
    with conn.begin():
        conn.execute(insert(t), {"id": 20, "name": "x"})
        conn.execute(insert(t), {"id": 20, "name": "y"})


error(fails)
say(conn.in_transaction(), count(conn))
conn.rollback()
step("error in a savepoint block")


def nested_fails():
    with conn.begin_nested():
        conn.execute(insert(t), {"id": 1, "name": "y"})


with conn.begin():
    conn.execute(insert(t), {"id": 21, "name": "x"})
    error(nested_fails)
    say(conn.in_transaction(), conn.in_nested_transaction())
    conn.execute(insert(t), {"id": 22, "name": "z"})
say(count(conn))
conn.rollback()
step("ended inside its block")


def ended():
    with conn.begin() as tx:
        conn.execute(insert(t), {"id": 23, "name": "x"})
        tx.rollback()
        conn.execute(insert(t), {"id": 24, "name": "x"})


error(ended)
say(conn.in_transaction(), count(conn))
conn.rollback()


def inner():
    with conn.begin():
        conn.begin_nested().rollback()
        conn.commit()
        conn.execute(select(t))


error(inner)
say(conn.in_transaction())
step("engine begin")
with e.begin() as c:
    c.execute(insert(t), {"id": 30, "name": "x"})
    say(c.in_transaction())
say(c.closed)
error(lambda: c.execute(select(t)))


def raises():
    with e.begin() as c:
        c.execute(insert(t), {"id": 31, "name": "x"})
        raise Exception("stop")


error(raises)
step("close rolls back")
conn.execute(insert(t), {"id": 40, "name": "x"})
conn.close()
say(conn.closed, conn.in_transaction())
conn.close()
with e.connect() as c:
    say(c.scalars(select(t.c.id).order_by(t.c.id)).all())
    c.execute(insert(t), {"id": 51, "name": "x"})
    with c.begin_nested():
        c.execute(insert(t), {"id": 50, "name": "x"})
sql()
with e.connect() as c:
    say(count(c))
