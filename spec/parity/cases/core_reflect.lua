-- Reflection: every method of the inspector on tables written in SQL and in metadata, then tables built from it.
local am = require "alchemoon"
local p = require "parity"
local say, err = p.say, p.error

local e = p.engine()
e:begin(function(c)
  local pk = p.is_postgresql and "serial" or "integer"
  local function run(sql) c:exec_driver_sql((sql:gsub("PK", pk))) end
  run [[create table author (id PK primary key, name varchar(40) not null, born date, bio text default 'none',
    rate numeric(5,2) default 1.5)]]
  run [[create table book (id PK primary key, author_id integer,
    isbn varchar(13), title text not null, pages integer, constraint uq_isbn unique (isbn),
    constraint ck_pages check (pages > 0),
    constraint fk_first foreign key (author_id) references author (id) on delete cascade,
    constraint fk_second foreign key (pages) references author (id) on update set null)]]
  run [[create table tag (a integer, b varchar(5), c float, d boolean, e timestamp,
    constraint pk_tag primary key (b, a))]]
  run "create table tagged (x integer, y varchar(5), foreign key (y, x) references tag (b, a))"
  run "create index ix_title on book (title)"
  run "create unique index ix_two on book (author_id, title)"
  run "create index ix_part on book (pages) where pages > 100"
  run "create view long_book as select id, title from book where pages > 500"
  if p.is_postgresql then
    run "create index ix_expr on book (lower(title), pages)"
    run "comment on table author is 'who writes'"
    run "comment on column author.name is 'full name'"
    run "create schema other"
    run [[create table other.thing (id integer generated always as identity, b integer references book (id), j jsonb,
      a integer[], u uuid, ts timestamp with time zone, iv interval, g integer generated always as (b * 2) stored)]]
    run "create type mood as enum ('sad', 'ok')"
    run [[create table moody (m mood default 'ok', n character(3), o bytea, p real, q smallint, r bigint, s time)]]
    run "create materialized view mv as select 1 as one"
    run "create sequence sq"
  end
end)
p.forget()
local i = am.inspect(e)

local function title(name)
  p.forget()
  p.step(name)
end
local function show(d)
  local out = {}
  for k, v in pairs(d) do
    if v ~= am.null then
      if k == "type" then v = tostring(v)
      elseif type(v) == "table" and #v == 0 and next(v) ~= nil and getmetatable(v) == nil then v = show(v) end
      out[k] = v
    end
  end
  return out
end
local function shows(list)
  for _, d in ipairs(list) do say(show(d)) end
end
local function by(key, list)
  local function of(d) return type(d[key]) == "table" and table.concat(d[key], ",") or d[key] end
  table.sort(list, function(a, b) return of(a) < of(b) end)
  return list
end
local function sorted(list)
  table.sort(list)
  return list
