-- What each thread of the host does with the engine that all of them share: shared.lua URL [ROUNDS].
-- luacheck: globals thread threads host
local url, rounds = ..., tonumber((select(2, ...))) or 40
local am = require "alchemoon"
local core = require "alchemoon.core"
am.logging.set_handler(function() end) -- holders that vanish are reported; here they do so on purpose

if rawget(_G, "jit") then rawget(_G, "jit").off() end -- a trace may hold on to what vanishes

local SIZE = 4
local name = "threads"

local function make(reactor)
  return am.create_engine(url, { shared = name, reactor = reactor, pool_size = SIZE, max_overflow = 0,
    pool_timeout = 60 }) -- a lost wake-up shows as a time-out
end

local function ask(conn, sql, value)
  local text = conn.dialect.name == "postgresql" and sql:gsub("?", "$1::int") or sql
  return conn:exec_driver_sql(text, { value }):scalar()
end

local function once(engine, i)
  local value = thread * 100000 + i
  if i % 11 == 0 then -- vanishes without a close
    local conn = engine:connect()
    assert(ask(conn, "select ?", value) == value)
    conn = nil -- luacheck: ignore
    collectgarbage()
    return
  end
  engine:connect(function(conn)
    local _, _, out = engine.pool._core:counts()
    assert(out <= SIZE, out .. " connections are out")
    assert(ask(conn, "select ?", value) == value)
    if i % 7 == 0 then
      conn:invalidate()
      conn:rollback()
    end
    assert(ask(conn, "select ? + 1", value) == value + 1)
  end)
  if i % 23 == 0 then engine.pool:dispose() end
end

if thread == -1 then -- all are gone, and with them the pool: it begins anew
  local engine = make()
  local _, idle, out, _, waiting = engine.pool._core:counts()
  assert(idle == 0 and out == 0 and waiting == 0, "the pool outlived its states")
  once(engine, 1)
  return
end

local reactor = thread % 2 == 1 and am.reactor() or nil
local engine = make(reactor or false)
host.barrier()
if reactor then
  local tasks = {}
  for t = 1, 5 do
    tasks[t] = reactor:spawn(function()
      for i = t, rounds, 5 do once(engine, i) end
    end)
  end
  reactor:run()
  for t = 1, 5 do assert(tasks[t].state == "done", tostring(tasks[t].error)) end
else
  for i = 1, rounds do once(engine, i) end
end
collectgarbage()
collectgarbage()
host.barrier()
local _, _, out, _, waiting = engine.pool._core:counts()
assert(out == 0 and waiting == 0, out .. " connections out, " .. waiting .. " waiting")
assert(core.pool_new)
host.barrier()
