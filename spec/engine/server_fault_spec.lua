-- What a server can do to its clients: too many of them, a crash at any moment, a disk that is full. On a private
-- server, which may be stopped and filled.
local am = require "alchemoon"
local lfs = require "lfs"
local raises_exc = require("support.init").raises_exc
local shell = require "support.shell"
local assert_sound = require("support.resources").assert_sound
local run, output = shell.run, shell.output

local function scratch_folder()
  local dir = os.tmpname()
  os.remove(dir)
  assert(lfs.mkdir(dir))
  return dir
end

-- Mounts a disk of two megabytes; false where nobody may.
local function small_disk(dir) return run(("mount -t tmpfs -o size=2m tmpfs %s"):format(dir)) end

describe("a server", function()
  if not os.getenv "ALCHEMOON_TEST_PG" then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local dir, url, engine
  local function control(verb)
    return output(("PG_CONF='max_connections = 6' spec/support/pg_cluster.sh %s %s/pg"):format(verb, dir))
  end

  setup(function()
    dir = scratch_folder()
    run("chmod 711 " .. dir)
    url = control("start"):match "%S+"
  end)
  teardown(function()
    control "stop"
    run(("umount %s/disk"):format(dir))
    os.execute("rm -rf " .. dir)
  end)
  before_each(function()
    engine = am.create_engine(url, { pool_size = 10 })
    engine:begin(function(conn)
      conn:exec_driver_sql("drop table if exists t")
      conn:exec_driver_sql("create table t (x integer)")
    end)
  end)
  after_each(function() engine:dispose() end)

  local function rows()
    return engine:connect(function(conn) return conn:exec_driver_sql("select count(*) from t"):scalar() end)
  end

  it("that has too many clients refuses the next one, and serves it later", function()
    local held, e = {}, nil
    for i = 1, 10 do
      local ok, conn = pcall(engine.connect, engine)
      if not ok then
        e = conn
        break
      end
      held[i] = conn
    end
    assert.is_true(am.exc.is(e, am.exc.OperationalError), tostring(e))
    assert.matches("too many clients already", tostring(e))
    assert.is_false(e.connection_invalidated)
    assert.equal(6, #held)
    assert.equal(6, engine.pool:checkedout())
    for _, conn in ipairs(held) do conn:close() end
    assert_sound(engine)
  end)

  it("that crashes inside a transaction leaves an error, an empty table and a pool that starts anew", function()
    local idle = engine:connect()
    local conn = engine:connect()
    conn:exec_driver_sql("insert into t values (1)")
    idle:close()
    control "crash"
    local e = raises_exc("OperationalError", function() conn:exec_driver_sql("insert into t values (2)") end)
    assert.is_true(e.connection_invalidated)
    assert.equal("insert into t values (2)", e.statement)
    raises_exc("PendingRollbackError", function() conn:commit() end, "^Can't reconnect until invalid transaction")
    conn:close()
    raises_exc("OperationalError", function() engine:connect() end)
    assert.equal(0, engine.pool:checkedout())
    control "resume"
    assert.equal(0, rows())
    assert_sound(engine)
  end)

  it("that crashes during COMMIT does not let it look done", function()
    local conn = engine:connect()
    conn:exec_driver_sql("insert into t values (1)")
    control "crash"
    local e = raises_exc("OperationalError", function() conn:commit() end)
    assert.is_true(e.connection_invalidated)
    conn:close()
    control "resume"
    assert.equal(0, rows())
    assert_sound(engine)
  end)

  it("that crashes while rows stream says so at the row where they end", function()
    local conn = engine:connect():execution_options{ stream_results = true, max_row_buffer = 10 }
    local result = conn:exec_driver_sql("select i, repeat('x', 1000) from generate_series(1, 100000) i")
    assert.equal(1, result:fetchone()[1])
    control "crash"
    local e = raises_exc("OperationalError", function()
      for _ in result do end -- luacheck: ignore
    end)
    assert.is_true(e.connection_invalidated)
    for _ = 1, 2 do -- the rows have not ended: what came before the error is there, then the error again
      local again = raises_exc("OperationalError", function() while result:fetchone() do end end)
      assert.is_true(again == e)
    end
    conn:close()
    control "resume"
    assert_sound(engine)
  end)

  it("that was away for a while is found again by a pre-ping", function()
    local careful = am.create_engine(url, { pool_pre_ping = true })
    local held = { careful:connect(), careful:connect() }
    for _, conn in ipairs(held) do conn:close() end
    control "crash"
    raises_exc("OperationalError", function() careful:connect() end)
    assert.equal(0, careful.pool:checkedout())
    control "resume"
    assert_sound(careful)
    careful:dispose()
  end)

  it("whose disk is full fails the statement, not the connection", function()
    local disk = dir .. "/disk"
    assert(lfs.mkdir(disk))
    if not small_disk(disk) then return pending("only root may mount a small disk") end
    assert(run(("chown --reference=%s/pg %s"):format(dir, disk)))
    engine:connect(function(conn)
      conn:execution_options{ isolation_level = "AUTOCOMMIT" }
      conn:exec_driver_sql(("create tablespace small location '%s'"):format(disk))
      conn:exec_driver_sql("create table big (x text) tablespace small")
    end)
    local e
    engine:connect(function(conn)
      e = raises_exc("OperationalError", function()
        conn:exec_driver_sql("insert into big select repeat(md5(i::text), 30) from generate_series(1, 10000) i")
      end, "No space left on device")
      assert.equal("53100", e.sqlstate)
      assert.is_false(e.connection_invalidated)
      conn:rollback()
      assert.equal(0, conn:exec_driver_sql("select count(*) from big"):scalar())
    end)
    assert_sound(engine)
    engine:connect(function(conn)
      conn:execution_options{ isolation_level = "AUTOCOMMIT" }
      conn:exec_driver_sql("drop table big")
      conn:exec_driver_sql("drop tablespace small")
    end)
  end)
end)

describe("a SQLite file", function()
  it("whose disk is full fails the statement; what was committed stays", function()
    local dir = scratch_folder()
    if not small_disk(dir) then
      os.execute("rmdir " .. dir)
      return pending("only root may mount a small disk")
    end
    local engine = am.create_engine(("sqlite:///%s/x.db"):format(dir))
    engine:begin(function(conn)
      conn:exec_driver_sql("create table t (x text)")
      conn:exec_driver_sql("insert into t values ('first')")
    end)
    for _ = 1, 2 do
      local e = raises_exc("OperationalError", function()
        engine:begin(function(conn)
          for _ = 1, 4000 do conn:exec_driver_sql("insert into t values (?)", { ("x"):rep(1000) }) end
        end)
      end, "disk")
      assert.is_false(e.connection_invalidated)
      assert_sound(engine)
    end
    engine:connect(function(conn)
      assert.same({ "first" }, conn:exec_driver_sql("select x from t"):scalars():all())
    end)
    engine:dispose()
    run("umount " .. dir)
    os.execute("rmdir " .. dir)
  end)

  it("in a folder that nobody may write to can be read and not written", function()
    if output("id -u"):match "^0" then return pending("root may write everywhere") end
    local dir = scratch_folder()
    local engine = am.create_engine(("sqlite:///%s/x.db"):format(dir))
    engine:begin(function(conn) conn:exec_driver_sql("create table t (x text)") end)
    run("chmod 555 " .. dir)
    engine:connect(function(conn)
      assert.equal(0, conn:exec_driver_sql("select count(*) from t"):scalar())
      raises_exc("OperationalError", function() conn:exec_driver_sql("insert into t values ('x')") end,
        "^%(sqlite3.OperationalError%)")
    end)
    assert_sound(engine)
    engine:dispose()
    os.execute(("chmod 755 %s; rm -rf %s"):format(dir, dir))
  end)

  it("that is read-only can be read and not written", function()
    local path = os.tmpname()
    am.create_engine("sqlite:///" .. path):begin(function(conn) conn:exec_driver_sql("create table t (x text)") end)
    local engine = am.create_engine("sqlite:///" .. path .. "?mode=ro")
    engine:connect(function(conn)
      assert.equal(0, conn:exec_driver_sql("select count(*) from t"):scalar())
      local e = raises_exc("OperationalError", function() conn:exec_driver_sql("insert into t values ('x')") end,
        "^%(sqlite3.OperationalError%) attempt to write a readonly database\n%[SQL: insert into t values %('x'%)%]$")
      assert.is_false(e.connection_invalidated)
    end)
    assert_sound(engine)
    engine:dispose()
    os.remove(path)
  end)

  it("that was deleted says so, and a new connection makes a new one", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path)
    engine:begin(function(conn) conn:exec_driver_sql("create table t (x text)") end)
    os.remove(path)
    raises_exc("OperationalError", function()
      engine:begin(function(conn) conn:exec_driver_sql("insert into t values ('x')") end)
    end, "readonly database %(its file was moved, replaced or deleted; connect again%)\n")
    engine:dispose()
    engine:begin(function(conn) conn:exec_driver_sql("create table t (x text)") end)
    assert_sound(engine)
    engine:dispose()
    os.remove(path)
  end)

  it("with a WAL, read before others wrote: the message says that waiting is no use", function()
    local path = os.tmpname()
    local engine = am.create_engine("sqlite:///" .. path)
    local reader, writer = engine:connect(), engine:connect()
    writer:exec_driver_sql "pragma journal_mode = wal"
    writer:exec_driver_sql "create table t (x text)"
    writer:commit()
    reader:exec_driver_sql("select * from t"):all()
    writer:exec_driver_sql "insert into t values ('writer')"
    writer:commit()
    raises_exc("OperationalError", function() reader:exec_driver_sql "insert into t values ('reader')" end,
      "database is locked %(another connection wrote since this transaction first read; roll back, try again%)\n")
    reader:rollback()
    reader:exec_driver_sql "insert into t values ('reader')"
    reader:commit()
    reader:close()
    writer:close()
    assert_sound(engine)
    engine:dispose()
    for _, suffix in ipairs{ "", "-wal", "-shm" } do os.remove(path .. suffix) end
  end)
end)
