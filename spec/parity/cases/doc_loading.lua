-- The page on relationship loading: wildcards, raise, adding criteria, and contains_eager with its filters.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select = am.select

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "user_account",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  orders = am.relationship("Order", { back_populates = "user", order_by = "Order.id" }),
  addresses = am.relationship("Address", { back_populates = "user", order_by = "Address.id" }),
})
local Address = Base:model("Address", {
  __tablename__ = "address",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("user_account.id"), { nullable = false }),
  email = am.Column(am.String),
  user = am.relationship("User", { back_populates = "addresses", lazy = "joined", innerjoin = true }),
})
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("user_account.id")),
  total = am.Column(am.Integer),
  user = am.relationship("User", { back_populates = "orders" }),
  items = am.relationship("Item", { back_populates = "order", order_by = "Item.id", lazy = "raise_on_sql" }),
})
local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  order_id = am.Column(am.ForeignKey("orders.id")),
  word = am.Column(am.String),
  order = am.relationship("Order", { back_populates = "items" }),
})
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("node.id")),
  data = am.Column(am.String),
  children = am.relationship("Node", { lazy = "joined", join_depth = 2, order_by = "Node.id" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    User{ id = 1, name = "spongebob",
      addresses = { Address{ id = 1, email = "s@x" }, Address{ id = 2, email = "s@y" } },
      orders = { Order{ id = 1, total = 5, items = { Item{ id = 1, word = "a" }, Item{ id = 2, word = "b" } } },
        Order{ id = 2, total = 9 } } },
    User{ id = 2, name = "sandy", addresses = { Address{ id = 3, email = "t@x" } },
      orders = { Order{ id = 3, total = 2, items = { Item{ id = 3, word = "c" } } } } },
    User{ id = 3, name = "patrick" },
  }
  s:add(Node{ id = 1, data = "n1", children = {
    Node{ id = 2, data = "n2", children = { Node{ id = 3, data = "n3", children = { Node{ id = 4, data = "n4" } } } } },
  } })
  s:commit()
end)
p.forget()

local function id_of(obj) return obj.id end
local function run(title, stmt, look, unique)
  step(title)
  am.Session(e, function(session)
    local result = session:scalars(stmt)
    for _, obj in ipairs((unique and result:unique() or result):all()) do
      local unloaded = am.inspect(obj).unloaded
      say(obj.id, p.collect(look, function(name) return not unloaded:contains(name) and name or nil end))
      for _, name in ipairs(look) do
        local ok, value = pcall(function() return obj[name] end)
        if not ok then
          say(name, value.name)
        elseif am.inspect(obj).mapper.relationships[name].uselist then
          say(name, p.map(value, id_of))
        else
          say(name, value and value.id)
        end
      end
    end
  end)
end

local base = select(User):order_by(User.id)
local orders_of = select(Order):order_by(Order.id)
run("as configured", base, { "orders", "addresses" })
run("joined, inner", select(Address):order_by(Address.id), { "user" })
run("a chain", base:options(am.joinedload(User.orders):subqueryload(Order.items)), { "orders" }, true)
run("defaultload", base:options(am.defaultload(User.orders):selectinload(Order.items)), { "orders" })
run("options()",
  base:options(am.selectinload(User.orders):options(am.joinedload(Order.items), am.lazyload(Order.user))),
  { "orders" })
run("a wildcard", orders_of:options(am.lazyload("*")), { "user", "items" })
run("all but one", orders_of:options(am.raiseload("*"), am.selectinload(Order.items)), { "user", "items" })
run("of one class", base:options(am.Load(User):raiseload("*")), { "orders", "addresses" })
run("of one class, below", base:options(am.selectinload(User.orders):raiseload("*")), { "orders" })
run("raise on SQL only", select(Order):where(Order.id:eq(1)):options(am.raiseload(Order.user, { sql_only = true })),
  { "user" })
run("immediate", base:options(am.immediateload(User.orders)), { "orders" })
run("not at all", base:options(am.noload(User.orders)), { "orders" })
run("criteria", base:options(am.selectinload(User.orders:and_(Order.total:gt(4)))
  :selectinload(Order.items:and_(Item.word:ne("a")))), { "orders" })
run("criteria, joined",
  base:options(am.joinedload(User.addresses:and_(Address.email:endswith("x")))), { "addresses" }, true)
run("a lazy one with criteria", base:options(am.lazyload(User.orders:and_(Order.total:gt(4)))), { "orders" })
run("the limit stays right", base:options(am.joinedload(User.orders)):limit(2):offset(1), { "orders" }, true)
run("ordered by the join", select(User):join(User.orders):order_by(am.desc(Order.total))
  :options(am.joinedload(User.addresses)), { "orders" }, true)
local order_alias = am.aliased(Order)
run("contains_eager", select(User):join(User.orders):options(am.contains_eager(User.orders)):where(Order.total:gt(4))
  :order_by(User.id, Order.id), { "orders" }, true)
run("contains_eager of an alias", select(User):outerjoin(User.orders:of_type(order_alias))
  :options(am.contains_eager(User.orders:of_type(order_alias))):order_by(User.id, order_alias.id), { "orders" }, true)
run("two contained", select(User):join(User.orders):join(Order.items)
  :options(am.contains_eager(User.orders):contains_eager(Order.items)):order_by(User.id, Order.id, Item.id),
  { "orders" }, true)
run("a depth", select(Node):where(Node.parent_id:is_(nil)), { "children" }, true)
step "populate_existing with contains_eager"
am.Session(e, function(session)
  local user = session:scalars(select(User):where(User.id:eq(1))):one()
  say(p.map(user.orders, id_of))
  local q = select(User):join(User.orders):where(Order.total:eq(9)):options(am.contains_eager(User.orders))
  say(p.map(session:scalars(q):unique():one().orders, id_of))
  say(p.map(session:scalars(q:execution_options{ populate_existing = true }):unique():one().orders, id_of))
  session:expire(user)
  say(p.map(user.orders, id_of))
end)
step "options stay with the object"
am.Session(e, function(session)
  local order = session:scalars(select(Order):where(Order.id:eq(1))
    :options(am.lazyload(Order.user):joinedload(User.orders))):one()
  say(p.map(order.user.orders, id_of))
  order = session:scalars(select(Order):options(am.selectinload(Order.items):joinedload(Item.order))
    :order_by(Order.id)):first()
  say(p.map(order.items, function(i) return i.word end), order.items[1].order == order)
end)
step "get and refresh"
am.Session(e, function(session)
  local user = session:get(User, 2, { options = { am.selectinload(User.orders):selectinload(Order.items) } })
  say(p.map(user.orders, function(o) return p.map(o.items, function(i) return i.word end) end))
  session:refresh(user, { "orders" })
  say(#user.orders)
  session:refresh(user)
  say(p.sorted(am.inspect(user).unloaded))
end)
p.sql()
