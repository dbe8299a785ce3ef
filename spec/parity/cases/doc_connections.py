"""The page on engines and connections: transactions as you go and in blocks, options, streams, schema names, errors."""
from parity import *
from sqlalchemy import (Column, Integer, MetaData, String, Table, bindparam, event, exc, func, insert, select, text,
                        update)

e = engine()
md = MetaData()
users = Table("users", md, Column("id", Integer, primary_key=True), Column("name", String(30), unique=True))
words = Table("words", md, Column("id", Integer, primary_key=True), Column("word", String, nullable=False))
step("as you go")
with e.connect() as conn:
    md.create_all(conn)
    forget()
    say(conn.in_transaction())
    conn.commit()
    say(conn.in_transaction(), conn.closed)
    conn.execute(users.insert(), {"id": 1, "name": "one"})
    conn.rollback()
    conn.execute(users.insert(), [{"id": 2, "name": "two"}, {"id": 3, "name": "three"}])
    conn.commit()
    conn.execute(users.insert().values(id=4, name="four"))
say(conn.closed)
with e.connect() as conn:
    say(conn.scalars(select(users.c.id).order_by(users.c.id)).all())
step("begin once")
with e.begin() as conn:
    conn.execute(users.insert(), {"id": 5, "name": "five"})
with e.connect() as conn:
    with conn.begin() as trans:
        say(trans.is_active, trans.is_valid, conn.get_transaction() is trans)
        conn.execute(users.insert(), {"id": 6, "name": "six"})
        trans.rollback()
        say(trans.is_active, conn.in_transaction())
        error(lambda: conn.execute(select(users.c.id)))
    with conn.begin():
        error(conn.begin)
    conn.execute(select(users.c.id).limit(1)).all()
    error(conn.begin)
    say(conn.in_transaction(), conn.in_nested_transaction())
error(lambda: conn.execute(select(1)))
step("savepoints")
with e.begin() as conn:
    outer = conn.begin_nested()
    conn.execute(users.insert(), {"id": 7, "name": "seven"})
    say(conn.in_nested_transaction(), conn.get_nested_transaction() is outer)
    inner = conn.begin_nested()
    conn.execute(users.insert(), {"id": 8, "name": "eight"})
    inner.rollback()
    outer.commit()
    say(conn.in_nested_transaction(), inner.is_active, outer.is_active)

    def clash():
        with conn.begin_nested():
            conn.execute(users.insert(), {"id": 7, "name": "again"})

    x = error(clash)
    say(isinstance(x, exc.DBAPIError), x.connection_invalidated)
    say(conn.scalar(select(func.count()).select_from(users)))
step("options")
with e.connect() as conn:
    same = conn.execution_options(note="a", yield_per=2)
    say(same is conn, conn.get_execution_options())
    result = conn.execute(select(users.c.id).order_by(users.c.id))
    say([list(map(tuple, part)) for part in result.partitions()])
    say(result.closed)
    conn.execution_options(yield_per=None)
    stream = conn.execution_options(stream_results=True, max_row_buffer=2).execute(select(users.c.name).order_by(users.c.id))
    say(stream.fetchmany(2), stream.fetchone(), stream.scalars().all())
branch = e.execution_options(note="b", compiled_cache=None)
say(branch is e, branch.pool is e.pool, branch.get_execution_options().get("note"), e.get_execution_options())
notes = []


@event.listens_for(e, "before_execute")
def note(conn, clause, multi, params, options):
    notes.append(options.get("note"))


with branch.connect() as conn:
    conn.execute(select(1))
    conn.execute(select(1), execution_options={"note": "c"})
    conn.execute(select(1).execution_options(note="d"))
    conn.execute(select(1).execution_options(note="d"), execution_options={"note": "e"})
say(notes)
event.remove(e, "before_execute", note)
step("isolation")
with e.connect() as conn:
    conn.execution_options(isolation_level="SERIALIZABLE")
    say(conn.get_isolation_level(), conn.execute(select(1)).scalar())
    error(lambda: conn.execution_options(isolation_level="SERIALIZABLE"))
    conn.rollback()
with e.connect() as conn:
    say(conn.default_isolation_level == conn.get_isolation_level())
    error(lambda: conn.execution_options(isolation_level="SOMETIMES"))
with e.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
    conn.execute(users.update().where(users.c.id == 2).values(name="TWO"))
    conn.commit()
    say(conn.scalar(select(users.c.name).where(users.c.id == 2)))
step("schema names")
per = Table("per", MetaData(), Column("id", Integer, primary_key=True), schema="per_user")
stmt = select(per).join(users, users.c.id == per.c.id)
say(stmt.compile(e, schema_translate_map={None: "main", "per_user": "ann"}, render_schema_translate=True))
with e.connect() as conn:
    conn = conn.execution_options(schema_translate_map={"per_user": None})
    per.create(conn)
    sql()
    conn.execute(per.insert(), [{"id": 2}, {"id": 3}])
    say(conn.execute(select(per.c.id).order_by(per.c.id)).all())
step("driver SQL")
with e.begin() as conn:
    conn.exec_driver_sql("CREATE TABLE raw (a INTEGER, b VARCHAR)")
    result = conn.exec_driver_sql("SELECT 1 AS x, 'y' AS \"Y\"")
    say(list(result.keys()), result.one()._mapping)
    say(conn.exec_driver_sql("INSERT INTO raw VALUES (1, 'x')").rowcount)
    say(conn.execute(text("SELECT a, b FROM raw WHERE b = :b").bindparams(b="x")).mappings().all())
step("many rows back")
with e.begin() as conn:
    result = conn.execute(words.insert().returning(words.c.id, words.c.word, sort_by_parameter_order=True),
                          [{"word": "w%d" % i} for i in range(5)])
    say(result.all())
    result = conn.execute(words.update().where(words.c.id == bindparam("b_id")).values(word=bindparam("b_word")),
                          [{"b_id": 1, "b_word": "x"}, {"b_id": 2, "b_word": "y"}])
    say(result.rowcount, result.returns_rows)
    result = conn.execute(words.insert().values(word="single"))
    say(result.inserted_primary_key, result.is_insert, result.rowcount)
    error(lambda: conn.execute(words.insert(), [{"word": "a"}, {"other": "b"}]))
    error(lambda: conn.execute(text("SELECT :a, :b"), {"a": 1}))
    error(lambda: conn.execute("SELECT 1"))
sql()
