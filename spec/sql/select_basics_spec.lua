-- SELECT clause by clause.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("SELECT: clauses, columns, subqueries", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table4 = fixtures.table4
  local keyed = fixtures.keyed
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand

  it("lists the columns of its tables, or those that are asked for", function()
    assert_sql(am.select(table1),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1, table2),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid, table1.c.name):select_from(table1),
      "SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
  end)

  it("takes texts and a star as columns", function()
    assert_sql(am.select(am.text("count(*)")):select_from(table1),
      "SELECT count(*) FROM mytable",
      { dialect = "string" })
    assert_sql(am.select("*"):select_from(table1), "SELECT * FROM mytable", { dialect = "string" })
  end)

  it("selects constants, with and without labels", function()
    assert_sql(am.select(1), "SELECT 1", { dialect = "string" })
    assert_sql(am.select(am.literal("x")),
      "SELECT :param_1 AS anon_1",
      { dialect = "string", params = { param_1 = "x" } })
    assert_sql(am.select(am.literal(5):label("five")),
      "SELECT :param_1 AS five",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("joins conditions by AND, whether given together or one after the other", function()
    assert_sql(am.select(table1):where(table1.c.name:eq("x")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table1):where(table1.c.name:eq("x"), table1.c.myid:gt(5)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1 "
      .. "AND mytable.myid > :myid_1",
      { dialect = "string", params = { myid_1 = 5, name_1 = "x" } })
    assert_sql(am.select(table1):where(table1.c.name:eq("x")):where(table1.c.myid:gt(5)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1 "
      .. "AND mytable.myid > :myid_1",
      { dialect = "string", params = { myid_1 = 5, name_1 = "x" } })
    assert_sql(am.select(table1)
      :where(am.and_(table1.c.name:eq("x"), am.or_(table1.c.myid:eq(1), table1.c.myid:eq(2)))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1 "
      .. "AND (mytable.myid = :myid_1 OR mytable.myid = :myid_2)",
      { dialect = "string", params = { myid_1 = 1, myid_2 = 2, name_1 = "x" } })
  end)

  it("leaves out what is always true, and is nothing but what is always false", function()
    assert_sql(am.select(table1):where(am.true_()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE true",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.true_(), table1.c.myid:eq(1)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = :myid_1",
      { dialect = "string", params = { myid_1 = 1 } })
    assert_sql(am.select(table1):where(am.false_(), table1.c.myid:eq(1)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE false",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.false_(), table1.c.myid:eq(1)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE 0 = 1",
      { dialect = "sqlite", paramstyle = "named" })
  end)

  it("compares booleans with 1 where a database has none", function()
    assert_sql(am.select(child):where(child.c.flag),
      "SELECT child.id, child.parent_id, child.flag FROM child WHERE child.flag = 1",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(child):where(child.c.flag),
      "SELECT child.id, child.parent_id, child.flag FROM child WHERE child.flag",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(child):where(child.c.flag, child.c.id:eq(3)),
      "SELECT child.id, child.parent_id, child.flag FROM child WHERE child.flag = 1 AND child.id = :id_1",
      { dialect = "sqlite", paramstyle = "named", params = { id_1 = 3 } })
  end)

  it("takes DISTINCT of rows, of a column and inside of functions", function()
    assert_sql(am.select(table1):distinct(),
      "SELECT DISTINCT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name:distinct()),
      "SELECT DISTINCT mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.func.count(table1.c.myid:distinct())),
      "SELECT count(DISTINCT mytable.myid) AS count_1 FROM mytable",
      { dialect = "string" })
  end)

  it("has DISTINCT ON for PostgreSQL", function()
    assert_sql(am.select(table1):distinct(table1.c.name),
      "SELECT DISTINCT ON (mytable.name) mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):distinct(table1.c.name, table1.c.myid):order_by(table1.c.name),
      "SELECT DISTINCT ON (mytable.name, mytable.myid) mytable.myid, mytable.name, mytable.description "
      .. "FROM mytable ORDER BY mytable.name",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("orders by columns, directions and names", function()
    assert_sql(am.select(table1):order_by(table1.c.name, table1.c.myid:desc()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable ORDER BY mytable.name, mytable.myid DESC",
      { dialect = "string" })
    assert_sql(am.select(table1):order_by(am.desc("name")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable ORDER BY mytable.name DESC",
      { dialect = "string" })
    assert_sql(am.select(table1):order_by("name"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable ORDER BY mytable.name",
      { dialect = "string" })
  end)

  it("refuses to order by a name that nothing has", function()
    assert_refused("CompileError", function()
      return am.select(table1):order_by("nope")
    end)
  end)

  it("groups by columns and names, with HAVING", function()
    assert_sql(am.select(table1):group_by("name"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable GROUP BY mytable.name",
      { dialect = "string" })
    assert_sql(am.select(table1):group_by(table1.c.name, table1.c.myid),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable GROUP BY mytable.name, mytable.myid",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name, am.func.count(table1.c.myid)):group_by(table1.c.name)
      :having(am.func.count(table1.c.myid):gt(3)),
      "SELECT mytable.name, count(mytable.myid) AS count_1 FROM mytable GROUP BY mytable.name HAVING "
      .. "count(mytable.myid) > :count_2",
      { dialect = "string", params = { count_2 = 3 } })
  end)

  it("forgets groups and orders when nil is given", function()
    assert_sql(am.select(table1):group_by(table1.c.name):group_by(nil),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):order_by(table1.c.name):order_by(nil),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
  end)

  it("limits and skips rows", function()
    assert_sql(am.select(table1):limit(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1):offset(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT -1 OFFSET :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1):limit(5):offset(10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "string", params = { param_1 = 5, param_2 = 10 } })
  end)

  it("limits and skips rows on SQLite", function()
    assert_sql(am.select(table1):limit(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = 5, param_2 = 0 } })
    assert_sql(am.select(table1):offset(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = -1, param_2 = 5 } })
    assert_sql(am.select(table1):limit(5):offset(10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "sqlite", paramstyle = "named", params = { param_1 = 5, param_2 = 10 } })
  end)

  it("limits and skips rows on PostgreSQL", function()
    assert_sql(am.select(table1):limit(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1",
      { dialect = "postgresql", paramstyle = "named", params = { param_1 = 5 } })
    assert_sql(am.select(table1):offset(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT ALL OFFSET :param_1",
      { dialect = "postgresql", paramstyle = "named", params = { param_1 = 5 } })
    assert_sql(am.select(table1):limit(5):offset(10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "postgresql", paramstyle = "named", params = { param_1 = 5, param_2 = 10 } })
  end)

  it("limits and skips rows on MySQL", function()
    assert_sql(am.select(table1):limit(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1",
      { dialect = "mysql", paramstyle = "named", params = { param_1 = 5 } })
    assert_sql(am.select(table1):offset(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1, 18446744073709551615",
      { dialect = "mysql", paramstyle = "named", params = { param_1 = 5 } })
    assert_sql(am.select(table1):limit(5):offset(10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1, :param_2",
      { dialect = "mysql", paramstyle = "named", params = { param_1 = 10, param_2 = 5 } })
  end)

  it("takes an expression as limit, and none again", function()
    assert_sql(am.select(table1):limit(am.literal_column("4 + 5")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT 4 + 5",
      { dialect = "string" })
    assert_sql(am.select(table1):limit(5):limit(nil),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
  end)

  it("slices rows", function()
    assert_sql(am.select(table1):slice(5, 10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1 OFFSET :param_2",
      { dialect = "string", params = { param_1 = 5, param_2 = 5 } })
    assert_sql(am.select(table1):slice(0, 10),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT :param_1",
      { dialect = "string", params = { param_1 = 10 } })
    assert_sql(am.select(table1):slice(5, nil),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LIMIT -1 OFFSET :param_1",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("fetches the first rows, with ties, in percent, behind an offset", function()
    assert_sql(am.select(table1):fetch(5),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FETCH FIRST :param_1 ROWS ONLY",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1):fetch(5, {with_ties = true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FETCH FIRST :param_1 ROWS WITH TIES",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1):fetch(5, {percent = true}):offset(3),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable OFFSET :param_1 ROWS FETCH "
      .. "FIRST :param_2 PERCENT ROWS ONLY",
      { dialect = "string", params = { param_1 = 3, param_2 = 5 } })
  end)

  it("labels columns that come twice", function()
    assert_sql(am.select(table1.c.myid, table1.c.myid),
      "SELECT mytable.myid, mytable.myid AS myid__1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid, table1.c.myid, table1.c.myid),
      "SELECT mytable.myid, mytable.myid AS myid__1, mytable.myid AS myid__2 FROM mytable",
      { dialect = "string" })
  end)

  it("labels columns of the same name, numbered once more where the column is the same", function()
    assert_sql(am.select(parent.c.id, child.c.id, grand.c.id),
      "SELECT parent.id, child.id AS id_1, grand.id AS id_2 FROM parent, child, grand",
      { dialect = "string" })
    assert_sql(am.select(parent, child, grand),
      "SELECT parent.id, parent.data, child.id AS id_1, child.parent_id, child.flag, grand.id AS id_2, "
      .. "grand.child_id, grand.p2 FROM parent, child, grand",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id, child.c.id, parent.c.id),
      "SELECT parent.id, child.id AS id_1, child.id AS id__1, parent.id AS id__2 FROM parent, child",
      { dialect = "string" })
  end)

  it("labels columns with their tables' names if asked to", function()
    assert_sql(am.select(parent.c.id, child.c.id):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT parent.id AS parent_id, child.id AS child_id FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, parent.c.id):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT parent.id AS parent_id, parent.id AS parent_id__1 FROM parent",
      { dialect = "string" })
  end)

  it("labels nothing if asked not to", function()
    assert_sql(am.select(parent.c.id, parent.c.id):set_label_style(am.LABEL_STYLE_NONE),
      "SELECT parent.id, parent.id FROM parent",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id):set_label_style(am.LABEL_STYLE_NONE),
      "SELECT parent.id, child.id FROM parent, child",
      { dialect = "string" })
  end)

  it("labels columns with their schemas' names, too", function()
    assert_sql(am.select(table4):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT remote_owner.remotetable.rem_id AS remote_owner_remotetable_rem_id, "
      .. "remote_owner.remotetable.datatype_id AS remote_owner_remotetable_datatype_id, "
      .. "remote_owner.remotetable.value AS remote_owner_remotetable_value FROM remote_owner.remotetable",
      { dialect = "string" })
  end)

  it("names columns by the database's name, not by their key", function()
    assert_sql(am.select(keyed), "SELECT keyed.x, keyed.y, keyed.z FROM keyed", { dialect = "string" })
    assert_sql(am.select(keyed):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT keyed.x AS keyed_x, keyed.y AS keyed_y, keyed.z AS keyed_z FROM keyed",
      { dialect = "string" })
  end)

  it("columns of subqueries are found by key", function()
    local kq = am.select(keyed):subquery()
    assert_sql(am.select(kq.c.colx, kq.c.coly, kq.c.z),
      "SELECT anon_1.x, anon_1.y, anon_1.z FROM (SELECT keyed.x AS x, keyed.y AS y, keyed.z AS z FROM keyed) AS anon_1",
      { dialect = "string" })
    local kq2 = am.select(keyed):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery()
    assert_sql(am.select(kq2.c.keyed_colx, kq2.c.keyed_coly),
      "SELECT anon_1.keyed_x, anon_1.keyed_y FROM (SELECT keyed.x AS keyed_x, keyed.y AS keyed_y, keyed.z "
      .. "AS keyed_z FROM keyed) AS anon_1",
      { dialect = "string" })
  end)

  it("names an alias that has no name after its table", function()
    assert_sql(am.select(table1:alias()),
      "SELECT mytable_1.myid, mytable_1.name, mytable_1.description FROM mytable AS mytable_1",
      { dialect = "string" })
  end)

  it("tells two aliases of a table apart", function()
    assert_sql(am.select(table1:alias("a"), table1:alias("b")),
      "SELECT a.myid, a.name, a.description, b.myid AS myid_1, b.name AS name_1, b.description AS "
      .. "description_1 FROM mytable AS a, mytable AS b",
      { dialect = "string" })
    assert_sql(am.select(table1:alias(), table1:alias()),
      "SELECT mytable_1.myid, mytable_1.name, mytable_1.description, mytable_2.myid AS myid_1, "
      .. "mytable_2.name AS name_1, mytable_2.description AS description_1 FROM mytable AS mytable_1, mytable "
      .. "AS mytable_2",
      { dialect = "string" })
  end)

  it("an alias of an alias is one alias", function()
    assert_sql(am.select(table1:alias("a"):alias("b")),
      "SELECT b.myid, b.name, b.description FROM mytable AS b",
      { dialect = "string" })
    assert_sql(am.select(table1:alias():alias()),
      "SELECT anon_1.myid, anon_1.name, anon_1.description FROM mytable AS anon_1",
      { dialect = "string" })
  end)

  it("takes columns and orders of an alias", function()
    local a1 = table1:alias("a1")
    assert_sql(am.select(a1.c.myid):where(a1.c.myid:eq(table1.c.myid)),
      "SELECT a1.myid FROM mytable AS a1, mytable WHERE a1.myid = mytable.myid",
      { dialect = "string" })
    assert_sql(am.select(a1):order_by(a1.c.name),
      "SELECT a1.myid, a1.name, a1.description FROM mytable AS a1 ORDER BY a1.name",
      { dialect = "string" })
  end)

  it("selects from a subquery and filters it", function()
    local s1 = am.select(table1.c.myid, table1.c.name):where(table1.c.name:eq("jack")):subquery("s1")
    assert_sql(am.select(s1),
      "SELECT s1.myid, s1.name FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable WHERE "
      .. "mytable.name = :name_1) AS s1",
      { dialect = "string", params = { name_1 = "jack" } })
    assert_sql(am.select(s1.c.myid):where(s1.c.name:eq("x")),
      "SELECT s1.myid FROM (SELECT mytable.myid AS myid, mytable.name AS name FROM mytable WHERE "
      .. "mytable.name = :name_1) AS s1 WHERE s1.name = :name_2",
      { dialect = "string", params = { name_1 = "jack", name_2 = "x" } })
  end)

  it("nests subqueries, named and not", function()
    assert_sql(am.select(am.select(am.select(table1):subquery("sq")):subquery("sq2")),
      "SELECT sq2.myid, sq2.name, sq2.description FROM (SELECT sq.myid AS myid, sq.name AS name, "
      .. "sq.description AS description FROM (SELECT mytable.myid AS myid, mytable.name AS name, "
      .. "mytable.description AS description FROM mytable) AS sq) AS sq2",
      { dialect = "string" })
    assert_sql(am.select(am.select(am.select(table1):subquery()):subquery()),
      "SELECT anon_1.myid, anon_1.name, anon_1.description FROM (SELECT anon_2.myid AS myid, anon_2.name "
      .. "AS name, anon_2.description AS description FROM (SELECT mytable.myid AS myid, mytable.name AS name, "
      .. "mytable.description AS description FROM mytable) AS anon_2) AS anon_1",
      { dialect = "string" })
  end)

  it("labels functions inside of a subquery", function()
    assert_sql(am.select(am.select(am.func.count(), am.func.sum(table1.c.myid)):subquery()),
      "SELECT anon_1.count_1, anon_1.sum_1 FROM (SELECT count(*) AS count_1, sum(mytable.myid) AS sum_1 "
      .. "FROM mytable) AS anon_1",
      { dialect = "string" })
  end)

  it("labels columns of the same name inside of a subquery in either style", function()
    assert_sql(am.select(am.select(parent, child):subquery()),
      "SELECT anon_1.id, anon_1.data, anon_1.id_1, anon_1.parent_id, anon_1.flag FROM (SELECT parent.id AS "
      .. "id, parent.data AS data, child.id AS id_1, child.parent_id AS parent_id, child.flag AS flag FROM "
      .. "parent, child) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.select(parent, child):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery()),
      "SELECT anon_1.parent_id, anon_1.parent_data, anon_1.child_id, anon_1.child_parent_id, "
      .. "anon_1.child_flag FROM (SELECT parent.id AS parent_id, parent.data AS parent_data, child.id AS "
      .. "child_id, child.parent_id AS child_parent_id, child.flag AS child_flag FROM parent, child) AS anon_1",
      { dialect = "string" })
  end)

  it("compares with a scalar subquery", function()
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.select(table2.c.otherid):scalar_subquery())),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "myothertable.otherid FROM myothertable)",
      { dialect = "string" })
  end)

  it("a scalar subquery leaves out the tables of what encloses it", function()
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.select(table2.c.otherid)
      :where(table2.c.othername:eq(table1.c.name)):scalar_subquery())),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE myothertable.othername = mytable.name)",
      { dialect = "string" })
    assert_sql(am.select(table1, am.select(table2.c.otherid):where(table2.c.otherid
      :eq(table1.c.myid)):scalar_subquery():label("x")),
      "SELECT mytable.myid, mytable.name, mytable.description, (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid) AS x FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1, am.select(table2.c.otherid):where(table2.c.otherid
      :eq(table1.c.myid)):scalar_subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description, (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid) AS anon_1 FROM mytable",
      { dialect = "string" })
  end)

  it("orders by the label of a scalar subquery", function()
    assert_sql(am.select(am.select(table2.c.otherid):scalar_subquery():label("x")):order_by("x"),
      "SELECT (SELECT myothertable.otherid FROM myothertable) AS x ORDER BY x",
      { dialect = "string" })
  end)

  it("asks whether rows exist, or not", function()
    assert_sql(am.select(table1):where(am.exists():where(table2.c.otherid:eq(table1.c.myid))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT * FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid)",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.exists(1):where(table2.c.otherid:eq(table1.c.myid))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT 1 FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid)",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.exists(table2.c.otherid):where(table2.c.otherid:eq(table1.c.myid))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE myothertable.otherid = mytable.myid)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(am.not_(am.exists(table2.c.otherid):where(table2.c.otherid:eq(table1.c.myid)))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE NOT (EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE myothertable.otherid = mytable.myid))",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)):exists()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid, myothertable.othername FROM myothertable WHERE myothertable.otherid = "
      .. "mytable.myid)",
      { dialect = "string" })
  end)

  it("EXISTS may be a column, with and without a label", function()
    assert_sql(am.exists(am.select(table1)),
      "EXISTS (SELECT mytable.myid, mytable.name, mytable.description FROM mytable)",
      { dialect = "string" })
    assert_sql(am.select(am.exists(am.select(table1))),
      "SELECT EXISTS (SELECT mytable.myid, mytable.name, mytable.description FROM mytable) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.exists(am.select(table1)):label("e")),
      "SELECT EXISTS (SELECT mytable.myid, mytable.name, mytable.description FROM mytable) AS e",
      { dialect = "string" })
    assert_sql(am.exists(am.select(table1)):select(),
      "SELECT EXISTS (SELECT mytable.myid, mytable.name, mytable.description FROM mytable) AS anon_1",
      { dialect = "string" })
  end)

  it("correlates a subquery with what it is told to", function()
    assert_sql(am.select(table1)
      :where(am.exists(am.select(table2.c.otherid):where(table2.c.otherid:eq(table1.c.myid)):correlate(nil))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable, mytable WHERE myothertable.otherid = mytable.myid)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(am.exists(am.select(table2.c.otherid):select_from(table2, table1):correlate(table1))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(am.exists(am.select(table2.c.otherid):select_from(table2, table1):correlate_except(table2))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(am.exists(am.select(table2.c.otherid):select_from(table2, table1):correlate_except(nil))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "myothertable.otherid FROM myothertable)",
      { dialect = "string" })
  end)

  it("refuses a subquery that has no table left", function()
    assert_refused("InvalidRequestError", function()
      return am.select(table1, table2)
        :where(am.exists(am.select(table1.c.myid):where(table1.c.myid:eq(table2.c.otherid))))
    end)
  end)

  it("correlates a subquery of IN with one table only", function()
    assert_sql(am.select(table1, table2):where(table1.c.myid:in_(am.select(table1.c.myid)
      :where(table1.c.myid:eq(table2.c.otherid)):correlate(table2))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable WHERE mytable.myid IN (SELECT mytable.myid FROM "
      .. "mytable WHERE mytable.myid = myothertable.otherid)",
      { dialect = "string" })
  end)

  it("takes a subquery as the right side of IN and NOT IN", function()
    assert_sql(am.select(table1):where(table1.c.myid:in_(am.select(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid IN (SELECT "
      .. "myothertable.otherid FROM myothertable)",
      { dialect = "string" })
    assert_sql(am.select(table1):where(table1.c.myid:not_in(am.select(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE (mytable.myid NOT IN "
      .. "(SELECT myothertable.otherid FROM myothertable))",
      { dialect = "string" })
  end)

  it("calculates with scalar subqueries and gives them to functions", function()
    assert_sql(am.select(am.select(table1.c.myid):where(table1.c.myid:eq(5)):scalar_subquery() + 5),
      "SELECT (SELECT mytable.myid FROM mytable WHERE mytable.myid = :myid_1) + :param_1 AS anon_1",
      { dialect = "string", params = { myid_1 = 5, param_1 = 5 } })
    assert_sql(am.select(am.func.lower(am.select(table1.c.name):where(table1.c.myid:eq(5)):scalar_subquery())),
      "SELECT lower((SELECT mytable.name FROM mytable WHERE mytable.myid = :myid_1)) AS lower_1",
      { dialect = "string", params = { myid_1 = 5 } })
  end)
end)
