-- The shared cases under a real cqueues controller.
local backends = require "support.backends"
local cases = require "reactor.cases"
local hosts = require "support.hosts"
local resources = require "support.resources"
local am = require "alchemoon"

describe("cqueues", function()
  local host, missing = hosts.get "cqueues"
  local backend = backends.get "postgresql"
  if not host or not backend then
    pending(missing or "ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  host.url = backend.url

  for _, case in ipairs(cases) do
    it(case.name, function() host.run(case.fn, host) end)
  end

  it("outside of a controller a call blocks, or says so under strict_async", function()
    local engine = am.create_engine(backend.url, { reactor = "cqueues" })
    assert.are.equal(3, engine:connect(function(conn) return conn:exec_driver_sql("select 3"):scalar() end))
    engine:dispose()
    engine = am.create_engine(backend.url, { reactor = "cqueues", strict_async = true })
    local ok, e = pcall(coroutine.wrap(function() engine:connect() end))
    assert.is_false(ok)
    assert.matches("no cqueues controller is running", tostring(e))
  end)

  it("leaves nothing behind", function()
    local engine = am.create_engine(backend.url, { reactor = "cqueues", pool_size = 2, max_overflow = 0 })
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
    collectgarbage()
    collectgarbage()
    assert.is_true(resources.fds() <= fds)
  end)
end)
