-- What engines log, and what errors show of a statement.
local am = require "alchemoon"
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc

describe("echo", function()
  local lines, before
  before_each(function()
    lines = {}
    before = am.logging.set_handler(function(r)
      lines[#lines + 1] = r.levelname .. " " .. r.name .. " " .. r.message
    end)
  end)
  after_each(function() am.logging.set_handler(before) end)

  local function info(...)
    local list = { ... }
    for i, text in ipairs(list) do list[i] = "INFO alchemoon.engine.Engine " .. text end
    return list
  end

  it("shows statements, parameters and transactions", function()
    local engine = am.create_engine("sqlite://", { echo = true })
    engine:begin(function(conn)
      conn:exec_driver_sql("create table t (x, y)")
      conn:exec_driver_sql("insert into t values (?, ?)", { { 1, "it's" }, { 2, core.null } })
      conn:begin_nested():rollback()
    end)
    engine:connect(function(conn) conn:exec_driver_sql("select ?", { true }) end)
    assert.same(info("BEGIN (implicit)", "create table t (x, y)", "[raw sql] ()", "insert into t values (?, ?)",
      "[raw sql] [(1, \"it's\"), (2, None)]", "SAVEPOINT sa_savepoint_1", "[no key 0.00000s] ()",
      "ROLLBACK TO SAVEPOINT sa_savepoint_1", "[no key 0.00000s] ()", "COMMIT", "BEGIN (implicit)", "select ?",
      "[raw sql] (True,)", "ROLLBACK"), lines)
  end)

  it("debug shows rows; AUTOCOMMIT says what it does", function()
    local engine = am.create_engine("sqlite://", { echo = "debug", isolation_level = "AUTOCOMMIT" })
    engine:connect(function(conn) conn:exec_driver_sql("select 1 as x"):all() end)
    assert.same({ "INFO alchemoon.engine.Engine BEGIN (implicit; DBAPI should not BEGIN due to autocommit mode)",
      "INFO alchemoon.engine.Engine select 1 as x", "INFO alchemoon.engine.Engine [raw sql] ()",
      "DEBUG alchemoon.engine.Engine Row (1,)",
      "INFO alchemoon.engine.Engine ROLLBACK using DBAPI connection.rollback(); set skip_autocommit_rollback to "
        .. "prevent fully" }, lines)
    lines = {}
    engine = am.create_engine("sqlite://", { echo = true, isolation_level = "AUTOCOMMIT",
      skip_autocommit_rollback = true })
    engine:connect(function(conn) conn:exec_driver_sql("select 1 as x"):all() end)
    assert.equal("INFO alchemoon.engine.Engine ROLLBACK will be skipped by skip_autocommit_rollback", lines[4])
  end)

  it("names, tokens, hidden parameters, levels", function()
    local engine = am.create_engine("sqlite://", { echo = true, logging_name = "mine", hide_parameters = true })
    engine:connect(function(conn)
      conn:execution_options{ logging_token = "tok" }:exec_driver_sql("select ?", { "secret" })
    end)
    assert.are.equal("INFO alchemoon.engine.Engine.mine BEGIN (implicit)", lines[1]:gsub("%[tok%] ", ""), nil)
    assert.are.equal("INFO alchemoon.engine.Engine.mine [tok] select ?", lines[2])
    assert.are.equal("INFO alchemoon.engine.Engine.mine [tok] [raw sql] [SQL parameters hidden due to "
      .. "hide_parameters=true]", lines[3])
    local e = raises_exc("OperationalError", function()
      engine:connect(function(conn) conn:exec_driver_sql("select * from nope where x = ?", { "secret" }) end)
    end, "hidden due to hide_parameters=true")
    assert.is_nil(tostring(e):find("secret", 1, true))
    lines = {}
    am.create_engine("sqlite://"):connect(function(conn) conn:exec_driver_sql("select 1") end)
    assert.same({}, lines)
    am.logging.set_level("alchemoon.engine", am.logging.INFO)
    am.create_engine("sqlite://"):connect(function(conn) conn:exec_driver_sql("select 1") end)
    am.logging.set_level("alchemoon.engine", nil)
    assert.are.equal(4, #lines)
  end)

  it("echo_pool shows the pool's work", function()
    local engine = am.create_engine("sqlite://", { echo_pool = "debug" })
    engine:connect():close()
    assert.matches("^DEBUG alchemoon.pool.SingletonThreadPool Created new connection", lines[1])
    assert.matches("checked out from pool$", lines[2])
    assert.matches("returned to pool$", lines[#lines])
  end)
end)

describe("errors of statements", function()
  local conn
  before_each(function() conn = am.create_engine("sqlite://"):connect() end)
  after_each(function() conn:close() end)

  it("carry statement, parameters, class and cause", function()
    conn:exec_driver_sql("create table t (x integer primary key)")
    conn:exec_driver_sql("insert into t values (1)")
    local e = raises_exc("IntegrityError", function() conn:exec_driver_sql("insert into t values (?)", { 1 }) end)
    assert.are.equal("(sqlite3.IntegrityError) UNIQUE constraint failed: t.x\n[SQL: insert into t values (?)]\n"
      .. "[parameters: (1,)]", tostring(e))
    assert.are.equal("insert into t values (?)", e.statement)
    assert.same({ 1 }, e.params)
    assert.are.equal("UNIQUE constraint failed: t.x", e.message)
    assert.are.equal("UNIQUE constraint failed: t.x", tostring(e.orig))
    assert.is_false(e.connection_invalidated)
    assert.is_string(e.traceback)
    assert.is_true(am.exc.is(e, am.exc.DBAPIError))
    assert.is_true(e:is(am.exc.StatementError))
  end)

  it("show some of many parameter sets", function()
    conn:exec_driver_sql("create table t (x integer primary key)")
    local sets = {}
    for i = 1, 50 do sets[i] = { i % 49 } end
    local e = raises_exc("IntegrityError", function() conn:exec_driver_sql("insert into t values (?)", sets) end)
    assert.matches("%[parameters: %[%(1,%), %(2,%)", tostring(e))
    assert.matches("displaying 10 of 50 total bound parameter sets", tostring(e))
    assert.is_true(e.ismulti)
  end)

  it("are precise about parameters", function()
    raises_exc("ProgrammingError", function() conn:exec_driver_sql("select ?") end)
    raises_exc("ProgrammingError", function() conn:exec_driver_sql("select 1", { 1 }) end)
    raises_exc("ProgrammingError", function() conn:exec_driver_sql("select ?", { print }) end, "function")
    raises_exc("ArgumentError", function() conn:exec_driver_sql("select ?", 5) end,
      "^exec_driver_sql: .* a list of these expected for parameters, got number")
    raises_exc("ArgumentError", function() conn:exec_driver_sql(5) end, "expected a string")
    raises_exc("ProgrammingError", function() conn:exec_driver_sql("select :x", { y = 1 }) end,
      "You did not supply a value for binding parameter :x")
  end)

  it("named parameters of SQLite", function()
    local sql = "select :b, ':c', @a, :b, $d -- :e\n , /* :f */ [:g] from (select 1 as \":g\")"
    assert.same({ 2, ":c", 1, 2, 4, 1 }, { conn:exec_driver_sql(sql, { a = 1, b = 2, d = 4 }):one():unpack() })
    conn:exec_driver_sql("create table t (x, y)")
    conn:exec_driver_sql("insert into t values (:x, :y)", { { x = 1, y = 2 }, { y = 4, x = 3 } })
    assert.same({ "(1, 2)", "(3, 4)" }, { tostring(conn:exec_driver_sql("select * from t"):all()[1]),
      tostring(conn:exec_driver_sql("select * from t"):all()[2]) })
  end)

  it("what cannot be executed", function()
    for _, thing in ipairs{ "select 1", 5, {}, true } do
      raises_exc("ObjectNotExecutableError", function() conn:execute(thing) end, "^Not an executable object: ")
    end
    raises_exc("ObjectNotExecutableError", function() conn:execute(nil) end)
    raises_exc("ObjectNotExecutableError", function() conn:scalar("select 1") end,
      "Not an executable object: 'select 1'")
  end)

  it("PRAGMA and VACUUM run outside a transaction", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path)
    engine:connect(function(c)
      c:exec_driver_sql("pragma foreign_keys = on")
      assert.are.equal(1, c:exec_driver_sql("PRAGMA foreign_keys"):scalar())
      c:commit()
      c:exec_driver_sql("VACUUM")
    end)
    engine:dispose()
    os.remove(path)
  end)

  it("a locked database is an OperationalError, and nothing is left behind", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path, { connect_args = { timeout = 0.05 } })
    engine:begin(function(c) c:exec_driver_sql("create table t (x)") end)
    local a, b = engine:connect(), engine:connect()
    a:exec_driver_sql("insert into t values (1)")
    raises_exc("OperationalError", function() b:exec_driver_sql("insert into t values (2)") end, "database is locked")
    a:commit()
    b:rollback()
    b:exec_driver_sql("insert into t values (2)")
    b:commit()
    a:close()
    b:close()
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
    os.remove(path)
  end)
end)
