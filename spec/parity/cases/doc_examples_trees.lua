-- The examples nested_sets, adjacency_list and materialized_paths: trees kept by listeners, by a mapped dictionary of
-- children and by paths, with the queries that the examples make.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Employee = Base:model("Employee", {
  __tablename__ = "personnel",
  __mapper_args__ = { batch = false },
  emp = am.Column(am.String(20), { primary_key = true }),
  left = am.Column("lft", am.Integer, { nullable = false }),
  right = am.Column("rgt", am.Integer, { nullable = false }),
})
Employee.parent = false
Employee.__tostring = function(self) return ("%s(%d, %d)"):format(self.emp, self.left, self.right) end

local select = am.select
am.event.listen(Employee, "before_insert", function(mapper, connection, instance)
  if not instance.parent then
    instance.left = 1
    instance.right = 2
  else
    local personnel = mapper.local_table
    local right_most_sibling = connection:scalar(select(personnel.c.rgt):where(personnel.c.emp:eq(instance.parent.emp)))
    connection:execute(personnel:update():where(personnel.c.rgt:ge(right_most_sibling)):values{
      lft = am.case({ personnel.c.lft:gt(right_most_sibling), personnel.c.lft + 2 }, { else_ = personnel.c.lft }),
      rgt = am.case({ personnel.c.rgt:ge(right_most_sibling), personnel.c.rgt + 2 }, { else_ = personnel.c.rgt }) })
    instance.left = right_most_sibling
    instance.right = right_most_sibling + 1
  end
end)

local TreeNode = Base:model("TreeNode", {
  __tablename__ = "tree",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("tree.id")),
  name = am.Column(am.String(20)),
  children = am.relationship("TreeNode", { cascade = "all, delete-orphan", back_populates = "parent",
    collection_class = am.attribute_keyed_dict("name") }),
  parent = am.relationship("TreeNode", { back_populates = "children", remote_side = "TreeNode.id" }),
})

local id = am.Column(am.Integer, { primary_key = true, autoincrement = false })
local path = am.Column(am.String(500), { nullable = false, index = true })
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = id,
  path = path,
  descendants = am.relationship("Node", { viewonly = true, order_by = path,
    primaryjoin = am.remote(am.foreign(path)):like(path:concat(".%")) }),
})
function Node:move_to(new_parent)
  local new_path = new_parent.path .. "." .. self.id
  for _, n in ipairs(self.descendants) do n.path = new_path .. n.path:sub(#self.path + 1) end
  self.path = new_path
end

local function keys(collection)
  local out = {}
  for k in collection:items() do out[#out + 1] = k end
  return parity.sorted(out)
end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local session = am.Session(e)
step("nested sets")
local staff = map({ "Albert", "Bert", "Chuck", "Donna", "Eddie", "Fred" }, function(n) return Employee{ emp = n } end)
local albert, bert, chuck, donna, eddie, fred = staff[1], staff[2], staff[3], staff[4], staff[5], staff[6]
bert.parent = albert
chuck.parent = albert
donna.parent = chuck
eddie.parent = chuck
fred.parent = chuck
session:add_all{ albert, bert, chuck, donna, eddie, fred }
session:commit()
sql()
say(map(session:query(Employee):order_by(Employee.emp), tostring))
local ealias = am.aliased(Employee)
say(map(session:query(Employee):filter(ealias.left:between(Employee.left, Employee.right))
  :filter(ealias.emp:eq("Eddie"))
  :order_by(Employee.left), tostring))
say(map(session:query(Employee):filter(Employee.left:between(ealias.left, ealias.right)):filter(ealias.emp:eq("Chuck"))
  :order_by(Employee.left), tostring))
say(session:query(am.func.count(ealias.emp), Employee.emp):filter(ealias.left:between(Employee.left, Employee.right))
  :group_by(Employee.emp):order_by(Employee.emp):all())
sql()
step("adjacency list")
local node = TreeNode{ name = "rootnode" }
for _, name in ipairs{ "node1", "node3" } do node.children[name] = TreeNode{ name = name } end
local node2 = TreeNode{ name = "node2" }
local _ = TreeNode{ name = "subnode1", parent = node2 }
node.children["node2"] = node2
_ = TreeNode{ name = "subnode2", parent = node.children["node2"] }
session:add(node)
session:flush()
say(parity.sorted(session:scalars(select(TreeNode.name)):all()), keys(node.children), keys(node2.children))
session:commit()
parity.forget()
node.children["node3"] = nil
node.children["node4"] = TreeNode{ name = "node4" }
node.children["node4"].children["sub4"] = TreeNode{ name = "sub4" }
session:commit()
sql()
session:expunge_all()
node = session:query(TreeNode):options(am.selectinload(TreeNode.children, { recursion_depth = 4 }))
  :filter(TreeNode.name:eq("rootnode")):first()
sql()
say(keys(node.children), keys(node.children["node2"].children), keys(node.children["node4"].children))
sql()
session:delete(node.children["node4"])
session:commit()
say(session:scalars(select(TreeNode.name):order_by(TreeNode.name)):all())
parity.forget()
step("materialized paths")
for i, text in ipairs{ "1", "1.2", "1.3", "1.2.4", "1.2.5", "1.3.6" } do session:add(Node{ id = i, path = text }) end
session:commit()
sql()
local function id_of(n) return n.id end
local function path_of(n) return n.path end
local two = session:get(Node, 2)
say(map(two.descendants, id_of), map(session:get(Node, 1).descendants, id_of))
two:move_to(session:get(Node, 3))
session:commit()
sql()
say(map(session:get(Node, 1).descendants, path_of), map(session:get(Node, 3).descendants, path_of))
say(session:scalars(select(Node.id):where(Node.path:like("1.3.%")):order_by(Node.path)):all())
say(session:scalars(select(Node.id):join(Node.descendants:of_type(am.aliased(Node))):distinct():order_by(Node.id))
  :all())
sql()
