-- Session events with their order: flush, transactions and savepoints, the state transitions, bulk changes.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local event = am.event

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { nullable = false }),
  notes = am.relationship("Note", { cascade = "all, delete-orphan", order_by = "Note.id" }),
})
local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  user_id = Column(ForeignKey("users.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local Maker = am.sessionmaker(e)
local moved = {}
-- The transitions since the last look; a flush tells them in no particular order.
local function settle()
  table.sort(moved)
  for _, line in ipairs(moved) do say("  ~", line) end
  moved = {}
end
local function tell(...)
  settle()
  say(...)
end
local function begin(title)
  settle()
  step(title)
end
local function on(name, fn) event.listen(Maker, name, fn) end
for _, name in ipairs { "transient_to_pending", "pending_to_transient", "pending_to_persistent",
  "persistent_to_transient", "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached",
  "persistent_to_detached", "detached_to_persistent", "loaded_as_persistent" } do
  on(name, function(_, o) moved[#moved + 1] = name .. " " .. p.fmt(o) end)
end
for _, name in ipairs { "before_commit", "after_commit", "after_rollback" } do
  on(name, function() tell("  *", name) end)
end
on("after_soft_rollback", function(s, t) tell("  * after_soft_rollback", t.nested, s.is_active) end)
on("after_begin", function(_, t, c) tell("  * after_begin", t.nested, c:in_transaction()) end)
on("after_transaction_create", function(_, t) tell("  * create", t.nested, t.parent ~= nil) end)
on("after_transaction_end", function(_, t) tell("  * end", t.nested, t.parent ~= nil) end)
on("before_flush", function(s, _, i) tell("  > before_flush", s.new, s.dirty, s.deleted, i) end)
on("after_flush", function(s) tell("  > after_flush", s.new, s.dirty, s.deleted) end)
on("after_flush_postexec", function(s) tell("  > after_flush_postexec", s.new, s.dirty, s.deleted) end)
on("before_attach", function(s, o) tell("  - before_attach", o, s:contains(o)) end)
on("after_attach", function(s, o) tell("  - after_attach", o, s:contains(o)) end)
begin "add and flush"
local s = Maker()
local ann = User{ name = "ann", notes = { Note{ text = "n1" } } }
s:add(ann)
s:flush()
begin "update, nothing to do, commit"
ann.name = "ann2"
s:flush()
s:flush()
s:commit()
begin "delete and rollback"
s:delete(ann)
s:flush()
s:rollback()
begin "savepoint"
local n = s:begin_nested()
local bob = User{ name = "bob" }
s:add(bob)
s:flush()
n:rollback()
say(am.inspect(bob).transient)
s:begin_nested(function() s:add(User{ name = "carl" }) end)
s:commit()
begin "failing flush"
s:add(User{ name = am.null })
p.error(function() s:flush() end)
say(s.is_active)
s:rollback()
begin "expunge, add again, delete"
s:expunge(ann)
s:add(ann)
say(ann.notes)
s:delete(ann)
s:commit()
begin "make transient from pending"
local d = User{ name = "d" }
s:add(d)
s:expunge(d)
s:close()
begin "load"
local names = {}
for u in s:scalars(select(User)) do names[#names + 1] = u.name end
say(names)
s:close()
begin "bulk events"
on("after_bulk_update", function(ctx)
  say("  after_bulk_update", ctx.session == s, ctx.result.rowcount, ctx.values)
end)
on("after_bulk_delete", function(ctx) say("  after_bulk_delete", ctx.result.rowcount) end)
s:query(User):filter(User.name:eq("carl")):update{ name = "karl" }
s:query(User):filter(User.name:eq("karl")):delete()
s:execute(am.update(User):values{ name = "x" })
s:rollback()
begin "before_flush that adds, before_commit that flushes"
on("before_flush", function(session)
  for _, o in ipairs(session.new) do
    if am.inspect(o).class_ == User then o.notes:append(Note{ text = "made " .. o.name }) end
  end
end)
event.listen(Maker, "before_commit", function(session)
  if #session.new > 0 then session:add(Note{ text = "last" }) end
end, { once = true })
s:add(User{ name = "eve" })
s:commit()
say(s:scalars(select(Note.text):order_by(Note.id)):all())
begin "a listener of one session only"
local other = am.Session(e)
event.listen(other, "before_commit", function(session) say("only here", session == other) end)
other:execute(select(1))
other:commit()
begin "prepare and end"
p.error(function() event.listen(Maker, "before_nothing", print) end)
s:close()
settle()
p.sql()
