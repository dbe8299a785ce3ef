"""Schema: order of creation, naming conventions, constraints, indexes of every kind, comments, computed, identity, sequences, DDL texts."""
from parity import *
from sqlalchemy import (DDL, Boolean, CheckConstraint, Column, Computed, Enum, ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, MetaData, Numeric,
                        PrimaryKeyConstraint, Sequence, String, Table, Text, UniqueConstraint, event, func, insert, select, text)
from sqlalchemy.schema import (AddConstraint, CreateColumn, CreateIndex, CreateSequence, CreateTable, DropConstraint, DropIndex, DropTable, SetTableComment,
                               sort_tables, sort_tables_and_constraints)

e = engine()
md = MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s",
                                 "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"})
team = Table("team", md, Column("id", Integer, primary_key=True), Column("name", String(30), nullable=False, unique=True), Column("lead_id", Integer,
             ForeignKey("person.id", use_alter=True, name="fk_lead")), comment="teams of 'people'")
person = Table("person", md, Column("id", Integer, primary_key=True), Column("team_id", ForeignKey("team.id", ondelete="CASCADE", onupdate="SET NULL"), index=True),
               Column("first", String(20), comment="given name"), Column("last", String(20)), Column("age", Integer, CheckConstraint("age > 0", name="age")),
               Column("active", Boolean(create_constraint=True, name="active"), server_default=text("true") if is_postgresql else text("1")),
               Column("full", String(50), Computed("first || ' ' || last", persisted=True)),
               Column("kind", Enum("a", "b", name="kind", native_enum=False, create_constraint=True)),
               UniqueConstraint("first", "last"), CheckConstraint("age < 200", name="old"))
Index("ix_lower", func.lower(team.c.name), unique=True)
skill = Table("skill", md, Column("person_id", Integer), Column("code", String(5)), Column("level", Numeric(4, 2), server_default="1.5"),
              PrimaryKeyConstraint("person_id", "code"), ForeignKeyConstraint(["person_id"], ["person.id"], deferrable=True, initially="DEFERRED"))
use = Table("use", md, Column("n", Integer, Identity(start=5, increment=2), primary_key=True), Column("person_id", Integer), Column("code", String(5)),
          ForeignKeyConstraint(["person_id", "code"], ["skill.person_id", "skill.code"], name="fk_use"))
Index(None, skill.c.code, skill.c.level.desc())
Index("ix_some", use.c.n, postgresql_where=use.c.n > 18, sqlite_where=use.c.n > 18, postgresql_using="btree", postgresql_include=["code"])
seq = Sequence("counter", start=10, increment=5, metadata=md)
numbered = Table("numbered", md, Column("id", Integer, seq, primary_key=True), Column("x", Integer))

step("names")
for t in (team, person, skill, use):
    say(t.name, sorted(str(c.name) for c in t.constraints), sorted(i.name for i in t.indexes))
say(sorted(md.tables), person.c.team_id.references(team.c.id), [f.target_fullname for f in skill.foreign_keys], [c.name for c in person.primary_key])
say([t.name for t in sort_tables([skill, person, use])])
step("create")
md.create_all(e)
step("again")
md.create_all(e)
step("use")
with e.begin() as c:
    c.execute(insert(team).values(name="t"))
    c.execute(insert(person).values(team_id=1, first="Ann", last="Lee", age=30, kind="a"))
    say(c.execute(select(person)).all())
    c.execute(insert(skill).values(person_id=1, code="lua"))
    say(c.execute(select(skill)).all())
    c.execute(insert(numbered), [{"x": 1}, {"x": 2}])
    say(c.execute(select(numbered)).all())
    if is_postgresql:
        c.execute(insert(use).values(person_id=1, code="lua"))
        say(c.scalar(select(use.c.n)), c.scalar(seq), c.scalar(select(seq.next_value())))
for values in ({"team_id": 1, "first": "x", "last": "y", "age": -1}, {"first": "Ann", "last": "Lee"}, {"first": "q", "kind": "zz"}):
    def run():
        with e.begin() as c:
            c.execute(insert(person).values(values)) if "kind" not in values else c.execute(text("insert into person (first, kind) values ('q', 'zz')"))
    error(run)
forget()
step("texts")
for what in (CreateTable(skill), CreateTable(team, if_not_exists=True), DropTable(team, if_exists=True), CreateIndex(sorted(person.indexes, key=lambda i: i.name)[0]),
             DropIndex(sorted(person.indexes, key=lambda i: i.name)[0], if_exists=True), CreateSequence(seq), AddConstraint(person.primary_key),
             DropConstraint(person.primary_key, cascade=True)):
    if is_postgresql or not isinstance(what, CreateSequence):
        say(" ".join(str(what.compile(dialect=e.dialect)).split()))
say(str(CreateColumn(person.c.full).compile(dialect=e.dialect)), str(CreateColumn(use.c.n).compile(dialect=e.dialect)))
step("own ddl")
event.listen(numbered, "after_create", DDL("create index ix_own on %(table)s (x)"))
event.listen(numbered, "after_create", DDL("comment on table %(fullname)s is 'own'").execute_if(dialect="postgresql"))
event.listen(numbered, "before_drop", DDL("drop index if exists ix_own").execute_if(callable_=lambda ddl, target, bind, **kw: target is numbered))
numbered.drop(e)
numbered.create(e)
step("drop")
md.drop_all(e)
step("copy")
md2 = MetaData(schema="other")
copy = person.to_metadata(md2)
team.to_metadata(md2)
say(copy.fullname, sorted(md2.tables), list(copy.c.team_id.foreign_keys)[0].column.table.fullname, sorted(i.name for i in copy.indexes))
error(lambda: Table("person", md, Column("x", Integer)))
say(Table("person", md, Column("extra", Integer), extend_existing=True).c.keys()[-1], Table("person", md) is person)
md.remove(use)
say("use" in md.tables, len(md.tables))
bad = MetaData()
Table("bad", bad, Column("x", Integer, ForeignKey("nowhere.id")))
error(lambda: bad.create_all(e))
