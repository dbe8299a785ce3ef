"""A schema that grows: operations, differences found, what is made of them, batches that carry them out."""
import re

from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from parity import *
from sqlalchemy import (Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, inspect,
                        text)

e = engine(poolclass=sa.StaticPool)
ddl = []


@event.listens_for(e, "before_cursor_execute")
def keep(conn, cursor, statement, parameters, context, executemany):
    word = statement.split()[0]
    changes = word in ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")
    if changes and not re.search("VALUES|DROP CONSTRAINT| TYPE ", statement):
        ddl.append(statement)


def told():
    for statement in ddl:
        say("  |", " ".join(statement.split()).replace(" )", ")"))
    ddl.clear()
    forget()


conn = e.connect()
context = MigrationContext.configure(conn, opts={"compare_type": True})
op = Operations(context)
step("create")
op.create_table("team", Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False))
users = op.create_table(
    "users", Column("id", Integer, primary_key=True), Column("name", String(20), index=True),
    Column("team_id", Integer, ForeignKey("team.id", name="fk_team")), UniqueConstraint("name", name="uq_name"))
op.bulk_insert(users, [{"name": "ann"}, {"name": "bob"}])
op.create_index("ix_team_name", "team", ["name"], unique=True)
told()
step("add and execute")
op.add_column("users", Column("age", Integer, server_default="7"))
op.add_column("users", Column("note", Text))
op.execute("UPDATE users SET age = 3 WHERE name = 'ann'")
op.execute(users.update().where(users.c.name == op.inline_literal("bob")).values(name=op.inline_literal("rob")))
op.rename_table("team", "crew")
op.drop_index("ix_team_name", table_name="crew")
told()
say(conn.execute(text("SELECT name, age FROM users ORDER BY id")).all())
step("errors")
error(lambda: op.create_table("users", Column("id", Integer)))
conn.rollback()
ddl.clear()
step("again, committed")
for table in ("users", "crew", "team"):
    conn.execute(text("DROP TABLE IF EXISTS %s" % table))
op.create_table("crew", Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False))
op.create_table("users", Column("id", Integer, primary_key=True), Column("name", String(20)),
                Column("old", String(5)), Column("age", Integer), Column("crew_id", Integer))
op.create_index("ix_users_age", "users", ["age"])
op.create_table("legacy", Column("id", Integer, primary_key=True))
op.bulk_insert(Table("users", MetaData(), Column("name", String), Column("age", Integer)), [{"name": "ann", "age": 3}])
conn.commit()
told()
step("differences")
md = MetaData()
Table("crew", md, Column("id", Integer, primary_key=True), Column("name", String(40), nullable=False))
Table("users", md, Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False),
      Column("age", Integer), Column("crew_id", Integer, ForeignKey("crew.id", name="fk_crew")),
      Column("email", String(30)), UniqueConstraint("email", name="uq_email"), Index("ix_users_email", "email"))
Table("ship", md, Column("id", Integer, primary_key=True), Column("crew_id", ForeignKey("crew.id")),
      Column("name", String(10), index=True))


def shown(diff):
    if isinstance(diff, list):
        return [shown(d) for d in diff]
    out = []
    for part in diff:
        if isinstance(part, (Table, Column)):
            out.append(part.name)
        elif isinstance(part, (Index, sa.schema.Constraint)):
            out.append("%s(%s)" % (part.name, ", ".join(c.name for c in part.columns)))
        elif isinstance(part, dict):
            out.append(sorted(k for k, v in part.items() if v is not None))
        elif isinstance(part, sa.types.TypeEngine):
            out.append(str(part))
        else:
            out.append(part)
    return out


for diff in compare_metadata(context, md):
    say(shown(diff))
conn.rollback()
forget()
step("operations made of them")
script = produce_migrations(context, md)
conn.rollback()


def tree(operation, depth=0):
    if isinstance(operation, ops.ModifyTableOps):
        say("  " * depth, "ModifyTableOps", operation.table_name)
    elif not isinstance(operation, ops.OpContainer):
        say("  " * depth, type(operation).__name__, list(operation.to_diff_tuple())[0]
            if not isinstance(operation, ops.AlterColumnOp) else operation.column_name)
    for child in getattr(operation, "ops", []):
        tree(child, depth + 1)


tree(script.upgrade_ops)
say("down")
tree(script.downgrade_ops)
forget()
step("carried out, in batches")
for child in script.upgrade_ops.ops:
    if isinstance(child, ops.ModifyTableOps):
        with op.batch_alter_table(child.table_name) as batch:
            for one in child.ops:
                batch.invoke(one)
    else:
        op.invoke(child)
conn.commit()
told()
say(compare_metadata(context, md), conn.execute(text("SELECT name, age, crew_id, email FROM users")).all())
conn.rollback()
forget()
step("what is there now")
inspector = inspect(conn)
say(sorted(inspector.get_table_names()))
for table in ("crew", "ship", "users"):
    say(table, [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)])
    say(sorted(i["name"] for i in inspector.get_indexes(table)), [f["name"] for f in inspector.get_foreign_keys(table)],
        [u["name"] for u in inspector.get_unique_constraints(table)])
conn.rollback()
ddl.clear()
forget()
step("a batch by hand")
with op.batch_alter_table("users", recreate="always") as batch:
    batch.alter_column("name", type_=String(30), nullable=True)
    batch.add_column(Column("rank", Integer, server_default="1"))
    batch.create_check_constraint("ck_rank", "rank > 0")
    batch.drop_constraint("uq_email", type_="unique")
conn.commit()
told()
say(conn.execute(text("SELECT name, age, rank FROM users")).all())
conn.rollback()
try:
    with op.batch_alter_table("users", recreate="always") as batch:
        batch.drop_column("nothing")
except KeyError:
    say("no such column")
conn.rollback()
conn.close()
ddl.clear()
forget()
