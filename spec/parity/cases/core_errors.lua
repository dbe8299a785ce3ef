-- Errors of the database and of statements with their fields, their places in the tree of classes; URLs.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local insert, select, text, Column, Integer, Table = am.insert, am.select, am.text, am.Column, am.Integer, am.Table

local e = p.engine()
local md = am.MetaData()
local t = Table("t", md, Column("id", Integer, { primary_key = true }),
  Column("name", am.String(5), { unique = true, nullable = false }),
  Column("n", Integer, am.CheckConstraint("n > 0", { name = "ck_n" })), Column("t_id", am.ForeignKey("t.id")))
md:create_all(e)
p.forget()
local conn = e:connect()
conn:execute(insert(t):values{ id = 1, name = "a" })
conn:commit()
if not p.is_postgresql then
  conn:exec_driver_sql("PRAGMA foreign_keys = ON")
  conn:commit()
end
local tree = { "SQLAlchemyError", "StatementError", "DBAPIError", "DatabaseError", "IntegrityError", "OperationalError",
  "ProgrammingError", "DataError", "InterfaceError", "ArgumentError", "InvalidRequestError", "CompileError",
  "ResourceClosedError", "NoSuchTableError", "NoResultFound", "NoSuchColumnError", "PendingRollbackError" }

local function check(fn)
  local x = err(fn)
  local classes = {}
  for _, name in ipairs(tree) do
    if x and x:is(am.exc[name] or am.exc.Error) then classes[#classes + 1] = name end
  end
  say(classes)
  for line in tostring(x):gmatch("\n([^\n]*)") do
    if line:match("^%[SQL") then say((line:gsub("%$%d+", "?"))) end
    if line:match("^%[par") then say "[parameters]" end
  end
  if x and x:is(am.exc.StatementError) then
    say(x.statement ~= nil, x.params ~= nil, x.orig ~= nil, p.fmt(x:is(am.exc.DBAPIError) and x.connection_invalidated))
    if p.is_postgresql and x:is(am.exc.DBAPIError) then say(x.sqlstate) end
  end
  if conn:in_transaction() then conn:rollback() end
  return x
end
local function run(...)
  local args = { ... }
  check(function() conn:execute((table.unpack or unpack)(args)) end)
end

step "database"
run(insert(t):values{ id = 1, name = "b" })
run(insert(t):values{ id = 2, name = "a" })
run(insert(t), { id = 2, name = am.null })
run(insert(t), { { id = 2, name = "q", n = -1 } })
run(insert(t):values{ id = 3, name = "c", t_id = 77 })
run(text "select * from nowhere")
run(text "selec 1")
run(text "select nope from t")
check(function() conn:exec_driver_sql("select nope(1)") end)
if p.is_postgresql then
  run(insert(t):values{ id = 4, name = "too long" })
  run(text "select 1 / 0")
  run(text "select cast('x' as integer)")
  conn:execute(select(t))
  err(function() conn:execute(text "select 1 / 0") end)
  err(function() conn:execute(text "select 1") end)
  conn:rollback()
end
step "statements"
run(select(t):where(t.c.id:eq(am.bindparam "x")))
run(text "select :a", {})
run(insert(t):values{ nope = 1 })
run("select 1")
run(t)
check(function() conn:execute(select(t):where(t.c.id:in_(5))) end)
check(function() select(t):where("x = 1") end)
check(function() select(t):order_by("nope desc; drop"):compile() end)
check(function() select(t.c.id):join(Table("z", am.MetaData(), Column("x", Integer))):compile() end)
check(function() text("select :a"):bindparams{ b = 1 } end)
check(function() Table("t", md, Column("z", Integer)) end)
check(function() conn:execution_options{ isolation_level = "NONSENSE" } end)
check(function() am.create_engine("nonsense") end)
check(function() am.create_engine("nodb://host/x") end)
check(function() return select(t.c.id, t.c.name):scalar_subquery() + 1 end)
check(function() select(t):union(select(t.c.id)):compile() end)
run(am.update(t):values{ name = am.bindparam "name" }:where(t.c.id:eq(1)), { name = "x" })
step "hidden"
local x = err(function() conn:execute(text "select :secret from nowhere", { secret = ("s"):rep(400) }) end)
local message = tostring(x)
say(message:find("sss") ~= nil, #message < 900)
conn:rollback()
conn:close()
step "url"
local make_url, create = am.make_url, am.URL.create
local u = make_url("postgresql+psycopg2://us%40er:p%2Fw@host:5433/my%20db?sslmode=require&a=1&a=2")
say(u.drivername, u.username, u.password, u.host, u.port, u.database, u.query)
say(tostring(u), u:render_as_string{ hide_password = false }, u:get_backend_name())
local u2 = u:set{ host = "other", database = "x" }:update_query_dict{ b = "3" }
  :difference_update_query{ "a" }
say(u2:render_as_string{ hide_password = false }, u2 == u, u2:set{ host = "other" } == u2, u == make_url(u))
say(u:update_query_pairs{ { "z", "1" }, { "z", "2" } }:render_as_string(),
  u:update_query_string("k=v", { append = true }):render_as_string(), u.normalized_query.a, u.normalized_query.sslmode)
say(tostring(create("sqlite")), tostring(create("sqlite", { database = "x.db" })),
  tostring(make_url "sqlite:////abs/x.db"), make_url("sqlite:////abs/x.db").database, make_url("sqlite://").database)
say(tostring(create("postgresql", { username = "u", password = "p:w@/", host = "::1", port = 1, database = "d" })),
  create("postgresql", { username = "u", password = "p:w@/", host = "h" }):render_as_string{ hide_password = false })
say(make_url("postgresql://u@/d?host=h1:5432&host=h2").query.host, make_url("postgresql://[::1]:9/d").host)
check(function() make_url("not a url") end)
say(tostring(am.create_engine("sqlite://").url), am.create_engine("sqlite://").dialect.name,
  tostring(am.create_engine("postgresql://u:secret@h/d")))
