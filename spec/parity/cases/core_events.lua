-- Events of an engine and its pool: their order and their arguments.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("name", am.String(20)))
local other = am.Table("u", md, am.Column("id", am.Integer, { primary_key = true }))
local hear = am.event.listen

p.engine()
step "ddl"
for _, target in ipairs { { md, "md" }, { t, "t" } } do
  for _, name in ipairs { "before_create", "after_create", "before_drop", "after_drop" } do
    hear(target[1], name, function(of, connection, kw)
      say(target[2], name, target[2] == "md" and "-" or of.name, connection:in_transaction(), kw.checkfirst)
      if target[2] == "md" then
        local names = {}
        for i, x in ipairs(kw.tables) do names[i] = x.name end
        say(names)
      end
    end)
  end
end
local url = p.is_postgresql and os.getenv "PARITY_URL" or "sqlite:///" .. os.tmpname()
local e = p.engine({ poolclass = am.QueuePool, pool_size = 1 }, url)
md:create_all(e)
md:drop_all(e, { tables = { other } })
t:drop(e)
t:create(e, { checkfirst = true })
p.forget()

step "pool"
for _, name in ipairs { "connect", "first_connect", "checkout", "checkin", "reset", "invalidate", "soft_invalidate",
  "close", "detach", "close_detached" } do
  hear(e, name, function(...)
    local extra = ""
    if name == "reset" then
      local s = select(3, ...)
      extra = ("transaction_was_reset=%s terminate_only=%s asyncio_safe=%s"):format(p.fmt(s.transaction_was_reset),
        p.fmt(s.terminate_only), p.fmt(s.asyncio_safe))
    end
    if name == "invalidate" or name == "soft_invalidate" then extra = p.fmt((select(3, ...))) end
    say("pool", name, select("#", ...), extra)
  end)
end
hear(e, "engine_connect", function(conn) say("engine_connect", conn.closed) end)
hear(e, "engine_disposed", function(eng) say("engine_disposed", eng == e) end)
e:dispose()
say "connecting"
e:connect(function(c) c:execute(am.select(t)) end)
say "again"
e:connect(function(c)
  c:execute(am.select(t))
  c:commit()
end)
say "invalidate"
e:connect(function(c)
  c:execute(am.select(t))
  c:invalidate()
  say(c.invalidated, c.closed)
  c:rollback()
  say(c:execute(am.select(t)):all(), c.invalidated)
end)
say "detach"
e:connect(function(c)
  c:detach()
  say(c:execute(am.select(t)):all())
end)
say "raw"
local raw = e:raw_connection()
raw:close()
e:dispose()
p.forget()

step "statements"
for _, name in ipairs { "begin", "rollback", "commit", "savepoint", "rollback_savepoint", "release_savepoint" } do
  hear(e, name, function(_, ...) say("tx", name, ...) end)
end
hear(e, "begin_twophase", function() say "begin_twophase" end)
hear(e, "before_execute", function(_, clauseelement, multiparams, params, execution_options)
  say("before_execute", clauseelement ~= nil, multiparams, params, execution_options)
end)
hear(e, "after_execute", function(_, _, multiparams, params, execution_options, result)
  say("after_execute", multiparams, params, execution_options, not result.returns_rows and result.rowcount or "rows")
end)
hear(e, "before_cursor_execute", function(_, _, _, _, context, executemany)
  say("before_cursor", executemany, context.isinsert, context.isupdate, context.isdelete, context.isddl,
    context.is_text)
end)
hear(e, "after_cursor_execute", function(_, _, _, _, context, executemany)
  say("after_cursor", executemany, context.execution_options.mine)
end)
hear(e, "set_connection_execution_options", function(_, opts) say("set_conn_options", opts) end)
hear(e, "set_engine_execution_options", function(_, opts) say("set_engine_options", opts) end)
hear(e, "handle_error", function(ctx)
  say("handle_error", ctx.sqlalchemy_exception.name, ctx.is_disconnect, ctx.is_pre_ping,
    ctx.invalidate_pool_on_disconnect, ctx.statement ~= nil, ctx.engine == e, ctx.connection ~= nil)
end)
e:connect(function(c)
  c:execute(am.insert(t), { id = 1, name = "a" })
  c:execute(am.insert(t), { { id = 2, name = "b" }, { id = 3, name = "c" } })
  c:execute(am.select(t):where(t.c.id:eq(am.bindparam "x")), { x = 1 }, { mine = 5 })
  c:execution_options{ mine = 6 }
  c:execute(t:update():values{ name = "q" }:where(t.c.id:eq(3)))
  c:exec_driver_sql("select 1")
  c:execute(am.text("select 2"))
  local sp = c:begin_nested()
  sp:rollback()
  c:begin_nested(function() end)
  err(function() c:execute(am.text("select * from missing")) end)
  c:rollback()
end)
local e2 = e:execution_options{ mine = 7, logging_token = "x" }
e2:connect(function(c)
  c:execute(t:delete():where(t.c.id:eq(9)))
  c:commit()
end)
step "retval"
local function rewrite(_, _, statement, parameters) return (statement:gsub("one", "two")), parameters end
hear(e, "before_cursor_execute", rewrite, { retval = true })
e:connect(function(c)
  say(c:scalar(am.text("select 'one'")))
  c:rollback()
end)
am.event.remove(e, "before_cursor_execute", rewrite)
say(am.event.contains(e, "before_cursor_execute", rewrite), true)
e:dispose()
p.forget()
