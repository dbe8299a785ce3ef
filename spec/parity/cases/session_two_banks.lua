-- Two-phase sessions: the hooks and the session's events, failures, several units; the refusal on SQLite.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local listen = am.event.listen

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = am.Column(am.Integer, { primary_key = true }),
  owner = am.Column(am.String(20), { unique = true }),
  amount = am.Column(am.Integer),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{ Account{ id = 1, owner = "ann", amount = 10 }, Account{ id = 2, owner = "bob", amount = 20 } }
  s:commit()
end)
p.forget()
for _, name in ipairs { "begin_twophase", "prepare_twophase" } do
  listen(e, name, function(_, xid) say("  *", name, #xid > 5) end)
end
for _, name in ipairs { "commit_twophase", "rollback_twophase" } do
  listen(e, name, function(_, _, prepared) say("  *", name, prepared) end)
end

local function watch(session)
  for _, name in ipairs { "before_commit", "after_commit", "after_rollback" } do
    listen(session, name, function() say("  -", name) end)
  end
  listen(session, "after_begin", function(_, _, c) say("  - after_begin", c:in_transaction(),
    c:in_nested_transaction()) end)
  listen(session, "after_transaction_end", function(_, t) say("  - end", t.nested, t.parent == nil) end)
  listen(session, "before_flush", function(s) say("  - before_flush", #s.new, #s.dirty) end)
  listen(session, "after_soft_rollback", function(_, t) say("  - soft", t.nested) end)
end

local factory = am.sessionmaker(e, { twophase = true })

local function refusal()
  step "refused here"
  local s = factory()
  say(s.twophase)
  p.refused(function() s:scalars(select(Account.id)):all() end)
  s:rollback()
  s:add(Account{ id = 3, owner = "cy" })
  p.refused(function() s:commit() end)
  s:rollback()
  say(s:in_transaction(), s.is_active)
  s:close()
  e:connect(function(conn)
    p.refused(function() conn:begin_twophase("x") end)
    conn:rollback()
    say(conn:scalar(am.text("select count(*) from account")))
    p.error(function() conn:begin_twophase() end)
  end)
  am.Session(e, function(session)
    say(session:scalar(select(am.func.count(Account.id))))
    session:begin_nested()
    p.error(function() session:prepare() end)
    session:rollback()
  end)
end

local function sessions()
  step "commit"
  local s = factory()
  watch(s)
  local a = s:get(Account, 1)
  a.amount = a.amount - 5
  s:add(Account{ id = 3, owner = "cy", amount = 5 })
  s:commit()
  say(a.amount)
  step "prepare and commit"
  a.amount = 1
  s:prepare()
  p.error(function()
    s:add(Account{ id = 4 })
    s:flush()
  end)
  p.error(function() s:get(Account, 2) end)
  p.error(function() s:begin_nested() end)
  p.error(function() s:prepare() end)
  s:commit()
  say(a.amount, s:in_transaction())
  step "prepare and rollback"
  a.amount = 99
  s:prepare()
  s:rollback()
  say(a.amount)
  s:close()
  step "prepare and close"
  a = s:get(Account, 2)
  a.amount = 0
  s:prepare()
  s:close()
  say(s:get(Account, 2).amount)
  s:rollback()
  step "a flush that fails"
  s:add(Account{ id = 9, owner = "ann" })
  p.error(function() s:commit() end)
  p.error(function() s:get(Account, 1) end)
  s:rollback()
  say(s:get(Account, 1).owner)
  step "a savepoint that fails"
  local _, x = pcall(s.begin_nested, s, function() s:add(Account{ id = 9, owner = "ann" }) end)
  say(x.name)
  s:add(Account{ id = 10, owner = "dee" })
  s:commit()
  say(s:scalars(select(Account.owner):order_by(Account.id)):all())
  s:close()
end

local function connections()
  step "with begin()"
  factory:begin(function(s) s:add(Account{ id = 11, owner = "eve" }) end)
  local ok = pcall(factory.begin, factory, function(s)
    s:add(Account{ id = 12, owner = "fay" })
    s:flush()
    error("stop")
  end)
  if not ok then say("raised") end
  step "the connection's"
  local accounts = Account.__table__
  e:connect(function(conn)
    local t = conn:begin_twophase()
    say(conn:in_transaction(), t.is_active, t.is_valid)
    p.error(function() conn:begin_twophase() end)
    p.error(function() conn:begin() end)
    conn:execute(accounts:delete():where(Account.id:eq(11)))
    t:rollback()
    say(t.is_active, conn:in_transaction())
    p.error(function() t:commit() end)
    conn:begin_twophase(function() conn:execute(accounts:delete():where(Account.id:eq(10))) end)
    conn:begin_twophase(function(t3)
      conn:execute(accounts:delete():where(Account.id:eq(3)))
      t3:prepare()
    end)
    say(conn:execute(select(Account.id):order_by(Account.id)):scalars():all())
  end)
  step "a session on a connection in two phases"
  e:connect(function(conn)
    local t = conn:begin_twophase()
    local s = am.Session(conn, { join_transaction_mode = "create_savepoint" })
    s:add(Account{ id = 20, owner = "guest" })
    s:commit()
    s:close()
    t:rollback()
  end)
  am.Session(e, function(s) say(s:get(Account, 20), s.twophase) end)
end

if p.is_postgresql then
  sessions()
  connections()
else
  refusal()
end
p.sql()
