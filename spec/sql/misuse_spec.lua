-- Statements put together in ways that SQLAlchemy refuses are refused in its words.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local logged = require "support.logged"
local raises_exc = require("support.init").raises_exc

local t = am.table("t", am.column "a", am.column "b")
local q = am.column "q"

describe("a method of an expression that is called with a dot", function()
  it("says that a colon is wanted", function()
    for _, call in ipairs { function() return t.c.a.eq(5) end, function() return t.c.a.in_({ 5 }) end,
      function() return am.select(q).where(q:eq(5)) end, function() return am.select(q).limit(5) end,
      function() return q.label("x") end } do
      raises_exc("ArgumentError", call, "; methods are called with a colon$")
    end
  end)
end)

describe("a function in the place of an expression", function()
  it("is called, as SQLAlchemy calls lambdas", function()
    assert_sql(am.select(function() return q end):where(function() return q:eq(5) end)
      :group_by(function() return q end):having(function() return q:gt(1) end):order_by(function() return q:desc() end),
      "SELECT q WHERE q = :q_1 GROUP BY q HAVING q > :q_2 ORDER BY q DESC", { params = { q_1 = 5, q_2 = 1 } })
    assert_sql(am.select(t.c.a):join(am.table("u", am.column "x"), function() return t.c.a:eq(q) end),
      "SELECT t.a FROM t JOIN u ON t.a = q")
    assert_sql(am.select(t.c.a):join(function() return am.table("u", am.column "x") end, am.true_()),
      "SELECT t.a FROM t JOIN u ON 1 = 1")
  end)

  it("is refused when it gives nothing", function()
    for _, call in ipairs { function() am.select(q):where(function() end) end, function() am.select(function() end) end,
      function() am.select(q):order_by(function() return function() end end) end } do
      raises_exc("ArgumentError", call, "A function in this place is called at once and must return what belongs there")
    end
  end)
end)

describe("a value that is no SQL expression", function()
  it("is refused by where() and having()", function()
    raises_exc("ArgumentError", function() am.select(q):where(5) end,
      "^SQL expression for WHERE/HAVING role expected, got 5%.$")
    raises_exc("ArgumentError", function() am.select(q):having(t) end, "WHERE/HAVING role expected, got t%.$")
    raises_exc("ArgumentError", function() am.select(q):where { a = 1 } end,
      "role expected, got {'a': 1}%. Names and values are for filter_by{ name = value }$")
  end)

  it("is refused by order_by(), group_by(), distinct() and over()", function()
    raises_exc("ArgumentError", function() am.select(q):order_by(5) end, "^ORDER BY expression expected, got 5%.$")
    raises_exc("ArgumentError", function() am.select(q):order_by(t) end, "^ORDER BY expression expected, got t%.$")
    raises_exc("ArgumentError", function() am.select(q):group_by(5) end, "^GROUP BY expression expected, got 5%.$")
    raises_exc("ArgumentError", function() am.select(q):distinct(5) end, "^GROUP BY / OF / etc%. expression expected")
    raises_exc("ArgumentError", function() am.func.f():over { order_by = 5 } end, "GROUP BY / OF / etc%. expression")
  end)

  it("is refused by in_() and by joins", function()
    raises_exc("ArgumentError", function() q:in_(5) end, "or bound parameter object expected, got 5%.$")
    raises_exc("ArgumentError", function() am.select(q):join(t, 5) end,
      "^ON clause, typically a SQL expression or ORM relationship attribute expected, got 5%.$")
    raises_exc("ArgumentError", function() t:join(5) end, "^FROM expression, such as a Table or alias%(%) object")
  end)
end)

describe("a SELECT on the right of a join", function()
  it("becomes a subquery, with a warning", function()
    local seen = logged(function()
      local u = am.table("u", am.column "b")
      assert_sql(am.select(u.c.b):select_from(u:join(am.select(t.c.a), u.c.b:eq(t.c.a))),
        "SELECT u.b FROM u JOIN (SELECT t.a AS a FROM t) AS anon_1 ON u.b = t.a")
    end)
    assert.matches("Implicit coercion of SELECT", seen[1])
  end)
end)

describe("values()", function()
  it("takes one table or one list of tables", function()
    raises_exc("ArgumentError", function() am.insert(t):values({ a = 1 }, { a = 2 }) end,
      "values%(%) takes one table, a row { column = value } or a list of rows; got 2 arguments")
  end)

  it("does not mix with ordered values", function()
    local ordered = am.update(t):ordered_values({ "a", 1 })
    raises_exc("InvalidRequestError", function() ordered:values{ b = 1 } end, "already has ordered values present")
    raises_exc("ArgumentError", function() ordered:ordered_values({ "b", 1 }) end, "already has ordered values present")
    raises_exc("ArgumentError", function() am.update(t):values{ a = 1 }:ordered_values({ "b", 1 }) end,
      "already has values present")
  end)
end)

