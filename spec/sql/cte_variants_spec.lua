-- CTEs that write, nest or use themselves.
local am = require "alchemoon"
local sql = require "support.sql"
local fixtures = require "support.tables"
local assert_sql = sql.assert_sql
local assert_refused = sql.assert_refused

describe("CTEs", function()
  local products = fixtures.products
  local products_log = fixtures.products_log

  it("of a LATERAL that are added to it leave out what encloses it", function()
    local t, u = am.table("t", am.column "id"), am.table("u", am.column "id")
    local a = t:alias "a"
    local inner = am.select(a):where(a.c.id:eq(t.c.id)):correlate(t):cte("inner_rows")
    local lateral = am.select(inner, u.c.id:label "u"):add_cte(inner, { nest_here = true }):lateral "l"
    assert_sql(am.select(t):outerjoin(lateral, am.true_()),
      "SELECT t.id FROM t LEFT OUTER JOIN LATERAL (WITH inner_rows AS (SELECT a.id AS id FROM t AS a WHERE "
      .. "a.id = t.id) SELECT inner_rows.id AS id, u.id AS u FROM inner_rows, u) AS l ON true",
      { dialect = "postgresql" })
  end)

  local dele = am.delete(products):where(products.c.price:gt(5)):returning(products.c.id, products.c.price)
    :cte("del")
  local pd = am.select(products):cte("pd")
  local updi = am.update(products):values({price=10}):where(products.c.price:gt(50)):cte()
  local n1 = am.select(am.literal(1):label("inner_cte")):cte("nesting_1", {nesting=true})
  local n2 = am.select(am.literal(2):label("inner_cte")):cte("nesting_2", {nesting=true})
  local n3 = am.select((n1.c.inner_cte + 1):label("i2")):cte("nesting_3", {nesting=true})
  local root = am.select(am.literal(1):label("val")):cte("increasing", {recursive=true})
  local reca = root:union_all(am.select((root.c.val + 3):label("val")):where(root.c.val:lt(15)))
  local c_same = am.select(products):cte("same")
  local anon = am.select(products):cte()

  it("of DELETE feed SELECT and INSERT", function()
    assert_sql(am.select(dele),
      "WITH del AS (DELETE FROM products WHERE products.price > :price_1 RETURNING products.id, "
      .. "products.price) SELECT del.id, del.price FROM del",
      { dialect = "string", params = { price_1 = 5 } })
    assert_sql(am.insert(products_log):from_select({"id", "price"}, dele:select()),
      "WITH del AS (DELETE FROM products WHERE products.price > :price_1 RETURNING products.id, "
      .. "products.price) INSERT INTO products_log (id, price) SELECT del.id, del.price FROM del",
      { dialect = "string", params = { price_1 = 5 } })
    assert_sql(am.insert(products_log):from_select({"id", "price"}, dele:select()),
      "WITH del AS (DELETE FROM products WHERE products.price > :price_1 RETURNING products.id, "
      .. "products.price) INSERT INTO products_log (id, price) SELECT del.id, del.price FROM del",
      { dialect = "postgresql", paramstyle = "named", params = { price_1 = 5 } })
  end)

  it("stand behind INSERT on MySQL", function()
    assert_sql(am.insert(products_log):from_select({"id", "price"}, am.select(products):cte("c"):select()),
      "INSERT INTO products_log (id, price) WITH c AS (SELECT products.id AS id, products.price AS price "
      .. "FROM products) SELECT c.id, c.price FROM c",
      { dialect = "mysql", paramstyle = "named" })
  end)

  it("of UPDATE and INSERT give what they return", function()
    local upd = am.update(products):values({price=10}):returning(products.c.id):cte("upd")
    assert_sql(am.select(upd),
      "WITH upd AS (UPDATE products SET price=:param_1 RETURNING products.id) SELECT upd.id FROM upd",
      { dialect = "string", params = { param_1 = 10 } })
    assert_sql(am.update(products):values({price=10}):where(products.c.price:gt(50)):returning(products.c.id)
      :cte():select(),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1 RETURNING "
      .. "products.id) SELECT anon_1.id FROM anon_1",
      { dialect = "string", params = { param_1 = 10, price_1 = 50 } })
    local ins = am.insert(products):values({id=1, price=27}):returning(products.c.id, products.c.price):cte("ins")
    assert_sql(am.select(ins),
      "WITH ins AS (INSERT INTO products (id, price) VALUES (:param_1, :param_2) RETURNING products.id, "
      .. "products.price) SELECT ins.id, ins.price FROM ins",
      { dialect = "string", params = { param_1 = 1, param_2 = 27 } })
  end)

  it("are joined with the table that an UPDATE changes", function()
    assert_sql(am.update(products):where(products.c.price:eq(pd.c.price)):values({price=5}),
      "WITH pd AS (SELECT products.id AS id, products.price AS price FROM products) UPDATE products SET "
      .. "price=:price FROM pd WHERE products.price = pd.price",
      { dialect = "string", params = { price = 5 } })
    assert_sql(am.update(products):values({price=pd.c.price}):where(products.c.id:eq(pd.c.id)),
      "WITH pd AS (SELECT products.id AS id, products.price AS price FROM products) UPDATE products SET "
      .. "price=pd.price FROM pd WHERE products.id = pd.id",
      { dialect = "string" })
  end)

  it("filter a DELETE", function()
    assert_sql(am.delete(products):where(products.c.id:in_(am.select(pd.c.id))),
      "WITH pd AS (SELECT products.id AS id, products.price AS price FROM products) DELETE FROM products "
      .. "WHERE products.id IN (SELECT pd.id FROM pd)",
      { dialect = "string" })
    assert_sql(am.delete(products):where(products.c.id:eq(pd.c.id)),
      "WITH pd AS (SELECT products.id AS id, products.price AS price FROM products) DELETE FROM products , "
      .. "pd WHERE products.id = pd.id",
      { dialect = "string" })
  end)

  it("that are added to SELECT and UNION run beside them", function()
    assert_sql(am.select(products):where(products.c.price:lt(45)):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) SELECT "
      .. "products.id, products.price FROM products WHERE products.price < :price_2",
      { dialect = "string", params = { param_1 = 10, price_1 = 50, price_2 = 45 } })
    assert_sql(am.select(products):where(products.c.price:lt(45))
      :union(am.select(products):where(products.c.price:gt(90))):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) SELECT "
      .. "products.id, products.price FROM products WHERE products.price < :price_2 UNION SELECT products.id, "
      .. "products.price FROM products WHERE products.price > :price_3",
      { dialect = "string", params = { param_1 = 10, price_1 = 50, price_2 = 45, price_3 = 90 } })
  end)

  it("that are added to writing statements and texts run beside them", function()
    assert_sql(am.insert(products):values({id=1, price=20}):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) INSERT INTO "
      .. "products (id, price) VALUES (:id, :price)",
      { dialect = "string", params = { id = 1, param_1 = 10, price = 20, price_1 = 50 } })
    assert_sql(am.update(products):values({price=5}):where(products.c.price:lt(50)):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) UPDATE products "
      .. "SET price=:price WHERE products.price < :price_2",
      { dialect = "string", params = { param_1 = 10, price = 5, price_1 = 50, price_2 = 50 } })
    assert_sql(am.delete(products):where(products.c.price:lt(45)):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) DELETE FROM "
      .. "products WHERE products.price < :price_2",
      { dialect = "string", params = { param_1 = 10, price_1 = 50, price_2 = 45 } })
    assert_sql(am.text("SELECT products.id FROM products WHERE price < :p2"):columns(products.c.id)
      :bindparams({p2=45}):add_cte(updi),
      "WITH anon_1 AS (UPDATE products SET price=:param_1 WHERE products.price > :price_1) SELECT "
      .. "products.id FROM products WHERE price < :p2",
      { dialect = "string", params = { p2 = 45, param_1 = 10, price_1 = 50 } })
    assert_sql(am.update(products):where(products.c.price:eq(pd.c.price)):values({price=3}):add_cte(pd),
      "WITH pd AS (SELECT products.id AS id, products.price AS price FROM products) UPDATE products SET "
      .. "price=:price FROM pd WHERE products.price = pd.price",
      { dialect = "string", params = { price = 3 } })
  end)

  it("that nest stand inside of the CTE that uses them, also under an alias", function()
    local nest = am.select(am.literal(1):label("inner_cte")):cte("nesting", {nesting=true})
    assert_sql(am.select(am.select(nest.c.inner_cte:label("outer_cte")):cte("cte")),
      "WITH cte AS (WITH nesting AS (SELECT :param_1 AS inner_cte) SELECT nesting.inner_cte AS outer_cte "
      .. "FROM nesting) SELECT cte.outer_cte FROM cte",
      { dialect = "string", params = { param_1 = 1 } })
    local nest_al = nest:alias("aliased_nested")
    assert_sql(am.select(am.select(nest_al.c.inner_cte:label("outer_cte")):cte("cte")),
      "WITH cte AS (WITH nesting AS (SELECT :param_1 AS inner_cte) SELECT aliased_nested.inner_cte AS "
      .. "outer_cte FROM nesting AS aliased_nested) SELECT cte.outer_cte FROM cte",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that nest may have the name of what encloses them", function()
    local same1 = am.select(am.literal(1):label("inner_cte")):cte("some_cte", {nesting=true})
    assert_sql(am.select(am.select(same1.c.inner_cte:label("outer_cte")):cte("some_cte")),
      "WITH some_cte AS (WITH some_cte AS (SELECT :param_1 AS inner_cte) SELECT some_cte.inner_cte AS "
      .. "outer_cte FROM some_cte) SELECT some_cte.outer_cte FROM some_cte",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that nest come first at the top", function()
    local ntop = am.select(am.literal(1):label("val")):cte("nesting_cte", {nesting=true})
    local ctop = am.select(am.literal(2):label("val")):cte("cte")
    assert_sql(am.select(ntop.c.val, ctop.c.val),
      "WITH nesting_cte AS (SELECT :param_1 AS val), cte AS (SELECT :param_2 AS val) SELECT "
      .. "nesting_cte.val, cte.val AS val_1 FROM nesting_cte, cte",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
  end)

  it("that nest stand side by side, and use one another", function()
    assert_sql(am.select(am.select(n1.c.inner_cte:label("outer_1"), n2.c.inner_cte:label("outer_2")):cte("cte")),
      "WITH cte AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_2 AS (SELECT :param_2 AS "
      .. "inner_cte) SELECT nesting_1.inner_cte AS outer_1, nesting_2.inner_cte AS outer_2 FROM nesting_1, "
      .. "nesting_2) SELECT cte.outer_1, cte.outer_2 FROM cte",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
    assert_sql(am.select(am.select(n1, n3):cte("cte")),
      "WITH cte AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_3 AS (SELECT "
      .. "nesting_1.inner_cte + :inner_cte_1 AS i2 FROM nesting_1) SELECT nesting_1.inner_cte AS inner_cte, "
      .. "nesting_3.i2 AS i2 FROM nesting_1, nesting_3) SELECT cte.inner_cte, cte.i2 FROM cte",
      { dialect = "string", params = { inner_cte_1 = 1, param_1 = 1 } })
  end)

  it("that nest are written before those that need them, whatever was named first", function()
    assert_sql(am.select(am.select(n3, n1):add_cte(n1):cte("cte")),
      "WITH cte AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_3 AS (SELECT "
      .. "nesting_1.inner_cte + :inner_cte_1 AS i2 FROM nesting_1) SELECT nesting_3.i2 AS i2, "
      .. "nesting_1.inner_cte AS inner_cte FROM nesting_3, nesting_1) SELECT cte.i2, cte.inner_cte FROM cte",
      { dialect = "string", params = { inner_cte_1 = 1, param_1 = 1 } })
  end)

  it("that nest may nest others", function()
    local n4 = am.select(n1.c.inner_cte:label("inner_2")):cte("nesting_4", {nesting=true})
    assert_sql(am.select(am.select(n4.c.inner_2:label("outer_cte")):cte("cte")),
      "WITH cte AS (WITH nesting_4 AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte) SELECT "
      .. "nesting_1.inner_cte AS inner_2 FROM nesting_1) SELECT nesting_4.inner_2 AS outer_cte FROM "
      .. "nesting_4) SELECT cte.outer_cte FROM cte",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that nest in parts of a union stand in front of it", function()
    assert_sql(am.select(am.select(n1.c.inner_cte:label("o")):union(am.select(n2)):cte("cte")),
      "WITH cte AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_2 AS (SELECT :param_2 AS "
      .. "inner_cte) SELECT nesting_1.inner_cte AS o FROM nesting_1 UNION SELECT nesting_2.inner_cte AS "
      .. "inner_cte FROM nesting_2) SELECT cte.o FROM cte",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
    assert_sql(am.select(am.union(am.select(n1.c.inner_cte), am.select(n2.c.inner_cte)):cte("cte")),
      "WITH cte AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_2 AS (SELECT :param_2 AS "
      .. "inner_cte) SELECT nesting_1.inner_cte AS inner_cte FROM nesting_1 UNION SELECT nesting_2.inner_cte "
      .. "AS inner_cte FROM nesting_2) SELECT cte.inner_cte FROM cte",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
    assert_sql(am.select(am.union(am.select(n1.c.inner_cte), am.select(n2.c.inner_cte)):subquery("x")),
      "SELECT x.inner_cte FROM (WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_2 AS (SELECT "
      .. ":param_2 AS inner_cte) SELECT nesting_1.inner_cte AS inner_cte FROM nesting_1 UNION SELECT "
      .. "nesting_2.inner_cte AS inner_cte FROM nesting_2) AS x",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
    assert_sql(am.union(am.select(n1.c.inner_cte), am.select(n2.c.inner_cte)),
      "WITH nesting_1 AS (SELECT :param_1 AS inner_cte), nesting_2 AS (SELECT :param_2 AS inner_cte) "
      .. "SELECT nesting_1.inner_cte FROM nesting_1 UNION SELECT nesting_2.inner_cte FROM nesting_2",
      { dialect = "string", params = { param_1 = 1, param_2 = 2 } })
  end)

  it("that nest in subqueries and EXISTS stay there", function()
    assert_sql(am.select(am.select(n1.c.inner_cte):subquery("x")),
      "SELECT x.inner_cte FROM (WITH nesting_1 AS (SELECT :param_1 AS inner_cte) SELECT "
      .. "nesting_1.inner_cte AS inner_cte FROM nesting_1) AS x",
      { dialect = "string", params = { param_1 = 1 } })
    assert_sql(am.select(am.exists(am.select(n1))),
      "SELECT EXISTS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte) SELECT nesting_1.inner_cte FROM "
      .. "nesting_1) AS anon_1",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that nest in INSERT ... SELECT come first", function()
    assert_sql(am.insert(products):from_select({"id"}, am.select(n1)),
      "WITH nesting_1 AS (SELECT :param_1 AS inner_cte) INSERT INTO products (id) SELECT "
      .. "nesting_1.inner_cte FROM nesting_1",
      { dialect = "string", params = { param_1 = 1 } })
    assert_sql(am.select(am.insert(products):from_select({"id"}, am.select(n1)):returning(products.c.id):cte("ii")),
      "WITH ii AS (WITH nesting_1 AS (SELECT :param_1 AS inner_cte) INSERT INTO products (id) SELECT "
      .. "nesting_1.inner_cte AS inner_cte FROM nesting_1 RETURNING products.id) SELECT ii.id FROM ii",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that nest in scalar subqueries of UPDATE and DELETE stay there", function()
    assert_sql(am.update(products):values({price=am.select(n1.c.inner_cte):scalar_subquery()}),
      "UPDATE products SET price=(WITH nesting_1 AS (SELECT :param_1 AS inner_cte) SELECT "
      .. "nesting_1.inner_cte FROM nesting_1)",
      { dialect = "string", params = { param_1 = 1 } })
    assert_sql(am.delete(products):where(products.c.id:eq(am.select(n1.c.inner_cte):scalar_subquery())),
      "DELETE FROM products WHERE products.id = (WITH nesting_1 AS (SELECT :param_1 AS inner_cte) SELECT "
      .. "nesting_1.inner_cte FROM nesting_1)",
      { dialect = "string", params = { param_1 = 1 } })
  end)

  it("that are recursive name their columns and take unions of several parts", function()
    local rec = root:union(am.select((root.c.val + 3):label("val")):where(root.c.val
      :lt(15)), am.select((root.c.val + 5):label("val")):where(root.c.val
      :lt(15)))
    assert_sql(am.select(rec),
      "WITH RECURSIVE increasing(val) AS (SELECT :param_1 AS val UNION SELECT increasing.val + :val_1 AS "
      .. "val FROM increasing WHERE increasing.val < :val_2 UNION SELECT increasing.val + :val_3 AS val FROM "
      .. "increasing WHERE increasing.val < :val_4) SELECT increasing.val FROM increasing",
      { dialect = "string", params = { param_1 = 1, val_1 = 3, val_2 = 15, val_3 = 5, val_4 = 15 } })
    assert_sql(am.select(reca),
      "WITH RECURSIVE increasing(val) AS (SELECT :param_1 AS val UNION ALL SELECT increasing.val + :val_1 "
      .. "AS val FROM increasing WHERE increasing.val < :val_2) SELECT increasing.val FROM increasing",
      { dialect = "string", params = { param_1 = 1, val_1 = 3, val_2 = 15 } })
  end)

  it("that are recursive may be selected with their root, and filter a DELETE", function()
    assert_sql(am.select(reca, root),
      "WITH RECURSIVE increasing(val) AS (SELECT :param_1 AS val UNION ALL SELECT increasing.val + :val_2 "
      .. "AS val FROM increasing WHERE increasing.val < :val_3) SELECT increasing.val, increasing.val AS "
      .. "val_1 FROM increasing, increasing",
      { dialect = "string", params = { param_1 = 1, val_2 = 3, val_3 = 15 } })
    assert_sql(am.delete(products):where(products.c.id:in_(am.select(reca.c.val))),
      "WITH RECURSIVE increasing(val) AS (SELECT :param_1 AS val UNION ALL SELECT increasing.val + :val_1 "
      .. "AS val FROM increasing WHERE increasing.val < :val_2) DELETE FROM products WHERE products.id IN "
      .. "(SELECT increasing.val FROM increasing)",
      { dialect = "string", params = { param_1 = 1, val_1 = 3, val_2 = 15 } })
  end)

  it("that are recursive may nest", function()
    local rnest = am.select(am.literal(1):label("v")):cte("rn", {recursive=true, nesting=true})
    local rnest2 = rnest:union_all(am.select(rnest.c.v + 1):where(rnest.c.v:lt(5)))
    assert_sql(am.select(am.select(rnest2):cte("o")),
      "WITH o AS (WITH RECURSIVE rn(v) AS (SELECT :param_1 AS v UNION ALL SELECT rn.v + :v_1 AS anon_1 "
      .. "FROM rn WHERE rn.v < :v_2) SELECT rn.v AS v FROM rn) SELECT o.v FROM o",
      { dialect = "string", params = { param_1 = 1, v_1 = 1, v_2 = 5 } })
    assert_sql(am.select(rnest2),
      "WITH RECURSIVE rn(v) AS (SELECT :param_1 AS v UNION ALL SELECT rn.v + :v_1 AS anon_1 FROM rn WHERE "
      .. "rn.v < :v_2) SELECT rn.v FROM rn",
      { dialect = "string", params = { param_1 = 1, v_1 = 1, v_2 = 5 } })
  end)

  it("of one name must be one", function()
    local c_same2 = am.select(products.c.id):cte("same")
    assert_refused("CompileError", function()
      return am.select(c_same, c_same2)
    end)
  end)

  it("are written once for all their aliases", function()
    assert_sql(am.select(c_same:alias("a1"), c_same:alias("a2")),
      "WITH same AS (SELECT products.id AS id, products.price AS price FROM products) SELECT a1.id, "
      .. "a1.price, a2.id AS id_1, a2.price AS price_1 FROM same AS a1, same AS a2",
      { dialect = "string" })
    assert_sql(am.select(c_same:alias(), c_same:alias()),
      "WITH same AS (SELECT products.id AS id, products.price AS price FROM products) SELECT anon_1.id, "
      .. "anon_1.price, anon_2.id AS id_1, anon_2.price AS price_1 FROM same AS anon_1, same AS anon_2",
      { dialect = "string" })
    assert_sql(am.select(c_same:alias("q")):where(am.exists():where(c_same.c.id:eq(5))),
      "WITH same AS (SELECT products.id AS id, products.price AS price FROM products) SELECT q.id, q.price "
      .. "FROM same AS q WHERE EXISTS (SELECT * FROM same WHERE same.id = :id_1)",
      { dialect = "string", params = { id_1 = 5 } })
  end)

  it("without a name get one, once", function()
    assert_sql(am.select(anon:alias("x1"), anon),
      "WITH anon_1 AS (SELECT products.id AS id, products.price AS price FROM products) SELECT x1.id, "
      .. "x1.price, anon_1.id AS id_1, anon_1.price AS price_1 FROM anon_1 AS x1, anon_1",
      { dialect = "string" })
    assert_sql(am.select(products):where(products.c.id:in_(am.select(anon.c.id))):order_by(products.c.id),
      "WITH anon_1 AS (SELECT products.id AS id, products.price AS price FROM products) SELECT "
      .. "products.id, products.price FROM products WHERE products.id IN (SELECT anon_1.id FROM anon_1) ORDER "
      .. "BY products.id",
      { dialect = "string" })
  end)

  it("use other CTEs under aliases", function()
    assert_sql(am.select(am.select(anon):cte("l2"):alias("l2a")),
      "WITH anon_1 AS (SELECT products.id AS id, products.price AS price FROM products), l2 AS (SELECT "
      .. "anon_1.id AS id, anon_1.price AS price FROM anon_1) SELECT l2a.id, l2a.price FROM l2 AS l2a",
      { dialect = "string" })
  end)

  it("are quoted where their names need it", function()
    assert_sql(am.select(am.table("T", am.column("Q")):select():cte("My CTE")),
      "WITH \"My CTE\" AS (SELECT \"T\".\"Q\" AS \"Q\" FROM \"T\") SELECT \"My CTE\".\"Q\" FROM \"My CTE\"",
      { dialect = "string" })
  end)

  it("are written for SQLite", function()
    assert_sql(am.select(products):where(products.c.price:eq(5))
      :add_cte(am.select(products.c.id):where(products.c.id:eq(9)):cte("zz")),
      "WITH zz AS (SELECT products.id AS id FROM products WHERE products.id = :id_1) SELECT products.id, "
      .. "products.price FROM products WHERE products.price = :price_1",
      { dialect = "sqlite", paramstyle = "named", params = { id_1 = 9, price_1 = 5 } })
    assert_sql(am.select(dele),
      "WITH del AS (DELETE FROM products WHERE products.price > :price_1 RETURNING id, price) SELECT "
      .. "del.id, del.price FROM del",
      { dialect = "sqlite", paramstyle = "named", params = { price_1 = 5 } })
  end)

  it("have prefixes of one dialect only", function()
    local cpre = am.select(products):cte("cp"):prefix_with("NOT MATERIALIZED", {dialect="postgresql"})
    assert_sql(am.select(cpre),
      "WITH cp AS NOT MATERIALIZED (SELECT products.id AS id, products.price AS price FROM products) "
      .. "SELECT cp.id, cp.price FROM cp",
      { dialect = "postgresql", paramstyle = "named" })
    assert_sql(am.select(cpre),
      "WITH cp AS (SELECT products.id AS id, products.price AS price FROM products) SELECT cp.id, cp.price FROM cp",
      { dialect = "string" })
  end)

  it("are shared by both parts of a union", function()
    local ccte = am.select(products):where(products.c.price:eq(1)):cte("b1")
    assert_sql(am.select(ccte):where(ccte.c.id:eq(2)):union(am.select(ccte):where(ccte.c.id:eq(3))),
      "WITH b1 AS (SELECT products.id AS id, products.price AS price FROM products WHERE products.price = "
      .. ":price_1) SELECT b1.id, b1.price FROM b1 WHERE b1.id = :id_1 UNION SELECT b1.id, b1.price FROM b1 "
      .. "WHERE b1.id = :id_2",
      { dialect = "string", params = { id_1 = 2, id_2 = 3, price_1 = 1 } })
    assert_sql(am.select(ccte):where(ccte.c.id:eq(2)):union(am.select(ccte):where(ccte.c.id:eq(3))),
      "WITH b1 AS (SELECT products.id AS id, products.price AS price FROM products WHERE products.price = "
      .. ":price_1) SELECT b1.id, b1.price FROM b1 WHERE b1.id = :id_1 UNION SELECT b1.id, b1.price FROM b1 "
      .. "WHERE b1.id = :id_2",
      { dialect = "sqlite", paramstyle = "named", params = { id_1 = 2, id_2 = 3, price_1 = 1 } })
  end)

  it("select from VALUES", function()
    local vc = am.values(am.column("a", am.Integer), am.column("b", am.String), {name="v"}):data({{1, "x"}})
    assert_sql(am.select(am.select(vc):cte("vcte")),
      "WITH vcte AS (SELECT v.a AS a, v.b AS b FROM (VALUES (:param_1, :param_2)) AS v (a, b)) SELECT "
      .. "vcte.a, vcte.b FROM vcte",
      { dialect = "string", params = { param_1 = 1, param_2 = "x" } })
    assert_sql(am.select(products):where(products.c.id:eq(am.select(vc.c.a):scalar_subquery())),
      "SELECT products.id, products.price FROM products WHERE products.id = (SELECT v.a FROM (VALUES "
      .. "(:param_1, :param_2)) AS v (a, b))",
      { dialect = "string", params = { param_1 = 1, param_2 = "x" } })
  end)
  it("of one name and one shape that were made apart are two", function()
    local one, two = am.select(products):cte("same"), am.select(products):cte("same")
    for _, stmt in ipairs { am.select(one.c.id, two.c.price), am.select(one.c.id):union(am.select(two.c.id)),
      am.select(one.c.id, am.select(products):cte("same"):alias("s").c.id),
      am.select(am.select(products):cte("n", { nesting = true }), am.select(products):cte("n", { nesting = true })) } do
      assert_refused("CompileError", function() return stmt end, nil,
        "Multiple, unrelated CTEs found with the same name")
    end
    local again = one:alias "s"
    assert_sql(am.select(one.c.id, again.c.price),
      "WITH same AS (SELECT products.id AS id, products.price AS price FROM products) SELECT same.id, s.price FROM "
      .. "same, same AS s", { dialect = "string" })
  end)
end)
