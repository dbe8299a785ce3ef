-- Labels that columns of the same name get, in each style.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("labels of columns", function()
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand

  local pj = parent:join(child)
  local jsub = am.select(parent.c.id, child.c.id, child.c.parent_id):subquery("js")
  local lab = parent.c.data:label("foo")

  it("of a join number columns of the same name", function()
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
  end)

  it("of a join in a subquery are its columns' names, in either style", function()
    assert_sql(am.select(am.select(pj):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery("x")),
      "SELECT x.parent_id, x.parent_data, x.child_id, x.child_parent_id, x.child_flag FROM (SELECT "
      .. "parent.id AS parent_id, parent.data AS parent_data, child.id AS child_id, child.parent_id AS "
      .. "child_parent_id, child.flag AS child_flag FROM parent JOIN child ON parent.id = child.parent_id) AS "
      .. "x",
      { dialect = "string" })
    assert_sql(am.select(am.select(pj):subquery("x")),
      "SELECT x.id, x.data, x.id_1, x.parent_id, x.flag FROM (SELECT parent.id AS id, parent.data AS data, "
      .. "child.id AS id_1, child.parent_id AS parent_id, child.flag AS flag FROM parent JOIN child ON "
      .. "parent.id = child.parent_id) AS x",
      { dialect = "string" })
  end)

  it("of a subquery's columns are found by their numbers", function()
    assert_sql(am.select(jsub),
      "SELECT js.id, js.id_1, js.parent_id FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id "
      .. "AS parent_id FROM parent, child) AS js",
      { dialect = "string" })
    assert_sql(am.select(jsub.c.id, jsub.c.id_1),
      "SELECT js.id, js.id_1 FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id AS parent_id "
      .. "FROM parent, child) AS js",
      { dialect = "string" })
  end)

  it("of a subquery that is selected twice are numbered anew", function()
    assert_sql(am.select(jsub, jsub),
      "SELECT js.id, js.id_1, js.parent_id, js.id AS id__1, js.id_1 AS id_1__1, js.parent_id AS "
      .. "parent_id__1 FROM (SELECT parent.id AS id, child.id AS id_1, child.parent_id AS parent_id FROM "
      .. "parent, child) AS js",
      { dialect = "string" })
    assert_sql(am.select(am.select(jsub, jsub):subquery("k")),
      "SELECT k.id, k.id_1, k.parent_id, k.id AS id_2, k.id_1 AS id_1_1, k.parent_id AS parent_id_1 FROM "
      .. "(SELECT js.id AS id, js.id_1 AS id_1, js.parent_id AS parent_id, js.id AS id__1, js.id_1 AS "
      .. "id_1__2, js.parent_id AS parent_id__1 FROM (SELECT parent.id AS id, child.id AS id_1, "
      .. "child.parent_id AS parent_id FROM parent, child) AS js) AS k",
      { dialect = "string" })
  end)

  it("of a column that comes twice in a subquery", function()
    local dd = am.select(parent.c.id, parent.c.id):subquery("dd")
    assert_sql(am.select(dd),
      "SELECT dd.id, dd.id AS id_1 FROM (SELECT parent.id AS id, parent.id AS id__1 FROM parent) AS dd",
      { dialect = "string" })
    assert_sql(am.select(dd.c.id),
      "SELECT dd.id FROM (SELECT parent.id AS id, parent.id AS id__1 FROM parent) AS dd",
      { dialect = "string" })
  end)

  it("are there in a subquery even in the style without labels", function()
    assert_sql(am.select(am.select(parent.c.id, child.c.id):set_label_style(am.LABEL_STYLE_NONE):subquery("nn")),
      "SELECT nn.id, nn.id_1 FROM (SELECT parent.id AS id, child.id AS id_1 FROM parent, child) AS nn",
      { dialect = "string" })
  end)

  it("of one's own are left alone, and others numbered around them", function()
    assert_sql(am.select(parent.c.id:label("a"), child.c.id:label("a")),
      "SELECT parent.id AS a, child.id AS a FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("id"), child.c.id),
      "SELECT parent.id AS id, child.id AS id_1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(child.c.id, parent.c.id:label("id")),
      "SELECT child.id, parent.id AS id FROM child, parent",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id:label("id_1"), grand.c.id),
      "SELECT parent.id, child.id AS id_1, grand.id AS id_1 FROM parent, child, grand",
      { dialect = "string" })
  end)

  it("of functions are numbered", function()
    assert_sql(am.select(am.func.count(parent.c.id), am.func.count(child.c.id), am.func.count(parent.c.id)),
      "SELECT count(parent.id) AS count_1, count(child.id) AS count_2, count(parent.id) AS count_3 FROM parent, child",
      { dialect = "string" })
    local fc = am.func.count(parent.c.id)
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

  it("of casts are the columns' names, those of cast expressions numbers", function()
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
  end)

  it("of cast constants are numbers", function()
    assert_sql(am.select(am.cast(am.literal("5"), am.Integer)),
      "SELECT CAST(:param_1 AS INTEGER) AS anon_1",
      { dialect = "string", params = { param_1 = "5" } })
    assert_sql(am.select(am.cast("5", am.Integer)),
      "SELECT CAST(:param_1 AS INTEGER) AS anon_1",
      { dialect = "string", params = { param_1 = "5" } })
  end)

  it("of coerced columns and functions are theirs", function()
    assert_sql(am.select(am.type_coerce(parent.c.id, am.String), am.type_coerce(child.c.id, am.String)),
      "SELECT parent.id AS id, child.id AS id__1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(am.type_coerce(am.func.f(parent.c.id), am.String)),
      "SELECT f(parent.id) AS f_1 FROM parent",
      { dialect = "string" })
  end)

  it("of casts in subqueries are found by name", function()
    assert_sql(am.select(am.select(am.cast(parent.c.id, am.String)):subquery("cc")),
      "SELECT cc.id FROM (SELECT CAST(parent.id AS VARCHAR) AS id FROM parent) AS cc",
      { dialect = "string" })
    assert_sql(am.select(am.select(am.cast(parent.c.id, am.String), am.cast(child.c.id, am.String)):subquery("cc")),
      "SELECT cc.id, cc.id AS id_1 FROM (SELECT CAST(parent.id AS VARCHAR) AS id, CAST(child.id AS "
      .. "VARCHAR) AS id__1 FROM parent, child) AS cc",
      { dialect = "string" })
  end)

  it("of literal columns are their texts", function()
    assert_sql(am.select(am.literal_column("x"), am.literal_column("y + 1"):label("z")),
      "SELECT x, y + 1 AS z",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("x"), am.literal_column("y + 1"):label("z")):subquery():select(),
      "SELECT anon_1.x, anon_1.z FROM (SELECT x, y + 1 AS z) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.literal_column("count(x)", am.Integer)):subquery():select(),
      "SELECT anon_1.count(x) FROM (SELECT count(x)) AS anon_1",
      { dialect = "string" })
  end)

  it("of texts: a subquery has none of them as columns", function()
    assert_sql(am.select(am.text("a"), am.text("b")):select_from(am.text("c")):subquery():select(),
      "SELECT FROM (SELECT a, b FROM c) AS anon_1",
      { dialect = "string" })
    assert_sql(am.select(am.text("a"), parent.c.id):subquery():select(),
      "SELECT anon_1.id FROM (SELECT a, parent.id AS id FROM parent) AS anon_1",
      { dialect = "string" })
  end)

  it("of constants are numbers", function()
    assert_sql(am.select(am.true_(), am.false_(), am.null_()),
      "SELECT true AS anon_1, false AS anon_2, NULL AS anon_3",
      { dialect = "string" })
    assert_sql(am.select(am.true_(), am.false_(), am.null_()),
      "SELECT 1 AS anon_1, 0 AS anon_2, NULL AS anon_3",
      { dialect = "sqlite", paramstyle = "named" })
    assert_sql(am.select(am.true_(), am.true_()), "SELECT true AS anon_1, true AS anon__1", { dialect = "string" })
  end)

  it("of conditions are numbers", function()
    assert_sql(am.select(parent.c.id:eq(child.c.id)),
      "SELECT parent.id = child.id AS anon_1 FROM parent, child",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:eq(child.c.id), parent.c.id:eq(child.c.id)),
      "SELECT parent.id = child.id AS anon_1, parent.id = child.id AS anon_2 FROM parent, child",
      { dialect = "string" })
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
  end)

  it("of sums of functions are numbers", function()
    assert_sql(am.select(am.func.coalesce(parent.c.id, 5) + 3),
      "SELECT coalesce(parent.id, :coalesce_1) + :coalesce_2 AS anon_1 FROM parent",
      { dialect = "string", params = { coalesce_1 = 5, coalesce_2 = 3 } })
  end)

  it("are what ORDER BY and GROUP BY name", function()
    assert_sql(am.select((parent.c.id + 3):label("foo")):order_by("foo"),
      "SELECT parent.id + :id_1 AS foo FROM parent ORDER BY foo",
      { dialect = "string", params = { id_1 = 3 } })
    assert_sql(am.select((parent.c.id + 3):label("foo")):group_by("foo"),
      "SELECT parent.id + :id_1 AS foo FROM parent GROUP BY foo",
      { dialect = "string", params = { id_1 = 3 } })
    assert_sql(am.select(parent.c.id:label("foo")):group_by("foo"):order_by("foo"),
      "SELECT parent.id AS foo FROM parent GROUP BY foo ORDER BY foo",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id:label("foo")):distinct():order_by("foo"),
      "SELECT DISTINCT parent.id AS foo FROM parent ORDER BY foo",
      { dialect = "string" })
  end)

  it("are what DISTINCT ON names", function()
    assert_sql(am.select(parent.c.id:label("foo")):distinct("foo"),
      "SELECT DISTINCT ON (foo) parent.id AS foo FROM parent",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(parent.c.id:label("foo")):distinct(parent.c.data),
      "SELECT DISTINCT ON (parent.data) parent.id AS foo FROM parent",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("win over columns of that name in ORDER BY", function()
    assert_sql(am.select(parent.c.id:label("data"), parent.c.data:label("id")):order_by("id", "data"),
      "SELECT parent.id AS data, parent.data AS id FROM parent ORDER BY id, data",
      { dialect = "string" })
  end)

  it("are not used inside of functions and conditions", function()
    assert_sql(am.select(parent.c.id, parent.c.data:label("foo"))
      :order_by(am.func.lower(parent.c.data:label("foo"))),
      "SELECT parent.id, parent.data AS foo FROM parent ORDER BY lower(parent.data)",
      { dialect = "string" })
    assert_sql(am.select(lab):order_by(am.func.lower(lab)),
      "SELECT parent.data AS foo FROM parent ORDER BY lower(parent.data)",
      { dialect = "string" })
    assert_sql(am.select(lab):where(lab:eq("x")),
      "SELECT parent.data AS foo FROM parent WHERE parent.data = :param_1",
      { dialect = "string", params = { param_1 = "x" } })
  end)

  it("in ORDER BY take directions and the place of NULLs", function()
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
  end)

  it("that are not selected are ordered by what they label", function()
    assert_sql(am.select(parent.c.id):order_by(lab),
      "SELECT parent.id FROM parent ORDER BY parent.data",
      { dialect = "string" })
    assert_sql(am.select(am.select(lab):subquery("s").c.foo):order_by("foo"),
      "SELECT s.foo FROM (SELECT parent.data AS foo FROM parent) AS s ORDER BY s.foo",
      { dialect = "string" })
  end)

  it("with the table's name are found in ORDER BY in every style", function()
    assert_sql(am.select(parent):order_by("parent_id"),
      "SELECT parent.id, parent.data FROM parent ORDER BY parent.id",
      { dialect = "string" })
    assert_sql(am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):order_by("parent_id"),
      "SELECT parent.id AS parent_id, parent.data AS parent_data FROM parent ORDER BY parent.id",
      { dialect = "string" })
    assert_sql(am.select(parent):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):order_by("id"),
      "SELECT parent.id AS parent_id, parent.data AS parent_data FROM parent ORDER BY parent.id",
      { dialect = "string" })
  end)

  it("of aggregates are ordered by, and repeated in HAVING", function()
    assert_sql(am.select(am.func.sum(parent.c.id):label("total"), parent.c.data):group_by("data")
      :order_by(am.desc("total")):having(am.func.sum(parent.c.id):gt(5)),
      "SELECT sum(parent.id) AS total, parent.data FROM parent GROUP BY parent.data HAVING sum(parent.id) "
      .. "> :sum_1 ORDER BY total DESC",
      { dialect = "string", params = { sum_1 = 5 } })
  end)

  it("in OVER are columns", function()
    assert_sql(am.select(am.func.row_number():over({order_by=am.desc("data")}), parent.c.data),
      "SELECT row_number() OVER (ORDER BY parent.data DESC) AS anon_1, parent.data FROM parent",
      { dialect = "string" })
  end)

  it("are refused in OVER", function()
    assert_refused("CompileError", function()
      return am.select(parent.c.data:label("q"), am.func.row_number():over({order_by="q"}))
    end)
  end)

  it("hide no column of that name in OVER", function()
    assert_sql(am.select(parent.c.data:label("q"), am.func.row_number():over({order_by="data"})),
      "SELECT parent.data AS q, row_number() OVER (ORDER BY parent.data) AS anon_1 FROM parent",
      { dialect = "string" })
  end)

  it("is none within EXISTS, where nobody sees the names", function()
    local a, b = am.table("a", am.column "id"), am.table("b", am.column "id")
    local both = am.select(a.c.id, b.c.id)
    for _, exists in ipairs { both:exists(), am.exists(both), am.exists(a.c.id, b.c.id), am.exists(both:subquery()) } do
      assert.equal("EXISTS (SELECT a.id, b.id FROM a, b)", (tostring(exists):gsub("%s+", " ")))
    end
  end)
end)
