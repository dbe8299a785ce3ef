-- OpenResty: the shared cases, and requests that come, go and are killed, in a real nginx.
local am = require "alchemoon"
local backends = require "support.backends"
local behaviour = require "reactor.behaviour"
local lfs = require "lfs"
local cases = require "reactor.cases"
local nginx = require "support.nginx"

if not jit then return end -- nginx has its own LuaJIT; once is enough

describe("nginx", function()
  local backend, missing = backends.get "postgresql", nginx.missing()
  if missing or not backend then
    pending(missing or "ALCHEMOON_TEST_PG is not set", function() end)
    return
  end

  local reactor, server, watcher, name
  local function call(code) return "content_by_lua_block { require('reactor.nginx_app')." .. code .. " }" end

  setup(function()
    reactor = am.reactor()
    watcher = am.create_engine(backend.url, { reactor = reactor, isolation_level = "AUTOCOMMIT" })
    name = "nginx_spec_" .. tostring(reactor:now()):gsub("%W", "")
    server = nginx.start{
      env = ("ALCHEMOON_TEST_PG='%s&application_name=%s'"):format(backend.url, name),
      http = "lua_shared_dict notes 1m; init_worker_by_lua_block { require('reactor.nginx_app').note('init_worker') }",
      locations = {
        ["/case"] = call "case()", ["/query"] = call "query()", ["/sleep"] = call "sleep()",
        ["/notes"] = call "notes()", ["/specs"] = call "specs()",
        ["/exit"] = call "exit_while_waiting()", ["/scoped"] = call "scoped()", ["/session"] = call "session()",
        ["/counted"] = call "counted()", ["/plain"] = 'return 200 "1\\n";',
        ["/uncaught"] = call "uncaught()",
        ["/engines"] = call "engines()", ["/one_session"] = call "one_session()", ["/scopes"] = call "scopes()",
        ["/abort"] = "lua_check_client_abort on; " .. call "query()",
        ["/transaction"] = call "exit_in_transaction()"
          .. " log_by_lua_block { require('alchemoon.openresty').release() }",
        ["/phases"] = "rewrite_by_lua_block { require('reactor.nginx_app').note('rewrite') }"
          .. "access_by_lua_block { require('reactor.nginx_app').note('access') }"
          .. "set_by_lua_block $unused { require('reactor.nginx_app').note('set') return '' }"
          .. "content_by_lua_block { require('reactor.nginx_app').note('content')"
          .. "  ngx.timer.at(0, function() require('reactor.nginx_app').note('timer') end) ngx.say('ok') }"
          .. "header_filter_by_lua_block { require('reactor.nginx_app').note('header_filter') }"
          .. "body_filter_by_lua_block { require('reactor.nginx_app').note('body_filter') }"
          .. "log_by_lua_block { require('reactor.nginx_app').note('log') }",
        ["/metrics"] = "content_by_lua_block { ngx.print(require('alchemoon.openresty').metrics_text()) }",
      },
    }
  end)
  teardown(function()
    if server then server:stop() end
    watcher:dispose()
    reactor:close()
  end)

  local function get(path)
    local status, body = server:get(reactor, path)
    return status, body
  end

  local function metric(text)
    local _, body = get("/metrics")
    return tonumber(body:match(text .. "{[^}]*} (%d+)"))
  end

  local function at_server(text)
    return watcher:connect(function(conn)
      return conn:exec_driver_sql("select count(*) from pg_stat_activity where application_name = $1 and query like $2 "
        .. "and state <> 'idle'", { name, "%" .. text .. "%" }):scalar()
    end)
  end

  local function eventually(seconds, check)
    local deadline = reactor:now() + seconds
    repeat
      if check() then return true end
      reactor:sleep(0.05)
    until reactor:now() > deadline
    return false
  end

  -- What is to be known when a request was not answered.
  local function situation(answer)
    return reactor:run(function()
      local _, metrics = get("/metrics")
      return ("%s\nat the server:\n%s\nin the worker:\n%s\nin its log:\n%s"):format(tostring(answer),
        backends.activity(watcher), tostring(metrics), server:errors())
    end)
  end

  for n, case in ipairs(cases) do
    it(case.name, function()
      local status, body = reactor:run(get, "/case?n=" .. n)
      assert(status == 200, status == 200 or situation(body))
      assert.are.equal("ok\n", body)
    end)
  end

  -- scoped: the scope is the request here, not the coroutine; leak measures the process; the random models take long.
  local elsewhere = { scoped = true, leak = true, model_random = true }
  for _, orm in ipairs(behaviour) do
    local run = elsewhere[orm] and function() end or it
    run("the specs of the ORM hold inside a request: " .. orm, function()
      local file = lfs.currentdir() .. "/spec/orm/" .. orm .. "_spec.lua"
      local status, body = reactor:run(get, "/specs?file=" .. file)
      local passed = tonumber(tostring(body):match("^(%d+) passed, 0 failed"))
      assert(status == 200 and passed, status == 200 and body or situation(body))
      assert.is_true(passed > 0, body)
    end)
  end

  it("waits in rewrite, access, content and timers; blocks in init_worker; refuses where it cannot", function()
    reactor:run(function()
      assert.are.equal(200, (get("/phases")))
      reactor:sleep(0.1)
      local _, notes = get("/notes")
      for _, phase in ipairs{ "init_worker", "rewrite", "access", "content", "timer" } do
        assert.matches(phase .. "=7", notes)
      end
      for _, phase in ipairs{ "set", "header_filter", "body_filter", "log" } do
        assert.matches(phase .. "=nginx cannot wait for a database in the phase '" .. phase .. "'.*ngx.timer.at", notes)
      end
    end)
  end)

  it("fast requests do not notice twenty that sleep at the server", function()
    reactor:run(function()
      get("/query")
      local slept, sleepers = 0, {}
      for i = 1, 20 do
        sleepers[i] = reactor:spawn(function()
          local status, body = get("/sleep?s=2")
          assert(status == 200 and body == "slept\n", tostring(status))
          slept = slept + 1
        end)
      end
      reactor:sleep(0.2)
      for _ = 1, 20 do assert.are.equal(200, (get("/query"))) end
      assert.are.equal(0, slept)
      for i = 1, 20 do assert(sleepers[i]:join()) end
    end)
  end)

  it("a client goes away: the statement is cancelled, the connection discarded, the slot free", function()
    reactor:run(function()
      local killed = metric "alchemoon_killed"
      local sockets = {}
      for i = 1, 5 do sockets[i] = assert(server:request(reactor, "/abort?sql=select%20pg_sleep(30)")) end
      assert.is_true(eventually(5, function() return at_server("pg_sleep(30)") == 5 end))
      for i = 1, 5 do
        reactor.forget(sockets[i]:getfd())
        sockets[i]:close()
      end
      assert.is_true(eventually(5, function() return at_server("pg_sleep(30)") == 0 end), "still running")
      assert.is_true(eventually(5, function() return metric "alchemoon_pool_used" == 0 end), "a slot is missing")
      assert.are.equal(killed + 5, metric "alchemoon_killed")
      local status, body = get("/query?sql=select%205")
      assert.are.equal("200 5\n", status .. " " .. body)
    end)
  end)

  it("ngx.exit in another light thread does the same", function()
    reactor:run(function()
      assert.are.equal(503, (get("/exit")))
      assert.is_true(eventually(5, function() return at_server("/* exit") == 0 end), "still running")
      assert.is_true(eventually(5, function() return metric "alchemoon_pool_used" == 0 end), "a slot is missing")
    end)
  end)

  it("release() in the log phase discards what a killed request left in a transaction", function()
    reactor:run(function()
      assert.are.equal(503, (get("/transaction")))
      assert.is_true(eventually(1, function() return metric "alchemoon_pool_used" == 0 end), "a slot is missing")
    end)
  end)

  it("a scoped session belongs to the request; openresty.session commits or rolls back", function()
    reactor:run(function()
      for _ = 1, 2 do
        local _, body = get("/scoped")
        assert.are.equal("true true\n", body)
      end
      local _, body = get("/session")
      assert.are.equal("42 false mine 0\n", body)
    end)
  end)

  it("a session that two requests use refuses the second, and serves the first", function()
    reactor:run(function()
      local first = reactor:spawn(get, "/one_session?first=1")
      reactor:sleep(0.15)
      local _, body = get("/one_session")
      assert.matches("^false Method 'execute%(%)' can't be called here.*in progress in another coroutine", body)
      assert.are.equal("true \n", select(3, first:join()))
    end)
  end)

  it("an error that nobody catches is in the log, with the program's line; others are not", function()
    assert.equal(500, (get "/uncaught"))
    local log = server:errors()
    assert.matches('column "nobodys_column" does not exist', log, 1, true)
    assert.matches("[SQL: select nobodys_column]", log, 1, true)
    assert.matches("\n\t%S*nginx_app%.lua:%d+\n", log)
    assert.is_nil(log:find("caught_one", 1, true))
  end)

  it("an engine has one set of options; the request is the scope everywhere", function()
    reactor:run(function()
      get("/sleep?s=0")
      local _, body = get("/engines")
      assert.matches("^true; openresty.engine: the engine 'main' was made with other options; .*; openresty.engine: "
        .. "the engine 'main' was made for another URL; none", body)
      _, body = get("/scopes")
      assert.are.equal("true true\n", body)
    end)
  end)

  it("one thread watches in a worker", function()
    local workers = server:workers()
    assert.are.equal(1, #workers)
    assert.are.equal(2, #server:threads(workers[1]))
  end)

  it("reloads and quits under load lose no request and leave nothing behind", function()
    local before = reactor:run(function()
      return watcher:connect(function(conn)
        return conn:exec_driver_sql("select count(*) from pg_stat_activity"):scalar()
      end)
    end)
    reactor:run(function()
      local running, good, bad, slept = true, { counted = 0, plain = 0 }, {}, 0
      local clients = {}
      for i = 1, 10 do -- two of them are the control: nginx alone, under the same load
        local path = i > 8 and "/plain" or i == 8 and "/counted?n=3" or "/counted"
        local kind = path:match("%a+")
        clients[i] = reactor:spawn(function()
          while running do
            local status, body = get(path)
            if status == 200 and body == "1\n" then good[kind] = good[kind] + 1
            else bad[#bad + 1] = tostring(status) .. tostring(body) end
          end
        end)
      end
      local old = {}
      for _ = 1, 3 do
        for _, pid in ipairs(server:workers()) do old[pid] = true end
        local sleepers = {}
        for i = 1, 3 do
          sleepers[i] = reactor:spawn(function()
            local status, body = get("/sleep?s=0.4")
            if status == 200 and body == "slept\n" then slept = slept + 1 else bad[#bad + 1] = tostring(body) end
          end)
        end
        reactor:sleep(0.2)
        server:signal "reload"
        reactor:sleep(0.2)
        for i = 1, 3 do sleepers[i]:join() end
        local counted, plain = good.counted, good.plain
        assert.is_true(eventually(20, function() return good.counted > counted + 10 and good.plain > plain + 5 end),
          "nobody is served after a reload")
      end
      running = false
      for i = 1, 10 do clients[i]:join() end
      -- Not one, with `listen ... deferred`: else an old worker may have accepted a connection whose request it has not
      -- read, and nginx closes those at its end, with and without alchemoon.
      assert.same({}, bad)
      local _, notes = get("/notes")
      assert.are.equal(good.counted, tonumber(notes:match("started=(%d+)")))
      assert.are.equal(9, slept)
      assert.is_true(eventually(10, function() return #server:workers() == 1 end), "old workers are left")
      assert.is_nil(old[server:workers()[1]])
      local pid = server:pid()
      local last = reactor:spawn(get, "/sleep?s=0.5")
      reactor:sleep(0.2)
      server:signal "quit"
      local ok, status, body = last:join()
      assert.are.equal("true 200 slept\n", tostring(ok) .. " " .. tostring(status) .. " " .. tostring(body))
      assert.is_true(eventually(10, function() return not lfs.attributes("/proc/" .. pid) end), "nginx is still there")
      assert.is_true(eventually(5, function()
        return watcher:connect(function(conn)
          return conn:exec_driver_sql("select count(*) from pg_stat_activity where application_name = $1",
            { name }):scalar() == 0
        end)
      end), "connections are left at the server")
    end)
    assert.is_true(before > 0)
    -- "#-2" is no socket but the stand-in that ngx_lua gives a timer: a worker may end while one of its timers waits.
    local errors = server:errors():gsub("[^\n]*%[alert%][^\n]*open socket #%-2 left[^\n]*\n?", "")
    assert.is_nil(errors:match("%[alert%]") or errors:match("%[emerg%]"), errors)
  end)
end)