describe("a dot where a colon belongs, or the other way round", function()
  it("is named for methods of statements", function()
    raises_exc("ArgumentError", function() return am.select(t).where(t.c.a:eq(1)) end,
      "methods are called with a colon")
  end)

  it("is named for functions, which would take am.func for a value", function()
    raises_exc("ArgumentError", function() return am.func:count(t.c.a) end,
      "^func.count is called with a dot: func.count%(%.%.%.%)$")
    raises_exc("ArgumentError", function() return am.func.pg_catalog:now() end,
      "^func.pg_catalog.now is called with a dot")
  end)

  it("is named for execute()", function()
    local conn = am.create_engine("sqlite://"):connect()
    raises_exc("ArgumentError", function() conn.execute(am.select(q)) end, "call it with a colon, conn:execute%(stmt%)")
    conn:close()
  end)

  it("is named for an engine", function()
    local engine = am.create_engine("sqlite://")
    raises_exc("ArgumentError", function() engine.connect() end, "call it with a colon, engine:connect%(")
    raises_exc("ArgumentError", function() engine.begin(print) end, "call it with a colon, engine:begin%(")
  end)
end)

describe("returning() and return_defaults()", function()
  it("exclude each other", function()
    raises_exc("InvalidRequestError", function() am.insert(t):return_defaults():returning(t.c.a) end,
      "return_defaults%(%) is already configured on this statement")
    raises_exc("CompileError", function() am.insert(t):returning(t.c.a):return_defaults():compile() end,
      "Can't compile statement that includes returning%(%) and return_defaults%(%) simultaneously")
  end)

  it("keep the order of parameters for INSERT alone", function()
    raises_exc("ArgumentError", function() am.delete(t):returning(t.c.a, { sort_by_parameter_order = true }) end,
      "argument to returning%(%) only applies to INSERT statements")
    raises_exc("ArgumentError", function() am.update(t):return_defaults({ sort_by_parameter_order = true }) end,
      "argument to return_defaults%(%) only applies to INSERT statements")
  end)

  it("take what stands for a column", function()
    assert_sql(am.insert(t):values{ a = 1 }:returning{ __clause_element__ = function() return t.c.b end },
      "INSERT INTO t (a) VALUES (:a) RETURNING t.b")
  end)
end)

describe("execution_options() of a statement", function()
  it("refuses those of a connection", function()
    raises_exc("ArgumentError", function() am.select(q):execution_options{ isolation_level = "SERIALIZABLE" } end,
      "'isolation_level' execution option may only be specified on Connection.execution_options")
    raises_exc("ArgumentError", function() am.select(q):execution_options{ compiled_cache = {} } end,
      "'compiled_cache' execution option may only be specified")
  end)
end)

describe("FROM", function()
  it("takes no text, and a SELECT only as a subquery", function()
    raises_exc("ArgumentError", function() am.select(q):select_from "t" end,
      "Textual SQL expression 't' should be explicitly declared as text%('t'%)")
    local said = logged(function()
      assert_sql(am.select(q):select_from(am.select(t.c.a)), "SELECT q FROM (SELECT t.a AS a FROM t) AS anon_1")
    end)
    assert.matches("Implicit coercion of SELECT and textual SELECT constructs into FROM clauses", said[1])
  end)

  it("of correlate() is not none and something", function()
    raises_exc("ArgumentError", function() am.select(q):correlate(nil, t) end,
      "additional FROM objects not accepted when passing nil/false to correlate%(%)")
    raises_exc("ArgumentError", function() am.select(q):correlate_except(nil, t) end, "to correlate_except%(%)")
  end)
end)

describe("a SELECT as a value", function()
  it("becomes a scalar subquery with a warning", function()
    local said = logged(function()
      assert_sql(am.func.foo(am.select(t.c.a)), "foo((SELECT t.a FROM t))")
    end)
    assert.matches("implicitly coercing SELECT object to scalar subquery", said[1])
  end)

  it("in EXISTS over a UNION cannot be added to", function()
    raises_exc("InvalidRequestError", function()
      am.exists(am.select(q):union(am.select(q))):where(q:eq(1))
    end, "Can only apply this operation to a plain SELECT construct")
  end)
end)

