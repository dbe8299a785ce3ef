-- What may go wrong from outside, one by one: the error's class and words, and an engine that is sound afterwards.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc
local resources = require "support.resources"
local assert_sound = resources.assert_sound

local PASSWORD = "s3cret-word"

local function no_password(e)
  assert.is_nil(tostring(e):find("s3cret", 1, true))
  assert.is_nil(tostring(e.orig):find("s3cret", 1, true))
  return e
end

describe("bad input", function()
  it("a malformed URL", function()
    for _, url in ipairs{ "", "nonsense", "://x", "sqlite", "postgresql//host",
      "postgresql://u:" .. PASSWORD .. "@h:x/d",
      "postgresql://u:" .. PASSWORD .. "@[::1/d", "postgresql://u:" .. PASSWORD .. "@h:99999/d" } do
      no_password(raises_exc("ArgumentError", function() am.create_engine(url) end))
    end
    raises_exc("NoSuchModuleError", function() am.create_engine("oracle://u:" .. PASSWORD .. "@h/d") end,
      "^Can't load plugin: alchemoon.dialects:oracle; there are drivers for sqlite and postgresql$")
  end)

  it("an unknown option, with the nearest one", function()
    for wrong, right in pairs{ pool_sz = "pool_size", poolsize = "pool_size", pool_timout = "pool_timeout",
      ecko = "echo", isolation = "isolation_level", max_overlow = "max_overflow", conect_args = "connect_args" } do
      raises_exc("ArgumentError", function() am.create_engine("sqlite://", { [wrong] = 1 }) end,
        ("^create_engine: unknown option '%s'; did you mean '%s'%%?$"):format(wrong, right))
    end
    raises_exc("ArgumentError", function() am.Column("x", am.Integer, { nulable = false }) end,
      "did you mean 'nullable'")
  end)

  it("an option of the connection that the database does not know", function()
    raises_exc("ArgumentError", function() am.create_engine("sqlite:///x.db?modus=ro"):connect() end, "modus")
    raises_exc("ArgumentError", function()
      am.create_engine("sqlite://", { connect_args = { timeot = 5 } }):connect()
    end, "timeot.*timeout")
  end)

  it("a missing directory, a directory as file, a file that is no database", function()
    local e = raises_exc("OperationalError", function()
      am.create_engine("sqlite:////no/such/directory/x.db"):connect()
    end, "^%(sqlite3.OperationalError%) unable to open database file: /no/such/directory/x.db %(No such file or "
      .. "directory%)$")
    assert.is_false(e.connection_invalidated)
    raises_exc("OperationalError", function() am.create_engine("sqlite:////tmp"):connect() end, "unable to open")
    e = raises_exc("OperationalError", function()
      am.create_engine("sqlite:////no/such/x.db?mode=ro&cache=private"):connect()
    end, "unable to open database file: file:///no/such/x.db")
    assert.is_nil(tostring(e):find("private", 1, true))
    local path = os.tmpname()
    local file = io.open(path, "wb")
    file:write(("this is no database "):rep(100))
    file:close()
    local engine = am.create_engine("sqlite:///" .. path)
    raises_exc("DatabaseError", function()
      engine:connect(function(conn) conn:exec_driver_sql("select * from t") end)
    end, "^%(sqlite3.DatabaseError%) file is not a database\n%[SQL: select %* from t%]$")
    assert.equal(0, engine.pool:checkedout())
    engine:dispose()
    os.remove(path)
  end)

  it("a corrupt SQLite file", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path)
    engine:begin(function(conn)
      conn:exec_driver_sql("create table t (x text)")
      for i = 1, 3 do conn:exec_driver_sql("insert into t values (?)", { ("abc"):sub(i, i):rep(3000) }) end
    end)
    engine:dispose()
    local file = io.open(path, "r+b")
    file:seek("set", 4096)
    file:write(("\255"):rep(12000))
    file:close()
    for _ = 1, 2 do
      raises_exc("DatabaseError", function()
        engine:connect(function(conn) conn:exec_driver_sql("select x from t"):all() end)
      end, "malformed")
      assert_sound(engine)
    end
    engine:dispose()
    os.remove(path)
  end)

  it("a locked SQLite file", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path, { connect_args = { timeout = 0.05 } })
    engine:begin(function(conn) conn:exec_driver_sql("create table t (x integer)") end)
    local writer = engine:connect()
    writer:exec_driver_sql("insert into t values (1)")
    local other = engine:connect()
    raises_exc("OperationalError", function() other:exec_driver_sql("insert into t values (2)") end,
      "^%(sqlite3.OperationalError%) database is locked\n%[SQL: insert into t values %(2%)%]$")
    other:rollback()
    writer:commit()
    other:exec_driver_sql("insert into t values (2)")
    other:commit()
    writer:close()
    other:close()
    assert_sound(engine)
    engine:dispose()
    os.remove(path)
  end)

  it("a full disk", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path)
    engine:connect(function(conn)
      conn:exec_driver_sql("create table t (x text)")
      conn:commit()
      conn:exec_driver_sql("pragma max_page_count = 6")
      local e = raises_exc("OperationalError", function()
        for _ = 1, 100 do conn:exec_driver_sql("insert into t values (?)", { ("x"):rep(1000) }) end
      end, "^%(sqlite3.OperationalError%) database or disk is full")
      assert.is_false(e.connection_invalidated)
      conn:rollback()
      assert.equal(0, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)
    assert_sound(engine)
    engine:dispose()
    os.remove(path)
  end)
