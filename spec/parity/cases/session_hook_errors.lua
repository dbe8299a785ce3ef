-- Errors thrown by listeners, defaults and types in the middle of a flush or a load, and what is left afterwards.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local armed = {}

local function fail(where)
  if armed[where] then error(where) end
end

local Picky = am.TypeDecorator{
  impl = am.String(20),
  cache_ok = true,
  process_result_value = function(value)
    if value == "unreadable" then error("result") end
    return value
  end,
}
local Tree = Base:model("Tree", {
  __tablename__ = "tree",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  code = am.Column(Picky),
  size = am.Column(am.Integer, { default = 1 }),
  leaves = am.relationship("Leaf", { back_populates = "tree", order_by = "Leaf.id" }),
  label = am.hybrid_property(function(self)
    fail "hybrid"
    return self.name
  end),
})
local Leaf = Base:model("Leaf", {
  __tablename__ = "leaf",
  id = am.Column(am.Integer, { primary_key = true }),
  tree_id = am.Column(am.ForeignKey("tree.id")),
  tree = am.relationship("Tree", { back_populates = "leaves" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, inspect, listen = am.select, am.inspect, am.event.listen
for _, name in ipairs {
  "before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete", "load", "refresh",
} do
  listen(Tree, name, function() fail(name) end)
end
listen(Tree.name, "set", function() fail "set" end)
listen(Tree.leaves, "append", function() fail "append" end)
for _, name in ipairs {
  "after_begin", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_rollback",
  "do_orm_execute",
} do
  listen(session, name, function() fail(name) end)
end

local function look(...)
  local list = {}
  for i, o in ipairs { ... } do
    for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
      if inspect(o)[name] then list[i] = name end
    end
  end
  say("  ", list, session.is_active, session:in_transaction(), #session.new, #session.dirty, #session.deleted)
end

local kept = Tree{ id = 1, name = "kept", code = "c" }
session:add(kept)
session:commit()

for _, where in ipairs { "before_insert", "after_insert", "after_flush", "after_flush_postexec" } do
  step(where)
  local new = Tree{ name = "new" }
  session:add(new)
  armed[where] = true
  error_of(function() session:flush() end)
  look(new, kept)
  armed = {}
  session:rollback()
  look(new, kept)
end

for _, where in ipairs { "before_update", "after_update", "before_commit" } do
  step(where)
  kept.name = "changed"
  armed[where] = true
  error_of(function() session:commit() end)
  look(kept)
  armed = {}
  session:rollback()
  say(kept.name)
  kept.name = "kept"
  session:commit()
end

for _, where in ipairs { "before_delete", "after_delete" } do
  step(where)
  session:delete(kept)
  armed[where] = true
  error_of(function() session:flush() end)
  look(kept)
  armed = {}
  session:rollback()
  look(kept)
end

step "types"
session:execute(Tree.__table__:insert(), { id = 50, code = "fine" })
session:connection():exec_driver_sql("update tree set code = 'unreadable' where id = 50")
error_of(function() session:scalars(select(Tree):order_by(Tree.id)):all() end)
look(kept)
session:rollback()

step "loading"
say(kept.name)
session:expire(kept)
armed.refresh = true
error_of(function() return kept.name end)
armed = {}
say(kept.name)
session:expunge_all()
armed.load = true
error_of(function() session:get(Tree, 1) end)
armed = {}
session:expunge_all()
kept = session:get(Tree, 1)
say(kept.name)
armed.do_orm_execute = true
error_of(function() session:scalars(select(Tree)):all() end)
armed = {}
look(kept)

step "attributes"
armed = { set = true, append = true, hybrid = true }
error_of(function() kept.name = "no" end)
error_of(function() kept.leaves:append(Leaf()) end)
error_of(function() return kept.label end)
error_of(function() session:scalars(select(Tree):where(Tree.label:eq("x"))) end)
armed = {}
say(kept.name, #kept.leaves, kept.label)
look(kept)
session:rollback()

step "the transaction's own"
armed.after_begin = true
error_of(function() session:scalar(select(Tree.id)) end)
armed = {}
look(kept)
session:rollback()
say(session:scalar(select(Tree.id)))
armed.after_rollback = true
error_of(function() session:rollback() end)
armed = {}
look(kept)
session:rollback()
say(kept.name)
local sp = session:begin_nested()
armed.before_insert = true
session:add(Tree{ name = "inner" })
error_of(function() sp:commit() end)
armed = {}
look(kept)
session:rollback()
armed.after_commit = true
error_of(function() session:commit() end)
armed = {}
look(kept)
error_of(function() session:rollback() end)
session:close()
look(kept)
