-- raise and raise_on_sql, as mapped and as options: identity map, flush, backrefs, cascades, columns, wildcards.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Shop = Base:model("Shop", {
  __tablename__ = "shops",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  secret = am.deferred(am.Column(am.String(30)), { raiseload = true }),
  sales = am.relationship(
    "Sale", { back_populates = "shop", lazy = "raise", order_by = "Sale.id", cascade = "all, delete-orphan" }
  ),
})

local Sale = Base:model("Sale", {
  __tablename__ = "sales",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(30)),
  shop_id = am.Column(am.ForeignKey("shops.id")),
  client_id = am.Column(am.ForeignKey("clients.id")),
  shop = am.relationship(Shop, { back_populates = "sales", lazy = "raise_on_sql" }),
  client = am.relationship("Client", { back_populates = "sales", lazy = "raise" }),
})

local Client = Base:model("Client", {
  __tablename__ = "clients",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  sales = am.relationship(Sale, { back_populates = "client", order_by = Sale.id }),
})

local e = parity.engine()
Base.metadata:create_all(e)
step "flush of new objects"
am.Session(e, function(s)
  local ann = Client{ id = 1, name = "ann" }
  s:add_all({
    Shop{
      id = 1, name = "s1", secret = "x",
      sales = { Sale{ id = 1, what = "a", client = ann }, Sale{ id = 2, what = "b" } }
    },
    Shop{ id = 2, name = "s2" }
  })
  say(#ann.sales)
  s:commit()
end)
step "touching"
am.Session(e, function(s)
  local shop = s:get(Shop, 1)
  parity.error(function() return shop.sales end)
  parity.error(function() return shop.secret end)
  local sale = s:get(Sale, 1)
  say(sale.shop.name)
  parity.error(function() return sale.client end)
  s:get(Client, 1)
  parity.error(function() return sale.client end)
  say(parity.sorted(am.inspect(sale).unloaded))
end)
step "not in the session"
am.Session(e, function(s)
  local sale = s:get(Sale, 1)
  parity.error(function() return sale.shop end)
  say(s:get(Sale, 2).client_id)
  parity.error(function() return s:get(Sale, 2).client end)
end)
step "options bring them"
am.Session(e, function(s)
  local stmt = am.select(Shop):options(am.selectinload(Shop.sales):joinedload(Sale.client)):order_by(Shop.id)
  for shop in s:scalars(stmt) do
    say(shop.name, map(shop.sales, function(x) return list(x.what, x.client and x.client.name) end))
  end
end)
am.Session(e, function(s)
  local stmt = am.select(Shop):options(am.lazyload(Shop.sales)):where(Shop.id:eq(1))
  say(map(s:scalars(stmt):one().sales, function(x) return x.what end))
end)
step "writing without reading"
am.Session(e, function(s)
  local shop = s:get(Shop, 2)
  local sale = Sale{ id = 5, what = "e", shop = shop }
  s:add(sale)
  s:flush()
  say(sale.shop_id, am.inspect(shop).unloaded:contains("sales"))
  parity.error(function() return shop.sales end)
  sale.shop = s:get(Shop, 1)
  s:flush()
  say(sale.shop_id)
  parity.error(function() shop.sales = {} end)
  s:rollback()
end)
step "deleting"
am.Session(e, function(s)
  local shop = s:get(Shop, 1)
  parity.error(function() s:delete(shop); s:flush() end)
  s:rollback()
  shop = s:scalars(am.select(Shop):where(Shop.id:eq(1)):options(am.selectinload(Shop.sales))):one()
  s:delete(shop)
  s:flush()
  say(s:scalars(am.select(Sale.id)):all())
  s:rollback()
end)
step "wildcards"
am.Session(e, function(s)
  local client = s:scalars(am.select(Client):options(am.raiseload("*"))):one()
  parity.error(function() return client.sales end)
end)
am.Session(e, function(s)
  local client = s:scalars(am.select(Client):options(am.selectinload(Client.sales), am.raiseload("*"))):one()
  parity.error(function() return client.sales[1].shop end)
  say(client.sales[1].what)
end)
am.Session(e, function(s)
  local client = s:scalars(am.select(Client):options(am.selectinload(Client.sales):raiseload("*"))):one()
  parity.error(function() return client.sales[1].shop end)
end)
am.Session(e, function(s)
  local client = s:scalars(am.select(Client):options(am.Load(Client):raiseload("*", { sql_only = true }))):one()
  parity.error(function() return client.sales end)
end)
step "sql_only and the identity map"
am.Session(e, function(s)
  s:get(Client, 1)
  for _, only in ipairs({ false, true }) do
    local sale = s:scalars(
      am.select(Sale):where(Sale.id:eq(1)):options(am.raiseload(Sale.client, { sql_only = only }))
        :execution_options({ populate_existing = true })
    ):one()
    parity.error(function() return say(sale.client.name) end)
  end
end)
step "columns"
am.Session(e, function(s)
  local shop = s:scalars(
    am.select(Shop):where(Shop.id:eq(1)):options(am.defer(Shop.name, { raiseload = true }))
  ):one()
  parity.error(function() return shop.name end)
  s:refresh(shop, { "name" })
  say(shop.name)
end)
am.Session(e, function(s)
  local shop = s:scalars(
    am.select(Shop):where(Shop.id:eq(1)):options(am.load_only(Shop.id, { raiseload = true }))
  ):one()
  parity.error(function() return shop.name end)
  shop.name = "new"
  s:flush()
  say(shop.name)
  s:expire(shop)
  parity.error(function() return say(shop.name) end)
  s:rollback()
end)
step "expired and refreshed"
am.Session(e, function(s)
  local shop = s:scalars(am.select(Shop):where(Shop.id:eq(1)):options(am.selectinload(Shop.sales))):one()
  say(#shop.sales)
  s:expire(shop)
  say(shop.name)
  parity.error(function() return say(#shop.sales) end)
  s:refresh(shop, { "sales" })
  say(#shop.sales)
end)
step "detached"
local sale
am.Session(e, function(s)
  sale = s:get(Sale, 1)
end)
parity.error(function() return sale.shop end)
parity.error(function() return sale.client end)
local transient = Sale()
say(transient.shop, transient.client, #Shop().sales)
step "merge"
am.Session(e, function(s)
  local merged = s:merge(Sale{ id = 1, what = "merged", client_id = 1 })
  say(merged.what, merged.shop_id)
  s:rollback()
  parity.error(function() return s:merge(Shop{ id = 1, name = "m", sales = {} }) end)
  s:rollback()
end)
step "end"
