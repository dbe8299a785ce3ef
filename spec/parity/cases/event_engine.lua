-- Engine, connection, dialect and pool events: arguments, order, return values, errors; DDL events, conditional DDL.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local insert, listen = am.insert, am.event.listen

local e = p.engine(p.is_postgresql and { pool_size = 2 } or { poolclass = am.StaticPool })
local heard = {}
local function note(...) heard[#heard + 1] = { n = _G.select("#", ...), ... } end
local unpack = table.unpack or unpack -- luacheck: ignore
local function tell()
  for _, words in ipairs(heard) do say(" ", unpack(words, 1, words.n)) end
  heard = {}
end
local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list or {}) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function name_of(x) return x.name end

step "pool"
for _, name in ipairs { "connect", "first_connect", "checkout", "checkin", "reset", "close", "invalidate" } do
  listen(e, name, function() note(name) end)
end
local c = e:connect()
c:close()
tell()
c = e:connect()
c:begin()
c:close()
tell()
e:dispose()
tell()
c = e:connect()
c:invalidate()
say(c.invalidated)
tell()
c:rollback()
c:execute(select(1))
c:close()
tell()
p.forget()
step "ddl"
local md = am.MetaData()
local a = am.Table("a", md, Column("id", Integer, { primary_key = true }), Column("x", Integer))
local b = am.Table("b", md, Column("id", ForeignKey("a.id"), { primary_key = true }), Column("name", String(20)),
  am.Index("ix_b", "name"))
for _, pair in ipairs { { md, "md" }, { a, "a" }, { b, "b" } } do
  for _, name in ipairs { "before_create", "after_create", "before_drop", "after_drop" } do
    listen(pair[1], name, function(_, _, kw)
      say(" ", pair[2], name, kw.checkfirst, map(kw.tables, name_of))
    end)
  end
end
listen(a, "after_create", am.DDL("CREATE INDEX ix_%(table)s_x ON %(table)s (x)"))
listen(a, "after_create", am.DDL("CREATE INDEX never ON a (x)"):execute_if{ dialect = "oracle" })
listen(a, "after_create", am.DDL("CREATE INDEX ix_if ON a (x, id)"):execute_if{
  callable_ = function(_, target, bind)
    say("  asked", target.name, bind.dialect.name == "oracle")
    return true
  end })
md:create_all(e, { checkfirst = false })
p.sql()
local a2 = am.Table("a2", md, Column("id", Integer, { primary_key = true, autoincrement = false }))
listen(a2, "column_reflect", function() say "never" end)
md:create_all(e)
b:drop(e, { checkfirst = false })
b:create(e, { checkfirst = false })
p.forget()
step "after_parent_attach"
listen(Column, "after_parent_attach", function(col, table_) say("attach", table_.name, col.name) end)
local t3 = am.Table("t3", md, Column("id", Integer, { primary_key = true }), Column("z", Integer))
t3:append_column(Column("w", Integer))
step "column_reflect"
local md2 = am.MetaData()
listen(md2, "column_reflect", function(_, table_, info)
  say("reflect", table_.name, info.name, info.nullable)
  info.key = "k_" .. info.name
end)
local a3 = am.Table("a", md2, { autoload_with = e })
say(map(am.columns(a3), function(col) return col.key end), map(am.columns(a3), name_of))
p.forget()
heard = {}
step "execution"
local function select_in(stmt)
  local ok, yes = pcall(function() return stmt.is_select end)
  return ok and yes == true
end
listen(e, "before_execute", function(_, stmt, multi, params)
  note("before_execute", select_in(stmt), multi, params)
end)
listen(e, "after_execute", function(_, _, _, _, _, result) note("after_execute", result.returns_rows) end)
listen(e, "after_cursor_execute", function(_, _, _, _, _, many) note("after_cursor_execute", many) end)
for _, name in ipairs { "begin", "rollback", "commit" } do listen(e, name, function() note(name) end) end
for _, name in ipairs { "savepoint", "release_savepoint", "rollback_savepoint" } do
  listen(e, name, function(_, sp) note(name, sp) end)
end
e:begin(function(conn)
  conn:execute(insert(a), { id = 1, x = 5 })
  conn:execute(insert(a), { { id = 2, x = 6 }, { id = 3, x = 7 } })
  conn:begin_nested(function() conn:execute(a:update():where(a.c.id:eq(1)):values{ x = 9 }) end)
  local nested = conn:begin_nested()
  nested:rollback()
  say(conn:execute(select(a.c.x):order_by(a.c.id)):all())
end)
tell()
p.sql()
step "return values"
local e2 = e:execution_options{ tag = "t" }
listen(e2, "before_execute", function(conn, stmt, multi, params)
  note("tag", conn:get_execution_options().tag)
  if select_in(stmt) then stmt = stmt:where(a.c.id:gt(1)) end
  return stmt, multi, params
end, { retval = true })
listen(e2, "before_cursor_execute", function(_, _, stmt, params) return stmt .. " /* seen */", params end,
  { retval = true })
e2:connect(function(conn) say(conn:execute(select(a.c.id):order_by(a.c.id)):all()) end)
e:connect(function(conn) say(conn:execute(select(a.c.id):order_by(a.c.id)):all()) end)
heard = {}
p.sql()
step "handle_error"
listen(e, "handle_error", function(ctx)
  say(ctx.sqlalchemy_exception.name, ctx.is_disconnect, ctx.statement ~= nil, ctx.connection ~= nil,
    ctx.execution_context ~= nil)
end)
e:connect(function(conn) p.error(function() conn:execute(insert(a), { id = 1 }) end) end)
listen(e, "handle_error", function(ctx)
  if ctx.statement:find("nowhere") then return am.exc.NoSuchTableError("replaced") end
end, { retval = true })
e:connect(function(conn) p.error(function() conn:execute(am.text("select * from nowhere")) end) end)
step "drop"
e:begin(function(conn) md:drop_all(conn) end)
heard = {}
listen(e, "engine_disposed", function(eng) say("engine_disposed", eng == e) end)
listen(e, "set_connection_execution_options", function(_, opts) say("options", opts) end)
listen(e, "engine_connect", function(conn) say("engine_connect", conn.closed) end)
e:connect(function(conn) conn:execution_options{ isolation_level = "SERIALIZABLE", foo = 1 } end)
p.forget()
heard = {}
e:dispose()
