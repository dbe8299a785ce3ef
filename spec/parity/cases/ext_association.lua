-- Association objects: proxies over them and through two, dicts of sets, joins that cast, keys without a constraint.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, Float = am.Column, am.Integer, am.String, am.ForeignKey, am.Float
local select, func, inspect, foreign, remote, and_ = am.select, am.func, am.inspect, am.foreign, am.remote, am.and_

local Base = am.declarative_base()
local OrderItem
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = Column(Integer, { primary_key = true }),
  customer = Column(String(20)),
  order_items = am.relationship("OrderItem",
    { cascade = "all, delete-orphan", backref = "order", order_by = "OrderItem.item_id" }),
  items = am.association_proxy("order_items", "item",
    { creator = function(item) return OrderItem{ item = item, price = item.price } end }),
  names = am.association_proxy("order_items", "item_name"),
})
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  price = Column(Float),
})
OrderItem = Base:model("OrderItem", {
  __tablename__ = "order_item",
  order_id = Column(ForeignKey("orders.id"), { primary_key = true }),
  item_id = Column(ForeignKey("item.id"), { primary_key = true }),
  price = Column(Float, { nullable = false }),
  item = am.relationship(Item, { lazy = "joined" }),
  item_name = am.association_proxy("item", "name"),
})
local B, C
local A = Base:model("A", {
  __tablename__ = "a",
  id = Column(Integer, { primary_key = true }),
  associations = am.relationship("B",
    { collection_class = am.attribute_keyed_dict("key"), cascade = "all, delete-orphan" }),
  sets = am.association_proxy("associations", "values"),
})
function A:of(key)
  if not self.associations[key] then self.associations[key] = B{ key = key } end
  return self.associations[key].values
end
B = Base:model("B", {
  __tablename__ = "b",
  id = Column(Integer, { primary_key = true }),
  a_id = Column(ForeignKey("a.id"), { nullable = false }),
  key = Column(String(10)),
  elements = am.relationship("C", { collection_class = "set", cascade = "all, delete-orphan" }),
  values = am.association_proxy("elements", "value", { creator = function(v) return C{ value = v } end }),
})
C = Base:model("C", {
  __tablename__ = "c",
  b_id = Column(ForeignKey("b.id"), { primary_key = true }),
  value = Column(Integer, { primary_key = true }),
})
local Doc, Target, First, Second
Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  ref = Column(String(10)),
  target = am.relationship("Target", { viewonly = true, uselist = false,
    primaryjoin = function() return remote(Target.id):eq(am.cast(foreign(Doc.ref), Integer)) end }),
})
Target = Base:model("Target", {
  __tablename__ = "target",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
})
First = Base:model("First", {
  __tablename__ = "first",
  id = Column(Integer, { primary_key = true }),
  partitioned_second_id = Column(Integer),
  partition = Column(String(5)),
  seconds = am.relationship("Second", { viewonly = true, order_by = "Second.id", primaryjoin = function()
    return and_(First.partitioned_second_id:eq(foreign(Second.first_id)),
      First.partition:eq(foreign(Second.partition)))
  end }),
})
Second = Base:model("Second", {
  __tablename__ = "second",
  id = Column(Integer, { primary_key = true }),
  first_id = Column(Integer),
  partition = Column(String(5)),
})

local function list(xs) return p.map(xs, function(x) return x end) end
local function keys(map)
  local out = {}
  for k in map:items() do out[#out + 1] = k end
  return p.sorted(out)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "association objects"
local cup, bowl = Item{ name = "cup", price = 1.5 }, Item{ name = "bowl", price = 4.0 }
local mug = Item{ name = "mug", price = 2.0 }
local o = Order{ customer = "ann" }
s:add(o)
o.order_items:append(OrderItem{ item = cup, price = cup.price })
o.items:append(bowl)
o.order_items:append(OrderItem{ item = mug, price = 1.75 })
s:commit()
say(p.map(o.items, function(i) return i.name end), list(o.names), p.map(o.order_items, function(x) return x.price end),
  #o.items, o.items:contains(bowl))
say(s:scalars(select(Order.customer):where(Order.items:contains(cup))):all(),
  s:scalars(select(Order.customer):where(Order.order_items:any(OrderItem.item_name:eq("mug")))):all(),
  s:scalars(select(Order.customer):where(Order.items:any(Item.price:gt(9)))):all())
step "prices that differ"
for row in s:execute(select(Order.customer, Item.name, OrderItem.price, Item.price):join(Order.order_items)
    :join(OrderItem.item):where(OrderItem.price:ne(Item.price))) do
  say(row)
end
step "changed through the proxy"
o.items:remove(cup)
o.items:pop(1)
s:commit()
say(list(o.names), s:scalar(select(func.count()):select_from(OrderItem)))
o.items = { cup, mug }
say(p.map(o.order_items, function(x) return { x.item.name, x.price, inspect(x).pending } end))
s:commit()
say(p.map(o.order_items, function(x) return { x.item.name, x.price } end))
step "dicts of sets"
local a = A()
a:of("odd"):add(1)
a:of("even"):add(2)
s:add(a)
s:commit()
for _, value in ipairs{ 3, 5 } do
  a:of("odd"):add(value)
  s:flush()
end
say(keys(a.associations), p.sorted(a.sets.odd), a.sets.odd:contains(3), p.sorted(a.sets.even))
a.sets.odd:remove(3)
a:of("odd"):add(9)
s:commit()
say(p.sorted(a.sets.odd),
  s:scalars(select(A.id):join(A.associations):join(B.elements):where(C.value:eq(9))):all())
say(s:scalars(select(B.key):where(B.values:eq(5))):all())
a.associations.odd = nil
s:commit()
say(keys(a.associations), s:execute(select(C.value)):all())
step "a join that casts"
s:add_all{ Target{ name = "t1" }, Target{ name = "t2" }, Doc{ ref = "2" }, Doc{ ref = "7" }, Doc() }
s:commit()
local function shown(d) return p.list(d.ref, d.target and d.target.name) end
say(p.map(s:scalars(select(Doc):order_by(Doc.id)), shown))
s:expunge_all()
say(p.map(s:scalars(select(Doc):order_by(Doc.id):options(am.joinedload(Doc.target))), shown))
s:expunge_all()
say(p.map(s:scalars(select(Doc):order_by(Doc.id):options(am.selectinload(Doc.target))), shown))
say(s:scalars(select(Doc.ref):where(Doc.target:has(Target.name:eq("t2")))):all())
step "two columns, no foreign key"
s:add_all{ First{ partitioned_second_id = 1, partition = "x" }, First{ partitioned_second_id = 1, partition = "y" },
  Second{ first_id = 1, partition = "x" }, Second{ first_id = 1, partition = "x" },
  Second{ first_id = 1, partition = "y" } }
s:commit()
local function seconds(f) return p.map(f.seconds, function(x) return x.id end) end
say(p.map(s:scalars(select(First):order_by(First.id)), seconds))
s:expunge_all()
say(p.map(s:scalars(select(First):order_by(First.id):options(am.selectinload(First.seconds))), seconds))
say(s:execute(select(First.id, func.count(Second.id)):outerjoin(First.seconds):group_by(First.id)
  :order_by(First.id)):all())
s:close()
p.sql()
