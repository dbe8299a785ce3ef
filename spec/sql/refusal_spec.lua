--- Values that do not fit their place in a statement: the words of the error, which name the place.
local am = require "alchemoon"
local support = require "support.init"

describe("A value that does not fit its place", function()
  local a = am.column "a"
  local t = am.table("t", am.column "x")
  local sequence = am.Sequence "s"

  local function refused(message, fn) support.raises_text("ArgumentError", fn, message) end

  it("is refused with words of its own where a scalar subquery stands for a table", function()
    support.raises_text("InvalidRequestError", function() return am.select(a):scalar_subquery().c end,
      "Scalar Select expression has no columns; use this object directly within a column-level expression.")
  end)

  it("is refused by WHERE, HAVING, and_() and or_(): numbers, lists, sequences, FROM elements", function()
    local words = "SQL expression for WHERE/HAVING role expected, got %s."
    refused(words:format "5", function() return am.select(a):where(5) end)
    refused(words:format "5", function() return am.select(a):having(5) end)
    refused(words:format "Sequence('s')", function() return am.select(a):where(sequence) end)
    refused(words:format "t", function() return am.select(a):where(t) end)
    refused(words:format "[a = :a_1, a]", function() return am.and_ { a:eq(1), a } end)
    refused(words:format "[a]", function() return am.or_ { a } end)
    refused(words:format "a, a", function() return am.select(a):where(am.ClauseList(a, a)) end)
    refused(words:format "5", function() return am.delete(t):where(5) end)
  end)

  it("is refused by IN: lists of what is no value, texts, nil", function()
    local words = "IN expression list, SELECT construct, or bound parameter object expected, got %s."
    refused(words:format "[b]", function() return a:in_ { am.ClauseList(am.column "b") } end)
    refused(words:format "[1]", function() return a:in_ { am.text "1" } end)
    refused(words:format "[1, SELECT t.x \nFROM t]", function() return a:in_ { 1, am.select(t.c.x) } end)
    refused(words:format "'foo'", function() return a:in_ "foo" end)
    refused(words:format "nil", function() return a:not_in(nil) end)
    assert.equal("a IN ((SELECT t.x \nFROM t))", tostring(a:in_ { am.select(t.c.x):scalar_subquery() }))
  end)

  it("is refused by ORDER BY, GROUP BY, DISTINCT and desc()", function()
    refused("ORDER BY expression expected, got 5.", function() return am.select(a):order_by(5) end)
    refused("ORDER BY expression expected, got [a].", function() return am.select(a):order_by { a } end)
    refused("ORDER BY expression expected, got Sequence('s').", function() return am.select(a):order_by(sequence) end)
    refused("GROUP BY expression expected, got 5.", function() return am.select(a):group_by(5) end)
    refused("GROUP BY / OF / etc. expression expected, got 5.", function() return am.select(a):distinct(5) end)
    refused("GROUP BY / OF / etc. expression expected, got 5.", function() return am.desc(5) end)
  end)

  it("is refused as a column, an operand, an argument, an assigned value", function()
    refused("Column expression, FROM clause, or other columns clause element expected, got [a]. "
      .. "Did you mean to say select(a)?", function() return am.select { a } end)
    refused("Column expression, FROM clause, or other columns clause element expected, got Sequence('s').",
      function() return am.select(sequence) end)
    refused("SQL expression element or literal value expected, got t. To create a column expression from a FROM "
      .. "clause row as a whole, use the .table_valued() method.", function() return a:eq(t) end)
    refused("SQL expression element expected, got Sequence('s').", function() return am.func.f(sequence) end)
    refused("SQL expression element expected, got Sequence('s').",
      function() return t:insert():values { x = sequence } end)
  end)

  it("is refused by joins, unions and as the table of a statement", function()
    refused("ON clause, typically a SQL expression or ORM relationship attribute expected, got 5.",
      function() return t:join(am.table("u", am.column "x"), 5) end)
    refused("SELECT construct for inclusion in a UNION or other set construct expected, got t. "
      .. "To SELECT from any FROM clause, use the .select() method.", function() return am.union(t, t) end)
    refused("subject table for an INSERT, UPDATE or DELETE expected, got 't'.", function() return am.insert "t" end)
    refused("subject table for an INSERT, UPDATE or DELETE expected, got a.", function() return am.delete(a) end)
    refused("FROM expression, such as a Table or alias() object expected, got 5.",
      function() return am.select(a):select_from(5) end)
  end)

  it("is shown in the quotes that it does not contain", function()
    refused([[Textual SQL expression "a = 'x'" should be explicitly declared as text("a = 'x'")]],
      function() return am.select(a):where("a = 'x'") end)
  end)

  it("is refused in lists, where several arguments are meant", function()
    support.raises_exc("ArgumentError", function() return am.case { { a:eq(1), 2 }, { a:eq(2), 3 } } end,
      "is now passed as a series of positional elements")
    support.raises_exc("ArgumentError", function() return am.select(a):with_only_columns { a, t.c.x } end,
      "is now passed as a series of positional elements")
  end)
end)