end
local function keys(map)
  local out = {}
  for k in pairs(map) do out[#out + 1] = k end
  return sorted(out)
end
local function names(list, field)
  local out = {}
  for n, one in ipairs(list) do out[n] = tostring(one[field or "name"]) end
  return out
end
local function has(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

title "names"
say(i.default_schema_name, sorted(i:get_schema_names()), sorted(i:get_table_names()), i:get_view_names(),
  i:get_sorted_table_and_fkc_names() ~= nil)
local sequence = nil
if p.is_postgresql then sequence = i:has_sequence("sq") end
say(i:has_table("book"), i:has_table("nope"), i:has_table("long_book"), i:has_index("book", "ix_title"),
  i:has_index("book", "zz"), sequence)
say(i:get_temp_table_names(), (i:get_view_definition("long_book"):gsub("^%s+", ""):gsub(";%s*$", ""):lower()))
title "columns"
for _, name in ipairs { "author", "book", "tag", "tagged", "long_book" } do
  say(name)
  shows(i:get_columns(name))
end
err(function() i:get_columns("nope") end)
err(function() i:get_pk_constraint("nope") end)
title "constraints"
for _, name in ipairs { "author", "book", "tag", "tagged" } do
  say(name, show(i:get_pk_constraint(name)))
  shows(by("constrained_columns", i:get_foreign_keys(name)))
  shows(by("name", i:get_unique_constraints(name)))
  shows(by("name", i:get_check_constraints(name)))
  shows(by("name", i:get_indexes(name)))
  if p.is_postgresql then say(i:get_table_comment(name).text) end
end
title "multi"
local found, pks = {}, {}
for k in pairs(i:get_multi_columns()) do found[#found + 1] = type(k) == "table" and k[2] or k end
for k, v in pairs(i:get_multi_pk_constraint()) do pks[type(k) == "table" and k[2] or k] = v.constrained_columns end
say(sorted(found), pks)
found = {}
for k, v in pairs(i:get_multi_foreign_keys{ filter_names = { "book", "tagged" } }) do
  found[#found + 1] = { type(k) == "table" and k[2] or k, #v }
end
table.sort(found, function(a, b) return a[1] < b[1] end)
say(found)
if p.is_postgresql then
  title "postgresql"
  say(i:get_table_names{ schema = "other" }, i:get_materialized_view_names(), sorted(i:get_sequence_names()),
    i:get_enums())
  shows(i:get_columns("thing", { schema = "other" }))
  shows(i:get_foreign_keys("thing", { schema = "other" }))
  shows(i:get_columns("moody"))
  say(i:has_schema("other"), i:has_schema("zz"), i:get_pk_constraint("moody").constrained_columns,
    i:get_foreign_keys("moody"))
end
title "cache"
p.forget()
i:get_table_names()
say(i:has_table("later"))
e:begin(function(c) c:exec_driver_sql("create table later (x integer)") end)
say(i:has_table("later"), has(i:get_table_names(), "later"))
i:clear_cache()
say(i:has_table("later"), has(i:get_table_names(), "later"))
p.forget()
title "reflect"
local md = am.MetaData()
local seen = {}
am.event.listen(am.Table, "column_reflect", function(_, table, info) seen[#seen + 1] = { table.name, info.name } end)
local book = am.Table("book", md, { autoload_with = e })
say(keys(md.tables), names(am.columns(book)), seen)
local types, nullable, primary = {}, {}, {}
for n, c in ipairs(am.columns(book)) do
  types[n], nullable[n], primary[n] = tostring(c.type), c.nullable, c.primary_key
end
say(types, nullable, primary, book.c.id.autoincrement)
local constraints = {}
for _, x in ipairs(book.constraints) do
  if x.name then constraints[#constraints + 1] = tostring(x.name) end
end
say(sorted(names(book.indexes)), sorted(constraints), sorted(names(book.foreign_keys, "target_fullname")))
say(names(book.c.author_id.foreign_keys, "ondelete"), names(book.c.pages.foreign_keys, "onupdate"),
  book.c.author_id:references(md.tables.author.c.id))
local author = md.tables.author
say(author.c.bio.server_default.arg.text:match("^(.-)::") or author.c.bio.server_default.arg.text,
  tostring(author.c.rate.type), author.comment)
md = am.MetaData()
md:reflect(e, { views = true, only = { "tag", "long_book" } })
say(keys(md.tables), names(am.columns(md.tables.tag.primary_key)), md.tables.tag.primary_key.name)
md = am.MetaData()
md:reflect(e, { only = function(name) return name:match("^tag") ~= nil end })
say(keys(md.tables), names(md.sorted_tables))
err(function() am.MetaData():reflect(e, { only = { "nope" } }) end)
err(function() am.Table("nope", am.MetaData(), { autoload_with = e }) end)
local t = am.Table("author", am.MetaData(), am.Column("name", am.String(99), { key = "n" }),
  am.Column("born", am.String), { autoload_with = e, include_columns = { "id", "name", "born" } })
say(t.c:keys(), tostring(t.c.n.type), tostring(t.c.born.type))
t = am.Table("tagged", am.MetaData(), { autoload_with = e, resolve_fks = false })
say(keys(t.metadata.tables), #t.foreign_key_constraints)
if p.is_postgresql then
  md = am.MetaData()
  md:reflect(e, { schema = "other" })
  local thing = md.tables["other.thing"]
  say(keys(md.tables), thing.c.id.identity.always, thing.c.g.computed.persisted)
end
e:connect(function(c) say(am.inspect(c):has_table("book"), c:execute(am.select(book)):all()) end)
p.forget()
