-- Where SQLite's statements run: in the caller, on a thread of the connection, or there when they are worth it.
local am = require "alchemoon"
local core = require "alchemoon.core"
local garbage = require "support.garbage"
local lfs = require "lfs"
local resources = require "support.resources"
local raises_exc = require("support.init").raises_exc

local SLOW = "with recursive t(x) as (select 1 union all select x + 1 from t where x < %d) select count(*) from t"
local ENDLESS = "with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t"

local function threads()
  local count = 0
  for name in lfs.dir "/proc/self/task" do
    if name:match("^%d+$") then count = count + 1 end
  end
  return count
end

describe("execution of SQLite's statements", function()
  local path, reactor, engine
  before_each(function()
    path = os.tmpname()
    reactor = am.reactor()
  end)
  after_each(function()
    if engine then engine:dispose() end
    reactor:close()
    os.remove(path)
  end)
  local function make(execution, opts)
    opts = opts or {}
    opts.reactor = opts.reactor == nil and reactor or opts.reactor
    opts.connect_args = { execution = execution, timeout = opts.timeout }
    opts.timeout = nil
    engine = am.create_engine("sqlite:///" .. path, opts)
    return engine
  end

  for _, execution in ipairs{ "thread", "auto" } do
    describe(execution, function()
      it("a query without end keeps nobody waiting, and can be cancelled", function()
        make(execution)
        local ticks = 0
        local task = reactor:spawn(function()
          engine:connect(function(conn) conn:exec_driver_sql(ENDLESS) end)
        end)
        reactor:spawn(function()
          for _ = 1, 10 do
            reactor:sleep(0.001)
            ticks = ticks + 1
          end
          task:cancel()
        end)
        reactor:run()
        assert.are.equal(10, ticks)
        assert.are.equal("cancelled", task.state)
        assert.are.equal(0, engine.pool:checkedout())
      end)

      it("a lock of somebody else keeps nobody waiting: who holds it can let it go", function()
        make(execution, { timeout = 60 })
        local other = am.create_engine("sqlite:///" .. path)
        local holder = other:connect()
        holder:exec_driver_sql("create table t (x integer)")
        holder:commit()
        holder:exec_driver_sql("insert into t values (1)")
        reactor:after(0.05, function() holder:commit() end)
        reactor:run(function()
          engine:begin(function(conn) conn:exec_driver_sql("insert into t values (2)") end)
        end)
        assert.are.equal(2, holder:exec_driver_sql("select count(*) from t"):scalar())
        holder:close()
        other:dispose()
      end)

      it("values, rows, counts, RETURNING, scripts and errors are what they are in the caller", function()
        make(execution)
        reactor:run(function()
          engine:begin(function(conn)
            conn:exec_driver_sql("create table t (id integer primary key, a text, b blob, c real)")
            local long = ("x"):rep(70000)
            for round = 1, 3 do
              local result = conn:exec_driver_sql("insert into t (a, b, c) values (?, ?, ?)", { long, "b\0b", 1.5 })
              assert.are.equal(1, result.rowcount)
              assert.are.equal(round, result.lastrowid)
            end
            conn:exec_driver_sql("insert into t (a) values (?)", { { "p" }, { "q" }, { "r" } })
            assert.are.equal(6, conn:exec_driver_sql("select count(*) from t"):scalar())
            local row = conn:exec_driver_sql("select id, a, b, c from t where id = ?", { 2 }):first()
            assert.same({ 2, long, "b\0b", 1.5 }, { row[1], row[2], row[3], row[4] })
            assert.same({ 7, 8 }, conn:exec_driver_sql("insert into t (a) values ('s'), ('t') returning id")
              :scalars():all())
            raises_exc("IntegrityError", function() conn:exec_driver_sql("insert into t (id) values (1)") end,
              "UNIQUE constraint failed")
            raises_exc("OperationalError", function() conn:exec_driver_sql("select nonsense") end, "no such column")
            raises_exc("ProgrammingError", function() conn:exec_driver_sql("select ?", { 1, 2 }) end,
              "Incorrect number of parameters")
            assert.are.equal(8, #conn:exec_driver_sql("select id from t"):all())
            assert.is_nil(conn:exec_driver_sql("select id from t where id > 100"):first())
          end)
        end)
      end)

      it("streams come in batches, and may be left in the middle", function()
        make(execution)
        local rows = "with recursive t(x) as (select 1 union all select x + 1 from t where x < 3000) select x from t"
        reactor:run(function()
          engine:connect(function(conn)
            for _ = 1, 3 do
              local sum, result = 0, conn:exec_driver_sql(rows, nil, { yield_per = 100 })
              for row in result do sum = sum + row[1] end
              assert.are.equal(3000 * 3001 / 2, sum)
            end
            local result = conn:exec_driver_sql(rows, nil, { yield_per = 100 })
            assert.are.equal(1, result:fetchone()[1])
            assert.are.equal(5, conn:exec_driver_sql("select 5"):scalar())
            result:close()
            assert.are.equal(6, conn:exec_driver_sql("select 6"):scalar())
          end)
        end)
      end)

      it("a timeout ends it, the connection stays", function()
        make(execution)
        reactor:run(function()
          engine:connect(function(conn)
            local native = conn.raw:native()
            for _ = 1, 3 do
              local e = raises_exc("OperationalError", function()
                conn:exec_driver_sql(ENDLESS, nil, { statement_timeout = 0.03 })
              end, "cancelled after its timeout of 0.03 seconds")
              assert.is_true(e.timed_out)
              conn:rollback()
            end
            assert.are.equal(native, conn.raw:native())
            assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
          end)
        end)
      end)

      it("a coroutine that is dropped while it waits gives everything back, thread included", function()
        local before = threads()
        engine = am.create_engine("sqlite:///" .. path, { pool_size = 1, max_overflow = 0, pool_timeout = 10,
          connect_args = { execution = execution }, reactor = { wait = function() return coroutine.yield() end } })
        local handler = am.logging.set_handler(function() end)
        garbage.lose(function() engine:connect(function(conn) conn:exec_driver_sql(ENDLESS) end) end)
        assert.are.equal(before + 1, threads())
        garbage.collect()
        assert.are.equal(before, threads())
        am.logging.set_handler(handler)
        local inner = am.create_engine("sqlite:///" .. path)
        assert.are.equal(1, inner:connect(function(conn) return conn:exec_driver_sql("select 1"):scalar() end))
        inner:dispose()
      end)

      it("a stream may be collected while another statement of its connection is under way", function()
        make(execution)
        reactor:run(function()
          engine:connect(function(conn)
            local rows = "with recursive t(x) as (select 1 union all select x + 1 from t) select x from t"
            for _ = 1, 2 do conn:exec_driver_sql(SLOW:format(300000)) end -- from now on for the thread
            local result = conn:exec_driver_sql(rows, nil, { yield_per = 10 })
            assert.are.equal(1, result:fetchone()[1])
            reactor:spawn(function()
              result = nil -- luacheck: ignore
              collectgarbage()
              collectgarbage()
            end)
            assert.are.equal(300000, conn:exec_driver_sql(SLOW:format(300000)):scalar())
            assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
          end)
        end)
      end)

      it("leaves nothing behind", function()
        make(execution, { poolclass = am.NullPool })
        local before = threads()
        resources.assert_no_growth(function()
          reactor:run(function()
            engine:connect(function(conn)
              conn:exec_driver_sql("create temporary table t (x)")
              conn:exec_driver_sql("insert into t values (1)")
              conn:exec_driver_sql("select x from t"):all()
              conn:commit()
            end)
          end)
        end, { rounds = 60, process = 1024, lua = 32 })
        assert.are.equal(before, threads())
      end)
    end)
  end

  it("auto: what is quick stays in the caller, and what was slow once goes to the thread", function()
    make(nil, { poolclass = am.NullPool })
    local before = threads()
    -- Quick is what took no longer than a moment: on a busy machine not every try.
    local stayed = false
    reactor:run(function()
      for _ = 1, 50 do
        engine:connect(function(conn)
          for _ = 1, 20 do conn:exec_driver_sql("select 1"):scalar() end
          stayed = stayed or threads() == before
          conn:exec_driver_sql(SLOW:format(200000))
          assert.are.equal(before + 1, threads())
          assert.are.equal(-1, (conn.raw:fd())) -- nothing is to be waited for
        end)
        if stayed then break end
      end
    end)
    assert.is_true(stayed)
  end)

  it("auto is the default with a reactor, except for connections that are shared", function()
    local function execution_of(url, opts)
      local seen
      local e = am.create_engine(url, opts)
      am.event.listen(e, "do_connect", function(_, _, _, args) seen = args.execution end)
      e:connect():close()
      e:dispose()
      return seen
    end
    assert.are.equal("auto", execution_of("sqlite:///" .. path, { reactor = reactor }))
    assert.is_nil(execution_of("sqlite:///" .. path, { reactor = false }))
    assert.is_nil(execution_of("sqlite://", { reactor = reactor }))
    assert.are.equal("direct", execution_of("sqlite:///" .. path .. "?execution=direct", { reactor = reactor }))
    raises_exc("ArgumentError", function() am.create_engine("sqlite://?execution=maybe"):connect() end,
      "'maybe' is not direct, thread or auto")
  end)

  it("without a reactor the thread works as well: the call blocks", function()
    make("thread", { reactor = false })
    engine:connect(function(conn) assert.are.equal(3, conn:exec_driver_sql("select 1 + 2"):scalar()) end)
    local conn = engine.raw_connection(engine)
    assert.are.equal(4, conn.dbapi_connection:execute("select 4"):fetchone()[1])
    conn:close()
    assert.is_function(core.poll)
  end)
end)
