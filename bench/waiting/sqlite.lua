-- What the thread of a SQLite connection costs, and from when on it is worth that: bench/waiting/sqlite.lua [FILE].
-- For statements of growing length: microseconds in the caller (`direct`), on the thread and under `auto` (least of
-- many), and how long another coroutine was kept waiting by one of them (median of eleven).
local am = require "alchemoon"
local core = require "alchemoon.core"

local path = arg[1] or os.tmpname()
local sql = "with recursive t(x) as (select 1 union all select x + 1 from t where x < ?) select count(*) from t"
local LENGTHS = { 1, 30, 100, 300, 1000, 3000, 10000, 30000 }
local MODES = { "direct", "thread", "auto" }

local function clock()
  local _, now = core.clock()
  return now
end

-- Notes the longest pause of a coroutine that does nothing but let the others go.
local function watch(state)
  local before = clock()
  while state.on do
    coroutine.yield()
    local now = clock()
    state.pause, before = math.max(state.pause, now - before), now
  end
end

local function measure(mode, length)
  local reactor = am.reactor()
  local engine = am.create_engine("sqlite:///" .. path, { reactor = reactor, isolation_level = "AUTOCOMMIT",
    connect_args = { execution = mode } })
  local rounds, least, pauses = math.max(20, math.floor(60000 / (length + 200))), math.huge, {}
  reactor:run(function()
    engine:connect(function(conn)
      local function ask() conn:exec_driver_sql(sql, { length }):scalar() end
      for _ = 1, 5 do ask() end
      for _ = 1, rounds do
        local start = clock()
        ask()
        least = math.min(least, clock() - start)
      end
      for i = 1, 11 do
        local state = { on = true, pause = 0 }
        local task = reactor:spawn(watch, state)
        coroutine.yield()
        ask()
        state.on = false
        task:join()
        pauses[i] = state.pause
      end
    end)
  end)
  engine:dispose()
  reactor:close()
  table.sort(pauses)
  return least * 1e6, pauses[6] * 1e6
end

print("  length |      us: direct    thread      auto | other waits: direct    thread      auto")
for _, length in ipairs(LENGTHS) do
  local took, kept = {}, {}
  for i, mode in ipairs(MODES) do took[i], kept[i] = measure(mode, length) end
  print(("%8d |      %10.1f%10.1f%10.1f |        %11.1f%10.1f%10.1f"):format(length, took[1], took[2], took[3], kept[1],
    kept[2], kept[3]))
end
os.remove(path)
