-- An inventory as reports need it: bulk loading, CTEs, windows, recursive trees, aggregates with conditions.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local func, select = am.func, am.select

local e = p.engine()
local md = am.MetaData()
local category = am.Table("category", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(20), { nullable = false }), am.Column("parent_id", am.ForeignKey("category.id")))
local product = am.Table("product", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("sku", am.String(10), { unique = true }), am.Column("category_id", am.ForeignKey("category.id")),
  am.Column("price", am.Numeric(10, 2)))
local movement = am.Table("movement", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("product_id", am.ForeignKey("product.id")), am.Column("day", am.Integer),
  am.Column("quantity", am.Integer), am.Column("note", am.String(20)))
md:create_all(e)
p.forget()

step "load"
local ids = {}
e:begin(function(conn)
  conn:execute(category:insert(), { { id = 1, name = "all", parent_id = am.null },
    { id = 2, name = "tools", parent_id = 1 }, { id = 3, name = "hammers", parent_id = 2 },
    { id = 4, name = "food", parent_id = 1 } })
  local r = conn:execute(product:insert():returning(product.c.id, product.c.sku, { sort_by_parameter_order = true }), {
    { sku = "h1", category_id = 3, price = am.decimal("9.50") },
    { sku = "h2", category_id = 3, price = am.decimal("20") },
    { sku = "apple", category_id = 4, price = am.decimal("0.30") },
    { sku = "odd", category_id = am.null, price = am.null },
  })
  for row in r do ids[row.sku] = row.id end
  say(ids)
  local rows = {}
  for _, m in ipairs{ { "h1", 1, 10, "in" }, { "h1", 2, -3, am.null }, { "h1", 3, -2, "sold" }, { "h2", 1, 5, "in" },
    { "apple", 1, 100, "in" }, { "apple", 2, -40, am.null }, { "apple", 2, -10, "lost" } } do
    rows[#rows + 1] = { product_id = ids[m[1]], day = m[2], quantity = m[3], note = m[4] }
  end
  r = conn:execute(movement:insert(), rows)
  say(r.rowcount)
end)

local conn = e:connect()
step "stock by product"
local stock = select(movement.c.product_id, func.sum(movement.c.quantity):label("stock"),
  func.count():filter(movement.c.quantity:lt(0)):label("outs"), func.max(movement.c.day):label("last"))
  :group_by(movement.c.product_id):cte("stock")
local report = select(product.c.sku, func.coalesce(stock.c.stock, 0):label("stock"), stock.c.outs,
  (stock.c.stock * product.c.price):label("worth")):join_from(product, stock, { isouter = true })
  :order_by(stock.c.stock:desc():nulls_last(), product.c.sku)
for row in conn:execute(report) do say(row.sku, row.stock, row.outs, row.worth) end
step "windows"
local function w(more)
  local opts = { partition_by = movement.c.product_id, order_by = movement.c.id }
  for k, v in pairs(more or {}) do opts[k] = v end
  return opts
end
local running = select(product.c.sku, movement.c.day, func.sum(movement.c.quantity):over(w()):label("running"),
  func.row_number():over(w()):label("n"), func.lag(movement.c.quantity, 1, 0):over(w()):label("before"),
  func.first_value(movement.c.note):over(w{ rows = { am.null, 0 } }):label("first"),
  func.sum(movement.c.quantity):over(w{ rows = { -1, 1 } }):label("around"),
  func.dense_rank():over{ order_by = movement.c.day:desc() }:label("recent")):join(product):order_by(movement.c.id)
say(conn:execute(running):mappings():all())
local latest = running:subquery("r")
say(conn:execute(select(latest.c.sku, latest.c.running):where(latest.c.n:eq(1)):order_by(latest.c.sku)):all())
step "tree"
local tree = select(category.c.id, category.c.name, am.literal(0):label("depth"),
  am.cast(category.c.name, am.Text):label("path")):where(category.c.parent_id:is_(nil))
  :cte("tree", { recursive = true })
local child = category:alias("child")
tree = tree:union_all(select(child.c.id, child.c.name, tree.c.depth + 1, tree.c.path .. "/" .. child.c.name)
  :join(tree, child.c.parent_id:eq(tree.c.id)))
say(conn:execute(select(tree.c.path, tree.c.depth):order_by(tree.c.path)):all())
local per = select(tree.c.path, func.count(product.c.id):label("n")):select_from(tree)
  :outerjoin(product, product.c.category_id:eq(tree.c.id)):group_by(tree.c.path)
say(conn:execute(per:having(func.count(product.c.id):gt(0)):order_by("n", tree.c.path)):all())
step "conditions"
local size = am.case({ product.c.price:ge(10), "dear" }, { product.c.price:lt(1), "cheap" }, { else_ = "normal" })
  :label("size")
say(conn:execute(select(size, func.count()):group_by(size):order_by(size)):all())
local moved = am.exists():where(movement.c.product_id:eq(product.c.id))
say(conn:scalars(select(product.c.sku):where(am.not_(moved))):all())
say(conn:scalars(select(product.c.sku):where(am.or_(am.and_(product.c.price:gt(5), moved),
  product.c.sku:startswith("od"))):order_by(product.c.id)):all())
local last = select(func.max(movement.c.day)):where(movement.c.product_id:eq(product.c.id)):scalar_subquery()
say(conn:execute(select(product.c.sku, last:label("last")):order_by(product.c.id)):all())
say(conn:execute(select(movement.c.id):where(am.tuple_(movement.c.product_id, movement.c.day)
  :in_{ { ids.h1, 2 }, { ids.apple, 1 } }):order_by(movement.c.id)):all())
step "values and unions"
local wanted = am.values(am.column("sku", am.String), am.column("least", am.Integer), { name = "wanted" })
  :data{ { "h1", 4 }, { "h2", 9 } }
if not p.is_postgresql then wanted = wanted:cte("wanted") end
say(conn:execute(select(wanted.c.sku, wanted.c.least, stock.c.stock):join(product, product.c.sku:eq(wanted.c.sku))
  :join(stock, stock.c.product_id:eq(product.c.id)):order_by(wanted.c.sku)):all())
local u = am.union_all(select(product.c.sku:label("what"), am.literal("p"):label("kind")),
  select(category.c.name, am.literal("c"))):subquery()
say(conn:execute(select(u.c.kind, func.count(u.c.what)):group_by(u.c.kind):order_by(u.c.kind)):all())
say(conn:execute(select(product.c.sku):union(select(category.c.name)):order_by("sku"):limit(3):offset(1)):all())
say(conn:execute(select(product.c.sku):except_(select(product.c.sku):where(product.c.price:gt(1))):order_by("sku"))
  :scalars():all())
step "correct"
local r = conn:execute(movement:update():where(movement.c.note:is_(nil)):values{ note = func.upper("fixed") }
  :returning(movement.c.id, movement.c.note))
local found = r:all()
table.sort(found, function(a, b) return a.id < b.id end)
say(found)
r = conn:execute(product:update():where(product.c.id:eq(movement.c.product_id), movement.c.note:eq("lost"))
  :values{ price = product.c.price * 2 })
say(r.rowcount, conn:scalar(select(product.c.price):where(product.c.sku:eq("apple"))))
r = conn:execute(movement:delete():where(movement.c.product_id:in_(select(product.c.id):where(product.c.price:gt(15))))
  :returning(movement.c.day))
say(r:scalars():all())
conn:commit()
p.sql()
