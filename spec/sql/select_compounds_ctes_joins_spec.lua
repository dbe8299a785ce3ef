local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("SELECT: compounds, CTEs, joins", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table3 = fixtures.table3
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand
  local c1, c2, ca, ca1, ca2, cm, cmd, lf, lu, n1, n2, r1, r2, r3, ra, u1, u2, uq, x5

  it("1", function()
    u1 = am.select(table1.c.myid, table1.c.name)
    u2 = am.select(table2.c.otherid, table2.c.othername)
    assert_sql(am.union(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.union(u1, u2):order_by("myid"),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable ORDER BY myid",
      { dialect = "string" })
    assert_sql(am.union(u1, u2):order_by("name", "myid"),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable ORDER BY name, myid",
      { dialect = "string" })
    assert_sql(am.union(u1, u2):order_by(am.desc("myid")),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable ORDER BY myid DESC",
      { dialect = "string" })
    assert_refused("CompileError", function()
      return am.union(u1, u2):order_by("otherid")
    end)
  end)

  it("2", function()
    assert_sql(am.union(u1, u2):limit(5):offset(3),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable LIMIT :param_1 OFFSET :param_2",
      { dialect = "string", params = { param_1 = 5, param_2 = 3 } })
    assert_sql(am.union(u1, u2):limit(5):offset(3),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = 5, param_2 = 3 } })
    assert_sql(am.union_all(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable UNION ALL SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.except_(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable EXCEPT SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.except_all(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable EXCEPT ALL SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
  end)

  it("3", function()
    assert_sql(am.intersect(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable INTERSECT SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.intersect_all(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable INTERSECT ALL SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(u1:union(u2),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(u1:union(u2, u1),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable UNION SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(u1:union_all(u2):order_by("myid"),
      "SELECT mytable.myid, mytable.name FROM mytable UNION ALL SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable ORDER BY myid",
      { dialect = "string" })
  end)

  it("4", function()
    assert_sql(u1:union(u2):union(u1),
      "(SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable) UNION SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.union(u1, am.union_all(u2, u1)),
      "SELECT mytable.myid, mytable.name FROM mytable UNION (SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable UNION ALL SELECT mytable.myid, mytable.name FROM mytable)",
      { dialect = "string" })
    assert_sql(am.union(am.union_all(u2, u1), u1),
      "(SELECT myothertable.otherid, myothertable.othername FROM myothertable UNION ALL SELECT "
      .. "mytable.myid, mytable.name FROM mytable) UNION SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.except_(am.except_(u1, u2), u1),
      "(SELECT mytable.myid, mytable.name FROM mytable EXCEPT SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable) EXCEPT SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.except_(u1, am.except_(u2, u1)),
      "SELECT mytable.myid, mytable.name FROM mytable EXCEPT (SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable EXCEPT SELECT mytable.myid, mytable.name FROM mytable)",
      { dialect = "string" })
  end)

  it("5", function()
    assert_sql(am.union(u1:order_by(table1.c.name), u2),
      "(SELECT mytable.myid, mytable.name FROM mytable ORDER BY mytable.name) UNION SELECT "
      .. "myothertable.otherid, myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.union(u1:limit(5), u2:offset(3)),
      "(SELECT mytable.myid, mytable.name FROM mytable LIMIT :param_1) UNION (SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable LIMIT -1 OFFSET :param_2)",
      { dialect = "string", params = { param_1 = 5, param_2 = 3 } })
    assert_sql(am.union(u1:limit(5), u2),
      "(SELECT mytable.myid, mytable.name FROM mytable LIMIT :param_1 OFFSET :param_2) UNION SELECT "
      .. "myothertable.otherid, myothertable.othername FROM myothertable",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = 5, param_2 = 0 } })
    assert_sql(am.select(am.union(u1, u2):subquery()),
      "SELECT anon_1.myid, anon_1.name FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM "
      .. "mytable UNION SELECT myothertable.otherid AS otherid, myothertable.othername AS othername FROM "
      .. "myothertable) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.union(u1, u2):subquery("u")):where(am.literal_column("u.myid"):eq(5)),
      "SELECT u.myid, u.name FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable UNION "
      .. "SELECT myothertable.otherid AS otherid, myothertable.othername AS othername FROM myothertable) AS u "
      .. "WHERE u.myid = :u_myid_1",
      { dialect = "string", params = { u_myid_1 = 5 } })
    uq = am.union(u1, u2):alias("u")
  end)

  it("6", function()
    assert_sql(am.select(uq.c.myid):where(uq.c.name:eq("x")),
      "SELECT u.myid FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable UNION SELECT "
      .. "myothertable.otherid AS otherid, myothertable.othername AS othername FROM myothertable) AS u WHERE "
      .. "u.name = :name_1",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table1)
      :where(table1.c.myid:in_(am.union(am.select(table1.c.myid), am.select(table2.c.otherid)))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid IN (SELECT "
      .. "mytable.myid FROM mytable UNION SELECT myothertable.otherid FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(am.union(am.select(table1.c.myid), am.select(table2.c.otherid)):scalar_subquery()),
      "SELECT (SELECT mytable.myid FROM mytable UNION SELECT myothertable.otherid FROM myothertable) AS anon_1",
      { dialect = "string" })
    assert_refused("CompileError", function()
      return am.union(u1, am.select(table2.c.otherid))
    end)
    assert_sql(am.union(u1, u2):group_by("name"),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable GROUP BY name",
      { dialect = "string" })
  end)

  it("7", function()
    assert_sql(am.union(am.select(parent.c.id, child.c.id), am.select(grand.c.id, grand.c.p2)),
      "SELECT parent.id, child.id AS id_1 FROM parent, child UNION SELECT grand.id, grand.p2 FROM grand",
      { dialect = "string" })
    assert_sql(am.select(am.union(am.select(parent.c.id, child.c.id), am.select(grand.c.id,
      grand.c.p2)):subquery()),
      "SELECT anon_1.id, anon_1.id_1 FROM (SELECT parent.id AS id, child.id AS id_1 FROM parent, child "
      .. "UNION SELECT grand.id AS id, grand.p2 AS p2 FROM grand) AS anon_1",
      { dialect = "string" })
    assert_sql(am.union(am.select(table1.c.myid:label("a")), am.select(table2.c.otherid:label("b"))):order_by("a"),
      "SELECT mytable.myid AS a FROM mytable UNION SELECT myothertable.otherid AS b FROM myothertable ORDER BY a",
      { dialect = "string" })
    lu = table1.c.myid:label("lab")
    assert_sql(am.union(am.select(lu), am.select(table2.c.otherid)):order_by(lu),
      "SELECT mytable.myid AS lab FROM mytable UNION SELECT myothertable.otherid FROM myothertable ORDER BY lab",
      { dialect = "string" })
    assert_sql(am.select(lu):order_by(lu),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab",
      { dialect = "string" })
    assert_sql(am.select(lu):order_by(lu:desc()),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab DESC",
      { dialect = "string" })
  end)

  it("8", function()
    assert_sql(am.select(lu):order_by(am.desc(lu)),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab DESC",
      { dialect = "string" })
    assert_sql(am.select(lu):group_by(lu),
      "SELECT mytable.myid AS lab FROM mytable GROUP BY mytable.myid",
      { dialect = "string" })
    assert_sql(am.select(lu):order_by(lu + 5),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY mytable.myid + :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(lu, table1.c.name):order_by("lab", "name"),
      "SELECT mytable.myid AS lab, mytable.name FROM mytable ORDER BY lab, mytable.name",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name:label("myid"), table1.c.myid:label("name")):order_by("name"),
      "SELECT mytable.name AS myid, mytable.myid AS name FROM mytable ORDER BY name",
      { dialect = "string" })
    lf = am.func.foo(table1.c.myid):label("lf")
    assert_sql(am.select(lf):where(lf:gt(5)):order_by(lf:desc()):group_by(lf),
      "SELECT foo(mytable.myid) AS lf FROM mytable WHERE foo(mytable.myid) > :param_1 GROUP BY "
      .. "foo(mytable.myid) ORDER BY lf DESC",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("9", function()
    assert_sql(am.select(lf):having(lf:gt(3)),
      "SELECT foo(mytable.myid) AS lf FROM mytable HAVING foo(mytable.myid) > :param_1",
      { dialect = "string", params = { param_1 = 3 } })
    assert_sql(am.select(table1.c.myid):order_by(table1.c.myid:label("foo")),
      "SELECT mytable.myid FROM mytable ORDER BY mytable.myid",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid:label("foo"), table1.c.name:label("foo")),
      "SELECT mytable.myid AS foo, mytable.name AS foo FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid:label(nil)),
      "SELECT mytable.myid AS myid_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.func.lower(table1.c.name):label(nil), am.literal(3):label(nil)),
      "SELECT lower(mytable.name) AS lower_1, :param_1 AS anon_1 FROM mytable",
      { dialect = "string", params = { param_1 = 3 } })
    assert_sql(am.select(table1.c.myid:label("a"):label("b")),
      "SELECT mytable.myid AS b FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid + 5, table1.c.myid + 5),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.myid + :myid_2 AS anon_2 FROM mytable",
      { dialect = "string", params = { myid_1 = 5, myid_2 = 5 } })
    x5 = table1.c.myid + 5
  end)

  it("10", function()
    assert_sql(am.select(x5, x5),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.myid + :myid_1 AS anon__1 FROM mytable",
      { dialect = "string", params = { myid_1 = 5 } })
    assert_sql(am.select(x5:label("q"), x5:label("q")),
      "SELECT mytable.myid + :myid_1 AS q, mytable.myid + :myid_1 AS q FROM mytable",
      { dialect = "string", params = { myid_1 = 5 } })
    assert_sql(am.select(am.cast(table1.c.myid, am.String)),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.cast(table1.c.myid, am.String), am.cast(table1.c.myid, am.Integer)),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid, CAST(mytable.myid AS INTEGER) AS myid__1 FROM mytable",
      { dialect = "string" })
    ca = am.cast(table1.c.myid, am.String)
    assert_sql(am.select(ca, ca),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid, CAST(mytable.myid AS VARCHAR) AS myid__1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.type_coerce(table1.c.myid, am.String)),
      "SELECT mytable.myid AS myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid, am.cast(table1.c.myid, am.String)),
      "SELECT mytable.myid, CAST(mytable.myid AS VARCHAR) AS myid__1 FROM mytable",
      { dialect = "string" })
  end)

  it("11", function()
    assert_sql(am.select(-table1.c.myid), "SELECT -mytable.myid FROM mytable", { dialect = "string" })
    assert_sql(am.select(am.not_(child.c.flag)), "SELECT NOT child.flag FROM child", { dialect = "string" })
    assert_sql(am.select(am.not_(child.c.flag)),
      "SELECT child.flag = 0 AS flag FROM child",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(am.select(-table1.c.myid):subquery()),
      "SELECT anon_2.anon_1 FROM (SELECT -mytable.myid AS anon_1 FROM mytable) AS anon_2",
      { dialect = "string" })
    assert_sql(am.select(am.func.max(table1.c.myid), am.func.max(table1.c.name))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT max(mytable.myid) AS max_1, max(mytable.name) AS max_2 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.case({table1.c.myid:eq(5), "x"}, {else_="y"})),
      "SELECT CASE WHEN (mytable.myid = :myid_1) THEN :param_1 ELSE :param_2 END AS anon_1 FROM mytable",
      { dialect = "string", params = { myid_1 = 5, param_1 = "x", param_2 = "y" } })
    assert_sql(am.select(table1.c.name .. "x"),
      "SELECT mytable.name || :name_1 AS anon_1 FROM mytable",
      { dialect = "string", params = { name_1 = "x" } })
    c1 = am.select(table1.c.myid):where(table1.c.name:eq("n")):cte("c1")
    assert_sql(am.select(c1),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid FROM c1",
      { dialect = "string", params = { name_1 = "n" } })
  end)

  it("12", function()
    assert_sql(am.select(c1.c.myid):where(c1.c.myid:gt(5)),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid "
      .. "FROM c1 WHERE c1.myid > :myid_1",
      { dialect = "string", params = { myid_1 = 5, name_1 = "n" } })
    assert_sql(am.select(table2):join_from(table2, c1, c1.c.myid:eq(table2.c.otherid)),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "myothertable.otherid, myothertable.othername FROM myothertable JOIN c1 ON c1.myid = "
      .. "myothertable.otherid",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(table2):where(table2.c.otherid:in_(am.select(c1.c.myid))),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "myothertable.otherid, myothertable.othername FROM myothertable WHERE myothertable.otherid IN "
      .. "(SELECT c1.myid FROM c1)",
      { dialect = "string", params = { name_1 = "n" } })
    c2 = am.select(c1.c.myid):where(c1.c.myid:lt(10)):cte("c2")
    assert_sql(am.select(c2),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_1) SELECT c2.myid FROM c2",
      { dialect = "string", params = { myid_1 = 10, name_1 = "n" } })
  end)

  it("13", function()
    assert_sql(am.select(c2, c1),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_2) SELECT c2.myid, c1.myid AS myid_1 FROM c2, c1",
      { dialect = "string", params = { myid_2 = 10, name_1 = "n" } })
    assert_sql(am.select(c1, c1:alias("c1b")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid, "
      .. "c1b.myid AS myid_1 FROM c1, c1 AS c1b",
      { dialect = "string", params = { name_1 = "n" } })
    ca1 = c1:alias("aa")
    ca2 = c1:alias("bb")
    assert_sql(am.select(ca1.c.myid, ca2.c.myid):where(ca1.c.myid:eq(ca2.c.myid)),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT aa.myid, "
      .. "bb.myid AS myid_1 FROM c1 AS aa, c1 AS bb WHERE aa.myid = bb.myid",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.select(table1.c.myid):cte()),
      "WITH anon_1 AS (SELECT mytable.myid AS myid FROM mytable) SELECT anon_1.myid FROM anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.select(table1.c.myid):cte(), am.select(table2.c.otherid):cte()),
      "WITH anon_1 AS (SELECT mytable.myid AS myid FROM mytable), anon_2 AS (SELECT myothertable.otherid "
      .. "AS otherid FROM myothertable) SELECT anon_1.myid, anon_2.otherid FROM anon_1, anon_2",
      { dialect = "string" })
  end)

  it("14", function()
    assert_refused("CompileError", function()
      return am.select(am.select(table1.c.myid):cte("same"), am.select(table2.c.otherid):cte("same"))
    end)
    r1 = am.select(table1.c.myid, table1.c.name):where(table1.c.myid:eq(1)):cte("r", {recursive=true})
    ra = r1:alias("ra")
    r2 = r1:union_all(am.select(table1.c.myid, table1.c.name):where(table1.c.myid:eq(ra.c.myid + 1)))
    assert_sql(am.select(r2),
      "WITH RECURSIVE r(myid, name) AS (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable "
      .. "WHERE mytable.myid = :myid_1 UNION ALL SELECT mytable.myid AS myid, mytable.name AS name FROM "
      .. "mytable, r AS ra WHERE mytable.myid = ra.myid + :myid_2) SELECT r.myid, r.name FROM r",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 1 } })
    assert_sql(am.select(r2.c.name):order_by(r2.c.name),
      "WITH RECURSIVE r(myid, name) AS (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable "
      .. "WHERE mytable.myid = :myid_1 UNION ALL SELECT mytable.myid AS myid, mytable.name AS name FROM "
      .. "mytable, r AS ra WHERE mytable.myid = ra.myid + :myid_2) SELECT r.name FROM r ORDER BY r.name",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 1 } })
    assert_sql(am.select(am.func.count()):select_from(r2),
      "WITH RECURSIVE r(myid, name) AS (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable "
      .. "WHERE mytable.myid = :myid_1 UNION ALL SELECT mytable.myid AS myid, mytable.name AS name FROM "
      .. "mytable, r AS ra WHERE mytable.myid = ra.myid + :myid_2) SELECT count(*) AS count_1 FROM r",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 1 } })
    r3 = r1:union(am.select(r1.c.myid + 1, r1.c.name))
  end)

  it("15", function()
    assert_sql(am.select(r3):limit(3),
      "WITH RECURSIVE r(myid, name) AS (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable "
      .. "WHERE mytable.myid = :myid_1 UNION SELECT r.myid + :myid_2 AS anon_1, r.name AS name FROM r) SELECT "
      .. "r.myid, r.name FROM r LIMIT :param_1",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 1, param_1 = 3 } })
    assert_sql(am.select(r3):limit(3),
      "WITH RECURSIVE r(myid, name) AS (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable "
      .. "WHERE mytable.myid = :myid_1 UNION SELECT r.myid + :myid_2 AS anon_1, r.name AS name FROM r) SELECT "
      .. "r.myid, r.name FROM r LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { myid_1 = 1, myid_2 = 1, param_1 = 3, param_2 = 0 } })
    assert_sql(am.union(am.select(c1), am.select(table2.c.otherid)),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid "
      .. "FROM c1 UNION SELECT myothertable.otherid FROM myothertable",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.union(am.select(c1), am.select(c2)):subquery("x")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_1) SELECT x.myid FROM (SELECT c1.myid AS myid FROM c1 "
      .. "UNION SELECT c2.myid AS myid FROM c2) AS x",
      { dialect = "string", params = { myid_1 = 10, name_1 = "n" } })
  end)

  it("16", function()
    assert_sql(am.select(am.select(c1):subquery("inner")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "\"inner\".myid FROM (SELECT c1.myid AS myid FROM c1) AS \"inner\"",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.select(c1):cte("outer")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), \"outer\" AS "
      .. "(SELECT c1.myid AS myid FROM c1) SELECT \"outer\".myid FROM \"outer\"",
      { dialect = "string", params = { name_1 = "n" } })
    cm = am.select(table1.c.myid):cte("m"):prefix_with("MATERIALIZED")
    assert_sql(am.select(cm),
      "WITH m AS MATERIALIZED (SELECT mytable.myid AS myid FROM mytable) SELECT m.myid FROM m",
      { dialect = "postgresql", paramstyle = "named" })
    cmd = am.select(table1.c.myid):cte("m"):prefix_with("MATERIALIZED", {dialect="postgresql"})
      :suffix_with("SEARCH x")
    assert_sql(am.select(cmd),
      "WITH m AS MATERIALIZED (SELECT mytable.myid AS myid FROM mytable) SEARCH x SELECT m.myid FROM m",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(cmd),
      "WITH m AS (SELECT mytable.myid AS myid FROM mytable) SEARCH x SELECT m.myid FROM m",
      { dialect = "sqlite", paramstyle = "named" })
    n1 = am.select(table1.c.myid):cte("n", {nesting=true})
    n2 = am.select(n1.c.myid):cte("outer_cte")
  end)

  it("17", function()
    assert_sql(am.select(n2),
      "WITH outer_cte AS (WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid AS myid FROM "
      .. "n) SELECT outer_cte.myid FROM outer_cte",
      { dialect = "string" })
    assert_sql(am.select(n2):join_from(n2, n1, n1.c.myid:eq(n2.c.myid)),
      "WITH outer_cte AS (WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid AS myid FROM "
      .. "n), n AS (SELECT mytable.myid AS myid FROM mytable) SELECT outer_cte.myid FROM outer_cte JOIN n ON "
      .. "n.myid = outer_cte.myid",
      { dialect = "string" })
    assert_sql(am.select(n1),
      "WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid FROM n",
      { dialect = "string" })
    assert_sql(am.select(table1):add_cte(c1),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(table1):add_cte(c1, c2),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_1) SELECT mytable.myid, mytable.name, "
      .. "mytable.description FROM mytable",
      { dialect = "string", params = { myid_1 = 10, name_1 = "n" } })
  end)

  it("18", function()
    assert_sql(am.select(am.select(table2):add_cte(c1, {nest_here=true}):subquery()),
      "SELECT anon_1.otherid, anon_1.othername FROM (WITH c1 AS (SELECT mytable.myid AS myid FROM mytable "
      .. "WHERE mytable.name = :name_1) SELECT myothertable.otherid AS otherid, myothertable.othername AS "
      .. "othername FROM myothertable) AS anon_1",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.select(c1.c.myid):scalar_subquery())),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT c1.myid "
      .. "FROM c1)",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.exists(am.select(c1))),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT EXISTS "
      .. "(SELECT c1.myid FROM c1) AS anon_1",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(table1):join_from(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("19", function()
    assert_sql(am.select(table1.c.name):join(table2, table1.c.myid:eq(table2.c.otherid))
      :join(table3, table3.c.userid:eq(table2.c.otherid)),
      "SELECT mytable.name FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid JOIN "
      .. "thirdtable ON thirdtable.userid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):outerjoin(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LEFT OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid), {full=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FULL OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid), {isouter=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LEFT OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):outerjoin_from(table1, table2, table1.c.myid:eq(table2.c.otherid), {full=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FULL OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("20", function()
    assert_sql(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      "mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid)
      :select_from(am.outerjoin(table1, table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid FROM mytable LEFT OUTER JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(am.join(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      table3, table1.c.myid:eq(table3.c.userid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid JOIN thirdtable ON mytable.myid = thirdtable.userid",
      { dialect = "string" })
  end)

  it("21", function()
    assert_sql(am.select(am.join(table1, am.join(table2, table3, table2.c.otherid
      :eq(table3.c.userid)), table1.c.myid:eq(table3.c.userid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable JOIN (myothertable "
      .. "JOIN thirdtable ON myothertable.otherid = thirdtable.userid) ON mytable.myid = thirdtable.userid",
      { dialect = "string" })
    assert_sql(am.select(parent):join(child),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_refused("InvalidRequestError", function()
      return am.select(parent, grand.c.id):join(child):join(grand)
    end)
    assert_sql(am.select(parent):join(child):join(grand, grand.c.child_id:eq(child.c.id)),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id JOIN grand ON "
      .. "grand.child_id = child.id",
      { dialect = "string" })
    assert_sql(am.select(child):join(parent),
      "SELECT child.id, child.parent_id, child.flag FROM child JOIN parent ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(parent):join(grand),
      "SELECT parent.id, parent.data FROM parent JOIN grand ON parent.id = grand.p2",
      { dialect = "string" })
  end)

  it("22", function()
    assert_refused("InvalidRequestError", function()
      return am.select(child, grand):join(parent)
    end)
    assert_sql(am.join(parent, child), "parent JOIN child ON parent.id = child.parent_id", { dialect = "string" })
    assert_sql(am.join(am.join(parent, child), grand),
      "parent JOIN child ON parent.id = child.parent_id JOIN grand ON child.id = grand.child_id",
      { dialect = "string" })
    assert_sql(am.join(parent, child:alias("cc")),
      "parent JOIN child AS cc ON parent.id = cc.parent_id",
      { dialect = "string" })
    assert_sql(am.join(parent:alias(), child:alias()),
      "parent AS parent_1 JOIN child AS child_1 ON parent_1.id = child_1.parent_id",
      { dialect = "string" })
    assert_sql(am.join(parent, am.select(child):subquery("cs")),
      "parent JOIN (SELECT child.id AS id, child.parent_id AS parent_id, child.flag AS flag FROM child) AS "
      .. "cs ON parent.id = cs.parent_id",
      { dialect = "string" })
    assert_refused("NoForeignKeysError", function()
      return am.join(parent, am.select(child.c.flag):subquery("cs"))
    end)
  end)

  it("23", function()
    assert_refused("NoForeignKeysError", function()
      return am.join(table1, table2)
    end)
    assert_sql(am.select(table1, table3):join(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description, thirdtable.userid, thirdtable.otherstuff "
      .. "FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid, thirdtable",
      { dialect = "string" })
    assert_refused("InvalidRequestError", function()
      return am.select(table1.c.myid, table3.c.userid):join(table2, table2.c.otherid:eq(5))
    end)
    assert_sql(am.select(table1):select_from(table1):join(table2, table1.c.myid:eq(table2.c.otherid))
      :where(table2.c.othername:eq("x")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid WHERE myothertable.othername = :othername_1",
      { dialect = "string", params = { othername_1 = "x" } })
    assert_sql(am.select(table1):select_from(table2, table1),
      "SELECT mytable.myid, mytable.name, mytable.description FROM myothertable, mytable",
      { dialect = "string" })
    assert_sql(am.select(table2.c.otherid, table1.c.myid):select_from(table1),
      "SELECT myothertable.otherid, mytable.myid FROM mytable, myothertable",
      { dialect = "string" })
  end)

  it("24", function()
    assert_sql(am.select(parent:join(child).c.child_parent_id),
      "SELECT child.parent_id FROM child",
      { dialect = "string" })
    assert_sql(am.select(am.join(parent, child)):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT parent.id AS parent_id, parent.data AS parent_data, child.id AS child_id, child.parent_id AS "
      .. "child_parent_id, child.flag AS child_flag FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(am.join(parent, child)):subquery():select(),
      "SELECT anon_1.id, anon_1.data, anon_1.id_1, anon_1.parent_id, anon_1.flag FROM (SELECT parent.id AS "
      .. "id, parent.data AS data, child.id AS id_1, child.parent_id AS parent_id, child.flag AS flag FROM "
      .. "parent JOIN child ON parent.id = child.parent_id) AS anon_1",
      { dialect = "string" })
  end)
end)
