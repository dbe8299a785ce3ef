"""The page on pooling: pools by hand, resets, first in or last in, disconnects that are found early and late."""
from parity import *
import tempfile
from sqlalchemy import QueuePool, StaticPool, event, exc, select, text

PATH = URL if is_postgresql else "sqlite:///" + tempfile.mktemp()
engine()


def open_engine(**options):
    return engine(url=PATH, **options)


step("a pool by hand")
source = open_engine()
made, held = [], []


def creator():
    fairy = source.raw_connection()
    driver = fairy.driver_connection
    fairy.detach()
    held.append(fairy)
    made.append(len(made) + 1)
    return driver


pool = QueuePool(creator, pool_size=1, max_overflow=1, timeout=0.01)
say(pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow())
first = pool.connect()
cursor = first.cursor()
cursor.execute("SELECT 1 + 1")
say(cursor.fetchone()[0], made)
cursor.close()
second = pool.connect()
x = error(pool.connect)
say(x.code, str(x).split(" reached")[0])
first.close()
second.close()
say(pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow(), made)
say(first.is_valid, second.is_valid)
third = pool.connect()
third.invalidate()
say(third.is_valid, pool.checkedin(), pool.checkedout())
third = pool.connect()
say(made)
third.detach()
say(third.is_detached, pool.checkedout(), pool.checkedin())
third.close()
pool.dispose()
again = pool.recreate()
say(again is pool, again.size(), again.checkedin())
step("events of a connection")
seen = []
e = open_engine(pool_size=2)
for name in ("connect first_connect checkout checkin reset invalidate soft_invalidate close detach close_detached").split():
    event.listen(e, name, lambda *a, name=name: seen.append("%s %d" % (name, len(a))))


def look():
    say(seen)
    seen.clear()


with e.connect() as conn:
    conn.execute(text("SELECT 1"))
look()
with e.connect() as conn:
    pass
look()
conn = e.connect()
conn.detach()
conn.close()
look()
conn = e.connect()
conn.invalidate()
say(conn.invalidated, conn.closed)
conn.execute(text("SELECT 1"))
say(conn.invalidated)
conn.close()
look()
step("reset")
states = []
for option in ("rollback", "commit", None):
    r = open_engine(pool_reset_on_return=option)

    @event.listens_for(r, "reset")
    def reset(dbapi_connection, record, reset_state):
        states.append([reset_state.transaction_was_reset, reset_state.asyncio_safe, reset_state.terminate_only])

    with r.connect() as conn:
        conn.execute(text("SELECT 1"))
    with r.connect() as conn:
        pass
    raw = r.raw_connection()
    raw.close()
    say(option, states)
    states.clear()
    r.dispose()
step("first in or last in")
for lifo in (False, True):
    q = open_engine(pool_size=3, poolclass=QueuePool, pool_use_lifo=lifo)
    conns = [q.connect() for _ in range(3)]
    for i, conn in enumerate(conns):
        conn.info["number"] = i + 1
    for conn in conns:
        conn.close()
    numbers = []
    for _ in range(4):
        with q.connect() as conn:
            numbers.append(conn.info["number"])
    say(lifo, numbers)
    q.dispose()
step("refused at checkout")
d = open_engine(pool_size=1, poolclass=QueuePool)
tries = []


@event.listens_for(d, "checkout")
def checkout(dbapi_connection, record, proxy):
    tries.append(record.info.get("old", False))
    if record.info.get("old"):
        raise exc.DisconnectionError("too old")


with d.connect() as conn:
    conn.info["old"] = True
with d.connect() as conn:
    say(conn.info.get("old"), tries)


@event.listens_for(d, "checkout")
def never(dbapi_connection, record, proxy):
    raise exc.DisconnectionError("never")


error(d.connect)
say(d.pool.checkedin(), d.pool.checkedout())
d.dispose()
step("what counts as a disconnect")
h = open_engine(pool_size=2, poolclass=QueuePool)


@event.listens_for(h, "handle_error")
def handle(context):
    say(context.is_disconnect, context.invalidate_pool_on_disconnect, context.statement, context.is_pre_ping,
        isinstance(context.sqlalchemy_exception, exc.DBAPIError), context.connection is not None)
    if "nothing" in context.statement:
        context.is_disconnect = True


one = h.connect()
two = h.connect()
two.info["mark"] = 1
two.close()
x = error(lambda: one.execute(text("SELECT * FROM nothing")).all())
say(x.connection_invalidated, one.invalidated)
error(lambda: one.execute(text("SELECT 1")))
one.rollback()
say(one.execute(text("SELECT 1")).scalar(), one.invalidated)
one.close()
with h.connect() as conn:
    say(conn.info.get("mark"))
x = error(lambda: h.connect().execute(text("SELECT * FROM another")))
say(x.connection_invalidated)
h.dispose()
step("a ping of one's own")
g = open_engine(poolclass=StaticPool)


@event.listens_for(g, "engine_connect")
def ping_connection(connection):
    say("ping", connection.scalar(select(1)), connection.in_transaction())
    connection.rollback()


with g.connect() as conn:
    say(conn.in_transaction())
with g.execution_options(kind="branch").connect() as conn:
    say(conn.get_execution_options())
sql()
