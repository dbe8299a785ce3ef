-- Collections of one's own: decorated methods, keyed by functions and attributes, events, replacement.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, collection = am.select, am.collection

local function refused(fn) say(pcall(fn) and "no error" or "refused") end
local Base = am.declarative_base()
-- Only what is decorated is a collection.
local Queue = {
  __init__ = function(self) self.items = {} end,
  push = collection.appender(function(self, item) table.insert(self.items, item) end),
  drop = collection.remover(function(self, item)
    for i, x in ipairs(self.items) do
      if x == item then return table.remove(self.items, i) end
    end
    error("not there")
  end),
  walk = collection.iterator(function(self)
    local i = 0
    return function()
      i = i + 1
      return self.items[i]
    end
  end),
  shift = collection.removes_return(function(self) return table.remove(self.items, 1) end),
  swap = collection.replaces(2, function(self, index, item)
    local old = self.items[index]
    self.items[index] = item
    return old
  end),
  size = function(self) return #self.items end,
}
Queue.__index = Queue
setmetatable(Queue, { __call = function(cls)
  local new = setmetatable({}, cls)
  new:__init__()
  return new
end })

local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  id = am.Column(am.Integer, { primary_key = true }),
  queue = am.relationship("Child", { collection_class = Queue, back_populates = "boss",
    foreign_keys = "Child.queue_id", order_by = "Child.id", cascade = "all, delete-orphan" }),
  by_pair = am.relationship("Child", { collection_class = am.keyfunc_mapping(function(c) return c.name .. "!" end),
    foreign_keys = "Child.pair_id" }),
  by_id = am.relationship("Child", { collection_class = am.attribute_keyed_dict("rank",
    { ignore_unpopulated_attribute = true }), foreign_keys = "Child.rank_id", back_populates = "rank_parent" }),
  listed = am.relationship("Child", { foreign_keys = "Child.list_id", order_by = "Child.id",
    back_populates = "owner" }),
})
local Child = Base:model("Child", {
  __tablename__ = "child",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  rank = am.Column(am.Integer),
  queue_id = am.Column(am.ForeignKey("parent.id")),
  pair_id = am.Column(am.ForeignKey("parent.id")),
  rank_id = am.Column(am.ForeignKey("parent.id")),
  list_id = am.Column(am.ForeignKey("parent.id")),
  boss = am.relationship(Parent, { back_populates = "queue", foreign_keys = "Child.queue_id" }),
  rank_parent = am.relationship(Parent, { back_populates = "by_id", foreign_keys = "Child.rank_id" }),
  owner = am.relationship(Parent, { back_populates = "listed", foreign_keys = "Child.list_id" }),
})

for _, attr in ipairs { Parent.queue, Parent.listed, Parent.by_id } do
  am.event.listen(attr, "append", function(_, v) say("  append", attr.key, v.name) end)
  am.event.listen(attr, "remove", function(_, v) say("  remove", attr.key, v.name) end)
end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function name(c) return c.name end
local function names(items) return map(items, name) end
step "queue"
local a, b, c, d = Child{ name = "a" }, Child{ name = "b" }, Child{ name = "c" }, Child{ name = "d" }
local o = Parent{ id = 1 }
o.queue:push(a)
o.queue:push(b)
c.boss = o
say(names(o.queue:walk()), o.queue:size(), rawequal(a.boss, o))
say(o.queue:shift().name, a.boss)
o.queue:swap(1, d)
say(names(o.queue:walk()), b.boss, rawequal(d.boss, o))
o.queue:drop(c)
say(c.boss, am.inspect(o).attrs.queue.history)
s:add(o)
s:commit()
say(names(o.queue:walk()))
o.queue:push(Child{ name = "e" })
local x = o.queue:shift()
s:flush()
say(am.inspect(x).deleted, names(o.queue:walk()))
s:rollback()
s:refresh(o)
say(map(s:scalars(select(Parent):options(am.selectinload(Parent.queue))), function(q) return names(q.queue:walk()) end))
say(s:scalars(select(Parent.id):where(Parent.queue:any{ name = "d" })):all())
step "key function"
o.by_pair["a!"] = a
say(p.sorted(o.by_pair:keys()), o.by_pair["a!"].name)
error_of(function() o.by_pair.wrong = b end)
o.by_pair = { ["b!"] = b }
say(p.sorted(o.by_pair:keys()))
error_of(function() o.by_pair = { bad = c } end)
say(p.sorted(o.by_pair:keys()), o.by_pair:pop("b!", nil))
step "key that is not there"
local _ = Child{ name = "r", rank_parent = o }
say(p.sorted(o.by_id:keys()))
local r2 = Child{ name = "r2", rank = 2 }
r2.rank_parent = o
say(p.sorted(o.by_id:keys()))
r2.rank_parent = nil
say(p.sorted(o.by_id:keys()))
o.by_id:update{ [5] = Child{ name = "r5", rank = 5 }, [6] = Child{ name = "r6", rank = 6 } }
local _, popped
say(p.sorted(o.by_id:keys()), (function()
  _, popped = o.by_id:popitem()
  return popped.name == "r5" or popped.name == "r6"
end)())
o.by_id:clear()
say(#o.by_id:keys())
step "list"
o.listed = { a, b }
o.listed:extend{ c, d }
say(names(o.listed), rawequal(a.owner, o), o.listed:index(c) - 1)
o.listed:remove(b)
o.listed:insert(2, Child{ name = "n" })
say(names(o.listed), b.owner)
o.listed:insert(1, b)
say(o.listed:pop().name, o.listed:pop(1).name, names(o.listed))
o.listed:pop(1)
say(names(o.listed), #am.inspect(o).attrs.listed.history.added == #o.listed)
o.listed:extend{ a, a }
say(names(o.listed))
o.listed:remove(a)
say(names(o.listed), rawequal(a.owner, o))
s:add(o)
s:commit()
say(names(o.listed))
o.listed:clear()
say(names(o.listed), names(am.inspect(o).attrs.listed.history.deleted))
s:rollback()
refused(function() o.listed = nil end)
refused(function() o.listed = a end)
local other = Parent{ id = 2 }
other.listed = o.listed
say(names(other.listed), names(o.listed), rawequal(a.owner, other))
s:rollback()
p.sql()
