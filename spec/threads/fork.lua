-- A process with open connections forks: the child has its own, the parent keeps its own. fork.lua URL
-- luacheck: globals host
local url = ...
local am = require "alchemoon"
am.logging.set_handler(function() end)

for _, with_reactor in ipairs{ false, true } do
  local reactor = with_reactor and am.reactor() or nil
  local engine = am.create_engine(url, { pool_size = 3, reactor = reactor or false })
  local is_postgresql = engine.name == "postgresql"
  local function who(conn)
    return is_postgresql and conn:exec_driver_sql("select pg_backend_pid()"):scalar() or conn.raw:native()
  end
  local held = engine:connect()                             -- in use across the fork
  local mine = who(held)
  engine:connect(function(conn) conn:exec_driver_sql("select 1") end) -- idle across the fork
  held:exec_driver_sql("create temporary table forked (x int)")
  held:exec_driver_sql("insert into forked values (41)")

  local function child()
    local inner = with_reactor and am.reactor() or false
    -- The inherited engine drops what it inherited and opens its own.
    for _ = 1, 3 do
      engine:connect(function(conn)
        assert(who(conn) ~= mine or not is_postgresql, "the child talks on its parent's connection")
        assert(conn:exec_driver_sql("select 1"):scalar() == 1)
      end)
    end
    local own = am.create_engine(url, { reactor = inner })
    assert(own:connect(function(conn) return conn:exec_driver_sql("select 2"):scalar() end) == 2)
    assert(not pcall(held.commit, held), "the child commits for its parent")
    held:close()
    engine:dispose()
    collectgarbage()
  end
  for _ = 1, 3 do assert(host.fork(child) == 0, "the child failed") end

  -- Nothing of that reached the parent's connections.
  assert(held:exec_driver_sql("select x + 1 from forked"):scalar() == 42)
  assert(who(held) == mine)
  held:close()
  assert(engine:connect(function(conn) return conn:exec_driver_sql("select 3"):scalar() end) == 3)
  engine:dispose()
end
