-- Querying, sales: entities, columns, bundles, labels and mixtures, aggregates, group by and having, case, cast,
-- window functions, CTEs, subqueries, aliased entities of subqueries, rows as mappings, tuples and scalars, unique.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  city = am.Column(am.String(20)),
  orders = am.relationship("Order", { back_populates = "customer", order_by = "Order.id" }),
})

local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  customer_id = am.Column(am.ForeignKey("customers.id")),
  total = am.Column(am.Integer),
  placed = am.Column(am.Date),
  customer = am.relationship(Customer, { back_populates = "orders" }),
})

local select, func = am.select, am.func
local e = parity.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
local d = am.date
s:add_all{ Customer{ id = 1, name = "ann", city = "Rome", orders = { Order{ id = 1, total = 10,
  placed = d(2026, 1, 1) },
  Order{ id = 2, total = 30, placed = d(2026, 2, 1) } } }, Customer{ id = 2, name = "bob", city = "Oslo", orders = {
  Order{ id = 3, total = 20, placed = d(2026, 2, 9) } } }, Customer{ id = 3, name = "cyd" } }
s:commit()
parity.forget()

local function run(title, stmt, shape)
  step(title)
  local r = s:execute(stmt)
  say(shape and shape(r) or r:all())
  sql()
end

local function scalars(r) return r:scalars():all() end

run("entity and column", select(Customer, Order.total):join(Order):order_by(Order.id), function(r)
  return parity.map_rows(r, function(c, t) return { c.name, t } end)
end)
run("labels", select(Customer.name:label("who"), func.count(Order.id):label("n")):outerjoin(Customer.orders)
  :group_by(Customer.id, Customer.name):order_by(am.desc("n"), "who"), function(r)
  return map(r, function(x) return { x.who, x.n, x._mapping.n } end)
end)
run("having", select(Customer.city, func.sum(Order.total)):join_from(Customer, Order):group_by(Customer.city)
  :having(func.sum(Order.total):gt(15)):order_by(Customer.city))
run("mappings", select(Customer.id, Customer.name):order_by(Customer.id):limit(2), function(r)
  return map(r:mappings(), function(m) return { id = m.id, name = m.name } end)
end)
run("columns", select(Customer.id, Customer.name, Customer.city):order_by(Customer.id), function(r)
  return r:columns(3, "name"):all()
end)
run("keys", select(Customer, Order.id, am.literal("x"):label("lit")):join(Order), function(r) return r:keys() end)
local b = am.Bundle("c", Customer.name, Customer.city)
run("bundle", select(b, Order.total):join(Order):where(b.c.city:eq("Rome")):order_by(Order.id), function(r)
  return map(r, function(x) return { x.c.name, x.c.city, x.total } end)
end)
run("nested bundle", select(am.Bundle("o", Order.id, am.Bundle("c", Customer.name), { single_entity = true }))
  :join(Customer)
  :order_by(Order.id), function(r) return map(r, function(x) return { x.o.id, x.o.c.name } end) end)
run("case", select(Order.id, am.case({ Order.total:gt(25), "big" }, { Order.total:gt(15), "mid" }, { else_ = "small" })
  :label("size")):order_by(Order.id))
run("case value", select(am.case({ { "Rome", 1 }, { "Oslo", 2 } }, { value = Customer.city, else_ = 0 }))
  :order_by(Customer.id), scalars)
run("cast", select(am.cast(Order.total, am.String) .. "!", am.type_coerce(Order.total, am.Integer) / 4,
  Order.total:floordiv(4), Order.total % 7):where(Order.id:eq(2)))
run("null", select(Customer.name, func.coalesce(Customer.city, "?")):order_by(Customer.city:desc():nulls_last()))
run("is null", select(Customer.name):where(am.or_(Customer.city:is_(nil), Customer.name:eq("ann")))
  :order_by(Customer.name))
run("in", select(Order.id):where(Order.total:in_{ 10, 20 }, Order.id:not_in{}):order_by(Order.id), scalars)
run("tuples", select(Order.id):where(am.tuple_(Order.customer_id, Order.total):in_{ { 1, 30 }, { 2, 20 } })
  :order_by(Order.id))
run("between and like", select(Customer.name):where(Customer.id:between(1, 3), Customer.name:like("%b"),
  Customer.name:startswith("a"):not_(), Customer.name:icontains("O")))