describe("A default of a column", function()
  local t = am.table("t", am.column "a")

  it("is no SQL expression", function()
    for _, default in ipairs { am.Sequence("y"), am.ColumnDefault("y"), am.DefaultClause("y") } do
      for _, used in ipairs {
        function() return am.select(default) end,
        function() return am.select(t):where(default) end,
        function() return am.select(t):where(t.c.a:eq(default)) end,
        function() return am.insert(t):values { a = default } end,
        function() return am.update(t):values { a = default } end,
      } do
        require("support.init").raises_exc("ArgumentError", used, "expected, got ")
      end
    end
  end)
end)

describe("filter_by() with an unknown name", function()
  it("names what was selected", function()
    local t = am.table("t", am.column "a")
    local raises = require("support.init").raises_exc
    raises("InvalidRequestError", function() return am.select(t.c.a):filter_by { b = 1 } end,
      'Entity namespace for "t%.a" has no property "b"')
    raises("InvalidRequestError", function() return am.select(t):filter_by { b = 1 } end,
      'Entity namespace for "t" has no property "b"')
  end)
end)

describe("One name of two parameters", function()
  local t = am.table("t", am.column("a", am.Integer), am.column("b", am.Integer))
  local raises = require("support.init").raises_exc

  it("is no list in one place and a value in another", function()
    for _, stmt in ipairs {
      am.select(t):where(t.c.a:in_(am.bindparam "q"), t.c.b:eq(am.bindparam "q")),
      am.select(t):where(t.c.a:eq(am.bindparam "q"), t.c.b:in_(am.bindparam "q")),
    } do
      raises("CompileError", function() return stmt:compile {} end, "Can't reuse bound parameter name 'q'")
    end
  end)

  it("may be a list in both", function()
    local stmt = am.select(t):where(t.c.a:in_(am.bindparam "q"), t.c.b:in_(am.bindparam("q", { expanding = true })))
    assert.is_table(stmt:compile {}.positional)
  end)
end)

describe("A table as a literal number", function()
  it("is refused, not printed", function()
    local t = am.table("t", am.column("a", am.Integer), am.column("n", am.Numeric))
    local raises = require("support.init").raises_exc
    for _, stmt in ipairs { am.select(t):where(t.c.a:eq { "x" }), am.select(t):where(t.c.n:eq { "x" }),
      am.select(t):where(t.c.a:in_ { { "x" }, { "y" } }) } do
      raises("CompileError", function() return stmt:compile { literal_binds = true } end,
        "Could not render literal value")
    end
  end)
end)

describe("limit() and offset()", function()
  it("take the digits of a whole number", function()
    local t = am.table("t", am.column "a")
    local compiled = am.select(t):limit("5"):offset(" 10 "):compile {}
    assert.same({ param_1 = 5, param_2 = 10 }, compiled.params)
    require("support.init").raises_exc("ArgumentError", function() return am.select(t):limit "five" end,
      "needs an integer")
  end)
end)

describe("MySQL's match()", function()
  it("is refused by other databases, whose own match() means something else", function()
    local t = am.table("t", am.column("a", am.String))
    local match = am.mysql.match(t.c.a, { against = "x" })
    for _, dialect in ipairs { "postgresql", "sqlite", "default" } do
      require("support.init").raises_exc("UnsupportedCompilationError", function()
        return am.select(t):where(match):compile{ dialect = dialect }
      end, "MySQL's match")
    end
    assert.equal("MATCH (t.a) AGAINST (%s)", match:compile({ dialect = "mariadb" }).sql)
  end)
end)
