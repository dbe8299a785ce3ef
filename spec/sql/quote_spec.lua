-- Names that are written in quotes.
local am = require "alchemoon"
local sql = require "support.sql"
local assert_sql = sql.assert_sql

describe("names that need quotes", function()

  it("are words, upper case, blanks and points, of columns, tables and schemas", function()
    assert_sql(am.select(am.table("t", am.column("order"), am.column("Mixed"), am.column("a b"))),
      "SELECT t.\"order\", t.\"Mixed\", t.\"a b\" FROM t",
      { dialect = "string" })
    assert_sql(am.select(am.table("Order", am.column("x"))),
      "SELECT \"Order\".x FROM \"Order\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("t", am.column("x"), {schema="Some"})),
      "SELECT \"Some\".t.x FROM \"Some\".t",
      { dialect = "string" })
    assert_sql(am.select(am.table("t", am.column("x"), {schema="a.b"})),
      "SELECT \"a.b\".t.x FROM \"a.b\".t",
      { dialect = "string" })
  end)

  it("are known per database", function()
    assert_sql(am.select(am.table("user", am.column("offset"), am.column("x"))),
      "SELECT \"user\".\"offset\", \"user\".x FROM \"user\"",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(am.table("user", am.column("order"), am.column("x"))),
      "SELECT user.`order`, user.x FROM user",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(am.table("user", am.column("order"), am.column("x"))),
      "SELECT user.\"order\", user.x FROM user",
      { dialect = "sqlite", paramstyle = "named" })
  end)

  it("are quoted as aliases and labels, too", function()
    assert_sql(am.select(am.table("t", am.column("x")):alias("Foo")),
      "SELECT \"Foo\".x FROM t AS \"Foo\"",
      { dialect = "string" })
    assert_sql(am.select(am.table("t", am.column("x")):alias("a b")),
      "SELECT \"a b\".x FROM t AS \"a b\"",
      { dialect = "string" })
    assert_sql(am.select(am.column("x"):label("Label X")):order_by("Label X"),
      "SELECT x AS \"Label X\" ORDER BY \"Label X\"",
      { dialect = "string" })
  end)

  it("may hold digits and dollars, but not begin with them", function()
    assert_sql(am.select(am.column("1x"), am.column("_x"), am.column("$x"), am.column("x$")),
      "SELECT \"1x\", _x, \"$x\", x$",
      { dialect = "string" })
  end)
end)
