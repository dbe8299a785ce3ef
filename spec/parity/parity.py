"""What the Python programs of this folder stand on: the same names as parity.lua.

    engine(**options)   an engine on an empty database; its statements are recorded
    say(*values)        one line
    step(title)         one line "== title", after the statements recorded so far
    sql()               the statements since the last look, indented; in one spelling for all databases
    error(fn)           calls fn and says the class of the error that it raises ("Exception" for any that is not
                        SQLAlchemy's), or "no error"
    refused(fn)         the same where the error is Python's own (AttributeError, TypeError): says "refused"
    fmt(value)          how say() writes a value

PARITY_URL names the database. Statements that follow each other and differ in their parameters only are
one line, since how many rows travel together is a driver's business; so is the RETURNING of an INSERT.
Objects of a session stay: when one that nobody holds is forgotten is the collector's business. Warnings are silent.
"""
import datetime
import decimal
import os
import re
import uuid

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy import event

URL = os.environ["PARITY_URL"]
_log = []
_held = []
for _name in ("loaded_as_persistent", "pending_to_persistent", "detached_to_persistent"):
    event.listen(sa.orm.Session, _name, lambda session, instance: _held.append(instance))


def fmt(value, nested=False):
    if value is None:
        return "None"
    if value is True or value is False:
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else "%.12g" % value
    if isinstance(value, str):
        return "'%s'" % value if nested else value
    if isinstance(value, (bytes, memoryview)):
        return "b'%s'" % bytes(value).hex()
    if isinstance(value, datetime.timedelta):
        return "timedelta(%s)" % fmt(value.total_seconds())
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, uuid.UUID):
        return fmt(str(value), nested)
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, dict) or not hasattr(value, "_mapping") and hasattr(value, "keys") and hasattr(value, "items"):
        items = sorted((fmt(k), fmt(v, True)) for k, v in value.items())
        return "{%s}" % ", ".join("%s: %s" % item for item in items) if items else "[]"
    if isinstance(value, (set, frozenset)):
        return "[%s]" % ", ".join(sorted(fmt(v, True) for v in value))
    if isinstance(value, sa.orm.attributes.History):
        return "History(%s)" % ", ".join(fmt(list(part or ()), True) for part in value)
    if isinstance(value, (list, tuple, sa.Row)):
        return "[%s]" % ", ".join(fmt(v, True) for v in value)
    if sa.inspect(value, raiseerr=False) is not None and hasattr(type(value), "__mapper__"):
        return "<%s>" % type(value).__name__
    if not isinstance(value, sa.ClauseElement) and hasattr(value, "__iter__"):
        return "[%s]" % ", ".join(fmt(v, True) for v in value)
    return re.sub(r"\s+", " ", str(value))


def say(*values):
    print(" ".join(fmt(v) for v in values), flush=True)


def _plain(value):
    """A parameter, whatever form the driver wants it in."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if type(value).__name__ == "Binary":
        return fmt(value.adapted)
    if type(value).__name__ in ("Json", "QuotedString"):
        return str(value.adapted)
    if hasattr(value, "lower_inc"):
        ends = tuple("" if end is None else _plain(end) for end in (value.lower, value.upper))
        return "empty" if value.isempty else value._bounds[0] + "%s,%s" % ends + value._bounds[1]
    text = fmt(value)
    return re.sub(r"(\d\d:\d\d:\d\d)\.000000", r"\1", text)


def _statement(sql, params, many):
    """(text, rows) with "?" for placeholders and the values in the order of the text."""
    sql = re.sub(r"\s+", " ", sql).strip()
    names = re.findall(r"%\((.*?)\)s", sql)
    # The parameters of one INSERT of many rows come flat, though it counts as many.
    rows = params if many and isinstance(params, list) and isinstance(params[0], (dict, tuple)) else [params]
    rows = [[row[n] for n in names] if isinstance(row, dict) else list(row or ()) for row in rows]
    cast = r"::\w+(\(\d+(, \d+)?\))?( VARYING| PRECISION| WITH(OUT)? TIME ZONE)*(\[\])*"
    sql = re.sub(r"%%\(.*?\)s(%s)?" % cast, "?", sql).replace("%%", "%")
    insert = re.match(r"INSERT INTO (\S+) \(([^)]*)\) (VALUES \(\?|SELECT p0)", sql)
    if insert:
        text = "INSERT INTO %s (%s)" % insert.group(1, 2)
        tail = re.search(r"( ON CONFLICT.*?)( RETURNING .*)?$", sql)
        size = insert.group(2).count(",") + 1
        split = []
        for row in rows:
            count = max(1, len(row) // size) if not tail and len(row) % size == 0 else 1
            split += [row[i * len(row) // count:(i + 1) * len(row) // count] for i in range(count)]
        return text + (tail.group(1) if tail else ""), split
    if sql.startswith("INSERT"):
        sql = re.sub(r" RETURNING .*$", "", sql)
    return sql, rows


def _record(engine):
    @event.listens_for(engine, "before_cursor_execute")
    def _execute(conn, cursor, statement, parameters, context, executemany):
        if "pg_catalog." in statement:  # how the catalog is asked is the dialect's business
            return
        text, rows = _statement(statement, parameters, executemany)
        rows = [[_plain(v) for v in row] for row in rows]
        if _log and _log[-1][0] == text and re.match("INSERT|UPDATE|DELETE", text):
            _log[-1][1].extend(rows)
        else:
            _log.append((text, rows))

    for name in ("begin", "commit", "rollback"):
        event.listen(engine, name, lambda *a, name=name: _log.append((name.upper(), [])))


def sql():
    for text, rows in _log:
        shown = " ".join("(%s)" % ", ".join(row) for row in rows if row)
        print("  " + text + (" " + shown if shown else ""), flush=True)
    _log.clear()


def forget():
    """Drops the statements since the last look."""
    _log.clear()


def step(title):
    sql()
    print("== " + title, flush=True)


def error(fn):
    try:
        fn()
    except Exception as e:
        say("error", type(e).__name__ if type(e).__module__.startswith("sqlalchemy") else "Exception")
        return e
    say("no error")


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


def _empty(engine):
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as conn:
        for name in conn.exec_driver_sql(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).scalars().all():
            conn.exec_driver_sql('DROP SCHEMA "%s" CASCADE' % name)
        conn.exec_driver_sql("CREATE SCHEMA public")


_engines = 0


def _leave_transactions_alone(dbapi_connection, record):
    """The driver would begin too late, and savepoints would not hold (SQLAlchemy's documentation of pysqlite)."""
    dbapi_connection.isolation_level = None


def _begin(conn):
    """Two connections of one thread to a database in memory are the same one."""
    if not conn.connection.dbapi_connection.in_transaction:
        conn.connection.dbapi_connection.execute("BEGIN")


def engine(url=None, **options):
    """url: another database than PARITY_URL, which is not emptied."""
    if url is None:
        cleaner = sa.create_engine(URL, poolclass=sa.NullPool)
        _empty(cleaner)
        cleaner.dispose()
    result = sa.create_engine(url or URL, **options)
    if result.dialect.name == "sqlite":
        event.listen(result, "connect", _leave_transactions_alone)
        event.listen(result, "begin", _begin)
    _record(result)
    return result


is_postgresql = URL.startswith("postgresql")
