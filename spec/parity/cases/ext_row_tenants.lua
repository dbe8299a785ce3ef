-- Rows of tenants: criteria from a session's info, objects stamped at flush, updates and deletes kept inside.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, error_, map = parity.say, parity.step, parity.sql, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Tenant = Base:model("Tenant", {
  __tablename__ = "tenant",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
local HasTenant = {
  tenant_id = am.declared_attr(function()
    return am.Column(am.ForeignKey("tenant.id"), { nullable = false, index = true })
  end),
}
local Client = Base:model("Client", {
  __tablename__ = "client",
  __mixins__ = { HasTenant },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  bills = am.relationship("Bill", { back_populates = "client", order_by = "Bill.id" }),
})
local Bill = Base:model("Bill", {
  __tablename__ = "bill",
  __mixins__ = { HasTenant },
  id = am.Column(am.Integer, { primary_key = true }),
  amount = am.Column(am.Integer),
  client_id = am.Column(am.ForeignKey("client.id")),
  client = am.relationship("Client", { back_populates = "bills" }),
})

local function only_mine(state)
  local tenant = state.session.info.tenant
  if tenant == nil or state.is_column_load or state.is_relationship_load then return end
  if state.is_select or state.is_update or state.is_delete then
    state.statement = state.statement:options(am.with_loader_criteria(HasTenant, function(cls)
      return cls.tenant_id:eq(tenant)
    end, { include_aliases = true }))
  end
end
local function stamp(session)
  local tenant = session.info.tenant
  for _, o in ipairs(session.new) do
    local class = am.inspect(o).mapper.class_
    if (class == Client or class == Bill) and tenant ~= nil then
      if o.tenant_id ~= nil and o.tenant_id ~= tenant then error("not yours") end
      o.tenant_id = tenant
    end
  end
end
am.event.listen(am.Session, "do_orm_execute", only_mine)
am.event.listen(am.Session, "before_flush", stamp)

local eng = parity.engine()
Base.metadata:create_all(eng)
local indexes = {}
for _, t in ipairs(Base.metadata.sorted_tables) do
  for _, i in ipairs(t.indexes) do indexes[#indexes + 1] = i.name end
end
say(parity.sorted(indexes))
am.Session(eng, function(s)
  s:add_all{ Tenant{ id = 1, name = "one" }, Tenant{ id = 2, name = "two" } }
  s:commit()
end)
parity.forget()

local function open_for(tenant, fn) return am.Session(eng, { info = { tenant = tenant } }, fn) end
local function amounts(bills) return map(bills, function(b) return b.amount end) end

step("two tenants write")
for t, names in ipairs { { "ann", "al" }, { "bob" } } do
  open_for(t, function(s)
    for _, n in ipairs(names) do
      s:add(Client{ name = n, bills = { Bill{ amount = 10 * t }, Bill{ amount = 10 * t + #n } } })
    end
    s:commit()
  end)
end
step("each sees its own")
for t = 1, 3 do
  t = t < 3 and t or nil
  open_for(t, function(s)
    say(t, s:scalars(select(Client.name):order_by(Client.id)):all(), s:scalar(select(func.sum(Bill.amount))))
    sql()
  end)
end
step("relations")
open_for(1, function(s)
  for c in s:scalars(select(Client):options(am.selectinload(Client.bills)):order_by(Client.id)) do
    say(c.name, amounts(c.bills))
  end
  s:expunge_all()
  for c in s:scalars(select(Client):options(am.joinedload(Client.bills)):order_by(Client.id)):unique() do
    say(c.name, amounts(c.bills))
  end
  s:expunge_all()
  local c = s:scalars(select(Client):order_by(Client.id)):first()
  sql()
  say(amounts(c.bills), c.bills[1].client == c)
  sql()
  say(s:get(Client, 3), s:get(Client, 2).name)
end)
step("another tenant's row by force")
open_for(2, function(s)
  error_(function() return s:scalars(select(Client):where(Client.name:eq("ann"))):one() end)
  s:add(Client{ name = "eve", tenant_id = 1 })
  error_(function() s:commit() end)
  s:rollback()
  say(s:scalar(select(func.count()):select_from(Client)))
end)
step("bulk statements stay inside")
open_for(2, function(s)
  say(s:execute(am.update(Bill):values{ amount = Bill.amount + 1 }).rowcount)
  say(s:execute(am.delete(Bill):where(Bill.amount:gt(22))).rowcount)
  s:execute(am.insert(Bill), { { amount = 5, client_id = 3, tenant_id = 2 } })
  say(s:scalars(select(Bill.amount):order_by(Bill.id)):all())
  s:commit()
end)
step("the same statement for the next tenant")
open_for(1, function(s)
  say(s:scalars(select(Bill.amount):order_by(Bill.id)):all())
  say(s:scalars(select(Client.name):where(Client.bills:any(Bill.amount:gt(11))):order_by(Client.name)):all())
  say(s:execute(select(Client.name, Bill.amount):join(Client.bills):order_by(Bill.id):limit(2)):all())
  s.info.tenant = 2
  say(s:scalars(select(Client.name)):all())
end)
step("legacy queries too")
open_for(1, function(s)
  say(s:query(Client):count(), map(s:query(Client):order_by(Client.name), function(c) return c.name end))
  say(s:query(Bill):filter(Bill.amount:gt(10)):update{ amount = 1 }, s:query(Bill.amount):order_by(Bill.id):all())
  s:rollback()
end)
am.event.remove(am.Session, "do_orm_execute", only_mine)
am.event.remove(am.Session, "before_flush", stamp)
step("end")
