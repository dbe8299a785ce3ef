-- The shared cases under a real libuv loop.
local backends = require "support.backends"
local cases = require "reactor.cases"
local resources = require "support.resources"
local am = require "alchemoon"

describe("luv", function()
  local found, uv = pcall(require, "luv")
  local backend = backends.get "postgresql"
  if not found or not backend then
    pending(found and "ALCHEMOON_TEST_PG is not set" or "luv is not installed", function() end)
    return
  end

  local function sleep(seconds)
    local co, timer = coroutine.running(), uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      assert(coroutine.resume(co))
    end)
    coroutine.yield()
  end

  local function run(fn, ...)
    local failed
    coroutine.wrap(function(...)
      local ok, e = pcall(fn, ...)
      if not ok then failed = e end
    end)(...)
    uv.run()
    if failed then error(failed, 0) end
  end

  local host = { option = "luv", url = backend and backend.url, timers = true, sleep = sleep,
    spawn = function(fn) coroutine.wrap(fn)() end }

  for _, case in ipairs(cases) do
    it(case.name, function() run(case.fn, host) end)
  end

  it("an error after a wait is logged and ends its coroutine only", function()
    local engine, logged, done = am.create_engine(backend.url, { reactor = "luv" }), {}, false
    local before = am.logging.set_handler(function(record) logged[#logged + 1] = record.message end)
    run(function()
      host.spawn(function()
        engine:connect(function(conn) conn:exec_driver_sql("select 1") end)
        error("after the wait")
      end)
      sleep(0.1)
      done = engine:connect(function(conn) return conn:exec_driver_sql("select 1"):scalar() end) == 1
    end)
    am.logging.set_handler(before)
    assert.is_true(done)
    assert.matches("error in a coroutine: .*after the wait\nstack traceback", logged[1])
    engine:dispose()
  end)

  it("leaves nothing behind", function()
    local engine = am.create_engine(backend.url, { reactor = "luv", pool_size = 2, max_overflow = 0 })
    local fds = resources.fds()
    for _ = 1, 20 do
      run(function()
        for i = 1, 4 do
          host.spawn(function()
            engine:connect(function(conn)
              if i == 3 then conn:invalidate() end
              conn:exec_driver_sql("select $1::int", { i }):scalar()
            end)
          end)
        end
      end)
    end
    engine:dispose()
    assert.is_true(resources.fds() <= fds)
  end)
end)
