-- Session events of the flush, the transactions and the unit of work, as the page on session events shows them.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  changes = am.Column(am.Integer, { default = 0 }),
  entries = am.relationship("Entry", { back_populates = "account", order_by = "Entry.id" }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entries",
  id = am.Column(am.Integer, { primary_key = true }),
  account_id = am.Column(am.ForeignKey("accounts.id")),
  amount = am.Column(am.Integer, { unique = true }),
  account = am.relationship("Account", { back_populates = "entries" }),
})
local Audit = Base:model("Audit", {
  __tablename__ = "audits",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String),
})

local Factory = am.sessionmaker{ expire_on_commit = true }
local listen = am.event.listen
local function name_of(obj) return am.inspect(obj).class_.__name__ end

listen(Factory, "before_flush", function(session, _, instances)
  say("before_flush", p.map(session.new, name_of), #session.dirty, #session.deleted, instances == nil)
  local function count(obj)
    if name_of(obj) == "Entry" and obj.account then obj.account.changes = obj.account.changes + 1 end
  end
  local new, dirty = session.new, session.dirty
  for _, obj in ipairs(new) do count(obj) end
  for _, obj in ipairs(dirty) do count(obj) end
  for _, obj in ipairs(session.deleted) do
    session:add(Audit{ text = ("deleted %s %d"):format(name_of(obj), obj.id) })
  end
end)
listen(Factory, "after_flush", function(session)
  say("after_flush", #session.new, #session.dirty, #session.deleted)
  for _, obj in ipairs(session.new) do
    if name_of(obj) == "Account" then
      session:connection():execute(Audit.__table__:insert(), { text = "new " .. obj.name })
    end
  end
end)
listen(Factory, "after_flush_postexec", function(session)
  say("after_flush_postexec", #session.new, #session.dirty, #session.deleted)
end)
for _, name in ipairs{ "before_commit", "after_commit", "after_rollback" } do
  listen(Factory, name, function(session) say(name, session:in_transaction()) end)
end
listen(Factory, "after_soft_rollback", function(session, previous)
  say("after_soft_rollback", previous.nested, session.is_active)
end)
listen(Factory, "after_begin", function(_, trans, conn) say("after_begin", trans.nested, conn:in_transaction()) end)
listen(Factory, "after_transaction_create", function(_, trans) say("create", trans.nested, trans.parent == nil) end)
listen(Factory, "after_transaction_end", function(_, trans) say("end", trans.nested) end)
listen(Factory, "after_bulk_update", function(ctx) say("after_bulk_update", ctx.result.rowcount, ctx.values) end)
listen(Factory, "after_bulk_delete", function(ctx) say("after_bulk_delete", ctx.result.rowcount) end)

for _, name in ipairs{ "before_insert", "after_insert", "before_update", "after_update", "before_delete",
  "after_delete" } do
  listen(Account, name, function(mapper, _, target)
    say(name, mapper.class_.__name__, target.id, am.object_session(target):is_modified(target),
      am.inspect(target).attrs.name.history:has_changes())
  end)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = Factory{ bind = e }
step "insert"
local ann = Account{ id = 1, name = "ann", changes = 0 }
ann.entries = { Entry{ id = 1, amount = 5 }, Entry{ id = 2, amount = 6 } }
session:add(ann)
session:flush()
session:commit()
step "update"
ann.entries:append(Entry{ id = 3, amount = 7 })
session:commit()
say(ann.changes)
ann.name = "ann"
say(session:is_modified(ann), session.dirty:contains(ann))
session:commit()
step "savepoints"
session:begin_nested(function(nested)
  ann.name = "anna"
  nested:rollback()
end)
say(ann.name)
say(err(function() session:execute(am.update(Account):values{ nothing = 1 }) end) ~= nil)
session:begin_nested(function() ann.name = "anne" end)
session:rollback()
say(ann.name)
step "a failure in a savepoint"
err(function()
  session:begin_nested(function()
    session:add(Entry{ id = 9, amount = 7 })
    session:flush()
  end)
end)
say(session.is_active, #session.new)
session:commit()
step "bulk"
session:execute(am.update(Account):where(Account.id:eq(1)):values{ name = "bulk" })
say(ann.name)
session:execute(am.delete(Entry):where(Entry.id:eq(3)))
say(p.map(ann.entries, function(x) return x.id end))
session:commit()
step "delete"
session:delete(session:get(Entry, 2))
session:commit()
say(session:scalars(am.select(Audit.text):order_by(Audit.id)):all())
step "an error in before_flush"
local function refuse() error("no") end
listen(session, "before_flush", refuse)
ann.name = "refused"
err(function() session:flush() end)
say(session.is_active, session.dirty:contains(ann), ann.name)
am.event.remove(session, "before_flush", refuse)
session:rollback()
say(ann.name)
session:close()
