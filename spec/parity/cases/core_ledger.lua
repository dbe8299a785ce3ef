-- A ledger: transactions, savepoints within each other, what an error leaves behind, events and isolation levels.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error

local e = p.engine()
local md = am.MetaData()
local account = am.Table("account", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("owner", am.String(10), { nullable = false }), am.Column("balance", am.Integer, { nullable = false }),
  am.CheckConstraint("balance >= 0", { name = "not_negative" }))
md:create_all(e)
e:begin(function(conn)
  conn:execute(account:insert(), { { id = 1, owner = "ann", balance = 50 }, { id = 2, owner = "bob", balance = 20 } })
end)
p.forget()
for _, name in ipairs{ "savepoint", "rollback_savepoint", "release_savepoint" } do
  am.event.listen(e, name, function(_, n) say("event", name, n) end)
end

local function balances(conn)
  say(conn:execute(am.select(account.c.owner, account.c.balance):order_by(account.c.id)):all())
end

local function transfer(conn, a, b, amount)
  conn:execute(account:update():where(account.c.id:eq(b)):values{ balance = account.c.balance + amount })
  conn:execute(account:update():where(account.c.id:eq(a)):values{ balance = account.c.balance - amount })
end

step "a transfer"
e:begin(function(conn)
  say(conn:in_transaction(), conn:in_nested_transaction(), conn:get_transaction().is_active)
  transfer(conn, 1, 2, 10)
end)
e:connect(balances)
step "one that fails"
local x = err(function()
  e:begin(function(conn) transfer(conn, 2, 1, 100) end)
end)
say(x.connection_invalidated)
e:connect(balances)
step "savepoints"
e:connect(function(conn)
  local t = conn:begin()
  transfer(conn, 1, 2, 1)
  local sp = conn:begin_nested()
  say(conn:in_nested_transaction(), sp.is_active, true)
  err(function() transfer(conn, 1, 2, 1000) end)
  sp:rollback()
  say(sp.is_active, t.is_active)
  conn:begin_nested(function()
    transfer(conn, 1, 2, 2)
    local inner = conn:begin_nested()
    transfer(conn, 1, 2, 3)
    inner:rollback()
  end)
  balances(conn)
  err(function() conn:begin() end)
  t:commit()
  say(t.is_active, conn:in_transaction())
  err(function() t:commit() end)
  err(function() t:rollback() end)
  balances(conn)
  say(conn:in_transaction())
  conn:rollback()
  say(conn:in_transaction())
end)
step "an error in a with of a savepoint"
err(function()
  e:begin(function(conn)
    transfer(conn, 1, 2, 4)
    local ok, problem = pcall(function()
      conn:begin_nested(function()
        transfer(conn, 1, 2, 5)
        conn:execute(account:insert():values{ id = 1, owner = "dup", balance = 0 })
      end)
    end)
    if not ok then say("caught", problem.name) end
    balances(conn)
    conn:execute(account:insert():values{ id = 3, owner = "cat", balance = 0 })
    error("out")
  end)
end)
e:connect(balances)
step "closing without commit"
local closed = e:connect()
closed:execute(account:update():values{ balance = 0 })
closed:close()
say(closed.closed)
err(function() closed:execute(am.select(1)) end)
e:connect(balances)
step "outer commit with an open savepoint"
e:connect(function(conn)
  local t = conn:begin()
  local sp = conn:begin_nested()
  transfer(conn, 1, 2, 6)
  t:commit()
  say(sp.is_active, t.is_active)
  err(function() sp:rollback() end)
  balances(conn)
end)
step "outer rollback ends the savepoint"
e:connect(function(conn)
  local t = conn:begin()
  local sp = conn:begin_nested()
  transfer(conn, 1, 2, 7)
  t:rollback()
  say(sp.is_active, t.is_active, conn:in_transaction())
  err(function() sp:commit() end)
  balances(conn)
end)
step "isolation"
e:connect(function(conn)
  local level = conn:get_isolation_level()
  say(level == "READ COMMITTED" or level == "SERIALIZABLE", conn.default_isolation_level == level)
end)
do
  local conn = e:connect():execution_options{ isolation_level = "SERIALIZABLE" }
  say(conn:get_isolation_level(), conn:get_execution_options().isolation_level)
  balances(conn)
  err(function() conn:execution_options{ isolation_level = "AUTOCOMMIT" } end)
  conn:close()
end
err(function() e:connect():execution_options{ isolation_level = "NONSENSE" } end)
if p.is_postgresql then
  local auto = e:execution_options{ isolation_level = "AUTOCOMMIT" }
  auto:connect(function(conn)
    conn:execute(account:insert():values{ id = 9, owner = "auto", balance = 1 })
    conn:rollback()
  end)
end
e:connect(function(conn)
  balances(conn)
  say(conn:get_isolation_level() == conn.default_isolation_level)
end)
step "a broken transaction"
e:connect(function(conn)
  conn:begin()
  err(function() conn:execute(am.text("select nothing from nowhere")) end)
  if p.is_postgresql then err(function() balances(conn) end) end
  conn:rollback()
  balances(conn)
end)
p.sql()
