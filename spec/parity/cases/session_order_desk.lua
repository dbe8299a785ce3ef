-- An order desk: savepoint per order, stock kept by a before_flush listener, audit rows, versions, errors in between.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30), { unique = true, nullable = false }),
  stock = am.Column(am.Integer, am.CheckConstraint("stock >= 0", { name = "ck_stock" }), { nullable = false }),
  version = am.Column(am.Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "version" },
})
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  customer = am.Column(am.String(30), { nullable = false }),
  status = am.Column(am.String(10), { default = "open" }),
  lines = am.relationship("Line", { back_populates = "order", cascade = "all, delete-orphan",
    order_by = "Line.position" }),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  order_id = am.Column(am.ForeignKey("orders.id"), { primary_key = true }),
  position = am.Column(am.Integer, { primary_key = true }),
  item_id = am.Column(am.ForeignKey("item.id"), { nullable = false }),
  quantity = am.Column(am.Integer, { nullable = false }),
  order = am.relationship(Order, { back_populates = "lines" }),
  item = am.relationship(Item),
})
local Audit = Base:model("Audit", {
  __tablename__ = "audit",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(80)),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local Desk = am.sessionmaker(db)

local function of_class(objects, class)
  return p.collect(objects, function(o) if inspect(o).class_ == class then return o end end)
end

am.event.listen(Desk, "before_flush", function(session)
  for _, line in ipairs(of_class(session.new, Line)) do line.item.stock = line.item.stock - line.quantity end
  for _, line in ipairs(of_class(session.deleted, Line)) do line.item.stock = line.item.stock + line.quantity end
  for _, order in ipairs(of_class(session.dirty, Order)) do
    local history = inspect(order).attrs.status.history
    if history:has_changes() then
      session:add(Audit{ what = ("%s: %s -> %s"):format(order.customer, history.deleted[1], order.status) })
    end
  end
end)

local function place(session, customer, wanted)
  local order = Order{ customer = customer }
  session:add(order)
  for i, pair in ipairs(wanted) do
    local item = session:no_autoflush(function()
      return session:scalars(select(Item):where(Item.name:eq(pair[1]))):one()
    end)
    order.lines:append(Line{ position = i, item = item, quantity = pair[2] })
  end
  return order
end

local function shelf(session)
  say(session:execute(select(Item.name, Item.stock, Item.version):order_by(Item.id)):all())
end

step "goods come in"
Desk:begin(function(session)
  session:add_all{ Item{ name = "bolt", stock = 10 }, Item{ name = "nut", stock = 5 },
    Item{ name = "ring", stock = 1 } }
end)
Desk(shelf)

step "an order"
Desk(function(session)
  local order = place(session, "ann", { { "bolt", 3 }, { "nut", 2 } })
  session:commit()
  sql()
  say(order.id, order.status, map(order.lines, function(l) return { l.position, l.item.name, l.quantity } end))
  shelf(session)
end)

step "one of three cannot be met"
p.forget()
Desk(function(session)
  for _, each in ipairs{ { "bob", { { "bolt", 2 } } }, { "cyd", { { "ring", 1 }, { "nut", 9 } } },
      { "dan", { { "ring", 1 } } } } do
    local ok, e = pcall(session.begin_nested, session, function() place(session, each[1], each[2]) end)
    if not ok then
      say("refused", each[1], e.name, session:in_nested_transaction(), session.new)
    end
  end
  session:commit()
  sql()
  say(session:execute(select(Order.customer, func.count(Line.position)):join(Line):group_by(Order.customer)
    :order_by(Order.customer)):all())
  shelf(session)
end)

step "a line is taken out"
p.forget()
Desk(function(session)
  local order = session:scalars(select(Order):filter_by{ customer = "ann" }):one()
  local nut = order.lines:pop(2)
  say(inspect(nut).pending, inspect(nut).persistent, session.deleted:contains(nut), nut.order)
  session:flush()
  say(inspect(nut).deleted, order.lines:contains(nut), #order.lines)
  order.status = "sent"
  session:commit()
  sql()
  shelf(session)
  say(session:scalars(select(Audit.what)):all())
end)

step "cancelling"
p.forget()
Desk(function(session)
  local order = session:scalars(select(Order):filter_by{ customer = "bob" }):one()
  session:delete(order)
  say(map(session.deleted, function(o) return inspect(o).class_.__name__ end), session:is_modified(order))
  session:commit()
  sql()
  shelf(session)
  say(inspect(order).detached, session:scalar(select(func.count()):select_from(Line)))
end)

step "two clerks"
p.forget()
local one, two = Desk(), Desk()
local a, b = one:get(Item, 1), two:get(Item, 1)
say(a.stock, b.stock, a.version, b.version)
one:rollback()
a.stock = a.stock - 1
one:commit()
b.stock = b.stock - 1
error_of(function() two:commit() end)
say(two.is_active)
two:rollback()
b.stock = b.stock - 1
two:commit()
sql()
say(b.stock, b.version, a.stock)
one:close()
two:close()
