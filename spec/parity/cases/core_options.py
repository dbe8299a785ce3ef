"""Execution options with their inheritance, isolation levels, AUTOCOMMIT, streamed results, driver SQL, invalidation."""
from parity import *
from sqlalchemy import Column, Integer, MetaData, String, Table, event, func, insert, select, text

e = engine(execution_options={"base": 1})
md = MetaData()
t = Table("t", md, Column("id", Integer, primary_key=True), Column("name", String(20)))
md.create_all(e)
with e.begin() as c:
    c.execute(insert(t), [{"id": i, "name": "n%d" % i} for i in range(1, 8)])
forget()
step("inheritance")
say(e.get_execution_options())
e2 = e.execution_options(mine=2)
e3 = e2.execution_options(mine=3, more=4)
say(e.get_execution_options(), e2.get_execution_options(), e3.get_execution_options(), e2.pool is e.pool, e2.dialect is e.dialect)
seen = []
event.listen(e, "before_cursor_execute", lambda conn, cur, s, p, ctx, many: seen.append({k: v for k, v in ctx.execution_options.items() if k in ("base", "mine", "more", "stmt", "call")}))
stmt = select(t.c.id).where(t.c.id == 1).execution_options(stmt=1, mine=50)
say(stmt.get_execution_options())
with e2.connect() as c:
    say(c.get_execution_options())
    same = c.execution_options(more=9)
    say(same is c, c.get_execution_options())
    c.execute(stmt)
    c.execute(stmt, execution_options={"mine": 60, "call": 1})
    c.execute(select(t.c.id))
    c.execute(text("select 1").execution_options(stmt=7))
    say(seen)
with e.connect() as c:
    say(c.get_execution_options())
forget()
step("isolation")
other = "SERIALIZABLE"
with e.connect() as c:
    say(c.get_isolation_level(), c.default_isolation_level)
    c.execution_options(isolation_level=other)
    say(c.get_isolation_level(), c.get_execution_options().get("isolation_level"))
    c.execute(select(t.c.id))
    error(lambda: c.execution_options(isolation_level="AUTOCOMMIT"))
    c.rollback()
with e.connect() as c:
    say(c.get_isolation_level())
x = e.execution_options(isolation_level=other)
with x.connect() as c:
    say(c.get_isolation_level())
with e.connect() as c:
    say(c.get_isolation_level())
error(lambda: e.execution_options(isolation_level="NOPE").connect())
forget()
step("autocommit")
with e.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
    c.execute(insert(t).values(id=20, name="auto"))
    say(c.in_transaction(), c.get_isolation_level() if is_postgresql else "AUTOCOMMIT")
    c.rollback()
    with c.begin():
        c.execute(insert(t).values(id=21, name="auto"))
    tr = c.begin()
    c.execute(insert(t).values(id=22, name="auto"))
    tr.rollback()
sql()
with e.connect() as c:
    say(c.scalars(select(t.c.id).where(t.c.id >= 20).order_by(t.c.id)).all())
    c.execute(t.delete().where(t.c.id >= 20))
    c.commit()
forget()
step("streamed")
q = select(t).order_by(t.c.id)
with e.connect() as c:
    r = c.execution_options(stream_results=True).execute(q)
    say(r.fetchone(), r.fetchmany(2), r.all(), r.fetchone())
with e.connect() as c:
    r = c.execute(q, execution_options={"yield_per": 3})
    say([len(p) for p in r.partitions()])
    r = c.execute(q, execution_options={"yield_per": 3})
    say([x.id for x in r])
    r = c.execute(q.execution_options(stream_results=True, max_row_buffer=2))
    say(r.first())
    error(lambda: r.all())
    r = c.execute(q.execution_options(yield_per=2)).scalars()
    say(r.fetchmany(), r.fetchmany(3), r.all())
    with c.execution_options(stream_results=True).execute(q) as r:
        say(next(r).id)
        say(r.mappings().fetchone())
    r = c.execute(q)
    r.close()
    say(r.closed)
    error(lambda: r.all())
    error(lambda: next(r))
    say(c.scalars(q, execution_options={"stream_results": True}).unique().all())
forget()
step("driver sql")
with e.connect() as c:
    mark = "%s" if is_postgresql else "?"
    say(c.exec_driver_sql("select name from t where id = " + mark, (2,)).all())
    r = c.exec_driver_sql("insert into t (id, name) values (%s, %s)" % (mark, mark), [(30, "a"), (31, "b")])
    say(r.rowcount, r.returns_rows)
    say(c.exec_driver_sql("select 5 as five, 6 as six").mappings().one(), c.exec_driver_sql("select count(*) from t").scalar())
    c.rollback()
    say(c.exec_driver_sql("select count(*) from t").scalar())
forget()
step("invalidate")
with e.connect() as c:
    if is_postgresql:
        c.begin()
        c.execute(insert(t).values(id=40, name="lost"))
        c.invalidate()
        say(c.invalidated, c.in_transaction(), c.closed)
        error(lambda: c.execute(q))
        c.rollback()
        say(c.invalidated, c.in_transaction())
        say(len(c.execute(q).all()), c.invalidated)
        c.invalidate(Exception("x"))
        error(lambda: c.commit())
        error(lambda: c.execute(q))
        c.rollback()
        say(c.scalar(select(func.count()).select_from(t)))
step("closed")
c = e.connect()
c.close()
for fn in (lambda: c.execute(q), lambda: c.commit(), lambda: c.rollback(), lambda: c.invalidate(), lambda: c.execution_options(a=1), lambda: c.get_isolation_level(), lambda: c.scalar(q),
           lambda: c.connection, lambda: c.exec_driver_sql("select 1"), lambda: c.detach()):
    error(fn)
say(c.closed, c.invalidated, c.in_transaction())
step("compiled cache and translate")
with e.connect() as c:
    if is_postgresql:
        c.exec_driver_sql("create schema two")
        c.execution_options(schema_translate_map={None: "two"})
        md.create_all(c)
        c.execute(insert(t).values(id=1, name="in two"))
        say(c.execute(select(t)).all())
        c.execution_options(schema_translate_map=None)
        say(c.scalar(select(func.count()).select_from(t)))
    cache = {}
    c = c.execution_options(compiled_cache=cache)
    c.execute(select(t.c.id).where(t.c.id == 1))
    c.execute(select(t.c.id).where(t.c.id == 2))
    say(len(cache))
    c.rollback()
sql()
