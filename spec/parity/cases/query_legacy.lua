-- The Query of old: its generative methods, its results, its counts, updates and deletes.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  city = am.Column(am.String(30)),
  orders = am.relationship("Order", {
    back_populates = "customer",
    order_by = "Order.id",
    cascade = "all, delete-orphan"
  }),
})

local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  amount = am.Column(am.Integer),
  customer_id = am.Column(am.ForeignKey("customers.id")),
  customer = am.relationship("Customer", { back_populates = "orders" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
s:add_all{
  Customer{
    id = 1,
    name = "ann",
    city = "rome",
    orders = { Order{ id = 1, amount = 5 }, Order{ id = 2, amount = 15 } }
  },
  Customer{ id = 2, name = "bob", city = "oslo", orders = { Order{ id = 3, amount = 25 } } },
  Customer{ id = 3, name = "cid", city = "rome" }
}
s:commit()
parity.forget()
local q = s:query(Customer):order_by(Customer.id)

local function names(query)
  say(map(query, function(c) return c.name end))
end

step "filters"
names(q:filter(Customer.city:eq("rome")))
names(q:filter_by{ city = "rome", name = "ann" })
names(q:filter(Customer.id:gt(1), Customer.city:in_{ "rome", "oslo" }):where(Customer.name:ne("bob")))
names(q:filter(am.or_(Customer.name:eq("ann"), Customer.name:like("c%"))))
step "limits and slices"
names(q:limit(2))
names(q:offset(1))
names(q:slice(1, 3))
names(q:slice(0, 2))
say(q:first().name, q:filter(Customer.id:eq(99)):first())
step "one"
say(q:filter_by{ id = 2 }:one().name, q:filter_by{ id = 9 }:one_or_none())
parity.error(function() return q:one() end)
parity.error(function() return q:filter_by{ id = 9 }:one() end)
parity.error(function() return q:one_or_none() end)
step "scalar"
say(s:query(Customer.name):filter_by{ id = 1 }:scalar(), s:query(am.func.count(Customer.id)):scalar())
parity.error(function() return s:query(Customer.name):scalar() end)
say(s:query(Customer.name):filter_by{ id = 9 }:scalar())
step "get"
s:expunge_all()
local ann = s:query(Customer):get(1)
say(ann.name, s:get(Customer, 1) == s:query(Customer):get(1), s:query(Customer):get(77))
step "count and exists"
say(
  q:count(),
  q:filter(Customer.city:eq("rome")):count(),
  q:join(Customer.orders):count(),
  s:query(Customer.city):distinct():count()
)
say(
  s:query(q:filter_by{ name = "ann" }:exists()):scalar(),
  s:query(Customer.name):filter(Customer.orders:any()):order_by(Customer.id):all()
)
step "columns"
local rows = s:query(Customer.name, Order.amount:label("money")):join(Customer.orders):order_by(Order.id):all()
say(rows, rows[1].name, rows[1].money)
say(
  s
    :query(Customer, am.func.count(Order.id))
    :outerjoin(Customer.orders)
    :group_by(Customer)
    :order_by(Customer.id)
    :all()[1][2]
)
say(s:query(Customer.city, am.func.count("*")):group_by(Customer.city):having(am.func.count("*"):gt(1)):all())
say(q:with_entities(Customer.name, Customer.city):all())
say(s:query(Customer.id):add_columns(Customer.name):order_by(Customer.id):first())
say(
  map_rows(
    s:query(Customer, Order):filter(Customer.id:eq(Order.customer_id)):order_by(Order.id),
    function(c, o) return list(c.name, o.amount) end
  )
)
say(
  map(
    s:query(am.Bundle("pair", Customer.id, Customer.name)):order_by(Customer.id),
    function(r) return r.pair.name end
  )
)
step "joins"
names(s:query(Customer):join(Customer.orders):filter(Order.amount:gt(10)):order_by(Customer.id))
names(s:query(Customer):outerjoin(Customer.orders):filter(Order.id:eq(nil)))
local o2 = am.aliased(Order)
names(s:query(Customer):join(o2, Customer.orders):filter(o2.amount:eq(25)))
names(s:query(Customer):select_from(Order):join(Order.customer):filter(Order.id:eq(3)))
names(s
    :query(Customer)
    :join(Order, Order.customer_id:eq(Customer.id))
    :reset_joinpoint()
    :filter_by{ city = "oslo" })
names(s:query(Customer):distinct():join(Customer.orders):order_by(Customer.id))
step "subqueries"
local sub = s
  :query(Order.customer_id, am.func.sum(Order.amount):label("total"))
  :group_by(Order.customer_id)
  :subquery()
say(s
    :query(Customer.name, sub.c.total)
    :outerjoin(sub, Customer.id:eq(sub.c.customer_id))
    :order_by(Customer.id)
    :all())
names(q:filter(Customer.id:in_(s:query(Order.customer_id):filter(Order.amount:gt(20)))))
say(
  s
    :query(
      Customer.name,
      s
        :query(am.func.max(Order.amount))
        :filter(Order.customer_id:eq(Customer.id))
        :correlate(Customer)
        :scalar_subquery()
        :label("m")
    )
    :order_by(Customer.id)
    :all()
)
local cte = s:query(Order):filter(Order.amount:gt(10)):cte("big")
say(s:query(Customer.name, cte.c.amount):join(cte, cte.c.customer_id:eq(Customer.id)):order_by(cte.c.id):all())
local big = am.aliased(Order, cte)
say(map(s:query(big):order_by(big.id), function(o) return o.amount end))
step "unions"
local a, b = s:query(Customer):filter_by{ name = "ann" }, s:query(Customer):filter_by{ city = "rome" }
names(a:union(b):order_by(Customer.id))
names(a:union_all(b):order_by(Customer.id))
say(
  a:union_all(b):count(),
  map(b:except_(a), function(c) return c.name end),
  map(b:intersect(a), function(c) return c.name end)
)
say(
  s
    :query(Customer.name)
    :filter_by{ id = 1 }
    :union(s:query(Customer.city):filter_by{ id = 2 })
    :order_by(am.text("1"))
    :all()
)
step "options and populate_existing"
names(q:options(am.joinedload(Customer.orders)):limit(1))
ann = q:first()
ann.name = "local"
s:no_autoflush(function()
  say(
    s:query(Customer):filter_by{ id = 1 }:one().name,
    s:query(Customer):populate_existing():filter_by{ id = 1 }:one().name
  )
end)
say(
  q:options(am.selectinload(Customer.orders)):execution_options{ populate_existing = true }:all()[1].orders[1].amount
)
step "order_by again"
names(q:order_by(nil):order_by(Customer.city, am.desc(Customer.name)))
step "text and params"
names(s:query(Customer):filter(am.text("city = :c")):params{ c = "oslo" })
names(s:query(Customer):filter(am.text("city = :c AND id > :i")):params{ c = "rome", i = 1 })
say(tostring(s:query(Customer.id):filter(Customer.name:eq("x")).statement))
say(tostring(q.statement))
step "with_for_update, yield_per, iteration"
say(
  tostring(tostring(s:query(Customer.id):with_for_update{ nowait = true }.statement:compile{ dialect = "postgresql" }))
)
say(map(q:yield_per(2), function(c) return c.name end))
step "update"
say(s:query(Customer):filter(Customer.city:eq("rome")):update{ city = "roma" })
say(ann.city)
say(
  s
    :query(Customer)
    :filter(Customer.id:eq(2))
    :update({ [Customer.name] = Customer.name .. "!" }, { synchronize_session = "fetch" })
)
say(map(q, function(c) return c.name end))
say(s
    :query(Order)
    :filter(Order.amount:lt(10))
    :update({ amount = Order.amount * 2 }, { synchronize_session = false }))
step "delete"
say(s:query(Order):filter(Order.amount:gt(20)):delete())
say(s:query(Order):count())
s:rollback()
step "errors"
parity.error(function() return q:limit(1):filter_by{ id = 1 } end)
parity.error(function() return q:limit(1):update{ city = "x" } end)
parity.error(function() return s:query(Customer):filter_by{ nope = 1 } end)
parity.error(function() return q:join("orders") end)
parity.error(function() return s:query(Customer):select_from(Order):get(1) end)
parity.error(function() return s:query(Customer.name):get(1) end)
step "end"
