-- Expressions as columns and conditions of a SELECT.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql

describe("expressions_in_SELECT", function()
  local t = am.table(
    "mytable", am.column("myid", am.Integer), am.column("name", am.String), am.column("description", am.String))
  local t2 = am.table("myothertable", am.column("otherid", am.Integer), am.column("othername", am.String))
  local op = am.table("op", am.column("field"))

  it("in conditions keep their meaning by parentheses", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(op):where(op.c.field:eq(5):eq(nil)),
      "SELECT op.field FROM op WHERE (op.field = :field_1) IS NULL", opts)
    assert_sql(am.select(op):where(((op.c.field + 5) * 6)),
      "SELECT op.field FROM op WHERE (op.field + :field_1) * :param_1", opts)
    assert_sql(am.select(op):where((5 + op.c.field:in_({5, 6}))),
      "SELECT op.field FROM op WHERE :param_1 + (op.field IN (__[POSTCOMPILE_field_1]))", opts)
    assert_sql(am.select(op):where(((5 + op.c.field)):in_({5, 6})),
      "SELECT op.field FROM op WHERE :field_1 + op.field IN (__[POSTCOMPILE_param_1])", opts)
    assert_sql(am.select(op):where(am.not_(am.and_(op.c.field:eq(5), op.c.field:eq(7)))),
      "SELECT op.field FROM op WHERE NOT (op.field = :field_1 AND op.field = :field_2)", opts)
    assert_sql(am.select(op):where(am.not_(op.c.field):eq(5)),
      "SELECT op.field FROM op WHERE (NOT op.field) = :param_1", opts)
  end)

  it("collate an order", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.name):order_by(t.c.name:collate("utf-8"):desc():nulls_last()),
      "SELECT mytable.name FROM mytable ORDER BY mytable.name COLLATE \"utf-8\" DESC NULLS LAST", opts)
  end)

  it("are labelled by number where they have no name", function()
    local opts = { dialect = "default" }
    assert_sql(am.select((t.c.myid + 5), (t.c.name + "x"), (-t.c.myid)),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.name || :name_1 AS anon_2, -mytable.myid FROM " ..
      "mytable", opts)
    assert_sql(am.select(am.not_(t.c.myid), t.c.myid:label("foo"), ((t.c.myid + 1)):label("bar")),
      "SELECT NOT mytable.myid, mytable.myid AS foo, mytable.myid + :myid_1 AS bar FROM mytable", opts)
  end)

  it("of functions and windows are labelled by the function", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.func.count(t.c.myid), am.func.max(t.c.name)),
      "SELECT count(mytable.myid) AS count_1, max(mytable.name) AS max_1 FROM mytable", opts)
    assert_sql(am.select(am.func.count(t.c.myid):filter(t.c.name:eq("x"))),
      "SELECT count(mytable.myid) FILTER (WHERE mytable.name = :name_1) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.func.rank():over({order_by=t.c.name, partition_by={"description"}})),
      "SELECT rank() OVER (PARTITION BY mytable.description ORDER BY mytable.name) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.func.row_number():over({order_by=t.c.myid}):label("rn")),
      "SELECT row_number() OVER (ORDER BY mytable.myid) AS rn FROM mytable", opts)
  end)

  it("compare with subqueries", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.myid):where(t.c.myid:in_(am.select(t2.c.otherid))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid IN (SELECT myothertable.otherid FROM " ..
      "myothertable)", opts)
    assert_sql(am.select(t.c.myid):where(t.c.myid:eq(am.select(t2.c.otherid):scalar_subquery())),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid = (SELECT myothertable.otherid FROM myothertable)", opts)
    assert_sql(am.select(t.c.myid):where(t.c.myid:gt(am.any_(am.select(t2.c.otherid):scalar_subquery()))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid > ANY (SELECT myothertable.otherid FROM " ..
      "myothertable)", opts)
  end)

  it("that compare with a subquery may be columns", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.myid:in_(am.select(t2.c.otherid))),
      "SELECT mytable.myid IN (SELECT myothertable.otherid FROM myothertable) AS anon_1 FROM mytable", opts)
  end)

  it("CASE has conditions, or a value and a list or a table in order", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.case({t.c.myid:eq(5), "a"}, {else_="b"})),
      "SELECT CASE WHEN (mytable.myid = :myid_1) THEN :param_1 ELSE :param_2 END AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.case({t.c.myid:eq(5), "a"}, {else_="b"}):label("q")),
      "SELECT CASE WHEN (mytable.myid = :myid_1) THEN :param_1 ELSE :param_2 END AS q FROM mytable", opts)
    assert_sql(am.select(am.case({ { 5, "a" }, { 3, "b" } }, { value = t.c.myid, else_ = "c" }):label("q")),
      "SELECT CASE mytable.myid WHEN :param_1 THEN :param_2 WHEN :param_3 THEN :param_4 ELSE :param_5 END AS q " ..
      "FROM mytable", opts)
    local by_number = am.case({ [5] = "a", [3] = "b" }, { value = t.c.myid, else_ = "c" })
    assert_sql(by_number, "CASE mytable.myid WHEN :param_1 THEN :param_2 WHEN :param_3 THEN :param_4 ELSE :param_5 END",
      opts)
    assert.equal(3, by_number:compile().params.param_1)
  end)

  it("casts keep the column's name, and take labels", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.cast(t.c.myid, am.String), am.cast(t.c.myid, am.String):label("z")),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid, CAST(mytable.myid AS VARCHAR) AS z FROM mytable", opts)
    assert_sql(am.select(am.extract("year", t.c.name)),
      "SELECT EXTRACT(year FROM mytable.name) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.type_coerce(t.c.myid, am.String)), "SELECT mytable.myid AS myid FROM mytable", opts)
    assert_sql(am.select(am.type_coerce(t.c.myid, am.String):label("x")),
      "SELECT mytable.myid AS x FROM mytable", opts)
  end)

  it("constants, literal columns and conditions are columns", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.literal("5"), am.literal(5):label("y"), am.literal_column("foo"),
      am.literal_column("foo"):label("b")),
      "SELECT :param_1 AS anon_1, :param_2 AS y, foo, foo AS b", opts)
    assert_sql(am.select(t.c.myid:eq(5), t.c.name:like("x"), t.c.name:contains("q")),
      "SELECT mytable.myid = :myid_1 AS anon_1, mytable.name LIKE :name_1 AS anon_2, mytable.name LIKE '%' || " ..
      ":name_2 || '%' AS anon_3 FROM mytable", opts)
  end)

  it("DISTINCT and the constants of SQL are columns", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.name:distinct()), "SELECT DISTINCT mytable.name FROM mytable", opts)
    assert_sql(am.select(am.func.count(t.c.name:distinct())),
      "SELECT count(DISTINCT mytable.name) AS count_1 FROM mytable", opts)
    assert_sql(am.select(am.null_(), am.true_(), am.false_()),
      "SELECT NULL AS anon_1, 1 AS anon_2, 0 AS anon_3", opts)
  end)

  it("functions group, are columns and stand in FROM", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.myid):group_by(am.func.cube(t.c.myid, t.c.name)),
      "SELECT mytable.myid FROM mytable GROUP BY CUBE(mytable.myid, mytable.name)", opts)
    assert_sql(am.select(am.func.now(), am.func.current_timestamp()),
      "SELECT now() AS now_1, CURRENT_TIMESTAMP AS current_timestamp_1", opts)
    assert_sql(am.select(am.func.foo.bar.lala(12)), "SELECT foo.bar.lala(:lala_2) AS lala_1", opts)
    assert_sql(am.select(am.func.foo()):select_from(am.func.bar("x")), "SELECT foo() AS foo_1 FROM bar(:bar_1)", opts)
  end)

  it("conditions join with the parentheses that they need", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.name):where(t.c.name:is_(nil):and_(t.c.myid:is_not(nil))),
      "SELECT mytable.name FROM mytable WHERE mytable.name IS NULL AND mytable.myid IS NOT NULL", opts)
    assert_sql(am.select(t.c.name):where(t.c.myid:between(1, 5)):where(t.c.name:ne(nil)),
      "SELECT mytable.name FROM mytable WHERE mytable.myid BETWEEN :myid_1 AND :myid_2 AND mytable.name IS NOT " ..
      "NULL", opts)
    assert_sql(am.select(t.c.myid):where(am.or_(t.c.myid:eq(1), am.and_(t.c.name:eq("x"), t.c.description:eq("y")))),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid = :myid_1 OR mytable.name = :name_1 AND " ..
      "mytable.description = :description_1", opts)
    assert_sql(am.select(t.c.myid):where(am.and_(am.or_(t.c.myid:eq(1), t.c.myid:eq(2)), t.c.name:eq("x"))),
      "SELECT mytable.myid FROM mytable WHERE (mytable.myid = :myid_1 OR mytable.myid = :myid_2) AND " ..
      "mytable.name = :name_1", opts)
  end)

  it("group, order and filter aggregates", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.myid):having(am.func.count(t.c.myid):gt(5)):group_by(t.c.name),
      "SELECT mytable.myid FROM mytable GROUP BY mytable.name HAVING count(mytable.myid) > :count_1", opts)
    assert_sql(am.select(t.c.myid:label("a"), t.c.myid:label("b")):order_by(t.c.myid:label("a")),
      "SELECT mytable.myid AS a, mytable.myid AS b FROM mytable ORDER BY a", opts)
    assert_sql(am.select(am.func.max(t.c.name):filter(am.literal_column("description"):ne(nil))),
      "SELECT max(mytable.name) FILTER (WHERE description IS NOT NULL) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.func.percentile_cont(0.5):within_group(t.c.name:desc())
      :over({partition_by=t.c.description})),
      "SELECT percentile_cont(:percentile_cont_1) WITHIN GROUP (ORDER BY mytable.name DESC) OVER (PARTITION BY " ..
      "mytable.description) AS anon_1 FROM mytable", opts)
  end)

  it("collations, parameters and operators of the user's own are columns", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(t.c.myid:collate("x")), "SELECT mytable.myid COLLATE x AS anon_1 FROM mytable", opts)
    assert_sql(am.select(am.bindparam("x", 5), am.bindparam("y", "z"):label("q")),
      "SELECT :x AS anon_1, :y AS q", opts)
    assert_sql(am.select(t.c.myid:op("+")(5), t.c.myid:op("@@", {is_comparison=true})(t.c.name)),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.myid @@ mytable.name AS anon_2 FROM mytable", opts)
    assert_sql(am.select(t.c.myid):where(t.c.myid:op("hoho")(12):eq(14)),
      "SELECT mytable.myid FROM mytable WHERE (mytable.myid hoho :myid_1) = :param_1", opts)
  end)

  it("windows and orders name columns by text", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.over(am.func.row_number(), {order_by=am.desc("name")})):select_from(t),
      "SELECT row_number() OVER (ORDER BY mytable.name DESC) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(t.c.myid):order_by(am.asc("name")),
      "SELECT mytable.myid FROM mytable ORDER BY mytable.name ASC", opts)
    assert_sql(am.select(am.func.foo(t.c.myid)):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT foo(mytable.myid) AS foo_1 FROM mytable", opts)
  end)

  it("EXISTS is a column or a condition", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.exists(am.select(t2.c.otherid):where(t2.c.otherid:eq(t.c.myid)))),
      "SELECT EXISTS (SELECT myothertable.otherid FROM myothertable, mytable WHERE myothertable.otherid = " ..
      "mytable.myid) AS anon_1", opts)
    assert_sql(am.select(t.c.myid):where(am.not_(am.exists(am.select(t2.c.otherid)
      :where(t2.c.otherid:eq(t.c.myid))))),
      "SELECT mytable.myid FROM mytable WHERE NOT (EXISTS (SELECT myothertable.otherid FROM myothertable WHERE " ..
      "myothertable.otherid = mytable.myid))", opts)
    assert_sql(am.select(t.c.myid):where(am.exists():where(t2.c.otherid:eq(t.c.myid))),
      "SELECT mytable.myid FROM mytable WHERE EXISTS (SELECT * FROM myothertable WHERE myothertable.otherid = " ..
      "mytable.myid)", opts)
  end)

  it("gather arrays, take DISTINCT", function()
    local opts = { dialect = "default" }
    assert_sql(am.select(am.func.array_agg(t.c.myid)),
      "SELECT array_agg(mytable.myid) AS array_agg_1 FROM mytable", opts)
    assert_sql(am.select(am.distinct(t.c.myid)), "SELECT DISTINCT mytable.myid FROM mytable", opts)
  end)

  it("constants on SQLite are numbers", function()
    local opts = { dialect = "sqlite" }
    assert_sql(am.select(am.null_(), am.true_()), "SELECT NULL AS anon_1, 1 AS anon_2", opts)
  end)

  it("ILIKE and division on PostgreSQL", function()
    local opts = { dialect = "postgresql" }
    assert_sql(am.select(t.c.name:ilike("x"), (t.c.myid / 5)),
      "SELECT mytable.name ILIKE $1 AS anon_1, mytable.myid / CAST($2 AS NUMERIC) AS anon_2 FROM mytable", opts)
  end)

  it("concatenation and full text on MySQL", function()
    local opts = { dialect = "mysql" }
    assert_sql(am.select(t.c.name:concat("x")), "SELECT concat(mytable.name, %s) AS anon_1 FROM mytable", opts)
    assert_sql(am.select(t):where(t.c.name:match("x")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE MATCH (mytable.name) AGAINST " ..
      "(%s IN BOOLEAN MODE)", opts)
  end)

  it("literals stand in the text if asked to", function()
    local opts = { dialect = "default", literal_binds = true }
    assert_sql(am.select(t.c.name):where(t.c.name:eq("it's")),
      "SELECT mytable.name FROM mytable WHERE mytable.name = 'it''s'", opts)
    assert_sql(am.select(t.c.name):where(t.c.myid:in_({1, 2})),
      "SELECT mytable.name FROM mytable WHERE mytable.myid IN (1, 2)", opts)
  end)
end)
