local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("SELECT: texts, VALUES, functions in FROM, locks", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table4 = fixtures.table4
  local users = fixtures.users
  local addresses = fixtures.addresses
  local parent = fixtures.parent
  local child = fixtures.child
  local a1, fj, l1, t_own, tc, v1

  it("1", function()
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
    assert_sql(am.text("time = '12\\:30:00' or x = '\\:y' or z = '\\:'"),
      "time = '12\\:30:00' or x = ':y' or z = ':'", {})
    assert_sql(am.text("select '\\:x', a::INT, 'x:y', :z"),
      "select ':x', a::INT, 'x:y', :z",
      { dialect = "string", params = { z = am.null } })
    assert_sql(am.select(am.text("table1.x, table1.y")):where(am.text("a = :b")):select_from(am.text("table1"))
      :order_by(am.text("z")),
      "SELECT table1.x, table1.y FROM table1 WHERE a = :b ORDER BY z",
      { dialect = "string", params = { b = am.null } })
  end)

  it("2", function()
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
    assert_sql(am.text("select id, name from user")
      :columns(am.column("id", am.Integer), am.column("name", am.String)):subquery("x"),
      "select id, name from user",
      { dialect = "string" })
    tc = am.text("select id, name from user where n = :n")
      :columns(am.column("id", am.Integer), am.column("name", am.String))
    assert_sql(tc, "select id, name from user where n = :n", { dialect = "string", params = { n = am.null } })
    assert_sql(am.select(tc:subquery("x")),
      "SELECT x.id, x.name FROM (select id, name from user where n = :n) AS x",
      { dialect = "string", params = { n = am.null } })
  end)

  it("3", function()
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
    assert_sql(am.text("select id from t"):columns({id = am.Integer}):subquery("q"):select(),
      "SELECT q.id FROM (select id from t) AS q",
      { dialect = "string" })
    assert_sql(am.union(am.select(am.column("a")), tc),
      "SELECT a UNION select id, name from user where n = :n",
      { dialect = "string", params = { n = am.null } })
  end)

  it("4", function()
    assert_sql(am.select(table1):group_by(am.text("x")):order_by(am.text("y desc")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable GROUP BY x ORDER BY y desc",
      { dialect = "string" })
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
    assert_sql(am.select(am.table("t", am.column("order"), am.column("Mixed"), am.column("a b"))),
      "SELECT t.\"order\", t.\"Mixed\", t.\"a b\" FROM t",
      { dialect = "string" })
    assert_sql(am.select(am.table("Order", am.column("x"))),
      "SELECT \"Order\".x FROM \"Order\"",
      { dialect = "string" })
  end)

  it("5", function()
    assert_sql(am.select(am.table("t", am.column("x"), {schema="Some"})),
      "SELECT \"Some\".t.x FROM \"Some\".t",
      { dialect = "string" })
    assert_sql(am.select(am.table("t", am.column("x"), {schema="a.b"})),
      "SELECT \"a.b\".t.x FROM \"a.b\".t",
      { dialect = "string" })
    assert_sql(am.select(am.table("user", am.column("offset"), am.column("x"))),
      "SELECT \"user\".\"offset\", \"user\".x FROM \"user\"",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(am.table("user", am.column("order"), am.column("x"))),
      "SELECT user.`order`, user.x FROM user",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(am.table("user", am.column("order"), am.column("x"))),
      "SELECT user.\"order\", user.x FROM user",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(am.table("t", am.column("x")):alias("Foo")),
      "SELECT \"Foo\".x FROM t AS \"Foo\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("t", am.column("x")):alias("a b")),
      "SELECT \"a b\".x FROM t AS \"a b\"",
      { dialect = "string" })
  end)

  it("6", function()
    assert_sql(am.select(am.column("x"):label("Label X")):order_by("Label X"),
      "SELECT x AS \"Label X\" ORDER BY \"Label X\"",
      { dialect = "string" })
    assert_sql(am.select(am.column("1x"), am.column("_x"), am.column("$x"), am.column("x$")),
      "SELECT \"1x\", _x, \"$x\", x$",
      { dialect = "string" })
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "string" })
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "string" })
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR SHARE",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true, nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR SHARE NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("7", function()
    assert_sql(am.select(table1):with_for_update({skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE SKIP LOCKED",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({key_share=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR NO KEY UPDATE",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({key_share=true, read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR KEY SHARE",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({of=table1}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({of=table1.c.myid, skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable SKIP LOCKED",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({of={table1.c.myid, table1.c.name}, nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1:alias("x")):with_for_update({of=table1}),
      "SELECT x.myid, x.name, x.description FROM mytable AS x FOR UPDATE OF mytable",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("8", function()
    assert_sql(am.select(parent):join(child):with_for_update({of={parent, child}}),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id FOR UPDATE OF parent, child",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LOCK IN SHARE MODE",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE NOWAIT",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE SKIP LOCKED",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(table1):prefix_with("A"):prefix_with("B"),
      "SELECT A B mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
  end)

  it("9", function()
    assert_sql(am.select(table1):prefix_with("A", "B"):suffix_with("C"),
      "SELECT A B mytable.myid, mytable.name, mytable.description FROM mytable C",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with("A", {dialect="mysql"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with("A", {dialect="mysql"}),
      "SELECT A mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):suffix_with("X", {dialect="postgresql"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with(am.text("x = :y"):bindparams({y=3})),
      "SELECT x = :y mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string", params = { y = 3 } })
    assert_sql(am.select(table1):with_hint(table1, "hint(%(name)s)"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable [hint(mytable)]",
      { dialect = "string" })
    assert_sql(am.select(table1):with_hint(table1, "USE INDEX (x)"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable USE INDEX (x)",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("10", function()
    assert_sql(am.select(table1:alias("q")):with_hint(table1, "USE INDEX (x)"),
      "SELECT q.myid, q.name, q.description FROM mytable AS q",
      { dialect = "mysql", paramstyle = "named" })
    a1 = table1:alias("a1")
    assert_sql(am.select(a1):with_hint(a1, "USE INDEX (%(name)s)"),
      "SELECT a1.myid, a1.name, a1.description FROM mytable AS a1 USE INDEX (a1)",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_hint(table1, "USE INDEX (x)", "sqlite"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_statement_hint("hint one"):with_statement_hint("hint two"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable hint one hint two",
      { dialect = "string" })
    assert_sql(am.select(table1):with_statement_hint("hint one", "postgresql"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable hint one",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_statement_hint("hint one", "postgresql"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("11", function()
    assert_sql(am.select(table1, am.lateral(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)))),
      "SELECT mytable.myid, mytable.name, mytable.description, anon_1.otherid, anon_1.othername FROM "
      .. "mytable, LATERAL (SELECT myothertable.otherid AS otherid, myothertable.othername AS othername FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid) AS anon_1",
      { dialect = "string" })
    l1 = am.select(table2.c.otherid):where(table2.c.otherid:eq(table1.c.myid)):lateral("lat")
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
  end)

  it("12", function()
    assert_sql(am.select(am.select(table2):lateral():alias("x")),
      "SELECT x.otherid, x.othername FROM LATERAL (SELECT myothertable.otherid AS otherid, "
      .. "myothertable.othername AS othername FROM myothertable) AS x",
      { dialect = "string" })
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
    v1 = am.values(am.column("a", am.Integer), am.column("b", am.String), {name="v"})
      :data({{1, "x"}, {2, "y"}})
    assert_sql(v1,
      "VALUES (:param_1, :param_2), (:param_3, :param_4)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
  end)

  it("13", function()
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
    assert_sql(am.select(v1:alias("w")),
      "SELECT w.a, w.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS w (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
    assert_sql(am.select(v1:lateral("w")),
      "SELECT w.a, w.b FROM LATERAL (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS w (a, b)",
      { dialect = "string", params = { param_1 = 1, param_2 = "x", param_3 = 2, param_4 = "y" } })
  end)

  it("14", function()
    assert_sql(am.select(am.func.now()), "SELECT now() AS now_1", { dialect = "string" })
    assert_sql(am.select(am.func.current_timestamp(), am.func.coalesce(table1.c.name, "x")),
      "SELECT CURRENT_TIMESTAMP AS current_timestamp_1, coalesce(mytable.name, :coalesce_2) AS coalesce_1 FROM mytable",
      { dialect = "string", params = { coalesce_2 = "x" } })
    assert_sql(am.select(am.func.generate_series(1, 5):alias("x")),
      "SELECT x.generate_series_1 FROM generate_series(:generate_series_2, :generate_series_3) AS x",
      { dialect = "string", params = { generate_series_2 = 1, generate_series_3 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):column_valued("x")),
      "SELECT x FROM generate_series(:generate_series_1, :generate_series_2) AS x",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):column_valued()),
      "SELECT anon_1 FROM generate_series(:generate_series_1, :generate_series_2) AS anon_1",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value")),
      "SELECT anon_1.value FROM generate_series(:generate_series_1, :generate_series_2) AS anon_1",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value", {name="gs"}).c.value),
      "SELECT gs.value FROM generate_series(:generate_series_1, :generate_series_2) AS gs",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
  end)

  it("15", function()
    assert_sql(am.select(am.func.generate_series(1, 5):table_valued("value", {with_ordinality="o"})
      :render_derived({name="x"})),
      "SELECT x.value, x.o FROM generate_series(:generate_series_1, :generate_series_2) WITH ORDINALITY AS x(value, o)",
      { dialect = "string", params = { generate_series_1 = 1, generate_series_2 = 5 } })
    assert_sql(am.select(am.func.json_each(table1.c.name):table_valued("key", "value"), table1.c.myid),
      "SELECT anon_1.key, anon_1.value, mytable.myid FROM json_each(mytable.name) AS anon_1, mytable",
      { dialect = "string" })
    fj = am.func.json_each(table1.c.name):table_valued("key", "value", {joins_implicitly=true})
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

  it("16", function()
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
    assert_sql(am.select(am.func.f(1)):select_from(am.func.f(1)),
      "SELECT f(:f_2) AS f_1 FROM f(:f_3)",
      { dialect = "string", params = { f_2 = 1, f_3 = 1 } })
    assert_sql(am.select(am.column("x")):select_from(am.func.f(1):alias("q")),
      "SELECT x FROM f(:f_1) AS q",
      { dialect = "string", params = { f_1 = 1 } })
  end)

  it("17", function()
    assert_sql(am.select(table4.c.rem_id, table4.c.value):where(table4.c.value:eq("x")):order_by(table4.c.rem_id),
      "SELECT remote_owner.remotetable.rem_id, remote_owner.remotetable.value FROM "
      .. "remote_owner.remotetable WHERE remote_owner.remotetable.value = :value_1 ORDER BY "
      .. "remote_owner.remotetable.rem_id",
      { dialect = "string", params = { value_1 = "x" } })
    assert_sql(am.select(table4:alias()),
      "SELECT remotetable_1.rem_id, remotetable_1.datatype_id, remotetable_1.value FROM "
      .. "remote_owner.remotetable AS remotetable_1",
      { dialect = "string" })
    assert_sql(am.select(users, addresses):where(users.c.user_id:eq(addresses.c.user_id))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT users.user_id AS users_user_id, users.user_name AS users_user_name, users.password AS "
      .. "users_password, addresses.address_id AS addresses_address_id, addresses.user_id AS "
      .. "addresses_user_id, addresses.street AS addresses_street, addresses.city AS addresses_city, "
      .. "addresses.state AS addresses_state, addresses.zip AS addresses_zip FROM users, addresses WHERE "
      .. "users.user_id = addresses.user_id",
      { dialect = "string" })
  end)

  it("18", function()
    assert_sql(am.select(users, addresses):where(users.c.user_id:eq(addresses.c.user_id))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery():select(),
      "SELECT anon_1.users_user_id, anon_1.users_user_name, anon_1.users_password, "
      .. "anon_1.addresses_address_id, anon_1.addresses_user_id, anon_1.addresses_street, "
      .. "anon_1.addresses_city, anon_1.addresses_state, anon_1.addresses_zip FROM (SELECT users.user_id AS "
      .. "users_user_id, users.user_name AS users_user_name, users.password AS users_password, "
      .. "addresses.address_id AS addresses_address_id, addresses.user_id AS addresses_user_id, "
      .. "addresses.street AS addresses_street, addresses.city AS addresses_city, addresses.state AS "
      .. "addresses_state, addresses.zip AS addresses_zip FROM users, addresses WHERE users.user_id = "
      .. "addresses.user_id) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(users.c.user_id, am.func.count(addresses.c.address_id):label("n"))
      :join_from(users, addresses, users.c.user_id:eq(addresses.c.user_id))
      :group_by(users.c.user_id):having(am.func.count(addresses.c.address_id):gt(2))
      :order_by(am.desc("n")):limit(2),
      "SELECT users.user_id, count(addresses.address_id) AS n FROM users JOIN addresses ON users.user_id = "
      .. "addresses.user_id GROUP BY users.user_id HAVING count(addresses.address_id) > :count_1 ORDER BY n "
      .. "DESC LIMIT :param_1",
      { dialect = "string", params = { count_1 = 2, param_1 = 2 } })
    t_own = am.table("owner", am.column("name"), am.column("owner_name"))
  end)

  it("19", function()
    assert_sql(am.select(t_own):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT owner.name AS owner_name_1, owner.owner_name AS owner_owner_name FROM owner",
      { dialect = "string" })
    assert_sql(am.select(t_own):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery():select(),
      "SELECT anon_1.owner_name_1, anon_1.owner_owner_name FROM (SELECT owner.name AS owner_name_1, "
      .. "owner.owner_name AS owner_owner_name FROM owner) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(table1):where(table1.c.myid:in_({1, 2, 3})),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid IN "
      .. "(__[POSTCOMPILE_myid_1])",
      { dialect = "string", params = { myid_1 = { 1, 2, 3 } } })
    assert_sql(am.select(table1):where(am.tuple_(table1.c.myid, table1.c.name):in_(am.select(table2))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE (mytable.myid, "
      .. "mytable.name) IN (SELECT myothertable.otherid, myothertable.othername FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.any_(am.select(table2.c.otherid):scalar_subquery()))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = ANY "
      .. "(SELECT myothertable.otherid FROM myothertable)",
      { dialect = "string" })
  end)

  it("20", function()
    assert_sql(am.select(am.func.row_number():over({partition_by=table1.c.name, order_by=table1.c.myid
      :desc()}):label("rn")),
      "SELECT row_number() OVER (PARTITION BY mytable.name ORDER BY mytable.myid DESC) AS rn FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.func.row_number():over({order_by="myid"}), table1.c.myid),
      "SELECT row_number() OVER (ORDER BY mytable.myid) AS anon_1, mytable.myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.func.count():filter(table1.c.myid:gt(3))),
      "SELECT count(*) FILTER (WHERE mytable.myid > :myid_1) AS anon_1 FROM mytable",
      { dialect = "string", params = { myid_1 = 3 } })
    assert_sql(am.select(table1):where(table1.c.name:eq(am.bindparam("nm"))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :nm",
      { dialect = "string", params = { nm = am.null } })
    assert_sql(am.select(table1):where(table1.c.name:eq(am.bindparam("nm", "v")), table1.c.myid
      :eq(am.bindparam("nm2", 4, {unique=true}))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :nm AND "
      .. "mytable.myid = :nm2_1",
      { dialect = "string", params = { nm = "v", nm2_1 = 4 } })
    assert_sql(am.select(am.bindparam("x", 5)), "SELECT :x AS anon_1", { dialect = "string", params = { x = 5 } })
    assert_sql(am.select(am.bindparam("x", 5, {unique=true})),
      "SELECT :x_1 AS anon_1",
      { dialect = "string", params = { x_1 = 5 } })
  end)

  it("21", function()
    assert_sql(am.select(am.bindparam("x", 5)):subquery():select(),
      "SELECT anon_2.anon_1 FROM (SELECT :x AS anon_1) AS anon_2",
      { dialect = "string", params = { x = 5 } })
  end)
end)
