-- UNION, EXCEPT and INTERSECT: their text, order, parentheses, and what they are part of.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("UNION, EXCEPT, INTERSECT", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand

  local u1 = am.select(table1.c.myid, table1.c.name)
  local u2 = am.select(table2.c.otherid, table2.c.othername)

  it("put SELECTs behind one another", function()
    assert_sql(am.union(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
  end)

  it("are ordered by the columns of the first SELECT", function()
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
  end)

  it("refuse to be ordered by a column of the second SELECT", function()
    assert_refused("CompileError", function()
      return am.union(u1, u2):order_by("otherid")
    end)
  end)

  it("are limited as a whole", function()
    assert_sql(am.union(u1, u2):limit(5):offset(3),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable LIMIT :param_1 OFFSET :param_2",
      { dialect = "string", params = { param_1 = 5, param_2 = 3 } })
    assert_sql(am.union(u1, u2):limit(5):offset(3),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = 5, param_2 = 3 } })
  end)

  it("have their words, with ALL and without", function()
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
    assert_sql(am.intersect(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable INTERSECT SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
    assert_sql(am.intersect_all(u1, u2),
      "SELECT mytable.myid, mytable.name FROM mytable INTERSECT ALL SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable",
      { dialect = "string" })
  end)

  it("are methods of SELECT, too", function()
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

  it("stand in parentheses inside of others", function()
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
  end)

  it("keep the order of EXCEPT by parentheses", function()
    assert_sql(am.except_(am.except_(u1, u2), u1),
      "(SELECT mytable.myid, mytable.name FROM mytable EXCEPT SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable) EXCEPT SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.except_(u1, am.except_(u2, u1)),
      "SELECT mytable.myid, mytable.name FROM mytable EXCEPT (SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable EXCEPT SELECT mytable.myid, mytable.name FROM mytable)",
      { dialect = "string" })
  end)

  it("put a part in parentheses that is ordered or limited", function()
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
  end)

  it("may be selected from", function()
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
    local uq = am.union(u1, u2):alias("u")
    assert_sql(am.select(uq.c.myid):where(uq.c.name:eq("x")),
      "SELECT u.myid FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable UNION SELECT "
      .. "myothertable.otherid AS otherid, myothertable.othername AS othername FROM myothertable) AS u WHERE "
      .. "u.name = :name_1",
      { dialect = "string", params = { name_1 = "x" } })
  end)

  it("may be the right side of IN, or a value", function()
    assert_sql(am.select(table1)
      :where(table1.c.myid:in_(am.union(am.select(table1.c.myid), am.select(table2.c.otherid)))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid IN (SELECT "
      .. "mytable.myid FROM mytable UNION SELECT myothertable.otherid FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(am.union(am.select(table1.c.myid), am.select(table2.c.otherid)):scalar_subquery()),
      "SELECT (SELECT mytable.myid FROM mytable UNION SELECT myothertable.otherid FROM myothertable) AS anon_1",
      { dialect = "string" })
  end)

  it("want the same number of columns", function()
    assert_refused("CompileError", function()
      return am.union(u1, am.select(table2.c.otherid))
    end)
  end)

  it("may be grouped", function()
    assert_sql(am.union(u1, u2):group_by("name"),
      "SELECT mytable.myid, mytable.name FROM mytable UNION SELECT myothertable.otherid, "
      .. "myothertable.othername FROM myothertable GROUP BY name",
      { dialect = "string" })
  end)

  it("number columns of the same name", function()
    assert_sql(am.union(am.select(parent.c.id, child.c.id), am.select(grand.c.id, grand.c.p2)),
      "SELECT parent.id, child.id AS id_1 FROM parent, child UNION SELECT grand.id, grand.p2 FROM grand",
      { dialect = "string" })
    assert_sql(am.select(am.union(am.select(parent.c.id, child.c.id), am.select(grand.c.id,
      grand.c.p2)):subquery()),
      "SELECT anon_1.id, anon_1.id_1 FROM (SELECT parent.id AS id, child.id AS id_1 FROM parent, child "
      .. "UNION SELECT grand.id AS id, grand.p2 AS p2 FROM grand) AS anon_1",
      { dialect = "string" })
  end)

  it("are ordered by a label of the first SELECT", function()
    assert_sql(am.union(am.select(table1.c.myid:label("a")), am.select(table2.c.otherid:label("b"))):order_by("a"),
      "SELECT mytable.myid AS a FROM mytable UNION SELECT myothertable.otherid AS b FROM myothertable ORDER BY a",
      { dialect = "string" })
    local lu = table1.c.myid:label("lab")
    assert_sql(am.union(am.select(lu), am.select(table2.c.otherid)):order_by(lu),
      "SELECT mytable.myid AS lab FROM mytable UNION SELECT myothertable.otherid FROM myothertable ORDER BY lab",
      { dialect = "string" })
  end)
end)
