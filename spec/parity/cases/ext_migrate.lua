-- A schema that grows: operations, differences found, what is made of them, batches that carry them out.
local am = require "alchemoon"
local migrate = require "alchemoon.migrate"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, Table = am.Column, am.Integer, am.String, am.ForeignKey, am.Table
local MetaData, UniqueConstraint, text = am.MetaData, am.UniqueConstraint, am.text

local e = p.engine{ poolclass = am.StaticPool }
local ddl = {}
local CHANGES = { CREATE = true, ALTER = true, DROP = true, INSERT = true, UPDATE = true }
am.event.listen(e, "before_cursor_execute", function(_, _, statement)
  if CHANGES[statement:match("%S+")] and not statement:find "VALUES"
    and not statement:find "DROP CONSTRAINT" and not statement:find " TYPE " then ddl[#ddl + 1] = statement end
end)
local function told()
  for _, statement in ipairs(ddl) do
    local line = statement:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""):gsub(" %)", ")")
    say("  |", line)
  end
  ddl = {}
  p.forget()
end

local conn = e:connect()
local context = migrate.MigrationContext.configure(conn, { opts = { compare_type = true } })
local op = migrate.Operations(context)
step "create"
op:create_table("team", Column("id", Integer, { primary_key = true }), Column("name", String(20), { nullable = false }))
local users = op:create_table("users", Column("id", Integer, { primary_key = true }),
  Column("name", String(20), { index = true }), Column("team_id", Integer, ForeignKey("team.id", { name = "fk_team" })),
  UniqueConstraint("name", { name = "uq_name" }))
op:bulk_insert(users, { { name = "ann" }, { name = "bob" } })
op:create_index("ix_team_name", "team", { "name" }, { unique = true })
told()
step "add and execute"
op:add_column("users", Column("age", Integer, { server_default = "7" }))
op:add_column("users", Column("note", am.Text))
op:execute("UPDATE users SET age = 3 WHERE name = 'ann'")
op:execute(users:update():where(users.c.name:eq(op:inline_literal("bob"))):values{ name = op:inline_literal("rob") })
op:rename_table("team", "crew")
op:drop_index("ix_team_name", { table_name = "crew" })
told()
say(conn:execute(text("SELECT name, age FROM users ORDER BY id")):all())
step "errors"
p.error(function() op:create_table("users", Column("id", Integer)) end)
conn:rollback()
ddl = {}
step "again, committed"
for _, name in ipairs{ "users", "crew", "team" } do conn:execute(text("DROP TABLE IF EXISTS " .. name)) end
op:create_table("crew", Column("id", Integer, { primary_key = true }), Column("name", String(20), { nullable = false }))
op:create_table("users", Column("id", Integer, { primary_key = true }), Column("name", String(20)),
  Column("old", String(5)), Column("age", Integer), Column("crew_id", Integer))
op:create_index("ix_users_age", "users", { "age" })
op:create_table("legacy", Column("id", Integer, { primary_key = true }))
op:bulk_insert(Table("users", MetaData(), Column("name", String), Column("age", Integer)),
  { { name = "ann", age = 3 } })
conn:commit()
told()
step "differences"
local md = MetaData()
Table("crew", md, Column("id", Integer, { primary_key = true }), Column("name", String(40), { nullable = false }))
Table("users", md, Column("id", Integer, { primary_key = true }), Column("name", String(20), { nullable = false }),
  Column("age", Integer), Column("crew_id", Integer, ForeignKey("crew.id", { name = "fk_crew" })),
  Column("email", String(30)), UniqueConstraint("email", { name = "uq_email" }), am.Index("ix_users_email", "email"))
Table("ship", md, Column("id", Integer, { primary_key = true }), Column("crew_id", ForeignKey("crew.id")),
  Column("name", String(10), { index = true }))

local shown
local function shown_part(part)
  if type(part) ~= "table" and type(part) ~= "userdata" or part == am.null then return part end
  if type(part) == "table" and getmetatable(part) == nil then
    local keys = {}
    for k in pairs(part) do keys[#keys + 1] = k end
    return p.sorted(keys)
  end
  local class = tostring(part):match "^(%w+)%("
  if class == "Index" or class and class:match "Constraint$" then
    local names = p.map(am.columns(part), function(c) return c.name end)
    return ("%s(%s)"):format(part.name or "None", table.concat(names, ", "))
  end
  local ok, name = pcall(function() return part.name end)
  return ok and name or tostring(part)
end
function shown(diff)
  if type(diff[1]) == "table" then return p.map(diff, shown) end
  local out = { n = 0 }
  for i = 1, diff.n or #diff do
    out.n = i
    out[i] = shown_part(diff[i])
  end
  return out
end

for _, diff in ipairs(migrate.compare_metadata(context, md)) do say(shown(diff)) end
conn:rollback()
p.forget()
step "operations made of them"
local script = migrate.produce_migrations(context, md)
conn:rollback()

local function class(operation) return getmetatable(operation).__name end
local function tree(operation, depth)
  depth = depth or 0
  if class(operation) == "ModifyTableOps" then
    say(("  "):rep(depth), "ModifyTableOps", operation.table_name)
  elseif not operation.ops then
    say(("  "):rep(depth), class(operation),
      class(operation) == "AlterColumnOp" and operation.column_name or operation:to_diff_tuple()[1])
  end
  for _, child in ipairs(operation.ops or {}) do tree(child, depth + 1) end
end
tree(script.upgrade_ops)
say "down"
tree(script.downgrade_ops)
p.forget()
step "carried out, in batches"
for _, child in ipairs(script.upgrade_ops.ops) do
  if class(child) == "ModifyTableOps" then
    op:batch_alter_table(child.table_name, function(batch)
      for _, one in ipairs(child.ops) do batch:invoke(one) end
    end)
  else
    op:invoke(child)
  end
end
conn:commit()
told()
say(migrate.compare_metadata(context, md), conn:execute(text("SELECT name, age, crew_id, email FROM users")):all())
conn:rollback()
p.forget()
step "what is there now"
local inspector = am.inspect(conn)
say(p.sorted(inspector:get_table_names()))
local function name(x) return x.name end
for _, t in ipairs{ "crew", "ship", "users" } do
  say(t, p.map(inspector:get_columns(t), function(c) return { c.name, tostring(c.type), c.nullable } end))
  say(p.sorted(p.map(inspector:get_indexes(t), name)), p.map(inspector:get_foreign_keys(t), name),
    p.map(inspector:get_unique_constraints(t), name))
end
conn:rollback()
ddl = {}
p.forget()
step "a batch by hand"
op:batch_alter_table("users", { recreate = "always" }, function(batch)
  batch:alter_column("name", { type_ = String(30), nullable = true })
  batch:add_column(Column("rank", Integer, { server_default = "1" }))
  batch:create_check_constraint("ck_rank", "rank > 0")
  batch:drop_constraint("uq_email", { type_ = "unique" })
end)
conn:commit()
told()
say(conn:execute(text("SELECT name, age, rank FROM users")):all())
conn:rollback()
local ok = pcall(op.batch_alter_table, op, "users", { recreate = "always" }, function(batch)
  batch:drop_column("nothing")
end)
if not ok then say "no such column" end
conn:rollback()
conn:close()
ddl = {}
p.forget()
