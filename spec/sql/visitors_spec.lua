-- am.visitors: walks over statements, and copies with parts exchanged.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

local visitors = am.visitors
local metadata = am.MetaData()
local t = am.Table("t", metadata, am.Column("a", am.Integer), am.Column("b", am.String))
local u = am.Table("u", metadata, am.Column("a", am.Integer))

local function names(element)
  local list = {}
  for node in visitors.iterate(element) do list[#list + 1] = visitors.visit_name(node) end
  return table.concat(list, " ")
end

describe("visitors.iterate", function()
  it("gives the element, then what is below it, level by level", function()
    assert.equal("binary column bindparam", names(t.c.a:eq(5)))
    assert.equal("expression_clauselist binary binary column bindparam column bindparam",
      names(am.and_(t.c.a:eq(5), t.c.b:eq "x")))
    assert.equal("select column binary unary bindparam table column bindparam column",
      names(am.select(t.c.a):where(t.c.b:eq "x"):order_by(t.c.a:desc()):limit(5)))
    assert.equal("subquery select column table", names(am.select(t.c.a):subquery()))
    assert.equal("update table binary bindparam column bindparam",
      names(am.update(t):values{ a = 5 }:where(t.c.a:eq(1))))
    assert.equal("table", names(t))
  end)

  it("refuses what is no SQL element", function()
    raises_exc("ArgumentError", function() visitors.iterate(5) end, "needs an SQL element, got 5")
  end)
end)

describe("visitors.traverse", function()
  it("calls the visitor of each kind", function()
    local seen = {}
    local stmt = am.select(t.c.a):where(t.c.b:eq "x")
    assert.equal(stmt, visitors.traverse(stmt, {}, {
      bindparam = function(bind) seen[#seen + 1] = bind.value end,
      column = function(column) seen[#seen + 1] = column.name end,
    }))
    assert.same({ "a", "b", "x" }, seen)
  end)
end)

describe("the operator of a node", function()
  it("is the value that am.operators has", function()
    local op = am.operators
    assert.equal(op.eq, t.c.a:eq(5).operator)
    assert.equal(op.ne, t.c.a:eq(5).negate)
    assert.equal(op.in_op, t.c.a:in_({ 1 }).operator)
    assert.equal(op.like_op, t.c.b:like("x").operator)
    assert.equal(op.desc_op, t.c.a:desc().modifier)
    assert.equal(op.and_, am.and_(t.c.a:eq(1), t.c.b:eq("x")).operator)
    assert.equal("@@", t.c.a:op("@@")(5).operator)
    assert.equal("in_op", tostring(t.c.a:in_({ 1 }).operator))
  end)
end)

describe("visitors.replacement_traverse", function()
  it("exchanges elements and leaves the rest and the original alone", function()
    local stmt, alias = am.select(t.c.a):where(t.c.b:eq "x"), t:alias "q"
    assert_sql(visitors.replacement_traverse(stmt, {}, function(element)
      if element == t then return alias end
    end), "SELECT q.a FROM t AS q WHERE q.b = :b_1")
    assert_sql(stmt, "SELECT t.a FROM t WHERE t.b = :b_1")
  end)

  it("puts a join that stands for one of its sides into FROM, as replace_selectable() does", function()
    local stmt, join = am.select(t.c.b), t:join(u, t.c.a:eq(u.c.a))
    local expected = "SELECT t.b FROM t JOIN u ON t.a = u.a"
    assert_sql(visitors.replacement_traverse(stmt, {}, function(element)
      if element == t then return join end
    end), expected)
    assert_sql(stmt:replace_selectable(t, join), expected)
  end)

  it("passes the error of the function", function()
    raises_exc("InvalidRequestError", function()
      visitors.replacement_traverse(am.select(t), {}, function() am.exc.raise("InvalidRequestError", "mine") end)
    end, "mine")
  end)
end)

describe("visitors.cloned_traverse", function()
  it("puts what a visitor returns in the element's place, the inner ones first", function()
    assert_sql(visitors.cloned_traverse(am.select(t.c.a):where(t.c.b:eq "x"), {}, {
      bindparam = function() return am.bindparam("mine", 7) end,
      binary = function(binary) return am.not_(binary) end,
    }), "SELECT t.a FROM t WHERE t.b != :mine")
  end)
end)
