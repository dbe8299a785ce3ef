-- Faults of waiting, one after the other, each with its check: what the soak run and the short spec do.
-- faults.run(url, rounds, report) → descriptors and kB of memory at the start (after a warm-up) and at the end.
local am = require "alchemoon"
local garbage = require "support.garbage"
local lfs = require "lfs"

local faults = {}

local function fds()
  local count = 0
  for _ in lfs.dir "/proc/self/fd" do count = count + 1 end
  return count
end

local function rss()
  garbage.collect()
  local file = assert(io.open "/proc/self/status")
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmRSS:%s*(%d+)"))
end

local function expect(ok, e, pattern)
  if ok or not tostring(e):find(pattern) then error("expected '" .. pattern .. "', got " .. tostring(e), 0) end
end

local function ask(engine, n)
  return engine:connect(function(conn) return conn:exec_driver_sql("select $1::int", { n }):scalar() end)
end

-- Each: (s: reactor, engine, small (a pool of one), lossy (a host that forgets its coroutines), other).
local list = {
  function(s) -- the server ends connections while coroutines wait
    local tasks = {}
    for i = 1, 3 do
      tasks[i] = s.reactor:spawn(pcall, s.engine.connect, s.engine, function(conn)
        conn:exec_driver_sql("select pg_terminate_backend(pg_backend_pid()), pg_sleep(1)")
      end)
    end
    for i = 1, 3 do
      local _, ok, e = tasks[i]:join()
      expect(ok, e, "terminating connection")
    end
  end,
  function(s) -- the connection ends in the middle of a result
    local rows = 0
    local ok, e = pcall(s.engine.connect, s.engine, function(conn)
      local result = conn:exec_driver_sql("select i, case i when 3000 then pg_terminate_backend(pg_backend_pid()) "
        .. "end from generate_series(1, 6000) as i", nil, { yield_per = 50 })
      for _ in result do rows = rows + 1 end
    end)
    expect(ok, e, "terminating connection")
    assert(rows > 0 and rows < 6000, rows)
  end,
  function(s) -- two coroutines in one connection
    s.engine:connect(function(conn)
      local first = s.reactor:spawn(pcall, conn.exec_driver_sql, conn, "select pg_sleep(0.001)")
      coroutine.yield()
      local ok, e = pcall(conn.exec_driver_sql, conn, "select 1")
      expect(ok, e, "in use by another coroutine")
      local _, fine, problem = first:join()
      assert(fine, problem)
    end)
  end,
  function(s) -- two coroutines in one session
    am.Session(s.engine, function(session)
      local first = s.reactor:spawn(pcall, session.execute, session, am.text "select pg_sleep(0.001)")
      coroutine.yield()
      local ok, e = pcall(session.execute, session, am.text "select 1")
      expect(ok, e, "already in progress in another coroutine")
      local _, fine, problem = first:join()
      assert(fine, problem)
    end)
  end,
  function(s) -- a coroutine collected while it waits, in a host that forgets it
    garbage.lose(function() s.lossy:connect(function(conn) conn:exec_driver_sql("select pg_sleep(1)") end) end)
    garbage.collect()
    assert(s.lossy.pool:checkedout() <= 1)
  end,
  function(s) -- nested loops
    assert(s.other_reactor:run(function() return ask(s.other, 4) + ask(s.engine, 5) end) == 9)
  end,
  function(s) -- descriptors come back after resets
    s.engine:connect(function(conn)
      conn:invalidate()
      conn:rollback()
      assert(conn:exec_driver_sql("select 6"):scalar() == 6)
    end)
  end,
  function(s) -- a pool of one, many who wait; half of them give up
    local tasks = {}
    for i = 1, 20 do
      tasks[i] = s.reactor:spawn(function()
        return pcall(s.small.connect, s.small, function(conn)
          s.reactor:sleep(0.0002)
          return conn:exec_driver_sql("select 1"):scalar()
        end)
      end)
    end
    for i = 1, 20 do
      local _, ok, e = tasks[i]:join()
      if not ok then expect(ok, e, "connection timed out") end
    end
  end,
  function(s) -- cancelled tasks
    local task = s.reactor:spawn(ask, s.engine, 7)
    coroutine.yield()
    task:cancel()
    task:join()
  end,
  function(s) -- time-outs of statements
    s.engine:connect(function(conn)
      local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(1)", nil, { statement_timeout = 0.001 })
      expect(ok, e, "cancelled after its timeout")
    end)
  end,
}
faults.count = #list

local function setting(url)
  local s = { reactor = am.reactor(), other_reactor = am.reactor() }
  s.engine = am.create_engine(url, { reactor = s.reactor, pool_size = 5 })
  s.other = am.create_engine(url, { reactor = s.other_reactor, pool_size = 1 })
  s.small = am.create_engine(url, { reactor = s.reactor, pool_size = 1, max_overflow = 0, pool_timeout = 0.003 })
  s.lossy = am.create_engine(url, { pool_size = 2, max_overflow = 0, reactor = { wait = function()
    return coroutine.yield()
  end } })
  return s
end

--- Runs so many rounds, a fault and a check each. report(round, descriptors, kB) is called ten times.
function faults.run(url, rounds, report)
  local before = am.logging.set_handler(function() end) -- lost connections are reported; they are lost on purpose
  local s = setting(url)
  local warm = math.max(2 * #list, math.floor(rounds / 10))
  local first_fds, first_rss
  local ok, e = pcall(s.reactor.run, s.reactor, function()
    for round = 1, warm + rounds do
      list[round % #list + 1](s)
      assert(ask(s.engine, round) == round, "another question's answer")
      if round == warm then first_fds, first_rss = fds(), rss() end
      if report and round > warm and (round - warm) % math.floor(rounds / 10) == 0 then
        report(round - warm, fds(), rss())
      end
    end
    s.reactor:sleep(0.2) -- cancels that are on their way have descriptors of their own
  end)
  if not ok then
    am.logging.set_handler(before)
    error(e, 0)
  end
  collectgarbage()
  collectgarbage()
  for _, engine in ipairs{ s.engine, s.other, s.small, s.lossy } do
    assert(engine.pool:checkedout() == 0, "a connection is missing in a pool")
  end
  local last_fds, last_rss = fds(), rss()
  for _, engine in ipairs{ s.engine, s.other, s.small, s.lossy } do engine:dispose() end
  s.reactor:close()
  s.other_reactor:close()
  am.logging.set_handler(before)
  return first_fds, first_rss, last_fds, last_rss
end

return faults
