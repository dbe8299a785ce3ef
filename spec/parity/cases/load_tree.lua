-- A tree that refers to itself: join_depth, recursion_depth, explicit aliases, both directions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("nodes.id")),
  name = am.Column(am.String(30)),
  children = am.relationship("Node", {
    backref = am.backref("parent", { remote_side = "Node.id" }),
    order_by = "Node.id"
  }),
})

local Folder = Base:model("Folder", {
  __tablename__ = "folders",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("folders.id")),
  name = am.Column(am.String(30)),
  children = am.relationship("Folder", { lazy = "joined", join_depth = 2, order_by = "Folder.id" }),
})

local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("parts.id")),
  name = am.Column(am.String(30)),
  children = am.relationship("Part", { lazy = "selectin", join_depth = 2, order_by = "Part.id" }),
  parent = am.relationship("Part", { remote_side = "Part.id", lazy = "joined", overlaps = "children" }),
})

local e = parity.engine()
Base.metadata:create_all(e)

local function grow(cls)
  return cls{
    id = 1,
    name = "root",
    children = {
      cls{
        id = 2,
        name = "a",
        children = {
          cls{
            id = 4,
            name = "a1",
            children = { cls{ id = 6, name = "a11", children = { cls{ id = 7, name = "a111" } } } }
          },
          cls{ id = 5, name = "a2" }
        }
      },
      cls{ id = 3, name = "b" }
    }
  }
end

am.Session(e, function(s)
  s:add_all{ grow(Node), grow(Folder), grow(Part) }
  s:commit()
end)
parity.forget()

local function tree(n)
  return #n.children > 0 and list(n.name, map(n.children, function(c) return tree(c) end)) or n.name
end

local function loaded(n)
  if am.inspect(n).unloaded:contains("children") then
    return n.name .. "?"
  end
  return list(n.name, map(n.children, function(c) return loaded(c) end))
end

for _, cls in ipairs { Node, Folder, Part } do
  step(cls.__name__)
  am.Session(e, function(s)
    local root = s:scalars(am.select(cls):where(cls.name:eq("root"))):unique():one()
    say(loaded(root))
    step(cls.__name__ .. " the rest")
    say(tree(root))
  end)
end
step "nested options"
am.Session(e, function(s)
  local root = s
    :scalars(
      am.select(Node):where(Node.id:eq(1)):options(am.selectinload(Node.children):selectinload(Node.children))
    )
    :one()
  say(loaded(root))
end)
am.Session(e, function(s)
  local root = s
    :scalars(am.select(Node):where(Node.id:eq(1)):options(am.joinedload(Node.children):joinedload(Node.children)))
    :unique()
    :one()
  say(loaded(root))
end)
am.Session(e, function(s)
  local root = s
    :scalars(
      am.select(Node):where(Node.id:eq(1)):options(am.subqueryload(Node.children):subqueryload(Node.children))
    )
    :one()
  say(loaded(root))
end)
for _, depth in ipairs { 1, 2, -1 } do
  step(("selectin recursion_depth %d"):format(depth))
  am.Session(e, function(s)
    local root = s
      :scalars(
        am.select(Node):where(Node.id:eq(1)):options(am.selectinload(Node.children, { recursion_depth = depth }))
      )
      :one()
    say(loaded(root))
  end)
end
step "immediate recursion_depth"
am.Session(e, function(s)
  local root = s
    :scalars(am.select(Node)
        :where(Node.id:eq(1))
        :options(am.immediateload(Node.children, { recursion_depth = -1 })))
    :one()
  say(loaded(root))
end)
am.Session(e, function(s)
  step "upwards"
  local leaf = s
    :scalars(am.select(Node):where(Node.id:eq(7)):options(am.selectinload(Node.parent, { recursion_depth = -1 })))
    :one()
  local names = {}
  while leaf ~= nil do
    table.insert(names, leaf.name)
    leaf = leaf.parent
  end
  say(names)
end)
am.Session(e, function(s)
  step "upwards joined"
  local leaf = s
    :scalars(am.select(Node):where(Node.id:eq(7)):options(am.joinedload(Node.parent):joinedload(Node.parent)))
    :one()
  say(leaf.parent.parent.name)
  step "one more"
  say(leaf.parent.parent.parent.name)
end)
step "explicit aliases"
am.Session(e, function(s)
  local child = am.aliased(Node, { name = "child" })
  local grand = am.aliased(Node, { name = "grand" })
  local stmt = am.select(Node)
    :join(Node.children:of_type(child))
    :join(child.children:of_type(grand))
    :where(Node.parent_id:is_(nil))
    :options(am.contains_eager(Node.children:of_type(child)):contains_eager(child.children:of_type(grand)))
    :order_by(child.id, grand.id)
  say(map(s:scalars(stmt):unique(), function(n) return loaded(n) end))
end)
am.Session(e, function(s)
  local parent = am.aliased(Node)
  local stmt = am.select(Node.name, parent.name:label("up"))
    :outerjoin(Node.parent:of_type(parent))
    :order_by(Node.id)
  say(map(s:execute(stmt), function(r) return list(r.name, r.up) end))
  stmt = am.select(Node):join(Node.parent:of_type(parent)):where(parent.name:eq("a")):order_by(Node.id)
  say(map(s:scalars(stmt), function(n) return n.name end))
  local up = am.aliased(Node)
  say(
    map(
      s:scalars(
        am.select(Node)
          :join(parent, Node.parent)
          :join(up, parent.parent)
          :where(up.name:eq("root"))
          :order_by(Node.id)
      ),
      function(n) return n.name end
    )
  )
  say(map(s:scalars(am.select(Node):where(Node.children:any{ name = "a1" })), function(n) return n.name end))
  say(
    map(
      s:scalars(am.select(Node):where(Node.parent:has(Node.parent:has{ name = "root" })):order_by(Node.id)),
      function(n) return n.name end
    )
  )
  say(
    map(
      s:scalars(am.select(Node):where(am.not_(Node.children:any())):order_by(Node.id)),
      function(n) return n.name end
    )
  )
  say(map(s:scalars(am.select(Node):where(Node.parent:eq(nil)):order_by(Node.id)), function(n) return n.name end))
end)
step "wrong depth"
parity.error(function() return am.selectinload(Node.children, { recursion_depth = 0 }) end)
step "recursion with the identity map"
am.Session(e, function(s)
  local kept = s:get(Node, 4)
  local root = s
    :scalars(am.select(Node)
        :where(Node.id:eq(1))
        :options(am.selectinload(Node.children, { recursion_depth = -1 })))
    :one()
  say(root.children[1].children[1] == kept, loaded(kept))
end)
step "end"
