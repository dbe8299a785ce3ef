-- A listener that raises: its error reaches the program unchanged, whatever it is, and no connection stays out.
local am = require "alchemoon"
local backends = require "support.backends"
local assert_sound = require("support.resources").assert_sound

-- What error() takes besides our own objects; a plain table must not be read as somebody's options.
local RAISED = { { mine = true }, "text", 42, false }

backends.each(function(backend)
  describe("a pool whose listener raises", function()
    local engine
    before_each(function()
      engine = am.create_engine(backend.url, { poolclass = am.QueuePool, pool_size = 1, max_overflow = 0,
        pool_timeout = 0.1 })
    end)
    after_each(function() engine:dispose() end)

    -- use(engine) with a listener of that event raising each kind of error; then the one connection must be back.
    local function each_error(event, use, is_logged)
      for _, raised in ipairs(RAISED) do
        local armed = true
        local function listener()
          if armed then error(raised, 0) end
        end
        am.event.listen(engine, event, listener)
        local ok, e = pcall(use, engine)
        armed = false
        if is_logged then
          assert(ok, tostring(e))
        else
          assert.False(ok)
          assert.equal(raised, e)
        end
        am.event.remove(engine, event, listener)
        assert_sound(engine)
      end
    end
    local function connect_and_close() engine:connect():close() end

    it("at connect, checkout or checkin has its connection back", function()
      engine:dispose() -- the next one is new
      each_error("connect", function()
        engine:dispose()
        connect_and_close()
      end)
      each_error("checkout", connect_and_close)
      each_error("checkin", connect_and_close)
    end)

    it("at reset gives that connection up", function() each_error("reset", connect_and_close, true) end)

    it("at invalidate or close has a free place", function()
      local function invalidate()
        local conn = engine:connect()
        local ok, e = pcall(conn.invalidate, conn)
        conn:close()
        if not ok then error(e, 0) end
      end
      each_error("invalidate", invalidate)
      each_error("close", invalidate)
    end)

    it("at close_detached closes the connection none the less", function()
      each_error("close_detached", function()
        local conn = engine:connect()
        local raw = conn.raw
        conn:detach()
        local ok, e = pcall(conn.close, conn)
        assert.has_error(function() raw:execute "select 1" end)
        if not ok then error(e, 0) end
      end)
    end)

    it("at close while it is disposed of goes on with a new pool", function()
      each_error("close", function()
        connect_and_close()
        engine:dispose()
      end)
      assert.equal(1, engine.pool:checkedin())
    end)
  end)
end)
