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
      raises_exc("CompileError", function()
        make(am.UniqueConstraint("a", { name = "uq" })):compile { dialect = "default" }
      end, "not associated with any table")
    end
  end)
end)
