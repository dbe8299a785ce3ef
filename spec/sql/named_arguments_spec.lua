-- Arguments that Python takes by name or by place: an options table may carry any of them, and an option may stand
-- behind the last place.
local am = require "alchemoon"

local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("s", am.String(50)))
local u = am.Table("u", md, am.Column("t_id", am.ForeignKey("t.id")), am.Column("b", am.Integer))

local function text(statement, dialect)
  local compiled = statement:compile{ dialect = dialect, paramstyle = "named" }
  return (compiled.sql:gsub("%s+", " ")), compiled.params
end

describe("arguments by name and by place", function()
  it("joins", function()
    local on = t.c.id:eq(u.c.b)
    local wanted = "SELECT t.id FROM t LEFT OUTER JOIN u ON t.id = u.b"
    for _, statement in ipairs{
      am.select(t.c.id):join(u, on, true),
      am.select(t.c.id):join{ target = u, onclause = on, isouter = true },
      am.select(t.c.id):outerjoin(u, { onclause = on }),
      am.select(t.c.id):join_from(t, u, { onclause = on, isouter = true }),
      am.select(t.c.id):join_from{ from_ = t, target = u, onclause = on, isouter = true },
      am.select(t.c.id):outerjoin_from(t, { target = u, onclause = on }),
      am.select(t.c.id):select_from(t:join(u, on, true, false)),
      am.select(t.c.id):select_from(t:outerjoin{ right = u, onclause = on }),
      am.select(t.c.id):select_from(am.join{ left = t, right = u, onclause = on, isouter = true }),
      am.select(t.c.id):select_from(am.outerjoin(t, u, { onclause = on })),
    } do
      assert.equal(wanted, text(statement))
    end
  end)

  it("operators", function()
    assert.equal("t.id BETWEEN SYMMETRIC :id_1 AND :id_2",
      text(t.c.id:between{ cleft = 1, cright = 2, symmetric = true }))
    assert.equal("t.id BETWEEN :id_1 AND :id_2", text(am.between{ expr = t.c.id, lower_bound = 1, upper_bound = 2 }))
    assert.equal("t.s LIKE :s_1 ESCAPE '/'", text(t.c.s:like{ other = "x", escape = "/" }))
    local sql, params = text(t.c.s:startswith("x%", "^", true))
    assert.equal("t.s LIKE :s_1 || '%' ESCAPE '^'", sql)
    assert.equal("x^%", params.s_1)
    sql, params = text(t.c.s:regexp_replace("a", { replacement = "b", flags = "g" }), "postgresql")
    assert.equal("REGEXP_REPLACE(t.s, :s_1, :s_2, 'g')", sql)
    assert.equal("b", params.s_2)
    assert.equal("t.s ~* :s_1", text(t.c.s:regexp_match{ pattern = "a", flags = "i" }, "postgresql"))
    assert.equal("(t.id @@ :id_1) + :param_1", text(t.c.id:op("@@", 5, true)(1) + 2))
    assert.equal('t.s COLLATE "C"', text(am.collate{ expression = t.c.s, collation = "C" }))
  end)

  it("constructs", function()
    assert.equal("CAST(t.id AS VARCHAR(10))", text(am.cast{ expression = t.c.id, type_ = am.String(10) }))
    assert.equal("EXTRACT(year FROM t.id)", text(am.extract{ field = "year", expr = t.c.id }))
    assert.equal("count(t.id) OVER (PARTITION BY t.s ORDER BY t.id)",
      text(am.over(am.func.count(t.c.id), t.c.s, t.c.id)))
    assert.equal("VARCHAR", tostring(am.label("x", t.c.id, am.String).type))
    assert.equal(":x_1", text(am.bindparam("x", 5, am.Integer, true)))
    assert.equal("FROM t AS q TABLESAMPLE system(:system_1)",
      text(am.select(t:tablesample{ sampling = 5, name = "q" })):match("FROM.*"))
    assert.equal("SELECT t.id FROM t FETCH FIRST :param_1 ROWS WITH TIES", text(am.select(t.c.id):fetch(1, true)))
  end)

  it("hints", function()
    for _, statement in ipairs{
      am.select(t.c.id):with_hint(t, "x", "mysql"), am.select(t.c.id):with_hint(t, "x", { dialect_name = "mysql" }),
      am.select(t.c.id):with_statement_hint("x", { dialect_name = "mysql" }),
      am.select(t.c.id):with_hint(nil, "x", { dialect_name = "mysql" }),
    } do
      assert.equal("SELECT t.id FROM t x", text(statement, "mysql"))
      assert.equal("SELECT t.id FROM t", text(statement, "sqlite"))
    end
    assert.equal("INSERT INTO ONLY t (id) VALUES (:id)",
      text(t:insert():values{ id = 1 }:with_hint("ONLY", t, "postgresql"), "postgresql"))
  end)

  it("leaves tables of values alone", function()
    local _, params = text(am.literal({ a = 1 }, am.JSON))
    assert.same({ a = 1 }, params.param_1)
    _, params = text(am.column("d", am.postgresql.JSONB):contains{ other = 1 })
    assert.same({ other = 1 }, params.d_1)
  end)

  it("refuses what is given twice, too much or unknown", function()
    local on = t.c.id:eq(u.c.b)
    for _, call in ipairs{
      function() return am.select(t):join(u, { target = u, onclause = on }) end,
      function() return t:join(u, on, true, false, 1) end,
      function() return am.collate(t.c.s, "C", { escape = "/" }) end,
      function() return am.select(t):join{ targt = u } end,
    } do
      local ok, e = pcall(call)
      assert.is_false(ok)
      assert.equal("ArgumentError", e.name)
    end
  end)
end)
