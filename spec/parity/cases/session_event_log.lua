-- One log of every session, instance and mapper event through add, savepoint, delete, undelete, expunge and close.
local am = require "alchemoon"
local p = require "parity"
local say, map = p.say, p.map
local inspect, listen, Session = am.inspect, am.event.listen, am.Session

local Base = am.declarative_base()
local Box = Base:model("Box", {
  __tablename__ = "box",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  things = am.relationship("Thing", { back_populates = "box", cascade = "all, delete-orphan", order_by = "Thing.id" }),
})
local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  box_id = am.Column(am.ForeignKey("box.id")),
  box = am.relationship(Box, { back_populates = "things" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local log = {}

local function note(...) log[#log + 1] = p.fmt(string.format(...)) end

local function state(obj)
  local i = inspect(obj)
  for _, name in ipairs{ "transient", "pending", "persistent", "deleted", "detached" } do
    if i[name] then return name end
  end
end

local function label(obj)
  local i = inspect(obj)
  return i.class_.__name__ .. " " .. p.fmt(i.dict.name)
end

local function keys(names) return names and p.fmt(p.sorted(names)) or "None" end
local function bool(value) return value and "True" or "False" end

for _, name in ipairs{ "transient_to_pending", "pending_to_transient", "persistent_to_transient",
    "pending_to_persistent", "detached_to_persistent", "loaded_as_persistent", "persistent_to_deleted",
    "deleted_to_persistent", "deleted_to_detached", "persistent_to_detached" } do
  listen(Session, name, function(_, o) note("%s(%s) %s", name, label(o), state(o)) end)
end
for _, name in ipairs{ "before_attach", "after_attach" } do
  listen(Session, name, function(_, o) note("%s(%s)", name, label(o)) end)
end
listen(Session, "before_flush", function(s) note("before_flush %d %d %d", #s.new, #s.dirty, #s.deleted) end)
listen(Session, "after_flush", function(s) note("after_flush %d %d", #s.new, #s.deleted) end)
listen(Session, "after_flush_postexec", function(s) note("after_flush_postexec %d", #s.new) end)
listen(Session, "after_begin", function(_, t) note("after_begin nested=%s", bool(t.nested)) end)
listen(Session, "before_commit", function() note("before_commit") end)
listen(Session, "after_commit", function() note("after_commit") end)
listen(Session, "after_rollback", function() note("after_rollback") end)
listen(Session, "after_soft_rollback", function(_, t) note("after_soft_rollback nested=%s", bool(t.nested)) end)
listen(Session, "after_transaction_create", function(_, t)
  note("create nested=%s parent=%s", bool(t.nested), bool(t.parent ~= nil))
end)
listen(Session, "after_transaction_end", function(_, t) note("end nested=%s", bool(t.nested)) end)
for _, name in ipairs{ "before_insert", "after_insert", "before_update", "after_update", "before_delete",
    "after_delete" } do
  listen(Base, name, function(_, _, o) note("%s %s", name, label(o)) end, { propagate = true })
end
listen(Base, "load", function(o) note("load %s", label(o)) end, { propagate = true })
listen(Base, "refresh", function(o, _, a) note("refresh %s %s", label(o), keys(a)) end, { propagate = true })
listen(Base, "refresh_flush", function(o, _, a) note("refresh_flush %s %s", label(o), keys(a)) end,
  { propagate = true })
listen(Base, "expire", function(o, a) note("expire %s %s", label(o), keys(a)) end, { propagate = true })

-- One event of many objects comes in no order of its own.
local function show(title)
  say("== " .. title)
  local run, kind = {}, nil
  local function write()
    for _, line in ipairs(p.sorted(run)) do say("  " .. line) end
    run = {}
  end
  for _, line in ipairs(log) do
    if line:match("^[^ (]+") ~= kind then write() end
    kind = line:match("^[^ (]+")
    run[#run + 1] = line
  end
  write()
  log = {}
end

local function names(things) return map(things, function(t) return t.name end) end

local session = Session(db)
local box = Box{ name = "b1", things = { Thing{ name = "t1" }, Thing{ name = "t2" } } }
session:add(box)
show "added"
session:expunge(box)
show "expunged"
session:add(box)
session:flush()
show "flushed"
session:commit()
show "committed"
say(box.name, names(box.things))
show "read again"
local nested = session:begin_nested()
show "savepoint"
local t2 = box.things[2]
session:delete(t2)
session:flush()
show "deleted in it"
say(state(t2), session:contains(t2))
nested:rollback()
show "rolled back"
say(state(t2), session:contains(t2))
say(names(box.things))
show "things"
local t3
session:begin_nested(function()
  t3 = Thing{ name = "t3" }
  box.things:append(t3)
  box.name = "b2"
end)
show "savepoint that holds"
session:rollback()
show "all rolled back"
say(state(t3), state(box), box.name)
show "after it"
local t1 = box.things[1]
session:expunge(t1)
show "t1 leaves"
session:add(t1)
show "t1 comes back"
session:delete(box)
session:flush()
am.make_transient(t1)
show "deleted, t1 transient"
session:commit()
show "committed"
session:expunge_all()
t1 = Thing{ name = "t4" }
session:add(t1)
session:commit()
show "another one"
session:expire(t1, { "name" })
session:refresh(t1)
show "expire and refresh"
session:close()
show "closed"
say(state(t1), state(box))