run("dates", select(Order.placed, am.extract("month", Order.placed)):where(Order.placed:ge(d(2026, 2, 1)))
  :order_by(Order.id))
run("window", select(Order.id, func.row_number():over{ partition_by = Order.customer_id,
  order_by = Order.total:desc() },
  func.sum(Order.total):over{ order_by = Order.id, rows = { am.null, 0 } }):order_by(Order.id))
run("filter", select(func.count(Order.id):filter(Order.total:gt(15)), func.max(Order.total), func.min(Order.placed)))
local sub = select(Order.customer_id, func.sum(Order.total):label("s")):group_by(Order.customer_id):subquery("sums")
run("subquery", select(Customer.name, sub.c.s):outerjoin(sub, Customer.id:eq(sub.c.customer_id)):order_by(Customer.id))
run("scalar subquery", select(Customer.name, select(func.count(Order.id)):where(Order.customer_id:eq(Customer.id))
  :scalar_subquery():label("n")):order_by(Customer.id))
local late = am.aliased(Order, select(Order):where(Order.placed:gt(d(2026, 1, 15))):subquery(), { name = "late" })
run("entity of subquery", select(Customer.name, late):join(late, late.customer_id:eq(Customer.id)):order_by(late.id),
  function(r)
  return parity.map_rows(r, function(n, o) return { n, o.id, o.total } end)
end)
local rich = select(Customer.id):join(Order):group_by(Customer.id):having(func.sum(Order.total):gt(30)):cte("rich")
run("cte", select(Customer.name):join(rich, rich.c.id:eq(Customer.id)))
local n = select(am.literal(1):label("n")):cte("nums", { recursive = true })
n = n:union_all(select(n.c.n + 1):where(n.c.n:lt(4)))
run("recursive", select(n.c.n, Order.id):outerjoin(Order, Order.id:eq(n.c.n)):order_by(n.c.n))
local o1, o2 = am.aliased(Order), am.aliased(Order, { name = "o2" })
run("pairs", select(o1.id, o2.id):where(o1.id:lt(o2.id), o1.customer_id:eq(o2.customer_id)))
run("distinct", select(Order.customer_id):distinct():order_by(Order.customer_id), scalars)
run("unique", select(Customer):join(Customer.orders):order_by(Customer.id), function(r)
  return map(r:scalars():unique(), function(c) return c.name end)
end)
run("exists", select(Customer.name):where(am.exists():where(Order.customer_id:eq(Customer.id))):order_by(Customer.id))
run("correlated in", select(Customer.name):where(Customer.id:in_(select(Order.customer_id):where(Order.total:gt(15))))
  :order_by(Customer.id))
run("params", select(Order.id):where(Order.total:gt(am.bindparam("low"))):order_by(Order.id):params{ low = 15 })
run("text columns", select(am.text("1 as one"), am.literal_column("2"):label("two"), Customer.id)
  :order_by(Customer.id):limit(1))
run("offset", select(Order.id):order_by(Order.id:desc()):offset(1):limit(1))
run("from select", select(func.count()):select_from(select(Order):where(Order.total:lt(25)):subquery()), function(r)
  return r:scalar()
end)
step("results")
local r = s:execute(select(Customer.id, Customer.name):order_by(Customer.id))
local row = r:first()
say(row[1], row.name, #row, row[2] == "ann", { row:unpack() }, row:as_dict())
local a, c = s:execute(select(Customer.name, Customer.city)):first():unpack()
say(a, c, s:execute(select(Customer.id):where(Customer.id:eq(9))):first(),
  s:scalar(select(Customer.city):where(Customer.id:eq(3))))
say(s:execute(select(Order.id):order_by(Order.id)):scalars():fetchmany(2),
  s:scalars(select(Order.id):order_by(Order.id)):first())
parity.refused(function() return row.nothing end)
parity.error(function() return s:execute(select(Order.id)):one() end)
parity.error(function() return s:execute(select(Order.id):where(Order.id:eq(99))):one() end)
parity.error(function() return s:execute(select(Order.id)):scalar_one_or_none() end)
say(s:execute(select(Order.id):where(Order.id:eq(99))):one_or_none(), r.closed)
parity.error(function() return r:all() end)
parity.refused(function() return s:execute(select(Customer):join(Order, Order.nothing:eq(1))) end)
parity.error(function() return s:execute("select 1") end)
parity.error(function() return select(Customer):where(Customer.orders:eq("x")) end)
