-- Which tables a subquery leaves to the statement around it.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("correlation", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table3 = fixtures.table3

  it("leaves out of a subquery the tables of what encloses it, where they are there", function()
    local x1 = am.select(table2.c.otherid):where(table2.c.othername:eq(table1.c.name)):correlate(table1)
      :scalar_subquery()
    assert_sql(am.select(table1.c.name, x1),
      "SELECT mytable.name, (SELECT myothertable.otherid FROM myothertable WHERE myothertable.othername = "
      .. "mytable.name) AS anon_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(x1),
      "SELECT (SELECT myothertable.otherid FROM myothertable, mytable WHERE myothertable.othername = "
      .. "mytable.name) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(table2.c.otherid, x1),
      "SELECT myothertable.otherid, (SELECT myothertable.otherid FROM myothertable, mytable WHERE "
      .. "myothertable.othername = mytable.name) AS anon_1 FROM myothertable",
      { dialect = "string" })
    assert_sql(am.select(table1):where(x1:eq(5)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE myothertable.othername = mytable.name) = :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1, table2):where(x1:eq(5)),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable WHERE (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE myothertable.othername = mytable.name) = :param_1",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("never leaves a subquery without tables", function()
    local x2 = am.select(table1.c.myid):where(table1.c.name:eq("x")):scalar_subquery()
    assert_sql(am.select(table1):where(table1.c.myid:eq(x2)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "mytable.myid FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table2):where(table2.c.otherid:eq(x2)),
      "SELECT myothertable.otherid, myothertable.othername FROM myothertable WHERE myothertable.otherid = "
      .. "(SELECT mytable.myid FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
  end)

  it("tells an alias from its table", function()
    assert_sql(am.select(table1:alias("t1")):where(am.exists():where(table1.c.myid:eq(5))),
      "SELECT t1.myid, t1.name, t1.description FROM mytable AS t1 WHERE EXISTS (SELECT * FROM mytable "
      .. "WHERE mytable.myid = :myid_1)",
      { dialect = "string", params = { myid_1 = 5 } })
  end)

  it("works in columns", function()
    assert_sql(am.select(table1, am.select(am.func.count(table2.c.otherid))
      :where(table2.c.otherid:eq(table1.c.myid)):label("n")),
      "SELECT mytable.myid, mytable.name, mytable.description, (SELECT count(myothertable.otherid) AS "
      .. "count_1 FROM myothertable WHERE myothertable.otherid = mytable.myid) AS n FROM mytable",
      { dialect = "string" })
  end)

  it("reaches through two levels, as far as tables are left", function()
    assert_sql(am.select(table1.c.myid):where(table1.c.myid:in_(am.select(table2.c.otherid)
      :where(am.exists():where(table3.c.userid:eq(table1.c.myid))))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid IN (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE EXISTS (SELECT * FROM thirdtable, mytable WHERE thirdtable.userid = "
      .. "mytable.myid))",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):where(table1.c.myid:in_(am.select(table2.c.otherid)
      :where(am.exists():where(am.and_(table3.c.userid:eq(table1.c.myid),
      table2.c.otherid:eq(table3.c.userid)))))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid IN (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE EXISTS (SELECT * FROM thirdtable, mytable WHERE thirdtable.userid = mytable.myid "
      .. "AND myothertable.otherid = thirdtable.userid))",
      { dialect = "string" })
  end)

  it("ends at a subquery in FROM", function()
    assert_sql(am.select(am.select(table1.c.myid):where(am.exists():where(table2.c.otherid
      :eq(table1.c.myid))):subquery()),
      "SELECT anon_1.myid FROM (SELECT mytable.myid AS myid FROM mytable WHERE EXISTS (SELECT * FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid)) AS anon_1",
      { dialect = "string" })
  end)

  it("does not take the only table", function()
    assert_sql(am.select(table1):where(am.exists(am.select(table1):where(table1.c.name:eq("x")))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
  end)

  it("takes nothing but what it was told to", function()
    assert_sql(am.select(table1, table2)
      :where(am.exists(am.select(table3.c.userid):where(table3.c.userid:eq(table1.c.myid)):correlate(table2))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable WHERE EXISTS (SELECT thirdtable.userid FROM "
      .. "thirdtable, mytable WHERE thirdtable.userid = mytable.myid)",
      { dialect = "string" })
  end)

  it("of subqueries in FROM is only what was told", function()
    assert_sql(am.select(table1)
      :select_from(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)):subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM (SELECT myothertable.otherid AS "
      .. "otherid, myothertable.othername AS othername FROM myothertable, mytable WHERE myothertable.otherid "
      .. "= mytable.myid) AS anon_1, mytable",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :select_from(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)):correlate(table1):subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM (SELECT myothertable.otherid AS "
      .. "otherid, myothertable.othername AS othername FROM myothertable, mytable WHERE myothertable.otherid "
      .. "= mytable.myid) AS anon_1, mytable",
      { dialect = "string" })
  end)

  it("knows aliases", function()
    local al1 = table1:alias("al1")
    assert_sql(am.select(al1):where(am.exists():where(al1.c.myid:eq(table2.c.otherid))),
      "SELECT al1.myid, al1.name, al1.description FROM mytable AS al1 WHERE EXISTS (SELECT * FROM "
      .. "myothertable WHERE al1.myid = myothertable.otherid)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(table1.c.myid:eq(am.select(al1.c.myid):where(al1.c.name:eq(table1.c.name)):scalar_subquery())),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "al1.myid FROM mytable AS al1 WHERE al1.name = mytable.name)",
      { dialect = "string" })
  end)

  it("is no matter of names: subqueries nest", function()
    assert_sql(am.select(am.select(am.select(table1.c.myid:label("a")):subquery("x").c.a
      :label("b")):subquery("y").c.b:label("c")),
      "SELECT y.b AS c FROM (SELECT x.a AS b FROM (SELECT mytable.myid AS a FROM mytable) AS x) AS y",
      { dialect = "string" })
  end)
end)
