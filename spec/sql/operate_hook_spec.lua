-- operate() and reverse_operate(): of expressions, and as hooks of a type's comparator_factory.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("operate", function()
  local t = am.table("t", am.column("a", am.String), am.column("b", am.String))

  it("applies the operator of that name", function()
    assert_sql(t.c.a:operate("eq", "x"), "t.a = :a_1")
    assert_sql(t.c.a:operate("between", "x", "y"), "t.a BETWEEN :a_1 AND :a_2")
    assert_sql(t.c.a:reverse_operate("concat", "x"), ":a_1 || t.a")
    raises_exc("ArgumentError", function() t.c.a:operate("equals", 1) end, "no operator 'equals'")
  end)
end)

describe("a comparator_factory's operate", function()
  local Lower = am.TypeDecorator{ impl = am.String, comparator_factory = {
    operate = function(self, name, ...) return am.func.lower(self):operate(name, ...) end,
  } }
  local t = am.table("t", am.column("a", Lower()), am.column("b", am.String))

  it("hears of every operator", function()
    assert_sql(t.c.a:eq "X", "lower(t.a) = :lower_1")
    assert_sql(t.c.a:like "X", "lower(t.a) LIKE :lower_1")
    assert_sql(t.c.a .. t.c.b, "lower(t.a) || t.b")
    assert_sql(t.c.a:in_{ "a" }, "lower(t.a) IN (__[POSTCOMPILE_lower_1])")
    assert_sql(t.c.a:desc(), "lower(t.a) DESC")
    assert_sql(t.c.a:between("a", "b"), "lower(t.a) BETWEEN :lower_1 AND :lower_2")
    assert_sql(t.c.b:eq "X", "t.b = :b_1")
  end)

  it("leaves to the library what it returns nil for", function()
    local Goofy = am.UserDefinedType{ get_col_spec = function() return "GOOFY" end, comparator_factory = {
      operate = function(self, name, other) return name == "add" and self:op "goofy"(other) or nil end,
      reverse_operate = function(self, _, other) return self:op "yfoog"(other) end,
    } }
    local u = am.table("u", am.column("a", Goofy()))
    assert_sql(u.c.a + 5, "u.a goofy :a_1")
    assert_sql(u.c.a - 5, "u.a - :a_1")
    assert_sql(5 + u.c.a, "u.a yfoog :a_1")
  end)
end)
