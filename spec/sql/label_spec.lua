-- Labels of expressions: where they stand for them, and where the expression is repeated.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("labels", function()
  local table1 = fixtures.table1
  local child = fixtures.child

  local lu = table1.c.myid:label("lab")

  it("are what ORDER BY names, with a direction too", function()
    assert_sql(am.select(lu):order_by(lu),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab",
      { dialect = "string" })
    assert_sql(am.select(lu):order_by(lu:desc()),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab DESC",
      { dialect = "string" })
    assert_sql(am.select(lu):order_by(am.desc(lu)),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY lab DESC",
      { dialect = "string" })
  end)

  it("are not what GROUP BY names: it repeats the expression", function()
    assert_sql(am.select(lu):group_by(lu),
      "SELECT mytable.myid AS lab FROM mytable GROUP BY mytable.myid",
      { dialect = "string" })
  end)

  it("are not what an expression in ORDER BY names", function()
    assert_sql(am.select(lu):order_by(lu + 5),
      "SELECT mytable.myid AS lab FROM mytable ORDER BY mytable.myid + :param_1",
      { dialect = "string", params = { param_1 = 5 } })
  end)

  it("are found by their text before columns of that name", function()
    assert_sql(am.select(lu, table1.c.name):order_by("lab", "name"),
      "SELECT mytable.myid AS lab, mytable.name FROM mytable ORDER BY lab, mytable.name",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name:label("myid"), table1.c.myid:label("name")):order_by("name"),
      "SELECT mytable.name AS myid, mytable.myid AS name FROM mytable ORDER BY name",
      { dialect = "string" })
  end)

  it("of functions are repeated in WHERE, GROUP BY and HAVING", function()
    local lf = am.func.foo(table1.c.myid):label("lf")
    assert_sql(am.select(lf):where(lf:gt(5)):order_by(lf:desc()):group_by(lf),
      "SELECT foo(mytable.myid) AS lf FROM mytable WHERE foo(mytable.myid) > :param_1 GROUP BY "
      .. "foo(mytable.myid) ORDER BY lf DESC",
      { dialect = "string", params = { param_1 = 5 } })
    assert_sql(am.select(lf):having(lf:gt(3)),
      "SELECT foo(mytable.myid) AS lf FROM mytable HAVING foo(mytable.myid) > :param_1",
      { dialect = "string", params = { param_1 = 3 } })
  end)

  it("that are not selected are ordered by what they label", function()
    assert_sql(am.select(table1.c.myid):order_by(table1.c.myid:label("foo")),
      "SELECT mytable.myid FROM mytable ORDER BY mytable.myid",
      { dialect = "string" })
  end)

  it("may be the same for two columns", function()
    assert_sql(am.select(table1.c.myid:label("foo"), table1.c.name:label("foo")),
      "SELECT mytable.myid AS foo, mytable.name AS foo FROM mytable",
      { dialect = "string" })
  end)

  it("without a name get one", function()
    assert_sql(am.select(table1.c.myid:label(nil)),
      "SELECT mytable.myid AS myid_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.func.lower(table1.c.name):label(nil), am.literal(3):label(nil)),
      "SELECT lower(mytable.name) AS lower_1, :param_1 AS anon_1 FROM mytable",
      { dialect = "string", params = { param_1 = 3 } })
  end)

  it("replace one another", function()
    assert_sql(am.select(table1.c.myid:label("a"):label("b")),
      "SELECT mytable.myid AS b FROM mytable",
      { dialect = "string" })
  end)

  it("of equal expressions are two", function()
    assert_sql(am.select(table1.c.myid + 5, table1.c.myid + 5),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.myid + :myid_2 AS anon_2 FROM mytable",
      { dialect = "string", params = { myid_1 = 5, myid_2 = 5 } })
  end)

  it("of one expression that comes twice are numbered", function()
    local x5 = table1.c.myid + 5
    assert_sql(am.select(x5, x5),
      "SELECT mytable.myid + :myid_1 AS anon_1, mytable.myid + :myid_1 AS anon__1 FROM mytable",
      { dialect = "string", params = { myid_1 = 5 } })
    assert_sql(am.select(x5:label("q"), x5:label("q")),
      "SELECT mytable.myid + :myid_1 AS q, mytable.myid + :myid_1 AS q FROM mytable",
      { dialect = "string", params = { myid_1 = 5 } })
  end)

  it("of casts are the columns' names, numbered where they come twice", function()
    assert_sql(am.select(am.cast(table1.c.myid, am.String)),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(am.cast(table1.c.myid, am.String), am.cast(table1.c.myid, am.Integer)),
      "SELECT CAST(mytable.myid AS VARCHAR) AS myid, CAST(mytable.myid AS INTEGER) AS myid__1 FROM mytable",
      { dialect = "string" })
    local ca = am.cast(table1.c.myid, am.String)
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

  it("of a negation: none, but where the database has no booleans", function()
    assert_sql(am.select(-table1.c.myid), "SELECT -mytable.myid FROM mytable", { dialect = "string" })
    assert_sql(am.select(am.not_(child.c.flag)), "SELECT NOT child.flag FROM child", { dialect = "string" })
    assert_sql(am.select(am.not_(child.c.flag)),
      "SELECT child.flag = 0 AS flag FROM child",
      { dialect = "sqlite", paramstyle = "named" })
  end)

  it("of a negation in a subquery have a number", function()
    assert_sql(am.select(am.select(-table1.c.myid):subquery()),
      "SELECT anon_2.anon_1 FROM (SELECT -mytable.myid AS anon_1 FROM mytable) AS anon_2",
      { dialect = "string" })
  end)

  it("of functions, CASE and concatenations have numbers in every style", function()
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
  end)
end)
