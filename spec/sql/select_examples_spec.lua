-- SELECTs of several kinds at once.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("SELECT as programs write it", function()
  local table1 = fixtures.table1
  local table4 = fixtures.table4
  local table2 = fixtures.table2
  local table3 = fixtures.table3
  local users = fixtures.users
  local addresses = fixtures.addresses
  local parent = fixtures.parent
  local pct = fixtures.pct
  local vtbl = fixtures.vtbl

  it("quotes names with percent signs, brackets and blanks", function()
    assert_sql(am.select(pct):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT \"table%name\".\"percent%\" AS \"table%name_percent%\", \"table%name\".\"%(oneofthese)s\" AS "
      .. "\"table%name_%(oneofthese)s\", \"table%name\".\"spaces % more spaces\" AS \"table%name_spaces % more "
      .. "spaces\" FROM \"table%name\"",
      { dialect = "string" })
    assert_sql(am.select(pct):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT `table%name`.`percent%` AS `table%name_percent%`, `table%name`.`%(oneofthese)s` AS "
      .. "`table%name_%(oneofthese)s`, `table%name`.`spaces % more spaces` AS `table%name_spaces % more "
      .. "spaces` FROM `table%name`",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(pct),
      "SELECT \"table%name\".\"percent%\", \"table%name\".\"%(oneofthese)s\", \"table%name\".\"spaces % more spaces\" "
      .. "FROM \"table%name\"",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("casts the divisor of a column whose type is not known, in columns and conditions", function()
    assert_sql(am.select(vtbl.c.id, (vtbl.c.val2 - vtbl.c.val1) / vtbl.c.val1),
      "SELECT values.id, (values.val2 - values.val1) / CAST(values.val1 AS FLOAT) AS anon_1 FROM values",
      { dialect = "string" })
    assert_sql(am.select(vtbl.c.id):where((vtbl.c.val2 - vtbl.c.val1) / vtbl.c.val1:gt(2.0)),
      "SELECT values.id FROM values WHERE (values.val2 - values.val1) / CAST((values.val1 > :val1_1) AS NUMERIC)",
      { dialect = "string", params = { val1_1 = 2.0 } })
  end)

  it("orders by a scalar subquery, descending too", function()
    assert_sql(am.select(table1)
      :order_by(am.select(table2.c.otherid):where(table1.c.myid:eq(table2.c.otherid)):scalar_subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable ORDER BY (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE mytable.myid = myothertable.otherid)",
      { dialect = "string" })
    assert_sql(am.select(table1):order_by(am.desc(am.select(table2.c.otherid)
      :where(table1.c.myid:eq(table2.c.otherid)):scalar_subquery())),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable ORDER BY (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE mytable.myid = myothertable.otherid) DESC",
      { dialect = "string" })
  end)

  it("collates columns, labels, orders and constants", function()
    assert_sql(am.select(table1.c.name:collate("latin1_german2_ci")),
      "SELECT mytable.name COLLATE latin1_german2_ci AS anon_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name:collate("latin1_german2_ci"):label("k1")):order_by("k1"),
      "SELECT mytable.name COLLATE latin1_german2_ci AS k1 FROM mytable ORDER BY k1",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name):order_by(table1.c.name:collate("latin1_german2_ci")),
      "SELECT mytable.name FROM mytable ORDER BY mytable.name COLLATE latin1_german2_ci",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name:collate("x"):like("%y%")),
      "SELECT (mytable.name COLLATE x) LIKE :param_1 AS anon_1 FROM mytable",
      { dialect = "string", params = { param_1 = "%y%" } })
    assert_sql(am.select(am.collate("foo", "latin1_german2_ci"):label("k1")),
      "SELECT :param_1 COLLATE latin1_german2_ci AS k1",
      { dialect = "string", params = { param_1 = "foo" } })
  end)

  it("selects constants and their sum", function()
    assert_sql(am.select(am.literal("foo")),
      "SELECT :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = "foo" } })
    assert_sql(am.select(am.literal("foo") + am.literal("bar")):select_from(table1),
      "SELECT :param_1 || :param_2 AS anon_1 FROM mytable",
      { dialect = "string", params = { param_1 = "foo", param_2 = "bar" } })
  end)

  it("selects from the alias of a subquery by its labels", function()
    local q1 = am.select(table1, table2.c.otherid):where(table1.c.myid:eq(table2.c.otherid))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL)
    local t2v = am.alias(q1:subquery(), "t2view")
    assert_sql(am.select(t2v):where(t2v.c.mytable_myid:eq(9)):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT t2view.mytable_myid AS t2view_mytable_myid, t2view.mytable_name AS t2view_mytable_name, "
      .. "t2view.mytable_description AS t2view_mytable_description, t2view.myothertable_otherid AS "
      .. "t2view_myothertable_otherid FROM (SELECT mytable.myid AS mytable_myid, mytable.name AS "
      .. "mytable_name, mytable.description AS mytable_description, myothertable.otherid AS "
      .. "myothertable_otherid FROM mytable, myothertable WHERE mytable.myid = myothertable.otherid) AS "
      .. "t2view WHERE t2view.mytable_myid = :mytable_myid_1",
      { dialect = "string", params = { mytable_myid_1 = 9 } })
  end)

  it("takes columns that belong to no table, as columns and as texts", function()
    assert_sql(am.select(am.column("column1"), am.column("column2"), table1.c.myid):select_from(table1)
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT column1, column2, mytable.myid AS mytable_myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("column1 AS foobar"), am.literal_column("column2 AS hoho"), table1.c.myid)
      :select_from(table1):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT column1 AS foobar, column2 AS hoho, mytable.myid AS mytable_myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("column1 AS foobar"), am.literal_column("column2 AS hoho"), table1.c.myid)
      :select_from(table1):subquery():select(),
      "SELECT anon_1.column1 AS foobar, anon_1.column2 AS hoho, anon_1.myid FROM (SELECT column1 AS "
      .. "foobar, column2 AS hoho, mytable.myid AS myid FROM mytable) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("col1"), am.literal_column("col2"))
      :select_from(am.text("tablename")):subquery("myalias"):select(),
      "SELECT myalias.col1, myalias.col2 FROM (SELECT col1, col2 FROM tablename) AS myalias",
      { dialect = "string" })
  end)

  it("selects from a text, with values for its parameters", function()
    assert_sql(am.select((am.func.current_date() + am.literal_column("s.a")):label("dates"))
      :select_from(am.text("generate_series(:x, :y, :z) as s(a)")),
      "SELECT CURRENT_DATE + s.a AS dates FROM generate_series(:x, :y, :z) as s(a)",
      { dialect = "string", params = { x = am.null, y = am.null, z = am.null } })
    assert_sql(am.select((am.func.current_date() + am.literal_column("s.a")):label("dates"))
      :select_from(am.text("generate_series(:x, :y, :z) as s(a)"):bindparams({x=5, y=6, z=7})),
      "SELECT CURRENT_DATE + s.a AS dates FROM generate_series(:x, :y, :z) as s(a)",
      { dialect = "string", params = { x = 5, y = 6, z = 7 } })
  end)

  it("mixes texts with tables in every clause", function()
    assert_sql(am.select(am.text("foobar(a)"), am.text("pk_foo_bar(syslaal)")):where(am.text("a = 12"))
      :select_from(am.text("foobar left outer join lala on foobar.foo = lala.foo")),
      "SELECT foobar(a), pk_foo_bar(syslaal) FROM foobar left outer join lala on foobar.foo = lala.foo WHERE a = 12",
      { dialect = "string" })
    assert_sql(am.select(table1, table2.c.otherid, am.text("sysdate()"), am.text("foo, bar, lala"))
      :where(am.and_(am.text("foo.id = foofoo(lala)"), am.text("datetime(foo) = Today"),
      table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, sysdate(), foo, bar, "
      .. "lala FROM mytable, myothertable WHERE foo.id = foofoo(lala) AND datetime(foo) = Today AND "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(am.alias(table1, "t"), am.text("foo.f")):where(am.text("foo.f = t.id"))
      :select_from(am.text("(select f from bar where lala=heyhey) foo")),
      "SELECT t.myid, t.name, t.description, foo.f FROM (select f from bar where lala=heyhey) foo, mytable "
      .. "AS t WHERE foo.f = t.id",
      { dialect = "string" })
  end)

  it("joins several tables, nested joins in parentheses", function()
    assert_sql(am.select(table1, table2, table3):select_from(am.join(table1, table2,
      table1.c.myid:eq(table2.c.otherid)):outerjoin(table3, table1.c.myid
      :eq(table3.c.userid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid LEFT OUTER JOIN thirdtable ON mytable.myid = thirdtable.userid",
      { dialect = "string" })
    assert_sql(am.select(table1, table2, table3):select_from(am.outerjoin(table1, am.join(table2,
      table3, table2.c.otherid:eq(table3.c.userid)), table1.c.myid
      :eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable LEFT OUTER JOIN "
      .. "(myothertable JOIN thirdtable ON myothertable.otherid = thirdtable.userid) ON mytable.myid = "
      .. "myothertable.otherid",
      { dialect = "string" })
  end)

  it("joins outside and filters by alternatives and a text", function()
    assert_sql(am.select(table1, table2):where(am.or_(table1.c.name:eq("fred"), table1.c.myid
      :eq(10), table2.c.othername:ne("jack"), am.text("EXISTS (select yay from foo where boo = lar)")))
      :select_from(am.outerjoin(table1, table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable LEFT OUTER JOIN myothertable ON mytable.myid = "
      .. "myothertable.otherid WHERE mytable.name = :name_1 OR mytable.myid = :myid_1 OR "
      .. "myothertable.othername != :othername_1 OR EXISTS (select yay from foo where boo = lar)",
      { dialect = "string", params = { myid_1 = 10, name_1 = "fred", othername_1 = "jack" } })
  end)

  it("of a join brings the columns of both sides", function()
    assert_sql(am.join(users, addresses, users.c.user_id:eq(addresses.c.user_id)):select(),
      "SELECT users.user_id, users.user_name, users.password, addresses.address_id, addresses.user_id AS "
      .. "user_id_1, addresses.street, addresses.city, addresses.state, addresses.zip FROM users JOIN "
      .. "addresses ON users.user_id = addresses.user_id",
      { dialect = "string" })
  end)

  it("unions want the same number of columns", function()
    assert_refused("CompileError", function()
      return am.union(am.select(table3), am.select(table1))
    end)
  end)

  it("unions take the column names of the first SELECT", function()
    assert_sql(am.union(am.select(table1):where(table1.c.myid:eq(5)), am.select(table1):where(table1.c.myid:eq(12)))
      :order_by(table1.c.myid),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = :myid_1 "
      .. "UNION SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = "
      .. ":myid_2 ORDER BY myid",
      { dialect = "string", params = { myid_1 = 5, myid_2 = 12 } })
    local uu1 = am.union(am.select(table1.c.myid, table1.c.name), am.select(table2), am.select(table3))
    assert_sql(uu1,
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable UNION SELECT thirdtable.userid, thirdtable.otherstuff FROM "
      .. "thirdtable",
      { dialect = "string" })
  end)

  it("unions carry ORDER BY, LIMIT, GROUP BY and constants", function()
    assert_sql(am.union(am.select(table1.c.myid, table1.c.name), am.select(table2)):order_by("myid"):offset(10)
      :limit(5),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable ORDER BY myid LIMIT :param_1 OFFSET :param_2",
      { dialect = "string", params = { param_1 = 5, param_2 = 10 } })
    assert_sql(am.union(am.select(table1.c.myid, table1.c.name, am.func.max(table1.c.description))
      :where(table1.c.name:eq("name2")):group_by(table1.c.myid, table1.c.name),
      am.select(table1):where(table1.c.name:eq("name1"))),
      "SELECT mytable.myid, mytable.name, max(mytable.description) AS max_1 FROM mytable WHERE "
      .. "mytable.name = :name_1 GROUP BY mytable.myid, mytable.name UNION SELECT mytable.myid, mytable.name, "
      .. "mytable.description FROM mytable WHERE mytable.name = :name_2",
      { dialect = "string", params = { name_1 = "name2", name_2 = "name1" } })
    assert_sql(am.union(am.select(am.literal(100):label("value")), am.select(am.literal(200):label("value"))),
      "SELECT :param_1 AS value UNION SELECT :param_2 AS value",
      { dialect = "string", params = { param_1 = 100, param_2 = 200 } })
  end)

  it("unions of unions stand in parentheses", function()
    assert_sql(am.union_all(am.select(table1.c.myid), am.union(am.select(table2.c.otherid),
      am.select(table3.c.userid))),
      "SELECT mytable.myid FROM mytable UNION ALL (SELECT myothertable.otherid FROM myothertable UNION "
      .. "SELECT thirdtable.userid FROM thirdtable)",
      { dialect = "string" })
  end)

  it("parts of a union that are ordered or limited stand in parentheses", function()
    local ss = am.select(am.column("foo"), am.column("bar"))
    assert_sql(am.union(ss:order_by("foo"), ss:order_by("bar")),
      "(SELECT foo, bar ORDER BY foo) UNION (SELECT foo, bar ORDER BY bar)",
      { dialect = "string" })
    assert_sql(am.union(ss:order_by("foo"):subquery():select(), ss:order_by("bar"):limit(10):subquery():select()),
      "SELECT anon_1.foo, anon_1.bar FROM (SELECT foo, bar ORDER BY foo) AS anon_1 UNION SELECT "
      .. "anon_2.foo, anon_2.bar FROM (SELECT foo, bar ORDER BY bar LIMIT :param_1) AS anon_2",
      { dialect = "string", params = { param_1 = 10 } })
    assert_sql(am.union(am.select(am.column("foo")):limit(1), am.select(am.column("bar")):limit(2)):limit(3),
      "(SELECT foo LIMIT :param_1) UNION (SELECT bar LIMIT :param_2) LIMIT :param_3",
      { dialect = "string", params = { param_1 = 1, param_2 = 2, param_3 = 3 } })
  end)

  it("EXCEPT puts a limited union in parentheses", function()
    assert_sql(am.except_(am.union(am.select(table1.c.myid), am.select(table2.c.otherid))
      :limit(3), am.select(table3.c.userid)),
      "(SELECT mytable.myid FROM mytable UNION SELECT myothertable.otherid FROM myothertable LIMIT "
      .. ":param_1) EXCEPT SELECT thirdtable.userid FROM thirdtable",
      { dialect = "string", params = { param_1 = 3 } })
  end)

  it("a union may be the right side of IN", function()
    assert_sql(am.select(table1.c.myid):where(table1.c.myid:in_(am.union(am.select(table1.c.myid)
      :where(table1.c.myid:eq(5)), am.select(table1.c.myid):where(table1.c.myid
      :eq(12))))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid IN (SELECT mytable.myid FROM mytable WHERE "
      .. "mytable.myid = :myid_1 UNION SELECT mytable.myid FROM mytable WHERE mytable.myid = :myid_2)",
      { dialect = "string", params = { myid_1 = 5, myid_2 = 12 } })
  end)

  it("selects from a union, and numbers columns that come twice", function()
    assert_sql(am.select(am.union(am.select(table1.c.myid), am.select(table2.c.otherid))
      :alias("fq").c.myid:label("z")),
      "SELECT fq.myid AS z FROM (SELECT mytable.myid AS myid FROM mytable UNION SELECT "
      .. "myothertable.otherid AS otherid FROM myothertable) AS fq",
      { dialect = "string" })
    assert_sql(am.union(am.select(table1.c.myid, table1.c.myid), am.select(table2.c.otherid, table2.c.otherid)),
      "SELECT mytable.myid, mytable.myid AS myid__1 FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.otherid AS otherid__1 FROM myothertable",
      { dialect = "string" })
    assert_sql(am.select(am.union(am.select(table1.c.myid, table1.c.myid), am.select(table2.c.otherid,
      table2.c.otherid)):subquery()),
      "SELECT anon_1.myid, anon_1.myid AS myid_1 FROM (SELECT mytable.myid AS myid, mytable.myid AS "
      .. "myid__1 FROM mytable UNION SELECT myothertable.otherid AS otherid, myothertable.otherid AS "
      .. "otherid__1 FROM myothertable) AS anon_1",
      { dialect = "string" })
  end)

  it("unions keep the label style of their parts", function()
    assert_sql(am.union(am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL)),
      "SELECT parent.id AS parent_id, parent.data AS parent_data FROM parent UNION SELECT parent.id AS "
      .. "parent_id, parent.data AS parent_data FROM parent",
      { dialect = "string" })
  end)

  it("labels functions and sums, and repeats what is labelled in conditions", function()
    assert_sql(am.select(am.func.lala(table1.c.name):label("gg")),
      "SELECT lala(mytable.name) AS gg FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.label("bar", am.column("foo", am.String)) + "foo"),
      "SELECT foo || :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = "foo" } })
    assert_sql(am.label("bar", am.column("foo", am.String)) + "foo",
      "foo || :param_1",
      { dialect = "string", params = { param_1 = "foo" } })
    local fx = am.func.lala(table1.c.myid):label("foo")
    assert_sql(am.select(fx):where(fx:eq(5)),
      "SELECT lala(mytable.myid) AS foo FROM mytable WHERE lala(mytable.myid) = :param_1",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("labels conditions and selects a direction as it is written", function()
    assert_sql(am.select(am.and_(am.column("a"), am.column("b")):label("foo")),
      "SELECT a AND b AS foo",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid:desc()), "SELECT mytable.myid DESC FROM mytable", { dialect = "string" })
  end)

  it("takes DISTINCT of a column and operators of the user's own", function()
    assert_sql(am.select(am.distinct(table1.c.myid)),
      "SELECT DISTINCT mytable.myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):where(table1.c.myid:op("hoho")(12):eq(14)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable "
      .. "WHERE (mytable.myid hoho :myid_1) = :param_1",
      { dialect = "string", params = { myid_1 = 12, param_1 = 14 } })
  end)

  it("orders by the label of a function over scalar subqueries", function()
    local zips = am.table("zips", am.column("zipcode"), am.column("latitude"), am.column("longitude"))
    local places = am.table("places", am.column("id"), am.column("nm"))
    local qlat = am.select(zips.c.latitude):where(zips.c.zipcode:eq("12345")):correlate(nil):scalar_subquery()
    local qlng = am.select(zips.c.longitude):where(zips.c.zipcode:eq("12345")):correlate(nil):scalar_subquery()
    assert_sql(am.select(places.c.id, places.c.nm, zips.c.zipcode, am.func.latlondist(qlat, qlng):label("dist"))
      :where(zips.c.zipcode:eq("12345")):order_by("dist", places.c.nm),
      "SELECT places.id, places.nm, zips.zipcode, latlondist((SELECT zips.latitude FROM zips WHERE "
      .. "zips.zipcode = :zipcode_1), (SELECT zips.longitude FROM zips WHERE zips.zipcode = :zipcode_2)) AS "
      .. "dist FROM places, zips WHERE zips.zipcode = :zipcode_3 ORDER BY dist, places.nm",
      { dialect = "string", params = { zipcode_1 = "12345", zipcode_2 = "12345", zipcode_3 = "12345" } })
    local za = zips:alias("main_zip")
    local qlat2 = am.select(zips.c.latitude):where(zips.c.zipcode:eq(za.c.zipcode)):scalar_subquery()
    assert_sql(am.select(places.c.id, za.c.zipcode, am.func.latlondist(qlat2):label("dist"))
      :order_by("dist", places.c.nm),
      "SELECT places.id, main_zip.zipcode, latlondist((SELECT zips.latitude FROM zips WHERE zips.zipcode = "
      .. "main_zip.zipcode)) AS dist FROM places, zips AS main_zip ORDER BY dist, places.nm",
      { dialect = "string" })
  end)

  it("correlates a scalar subquery with what is joined", function()
    local t2alias = table2:alias("t2alias")
    local ssub = am.select(t2alias.c.otherid):where(table1.c.myid:eq(t2alias.c.otherid)):scalar_subquery()
    assert_sql(am.select(table1, ssub):select_from(table1:join(table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, (SELECT t2alias.otherid FROM myothertable "
      .. "AS t2alias WHERE mytable.myid = t2alias.otherid) AS anon_1 FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("calculates and compares with scalar subqueries", function()
    assert_sql(am.select(am.select(table1.c.myid):scalar_subquery() - am.literal(8)),
      "SELECT (SELECT mytable.myid FROM mytable) - :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = 8 } })
    assert_sql(am.select(am.select(table1.c.name):scalar_subquery() + am.literal("x")),
      "SELECT (SELECT mytable.name FROM mytable) || :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = "x" } })
    assert_sql(am.select(am.select(table1.c.myid):scalar_subquery():gt(am.literal(8))),
      "SELECT (SELECT mytable.myid FROM mytable) > :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = 8 } })
    assert_sql(am.select(am.select(table1.c.name):label("foo")),
      "SELECT (SELECT mytable.name FROM mytable) AS foo",
      { dialect = "string" })
  end)

  it("a subquery that correlates with nothing keeps its tables", function()
    assert_sql(am.select(table1):where(am.select(table1.c.myid):correlate(nil):scalar_subquery():eq(table1.c.myid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE (SELECT mytable.myid FROM "
      .. "mytable) = mytable.myid",
      { dialect = "string" })
  end)

  it("selects from subqueries and asks whether rows exist", function()
    assert_sql(am.select(users, am.select(addresses.c.street):where(addresses.c.user_id
      :eq(users.c.user_id)):alias("s").c.street),
      "SELECT users.user_id, users.user_name, users.password, s.street FROM users, (SELECT "
      .. "addresses.street AS street FROM addresses, users WHERE addresses.user_id = users.user_id) AS s",
      { dialect = "string" })
    assert_sql(am.select(am.table("t1", am.column("a"), am.column("b")))
      :where(am.exists(am.select(am.table("t2", am.column("c"))))),
      "SELECT t1.a, t1.b FROM t1 WHERE EXISTS (SELECT t2.c FROM t2)",
      { dialect = "string" })
  end)

  it("columns with the same label or text are selected twice", function()
    assert_sql(am.select(table1.c.myid:label("one"), table1.c.myid:label("one")),
      "SELECT mytable.myid AS one, mytable.myid AS one FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid, am.literal_column("mytable.myid")),
      "SELECT mytable.myid, mytable.myid FROM mytable",
      { dialect = "string" })
  end)

  it("groups and orders by labels and aggregates", function()
    assert_sql(am.select(table1.c.myid:label("x")):group_by("x"):having(am.text("x > 5")),
      "SELECT mytable.myid AS x FROM mytable GROUP BY x HAVING x > 5",
      { dialect = "string" })
    assert_sql(am.select(am.func.count(table1.c.myid), table1.c.name):group_by(table1.c.name)
      :order_by(am.func.count(table1.c.myid):desc()),
      "SELECT count(mytable.myid) AS count_1, mytable.name FROM mytable GROUP BY mytable.name ORDER BY "
      .. "count(mytable.myid) DESC",
      { dialect = "string" })
  end)

  it("BETWEEN, NOT LIKE, and AND within OR need no parentheses", function()
    assert_sql(am.select(table1):where(table1.c.name:between("a", "b")):where(am.not_(table1.c.name:like("c"))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name BETWEEN "
      .. ":name_1 AND :name_2 AND mytable.name NOT LIKE :name_3",
      { dialect = "string", params = { name_1 = "a", name_2 = "b", name_3 = "c" } })
    assert_sql(am.select(table1.c.myid)
      :where(am.or_(table1.c.myid:eq(1), am.and_(table1.c.myid:eq(2), table1.c.name:eq("x")))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid = :myid_1 OR mytable.myid = :myid_2 AND "
      .. "mytable.name = :name_1",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 2, name_1 = "x" } })
    assert_sql(am.select(am.column("x"), am.column("y")):select_from(table1)
      :where(am.column("x"):eq(am.column("y"))),
      "SELECT x, y FROM mytable WHERE x = y",
      { dialect = "string" })
  end)

  it("orders by the name under a label", function()
    assert_sql(am.select(am.column("x"):label("y")):select_from(table1):order_by(am.column("x"):label("y")),
      "SELECT x AS y FROM mytable ORDER BY x",
      { dialect = "string" })
  end)

  it("names tables with their schema", function()
    assert_sql(am.select(table4.c.rem_id, table4.c.value):where(table4.c.value:eq("x")):order_by(table4.c.rem_id),
      "SELECT remote_owner.remotetable.rem_id, remote_owner.remotetable.value FROM "
      .. "remote_owner.remotetable WHERE remote_owner.remotetable.value = :value_1 ORDER BY "
      .. "remote_owner.remotetable.rem_id",
      { dialect = "string", params = { value_1 = "x" } })
    assert_sql(am.select(table4:alias()),
      "SELECT remotetable_1.rem_id, remotetable_1.datatype_id, remotetable_1.value FROM "
      .. "remote_owner.remotetable AS remotetable_1",
      { dialect = "string" })
  end)

  it("joins, labels and groups two tables", function()
    assert_sql(am.select(users, addresses):where(users.c.user_id:eq(addresses.c.user_id))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT users.user_id AS users_user_id, users.user_name AS users_user_name, users.password AS "
      .. "users_password, addresses.address_id AS addresses_address_id, addresses.user_id AS "
      .. "addresses_user_id, addresses.street AS addresses_street, addresses.city AS addresses_city, "
      .. "addresses.state AS addresses_state, addresses.zip AS addresses_zip FROM users, addresses WHERE "
      .. "users.user_id = addresses.user_id",
      { dialect = "string" })
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
  end)

  it("numbers a label that another column is called by", function()
    local t_own = am.table("owner", am.column("name"), am.column("owner_name"))
    assert_sql(am.select(t_own):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT owner.name AS owner_name_1, owner.owner_name AS owner_owner_name FROM owner",
      { dialect = "string" })
    assert_sql(am.select(t_own):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery():select(),
      "SELECT anon_1.owner_name_1, anon_1.owner_owner_name FROM (SELECT owner.name AS owner_name_1, "
      .. "owner.owner_name AS owner_owner_name FROM owner) AS anon_1",
      { dialect = "string" })
  end)

  it("compares with lists, tuples and ANY", function()
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

  it("takes window functions and filtered aggregates", function()
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
  end)

  it("has parameters with names of their own, made unique if asked to", function()
    assert_sql(am.select(table1):where(table1.c.name:eq(am.bindparam("nm"))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :nm",
      { dialect = "string", params = { nm = am.null } })
    assert_sql(am.select(table1):where(table1.c.name:eq(am.bindparam("nm", "v")), table1.c.myid
      :eq(am.bindparam("nm2", 4, {unique=true}))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :nm AND "
      .. "mytable.myid = :nm2_1",
      { dialect = "string", params = { nm = "v", nm2_1 = 4 } })
  end)

  it("selects parameters", function()
    assert_sql(am.select(am.bindparam("x", 5)), "SELECT :x AS anon_1", { dialect = "string", params = { x = 5 } })
    assert_sql(am.select(am.bindparam("x", 5, {unique=true})),
      "SELECT :x_1 AS anon_1",
      { dialect = "string", params = { x_1 = 5 } })
    assert_sql(am.select(am.bindparam("x", 5)):subquery():select(),
      "SELECT anon_2.anon_1 FROM (SELECT :x AS anon_1) AS anon_2",
      { dialect = "string", params = { x = 5 } })
  end)
end)
