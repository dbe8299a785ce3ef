-- Networks that misbehave (spec/support/proxy.c), TLS, several hosts, PgBouncer; all under the built-in reactor.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local Network = require "support.network"
local raises_exc = require("support.init").raises_exc
local shell = require "support.shell"
local run, read, write = shell.run, shell.read, shell.write

local backend = backends.get "postgresql"

local function folder()
  local path = os.tmpname()
  os.remove(path)
  assert(run("mkdir -m 755 " .. path))
  return path
end

describe("networks", function()
  if not backend or core.faults or not run "command -v gcc" then
    pending("no PostgreSQL, no compiler, or a sanitizer", function() end)
    return
  end
  local network, reactor, direct
  local url = am.make_url(backend.url)
  setup(function() network = Network.new(backend.url) end)
  teardown(function() network:close() end)
  before_each(function()
    reactor = am.reactor()
    direct = am.create_engine(backend.url, { reactor = reactor })
  end)
  after_each(function()
    direct:dispose()
    reactor:close()
  end)

  local function proxy(...) return network:proxy(...) end
  local function tcp(...) return network:tcp(...) end

  -- Runs fn while another coroutine asks the server directly; the longest that one waited, as a share of the time that
  -- fn took (a busy machine makes both longer), and how many answers it had.
  local function others_meanwhile(fn)
    local slowest, over, count, took = 0, false, 0, nil
    reactor:run(function()
      direct:connect(function(conn) conn:exec_driver_sql("select 1") end)
      local asking = reactor:spawn(function()
        while not over do
          local start = reactor:now()
          direct:connect(function(conn) conn:exec_driver_sql("select 1") end)
          slowest, count = math.max(slowest, reactor:now() - start), count + 1
          reactor:sleep(0.002)
        end
      end)
      local begun = reactor:now()
      local ok, e = pcall(fn)
      over, took = true, reactor:now() - begun
      assert(asking:join())
      if not ok then error(e, 0) end
    end)
    return slowest / took, count
  end

  it("cut in the middle of a result: the right error for everybody, the pool sound, the others undisturbed", function()
    local port, stop = proxy(300000)
    local engine = am.create_engine(tcp(port), { reactor = reactor, pool_size = 10 })
    local big = "select repeat('x', 1000) from generate_series(1, 2000)"
    local _, count = others_meanwhile(function()
      local tasks = {}
      for i = 1, 10 do
        tasks[i] = reactor:spawn(pcall, engine.connect, engine, function(conn)
          if i % 2 == 0 then return conn:exec_driver_sql(big):all() end
          for _ in conn:exec_driver_sql(big, nil, { yield_per = 50 }) do end -- luacheck: ignore
        end)
      end
      for i = 1, 10 do
        local _, ok, e = tasks[i]:join()
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.DBAPIError), tostring(e))
        assert.is_true(e.connection_invalidated)
      end
      assert.are.equal(0, engine.pool:checkedout())
      engine:connect(function(conn) assert.are.equal(7, conn:exec_driver_sql("select 7"):scalar()) end)
    end)
    assert.is_true(count > 1, "nobody else had an answer meanwhile")
    engine:dispose()
    stop()
  end)

  it("slow: who waits for it suspends, the others do not notice", function()
    local port, stop = proxy(0, 2000, 2)
    local engine = am.create_engine(tcp(port), { reactor = reactor })
    local took
    local slowest, count = others_meanwhile(function()
      local start = reactor:now()
      engine:connect(function(conn)
        assert.are.equal(200, #conn:exec_driver_sql("select repeat('x', 1000) from generate_series(1, 200)"):all())
      end)
      took = reactor:now() - start
    end)
    assert.is_true(took > 0.15, "it took " .. took)
    assert.is_true(count > 10 and slowest < 0.8, count .. " others, the slowest " .. slowest)
    engine:dispose()
    stop()
  end)

  it("silent: connect_timeout ends the attempt, the others do not notice", function()
    local port, stop = proxy(-1)
    local engine = am.create_engine(tcp(port, "&connect_timeout=1"), { reactor = reactor })
    local slowest, count = others_meanwhile(function()
      raises_exc("OperationalError", function() engine:connect() end, "tim")
    end)
    assert.is_true(count > 10 and slowest < 0.8, count .. " others, the slowest " .. slowest)
    assert.are.equal(0, engine.pool:checkedout())
    stop()
  end)

  it("trickling: connect_timeout counts for the whole attempt", function()
    local port, stop = proxy(0, 1, 50) -- a byte at a time
    for _, how in ipairs{ reactor, false } do
      local engine = am.create_engine(tcp(port, "&connect_timeout=1"), { reactor = how })
      local function attempt()
        raises_exc("OperationalError", function() engine:connect() end,
          "connecting took longer than connect_timeout %(1 seconds%)")
      end
      if how then how:run(attempt) else attempt() end
      assert.are.equal(0, engine.pool:checkedout())
      engine:dispose()
    end
    stop()
  end)

  it("several hosts: one that is dead and one that is gone are passed over", function()
    local port, stop = proxy(0)
    local gone, stop_gone = proxy(0)
    stop_gone()
    local engine = am.create_engine(("postgresql://%s@127.0.0.1:1,127.0.0.1:%d,127.0.0.1:%d/%s?sslmode=prefer"):format(
      url.username, gone, port, url.database), { reactor = reactor, pool_size = 5 })
    reactor:run(function()
      for i = 1, 5 do
        reactor:spawn(function()
          engine:connect(function(conn)
            assert(conn:exec_driver_sql("select $1::int", { i }):scalar() == i)
            reactor:sleep(0.01)
          end)
        end)
      end
    end)
    reactor:run()
    assert.are.equal(5, engine.pool:checkedin())
    engine:dispose()
    stop()
  end)

  describe("TLS", function()
    if not run "command -v openssl" then
      pending("openssl is not installed", function() end)
      return
    end
    local tls, port
    setup(function()
      tls = folder()
      local out = io.popen("spec/support/pg_tls.sh " .. tls .. "/pg")
      port = tonumber(out:read("*l"))
      out:close()
      assert(port, "no server with TLS")
    end)
    teardown(function()
      run("spec/support/pg_cluster.sh stop " .. tls .. "/pg")
      run("rm -rf " .. tls)
    end)

    local function connect(host, query)
      return am.create_engine(("postgresql://alchemoon@%s/alchemoon?%s"):format(host, query),
        { reactor = reactor, pool_size = 3 })
    end
    local function is_encrypted(engine)
      return engine:connect(function(conn)
        return conn:exec_driver_sql("select ssl from pg_stat_ssl where pid = pg_backend_pid()"):scalar()
      end)
    end

    it("connects without blocking, with sslmode=require and verify-full", function()
      for _, query in ipairs{ "sslmode=require", "sslmode=verify-full&sslrootcert=" .. tls .. "/pg/server.crt" } do
        local engine = connect("localhost:" .. port, query)
        local _, count = others_meanwhile(function()
          local tasks = {}
          for i = 1, 3 do tasks[i] = reactor:spawn(is_encrypted, engine) end
          for i = 1, 3 do assert.same({ true, true }, { tasks[i]:join() }) end
          engine:connect(function(conn)
            local long = ("x"):rep(300000)
            assert.is_true(conn:exec_driver_sql("select $1::text", { long }):scalar() == long)
          end)
        end)
        assert.is_true(count > 1, "nobody else had an answer meanwhile")
        engine:dispose()
      end
    end)

    it("refuses a certificate for another name, and passes over dead hosts", function()
      local root = "sslmode=verify-full&sslrootcert=" .. tls .. "/pg/server.crt"
      reactor:run(function()
        local wrong = connect("127.0.0.1:" .. port, root)
        raises_exc("OperationalError", function() wrong:connect() end, "does not match host name")
        local engine = connect("127.0.0.1:1,localhost:" .. port, root)
        assert.is_true(is_encrypted(engine))
        engine:dispose()
      end)
    end)
  end)

  describe("PgBouncer in transaction mode", function()
    local bouncer = "PATH=$PATH:/usr/sbin pgbouncer"
    if not run(bouncer .. " --version") then
      pending("pgbouncer is not installed", function() end)
      return
    end
    local home
    setup(function()
      home = folder()
      run("chmod 777 " .. home)
      write(home .. "/ini", ([[
[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr =
unix_socket_dir = %s
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
logfile = %s/log
pidfile = %s/pid
]]):format(url.query.host, url.query.port or url.port or "5432", url.username, home, home, home))
      local user = run "test $(id -u) = 0" and " -u postgres" or ""
      assert(run(bouncer .. " -d" .. user .. " " .. home .. "/ini"), read(home .. "/log"))
      for _ = 1, 100 do
        if run("test -S " .. home .. "/.s.PGSQL.6432") then break end
        run "sleep 0.02"
      end
    end)
    teardown(function()
      run("kill $(cat " .. home .. "/pid)")
      run("rm -rf " .. home)
    end)

    it("serves many coroutines over two server connections, without prepared statements", function()
      local address = ("postgresql://%s@/%s?host=%s&port=6432"):format(url.username, url.database, home)
      local engine = am.create_engine(address, { reactor = reactor, pool_size = 10, prepared_statements = false })
      local name = "bounced_" .. tostring({}):gsub("%W", "")
      reactor:run(function()
        engine:begin(function(conn) conn:exec_driver_sql("create table " .. name .. " (x int)") end)
        local tasks = {}
        for i = 1, 20 do
          tasks[i] = reactor:spawn(function()
            for j = 1, 5 do
              engine:begin(function(conn)
                conn:exec_driver_sql("insert into " .. name .. " values ($1::int)", { i * 10 + j })
                assert(conn:exec_driver_sql("select $1::int", { i }):scalar() == i)
              end)
            end
            pcall(engine.connect, engine, function(conn) conn:exec_driver_sql("select 1 / 0") end)
          end)
        end
        for i = 1, 20 do
          local ok, e = tasks[i]:join()
          assert(ok, tostring(e))
        end
        engine:begin(function(conn)
          assert.are.equal(100, conn:exec_driver_sql("select count(distinct x) from " .. name):scalar())
          conn:exec_driver_sql("insert into " .. name .. " values ($1::int)", { { 1 }, { 2 }, { 3 } })
          conn:exec_driver_sql("drop table " .. name)
        end)
      end)
      assert.are.equal(0, engine.pool:checkedout())
      engine:dispose()
    end)
  end)
end)
