-- Schema per tenant: one set of models; schema_translate_map says which schema it stands for.
local am = require "alchemoon"

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users", __table_args__ = { { schema = "tenant" } },
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)) })

-- SQLite's schemas are attached databases; on PostgreSQL: CREATE SCHEMA.
local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
am.event.listen(engine, "connect", function(connection)
  for _, name in ipairs{ "red", "blue" } do connection:execute(("ATTACH ':memory:' AS %s"):format(name)) end
end)

-- An engine per tenant: the same pool, the same compiled statements' cache, other options.
local engines = {}
for _, name in ipairs{ "red", "blue" } do
  engines[name] = engine:execution_options{ schema_translate_map = { tenant = name } }
  Base.metadata:create_all(engines[name])
  am.Session(engines[name]):begin(function(session) session:add(User{ name = name .. " Ann" }) end)
end

am.event.listen(engine, "before_cursor_execute", function(_, _, sql) print((sql:gsub("%s+", " "))) end)
for _, name in ipairs{ "red", "blue" } do
  am.Session(engines[name], function(session) print(session:scalars(am.select(User)):one().name) end)
end
print(am.select(User.name)) -- the statement itself knows nothing of tenants
--> SELECT red.users.id, red.users.name FROM red.users
--> red Ann
--> SELECT blue.users.id, blue.users.name FROM blue.users
--> blue Ann
--> SELECT tenant.users.name
--> FROM tenant.users
