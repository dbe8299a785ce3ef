-- What time limits and other transactions do to a transaction on PostgreSQL: the class and SQLSTATE that a program
-- decides by, the state of the connection, and what it can do next.
local am = require "alchemoon"
local backends = require "support.backends"
local wait = require "alchemoon.engine.wait"
local raises_exc = require("support.init").raises_exc

local backend = backends.get "postgresql"

describe("a transaction on PostgreSQL", function()
  if not backend then return pending("ALCHEMOON_TEST_PG is not set", function() end) end
  local engine

  setup(backend.reset)
  before_each(function()
    engine = am.create_engine(backend.url)
    engine:begin(function(conn)
      conn:exec_driver_sql "drop table if exists t"
      conn:exec_driver_sql "create table t (id integer primary key, n integer)"
      conn:exec_driver_sql "insert into t values (1, 1), (2, 2)"
    end)
  end)
  after_each(function()
    assert.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  -- fn fails with that class and state; the connection is kept unless `lost`.
  local function fails(class, state, fn, lost)
    local e = raises_exc(class, fn)
    assert.equal(state, e.sqlstate)
    assert.equal(lost or false, e.connection_invalidated)
    return e
  end

  local function one(conn) return conn:exec_driver_sql("select 1"):scalar() end

  it("that meets statement_timeout can only be rolled back, and its COMMIT is none", function()
    engine:connect(function(conn)
      conn:exec_driver_sql "insert into t values (3, 3)"
      conn:exec_driver_sql "set local statement_timeout = 30"
      fails("OperationalError", "57014", function() conn:exec_driver_sql "select pg_sleep(5)" end)
      fails("InternalError", "25P02", function() one(conn) end)
      assert.is_true(conn:in_transaction())
      conn:commit() -- the server rolls back, as it would for everybody
      assert.equal(2, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)
  end)

  it("that waits for a row longer than lock_timeout, or not at all, names the lock", function()
    local holder, conn = engine:connect(), engine:connect()
    holder:exec_driver_sql "update t set n = 5 where id = 1"
    conn:exec_driver_sql "set local lock_timeout = 30"
    fails("OperationalError", "55P03", function() conn:exec_driver_sql "update t set n = 6 where id = 1" end)
    conn:rollback()
    fails("OperationalError", "55P03", function() conn:exec_driver_sql "select * from t for update nowait" end)
    conn:rollback()
    holder:rollback()
    assert.equal(1, conn:exec_driver_sql("update t set n = 6 where id = 1").rowcount)
    holder:close()
    conn:close()
  end)

  it("that is chosen to end a deadlock fails, and the other goes on", function()
    local reactor = am.reactor()
    local own = am.create_engine(backend.url, { reactor = reactor })
    local done
    reactor:spawn(function()
      local first, second = own:connect(), own:connect()
      first:exec_driver_sql "set local deadlock_timeout = '10s'"
      second:exec_driver_sql "set local deadlock_timeout = '30ms'"
      first:exec_driver_sql "update t set n = 5 where id = 1"
      second:exec_driver_sql "update t set n = 6 where id = 2"
      reactor:spawn(function()
        first:exec_driver_sql "update t set n = 5 where id = 2"
        first:commit()
        done = true
      end)
      reactor:sleep(0.05)
      fails("OperationalError", "40P01", function() second:exec_driver_sql "update t set n = 6 where id = 1" end)
      second:rollback()
      while not done do reactor:sleep(0.005) end
      assert.same({ 5, 5 }, second:exec_driver_sql("select n from t order by id"):scalars():all())
      first:close()
      second:close()
    end)
    reactor:run()
    own:dispose()
    assert.is_true(done)
  end)

  it("that cannot be serialized fails at COMMIT, and succeeds when it is tried again", function()
    local serial = engine:execution_options{ isolation_level = "SERIALIZABLE" }
    local tries = 0
    local function add(conn)
      tries = tries + 1
      local sum = conn:exec_driver_sql("select sum(n) from t"):scalar()
      if tries == 1 then -- the rival is faster, once
        serial:begin(function(rival)
          rival:exec_driver_sql("insert into t select 3, sum(n) from t")
        end)
      end
      conn:exec_driver_sql("insert into t values (4, $1)", { sum })
    end
    local e = fails("OperationalError", "40001", function() serial:begin(add) end)
    assert.matches("could not serialize access", tostring(e))
    serial:begin(add)
    assert.equal(2, tries)
    engine:connect(function(conn)
      assert.same({ 1, 2, 3, 6 }, conn:exec_driver_sql("select n from t order by id"):scalars():all())
    end)
  end)

  it("that idles too long is ended by the server: the connection is lost, not just the transaction", function()
    engine:connect(function(conn)
      conn:exec_driver_sql "insert into t values (3, 3)"
      conn:exec_driver_sql "set idle_in_transaction_session_timeout = 20"
      os.execute "sleep 0.2"
      local e = fails("OperationalError", "25P03", function() one(conn) end, true)
      assert.matches("idle%-in%-transaction timeout", tostring(e))
      raises_exc("PendingRollbackError", function() conn:commit() end)
      conn:rollback()
      assert.equal(2, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)
  end)

  it("that is ended by the server within a savepoint is gone whole", function()
    engine:connect(function(conn)
      local nested = conn:begin_nested()
      local pid = conn:exec_driver_sql("select pg_backend_pid()"):scalar()
      engine:begin(function(admin) admin:exec_driver_sql("select pg_terminate_backend($1::integer, 5000)", { pid }) end)
      fails("OperationalError", "57P01", function() nested:commit() end, true)
      conn:rollback()
      assert.equal(1, one(conn))
    end)
  end)

  describe("whose COMMIT takes longer than statement_timeout", function()
    local function late(body) -- a connection that is about to commit a row, with a check that takes long
      engine:begin(function(conn)
        conn:exec_driver_sql("create or replace function t_late() returns trigger language plpgsql as $$" .. body
          .. "$$")
        conn:exec_driver_sql("create constraint trigger t_late after insert on t deferrable initially deferred "
          .. "for each row execute function t_late()")
      end)
      local conn = engine:connect()
      conn:exec_driver_sql "insert into t values (3, 3)"
      return conn:execution_options{ statement_timeout = 0.02 }
    end
    local function rows()
      return engine:connect(function(conn) return conn:exec_driver_sql("select count(*) from t"):scalar() end)
    end

    it("is cancelled", function()
      local conn = late "begin perform pg_sleep(600); return null; end"
      fails("OperationalError", "57014", function() conn:commit() end)
      conn:close()
      assert.equal(2, rows())
    end)

    it("is done if the server says so after all", function()
      local conn = late [[
        begin perform pg_sleep(600); return null; exception when query_canceled then return null; end]]
      conn:commit()
      conn:close()
      assert.equal(3, rows())
    end)

    it("may be done or not if no answer comes, and the error says so", function()
      local conn, drive = late "begin return null; end", wait.drive
      wait.drive = function() return nil end
      local e = raises_exc("OperationalError", function() conn:commit() end)
      wait.drive = drive
      assert.matches("COMMIT was not answered within its timeout of 0.02 seconds; whether it happened is not known",
        tostring(e), 1, true)
      assert.is_true(e.connection_invalidated and e.timed_out)
      conn:close()
    end)
  end)

  it("that streams rows ends when the next ones do not come within statement_timeout", function()
    engine:connect(function(conn)
      local rows = 0
      local e = raises_exc("OperationalError", function()
        for _ in conn:exec_driver_sql([[
          select i, case when i = 5000 then pg_sleep(600) end from generate_series(1, 6000) i]], nil,
          { stream_results = true, max_row_buffer = 10, statement_timeout = 0.3 }) do rows = rows + 1 end
      end)
      assert.is_true(e.timed_out and rows < 5000)
      conn:rollback()
      assert.equal(1, one(conn))
    end)
  end)
end)
