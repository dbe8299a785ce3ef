-- A schema for each tenant: schema_translate_map on engines, connections and sessions, for tables that have none.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Plan = Base:model("Plan", {
  __tablename__ = "plan",
  __table_args__ = { { schema = "common" } },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
local Account = Base:model("Account", {
  __tablename__ = "account",
  __table_args__ = { { schema = "tenant" } },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  plan_id = am.Column(am.Integer),
  plan = am.relationship("Plan", { primaryjoin = "foreign(Account.plan_id) == Plan.id" }),
  logins = am.relationship("Login", { back_populates = "account", order_by = "Login.id" }),
})
local Login = Base:model("Login", {
  __tablename__ = "login",
  __table_args__ = { { schema = "tenant" } },
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
  account_id = am.Column(am.ForeignKey("tenant.account.id")),
  account = am.relationship("Account", { back_populates = "logins" }),
})

local eng = parity.engine(not parity.is_postgresql and { poolclass = am.StaticPool } or nil)
local make = parity.is_postgresql and "CREATE SCHEMA " or "ATTACH DATABASE ':memory:' AS "
local conn = eng:connect():execution_options{ isolation_level = "AUTOCOMMIT" }
for _, name in ipairs { "red", "blue", "common" } do conn:exec_driver_sql(make .. name) end
conn:close()
parity.forget()
local function word(x) return x.word end
local red = eng:execution_options{ schema_translate_map = { tenant = "red" } }
local blue = eng:execution_options{ schema_translate_map = { tenant = "blue" } }
step("one set of tables for each")
eng:begin(function(c) Plan.__table__:create(c) end)
for _, e in ipairs { red, blue } do
  e:begin(function(c)
    Account.__table__:create(c, { checkfirst = false })
    Login.__table__:create(c, { checkfirst = false })
  end)
end
sql()
say(parity.sorted(am.inspect(eng):get_table_names{ schema = "red" }),
  am.inspect(eng):has_table("login", { schema = "blue" }))
parity.forget()
step("write")
am.Session(red, function(s)
  s:add(Plan{ id = 1, name = "gold" })
  s:flush()
  s:add(Account{ name = "rita", plan_id = 1, logins = { Login{ word = "a" }, Login{ word = "b" } } })
  s:commit()
end)
am.Session(blue, function(s)
  s:add_all{ Account{ name = "bill", plan_id = 1 }, Account{ name = "bo" } }
  s:commit()
end)
step("read")
for _, e in ipairs { red, blue } do
  am.Session(e, function(s)
    for a in s:scalars(select(Account):order_by(Account.id)) do
      say(a.name, a.plan and a.plan.name or nil, map(a.logins, word))
    end
    sql()
  end)
end
step("eager")
am.Session(red, function(s)
  local q = select(Account):options(am.joinedload(Account.plan), am.selectinload(Account.logins))
  for a in s:scalars(q) do say(a.name, a.plan.name, map(a.logins, word)) end
  say(s:execute(select(Account.name, func.count(Login.id)):join(Account.logins):group_by(Account.name)):all())
end)
step("per statement")
am.Session(eng, function(s)
  for _, m in ipairs { "red", "blue" } do
    say(m, s:scalars(select(Account.name):order_by(Account.id), nil,
      { execution_options = { schema_translate_map = { tenant = m } } }):all())
  end
  local q = select(Account.name):where(Account.name:like("b%")):order_by(Account.name)
  say(s:scalars(q:execution_options{ schema_translate_map = { tenant = "blue" } }):all())
end)
step("per session's connection")
am.Session(eng, function(s)
  s:connection{ execution_options = { schema_translate_map = { tenant = "blue" } } }
  local bill = s:scalars(select(Account):where(Account.name:eq("bill"))):one()
  bill.logins:append(Login{ word = "c" })
  s:execute(am.update(Account):where(Account.name:eq("bo")):values{ name = "bob" })
  s:commit()
end)
step("identity is not by schema")
am.Session(red, function(s) say(s:get(Account, 1).name) end)
am.Session(blue, function(s)
  say(s:get(Account, 1).name, map(s:get(Account, 1).logins, word), s:get(Account, 2).name)
end)
step("core")
blue:connect(function(c)
  say(c:execute(select(Account.__table__.c.name):order_by(Account.__table__.c.id)):all())
  c = c:execution_options{ schema_translate_map = { tenant = "red" } }
  say(c:execute(select(Account.__table__.c.name)):all())
end)
local plain = am.Table("loose", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }))
local c = eng:connect():execution_options{ schema_translate_map = { [am.null] = "blue" } }
plain:create(c, { checkfirst = false })
c:execute(am.insert(plain):values{ id = 3 })
say(c:execute(select(plain)):all())
c:commit()
c:close()
say(tostring(select(Account.name):compile{ schema_translate_map = { tenant = "x" }, render_schema_translate = true }))
say(tostring(select(Account.name)))
step("end")
