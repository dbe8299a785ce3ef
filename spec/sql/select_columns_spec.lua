-- The columns of a SELECT: quoted, replaced, added, reduced, compared by name.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("columns of a SELECT", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local parent = fixtures.parent
  local child = fixtures.child

  it("are quoted where their names are words, upper case or blank", function()
    assert_sql(am.select(am.table("t1", am.column("x"), am.column("Y")):alias("A B").c.Y),
      "SELECT \"A B\".\"Y\" FROM t1 AS \"A B\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("t1", am.column("x")):alias("select")),
      "SELECT \"select\".x FROM t1 AS \"select\"",
      { dialect = "string" })
    assert_sql(am.select(am.column("x"):label("select")), "SELECT x AS \"select\"", { dialect = "string" })
  end)

  it("are quoted with their quotes doubled", function()
    assert_sql(am.select(am.column("x"):label("a.b")), "SELECT x AS \"a.b\"", { dialect = "string" })
    assert_sql(am.select(am.column('a"b')), "SELECT \"a\"\"b\"", { dialect = "string" })
    assert_sql(am.select(am.column("a`b")), "SELECT `a``b`", { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(am.table('t"x', am.column("q"))),
      "SELECT \"t\"\"x\".q FROM \"t\"\"x\"",
      { dialect = "string" })
  end)

  it("have quoted schemas and functions' own letters", function()
    assert_sql(am.select(am.table("T", am.column("q"), {schema="S"})),
      "SELECT \"S\".\"T\".q FROM \"S\".\"T\"",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(am.func.Foo(1), am.func.pkg.bar(2)),
      "SELECT Foo(:Foo_2) AS \"Foo_1\", pkg.bar(:bar_2) AS bar_1",
      { dialect = "string", params = { Foo_2 = 1, bar_2 = 2 } })
  end)

  it("are compared with ranges and literal columns", function()
    assert_sql(am.select(table1.c.myid):where(table1.c.myid:between(3, 5)),
      "SELECT mytable.myid FROM mytable WHERE mytable.myid BETWEEN :myid_1 AND :myid_2",
      { dialect = "string", params = { myid_1 = 3, myid_2 = 5 } })
    assert_sql(am.select(table1):where(table1.c.myid:eq(am.literal_column("5"))),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = 5",
      { dialect = "string" })
  end)

  it("are replaced, and tables that nothing needs are gone", function()
    assert_sql(am.select(table1):with_only_columns(table1.c.name),
      "SELECT mytable.name FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1, table2):with_only_columns(table1.c.name),
      "SELECT mytable.name FROM mytable",
      { dialect = "string" })
  end)

  it("are added", function()
    assert_sql(am.select(table1):add_columns(table2.c.otherid),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid FROM mytable, myothertable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):add_columns(table1.c.name, am.func.now()),
      "SELECT mytable.myid, mytable.name, now() AS now_1 FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid):column(table1.c.name),
      "SELECT mytable.myid, mytable.name FROM mytable",
      { dialect = "string" })
  end)

  it("are replaced while conditions stay", function()
    assert_sql(am.select(table1):where(table1.c.myid:eq(1)):with_only_columns(table1.c.name)
      :order_by(table1.c.name),
      "SELECT mytable.name FROM mytable WHERE mytable.myid = :myid_1 ORDER BY mytable.name",
      { dialect = "string", params = { myid_1 = 1 } })
  end)

  it("are replaced while joins stay", function()
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid))
      :with_only_columns(table2.c.othername),
      "SELECT myothertable.othername FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table2.c.otherid):join(table1, table1.c.myid:eq(table2.c.otherid))
      :with_only_columns(am.func.count()),
      "SELECT count(*) AS count_1 FROM myothertable JOIN mytable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("are reduced to those that are not equal to another", function()
    assert_sql(am.select(parent.c.id, child.c.id, child.c.parent_id):select_from(parent:join(child))
      :reduce_columns(),
      "SELECT parent.id, child.id AS id_1, child.parent_id FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(parent.c.id, child.c.id, child.c.parent_id):select_from(parent:join(child))
      :reduce_columns({only_synonyms=false}),
      "SELECT parent.id, child.id AS id_1 FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
  end)

  it("are named by filter_by() in vain where nothing is selected from", function()
    local ok, e = pcall(function() return am.select(am.func.count()):filter_by { id = 1 } end)
    assert.same({ false, 'Entity namespace for "count(*)" has no property "id"' }, { ok, e.message })
  end)

  it("are compared by name with filter_by(), in the table that was joined last", function()
    assert_sql(am.select(table1):filter_by({name="x"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.name = :name_1",
      { dialect = "string", params = { name_1 = "x" } })
    assert_sql(am.select(table1):filter_by({name="x", myid=5}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable WHERE mytable.myid = :myid_1 "
      .. "AND mytable.name = :name_1",
      { dialect = "string", params = { myid_1 = 5, name_1 = "x" } })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid)):filter_by({othername="x"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid WHERE myothertable.othername = :othername_1",
      { dialect = "string", params = { othername_1 = "x" } })
  end)

  it("must be there to be compared by name", function()
    assert_refused("InvalidRequestError", function()
      return am.select(table1):filter_by({nope="x"})
    end)
  end)

  it("are not taken from plain texts, nor tables and conditions", function()
    assert_refused("ArgumentError", function()
      return am.select("x")
    end)
    assert_refused("ArgumentError", function()
      return am.select("x + y")
    end)
    assert_refused("ArgumentError", function()
      return am.select(table1):where("x = 1")
    end)
    assert_refused("ArgumentError", function()
      return am.select(table1):select_from("x")
    end)
    assert_refused("ArgumentError", function()
      return am.select(am.select(table1))
    end)
  end)
end)
