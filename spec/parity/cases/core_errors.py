"""Errors of the database and of statements with their fields, their places in the tree of classes; URLs."""
import re

from parity import *
from sqlalchemy import (URL as U, CheckConstraint, Column, ForeignKey, Integer, MetaData, String, Table, bindparam, create_engine, exc, func, insert, literal, make_url, select,
                        text, update)

e = engine()
md = MetaData()
t = Table("t", md, Column("id", Integer, primary_key=True), Column("name", String(5), unique=True, nullable=False), Column("n", Integer, CheckConstraint("n > 0", name="ck_n")),
          Column("t_id", ForeignKey("t.id")))
md.create_all(e)
forget()
conn = e.connect()
conn.execute(insert(t).values(id=1, name="a"))
conn.commit()
if not is_postgresql:
    conn.exec_driver_sql("PRAGMA foreign_keys = ON")
    conn.commit()
TREE = ("SQLAlchemyError", "StatementError", "DBAPIError", "DatabaseError", "IntegrityError", "OperationalError", "ProgrammingError", "DataError", "InterfaceError", "ArgumentError",
        "InvalidRequestError", "CompileError", "ResourceClosedError", "NoSuchTableError", "NoResultFound", "NoSuchColumnError", "PendingRollbackError")


def check(fn):
    x = error(fn)
    say([n for n in TREE if isinstance(x, getattr(exc, n))])
    for line in str(x).split("\n")[1:]:
        if line.startswith(("[SQL", "[par")):
            say(re.sub(r"%\(\w+\)s", "?", line) if line.startswith("[SQL") else "[parameters]")
    if isinstance(x, exc.StatementError):
        say(x.statement is not None, x.params is not None, x.orig is not None, fmt(isinstance(x, exc.DBAPIError) and x.connection_invalidated))
        if is_postgresql and isinstance(x, exc.DBAPIError):
            say(x.orig.pgcode)
    if conn.in_transaction():
        conn.rollback()
    return x


step("database")
check(lambda: conn.execute(insert(t).values(id=1, name="b")))
check(lambda: conn.execute(insert(t).values(id=2, name="a")))
check(lambda: conn.execute(insert(t), {"id": 2, "name": None}))
check(lambda: conn.execute(insert(t), [{"id": 2, "name": "q", "n": -1}]))
check(lambda: conn.execute(insert(t).values(id=3, name="c", t_id=77)))
check(lambda: conn.execute(text("select * from nowhere")))
check(lambda: conn.execute(text("selec 1")))
check(lambda: conn.execute(text("select nope from t")))
check(lambda: conn.exec_driver_sql("select nope(1)"))
if is_postgresql:
    check(lambda: conn.execute(insert(t).values(id=4, name="too long")))
    check(lambda: conn.execute(text("select 1 / 0")))
    check(lambda: conn.execute(text("select cast('x' as integer)")))
    conn.execute(select(t))
    error(lambda: conn.execute(text("select 1 / 0")))
    error(lambda: conn.execute(text("select 1")))
    conn.rollback()
step("statements")
check(lambda: conn.execute(select(t).where(t.c.id == bindparam("x"))))
check(lambda: conn.execute(text("select :a"), {}))
check(lambda: conn.execute(insert(t).values(nope=1)))
check(lambda: conn.execute("select 1"))
check(lambda: conn.execute(t))
check(lambda: conn.execute(select(t).where(t.c.id.in_(5))))
check(lambda: select(t).where("x = 1"))
check(lambda: select(t).order_by("nope desc; drop").compile())
check(lambda: select(t.c.id).join(Table("z", MetaData(), Column("x", Integer))).compile())
check(lambda: text("select :a").bindparams(b=1))
check(lambda: Table("t", md, Column("z", Integer)))
check(lambda: conn.execution_options(isolation_level="NONSENSE"))
check(lambda: create_engine("nonsense"))
check(lambda: create_engine("nodb://host/x"))
check(lambda: select(t.c.id, t.c.name).scalar_subquery() + 1)
check(lambda: select(t).union(select(t.c.id)).compile())
check(lambda: conn.execute(update(t).values(name=bindparam("name")).where(t.c.id == 1), {"name": "x"}))
step("hidden")
x = error(lambda: conn.execute(text("select :secret from nowhere"), {"secret": "s" * 400}))
say("sss" in str(x), len(str(x)) < 900)
conn.rollback()
conn.close()
step("url")
u = make_url("postgresql+psycopg2://us%40er:p%2Fw@host:5433/my%20db?sslmode=require&a=1&a=2")
say(u.drivername, u.username, u.password, u.host, u.port, u.database, {k: list(v) if isinstance(v, tuple) else v for k, v in u.query.items()})
say(str(u), u.render_as_string(hide_password=False), u.get_backend_name())
u2 = u.set(host="other", database="x").update_query_dict({"b": "3"}).difference_update_query(["a"])
say(u2.render_as_string(hide_password=False), u2 == u, u2.set(host="other") == u2, u == make_url(u))
say(u.update_query_pairs([("z", "1"), ("z", "2")]).render_as_string(), u.update_query_string("k=v", append=True).render_as_string(), u.normalized_query["a"], u.normalized_query["sslmode"])
say(str(U.create("sqlite")), str(U.create("sqlite", database="x.db")), str(make_url("sqlite:////abs/x.db")), make_url("sqlite:////abs/x.db").database, make_url("sqlite://").database)
say(str(U.create("postgresql", username="u", password="p:w@/", host="::1", port=1, database="d")), U.create("postgresql", username="u", password="p:w@/", host="h").render_as_string(hide_password=False))
say(make_url("postgresql://u@/d?host=h1:5432&host=h2").query["host"], make_url("postgresql://[::1]:9/d").host)
check(lambda: make_url("not a url"))
say(str(create_engine("sqlite://").url), create_engine("sqlite://").dialect.name, str(create_engine("postgresql://u:secret@h/d")))
