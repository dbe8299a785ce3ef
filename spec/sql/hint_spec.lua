-- Words that a program adds to a SELECT: prefixes, suffixes, hints.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local raises_exc = require("support.init").raises_exc

describe("prefixes, suffixes and hints", function()
  local table1 = fixtures.table1

  it("stand in their order", function()
    assert_sql(am.select(table1):prefix_with("A"):prefix_with("B"),
      "SELECT A B mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with("A", "B"):suffix_with("C"),
      "SELECT A B mytable.myid, mytable.name, mytable.description FROM mytable C",
      { dialect = "string" })
  end)

  it("belong to one dialect, and may be texts with values", function()
    assert_sql(am.select(table1):prefix_with("A", {dialect="mysql"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with("A", {dialect="mysql"}),
      "SELECT A mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):suffix_with("X", {dialect="postgresql"}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string" })
    assert_sql(am.select(table1):prefix_with(am.text("x = :y"):bindparams({y=3})),
      "SELECT x = :y mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "string", params = { y = 3 } })
  end)

  it("of tables stand behind the table that is meant, in their dialect", function()
    assert_sql(am.select(table1):with_hint(table1, "hint(%(name)s)"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable [hint(mytable)]",
      { dialect = "string" })
    assert_sql(am.select(table1):with_hint(table1, "USE INDEX (x)"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable USE INDEX (x)",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1:alias("q")):with_hint(table1, "USE INDEX (x)"),
      "SELECT q.myid, q.name, q.description FROM mytable AS q",
      { dialect = "mysql", paramstyle = "named" })
    local a1 = table1:alias("a1")
    assert_sql(am.select(a1):with_hint(a1, "USE INDEX (%(name)s)"),
      "SELECT a1.myid, a1.name, a1.description FROM mytable AS a1 USE INDEX (a1)",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_hint(table1, "USE INDEX (x)", "sqlite"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("of statements stand at the end", function()
    assert_sql(am.select(table1):with_statement_hint("hint one"):with_statement_hint("hint two"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable hint one hint two",
      { dialect = "string" })
    assert_sql(am.select(table1):with_statement_hint("hint one", "postgresql"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable hint one",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_statement_hint("hint one", "postgresql"),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("are refused without a text", function()
    for _, make in ipairs{ am.delete, am.update, am.insert } do
      raises_exc("ArgumentError", function() make(table1):with_hint(nil) end, "^with_hint: expected a string, got nil")
    end
    raises_exc("ArgumentError", function() am.select(table1):with_hint(table1) end, "^with_hint: expected a string")
    raises_exc("ArgumentError", function() am.select(table1):with_statement_hint(5) end,
      "^with_statement_hint: expected a string, got number")
    raises_exc("ArgumentError", function() am.update(table1):ordered_values("name") end,
      "^ordered_values: expected a table, got string")
  end)
end)
