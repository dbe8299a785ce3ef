-- The unit of work: order of statements, self references, many to many, post_update, changed keys, swaps.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local node_tag = am.Table("node_tag", Base.metadata,
  am.Column("node_id", am.ForeignKey("node.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tag.id"), { primary_key = true }))
local node_id = am.Column(am.Integer, { primary_key = true })
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = node_id,
  name = am.Column(am.String(20)),
  parent_id = am.Column(am.ForeignKey("node.id")),
  children = am.relationship("Node", {
    backref = am.backref("parent", { remote_side = { node_id } }), cascade = "all", order_by = "Node.id",
  }),
  tags = am.relationship("Tag", { secondary = node_tag, back_populates = "nodes", order_by = "Tag.id" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20), { unique = true }),
  nodes = am.relationship("Node", { secondary = node_tag, back_populates = "tags", order_by = "Node.id" }),
})
local Widget = Base:model("Widget", {
  __tablename__ = "widget",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  favorite_id = am.Column(am.ForeignKey("part.id", { use_alter = true, name = "fk_favorite" })),
  favorite = am.relationship("Part", { foreign_keys = "Widget.favorite_id", post_update = true }),
  parts = am.relationship("Part", {
    foreign_keys = "Part.widget_id", back_populates = "widget", order_by = "Part.id", cascade = "all, delete-orphan",
  }),
})
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  widget_id = am.Column(am.ForeignKey("widget.id"), { nullable = false }),
  widget = am.relationship("Widget", { foreign_keys = "Part.widget_id", back_populates = "parts" }),
})
local Country = Base:model("Country", {
  __tablename__ = "country",
  code = am.Column(am.String(2), { primary_key = true }),
  name = am.Column(am.String(20)),
  towns = am.relationship("Town", {
    back_populates = "country", order_by = "Town.id", passive_updates = p.is_postgresql,
  }),
})
local Town = Base:model("Town", {
  __tablename__ = "town",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  code = am.Column(am.ForeignKey("country.code", { onupdate = "CASCADE" })),
  country = am.relationship("Country", { back_populates = "towns" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, inspect = am.select, am.inspect

local function map(items, key)
  local list = {}
  for i, item in ipairs(items) do list[i] = item[key] end
  return list
end

step "a tree, children first in the list"
local root = Node{ name = "root" }
local leaf = Node{ name = "leaf", parent = Node{ name = "mid", parent = root } }
session:add_all{ leaf, Node{ name = "lone" }, root }
session:commit()
local tree = {}
for _, n in ipairs(session:scalars(select(Node):order_by(Node.id)):all()) do
  tree[#tree + 1] = { n.name, n.parent and n.parent.name or am.null }
end
say(tree)

step "delete the tree"
for _, n in ipairs { root, leaf.parent, leaf } do say(n.name, #n.children, #n.tags) end
p.forget()
session:delete(root)
session:commit()
say(session:scalars(select(Node.name)):all())

step "many to many"
local a, b = Node{ name = "a" }, Node{ name = "b" }
local x, y = Tag{ word = "x" }, Tag{ word = "y" }
a.tags = { x, y }
b.tags:append(x)
say(#x.nodes, #y.nodes)
session:add(a)
say(session:contains(b), session:contains(y))
session:commit()
p.forget()
a.tags:remove(x)
b.tags:append(y)
session:commit()
say(map(a.tags, "word"), map(b.tags, "word"), map(y.nodes, "name"))
p.forget()
session:delete(y)
session:commit()
p.sql()

step "post_update"
local w = Widget{ name = "w" }
local p1, p2 = Part{ name = "p1" }, Part{ name = "p2" }
w.parts = { p1, p2 }
w.favorite = p2
session:add(w)
session:commit()
p.sql()
w.favorite = p1
session:commit()
say(w.favorite.name)
p.forget()
session:delete(w)
session:commit()

step "changed primary key"
local it = Country{ code = "it", name = "italy", towns = { Town{ name = "rome" }, Town{ name = "pisa" } } }
session:add(it)
session:commit()
say(#it.towns)
p.forget()
it.code = "IT"
session:flush()
say(inspect(it).identity, map(it.towns, "code"), session:get(Country, "it"), session:get(Country, "IT") == it)
session:commit()

step "delete and add again"
p.forget()
session:delete(it.towns[2])
it.towns:append(Town{ id = it.towns[2].id, name = "PISA" })
session:flush()
p.sql()
say(session:scalars(select(Town.name):order_by(Town.id)):all())
session:rollback()
local t = session:scalars(select(Town):order_by(Town.id)):first()
session:delete(t)
session:add(t)
say(session.deleted:contains(t), session:contains(t))
session:delete(t)
session:flush()
error_of(function() session:add(t) end)
session:rollback()
p.forget()

step "a row switch is an UPDATE"
local old = session:get(Country, "IT")
local towns = {}
for i, town in ipairs(old.towns) do towns[i] = town end
for _, town in ipairs(towns) do town.country = nil end
session:flush()
session:delete(old)
session:add(Country{ code = "IT", name = "switched" })
session:flush()
p.sql()
say(session:scalars(select(Country.name)):all(), inspect(old).detached, inspect(old).deleted)
session:rollback()

step "batches: equal columns together"
session:add_all{
  Node{ name = "n1" }, Node{ name = "n2" }, Node(), Node{ name = "n3" }, Node{ id = 90, name = "n4" },
  Node{ id = 80, name = "n5" },
}
session:flush()
p.sql()
local nodes = session:scalars(select(Node):where(Node.name:like("n%")):order_by(Node.name)):all()
local shown = {}
for i, n in ipairs(nodes) do shown[i] = { n.id, #n.children, #n.tags } end
say(shown)
p.forget()
nodes[1].name = "m1"
nodes[2].name = "m2"
nodes[3].parent = nodes[1]
session:flush()
nodes[3].parent = nil
session:flush()
for _, n in ipairs(nodes) do session:delete(n) end
session:flush()
session:rollback()
p.sql()

step "circular cascade"
local one, two = Node{ name = "p" }, Node{ name = "q" }
one.parent, two.parent = two, one
session:add(one)
error_of(function() session:flush() end)
session:rollback()
local n = Node{ id = 1000, name = "self" }
n.parent = n
session:add(n)
error_of(function() session:flush() end)
session:rollback()
p.sql()
session:close()
