-- Engines with a reactor: who waits, and where.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local garbage = require "support.garbage"
local raises_exc = require("support.init").raises_exc

-- A reactor in twenty lines: coroutines that wait are asked in turn.
local function new_reactor()
  local reactor, waiting, waits = {}, {}, 0
  function reactor.wait(fd, mode, timeout)
    local _, now = core.clock()
    waits = waits + 1
    return coroutine.yield(fd, mode, timeout and now + timeout)
  end
  local function resume(co, ...)
    local ok, fd, mode, deadline = coroutine.resume(co, ...)
    if not ok then error(fd, 0) end
    if coroutine.status(co) ~= "dead" then
      waiting[#waiting + 1] = { co = co, fd = fd, mode = mode, deadline = deadline }
    end
  end
  function reactor.spawn(fn, ...)
    local co = coroutine.create(fn)
    resume(co, ...)
    return co
  end
  function reactor.run()
    local idle = false
    while #waiting > 0 do
      local list = waiting
      waiting = {}
      if idle then core.poll(list[1].fd, list[1].mode, 0.001) end
      idle = true
      for _, item in ipairs(list) do
        local _, now = core.clock()
        if core.poll(item.fd, item.mode, 0) then
          idle = false
          resume(item.co, true)
        elseif item.deadline and now > item.deadline then resume(item.co, false)
        else waiting[#waiting + 1] = item end
      end
    end
  end
  function reactor.waits() return waits end
  return reactor
end

describe("waiting", function()
  local backend = backends.get "postgresql"

  it("SQLite never asks the reactor", function()
    local reactor = new_reactor()
    local engine = am.create_engine("sqlite://", { reactor = reactor })
    reactor.spawn(function() engine:connect(function(conn) conn:exec_driver_sql("select 1"):all() end) end)
    assert.are.equal(0, reactor.waits())
  end)

  it("the pool's queue serves coroutines in order", function()
    local path = os.tmpname()
    local reactor, order = new_reactor(), {}
    local engine = am.create_engine("sqlite:///" .. path, { reactor = reactor, pool_size = 1, max_overflow = 0,
      pool_timeout = 2 })
    local first = engine:connect()
    for i = 1, 5 do
      reactor.spawn(function()
        local conn = engine:connect()
        order[#order + 1] = i
        conn:close()
      end)
    end
    assert.same({}, order)
    first:close()
    reactor.run()
    assert.same({ 1, 2, 3, 4, 5 }, order)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    os.remove(path)
  end)

  it("a coroutine's wait for the pool times out; a dead one is passed over", function()
    local path = os.tmpname()
    local reactor = new_reactor()
    local engine = am.create_engine("sqlite:///" .. path, { reactor = reactor, pool_size = 1, max_overflow = 0,
      pool_timeout = 0.05 })
    local first, failed = engine:connect(), nil
    reactor.spawn(function() failed = select(2, pcall(engine.connect, engine)) end)
    reactor.run()
    assert.is_true(am.exc.is(failed, am.exc.TimeoutError))
    garbage.lose(function() engine:connect() end) -- waits, and nobody will ever resume it
    garbage.collect()
    first:close()
    engine:connect():close()
    engine:dispose()
    os.remove(path)
  end)

  it("strict_async refuses to block", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path, { reactor = new_reactor(), strict_async = true, pool_size = 1,
      max_overflow = 0 })
    local conn = engine:connect()
    raises_exc("InvalidRequestError", function() engine:connect() end, "strict_async")
    conn:close()
    os.remove(path)
  end)

  if not backend then return end

  it("100 coroutines share 5 connections", function()
    local reactor, sum = new_reactor(), 0
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 5, max_overflow = 0 })
    for i = 1, 100 do
      reactor.spawn(function()
        for j = 1, 3 do
          engine:connect(function(conn)
            local got = conn:exec_driver_sql("select $1::int + $2::int", { i, j }):scalar()
            assert(got == i + j, "wrong answer")
            sum = sum + got
          end)
        end
      end)
    end
    reactor.run()
    assert.are.equal(3 * 5050 + 100 * 6, sum)
    assert.is_true(reactor.waits() > 100)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  it("a second coroutine in one connection is refused", function()
    local reactor, failed = new_reactor(), nil
    local engine = am.create_engine(backend.url, { reactor = reactor })
    local conn
    reactor.spawn(function()
      conn = engine:connect()
      conn:exec_driver_sql("select pg_sleep(0.05)")
    end)
    reactor.spawn(function()
      while not conn do reactor.wait(0, "r", 0.001) end
      failed = select(2, pcall(conn.exec_driver_sql, conn, "select 1"))
    end)
    reactor.run()
    assert.is_true(am.exc.is(failed, am.exc.InvalidRequestError))
    local place = "%(%S*async_spec.lua:%d+%)"
    assert.matches("in use by another coroutine " .. place .. " and can.t be called here " .. place, tostring(failed))
    assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
    conn:close()
    engine:dispose()
  end)

  it("works in coroutines and outside alike; where it cannot yield it blocks", function()
    local reactor = new_reactor()
    local engine = am.create_engine(backend.url, { reactor = reactor })
    assert.are.equal(1, engine:connect(function(conn) return conn:exec_driver_sql("select 1"):scalar() end))
    local calls = 0
    reactor.spawn(function()
      engine:connect(function(conn)
        local list = { 3, 1, 2 }
        table.sort(list, function(a, b)
          calls = calls + 1
          return conn:exec_driver_sql("select $1::int < $2::int", { a, b }):scalar()
        end)
        assert(list[1] == 1 and list[3] == 3)
      end)
    end)
    reactor.run()
    assert.is_true(calls > 0)
    engine:dispose()
  end)

  it("a broken wait throws the connection away", function()
    local reactor = new_reactor()
    local engine = am.create_engine(backend.url, { reactor = reactor })
    local inner, failed, invalidated = reactor.wait, nil, nil
    reactor.spawn(function()
      local conn = engine:connect()
      reactor.wait = function() error("the host went away", 0) end
      failed = select(2, pcall(conn.exec_driver_sql, conn, "select pg_sleep(1)"))
      reactor.wait = inner
      invalidated = conn.invalidated
      conn:close()
    end)
    reactor.run()
    assert.are.equal("the host went away", failed)
    assert.is_true(invalidated)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  it("a statement's timeout cancels it; the connection stays usable", function()
    local engine = am.create_engine(backend.url)
    local conn = engine:connect():execution_options{ timeout = 0.1 }
    local e = raises_exc("OperationalError", function() conn:exec_driver_sql("select pg_sleep(10)") end,
      "cancelled after its timeout of 0.1 seconds")
    assert.is_true(e.timed_out)
    conn:rollback()
    assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
    conn:close()
    engine:dispose()
  end)

  it("connect_timeout ends an attempt", function()
    local engine = am.create_engine("postgresql://u:secret@10.255.255.1/x", { connect_args = { connect_timeout = 1 } })
    local ok, e = pcall(engine.connect, engine)
    assert.is_false(ok)
    assert.is_true(am.exc.is(e, am.exc.OperationalError))
    assert.is_nil(tostring(e):find("secret", 1, true))
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("asyncio names are the same objects", function()
    local engine = am.create_async_engine(backend.url)
    engine:connect(function(conn)
      assert.are.equal(5, conn:run_sync(function(c, x) return c:exec_driver_sql("select 5"):scalar() + x end, 0))
    end)
    engine:dispose()
  end)
end)
