-- The statements of flushes: mixes of insert, update and delete, order of dependencies, cycles with post_update, trees,
-- links, changed keys.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err = p.say, p.step, p.sql, p.error
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local relationship, inspect = am.relationship, am.inspect

local Base = am.declarative_base()
local links = am.Table("links", Base.metadata, Column("order_id", ForeignKey("orders.id"), { primary_key = true }),
  Column("label_id", ForeignKey("labels.id"), { primary_key = true }))
local Customer = Base:model("Customer", {
  __tablename__ = "customers",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  favourite_id = Column(ForeignKey("orders.id", { name = "fk_fav", use_alter = true })),
  favourite = relationship("Order", { foreign_keys = "Customer.favourite_id", post_update = true }),
  orders = relationship("Order", { back_populates = "customer", foreign_keys = "Order.customer_id",
    order_by = "Order.id", cascade = "all, delete-orphan" }),
})
local Order = Base:model("Order", {
  __tablename__ = "orders",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(10)),
  note = Column(String(10)),
  customer_id = Column(ForeignKey("customers.id")),
  customer = relationship("Customer", { back_populates = "orders", foreign_keys = "Order.customer_id" }),
  labels = relationship("Label", { secondary = links, back_populates = "orders", order_by = "Label.id" }),
  lines = relationship("Line", { back_populates = "order", order_by = "Line.id" }),
})
local Line = Base:model("Line", {
  __tablename__ = "lines",
  id = Column(Integer, { primary_key = true }),
  n = Column(Integer),
  order_id = Column(ForeignKey("orders.id")),
  order = relationship("Order", { back_populates = "lines" }),
})
local Label = Base:model("Label", {
  __tablename__ = "labels",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(10)),
  orders = relationship("Order", { secondary = links, back_populates = "labels", order_by = "Order.id" }),
})
local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  up_id = Column(ForeignKey("nodes.id")),
  next_id = Column(ForeignKey("nodes.id")),
  subs = relationship("Node",
    { foreign_keys = "Node.up_id", back_populates = "up", order_by = "Node.id", cascade = "all" }),
  up = relationship("Node", { foreign_keys = "Node.up_id", remote_side = "Node.id", back_populates = "subs" }),
  next = relationship("Node", { foreign_keys = "Node.next_id", remote_side = "Node.id", post_update = true }),
})
local Country = Base:model("Country", {
  __tablename__ = "countries",
  code = Column(String(5), { primary_key = true }),
  cities = relationship("City",
    { backref = am.backref("country", { passive_updates = true }), passive_updates = true, order_by = "City.name" }),
  towns = relationship("Town", { back_populates = "country", passive_updates = false, order_by = "Town.name" }),
})
local City = Base:model("City", {
  __tablename__ = "cities",
  name = Column(String(10), { primary_key = true }),
  country_code = Column(ForeignKey("countries.code", { onupdate = "CASCADE" })),
})
local Town = Base:model("Town", {
  __tablename__ = "towns",
  name = Column(String(10), { primary_key = true }),
  country_code = Column(ForeignKey("countries.code", { deferrable = true, initially = "DEFERRED" }),
    { primary_key = true }),
  country = relationship("Country", { back_populates = "towns", passive_updates = false }),
  people = relationship("Person", { passive_updates = false, order_by = "Person.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "people",
  id = Column(Integer, { primary_key = true }),
  town_name = Column(String(10)),
  town_country = Column(String(5)),
  __table_args__ = { am.ForeignKeyConstraint({ "town_name", "town_country" }, { "towns.name", "towns.country_code" },
    { deferrable = true, initially = "DEFERRED" }) },
})

local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("PRAGMA foreign_keys = ON") end)
end
Base.metadata:create_all(e)
local s = am.Session(e, { expire_on_commit = false })
local function flush() s:flush() end
local function ids(list) return p.map(list, function(x) return x.id end) end
p.forget()
step "insert a web"
local a, b = Customer{ name = "a" }, Customer{ name = "b" }
local l1, l2 = Label{ word = "x" }, Label{ word = "y" }
local o1 = Order{ word = "o1", customer = a, labels = { l1 }, lines = { Line{ n = 1 }, Line{ n = 2 } } }
local o2 = Order{ word = "o2", note = "n", customer = b }
local o3 = Order{ word = "o3", customer = a, lines = { Line{ n = 3 } } }
a.favourite, b.favourite = o2, o2
s:add_all{ l1, l2, o3, a, b, o1 }
s:commit()
step "mixed"
o2.labels:append(l2)
s:flush()
o1.word, o2.note, o3.word, o3.note = "o1!", nil, "o3!", "new"
s:add(Order{ word = "o4", customer = b })
s:delete(o1.lines[1])
o1.labels:remove(l1)
o2.labels:append(l1)
a.favourite = o1
s:commit()
step "move"
o1.lines[2].order = o2
o3.lines[1].n = 30
b.orders:append(o3)
l2.orders = { o3 }
s:flush()
say(ids(a.orders), ids(b.orders), ids(o3.labels), ids(o1.labels))
s:commit()
step "orphans"
err(function() a.orders:remove(o1) end)
say(s.dirty:contains(o1), inspect(o1).persistent)
for _, line in ipairs(o1.lines) do line.order = o3 end
err(flush)
s:rollback()
a.favourite = nil
a.orders:remove(o1)
for _, line in ipairs(o1.lines) do line.order = o3 end
s:flush()
say(inspect(o1).deleted, o1.customer == nil, ids(a.orders))
s:rollback()
step "delete the web"
for _, line in ipairs(o1.lines) do s:delete(line) end
s:delete(a)
err(flush)
s:rollback()
step "replace"
local key = l1.id
s:delete(l1)
s:add(Label{ id = key, word = "again" })
s:flush()
say(s:scalars(select(Label.word):order_by(Label.id)):all())
s:rollback()
step "set and set back"
o1.word = "q"
o1.word = "o1!"
s:flush()
o1.word = "q"
s:flush()
o1.note, o1.customer_id = o1.note, o1.customer_id
s:flush()
s:rollback()
step "tree"
local root = Node{ name = "r", subs = { Node{ name = "1", subs = { Node{ name = "11" }, Node{ name = "12" } } },
  Node{ name = "2" } } }
root.subs[1].next = root.subs[2]
root.subs[2].next = root.subs[1]
root.next = root.subs[1].subs[1]
s:add(root)
s:commit()
step "tree moves"
local one, two = root.subs[1], root.subs[2]
two.subs:append(one.subs[2])
one.name, two.name = "one", "two"
s:commit()
step "tree swap"
local top = Node{ name = "top", subs = { root } }
s:add(top)
s:commit()
step "tree delete"
s:delete(root)
s:flush()
s:rollback()
s:delete(top)
s:commit()
step "keys"
local c = Country{ code = "de", cities = { City{ name = "Bonn" }, City{ name = "Ulm" } },
  towns = { Town{ name = "Alt" }, Town{ name = "Neu" } } }
s:add(c)
s:commit()
step "change a key"
c.code = "xx"
s:flush()
say(p.map(c.cities, function(x) return inspect(x).dict.country_code end),
  p.map(c.towns, function(x) return x.country_code end))
s:commit()
say(s:get(Country, "xx") == c, s:get(Country, "de"))
s:expire_all()
say(p.map(c.cities, function(x) return x.country_code end), p.map(c.towns, function(x) return inspect(x).identity end))
step "change half a key"
c.towns[1].people = { Person{ id = 1 }, Person{ id = 2 } }
s:commit()
c.towns[1].name = "Old"
s:commit()
say(p.map(c.towns[2].people, function(x) return x.town_name end))
step "swap keys"
local n, m = Country{ code = "n" }, Country{ code = "m" }
s:add_all{ n, m }
s:flush()
s:expunge(n)
m.code = "k"
s:flush()
s:add(Country{ code = "m" })
s:flush()
say(s:scalars(select(Country.code):order_by(Country.code)):all())
s:rollback()
sql()
