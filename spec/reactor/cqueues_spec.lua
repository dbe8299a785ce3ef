-- A real cqueues controller.
local am = require "alchemoon"
local under_loop = require "reactor.under_loop"

under_loop("cqueues", function(host)
  it("outside of a controller a call blocks, or says so under strict_async", function()
    local engine = am.create_engine(host.url, { reactor = "cqueues" })
    assert.are.equal(3, engine:connect(function(conn) return conn:exec_driver_sql("select 3"):scalar() end))
    engine:dispose()
    engine = am.create_engine(host.url, { reactor = "cqueues", strict_async = true })
    local ok, e = pcall(coroutine.wrap(function() engine:connect() end))
    assert.is_false(ok)
    assert.matches("no cqueues controller is running", tostring(e))
  end)
end)
