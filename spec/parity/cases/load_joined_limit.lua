-- joinedload with LIMIT, OFFSET, DISTINCT and GROUP BY; inner joins, nested ones and many-to-one without a subquery.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  orders = am.relationship("Order", { back_populates = "customer", order_by = "desc(Order.id)" }),
})

local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  number = am.Column(am.String(30)),
  customer_id = am.Column(am.ForeignKey("customers.id"), { nullable = false }),
  address_id = am.Column(am.ForeignKey("addresses.id")),
  customer = am.relationship("Customer", { back_populates = "orders", lazy = "joined", innerjoin = true }),
  address = am.relationship("Address", { lazy = "joined" }),
  lines = am.relationship("Line", { back_populates = "order", order_by = "Line.position, Line.id" }),
})

local Address = Base:model("Address", {
  __tablename__ = "addresses",
  id = am.Column(am.Integer, { primary_key = true }),
  city = am.Column(am.String(30)),
})

local Line = Base:model("Line", {
  __tablename__ = "lines",
  id = am.Column(am.Integer, { primary_key = true }),
  position = am.Column(am.Integer),
  product = am.Column(am.String(30)),
  order_id = am.Column(am.ForeignKey("orders.id"), { nullable = false }),
  order = am.relationship("Order", { back_populates = "lines" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local rome = Address{ id = 1, city = "rome" }
  s:add_all{
    Customer{
      id = 1,
      name = "ann",
      orders = {
        Order{
          id = 1,
          number = "o1",
          address = rome,
          lines = { Line{ id = 1, position = 2, product = "x" }, Line{ id = 2, position = 1, product = "y" } }
        },
        Order{ id = 2, number = "o2", lines = { Line{ id = 3, position = 1, product = "x" } } }
      }
    },
    Customer{ id = 2, name = "bob", orders = { Order{ id = 3, number = "o3", address = rome } } },
    Customer{ id = 3, name = "cid" }
  }
  s:commit()
end)
parity.forget()

local function orders(found)
  return map(found, function(o) return list(o.number, o.customer.name, o.address and o.address.city) end)
end

step "lazy joined on the mapper"
am.Session(e, function(s)
  say(orders(s:scalars(am.select(Order):order_by(Order.id))))
  step "many to one needs no subquery for a limit"
  say(orders(s:scalars(am.select(Order):order_by(Order.id:desc()):limit(2))))
end)
step "a collection with limit"
am.Session(e, function(s)
  local stmt = am.select(Customer):options(am.joinedload(Customer.orders)):order_by(Customer.name):limit(2)
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return o.number end)) end)
  )
end)
step "limit, offset, where, order by an expression that is not selected"
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :options(am.joinedload(Customer.orders):joinedload(Order.lines))
    :where(Customer.id:gt(0))
    :order_by(am.func.length(Customer.name), Customer.id:desc())
    :limit(2)
    :offset(1)
  say(
    map(s:scalars(stmt):unique(), function(c)
      return list(
        c.name,
        map(c.orders, function(o) return list(o.number, map(o.lines, function(l) return l.product end)) end)
      )
    end)
  )
end)
step "distinct"
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :distinct()
    :options(am.joinedload(Customer.orders))
    :join(Customer.orders)
    :order_by(Customer.id)
  say(map(s:scalars(stmt):unique(), function(c) return list(c.name, #c.orders) end))
end)
step "the join of the query and the join of the loader are two"
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :join(Customer.orders)
    :where(Order.number:eq("o1"))
    :options(am.joinedload(Customer.orders))
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return o.number end)) end)
  )
end)
step "innerjoin options"
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :options(am.joinedload(Customer.orders, { innerjoin = true }):joinedload(Order.lines, { innerjoin = true }))
    :order_by(Customer.id)
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return #o.lines end)) end)
  )
end)
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :options(am.joinedload(Customer.orders):joinedload(Order.lines, { innerjoin = true }))
    :order_by(Customer.id)
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return #o.lines end)) end)
  )
end)
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :options(am.joinedload(Customer.orders):joinedload(Order.lines, { innerjoin = "unnested" }))
    :order_by(Customer.id)
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return #o.lines end)) end)
  )
end)
step "innerjoin with limit"
am.Session(e, function(s)
  local stmt = am.select(Customer)
    :options(am.joinedload(Customer.orders, { innerjoin = true }))
    :order_by(Customer.id)
    :limit(1)
  say(
    map(s:scalars(stmt):unique(), function(c) return list(c.name, map(c.orders, function(o) return o.number end)) end)
  )
end)
step "unique is demanded"
am.Session(e, function(s)
  local result = s:scalars(am.select(Customer):options(am.joinedload(Customer.orders)))
  parity.error(function() return result:all() end)
  parity.error(function() return s:execute(am.select(Customer):options(am.joinedload(Customer.orders))):first() end)
end)
step "two entities, a column and a joined collection"
am.Session(e, function(s)
  local c2 = am.aliased(Customer, { name = "c2" })
  local stmt = am.select(Customer, Order.number, c2)
    :join(Customer.orders)
    :join(c2, c2.id:eq(Customer.id))
    :options(am.joinedload(c2.orders))
    :order_by(Order.id)
  for _, c, number, other in s:execute(stmt):unique():each() do
    say(c.name, number, other == c, #other.orders)
  end
end)
step "limit in the first of the legacy query"
am.Session(e, function(s)
  say(s:query(Customer):options(am.joinedload(Customer.orders)):order_by(Customer.id):first().name)
  say(s:query(Customer):options(am.joinedload(Customer.orders)):filter_by{ name = "ann" }:one().name)
  say(s:query(Customer):options(am.joinedload(Customer.orders)):count())
end)
step "get with joined eager loading"
am.Session(e, function(s)
  local ann = s:get(Customer, 1, { options = { am.joinedload(Customer.orders) } })
  say(ann.name)
  say(s:get(Order, 1).number)
end)
step "subquery loading of a limited query"
am.Session(e, function(s)
  local stmt = am.select(Customer):options(am.subqueryload(Customer.orders)):order_by(Customer.id):limit(2)
  say(map(s:scalars(stmt), function(c) return list(c.name, map(c.orders, function(o) return o.number end)) end))
end)
step "group by"
am.Session(e, function(s)
  local stmt = am.select(Customer, am.func.count(Order.id))
    :outerjoin(Customer.orders)
    :group_by(Customer.id)
    :options(am.selectinload(Customer.orders))
    :order_by(Customer.id)
  say(map_rows(s:execute(stmt), function(c, n) return list(c.name, n, #c.orders) end))
end)
step "end"
