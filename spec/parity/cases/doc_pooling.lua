-- The page on pooling: pools by hand, resets, first in or last in, disconnects that are found early and late.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local listen, text = am.event.listen, am.text

local path = p.is_postgresql and os.getenv "PARITY_URL" or "sqlite:///" .. os.tmpname()
p.engine()
local function open_engine(options) return p.engine(options, path) end

step "a pool by hand"
local source = open_engine()
local made, held = {}, {}
local function creator()
  local fairy = source:raw_connection()
  local driver = fairy.driver_connection
  fairy:detach()
  held[#held + 1] = fairy
  made[#made + 1] = #made + 1
  return driver
end
local pool = am.QueuePool(creator, { pool_size = 1, max_overflow = 1, timeout = 0.01 })
say(pool:size(), pool:checkedin(), pool:checkedout(), pool:overflow())
local first = pool:connect()
local cursor = first:cursor()
cursor:execute("SELECT 1 + 1")
say(cursor:fetchone()[1], made)
cursor:close()
local second = pool:connect()
local x = err(function() pool:connect() end)
say(x.code, (tostring(x):gsub(" reached.*", "")))
first:close()
second:close()
say(pool:size(), pool:checkedin(), pool:checkedout(), pool:overflow(), made)
say(first.is_valid, second.is_valid)
local third = pool:connect()
third:invalidate()
say(third.is_valid, pool:checkedin(), pool:checkedout())
third = pool:connect()
say(made)
third:detach()
say(third.is_detached, pool:checkedout(), pool:checkedin())
third:close()
pool:dispose()
local again = pool:recreate()
say(again == pool, again:size(), again:checkedin())
step "events of a connection"
local seen = {}
local e = open_engine{ pool_size = 2 }
for _, name in ipairs{ "connect", "first_connect", "checkout", "checkin", "reset", "invalidate", "soft_invalidate",
  "close", "detach", "close_detached" } do
  listen(e, name, function(...) seen[#seen + 1] = ("%s %d"):format(name, select("#", ...)) end)
end
local function look()
  say(seen)
  seen = {}
end
e:connect(function(conn) conn:execute(text("SELECT 1")) end)
look()
e:connect(function() end)
look()
local conn = e:connect()
conn:detach()
conn:close()
look()
conn = e:connect()
conn:invalidate()
say(conn.invalidated, conn.closed)
conn:execute(text("SELECT 1"))
say(conn.invalidated)
conn:close()
look()
step "reset"
for _, option in ipairs{ "rollback", "commit", am.null } do
  local r = open_engine{ pool_reset_on_return = option }
  local states = {}
  listen(r, "reset", function(_, _, reset_state)
    states[#states + 1] = { reset_state.transaction_was_reset, reset_state.asyncio_safe, reset_state.terminate_only }
  end)
  r:connect(function(c) c:execute(text("SELECT 1")) end)
  r:connect(function() end)
  r:raw_connection():close()
  say(option, states)
  r:dispose()
end
step "first in or last in"
for _, lifo in ipairs{ false, true } do
  local q = open_engine{ pool_size = 3, poolclass = am.QueuePool, pool_use_lifo = lifo }
  local conns = { q:connect(), q:connect(), q:connect() }
  for i, c in ipairs(conns) do c.info.number = i end
  for _, c in ipairs(conns) do c:close() end
  local numbers = {}
  for _ = 1, 4 do
    q:connect(function(c) numbers[#numbers + 1] = c.info.number end)
  end
  say(lifo, numbers)
  q:dispose()
end
step "refused at checkout"
local d = open_engine{ pool_size = 1, poolclass = am.QueuePool }
local tries = {}
listen(d, "checkout", function(_, record)
  tries[#tries + 1] = record.info.old or false
  if record.info.old then error(am.exc.DisconnectionError("too old")) end
end)
d:connect(function(c) c.info.old = true end)
d:connect(function(c) say(c.info.old, tries) end)
listen(d, "checkout", function() error(am.exc.DisconnectionError("never")) end)
err(function() d:connect() end)
say(d.pool:checkedin(), d.pool:checkedout())
d:dispose()
step "what counts as a disconnect"
local h = open_engine{ pool_size = 2, poolclass = am.QueuePool }
listen(h, "handle_error", function(context)
  say(context.is_disconnect, context.invalidate_pool_on_disconnect, context.statement, context.is_pre_ping,
    am.exc.is(context.sqlalchemy_exception, am.exc.DBAPIError), context.connection ~= nil)
  if context.statement:find("nothing") then context.is_disconnect = true end
end)
local one = h:connect()
local two = h:connect()
two.info.mark = 1
two:close()
x = err(function() one:execute(text("SELECT * FROM nothing")):all() end)
say(x.connection_invalidated, one.invalidated)
err(function() one:execute(text("SELECT 1")) end)
one:rollback()
say(one:execute(text("SELECT 1")):scalar(), one.invalidated)
one:close()
h:connect(function(c) say(c.info.mark) end)
x = err(function() h:connect():execute(text("SELECT * FROM another")) end)
say(x.connection_invalidated)
h:dispose()
step "a ping of one's own"
local g = open_engine{ poolclass = am.StaticPool }
listen(g, "engine_connect", function(connection)
  say("ping", connection:scalar(am.select(1)), connection:in_transaction())
  connection:rollback()
end)
g:connect(function(c) say(c:in_transaction()) end)
g:execution_options{ kind = "branch" }:connect(function(c) say(c:get_execution_options()) end)
p.sql()
