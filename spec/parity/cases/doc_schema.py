"""The text of DDL: constraints, naming conventions, defaults, sequences, computed columns, indexes, schemas."""
from parity import *
from sqlalchemy import (
    CheckConstraint, Column, Computed, Date, DDL, ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, MetaData, Numeric,
    PrimaryKeyConstraint, Sequence, String, Table, UniqueConstraint, event, func, insert, inspect, select, text, update,
)
from sqlalchemy.schema import AddConstraint, CreateColumn, CreateIndex, CreateSequence, CreateTable, DropConstraint, DropIndex, DropTable
from sqlalchemy.dialects import postgresql, sqlite, mysql

DIALECTS = (("default", None), ("sqlite", sqlite.dialect()), ("postgresql", postgresql.dialect()), ("mysql", mysql.dialect()))


def show(element):
    for name, dialect in DIALECTS:
        try:
            say(name, " ".join(str(element.compile(dialect=dialect) if dialect else element).split()))
        except Exception as err:
            say(name, "error", type(err).__name__)


step("constraints")
md = MetaData()
bills = Table(
    "bills", md, Column("id", Integer, primary_key=True), Column("ref", Integer, primary_key=True),
    Column("amount", Numeric(10, 2), CheckConstraint("amount > 0", name="positive")), Column("day", Date, nullable=False, comment="due"),
    UniqueConstraint("ref", "amount", name="uq_once"), CheckConstraint("amount < 1000"), comment="what is owed",
)
parts = Table(
    "parts", md, Column("id", Integer, primary_key=True), Column("bill_id", Integer), Column("bill_ref", Integer),
    Column("code", String(10), unique=True), Column("kind", String(5), index=True),
    ForeignKeyConstraint(["bill_id", "bill_ref"], ["bills.id", "bills.ref"], onupdate="CASCADE", ondelete="SET NULL", name="fk_bill"),
)
show(CreateTable(bills))
show(CreateTable(parts))
show(DropTable(parts))
fk = list(parts.foreign_key_constraints)[0]
show(AddConstraint(fk))
show(DropConstraint(fk))
say(fk.column_keys, fk.referred_table.name, [e.target_fullname for e in fk.elements])
for ix in sorted(parts.indexes, key=lambda i: i.name):
    show(CreateIndex(ix))
    show(DropIndex(ix))
step("two tables that need each other")
md = MetaData()
Table("node", md, Column("node_id", Integer, primary_key=True), Column("first", Integer, ForeignKey("element.element_id")))
Table("element", md, Column("element_id", Integer, primary_key=True), Column("parent", Integer),
      ForeignKeyConstraint(["parent"], ["node.node_id"], use_alter=True, name="fk_element_parent"))
say([t.name for t in md.sorted_tables])
e = engine()
md.create_all(e)
if is_postgresql:
    md.drop_all(e)
else:
    forget()
sql()
step("names by convention")
md = MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"})
a = Table("alpha", md, Column("id", Integer, primary_key=True), Column("n", Integer, unique=True), Column("m", Integer, index=True),
          UniqueConstraint("n", "m"), CheckConstraint("n > 5", name="five"))
b = Table("beta", md, Column("id", Integer, primary_key=True), Column("alpha_id", ForeignKey("alpha.id")))
show(CreateTable(a))
show(CreateTable(b))
say(sorted(str(i.name) for i in a.indexes), b.primary_key.name)
step("indexes")
md = MetaData()
t = Table("things", md, Column("a", Integer), Column("b", String), Column("c", Integer))
show(CreateIndex(Index("ix_both", t.c.a, t.c.b.desc(), unique=True)))
show(CreateIndex(Index("ix_lower", func.lower(t.c.b))))
show(CreateIndex(Index("ix_part", t.c.a, postgresql_where=t.c.c > 3, postgresql_using="btree", sqlite_where=t.c.c > 4)))
step("defaults")
md = MetaData()
seq = Sequence("seq_x", start=5, increment=2)
d = Table(
    "defs", md, Column("id", Integer, Identity(start=42, cycle=True), primary_key=True), Column("x", Integer, server_default=text("3")),
    Column("y", String(9), server_default="it's"), Column("z", Integer, Computed("x * 2")), Column("w", Integer, default=11, onupdate=12),
    Column("v", Integer, server_default=func.abs(-1)),
)
show(CreateTable(d))
show(CreateSequence(seq))
show(CreateColumn(d.c.y))
say(insert(d), update(d))
log = []
m = Table("made", MetaData(), Column("id", Integer, primary_key=True), Column("start", Integer, default=2),
          Column("twelve", Integer, default=lambda c: c.get_current_parameters()["start"] * 6, onupdate=lambda: 7),
          Column("top", Integer, default=select(func.max(text("5"))).scalar_subquery()), Column("made", Integer, server_default="9"))
m.create(e)
forget()
with e.begin() as conn:
    r = conn.execute(m.insert().values(start=4))
    say(r.inserted_primary_key, r.last_inserted_params())
    conn.execute(m.insert(), {"start": 1})
    say(r.inserted_primary_key)
    say(conn.execute(m.select().order_by(m.c.id)).all())
    conn.execute(m.update().where(m.c.id == 1).values(start=0))
    say(conn.execute(select(m.c.twelve).order_by(m.c.id)).all())
step("DDL of one's own")
md = MetaData()
k = Table("kinds", md, Column("id", Integer, primary_key=True), Column("n", Integer))
event.listen(k, "after_create", DDL("CREATE INDEX own_%(table)s ON %(table)s (n)"))
event.listen(k, "after_create", DDL("COMMENT ON TABLE kinds IS 'x'").execute_if(dialect="postgresql"))
event.listen(k, "before_drop", lambda target, conn, **kw: say("before_drop", target.name))
event.listen(md, "before_create", lambda target, conn, **kw: say("before_create", [x.name for x in kw["tables"]], kw["checkfirst"]))
md.create_all(e, checkfirst=False)
sql()
say([i["name"] for i in inspect(e).get_indexes("kinds")])
md.drop_all(e, checkfirst=False)
