-- Every move of an object between states, as the lifecycle events of the session report it.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_ = parity.say, parity.step, parity.error
local select = am.select

local Base = am.declarative_base()
local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { unique = true }),
  kids = am.relationship("Kid", { back_populates = "parent", cascade = "all, delete-orphan", order_by = "Kid.id" }),
})
local Kid = Base:model("Kid", {
  __tablename__ = "kid",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  parent_id = am.Column(am.ForeignKey("parent.id")),
  parent = am.relationship("Parent", { back_populates = "kids" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)

local function states(o)
  local i, out = am.inspect(o), {}
  for _, n in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[n] then out[#out + 1] = n end
  end
  return out
end

for _, name in ipairs { "transient_to_pending", "pending_to_transient", "pending_to_persistent",
  "persistent_to_transient", "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached",
  "persistent_to_detached", "detached_to_persistent", "loaded_as_persistent" } do
  am.event.listen(s, name, function(session, obj)
    say("  .", name, states(obj), session:contains(obj))
  end)
end
parity.forget()
step("add, expunge, add, flush")
local p = Parent{ name = "p" }
say(states(p))
s:add(p)
s:expunge(p)
say(states(p))
s:add(p)
s:flush()
say(states(p))
step("rollback makes it transient")
s:rollback()
say(states(p), p.id, p.name, am.inspect(p).key == nil)
step("add again and commit")
p.kids:append(Kid{ name = "k" })
s:add(p)
s:commit()
say(states(p))
step("delete and roll back")
local _ = p.name
local k = p.kids[1]
_ = k.name
s:delete(p)
say(states(p), s.deleted:contains(p), s.deleted:contains(k))
s:flush()
say(states(p), states(k), am.inspect(p).was_deleted)
s:rollback()
say(states(p), states(k))
step("delete and commit")
s:delete(k)
s:commit()
say(states(k), am.inspect(k).was_deleted, #p.kids)
step("an orphan that was pending")
local new = Kid{ name = "new" }
p.kids:append(new)
say(states(new))
p.kids:remove(new)
say(states(new))
s:flush()
say(states(new))
step("expunge and add back")
s:expunge(p)
say(states(p))
s:add(p)
say(states(p))
step("close and merge")
s:close()
say(states(p))
local m = s:merge(p)
say(m == p, states(m), m.name)
step("loading")
s:expunge_all()
local q = s:scalars(select(Parent)):one()
say(q.name)
step("make_transient")
am.make_transient(q)
say(states(q), q.id)
q.id = nil
q.name = "copy"
s:add(q)
s:flush()
say(states(q), q.id)
step("make_transient_to_detached")
local ghost = Parent{ id = 1 }
am.make_transient_to_detached(ghost)
say(states(ghost), parity.sorted(am.inspect(ghost).unloaded))
s:add(ghost)
say(states(ghost), ghost.name)
step("savepoint")
local n = s:begin_nested()
local x = Parent{ name = "x" }
s:add(x)
s:flush()
s:delete(ghost)
s:flush()
say(states(x), states(ghost))
n:rollback()
say(states(x), states(ghost), ghost.name)
step("a failed flush")
s:commit()
s:add(Parent{ name = "p" })
error_(function() s:flush() end)
s:rollback()
local count = 0
for _ in s do count = count + 1 end
say(#s.new, count)
step("end")
s:close()
