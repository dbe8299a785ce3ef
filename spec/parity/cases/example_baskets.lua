-- Association objects as a shop has them: an order's lines with prices, plain, through proxies, and as dicts of sets.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship, association_proxy = am.relationship, am.association_proxy
local select, func = am.select, am.func

local Base = am.declarative_base()

local Basket = Base:model("Basket", {
  __tablename__ = "baskets",
  id = Column(Integer, { primary_key = true }),
  buyer = Column(String(20), { nullable = false }),
  lines = relationship("Line", { cascade = "all, delete-orphan", back_populates = "basket",
    order_by = "Line.product_id" }),
  products = association_proxy("lines", "product"),
  prices = association_proxy("lines", "price"),
})
function Basket:total()
  local sum = 0
  for _, line in ipairs(self.lines) do sum = sum + line.price * line.amount end
  return sum
end

local Product = Base:model("Product", {
  __tablename__ = "products",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { nullable = false }),
  price = Column(Integer, { nullable = false }),
})

local Line = Base:model("Line", {
  __tablename__ = "lines",
  basket_id = Column(ForeignKey("baskets.id"), { primary_key = true }),
  product_id = Column(ForeignKey("products.id"), { primary_key = true }),
  price = Column(Integer, { nullable = false }),
  amount = Column(Integer, { default = 1 }),
  basket = relationship(Basket, { back_populates = "lines" }),
  product = relationship(Product, { lazy = "joined" }),
  product_name = association_proxy("product", "name"),
  __init__ = function(self, product, price, amount)
    self.product = product
    self.price = price or product.price
    self.amount = amount or 1
  end,
})

local Shelf, Volume
local Library = Base:model("Library", {
  __tablename__ = "libraries",
  id = Column(Integer, { primary_key = true }),
  shelves = relationship("Shelf", { collection_class = am.attribute_keyed_dict("topic"),
    cascade = "all, delete-orphan" }),
  titles = association_proxy("shelves", "titles", { creator = function(topic, titles) return Shelf(topic,
    titles) end }),
})

Shelf = Base:model("Shelf", {
  __tablename__ = "shelves",
  id = Column(Integer, { primary_key = true }),
  library_id = Column(ForeignKey("libraries.id"), { nullable = false }),
  topic = Column(String(20)),
  volumes = relationship("Volume", { collection_class = "set", cascade = "all, delete-orphan" }),
  titles = association_proxy("volumes", "title"),
  __init__ = function(self, topic, titles)
    self.topic = topic
    for _, title in ipairs(titles or {}) do self.titles:add(title) end
  end,
})

Volume = Base:model("Volume", {
  __tablename__ = "volumes",
  id = Column(Integer, { primary_key = true }),
  shelf_id = Column(ForeignKey("shelves.id"), { nullable = false }),
  title = Column(String(20)),
  __init__ = function(self, title) self.title = title end,
})

local e = p.engine()
Base.metadata:create_all(e)
local session = am.Session(e)
session:add_all{ Product{ name = "pen", price = 3 }, Product{ name = "ink", price = 8 },
  Product{ name = "pad", price = 5 } }
session:commit()
local pen, ink, pad = (table.unpack or unpack)(session:scalars(select(Product):order_by(Product.id)):all())
p.forget()
local function name(x) return x.name end
local function list(items) return map(items, function(x) return x end) end
local function keys(items)
  local out = {}
  for k in items:items() do out[#out + 1] = k end
  return p.sorted(out)
end
step "lines by hand"
local one = Basket{ buyer = "ann" }
one.lines:append(Line(pen, nil, 4))
one.lines:append(Line(ink, 7))
session:add(one)
session:commit()
say(map(one.lines, function(x) return { x.product.name, x.price, x.amount } end), one:total())
step "lines through the proxy"
local two = Basket{ buyer = "bob" }
two.products:append(pad)
two.products:extend{ pen }
session:add(two)
say(#two.lines, two.lines[1].price, list(two.prices), two.products:contains(pad), two.products:contains(ink))
session:flush()
two.products:remove(pad)
say(map(two.lines, function(x) return x.product_name end), map(two.products, name))
session:commit()
two.lines[1].amount = 6
session:commit()
say(two:total())
step "queries"
say(session:scalars(select(Basket.buyer):where(Basket.lines:any(Line.price:lt(5))):order_by(Basket.id)):all())
say(session:scalars(select(Basket.buyer):where(Basket.products:contains(ink))):all())
say(session:scalars(select(Basket.buyer):where(Basket.products:any{ name = "pen" }):order_by(Basket.id)):all())
say(session:scalars(select(Basket.buyer):where(Basket.prices:eq(7))):all())
say(session:execute(select(Basket.buyer, Product.name):join(Basket.lines):join(Line.product)
  :order_by(Basket.id, Product.id)):all())
say(session:execute(select(Basket.buyer, func.sum(Line.price * Line.amount)):join(Basket.lines):group_by(Basket.buyer)
  :order_by(Basket.buyer)):all())
session:expunge_all()
local found = session:scalars(select(Basket):options(am.joinedload(Basket.lines)):order_by(Basket.id)):unique():all()
sql()
say(map(found, function(b) return map(b.products, name) end))
step "sold for another price"
local cheap = session:scalars(select(Line):join(Line.product):where(Line.price:ne(Product.price))):all()
say(map(cheap, function(x) return { x.basket.buyer, x.product_name } end))
step "dicts of sets"
local lib = Library()
lib.titles.lua = { "pil" }
lib.titles.sql = { "joins" }
session:add(lib)
session:commit()
lib.titles.sql:add("keys")
session:commit()
say(keys(lib.shelves), p.sorted(list(lib.titles.sql)), #lib.shelves.sql.volumes)
lib.titles.sql:add("views")
lib.titles.sql:discard("joins")
lib.titles.lua:add("pil")
session:commit()
say(p.sorted(list(lib.titles.sql)), p.sorted(list(lib.titles.lua)), session:scalar(select(func.count(Volume.id))))
lib.shelves.lua = nil
session:commit()
say(keys(lib.shelves), session:scalars(select(Volume.title):order_by(Volume.title)):all(), lib.titles:get("lua"))
say(session:scalars(select(Library.id):where(Library.shelves:any{ topic = "sql" })):all())
say(session:scalars(select(Shelf.topic):where(Shelf.titles:eq("keys"))):all())
step "baskets go with their lines"
session:delete(found[1])
session:commit()
say(session:scalar(select(func.count()):select_from(Line)), session:scalar(select(func.count(Product.id))))
p.error(function()
  session:add(Line(pad))
  session:flush()
end)
session:rollback()
sql()
