-- Expressions as text: what is understood, what is refused.
local am = require "alchemoon"
local raises = require("support.init").raises_exc
local expression_text = require "alchemoon.orm.expression_text"

local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer), am.Column("b", am.Integer),
  am.Column("s", am.String))
local names = { t = t.c, and_ = am.and_, or_ = am.or_, func = am.func, desc = am.desc, text = am.text, null = am.null_ }

local function evaluate(text)
  return expression_text.evaluate(text, function(name)
    if names[name] == nil then error("no name " .. name, 0) end
    return names[name]
  end)
end
local function says(expected, text) assert.equal(expected, (tostring(evaluate(text)):gsub("%s+", " "))) end

describe("expressions as text", function()
  it("in Python's spelling", function()
    says("t.a = t.b", "t.a == t.b")
    says("t.a != t.b AND t.s LIKE :s_1", "(t.a != t.b) & t.s.like('x%')")
    says("t.a > :a_1 OR t.b <= :b_1", "or_(t.a > 3, t.b <= 4)")
    says("t.a + t.b * :b_1 = :param_1", "t.a + t.b * 2 == 5")
    says("length(t.s) > :length_1", "func.length(t.s) > 3")
    says("t.a DESC", "desc(t.a)")
    says("t.a DESC", "t.a.desc()")
    says("t.a IS NULL", "t.a == None")
    says("t.a != t.b", "~(t.a == t.b)")
  end)

  it("in Lua's spelling", function()
    says("t.a = t.b", "t.a:eq(t.b)")
    says("t.a != t.b AND t.a > :a_1", "and_(t.a ~= t.b, t.a:gt(3))")
    says("t.a = t.b OR t.a < :a_1", "t.a == t.b or t.a < 3")
    says("t.a != t.b", "not t.a == t.b")
    says("t.a IN (__[POSTCOMPILE_a_1])", "t.a:in_({1, 2})")
  end)

  it("lists and literals", function()
    local list = evaluate("[t.a, t.b]")
    assert.equal(2, list.n)
    assert.equal(3, evaluate("t.a, t.b, t.s").n)
    assert.equal("it's", evaluate([["it's"]]))
    assert.equal(1.5, evaluate("1.5"))
    assert.is_true(evaluate("True"))
    assert.equal(-3, evaluate("-3"))
  end)

  it("refuses everything else", function()
    raises("InvalidRequestError", function() evaluate("t.a ==") end, "a name or a value expected")
    raises("InvalidRequestError", function() evaluate("t.a ; t.b") end, "unexpected ';'")
    raises("InvalidRequestError", function() evaluate("(t.a") end, "'%)' expected")
    raises("InvalidRequestError", function() evaluate("'abc") end, "a string without end")
    raises("InvalidRequestError", function() evaluate("t.a(1)") end, "cannot be called")
    assert.is_false((pcall(evaluate, "os.execute('true')")))
    assert.is_false((pcall(evaluate, "t.nope == 1")))
  end)
end)
