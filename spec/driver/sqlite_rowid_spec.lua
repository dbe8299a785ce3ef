-- INSERT ... RETURNING key: SQLite's driver learns the keys without RETURNING where nobody can tell the difference
-- (csrc/driver/sqlite_rowid.c).
local faults = require "support.faults"
local raises_exc = require("support.init").raises_exc
local rawconn = require "support.rawconn"

local WIDE = 30 -- rows of one statement: more than the driver needs to look at the table
local files

local function open(database)
  return rawconn.open("sqlite", { database = database or ":memory:", timeout = "0" })
end

local function a_file()
  files[#files + 1] = os.tmpname()
  return files[#files]
end

local function insert_text(count, table_name, key, columns)
  local tuple = (columns or "x"):find(",", 1, true) and "(?, ?)" or "(?)"
  return ("INSERT INTO %s (%s) VALUES %s RETURNING %s"):format(table_name or "t", columns or "x",
    (tuple .. ", "):rep(count - 1) .. tuple, key or "id")
end

local function values(count, prefix)
  local list = {}
  for i = 1, count do list[i] = (prefix or "x") .. i end
  return list
end

-- The returned keys of one statement with WIDE rows.
local function insert(conn, table_name, key)
  local keys = {}
  local rows = conn:execute(insert_text(WIDE, table_name, key), values(WIDE)):fetchall()
  for i, row in ipairs(rows) do keys[i] = row[1] end
  return keys
end

-- Has an INSERT without RETURNING run? By SQLite's own list of statements, which not every build has.
local has_list = pcall(rawconn.row, open(), "SELECT 1 FROM sqlite_stmt")
local function was_plain(conn)
  if not has_list then return nil end
  return rawconn.row(conn, "SELECT count(*) FROM sqlite_stmt WHERE sql LIKE 'INSERT INTO %?%' "
    .. "AND sql NOT LIKE '%RETURNING%' AND run > 0")[1] > 0
end

-- What the table holds in the order of its values x1, x2, ... are the keys that came back.
local function assert_keys_of(conn, keys, table_name, key)
  local rows = conn:execute(("SELECT %s, x FROM %s"):format(key or "id", table_name or "t")):fetchall()
  local key_of = {}
  for _, row in ipairs(rows) do
    if row[2] then key_of[row[2]] = row[1] end
  end
  assert.equal(WIDE, #keys)
  for i = 1, WIDE do assert.equal(key_of["x" .. i], keys[i]) end
end

local function begun(ddl, database)
  local conn = open(database)
  for _, statement in ipairs(ddl) do conn:execute(statement) end
  conn:execute("BEGIN")
  conn:execute("SELECT * FROM sqlite_master"):fetchall()
  return conn
end

describe("driver.sqlite, keys of inserted rows", function()
  before_each(function() files = {} end)
  after_each(function()
    collectgarbage()
    for _, path in ipairs(files) do
      for _, suffix in ipairs { "", "-journal", "-wal", "-shm" } do os.remove(path .. suffix) end
    end
  end)

  describe("come without RETURNING", function()
    for what, ddl in pairs {
      ["from an ordinary table"] = "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
      ["with AUTOINCREMENT"] = "CREATE TABLE t (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, x)",
      ["where the key is a constraint of the table"] = "CREATE TABLE t (x, id INTEGER, PRIMARY KEY (id))",
      ["where a unique index is beside it"] = "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)",
    } do
      it(what, function()
        local conn = begun { ddl }
        local keys = insert(conn)
        assert_keys_of(conn, keys)
        assert.is_not_false(was_plain(conn))
      end)
    end

    it("from names that need quotes", function()
      local conn = begun { 'CREATE TABLE "my ""t""" ("the id" INTEGER PRIMARY KEY, x)' }
      assert_keys_of(conn, insert(conn, '"my ""t"""', '"the id"'), '"my ""t"""', '"the id"')
      assert.is_not_false(was_plain(conn))
    end)

    it("row by row, from the second run on", function()
      local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)" }
      local rows = {}
      for i = 1, WIDE do rows[i] = { n = 1, "x" .. i } end
      local keys = {}
      for i, row in ipairs(conn:execute(insert_text(1), rows):fetchall()) do keys[i] = row[1] end
      assert_keys_of(conn, keys)
      assert.is_not_false(was_plain(conn))
    end)

    it("row by row, also if the first row begins the transaction", function()
      local conn = open()
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      conn:execute("BEGIN")
      local rows = {}
      for i = 1, WIDE do rows[i] = { n = 1, "x" .. i } end
      local cursor, keys = conn:execute(insert_text(1), rows), {}
      assert.equal(WIDE, cursor:summary().row_count)
      for i, row in ipairs(cursor:fetchall()) do keys[i] = row[1] end
      assert_keys_of(conn, keys)
      assert.is_not_false(was_plain(conn))
    end)

    it("which the rows bring themselves", function()
      local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)" }
      local list = {}
      for i = 1, WIDE do list[2 * i - 1], list[2 * i] = 1000 - i, "x" .. i end
      local keys = {}
      for i, row in ipairs(conn:execute(insert_text(WIDE, "t", "id", "id, x"), list):fetchall()) do keys[i] = row[1] end
      assert_keys_of(conn, keys)
      assert.equal(999, keys[1])
      assert.is_not_false(was_plain(conn))
    end)

    it("at the end of the numbers, where SQLite takes free ones", function()
      local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "INSERT INTO t (id) VALUES (9223372036854775807)" }
      assert_keys_of(conn, insert(conn))
    end)

    it("fewer of them where the table ignores conflicts", function()
      local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE ON CONFLICT IGNORE)" }
      local list = values(WIDE)
      list[WIDE] = "x1"
      local rows = conn:execute(insert_text(WIDE), list):fetchall()
      assert.equal(WIDE - 1, #rows)
      assert.is_not_false(was_plain(conn))
    end)
  end)

  describe("come by RETURNING", function()
    for what, ddl in pairs {
      ["if a trigger may insert, too"] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "CREATE TRIGGER again AFTER INSERT ON T WHEN new.x LIKE 'x%' BEGIN "
          .. "INSERT INTO t (x) VALUES ('y' || new.x); END" },
      ["if a temporary trigger may insert, too"] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "CREATE TEMP TRIGGER again AFTER INSERT ON t WHEN new.x LIKE 'x%' BEGIN "
          .. "INSERT INTO t (x) VALUES ('y' || new.x); END" },
      ["if a temporary table has the name"] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, x)" },
    } do
      it(what, function()
        local conn = begun(ddl)
        assert_keys_of(conn, insert(conn))
        assert.is_not_true(was_plain(conn))
      end)
    end

    for what, ddl in pairs {
      ["if the key is not the rowid"] = "CREATE TABLE t (x, id INTEGER PRIMARY KEY DESC)",
      ["if the key is no INTEGER"] = "CREATE TABLE t (x, id BIGINT PRIMARY KEY)",
      ["if there are two keys"] = "CREATE TABLE t (x, id INTEGER, PRIMARY KEY (id, x))",
      ["from a table without rowid"] = "CREATE TABLE t (x, id INTEGER PRIMARY KEY) WITHOUT ROWID",
    } do
      it(what, function()
        local conn = begun { ddl }
        local list = {}
        for i = 1, WIDE do list[2 * i - 1], list[2 * i] = 1000 - i, "x" .. i end
        local keys = {}
        for i, row in ipairs(conn:execute(insert_text(WIDE, "t", "id", "id, x"), list):fetchall()) do
          keys[i] = row[1]
        end
        assert_keys_of(conn, keys)
        assert.is_not_true(was_plain(conn))
      end)
    end

    it("from a view", function()
      local conn = begun { "CREATE TABLE s (id INTEGER PRIMARY KEY, x)", "CREATE VIEW t AS SELECT * FROM s",
        "CREATE TRIGGER put INSTEAD OF INSERT ON t BEGIN INSERT INTO s (x) VALUES (new.x); END" }
      assert.equal(WIDE, #conn:execute(insert_text(WIDE), values(WIDE)):fetchall())
      assert.is_not_true(was_plain(conn))
    end)

    it("outside a transaction, where the schema may change at any time", function()
      local conn = open()
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      assert_keys_of(conn, insert(conn))
      assert.is_not_true(was_plain(conn))
    end)

    it("of another column than the key", function()
      local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)" }
      assert.equal("x2", insert(conn, "t", "x")[2])
      assert.is_not_true(was_plain(conn))
    end)
  end)

  it("are looked at anew when a trigger is made", function()
    local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)" }
    assert_keys_of(conn, insert(conn))
    conn:execute("DELETE FROM t")
    conn:execute("CREATE TRIGGER again AFTER INSERT ON t WHEN new.x LIKE 'x%' BEGIN "
      .. "INSERT INTO t (x) VALUES ('y' || new.x); END")
    assert_keys_of(conn, insert(conn))
    assert.equal(2 * WIDE, rawconn.row(conn, "SELECT count(*) FROM t")[1])
    conn:execute("DROP TRIGGER again")
    conn:execute("DELETE FROM t")
    assert_keys_of(conn, insert(conn))
    conn:execute("CREATE TEMP TRIGGER again AFTER INSERT ON t WHEN new.x LIKE 'x%' BEGIN "
      .. "INSERT INTO t (x) VALUES ('y' || new.x); END")
    conn:execute("DELETE FROM t")
    assert_keys_of(conn, insert(conn))
  end)

  it("are looked at anew when another connection has changed the schema", function()
    local path = a_file()
    local conn = begun({ "PRAGMA journal_mode = wal", "CREATE TABLE t (id INTEGER PRIMARY KEY, x)" }, path)
    assert_keys_of(conn, insert(conn))
    conn:execute("DELETE FROM t")
    conn:execute("COMMIT")
    local other = open(path)
    other:execute("CREATE TRIGGER again AFTER INSERT ON t WHEN new.x LIKE 'x%' BEGIN "
      .. "INSERT INTO t (x) VALUES ('y' || new.x); END")
    other:close()
    conn:execute("BEGIN")
    conn:execute("SELECT * FROM t"):fetchall()
    assert_keys_of(conn, insert(conn))
    assert.equal(2 * WIDE, rawconn.row(conn, "SELECT count(*) FROM t")[1])
  end)

  it("do not come from a statement that failed; its rows are taken back and the next one counts right", function()
    local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)" }
    assert_keys_of(conn, insert(conn))
    local e = raises_exc("IntegrityError", function() insert(conn) end, "UNIQUE constraint failed: t.x")
    assert.equal("UNIQUE constraint failed: t.x", e.message)
    assert.equal(WIDE, rawconn.row(conn, "SELECT count(*) FROM t")[1])
    local cursor = conn:execute(insert_text(WIDE), values(WIDE, "y"))
    assert.equal(WIDE, cursor:summary().row_count)
    assert.equal(WIDE + 1, cursor:fetchone()[1])
    cursor:close()
    conn:execute("ROLLBACK")
  end)

  it("do not mix with rows that other statements insert", function()
    local conn = begun { "CREATE TABLE t (id INTEGER PRIMARY KEY, x)", "CREATE TABLE s (id INTEGER PRIMARY KEY, x)" }
    local cursor = conn:execute(insert_text(WIDE), values(WIDE))
    conn:execute("INSERT INTO s (id) VALUES (12345)")
    local last
    for row in function() return cursor:fetchone() end do last = row[1] end
    assert.equal(WIDE, last)
  end)

  it("survive every failing allocation", function()
    local path = a_file()
    faults.every_fault(function()
      local conn = open(path)
      conn:execute("DROP TABLE IF EXISTS t")
      conn:execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      conn:execute("BEGIN")
      conn:execute("SELECT * FROM t"):fetchall()
      for _ = 1, 2 do -- no assert: it calls tostring(number), in which LuaJIT itself crashes without memory
        if #insert(conn) ~= WIDE then error "keys are missing" end
      end
      conn:execute("ROLLBACK")
      conn:close()
    end)
  end)
end)
