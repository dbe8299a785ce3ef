-- Helpers for tests of programs: statements counted and compared, sandboxes, factories.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local testing = am.testing

describe("am.testing", function()
  it("is the module alchemoon.testing", function() assert.equal(require "alchemoon.testing", testing) end)
end)

backends.each(function(backend)
  local engine, User, Team, users

  before_each(function()
    backend.reset()
    engine = am.create_engine(backend.url)
    local Base = am.declarative_base()
    Team = Base:model("Team", { __tablename__ = "test_teams", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(30)) })
    User = Base:model("User", { __tablename__ = "test_users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(30)), team_id = am.Column(am.ForeignKey("test_teams.id")),
      team = am.relationship("Team") })
    users = User.__table__
    Base.metadata:create_all(engine)
  end)
  after_each(function() engine:dispose() end)

  local function how_many()
    return am.Session(engine, function(session) return session:scalar(am.select(am.func.count(User.id))) end)
  end

  describe("statements", function()
    local function two()
      engine:begin(function(conn)
        conn:execute(am.insert(users), { name = "Ann" })
        conn:execute(am.select(users.c.name))
      end)
      return "done"
    end

    it("are counted, and the results of the function come too", function()
      assert.same({ 2, "done" }, { testing.count_statements(engine, two) })
      assert.equal("done", testing.assert_statement_count(engine, 2, two))
      local ok, e = pcall(testing.assert_statement_count, engine, 1, two)
      assert.is_false(ok)
      assert.matches("expected 1 statement%(s%), got 2:\n  1: INSERT INTO test_users", e)
    end)

    it("are compared with what is expected", function()
      local placeholder = backend.dialect == "sqlite" and "?" or "$1"
      testing.assert_executed(engine, two, { function(text) return text:find(placeholder, 1, true) ~= nil end,
        "SELECT test_users.name FROM  test_users" })
      testing.assert_executed(engine, two, { "INSERT INTO test_users (name) ...", "SELECT ..." })
      local ok, e = pcall(testing.assert_executed, engine, two, { "INSERT ...", "DELETE ..." })
      assert.is_false(ok)
      assert.matches("statement 2 is not the expected one", e)
    end)

    it("do not count savepoints unless asked to, and nobody listens afterwards", function()
      local function nested()
        engine:begin(function(conn) conn:begin_nested(function() conn:execute(am.select(users)) end) end)
      end
      assert.equal(1, (testing.count_statements(engine, nested)))
      assert.equal(3, (testing.count_statements(engine, nested, { savepoints = true })))
      local log = testing.record(engine)
      nested()
      assert.equal(1, #log:take())
      log:stop()
      nested()
      assert.equal(0, #log:take())
      pcall(testing.count_statements, engine, function() error("mine") end)
      assert.is_nil(engine.dispatch.before_cursor_execute)
    end)
  end)

  describe("a sandbox", function()
    it("undoes what its sessions committed", function()
      testing.session(engine, function(session)
        session:add(User { name = "Ann" })
        session:commit()
        assert.equal(1, session:scalar(am.select(am.func.count(User.id))))
        session:add(User { name = "Bob" })
        session:flush()
        session:rollback()
        assert.equal(1, session:scalar(am.select(am.func.count(User.id))))
      end)
      assert.equal(0, how_many())
    end)

    it("stays open between set-up and tear-down, for several sessions", function()
      local box = testing.sandbox(engine, { expire_on_commit = false })
      local first, second = box:session(), box:session()
      first:add(User { name = "Ann" })
      first:commit()
      assert.equal("Ann", second:scalars(am.select(User)):one().name)
      second:close()
      box:close()
      box:close()
      assert.equal(0, how_many())
    end)

    it("takes the factories of the program in", function()
      local Session = am.sessionmaker(engine, { expire_on_commit = false })
      testing.sandbox(engine, { factories = { Session } }, function(box)
        Session:begin(function(session) session:add(User { name = "Ann" }) end)
        assert.equal(1, box:session():scalar(am.select(am.func.count(User.id))))
      end)
      assert.equal(0, how_many())
      Session:begin(function(session) session:add(User { name = "Ann" }) end)
      assert.equal(1, how_many())
      Session:begin(function(session) session:execute(am.delete(User)) end)
    end)

    it("undoes everything when the test fails, and passes its error on", function()
      local ok, e = pcall(testing.session, engine, function(session)
        session:add(User { name = "Ann" })
        session:commit()
        error({ mine = true })
      end)
      assert.is_false(ok)
      assert.is_true(e.mine)
      assert.equal(0, how_many())
      assert.equal(0, engine.pool:checkedout())
    end)
  end)

  it("factories make objects with defaults, sequences and objects of other factories", function()
    local make_team = testing.factory(Team, { name = "red" })
    local make_user = testing.factory(User, { name = testing.sequence "user%d",
      team = function() return make_team() end })
    testing.session(engine, function(session)
      local user = make_user:create(session)
      assert.same({ "user1", "red" }, { user.name, user.team.name })
      assert.is_true(am.inspect(user).persistent)
      assert.equal("Ann", make_user { name = "Ann" }.name)
      assert.equal(3, #make_user:create(session, 3, { team = user.team }))
      assert.equal("blue", make_user:with { team = make_team { name = "blue" } }().team.name)
      assert.equal(2, #make_user:list(2))
    end)
  end)

  it("says what it needs where it was given something else", function()
    local Session = am.sessionmaker(engine)
    for message, call in pairs {
      ["count_statements: an engine or connection is needed, got nil"] = function() testing.count_statements() end,
      ["count_statements: a function is needed, got nil"] = function() testing.count_statements(engine) end,
      ["a session's is session:get_bind%(%)"] = function()
        Session(function(session) testing.count_statements(session, print) end)
      end,
      ["the number is function"] = function() testing.assert_statement_count(engine, print, 1) end,
      ["am.create_engine%(%) makes one of a URL"] = function() testing.sandbox(backend.url) end,
    } do
      raises_exc("ArgumentError", call, message)
    end
  end)
end)
