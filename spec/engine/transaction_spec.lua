-- Transactions, savepoints, two phases, isolation levels.
local am = require "alchemoon"
local backends = require "support.backends"
local logged = require "support.logged"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("transactions", function()
    local engine, conn

    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      engine:begin(function(c) c:exec_driver_sql("create table t (x integer primary key)") end)
      conn = engine:connect()
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function insert(x) return conn:exec_driver_sql("insert into t (x) values (" .. x .. ")") end
    local function rows()
      return engine:connect(function(c) return c:exec_driver_sql("select x from t order by x"):scalars():all() end)
    end
    -- In memory all connections are one, so uncommitted rows show.
    local isolated = backend.name ~= "sqlite-memory"

    it("the dialect reads the level of a driver connection", function()
      local dialect, level = engine.dialect, conn:get_isolation_level()
      assert.equal(level, dialect:get_isolation_level(conn.connection))
      assert.equal(level, dialect:get_isolation_level(conn.connection.dbapi_connection))
      for _, wrong in ipairs{ 5, "x", am.null } do
        raises_exc("ArgumentError", function() dialect:get_isolation_level(wrong) end, "a driver connection is needed")
      end
    end)

    it("a rollback of what is over already is a warning, closing it is none", function()
      local said = {}
      am.logging.set_handler(function(record) said[#said + 1] = record.message end)
      local trans = conn:begin()
      local nested = conn:begin_nested()
      nested:rollback()
      nested:rollback()
      nested:close()
      conn:rollback()
      trans:rollback()
      trans:close()
      am.logging.set_handler(nil)
      assert.same({ "nested transaction already deassociated from connection",
        "transaction already deassociated from connection" }, said)
    end)

    it("has the engine's isolation level as its default", function()
      local serializable = am.create_engine(backend.url, { isolation_level = "SERIALIZABLE" })
      serializable:connect(function(c) assert.are.equal("SERIALIZABLE", c.default_isolation_level) end)
      serializable:dispose()
    end)

    it("autobegins, commits and rolls back", function()
      assert.is_false(conn:in_transaction())
      assert.is_nil(conn:get_transaction())
      insert(1)
      assert.is_true(conn:in_transaction())
      assert.is_false(conn:in_nested_transaction())
      conn:commit()
      assert.is_false(conn:in_transaction())
      insert(2)
      conn:rollback()
      assert.same({ 1 }, rows())
      conn:commit() -- nothing to do
      conn:rollback()
    end)

    it("close rolls back", function()
      insert(1)
      conn:close()
      assert.same({}, rows())
    end)

    it("begin() twice is refused, autobegin included", function()
      local trans = conn:begin()
      raises_exc("InvalidRequestError", function() conn:begin() end,
        "^This connection has already initialized an alchemoon Transaction%(%) object via begin%(%) or autobegin; "
        .. "can't call begin%(%) here unless rollback%(%) or commit%(%) is called first")
      assert.are.equal(trans, conn:get_transaction())
      trans:rollback()
      conn:exec_driver_sql("select 1")
      raises_exc("InvalidRequestError", function() conn:begin() end, "already initialized")
    end)

    it("a transaction ends once", function()
      local trans = conn:begin()
      insert(1)
      trans:commit()
      assert.is_false(trans.is_active)
      raises_exc("InvalidRequestError", function() trans:commit() end, "^This transaction is inactive$")
      trans:rollback()
      trans:close()
      assert.same({ 1 }, rows())
    end)

    it("the function form commits, or rolls back and raises again", function()
      local a, b = conn:begin(function(trans)
        assert.is_true(trans.is_active)
        insert(1)
        return "a", nil
      end)
      assert.are.equal("a", a)
      assert.is_nil(b)
      local mine = {}
      local ok, e = pcall(function()
        conn:begin(function()
          insert(2)
          error(mine)
        end)
      end)
      assert.is_false(ok)
      assert.are.equal(mine, e)
      assert.is_false(conn:in_transaction())
      assert.same({ 1 }, rows())
    end)

    it("nothing may run in a scope after its transaction ended", function()
      raises_exc("InvalidRequestError", function()
        conn:begin(function(trans)
          trans:commit()
          conn:exec_driver_sql("select 1")
        end)
      end, "Can't operate on closed transaction inside context manager")
      raises_exc("InvalidRequestError", function()
        conn:begin(function()
          conn:rollback()
          conn:begin()
        end)
      end, "Can't operate on closed transaction inside context manager")
      conn:exec_driver_sql("select 1")
      conn:rollback()
      conn:begin(function() conn:rollback() end) -- ended inside: fine
    end)

    it("engine:begin and engine:connect are scopes", function()
      local result = { engine:begin(function(c)
        c:exec_driver_sql("insert into t (x) values (1)")
        return 1, 2, 3
      end) }
      assert.same({ 1, 2, 3 }, result)
      assert.is_false(pcall(engine.begin, engine, function(c)
        c:exec_driver_sql("insert into t (x) values (2)")
        error("no")
      end))
      engine:connect(function(c) c:exec_driver_sql("insert into t (x) values (3)") end)
      assert.same({ 1 }, rows())
    end)

    it("engine:begin without a function returns a connection in a transaction", function()
      conn:close()
      local c = engine:begin()
      assert.is_true(c:in_transaction())
      c:exec_driver_sql("insert into t (x) values (1)")
      c:commit()
      c:close()
      c = engine:begin()
      c:exec_driver_sql("insert into t (x) values (2)")
      c:close()
      assert.same({ 1 }, rows())
    end)

    it("savepoints end without their transaction", function()
      local nested = conn:begin_nested()
      assert.is_true(conn:in_transaction())
      assert.is_true(conn:in_nested_transaction())
      assert.are.equal(nested, conn:get_nested_transaction())
      insert(1)
      nested:rollback()
      assert.is_false(conn:in_nested_transaction())
      insert(2)
      conn:begin_nested(function() insert(3) end)
      assert.is_false(pcall(conn.begin_nested, conn, function()
        insert(4)
        error("no")
      end))
      local inner = conn:begin_nested()
      insert(5)
      inner:commit()
      raises_exc("InvalidRequestError", function() inner:commit() end, "^This nested transaction is inactive$")
      conn:commit()
      assert.same({ 2, 3, 5 }, rows())
    end)

    it("warns when one is rolled back that is over already, or savepoints end out of order", function()
      local root_over = { "transaction already deassociated from connection" }
      local nested_over = { "nested transaction already deassociated from connection" }
      local root = conn:begin()
      local outer, inner = conn:begin_nested(), conn:begin_nested()
      assert.same(nested_over, logged(function() outer:commit() end))
      assert.same({}, logged(function() root:rollback() end))
      assert.same(root_over, logged(function() root:rollback() end))
      assert.same(nested_over, logged(function() inner:rollback() end))
      assert.same({}, logged(function()
        root:close()
        inner:close()
      end))
    end)

    it("savepoints nest, and end with the outer one", function()
      insert(1)
      local a = conn:begin_nested()
      insert(2)
      local b = conn:begin_nested()
      insert(3)
      assert.are.equal(b, conn:get_nested_transaction())
      b:rollback()
      assert.are.equal(a, conn:get_nested_transaction())
      insert(4)
      conn:rollback()
      assert.is_false(a.is_active)
      assert.is_nil(conn:get_nested_transaction())
      assert.same({}, rows())
    end)

    it("an error inside a savepoint leaves the outer transaction usable", function()
      insert(1)
      raises_exc("IntegrityError", function() conn:begin_nested(function() insert(1) end) end)
      insert(2)
      conn:commit()
      assert.same({ 1, 2 }, rows())
    end)

    it("a connection whose COMMIT failed comes back without a transaction", function()
      local foreign_keys = backend.dialect == "sqlite" and { connect_args = { foreign_keys = "on" } } or {}
      local strict = am.create_engine(backend.url, foreign_keys)
      strict:begin(function(c)
        c:exec_driver_sql("create table u (x integer primary key)")
        c:exec_driver_sql("create table v (u_x integer references u (x) deferrable initially deferred)")
      end)
      for _, use in ipairs{ "core", "orm" } do
        local c = use == "core" and strict:connect() or am.Session(strict)
        c:execute(am.text "insert into v values (1)")
        raises_exc("IntegrityError", function() c:commit() end)
        c:close()
        strict:connect(function(next_one)
          assert.equal("idle", next_one.connection.dbapi_connection:tx_status())
          assert.same({}, next_one:exec_driver_sql("select * from v"):all())
        end)
      end
      strict:dispose()
    end)

    it("an invalidated connection wants a rollback first", function()
      if not isolated then return end
      insert(1)
      conn:invalidate()
      assert.is_true(conn.invalidated)
      assert.is_false(conn.closed)
      raises_exc("PendingRollbackError", function() conn:exec_driver_sql("select 1") end,
        "^Can't reconnect until invalid transaction is rolled back%.  Please rollback%(%) fully before proceeding")
      conn:rollback()
      assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
      assert.is_false(conn.invalidated)
      assert.same({}, rows())
    end)

    it("what an invalidated connection had begun is not committed", function()
      if not isolated then return end
      local events = {}
      for _, name in ipairs{ "savepoint", "commit", "rollback" } do
        am.event.listen(conn, name, function() events[#events + 1] = name end)
      end
      local trans = conn:begin()
      conn:exec_driver_sql("insert into t values (1)")
      conn:invalidate()
      local refused = "^Can't reconnect until invalid transaction is rolled back"
      assert.is_true(trans.is_active)
      assert.is_false(trans.is_valid)
      raises_exc("PendingRollbackError", function() conn:begin_nested() end, refused)
      raises_exc("PendingRollbackError", function() trans:commit() end, refused)
      assert.is_false(trans.is_active)
      assert.is_false(trans.is_valid)
      raises_exc("PendingRollbackError", function() conn:exec_driver_sql("select 1") end, refused)
      trans:rollback()
      assert.same({ "savepoint", "commit" }, events)
      assert.equal(0, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)

    it("of two phases is not prepared, nor committed, on another connection than it began on", function()
      if not backend.capabilities.two_phase then return end
      local trans = conn:begin_twophase()
      conn:exec_driver_sql("insert into t values (1)")
      conn:invalidate()
      for _, step in ipairs{ "prepare", "commit" } do
        raises_exc("PendingRollbackError", function() trans[step](trans) end, "^Can't reconnect until invalid")
      end
      trans:rollback()
      assert.equal(0, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)

    it("begin() of an invalidated connection is heard before there is a new one", function()
      if not isolated then return end
      local events = {}
      am.event.listen(conn, "begin", function() events[#events + 1] = "begin" end)
      am.event.listen(engine, "checkout", function() events[#events + 1] = "checkout" end)
      conn:invalidate()
      conn:invalidate() -- once is enough
      raises_exc("InvalidRequestError", function() conn:detach() end, "^Can't detach an invalidated Connection$")
      conn:rollback()
      conn:begin()
      assert.same({ "begin", "checkout" }, events)
    end)

    it("parameters that cannot be sent begin no transaction, and end none", function()
      local function wrong()
        raises_exc("StatementError", function() conn:execute(am.text "insert into t values (:x)") end, "required")
      end
      wrong()
      assert.is_false(conn:in_transaction())
      conn:exec_driver_sql("insert into t values (1)")
      wrong()
      assert.is_true(conn:in_transaction())
      assert.equal(1, conn:exec_driver_sql("select count(*) from t"):scalar())
    end)

    it("AUTOCOMMIT leaves nothing to roll back", function()
      if not isolated then return end
      conn:execution_options{ isolation_level = "autocommit" }
      insert(1)
      assert.same({ 1 }, rows())
      conn:rollback()
      assert.same({ 1 }, rows())
    end)

    it("isolation levels are set, reported and reset", function()
      if not isolated then return end
      local default = conn.default_isolation_level
      local other = backend.dialect == "sqlite" and "READ UNCOMMITTED" or "REPEATABLE READ"
      assert.are.equal(default, conn:get_isolation_level())
      conn:execution_options{ isolation_level = other }
      assert.are.equal(other, conn:get_isolation_level())
      conn:exec_driver_sql("select 1")
      assert.are.equal(other, conn:get_isolation_level())
      raises_exc("InvalidRequestError", function() conn:execution_options{ isolation_level = default } end,
        "isolation_level may not be altered unless rollback%(%) or commit%(%) is called first")
      conn:close()
      conn = engine:connect()
      assert.are.equal(default, conn:get_isolation_level())
      raises_exc("ArgumentError", function() conn:execution_options{ isolation_level = "FOO" } end,
        "Valid isolation levels")
      local strict = am.create_engine(backend.url, { isolation_level = "SERIALIZABLE" })
      assert.are.equal("SERIALIZABLE", strict:connect(function(c) return c:get_isolation_level() end))
      local copy = engine:execution_options{ isolation_level = other }
      assert.are.equal(other, copy:connect(function(c) return c:get_isolation_level() end))
      strict:dispose()
    end)

    it("two-phase transactions are prepared, then end", function()
      if not backend.capabilities.two_phase then
        raises_exc("NotSupportedError", function() conn:begin_twophase() end, "two%-phase")
        return
      end
      local allowed = conn:exec_driver_sql("show max_prepared_transactions"):scalar()
      conn:rollback()
      if allowed == "0" then return end
      local trans = conn:begin_twophase()
      insert(1)
      trans:prepare()
      trans:commit()
      trans = conn:begin_twophase("mine")
      insert(2)
      trans:prepare()
      trans:rollback()
      trans = conn:begin_twophase()
      insert(3)
      trans:commit()
      assert.same({ 1, 3 }, rows())
    end)

    it("prepared transactions are found and ended by another connection", function()
      if not backend.capabilities.two_phase then return end
      local allowed = conn:exec_driver_sql("show max_prepared_transactions"):scalar()
      conn:rollback()
      if allowed == "0" then return end
      for i, verb in ipairs { "commit_prepared", "rollback_prepared" } do
        local xid = "left_behind_" .. verb
        local trans = conn:begin_twophase(xid)
        insert(i)
        trans:prepare()
        conn:invalidate()
        conn:close()
        conn = engine:connect()
        assert.is_truthy((" " .. table.concat(conn:recover_twophase(), " ") .. " "):find(" " .. xid .. " ", 1, true))
        assert.is_false(conn:in_transaction())
        conn[verb](conn, xid, true)
      end
      assert.same({ 1 }, rows())
    end)

    it("closed connections say so", function()
      conn:close()
      assert.is_true(conn.closed)
      conn:close()
      raises_exc("ResourceClosedError", function() conn:exec_driver_sql("select 1") end, "^This Connection is closed$")
      raises_exc("ResourceClosedError", function() conn:begin() end, "closed")
      raises_exc("ResourceClosedError", function() conn:begin_nested() end, "closed")
      raises_exc("ResourceClosedError", function() conn:invalidate() end, "closed")
      raises_exc("ResourceClosedError", function() conn:detach() end, "closed")
      raises_exc("ResourceClosedError", function() conn:execution_options{ isolation_level = "SERIALIZABLE" } end)
    end)
  end)
end)

if _VERSION == "Lua 5.4" then
  describe("<close>", function()
    it("closes connections, ends transactions", function()
      local engine = am.create_engine("sqlite://")
      local run = assert(load([[
        local engine, fail = ...
        do
          local conn <close> = engine:begin()
          conn:exec_driver_sql("create table if not exists t (x int)")
          conn:exec_driver_sql("insert into t values (1)")
        end
        pcall(function()
          local conn <close> = engine:begin()
          conn:exec_driver_sql("insert into t values (2)")
          error("no")
        end)
        local conn <close> = engine:connect()
        do
          local trans <close> = conn:begin()
          conn:exec_driver_sql("insert into t values (3)")
        end
        pcall(function()
          local trans <close> = conn:begin()
          conn:exec_driver_sql("insert into t values (4)")
          error("no")
        end)
        return conn:exec_driver_sql("select x from t order by x"):scalars():all()
      ]]))
      assert.same({ 1, 3 }, run(engine))
      assert.are.equal(0, engine.pool:checkedout())
    end)
  end)
end

-- SQLite rolls the whole transaction back by itself when the disk is full, at an interrupt, at OR ROLLBACK and at
-- RAISE(ROLLBACK). What follows must not be committed as if the first half were still there.
describe("a transaction that SQLite itself has rolled back", function()
  local engine, conn

  before_each(function()
    engine = am.create_engine("sqlite://")
    conn = engine:connect()
    conn:exec_driver_sql("create table t (x integer primary key)")
    conn:exec_driver_sql("create trigger no13 before insert on t when new.x = 13 "
      .. "begin select raise(rollback, 'unlucky'); end")
    conn:commit()
  end)
  after_each(function()
    conn:close()
    assert.are.equal(0, engine.pool:checkedout())
    engine:dispose()
  end)

  local function insert(x) return conn:exec_driver_sql("insert into t (x) values (" .. x .. ")") end
  local function rows()
    local list = conn:exec_driver_sql("select x from t order by x"):scalars():all()
    conn:rollback()
    return list
  end

  it("takes no statement and no commit until it is rolled back", function()
    insert(1)
    raises_exc("IntegrityError", function() insert(13) end, "unlucky")
    assert.is_false(conn:in_transaction())
    raises_exc("PendingRollbackError", function() insert(2) end, "fully before proceeding")
    raises_exc("PendingRollbackError", function() conn:commit() end)
    conn:rollback()
    assert.same({}, rows())
    insert(3)
    conn:commit()
    assert.same({ 3 }, rows())
  end)

  it("has no savepoint to go back to", function()
    insert(1)
    local savepoint = conn:begin_nested()
    raises_exc("IntegrityError", function() insert(13) end)
    savepoint:rollback()
    raises_exc("PendingRollbackError", function() insert(2) end)
    raises_exc("PendingRollbackError", function() conn:commit() end)
    conn:rollback()
    assert.same({}, rows())
  end)

  it("goes on when nothing but the failing statement was in it", function()
    raises_exc("IntegrityError", function() insert(13) end)
    insert(2)
    conn:commit()
    assert.same({ 2 }, rows())
  end)

  it("shows in a session whose savepoint failed", function()
    local Base = am.declarative_base()
    local T = Base:model("T", { __tablename__ = "t", x = am.Column(am.Integer, { primary_key = true }) })
    local session = am.Session(engine)
    session:add(T{ x = 1 })
    session:flush()
    raises_exc("IntegrityError", function()
      session:begin_nested(function() session:add(T{ x = 13 }) end)
    end, "unlucky")
    session:add(T{ x = 2 })
    raises_exc("PendingRollbackError", function() session:commit() end)
    session:rollback()
    assert.same({}, rows())
    session:add(T{ x = 3 })
    session:commit()
    session:close()
    assert.same({ 3 }, rows())
  end)
end)
