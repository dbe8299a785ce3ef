"""Reflection: every method of the inspector on tables written in SQL and in metadata, then tables built from it."""
from parity import *
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Numeric, String, Table, UniqueConstraint, event, inspect, select

e = engine()
with e.begin() as c:
    pk = "serial" if is_postgresql else "integer"
    c.exec_driver_sql("create table author (id %s primary key, name varchar(40) not null, born date, bio text default 'none', rate numeric(5,2) default 1.5)" % pk)
    c.exec_driver_sql("create table book (id %s primary key, author_id integer, isbn varchar(13), title text not null, "
                      "pages integer, constraint uq_isbn unique (isbn), constraint ck_pages check (pages > 0), "
                      "constraint fk_first foreign key (author_id) references author (id) on delete cascade, "
                      "constraint fk_second foreign key (pages) references author (id) on update set null)" % pk)
    c.exec_driver_sql("create table tag (a integer, b varchar(5), c float, d boolean, e timestamp, constraint pk_tag primary key (b, a))")
    c.exec_driver_sql("create table tagged (x integer, y varchar(5), foreign key (y, x) references tag (b, a))")
    c.exec_driver_sql("create index ix_title on book (title)")
    c.exec_driver_sql("create unique index ix_two on book (author_id, title)")
    c.exec_driver_sql("create index ix_part on book (pages) where pages > 100")
    c.exec_driver_sql("create view long_book as select id, title from book where pages > 500")
    if is_postgresql:
        c.exec_driver_sql("create index ix_expr on book (lower(title), pages)")
        c.exec_driver_sql("comment on table author is 'who writes'")
        c.exec_driver_sql("comment on column author.name is 'full name'")
        c.exec_driver_sql("create schema other")
        c.exec_driver_sql("create table other.thing (id integer generated always as identity, b integer references book (id), j jsonb, a integer[], u uuid, "
                          "ts timestamp with time zone, iv interval, g integer generated always as (b * 2) stored)")
        c.exec_driver_sql("create type mood as enum ('sad', 'ok')")
        c.exec_driver_sql("create table moody (m mood default 'ok', n character(3), o bytea, p real, q smallint, r bigint, s time)")
        c.exec_driver_sql("create materialized view mv as select 1 as one")
        c.exec_driver_sql("create sequence sq")
forget()
i = inspect(e)


def title(name):
    forget()
    step(name)


def show(d, *skip):
    return {k: (str(v) if k in ("type", "sqlite_where") else bool(v) if k == "unique" else show(v) if isinstance(v, dict) and v else v) for k, v in d.items() if k not in skip and v is not None}


def shows(ds, *skip):
    for d in ds:
        say(show(d, *skip))


title("names")
say(i.default_schema_name, sorted(i.get_schema_names()), sorted(i.get_table_names()), i.get_view_names(), i.get_sorted_table_and_fkc_names() is not None)
say(i.has_table("book"), i.has_table("nope"), i.has_table("long_book"), i.has_index("book", "ix_title"), i.has_index("book", "zz"), i.has_sequence("sq") if is_postgresql else None)
say(i.get_temp_table_names(), i.get_view_definition("long_book").strip().rstrip(";").lower())
title("columns")
for name in ("author", "book", "tag", "tagged", "long_book"):
    say(name)
    shows(i.get_columns(name))
error(lambda: i.get_columns("nope"))
error(lambda: i.get_pk_constraint("nope"))
title("constraints")
for name in ("author", "book", "tag", "tagged"):
    say(name, show(i.get_pk_constraint(name)))
    shows(sorted(i.get_foreign_keys(name), key=lambda f: f["constrained_columns"]))
    shows(sorted(i.get_unique_constraints(name), key=lambda f: f["name"]))
    shows(sorted(i.get_check_constraints(name), key=lambda f: f["name"]))
    shows(sorted(i.get_indexes(name), key=lambda f: f["name"]))
    if is_postgresql:
        say(i.get_table_comment(name)["text"])
title("multi")
say(sorted(k[1] for k in i.get_multi_columns()), {k[1]: v["constrained_columns"] for k, v in i.get_multi_pk_constraint().items()})
say(sorted((k[1], len(v)) for k, v in i.get_multi_foreign_keys(filter_names=["book", "tagged"]).items()))
if is_postgresql:
    title("postgresql")
    say(i.get_table_names(schema="other"), i.get_materialized_view_names(), sorted(i.get_sequence_names()), i.get_enums())
    shows(i.get_columns("thing", schema="other"))
    shows(i.get_foreign_keys("thing", schema="other"))
    shows(i.get_columns("moody"))
    say(i.has_schema("other"), i.has_schema("zz"), i.get_pk_constraint("moody")["constrained_columns"], i.get_foreign_keys("moody"))
title("cache")
forget()
i.get_table_names()
say(i.has_table("later"))
with e.begin() as c:
    c.exec_driver_sql("create table later (x integer)")
say(i.has_table("later"), "later" in i.get_table_names())
i.clear_cache()
say(i.has_table("later"), "later" in i.get_table_names())
forget()
title("reflect")
md = MetaData()
seen = []
event.listen(Table, "column_reflect", lambda insp, table, info: seen.append((table.name, info["name"])))
book = Table("book", md, autoload_with=e)
say(sorted(md.tables), [c.name for c in book.columns], seen)
say([str(c.type) for c in book.c], [c.nullable for c in book.c], [c.primary_key for c in book.c], book.c.id.autoincrement)
say(sorted(x.name for x in book.indexes), sorted(str(x.name) for x in book.constraints if x.name), sorted(f.target_fullname for f in book.foreign_keys))
say([f.ondelete for f in book.c.author_id.foreign_keys], [f.onupdate for f in book.c.pages.foreign_keys], book.c.author_id.references(md.tables["author"].c.id))
say(md.tables["author"].c.bio.server_default.arg.text.split("::")[0], str(md.tables["author"].c.rate.type), md.tables["author"].comment)
md = MetaData()
md.reflect(e, views=True, only=["tag", "long_book"])
say(sorted(md.tables), [c.name for c in md.tables["tag"].primary_key], md.tables["tag"].primary_key.name)
md = MetaData()
md.reflect(e, only=lambda name, meta: name.startswith("tag"))
say(sorted(md.tables), [t.name for t in md.sorted_tables])
error(lambda: MetaData().reflect(e, only=["nope"]))
error(lambda: Table("nope", MetaData(), autoload_with=e))
t = Table("author", MetaData(), Column("name", String(99), key="n"), Column("born", String), autoload_with=e, include_columns=["id", "name", "born"])
say(t.c.keys(), str(t.c.n.type), str(t.c.born.type))
t = Table("tagged", MetaData(), autoload_with=e, resolve_fks=False)
say(sorted(t.metadata.tables), len(t.foreign_key_constraints))
if is_postgresql:
    md = MetaData()
    md.reflect(e, schema="other")
    say(sorted(md.tables), md.tables["other.thing"].c.id.identity.always, md.tables["other.thing"].c.g.computed.persisted)
with e.connect() as c:
    say(inspect(c).has_table("book"), c.execute(select(book)).all())
forget()
