-- Pools: checkout, return, limits, events.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local garbage = require "support.garbage"
local raises_exc = require("support.init").raises_exc

local function status(pool) return { pool:checkedin(), pool:checkedout(), pool:overflow() } end

backends.each(function(backend)
  if backend.name == "sqlite-memory" then return end
  describe("pool", function()
    local engine
    local function make(opts) engine = am.create_engine(backend.url, opts) return engine end
    before_each(function() backend.reset() end)
    after_each(function() if engine then engine:dispose() end end)

    it("counts, keeps its size, closes overflow", function()
      make{ pool_size = 1, max_overflow = 1 }
      local a = engine:connect()
      local b = engine:connect()
      assert.same({ 0, 2, 1 }, status(engine.pool))
      a:close()
      assert.same({ 1, 1, 1 }, status(engine.pool))
      b:close()
      assert.same({ 1, 0, 0 }, status(engine.pool))
      assert.are.equal("Pool size: 1  Connections in pool: 1 Current Overflow: 0 Current Checked out connections: 0",
        engine.pool:status())
      engine:dispose()
      assert.same({ 0, 0, -1 }, status(engine.pool))
      engine:connect():close()
      assert.same({ 1, 0, 0 }, status(engine.pool))
    end)

    it("times out when exhausted and recovers", function()
      make{ pool_size = 1, max_overflow = 0, pool_timeout = 0.05 }
      local a = engine:connect()
      local e = raises_exc("TimeoutError", function() engine:connect() end,
        "^QueuePool limit of size 1 overflow 0 reached, connection timed out, timeout 0%.05")
      assert.are.equal("3o7r", e.code)
      assert.same({ 0, 1, 0 }, status(engine.pool))
      a:close()
      engine:connect():close()
      assert.same({ 1, 0, 0 }, status(engine.pool))
    end)

    it("reclaims connections whose holders are garbage, and tells of it", function()
      for _, collect in ipairs { garbage.collect, function() end } do -- before, or only when the next one waits
        local records = {}
        make{ pool_size = 1, max_overflow = 0, pool_timeout = 1 }
        garbage.lose(function() engine:connect():exec_driver_sql("select 1") end)
        collect()
        local before = am.logging.set_handler(function(r) records[#records + 1] = r.message end)
        local conn = engine:connect()
        am.logging.set_handler(before)
        assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
        assert.equal(1, #records)
        assert.matches("garbage collector cleaned up 1 checked%-out connection", records[1])
        conn:close()
        assert.same({ 1, 0, 0 }, status(engine.pool))
        engine:dispose()
      end
    end)

    it("uses the same driver connection again; info stays with it", function()
      make{ pool_size = 1 }
      local conn = engine:connect()
      conn.info.mine = 5
      local native = conn.raw:native()
      conn:close()
      conn = engine:connect()
      assert.are.equal(5, conn.info.mine)
      assert.are.equal(native, conn.raw:native())
      conn:invalidate()
      assert.is_nil(conn.info.mine)
      conn:close()
    end)

    it("recycles old connections", function()
      make{ pool_size = 1, pool_recycle = 0 }
      local conn = engine:connect()
      conn.info.mine = 5
      conn:close()
      local _, now = core.clock()
      while select(2, core.clock()) < now + 0.002 do end -- luacheck: ignore
      conn = engine:connect()
      assert.is_nil(conn.info.mine)
      conn:close()
    end)

    it("resets on return", function()
      make{ pool_size = 1 }
      engine:begin(function(c) c:exec_driver_sql("create table t (x integer)") end)
      local fairy = engine:raw_connection()
      fairy:cursor():execute("BEGIN")
      fairy:cursor():execute("insert into t values (1)")
      fairy:close()
      assert.are.equal(0, engine:connect(function(c) return c:exec_driver_sql("select count(*) from t"):scalar() end))
      engine:dispose()
      make{ pool_size = 1, pool_reset_on_return = "commit" }
      fairy = engine:raw_connection()
      fairy:cursor():execute("BEGIN")
      fairy:cursor():execute("insert into t values (1)")
      fairy:close()
      assert.are.equal(1, engine:connect(function(c) return c:exec_driver_sql("select count(*) from t"):scalar() end))
    end)

    it("NullPool opens and closes each time", function()
      make{ poolclass = am.NullPool }
      local seen = 0
      am.event.listen(engine, "connect", function() seen = seen + 1 end)
      engine:connect():close()
      engine:connect():close()
      assert.are.equal(2, seen)
      assert.are.equal("NullPool", engine.pool:status())
      assert.are.equal(0, engine.pool:checkedout())
    end)

    it("StaticPool has one connection for all", function()
      make{ poolclass = am.StaticPool }
      local a, b = engine:connect(), engine:connect()
      assert.are.equal(a.raw:native(), b.raw:native())
      a:close()
      assert.are.equal(1, b:exec_driver_sql("select 1"):scalar())
      b:close()
      assert.are.equal("StaticPool", engine.pool:status())
    end)

    it("detach takes a connection out of the pool", function()
      make{ pool_size = 1, max_overflow = 0, pool_timeout = 0.05 }
      local conn = engine:connect()
      conn:detach()
      local other = engine:connect()
      assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
      other:close()
      conn:close()
      assert.same({ 1, 0, 0 }, status(engine.pool))
    end)

    it("soft invalidation replaces at the next checkout", function()
      make{ pool_size = 1 }
      local fairy = engine:raw_connection()
      fairy.info.mine = 1
      fairy:invalidate{ soft = true }
      assert.are.equal(1, fairy.info.mine)
      fairy:close()
      fairy = engine:raw_connection()
      assert.is_nil(fairy.info.mine)
      fairy:close()
    end)

    it("fires its events in order", function()
      make{ pool_size = 1, max_overflow = 0 }
      local log = {}
      for _, name in ipairs{ "connect", "first_connect", "checkout", "checkin", "reset", "invalidate",
        "soft_invalidate", "close", "detach", "close_detached" } do
        am.event.listen(engine, name, function(dbconn, record)
          assert.is_true(dbconn ~= nil or name == "checkin")
          if record then assert.is_table(record.info) end
          log[#log + 1] = name
        end)
      end
      engine:connect():close()
      assert.same({ "first_connect", "connect", "checkout", "reset", "checkin" }, log)
      log = {}
      local conn = engine:connect()
      conn:invalidate()
      assert.same({ "checkout", "invalidate", "close", "checkin" }, log)
      conn:close()
      log = {}
      local terminates
      am.event.listen(engine, "reset", function(_, _, state) terminates = state.terminate_only end)
      conn = engine:connect()
      conn:detach()
      conn:close()
      assert.same({ "connect", "checkout", "detach", "reset", "close_detached" }, log)
      assert.is_true(terminates)
      log = {}
      local fairy = engine:raw_connection()
      fairy:invalidate("why", true)
      fairy:close()
      engine:dispose()
      assert.same({ "connect", "checkout", "soft_invalidate", "reset", "checkin", "close" }, log)
    end)

    it("a checkout listener may ask for another connection", function()
      make{ pool_size = 1, max_overflow = 0 }
      local bad, opened = 1, 0
      am.event.listen(engine, "connect", function() opened = opened + 1 end)
      am.event.listen(engine, "checkout", function()
        if bad > 0 then
          bad = bad - 1
          error(am.exc.DisconnectionError("stale"), 0)
        end
      end)
      engine:connect():close()
      assert.are.equal(2, opened)
      bad = 5
      raises_exc("InvalidRequestError", function() engine:connect() end, "^This connection is closed$")
      bad = 0
      engine:connect():close()
      assert.same({ 1, 0, 0 }, status(engine.pool))
    end)

    it("an error in a listener leaves the pool sound", function()
      make{ pool_size = 1, max_overflow = 0, pool_timeout = 0.05 }
      for _, name in ipairs{ "connect", "checkout", "checkin" } do
        local function fail() error("mine", 0) end
        am.event.listen(engine, name, fail)
        local ok, e = pcall(function() engine:connect():close() end)
        assert.is_false(ok)
        assert.are.equal("mine", e)
        am.event.remove(engine, name, fail)
        assert.are.equal(0, engine.pool:checkedout(), name)
        engine:connect():close()
        engine:dispose()
      end
    end)

    it("pre-ping replaces a dead connection", function()
      if backend.dialect ~= "postgresql" then return end
      make{ pool_size = 2, pool_pre_ping = true }
      local a, b = engine:connect(), engine:connect()
      local pid = a:exec_driver_sql("select pg_backend_pid()"):scalar()
      a:close()
      b:exec_driver_sql("select pg_terminate_backend(" .. tostring(pid) .. ")")
      b:close()
      local ok = pcall(function()
        for _ = 1, 2 do engine:connect(function(c) c:exec_driver_sql("select 1") end) end
      end)
      assert.is_true(ok)
    end)

    it("asks handle_error listeners about a failed pre-ping", function()
      if backend.dialect ~= "postgresql" then return end
      make{ pool_size = 1, max_overflow = 0, pool_pre_ping = true }
      local other = am.create_engine(backend.url)
      local function break_it()
        local pid = engine:connect(function(c) return c:scalar(am.text "select pg_backend_pid()") end)
        other:connect(function(c) c:execute(am.text("select pg_terminate_backend(" .. pid .. ", 5000)")) end)
      end
      local seen = {}
      local function listener(ctx)
        seen[#seen + 1] = { ctx.sqlalchemy_exception.name, ctx.is_pre_ping, ctx.is_disconnect,
          ctx.invalidate_pool_on_disconnect, ctx.engine == nil, ctx.connection == nil, ctx.dialect.name }
      end
      am.event.listen(engine, "handle_error", listener)
      break_it()
      assert.equal(1, engine:connect(function(c) return c:scalar(am.text "select 1") end))
      assert.same({ { "OperationalError", true, true, false, true, true, "postgresql" } }, seen)
      engine:dispose() -- the pool that follows asks, too
      break_it()
      assert.equal(1, engine:connect(function(c) return c:scalar(am.text "select 1") end))
      assert.equal(2, #seen)
      am.event.listen(engine, "handle_error", function(ctx) ctx.is_disconnect = false end)
      break_it()
      raises_exc("OperationalError", function() engine:connect() end)
      assert.equal(0, engine.pool:checkedout())
      other:dispose()
    end)

    it("hands out the same driver connection object each time", function()
      make{ pool_size = 2, poolclass = am.QueuePool }
      local first, told = nil, {}
      for _, name in ipairs{ "connect", "checkout", "checkin", "close" } do
        am.event.listen(engine, name, function(dbapi_connection) told[#told + 1] = { name, dbapi_connection } end)
      end
      engine:connect(function(c) first = c.connection.dbapi_connection end)
      raises_exc("InterfaceError", function() first:execute "select 1" end, "closed")
      engine:connect(function(c) assert.is_true(rawequal(first, c.raw)) end)
      engine:dispose()
      local names = {}
      for i, each in ipairs(told) do
        names[i] = each[1]
        assert.is_true(rawequal(first, each[2]))
      end
      assert.same({ "connect", "checkout", "checkin", "checkout", "checkin", "close" }, names)
    end)

    it("a lost connection invalidates the pool", function()
      if backend.dialect ~= "postgresql" then return end
      make{ pool_size = 2 }
      local a, b = engine:connect(), engine:connect()
      local pid = a:exec_driver_sql("select pg_backend_pid()"):scalar()
      b:exec_driver_sql("select pg_terminate_backend(" .. tostring(pid) .. ")")
      b.info.old = true
      b:close()
      local e = raises_exc("OperationalError", function() a:exec_driver_sql("select 1") end)
      assert.is_true(e.connection_invalidated)
      assert.is_true(a.invalidated)
      raises_exc("PendingRollbackError", function() a:exec_driver_sql("select 1") end)
      a:rollback()
      assert.are.equal(1, a:exec_driver_sql("select 1"):scalar())
      a:close()
      b = engine:connect()
      assert.is_nil(b.info.old)
      b:close()
      assert.are.equal(0, engine.pool:checkedout())
    end)

    it("shared engines have one pool", function()
      local name = "spec " .. backend.dialect
      local one = make{ pool_size = 1, max_overflow = 0, pool_timeout = 0.05, shared = name }
      local two = am.create_engine(backend.url,
        { pool_size = 1, max_overflow = 0, pool_timeout = 0.05, shared = name })
      local conn = one:connect()
      assert.are.equal(1, two.pool:checkedout())
      raises_exc("TimeoutError", function() two:connect() end)
      conn:close()
      assert.are.equal(1, two:connect(function(c) return c:exec_driver_sql("select 1"):scalar() end))
      raises_exc("ArgumentError", function()
        am.create_engine(backend.url, { pool_size = 2, shared = name })
      end, "the shared engine '" .. name .. "' exists with another URL or other pool options")
    end)
  end)
end)

describe("pool of a database in memory", function()
  it("has one connection per Lua state", function()
    local engine = am.create_engine("sqlite://")
    engine:begin(function(c) c:exec_driver_sql("create table t (x)") end)
    local a = engine:connect()
    a:exec_driver_sql("insert into t values (1)")
    local b = engine:connect()
    b:close()
    assert.are.equal(1, a:exec_driver_sql("select count(*) from t"):scalar())
    a:close()
    assert.are.equal(0, engine:connect(function(c) return c:exec_driver_sql("select count(*) from t"):scalar() end))
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    raises_exc("OperationalError", function()
      engine:connect(function(c) c:exec_driver_sql("select * from t") end)
    end, "no such table")
  end)

  it("survives a lost holder whose transaction somebody else has ended", function()
    local engine = am.create_engine("sqlite://")
    engine:begin(function(c) c:exec_driver_sql("create table t (x)") end)
    local held = engine:connect() -- so that the lost one is not the last
    garbage.lose(function()
      local lost = engine:connect()
      lost:exec_driver_sql("insert into t values (1)")
    end)
    held:exec_driver_sql "select 1"
    held:rollback()
    held:close()
    garbage.collect()
    for _ = 1, 2 do
      assert.are.equal(0, engine:connect(function(c) return c:exec_driver_sql("select count(*) from t"):scalar() end))
    end
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("survives a lost holder, rolled back", function()
    local engine = am.create_engine("sqlite://")
    engine:begin(function(c) c:exec_driver_sql("create table t (x)") end)
    garbage.lose(function() engine:connect():exec_driver_sql("insert into t values (1)") end)
    garbage.collect()
    assert.are.equal(0, engine:connect(function(c) return c:exec_driver_sql("select count(*) from t"):scalar() end))
  end)
end)

describe("a creator", function()
  it("may be given", function()
    local opened = 0
    local engine = am.create_engine("sqlite://", { creator = function()
      opened = opened + 1
      local conn = core.dbconn_open(require "alchemoon.driver.sqlite", { database = ":memory:" })
      assert(conn:connect() == "done")
      return conn
    end })
    assert.are.equal(1, engine:connect(function(c) return c:exec_driver_sql("select 1"):scalar() end))
    assert.are.equal(1, opened)
  end)

  it("do_connect may open the connection, or change its options", function()
    local engine = am.create_engine("sqlite:////no/such/place.db")
    am.event.listen(engine, "do_connect", function(dialect, record, cargs, cparams)
      assert.are.equal("sqlite", dialect.name)
      assert.is_table(record)
      assert.is_table(cargs)
      cparams.database = ":memory:"
    end)
    engine:connect():close()
  end)
end)
