-- A shop: products by joined inheritance, order lines as association objects, hybrids, totals and validators over them.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Priced = {
  price = am.Column(am.Integer, { nullable = false, default = 1 }),
  check_price = am.validates("price", function(_, key, value)
    say("check", key, value)
    if value < 0 then error("negative") end
    return value
  end),
  dear = am.hybrid_property(function(self) return self.price > 50 end, {
    expression = function(cls) return cls.price:gt(50) end,
  }),
}
local Product = Base:model("Product", {
  __tablename__ = "product",
  __mixins__ = { Priced },
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10), { nullable = false }),
  name = am.Column(am.String(20)),
  lines = am.relationship("Line", { back_populates = "product", order_by = "Line.order_id" }),
  orders = am.association_proxy("lines", "order"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "product" },
  label = am.hybrid_property(function(self) return self.kind .. ":" .. self.name end),
})
local Book = Base:model("Book", {
  __extends__ = Product,
  __tablename__ = "book",
  id = am.Column(am.ForeignKey("product.id"), { primary_key = true }),
  pages = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "book" },
})
local Game = Base:model("Game", {
  __extends__ = Product,
  __tablename__ = "game",
  id = am.Column(am.ForeignKey("product.id"), { primary_key = true }),
  players = am.Column(am.Integer, { default = 2 }),
  __mapper_args__ = { polymorphic_identity = "game" },
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  order_id = am.Column(am.ForeignKey("orders.id"), { primary_key = true }),
  product_id = am.Column(am.ForeignKey("product.id"), { primary_key = true }),
  count = am.Column(am.Integer, { default = 1, nullable = false }),
  product = am.relationship(Product, { back_populates = "lines" }),
  order = am.relationship("Order", { back_populates = "lines" }),
  cost = am.hybrid_property(function(self) return self.count * self.product.price end, {
    expression = function(cls)
      return select(cls.count * Product.price):where(Product.id:eq(cls.product_id)):scalar_subquery()
    end,
  }),
})
local order_id = am.Column(am.Integer, { primary_key = true })
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = order_id,
  customer = am.Column(am.String(20)),
  lines = am.relationship(Line, { back_populates = "order", cascade = "all, delete-orphan",
    order_by = Line.product_id }),
  products = am.association_proxy("lines", "product", { creator = function(product)
    return Line{ product = product }
  end }),
  size = am.column_property(select(func.coalesce(func.sum(Line.count), 0)):where(Line.order_id:eq(order_id))
    :correlate_except(Line):scalar_subquery()),
  total = am.hybrid_property(function(self)
    local sum = 0
    for _, line in ipairs(self.lines) do sum = sum + line.cost end
    return sum
  end, {
    expression = function(cls)
      return select(func.coalesce(func.sum(Line.count * Product.price), 0)):join(Product)
        :where(Line.order_id:eq(cls.id)):label("total")
    end,
  }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local sicp = Book{ name = "sicp", price = 80, pages = 600 }
local go, pen = Game{ name = "go", price = 40 }, Product{ name = "pen" }
s:add_all{ sicp, go, pen }
s:flush()
local one = Order{ customer = "ann", products = { sicp, go } }
one.lines:append(Line{ product = go, count = 3 })
error_of(function() s:flush() end)
s:rollback()
say(am.inspect(sicp).transient, am.inspect(one).transient, #one.lines)
step "again"
one.lines:pop()
one.lines[2].count = 3
local two = Order{ customer = "bob" }
two.products:append(pen)
s:add_all{ one, two }
say(s:contains(pen), s:contains(go), #s.new)
s:commit()
step "read"
for order in s:scalars(select(Order):order_by(Order.id)) do
  say(order.customer, order.size, order.total, map(order.products, function(x) return x.label end))
end
step "orders of a product"
say(map(go.orders, function(o) return o.customer end), go.dear, sicp.dear)
step "queries"
say(s:scalars(select(Product.name):where(Product.dear)):all())
say(s:execute(select(Order.customer, Order.total):where(Order.total:gt(10)):order_by(Order.total)):all())
say(s:execute(select(Line.order_id, Line.cost):order_by(Line.order_id, Line.product_id)):all())
say(s:scalars(select(Order.customer):where(Order.products:any(Product.name:eq("go")))):all())
say(s:scalars(select(Order.customer):where(Order.products:contains(pen))):all())
say(s:scalars(select(Product.name):where(Product.orders:any(Order.customer:eq("ann"))):order_by(Product.id)):all())
step "eager"
s:expire_all()
local q = select(Order):options(am.selectinload(Order.lines):joinedload(Line.product:of_type(Book))):order_by(Order.id)
say(map(s:scalars(q), function(o)
  return map(o.lines, function(line) return { line.product.__class__, line.product.name } end)
end))
step "change"
one.lines[1].count = 5
say(one.size, one.total)
s:commit()
say(one.size, one.total)
step "wrong"
error_of(function() pen.price = -1 end)
say(pen.price, s.dirty)
step "orphan"
one.products:remove(go)
s:flush()
say(one.total, map(one.lines, function(line) return line.product.name end), am.inspect(one).attrs.lines.history)
s:refresh(one)
say(one.size)
s:rollback()
p.sql()
