-- Trees and graphs as applications keep them: adjacency list, materialized path, nested sets, directed graph, vertical.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local relationship, func, aliased = am.relationship, am.func, am.aliased

local Base = am.declarative_base()
local TreeNode = Base:model("TreeNode", {
  __tablename__ = "tree",
  id = Column(Integer, { primary_key = true }),
  parent_id = Column(ForeignKey("tree.id")),
  name = Column(String(20), { nullable = false }),
  children = relationship("TreeNode", { cascade = "all, delete-orphan", back_populates = "parent",
    collection_class = am.attribute_keyed_dict("name") }),
  parent = relationship("TreeNode", { back_populates = "children", remote_side = "TreeNode.id" }),
})
local function tree_node(name, parent) return TreeNode{ name = name, parent = parent } end

local function items(dict)
  local out = {}
  for k, v in dict:items() do out[#out + 1] = { k, v } end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end
local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end
local function dump(node, depth)
  depth = depth or 0
  say(("  "):rep(depth) .. node.name)
  for _, pair in ipairs(items(node.children)) do dump(pair[2], depth + 1) end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "adjacency list"
local root = tree_node("root")
tree_node("n1", root)
local n2 = tree_node("n2", root)
tree_node("n21", n2)
tree_node("n22", n2)
root.children.n3 = tree_node("n3")
dump(root)
s:add(root)
s:commit()
p.sql()
root.children.n1 = nil
tree_node("n23", root.children.n2)
s:commit()
p.sql()
s:expunge_all()
root = s:scalars(select(TreeNode):options(am.joinedload(TreeNode.children):joinedload(TreeNode.children))
  :where(TreeNode.name:eq("root"))):unique():one()
dump(root)
p.sql()
local kid = aliased(TreeNode)
say(s:execute(select(TreeNode.name, kid.name):join(TreeNode.children:of_type(kid)):order_by(kid.name)):all())
p.sql()
local base = select(TreeNode.id, TreeNode.name, am.literal(0):label("depth")):where(TreeNode.parent_id:is_(nil))
  :cte("walk", { recursive = true })
local walk = base:union_all(select(TreeNode.id, TreeNode.name, base.c.depth + 1)
  :join(base, TreeNode.parent_id:eq(base.c.id)))
say(s:execute(select(walk.c.name, walk.c.depth):order_by(walk.c.depth, walk.c.name)):all())
p.sql()
s:delete(root)
s:commit()
p.sql()
step "materialized path"
local path_id = Column(Integer, { primary_key = true, autoincrement = false })
local path = Column(String(100), { nullable = false, index = true })
local Path = Base:model("Path", {
  __tablename__ = "path",
  id = path_id,
  path = path,
  descendants = relationship("Path", { viewonly = true, order_by = path,
    primaryjoin = am.remote(am.foreign(path)):like(path:concat("/%")) }),
})
function Path:depth()
  local _, count = self.path:gsub("/", "")
  return count
end
Path.__table__:create(e)
p.forget()
for _, n in ipairs { "1", "1/2", "1/3", "1/3/4", "5" } do
  s:add(Path{ id = tonumber(n:match("%d+$")), path = n })
end
s:commit()
p.forget()
local one = s:get(Path, 1)
say(map(one.descendants, function(x) return { x.id, x:depth() } end))
p.sql()
local p2 = aliased(Path)
say(s:execute(select(Path.path, func.count(p2.id)):outerjoin(p2, Path.descendants:of_type(p2)):group_by(Path.path)
  :order_by(Path.path)):all())
p.sql()
step "nested sets"
local boss_of = {}
local Emp = Base:model("Emp", {
  __tablename__ = "emp",
  __mapper_args__ = { batch = false },
  emp = Column(String(20), { primary_key = true }),
  left = Column("lft", Integer, { nullable = false }),
  right = Column("rgt", Integer, { nullable = false }),
})
am.event.listen(Emp, "before_insert", function(mapper, connection, instance)
  local boss = boss_of[instance]
  if not boss then
    instance.left, instance.right = 1, 2
    return
  end
  local t = mapper.persist_selectable
  local edge = connection:scalar(select(t.c.rgt):where(t.c.emp:eq(boss.emp)))
  connection:execute(t:update():where(t.c.rgt:ge(edge)):values{
    lft = am.case({ t.c.lft:gt(edge), t.c.lft + 2 }, { else_ = t.c.lft }),
    rgt = am.case({ t.c.rgt:ge(edge), t.c.rgt + 2 }, { else_ = t.c.rgt }) })
  instance.left, instance.right = edge, edge + 1
end)
Emp.__table__:create(e)
p.forget()
local albert, bert = Emp{ emp = "albert" }, Emp{ emp = "bert" }
local chuck, donna = Emp{ emp = "chuck" }, Emp{ emp = "donna" }
boss_of = { [bert] = albert, [chuck] = albert, [donna] = chuck }
for _, x in ipairs { albert, bert, chuck, donna } do
  s:add(x)
  s:flush()
end
s:commit()
p.forget()
local ea = aliased(Emp)
say(s:execute(select(ea.emp, ea.left, ea.right, func.count(Emp.emp)):where(ea.left:between(Emp.left, Emp.right))
  :group_by(ea.emp, ea.left, ea.right):order_by(ea.left)):all())
p.sql()
step "directed graph"
local Edge
local Vertex = Base:model("Vertex", {
  __tablename__ = "vertex",
  id = Column(Integer, { primary_key = true }),
})
function Vertex:add(...)
  for _, other in ipairs { ... } do Edge{ lower = self, higher = other } end
end
function Vertex:higher() return map(self.lower_edges, function(x) return x.higher end) end
Edge = Base:model("Edge", {
  __tablename__ = "edge",
  lower_id = Column(ForeignKey("vertex.id"), { primary_key = true }),
  higher_id = Column(ForeignKey("vertex.id"), { primary_key = true }),
  lower = relationship(Vertex, { primaryjoin = "Edge.lower_id == Vertex.id", backref = "lower_edges" }),
  higher = relationship(Vertex, { primaryjoin = "Edge.higher_id == Vertex.id", backref = "higher_edges" }),
})
Base.metadata:create_all(e)
p.forget()
local v = {}
for i = 1, 4 do v[i] = Vertex{ id = i } end
v[1]:add(v[2], v[3])
v[2]:add(v[4])
v[3]:add(v[4])
s:add_all(v)
s:commit()
p.sql()
say(sorted(map(v[1]:higher(), function(x) return x.id end)),
  sorted(map(v[4].higher_edges, function(x) return x.lower.id end)))
p.forget()
step "vertical"
local Fact = Base:model("Fact", {
  __tablename__ = "fact",
  animal_id = Column(ForeignKey("beast.id"), { primary_key = true }),
  key = Column(String(20), { primary_key = true }),
  value = Column(String(50)),
})
local Beast = Base:model("Beast", {
  __tablename__ = "beast",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  facts = relationship("Fact", { collection_class = am.attribute_keyed_dict("key"), cascade = "all, delete-orphan" }),
  values = am.association_proxy("facts", "value",
    { creator = function(k, val) return Fact{ key = k, value = val } end }),
})
local function with_fact(key, value) return Beast.facts:any{ key = key, value = value } end
Base.metadata:create_all(e)
p.forget()
local stoat = Beast{ name = "stoat" }
stoat.values.color = "red"
stoat.values.cuteness = "7"
local loris = Beast{ name = "loris" }
loris.values.color = "brown"
s:add_all{ stoat, loris }
s:commit()
p.sql()
stoat.values.color = "white"
stoat.values.cuteness = nil
s:commit()
p.sql()
say(items(stoat.values))
local function name(x) return x.name end
say(map(s:scalars(select(Beast):where(with_fact("color", "brown"))):all(), name))
p.sql()
say(map(s:scalars(select(Beast):where(am.not_(with_fact("color", "brown")))):all(), name))
