-- Conditions, orderings and parameter names in their corners.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql

describe("Conditions", function()
  local t = am.table("t", am.column("a", am.Integer), am.column("b", am.Integer))

  it("without members vanish", function()
    assert_sql(am.select(t.c.a):where(am.and_()), "SELECT t.a FROM t")
    assert_sql(am.delete(t):where(am.or_()), "DELETE FROM t")
    assert_sql(am.and_(am.or_(), t.c.a:eq(1)), "t.a = :a_1")
    assert_sql(am.select(t.c.a):where(am.and_(), t.c.a:eq(1)), "SELECT t.a FROM t WHERE t.a = :a_1")
  end)

  it("of two labels with one name are refused in a subquery, however often it is asked", function()
    local twice = am.select(t.c.a:label "x", t.c.b:label "x"):subquery()
    for _ = 1, 2 do
      require("support.init").raises_exc("InvalidRequestError", function() am.select(twice):compile() end,
        "Label name x is being renamed")
    end
  end)

  it("take the name of a label as an option, too", function()
    assert_sql(am.select(t.c.a:label { name = "x" }), "SELECT t.a AS x FROM t")
    require("support.init").raises_exc("ArgumentError", function() t.c.a:label { nam = "x" } end, "name")
  end)

  it("of a JOIN compare truth values where there are none in SQL", function()
    local flag, u = am.column("flag", am.Boolean), am.table("u", am.column("x"))
    assert_sql(t:join(u, flag), "t JOIN u ON flag = 1")
    assert_sql(t:join(u, am.not_(flag)), "t JOIN u ON flag = 0")
    assert_sql(t:join(u, flag), "t JOIN u ON flag", { dialect = "postgresql" })
  end)

  it("without FROM name DUAL on MySQL", function()
    local mysql = { dialect = "mysql" }
    assert_sql(am.exists():where(am.column("x"):eq(1)), "EXISTS (SELECT * FROM DUAL WHERE x = %s)", mysql)
    assert_sql(am.select(am.column("x")), "SELECT x", mysql)
  end)

  it("take a SELECT or a subquery for a value", function()
    local inner = am.select(t.c.b)
    assert_sql(am.select(t.c.a):where(t.c.a:lt(inner:subquery())),
      "SELECT t.a FROM t WHERE t.a < (SELECT t.b FROM t)")
  end)

  it("divide whole numbers with FLOOR unless both sides are integers", function()
    assert_sql(t.c.a:floordiv(t.c.b), "t.a / t.b")
    assert_sql(am.column("x"):floordiv(t.c.b), "FLOOR(x / t.b)")
  end)

  it("find the label of ORDER BY behind every ordering", function()
    local total = (t.c.a + 5):label("total")
    assert_sql(am.select(total):order_by(total:nulls_first()),
      "SELECT t.a + :a_1 AS total FROM t ORDER BY total NULLS FIRST")
    assert_sql(am.select(total):order_by(total:desc():nulls_last()),
      "SELECT t.a + :a_1 AS total FROM t ORDER BY total DESC NULLS LAST")
  end)

  it("name parameters by what a placeholder can hold", function()
    assert_sql(am.column("my (odd) name"):eq(1), '"my (odd) name" = :my_odd_name_1')
    local compiled = am.column("x"):eq(am.bindparam("a b[c]", 5)):compile()
    assert.are.equal("x = :a_b_c_", compiled.sql)
    assert.are.same({ a_b_c_ = 5 }, compiled.params)
  end)
end)

describe("DDL of what stands in no table", function()
  it("is refused", function()
    local raises_exc = require("support.init").raises_exc
    for _, make in ipairs { am.AddConstraint, am.DropConstraint } do
      raises_exc("InvalidRequestError", function()
        make(am.UniqueConstraint("a", { name = "uq" })):compile { dialect = "default" }
      end, "not bound to a table")
    end
  end)
end)