end)

local postgresql = backends.get "postgresql"
local describe_postgresql = postgresql and describe or function() end

describe_postgresql("bad input on postgresql", function()
  local engine, url
  before_each(function()
    postgresql.reset()
    url = am.make_url(postgresql.url)
    engine = am.create_engine(url)
  end)
  after_each(function() engine:dispose() end)

  -- A second engine ends the session of a connection.
  local function kill(conn)
    local pid = conn:exec_driver_sql("select pg_backend_pid()"):scalar()
    local other = am.create_engine(url, { poolclass = am.NullPool })
    other:begin(function(c) c:exec_driver_sql("select pg_terminate_backend(" .. ("%d"):format(pid) .. ")") end)
  end

  it("a wrong port, host, user or database, none with its password", function()
    local secret = url:set{ password = PASSWORD }
    local cases = {
      { secret:set{ port = 1 }, "No such file or directory" },
      { secret:set{ host = "127.0.0.1", port = 1, query = {} }, "Connection refused" },
      { secret:set{ username = "nobody_here" }, 'role "nobody_here" does not exist' },
      { secret:set{ database = "no_such_database" }, 'database "no_such_database" does not exist' },
    }
    for _, case in ipairs(cases) do
      local broken = am.create_engine(case[1])
      for _ = 1, 2 do
        local e = no_password(raises_exc("OperationalError", function() broken:connect() end, case[2]))
        assert.is_nil(e.statement)
      end
      assert.equal(0, broken.pool:checkedout())
      assert.is_nil(tostring(broken):find("s3cret", 1, true))
    end
  end)

  it("a connect_timeout that is no number, in the URL and in connect_args", function()
    for _, broken in ipairs{ am.create_engine(url:update_query_dict{ connect_timeout = "x" }),
      am.create_engine(url, { connect_args = { connect_timeout = 0 / 0 } }) } do
      raises_exc("OperationalError", function() broken:connect() end,
        '^%(libpq.OperationalError%) invalid integer value "[^"]+" for connection option "connect_timeout"')
      assert.equal(0, broken.pool:checkedout())
    end
  end)

  it("a password in no field of an error, in no line of a log, in no text of an object", function()
    local texts = {}
    local before = am.logging.set_handler(function(record) texts[#texts + 1] = record.message end)
    local secret = url:set{ password = PASSWORD, username = "nobody_here" }
    local broken = am.create_engine(secret, { echo = "debug", echo_pool = "debug", pool_pre_ping = true })
    local seen = {}
    local function collect(value)
      if type(value) ~= "table" then
        texts[#texts + 1] = tostring(value)
      elseif not seen[value] then
        seen[value] = true
        for key, item in pairs(value) do
          collect(key)
          collect(item)
        end
        texts[#texts + 1] = tostring(value)
      end
    end
    am.event.listen(broken, "handle_error", function(context)
      collect(context.original_exception)
      collect(context.sqlalchemy_exception)
    end)
    local _, e = pcall(broken.connect, broken)
    collect(e)
    local copies = { broken, broken.pool, broken.pool:status(), secret, secret:set{ host = "x" }, url.drivername,
      am.create_engine(secret:set{ query = { password = PASSWORD, host = "/nowhere" } }),
      select(2, pcall(am.create_engine, secret, { connect_args = 1 })),
      select(2, pcall(am.make_url, "postgresql://u:" .. PASSWORD .. "@h:port/d")) }
    for _, copy in ipairs(copies) do texts[#texts + 1] = tostring(copy) end
    am.logging.set_handler(before)
    assert.is_true(#texts > 10)
    for _, text in ipairs(texts) do assert.is_nil(text:find("s3cret", 1, true), text) end
  end)

  it("a wrong password", function()
    engine:begin(function(c)
      c:exec_driver_sql("drop role if exists alchemoon_password")
      c:exec_driver_sql("create role alchemoon_password login password 'the right one'")
    end)
    local user = url:set{ username = "alchemoon_password", password = PASSWORD }
    local ok, e = pcall(function() am.create_engine(user, { poolclass = am.NullPool }):connect():close() end)
    if ok then return pending("this server trusts everybody") end
    no_password(e)
    assert.matches("password authentication failed for user \"alchemoon_password\"", tostring(e))
    raises_exc("OperationalError", function()
      local without = am.URL.create{ drivername = url.drivername, username = user.username, host = url.host,
        port = url.port, database = url.database, query = url.query }
      am.create_engine(without, { poolclass = am.NullPool }):connect()
    end, "no password supplied")
    local right = am.create_engine(user:set{ password = "the right one" })
    assert_sound(right)
    right:dispose()
    engine:begin(function(c) c:exec_driver_sql("drop role alchemoon_password") end)
  end)

  it("the server ends a session between two statements", function()
    local conn = engine:connect()
    conn:exec_driver_sql("select 1")
    kill(conn)
    local e = raises_exc("OperationalError", function() conn:exec_driver_sql("select 2") end,
      "terminating connection due to administrator command")
    assert.is_true(e.connection_invalidated)
    assert.equal("select 2", e.statement)
    assert.is_true(conn.invalidated)
    raises_exc("PendingRollbackError", function() conn:exec_driver_sql("select 3") end,
      "Can't reconnect until invalid transaction is rolled back")
    conn:rollback()
    assert.equal(3, conn:exec_driver_sql("select 3"):scalar())
    conn:close()
    assert_sound(engine)
  end)

  it("the server ends a session inside a transaction: nothing of it stays", function()
    engine:begin(function(c) c:exec_driver_sql("create table t (x integer)") end)
    raises_exc("OperationalError", function()
      engine:begin(function(conn)
        conn:exec_driver_sql("insert into t values (1)")
        kill(conn)
        conn:exec_driver_sql("insert into t values (2)")
      end)
    end, "terminating connection")
    assert_sound(engine)
    engine:connect(function(c) assert.equal(0, c:exec_driver_sql("select count(*) from t"):scalar()) end)
  end)

  it("the network goes in the middle of a fetch", function()
    local conn = engine:connect():execution_options{ stream_results = true, max_row_buffer = 10 }
    local result = conn:execute(am.text("select i, repeat('x', 1000) from generate_series(1, 100000) i"))
    assert.equal(1, result:fetchone()[1])
    local pid = conn.raw:cursor() and nil
    local other = am.create_engine(url, { poolclass = am.NullPool })
    other:begin(function(c)
      pid = c:exec_driver_sql("select pid from pg_stat_activity where query like '%generate_series(1, 100000)%' "
        .. "and pid <> pg_backend_pid()"):scalar()
      c:exec_driver_sql("select pg_terminate_backend(" .. ("%d"):format(pid) .. ")")
    end)
    local e = raises_exc("OperationalError", function()
      for _ in result do end -- luacheck: ignore
    end)
    assert.is_true(e.connection_invalidated)
    assert.matches("generate_series", e.statement)
    conn:close()
    assert_sound(engine)
  end)

  it("no disk for a temporary file", function()
    engine:connect(function(conn)
      conn:exec_driver_sql("set temp_file_limit = '64kB'")
      conn:exec_driver_sql("set work_mem = '64kB'")
      local e = raises_exc("OperationalError", function()
        conn:exec_driver_sql("select count(*) from (select i from generate_series(1, 100000) i order by i desc) s")
      end, "temporary file size exceeds temp_file_limit")
      assert.equal("53400", e.sqlstate)
      assert.is_false(e.connection_invalidated)
    end)
    assert_sound(engine)
  end)

  it("too many connections", function()
    engine:begin(function(c)
      c:exec_driver_sql("drop role if exists alchemoon_limited")
      c:exec_driver_sql("create role alchemoon_limited login connection limit 1")
    end)
    local limited = am.create_engine(url:set{ username = "alchemoon_limited" })
    local first = limited:connect()
    for _ = 1, 2 do
      local e = raises_exc("OperationalError", function() limited:connect() end,
        'too many connections for role "alchemoon_limited"')
      assert.is_false(e.connection_invalidated)
    end
    assert.equal(1, limited.pool:checkedout())
    first:close()
    assert_sound(limited)
    limited:dispose()
    engine:begin(function(c) c:exec_driver_sql("drop role alchemoon_limited") end)
  end)
end)

backends.each(function(backend)
  describe("bad input", function()
    local engine
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      engine:begin(function(conn) conn:exec_driver_sql("create table t (x integer)") end)
    end)
    after_each(function() engine:dispose() end)

    it("a parameter is missing or superfluous", function()
      local t = am.Table("t", am.MetaData(), am.Column("x", am.Integer))
      local text = am.text("insert into t (x) values (:x)")
      engine:connect(function(conn)
        raises_exc("StatementError", function() conn:execute(text, { y = 1 }) end,
          "^%(alchemoon.exc.InvalidRequestError%) A value is required for bind parameter 'x'\n%[SQL: insert into t .*"
            .. "%[parameters: %[{'y': 1}%]%]")
        raises_exc("StatementError", function() conn:execute(text, { { x = 1 }, { y = 2 } }) end,
          "A value is required for bind parameter 'x', in parameter group 1\n")
        raises_exc("CompileError", function() conn:execute(t:insert():values{ x = 1, nope = 2 }) end,
          "^Unconsumed column names: nope$")
        conn:execute(text, { x = 1, y = 2 }) -- text takes what it names
        conn:rollback()
        local one = engine.name == "sqlite" and "?" or "$1"
        local e = raises_exc("DBAPIError", function()
          conn:exec_driver_sql("insert into t (x) values (" .. one .. ")", { 1, 2 })
        end)
        assert.is_falsy(e.connection_invalidated)
        conn:rollback()
        raises_exc("DBAPIError", function() conn:exec_driver_sql("insert into t (x) values (" .. one .. ")") end)
      end)
      assert_sound(engine)
    end)

    it("a result is used after its end, a row beyond its columns", function()
      engine:connect(function(conn)
        local result = conn:exec_driver_sql("select 1 as a, 2 as b")
        local row = result:one()
        raises_exc("ResourceClosedError", function() result:fetchone() end, "^This result object is closed%.$")
        raises_exc("ResourceClosedError", function() conn:exec_driver_sql("insert into t values (1)"):all() end,
          "^This result object does not return rows%. It has been closed automatically%.$")
        raises_exc("NoSuchColumnError", function() return row[3] end, "out of range: the row has 2 columns")
        raises_exc("NoSuchColumnError", function() return row[0] end, "out of range")
        raises_exc("NoSuchColumnError", function() return row.c end,
          "^Could not locate column in row for column 'c'$")
        local open = conn:exec_driver_sql("select 1")
        conn:close()
        assert.equal(1, open:scalar()) -- its rows were all there
        raises_exc("ResourceClosedError", function() conn:exec_driver_sql("select 1") end,
          "^This Connection is closed$")
      end)
      assert_sound(engine)
    end)

    it("the pool is exhausted", function()
      local small = am.create_engine(backend.url, { poolclass = am.QueuePool, pool_size = 1, max_overflow = 1,
        pool_timeout = 0.05 })
      local a, b = small:connect(), small:connect()
      raises_exc("TimeoutError", function() small:connect() end,
        "^QueuePool limit of size 1 overflow 1 reached, connection timed out, timeout 0.05")
      a:close()
      b:close()
      assert_sound(small)
      small:dispose()
    end)

    it("a statement is used with several engines", function()
      local other = am.create_engine("sqlite://")
      local t = am.Table("t", am.MetaData(), am.Column("x", am.Integer))
      local select, insert = am.select(am.func.count(t.c.x)), t:insert():values{ x = 5 }
      t:create(other)
      for _ = 1, 2 do
        for _, each in ipairs{ engine, other } do
          each:begin(function(conn)
            conn:execute(insert)
            assert.is_true(conn:scalar(select) > 0)
          end)
        end
      end
      other:connect(function(conn)
        local result = conn:execute(am.select(t.c.x))
        engine:connect(function(own) own:execute(am.select(t.c.x)):all() end)
        assert.same({ 5, 5 }, result:scalars():all())
      end)
      raises_exc("CompileError", function()
        other:connect(function(conn)
          conn:execute(am.mysql.insert(t):values{ x = 1 }:on_duplicate_key_update{ x = 2 })
        end)
      end)
      assert_sound(engine)
      assert_sound(other)
      other:dispose()
    end)

    it("leaves nothing behind", function()
      local small = am.create_engine(backend.url, { poolclass = am.QueuePool, pool_size = 1, max_overflow = 0,
        pool_timeout = 0 })
      local text = am.text("select :x")
      resources.assert_no_growth(function()
        small:connect(function(conn)
          pcall(small.connect, small)
          pcall(conn.execute, conn, text, { y = 1 })
          pcall(conn.exec_driver_sql, conn, "select nope")
          pcall(conn.rollback, conn)
          local result = conn:execute(text, { x = "1" })
          result:close()
          pcall(result.one, result)
        end)
      end, { rounds = 300, process = 256 })
      small:dispose()
    end)
  end)
end)
