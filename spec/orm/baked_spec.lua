-- Baked queries: what functions make of a legacy Query, for any session.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

describe("a baked query", function()
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String(20)) })
  local engine, session, bakery

  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session, bakery = am.Session(engine), am.bakery()
    session:add_all { User { id = 1, name = "ann" }, User { id = 2, name = "bob" } }
    session:commit()
  end)

  after_each(function()
    session:close()
    engine:dispose()
  end)

  local function users() return bakery(function(s) return s:query(User):order_by(User.id) end) end
  local function named(query) return query:filter(User.name:eq(am.bindparam "name")) end

  it("runs its functions in order, with parameters of the execution", function()
    local query = users() + named
    assert.equal(2, query(session):params { name = "bob" }:one().id)
    assert.is_nil(query(session):params { name = "cid" }:first())
    assert.equal(1, query(session):params { name = "ann" }:count())
  end)

  it("is copied by + and with_criteria, and grows by add_criteria", function()
    local all = users()
    local first = all:with_criteria(function(query, n) return query:limit(n) end, 1)
    assert.same({ 2, 1 }, { #all(session):all(), #first(session):all() })
    all:add_criteria(function(query) return query:filter(User.id:gt(1)) end)
    assert.equal("bob", all(session):one().name)
  end)

  it("is looped over, and takes criteria for one execution", function()
    local all, seen = users(), {}
    for user in all(session) do seen[#seen + 1] = user.name end
    assert.same({ "ann", "bob" }, seen)
    local last = all(session):with_post_criteria(function(query) return query:filter(User.id:eq(2)) end)
    assert.equal("bob", last:one().name)
    assert.equal(2, #all(session):all())
    assert.equal(2, all:to_query(session:query(User)):count())
    assert.equal(1, bakery(function(s) return s:query(User) end)(session):get(1).id)
  end)

  it("is made of functions", function()
    raises("ArgumentError", function() bakery(User) end, "a function that takes a query")
    raises("ArgumentError", function() return users() + 1 end, "a function that takes a query")
  end)
end)
