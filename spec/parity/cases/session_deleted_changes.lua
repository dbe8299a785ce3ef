-- Changes of objects that are deleted: marks and histories before and after the flush, commit, rollbacks.
local am = require "alchemoon"
local p = require "parity"
local say, step, error = p.say, p.step, p.error
local Column, Integer, String, inspect = am.Column, am.Integer, am.String, am.inspect

local Base = am.declarative_base()
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  best_id = Column(am.ForeignKey("item.id", { name = "fk_best" })),
  best = am.relationship("Item", { remote_side = "Item.id", post_update = true }),
})
local s
local function looks(obj)
  local state = inspect(obj)
  local names = { "transient", "pending", "persistent", "deleted", "detached" }
  local changed = {}
  for key in pairs(state.committed_state) do changed[#changed + 1] = key end
  say(p.collect(names, function(name) return state[name] and name or nil end), state.modified, p.sorted(changed))
  say(state.attrs.name.history, s.dirty:contains(obj))
end

local e = p.engine()
Base.metadata:create_all(e, { checkfirst = false })
p.forget()
for _, name in ipairs { "deleted_to_detached", "pending_to_transient", "persistent_to_transient",
  "deleted_to_persistent", "persistent_to_deleted" } do
  am.event.listen(am.Session, name, function() say(name) end)
end
s = am.Session(e, { autoflush = false })
local function stored(key)
  local item = Item { id = key, name = "old" }
  s:add(item)
  s:commit()
  say(item.name)
  return item
end

step "committed"
local item = stored(1)
item.name = "new"
s:delete(item)
looks(item)
s:flush()
looks(item)
item.name = "newer"
s:commit()
looks(item)
error(function() s:add(item) end)
am.make_transient(item)
say(inspect(item).transient, inspect(item).modified)
s:add(item)
s:commit()
looks(item)
step "rolled back"
item = stored(2)
item.name = "new"
s:delete(item)
s:flush()
s:rollback()
looks(item)
say(item.name)
step "new in the same transaction"
item = Item { id = 3, name = "old" }
s:add(item)
s:flush()
item.name = "new"
s:delete(item)
s:flush()
s:rollback()
looks(item)
s:add(Item { id = 1 })
error(function() s:flush() end)
s:rollback()
looks(item)
step "a savepoint"
item = stored(4)
item.name = "kept"
local savepoint = s:begin_nested()
item.name = "lost"
s:delete(item)
s:flush()
savepoint:rollback()
looks(item)
say(item.name)
s:rollback()
say(item.name)
step "by a statement"
item.name = "new"
s:execute(am.delete(Item):where(Item.id:eq(4)))
looks(item)
s:commit()
looks(item)
step "deleted twice"
item = stored(5)
local other = stored(6)
item.best = other
s:commit()
s:delete(item)
s:commit()
looks(item)
s:delete(item)
error(function() s:flush() end)
s:rollback()
step "end"
