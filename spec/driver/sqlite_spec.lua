-- The driver for SQLite, without an engine.
local core = require "alchemoon.core"
local faults = require "support.faults"
local int64 = require "alchemoon.int64"
local lfs = require "lfs"
local raises_exc = require("support.init").raises_exc
local rawconn = require "support.rawconn"
local resources = require "support.resources"

local path

local function open(options)
  options = options or {}
  options.database = options.database or ":memory:"
  return rawconn.open("sqlite", options)
end

local function file_conn(options)
  options = options or {}
  options.database = path
  return open(options)
end

describe("driver.sqlite", function()
  before_each(function() path = os.tmpname() end)
  after_each(function()
    collectgarbage()
    for _, suffix in ipairs { "", "-journal", "-wal", "-shm" } do os.remove(path .. suffix) end
  end)

  describe("values", function()
    it("come back as they went in, every cell class", function()
      local conn = open()
      local all_bytes = {}
      for i = 0, 255 do all_bytes[i + 1] = string.char(i) end
      all_bytes = table.concat(all_bytes)
      local row = rawconn.row(conn, "SELECT ?, ?, ?, ?, ?, ?, ?",
        { n = 7, 42, 2.5, "te\0xt", all_bytes, true, "12.50", nil },
        { hints = { [4] = "bytea", [6] = "numeric" } })
      assert.same({ 42, 2.5, "te\0xt", all_bytes, 1, "12.50", nil }, row)
      row = rawconn.row(conn, "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)",
        { n = 7, 42, 2.5, "te\0xt", all_bytes, true, "12.50", nil },
        { hints = { [4] = "bytea", [6] = "numeric" } })
      assert.same({ "integer", "real", "text", "blob", "integer", "text", "null" }, row)
    end)

    it("keep empty text and empty blobs apart from NULL", function()
      local row = rawconn.row(open(), "SELECT typeof(?1), ?1, typeof(?2), ?2, typeof(?3)", { n = 3, "", "" },
        { hints = { [2] = "bytea" } })
      assert.same({ "text", "", "blob", "", "null" }, row)
    end)

    it("keep NUL bytes in stored text", function()
      local conn = open()
      conn:execute("CREATE TABLE t (x TEXT)")
      conn:execute("INSERT INTO t VALUES (?)", { "a\0b\0" })
      assert.same({ "a\0b\0" }, rawconn.row(conn, "SELECT x FROM t"))
    end)

    it("hold the largest and smallest integer", function()
      local conn = open()
      local row = rawconn.row(conn, "SELECT CAST('9223372036854775807' AS INTEGER), -9223372036854775807 - 1")
      assert.equal("9223372036854775807", int64.int64_tostring(row[1]))
      assert.equal("-9223372036854775808", int64.int64_tostring(row[2]))
      row = rawconn.row(conn, "SELECT CAST(? AS TEXT), CAST(? AS TEXT), typeof(?3)", { row[1], row[2], row[2] })
      assert.same({ "9223372036854775807", "-9223372036854775808", "integer" }, row)
    end)

    it("hold infinities; NaN becomes NULL, as SQLite has none", function()
      local row = rawconn.row(open(), "SELECT ?, ?, ?", { math.huge, -math.huge, 0 / 0 })
      assert.same({ math.huge, -math.huge, nil }, row)
    end)

    it("are refused when they have no form", function()
      local conn = open()
      raises_exc("ProgrammingError", function() conn:execute("SELECT ?", { print }) end, "function")
      raises_exc("ProgrammingError", function() conn:execute("SELECT ?, ?", { 1, {} }) end, "table")
      local value = setmetatable({}, { __tostring = function() return "1.10" end })
      assert.same({ "1.10" }, rawconn.row(conn, "SELECT ?", { value }))
    end)
  end)

  describe("parameters", function()
    it("are positional in every spelling", function()
      local conn = open()
      assert.same({ 1, 2 }, rawconn.row(conn, "SELECT ?, ?", { 1, 2 }))
      assert.same({ 2, 1, 2 }, rawconn.row(conn, "SELECT ?2, ?1, ?2", { 1, 2 }))
      assert.same({ 1, 2, 1 }, rawconn.row(conn, "SELECT :a, :b, :a", { 1, 2 }))
    end)

    it("must be as many as the statement takes", function()
      local conn = open()
      local e = raises_exc("ProgrammingError", function() conn:execute("SELECT ?, ?", { 1 }) end)
      assert.matches("2", e.message)
      assert.matches("1", e.message)
      raises_exc("ProgrammingError", function() conn:execute("SELECT 1", { 1 }) end)
      raises_exc("ProgrammingError", function() conn:execute("SELECT ?") end)
    end)
  end)

  describe("statements", function()
    it("report rows, columns, counts and keys", function()
      local conn = open()
      local cursor = conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20))")
      assert.same({ row_count = -1, last_row_id = 0, returns_rows = false }, cursor:summary())
      cursor:execute("INSERT INTO t (name) VALUES ('a'), ('b')")
      assert.equal(2, cursor.rowcount)
      assert.equal(2, cursor.lastrowid)
      cursor:execute("UPDATE t SET name = 'c' WHERE id = 7")
      assert.equal(0, cursor.rowcount)
      cursor:execute("SELECT id, name AS n, 1 FROM t ORDER BY id")
      assert.same({ { name = "id", type_oid = 0, decl_type = "INTEGER" },
        { name = "n", type_oid = 0, decl_type = "VARCHAR(20)" }, { name = "1", type_oid = 0 } }, cursor:columns())
      assert.same({ { "id" }, { "n" }, { "1" } }, cursor.description)
      assert.same({ { 1, "a", 1 }, { 2, "b", 1 } }, (cursor:fetchall()))
      assert.is_nil(cursor:fetchone())
      assert.equal(-1, cursor.rowcount)
      cursor:execute("SELECT id FROM t WHERE 0")
      assert.is_true(cursor:summary().returns_rows)
      assert.equal(1, #cursor:columns())
      cursor:execute("WITH x AS (SELECT 1) DELETE FROM t")
      assert.equal(2, cursor.rowcount)
    end)

    it("run once per row of parameters", function()
      local conn = open()
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      local rows = {}
      for i = 1, 10000 do rows[i] = { i, "v" .. i } end
      assert.equal(10000, conn:execute("INSERT INTO t VALUES (?, ?)", rows).rowcount)
      assert.same({ 10000, 10000 }, rawconn.row(conn, "SELECT count(*), count(DISTINCT x) FROM t"))
      rows[5001] = { 1, "again" }
      raises_exc("IntegrityError", function() conn:execute("UPDATE t SET id = ?, x = ? WHERE id = 2", rows) end)
      raises_exc("ProgrammingError", function() conn:execute("SELECT ?", { { 1 }, { 2 } }) end)
      raises_exc("ProgrammingError", function() conn:execute("INSERT INTO t VALUES (?, ?)", { { 1, 2 }, { 3 } }) end)
    end)

    it("return what RETURNING says, and have run before it is fetched", function()
      local conn = open()
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      conn:execute("BEGIN")
      local cursor = conn:execute("INSERT INTO t (x) VALUES (?), (?) RETURNING id, x", { "a", "b" })
      assert.equal(2, cursor.rowcount)
      conn:execute("COMMIT")
      assert.same({ { 1, "a" }, { 2, "b" } }, (cursor:fetchall()))
      cursor = conn:execute("INSERT INTO t (x) VALUES (?) RETURNING id", { { "c" }, { "d" } })
      assert.same({ { 3 }, { 4 } }, (cursor:fetchall()))
    end)

    it("are one at a time, unless they are a script", function()
      local conn = open()
      raises_exc("ProgrammingError", function() conn:execute("SELECT 1; SELECT 2") end, "one statement at a time")
      assert.same({ 1 }, rawconn.row(conn, "SELECT 1 ; -- that is all\n/* really */ ;"))
      raises_exc("ProgrammingError", function() conn:execute("SELECT 1\0") end, "NUL")
      assert.same({}, (conn:execute(" -- nothing"):fetchall()))
      conn:execute("CREATE TABLE a (x); INSERT INTO a VALUES (1); SELECT * FROM a; CREATE TABLE b (x);", nil,
        { script = true })
      assert.same({ 2 }, rawconn.row(conn, "SELECT count(*) FROM sqlite_master"))
      raises_exc("OperationalError", function()
        conn:execute("CREATE TABLE c (x); CREATE TABLE c (x); CREATE TABLE d (x)", nil, { script = true })
      end, "already exists")
      assert.same({ 3 }, rawconn.row(conn, "SELECT count(*) FROM sqlite_master"))
    end)

    it("follow a change of the schema", function()
      local conn = open { cached_statements = 10 }
      conn:execute("CREATE TABLE t (a)")
      conn:execute("INSERT INTO t VALUES (1)")
      assert.same({ 1 }, rawconn.row(conn, "SELECT * FROM t"))
      conn:execute("ALTER TABLE t ADD COLUMN b DEFAULT 2")
      local cursor = conn:execute("SELECT * FROM t")
      assert.same({ 1, 2 }, cursor:fetchone())
      assert.same({ { "a" }, { "b" } }, cursor.description)
    end)

    it("may be the same text on several cursors at once", function()
      for _, kept in ipairs { 0, 1, 100 } do
        local conn = open { cached_statements = kept }
        local sql = "SELECT ?1 UNION ALL SELECT ?1 + 1"
        local a, b = conn:execute(sql, { 1 }), conn:execute(sql, { 5 })
        assert.same({ 1 }, a:fetchone())
        assert.same({ 5 }, b:fetchone())
        assert.same({ 2 }, a:fetchone())
        assert.same({ 6 }, b:fetchone())
        assert.is_nil(a:fetchone())
        for i = 1, 20 do assert.same({ i }, rawconn.row(conn, "SELECT " .. i)) end
        conn:close()
      end
    end)

    it("leave open results as they were when something changes", function()
      local conn = open()
      conn:execute("CREATE TABLE t (x)")
      conn:execute("INSERT INTO t VALUES (1), (2), (3)")
      conn:execute("BEGIN")
      local cursor = conn:execute("SELECT x FROM t ORDER BY x")
      assert.same({ 1 }, cursor:fetchone())
      conn:execute("DELETE FROM t")
      conn:execute("COMMIT")
      conn:execute("DROP TABLE t")
      assert.same({ 2 }, cursor:fetchone())
      assert.same({ 3 }, cursor:fetchone())
      assert.is_nil(cursor:fetchone())
      assert.equal("idle", conn:tx_status())
    end)

    it("stream any number of rows in constant memory", function()
      local conn = open()
      local cursor = conn:cursor()
      local sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) " ..
        "SELECT i, 'x' || i FROM n"
      local step, count, sum = cursor:start(sql, nil, { stream = true }), 0, 0
      collectgarbage()
      local before = resources.rss()
      while step == "rows" do
        local row = cursor:fetchone()
        if row then count, sum = count + 1, sum + row[1]
        else step = cursor:step() end
        if count % 20000 == 0 then collectgarbage() end
      end
      assert.equal("done", step)
      assert.equal(200000, count)
      assert.equal(200000 * 200001 / 2, sum)
      assert.is_true(resources.rss() - before < 8000)
    end)
  end)

  describe("transactions", function()
    it("are told by the status and never begun by the driver", function()
      local conn = file_conn()
      assert.equal("idle", conn:tx_status())
      conn:execute("CREATE TABLE t (x)")
      conn:execute("BEGIN")
      assert.equal("open", conn:tx_status())
      conn:execute("INSERT INTO t VALUES (1)")
      conn:execute("SAVEPOINT a")
      conn:execute("INSERT INTO t VALUES (2)")
      conn:execute("ROLLBACK TO a")
      conn:execute("RELEASE a")
      conn:commit()
      assert.equal("idle", conn:tx_status())
      assert.same({ 1 }, rawconn.row(file_conn(), "SELECT count(*) FROM t"))
      conn:execute("BEGIN")
      conn:execute("DELETE FROM t")
      conn:rollback()
      conn:commit() -- nothing open: nothing to do
      assert.same({ 1 }, rawconn.row(conn, "SELECT count(*) FROM t"))
    end)
  end)

  describe("errors", function()
    local conn
    before_each(function()
      conn = open { foreign_keys = "on" }
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL DEFAULT 0, c CHECK (c > 0))")
      conn:execute("CREATE TABLE child (t_id REFERENCES t (id))")
      conn:execute("INSERT INTO t (id, u) VALUES (1, 'x')")
    end)

    local function fails(class, pattern, sql, params)
      return raises_exc(class, function() conn:execute(sql, params) end, pattern)
    end

    it("have SQLite's message and the class that Python gives them", function()
      local e = fails("IntegrityError", "UNIQUE constraint failed: t%.u", "INSERT INTO t (u) VALUES ('x')")
      assert.equal(2067, e.code)
      fails("IntegrityError", "UNIQUE constraint failed: t%.id", "INSERT INTO t (id) VALUES (1)")
      fails("IntegrityError", "NOT NULL constraint failed: t%.n", "INSERT INTO t (n) VALUES (NULL)")
      fails("IntegrityError", "CHECK constraint failed", "INSERT INTO t (c) VALUES (-1)")
      fails("IntegrityError", "FOREIGN KEY constraint failed", "INSERT INTO child VALUES (77)")
      fails("IntegrityError", "datatype mismatch", "INSERT INTO t (id) VALUES ('abc')")
      fails("OperationalError", "no such table: nope", "SELECT * FROM nope")
      fails("OperationalError", "no such column: nope", "SELECT nope FROM t")
      fails("OperationalError", "syntax error", "SELEC 1")
      fails("DataError", "too big", "SELECT zeroblob(2000000000)")
      fails("OperationalError", "invalid regular expression", "SELECT 'a' REGEXP '('")
      assert.equal("idle", conn:tx_status())
    end)

    it("leave the connection and its statements usable", function()
      for _ = 1, 3 do
        fails("IntegrityError", "UNIQUE", "INSERT INTO t (u) VALUES (?)", { "x" })
        assert.equal(1, conn:execute("INSERT INTO t (u) VALUES (?)", { os.tmpname() }).rowcount)
      end
    end)

    it("come from a read-only database", function()
      file_conn():execute("CREATE TABLE t (x)")
      local reader = file_conn { mode = "ro" }
      raises_exc("OperationalError", function() reader:execute("INSERT INTO t VALUES (1)") end, "readonly")
      assert.same({ 0 }, rawconn.row(reader, "SELECT count(*) FROM t"))
    end)

    it("come from a locked file, after the timeout", function()
      local one, two = file_conn(), file_conn { timeout = 0.05 }
      one:execute("CREATE TABLE t (x)")
      one:execute("BEGIN EXCLUSIVE")
      local e = raises_exc("OperationalError", function() two:execute("INSERT INTO t VALUES (1)") end, "locked")
      assert.equal(5, e.code % 256)
      one:execute("COMMIT")
      two:execute("INSERT INTO t VALUES (1)")
    end)

    it("come from files that are no databases, are damaged or cannot be opened", function()
      raises_exc("OperationalError", function() open { database = "/no/such/directory/x.db" } end,
        "unable to open database file")
      local file = assert(io.open(path, "wb"))
      file:write(("this is no database "):rep(100))
      file:close()
      raises_exc("DatabaseError", function() file_conn():execute("SELECT * FROM t") end, "not a database")
      os.remove(path)

      local writer = file_conn { page_size = 1024 }
      writer:execute("CREATE TABLE t (x)")
      local rows = {}
      for i = 1, 2000 do rows[i] = { ("x"):rep(50) .. i } end
      writer:execute("BEGIN")
      writer:execute("INSERT INTO t VALUES (?)", rows)
      writer:execute("COMMIT")
      writer:close()
      file = assert(io.open(path, "r+b"))
      file:seek("set", 1024)
      file:write(("\255"):rep(20000))
      file:close()
      raises_exc("DatabaseError", function() file_conn():execute("SELECT * FROM t"):fetchall() end, "malformed")
    end)

    it("come from a full disk", function()
      local small = file_conn { page_size = 1024, max_page_count = 10 }
      small:execute("CREATE TABLE t (x)")
      raises_exc("OperationalError", function() small:execute("INSERT INTO t VALUES (zeroblob(100000))") end, "full")
      assert.same({ 0 }, rawconn.row(small, "SELECT count(*) FROM t"))
    end)

    it("come from a cancelled statement", function()
      local cursor = conn:execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
      assert.same({ 1 }, cursor:fetchone())
      conn:cancel()
      raises_exc("OperationalError", function() cursor:fetchone() end, "interrupted")
      assert.is_nil(cursor:fetchone())
      assert.same({ 1 }, rawconn.row(conn, "SELECT 1"))
    end)

    it("come from closed things", function()
      local cursor = conn:execute("SELECT 1 UNION SELECT 2")
      cursor:close()
      cursor:close()
      raises_exc("InterfaceError", function() cursor:fetchone() end, "closed")
      cursor = conn:execute("SELECT 1 UNION SELECT 2")
      conn:close()
      conn:close()
      assert.is_true(conn:closed())
      assert.is_true(cursor:closed())
      raises_exc("InterfaceError", function() conn:cursor() end, "closed")
      raises_exc("InterfaceError", function() cursor:execute("SELECT 1") end, "closed")
    end)
  end)

  describe("options", function()
    it("become pragmas", function()
      local conn = file_conn { ["pragma.journal_mode"] = "wal", synchronous = "off", cache_size = -500 }
      assert.same({ "wal" }, rawconn.row(conn, "PRAGMA journal_mode"))
      assert.same({ 0 }, rawconn.row(conn, "PRAGMA synchronous"))
      assert.same({ -500 }, rawconn.row(conn, "PRAGMA cache_size"))
    end)

    it("with a value that the pragma does not know are refused with what it takes", function()
      raises_exc("ArgumentError", function() open { journal_mode = "wall" } end,
        "pragma journal_mode: 'wall' is no value for it; give one of delete, truncate, persist, memory, wal, off")
      raises_exc("ArgumentError", function() open { ["pragma.foreign_keys"] = "maybe" } end,
        "pragma foreign_keys: 'maybe'")
      raises_exc("ArgumentError", function() open { cache_size = "many" } end,
        "pragma cache_size: 'many' is no value for it; give a whole number")
      assert.same({ 1 }, rawconn.row(file_conn { foreign_keys = true }, "PRAGMA foreign_keys"))
      assert.same({ 2 }, rawconn.row(file_conn { synchronous = "FULL" }, "PRAGMA synchronous"))
    end)

    it("cannot smuggle statements in", function()
      local conn = file_conn { ["pragma.analysis_limit"] = "1'; CREATE TABLE evil (x); --" }
      assert.same({ 0 }, rawconn.row(conn, "SELECT count(*) FROM sqlite_master"))
      raises_exc("ArgumentError", function() open { ["pragma.x; DROP"] = 1 } end)
    end)

    it("reach the URI, whatever the path's characters", function()
      local odd = path .. " %41?#&'"
      local conn = open { database = odd, mode = "rwc" }
      conn:execute("CREATE TABLE t (x)")
      conn:close()
      assert.equal("file", lfs.attributes(odd, "mode"))
      conn = open { database = odd, immutable = 1 }
      assert.same({ 0 }, rawconn.row(conn, "SELECT count(*) FROM t"))
      raises_exc("OperationalError", function() open { database = odd .. "x", mode = "rw" } end, "unable to open")
      os.remove(odd)
      open({ database = "file:" .. path .. "?mode=ro", uri = true, cache = "private" }):close()
      local a = open { database = "file:shared1?mode=memory&cache=shared", uri = "true" }
      local b = open { database = "file:shared1?mode=memory", uri = "true", cache = "shared" }
      a:execute("CREATE TABLE t (x)")
      assert.same({ 0 }, rawconn.row(b, "SELECT count(*) FROM t"))
    end)

    it("are refused by name when unknown, and when the value is wrong", function()
      raises_exc("ArgumentError", function() open { timeuot = 1 } end, "timeuot.*timeout")
      raises_exc("ArgumentError", function() open { timeout = "soon" } end, "timeout.*soon")
      raises_exc("ArgumentError", function() open { uri = "perhaps" } end, "uri.*perhaps")
      raises_exc("ArgumentError", function() open { timeout = {} } end, "timeout")
      raises_exc("ArgumentError", function() core.dbconn_open("sqlite", {}) end)
      open({ check_same_thread = false, detect_types = 0, isolation_level = "DEFERRED" }):close()
    end)
  end)

  it("has the mathematical functions that a library may lack", function()
    assert.same({ 2, -3 }, rawconn.row(open(), "SELECT floor(2.5), floor(-2.5)"))
  end)

  it("leaks nothing", function()
    resources.assert_no_growth(function()
      local conn = open()
      conn:execute("CREATE TABLE t (x)")
      conn:execute("INSERT INTO t VALUES (?)", { { 1 }, { 2 } })
      local cursor = conn:execute("SELECT * FROM t")
      cursor:fetchone()
      pcall(conn.execute, conn, "nonsense")
      conn:close()
    end, { rounds = 200, lua = 20, process = 500 })
  end)

  it("survives every failing allocation", function()
    local database = path
    faults.every_fault(function()
      local conn = open { database = database, cached_statements = 2, mode = "rwc", foreign_keys = 1 }
      conn:execute("DROP TABLE IF EXISTS t")
      conn:execute("CREATE TABLE t (x)")
      conn:execute("INSERT INTO t VALUES (?)", { { "a" }, { "b" } })
      conn:execute("INSERT INTO t VALUES (?) RETURNING x", { "c" }):fetchall()
      local cursor = conn:execute("SELECT x FROM t")
      conn:execute("DELETE FROM t WHERE x REGEXP 'a+'")
      cursor:fetchall()
      conn:close()
    end)
  end)
end)
