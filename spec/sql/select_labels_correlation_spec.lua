local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("SELECT: labels, correlation, names", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table3 = fixtures.table3
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand
  local al1, dd, fc, jsub, lab, pj, x1, x2

  it("1", function()
    pj = parent:join(child)
    assert_sql(am.select(pj),
      "SELECT parent.id, parent.data, child.id AS id_1, child.parent_id, child.flag FROM parent JOIN child "
      .. "ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(pj):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT parent.id AS parent_id, parent.data AS parent_data, child.id AS child_id, child.parent_id AS "
      .. "child_parent_id, child.flag AS child_flag FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(pj.c.parent_id, pj.c.child_id),
      "SELECT parent.id, child.id AS id_1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(am.select(pj):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery("x")),
      "SELECT x.parent_id, x.parent_data, x.child_id, x.child_parent_id, x.child_flag FROM (SELECT "
      .. "parent.id AS parent_id, parent.data AS parent_data, child.id AS child_id, child.parent_id AS "
      .. "child_parent_id, child.flag AS child_flag FROM parent JOIN child ON parent.id = child.parent_id) AS "
      .. "x",
      { dialect = "string" })
  end)

  it("2", function()
    assert_sql(am.select(am.select(pj):subquery("x")),
      "SELECT x.id, x.data, x.id_1, x.parent_id, x.flag FROM (SELECT parent.id AS id, parent.data AS data, "
      .. "child.id AS id_1, child.parent_id AS parent_id, child.flag AS flag FROM parent JOIN child ON "
      .. "parent.id = child.parent_id) AS x",
      { dialect = "string" })
    jsub = am.select(parent.c.id, child.c.id, child.c.parent_id):subquery("js")
    assert_sql(am.select(jsub),
      "SELECT js.id, js.id_1, js.parent_id FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id "
      .. "AS parent_id FROM parent, child) AS js",
      { dialect = "string" })
    assert_sql(am.select(jsub.c.id, jsub.c.id_1),
      "SELECT js.id, js.id_1 FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id AS parent_id "
      .. "FROM parent, child) AS js",
      { dialect = "string" })
    assert_sql(am.select(jsub, jsub),
      "SELECT js.id, js.id_1, js.parent_id, js.id AS id__1, js.id_1 AS id_1__1, js.parent_id AS "
      .. "parent_id__1 FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id AS parent_id FROM "
      .. "parent, child) AS js",
      { dialect = "string" })
  end)

  it("3", function()
    assert_sql(am.select(am.select(jsub, jsub):subquery("k")),
      "SELECT k.id, k.id_1, k.parent_id, k.id AS id_2, k.id_1 AS id_1_1, k.parent_id AS parent_id_1 FROM "
      .. "(SELECT js.id AS id, js.id_1 AS id_1, js.parent_id AS parent_id, js.id AS id__1, js.id_1 AS "
      .. "id_1__2, js.parent_id AS parent_id__1 FROM (SELECT parent.id AS id, child.id AS id_1, "
      .. "child.parent_id AS parent_id FROM parent, child) AS js) AS k",
      { dialect = "string" })
    dd = am.select(parent.c.id, parent.c.id):subquery("dd")
    assert_sql(am.select(dd),
      "SELECT dd.id, dd.id AS id_1 FROM (SELECT parent.id AS id, parent.id AS id__1 FROM parent) AS dd",
      { dialect = "string" })
    assert_sql(am.select(dd.c.id),
      "SELECT dd.id FROM (SELECT parent.id AS id, parent.id AS id__1 FROM parent) AS dd",
      { dialect = "string" })
    assert_sql(am.select(am.select(parent.c.id, child.c.id):set_label_style(am.LABEL_STYLE_NONE):subquery("nn")),
      "SELECT nn.id, nn.id_1 FROM (SELECT parent.id AS id, child.id AS id_1 FROM parent, child) AS nn",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("a"), child.c.id:label("a")),
      "SELECT parent.id AS a, child.id AS a FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("id"), child.c.id),
      "SELECT parent.id AS id, child.id AS id_1 FROM parent, child",
      { dialect = "string" })
  end)

  it("4", function()
    assert_sql(am.select(child.c.id, parent.c.id:label("id")),
      "SELECT child.id, parent.id AS id FROM child, parent",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id:label("id_1"), grand.c.id),
      "SELECT parent.id, child.id AS id_1, grand.id AS id_1 FROM parent, child, grand",
      { dialect = "string" })
    assert_sql(am.select(am.func.count(parent.c.id), am.func.count(child.c.id), am.func.count(parent.c.id)),
      "SELECT count(parent.id) AS count_1, count(child.id) AS count_2, count(parent.id) AS count_3 FROM parent, child",
      { dialect = "string" })
    fc = am.func.count(parent.c.id)
    assert_sql(am.select(fc, fc:label("c"), fc),
      "SELECT count(parent.id) AS count_1, count(parent.id) AS c, count(parent.id) AS count__1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(fc, fc):subquery():select(),
      "SELECT anon_1.count_1, anon_1.count_1 AS count_1_1 FROM (SELECT count(parent.id) AS count_1, "
      .. "count(parent.id) AS count__1 FROM parent) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.func.count(parent.c.id)):set_label_style(am.LABEL_STYLE_NONE),
      "SELECT count(parent.id) AS count_1 FROM parent",
      { dialect = "string" })
  end)

  it("5", function()
    assert_sql(am.select(am.cast(parent.c.id, am.String), parent.c.id),
      "SELECT CAST(parent.id AS VARCHAR) AS id, parent.id AS id_1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(am.cast(parent.c.id, am.String), am.cast(child.c.id, am.String)),
      "SELECT CAST(parent.id AS VARCHAR) AS id, CAST(child.id AS VARCHAR) AS id__1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(am.cast(parent.c.id, am.String), am.cast(child.c.id, am.String))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT CAST(parent.id AS VARCHAR) AS parent_id, CAST(child.id AS VARCHAR) AS child_id FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(am.cast(parent.c.id, am.String), am.cast(parent.c.id, am.String))
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT CAST(parent.id AS VARCHAR) AS parent_id, CAST(parent.id AS VARCHAR) AS parent_id_1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(am.cast(parent.c.id + 5, am.String)),
      "SELECT CAST(parent.id + :id_1 AS VARCHAR) AS anon_1 FROM parent",
      { dialect = "string", params = { id_1 = 5 } })
    assert_sql(am.select(am.cast(am.literal("5"), am.Integer)),
      "SELECT CAST(:param_1 AS INTEGER) AS anon_1",
      { dialect = "string", params = { param_1 = "5" } })
  end)

  it("6", function()
    assert_sql(am.select(am.cast("5", am.Integer)),
      "SELECT CAST(:param_1 AS INTEGER) AS anon_1",
      { dialect = "string", params = { param_1 = "5" } })
    assert_sql(am.select(am.type_coerce(parent.c.id, am.String), am.type_coerce(child.c.id, am.String)),
      "SELECT parent.id AS id, child.id AS id__1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(am.type_coerce(am.func.f(parent.c.id), am.String)),
      "SELECT f(parent.id) AS f_1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(am.select(am.cast(parent.c.id, am.String)):subquery("cc")),
      "SELECT cc.id FROM (SELECT CAST(parent.id AS VARCHAR) AS id FROM parent) AS cc",
      { dialect = "string" })
    assert_sql(am.select(am.select(am.cast(parent.c.id, am.String), am.cast(child.c.id, am.String)):subquery("cc")),
      "SELECT cc.id, cc.id AS id_1 FROM (SELECT CAST(parent.id AS VARCHAR) AS id, CAST(child.id AS "
      .. "VARCHAR) AS id__1 FROM parent, child) AS cc",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("x"), am.literal_column("y + 1"):label("z")),
      "SELECT x, y + 1 AS z",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("x"), am.literal_column("y + 1"):label("z")):subquery():select(),
      "SELECT anon_1.x, anon_1.z FROM (SELECT x, y + 1 AS z) AS anon_1",
      { dialect = "string" })
  end)

  it("7", function()
    assert_sql(am.select(am.literal_column("count(x)", am.Integer)):subquery():select(),
      "SELECT anon_1.count(x) FROM (SELECT count(x)) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.text("a"), am.text("b")):select_from(am.text("c")):subquery():select(),
      "SELECT FROM (SELECT a, b FROM c) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.text("a"), parent.c.id):subquery():select(),
      "SELECT anon_1.id FROM (SELECT a, parent.id AS id FROM parent) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.true_(), am.false_(), am.null_()),
      "SELECT true AS anon_1, false AS anon_2, NULL AS anon_3",
      { dialect = "string" })
    assert_sql(am.select(am.true_(), am.false_(), am.null_()),
      "SELECT 1 AS anon_1, 0 AS anon_2, NULL AS anon_3",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(am.true_(), am.true_()), "SELECT true AS anon_1, true AS anon__1", { dialect = "string" })
    assert_sql(am.select(parent.c.id:eq(child.c.id)),
      "SELECT parent.id = child.id AS anon_1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:eq(child.c.id), parent.c.id:eq(child.c.id)),
      "SELECT parent.id = child.id AS anon_1, parent.id = child.id AS anon_2 FROM parent, child",
      { dialect = "string" })
  end)

  it("8", function()
    assert_sql(am.select(am.and_(parent.c.id:eq(1), child.c.id:eq(2))),
      "SELECT parent.id = :id_1 AND child.id = :id_2 AS anon_1 FROM parent, child",
      { dialect = "string", params = { id_1 = 1, id_2 = 2 } })
    assert_sql(am.select(am.not_(parent.c.id:eq(1))),
      "SELECT parent.id != :id_1 AS anon_1 FROM parent",
      { dialect = "string", params = { id_1 = 1 } })
    assert_sql(am.select(parent.c.id:in_(am.select(child.c.parent_id))),
      "SELECT parent.id IN (SELECT child.parent_id FROM child) AS anon_1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:is_(nil)),
      "SELECT parent.id IS NULL AS anon_1 FROM parent",
      { dialect = "string" })
    assert_sql(am.select(parent.c.data:like("x"), parent.c.data:op("%%")("y")),
      "SELECT parent.data LIKE :data_1 AS anon_1, parent.data %% :data_2 AS anon_2 FROM parent",
      { dialect = "string", params = { data_1 = "x", data_2 = "y" } })
    assert_sql(am.select(am.func.coalesce(parent.c.id, 5) + 3),
      "SELECT coalesce(parent.id, :coalesce_1) + :coalesce_2 AS anon_1 FROM parent",
      { dialect = "string", params = { coalesce_1 = 5, coalesce_2 = 3 } })
    assert_sql(am.select((parent.c.id + 3):label("foo")):order_by("foo"),
      "SELECT parent.id + :id_1 AS foo FROM parent ORDER BY foo",
      { dialect = "string", params = { id_1 = 3 } })
  end)

  it("9", function()
    assert_sql(am.select((parent.c.id + 3):label("foo")):group_by("foo"),
      "SELECT parent.id + :id_1 AS foo FROM parent GROUP BY foo",
      { dialect = "string", params = { id_1 = 3 } })
    assert_sql(am.select(parent.c.id:label("foo")):group_by("foo"):order_by("foo"),
      "SELECT parent.id AS foo FROM parent GROUP BY foo ORDER BY foo",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("foo")):distinct():order_by("foo"),
      "SELECT DISTINCT parent.id AS foo FROM parent ORDER BY foo",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("foo")):distinct("foo"),
      "SELECT DISTINCT ON (foo) parent.id AS foo FROM parent",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(parent.c.id:label("foo")):distinct(parent.c.data),
      "SELECT DISTINCT ON (parent.data) parent.id AS foo FROM parent",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(parent.c.id:label("data"), parent.c.data:label("id")):order_by("id", "data"),
      "SELECT parent.id AS data, parent.data AS id FROM parent ORDER BY id, data",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, parent.c.data:label("foo"))
      :order_by(am.func.lower(parent.c.data:label("foo"))),
      "SELECT parent.id, parent.data AS foo FROM parent ORDER BY lower(parent.data)",
      { dialect = "string" })
    lab = parent.c.data:label("foo")
  end)

  it("10", function()
    assert_sql(am.select(lab):order_by(am.func.lower(lab)),
      "SELECT parent.data AS foo FROM parent ORDER BY lower(parent.data)",
      { dialect = "string" })
    assert_sql(am.select(lab):where(lab:eq("x")),
      "SELECT parent.data AS foo FROM parent WHERE parent.data = :param_1",
      { dialect = "string", params = { param_1 = "x" } })
    assert_sql(am.select(lab):order_by(lab:asc(), lab:desc()),
      "SELECT parent.data AS foo FROM parent ORDER BY foo ASC, foo DESC",
      { dialect = "string" })
    assert_sql(am.select(lab):order_by(lab:desc():nulls_last()),
      "SELECT parent.data AS foo FROM parent ORDER BY foo DESC NULLS LAST",
      { dialect = "string" })
    assert_sql(am.select(lab):order_by(am.nulls_last(am.desc("foo"))),
      "SELECT parent.data AS foo FROM parent ORDER BY foo DESC NULLS LAST",
      { dialect = "string" })
    assert_sql(am.select(lab):order_by(lab:nulls_first()),
      "SELECT parent.data AS foo FROM parent ORDER BY foo NULLS FIRST",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id):order_by(lab),
      "SELECT parent.id FROM parent ORDER BY parent.data",
      { dialect = "string" })
  end)

  it("11", function()
    assert_sql(am.select(am.select(lab):subquery("s").c.foo):order_by("foo"),
      "SELECT s.foo FROM (SELECT parent.data AS foo FROM parent) AS s ORDER BY s.foo",
      { dialect = "string" })
    assert_sql(am.select(parent):order_by("parent_id"),
      "SELECT parent.id, parent.data FROM parent ORDER BY parent.id",
      { dialect = "string" })
    assert_sql(am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):order_by("parent_id"),
      "SELECT parent.id AS parent_id, parent.data AS parent_data FROM parent ORDER BY parent.id",
      { dialect = "string" })
    assert_sql(am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):order_by("id"),
      "SELECT parent.id AS parent_id, parent.data AS parent_data FROM parent ORDER BY parent.id",
      { dialect = "string" })
    assert_sql(am.select(am.func.sum(parent.c.id):label("total"), parent.c.data):group_by("data")
      :order_by(am.desc("total")):having(am.func.sum(parent.c.id):gt(5)),
      "SELECT sum(parent.id) AS total, parent.data FROM parent GROUP BY parent.data HAVING sum(parent.id) "
      .. "> :sum_1 ORDER BY total DESC",
      { dialect = "string", params = { sum_1 = 5 } })
    assert_sql(am.select(am.func.row_number():over({order_by=am.desc("data")}), parent.c.data),
      "SELECT row_number() OVER (ORDER BY parent.data DESC) AS anon_1, parent.data FROM parent",
      { dialect = "string" })
  end)

  it("12", function()
    assert_refused("CompileError", function()
      return am.select(parent.c.data:label("q"), am.func.row_number():over({order_by="q"}))
    end)
    assert_sql(am.select(parent.c.data:label("q"), am.func.row_number():over({order_by="data"})),
      "SELECT parent.data AS q, row_number() OVER (ORDER BY parent.data) AS anon_1 FROM parent",
      { dialect = "string" })
    x1 = am.select(table2.c.otherid):where(table2.c.othername:eq(table1.c.name)):correlate(table1)
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
  end)

  it("13", function()
    assert_sql(am.select(table1):where(x1:eq(5)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE (SELECT "
      .. "myothertable.otherid FROM myothertable WHERE myothertable.othername = mytable.name) = :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(table1, table2):where(x1:eq(5)),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable WHERE (SELECT myothertable.otherid FROM "
      .. "myothertable WHERE myothertable.othername = mytable.name) = :param_1",
      { dialect = "string", params = { param_1 = 5 } })
    x2 = am.select(table1.c.myid):where(table1.c.name:eq("x")):scalar_subquery()
    assert_sql(am.select(table1):where(table1.c.myid:eq(x2)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "mytable.myid FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table2):where(table2.c.otherid:eq(x2)),
      "SELECT myothertable.otherid, myothertable.othername FROM myothertable WHERE myothertable.otherid = "
      .. "(SELECT mytable.myid FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table1:alias("t1")):where(am.exists():where(table1.c.myid:eq(5))),
      "SELECT t1.myid, t1.name, t1.description FROM mytable AS t1 WHERE EXISTS (SELECT * FROM mytable "
      .. "WHERE mytable.myid = :myid_1)",
      { dialect = "string", params = { myid_1 = 5 } })
  end)

  it("14", function()
    assert_sql(am.select(table1, am.select(am.func.count(table2.c.otherid))
      :where(table2.c.otherid:eq(table1.c.myid)):label("n")),
      "SELECT mytable.myid, mytable.name, mytable.description, (SELECT count(myothertable.otherid) AS "
      .. "count_1 FROM myothertable WHERE myothertable.otherid = mytable.myid) AS n FROM mytable",
      { dialect = "string" })
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

  it("15", function()
    assert_sql(am.select(am.select(table1.c.myid):where(am.exists():where(table2.c.otherid
      :eq(table1.c.myid))):subquery()),
      "SELECT anon_1.myid FROM (SELECT mytable.myid AS myid FROM mytable WHERE EXISTS (SELECT * FROM "
      .. "myothertable WHERE myothertable.otherid = mytable.myid)) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(table1):where(am.exists(am.select(table1):where(table1.c.name:eq("x")))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE EXISTS (SELECT "
      .. "mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1)",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table1, table2)
      :where(am.exists(am.select(table3.c.userid):where(table3.c.userid:eq(table1.c.myid)):correlate(table2))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable, myothertable WHERE EXISTS (SELECT thirdtable.userid FROM "
      .. "thirdtable, mytable WHERE thirdtable.userid = mytable.myid)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :select_from(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)):subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM (SELECT myothertable.otherid AS "
      .. "otherid, myothertable.othername AS othername FROM myothertable, mytable WHERE myothertable.otherid "
      .. "= mytable.myid) AS anon_1, mytable",
      { dialect = "string" })
  end)

  it("16", function()
    assert_sql(am.select(table1)
      :select_from(am.select(table2):where(table2.c.otherid:eq(table1.c.myid)):correlate(table1):subquery()),
      "SELECT mytable.myid, mytable.name, mytable.description FROM (SELECT myothertable.otherid AS "
      .. "otherid, myothertable.othername AS othername FROM myothertable, mytable WHERE myothertable.otherid "
      .. "= mytable.myid) AS anon_1, mytable",
      { dialect = "string" })
    al1 = table1:alias("al1")
    assert_sql(am.select(al1):where(am.exists():where(al1.c.myid:eq(table2.c.otherid))),
      "SELECT al1.myid, al1.name, al1.description FROM mytable AS al1 WHERE EXISTS (SELECT * FROM "
      .. "myothertable WHERE al1.myid = myothertable.otherid)",
      { dialect = "string" })
    assert_sql(am.select(table1)
      :where(table1.c.myid:eq(am.select(al1.c.myid):where(al1.c.name:eq(table1.c.name)):scalar_subquery())),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = (SELECT "
      .. "al1.myid FROM mytable AS al1 WHERE al1.name = mytable.name)",
      { dialect = "string" })
    assert_sql(am.select(am.select(am.select(table1.c.myid:label("a")):subquery("x").c.a
      :label("b")):subquery("y").c.b:label("c")),
      "SELECT y.b AS c FROM (SELECT x.a AS b FROM (SELECT mytable.myid AS a FROM mytable) AS x) AS y",
      { dialect = "string" })
  end)

  it("17", function()
    assert_sql(am.select(am.table("t1", am.column("x"), am.column("Y")):alias("A B").c.Y),
      "SELECT \"A B\".\"Y\" FROM t1 AS \"A B\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("t1", am.column("x")):alias("select")),
      "SELECT \"select\".x FROM t1 AS \"select\"",
      { dialect = "string" })
    assert_sql(am.select(am.column("x"):label("select")), "SELECT x AS \"select\"", { dialect = "string" })
    assert_sql(am.select(am.column("x"):label("a.b")), "SELECT x AS \"a.b\"", { dialect = "string" })
    assert_sql(am.select(am.column('a"b')), "SELECT \"a\"\"b\"", { dialect = "string" })
    assert_sql(am.select(am.column("a`b")), "SELECT `a``b`", { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(am.table('t"x', am.column("q"))),
      "SELECT \"t\"\"x\".q FROM \"t\"\"x\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("T", am.column("q"), {schema="S"})),
      "SELECT \"S\".\"T\".q FROM \"S\".\"T\"",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(am.func.Foo(1), am.func.pkg.bar(2)),
      "SELECT Foo(:Foo_2) AS \"Foo_1\", pkg.bar(:bar_2) AS bar_1",
      { dialect = "string", params = { Foo_2 = 1, bar_2 = 2 } })
    assert_sql(am.select(table1.c.myid):where(table1.c.myid:between(3, 5)),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid BETWEEN :myid_1 AND :myid_2",
      { dialect = "string", params = { myid_1 = 3, myid_2 = 5 } })
  end)

  it("18", function()
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.literal_column("5"))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = 5",
      { dialect = "string" })
    assert_sql(am.select(table1):with_only_columns(table1.c.name),
      "SELECT mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1, table2):with_only_columns(table1.c.name),
      "SELECT mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):add_columns(table2.c.otherid),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid FROM mytable, myothertable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):add_columns(table1.c.name, am.func.now()),
      "SELECT mytable.myid, mytable.name, now() AS now_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):column(table1.c.name),
      "SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):where(table1.c.myid:eq(1)):with_only_columns(table1.c.name)
      :order_by(table1.c.name),
      "SELECT mytable.name FROM mytable WHERE mytable.myid = :myid_1 ORDER BY mytable.name",
      { dialect = "string", params = { myid_1 = 1 } })
  end)

  it("19", function()
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid))
      :with_only_columns(table2.c.othername),
      "SELECT myothertable.othername FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table2.c.otherid):join(table1, table1.c.myid:eq(table2.c.otherid))
      :with_only_columns(am.func.count()),
      "SELECT count(*) AS count_1 FROM myothertable JOIN mytable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id, child.c.parent_id):select_from(parent:join(child))
      :reduce_columns(),
      "SELECT parent.id, child.id AS id_1, child.parent_id FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id, child.c.parent_id):select_from(parent:join(child))
      :reduce_columns({only_synonyms=false}),
      "SELECT parent.id, child.id AS id_1 FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(table1):filter_by({name="x"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1",
      { dialect = "string", params = { name_1 = "x" } })
  end)

  it("20", function()
    assert_sql(am.select(table1):filter_by({name="x", myid=5}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = :myid_1 "
      .. "AND mytable.name = :name_1",
      { dialect = "string", params = { myid_1 = 5, name_1 = "x" } })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid)):filter_by({othername="x"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid WHERE myothertable.othername = :othername_1",
      { dialect = "string", params = { othername_1 = "x" } })
    assert_refused("InvalidRequestError", function()
      return am.select(table1):filter_by({nope="x"})
    end)
    assert_refused("ArgumentError", function()
      return am.select("x")
    end)
    assert_refused("ArgumentError", function()
      return am.select("x + y")
    end)
    assert_refused("ArgumentError", function()
      return am.select(table1):where("x = 1")
    end)
  end)

  it("21", function()
    assert_refused("ArgumentError", function()
      return am.select(table1):select_from("x")
    end)
    assert_refused("ArgumentError", function()
      return am.select(am.select(table1))
    end)
  end)
end)
