-- Expressions and statements in which one table stands for another.
local am = require "alchemoon"
local core = require "alchemoon.core"
local fixtures = require "support.tables"

describe("adaptation and correspondence", function()
  local adapt = core.adapt
  local table1, table2 = fixtures.table1, fixtures.table2
  local parent, child = fixtures.parent, fixtures.child

  local function is(text, construct)
    assert.equal(text, (tostring(construct):gsub("%s+", " ")))
  end
  local function names(list)
    local out = {}
    for i, column in ipairs(list) do out[i] = column.name end
    return table.concat(out, " ")
  end

  local a = table1:alias("a1")
  local s = am.select(table1.c.myid, table1.c.name:label("nm")):subquery("s")
  local j = table1:join(table2, table1.c.myid:eq(table2.c.otherid))
  local sj = am.select(j):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery("sj")
  local u = am.union(am.select(table1.c.myid, table1.c.name), am.select(table2.c.otherid,
    table2.c.othername)):alias("u")
  local s2 = am.select(s):subquery("s2")
  local lab = table1.c.name:label("q")
  local sl = am.select(lab, table1.c.name):subquery("sl")
  local aa = a:alias("aa")
  local c1 = am.select(table1.c.myid):cte("c")
  local b = table1:alias("b")
  local pa = parent:alias("p1")

  it("adapts expressions and statements to an alias", function()
    is("a1.myid = :myid_1", adapt(table1.c.myid:eq(5), a))
    is("SELECT a1.myid, a1.name, a1.description FROM mytable AS a1 WHERE a1.myid = :myid_1",
      adapt(am.select(table1):where(table1.c.myid:eq(5)), a))
    is("a1.myid = myothertable.otherid AND lower(a1.name) = :lower_1",
      adapt(am.and_(table1.c.myid:eq(table2.c.otherid), am.func.lower(table1.c.name):eq("x")), a))
    is("SELECT myothertable.otherid, myothertable.othername FROM myothertable WHERE EXISTS (SELECT * FROM "
      .. "mytable AS a1 WHERE a1.myid = myothertable.otherid)",
      adapt(am.select(table2):where(am.exists():where(table1.c.myid:eq(table2.c.otherid))), a))
  end)

  it("adapts to a subquery", function()
    is("s.myid = :myid_1", adapt(table1.c.myid:eq(5), s))
    is("s.nm = :name_1", adapt(table1.c.name:eq("x"), s))
    is("mytable.description = :description_1", adapt(table1.c.description:eq("x"), s))
  end)

  it("adapts joins", function()
    is("mytable AS a1 JOIN myothertable ON a1.myid = myothertable.otherid", adapt(j, a))
    is("sj.mytable_name = :name_1 AND sj.myothertable_othername = :othername_1",
      adapt(am.and_(table1.c.name:eq("x"), table2.c.othername:eq("y")), sj))
    is("SELECT sj.mytable_name FROM (SELECT mytable.myid AS mytable_myid, mytable.name AS mytable_name, "
      .. "mytable.description AS mytable_description, myothertable.otherid AS myothertable_otherid, "
      .. "myothertable.othername AS myothertable_othername FROM mytable JOIN myothertable ON mytable.myid = "
      .. "myothertable.otherid) AS sj ORDER BY sj.myothertable_otherid",
      adapt(am.select(table1.c.name):order_by(table2.c.otherid), sj))
  end)

  it("finds corresponding columns of subqueries", function()
    is("sj.myothertable_otherid", sj:corresponding_column(table2.c.otherid))
    is("s.nm", s:corresponding_column(table1.c.name))
    assert.is_nil(s:corresponding_column(table1.c.description))
  end)

  it("finds corresponding columns of compounds and nested subqueries", function()
    is("u.name", u:corresponding_column(table1.c.name))
    is("u.myid", u:corresponding_column(table2.c.otherid))
    is("s2.nm", s2:corresponding_column(table1.c.name))
    is("s2.myid", s2:corresponding_column(s.c.myid))
    is("s.myid", s:corresponding_column(s2.c.myid))
    assert.is_nil(s:corresponding_column(s2.c.myid, true))
  end)

  it("finds corresponding columns of aliases, joins and labels", function()
    is("a1.name", a:corresponding_column(table1.c.name))
    is("mytable.name", table1:corresponding_column(a.c.name))
    is("myothertable.othername", j:corresponding_column(table2.c.othername))
    is("mytable.name", j:corresponding_column(a.c.name))
    is("sl.q", sl:corresponding_column(lab))
    is("sl.name", sl:corresponding_column(table1.c.name))
  end)

  it("adapts functions, cases, and what stands in subqueries", function()
    is("SELECT count(a1.myid) AS count_1 FROM mytable AS a1",
      adapt(am.select(am.func.count(table1.c.myid)):select_from(table1), a))
    is("CASE WHEN (a1.myid = :myid_1) THEN :param_1 ELSE a1.name END",
      adapt(am.case({table1.c.myid:eq(1), "x"}, {else_=table1.c.name}), a))
    is("aa.myid = aa.myid", adapt(table1.c.myid:eq(a.c.myid), aa))
    is("WITH c AS (SELECT a1.myid AS myid FROM mytable AS a1) SELECT c.myid FROM c, mytable AS a1 WHERE "
      .. "c.myid = a1.myid",
      adapt(am.select(c1):where(c1.c.myid:eq(table1.c.myid)), a))
    is("a1.myid = b.myid", adapt(table1.c.myid:eq(b.c.myid), a))
    is("SELECT a1.myid, a1.name, a1.description, b.myid AS myid_1, b.name AS name_1, b.description AS "
      .. "description_1 FROM mytable AS a1, mytable AS b",
      am.select(table1, b):replace_selectable(table1, a))
    is("SELECT x.myid FROM (SELECT a1.myid AS myid FROM mytable AS a1) AS x, mytable AS a1 WHERE a1.name = :name_1",
      adapt(am.select(am.select(table1.c.myid):subquery("x")):where(table1.c.name:eq("z")), a))
  end)

  it("adapts joins of a SELECT", function()
    is("SELECT p1.id FROM parent AS p1 JOIN child ON p1.id = child.parent_id",
      adapt(am.select(parent.c.id):join(child), parent:alias("p1")))
    is("parent AS p1 JOIN child ON p1.id = child.parent_id", adapt(parent:join(child), pa))
  end)

  it("knows what is derived from what", function()
    assert.is_true(pa:is_derived_from(parent))
    assert.is_false(parent:is_derived_from(pa))
    assert.is_true(sj:is_derived_from(table1))
    assert.is_true(u:is_derived_from(table2))
    assert.is_true(j:is_derived_from(table2))
  end)

  it("carries primary and foreign keys", function()
    assert.equal("id", names(pa.primary_key))
    assert.equal("id id", names(parent:join(child).primary_key))
    assert.equal("id", names(am.select(child):subquery().primary_key))
    assert.equal("q", names(am.select(child.c.id:label("q")):subquery().primary_key))
  end)
end)
