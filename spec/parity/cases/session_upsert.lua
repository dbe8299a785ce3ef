-- Upserts through the session: rows, objects, populate_existing and excluded, on both databases.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local insert = p.is_postgresql and am.postgresql.insert or am.sqlite.insert
local select, inspect = am.select, am.inspect

local Base = am.declarative_base()
local Product = Base:model("Product", {
  __tablename__ = "product",
  __table_args__ = { am.UniqueConstraint("shop", "sku", { name = "uq_product" }) },
  id = am.Column(am.Integer, { primary_key = true }),
  shop = am.Column(am.Integer, { nullable = false }),
  sku = am.Column(am.String(20), { nullable = false }),
  title = am.Column("product_title", am.String(50)),
  stock = am.Column(am.Integer, { default = 0, onupdate = 42 }),
  tags = am.relationship("Tag", { order_by = "Tag.id", cascade = "all" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
  product_id = am.Column(am.ForeignKey("product.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
session:add(Product{ shop = 1, sku = "a", title = "old a", stock = 3, tags = { Tag{ word = "t" } } })
session:add(Product{ shop = 1, sku = "b", title = "old b", stock = 4 })
session:commit()
local a = session:scalars(select(Product):where(Product.sku:eq("a"))):one()
say(a.title, a.stock)

local function all_rows()
  return session:execute(select(Product.sku, Product.title, Product.stock):order_by(Product.shop, Product.sku)):all()
end

local function shown(products)
  local list = {}
  for i, x in ipairs(products) do list[i] = { x.sku, x.title, x.stock } end
  table.sort(list, function(x, y) return x[1] < y[1] end)
  return list
end

local function has(list, object)
  for _, x in ipairs(list) do
    if x == object then return true end
  end
  return false
end

step "do update, into objects"
local stmt = insert(Product):values{
  { shop = 1, sku = "a", title = "new a", stock = 10 }, { shop = 1, sku = "c", title = "new c", stock = 20 } }
stmt = stmt:on_conflict_do_update{
  index_elements = { Product.shop, Product.sku }, set_ = { product_title = stmt.excluded.product_title },
}:returning(Product)
local got = session:scalars(stmt):all()
say(shown(got), has(got, a), a.title)
step "populate_existing"
got = session:scalars(stmt, nil, { execution_options = { populate_existing = true } }):all()
say(shown(got), a.title)
say(all_rows())

step "as the source of a select"
local from_stmt = select(Product):from_statement(stmt):options(am.selectinload(Product.tags))
  :execution_options{ populate_existing = true }
local products = session:scalars(from_stmt):all()
table.sort(products, function(x, y) return x.sku < y.sku end)
for _, x in ipairs(products) do
  local words = {}
  for i, t in ipairs(x.tags) do words[i] = t.word end
  say(x.sku, words)
end

step "do nothing"
stmt = insert(Product)
stmt = p.is_postgresql and stmt:on_conflict_do_nothing{ constraint = "uq_product" } or stmt:on_conflict_do_nothing()
local r = session:execute(stmt:values{ shop = 1, sku = "a", title = "ignored" })
say(r.rowcount)
say(session:scalars(stmt:values{ shop = 1, sku = "a" }:returning(Product.id)):all())
say(#session:scalars(stmt:values{ shop = 2, sku = "a" }:returning(Product)):all())

step "many parameter sets"
stmt = insert(Product)
stmt = stmt:on_conflict_do_update{
  index_elements = { "shop", "sku" }, set_ = { stock = Product.stock + stmt.excluded.stock },
  where = Product.shop:eq(1),
}
session:execute(stmt, {
  { shop = 1, sku = "a", title = "x", stock = 100 },
  { shop = 1, sku = "d", title = "d", stock = 1 },
  { shop = 2, sku = "a", title = "x", stock = 100 },
})
say(all_rows())

step "set_ by excluded columns, onupdate not called"
stmt = insert(Product):values{ shop = 1, sku = "b", title = "B", stock = am.null }
local set = {}
for _, c in ipairs(am.columns(stmt.excluded)) do
  if not c.primary_key and c.name ~= "stock" then set[c.name] = c end
end
session:execute(stmt:on_conflict_do_update{ index_elements = { "shop", "sku" }, set_ = set })
say(all_rows())
stmt = insert(Product):values{ shop = 1, sku = "b", title = "low" }
stmt = stmt:on_conflict_do_update{
  index_elements = { "shop", "sku" },
  set_ = { product_title = am.func.upper(stmt.excluded.product_title), stock = 5 },
}
say(session:execute(stmt:returning(Product.title, Product.stock)):all())

step "objects stay in their session"
local b = session:scalars(select(Product):where(Product.sku:eq("b"))):one()
b.title = "pending change"
stmt = insert(Product):values{ shop = 1, sku = "b", title = "wins" }
stmt = stmt:on_conflict_do_update{
  index_elements = { "shop", "sku" }, set_ = { product_title = stmt.excluded.product_title },
}
got = session:scalars(stmt:returning(Product), nil, { execution_options = { populate_existing = true } }):one()
say(got == b, b.title, inspect(b).modified)
session:rollback()
say(a.title, all_rows())
error_of(function() session:execute(insert(Product):values{ shop = 1, sku = "a" }) end)
session:rollback()
p.sql()
session:close()
