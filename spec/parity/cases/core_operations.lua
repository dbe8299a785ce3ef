-- Alembic's operations on a live database and in batch mode, the version table, and offline SQL.
local am = require "alchemoon"
local migrate = require "alchemoon.migrate"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, text, column = am.Column, am.Integer, am.String, am.text, am.column

local e = p.engine()
local conn = e:connect()
local ctx = migrate.MigrationContext.configure(conn)
local op = migrate.Operations(ctx)

local function sorted(list)
  table.sort(list, function(a, b) return (type(a) == "table" and a[1] or a) < (type(b) == "table" and b[1] or b) end)
  return list
end
local function map(list, fn)
  local out = {}
  for i, x in ipairs(list) do out[i] = fn(x) end
  return sorted(out)
end
local function look(name)
  p.forget()
  local i = am.inspect(conn)
  for _, c in ipairs(i:get_columns(name)) do
    local default = c.default == nil and "None" or tostring(c.default)
    say(c.name, tostring(c.type), c.nullable, default:match("^(.-)::") or default)
  end
  say(i:get_pk_constraint(name).constrained_columns,
    map(i:get_foreign_keys(name), function(f) return { f.name or "-", f.referred_table } end),
    map(i:get_unique_constraints(name), function(u) return { u.name or "-", u.column_names } end),
    map(i:get_indexes(name), function(x) return { x.name, x.column_names, x.unique and x.unique ~= 0 } end),
    map(i:get_check_constraints(name), function(k) return k.name or "-" end))
  p.forget()
end

step "create"
local a = op:create_table("account", Column("id", Integer, { primary_key = true }),
  Column("name", String(50), { nullable = false }),
  Column("active", am.Boolean, { server_default = text(p.is_postgresql and "true" or "1") }))
say("Table", a.name, a.c:keys())
op:create_table("child", Column("id", Integer, { primary_key = true }), Column("account_id", Integer),
  Column("code", String(5)), Column("n", Integer),
  am.ForeignKeyConstraint({ "account_id" }, { "account.id" }, { name = "fk_account", ondelete = "CASCADE" }),
  am.UniqueConstraint("code", { name = "uq_code" }), am.CheckConstraint("n > 1", { name = "ck_n" }))
op:create_index("ix_child", "child", { "code", text "n" }, { unique = false })
op:create_index(op:f("ix_low"), "child", { am.func.lower(column "code") }, { unique = true })
step "data"
op:bulk_insert(a, { { id = 1, name = "a" }, { id = 2, name = "b" } })
op:bulk_insert(a, {})
op:execute("insert into child (id, account_id, code, n) values (1, 1, 'x', 2)")
local acc = am.table("account", column("id", Integer), column("name", String))
op:execute(acc:update():where(acc.c.id:eq(2)):values{ name = "bb" })
say(op:get_bind() == conn, op:get_context() == ctx, conn:execute(am.select(a)):all())
step "columns"
op:add_column("account", Column("email", String(20)))
op:add_column("account", Column("score", Integer, { nullable = false, server_default = "3" }))
op:add_column("account", Column("ref", Integer))
op:drop_column("account", "ref")
op:rename_table("child", "kid")
if p.is_postgresql then
  op:alter_column("account", "name", { new_column_name = "title", existing_type = String(50) })
  op:alter_column("account", "title", { type_ = am.Text(), nullable = true, existing_type = String(50) })
  op:alter_column("account", "score", { server_default = am.null })
  op:alter_column("account", "score", { server_default = "9", comment = "points" })
  op:alter_column("account", "score", { type_ = am.Numeric(5, 1), postgresql_using = "score::numeric" })
  op:create_unique_constraint("uq_email", "account", { "email" })
  op:create_check_constraint("ck_score", "account", column("score"):gt(0))
  op:create_foreign_key("fk_self", "kid", "account", { "n" }, { "id" },
    { onupdate = "CASCADE", initially = "DEFERRED", deferrable = true })
  op:drop_constraint("ck_n", "kid", { type_ = "check" })
  op:drop_constraint("fk_account", "kid", { type_ = "foreignkey" })
  op:create_table_comment("account", "who", { existing_comment = am.null })
  op:drop_table_comment("account")
  op:drop_constraint("uq_code", "kid")
  op:create_exclude_constraint("ex", "kid", { "n", "=" }, { where = text "n > 3", using = "btree" })
end
op:drop_index("ix_low", { table_name = "kid" })
look("account")
look("kid")
step "batch"
for _, mode in ipairs(p.is_postgresql and { "auto" } or { "auto", "always" }) do
  op:batch_alter_table("kid", { recreate = mode }, function(b)
    b:add_column(Column("extra_" .. mode, String(5), { server_default = "e" }))
    b:create_index("ix_extra_" .. mode, { "extra_" .. mode })
  end)
end
if not p.is_postgresql then
  op:batch_alter_table("kid", function(b) b:drop_constraint("ck_n", { type_ = "check" }) end)
end
op:batch_alter_table("kid", function(b)
  b:alter_column("n", { new_column_name = "num", existing_type = Integer, nullable = false })
  b:drop_index("ix_extra_auto")
  b:drop_column("extra_auto")
  b:alter_column("code", { type_ = String(30), existing_type = String(5), server_default = "zz" })
end)
look("kid")
op:batch_alter_table("kid", function(b)
  b:create_unique_constraint("uq_num", { "num" })
  b:create_foreign_key("fk_num", "account", { "num" }, { "id" })
end)
look("kid")
op:batch_alter_table("kid", function(b)
  b:drop_constraint("fk_num", { type_ = "foreignkey" })
  b:drop_constraint("uq_num", { type_ = "unique" })
  b:create_check_constraint("ck_num", text "num < 99")
end)
look("kid")
say(conn:execute(text "select id, account_id, code, num from kid"):all())
step "drop"
op:drop_table("kid")
op:drop_table("account")
p.sql()
step "versions"
say(ctx:get_current_revision(), ctx:get_current_heads(), am.inspect(conn):has_table("alembic_version"))
p.forget()
conn:rollback()
step "offline"
local out = {}
local buffer = { write = function(_, ...)
  for i = 1, select("#", ...) do out[#out + 1] = (select(i, ...)) end
end }
local off = migrate.MigrationContext.configure{ dialect_name = p.is_postgresql and "postgresql" or "sqlite",
  opts = { as_sql = true, output_buffer = buffer, literal_binds = true } }
op = migrate.Operations(off)
op:create_table("t", Column("id", Integer, { primary_key = true }), Column("s", String(5), { server_default = "x" }))
op:add_column("t", Column("n", Integer))
op:bulk_insert(am.table("t", column("id", Integer), column("s", String)), { { id = 1, s = "it's" } })
op:execute(am.table("t", column("n", Integer)):update():values{ n = 4 })
op:drop_table("t")
for line in table.concat(out):gmatch("[^\n]+") do
  line = line:match("^%s*(.-)%s*$")
  if line ~= "" then print(line) end
end
