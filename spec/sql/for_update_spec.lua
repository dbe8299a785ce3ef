-- SELECT ... FOR UPDATE in the words of each database.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql

describe("FOR UPDATE", function()
  local table1 = fixtures.table1
  local parent = fixtures.parent
  local child = fixtures.child

  it("is all that an unknown database gets", function()
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "string" })
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "string" })
  end)

  it("has all its forms on PostgreSQL", function()
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR SHARE",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true, nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR SHARE NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE SKIP LOCKED",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({key_share=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR NO KEY UPDATE",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({key_share=true, read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR KEY SHARE",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("of some tables or columns names the tables", function()
    assert_sql(am.select(table1):with_for_update({of=table1}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({of=table1.c.myid, skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable SKIP LOCKED",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({of={table1.c.myid, table1.c.name}, nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE OF mytable NOWAIT",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(table1:alias("x")):with_for_update({of=table1}),
      "SELECT x.myid, x.name, x.description FROM mytable AS x FOR UPDATE OF mytable",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(parent):join(child):with_for_update({of={parent, child}}),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id FOR UPDATE OF parent, child",
      { dialect = "postgresql", paramstyle = "named" })
  end)

  it("has the forms that MySQL knows", function()
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({read=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LOCK IN SHARE MODE",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({nowait=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE NOWAIT",
      { dialect = "mysql", paramstyle = "named" })
    assert_sql(am.select(table1):with_for_update({skip_locked=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FOR UPDATE SKIP LOCKED",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("is left out on SQLite", function()
    assert_sql(am.select(table1):with_for_update(),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable",
      { dialect = "sqlite", paramstyle = "named" })
  end)
end)
