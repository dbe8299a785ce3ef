-- A shop: prices as decimals, orders with lines, stock that is checked, totals by hybrid and by column_property.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, Numeric, ForeignKey = am.Column, am.Integer, am.String, am.Numeric, am.ForeignKey
local select, func, decimal, update = am.select, am.func, am.decimal, am.update

local Base = am.declarative_base()
local Product = Base:model("Product", {
  __tablename__ = "product",
  __table_args__ = { am.CheckConstraint("stock >= 0", { name = "ck_stock" }) },
  id = Column(Integer, { primary_key = true }),
  sku = Column(String(10), { unique = true, nullable = false }),
  price = Column(Numeric(10, 2), { nullable = false }),
  stock = Column(Integer, { nullable = false, default = 0 }),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  __table_args__ = { am.UniqueConstraint("order_id", "product_id", { name = "uq_line" }) },
  order_id = Column(ForeignKey("orders.id"), { primary_key = true }),
  product_id = Column(ForeignKey("product.id"), { primary_key = true }),
  quantity = Column(Integer, { nullable = false }),
  unit_price = Column(Numeric(10, 2), { nullable = false }),
  product = am.relationship(Product),
  order = am.relationship("Order", { back_populates = "lines" }),
  check_quantity = am.validates("quantity", function(_, _, value)
    if value <= 0 then error("quantity", 0) end
    return value
  end),
  total = am.hybrid_property(function(self) return self.unit_price * self.quantity end),
})
local Order
Order = Base:model("Order", {
  __tablename__ = "orders",
  id = Column(Integer, { primary_key = true }),
  customer_id = Column(ForeignKey("customer.id"), { nullable = false }),
  status = Column(am.Enum("cart", "paid", "sent", { name = "order_status", validate_strings = true }),
    { default = "cart", nullable = false }),
  customer = am.relationship("Customer", { back_populates = "orders" }),
  lines = am.relationship(Line,
    { back_populates = "order", cascade = "all, delete-orphan", order_by = Line.product_id }),
  amount = am.hybrid_property(function(self)
    local sum = decimal("0")
    for _, line in ipairs(self.lines) do sum = sum + line.total end
    return sum
  end, {
    expression = function(cls)
      return select(func.coalesce(func.sum(Line.total), 0)):where(Line.order_id:eq(cls.id)):correlate(cls)
        :scalar_subquery():label("amount")
    end,
  }),
})
Order.line_count = am.column_property(select(func.count(Line.product_id)):where(Line.order_id:eq(Order.id))
  :correlate_except(Line):scalar_subquery())

function Order:put(product, quantity)
  for _, line in ipairs(self.lines) do
    if line.product == product then
      line.quantity = line.quantity + quantity
      return line
    end
  end
  local line = Line{ product = product, quantity = quantity, unit_price = product.price }
  self.lines:append(line)
  return line
end

local Customer = Base:model("Customer", {
  __tablename__ = "customer",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { nullable = false }),
  orders = am.relationship(Order, { back_populates = "customer", order_by = Order.id }),
})

local function pay(session, order)
  for _, line in ipairs(order.lines) do
    session:execute(update(Product):where(Product.id:eq(line.product_id))
      :values{ stock = Product.stock - line.quantity })
  end
  order.status = "paid"
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local pen = Product{ sku = "pen", price = decimal("1.50"), stock = 10 }
local ink = Product{ sku = "ink", price = decimal("7.25"), stock = 2 }
local pad = Product{ sku = "pad", price = decimal("3.00") }
s:add_all{ pen, ink, pad }
local ann, bob = Customer{ name = "ann" }, Customer{ name = "bob" }
s:add_all{ ann, bob }
s:commit()
step "cart"
local order = Order{ customer = ann }
order:put(pen, 4)
order:put(ink, 1)
order:put(pen, 2)
say(order.amount, order.status, s:contains(order), #order.lines)
s:commit()
say(order.amount, order.status, order.line_count, p.map(order.lines, function(line) return line.quantity end))
step "wrong quantity"
local ok, x = pcall(order.put, order, pad, 0)
if not ok then say("refused", x) end
say(#order.lines, s.new)
step "pay"
pay(s, order)
s:commit()
say(pen.stock, ink.stock, order.status)
step "not enough: the savepoint goes, the order stays"
local second = Order{ customer = bob, lines = { Line{ product = ink, quantity = 5, unit_price = ink.price } } }
s:add(second)
s:flush()
ok, x = pcall(s.begin_nested, s, function() pay(s, second) end)
if not ok then say("refused", x.name) end
say(second.status, ink.stock, second.lines[1].quantity)
s:commit()
step "the same product twice"
s:add(Line{ order = second, product = ink, quantity = 1, unit_price = 1 })
p.error(function() s:commit() end)
s:rollback()
say(#second.lines)
step "reports"
for row in s:execute(select(Customer.name, func.count(Order.id), func.sum(Order.amount))
    :outerjoin(Customer.orders):group_by(Customer.name):order_by(Customer.name)) do
  say(row)
end
for row in s:execute(select(Product.sku, func.coalesce(func.sum(Line.quantity), 0):label("sold"))
    :outerjoin(Line, Line.product_id:eq(Product.id)):group_by(Product.sku)
    :having(func.coalesce(func.sum(Line.quantity), 0):lt(6)):order_by("sold", Product.sku)) do
  say(row.sku, row.sold)
end
say(s:scalars(select(Order.id):where(Order.amount:gt(20))):all())
say(s:execute(select(Order.id, Order.amount, Order.line_count):order_by(Order.amount:desc())):all())
step "all at once"
s:expunge_all()
for c in s:scalars(select(Customer):order_by(Customer.name):options(
    am.selectinload(Customer.orders):selectinload(Order.lines):joinedload(Line.product))) do
  for _, o in ipairs(c.orders) do
    say(c.name, o.status, o.line_count,
      p.map(o.lines, function(line) return { line.product.sku, line.quantity, line.total } end))
  end
end
step "price change does not touch what was sold"
s:execute(update(Product):where(Product.sku:eq("ink")):values{ price = Product.price * 2 })
local line = s:scalars(select(Line):join(Line.product):where(Product.sku:eq("ink"), Line.order_id:eq(1))):one()
say(line.unit_price, line.product.price, line.total)
step "empty the order"
order = s:get(Order, 1, { options = { am.joinedload(Order.lines) } })
order.lines:pop(1)
say(am.inspect(order).attrs.lines.history, order.line_count)
s:flush()
say(order.line_count)
s:refresh(order)
say(order.line_count, order.amount)
s:delete(order)
s:commit()
say(s:scalar(select(func.count()):select_from(Line)))
step "status"
second = Order{ customer_id = 1 }
s:add(second)
s:commit()
second.status = "lost"
p.error(function() s:commit() end)
s:rollback()
say(second.status)
s:close()
p.sql()
