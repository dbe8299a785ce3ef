-- A tree of its own keys: nested set-ups of eager loads, recursive queries, moves, deep deletes, ordering lists.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local id = Column(Integer, { primary_key = true })
local Node
Node = Base:model("Node", {
  __tablename__ = "node",
  id = id,
  name = Column(String(20)),
  parent_id = Column(am.ForeignKey "node.id"),
  pos = Column(Integer),
  children = am.relationship("Node", { cascade = "all, delete-orphan", back_populates = "parent", order_by = "Node.pos",
    collection_class = am.ordering_list "pos" }),
  parent = am.relationship("Node", { remote_side = { id }, back_populates = "children" }),
  leaves = am.relationship("Node", {
    primaryjoin = function()
      return am.and_(Node.id:eq(am.foreign(am.remote(Node.parent_id))), am.remote(Node.name):like "leaf%")
    end,
    viewonly = true,
    order_by = function() return am.remote(Node.name):desc() end,
  }),
})

local function tree(node) return p.list(node.name, node.pos, p.map(node.children, tree)) end
local function names(items) return p.map(items, function(n) return n.name end) end
local function places(items) return p.map(items, function(n) return p.list(n.name, n.pos) end) end
local function grandchildren(root)
  local out = {}
  for _, n in ipairs(root.children) do
    for _, x in ipairs(n.children) do out[#out + 1] = x.name end
  end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local root = Node { name = "root" }
  local a, b, c = Node { name = "a" }, Node { name = "b" }, Node { name = "c" }
  for _, n in ipairs { a, b, c } do root.children:append(n) end
  a.children:append(Node { name = "leaf1" })
  a.children:append(Node { name = "leaf2" })
  a.children:insert(1, Node { name = "twig" })
  say(tree(root))
  s:add(root)
  s:commit()
  step "stored"
  say(tree(root))
  p.sql()
  say(names(a.leaves), a.parent.name)
  step "positions follow"
  root.children:insert(2, root.children:pop())
  say(places(root.children))
  s:flush()
  root.children:remove(b)
  say(b.parent, s.deleted:contains(b), places(root.children))
  s:commit()
  say(am.inspect(b).detached, tree(root))
  step "move a branch"
  local leaf = a.children[2]
  c.children:append(leaf)
  say(leaf.parent.name, names(a.children), leaf.pos)
  s:commit()
  say(tree(root))
  step "to another parent by the reference"
  local twig = a.children[1]
  twig.parent = root
  say(names(root.children), twig.pos, names(a.children))
  s:commit()
  say(tree(root))
  step "eager, two levels"
  s:expunge_all()
  local option = am.selectinload(Node.children):selectinload(Node.children)
  root = s:scalars(select(Node):where(Node.parent_id:eq(nil)):options(option)):one()
  p.sql()
  say(grandchildren(root))
  s:expunge_all()
  root = s:scalars(select(Node):where(Node.parent:eq(nil)):options(am.joinedload(Node.children, Node.children)))
    :unique():one()
  p.sql()
  say(grandchildren(root))
  step "joins up and down"
  local up, top = am.aliased(Node, { name = "up" }), am.aliased(Node, { name = "top" })
  say(s:execute(select(Node.name, up.name, top.name):join(Node.parent:of_type(up)):join(up.parent:of_type(top))
    :order_by(Node.name)):all())
  say(s:scalars(select(Node.name):where(Node.children:any(Node.name:eq "leaf1"))):all())
  say(s:scalars(select(Node.name):where(Node.parent:has { name = "root" }):order_by(Node.name)):all())
  say(s:scalars(select(Node.name):where(am.not_(Node.children:any())):order_by(Node.name)):all())
  step "recursive"
  local below = select(Node.id, Node.name, am.literal(0):label "depth"):where(Node.name:eq "root")
    :cte("below", { recursive = true })
  local kid = am.aliased(Node, { name = "kid" })
  below = below:union_all(select(kid.id, kid.name, below.c.depth + 1):where(kid.parent_id:eq(below.c.id)))
  say(s:execute(select(below.c.name, below.c.depth):order_by(below.c.depth, below.c.name)):all())
  local found = s:scalars(select(Node):join(below, Node.id:eq(below.c.id)):where(below.c.depth:eq(2))
    :order_by(Node.id)):all()
  say(names(found))
  step "its own child"
  a = s:scalars(select(Node):where(Node.name:eq "a")):one()
  a.parent = a
  p.error(function() s:flush() end)
  s:rollback()
  step "delete all"
  s:delete(s:scalars(select(Node):where(Node.name:eq "root")):one())
  s:commit()
  say(s:scalar(select(am.func.count(Node.id))))
end)
p.sql()
