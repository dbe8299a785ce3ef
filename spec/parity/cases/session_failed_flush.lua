-- After a failure: flushes that fail, what the session refuses then, cycles, re-adding deleted objects, closing.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { unique = true }),
  parent_id = am.Column(am.ForeignKey("node.id")),
  weight = am.Column(am.Integer, am.CheckConstraint("weight < 100"), { default = 1 }),
  parent = am.relationship("Node", { remote_side = "Node.id", back_populates = "children" }),
  children = am.relationship("Node", { back_populates = "parent", cascade = "all", order_by = "Node.id" }),
})
local Egg = Base:model("Egg", {
  __tablename__ = "egg",
  id = am.Column(am.Integer, { primary_key = true }),
  hen_id = am.Column(am.ForeignKey("hen.id", { name = "fk_hen", use_alter = true })),
  hen = am.relationship("Hen", { foreign_keys = "Egg.hen_id" }),
})
local Hen = Base:model("Hen", {
  __tablename__ = "hen",
  id = am.Column(am.Integer, { primary_key = true }),
  egg_id = am.Column(am.ForeignKey("egg.id")),
  egg = am.relationship("Egg", { foreign_keys = "Hen.egg_id" }),
})

local function states(o)
  local i, out = am.inspect(o), {}
  for _, n in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[n] then out[#out + 1] = n end
  end
  return out
end

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local root = Node{ name = "root", children = { Node{ name = "a" }, Node{ name = "b" } } }
s:add(root)
s:commit()
parity.forget()
local function flush() s:flush() end
local function name(n) return n.name end
step("a flush that fails")
local bad = Node{ name = "a", parent = root }
local ok = Node{ name = "c", parent = root }
root.weight = 5
s:add_all{ bad, ok }
error_(flush)
say(s.is_active, s:in_transaction(), states(bad), states(ok))
error_(function() return s:scalars(select(Node)):all() end)
error_(flush)
error_(function() s:commit() end)
error_(function() return s:get(Node, 1) end)
error_(function() return s:begin_nested() end)
say(bad.name, ok.name)
s:rollback()
say(states(bad), states(ok), root.weight, map(root.children, name), s.is_active)
step("the same again, mended")
bad.name = "d"
root.children:append(bad)
s:add(ok)
s:commit()
say(map(root.children, name), ok.parent)
step("inside a savepoint")
local done, e = pcall(function()
  s:begin_nested(function() s:add(Node{ name = "e", weight = 500 }) end)
end)
if not done then say("caught", e.name) end
say(s.is_active, s:scalar(select(func.count(Node.id))))
s:add(Node{ name = "e", weight = 50 })
s:commit()
step("an error in a statement, not in a flush")
error_(function() return s:execute(am.text("SELECT nothing FROM nowhere")) end)
say(s.is_active)
s:rollback()
say(s:scalar(select(func.max(Node.weight))))
s:rollback()
step("cycles of rows")
local egg, hen = Egg(), Hen()
egg.hen, hen.egg = hen, egg
s:add(egg)
error_(flush)
s:rollback()
say(states(egg), states(hen))
hen.egg = nil
s:add(egg)
s:commit()
hen.egg = egg
s:commit()
say(hen.egg == egg, egg.hen == hen)
step("a cycle in a tree")
local a, b = root.children[1], root.children[2]
a.parent, b.parent = b, a
error_(flush)
s:rollback()
say(a.parent.name, b.parent.name)
local x = Node{ name = "x" }
local y = Node{ name = "y", parent = x }
x.parent = y
s:add(x)
error_(flush)
s:rollback()
say(states(x), states(y))
local self_ = Node{ name = "self" }
self_.parent = self_
s:add(self_)
error_(flush)
s:rollback()
step("delete and add again")
s:delete(a)
s:add(a)
say(s.deleted:contains(a), states(a))
s:flush()
s:delete(a)
s:flush()
say(states(a))
error_(function() s:add(a) end)
s:commit()
say(states(a))
error_(function() s:add(a) end)
am.make_transient(a)
a.id = nil
s:add(a)
s:commit()
say(states(a), s:scalars(select(Node.name):order_by(Node.name)):all())
step("deleted elsewhere")
am.Session(eng, function(t)
  t:execute(am.delete(Node):where(Node.name:eq("c")))
  t:commit()
end)
error_(function() return ok.name end)
ok.name = "gone"
error_(flush)
s:rollback()
s:expunge(ok)
step("a closed session")
s:close()
say(states(root), s.is_active)
s:add(root)
say(root.name, states(root))
s:close()
local closed = am.Session(eng, { close_resets_only = false })
closed:close()
error_(function() return closed:scalars(select(Node)) end)
am.Session(nil, function(nowhere)
  error_(function() return nowhere:scalars(select(Node)) end)
end)
step("end")
