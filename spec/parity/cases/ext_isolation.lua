-- A session inside an outer transaction (join_transaction_mode), and tables per tenant by schema_translate_map.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local Job = Base:model("Job", {
  __tablename__ = "job",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { unique = true, nullable = false }),
})

local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function name(x) return x.name end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function count(conn) return conn:scalar(select(am.func.count()):select_from(Job.__table__)) end

for _, mode in ipairs { "create_savepoint", "control_fully", "rollback_only", "conditional_savepoint" } do
  step(mode)
  e:connect(function(conn)
    local outer = conn:begin()
    local s = am.Session(conn, { join_transaction_mode = mode })
    s:add(Job{ name = "one" })
    s:commit()
    say("after commit", outer.is_active, conn:in_transaction())
    s:add(Job{ name = "two" })
    s:flush()
    s:rollback()
    say("after rollback", outer.is_active, s:in_transaction())
    if outer.is_active then
      say(count(conn))
      s:add(Job{ name = "three" })
      s:begin_nested(function() s:add(Job{ name = "four" }) end)
      s:close()
      say("after close", outer.is_active, count(conn))
      outer:rollback()
    end
  end)
  p.sql()
  e:begin(function(conn)
    say("left", count(conn))
    conn:execute(Job.__table__:delete())
  end)
  p.forget()
end
step "conditional inside a savepoint"
e:connect(function(conn)
  conn:begin(function(outer)
    conn:begin_nested(function(nested)
      local s = am.Session(conn)
      s:add(Job{ name = "x" })
      s:rollback()
      say(nested.is_active, outer.is_active)
      s:add(Job{ name = "y" })
      s:commit()
      say(nested.is_active)
    end)
    say(count(conn))
    outer:rollback()
  end)
end)
p.sql()
p.error(function() am.Session(e, { join_transaction_mode = "what" }) end)
step "a test that fails on a constraint"
e:connect(function(conn)
  local outer = conn:begin()
  local s = am.Session(conn, { join_transaction_mode = "create_savepoint", expire_on_commit = false })
  s:add(Job{ name = "a" })
  s:commit()
  s:add(Job{ name = "a" })
  p.error(function() s:commit() end)
  p.error(function() s:execute(select(1)) end)
  s:rollback()
  say(map(s:scalars(select(Job)):all(), name))
  say(s:get_transaction().nested, s:in_nested_transaction(), outer.is_active)
  s:close()
  outer:rollback()
  say(count(conn))
end)
p.forget()
step "tenants"
local Tenant = am.declarative_base{ metadata = am.MetaData{ schema = "tenant" } }
local Shop = Tenant:model("Shop", {
  __tablename__ = "shop",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  goods = am.relationship("Good", { order_by = "Good.id" }),
})
local Good = Tenant:model("Good", {
  __tablename__ = "good",
  id = Column(Integer, { primary_key = true }),
  shop_id = Column(ForeignKey("tenant.shop.id")),
  label = Column(String(20)),
})
local names = { "alpha", "beta" }
if p.is_postgresql then
  e:begin(function(conn)
    for _, n in ipairs(names) do conn:execute(am.text("CREATE SCHEMA " .. n)) end
  end)
else
  e = p.engine{ poolclass = am.StaticPool }
  e:connect(function(conn)
    for _, n in ipairs(names) do conn:exec_driver_sql("ATTACH ':memory:' AS " .. n) end
  end)
end
for _, n in ipairs(names) do
  local conn = e:connect():execution_options{ schema_translate_map = { tenant = n } }
  Tenant.metadata:create_all(conn)
  conn:commit()
  conn:close()
end
p.forget()
for i, n in ipairs(names) do
  local te = e:execution_options{ schema_translate_map = { tenant = n } }
  am.Session(te, function(s)
    local goods = {}
    for k = 1, i do goods[k] = Good{ label = "g" .. k - 1 } end
    s:add(Shop{ name = "shop of " .. n, goods = goods })
    s:commit()
    local shop = s:scalars(select(Shop)):one()
    say(shop.name, map(shop.goods, function(g) return g.label end))
    s:refresh(shop)
    shop.name = shop.name:upper()
    s:flush()
    s:delete(shop.goods[1])
    s:commit()
    say(s:execute(select(Shop.name, Good.label):outerjoin(Shop.goods)):all())
  end)
end
p.sql()
step "the map of one statement"
e:connect(function(conn)
  for _, n in ipairs(names) do
    say(conn:scalar(select(Shop.name), nil, { execution_options = { schema_translate_map = { tenant = n } } }))
  end
end)
am.Session(e, function(s)
  for _, n in ipairs(names) do
    s:connection{ execution_options = { schema_translate_map = { tenant = n } } }
    say(s:scalars(select(Shop.name)):all())
    s:rollback()
  end
  local opts = { execution_options = { schema_translate_map = { tenant = "beta" } } }
  say(map(s:scalars(select(Shop), nil, opts):all(), name))
  p.error(function() s:scalars(select(Shop):where(Shop.id:eq(77))):all() end)
end)
p.forget()
