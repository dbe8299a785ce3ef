-- A process with open connections forks: the child has its own, the parent keeps its own. fork.lua URL
-- luacheck: globals host
local url = ...
local am = require "alchemoon"
am.logging.set_handler(function() end)

local INHERITED = "belongs to the parent process; after a fork use a new one"
local Base = am.declarative_base()
local Thing = Base:model("Thing", { __tablename__ = "forked_thing", id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)) })

local function in_child(fn, ...)
  local values, count = { ... }, select("#", ...)
  assert(host.fork(function() fn((table.unpack or unpack)(values, 1, count)) end) == 0, "the child failed")
end

local function assert_refused(...)
  local ok, problem = pcall(...)
  assert(not ok, "the child uses its parent's connection")
  assert(am.exc.is(problem, am.exc.InterfaceError) and tostring(problem):find(INHERITED, 1, true),
    tostring(problem))
end

-- A connection in use and an idle one.
local function connections(engine, reactor)
  local is_postgresql = engine.name == "postgresql"
  local function who(conn)
    return is_postgresql and conn:exec_driver_sql("select pg_backend_pid()"):scalar() or conn.raw:native()
  end
  local held = engine:connect()
  local mine = who(held)
  engine:connect(function(conn) conn:exec_driver_sql("select 1") end)
  held:exec_driver_sql("create temporary table forked (x int)")
  held:exec_driver_sql("insert into forked values (41)")
  for _ = 1, 3 do
    in_child(function()
      -- The inherited engine drops what it inherited and opens its own.
      for _ = 1, 3 do
        engine:connect(function(conn)
          assert(who(conn) ~= mine or not is_postgresql, "the child talks on its parent's connection")
          assert(conn:exec_driver_sql("select 1"):scalar() == 1)
        end)
      end
      local own = am.create_engine(url, { reactor = reactor and am.reactor() or false })
      assert(own:connect(function(conn) return conn:exec_driver_sql("select 2"):scalar() end) == 2)
      assert_refused(held.exec_driver_sql, held, "select 1")
      assert_refused(held.commit, held)
      held:close()
      engine:dispose()
      collectgarbage()
    end)
  end
  -- Nothing of that reached the parent's connections.
  assert(held:exec_driver_sql("select x + 1 from forked"):scalar() == 42)
  assert(who(held) == mine)
  held:close()
  assert(engine:connect(function(conn) return conn:exec_driver_sql("select 3"):scalar() end) == 3)
end

-- A session in the middle of its unit of work.
local function sessions(engine)
  local uses = {
    flush = function(session) session:flush() end,
    query = function(session) return session:scalars(am.select(Thing)):all() end,
    get = function(session) return session:get(Thing, 1000) end,
    commit = function(session) session:commit() end,
    begin_nested = function(session) session:begin_nested() end,
  }
  for name, use in pairs(uses) do
    local session = am.Session(engine)
    session:add(Thing{ name = name })
    session:flush()
    session:add(Thing{ name = name })
    in_child(function()
      assert_refused(use, session)
      session:close()
      assert(engine.pool:checkedout() == 0)
      assert(session:scalar(am.text "select 5") == 5, "the closed session takes a connection of its own")
      session:close()
    end)
    session:commit()
    local found = session:scalars(am.select(Thing):where(Thing.name:eq(name))):all()
    assert(#found == 2, name)
    session:close()
    assert(engine.pool:checkedout() == 0)
  end
end

-- A result that is read row by row.
local function streams(engine)
  engine:connect(function(conn)
    local result = conn:execute(am.select(Thing.__table__), nil, { stream_results = true, max_row_buffer = 1 })
    assert(result:fetchone())
    in_child(function() assert_refused(function() for _ = 1, 100 do assert(result:fetchone()) end end) end)
    in_child(function()
      result = nil
      collectgarbage()
    end)
    assert(#result:all() == 9)
  end)
end

-- Statements that are under way, one of them on a thread of the driver, while another coroutine forks.
local function waiting(engine, reactor)
  local slow = engine.name == "postgresql" and "select count(*) from (select pg_sleep(0.3)) as s" or
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) select count(*) / 1000000 from n"
  local answers, ended = {}, 0
  for i = 1, 2 do
    reactor:spawn(function()
      engine:connect(function(conn) answers[i] = conn:exec_driver_sql(slow):scalar() end)
      ended = ended + 1
    end)
  end
  reactor:spawn(function()
    reactor:sleep(0.001)
    in_child(function()
      local own = am.create_engine(url, { reactor = false })
      assert(own:connect(function(conn) return conn:exec_driver_sql("select 2"):scalar() end) == 2)
    end)
  end)
  reactor:run()
  assert(ended == 2 and answers[1] == 1 and answers[2] == 1, "the parent's statements")
end

-- SQLite: what the child has committed outlives the parent's last connection, and with it the WAL.
local function wal()
  local file = os.tmpname()
  local written, closed = file .. ".written", file .. ".closed" -- pipes: opening them waits for the other side
  assert(os.execute(("mkfifo '%s' '%s'"):format(written, closed)))
  local engine = am.create_engine("sqlite:///" .. file, { reactor = false })
  local function add(name)
    engine:begin(function(conn) conn:exec_driver_sql(("insert into t values ('%s')"):format(name)) end)
  end
  engine:connect(function(conn) conn:exec_driver_sql("pragma journal_mode = wal") end)
  engine:begin(function(conn) conn:exec_driver_sql("create table t (x text)") end)
  add "parent"
  local child = host.start(function()
    add "child"
    io.open(written, "w"):close()
    io.open(closed):close()
    add "child again"
  end)
  io.open(written):close()
  engine:dispose()
  io.open(closed, "w"):close()
  assert(host.wait(child) == 0, "the child failed")
  local found = engine:connect(function(conn) return conn:exec_driver_sql("select x from t"):scalars():all() end)
  assert(table.concat(found, ",") == "parent,child,child again", table.concat(found, ","))
  engine:dispose()
  for _, name in ipairs{ file, written, closed } do os.remove(name) end
end

if url:find("sqlite", 1, true) then wal() end

for _, with_reactor in ipairs{ false, true } do
  local reactor = with_reactor and am.reactor() or nil
  local opts = { pool_size = 3, reactor = reactor or false }
  if with_reactor and url:find("sqlite", 1, true) then opts.connect_args = { execution = "thread" } end
  local engine = am.create_engine(url, opts)
  Base.metadata:drop_all(engine)
  Base.metadata:create_all(engine)
  connections(engine, reactor)
  sessions(engine)
  streams(engine)
  if reactor then waiting(engine, reactor) end
  Base.metadata:drop_all(engine)
  engine:dispose()
end

for _, kind in ipairs{ "NullPool", "StaticPool", "SingletonThreadPool" } do
  local engine = am.create_engine(url, { poolclass = am[kind], reactor = false })
  Base.metadata:create_all(engine)
  connections(engine)
  Base.metadata:drop_all(engine)
  engine:dispose()
end
