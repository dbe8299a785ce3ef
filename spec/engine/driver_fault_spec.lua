-- Every call to libpq and SQLite fails once on every main path of Core: a precise error with its statement, a
-- transaction that happened whole or not at all, and a pool that goes on as if nothing had been.
local driver_faults = require "support.driver_faults"
local am = require "alchemoon"
local backends = require "support.backends"

-- conn:execute, whose error has to tell the statement.
local function execute(conn, ...)
  local ok, result = pcall(conn.execute, conn, ...)
  if ok then return result end
  assert(result == "not enough memory" or result.statement, "an error without its statement: " .. tostring(result))
  error(result, 0)
end

backends.each(function(backend)
  if backend.name == "sqlite-memory" then return end -- it goes with its connection
  if driver_faults.late then return pending "needs a process of its own" end
  describe("a failing call to the client library", function()
    local metadata = am.MetaData()
    local t = am.Table("call_fault", metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String(20), { index = true }), am.Column("data", am.LargeBinary),
      am.Column("price", am.Float))
    local direct -- never meets a fault
    local run = 0 -- part of the names of rows: what failed in COMMIT may come true a little later

    setup(function()
      backend.reset()
      direct = am.create_engine(backend.url)
      metadata:create_all(direct)
      direct:begin(function(conn)
        local rows = {}
        for i = 1, 5 do rows[i] = { name = "kept " .. i, data = "\0" .. i, price = i / 4 } end
        conn:execute(am.insert(t), rows)
      end)
    end)
    teardown(function() direct:dispose() end)

    local function count(like)
      return direct:connect(function(conn)
        return conn:scalar(am.select(am.func.count()):select_from(t):where(t.c.name:like(like)))
      end)
    end

    -- path(engine, name) inserts that many rows with names that begin so.
    local function all_or_nothing(rows, path, url)
      local name
      driver_faults.sweep(backend, function(engine)
        run = run + 1
        name = "run " .. run .. " "
        path(engine, name)
      end, { url = url, check = function(ok, where)
        local now = count(name .. "%")
        assert(now == 0 or now == rows, where .. ": half a transaction")
        assert(not ok or now == rows, where .. ": reported as done, but it is not")
      end })
      direct:begin(function(conn) conn:execute(am.delete(t):where(t.c.name:like "run %")) end)
    end

    it("while connecting", function()
      count "%"
      local tried = driver_faults.sweep(backend, function(engine) engine:connect():close() end, { cold = true })
      assert.truthy(tried.PQconnectPoll or tried.sqlite3_open_v2)
    end)

    it("while rows are selected", function()
      local tried = driver_faults.sweep(backend, function(engine)
        engine:connect(function(conn)
          local rows = execute(conn, am.select(t):where(t.c.name:like "kept%"):order_by(t.c.id)):all()
          assert(#rows == 5 and rows[5].price == 1.25 and rows[2].data == "\0002")
        end)
      end)
      assert.truthy(tried.PQsendPrepare and tried.PQgetResult or tried.sqlite3_step)
    end)

    it("while rows stream, to their end or not", function()
      for _, most in ipairs{ 5, 3 } do
        driver_faults.sweep(backend, function(engine)
          engine:connect(function(conn)
            local seen = 0
            for row in execute(conn, am.select(t):order_by(t.c.id):limit(5), nil, { yield_per = 2 }) do
              seen = seen + 1
              assert(row.id == seen)
              if seen == most then break end
            end
            assert(seen == most, "the rows ended early")
          end)
        end)
      end
    end)

    it("while a row is inserted and its key returned", function()
      all_or_nothing(2, function(engine, name)
        engine:begin(function(conn)
          assert(execute(conn, am.insert(t):values{ name = name, price = 1.5 }:returning(t.c.id)):scalar_one() > 0)
          assert(execute(conn, am.insert(t):values{ name = name }).inserted_primary_key[1] > 0)
        end)
      end)
    end)

    local function insert_many(engine, name)
      engine:begin(function(conn)
        execute(conn, am.insert(t), { { name = name, data = "a" }, { name = name, data = "b" } })
        conn:exec_driver_sql(backend.dialect == "sqlite" and "update call_fault set price = ? where name = ?"
          or "update call_fault set price = $1 where name = $2", { { 1.5, name }, { 2.5, "none" } })
      end)
    end

    it("while many rows are inserted", function() all_or_nothing(2, insert_many) end)

    if backend.dialect == "sqlite" then
      it("on the connection's thread", function()
        all_or_nothing(2, insert_many, backend.url .. "?execution=thread")
      end)
    end

    it("while a savepoint is made, released and rolled back", function()
      all_or_nothing(2, function(engine, name)
        engine:begin(function(conn)
          execute(conn, am.insert(t):values{ name = name })
          local nested = conn:begin_nested()
          execute(conn, am.insert(t):values{ name = name })
          nested:commit()
          nested = conn:begin_nested()
          execute(conn, am.insert(t):values{ name = name .. "lost" })
          nested:rollback()
        end)
      end)
    end)

    it("while a transaction is rolled back, also because of an error", function()
      driver_faults.sweep(backend, function(engine)
        local conn = engine:connect()
        local ok, e = pcall(function()
          execute(conn, am.insert(t):values{ name = "undone" })
          conn:rollback()
          execute(conn, am.insert(t):values{ name = "undone" })
          local failed, problem = pcall(conn.execute, conn, am.insert(t):values{ id = 1, name = "undone" })
          assert(not failed)
          if not am.exc.is(problem, am.exc.IntegrityError) then error(problem, 0) end
          conn:rollback()
        end)
        conn:close()
        if not ok then error(e, 0) end
      end, { check = function(_, where) assert(count "undone" == 0, where .. ": it was committed") end })
    end)

    if backend.dialect == "postgresql" then
      it("while a statement is cancelled: it is over, or its connection is given up", function()
        local tried = driver_faults.sweep(backend, function(engine)
          engine:connect(function(conn)
            local ok, e = pcall(conn.exec_driver_sql, conn, "select pg_sleep(600)", nil, { statement_timeout = 0.01 })
            assert(not ok, "it was not cancelled")
            if not e.timed_out then error(e, 0) end
          end)
        end)
        assert.truthy(tried.PQgetCancel)
        backends.end_statements(direct, "select pg_sleep(600)")
      end)
    end

    it("while tables are reflected", function()
      driver_faults.sweep(backend, function(engine)
        local back = am.MetaData()
        back:reflect(engine, { only = { "call_fault" } })
        assert(#back.tables.call_fault.indexes == 1 and #am.columns(back.tables.call_fault) == 4)
      end)
    end)
  end)
end)
