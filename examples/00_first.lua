local am = require "alchemoon"

local metadata = am.MetaData()
local users = am.Table("users", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(50), { nullable = false }),
  am.Column("age", am.Integer))

local engine = am.create_engine("sqlite://")
metadata:create_all(engine)

engine:begin(function(conn)
  conn:execute(am.insert(users), { { name = "Ann", age = 41 }, { name = "Bob", age = 17 } })
end)

local adults = am.select(users.c.id, users.c.name):where(users.c.age:ge(18))
print(adults)
--> SELECT users.id, users.name
--> FROM users
--> WHERE users.age >= :age_1

engine:connect(function(conn)
  for row in conn:execute(adults) do print(row.id, row.name) end --> 1	Ann
end)
