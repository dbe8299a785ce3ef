-- create_engine and its options.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("create_engine", function()
  it("reads URL and options", function()
    local engine = am.create_engine("sqlite+pysqlite:///x.db", {
      echo = false, pool_size = 3, max_overflow = 0, pool_timeout = 1, pool_recycle = 60, pool_pre_ping = true,
      pool_use_lifo = true, pool_reset_on_return = "rollback", isolation_level = "SERIALIZABLE", future = true,
      execution_options = { a = 1 }, connect_args = { check_same_thread = false }, query_cache_size = 7,
    })
    assert.are.equal("sqlite", engine.name)
    assert.are.equal("sqlite3", engine.driver)
    assert.are.equal("sqlite", engine.dialect.name)
    assert.are.equal("Engine(sqlite+pysqlite:///x.db)", tostring(engine))
    assert.are.equal(3, engine.pool:size())
    assert.are.equal(1, engine:get_execution_options().a)
    assert.are.equal("Pool size: 3  Connections in pool: 0 Current Overflow: -3 Current Checked out connections: 0",
      engine.pool:status())
  end)

  it("accepts a URL object and hides the password", function()
    local url = am.URL.create{ drivername = "postgresql", username = "u", password = "secret", host = "h" }
    local engine = am.create_engine(url)
    assert.are.equal("Engine(postgresql://u:***@h)", tostring(engine))
    assert.is_true(engine.url == url)
  end)

  it("refuses unknown and wrong options", function()
    local cases = {
      { { pool_sise = 3 }, "unknown option 'pool_sise'; did you mean 'pool_size'" },
      { { pool_size = "3" }, "pool_size must be an integer from 0, got '3'" },
      { { pool_size = -1 }, "pool_size" },
      { { max_overflow = -2 }, "max_overflow must be an integer from %-1" },
      { { isolation_level = "read_foo" }, "Invalid value 'READ FOO' for isolation_level. Valid isolation "
        .. "levels for 'sqlite' are READ UNCOMMITTED, SERIALIZABLE, AUTOCOMMIT" },
      { { poolclass = "QueuePool" }, "poolclass must be am.QueuePool" },
      { { poolclass = am.NullPool, pool_size = 5 }, "Invalid argument%(s%) 'pool_size' sent to create_engine" },
      { { connect_args = "x" }, "connect_args must be a table" },
      { { json_serializer = "x" }, "json_serializer must be a function" },
      { { insertmanyvalues_page_size = 0 }, "insertmanyvalues_page_size must be an integer from 1, got 0" },
      { { implicit_returning = false }, "implicit_returning can only be true" },
      { { convert_unicode = true }, "unknown option 'convert_unicode'" },
      { { pool_reset_on_return = "foo" }, "Invalid value for 'reset_on_return': 'foo'" },
      { { reactor = "no_such_host" }, "there is no reactor 'no_such_host'" },
      { { reactor = {} }, "a reactor is a table with a function wait" },
      { { shared = "x", poolclass = am.StaticPool }, "a shared engine needs QueuePool or NullPool" },
      { { shared = 5 }, "shared must be a string, got 5" },
      { { pool_size = 2 ^ 40 }, "pool_size must be an integer up to 2147483647, got " },
      { { pool_recycle = 0 / 0 }, "pool_recycle must be a number from %-1, got " },
      { { pool_timeout = "1" }, "pool_timeout must be a number from 0, got '1'" },
      { { echo = 1 }, "echo must be true, false or 'debug', got 1" },
      { { hide_parameters = "yes" }, "hide_parameters must be true or false, got 'yes'" },
      { { pool_pre_ping = "false" }, "pool_pre_ping must be true or false, got 'false'" },
      { { logging_name = {} }, "logging_name must be a string, got " },
      { { events = 5 }, "events must be a list of { function, name of the event }, got number" },
      { { pool_events = { print } }, "pool_events must be a list of " },
      { { pool = "x" }, "pool must be the pool of an engine, got string" },
    }
    for _, case in ipairs(cases) do
      raises_exc("ArgumentError", function() am.create_engine("sqlite://", case[1]) end, case[2])
    end
    raises_exc("ArgumentError", function() am.create_engine() end, "Expected string or URL object")
    raises_exc("ArgumentError", function() am.create_engine("nonsense") end,
      "^Could not parse alchemoon URL from given URL string; it begins with the database: sqlite:///")
    raises_exc("ArgumentError", function() am.create_engine("sqlite://foo/bar.db") end,
      "^Invalid SQLite URL: sqlite://foo/bar.db\nValid SQLite URL forms are:\n sqlite:///:memory:")
    raises_exc("NoSuchModuleError", function() am.create_engine("oracle://x") end,
      "^Can't load plugin: alchemoon.dialects:oracle; there are drivers for sqlite and postgresql$")
    raises_exc("NoSuchModuleError", function() am.create_engine "psql://h" end, ":psql; did you mean 'postgresql'%?$")
    raises_exc("NoSuchModuleError", function() am.create_engine("sqlite3://") end, ":sqlite3; did you mean 'sqlite'%?$")
    raises_exc("NoSuchModuleError", function() am.create_engine("sqlit://") end, ":sqlit; did you mean 'sqlite'%?$")
    raises_exc("NoSuchModuleError", function() am.create_engine("mysql://h/d") end,
      ":mysql; .*there is no driver for it$")
    raises_exc("NoSuchModuleError", function() am.create_engine("sqlite+odbc://") end, "; its drivers are sqlite3, ")
  end)

  it("says which rock a driver that is not there comes with", function()
    local path, cpath, module = package.path, package.cpath, "alchemoon.driver.sqlite"
    local loaded = package.loaded[module]
    package.path, package.cpath, package.loaded[module] = "", "", nil
    local ok, e = pcall(function() am.create_engine("sqlite://"):connect() end)
    package.path, package.cpath, package.loaded[module] = path, cpath, loaded
    assert.is_false(ok)
    assert.equal("NoSuchModuleError", e.name)
    assert.matches("^the driver for sqlite could not be loaded; install the rock alchemoon%-sqlite", e.message)
  end)

  it("refuses what a creator returns that is no connection", function()
    local engine = am.create_engine("sqlite://", { creator = function() return "connection" end })
    raises_exc("ArgumentError", function() engine:connect() end, "creator must return a driver connection, got string$")
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("refuses to begin for what is no function", function()
    local engine = am.create_engine("sqlite://")
    raises_exc("ArgumentError", function() engine:begin(5) end, "^engine:begin: expected a function, got number$")
    raises_exc("ArgumentError", function() engine:connect "x" end, "^engine:connect: expected a function, got string$")
    assert.are.equal(0, engine.pool:checkedout())
  end)

  it("chooses the pool as SQLAlchemy does", function()
    assert.are.equal("SingletonThreadPool", am.create_engine("sqlite://").pool.class_name)
    assert.are.equal("SingletonThreadPool", am.create_engine("sqlite:///:memory:").pool.class_name)
    assert.are.equal("QueuePool", am.create_engine("sqlite:///x.db").pool.class_name)
    assert.are.equal("NullPool", am.create_engine("sqlite:///x.db", { poolclass = am.NullPool }).pool.class_name)
  end)

  it("shows what the driver says when a connection fails", function()
    local engine = am.create_engine("sqlite:////no/such/directory/x.db")
    local e = raises_exc("OperationalError", function() engine:connect() end, "unable to open database file")
    assert.matches("^%(sqlite3.OperationalError%)", tostring(e))
    assert.are.equal(0, engine.pool:checkedout())
    raises_exc("ArgumentError", function() am.create_engine("sqlite://host/x"):connect() end, "Invalid SQLite URL")
  end)

  it("reads a configuration table", function()
    local engine = am.engine_from_config({ ["sqlalchemy.url"] = "sqlite:///x.db", ["sqlalchemy.pool_size"] = "4",
      ["sqlalchemy.echo"] = "false", other = 1 })
    assert.are.equal(4, engine.pool:size())
    raises_exc("ArgumentError", function() am.engine_from_config{} end, "sqlalchemy.url")
    engine = am.engine_from_config({ url = "sqlite://", echo = "off", hide_parameters = "Yes", logging_name = "1" }, "")
    assert.is_false(engine.echo)
    assert.is_true(engine.hide_parameters)
    assert.equal("1", engine.logging_name)
    raises_exc("ArgumentError", function() am.engine_from_config({ url = "sqlite://", echo = "perhaps" }, "") end,
      "echo must be true, false or 'debug', got 'perhaps'")
  end)

  it("execution_options makes an engine on the same pool", function()
    local engine = am.create_engine("sqlite://")
    local copy = engine:execution_options{ stream_results = true }
    assert.are.equal(engine.pool, copy.pool)
    assert.is_nil(engine:get_execution_options().stream_results)
    assert.is_true(copy:connect(function(conn) return conn:get_execution_options().stream_results end))
    engine:update_execution_options{ b = 2 }
    assert.are.equal(2, engine:get_execution_options().b)
    assert.is_nil(copy:get_execution_options().b)
    raises_exc("ArgumentError", function() engine:execution_options{ isolation_level = "X" } end, "isolation_level")
  end)
end)
