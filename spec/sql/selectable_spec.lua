-- What can stand in FROM, from the side of the program: columns, keys, correspondence.
local unpack = table.unpack or unpack -- luacheck: ignore 113
local am = require "alchemoon"
local core = require "alchemoon.core"
local fixtures = require "support.tables"
local assert_sql = require("support.sql").assert_sql

describe("FROM elements", function()
  local table1, table2 = fixtures.table1, fixtures.table2
  local parent, child, keyed = fixtures.parent, fixtures.child, fixtures.keyed

  local function refused(class_name, pattern, fn)
    local ok, err = pcall(fn)
    assert.is_false(ok)
    assert.is_true(am.exc.is(err, am.exc[class_name]), tostring(err))
    assert.matches(pattern, tostring(err))
  end

  it("have columns, as constraints and indexes have", function()
    local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer, { primary_key = true }),
      am.Column("b", am.Integer, { index = true }), am.Column("c", am.Integer))
    assert.equal(3, #am.columns(t))
    assert.same({ t.c.a }, { unpack(am.columns(t.primary_key)) })
    assert.same({ t.c.b }, { unpack(am.columns(t.indexes[1])) })
  end)

  it("have collections of columns", function()
    local c = table1.c
    assert.is_true(c.myid == table1.c.myid)
    assert.is_true(c[1] == c.myid and c[4] == nil)
    assert.equal(3, #c)
    assert.same({ "myid", "name", "description" }, { unpack(c:keys()) })
    assert.is_true(c:contains(c.name) and c:contains("name") and not c:contains("x"))
    assert.equal("ColumnCollection(myid, name, description)", tostring(c))
    assert.is_true(c == table1.columns)
    local pair = c:at("name", "myid")
    assert.is_true(pair[1] == c.name and pair[2] == c.myid)
    assert.equal(3, #am.columns(table1))
  end)

  it("name columns before methods", function()
    local t = am.table("t", am.column("at"), am.column("keys"), am.column("contains"))
    assert.equal("t.at", tostring(t.c.at))
    assert.equal("t.keys", tostring(t.c.keys))
  end)

  it("refuse unknown and assigned columns", function()
    refused("ArgumentError", "no column named 'nme'; did you mean 'name'", function() return table1.c.nme end)
    refused("ArgumentError", "read%-only", function() table1.c.name = 1 end)
    refused("ArgumentError", "already assigned", function() am.table("x", table1.c.name) end)
    refused("ArgumentError", "column%(%)", function() am.table("x", "name") end)
  end)

  it("go by keys, not names", function()
    assert.equal("keyed.x", tostring(keyed.c.colx))
    assert.equal("keyed_1.x", tostring(am.select(keyed:alias().c.colx)):match("keyed_1%.x"))
    assert.is_nil(keyed.c:get("x"))
    local sub = am.select(keyed.c.colx, keyed.c.coly:label("q")):subquery("s")
    assert.same({ "colx", "q" }, { unpack(sub.c:keys()) })
  end)

  it("find columns of joins by table and name", function()
    local j = parent:join(child)
    assert.is_true(j.c.parent_id == parent.c.id and j.c.child_parent_id == child.c.parent_id)
    assert.equal(5, #j.c)
    assert.is_true(j.left == parent and j.right == child and not j.isouter)
    assert.is_true(parent:outerjoin(child).isouter)
    assert.is_true(parent:join(child, { full = true }).full)
    assert.equal("parent.id = child.parent_id", tostring(j.onclause))
  end)

  it("refuse joins without a foreign key, or with several", function()
    refused("NoForeignKeysError", "Can't find any foreign key relationships between 'mytable' and 'parent'",
      function() return am.join(table1, parent) end)
    local md = am.MetaData()
    local a = am.Table("a", md, am.Column("id", am.Integer, { primary_key = true }))
    local b = am.Table("b", md, am.Column("x", am.ForeignKey("a.id")), am.Column("y", am.ForeignKey("a.id")))
    refused("AmbiguousForeignKeysError", "Can't determine join between 'a' and 'b'", function() return a:join(b) end)
    refused("ArgumentError", "unknown option 'outer'", function() return a:join(b, { outer = true }) end)
    assert_sql(a:join(b, b.c.x:eq(a.c.id)), "a JOIN b ON b.x = a.id")
  end)

  it("join by composite foreign keys", function()
    local md = am.MetaData()
    local a = am.Table("a", md, am.Column("x", am.Integer, { primary_key = true }),
      am.Column("y", am.Integer, { primary_key = true }))
    local b = am.Table("b", md, am.Column("ax", am.Integer), am.Column("ay", am.Integer),
      am.ForeignKeyConstraint({ "ax", "ay" }, { "a.x", "a.y" }))
    assert_sql(a:join(b), "a JOIN b ON a.x = b.ax AND a.y = b.ay")
    assert_sql(a:alias("q"):join(b:alias("r")), "a AS q JOIN b AS r ON q.x = r.ax AND q.y = r.ay")
    assert_sql(am.select(am.select(b):subquery("s")):join(a),
      "SELECT s.ax, s.ay FROM (SELECT b.ax AS ax, b.ay AS ay FROM b) AS s JOIN a ON a.x = s.ax AND a.y = s.ay")
  end)

  it("are described and derived", function()
    local alias = table1:alias("a")
    assert.equal("a", alias.name)
    assert.is_true(alias.original == table1 and alias.named_with_column)
    assert.equal("mytable", table1.description)
    assert.is_true(alias:is_derived_from(table1) and not table1:is_derived_from(table2))
    assert.is_true(am.select(table1):subquery():is_derived_from(table1))
  end)

  it("make new constructs each time, equal in key", function()
    assert.is_false(table1:alias() == table1:alias())
    assert.equal(core.node_key(am.select(table1:alias("a"))), core.node_key(am.select(table1:alias("a"))))
    assert.is_true(am.select(table1):compare(am.select(table1)))
    assert.is_false(am.select(table1):compare(am.select(table2)))
  end)

  it("are equal if the values of their parameters are, too", function()
    local function where(value) return am.select(table1):where(table1.c.myid:eq(value)) end
    assert.is_true(where(5):compare(where(5)))
    assert.is_false(where(5):compare(where(6)))
    assert.is_true(table1.c.myid:in_({ 1, 2 }):compare(table1.c.myid:in_ { 1, 2 }))
    assert.is_false(table1.c.myid:in_({ 1, 2 }):compare(table1.c.myid:in_ { 1, 3 }))
    assert.is_false(am.bindparam("x"):compare(am.bindparam("x", 5)))
  end)

  it("show a column without a name, which only the text for people renders", function()
    assert.equal('"<name unknown>" = :param_1', tostring(am.Column(am.Integer):eq(5)))
  end)

  it("are equal with the operands of what is commutative in any order", function()
    local a, b = am.column("a"), am.column("b")
    assert.is_true(a:eq(b):compare(b:eq(a)))
    assert.is_true((a + b):compare(b + a))
    assert.is_true(am.and_(a:eq(1), b:eq(2)):compare(am.and_(b:eq(2), a:eq(1))))
    assert.is_true(am.select(a):where(a:eq(b)):compare(am.select(a):where(b:eq(a))))
    assert.is_false((a - b):compare(b - a))
    assert.is_false(a:lt(b):compare(b:lt(a)))
    assert.is_false(am.and_(a:eq(1), b:eq(2)):compare(am.and_(a:eq(2), b:eq(1))))
    assert.is_false(am.and_(a:eq(1), b:eq(2)):compare(am.or_(a:eq(1), b:eq(2))))
  end)
end)

describe("a SELECT", function()
  local table1, table2 = fixtures.table1, fixtures.table2
  local parent, child = fixtures.parent, fixtures.child

  it("answers what it is about", function()
    local s = am.select(table1.c.myid, am.func.count():label("n"), am.text("x")):where(table1.c.myid:eq(1))
    assert.same({ "myid", "n" }, { unpack(s.selected_columns:keys()) })
    assert.is_true(s.selected_columns.myid == table1.c.myid)
    assert.equal("mytable.myid = :myid_1", tostring(s.whereclause))
    assert.is_nil(am.select(table1).whereclause)
    assert.equal(1, #s.froms)
    assert.is_true(s.columns_clause_froms[1] == table1)
    assert.equal("mytable", s:get_final_froms()[1].name)
    local described = s.column_descriptions
    assert.equal("n", described[2].name)
    assert.is_true(described[1].expr == table1.c.myid)
  end)

  it("keeps its former self", function()
    local s = am.select(table1)
    s:where(table1.c.myid:eq(1)):order_by(table1.c.name):limit(2)
    assert_sql(s, "SELECT mytable.myid, mytable.name, mytable.description FROM mytable")
  end)

  it("has options of execution and parameters", function()
    local s = am.select(table1):where(table1.c.name:eq(am.bindparam("n"))):execution_options { a = 1 }
    assert.same({ a = 1, b = 2 }, s:execution_options { b = 2 }:get_execution_options())
    assert.equal("x", s:params { n = "x" }:compile().params.n)
    assert.equal(am.LABEL_STYLE_DEFAULT, s:get_label_style())
  end)

  it("has no columns of its own", function()
    local ok, err = pcall(function() return am.select(table1).c end)
    assert.is_false(ok)
    assert.matches("subquery", tostring(err))
  end)

  it("shows misspelt methods", function()
    local ok, err = pcall(function() return am.select(table1):wher() end)
    assert.is_false(ok)
    assert.matches("Select object has no attribute 'wher'; did you mean 'where'", tostring(err))
  end)

  it("explains booleans and strings where conditions are needed", function()
    local ok, err = pcall(function() return am.select(table1):where(table1.c.myid == 5) end)
    assert.is_false(ok)
    assert.matches("a:eq%(b%)", tostring(err))
    ok, err = pcall(function() return am.select(table1):where("x = 1") end)
    assert.is_false(ok)
    assert.matches("declared as text", tostring(err))
  end)

  it("translates schemas", function()
    local md = am.MetaData()
    local t = am.Table("t", md, am.Column("x", am.Integer), { schema = "one" })
    local u = am.Table("u", md, am.Column("x", am.Integer))
    local s = am.select(t.c.x, u.c.x)
    local map = { schema_translate_map = { one = "two", [am.null] = "three" }, render_schema_translate = true }
    assert_sql(s, "SELECT two.t.x, three.u.x AS x_1 FROM two.t, three.u", map)
    local engine = am.create_engine "sqlite://"
    engine:connect(function(conn) -- what it is compiled for may stand before the options; it knows the default schema
      map.schema_translate_map[am.null] = nil
      assert.matches("^SELECT two.t.x ", tostring(am.select(t.c.x):compile(conn, map)))
      map.schema_translate_map.one = am.null
      assert.matches("^SELECT main.t.x ", tostring(am.select(t.c.x):compile(engine, map)))
    end)
    engine:dispose()
  end)

  it("numbers anonymous subqueries from the outside to the inside", function()
    local t = am.table("t", am.column("x"))
    local inner = am.select(am.select(t):subquery()):subquery()
    assert_sql(am.select(am.func.count()):select_from(inner), "SELECT count(*) AS count_1 FROM (SELECT anon_2.x AS x "
      .. "FROM (SELECT t.x AS x FROM t) AS anon_2) AS anon_1")
  end)

  it("keeps joins made before with_only_columns", function()
    local s = am.select(parent):join(child):with_only_columns(am.func.count())
    assert_sql(s, "SELECT count(*) AS count_1 FROM parent JOIN child ON parent.id = child.parent_id")
    assert_sql(am.select(table2):where(table2.c.otherid:eq(table1.c.myid))
      :with_only_columns(table1.c.myid, { maintain_column_froms = true }),
      "SELECT mytable.myid FROM myothertable, mytable WHERE myothertable.otherid = mytable.myid")
  end)

  it("takes a collection of columns wherever columns are listed", function()
    local two = table1.c:at("myid", "name")
    assert_sql(am.select(two, table1.c.description):group_by(two):order_by(two),
      "SELECT mytable.myid, mytable.name, mytable.description FROM mytable GROUP BY mytable.myid, mytable.name "
      .. "ORDER BY mytable.myid, mytable.name")
    assert_sql(am.select(table2.c):add_columns(two), "SELECT myothertable.otherid, myothertable.othername, "
      .. "mytable.myid, mytable.name FROM myothertable, mytable")
    assert_sql(am.delete(table1):returning(two), "DELETE FROM mytable RETURNING mytable.myid, mytable.name")
    local ok, e = pcall(am.tuple_, two)
    assert.is_false(ok)
    assert.matches("several columns", e.message)
  end)

  it("quotes names that are to be quoted", function()
    local s = am.select(table1.c.myid:label(am.quoted_name("x", true)))
    assert_sql(s, 'SELECT mytable.myid AS "x" FROM mytable')
    assert_sql(am.select(table1:alias(am.quoted_name("A", false))),
      "SELECT A.myid, A.name, A.description FROM mytable AS A")
    assert_sql(am.select(am.table(am.quoted_name("t", true), am.column(am.quoted_name("c", true)))),
      'SELECT "t"."c" FROM "t"')
  end)

  it("shortens long names", function()
    local long = ("n"):rep(70)
    local t = am.table(long, am.column("some_column"))
    local text = am.select(t):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):compile { dialect = "postgresql" }.sql
    assert.matches("AS " .. ("n"):rep(57) .. "_1", text)
  end)
end)

describe("a scalar subquery", function()
  it("has what its SELECT has, beyond its own", function()
    local t = am.table("t", am.column "a", am.column "b")
    local scalar = am.select(t.c.a):where(t.c.b:eq(1)):scalar_subquery()
    assert.equal("SELECT t.b FROM t WHERE t.b = :b_1", (tostring(scalar:with_only_columns(t.c.b)):gsub("%s+", " ")))
    assert.has_error(function() return scalar.nothing end)
  end)
end)

describe("the primary key of a join", function()
  local function keys(join)
    local out = {}
    for i, column in ipairs(join.primary_key) do out[i] = tostring(column) end
    return out
  end

  it("says a chain of foreign keys once", function()
    local md = am.MetaData()
    local function link(name, target)
      return am.Table(name, md, am.Column("id", am.Integer, target and am.ForeignKey(target), { primary_key = true }))
    end
    local a, b, c, d = link "a", link("b", "a.id"), link("c", "b.id"), link("d", "c.id")
    assert.same({ "a.id" }, keys(a:join(b):join(c)))
    assert.same({ "a.id" }, keys(c:join(b):join(a)))
    assert.same({ "b.id" }, keys(b:join(c):join(d)))
    assert.same({ "a.id" }, keys(a:join(b):join(c):join(d)))
  end)

  it("keeps one column of a circle of foreign keys", function()
    local md = am.MetaData()
    local e = am.Table("e", md, am.Column("id", am.Integer, am.ForeignKey("f.id"), { primary_key = true }))
    local f = am.Table("f", md, am.Column("id", am.Integer, am.ForeignKey("e.id"), { primary_key = true }))
    assert.equal(1, #keys(e:join(f, e.c.id:eq(f.c.id))))
  end)
end)

describe("quoted_name()", function()
  it("takes its wish by name, too", function()
    assert.is_false(am.quoted_name("X", { quote = false }).quote)
    assert.is_true(am.quoted_name("x", { quote = true }).quote)
    assert.is_true(am.quoted_name { value = "x", quote = true }.quote)
    assert.equal("x", am.quoted_name "x")
  end)
end)

describe("tostring() of a column", function()
  it("names what it is selected from, whether that has a name or not", function()
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer), { schema = "s" })
    local light = am.table("k", am.column "x")
    local expected = {
      ["t.id"] = t.c.id, ["anon_1.id"] = am.select(t):subquery().c.id, ["z.id"] = am.select(t):subquery("z").c.id,
      ["Anonymous alias of t.id"] = t:alias().c.id, ["anon_1.x"] = am.select(light):cte().c.x,
      ["Anonymous alias of anon_1.id"] = am.select(t):lateral().c.id, ["k_1.x"] = light:alias().c.x,
      ["k.x"] = light.c.x, ["x"] = am.column "x", ["y"] = am.Column "y", ["(no name)"] = am.Column(am.Integer),
      ["f"] = am.func.a():column_valued "f",
    }
    for text, column in pairs(expected) do assert.equal(text, tostring(column)) end
  end)
end)
