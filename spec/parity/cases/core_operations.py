"""Alembic's operations on a live database and in batch mode, the version table, and offline SQL."""
import io

from alembic.migration import MigrationContext
from alembic.operations import Operations
from parity import *
from sqlalchemy import (Boolean, CheckConstraint, Column, ForeignKeyConstraint, Integer, MetaData, Numeric, String, Table, Text, UniqueConstraint, column, func, inspect, select,
                        table, text)

e = engine()
conn = e.connect()
ctx = MigrationContext.configure(conn)
op = Operations(ctx)


def look(name):
    forget()
    i = inspect(conn)
    for c in i.get_columns(name):
        say(c["name"], str(c["type"]), c["nullable"], str(c["default"]).split("::")[0])
    say(i.get_pk_constraint(name)["constrained_columns"], sorted((f["name"] or "-", f["referred_table"]) for f in i.get_foreign_keys(name)),
        sorted((u["name"] or "-", u["column_names"]) for u in i.get_unique_constraints(name)), sorted((x["name"], x["column_names"], bool(x["unique"])) for x in i.get_indexes(name)),
        sorted(k["name"] or "-" for k in i.get_check_constraints(name)))
    forget()


step("create")
a = op.create_table("account", Column("id", Integer, primary_key=True), Column("name", String(50), nullable=False), Column("active", Boolean, server_default=text("true") if is_postgresql else text("1")))
say(type(a), a.name, a.c.keys())
op.create_table("child", Column("id", Integer, primary_key=True), Column("account_id", Integer), Column("code", String(5)), Column("n", Integer),
                ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account", ondelete="CASCADE"), UniqueConstraint("code", name="uq_code"), CheckConstraint("n > 1", name="ck_n"))
op.create_index("ix_child", "child", ["code", text("n")], unique=False)
op.create_index(op.f("ix_low"), "child", [func.lower(column("code"))], unique=True)
step("data")
op.bulk_insert(a, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
op.bulk_insert(a, [])
op.execute("insert into child (id, account_id, code, n) values (1, 1, 'x', 2)")
acc = table("account", column("id", Integer), column("name", String))
op.execute(acc.update().where(acc.c.id == 2).values(name="bb"))
say(op.get_bind() is conn, op.get_context() is ctx, conn.execute(select(a)).all())
step("columns")
op.add_column("account", Column("email", String(20)))
op.add_column("account", Column("score", Integer, nullable=False, server_default="3"))
op.add_column("account", Column("ref", Integer))
op.drop_column("account", "ref")
op.rename_table("child", "kid")
if is_postgresql:
    op.alter_column("account", "name", new_column_name="title", existing_type=String(50))
    op.alter_column("account", "title", type_=Text(), nullable=True, existing_type=String(50))
    op.alter_column("account", "score", server_default=None)
    op.alter_column("account", "score", server_default="9", comment="points")
    op.alter_column("account", "score", type_=Numeric(5, 1), postgresql_using="score::numeric")
    op.create_unique_constraint("uq_email", "account", ["email"])
    op.create_check_constraint("ck_score", "account", column("score") > 0)
    op.create_foreign_key("fk_self", "kid", "account", ["n"], ["id"], onupdate="CASCADE", initially="DEFERRED", deferrable=True)
    op.drop_constraint("ck_n", "kid", type_="check")
    op.drop_constraint("fk_account", "kid", type_="foreignkey")
    op.create_table_comment("account", "who", existing_comment=None)
    op.drop_table_comment("account")
    op.drop_constraint("uq_code", "kid")
    op.create_exclude_constraint("ex", "kid", ("n", "="), where=text("n > 3"), using="btree")
op.drop_index("ix_low", table_name="kid")
look("account")
look("kid")
step("batch")
for mode in ("auto", "always") if not is_postgresql else ("auto",):
    with op.batch_alter_table("kid", recreate=mode) as b:
        b.add_column(Column("extra_" + mode, String(5), server_default="e"))
        b.create_index("ix_extra_" + mode, ["extra_" + mode])
if not is_postgresql:
    with op.batch_alter_table("kid") as b:
        b.drop_constraint("ck_n", type_="check")
with op.batch_alter_table("kid") as b:
    b.alter_column("n", new_column_name="num", existing_type=Integer, nullable=False)
    b.drop_index("ix_extra_auto")
    b.drop_column("extra_auto")
    b.alter_column("code", type_=String(30), existing_type=String(5), server_default="zz")
look("kid")
with op.batch_alter_table("kid") as b:
    b.create_unique_constraint("uq_num", ["num"])
    b.create_foreign_key("fk_num", "account", ["num"], ["id"])
look("kid")
with op.batch_alter_table("kid") as b:
    b.drop_constraint("fk_num", type_="foreignkey")
    b.drop_constraint("uq_num", type_="unique")
    b.create_check_constraint("ck_num", text("num < 99"))
look("kid")
say(conn.execute(text("select id, account_id, code, num from kid")).all())
step("drop")
op.drop_table("kid")
op.drop_table("account")
sql()
step("versions")
say(ctx.get_current_revision(), ctx.get_current_heads(), inspect(conn).has_table("alembic_version"))
forget()
conn.rollback()
step("offline")
out = io.StringIO()
off = MigrationContext.configure(dialect_name="postgresql" if is_postgresql else "sqlite", opts={"as_sql": True, "output_buffer": out, "literal_binds": True})
op = Operations(off)
op.create_table("t", Column("id", Integer, primary_key=True), Column("s", String(5), server_default="x"))
op.add_column("t", Column("n", Integer))
op.bulk_insert(table("t", column("id", Integer), column("s", String)), [{"id": 1, "s": "it's"}])
op.execute(table("t", column("n", Integer)).update().values(n=4))
op.drop_table("t")
print("\n".join(line.strip() for line in out.getvalue().split("\n") if line.strip()))
