-- The network ends after n bytes from the server, n growing until all got through: whatever was going on, an error of
-- the database, nothing half done, and the pool sound.
local am = require "alchemoon"
local backends = require "support.backends"
local Network = require "support.network"
local wait = require "alchemoon.engine.wait"

local backend = backends.get "postgresql"

describe("a network that ends after n bytes", function()
  local network = backend and not require("alchemoon.core").faults and Network.new(backend.url)
  if not network then
    pending("no PostgreSQL, no compiler, or a sanitizer", function() end)
    return
  end
  local Base = am.declarative_base()
  local Parent = Base:model("Parent", { __tablename__ = "net_parent",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
    children = am.relationship "Child" })
  local Child = Base:model("Child", { __tablename__ = "net_child", id = am.Column(am.Integer, { primary_key = true }),
    parent_id = am.Column(am.ForeignKey "net_parent.id") })
  local direct

  setup(function()
    backend.reset()
    direct = am.create_engine(backend.url)
  end)
  teardown(function()
    direct:dispose()
    network:close()
  end)
  before_each(function()
    Base.metadata:drop_all(direct)
    Base.metadata:create_all(direct)
  end)

  local function count(class)
    return direct:connect(function(conn)
      return conn:scalar(am.select(am.func.count()):select_from(class.__table__))
    end)
  end

  -- fn(engine) until the network lasts long enough; check(ok) after each try.
  local function sweep(fn, check)
    local tried, cut = 0, 1
    while true do
      assert(tried < 300, "there is no end of it")
      local port, stop = network:proxy(cut)
      local engine = am.create_engine(network:tcp(port), { pool_size = 2 })
      local ok, e = pcall(fn, engine)
      local where = ("after %d bytes"):format(cut)
      if not ok then assert(am.exc.is(e, am.exc.DBAPIError), where .. ": " .. tostring(e)) end
      assert.equal(0, engine.pool:checkedout(), where)
      check(ok, where)
      engine:dispose()
      stop()
      tried = tried + 1
      if ok then return tried end
      cut = math.ceil(cut * 1.07) + 3
    end
  end

  it("Core: the transaction happens whole or not at all", function()
    local before = 0
    local tried = sweep(function(engine)
      engine:begin(function(conn)
        conn:execute(am.insert(Parent.__table__), { { name = "a" }, { name = "b" }, { name = "c" } })
        local t = Parent.__table__
        local more = { { name = "d" }, { name = "e" }, { name = "f" } }
        assert.equal(3, #conn:execute(am.insert(t):returning(t.c.id), more):all())
        assert.is_true(#conn:execute(am.select(t):where(t.c.name:in_{ "a", "d" })):all() >= 2)
        for _ in conn:execute(am.select(t), nil, { yield_per = 2 }) do end -- luacheck: ignore
      end)
    end, function(ok, where)
      local now = count(Parent)
      -- What was cut while COMMIT was answered may have happened.
      assert(now == before or now == before + 6, where)
      assert(not ok or now == before + 6, where)
      before = now
    end)
    assert.is_true(tried > 20)
  end)

  it("a flush of the ORM: the same, and the session can be closed", function()
    local before = 0
    local tried = sweep(function(engine)
      local session = am.Session(engine)
      local ok, e = pcall(function()
        for i = 1, 3 do session:add(Parent{ name = "p" .. i, children = { Child{}, Child{} } }) end
        session:commit()
        local list = session:scalars(am.select(Parent):options(am.selectinload(Parent.children))):all()
        assert.equal(2, #list[1].children)
        session:delete(list[1].children[1])
        session:rollback()
      end)
      session:close()
      if not ok then error(e, 0) end
    end, function(_, where)
      local now = count(Parent)
      assert(now == before or now == before + 3, where)
      assert.equal(now * 2, count(Child), where)
      before = now
    end)
    assert.is_true(tried > 20)
  end)

  it("DDL and reflection: the tables are all there or none", function()
    local other = am.MetaData()
    for i = 1, 3 do am.Table("net_" .. i, other, am.Column("id", am.Integer, { primary_key = true })) end
    local tried = sweep(function(engine)
      other:create_all(engine)
      local back = am.MetaData()
      back:reflect(engine)
      assert(back.tables.net_3)
    end, function(_, where)
      local names = {}
      for _, name in ipairs(am.inspect(direct):get_table_names()) do names[name] = true end
      assert(not names.net_1 == not names.net_3, where)
      other:drop_all(direct)
    end)
    assert.is_true(tried > 20)
  end)

  it("falling silent while a connection is made ready: connect_timeout ends that, too", function()
    local silent = 20
    while true do
      assert(silent < 5000, "there is no end of it")
      local port, stop = network:proxy(-silent)
      local engine = am.create_engine(network:tcp(port, "&connect_timeout=0.2"), { pool_size = 1, max_overflow = 0 })
      local ok, e = pcall(function() engine:connect():close() end)
      assert.equal(0, engine.pool:checkedout())
      engine:dispose()
      stop()
      if ok then break end
      assert.is_true(am.exc.is(e, am.exc.OperationalError), tostring(e))
      assert.matches("connect_timeout (0.2 seconds)", tostring(e), 1, true)
      silent = silent + 60
    end
  end)

  it("a silent server: an idle connection is found by its pre-ping", function()
    local port, stop = network:proxy(0)
    local engine = am.create_engine(network:tcp(port, "&connect_timeout=60"), { pool_size = 1, pool_pre_ping = true })
    engine:connect():close()
    local asked, drive = 0, wait.drive
    wait.drive = function(waiter, dbconn, object, method, step, deadline, owner) -- the first answer never comes
      asked = asked + 1
      if asked > 1 then return drive(waiter, dbconn, object, method, step, deadline, owner) end
      assert(deadline, "it would wait for ever")
      return nil
    end
    local ok, answer = pcall(engine.connect, engine, function(conn)
      return conn:exec_driver_sql("select 7"):scalar()
    end)
    wait.drive = drive
    assert(ok, answer)
    assert.equal(7, answer)
    assert.is_true(asked > 1)
    engine:dispose()
    stop()
  end)
end)
