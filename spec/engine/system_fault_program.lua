-- Every call to the operating system fails once on the main paths of Core; run by system_fault_spec.lua.
-- system_fault_program.lua PATH FUNCTIONS URL
if jit then jit.off() end -- a trace for which libgcc has no memory ends LuaJIT
local am = require "alchemoon"
local backends = require "support.backends"
local core = require "alchemoon.core"
local faults = require "support.system_faults"
local resources = require "support.resources"

local what, functions, url = ...
am.logging.set_handler(function() end)

-- A reactor that waits at once: whoever waits for a connection does so on a descriptor.
local waiting = { wait = core.poll, can_wait = function() return true end }

local function assert_precise(problem, where)
  assert(am.exc.is(problem, am.exc.Error) or tostring(problem):find "not enough memory",
    where .. ": " .. tostring(problem))
  assert(#tostring(problem) > 10, where .. ": an empty message")
  assert(not tostring(problem):find "invalid socket", where .. ": " .. tostring(problem))
end

local function serves(engine, where)
  assert(engine.pool:checkedout() == 0, where .. ": a connection is checked out")
  local function use()
    return engine:connect(function(conn) assert(conn:exec_driver_sql("select 1"):scalar() == 1) end)
  end
  local ok, problem = pcall(use)
  if ok then return end
  assert(problem.connection_invalidated, where .. ": " .. tostring(problem))
  use()
end

local direct = url and am.create_engine(url)
local run = 0

local function insert(conn, name)
  for _ = 1, 2 do conn:exec_driver_sql(("insert into system_fault values ('%s')"):format(name)) end
end
local function count(name)
  return direct:connect(function(conn)
    return conn:exec_driver_sql(("select count(*) from system_fault where name = '%s'"):format(name)):scalar()
  end)
end

local function engine_sweep(opts, path, transaction)
  direct:begin(function(conn)
    conn:exec_driver_sql "drop table if exists system_fault"
    conn:exec_driver_sql "create table system_fault (name varchar(20))"
  end)
  local reactor = opts.reactor == true and am.reactor() or opts.reactor
  local fds
  faults.sweep(functions, function()
    run = run + 1
    fds = fds or resources.fds()
    local made = { pool_size = 1, max_overflow = 0, pool_timeout = 0.02, reactor = reactor,
      connect_args = opts.connect_args }
    return am.create_engine(url, made)
  end, function(engine)
    local function go() path(engine, "run " .. run) end
    if opts.reactor == true then reactor:run(go) else go() end
  end, function(engine, ok, problem, where)
    if not ok then assert_precise(problem, where) end
    problem = nil -- luacheck: ignore (it may hold on to what is counted)
    if functions == "malloc" then -- Lua may have none left between a connection and its keeper: the collector is that
      collectgarbage()
      collectgarbage()
    end
    if transaction then
      local now = count("run " .. run)
      assert(now == 0 or now == 2, where .. ": half a transaction")
      assert(not ok or now == 2, where .. ": reported as done, but it is not")
    end
    if opts.reactor == true then reactor:run(function() serves(engine, where) end) else serves(engine, where) end
    engine:dispose()
    for attempt = 1, 300 do -- a thread that cancels may have a descriptor still
      collectgarbage()
      if resources.fds() <= fds then break end
      assert(attempt < 300, where .. ": a descriptor is left open")
      os.execute "sleep 0.1"
    end
  end)
end

local function transaction(opts)
  engine_sweep(opts, function(engine, name)
    engine:begin(function(conn) insert(conn, name) end)
  end, true)
end

local paths = {
  blocking = function() transaction{} end,
  reactor = function() transaction{ reactor = true } end,
  thread = function() transaction{ connect_args = { execution = "thread" } } end,

  -- The statement is cancelled at the server when its time is over.
  timeout = function()
    engine_sweep({ reactor = true }, function(engine)
      engine:connect(function(conn)
        local ok, problem = pcall(conn.exec_driver_sql, conn, "select pg_sleep(600)", nil, { statement_timeout = 0.01 })
        assert(not ok)
        if not problem.timed_out then error(problem, 0) end
      end)
    end)
    backends.end_statements(direct, "select pg_sleep(600)")
  end,

  -- Somebody waits for a connection that does not come.
  queue = function()
    engine_sweep({ reactor = waiting }, function(engine)
      local held = engine:connect()
      local ok, problem = pcall(engine.connect, engine)
      held:close()
      assert(not ok)
      if not am.exc.is(problem, am.exc.TimeoutError) then error(problem, 0) end
    end)
  end,

  -- What needs no database.
  host = function()
    local fds
    faults.sweep(functions, function() fds = fds or resources.fds() end, function()
      assert(#am.uuid4() == 36)
      local watcher = core.watcher_new "/tmp"
      local ok, problem = pcall(watcher.arm, watcher, 1, "r", 1)
      watcher:close()
      local reactor = am.reactor()
      if ok then ok, problem = pcall(reactor.run, reactor, function() reactor:sleep(0.001) end) end
      reactor:close()
      if not ok then error(problem, 0) end
    end, function(_, ok, problem, where)
      if not ok then assert_precise(problem, where) end
      collectgarbage()
      assert(resources.fds() <= fds, where .. ": a descriptor is left open")
    end)
  end,
}

paths[what]()
