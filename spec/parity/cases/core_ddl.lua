-- Schema: order of creation, naming conventions, constraints, indexes of every kind, comments, computed, identity,
-- sequences, DDL texts.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local Column, Integer, String, Table = am.Column, am.Integer, am.String, am.Table

local e = p.engine()
local md = am.MetaData{ naming_convention = {
  ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_N_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s", pk = "pk_%(table_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
} }
local team = Table("team", md, Column("id", Integer, { primary_key = true }),
  Column("name", String(30), { nullable = false, unique = true }),
  Column("lead_id", Integer, am.ForeignKey("person.id", { use_alter = true, name = "fk_lead" })),
  { comment = "teams of 'people'" })
local person = Table("person", md, Column("id", Integer, { primary_key = true }),
  Column("team_id", am.ForeignKey("team.id", { ondelete = "CASCADE", onupdate = "SET NULL" }), { index = true }),
  Column("first", String(20), { comment = "given name" }), Column("last", String(20)),
  Column("age", Integer, am.CheckConstraint("age > 0", { name = "age" })),
  Column("active", am.Boolean{ create_constraint = true, name = "active" },
    { server_default = am.text(p.is_postgresql and "true" or "1") }),
  Column("full", String(50), am.Computed("first || ' ' || last", { persisted = true })),
  Column("kind", am.Enum("a", "b", { name = "kind", native_enum = false, create_constraint = true })),
  am.UniqueConstraint("first", "last"), am.CheckConstraint("age < 200", { name = "old" }))
am.Index("ix_lower", am.func.lower(team.c.name), { unique = true })
local skill = Table("skill", md, Column("person_id", Integer), Column("code", String(5)),
  Column("level", am.Numeric(4, 2), { server_default = "1.5" }), am.PrimaryKeyConstraint("person_id", "code"),
  am.ForeignKeyConstraint({ "person_id" }, { "person.id" }, { deferrable = true, initially = "DEFERRED" }))
local use = Table("use", md, Column("n", Integer, am.Identity{ start = 5, increment = 2 }, { primary_key = true }),
  Column("person_id", Integer), Column("code", String(5)),
  am.ForeignKeyConstraint({ "person_id", "code" }, { "skill.person_id", "skill.code" }, { name = "fk_use" }))
am.Index(nil, skill.c.code, skill.c.level:desc())
am.Index("ix_some", use.c.n, { postgresql_where = use.c.n:gt(18), sqlite_where = use.c.n:gt(18),
  postgresql_using = "btree", postgresql_include = { "code" } })
local seq = am.Sequence("counter", { start = 10, increment = 5, metadata = md })
local numbered = Table("numbered", md, Column("id", Integer, seq, { primary_key = true }), Column("x", Integer))

local function names(list, field)
  local out = {}
  for i, one in ipairs(list) do out[i] = tostring(one[field or "name"]) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

step "names"
for _, t in ipairs { team, person, skill, use } do
  say(t.name, sorted(names(t.constraints)), sorted(names(t.indexes)))
end
local tables = {}
for name in pairs(md.tables) do tables[#tables + 1] = name end
say(sorted(tables), person.c.team_id:references(team.c.id), names(skill.foreign_keys, "target_fullname"),
  names(am.columns(person.primary_key)))
say(names(am.sort_tables{ skill, person, use }))
step "create"
md:create_all(e)
step "again"
md:create_all(e)
step "use"
e:begin(function(c)
  c:execute(am.insert(team):values{ name = "t" })
  c:execute(am.insert(person):values{ team_id = 1, first = "Ann", last = "Lee", age = 30, kind = "a" })
  say(c:execute(am.select(person)):all())
  c:execute(am.insert(skill):values{ person_id = 1, code = "lua" })
  say(c:execute(am.select(skill)):all())
  c:execute(am.insert(numbered), { { x = 1 }, { x = 2 } })
  say(c:execute(am.select(numbered)):all())
  if p.is_postgresql then
    c:execute(am.insert(use):values{ person_id = 1, code = "lua" })
    say(c:scalar(am.select(use.c.n)), c:scalar(seq), c:scalar(am.select(seq:next_value())))
  end
end)
for _, statement in ipairs { am.insert(person):values{ team_id = 1, first = "x", last = "y", age = -1 },
  am.insert(person):values{ first = "Ann", last = "Lee" },
  am.text "insert into person (first, kind) values ('q', 'zz')" } do
  err(function() e:begin(function(c) c:execute(statement) end) end)
end
p.forget()
step "texts"
local indexes = {}
for i, index in ipairs(person.indexes) do indexes[i] = index end
table.sort(indexes, function(a, b) return a.name < b.name end)
local function text(what)
  return (what:compile{ dialect = e.dialect.name }.sql:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end
say(text(am.CreateTable(skill)))
say(text(am.CreateTable(team, { if_not_exists = true })))
say(text(am.DropTable(team, { if_exists = true })))
say(text(am.CreateIndex(indexes[1])))
say(text(am.DropIndex(indexes[1], { if_exists = true })))
if p.is_postgresql then say(text(am.CreateSequence(seq))) end
say(text(am.AddConstraint(person.primary_key)))
say(text(am.DropConstraint(person.primary_key, { cascade = true })))
say(text(am.CreateColumn(person.c.full)), text(am.CreateColumn(use.c.n)))
step "own ddl"
am.event.listen(numbered, "after_create", am.DDL("create index ix_own on %(table)s (x)"))
am.event.listen(numbered, "after_create",
  am.DDL("comment on table %(fullname)s is 'own'"):execute_if{ dialect = "postgresql" })
am.event.listen(numbered, "before_drop",
  am.DDL("drop index if exists ix_own"):execute_if{ callable_ = function(_, target) return target == numbered end })
numbered:drop(e)
numbered:create(e)
step "drop"
md:drop_all(e)
step "copy"
local md2 = am.MetaData{ schema = "other" }
local copy = person:to_metadata(md2)
team:to_metadata(md2)
tables = {}
for name in pairs(md2.tables) do tables[#tables + 1] = name end
say(copy.fullname, sorted(tables), copy.c.team_id.foreign_keys[1].column.table.fullname, sorted(names(copy.indexes)))
err(function() Table("person", md, Column("x", Integer)) end)
local keys = Table("person", md, Column("extra", Integer), { extend_existing = true }).c:keys()
say(keys[#keys], Table("person", md) == person)
md:remove(use)
tables = {}
for name in pairs(md.tables) do tables[#tables + 1] = name end
say(md.tables.use ~= nil, #tables)
local bad = am.MetaData()
Table("bad", bad, Column("x", Integer, am.ForeignKey("nowhere.id")))
err(function() bad:create_all(e) end)
