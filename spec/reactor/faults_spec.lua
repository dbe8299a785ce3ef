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

  describe("the server itself is killed", function()
    local dir, url
    local function cluster(command)
      local pipe = io.popen(("spec/support/pg_cluster.sh %s %s"):format(command, dir))
      local answer = pipe:read("*l")
      pipe:close()
      return answer
    end
    setup(function()
      dir = os.tmpname()
      os.remove(dir)
      url = assert(cluster "start", "the cluster does not start")
    end)
    teardown(function() cluster "stop" end)

    it("every one of a hundred coroutines that wait gets an error; when it is back they are served", function()
      local reactor = am.reactor()
      local engine = am.create_engine(url, { reactor = reactor, pool_size = 20, max_overflow = 0 })
      local beside, served = am.create_engine(backend.url, { reactor = reactor }), 0
      local function ask(sql)
        return engine:connect(function(conn) return conn:exec_driver_sql(sql):scalar() end)
      end
      reactor:run(function()
        local tasks = {}
        for i = 1, 100 do tasks[i] = reactor:spawn(pcall, ask, "select pg_sleep(60)") end
        repeat reactor:sleep(0.01) until engine.pool:checkedout() == 20
        reactor:sleep(0.1)
        cluster "crash"
        for i = 1, 100 do
          local _, ok, e = tasks[i]:join(20)
          assert.is_false(ok)
          assert.is_true(am.exc.is(e, am.exc.DBAPIError), tostring(e))
        end
        assert.are.equal(0, engine.pool:checkedout())
        assert.are.equal(1, beside:connect(function(conn) return conn:exec_driver_sql("select 1"):scalar() end))
        cluster "resume"
        for i = 1, 100 do
          reactor:spawn(function() if ask("select " .. i) == i then served = served + 1 end end)
        end
      end)
      assert.are.equal(100, served)
      assert.are.equal(0, engine.pool:checkedout())
      engine:dispose()
      beside:dispose()
      reactor:close()
    end)
  end)
end)
