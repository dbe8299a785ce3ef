-- The legacy Query: what its places count from, and what it says of itself.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

describe("a legacy Query", function()
  local engine, session, User
  before_each(function()
    local Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String) })
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add_all { User { id = 1, name = "ann" }, User { id = 2, name = "bob" } }
    session:flush()
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("may be made by a function, which gets the entities and the session", function()
    local seen
    local own = am.Session(engine, { query_cls = function(entities, of)
      seen = { #entities, of }
      return am.Query(entities, of)
    end })
    own:query(User.id, User.name):all()
    assert.same({ 2, own }, seen)
    own:close()
  end)

  it("over a UNION leaves deferred columns out of its statement, and takes them where an option wants them", function()
    local Base = am.declarative_base()
    local Page = Base:model("Page", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
      body = am.Column(am.String, { deferred = true }) })
    local query = session:query(Page):union(session:query(Page))
    local from = " FROM (SELECT p.id AS p_id, p.body AS p_body FROM p UNION SELECT p.id AS p_id, p.body AS p_body " ..
      "FROM p) AS anon_1"
    local function text(statement) return (tostring(statement):gsub("%s+", " "):gsub("%( ", "(")) end
    assert.equal("SELECT anon_1.p_id" .. from, text(query.statement))
    assert.equal("SELECT anon_1.p_id, anon_1.p_body" .. from, text(query:options(am.undefer(Page.body)).statement))
    assert.matches("^SELECT anon_1.p_id FROM %(SELECT anon_2.p_id AS p_id FROM ", text(am.select(query:subquery())))
    assert.matches("^SELECT anon_2.anon_1_p_id FROM %(%(?SELECT anon_1.p_id AS anon_1_p_id, anon_1.p_body AS ",
      text(query:union(session:query(Page)).statement))
    Base.registry:dispose()
  end)

  it("counts places from 1 and has none before the first", function()
    local query = session:query(User):order_by(User.id)
    assert.equal("bob", query[2].name)
    assert.is_nil(query[3])
    for _, place in ipairs { 0, -1 } do
      raises("ArgumentError", function() return query[place] end,
        "^negative indexes are not accepted by SQL index / slice operators: .* count from 1")
    end
  end)

  it("is of a single entity for a class or one of its attributes, not as tuples", function()
    local single = {}
    for i, query in ipairs { session:query(User), session:query(am.aliased(User)), session:query(User.id),
      session:query(User.id, User), session:query(am.func.max(User.id)), session:query(User):tuples() } do
      single[i] = query.is_single_entity
    end
    assert.same({ true, true, true, false, false, false }, single)
    assert.equal("ann", session:query(User.name):order_by(User.id):first()[1]) -- a row all the same
  end)

  it("of tables and columns is one, too: its columns have labels, and a UNION stands for them", function()
    local users = User.__table__
    local function text(query) return (tostring(query):gsub("%s+", " ")) end
    assert.equal("SELECT users.id AS users_id FROM users", text(session:query(users.c.id)))
    local query = session:query(users.c.id):filter(users.c.id:lt(2))
    local union = query:union(query):order_by(users.c.id)
    assert.matches(" AS anon_1 ORDER BY anon_1.users_id$", text(union))
    assert.equal(1, #union:all())
    local c = am.column "c"
    assert.equal("SELECT anon_1.c AS anon_1_c FROM (SELECT c UNION SELECT c) AS anon_1 ORDER BY c",
      text(am.Query(c):union(am.Query(c)):order_by(am.column "c")))
  end)

  it("is compiled with what its statement loads eagerly", function()
    assert.equal("SELECT users.id AS users_id FROM users WHERE users.id = $1", (session:query(User.id)
      :filter(User.id:eq(1)):compile { dialect = "postgresql" }.sql:gsub("%s+", " ")))
  end)

  it("may be made without a session and be given one", function()
    assert.equal(2, am.Query(User, session):count())
    assert.equal(2, am.Query({ User.id, User.name }, { session = session }):count())
    local query = am.Query(User):filter_by { name = "bob" }
    raises("InvalidRequestError", function() query:all() end, "not bound to a Session")
    assert.equal(2, query:with_session(session):one().id)
  end)

  it("takes results of elsewhere for its session's own objects", function()
    session:commit()
    local query = session:query(User)
    local merged = {}
    for user in query:merge_result({ User { id = 2, name = "bo" } }) do merged[#merged + 1] = user end
    assert.equal(1, #merged)
    assert.equal(session:get(User, 2), merged[1])
    assert.equal("bo", merged[1].name)
    for row in session:query(User.id, User):merge_result({ { 1, User { id = 1, name = "an" } } }) do
      assert.equal(1, row[1])
      assert.equal(session:get(User, 1), row[2])
    end
  end)
end)
