-- Session, a bank: begin and begin_nested as blocks, exact restoration of objects at rollback, errors in a block,
-- savepoints in savepoints, join_transaction_mode, sessionmaker and scoped_session, transaction events, closed and
-- reset sessions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql = parity.say, parity.step, parity.sql

local Base = am.declarative_base()

local Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = am.Column(am.Integer, { primary_key = true }),
  owner = am.Column(am.String(10), { unique = true }),
  balance = am.Column(am.Integer, { nullable = false, default = 0 }),
})

local function state(o)
  for _, n in ipairs{ "transient", "pending", "persistent", "deleted", "detached" } do
    if am.inspect(o)[n] then return n end
  end
end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local Maker = am.sessionmaker(e, { expire_on_commit = false })
step("begin")
Maker:begin(function(s)
  s:add_all{ Account{ id = 1, owner = "ann", balance = 10 }, Account{ id = 2, owner = "bob", balance = 20 } }
end)
sql()
local kept
parity.error(function()
  Maker:begin(function(s)
    kept = s:get(Account, 1)
    kept.balance = 999
    s:flush()
    error("stop")
  end)
end)
say(state(kept), parity.sorted(am.inspect(kept).unloaded))
sql()
step("nested")
local s = Maker()
local a, b = s:get(Account, 1), s:get(Account, 2)
a.balance = 11
local c
s:begin_nested(function(point)
  say(s:in_nested_transaction(), s:get_nested_transaction() == point, s:get_transaction() == point.parent)
  b.balance = 21
  c = Account{ id = 3, owner = "cyd" }
  s:add(c)
  s:flush()
  point:rollback()
  say(state(c), point.is_active, s:in_transaction())
end)
say(a.balance, b.balance, state(c), c.id, s:in_nested_transaction(), s.is_active)
sql()
step("nested errors")
parity.error(function()
  s:begin_nested(function() s:add(Account{ id = 4, owner = "ann" }) end)
end)
say(s.is_active, s:in_transaction(), #s.new, a.balance)
sql()
local d
s:begin_nested(function()
  a.balance = a.balance + 1
  s:begin_nested(function(inner)
    s:delete(b)
    s:flush()
    say(state(b), s:contains(b))
    inner:rollback()
  end)
  say(state(b), s:contains(b), b.balance)
  d = Account{ id = 5, owner = "dan" }
  s:add(d)
end)
s:commit()
say(a.balance, state(d), d.balance)
sql()
step("outer rollback after inner commit")
local n = s:begin_nested()
local x = Account{ id = 6, owner = "eve" }
s:add(x)
a.balance = 0
n:commit()
local count = am.select(am.func.count()):select_from(Account)
say(state(x), s:scalar(count))
s:rollback()
say(state(x), a.balance, s:scalar(count), s:in_transaction())
s:close()
sql()
step("failed flush")
s = am.Session(e)
a = s:get(Account, 1)
a.owner = "bob"
parity.error(function() s:flush() end)
say(s.is_active, s:in_transaction())
parity.error(function() return a.balance + s:scalar(am.select(Account.balance)) end)
parity.error(function() s:commit() end)
s:rollback()
say(s.is_active, a.owner, s:in_transaction())
s:close()
sql()
step("begin twice")
s = am.Session(e)
local t = s:begin()
parity.error(function() s:begin() end)
say(t.is_active, s:get_transaction() == t, t.nested, t.parent)
s:commit()
say(t.is_active, s:get_transaction())
parity.error(function() t:commit() end)
local manual = am.Session(e, { autobegin = false })
parity.error(function() return manual:get(Account, 1) end)
manual:begin(function() say(manual:get(Account, 1).owner) end)
parity.error(function() manual:execute(am.text("select 1")) end)
sql()
step("join modes")
for _, mode in ipairs{ "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint" } do
  say(mode)
  e:connect(function(conn)
    local outer = conn:begin()
    local j = am.Session(conn, { join_transaction_mode = mode })
    local account = j:get(Account, 1)
    account.balance = account.balance + 5
    j:commit()
    say(outer.is_active, j:scalar(am.select(Account.balance):where(Account.id:eq(1))))
    j:rollback()
    say(outer.is_active)
    j:close()
    if outer.is_active then outer:rollback() end
  end)
  sql()
end
say(s:scalar(am.select(Account.balance):where(Account.id:eq(1))))
s:close()
parity.forget()
step("transaction events")
s = am.Session(e)
for _, name in ipairs{ "after_begin", "before_commit", "after_commit", "after_rollback", "after_soft_rollback",
  "before_flush",
  "after_flush", "after_flush_postexec", "after_transaction_create", "after_transaction_end" } do
  local with_transaction = name:find("transaction") or name == "after_begin" or name == "after_soft_rollback"
  am.event.listen(s, name, function(_, transaction)
    say(" ", name, with_transaction and { transaction.nested } or {})
  end)
end
s:get(Account, 1).balance = 50
s:begin_nested(function() s:get(Account, 2).balance = 60 end)
s:commit()
s:add(Account{ id = 8, owner = "ann" })
parity.error(function() s:commit() end)
s:rollback()
s:close()
parity.forget()
step("scoped")
local Scoped = am.scoped_session(Maker, { scopefunc = function() return 1 end })
say(Scoped() == Scoped(), Scoped.registry:has())
Scoped:add(Account{ id = 9, owner = "fay" })
Scoped:commit()
say(Scoped:get(Account, 9).owner, Scoped:query(Account):filter(Account.balance:gt(20)):count(), #Scoped.identity_map)
parity.error(function() return Scoped{ autoflush = false } end)
Scoped:remove()
say(Scoped.registry:has())
Scoped:close()
sql()
step("closed for good")
local last = am.Session(e, { close_resets_only = false })
last:add(Account{ id = 10, owner = "gus" })
last:close()
parity.error(function() last:scalar(am.select(1)) end)
local reset = am.Session(e)
reset:add(Account{ id = 10, owner = "gus" })
reset:reset()
say(#reset.new, reset:in_transaction(), reset:scalar(am.select(am.func.max(Account.id))))
reset:close()
sql()
