"""Engine, connection, dialect and pool events: arguments, order, return values, errors; DDL events and conditional DDL."""
from parity import *
from sqlalchemy import (DDL, Column, ForeignKey, Index, Integer, MetaData, String, Table, event, exc, insert, select,
                        text)

pg = is_postgresql
e = engine(pool_size=2) if pg else engine(poolclass=sa.StaticPool)
heard = []


def note(*words):
    heard.append(words)


def tell():
    for words in heard:
        say(" ", *words)
    heard.clear()


step("pool")
for name in ("connect", "first_connect", "checkout", "checkin", "reset", "close", "invalidate"):
    event.listen(e, name, lambda *a, name=name: note(name))
c = e.connect()
c.close()
tell()
c = e.connect()
c.begin()
c.close()
tell()
e.dispose()
tell()
c = e.connect()
c.invalidate()
say(c.invalidated)
tell()
c.rollback()
c.execute(select(1))
c.close()
tell()
forget()
step("ddl")
md = MetaData()
a = Table("a", md, Column("id", Integer, primary_key=True), Column("x", Integer))
b = Table("b", md, Column("id", ForeignKey("a.id"), primary_key=True), Column("name", String(20)), Index("ix_b", "name"))
for target, label in ((md, "md"), (a, "a"), (b, "b")):
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        event.listen(target, name, lambda t, conn, name=name, label=label, **kw: say(
            " ", label, name, kw.get("checkfirst"), [x.name for x in kw.get("tables") or []]))
event.listen(a, "after_create", DDL("CREATE INDEX ix_%(table)s_x ON %(table)s (x)"))
event.listen(a, "after_create", DDL("CREATE INDEX never ON a (x)").execute_if(dialect="oracle"))
event.listen(a, "after_create", DDL("CREATE INDEX ix_if ON a (x, id)").execute_if(
    callable_=lambda ddl, target, bind, **kw: say("  asked", target.name, bind.dialect.name == "oracle") or True))
md.create_all(e, checkfirst=False)
sql()
a2 = Table("a2", md, Column("id", Integer, primary_key=True, autoincrement=False))
event.listen(a2, "column_reflect", lambda *a: say("never"))
md.create_all(e)
b.drop(e, checkfirst=False)
b.create(e, checkfirst=False)
forget()
step("after_parent_attach")
event.listen(Column, "after_parent_attach", lambda col, table: say("attach", table.name, col.name))
t3 = Table("t3", md, Column("id", Integer, primary_key=True), Column("z", Integer))
t3.append_column(Column("w", Integer))
step("column_reflect")
md2 = MetaData()


@event.listens_for(md2, "column_reflect")
def reflected(inspector, table, info):
    say("reflect", table.name, info["name"], info["nullable"])
    info["key"] = "k_" + info["name"]


a3 = Table("a", md2, autoload_with=e)
say(a3.c.keys(), [col.name for col in a3.c])
forget()
heard.clear()
step("execution")
event.listen(e, "before_execute", lambda conn, stmt, multi, params, opts: note("before_execute", getattr(stmt, "is_select", False), multi, params))
event.listen(e, "after_execute", lambda conn, stmt, multi, params, opts, result: note("after_execute", result.returns_rows))
event.listen(e, "after_cursor_execute", lambda conn, cur, stmt, params, ctx, many: note("after_cursor_execute", many))
for name in ("begin", "rollback", "commit"):
    event.listen(e, name, lambda conn, name=name: note(name))
for name in ("savepoint", "release_savepoint", "rollback_savepoint"):
    event.listen(e, name, lambda conn, sp, *ctx, name=name: note(name, sp))
with e.begin() as c:
    c.execute(insert(a), {"id": 1, "x": 5})
    c.execute(insert(a), [{"id": 2, "x": 6}, {"id": 3, "x": 7}])
    with c.begin_nested():
        c.execute(a.update().where(a.c.id == 1).values(x=9))
    nested = c.begin_nested()
    nested.rollback()
    say(c.execute(select(a.c.x).order_by(a.c.id)).all())
tell()
sql()
step("return values")
e2 = e.execution_options(tag="t")


@event.listens_for(e2, "before_execute", retval=True)
def rewrite(conn, stmt, multi, params, opts):
    note("tag", conn.get_execution_options().get("tag"))
    if getattr(stmt, "is_select", False):
        stmt = stmt.where(a.c.id > 1)
    return stmt, multi, params


def comment(conn, cur, stmt, params, ctx, many):
    return stmt + " /* seen */", params


event.listen(e2, "before_cursor_execute", comment, retval=True)
with e2.connect() as c:
    say(c.execute(select(a.c.id).order_by(a.c.id)).all())
with e.connect() as c:
    say(c.execute(select(a.c.id).order_by(a.c.id)).all())
heard.clear()
sql()
step("handle_error")


@event.listens_for(e, "handle_error")
def handle(ctx):
    say(type(ctx.sqlalchemy_exception).__name__, ctx.is_disconnect, ctx.statement is not None, ctx.connection is not None,
        ctx.execution_context is not None)


with e.connect() as c:
    error(lambda: c.execute(insert(a), {"id": 1}))


@event.listens_for(e, "handle_error", retval=True)
def other(ctx):
    if "nowhere" in ctx.statement:
        return exc.NoSuchTableError("replaced")


with e.connect() as c:
    error(lambda: c.execute(text("select * from nowhere")))
step("drop")
with e.begin() as c:
    md.drop_all(c)
heard.clear()
event.listen(e, "engine_disposed", lambda eng: say("engine_disposed", eng is e))
event.listen(e, "set_connection_execution_options", lambda conn, opts: say("options", opts))
event.listen(e, "engine_connect", lambda conn: say("engine_connect", conn.closed))
with e.connect() as c:
    c = c.execution_options(isolation_level="SERIALIZABLE", foo=1)
forget()
heard.clear()
e.dispose()