describe("PostgreSQL's words", function()
  local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
    am.Column("a", am.Integer))
  local pg = { dialect = "postgresql" }

  it("name tables with their schema, and are numbered before everything else", function()
    local plain = am.table("h", am.column("x"), { schema = "app" })
    assert_sql(am.select(plain.c.x):with_hint(plain, "USE %(name)s"), "SELECT app.h.x FROM app.h USE app.h",
      { dialect = "mysql" })
    local a, b = plain:alias(), plain:alias()
    assert_sql(am.select(a.c.x, b.c.x):with_hint(b, "%(name)s"),
      "SELECT h_2.x, h_1.x AS x_1 FROM app.h AS h_2, app.h AS h_1 h_1", { dialect = "mysql" })
  end)

  it("read ONLY one table where a hint says so", function()
    assert_sql(am.select(t.c.a):with_hint(t, "ONLY", "postgresql"), "SELECT t.a FROM ONLY t", pg)
    local u = t:alias("u")
    assert_sql(am.select(u.c.a):with_hint(u, "ONLY", "postgresql"), "SELECT u.a FROM ONLY t AS u", pg)
    assert_sql(am.delete(t):with_hint("ONLY", { dialect_name = "postgresql" }), "DELETE FROM ONLY t", pg)
    require("support.init").raises_exc("CompileError", function()
      am.select(t.c.a):with_hint(t, "MOST", "postgresql"):compile(pg)
    end, "Unrecognized hint: 'MOST'")
  end)

  it("lock what is named, a text too", function()
    assert_sql(am.select(t.c.a):with_for_update { of = am.text("t") }, "SELECT t.a FROM t FOR UPDATE OF t", pg)
    assert_sql(am.select(t.c.a):with_for_update { of = am.literal_column("t") }, "SELECT t.a FROM t FOR UPDATE OF t",
      pg)
  end)

  it("cut texts with SUBSTRING", function()
    assert_sql(am.func.substring(t.c.a, 1, 2), "SUBSTRING(t.a FROM $1 FOR $2)", pg)
  end)

  it("give a whole row as a value", function()
    assert_sql(am.select(am.func.row_to_json(t:table_valued())), "SELECT row_to_json(t) AS row_to_json_1 FROM t")
  end)

  it("name what a key includes before when it is checked", function()
    local keyed = am.Table("k", am.MetaData(), am.Column("id", am.Integer), am.Column("x", am.Integer),
      am.UniqueConstraint("id", { name = "uq", deferrable = true, postgresql_include = { "x" } }))
    assert.is_truthy(tostring(am.CreateTable(keyed):compile(pg)):find("UNIQUE (id) INCLUDE (x) DEFERRABLE", 1, true))
  end)

  it("do not name a table of two schemas twice when it has an alias", function()
    local md = am.MetaData()
    local plain = am.Table("t", md, am.Column("id", am.Integer))
    local other = am.Table("t", md, am.Column("id", am.Integer), { schema = "s" })
    local u = plain:alias()
    assert_sql(am.select(other.c.id):join_from(other, u, u.c.id:eq(other.c.id)),
      "SELECT s.t.id FROM s.t JOIN t AS t_1 ON t_1.id = s.t.id")
  end)
end)

describe("MySQL's words", function()
  it("limit UPDATE and DELETE, and delete from an alias by its name", function()
    local t = am.table("t", am.column("a", am.Integer))
    assert_sql(am.delete(t):with_dialect_options { mysql_limit = 5 }, "DELETE FROM t LIMIT 5", { dialect = "mysql" })
    local u, v = t:alias("u"), am.table("v", am.column("a", am.Integer))
    assert_sql(am.delete(u):where(u.c.a:eq(v.c.a)), "DELETE FROM u USING t AS u, v WHERE u.a = v.a",
      { dialect = "mysql" })
  end)
end)

describe("Elements by themselves", function()
  local t = am.table("t", am.column("a", am.Integer))

  it("show what they are", function()
    assert_sql(am.select(t.c.a):lateral(), "LATERAL (SELECT t.a FROM t)", { nested = false })
    assert_sql(am.lateral(am.func.generate_series(1, t.c.a)), "LATERAL generate_series(:generate_series_1, t.a)",
      { nested = false })
    assert_sql(t:tablesample(10, { name = "s" }), "t AS s TABLESAMPLE system(:system_1)", { nested = false })
  end)

  it("of VALUES hold CTEs and give theirs the name of the rows", function()
    local rows = am.values(am.column("x", am.Integer), { name = "some rows" }):data { { 1 } }
    assert_sql(am.select(rows:cte()),
      "WITH some_rows_1(x) AS (VALUES (:param_1)) SELECT some_rows_1.x FROM some_rows_1")
    assert_sql(am.select(rows:add_cte(am.select(t.c.a):cte("c"))),
      'WITH c AS (SELECT t.a AS a FROM t) SELECT "some rows".x FROM (VALUES (:param_1)) AS "some rows" (x)')
  end)

  it("of a recursive CTE without a name keep one number", function()
    local base = am.select(t.c.a):cte { recursive = true }
    local again = base:alias()
    local whole = base:union(am.select(t.c.a):where(t.c.a:eq(again.c.a)))
    assert_sql(am.select(whole.c.a), "WITH RECURSIVE anon_1(a) AS (SELECT t.a AS a FROM t UNION SELECT t.a AS a "
      .. "FROM t, anon_1 AS anon_2 WHERE t.a = anon_2.a) SELECT anon_1.a FROM anon_1", { nested = false })
  end)
end)

describe("A sentinel column", function()
  it("stands in statements only where it is named", function()
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.insert_sentinel("mark"), am.Column("a", am.Integer))
    assert_sql(am.select(t), "SELECT t.id, t.a FROM t")
    assert_sql(am.insert(t):returning(t), "INSERT INTO t (id, a) VALUES (:id, :a) RETURNING t.id, t.a")
    assert_sql(am.select(t):order_by(t.c.mark), "SELECT t.id, t.a FROM t ORDER BY t.mark")
    assert_sql(am.insert(t):values { mark = 1 }, "INSERT INTO t (mark) VALUES (:mark)")
    assert_sql(am.select(am.select(t.c.mark):subquery()),
      "SELECT anon_1.mark FROM (SELECT t.mark AS mark FROM t) AS anon_1")
  end)
end)
