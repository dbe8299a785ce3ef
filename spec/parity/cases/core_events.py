"""Events of an engine and its pool: their order and their arguments."""
from parity import *
from sqlalchemy import Column, Integer, MetaData, QueuePool, String, Table, bindparam, event, insert, select, text

engine()
md = MetaData()
t = Table("t", md, Column("id", Integer, primary_key=True), Column("name", String(20)))
other = Table("u", md, Column("id", Integer, primary_key=True))


def hear(target, name, fn):
    event.listen(target, name, fn)


step("ddl")
for target, label in ((md, "md"), (t, "t")):
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        def ddl(target, connection, label=label, name=name, **kw):
            say(label, name, getattr(target, "name", "-"), connection.in_transaction(), kw["checkfirst"])
            if label == "md":
                say([x.name for x in kw["tables"]])
        hear(target, name, ddl)

e = engine(url=URL if is_postgresql else "sqlite:///" + __import__("tempfile").mktemp(), poolclass=QueuePool, pool_size=1)
md.create_all(e)
md.drop_all(e, tables=[other])
t.drop(e)
t.create(e, checkfirst=True)
forget()

step("pool")
for name in ("connect", "first_connect", "checkout", "checkin", "reset", "invalidate", "soft_invalidate", "close", "detach", "close_detached"):
    def pool(*args, name=name):
        extra = ""
        if name == "reset":
            s = args[2]
            extra = "transaction_was_reset=%s terminate_only=%s asyncio_safe=%s" % (s.transaction_was_reset, s.terminate_only, s.asyncio_safe)
        if name in ("invalidate", "soft_invalidate"):
            extra = type(args[2]).__name__ if args[2] is not None else "None"
        say("pool", name, len(args), extra)
    hear(e, name, pool)
hear(e, "engine_connect", lambda conn: say("engine_connect", conn.closed))
hear(e, "engine_disposed", lambda eng: say("engine_disposed", eng is e))
e.dispose()
say("connecting")
with e.connect() as c:
    c.execute(select(t))
say("again")
with e.connect() as c:
    c.execute(select(t))
    c.commit()
say("invalidate")
with e.connect() as c:
    c.execute(select(t))
    c.invalidate()
    say(c.invalidated, c.closed)
    c.rollback()
    say(c.execute(select(t)).all(), c.invalidated)
say("detach")
with e.connect() as c:
    c.detach()
    say(c.execute(select(t)).all())
say("raw")
raw = e.raw_connection()
raw.close()
e.dispose()
forget()

step("statements")
for name in ("begin", "rollback", "commit", "savepoint", "rollback_savepoint", "release_savepoint"):
    hear(e, name, lambda conn, *a, name=name: say("tx", name, *a))
hear(e, "begin_twophase", lambda conn, xid: say("begin_twophase"))


def before_execute(conn, clauseelement, multiparams, params, execution_options):
    say("before_execute", clauseelement is not None, multiparams, params, dict(execution_options))


def after_execute(conn, clauseelement, multiparams, params, execution_options, result):
    say("after_execute", multiparams, params, dict(execution_options), result.rowcount if not result.returns_rows else "rows")


def before_cursor(conn, cursor, statement, parameters, context, executemany):
    say("before_cursor", executemany, context.isinsert, context.isupdate, context.isdelete, context.isddl, context.is_text)


def after_cursor(conn, cursor, statement, parameters, context, executemany):
    say("after_cursor", executemany, context.execution_options.get("mine"))


hear(e, "before_execute", before_execute)
hear(e, "after_execute", after_execute)
hear(e, "before_cursor_execute", before_cursor)
hear(e, "after_cursor_execute", after_cursor)
hear(e, "set_connection_execution_options", lambda conn, opts: say("set_conn_options", opts))
hear(e, "set_engine_execution_options", lambda eng, opts: say("set_engine_options", opts))
hear(e, "handle_error", lambda ctx: say("handle_error", type(ctx.sqlalchemy_exception).__name__, ctx.is_disconnect, ctx.is_pre_ping,
     ctx.invalidate_pool_on_disconnect, ctx.statement is not None, ctx.engine is e, ctx.connection is not None))
with e.connect() as c:
    c.execute(insert(t), {"id": 1, "name": "a"})
    c.execute(insert(t), [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}])
    c.execute(select(t).where(t.c.id == bindparam("x")), {"x": 1}, execution_options={"mine": 5})
    c.execution_options(mine=6)
    c.execute(t.update().values(name="q").where(t.c.id == 3))
    c.exec_driver_sql("select 1")
    c.execute(text("select 2"))
    sp = c.begin_nested()
    sp.rollback()
    with c.begin_nested():
        pass
    error(lambda: c.execute(text("select * from missing")))
    c.rollback()
e2 = e.execution_options(mine=7, logging_token="x")
with e2.connect() as c:
    c.execute(t.delete().where(t.c.id == 9))
    c.commit()
step("retval")


def rewrite(conn, cursor, statement, parameters, context, executemany):
    return statement.replace("one", "two"), parameters


event.listen(e, "before_cursor_execute", rewrite, retval=True)
with e.connect() as c:
    say(c.scalar(text("select 'one'")))
    c.rollback()
event.remove(e, "before_cursor_execute", rewrite)
say(event.contains(e, "before_cursor_execute", rewrite), True)
e.dispose()
forget()
