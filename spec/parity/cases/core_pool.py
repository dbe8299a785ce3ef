"""Pool classes with their counters, overflow and timeout, recycling by invalidation, and pool events of their own."""
from parity import *
from sqlalchemy import exc, NullPool, QueuePool, StaticPool, event, text

PATH = URL if is_postgresql else "sqlite:///" + __import__("tempfile").mktemp()


def counts(pool):
    say(pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow())


engine()
step("queue")
e = engine(url=PATH, poolclass=QueuePool, pool_size=2, max_overflow=1, pool_timeout=0.05)
say(type(e.pool), e.pool.timeout())
counts(e.pool)
say(e.pool.status())
a = e.connect()
counts(e.pool)
b = e.connect()
c = e.connect()
counts(e.pool)
x = error(lambda: e.connect())
say(str(x).split(",")[0], x.code)
a.close()
counts(e.pool)
b.close()
c.close()
counts(e.pool)
say(e.pool.status())
step("reuse")
seen = []
event.listen(e, "connect", lambda dbapi, rec: seen.append("connect"))
event.listen(e, "checkout", lambda dbapi, rec, proxy: seen.append("checkout"))
event.listen(e, "checkin", lambda dbapi, rec: seen.append("checkin"))
event.listen(e, "close", lambda dbapi, rec: seen.append("close"))
with e.connect() as a:
    with e.connect() as b:
        say(seen, a.connection is b.connection)
seen.clear()
with e.connect() as a:
    a.info["note"] = 1
    a.connection.record_info["rec"] = 2
    say(a.info)
with e.connect() as a:
    say(a.info, a.connection.record_info)
    a.invalidate()
with e.connect() as a:
    say(a.info, a.connection.record_info.get("rec"))
say(seen)
seen.clear()
step("dispose")
a = e.connect()
before = e.pool
e.dispose()
say(e.pool is before, seen)
counts(e.pool)
counts(before)
a.close()
seen.clear()
e.dispose(close=False)
say(seen)
step("lifo")
for lifo in (False, True):
    q = engine(url=PATH, poolclass=QueuePool, pool_size=3, pool_use_lifo=lifo)
    order = []
    n = iter(range(1, 9))
    event.listen(q, "connect", lambda dbapi, rec: rec.info.__setitem__("n", next(n)))
    event.listen(q, "checkout", lambda dbapi, rec, proxy: order.append(rec.info["n"]))
    cs = [q.connect() for i in range(3)]
    for i in (1, 0, 2):
        cs[i].close()
    cs = [q.connect() for i in range(3)]
    say(lifo, order)
    q.dispose()
step("unlimited overflow and size zero")
q = engine(url=PATH, poolclass=QueuePool, pool_size=1, max_overflow=-1)
cs = [q.connect() for i in range(4)]
counts(q.pool)
for c in cs:
    c.close()
counts(q.pool)
q = engine(url=PATH, poolclass=QueuePool, pool_size=0)
cs = [q.connect() for i in range(3)]
counts(q.pool)
for c in cs:
    c.close()
counts(q.pool)
step("null")
q = engine(url=PATH, poolclass=NullPool)
seen.clear()
event.listen(q, "connect", lambda dbapi, rec: seen.append("connect"))
event.listen(q, "close", lambda dbapi, rec: seen.append("close"))
for i in range(2):
    with q.connect() as a:
        a.execute(text("select 1"))
say(type(q.pool), q.pool.status(), seen)
step("static")
q = engine(url=PATH, poolclass=StaticPool)
seen.clear()
event.listen(q, "connect", lambda dbapi, rec: seen.append("connect"))
event.listen(q, "close", lambda dbapi, rec: seen.append("close"))
with q.connect() as a, q.connect() as b:
    say(a.connection.dbapi_connection is b.connection.dbapi_connection)
q.dispose()
say(type(q.pool), q.pool.status(), seen)
step("reset on return")
error(lambda: engine(url=PATH, pool_reset_on_return="nonsense"))
step("rejected at checkout")
q = engine(url=PATH, poolclass=QueuePool, pool_size=1)
tries = []


def refuse(dbapi, rec, proxy):
    tries.append(len(tries))
    if len(tries) < 2:
        raise exc.DisconnectionError()


event.listen(q, "checkout", refuse)
with q.connect() as a:
    say(tries, a.scalar(text("select 1")))
tries.clear()


def always(dbapi, rec, proxy):
    raise exc.DisconnectionError()


event.listen(q, "checkout", always)
error(lambda: q.connect())
event.remove(q, "checkout", always)
tries[:] = [1, 1, 1]
with q.connect() as a:
    say(a.scalar(text("select 1")))
forget()
