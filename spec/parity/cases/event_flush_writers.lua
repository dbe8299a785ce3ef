-- Mapper events that write: through the connection, on other objects, after_flush additions, is_modified, refusals.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of = p.say, p.step, p.sql, p.error
local select, insert, update, inspect, func = am.select, am.insert, am.update, am.inspect, am.func
local listen = am.event.listen

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { nullable = false }),
  slug = am.Column(am.String(20)),
  total = am.Column(am.Integer, { default = 0 }),
  changes = am.Column(am.Integer, { default = 0 }),
  entries = am.relationship("Entry", { back_populates = "account", cascade = "all, delete-orphan",
    order_by = "Entry.id" }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = am.Column(am.Integer, { primary_key = true }),
  account_id = am.Column(am.ForeignKey("account.id"), { nullable = false }),
  amount = am.Column(am.Integer, { nullable = false }),
  account = am.relationship(Account, { back_populates = "entries" }),
})
local Journal = Base:model("Journal", {
  __tablename__ = "journal",
  id = am.Column(am.Integer, { primary_key = true }),
  line = am.Column(am.String(100)),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local accounts = Account.__table__

local function slug(mapper, _, target)
  say("slug", mapper.class_, target.name, inspect(target).identity, am.object_session(target):is_modified(target))
  target.slug = target.name:lower():gsub(" ", "-")
  target.changes = (target.changes or 0) + 1
end
listen(Account, "before_update", slug)
listen(Account, "before_insert", slug)

local function add_to_total(connection, account_id, value)
  connection:execute(update(accounts):where(accounts.c.id:eq(account_id)):values{ total = value })
end
listen(Entry, "after_insert", function(_, connection, target)
  add_to_total(connection, target.account_id, accounts.c.total + target.amount)
end)
listen(Entry, "after_update", function(_, connection, target)
  local history = inspect(target).attrs.amount.history
  if #history.deleted > 0 then
    add_to_total(connection, target.account_id, accounts.c.total + target.amount - history.deleted[1])
  end
end)
listen(Entry, "after_delete", function(_, connection, target)
  add_to_total(connection, target.account_id, accounts.c.total - target.amount)
end)

listen(am.Session, "after_flush", function(session)
  local lines = {}
  local function note(sign, objects, test)
    for _, o in ipairs(objects) do
      local name = inspect(o).class_.__name__
      if name ~= "Journal" and (not test or test(o)) then lines[#lines + 1] = sign .. name end
    end
  end
  note("+", session.new)
  note("-", session.deleted)
  note("*", session.dirty, function(o) return session:is_modified(o) end)
  if #lines > 0 then
    session:connection():execute(insert(Journal.__table__), { { line = table.concat(p.sorted(lines), " ") } })
  end
end)

local session = am.Session(db)
step "insert"
local account = Account{ name = "Big Shop", entries = { Entry{ amount = 5 }, Entry{ amount = 7 } } }
session:add(account)
session:commit()
sql()
say(account.slug, account.total, account.changes)

step "update"
p.forget()
account.name = "Small Shop"
account.entries[1].amount = 6
session:flush()
sql()
say(account.slug, account.total, account.changes)
session:refresh(account)
say(account.total)
account.name = account.name
session:flush()
say(account.changes)

step "a collection change alone"
p.forget()
account.entries:append(Entry{ amount = 10 })
say(session:is_modified(account), session:is_modified(account, { include_collections = false }))
session:flush()
sql()
session:commit()
say(account.total, account.changes)

step "delete"
p.forget()
account.entries:remove(account.entries[2])
session:commit()
sql()
say(account.total, session:scalars(select(Journal.line):order_by(Journal.id)):all())

step "after_flush_postexec adds until nothing is left"
local left = 3
local function more(s)
  if left > 0 then
    left = left - 1
    s:add(Journal{ line = "extra " .. left })
  end
end
listen(session, "after_flush_postexec", more)
p.forget()
account.name = "Tiny Shop"
session:commit()
sql()
am.event.remove(session, "after_flush_postexec", more)
say(session:scalars(select(Journal.line):where(Journal.line:like("extra%")):order_by(Journal.id)):all())

step "a listener that would never end"
listen(session, "after_flush_postexec", function(s) s:add(Journal{ line = "again" }) end)
session:add(Journal{ line = "start" })
error_of(function() session:commit() end)
session:rollback()
local number = account.id
session:close()
session = am.Session(db)

step "a listener changes another object"
listen(session, "before_flush", function(s)
  for _, entry in ipairs(s.new) do
    if inspect(entry).class_ == Entry then entry.account.name = "Shop of " .. #entry.account.entries end
  end
end)
account = session:get(Account, number)
p.forget()
account.entries:append(Entry{ amount = 1 })
session:flush()
sql()
session:rollback()

step "a listener refuses"
listen(Account, "before_delete", function() error "accounts stay" end)
session:delete(account)
error_of(function() session:flush() end)
say(session.is_active, inspect(account).persistent)
session:rollback()
say(session:contains(account), session:scalar(select(func.count()):select_from(Entry)))
session:add(Account{ name = am.null })
error_of(function() session:flush() end)
session:rollback()
say(#session.new)
session:close()
