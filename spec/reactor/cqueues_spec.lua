-- The shared cases under a real cqueues controller.
local backends = require "support.backends"
local cases = require "reactor.cases"
local resources = require "support.resources"
local am = require "alchemoon"
local unpack = table.unpack or unpack -- luacheck: ignore

describe("cqueues", function()
  local found, cqueues = pcall(require, "cqueues")
  local backend = backends.get "postgresql"
  if not found or not backend then
    pending(found and "ALCHEMOON_TEST_PG is not set" or "cqueues is not installed", function() end)
    return
  end

  local function run(fn, ...)
    local controller = cqueues.new()
    local arguments, failed = { ... }, nil
    controller:wrap(function()
      local ok, e = xpcall(function() fn(unpack(arguments)) end, function(e) return debug.traceback(tostring(e)) end)
      if not ok then failed = e end
    end)
    assert(controller:loop())
    if failed then error(failed, 0) end
  end

  local function host()
    return { option = "cqueues", url = backend.url, timers = true, sleep = cqueues.sleep,
      spawn = function(fn) cqueues.running():wrap(fn) end }
  end

  for _, case in ipairs(cases) do
    it(case.name, function() run(case.fn, host()) end)
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
      run(function()
        for i = 1, 4 do
          cqueues.running():wrap(function()
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
