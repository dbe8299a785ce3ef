-- The life of a transaction as session events tell it: flushes, commits, savepoints, rollbacks, bulk statements.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, listen = am.select, am.event.listen

local Base = am.declarative_base()
local Task = Base:model("Task", {
  __tablename__ = "task",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { unique = true }),
  logs = am.relationship("Log", { back_populates = "task" }),
})
local Log = Base:model("Log", {
  __tablename__ = "log",
  id = am.Column(am.Integer, { primary_key = true }),
  task_id = am.Column(am.ForeignKey("task.id")),
  text = am.Column(am.String(30)),
  task = am.relationship("Task", { back_populates = "logs" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local Factory = am.sessionmaker{ bind = eng }

local function is_task(o) return am.inspect(o).mapper.class_ == Task end
local function brief(objects)
  return parity.sorted(map(objects, function(o)
    return am.inspect(o).mapper.class_.__name__ .. ":" .. tostring(is_task(o) and o.name or not is_task(o) and o.text)
  end))
end
local function copy(list)
  return parity.collect(list, function(x) return x end)
end

listen(Factory, "before_flush", function(session, _, instances)
  say("  before_flush", brief(session.new), brief(session.dirty), brief(session.deleted), instances == nil)
  for _, t in ipairs(copy(session.new)) do
    if is_task(t) then t.logs:append(Log{ text = "created " .. t.name }) end
  end
  for _, t in ipairs(copy(session.deleted)) do
    if is_task(t) and t.name == "keep" then session:add(t) end
  end
end)
for _, name in ipairs { "after_flush", "after_flush_postexec" } do
  listen(Factory, name, function(session)
    say("  " .. name, brief(session.new), brief(session.dirty), brief(session.deleted))
  end)
end
for _, name in ipairs { "before_commit", "after_commit", "after_rollback" } do
  listen(Factory, name, function(session) say("  " .. name, session.is_active) end)
end
listen(Factory, "after_begin", function(_, trans) say("  after_begin", trans.nested) end)
listen(Factory, "after_soft_rollback", function(session, trans)
  say("  after_soft_rollback", trans.nested, session.is_active)
end)
listen(Factory, "after_transaction_create", function(_, t) say("  create", t.nested, t.parent == nil) end)
listen(Factory, "after_transaction_end", function(_, t) say("  end", t.nested, t.parent == nil) end)
listen(Factory, "after_attach", function(_, obj) say("  after_attach", brief{ obj }) end)
listen(Factory, "before_attach", function(_, obj) say("  before_attach", brief{ obj }) end)
listen(Factory, "after_bulk_update", function(ctx)
  say("  after_bulk_update", ctx.result.rowcount, ctx.session:in_transaction())
end)
listen(Factory, "after_bulk_delete", function(ctx) say("  after_bulk_delete", ctx.result.rowcount) end)

local s = Factory()
parity.forget()
step("add and commit")
s:add(Task{ name = "one" })
s:commit()
step("read and close")
local one = s:scalars(select(Task)):one()
say(one.name)
s:rollback()
step("autoflush")
one.name = "uno"
say(s:scalars(select(Log.text)):all())
step("savepoint kept")
s:begin_nested(function() s:add(Task{ name = "two" }) end)
step("savepoint dropped")
local nested = s:begin_nested()
s:add(Task{ name = "three" })
s:flush()
nested:rollback()
say(s:scalars(select(Task.name):order_by(Task.name)):all())
step("failed flush")
s:add(Task{ name = "two" })
error_(function() s:flush() end)
error_(function() return s:scalars(select(Task)):all() end)
s:rollback()
say(s:scalars(select(Task.name)):all())
step("a delete that is taken back")
s:add(Task{ name = "keep" })
s:flush()
local keep = s:scalars(select(Task):where(Task.name:eq("keep"))):one()
s:delete(keep)
s:commit()
say(s:scalars(select(Task.name):order_by(Task.name)):all())
step("bulk")
s:execute(am.update(Task):values{ name = Task.name .. "!" })
s:execute(am.delete(Log):where(Log.text:eq("created keep")))
s:commit()
step("close")
say(s:scalars(select(Task.name):order_by(Task.name)):all())
s:close()
step("end")
