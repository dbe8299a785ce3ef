-- Transactions, savepoints, errors: nothing is lost, nothing leaks.
local am = require "alchemoon"

local engine = am.create_engine("sqlite://")
local metadata = am.MetaData()
local accounts = am.Table("accounts", metadata,
  am.Column("name", am.String, { primary_key = true }),
  am.Column("balance", am.Integer, { nullable = false }),
  am.CheckConstraint("balance >= 0", { name = "no_debt" }))
metadata:create_all(engine)

local function move(conn, from, to, amount)
  conn:execute(am.update(accounts):where(accounts.c.name:eq(from)):values { balance = accounts.c.balance - amount })
  conn:execute(am.update(accounts):where(accounts.c.name:eq(to)):values { balance = accounts.c.balance + amount })
end

engine:begin(function(conn)
  conn:execute(am.insert(accounts), { { name = "ann", balance = 100 }, { name = "bob", balance = 0 } })
  move(conn, "ann", "bob", 30)
end)

local ok, e = pcall(function()
  engine:begin(function(conn)
    move(conn, "bob", "ann", 10)
    move(conn, "bob", "ann", 1000)                          -- refused: everything is rolled back
  end)
end)
print(ok, e.name, e:is(am.exc.DBAPIError))                  --> false	IntegrityError	true
print((tostring(e):match("^[^\n]*")))
--> (sqlite3.IntegrityError) CHECK constraint failed: no_debt

engine:begin(function(conn)
  local inner = pcall(function()
    conn:begin_nested(function() move(conn, "bob", "ann", 500) end) -- a savepoint
  end)
  print("inner:", inner)                                    --> inner:	false
  move(conn, "bob", "ann", 5)                               -- the outer transaction goes on
end)

engine:connect(function(conn)
  for row in conn:execute(am.select(accounts):order_by(accounts.c.name)) do print(row.name, row.balance) end
end)
--> ann	75
--> bob	25
print(engine.pool:status():match("Current Checked out connections: (%d+)") or 0) --> 0
