-- am.operators: the operators as values.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("am.operators", function()
  local o = am.operators
  local t = am.table("t", am.column("a", am.String), am.column("b", am.Integer), am.column("c", am.Boolean),
    am.column("j", am.JSON))

  it("apply to expressions as their methods do", function()
    assert_sql(o.eq(t.c.a, "x"), "t.a = :a_1")
    assert_sql(o.eq(t.c.a, nil), "t.a IS NULL")
    assert_sql(o.like_op(t.c.a, "x", { escape = "/" }), "t.a LIKE :a_1 ESCAPE '/'")
    assert_sql(o.between_op(t.c.b, 1, 2), "t.b BETWEEN :b_1 AND :b_2")
    assert_sql(o.in_op(t.c.b, { 1 }), "t.b IN (__[POSTCOMPILE_b_1])")
    assert_sql(o.desc_op(t.c.b), "t.b DESC")
    assert_sql(o.neg(t.c.b), "-t.b")
    assert_sql(o.inv(t.c.c), "t.c = 0")
    assert_sql(o.add(t.c.b, 1), "t.b + :b_1")
    assert_sql(o.and_(t.c.c, t.c.c), "t.c = 1 AND t.c = 1")
    assert_sql(o.not_like_op(t.c.a, "x"), "t.a NOT LIKE :a_1")
    assert_sql(o.not_contains_op(t.c.a, "x"), "t.a NOT LIKE '%' || :a_1 || '%'")
    assert.equal("t.j[:j_1]", tostring(o.getitem(t.c.j, "k")))
  end)

  it("take a literal on the left where the operator can be turned round", function()
    assert_sql(o.add(5, t.c.b), ":b_1 + t.b")
    assert_sql(o.concat_op("x", t.c.a), ":a_1 || t.a")
    assert_sql(o.lt(5, t.c.b), "t.b > :b_1")
    raises_exc("ArgumentError", function() o.like_op("x", t.c.a) end,
      "am.operators.like_op%(%): the first operand must be an SQL expression, got string")
    raises_exc("ArgumentError", function() o.eq(1, 2) end, "must be an SQL expression, got number")
  end)

  it("are what operate() takes, and have names", function()
    assert_sql(t.c.a:operate(o.eq, "x"), "t.a = :a_1")
    assert_sql(t.c.a:operate(o.in_op, { "x" }), "t.a IN (__[POSTCOMPILE_a_1])")
    assert_sql(t.c.a:reverse_operate(o.concat_op, "x"), ":a_1 || t.a")
    assert.equal("like_op", tostring(o.like_op))
    assert.equal("eq", o.eq.__name__)
    raises_exc("ArgumentError", function() return o.lik_op end, "am.operators has no 'lik_op'; did you mean 'like_op'?")
  end)

  it("are found by the names that a comparator's operate() hears", function()
    local heard = {}
    local Heard = am.TypeDecorator{ impl = am.String, comparator_factory = {
      operate = function(_, name)
        heard[#heard + 1] = tostring(o[name])
        return am.null_()
      end,
    } }
    local c = am.column("x", Heard())
    local _ = { c:eq "x", c:like "x", c:in_ { "x" }, c .. "x", c:not_like "x", c:not_in { "x" }, c:contains "x",
      c:desc(), c:is_(nil), c:regexp_match "x", c:between("x", "y") }
    assert.same({ "eq", "like_op", "in_op", "concat_op", "not_like_op", "not_in_op", "contains_op", "desc_op", "is_",
      "regexp_match_op", "between_op" }, heard)
    assert.equal(o.like_op, o["like"])
  end)

  it("ask a Comparator first", function()
    local Base = am.declarative_base()
    local Lower = am.Comparator.extend {
      operate = function(self, name, other)
        return o[name](am.func.lower(self.expression), o[name] == o.in_op and other or am.func.lower(other))
      end,
    }
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      x = am.Column(am.String(9)), ci = am.hybrid_property(function(self) return self.x end, { comparator = Lower }) })
    assert_sql(o.eq(A.ci, "X"), "lower(a.x) = lower(:lower_1)")
    assert_sql(o.like_op(A.ci, "X"), "lower(a.x) LIKE lower(:lower_1)")
    assert_sql(A.ci:in_ { "X" }, "lower(a.x) IN (__[POSTCOMPILE_lower_1])")
    assert_sql(A.x:operate(o.eq, "x"), "a.x = :x_1")
  end)

  it("may be operators that the library does not know", function()
    local within = o.custom_op("<@", { precedence = 5, is_comparison = true, return_type = am.Boolean })
    assert_sql(within(t.c.b, 5), "t.b <@ :b_1")
    assert_sql(within(5, t.c.b), ":b_1 <@ t.b")
    assert_sql(t.c.b:operate(within, 5), "t.b <@ :b_1")
    assert_sql(t.c.b:reverse_operate(within, 5), ":b_1 <@ t.b")
    assert_sql(o.op(t.c.b, "->", 1), "t.b -> :b_1")
    assert.same({ "<@", 5, true, false }, { within.opstring, within.precedence, within.is_comparison,
      within.eager_grouping })
    assert.equal(o.custom_op("x"), am.custom_op("x"))
    assert.are_not.equal(o.custom_op("x"), o.custom_op("x", { precedence = 1 }))
    raises_exc("ArgumentError", function() within(1, 2) end, "one operand must be an SQL expression, got 1 and 2")
  end)

  it("that the library does not know are heard by comparators, too", function()
    local heard = {}
    local function hear(prefix)
      return function(self, operator, other)
        heard[#heard + 1] = prefix .. operator.opstring
        return operator.opstring == "!" and am.func.bang(self, other) or nil
      end
    end
    local Heard = am.TypeDecorator{ impl = am.String, comparator_factory = {
      operate = hear "", reverse_operate = hear "reverse ",
    } }
    local c = am.column("x", Heard())
    assert_sql(c:op "!" (c), "bang(x, x)")
    assert_sql(c:bool_op "?" ("y"), "x ? :x_1")
    assert_sql(o.custom_op "%%" ("y", c), ":x_1 %% x")
    assert.same({ "!", "?", "reverse %%" }, heard)
  end)

  it("are known as SQLAlchemy knows them", function()
    assert_sql(o.lshift(t.c.b, 1), "t.b << :b_1")
    assert_sql(o.rshift(t.c.b, 1), "t.b >> :b_1")
    local function facts(operator)
      local list = {}
      for _, name in ipairs { "is_comparison", "is_boolean", "is_commutative", "is_associative",
        "is_natural_self_precedent", "is_ordering_modifier", "is_order_by_modifier" } do
        if o[name](operator) then list[#list + 1] = name:sub(4) end
      end
      return table.concat(list, " ")
    end
    assert.equal("comparison boolean commutative", facts(o.eq))
    assert.equal("commutative associative natural_self_precedent", facts(o.add))
    assert.equal("boolean associative natural_self_precedent", facts(o.and_))
    assert.equal("comparison boolean", facts(o.not_regexp_match_op))
    assert.equal("boolean", facts(o.istrue))
    assert.equal("natural_self_precedent", facts(o.json_getitem_op))
    assert.equal("ordering_modifier order_by_modifier", facts "nulls_last")
    assert.equal("comparison boolean natural_self_precedent",
      facts(o.custom_op("@", { is_comparison = true, natural_self_precedent = true })))
    assert.equal(o.gt, o.mirror(o.lt))
    assert.equal(o.eq, o.mirror "eq")
    assert.is_false(o.is_precedent(o.add, o.add))
    assert.is_true(o.is_precedent(o.sub, o.sub))
    assert.is_true(o.is_precedent(o.or_, o.and_))
    assert.is_false(o.is_precedent(o.mul, o.add))
    assert.is_true(o.is_precedent(o.eq, nil))
    assert.is_true(o.is_precedent(o.custom_op "@", o.eq))
    raises_exc("ArgumentError", function() o.is_true(t.c.c) end, "operators.is_true is not applied to anything")
  end)
end)

describe("a class of Comparators", function()
  it("takes more than the expression in its init()", function()
    local Scaled = am.Comparator.extend {
      init = function(self, _, factor) self.factor = factor end,
      eq = function(self, other) return self.expression:eq(other * self.factor) end,
    }
    local b = am.column("b", am.Integer)
    local made = Scaled(b, 3):eq(2)
    assert_sql(made, "b = :b_1")
    assert.equal(6, made:compile().params.b_1)
    raises_exc("ArgumentError", function() am.Comparator(b, 3) end, "Comparator takes one expression, got 2 arguments")
  end)
end)
