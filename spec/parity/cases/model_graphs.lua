-- Association objects, trees, two foreign keys to one table, cycles with post_update.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function names(objects) return map(objects, function(o) return o.name end) end

local Base = am.declarative_base()
local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("nodes.id")),
  name = am.Column(am.String(10)),
  children = am.relationship("Node", { cascade = "all, delete-orphan", order_by = "Node.name",
    backref = am.backref("parent", { remote_side = "Node.id" }) }),
})
local follows = am.Table("follows", Base.metadata,
  am.Column("follower_id", am.ForeignKey("users.id"), { primary_key = true }),
  am.Column("followed_id", am.ForeignKey("users.id"), { primary_key = true }))
local id, name = am.Column(am.Integer, { primary_key = true }), am.Column(am.String(10))
local User = Base:model("User", {
  __tablename__ = "users",
  id = id,
  name = name,
  following = am.relationship("User", { secondary = follows, primaryjoin = id:eq(follows.c.follower_id),
    secondaryjoin = id:eq(follows.c.followed_id), backref = am.backref("followers", { order_by = name }),
    order_by = name }),
})
local Address = Base:model("Address", {
  __tablename__ = "addresses",
  id = am.Column(am.Integer, { primary_key = true }),
  street = am.Column(am.String(10)),
})
local customer_id = am.Column(am.Integer, { primary_key = true })
local billing_id = am.Column(am.ForeignKey("addresses.id"))
local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = customer_id,
  billing_id = billing_id,
  shipping_id = am.Column(am.ForeignKey("addresses.id")),
  billing = am.relationship(Address, { foreign_keys = { billing_id } }),
  shipping = am.relationship("Address", { foreign_keys = "Customer.shipping_id" }),
})
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = am.Column(am.Integer, { primary_key = true }),
  lines = am.relationship("Line", { back_populates = "order", cascade = "all, delete-orphan",
    order_by = "Line.item_id" }),
})
local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  lines = am.relationship("Line", { back_populates = "item" }),
})
local Line = Base:model("Line", {
  __tablename__ = "lines",
  order_id = am.Column(am.ForeignKey("orders.id"), { primary_key = true }),
  item_id = am.Column(am.ForeignKey("items.id"), { primary_key = true }),
  amount = am.Column(am.Integer, { default = 1 }),
  order = am.relationship(Order, { back_populates = "lines" }),
  item = am.relationship(Item, { back_populates = "lines" }),
})
local widget_id, widget_name = am.Column(am.Integer, { primary_key = true }), am.Column(am.String(10))
local favorite_id = am.Column(am.ForeignKey("entries.id", { name = "fk_favorite", use_alter = true }))
local Widget = Base:model("Widget", {
  __tablename__ = "widgets",
  id = widget_id,
  name = widget_name,
  favorite_id = favorite_id,
  entries = am.relationship("Entry", { primaryjoin = "Widget.id == Entry.widget_id", order_by = "Entry.id" }),
  favorite = am.relationship("Entry", { primaryjoin = "Widget.favorite_id == Entry.id", foreign_keys = favorite_id,
    post_update = true }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entries",
  id = am.Column(am.Integer, { primary_key = true }),
  widget_id = am.Column(am.ForeignKey("widgets.id")),
  name = am.Column(am.String(10)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function tree(node, depth)
  say(depth, node.name)
  for _, child in ipairs(node.children) do tree(child, depth + 1) end
end

local s = am.Session(e)
step "tree"
local root = Node{ name = "root", children = {
  Node{ name = "b", children = { Node{ name = "c" } } }, Node{ name = "a" } } }
s:add(root)
s:commit()
step "walk"
tree(root, 0)
say(root.children[2].parent == root)
step "eager"
s:expunge_all()
root = s:scalars(select(Node):where(Node.parent_id:eq(nil))
  :options(am.selectinload(Node.children):selectinload(Node.children))):one()
p.sql()
tree(root, 0)
step "joined with aliases"
local child = am.aliased(Node)
say(s:execute(select(Node.name, child.name):join(Node.children:of_type(child)):order_by(child.name)):all())
say(s:execute(select(child.name):join(child.parent):where(Node.name:eq("root")):order_by(child.name)):scalars():all())
say(select(Node):where(Node.children:any{ name = "c" }))
say(select(Node):where(Node.parent:has{ name = "root" }))
step "move and orphan"
local b
for _, n in ipairs(root.children) do
  if n.name == "b" then b = n end
end
local c = b.children[1]
root.children:append(c)
say(c.parent.name, names(b.children))
s:flush()
root.children:remove(b)
s:flush()
say(am.inspect(b).deleted or am.inspect(b).detached, am.inspect(c).persistent)
step "delete the tree"
s:delete(root)
s:commit()
step "followers"
local ann, bob, cy = User{ name = "ann" }, User{ name = "bob" }, User{ name = "cy" }
ann.following = { bob }
s:add(ann)
s:flush()
ann.following:append(cy)
s:flush()
bob.following:append(ann)
s:commit()
say(names(ann.following), names(ann.followers), names(cy.followers))
cy.followers:remove(ann)
s:flush()
local fan = am.aliased(User, { name = "f" })
say(s:scalars(select(User.name):join(User.followers:of_type(fan)):order_by(User.name)):all())
step "two addresses"
local home, work = Address{ street = "home" }, Address{ street = "work" }
local cust = Customer{ billing = home, shipping = work }
s:add(cust)
s:commit()
say(cust.billing.street, cust.shipping.street)
say(select(Customer):join(Customer.billing),
  select(Customer):options(am.joinedload(Customer.billing), am.joinedload(Customer.shipping)))
cust.shipping = home
s:commit()
say(cust.shipping == cust.billing)
step "association object"
local pen, ink = Item{ name = "pen" }, Item{ name = "ink" }
local order = Order{ lines = { Line{ item = pen, amount = 2 }, Line{ item = ink } } }
s:add(order)
s:commit()
say(map(order.lines, function(l) return { l.item.name, l.amount } end),
  map(pen.lines, function(l) return l.order_id end))
order.lines[1].amount = 5
order.lines:pop()
s:flush()
say(s:execute(select(Order.id, Item.name, Line.amount):join(Order.lines):join(Line.item)):all())
step "a line without its order"
s:commit()
pen.lines:append(Line{ amount = 1 })
error_of(function() s:flush() end)
s:rollback()
step "delete the order"
s:delete(order)
s:commit()
step "post_update"
local w = Widget{ name = "w", entries = { Entry{ name = "one" }, Entry{ name = "two" } } }
w.favorite = w.entries[2]
s:add(w)
s:flush()
step "post_update change"
w.favorite = w.entries[1]
s:flush()
w.favorite = nil
s:flush()
w.favorite = w.entries[1]
s:commit()
step "post_update delete"
say(w.favorite.name, names(w.entries))
for _, entry in ipairs(w.entries) do s:delete(entry) end
s:delete(w)
s:commit()
p.sql()
s:close()
