-- Engine, connection, pool and session transaction events together: begin, savepoints, releases, rollbacks, joined
-- sessions, errors, options, a connection that is invalidated.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err, forget = p.say, p.step, p.sql, p.error, p.forget
local Column, Integer, String, select, insert, text = am.Column, am.Integer, am.String, am.select, am.insert, am.text
local listen = am.event.listen

local Base = am.declarative_base()
local Row = Base:model("Row", {
  __tablename__ = "row_",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10), { unique = true }),
})
local e = p.engine()
Base.metadata:create_all(e)
forget()
local function tell(...) say("       ", ...) end
local function keys(map)
  local out = { n = 0 }
  for key in pairs(map or {}) do
    out.n = out.n + 1
    out[out.n] = key
  end
  return p.sorted(out)
end

for _, name in ipairs { "checkout", "checkin", "reset", "invalidate", "soft_invalidate", "first_connect", "connect",
  "close", "detach", "close_detached" } do
  listen(e.pool, name, function() tell("pool", name) end)
end
for _, name in ipairs { "begin", "commit", "rollback" } do listen(e, name, function() tell("engine", name) end) end
for _, name in ipairs { "savepoint", "rollback_savepoint", "release_savepoint" } do
  listen(e, name, function(_, point) tell("engine " .. name, point) end)
end
listen(e, "engine_connect", function() tell "engine_connect" end)
for _, name in ipairs { "set_connection_execution_options", "set_engine_execution_options" } do
  listen(e, name, function(_, o) tell(name, keys(o)) end)
end
listen(e, "before_execute", function(_, _, many, params) tell("before_execute", params, #many) end)
listen(e, "after_execute", function() tell "after_execute" end)
for _, name in ipairs { "before_cursor_execute", "after_cursor_execute" } do
  listen(e, name, function(_, _, st) tell(name, (st:match("^%S+"))) end)
end
listen(e, "handle_error", function(x)
  tell("handle_error", x.sqlalchemy_exception.name, x.is_disconnect, x.statement ~= nil, x.connection ~= nil)
end)
listen(e, "engine_disposed", function() tell "engine_disposed" end)
local S = am.sessionmaker(e)
for _, name in ipairs { "before_commit", "after_commit", "after_rollback" } do
  listen(S, name, function(s) tell("session", name, s.is_active, s:in_transaction()) end)
end
listen(S, "after_begin", function(_, t, c) tell("session after_begin", t.nested, c:in_nested_transaction()) end)
listen(S, "after_soft_rollback", function(s, t) tell("session after_soft_rollback", t.nested, s.is_active) end)
listen(S, "after_transaction_create", function(_, t) tell("session create", t.nested, t.parent ~= nil) end)
listen(S, "after_transaction_end", function(_, t) tell("session end", t.nested, t.parent ~= nil) end)

step "plain"
S(function(s)
  s:add(Row{ id = 1, name = "a" })
  s:commit()
end)
forget()
step "begin block"
S:begin(function(s) s:add(Row{ id = 2, name = "b" }) end)
forget()
step "read only"
S(function(s) say(s:scalar(select(Row.name):where(Row.id:eq(1)))) end)
forget()
step "nothing done"
S(function(s)
  s:begin()
  s:commit()
  s:rollback()
end)
step "savepoints"
S(function(s)
  s:begin_nested(function() s:add(Row{ id = 3, name = "c" }) end)
  s:begin_nested(function(n)
    s:add(Row{ id = 4, name = "d" })
    s:flush()
    s:begin_nested(function() s:add(Row{ id = 5, name = "e" }) end)
    n:rollback()
  end)
  s:commit()
end)
forget()
step "a savepoint whose block fails"
S:begin(function(s)
  err(function()
    s:begin_nested(function() s:add(Row{ id = 6, name = "a" }) end)
  end)
  s:add(Row{ id = 7, name = "g" })
end)
forget()
step "a flush that fails"
err(function()
  S:begin(function(s) s:add(Row{ id = 8, name = "a" }) end)
end)
forget()
step "a block that fails"
err(function()
  S:begin(function(s)
    s:add(Row{ id = 8, name = "h" })
    s:flush()
    error "x"
  end)
end)
forget()
step "joined to a connection"
for _, mode in ipairs { "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint" } do
  say(mode)
  e:connect(function(c)
    local t = c:begin()
    S({ bind = c, join_transaction_mode = mode }, function(s)
      s:add(Row{ id = 9, name = "i" })
      s:commit()
      s:add(Row{ id = 10, name = "j" })
      s:flush()
      s:rollback()
      say(t.is_active, c:in_transaction())
    end)
    say(t.is_active)
    if t.is_active then
      t:rollback()
    else
      c:execute(text "delete from row_ where id = 9")
      c:commit()
    end
  end)
  forget()
end
step "core"
e:begin(function(c)
  c:execute(insert(Row), { { id = 20, name = "t" }, { id = 21, name = "u" } })
  c:begin_nested(function() c:execute(text "select 1") end)
  if not p.is_postgresql then err(function() c:execute(insert(Row):values{ id = 20, name = "t" }) end) end
end)
forget()
step "options"
local c = e:connect():execution_options{ stream_results = false }
c:exec_driver_sql("select 1")
c:rollback()
c:begin()
c:close()
c:close()
local f = e:execution_options{ my_option = 1 }
f:connect(function(x) say(x:get_execution_options().my_option) end)
S({ bind = f }, function(s)
  s:connection{ execution_options = { isolation_level = "SERIALIZABLE" } }
  s:execute(text "select 1")
end)
forget()
step "invalidate"
c = e:connect()
c:execute(select(1))
c:invalidate()
err(function() c:execute(select(2)) end)
c:rollback()
c:close()
c = e:connect()
c:detach()
c:close()
e:dispose()
sql()
