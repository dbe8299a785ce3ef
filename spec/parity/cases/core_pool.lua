-- Pool classes with their counters, overflow and timeout, recycling by invalidation, and pool events of their own.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local path = p.is_postgresql and os.getenv "PARITY_URL" or "sqlite:///" .. os.tmpname()

local function counts(pool) say(pool:size(), pool:checkedin(), pool:checkedout(), pool:overflow()) end

local function engine(options) return p.engine(options, path) end

p.engine()
step "queue"
local e = engine{ poolclass = am.QueuePool, pool_size = 2, max_overflow = 1, pool_timeout = 0.05 }
say("QueuePool", e.pool:timeout())
counts(e.pool)
say(e.pool:status())
local a = e:connect()
counts(e.pool)
local b = e:connect()
local c = e:connect()
counts(e.pool)
local x = err(function() e:connect() end)
say(tostring(x):match("^[^,]*"), x.code)
a:close()
counts(e.pool)
b:close()
c:close()
counts(e.pool)
say(e.pool:status())
step "reuse"
local seen = {}
local function note(name) return function() seen[#seen + 1] = name end end
am.event.listen(e, "connect", note "connect")
am.event.listen(e, "checkout", note "checkout")
am.event.listen(e, "checkin", note "checkin")
am.event.listen(e, "close", note "close")
e:connect(function(one)
  e:connect(function(two) say(seen, one.connection == two.connection) end)
end)
seen = {}
e:connect(function(one)
  one.info.note = 1
  one.connection.record_info.rec = 2
  say(one.info)
end)
e:connect(function(one)
  say(one.info, one.connection.record_info)
  one:invalidate()
end)
e:connect(function(one) say(one.info, one.connection.record_info.rec) end)
say(seen)
seen = {}
step "dispose"
a = e:connect()
local before = e.pool
e:dispose()
say(e.pool == before, seen)
counts(e.pool)
counts(before)
a:close()
seen = {}
e:dispose{ close = false }
say(seen)
step "lifo"
for _, lifo in ipairs { false, true } do
  local q = engine{ poolclass = am.QueuePool, pool_size = 3, pool_use_lifo = lifo }
  local order, n = {}, 0
  am.event.listen(q, "connect", function(_, rec)
    n = n + 1
    rec.info.n = n
  end)
  am.event.listen(q, "checkout", function(_, rec) order[#order + 1] = rec.info.n end)
  local cs = { q:connect(), q:connect(), q:connect() }
  for _, i in ipairs { 2, 1, 3 } do cs[i]:close() end
  for i = 1, 3 do cs[i] = q:connect() end
  say(lifo, order)
  q:dispose()
end
step "unlimited overflow and size zero"
local q = engine{ poolclass = am.QueuePool, pool_size = 1, max_overflow = -1 }
local cs = { q:connect(), q:connect(), q:connect(), q:connect() }
counts(q.pool)
for _, one in ipairs(cs) do one:close() end
counts(q.pool)
q = engine{ poolclass = am.QueuePool, pool_size = 0 }
cs = { q:connect(), q:connect(), q:connect() }
counts(q.pool)
for _, one in ipairs(cs) do one:close() end
counts(q.pool)
step "null"
q = engine{ poolclass = am.NullPool }
seen = {}
am.event.listen(q, "connect", note "connect")
am.event.listen(q, "close", note "close")
for _ = 1, 2 do
  q:connect(function(one) one:execute(am.text("select 1")) end)
end
say("NullPool", q.pool:status(), seen)
step "static"
q = engine{ poolclass = am.StaticPool }
seen = {}
am.event.listen(q, "connect", note "connect")
am.event.listen(q, "close", note "close")
q:connect(function(one)
  q:connect(function(two) say(one.connection.dbapi_connection == two.connection.dbapi_connection) end)
end)
q:dispose()
say("StaticPool", q.pool:status(), seen)
step "reset on return"
err(function() engine{ pool_reset_on_return = "nonsense" } end)
step "rejected at checkout"
q = engine{ poolclass = am.QueuePool, pool_size = 1 }
local tries = {}
am.event.listen(q, "checkout", function()
  tries[#tries + 1] = #tries
  if #tries < 2 then error(am.exc.DisconnectionError()) end
end)
q:connect(function(one) say(tries, one:scalar(am.text("select 1"))) end)
local function always() error(am.exc.DisconnectionError()) end
am.event.listen(q, "checkout", always)
err(function() q:connect() end)
am.event.remove(q, "checkout", always)
tries = { 1, 1, 1 }
q:connect(function(one) say(one:scalar(am.text("select 1"))) end)
p.forget()
