"""Engine, connection, pool and session transaction events together: begin, savepoints, releases, rollbacks, two sessions on one connection, errors."""
from parity import *
from sqlalchemy import Column, Integer, String, create_engine, event, exc, insert, select, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

Base = declarative_base()


class Row(Base):
    __tablename__ = "row_"
    id = Column(Integer, primary_key=True)
    name = Column(String(10), unique=True)


e = engine()
Base.metadata.create_all(e)
forget()


def tell(name, *rest):
    say("       ", name, *rest)


for name in ("checkout", "checkin", "reset", "invalidate", "soft_invalidate", "first_connect", "connect", "close", "detach", "close_detached"):
    event.listen(e.pool, name, lambda *a, name=name: tell("pool", name))
for name in ("begin", "commit", "rollback"):
    event.listen(e, name, lambda c, name=name: tell("engine", name))
event.listen(e, "savepoint", lambda c, n: tell("engine savepoint", n))
event.listen(e, "rollback_savepoint", lambda c, n, x: tell("engine rollback_savepoint", n))
event.listen(e, "release_savepoint", lambda c, n, x: tell("engine release_savepoint", n))
event.listen(e, "engine_connect", lambda c: tell("engine_connect"))
event.listen(e, "set_connection_execution_options", lambda c, o: tell("set_connection_execution_options", sorted(o)))
event.listen(e, "set_engine_execution_options", lambda c, o: tell("set_engine_execution_options", sorted(o)))
event.listen(e, "before_execute", lambda c, st, m, p, o: tell("before_execute", p if isinstance(p, dict) else dict(p), len(m)))
event.listen(e, "after_execute", lambda c, st, m, p, o, r: tell("after_execute"))
event.listen(e, "before_cursor_execute", lambda c, cu, st, p, x, many: tell("before_cursor_execute", st.split(" ")[0]))
event.listen(e, "after_cursor_execute", lambda c, cu, st, p, x, many: tell("after_cursor_execute", st.split(" ")[0]))
event.listen(e, "handle_error", lambda x: tell("handle_error", type(x.sqlalchemy_exception).__name__, x.is_disconnect, x.statement is not None, x.connection is not None))
event.listen(e, "engine_disposed", lambda x: tell("engine_disposed"))
S = sessionmaker(e)
for name in ("before_commit", "after_commit", "after_rollback"):
    event.listen(S, name, lambda s, name=name: tell("session", name, s.is_active, s.in_transaction()))
event.listen(S, "after_begin", lambda s, t, c: tell("session after_begin", t.nested, c.in_nested_transaction()))
event.listen(S, "after_soft_rollback", lambda s, t: tell("session after_soft_rollback", t.nested, s.is_active))
event.listen(S, "after_transaction_create", lambda s, t: tell("session create", t.nested, t.parent is not None))
event.listen(S, "after_transaction_end", lambda s, t: tell("session end", t.nested, t.parent is not None))


def boom():
    raise ValueError("x")


step("plain")
with S() as s:
    s.add(Row(id=1, name="a"))
    s.commit()
forget()
step("begin block")
with S.begin() as s:
    s.add(Row(id=2, name="b"))
forget()
step("read only")
with S() as s:
    say(s.scalar(select(Row.name).where(Row.id == 1)))
forget()
step("nothing done")
with S() as s:
    s.begin()
    s.commit()
    s.rollback()
step("savepoints")
with S() as s:
    with s.begin_nested():
        s.add(Row(id=3, name="c"))
    with s.begin_nested() as n:
        s.add(Row(id=4, name="d"))
        s.flush()
        with s.begin_nested():
            s.add(Row(id=5, name="e"))
        n.rollback()
    s.commit()
forget()
step("a savepoint whose block fails")


def failing():
    with S.begin() as s:
        error(lambda: inner(s))
        s.add(Row(id=7, name="g"))


def inner(s):
    with s.begin_nested():
        s.add(Row(id=6, name="a"))


failing()
forget()
step("a flush that fails")


def flush_fails():
    with S.begin() as s:
        s.add(Row(id=8, name="a"))


error(flush_fails)
forget()
step("a block that fails")


def block_fails():
    with S.begin() as s:
        s.add(Row(id=8, name="h"))
        s.flush()
        boom()


error(block_fails)
forget()
step("joined to a connection")
for mode in ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"):
    say(mode)
    with e.connect() as c:
        t = c.begin()
        with S(bind=c, join_transaction_mode=mode) as s:
            s.add(Row(id=9, name="i"))
            s.commit()
            s.add(Row(id=10, name="j"))
            s.flush()
            s.rollback()
            say(t.is_active, c.in_transaction())
        say(t.is_active)
        if t.is_active:
            t.rollback()
        else:
            c.execute(text("delete from row_ where id = 9"))
            c.commit()
    forget()
step("core")
with e.begin() as c:
    c.execute(insert(Row), [{"id": 20, "name": "t"}, {"id": 21, "name": "u"}])
    with c.begin_nested():
        c.execute(text("select 1"))
    error(lambda: c.execute(insert(Row).values(id=20, name="t"))) if not is_postgresql else None
forget()
step("options")
with e.connect().execution_options(stream_results=False) as c:
    c.exec_driver_sql("select 1")
    c.rollback()
    c.begin()
    c.close()
f = e.execution_options(my_option=1)
with f.connect() as c:
    say(c.get_execution_options().get("my_option"))
with S(bind=f) as s:
    s.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    s.execute(text("select 1"))
forget()
step("invalidate")
c = e.connect()
c.execute(select(1))
c.invalidate()
error(lambda: c.execute(select(2)))
c.rollback()
c.close()
c = e.connect()
c.detach()
c.close()
e.dispose()
sql()
