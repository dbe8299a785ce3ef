-- CPU per query (user and system) of a plain script that blocks, of one coroutine in the built-in reactor, and of ten:
-- bench/waiting/cpu.lua [QUERIES], with ALCHEMOON_TEST_PG set. Pin it (taskset -c 1) for figures worth reading.
local am = require "alchemoon"
local url = assert(os.getenv "ALCHEMOON_TEST_PG", "ALCHEMOON_TEST_PG is not set")
local queries = tonumber(arg[1]) or 10000
local sql = "select relname from pg_class where oid = $1"

local function work(engine, n)
  engine:connect(function(conn)
    for _ = 1, n do assert(conn:exec_driver_sql(sql, { 1259 }):scalar() == "pg_class") end
  end)
end

local modes = {
  { "blocking", function(engine, _, n) work(engine, n) end },
  { "one coroutine", function(engine, reactor, n) reactor:run(work, engine, n) end },
  { "ten coroutines", function(engine, reactor, n)
    for _ = 1, 10 do reactor:spawn(work, engine, n / 10) end
    reactor:run()
  end },
}

local best, reactor, engines = {}, am.reactor(), {}
for i in ipairs(modes) do
  engines[i] = am.create_engine(url, { reactor = i > 1 and reactor or false, pool_size = 10,
    isolation_level = "AUTOCOMMIT" })
end
for _ = 1, 5 do -- in turns, the least of each
  for i, mode in ipairs(modes) do
    mode[2](engines[i], reactor, 200)
    local before = os.clock()
    mode[2](engines[i], reactor, queries)
    best[i] = math.min(best[i] or math.huge, (os.clock() - before) / queries * 1e6)
  end
end
for i, mode in ipairs(modes) do
  print(("%-15s %6.2f us of CPU per query  %+5.1f %%"):format(mode[1], best[i], (best[i] / best[1] - 1) * 100))
end
