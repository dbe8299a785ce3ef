-- JOIN: conditions found and given, sides, what becomes of FROM.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("joins", function()
  local table1 = fixtures.table1
  local table2 = fixtures.table2
  local table3 = fixtures.table3
  local parent = fixtures.parent
  local child = fixtures.child
  local grand = fixtures.grand

  it("are made of a SELECT by its methods, one after the other", function()
    assert_sql(am.select(table1):join_from(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1.c.name):join(table2, table1.c.myid:eq(table2.c.otherid))
      :join(table3, table3.c.userid:eq(table2.c.otherid)),
      "SELECT mytable.name FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid JOIN "
      .. "thirdtable ON thirdtable.userid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("are outer or full, as methods or by options", function()
    assert_sql(am.select(table1):outerjoin(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LEFT OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid), {full=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FULL OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):join(table2, table1.c.myid:eq(table2.c.otherid), {isouter=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable LEFT OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1):outerjoin_from(table1, table2, table1.c.myid:eq(table2.c.otherid), {full=true}),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable FULL OUTER JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("are shown by themselves", function()
    assert_sql(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      "mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
  end)

  it("may be selected from, with all their columns", function()
    assert_sql(am.select(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(table1.c.myid)
      :select_from(am.outerjoin(table1, table2, table1.c.myid:eq(table2.c.otherid))),
      "SELECT mytable.myid FROM mytable LEFT OUTER JOIN myothertable ON mytable.myid = myothertable.otherid",
      { dialect = "string" })
    assert_sql(am.select(am.join(am.join(table1, table2, table1.c.myid:eq(table2.c.otherid)),
      table3, table1.c.myid:eq(table3.c.userid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid JOIN thirdtable ON mytable.myid = thirdtable.userid",
      { dialect = "string" })
  end)

  it("stand in parentheses on the right side of another", function()
    assert_sql(am.select(am.join(table1, am.join(table2, table3, table2.c.otherid
      :eq(table3.c.userid)), table1.c.myid:eq(table3.c.userid))),
      "SELECT mytable.myid, mytable.name, mytable.description, myothertable.otherid, "
      .. "myothertable.othername, thirdtable.userid, thirdtable.otherstuff FROM mytable JOIN (myothertable "
      .. "JOIN thirdtable ON myothertable.otherid = thirdtable.userid) ON mytable.myid = thirdtable.userid",
      { dialect = "string" })
  end)

  it("find their condition in the foreign keys", function()
    assert_sql(am.select(parent):join(child),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
  end)

  it("refuse two ways to join", function()
    assert_refused("InvalidRequestError", function()
      return am.select(parent, grand.c.id):join(child):join(grand)
    end)
  end)

  it("find their left side by the foreign keys", function()
    assert_sql(am.select(parent):join(child):join(grand, grand.c.child_id:eq(child.c.id)),
      "SELECT parent.id, parent.data FROM parent JOIN child ON parent.id = child.parent_id JOIN grand ON "
      .. "grand.child_id = child.id",
      { dialect = "string" })
    assert_sql(am.select(child):join(parent),
      "SELECT child.id, child.parent_id, child.flag FROM child JOIN parent ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(parent):join(grand),
      "SELECT parent.id, parent.data FROM parent JOIN grand ON parent.id = grand.p2",
      { dialect = "string" })
  end)

  it("refuse two left sides", function()
    assert_refused("InvalidRequestError", function()
      return am.select(child, grand):join(parent)
    end)
  end)

  it("find their condition with aliases and subqueries", function()
    assert_sql(am.join(parent, child), "parent JOIN child ON parent.id = child.parent_id", { dialect = "string" })
    assert_sql(am.join(am.join(parent, child), grand),
      "parent JOIN child ON parent.id = child.parent_id JOIN grand ON child.id = grand.child_id",
      { dialect = "string" })
    assert_sql(am.join(parent, child:alias("cc")),
      "parent JOIN child AS cc ON parent.id = cc.parent_id",
      { dialect = "string" })
    assert_sql(am.join(parent:alias(), child:alias()),
      "parent AS parent_1 JOIN child AS child_1 ON parent_1.id = child_1.parent_id",
      { dialect = "string" })
    assert_sql(am.join(parent, am.select(child):subquery("cs")),
      "parent JOIN (SELECT child.id AS id, child.parent_id AS parent_id, child.flag AS flag FROM child) AS "
      .. "cs ON parent.id = cs.parent_id",
      { dialect = "string" })
  end)

  it("refuse to guess where there is no foreign key", function()
    assert_refused("NoForeignKeysError", function()
      return am.join(parent, am.select(child.c.flag):subquery("cs"))
    end)
    assert_refused("NoForeignKeysError", function()
      return am.join(table1, table2)
    end)
  end)

  it("leave other tables beside them", function()
    assert_sql(am.select(table1, table3):join(table2, table1.c.myid:eq(table2.c.otherid)),
      "SELECT mytable.myid, mytable.name, mytable.description, thirdtable.userid, thirdtable.otherstuff "
      .. "FROM mytable JOIN myothertable ON mytable.myid = myothertable.otherid, thirdtable",
      { dialect = "string" })
  end)

  it("refuse a condition that tells no left side", function()
    assert_refused("InvalidRequestError", function()
      return am.select(table1.c.myid, table3.c.userid):join(table2, table2.c.otherid:eq(5))
    end)
  end)

  it("take the place of their tables in FROM", function()
    assert_sql(am.select(table1):select_from(table1):join(table2, table1.c.myid:eq(table2.c.otherid))
      :where(table2.c.othername:eq("x")),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable JOIN myothertable ON "
      .. "mytable.myid = myothertable.otherid WHERE myothertable.othername = :othername_1",
      { dialect = "string", params = { othername_1 = "x" } })
    assert_sql(am.select(table1):select_from(table2, table1),
      "SELECT mytable.myid, mytable.name, mytable.description FROM myothertable, mytable",
      { dialect = "string" })
    assert_sql(am.select(table2.c.otherid, table1.c.myid):select_from(table1),
      "SELECT myothertable.otherid, mytable.myid FROM mytable, myothertable",
      { dialect = "string" })
  end)

  it("leave their columns with the tables", function()
    assert_sql(am.select(parent:join(child).c.child_parent_id),
      "SELECT child.parent_id FROM child",
      { dialect = "string" })
  end)

  it("label their columns with the tables' names, and in subqueries", function()
    assert_sql(am.select(am.join(parent, child)):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL),
      "SELECT parent.id AS parent_id, parent.data AS parent_data, child.id AS child_id, child.parent_id AS "
      .. "child_parent_id, child.flag AS child_flag FROM parent JOIN child ON parent.id = child.parent_id",
      { dialect = "string" })
    assert_sql(am.select(am.join(parent, child)):subquery():select(),
      "SELECT anon_1.id, anon_1.data, anon_1.id_1, anon_1.parent_id, anon_1.flag FROM (SELECT parent.id AS "
      .. "id, parent.data AS data, child.id AS id_1, child.parent_id AS parent_id, child.flag AS flag FROM "
      .. "parent JOIN child ON parent.id = child.parent_id) AS anon_1",
      { dialect = "string" })
  end)
end)

describe("a join that finds no foreign key", function()
  it("says what an alias without a name is an alias of", function()
    local metadata = am.MetaData()
    local a = am.Table("a", metadata, am.Column("id", am.Integer))
    local b = am.Table("b", metadata, am.Column("id", am.Integer))
    local function refused(right, name)
      local ok, err = pcall(a.join, a, right)
      assert.is_false(ok)
      assert.equal("Can't find any foreign key relationships between 'a' and '" .. name .. "'.", err.message)
    end
    refused(b:alias(), "Anonymous alias of b")
    refused(am.tablesample(b, 5), "Anonymous alias of b")
    refused(am.select(b):lateral(), "Anonymous alias of anon_1")
    refused(am.func.f(1):table_valued("x"), "Anonymous alias of f")
    refused(am.select(b):subquery(), "anon_1")
    refused(am.select(b):lateral("q"), "q")
  end)
end)
