-- begin_nested: what a rolled back savepoint restores in objects, and what the outer transaction keeps.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50), { unique = true, nullable = false }),
  balance = am.Column(am.Integer, { nullable = false, default = 0 }),
  entries = am.relationship("Entry", { back_populates = "account", order_by = "Entry.id" }),
})
local Entry = Base:model("Entry", {
  __tablename__ = "entry",
  id = am.Column(am.Integer, { primary_key = true }),
  amount = am.Column(am.Integer),
  account_id = am.Column(am.ForeignKey("account.id")),
  account = am.relationship("Account", { back_populates = "entries" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local inspect = am.inspect

local function state(o)
  local i = inspect(o)
  for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[name] then say(name, i.identity, p.sorted(i.unloaded)) end
  end
end

local function amounts(account)
  local list = {}
  for i, x in ipairs(account.entries) do list[i] = x.amount end
  return list
end

local session = am.Session(e)
local names = am.select(Account.name):order_by(Account.name)
local a = Account{ name = "a", balance = 10 }
local b = Account{ name = "b", balance = 20 }
session:add_all{ a, b }
session:commit()

step "changes before and inside"
a.balance = 11
local nested = session:begin_nested()
say(nested.nested, nested.is_active, session:in_nested_transaction(), session:get_nested_transaction() == nested)
say(nested.parent == session:get_transaction(), nested.session == session)
p.sql()
b.balance = 21
session:flush()
nested:rollback()
say(nested.is_active, session:in_nested_transaction())
state(a)
state(b)
say(a.balance, b.balance)
session:commit()

step "changes not flushed before the rollback"
nested = session:begin_nested()
a.balance = 99
nested:rollback()
say(inspect(a).modified, session.dirty:contains(a), a.balance)
session:rollback()

step "new object inside"
local c = Account{ name = "c" }
session:begin_nested(function(sp)
  session:add(c)
  session:flush()
  state(c)
  sp:rollback()
end)
state(c)
say(c.id, c.balance, session:contains(c))
session:add(c)
session:commit()
say(session:scalars(names):all())

step "deleted object inside"
nested = session:begin_nested()
session:delete(c)
session:flush()
state(c)
nested:rollback()
state(c)
nested = session:begin_nested()
session:delete(c)
nested:commit()
state(c)
session:rollback()
state(c)
say(c.name)

step "error inside, the outer transaction goes on"
for _, name in ipairs { "d", "a", "e" } do
  local ok, err = pcall(session.begin_nested, session, function() session:add(Account{ name = name }) end)
  if not ok then say("skipped", name, err.name, session.is_active, #session.new) end
end
session:commit()
say(session:scalars(names):all())

step "savepoints in savepoints"
local one = session:begin_nested()
a.entries:append(Entry{ amount = 1 })
local two = session:begin_nested()
a.entries:append(Entry{ amount = 2 })
session:flush()
say(#a.entries, two.parent == one)
two:rollback()
say(amounts(a), session:get_nested_transaction() == one)
one:commit()
session:commit()
say(amounts(a))
one = session:begin_nested()
two = session:begin_nested()
say(session:get_nested_transaction() == two)
one:rollback()
say(two.is_active, session:in_nested_transaction(), session:in_transaction())
error_of(function() two:commit() end)
session:rollback()

step "primary key changed inside"
nested = session:begin_nested()
b.entries = {}
b.id = 50
session:flush()
say(inspect(b).identity, session:get(Account, 50) == b)
nested:rollback()
say(inspect(b).identity, b.id, session:get(Account, 50))
session:rollback()

step "session.rollback ends them all"
session:begin_nested()
session:begin_nested()
session:rollback()
say(session:in_transaction(), session:in_nested_transaction())
session:begin_nested()
session:commit()
say(session:in_transaction(), session:in_nested_transaction())
p.sql()
session:close()
