-- The shared cases under the built-in reactor, and what only a reactor of ours can show.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local cases = require "reactor.cases"
local garbage = require "support.garbage"
local resources = require "support.resources"

local backend = backends.get "postgresql"

describe("waiting under the built-in reactor", function()
  if not backend then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local reactor
  before_each(function() reactor = am.reactor() end)
  after_each(function() reactor:close() end)

  for _, case in ipairs(cases) do
    it(case.name, function()
      reactor:run(case.fn, {
        option = reactor, reactor = reactor, url = backend.url,
        spawn = function(fn) reactor:spawn(fn) end, sleep = function(s) reactor:sleep(s) end,
      })
    end)
  end

  local function active(engine, text)
    return engine:connect(function(conn)
      return conn:exec_driver_sql("select count(*) from pg_stat_activity where state = 'active' and query like $1 "
        .. "and pid <> pg_backend_pid()", { "%" .. text .. "%" }):scalar()
    end)
  end

  local function eventually(engine, text, count)
    local deadline = reactor:now() + 5
    repeat
      local now = active(engine, text)
      if now == count then return true end
      reactor:sleep(0.02)
    until reactor:now() > deadline
    return false
  end

  it("a cancelled task's statement is cancelled at the server, its connection discarded", function()
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 3 })
    local failed, invalidated
    local task = reactor:spawn(function()
      engine:connect(function(conn)
        local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(60) /* cancel me */")
        failed, invalidated = not ok and tostring(e), conn.invalidated
        error(e, 0)
      end)
    end)
    reactor:run(function()
      assert.is_true(eventually(engine, "cancel me", 1))
      task:cancel()
      assert.is_true(eventually(engine, "cancel me", 0))
    end)
    assert.are.equal("the coroutine was cancelled", failed)
    assert.is_true(invalidated)
    assert.are.equal("cancelled", task.state)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  it("a coroutine that is dropped while it waits gives everything back", function()
    -- A host that forgets its coroutines: nobody will ever resume them.
    local engine = am.create_engine(backend.url, { pool_size = 2, max_overflow = 0, pool_timeout = 10,
      reactor = { wait = function() return coroutine.yield() end } })
    local watcher = am.create_engine(backend.url, { reactor = reactor })
    engine:connect():close()
    local logged = {}
    local before = am.logging.set_handler(function(record) logged[#logged + 1] = record.message end)
    for _ = 1, 2 do
      garbage.lose(function()
        engine:connect(function(conn) conn:exec_driver_sql("select pg_sleep(60) /* dropped */") end)
      end)
    end
    reactor:run(function()
      garbage.collect()
      assert.is_true(eventually(watcher, "dropped", 0))
    end)
    assert.are.equal(5, engine:connect(function(conn) return conn:exec_driver_sql("select 5"):scalar() end))
    am.logging.set_handler(before)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    watcher:dispose()
  end)

  it("nested loops: a task runs another reactor with its own engine", function()
    local other = am.reactor()
    local outer = am.create_engine(backend.url, { reactor = reactor })
    local inner = am.create_engine(backend.url, { reactor = other })
    local function ask(engine, n)
      return engine:connect(function(conn) return conn:exec_driver_sql("select $1::int", { n }):scalar() end)
    end
    local sum = reactor:run(function()
      local got = other:run(function() return ask(inner, 1) + ask(outer, 2) end) -- outer blocks in there
      return got + ask(outer, 4)
    end)
    assert.are.equal(7, sum)
    outer:dispose()
    inner:dispose()
    other:close()
  end)

  it("the connection is lost in the middle of a result", function()
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 2 })
    reactor:run(function()
      engine:connect(function(conn)
        local pid = conn:exec_driver_sql("select pg_backend_pid()"):scalar()
        local result = conn:exec_driver_sql("select i, pg_sleep(0.0001) from generate_series(1, 200000) as i", nil,
          { yield_per = 10 })
        local rows, e = 0, nil
        reactor:after(0.05, function()
          engine:connect(function(killer) killer:exec_driver_sql("select pg_terminate_backend($1::int)", { pid }) end)
        end)
        local ok = pcall(function()
          for _ in result do
            rows = rows + 1
            if rows % 50 == 0 then reactor:sleep(0.001) end
          end
        end)
        if not ok then e = true end
        assert.is_true(e)
        assert.is_true(rows > 0 and rows < 200000)
        assert.is_true(conn.invalidated)
      end)
      assert.are.equal(1, engine:connect(function(conn) return conn:exec_driver_sql("select 1"):scalar() end))
    end)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  it("descriptors are reused after resets: cancels, kills and reconnects in a row", function()
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 3, max_overflow = 0 })
    local fds = resources.fds()
    for round = 1, 4 do
      local tasks = {}
      for i = 1, 6 do
        tasks[i] = reactor:spawn(function()
          for j = 1, 5 do
            engine:connect(function(conn)
              if (i + j) % 3 == 0 then conn:invalidate() end
              assert(conn:exec_driver_sql("select $1::int", { i * 10 + j }):scalar() == i * 10 + j)
            end)
          end
        end)
      end
      reactor:run_for(0.002 * round)
      tasks[round]:cancel()
      reactor:run()
      for i = 1, 6 do assert(tasks[i].state ~= "failed", tostring(tasks[i].error)) end
    end
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    reactor:sleep(0.1) -- cancels that are still on their way have descriptors of their own
    assert.are.equal(fds, resources.fds())
  end)

  it("SQLite: a statement's timeout ends it", function()
    local engine = am.create_engine("sqlite://")
    local conn = engine:connect()
    local _, start = core.clock()
    local endless = "with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t"
    local ok, e = pcall(conn.exec_driver_sql, conn, endless, nil, { timeout = 0.05 })
    local _, now = core.clock()
    assert.is_false(ok)
    assert.matches("cancelled after its timeout of 0.05 seconds", tostring(e))
    assert.is_true(e.timed_out)
    assert.is_true(now - start < 5)
    conn:rollback()
    assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
    conn:close()
  end)

  it("leaves nothing behind", function()
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 2, max_overflow = 0 })
    resources.assert_no_growth(function()
      for i = 1, 4 do
        reactor:spawn(function()
          engine:connect(function(conn) conn:exec_driver_sql("select $1::int", { i }):scalar() end)
        end)
      end
      reactor:run()
    end, { rounds = 200, process = 512 })
    engine:dispose()
  end)
end)
