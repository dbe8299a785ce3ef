-- The driver for PostgreSQL, without an engine.
local core = require "alchemoon.core"
local faults = require "support.faults"
local int64 = require "alchemoon.int64"
local raises_exc = require("support.init").raises_exc
local rawconn = require "support.rawconn"
local resources = require "support.resources"

local function open(options) return rawconn.open("postgresql", rawconn.postgresql_options(options)) end

local function row(...) return rawconn.row(...) end

-- Waits a moment without a descriptor becoming ready.
local function nap(conn, seconds) core.poll(conn:fd(), "r", seconds) end

describe("driver.postgresql", function()
  if not rawconn.postgresql_options() then
    pending("ALCHEMOON_TEST_PG is not set")
    return
  end

  local conn
  before_each(function() conn = open() end)
  after_each(function() conn:close() end)

  local function fails(class, pattern, sql, params, opts)
    return raises_exc(class, function() conn:execute(sql, params, opts):fetchall() end, pattern)
  end

  -- First, while the heap is not yet fragmented by what follows.
  it("leaks nothing", function()
    local n = 0
    resources.assert_no_growth(function()
      n = n + 1
      row(conn, "SELECT $1, 'x'::text, now()", { 1 })
      row(conn, "SELECT " .. n % 200)
      conn:execute("SELECT $1::text", { { "a" }, { "b" } }):fetchall()
      pcall(conn.execute, conn, "SELECT nope")
      local cursor = conn:cursor()
      cursor:start("SELECT generate_series(1, 100)", nil, { stream = true })
      cursor:close()
    end, { rounds = 1000, lua = 20, process = 2000 })
    resources.assert_no_growth(function() open():close() end, { rounds = 20, lua = 200, process = 4000 })
  end)

  describe("values", function()
    it("come back as they went in, every cell class", function()
      local all_bytes = {}
      for i = 0, 255 do all_bytes[i + 1] = string.char(i) end
      all_bytes = table.concat(all_bytes)
      local sql = "SELECT $1, $2, $3::text, $4, $5, $6, $7::int"
      local opts = { hints = { [5] = "bytea", [6] = "numeric" } }
      local params = { n = 7, 42, 2.5, "t\195\169xt", true, all_bytes, "12.50", nil }
      assert.same({ 42, 2.5, "t\195\169xt", true, all_bytes, "12.50", nil }, row(conn, sql, params, opts))
      opts.no_prepare = true
      assert.same({ 42, 2.5, "t\195\169xt", true, all_bytes, "12.50", nil }, row(conn, sql, params, opts))
    end)

    it("are typed by class without a hint, and by the hint with one", function()
      local sql = "SELECT pg_typeof($1)::text, pg_typeof($2)::text, pg_typeof($3)::text, pg_typeof($4)::text"
      assert.same({ "bigint", "double precision", "boolean", "bytea" },
        row(conn, sql, { 1, 1.5, false, "x" }, { hints = { [4] = "bytea" } }))
      assert.same({ "integer", "numeric", "uuid", "integer[]" }, row(conn, sql,
        { 1, "1.5", "00000000-0000-0000-0000-000000000001", "{1,2}" },
        { hints = { "int4", "numeric", "uuid", "int4[]" } }))
      assert.same({ "smallint", "bigint", "real", "bigint" }, row(conn, sql, { 7, 2 ^ 40, 1.5, 70000 },
        { hints = { "int2", "int4", "float4", "int2" } }))
      assert.same({ "jsonb", "character varying", "numeric", "timestamp with time zone" }, row(conn, sql,
        { '{"a": 1}', "x", 5, "2020-01-01" }, { hints = { "jsonb", "varchar", "numeric", "timestamptz" } }))
      assert.same({ 3 }, row(conn, "SELECT 1 + $1", { "2" }))
    end)

    it("hold the extremes", function()
      local cells = row(conn, "SELECT 9223372036854775807, -9223372036854775807 - 1, 32767::int2, (-2147483648)::int4")
      assert.equal("9223372036854775807", int64.int64_tostring(cells[1]))
      assert.equal("-9223372036854775808", int64.int64_tostring(cells[2]))
      assert.same({ 32767, -2147483648 }, { cells[3], cells[4] })
      assert.same({ "9223372036854775807", "-9223372036854775808" },
        row(conn, "SELECT $1::int8::text, $2::int8::text", { cells[1], cells[2] }))
      cells = row(conn, "SELECT $1, $2, $3, 'NaN'::numeric, 'infinity'::date, '-infinity'::timestamptz",
        { math.huge, -math.huge, 0 / 0 })
      assert.same({ math.huge, -math.huge }, { cells[1], cells[2] })
      assert.is_true(cells[3] ~= cells[3])
      assert.same({ "NaN", "infinity", "-infinity" }, { cells[4], cells[5], cells[6] })
    end)

    it("keep empty text and bytes apart from NULL", function()
      assert.same({ "", "", nil, true }, row(conn, "SELECT $1::text, $2, $3::text, $3 IS NULL", { n = 3, "", "" },
        { hints = { [2] = "bytea" } }))
    end)

    it("with a NUL byte are refused as text", function()
      for _, hint in ipairs { "text", "unknown", "jsonb" } do
        local e = fails("DataError", "NUL", "SELECT $1", { "a\0b" }, { hints = { hint } })
        assert.equal("22021", e.sqlstate)
      end
      assert.same({ "a\0b" }, row(conn, "SELECT $1", { "a\0b" }, { hints = { "bytea" } }))
    end)

    local samples = {
      bool = { "t", "f" },
      int2 = { "0", "-32768" }, int4 = { "2147483647" }, int8 = { "-9223372036854775807" }, oid = { "4294967295" },
      float4 = { "0.1", "-1e-20", "Infinity", "16777216" }, float8 = { "0.1", "1e300", "-Infinity", "3" },
      text = { "", "a b", "\195\169" }, varchar = { "x" }, bpchar = { "x " }, name = { "n" }, ['"char"'] = { "c" },
      bytea = { "\\x00ff61", "" },
      json = { '{"a":  [1, null]}', "null" }, jsonb = { '{"a": [1, null]}', '"x"' },
      uuid = { "0189af3c-0000-7abc-8000-0123456789ab" },
      date = { "2020-02-29", "0001-01-01", "9999-12-31", "infinity", "-infinity", "0044-03-15 BC", "1582-10-15" },
      time = { "00:00:00", "23:59:59.999999", "12:30:00.5", "24:00:00" },
      timetz = { "12:30:00+02", "12:30:00.25-05:30", "00:00:00+00" },
      timestamp = { "2020-02-29 12:34:56.789", "1969-12-31 23:59:59.000001", "0001-01-01 00:00:00", "infinity",
        "0044-03-15 01:02:03 BC", "294276-12-31 23:59:59.999999" },
      timestamptz = { "2020-06-01 12:34:56.5+02", "2020-01-01 00:30:00+05:45", "1900-01-01 00:00:00+00", "infinity",
        "0001-01-01 00:00:00+00", "0044-03-15 01:02:03+00 BC" },
      interval = { "1 year 2 mons 3 days 04:05:06.789", "-1 years -2 mons +3 days -04:05:06", "00:00:00",
        "-00:00:01",
        "1 mon", "3 days", "-3 days +00:00:01", "1000:00:00", "1 year -00:00:00.000001" },
      numeric = { "0", "0.00", "1", "-12.50", "12345678901234567890123456789012345678", "0.000000000000000001",
        "10000", "100000000", "99999999.99990000", "NaN", "1e100", "-0.5", "Infinity" },
      ["int4[]"] = { "{}", "{1,NULL,-3}", "{{1,2},{3,4}}", "[0:1]={1,2}" },
      ["text[]"] = { '{a,"b c",NULL,"NULL","","q\\"\\\\","{}"}' },
      ["bool[]"] = { "{t,f,NULL}" }, ["float8[]"] = { "{1,2.5,NaN,-Infinity,0.1}" }, ["float4[]"] = { "{0.1,1e+20}" },
      ["numeric[]"] = { "{1.50,-2}" }, ["date[]"] = { "{2020-01-01,infinity}" },
      ["timestamp[]"] = { '{"2020-01-01 00:00:00"}' }, ["uuid[]"] = { "{0189af3c-0000-7abc-8000-0123456789ab}" },
      ["bytea[]"] = { '{"\\\\x00ff",NULL}' }, ["jsonb[]"] = { '{"{\\"a\\": 1}"}' },
      ["interval[]"] = { '{"1 day",01:00:00}' },
      inet = { "10.0.0.1/8" }, point = { "(1,2)" }, int4range = { "[1,5)" }, bit = { "1" }, xml = { "<a/>" },
    }

    it("are the same whether the wire is binary or text, in every zone and style", function()
      conn:execute("SET timezone TO 'Asia/Kathmandu'")
      for type_name, texts in pairs(samples) do
        for _, text in ipairs(texts) do
          local sql = ("SELECT %s::%s"):format("'" .. text:gsub("'", "''") .. "'", type_name)
          local binary = row(conn, sql)
          assert.same(row(conn, sql, nil, { no_prepare = true }), binary, sql)
          -- Another column that only text can carry.
          assert.same(binary[1], row(conn, sql .. ", '(1,2)'::point")[1], sql)
        end
      end
    end)

    it("print as the server prints them", function()
      conn:execute("SET timezone TO 'UTC'")
      for type_name, texts in pairs(samples) do
        for _, text in ipairs(texts) do
          local sql = ("SELECT %s::%s"):format("'" .. text:gsub("'", "''") .. "'", type_name)
          local got = row(conn, sql)[1]
          if type(got) == "string" and type_name ~= "bytea" and type_name ~= "bpchar" and type_name ~= "timetz" then
            local printed = row(conn, sql .. "::text")[1]
            if type_name == "timestamptz" then printed = printed:gsub("%+00", "+00:00") end
            assert.equal(printed, got, sql)
          end
        end
      end
    end)
  end)

  describe("statements", function()
    before_each(function() conn:execute("CREATE TEMP TABLE t (id int PRIMARY KEY, x text)") end)

    it("report rows, columns and counts", function()
      local cursor = conn:execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
      assert.same({ row_count = 2, last_row_id = 0, returns_rows = false }, cursor:summary())
      cursor:execute("SELECT id, x AS y FROM t ORDER BY id")
      assert.same({ { name = "id", type_oid = 23 }, { name = "y", type_oid = 25 } }, cursor:columns())
      assert.same({ { 1, "a" }, { 2, "b" } }, (cursor:fetchall()))
      assert.is_nil(cursor:fetchone())
      cursor:execute("SELECT id FROM t WHERE false")
      assert.is_true(cursor:summary().returns_rows)
      assert.same({}, (cursor:fetchall()))
      cursor:execute("UPDATE t SET x = 'c'")
      assert.equal(2, cursor.rowcount)
      cursor:execute("INSERT INTO t VALUES ($1, $2) RETURNING id", { 3, "z" })
      assert.equal(1, cursor.rowcount)
      assert.same({ 3 }, cursor:fetchone())
      cursor:execute("SELECT FROM t")
      assert.is_nil(cursor:fetchone())
      cursor:execute("")
      assert.is_nil(cursor:fetchone())
    end)

    it("are one at a time, unless they are a script", function()
      fails("ProgrammingError", "multiple commands", "SELECT 1; SELECT 2")
      fails("ProgrammingError", "multiple commands", "COMMIT; DROP TABLE t")
      conn:execute("INSERT INTO t VALUES (1, 'a'); SELECT * FROM t; INSERT INTO t VALUES (2, 'b')", nil,
        { script = true })
      assert.same({ 2 }, row(conn, "SELECT count(*) FROM t"))
      fails("ProgrammingError", "NUL", "SELECT 1\0")
      fails("ProgrammingError", "nope", "INSERT INTO t VALUES (7); SELECT nope; INSERT INTO t VALUES (8)", nil,
        { script = true })
      assert.same({ 2 }, row(conn, "SELECT count(*) FROM t"))
    end)

    it("need the parameters that they name", function()
      fails("ProgrammingError", "bind message supplies 1 parameters.*requires 2", "SELECT $1::int, $2::int", { 1 })
      fails("ProgrammingError", "supplies 0 parameters.*requires 1", "SELECT $1::int")
    end)

    it("are prepared once per text and parameter types, and forgotten beyond the limit", function()
      local small = open { prepared_statement_cache_size = 3 }
      for i = 1, 20 do
        for _ = 1, 2 do assert.same({ i }, row(small, "SELECT " .. i)) end
        assert.same({ "1" }, row(small, "SELECT $1::text", { "1" }))
      end
      assert.is_true(row(small, "SELECT count(*) FROM pg_prepared_statements")[1] <= 4)
      assert.equal(1, row(small, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::text'")[1])
      small:close()
      local none = open { prepared_statement_cache_size = 0 }
      assert.same({ 5, "x" }, row(none, "SELECT $1, $2::text", { 5, "x" }))
      assert.equal(2, none:execute("SELECT $1", { { 1 }, { 2 } }).rowcount)
      assert.same({ 0 }, row(none, "SELECT count(*) FROM pg_prepared_statements"))
      none:close()
    end)

    it("survive that the server forgets them", function()
      assert.same({ 1 }, row(conn, "SELECT $1", { 1 }))
      conn:execute("DEALLOCATE ALL")
      assert.same({ 2 }, row(conn, "SELECT $1", { 2 }))
      conn:execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
      assert.same({ 3 }, row(conn, "SELECT $1", { 3 }))
      conn:execute("DISCARD ALL")
      assert.same({ 4 }, row(conn, "SELECT $1", { 4 }))
    end)

    it("follow a change of the schema", function()
      conn:execute("INSERT INTO t VALUES (1, 'a')")
      assert.same({ 1, "a" }, row(conn, "SELECT * FROM t"))
      conn:execute("ALTER TABLE t ADD COLUMN z int DEFAULT 7")
      assert.same({ 1, "a", 7 }, row(conn, "SELECT * FROM t"))
      conn:execute("BEGIN")
      conn:execute("ALTER TABLE t DROP COLUMN z")
      assert.same({ 1, "a" }, row(conn, "SELECT * FROM t"))
      conn:rollback()
      assert.same({ 1, "a", 7 }, row(conn, "SELECT * FROM t"))
    end)

    it("follow a change by somebody else, unless a transaction was hurt", function()
      local other = open()
      local function run(...)
        for _, command in ipairs { ... } do conn:execute(command) end
      end
      run("DROP TABLE IF EXISTS shared_t", "CREATE TABLE shared_t (a int)", "INSERT INTO shared_t VALUES (1)")
      assert.same({ 1 }, row(conn, "SELECT * FROM shared_t"))
      other:execute("ALTER TABLE shared_t ADD COLUMN b int DEFAULT 2")
      assert.same({ 1, 2 }, row(conn, "SELECT * FROM shared_t"))
      other:execute("ALTER TABLE shared_t ADD COLUMN c int DEFAULT 3")
      conn:execute("BEGIN")
      local e = fails("NotSupportedError", "cached plan", "SELECT * FROM shared_t")
      assert.equal("0A000", e.sqlstate)
      conn:rollback()
      assert.same({ 1, 2, 3 }, row(conn, "SELECT * FROM shared_t"))
      run("BEGIN", "DROP TABLE shared_t", "CREATE TABLE shared_t (d text)", "INSERT INTO shared_t VALUES ('x')")
      assert.same({ "x" }, row(conn, "SELECT * FROM shared_t"))
      conn:rollback()
      assert.same({ 1, 2, 3 }, row(conn, "SELECT * FROM shared_t"))
      conn:execute("DROP TABLE shared_t")
      other:close()
    end)

    it("may overlap: the rest of the older result is kept", function()
      local a = conn:cursor()
      local step = a:start("SELECT i FROM generate_series(1, 5000) i", nil, { stream = true })
      while step ~= "rows" do
        core.poll(conn:fd(), step, 10)
        step = a:step()
      end
      assert.same({ 1 }, a:fetchone())
      assert.same({ "x" }, row(conn, "SELECT 'x'"))
      local b = conn:execute("SELECT 'y' UNION ALL SELECT 'z'")
      local sum = 1
      for _, r in ipairs(rawconn.drain(conn, a, "rows")) do sum = sum + r[1] end
      assert.equal(5000 * 5001 / 2, sum)
      assert.same({ { "y" }, { "z" } }, (b:fetchall()))
    end)

    it("tell the error of a kept result to its own cursor", function()
      local a = conn:cursor()
      local step = a:start("SELECT 10 / (5000 - i) FROM generate_series(1, 6000) i", nil, { stream = true })
      while step ~= "rows" do
        core.poll(conn:fd(), step, 10)
        step = a:step()
      end
      assert.same({ 1 }, row(conn, "SELECT 1"))
      raises_exc("DataError", function() rawconn.drain(conn, a, "rows") end, "division by zero")
      assert.same({ 1 }, row(conn, "SELECT 1"))
    end)

    it("may be given up in the middle", function()
      for _, sql in ipairs { "SELECT i FROM generate_series(1, 100000) i", "SELECT pg_sleep(0.05)", "SELECT nope" } do
        local a = conn:cursor()
        a:start(sql, nil, { stream = true })
        a:close()
        assert.same({ 1 }, row(conn, "SELECT 1"))
      end
      local rows = {}
      for i = 1, 20000 do rows[i] = { i, ("x"):rep(100) } end
      local a = conn:cursor()
      a:start("INSERT INTO t VALUES ($1, $2)", rows)
      a:start("SELECT 1", nil)
      a:close()
      assert.same({ 2 }, row(conn, "SELECT 2"))
    end)

    it("stream any number of rows in constant memory", function()
      local cursor = conn:cursor()
      local step = cursor:start("SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i", nil, { stream = true })
      collectgarbage()
      local before, count, sum = resources.rss(), 0, 0
      while step ~= "done" do
        if step == "rows" then
          local r = cursor:fetchone()
          while r do
            count, sum = count + 1, sum + r[1]
            if count % 20000 == 0 then collectgarbage() end
            r = cursor:fetchone()
          end
        else
          core.poll(conn:fd(), step, 10)
        end
        step = cursor:step()
      end
      assert.equal(200000, count)
      assert.equal(200000 * 200001 / 2, sum)
      assert.equal(200000, cursor.rowcount)
      assert.is_true(resources.rss() - before < 8000)
    end)
  end)

  describe("executemany", function()
    before_each(function() conn:execute("CREATE TEMP TABLE t (id int PRIMARY KEY, x text)") end)

    local function rows_of(n)
      local rows = {}
      for i = 1, n do rows[i] = { i, ("v%d "):format(i):rep(50) } end
      return rows
    end

    it("goes through one pipeline", function()
      assert.equal(10000, conn:execute("INSERT INTO t VALUES ($1, $2)", rows_of(10000)).rowcount)
      assert.same({ 10000, 10000 }, row(conn, "SELECT count(*), max(id) FROM t"))
      local cursor = conn:execute("UPDATE t SET x = $2 WHERE id = $1 RETURNING id, x", rows_of(10000))
      assert.equal(10000, cursor.rowcount)
      local all = cursor:fetchall()
      assert.equal(10000, #all)
      assert.same({ 9999, ("v9999 "):rep(50) }, all[9999])
    end)

    it("reports the first error and leaves the connection sound", function()
      local rows = rows_of(10000)
      rows[5000] = { 17, "again" }
      rows[7000] = { 18, "again" }
      local e = fails("IntegrityError", "Key %(id%)=%(17%) already exists", "INSERT INTO t VALUES ($1, $2)", rows)
      assert.equal("23505", e.sqlstate)
      assert.equal("idle", conn:tx_status())
      assert.same({ 0 }, row(conn, "SELECT count(*) FROM t"))
      conn:execute("BEGIN")
      fails("IntegrityError", "17", "INSERT INTO t VALUES ($1, $2)", rows)
      assert.equal("failed", conn:tx_status())
      conn:rollback()
      assert.equal("idle", conn:tx_status())
      rows[9000] = { 9000, "nul\0" }
      rows[5000], rows[7000] = { 5000, "" }, { 7000, "" }
      fails("DataError", "NUL", "INSERT INTO t VALUES ($1, $2)", rows)
      assert.same({ 0 }, row(conn, "SELECT count(*) FROM t"))
    end)

    it("finds one type for a column of mixed values", function()
      conn:execute("CREATE TEMP TABLE m (a numeric, b text)")
      conn:execute("INSERT INTO m VALUES ($1, $2)",
        { { 1, nil, n = 2 }, { 2.5, "x" }, { nil, nil, n = 2 }, { "7.50", 5 } })
      local cursor = conn:execute("SELECT a, b FROM m ORDER BY a NULLS LAST")
      assert.same({ { "1" }, { "2.5", "x" }, { "7.50", "5" }, {} }, (cursor:fetchall()))
      conn:execute("INSERT INTO t VALUES ($1, $2)", { { 1, "a" }, { 2, "b" } }, { hints = { "int4", "text" } })
    end)

    it("does not deadlock on large answers", function()
      local rows = {}
      for i = 1, 300 do rows[i] = { ("y"):rep(20000) } end
      local cursor = conn:execute("SELECT $1::text || $1::text", rows)
      local all = cursor:fetchall()
      assert.equal(300, #all)
      assert.equal(40000, #all[300][1])
    end)
  end)

  describe("errors", function()
    it("are classed by SQLSTATE, with the server's words", function()
      conn:execute("CREATE TEMP TABLE t (id int PRIMARY KEY, n int NOT NULL, c int CHECK (c > 0), CHECK (n < 100))")
      conn:execute("INSERT INTO t VALUES (1, 1, 1)")
      local e = fails("IntegrityError", "^duplicate key value violates unique", "INSERT INTO t VALUES (1, 1, 1)")
      assert.equal("23505", e.sqlstate)
      assert.matches("DETAIL:  Key %(id%)=%(1%) already exists%.$", e.message)
      fails("IntegrityError", "null value in column", "INSERT INTO t VALUES (2, NULL, 1)")
      fails("IntegrityError", "check constraint", "INSERT INTO t VALUES (2, 1, 0)")
      assert.equal("22012", fails("DataError", "division by zero", "SELECT 1 / 0").sqlstate)
      fails("DataError", "invalid input syntax", "SELECT $1::int", { "abc" })
      fails("DataError", "out of range", "SELECT $1::int4", { 2 ^ 40 })
      assert.equal("42P01", fails("ProgrammingError", 'relation "nope" does not exist', "SELECT * FROM nope").sqlstate)
      fails("ProgrammingError", "syntax error.*\n.*LINE 1", "SELEC 1")
      fails("ProgrammingError", "unrecognized", "SET search_path_ TO x")
      fails("NotSupportedError", "COPY", "COPY t FROM STDIN")
      fails("NotSupportedError", "COPY", "COPY (SELECT generate_series(1, 10000)) TO STDOUT")
      fails("InternalError", "mine", "DO $$ BEGIN RAISE EXCEPTION 'mine'; END $$")
      fails("OperationalError", "statement timeout", "SET statement_timeout = 20; SELECT pg_sleep(5)", nil,
        { script = true })
      assert.is_nil(e.connection_invalidated)
      assert.same({ 1 }, row(conn, "SELECT 1"))
    end)

    it("fail the transaction until it is rolled back", function()
      conn:execute("BEGIN")
      assert.equal("open", conn:tx_status())
      fails("ProgrammingError", "nope", "SELECT nope")
      assert.equal("failed", conn:tx_status())
      fails("InternalError", "current transaction is aborted", "SELECT 1")
      conn:execute("ROLLBACK")
      assert.equal("idle", conn:tx_status())
    end)

    it("come in the middle of a stream", function()
      local cursor = conn:cursor()
      local step = cursor:start("SELECT 1 / (900 - i) FROM generate_series(1, 1000) i", nil, { stream = true })
      raises_exc("DataError", function() rawconn.drain(conn, cursor, step) end, "division by zero")
      assert.same({ 1 }, row(conn, "SELECT 1"))
    end)

    it("come from cancelling, and the connection lives on", function()
      local cursor = conn:cursor()
      local step = cursor:start("SELECT pg_sleep(30)")
      nap(conn, 0.05)
      conn:cancel()
      local e = raises_exc("OperationalError", function() rawconn.drain(conn, cursor, step) end, "canceling statement")
      assert.equal("57014", e.sqlstate)
      assert.is_nil(e.connection_invalidated)
      assert.same({ 1 }, row(conn, "SELECT 1"))
    end)

    local function kill(victim)
      local other = open()
      local pid = row(victim, "SELECT pg_backend_pid()")[1]
      return function()
        assert.same({ true }, row(other, "SELECT pg_terminate_backend($1)", { pid }, { hints = { "int4" } }))
        for _ = 1, 200 do
          if row(other, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", { pid }, { hints = { "int4" } })[1] == 0
          then break end
          nap(other, 0.01)
        end
        other:close()
      end
    end

    it("say that the connection is gone: killed between statements", function()
      kill(conn)()
      local e = fails("OperationalError", "terminating connection", "SELECT 1")
      assert.is_true(e.connection_invalidated)
      assert.equal("57P01", e.sqlstate)
      assert.equal("unknown", conn:tx_status())
      e = fails("OperationalError", nil, "SELECT 1")
      assert.is_true(e.connection_invalidated)
    end)

    it("say that the connection is gone: killed in a statement, a stream, a batch", function()
      for _, case in ipairs {
        { "SELECT pg_sleep(30)" },
        { "SELECT i, pg_sleep(0.001) FROM generate_series(1, 100000) i", nil, { stream = true } },
        { "SELECT $1, pg_sleep(10)", { { 1 }, { 2 } } },
      } do
        local victim = open()
        local finish = kill(victim)
        local cursor = victim:cursor()
        local step = cursor:start(case[1], case[2], case[3])
        nap(victim, 0.02)
        if step ~= "rows" then step = cursor:step() end
        finish()
        local e = raises_exc("OperationalError", function() rawconn.drain(victim, cursor, step) end, "terminating")
        assert.is_true(e.connection_invalidated)
        cursor:close()
        raises_exc("OperationalError", function() victim:execute("SELECT 1") end)
        victim:close()
      end
    end)

    it("come from connecting, without the password", function()
      local function refused(options, pattern)
        options.password = "s3cret-word"
        local e = raises_exc("OperationalError", function() open(options) end, pattern)
        assert.is_nil(tostring(e):find("s3cret", 1, true))
      end
      refused({ dbname = "no_such_database" }, "no_such_database")
      refused({ user = "nobody_here" }, "nobody_here")
      refused({ host = "/no/such/directory" }, "No such file or directory")
      refused({ host = "127.0.0.1", port = 1 }, "refused")
      raises_exc("OperationalError", function() open { port = "abc" } end, "port")
      raises_exc("ArgumentError", function() open { sslmod = "require" } end, "sslmod.*sslmode")
      raises_exc("ArgumentError", function() open { prepared_statement_cache_size = "many" } end, "many")
    end)
  end)

  it("hands out notices after the step that brought them", function()
    local got = {}
    conn:on_notice(function(severity, message) got[#got + 1] = severity .. ": " .. message end)
    conn:execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
    assert.same({ "NOTICE: one", "WARNING: two" }, got)
    conn:on_notice(nil)
    conn:execute("DO $$ BEGIN RAISE NOTICE 'three'; END $$")
    assert.same({ { severity = "NOTICE", message = "three" } }, conn:notices())
    assert.same({}, conn:notices())
  end)

  it("goes through a list of hosts and keeps its descriptor's number", function()
    local options = rawconn.postgresql_options()
    local raw = core.dbconn_open(require "alchemoon.driver.postgresql",
      { user = options.user, dbname = options.dbname, host = "/nowhere,127.0.0.1," .. options.host, port = "1,1,5432" })
    local fd, step = raw:fd(), raw:connect()
    while step ~= "done" do
      if raw:fd() >= 0 then core.poll(raw:fd(), step, 5) end
      step = raw:connect()
      if fd < 0 then fd = raw:fd() end
      assert.equal(fd, raw:fd())
    end
    assert.same({ 1 }, row(raw, "SELECT 1"))
    raw:close()
  end)

  it("sets the styles that it reads", function()
    local odd = open { options = "-c datestyle=German -c intervalstyle=iso_8601 -c bytea_output=escape" }
    local sql = "SELECT '2020-01-02'::date, '1 day'::interval, '\\x00ff'::bytea"
    assert.same({ "2020-01-02", "1 day", "\0\255" }, row(odd, sql))
    assert.same({ "2020-01-02", "1 day", "\0\255" }, row(odd, sql, nil, { no_prepare = true }))
    odd:close()
  end)

  it("leaves the parent's connection alone in a forked child", function()
    local has_ffi, ffi = pcall(require, "ffi")
    if not has_ffi then return end -- plain Lua cannot fork
    pcall(ffi.cdef, "int fork(void); int waitpid(int, int *, int); void _exit(int);")
    local function in_child(fn)
      local pid = ffi.C.fork()
      if pid == 0 then
        local ok = pcall(fn)
        ffi.C._exit(ok and 0 or 1)
      end
      local status = ffi.new("int[1]")
      ffi.C.waitpid(pid, status, 0)
      assert.equal(0, status[0])
    end
    local cursor = conn:cursor()
    local step = cursor:start("SELECT i FROM generate_series(1, 20000) i", nil, { stream = true })
    while step ~= "rows" do
      core.poll(conn:fd(), step, 10)
      step = cursor:step()
    end
    in_child(function() conn:close() end)
    assert.equal(20000, #rawconn.drain(conn, cursor, "rows"))
    in_child(function()
      cursor:close()
      conn:close()
    end)
    assert.same({ 1 }, row(conn, "SELECT 1"))
  end)

  it("closes in any order, twice", function()
    local other = open()
    local cursor = other:execute("SELECT 1")
    other:close()
    other:close()
    cursor:close()
    assert.is_true(cursor:closed())
    assert.equal("unknown", other:tx_status())
    raises_exc("InterfaceError", function() other:execute("SELECT 1") end, "closed")
  end)

  it("survives every failing allocation", function()
    faults.every_fault(function()
      local one = open { prepared_statement_cache_size = 2 }
      one:execute("CREATE TEMP TABLE IF NOT EXISTS t (id int, x text, d date)")
      one:execute("INSERT INTO t VALUES ($1, $2, $3)", { { 1, "a", "2020-01-01" }, { 2, "b", "2020-01-02" } })
      one:execute("INSERT INTO t VALUES (3, 'c', NULL) RETURNING *"):fetchall()
      local cursor = one:cursor()
      local step = cursor:start("SELECT *, ARRAY[id] FROM t WHERE id > $1", { 0 }, { stream = true })
      one:execute("SELECT 1.5, $1, '\\x00'::bytea", { "x" }, { no_prepare = true, hints = { "text" } }):fetchall()
      if step ~= "rows" then step = cursor:step() end -- what it waited for came to the other one
      rawconn.drain(one, cursor, step)
      one:execute("UPDATE t SET x = $1 RETURNING x", { { "p" }, { "q" } }):fetchall()
      pcall(one.execute, one, "SELECT nope")
      one:close()
    end, { dense = 60 })
  end)
end)
