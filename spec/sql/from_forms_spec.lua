-- FROM elements that are no tables: LATERAL, TABLESAMPLE, VALUES, functions.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("other forms of FROM", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2

  local v1 = am.values(am.column("a", am.Integer), am.column("b", am.String), {name="v"})
    :data({{1, "x"}, {2, "y"}})

  it("LATERAL sees the tables beside it", function()
    assert_sql(am.select(table1, am.lateral(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)))),
      "SELECT mytable.myid, mytable.name, mytable.description, anon_1.otherid, anon_1.othername FROM "
      .. "mytable, LATERAL (SELECT myothertable.otherid AS otherid, myothertable.othername AS othername FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid) AS anon_1",
      { dialect = "string" })
    local l1 = am.select(table2.c.otherid):where(table2.c.otherid:eq(table1.c.myid)):lateral("lat")
    assert_sql(am.select(table1, l1.c.otherid),
      "SELECT mytable.myid, mytable.name, mytable.description, lat.otherid FROM mytable, LATERAL (SELECT "
      .. "myothertable.otherid AS otherid FROM myothertable WHERE myothertable.otherid = mytable.myid) AS lat",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):join_from(table1, l1, am.true_()),
      "SELECT mytable.myid FROM mytable JOIN LATERAL (SELECT myothertable.otherid AS otherid FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid) AS lat ON true",
      { dialect = "string" })
    assert_sql(am.select(table1):select_from(table1, l1),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable, LATERAL (SELECT "
      .. "myothertable.otherid AS otherid FROM myothertable WHERE myothertable.otherid = mytable.myid) AS lat",
      { dialect = "string" })
    assert_sql(am.select(l1),
      "SELECT lat.otherid FROM LATERAL (SELECT myothertable.otherid AS otherid FROM myothertable, mytable "
      .. "WHERE myothertable.otherid = mytable.myid) AS lat",
      { dialect = "string" })
    assert_sql(am.select(am.select(table2):lateral():alias("x")),
      "SELECT x.otherid, x.othername FROM LATERAL (SELECT myothertable.otherid AS otherid, "
      .. "myothertable.othername AS othername FROM myothertable) AS x",
      { dialect = "string" })
  end)

  it("TABLESAMPLE takes a method, a seed and a name", function()
    assert_sql(am.select(table1:tablesample(5)),
      "SELECT mytable_1.myid, mytable_1.name, mytable_1.description FROM mytable AS mytable_1 TABLESAMPLE "
      .. "system(:system_1)",
      { dialect = "string", params = { system_1 = 5 } })
    assert_sql(am.select(table1:tablesample(5, {name="s"})),
      "SELECT s.myid, s.name, s.description FROM mytable AS s TABLESAMPLE system(:system_1)",
      { dialect = "string", params = { system_1 = 5 } })
    assert_sql(am.select(table1:tablesample(am.func.bernoulli(1), {name="s", seed=am.func.random()})),
      "SELECT s.myid, s.name, s.description FROM mytable AS s "
        .. "TABLESAMPLE bernoulli(:bernoulli_1) REPEATABLE (random())",
      { dialect = "string", params = { bernoulli_1 = 1 } })
    assert_sql(am.tablesample(table1, 1, {name="x"}):select(),
      "SELECT x.myid, x.name, x.description FROM mytable AS x TABLESAMPLE system(:system_1)",
      { dialect = "string", params = { system_1 = 1 } })
  end)

  it("VALUES are shown by themselves", function()
    assert_sql(v1,
      "VALUES (:param_1, :param_2), (:param_3, :param_4)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
  end)

  it("VALUES are a table with columns", function()
    assert_sql(am.select(v1),
      "SELECT v.a, v.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS v (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
    assert_sql(am.select(v1.c.b):where(v1.c.a:eq(2)),
      "SELECT v.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS v (a, b) WHERE v.a = :a_1",
      { dialect = "string", params = { a_1 = 2, param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
    assert_sql(am.select(table1):join(v1, v1.c.a:eq(table1.c.myid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN (VALUES (:param_1, "
      .. ":param_2), (:param_3, :param_4)) AS v (a, b) ON v.a = mytable.myid",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
    assert_sql(am.select(am.values(am.column("a", am.Integer), {name="v", literal_binds=true}):data({{1}, {2}})),
      "SELECT v.a FROM (VALUES (1), (2)) AS v (a)",
      { dialect = "string" })
    assert_sql(am.select(am.values(am.column("a", am.Integer), am.column("b", am.String)):data({{1, "x"}})),
      "SELECT a, b FROM (VALUES (:param_1, :param_2))",
      { dialect = "string", params = { param_1 = 1, param_2 = "x" } })
  end)

  it("VALUES have aliases and may be LATERAL", function()
    assert_sql(am.select(v1:alias("w")),
      "SELECT w.a, w.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS w (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
    assert_sql(am.select(v1:lateral("w")),
      "SELECT w.a, w.b FROM LATERAL (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS w (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
  end)

  it("functions are selected under their names", function()
    assert_sql(am.select(am.func.now()), "SELECT now() AS now_1", { dialect = "string" })
    assert_sql(am.select(am.func.current_timestamp(), am.func.coalesce(table1.c.name, "x")),
      "SELECT CURRENT_TIMESTAMP AS current_timestamp_1, coalesce(mytable.name, :coalesce_2) AS coalesce_1 FROM mytable",
      { dialect = "string", params = { coalesce_2 = "x" } })
  end)

  it("functions stand in FROM, as a table or a column", function()
    assert_sql(am.select(am.func.generate_series(1, 5):alias("x")),
      "SELECT x.generate_series_1 FROM generate_series(:generate_series_2, :generate_series_3) AS x",
      { dialect = "string", params = { generate_series_2 = 1, generate_series_3 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):column_valued("x")),
      "SELECT x FROM generate_series(:generate_series_1, :generate_series_2) AS x",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):column_valued()),
      "SELECT anon_1 FROM generate_series(:generate_series_1, :generate_series_2) AS anon_1",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
  end)

  it("functions have columns if they are told", function()
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value")),
      "SELECT anon_1.value FROM generate_series(:generate_series_1, :generate_series_2) AS anon_1",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value", {name="gs"}).c.value),
      "SELECT gs.value FROM generate_series(:generate_series_1, :generate_series_2) AS gs",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value", {with_ordinality="o"})
      :render_derived({name="x"})),
      "SELECT x.value, x.o FROM generate_series(:generate_series_1, :generate_series_2) WITH ORDINALITY AS x(value, o)",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.json_each(table1.c.name):table_valued("key", "value"), table1.c.myid),
      "SELECT anon_1.key, anon_1.value, mytable.myid FROM json_each(mytable.name) AS anon_1, mytable",
      { dialect = "string" })
  end)

  it("functions with columns are joined, named and LATERAL", function()
    local fj = am.func.json_each(table1.c.name):table_valued("key", "value", {joins_implicitly=true})
    assert_sql(am.select(table1.c.myid, fj.c.key),
      "SELECT mytable.myid, anon_1.key FROM mytable, json_each(mytable.name) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):join(fj, am.true_()),
      "SELECT mytable.myid FROM mytable JOIN json_each(mytable.name) AS anon_1 ON true",
      { dialect = "string" })
    assert_sql(am.select(fj:alias("z").c.value),
      "SELECT z.value FROM json_each(mytable.name) AS z",
      { dialect = "string" })
    assert_sql(am.select(fj:lateral().c.value),
      "SELECT anon_1.value FROM LATERAL json_each(mytable.name) AS anon_1",
      { dialect = "string" })
  end)

  it("functions have columns with types, and fields", function()
    assert_sql(am.select(am.func.f(1):table_valued(am.column("a", am.Integer), am.column("b",
      am.String)):render_derived({with_types=true})),
      "SELECT anon_1.a, anon_1.b FROM f(:f_1) AS anon_1(a INTEGER, b VARCHAR)",
      { dialect = "string", params = { f_1 = 1 } })
    assert_sql(am.select(am.func.f(1):scalar_table_valued("foo")),
      "SELECT (f(:f_1)).foo",
      { dialect = "string", params = { f_1 = 1 } })
    assert_sql(am.select(am.func.f(1):scalar_table_valued("foo"), am.func.f(1)
      :scalar_table_valued("bar", am.Integer)),
      "SELECT (f(:f_1)).foo, (f(:f_2)).bar",
      { dialect = "string", params = { f_1 = 1, f_2 = 1 } })
    assert_sql(am.select(am.func.f(1):table_valued("a"):render_derived()):where(am.literal_column("a"):gt(3)),
      "SELECT anon_1.a FROM f(:f_1) AS anon_1(a) WHERE a > :a_1",
      { dialect = "string", params = { a_1 = 3, f_1 = 1 } })
  end)

  it("functions stand in FROM by themselves", function()
    assert_sql(am.select(am.func.f(1)):select_from(am.func.f(1)),
      "SELECT f(:f_2) AS f_1 FROM f(:f_3)",
      { dialect = "string", params = { f_2 = 1, f_3 = 1 } })
    assert_sql(am.select(am.column("x")):select_from(am.func.f(1):alias("q")),
      "SELECT x FROM f(:f_1) AS q",
      { dialect = "string", params = { f_1 = 1 } })
  end)

  it("VALUES makes its parameters anew wherever it stands", function()
    assert_sql(am.union_all(am.select(v1.c.a), am.select(v1.c.b)),
      "SELECT v.a FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS v (a, b) UNION ALL "
      .. "SELECT v.b FROM (VALUES (:param_5, :param_6), (:param_7, :param_8)) AS v (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y",
        param_5 = 1, param_6 = "x", param_7 = 2, param_8 = "y" } })
    local u = am.values(am.column("a", am.Integer), { name = "u" }):data { { am.bindparam("p", 5) }, { 2 } }
    assert_sql(am.union_all(am.select(u), am.select(u)),
      "SELECT u.a FROM (VALUES (:p), (:param_1)) AS u (a) UNION ALL SELECT u.a FROM (VALUES (:p), (:param_2)) AS u (a)",
      { dialect = "string", params = { p = 5, param_1 = 2, param_2 = 2 } })
  end)
end)
