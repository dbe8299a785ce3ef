-- What tells elements apart, and the small constructors that stand beside the large ones.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("Classes of elements", function()
  local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer, { primary_key = true }))

  it("say what something is", function()
    local stmt = am.select(t)
    assert.is_true(am.Select.is(stmt))
    assert.is_false(am.Select.is(t))
    assert.is_true(am.FromClause.is(t))
    assert.is_true(am.Subquery.is(stmt:subquery()))
    assert.is_true(am.CTE.is(stmt:cte()))
    assert.is_true(am.ColumnElement.is(t.c.a))
    assert.is_false(am.ColumnElement.is(t))
    assert.is_true(am.BooleanClauseList.is(am.and_(t.c.a:eq(1), t.c.a:eq(2))))
    assert.is_false(am.BooleanClauseList.is(t.c.a:eq(1)))
    assert.is_true(am.UpdateBase.is(am.delete(t)))
    assert.is_false(am.Select.is "select")
    assert.are.equal("<class 'alchemoon.Select'>", tostring(am.Select))
  end)

  it("leave it to statements to say what they do", function()
    local select, text = am.select(t), am.text "x"
    local function kinds(stmt)
      local names = {}
      for _, name in ipairs { "is_select", "is_insert", "is_update", "is_delete", "is_dml", "is_text" } do
        if stmt[name] then names[#names + 1] = name end
      end
      return table.concat(names, " ")
    end
    assert.equal("is_select", kinds(select))
    assert.equal("is_select", kinds(am.union(select, select)))
    assert.equal("is_insert is_dml", kinds(am.insert(t)))
    assert.equal("is_update is_dml", kinds(am.update(t)))
    assert.equal("is_delete is_dml", kinds(am.delete(t)))
    assert.equal("is_select is_text", kinds(text:columns { a = am.Integer }))
    assert.equal("", kinds(text))
  end)

  it("make an element when called, as the functions do", function()
    local values = am.Values(am.column("a", am.Integer), { name = "v" }):data { { 1 }, { 2 } }
    assert.are.equal("SELECT v.a \nFROM (VALUES (:param_1), (:param_2)) AS v (a)", tostring(am.Select(values)))
    assert.are.equal("CASE WHEN (t.a = :a_1) THEN CAST(t.a AS VARCHAR) END",
      tostring(am.Case { t.c.a:eq(1), am.Cast(t.c.a, am.String) }))
    assert.are.equal("UPDATE t SET a=:a", tostring(am.Update(t)))
  end)

  it("make operators and statements from functions", function()
    local within = am.custom_op("<@", { precedence = 5 })
    assert.are.equal("t.a <@ :a_1", tostring(within(t.c.a, 5)))
    local function both(opts)
      local at = am.custom_op("@", opts)
      return tostring(at(at(t.c.a, 1), 2) + 3)
    end
    assert.are.equal("((t.a @ :a_1) @ :param_1) + :param_2", both())
    assert.are.equal("(t.a @ :a_1 @ :param_1) + :param_2", both { natural_self_precedent = true })
    assert.are.equal("t.a @ :a_1 @ :param_1 + :param_2", both { natural_self_precedent = true, precedence = 20 })
    assert.are.equal("SELECT t.a \nFROM t", tostring(am.lambda_stmt(function() return am.select(t) end)))
    raises_exc("ArgumentError", function() am.lambda_stmt(5) end, "needs a function")
  end)

  it("build statements in steps that are functions", function()
    local stmt = am.lambda_stmt(function() return am.select(t) end) + function(s) return s:where(t.c.a:eq(1)) end
    assert.are.equal("SELECT t.a \nFROM t \nWHERE t.a = :a_1", tostring(stmt))
    stmt = stmt:add_criteria(function(s) return s:limit(1) end)
    assert.is_truthy(tostring(stmt):find "LIMIT")
    raises_exc("ArgumentError", function() return stmt + 1 end, "with a function only")
  end)
end)

describe("A mock engine", function()
  it("hands every statement to a function", function()
    local md, seen = am.MetaData(), {}
    am.Table("t", md, am.Column("a", am.Integer, { primary_key = true }))
    local engine = am.create_mock_engine("postgresql://", function(element)
      seen[#seen + 1] = tostring(element:compile { dialect = "postgresql" }):gsub("%s+", " "):match "^%s*(.-)%s*$"
    end)
    md:create_all(engine)
    md:drop_all(engine)
    assert.are.same({ "CREATE TABLE t ( a SERIAL NOT NULL, PRIMARY KEY (a) )", "DROP TABLE t" }, seen)
    raises_exc("ArgumentError", function() am.create_mock_engine("sqlite://") end, "needs a function")
  end)
end)

describe("A frozen result", function()
  it("becomes a result of another session", function()
    local Base = am.declarative_base()
    local M = Base:model("M", { __tablename__ = "m", id = am.Column(am.Integer, { primary_key = true }),
      x = am.Column(am.String) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local stmt = am.select(M, M.x):order_by(M.id)
    local frozen = am.Session(engine, function(s)
      s:add_all { M { x = "one" }, M { x = "two" } }
      s:commit()
      return s:execute(stmt):freeze()
    end)
    am.Session(engine, function(s)
      local merged = am.merge_frozen_result(s, stmt, frozen, { load = false })
      local rows = merged():all()
      assert.are.equal(s, am.object_session(rows[1].M))
      assert.are.equal("two", rows[2].x)
      assert.are.equal(rows[1].M, merged():first().M)
      assert.are.equal("one", s:get(M, 1).x)
    end)
    engine:dispose()
  end)
end)