describe("ON CONFLICT and ON DUPLICATE KEY", function()
  local stmt = am.postgresql.insert(t):values{ a = 1 }

  it("are said once", function()
    local nothing = stmt:on_conflict_do_nothing()
    raises_exc("InvalidRequestError", function() nothing:on_conflict_do_nothing() end,
      "This Insert construct already has an ON CONFLICT clause established")
    raises_exc("InvalidRequestError", function() nothing:on_conflict_do_update() end, "already has an ON CONFLICT")
    local duplicate = am.mysql.insert(t):values{ a = 1 }:on_duplicate_key_update{ a = 2 }
    raises_exc("InvalidRequestError", function() duplicate:on_duplicate_key_update{ a = 3 } end,
      "already has an ON DUPLICATE KEY clause present")
  end)

  it("take conditions, not text", function()
    raises_exc("ArgumentError", function()
      stmt:on_conflict_do_nothing{ index_elements = { "a" }, index_where = "a > 1" }
    end, "Textual SQL expression 'a > 1' should be explicitly declared as text%('a > 1'%)")
    raises_exc("ArgumentError", function()
      stmt:on_conflict_do_update{ index_elements = { "a" }, set_ = { b = 1 }, where = "a > 1" }
    end, "should be explicitly declared as text")
  end)
end)

describe("with_variant()", function()
  it("takes no type that has variants itself", function()
    local with = am.String(5):with_variant(am.Text, "mysql")
    raises_exc("ArgumentError", function() am.String():with_variant(with, "sqlite") end, "already has variants")
  end)
end)

describe("bindparam() without a name", function()
  it("keeps its value beside another one", function()
    local one, two = am.bindparam(nil, { value = "10" }), am.bindparam(nil, { value = "12" })
    local compiled = am.select(q):where(t.c.a:eq(one)):where(t.c.b:eq(two)):compile()
    assert.equal("SELECT q FROM t WHERE t.a = :param_1 AND t.b = :param_2", (compiled.sql:gsub("%s+", " ")))
    assert.same({ param_1 = "10", param_2 = "12" }, compiled.params)
  end)
end)

describe("literal()", function()
  it("takes values, not expressions", function()
    raises_exc("ArgumentError", function() am.literal(q) end, "Literal value expected, got q")
  end)
end)

describe("am.ClauseList", function()
  it("makes a list of expressions with commas, or another operator, between them", function()
    assert_sql(am.select(am.ClauseList(am.column "a", q)):select_from(am.text "t"), "SELECT a, q FROM t")
    assert_sql(am.ClauseList(t.c.a, t.c.b, { operator = "concat" }), "t.a || t.b")
    raises_exc("ArgumentError", function() am.ClauseList(t.c.a, { operator = "glue" }) end, "no operator 'glue'")
  end)
end)

describe("an expanding parameter without a type", function()
  it("takes tuples for what they are", function()
    local stmt = am.select(q):where(am.text "(a, b) IN :z":bindparams(
      am.bindparam("z", { { 1, 2 }, { 3, 4 } }, { expanding = true })))
    assert_sql(stmt, "SELECT q WHERE (a, b) IN ((:z_1_1, :z_1_2), (:z_2_1, :z_2_2))", { render_postcompile = true })
    local engine = am.create_engine "sqlite://"
    engine:connect(function(conn)
      local found = conn:execute(am.text "SELECT 1 WHERE (3, 4) IN :z":bindparams(am.bindparam("z",
        { expanding = true })), { z = { { 1, 2 }, { 3, 4 } } }):all()
      assert.equal(1, #found)
    end)
    engine:dispose()
  end)

  it("has a name that a placeholder can hold", function()
    assert_sql(am.select(q):where(q:in_(am.bindparam("has spaces", { expanding = true }))),
      "SELECT q WHERE q IN (__[POSTCOMPILE_has_spaces])")
  end)
end)

describe("a mapped class and its objects", function()
  local User, Base

  setup(function()
    Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)) })
    am.configure_mappers()
  end)
  teardown(function() Base.registry:dispose() end)

  it("are no expressions: one of its attributes is", function()
    local ann = User { id = 1 }
    for _, given in ipairs { User, am.aliased(User), am.inspect(User) } do
      for _, use in ipairs {
        function() return User.id:eq(given) end, function() return User.id + given end,
        function() return User.__table__.c.id:between(1, given) end, function() return am.func.lower(given) end,
        function() return am.select(User):where(given) end, function() return am.select(User.id):order_by(given) end,
      } do
        assert.matches("expected, got .*name one of its attributes", raises_exc("ArgumentError", use).message)
      end
    end
    for _, use in ipairs {
      function() return User.id:eq(ann) end, function() return User.id:gt(ann) end,
      function() return am.literal(ann) end, function() return am.func.lower(ann) end,
      function() return am.case({ User.id:eq(1), ann }) end,
    } do
      local e = raises_exc("ArgumentError", use)
      assert.matches("expected, got <User object at .*>%. Objects are compared by a relationship", e.message)
    end
  end)

  it("and tables are no values of an INSERT", function()
    for _, given in ipairs { User.__table__, User.__table__:alias(), am.select(User.id):cte() } do
      raises_exc("ArgumentError", function() return am.insert(User):values { id = given } end)
    end
  end)
end)
