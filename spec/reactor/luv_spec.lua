-- A real libuv loop.
local am = require "alchemoon"
local under_loop = require "reactor.under_loop"

under_loop("luv", function(host)
  it("an error after a wait is logged and ends its coroutine only", function()
    local engine, logged, done = am.create_engine(host.url, { reactor = "luv" }), {}, false
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
end)
