-- Records of a pool outlive their connections: what the counts, the events and record_info say when a connection is
-- invalidated, detached or refused, and when the pool is disposed of.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

local EVENTS = { "first_connect", "connect", "checkout", "checkin", "reset", "invalidate", "soft_invalidate", "close",
  "detach", "close_detached" }

describe("records of a pool", function()
  local path, engine, seen

  local function make(opts)
    engine = am.create_engine("sqlite:///" .. path, opts)
    for _, name in ipairs(EVENTS) do am.event.listen(engine.pool, name, function() seen[#seen + 1] = name end) end
    return engine
  end
  -- Idle records, connections in use, and the events since the last look.
  local function now()
    local events = table.concat(seen, " ")
    seen = {}
    return ("%d %d %s"):format(engine.pool:checkedin(), engine.pool:checkedout(), events)
  end

  before_each(function()
    path, seen = os.tmpname(), {}
  end)
  after_each(function()
    engine:dispose()
    os.remove(path)
  end)

  it("stay in the pool, empty, when their connection is invalidated", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    local conn = engine:connect()
    conn:invalidate()
    assert.equal("1 0 first_connect connect checkout invalidate close checkin", now())
    assert.equal("Pool size: 1  Connections in pool: 1 Current Overflow: 0 Current Checked out connections: 0",
      engine.pool:status())
    assert.equal(1, conn:exec_driver_sql("select 1"):scalar())
    assert.equal("0 1 connect checkout", now())
    conn:close()
    assert.equal("1 0 reset checkin", now())
  end)

  it("stay in the pool, empty, when their connection is detached", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    local conn = engine:connect()
    conn:detach()
    assert.equal("1 0 first_connect connect checkout detach", now())
    local other = engine:connect()
    assert.equal("0 1 connect checkout", now())
    conn:close()
    assert.equal("0 1 reset close_detached", now())
    other:close()
  end)

  it("keep record_info, while info goes with the connection", function()
    make{ pool_size = 1, max_overflow = 0 }
    local raw = engine:raw_connection()
    raw.info.of, raw.record_info.of = "connection", "record"
    raw:invalidate()
    assert.is_false(raw.is_valid)
    raw:close()
    raw = engine:raw_connection()
    assert.same({}, raw.info)
    assert.same({ of = "record" }, raw.record_info)
    raw.info.of = "connection"
    raw:detach()
    assert.same({ of = "connection" }, raw.info)
    assert.is_nil(raw.record_info)
    raw:close()
    raw = engine:raw_connection()
    assert.same({ of = "record" }, raw.record_info)
    raw:close()
  end)

  it("give connections that begin a transaction when they are told to", function()
    make{}
    local function insert(begin, finish)
      local raw = engine:raw_connection()
      local cursor = raw:cursor()
      if begin then cursor:execute("BEGIN") end
      cursor:execute("INSERT INTO raw_rows VALUES (1)")
      if finish then raw[finish](raw) end
      raw:close()
      return engine:connect(function(conn) return conn:scalar(am.text "SELECT count(*) FROM raw_rows") end)
    end
    engine:begin(function(conn) conn:execute(am.text "CREATE TABLE raw_rows (x INTEGER)") end)
    assert.equal(1, insert(false))
    assert.equal(1, insert(true))
    assert.equal(1, insert(true, "rollback"))
    assert.equal(2, insert(true, "commit"))
  end)

  it("stay when a listener refuses the checkout", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    am.event.listen(engine.pool, "checkout", function() error("not now", 0) end)
    assert.equal("not now", select(2, pcall(engine.connect, engine)))
    assert.equal("1 0 first_connect connect checkout invalidate close checkin", now())
  end)

  it("stay when every checkout finds a dead connection", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    am.event.listen(engine.pool, "checkout", function() error(am.exc.DisconnectionError("dead"), 0) end)
    raises_exc("InvalidRequestError", function() engine:connect() end, "^This connection is closed$")
    assert.equal("1 0 first_connect connect checkout invalidate close connect checkout invalidate close connect "
      .. "invalidate close checkin", now())
  end)

  it("stay when no connection can be opened in place of the old one", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    engine:connect():invalidate()
    local fails = true
    am.event.listen(engine.pool, "connect", function() if fails then error("no", 0) end end)
    seen = {}
    assert.equal("no", select(2, pcall(engine.connect, engine)))
    assert.equal("1 0 connect checkin", now())
    fails = false
    engine:connect():close()
    assert.equal("1 0 connect checkout reset checkin", now())
  end)

  it("of a connection that was never opened leave no trace", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 0 }
    am.event.listen(engine.pool, "connect", function() error("no", 0) end)
    for _ = 1, 2 do assert.equal("no", select(2, pcall(engine.connect, engine))) end
    assert.equal(0, engine.pool:checkedin())
    assert.equal(-1, engine.pool:overflow())
  end)

  it("go to the one who waits, who opens the connection", function()
    make{ pool_size = 1, max_overflow = 0, pool_timeout = 5, reactor = am.reactor() }
    am.event.listen(engine.pool, "checkin", function() seen[#seen + 1] = "(late)" end)
    local reactor, order = engine._waiter.reactor, {}
    reactor:run(function()
      local conn = engine:connect()
      local task = reactor:spawn(function()
        engine:connect(function(c) order[1] = c:exec_driver_sql("select 1"):scalar() end)
      end)
      coroutine.yield()
      conn:invalidate()
      conn:close()
      task:join()
    end)
    assert.same({ 1 }, order)
    assert.equal(1, engine.pool:checkedin())
  end)

  it("refuse to serve the one who has no connection any more", function()
    make{}
    local raw = engine:raw_connection()
    raw:invalidate()
    raises_exc("ResourceClosedError", function() raw:cursor() end, "^This connection is closed$")
    raw:close()
  end)
end)

describe("disposing of an engine", function()
  local path
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("gives it a new pool, with the old one's listeners", function()
    local engine = am.create_engine("sqlite:///" .. path, { pool_size = 2 })
    local copy, count, old = engine:execution_options{ x = 1 }, 0, engine.pool
    am.event.listen(engine, "first_connect", function() count = count + 1 end)
    engine:connect():close()
    engine:dispose()
    assert.is_true(engine.pool ~= old and copy.pool == engine.pool)
    copy:connect():close()
    assert.equal(2, count)
    assert.equal(1, engine.pool:checkedin())
    engine:dispose{ close = false }
    assert.equal(0, engine.pool:checkedin())
    engine:dispose()
  end)

  it("closes a connection that comes back later without a word", function()
    local engine, closed = am.create_engine("sqlite:///" .. path), 0
    am.event.listen(engine.pool, "close", function() closed = closed + 1 end)
    local conn = engine:connect()
    local raw = conn.raw
    engine:dispose()
    conn:close()
    assert.is_true(raw:closed())
    assert.equal(0, closed)
    assert.equal(0, engine.pool:checkedin())
  end)
end)

describe("AssertionPool", function()
  it("has one connection and tells the second user where the first one is", function()
    local engine = am.create_engine("sqlite://", { poolclass = am.AssertionPool })
    assert.equal("AssertionPool", engine.pool:status())
    local conn = engine:connect()
    raises_exc("InvalidRequestError", function() engine:connect() end,
      "^connection is already checked out at:.*pool_record_spec")
    conn:close()
    engine:connect():close()
    engine:dispose()
    raises_exc("ArgumentError", function()
      am.create_engine("sqlite://", { poolclass = am.AssertionPool, pool_size = 2 })
    end, "^Invalid argument%(s%) 'pool_size'")
  end)
end)
