-- The short run of the faults (spec/support/waiting_faults.lua); bench/waiting/soak.lua is the long one.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local faults = require "support.waiting_faults"

local backend = backends.get "postgresql"

describe("faults while coroutines wait", function()
  if not backend then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end

  it("leave neither descriptors nor memory behind", function()
    local first_fds, first_rss, last_fds, last_rss = faults.run(backend.url, 5 * faults.count)
    assert.is_true(last_fds <= first_fds + 1, first_fds .. " descriptors became " .. last_fds)
    if not core.faults then assert.is_true(last_rss < first_rss + 2000, first_rss .. " kB became " .. last_rss) end
  end)

  it("a hundred coroutines: those whose connections the server ends get its error, the others are served", function()
    local reactor = am.reactor()
    local engine = am.create_engine(backend.url, { reactor = reactor, pool_size = 20, max_overflow = 0 })
    local mark = "/* hundred " .. tostring({}):gsub("%W", "") .. " */"
    local killing, ended, served, wrong = true, 0, 0, {}
    local function work(i)
      local ok, e = pcall(engine.connect, engine, function(conn)
        return conn:exec_driver_sql("select $1::int, pg_sleep(" .. (killing and 30 or 0) .. ") " .. mark, { i }):first()
      end)
      if ok and e[1] == i then served = served + 1
      elseif not ok and e.connection_invalidated and tostring(e):find "terminating connection" then ended = ended + 1
      else wrong[#wrong + 1] = tostring(e) end
    end
    reactor:run(function()
      local tasks = {}
      for i = 1, 100 do tasks[i] = reactor:spawn(work, i) end
      local killer = am.create_engine(backend.url, { reactor = reactor, isolation_level = "AUTOCOMMIT" })
      killer:connect(function(conn)
        local deadline = reactor:now() + 20
        repeat
          reactor:sleep(0.02)
          local waiting = conn:exec_driver_sql("select count(*) from pg_stat_activity where state = 'active' "
            .. "and query like $1 and pid <> pg_backend_pid()", { "select $1%" .. mark }):scalar()
        until waiting == 20 or reactor:now() > deadline
        killing = false
        conn:exec_driver_sql("select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' "
          .. "and query like $1 and pid <> pg_backend_pid()", { "select $1%" .. mark }):all()
      end)
      for i = 1, 100 do tasks[i]:join() end
      killer:dispose()
    end)
    assert.same({}, wrong)
    assert.are.equal(20, ended)
    assert.are.equal(80, served)
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    reactor:close()
  end)
end)
