-- The pool's queue under the built-in reactor.
local am = require "alchemoon"
local core = require "alchemoon.core"
local resources = require "support.resources"
local raises_exc = require("support.init").raises_exc

describe("pool under a reactor", function()
  local reactor, engine, path
  local function make(opts)
    reactor = am.reactor()
    opts.reactor = opts.reactor or reactor
    engine = am.create_engine("sqlite:///" .. path, opts)
    return engine
  end
  before_each(function() path = os.tmpname() end)
  after_each(function()
    engine:dispose()
    reactor:close()
    os.remove(path)
  end)

  it("serves a thousand waiters in order, without a descriptor each", function()
    make{ pool_size = 3, max_overflow = 0, pool_timeout = 30 }
    local order, most = {}, 0
    local first = { engine:connect(), engine:connect(), engine:connect() } -- connecting may take turns of its own
    for _, conn in ipairs(first) do conn:close() end
    local fds = resources.fds()
    for i = 1, 1000 do
      reactor:spawn(function()
        engine:connect(function(conn)
          order[#order + 1] = i
          most = math.max(most, engine.pool:checkedout())
          assert(conn:exec_driver_sql("select " .. i):scalar() == i)
          if i % 50 == 0 then reactor:sleep(0.001) else coroutine.yield() end
        end)
      end)
    end
    reactor:step()
    local _, _, _, _, waiting = engine.pool._core:counts()
    assert.are.equal(997, waiting)
    assert.is_true(resources.fds() - fds < 20, resources.fds() - fds .. " descriptors more")
    reactor:run()
    local sorted = true
    for i = 1, 1000 do sorted = sorted and order[i] == i end
    assert.is_true(sorted)
    assert.are.equal(3, most)
    assert.are.equal(0, engine.pool:checkedout())
    assert.are.equal(3, engine.pool:checkedin())
  end)

  it("pool_timeout counts from the request; those behind still get theirs", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 1 }
    local failed, got = {}, {}
    local conn = engine:connect()
    for i = 1, 20 do
      reactor:spawn(function()
        local ok, e = pcall(engine.connect, engine)
        if ok then e:close() got[#got + 1] = i else failed[#failed + 1] = e end
      end)
    end
    reactor:after(0.8, function()
      for i = 21, 25 do
        reactor:spawn(function()
          engine:connect():close()
          got[#got + 1] = i
        end)
      end
      while #failed < 20 do reactor:sleep(0.005) end
      conn:close()
    end)
    reactor:run()
    assert.are.equal(20, #failed)
    assert.is_true(am.exc.is(failed[1], am.exc.TimeoutError))
    assert.matches("^QueuePool limit of size 1 overflow 0 reached, connection timed out", tostring(failed[1]))
    assert.same({ 21, 22, 23, 24, 25 }, got)
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("cancelled waiters leave the queue; a granted one passes its turn on", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 30 }
    local conn, got, tasks = engine:connect(), {}, {}
    for i = 1, 5 do
      tasks[i] = reactor:spawn(function()
        engine:connect(function() got[#got + 1] = i end)
      end)
    end
    reactor:step()
    tasks[2]:cancel()
    conn:close()      -- grants to 1, which is queued to go on
    tasks[1]:cancel() -- but does not live to see it
    reactor:run()
    assert.same({ 3, 4, 5 }, got)
    assert.are.equal(0, engine.pool:checkedout())
    assert.are.equal(1, engine.pool:checkedin())
  end)

  it("connections lost with their holders come back through the collector", function()
    make{ pool_size = 2, max_overflow = 0, pool_timeout = 5 }
    local before = am.logging.set_handler(function() end)
    local got = reactor:run(function()
      for _ = 1, 2 do
        local co = coroutine.create(function()
          local lost = engine:connect()
          lost:exec_driver_sql("select 1")
          coroutine.yield()
        end)
        coroutine.resume(co)
      end
      return engine:connect(function(conn) return conn:exec_driver_sql("select 7"):scalar() end)
    end)
    am.logging.set_handler(before)
    assert.are.equal(7, got)
  end)

  it("a reactor that cannot park waits for a descriptor per waiter", function()
    local inner = am.reactor()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 5,
      reactor = { wait = inner.wait, can_wait = inner.can_wait } }
    local order = {}
    local conn = engine:connect()
    for i = 1, 30 do
      inner:spawn(function()
        engine:connect(function() order[#order + 1] = i end)
      end)
    end
    inner:after(0.01, function() conn:close() end)
    inner:run()
    assert.are.equal(30, #order)
    assert.are.equal(30, order[30])
    assert.are.equal(0, engine.pool:checkedout())
    inner:close()
  end)

  it("a static pool opens once for all who wait", function()
    make{ poolclass = am.StaticPool }
    local opened, natives = 0, {}
    am.event.listen(engine, "connect", function()
      opened = opened + 1
      reactor:sleep(0.01)
    end)
    for i = 1, 5 do
      reactor:spawn(function()
        engine:connect(function(conn) natives[i] = conn.raw:native() end)
      end)
    end
    reactor:run()
    assert.are.equal(1, opened)
    for i = 2, 5 do assert.are.equal(natives[1], natives[i]) end
  end)

  it("says who must wait where nobody can, under strict_async", function()
    make{ pool_size = 1, max_overflow = 0, strict_async = true }
    local conn = engine:connect()
    raises_exc("InvalidRequestError", function() engine:connect() end,
      "strict_async: a database call at spec/reactor/pool_spec.lua:%d+ would block.*reactor:spawn")
    conn:close()
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("leaves nothing behind", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0.0005 }
    local before = am.logging.set_handler(function() end)
    resources.assert_no_growth(function()
      for i = 1, 6 do
        reactor:spawn(function()
          local ok, conn = pcall(engine.connect, engine)
          if not ok then return end
          reactor:sleep(i % 2 * 0.0004)
          conn:close()
        end)
      end
      reactor:run()
    end, { rounds = 150, process = 512 })
    am.logging.set_handler(before)
    assert.are.equal(0, engine.pool:checkedout())
    assert.is_function(core.pool_new)
  end)
end)
