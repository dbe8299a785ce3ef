-- The shared cases under a real libuv loop.
local backends = require "support.backends"
local cases = require "reactor.cases"
local hosts = require "support.hosts"
local resources = require "support.resources"
local am = require "alchemoon"

describe("luv", function()
  local host, missing = hosts.get "luv"
  local backend = backends.get "postgresql"
  if not host or not backend then
    pending(missing or "ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  host.url = backend.url

  for _, case in ipairs(cases) do
    it(case.name, function() host.run(case.fn, host) end)
  end

  it("an error after a wait is logged and ends its coroutine only", function()
    local engine, logged, done = am.create_engine(backend.url, { reactor = "luv" }), {}, false
    local before = am.logging.set_handler(function(record) logged[#logged + 1] = record.message end)
    host.run(function()
      host.spawn(function()
        engine:connect(function(conn) conn:exec_driver_sql("select 1") end)
        error("after the wait")
      end)
      host.sleep(0.1)
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
      host.run(function()
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
