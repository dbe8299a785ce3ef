-- WITH: where CTEs are written, how often, in which order.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("CTEs", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2

  local c1 = am.select(table1.c.myid):where(table1.c.name:eq("n")):cte("c1")
  local c2 = am.select(c1.c.myid):where(c1.c.myid:lt(10)):cte("c2")
  local n1 = am.select(table1.c.myid):cte("n", {nesting=true})

  it("stand before the SELECT that uses them", function()
    assert_sql(am.select(c1),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid FROM c1",
      { dialect = "string", params = { name_1 = "n" } })
  end)

  it("are joined, filtered and asked for values", function()
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
  end)

  it("that use others come after them", function()
    assert_sql(am.select(c2),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_1) SELECT c2.myid FROM c2",
      { dialect = "string", params = { myid_1 = 10, name_1 = "n" } })
    assert_sql(am.select(c2, c1),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), c2 AS (SELECT "
      .. "c1.myid AS myid FROM c1 WHERE c1.myid < :myid_2) SELECT c2.myid, c1.myid AS myid_1 FROM c2, c1",
      { dialect = "string", params = { myid_2 = 10, name_1 = "n" } })
  end)

  it("are written once for all their aliases", function()
    assert_sql(am.select(c1, c1:alias("c1b")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT c1.myid, "
      .. "c1b.myid AS myid_1 FROM c1, c1 AS c1b",
      { dialect = "string", params = { name_1 = "n" } })
    local ca1 = c1:alias("aa")
    local ca2 = c1:alias("bb")
    assert_sql(am.select(ca1.c.myid, ca2.c.myid):where(ca1.c.myid:eq(ca2.c.myid)),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT aa.myid, "
      .. "bb.myid AS myid_1 FROM c1 AS aa, c1 AS bb WHERE aa.myid = bb.myid",
      { dialect = "string", params = { name_1 = "n" } })
  end)

  it("without a name get numbers", function()
    assert_sql(am.select(am.select(table1.c.myid):cte()),
      "WITH anon_1 AS (SELECT mytable.myid AS myid FROM mytable) SELECT anon_1.myid FROM anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.select(table1.c.myid):cte(), am.select(table2.c.otherid):cte()),
      "WITH anon_1 AS (SELECT mytable.myid AS myid FROM mytable), anon_2 AS (SELECT myothertable.otherid "
      .. "AS otherid FROM myothertable) SELECT anon_1.myid, anon_2.otherid FROM anon_1, anon_2",
      { dialect = "string" })
  end)

  it("of one name must be one", function()
    assert_refused("CompileError", function()
      return am.select(am.select(table1.c.myid):cte("same"), am.select(table2.c.otherid):cte("same"))
    end)
  end)

  it("that are recursive name their columns and use themselves", function()
    local r1 = am.select(table1.c.myid, table1.c.name):where(table1.c.myid:eq(1)):cte("r", {recursive=true})
    local ra = r1:alias("ra")
    local r2 = r1:union_all(am.select(table1.c.myid, table1.c.name):where(table1.c.myid:eq(ra.c.myid + 1)))
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
    local r3 = r1:union(am.select(r1.c.myid + 1, r1.c.name))
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
  end)

  it("stand before unions, and in front of the subquery that has one", function()
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

  it("come first though a subquery or another CTE uses them", function()
    assert_sql(am.select(am.select(c1):subquery("inner")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "\"inner\".myid FROM (SELECT c1.myid AS myid FROM c1) AS \"inner\"",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.select(c1):cte("outer")),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1), \"outer\" AS "
      .. "(SELECT c1.myid AS myid FROM c1) SELECT \"outer\".myid FROM \"outer\"",
      { dialect = "string", params = { name_1 = "n" } })
  end)

  it("have prefixes and suffixes, for one dialect only if asked to", function()
    local cm = am.select(table1.c.myid):cte("m"):prefix_with("MATERIALIZED")
    assert_sql(am.select(cm),
      "WITH m AS MATERIALIZED (SELECT mytable.myid AS myid FROM mytable) SELECT m.myid FROM m",
      { dialect = "postgresql", paramstyle = "named" })
    local cmd = am.select(table1.c.myid):cte("m"):prefix_with("MATERIALIZED", {dialect="postgresql"})
      :suffix_with("SEARCH x")
    assert_sql(am.select(cmd),
      "WITH m AS MATERIALIZED (SELECT mytable.myid AS myid FROM mytable) SEARCH x SELECT m.myid FROM m",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(cmd),
      "WITH m AS (SELECT mytable.myid AS myid FROM mytable) SEARCH x SELECT m.myid FROM m",
      { dialect = "sqlite", paramstyle = "named" })
  end)

  it("that nest stand inside of the CTE that uses them, even if the statement uses them too", function()
    local n2 = am.select(n1.c.myid):cte("outer_cte")
    assert_sql(am.select(n2),
      "WITH outer_cte AS (WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid AS myid FROM "
      .. "n) SELECT outer_cte.myid FROM outer_cte",
      { dialect = "string" })
    assert_sql(am.select(n2):join_from(n2, n1, n1.c.myid:eq(n2.c.myid)),
      "WITH outer_cte AS (WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid AS myid FROM "
      .. "n), n AS (SELECT mytable.myid AS myid FROM mytable) SELECT outer_cte.myid FROM outer_cte JOIN n ON "
      .. "n.myid = outer_cte.myid",
      { dialect = "string" })
  end)

  it("that nest come first at the top", function()
    assert_sql(am.select(n1),
      "WITH n AS (SELECT mytable.myid AS myid FROM mytable) SELECT n.myid FROM n",
      { dialect = "string" })
  end)

  it("that are added stand there though nothing uses them", function()
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

  it("that are added here stand in the subquery", function()
    assert_sql(am.select(am.select(table2):add_cte(c1, {nest_here=true}):subquery()),
      "SELECT anon_1.otherid, anon_1.othername FROM (WITH c1 AS (SELECT mytable.myid AS myid FROM mytable "
      .. "WHERE mytable.name = :name_1) SELECT myothertable.otherid AS otherid, myothertable.othername AS "
      .. "othername FROM myothertable) AS anon_1",
      { dialect = "string", params = { name_1 = "n" } })
  end)

  it("come first though a scalar subquery or EXISTS uses them", function()
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.select(c1.c.myid):scalar_subquery())),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT "
      .. "mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT c1.myid "
      .. "FROM c1)",
      { dialect = "string", params = { name_1 = "n" } })
    assert_sql(am.select(am.exists(am.select(c1))),
      "WITH c1 AS (SELECT mytable.myid AS myid FROM mytable WHERE mytable.name = :name_1) SELECT EXISTS "
      .. "(SELECT c1.myid FROM c1) AS anon_1",
      { dialect = "string", params = { name_1 = "n" } })
  end)
end)
