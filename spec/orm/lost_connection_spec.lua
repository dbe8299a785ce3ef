-- A session whose connection is ended by the server: what it raises, what it still holds, and how it goes on.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local backend = backends.get "postgresql"

describe("a session that loses its connection", function()
  if not backend then return pending("ALCHEMOON_TEST_PG is not set", function() end) end
  local engine, Item, session

  setup(function()
    backend.reset()
    engine = am.create_engine(backend.url)
    local Base = am.declarative_base()
    Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      n = am.Column(am.Integer) })
    Base.metadata:create_all(engine)
  end)
  teardown(function() engine:dispose() end)
  before_each(function()
    engine:begin(function(conn) conn:execute(am.delete(Item)) end)
    session = am.Session(engine)
  end)
  after_each(function()
    session:close()
    assert.equal(0, engine.pool:checkedout())
  end)

  local function lose()
    local pid = session:connection():exec_driver_sql("select pg_backend_pid()"):scalar()
    engine:begin(function(admin) admin:exec_driver_sql("select pg_terminate_backend($1::integer, 5000)", { pid }) end)
  end

  local function count() return session:scalar(am.select(am.func.count(Item.id))) end

  it("in a flush has lost all of the transaction, and starts anew after rollback", function()
    session:add(Item{ id = 1 })
    session:flush()
    lose()
    local second = Item{ id = 2 }
    session:add(second)
    local e = raises_exc("OperationalError", function() session:flush() end, "INSERT INTO items")
    assert.is_true(e.connection_invalidated)
    raises_exc("PendingRollbackError", count, "^This Session's transaction has been rolled back due to a previous")
    raises_exc("PendingRollbackError", function() session:commit() end)
    session:rollback()
    assert.equal(0, #session.new)
    assert.is_true(am.inspect(second).transient)
    assert.equal(0, count())
    session:add(second)
    session:commit()
    assert.equal(1, count())
  end)

  it("within a savepoint cannot go on with the outer transaction", function()
    session:add(Item{ id = 1 })
    local nested = session:begin_nested()
    session:add(Item{ id = 2 })
    session:flush()
    lose()
    session:add(Item{ id = 3 })
    raises_exc("OperationalError", function() session:flush() end)
    nested:rollback()
    raises_exc("PendingRollbackError", count, "^Can't reconnect until invalid transaction is rolled back")
    session:rollback()
    assert.equal(0, count())
  end)

  it("in COMMIT does not take its objects for saved", function()
    local item = Item{ id = 1, n = 1 }
    session:add(item)
    session:flush()
    lose()
    raises_exc("OperationalError", function() session:commit() end)
    session:rollback()
    assert.is_true(am.inspect(item).transient)
    assert.equal(0, count())
  end)

  it("while objects load leaves those that came whole, and loads them again", function()
    engine:begin(function(conn)
      conn:exec_driver_sql "insert into items select i, i from generate_series(1, 3000) i"
    end)
    local stream = session:scalars(am.select(Item):order_by(Item.id):execution_options{ yield_per = 10 })
    local first = stream:first()
    assert.equal(1, first.n)
    lose()
    raises_exc("OperationalError", function() session:refresh(first) end)
    session:rollback()
    assert.equal(1, first.n)
    assert.equal(3000, count())
  end)
end)
