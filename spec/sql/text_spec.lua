-- text() as a statement, a clause, and with columns a FROM element.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("texts", function()
  local table1 = fixtures.table1

  local tc = am.text("select id, name from user where n = :n")
    :columns(am.column("id", am.Integer), am.column("name", am.String))

  it("are written as they are, with values for their parameters", function()
    assert_sql(am.text("select * from foo where lala = bar"),
      "select * from foo where lala = bar",
      { dialect = "string" })
    assert_sql(am.text("select * from foo where lala=:bar and hoho=:whee")
      :bindparams(am.bindparam("bar", 4), am.bindparam("whee", 7)),
      "select * from foo where lala=:bar and hoho=:whee",
      { dialect = "string", params = { bar = 4, whee = 7 } })
    assert_sql(am.text("select * from foo where lala=:bar and hoho=:whee"):bindparams({bar = 4, whee = 7}),
      "select * from foo where lala=:bar and hoho=:whee",
      { dialect = "string", params = { bar = 4, whee = 7 } })
    assert_sql(am.text("select * from foo where lala=:bar"),
      "select * from foo where lala=:bar",
      { dialect = "string", params = { bar = am.null } })
  end)

  it("keep a colon behind a backslash, and casts", function()
    assert_sql(am.text("time = '12\\:30:00' or x = '\\:y' or z = '\\:'"),
      "time = '12\\:30:00' or x = ':y' or z = ':'", {})
    assert_sql(am.text("select '\\:x', a::INT, 'x:y', :z"),
      "select ':x', a::INT, 'x:y', :z",
      { dialect = "string", params = { z = am.null } })
  end)

  it("stand in every clause of a SELECT, beside what is made of objects", function()
    assert_sql(am.select(am.text("table1.x, table1.y")):where(am.text("a = :b")):select_from(am.text("table1"))
      :order_by(am.text("z")),
      "SELECT table1.x, table1.y FROM table1 WHERE a = :b ORDER BY z",
      { dialect = "string", params = { b = am.null } })
    assert_sql(am.select(table1):where(am.text("x = :y"):bindparams({y = 3})),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE x = :y",
      { dialect = "string", params = { y = 3 } })
    assert_sql(am.select(table1):where(am.and_(am.text("a = 1"), table1.c.myid:eq(3))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE a = 1 AND mytable.myid = :myid_1",
      { dialect = "string", params = { myid_1 = 3 } })
    assert_sql(am.select(table1):where(am.text("a = 1 or b = 2")):where(am.text("c = 3")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE a = 1 or b = 2 AND c = 3",
      { dialect = "string" })
    assert_sql(am.select(am.text("count(*)"), table1.c.myid),
      "SELECT count(*), mytable.myid FROM mytable",
      { dialect = "string" })
  end)

  it("with columns are written as they are", function()
    assert_sql(am.text("select id, name from user")
      :columns(am.column("id", am.Integer), am.column("name", am.String)):subquery("x"),
      "select id, name from user",
      { dialect = "string" })
    assert_sql(tc, "select id, name from user where n = :n", { dialect = "string", params = { n = am.null } })
  end)

  it("with columns may be subqueries, CTEs, aliases and the right side of IN", function()
    assert_sql(am.select(tc:subquery("x")),
      "SELECT x.id, x.name FROM (select id, name from user where n = :n) AS x",
      { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(tc:subquery()),
      "SELECT anon_1.id, anon_1.name FROM (select id, name from user where n = :n) AS anon_1",
      { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(tc:cte("t")),
      "WITH t AS (select id, name from user where n = :n) SELECT t.id, t.name FROM t",
      { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(tc:alias("x").c.id),
      "SELECT x.id FROM (select id, name from user where n = :n) AS x",
      { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(table1.c.myid, tc:subquery("x").c.id),
      "SELECT mytable.myid, x.id FROM mytable, (select id, name from user where n = :n) AS x",
      { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(table1):where(table1.c.myid:in_(am.text("select 1"):columns(am.column("a")))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid IN (select 1)",
      { dialect = "string" })
  end)

  it("with columns may be selected from and be part of a union", function()
    assert_sql(am.text("select id from t"):columns({id = am.Integer}):subquery("q"):select(),
      "SELECT q.id FROM (select id from t) AS q",
      { dialect = "string" })
    assert_sql(am.union(am.select(am.column("a")), tc),
      "SELECT a UNION select id, name from user where n = :n",
      { dialect = "string", params = { n = am.null } })
  end)

  it("stand in GROUP BY and ORDER BY", function()
    assert_sql(am.select(table1):group_by(am.text("x")):order_by(am.text("y desc")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable GROUP BY x ORDER BY y desc",
      { dialect = "string" })
  end)

  it("of columns need no label, unless they are named", function()
    assert_sql(am.select(am.literal_column("x + 1"):label("y")):order_by("y"),
      "SELECT x + 1 AS y ORDER BY y",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("x + 1")), "SELECT x + 1", { dialect = "string" })
    assert_sql(am.select(am.literal_column("x"), am.literal_column("x")), "SELECT x, x", { dialect = "string" })
    assert_sql(am.select(am.column("a"), am.column("a")), "SELECT a, a", { dialect = "string" })
    assert_sql(am.select(am.column("a"), am.column("b")):select_from(am.table("t")),
      "SELECT a, b FROM t",
      { dialect = "string" })
    assert_sql(am.select(am.column("a"), am.column("b")):subquery():select(),
      "SELECT anon_1.a, anon_1.b FROM (SELECT a, b) AS anon_1",
      { dialect = "string" })
  end)

  it("with columns stands in EXISTS, in parentheses", function()
    local rows = am.text("select 1 as q"):columns(am.column "q")
    assert_sql(am.select(rows:exists()), "SELECT EXISTS (select 1 as q) AS anon_1", { dialect = "string" })
    assert_sql(am.select(am.exists(rows)), "SELECT EXISTS (select 1 as q) AS anon_1", { dialect = "string" })
  end)

  it("with columns is a TextualSelect, which can be made by its name", function()
    local rows = am.TextualSelect(am.text "select 1 as q", { am.column("q", am.Integer) })
    assert.is_false(rows.positional)
    assert.is_true(am.text("select 1 as q"):columns(am.column "q").positional)
    assert.is_true(am.TextualSelect(am.text "select 1", { am.column "q" }, { positional = true }).positional)
    assert.equal(rows, rows:set_label_style(am.LABEL_STYLE_NONE))
    assert_sql(am.select(rows:subquery("s")), "SELECT s.q FROM (select 1 as q) AS s", { dialect = "string" })
    for _, wrong in ipairs { function() am.TextualSelect("select 1", {}) end,
      function() am.TextualSelect(am.text "select 1", am.column "q") end } do
      require("support.init").raises_exc("ArgumentError", wrong, "^TextualSelect: a ")
    end
  end)
end)
