-- BEGIN goes out together with the first statement of a transaction: one trip to the server instead of two.
local am = require "alchemoon"
local backends = require "support.backends"

local backend = backends.get "postgresql"

describe("BEGIN in front of the first statement", function()
  if not backend then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local engine, waits
  local function make(opts)
    opts = opts or {}
    local reactor = am.reactor()
    waits = 0
    opts.reactor = { wait = function(...)
      waits = waits + 1
      return reactor.wait(...)
    end }
    engine = am.create_engine(backend.url, opts)
    return engine, function(fn, ...) return reactor:run(fn, ...) end
  end
  after_each(function() engine:dispose() end)

  local function in_transaction(conn)
    return conn:exec_driver_sql("select now() = statement_timestamp()"):scalar() == false
  end

  it("takes no trip of its own when the statement is a query", function()
    local _, run = make()
    run(function()
      engine:connect(function(conn)
        conn:exec_driver_sql("select 1")
        conn:rollback()
        for _ = 1, 3 do
          local before = waits
          assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
          assert.are.equal(1, waits - before)
          assert.are.equal("open", conn.raw:tx_status())
          conn:rollback()
        end
      end)
    end)
  end)

  local STATEMENTS = {
    ["a query not prepared yet"] = { "select 1 /* new %d */" },
    ["a query with a parameter"] = { "select $1::int", { 1 } },
    ["a query that is not prepared"] = { "select 1", nil, nil, { prepared_statements = false } },
    ["a stream"] = { "select 1 from generate_series(1, 3)", nil, { stream_results = true } },
    ["a command"] = { "set local search_path to public" },
    ["a savepoint"] = { "savepoint x" },
    ["DDL"] = { "create temporary table prelude_ddl (x int) on commit drop" },
    ["many rows"] = { "select $1::int", { { 1 }, { 2 }, { 3 } } },
  }
  for name, statement in pairs(STATEMENTS) do
    it("goes with " .. name, function()
      local _, run = make(statement[4])
      run(function()
        for round = 1, 2 do
          engine:connect(function(conn)
            local result = conn:exec_driver_sql(statement[1]:format(round), statement[2], statement[3])
            if result.returns_rows then result:all() end
            assert.are.equal("open", conn.raw:tx_status())
            assert.is_true(in_transaction(conn))
          end)
        end
      end)
      assert.are.equal(0, engine.pool:checkedout())
    end)
  end

  it("a statement that fails leaves a failed transaction, as after a BEGIN of its own", function()
    local _, run = make()
    run(function()
      for _, sql in ipairs{ "select 1 / 0", "select nonsense", "select 1 / 0" } do
        engine:connect(function(conn)
          assert.is_false((pcall(conn.exec_driver_sql, conn, sql)))
          local ok, e = pcall(conn.exec_driver_sql, conn, "select 1")
          assert.is_false(ok)
          assert.matches("current transaction is aborted", tostring(e))
          conn:rollback()
          assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
        end)
      end
    end)
  end)

  it("a BEGIN that fails is the statement's error, and nothing was run", function()
    local _, run = make()
    run(function()
      engine:connect(function(conn)
        conn.dialect.begin_sql = function() return "BEGIN NONSENSE" end
        for _, sql in ipairs{ "select 1", "set local search_path to public" } do
          local ok, e = pcall(conn.exec_driver_sql, conn, sql)
          assert.is_false(ok)
          assert.matches('syntax error at or near "NONSENSE"', tostring(e))
          assert.are.equal(sql, e.statement)
          conn:rollback()
        end
        conn.dialect.begin_sql = nil
        assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
      end)
    end)
  end)

  it("settings of the transaction go with it", function()
    local _, run = make()
    run(function()
      engine:connect(function(conn)
        conn:execution_options{ isolation_level = "SERIALIZABLE", postgresql_readonly = true }
        assert.are.equal("serializable", conn:exec_driver_sql("show transaction_isolation"):scalar())
        conn:rollback()
        assert.are.equal("serializable",
          conn:exec_driver_sql("select current_setting('transaction_isolation')"):scalar())
        assert.is_false((pcall(conn.exec_driver_sql, conn, "create table prelude_no (x int)")))
      end)
    end)
  end)

  it("a listener that executes in place of the driver leaves no BEGIN behind", function()
    local _, run = make()
    local mine = true
    am.event.listen(engine, "do_execute", function() return mine end)
    run(function()
      engine:connect(function(conn)
        conn:exec_driver_sql("select 1")
        mine = false
        assert.are.equal("idle", conn._fairy.dbapi_connection:tx_status())
        assert.are.equal(2, conn:exec_driver_sql("select 2"):scalar())
      end)
    end)
  end)

  it("a timeout of the statement counts for both", function()
    local _, run = make()
    run(function()
      engine:connect(function(conn)
        local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(30)", nil, { statement_timeout = 0.05 })
        assert.is_false(ok)
        assert.matches("cancelled after its timeout", tostring(e))
        conn:rollback()
        assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
      end)
    end)
  end)
end)
