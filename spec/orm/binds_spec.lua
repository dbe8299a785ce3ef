-- Sessions on several engines: which one a class, a table or a statement uses; two-phase commits.
local am = require "alchemoon"
local backends = require "support.backends"
local raises = require("support.init").raises_exc

local function models()
  local Left, Right = am.declarative_base(), am.declarative_base()
  local User = Left:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }) })
  local Sub = Left:model("Sub", { __extends__ = User, __tablename__ = "subs",
    id = am.Column(am.ForeignKey("users.id"), { primary_key = true }) })
  local Log = Right:model("Log", { __tablename__ = "logs", id = am.Column(am.Integer, { primary_key = true }) })
  return { Left = Left, Right = Right, User = User, Sub = Sub, Log = Log }
end

describe("a session with binds", function()
  local m, first, second
  before_each(function()
    m = models()
    first = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    second = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    m.Left.metadata:create_all(first)
    m.Right.metadata:create_all(second)
  end)

  it("chooses by class, subclass, table and statement", function()
    local s = am.Session { binds = { [m.User] = first, [m.Log] = second } }
    assert.equal(first, s:get_bind(m.User))
    assert.equal(first, s:get_bind(m.Sub))
    assert.equal(second, s:get_bind(m.Log.__mapper__))
    assert.equal(second, s:get_bind { clause = am.select(m.Log) })
    assert.equal(first, s:get_bind { clause = m.User.__table__:select() })
    s:close()
  end)

  it("chooses by the class that a statement is about, also by its mixin, and wants classes", function()
    local Marked = {}
    local Note = m.Left:model("Note", { __tablename__ = "notes", __mixins__ = { Marked },
      id = am.Column(am.Integer, { primary_key = true }) })
    local s = am.Session { binds = { [Marked] = second, [m.User] = first } }
    for _, name in ipairs { "select", "insert", "update", "delete" } do
      assert.equal(second, s:get_bind { clause = am[name](Note) }, name)
      assert.equal(second, s:get_bind { clause = am[name](am.aliased(Note)) }, name)
      assert.equal(first, s:get_bind { clause = am[name](m.User) }, name)
    end
    raises("ArgumentError", function() s:bind_mapper(Note {}, first) end, "Not an acceptable bind target: <Note")
  end)

  it("finds the tables of subclasses, also of one with an engine of its own", function()
    local s = am.Session { binds = { [m.User] = first } }
    assert.equal(first, s:get_bind { clause = m.Sub.__table__ })
    s = am.Session { binds = { [m.User] = first, [m.Sub] = second } }
    assert.equal(second, s:get_bind { clause = m.Sub.__table__ })
  end)

  it("takes more of them later", function()
    local s = am.Session(first)
    s:bind_mapper(m.Log, second)
    assert.equal(second, s:get_bind(m.Log))
    assert.equal(first, s:get_bind(m.User))
    local other = am.Session(first)
    other:bind_table(m.Log.__table__, second)
    assert.equal(second, other:get_bind { clause = m.Log.__table__ })
  end)

  it("says what it found no engine for", function()
    local s = am.Session { binds = { [m.User] = first } }
    raises("UnboundExecutionError", function() s:get_bind(m.Log) end,
      "Could not locate a bind configured on mapper Mapper.Log.logs.., SQL expression or this Session.")
    raises("UnboundExecutionError", function() s:get_bind() end,
      "This session is not bound to a single Engine or Connection, and no context was provided to locate a binding.")
    raises("ArgumentError", function() return am.Session { binds = { foo = first } } end,
      "Not an acceptable bind target: foo")
  end)

  it("asks only for classes that are mapped, or by an object or an alias of one", function()
    local s, Plain = am.Session { binds = { [m.User] = first } }, { __name = "Plain" }
    Plain.__index = Plain
    assert.equal(first, s:get_bind(m.User {}))
    assert.equal(first, s:get_bind(am.aliased(m.User)))
    for _, value in ipairs { Plain, setmetatable({}, Plain) } do
      raises("UnmappedClassError", function() s:get_bind(value) end, "Class 'Plain' is not mapped")
      raises("UnmappedClassError", function() s:get_bind { mapper = value } end, "Class 'Plain' is not mapped")
    end
  end)

  it("writes to all of them and rolls all of them back", function()
    local s = am.Session { binds = { [m.User] = first, [m.Log] = second } }
    s:add_all { m.User { id = 1 }, m.Log { id = 1 } }
    s:commit()
    s:add_all { m.User { id = 2 }, m.Log { id = 2 } }
    s:flush()
    s:rollback()
    assert.same({ 1 }, s:scalars(am.select(m.User.id)):all())
    assert.same({ 1 }, s:scalars(am.select(m.Log.id)):all())
    s:close()
  end)
end)

backends.each(function(backend)
  describe("a two-phase session", function()
    local m, engine
    before_each(function()
      backend.reset()
      m = models()
      engine = am.create_engine(backend.url)
      m.Left.metadata:create_all(engine)
    end)
    after_each(function() engine:dispose() end)

    it("prepares, then commits or rolls back", function()
      local s = am.Session(engine, { twophase = true })
      s:add(m.User { id = 1 })
      s:commit()
      s:add(m.User { id = 2 })
      s:prepare()
      assert.is_false(s.is_active)
      raises("InvalidRequestError", function() s:execute(am.select(m.User)) end,
        "This session is in 'prepared' state; no further SQL can be emitted within this transaction.")
      s:commit()
      s:add(m.User { id = 3 })
      s:prepare()
      s:rollback()
      assert.same({ 1, 2 }, s:scalars(am.select(m.User.id):order_by(m.User.id)):all())
      s:close()
      raises("InvalidRequestError", function() am.Session(engine):prepare() end,
        "'twophase' mode not enabled, or not root transaction; can't prepare.")
    end)
  end)
end, "two_phase")
