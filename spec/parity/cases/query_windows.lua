-- Sales by day: window functions, filtered aggregates, ctes, updates and deletes that follow from queries.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func, update, delete, insert = am.select, am.func, am.update, am.delete, am.insert

local Base = am.declarative_base()
local D = am.date
local Shop = Base:model("Shop", {
  __tablename__ = "shop",
  id = am.Column(am.Integer, { primary_key = true }),
  town = am.Column(am.String(20)),
  sales = am.relationship("Sale", { back_populates = "shop" }),
})
local Sale = Base:model("Sale", {
  __tablename__ = "sale",
  id = am.Column(am.Integer, { primary_key = true }),
  shop_id = am.Column(am.ForeignKey("shop.id")),
  day = am.Column(am.Date),
  amount = am.Column(am.Integer),
  note = am.Column(am.String(20)),
  shop = am.relationship("Shop", { back_populates = "sales" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
s:add_all{ Shop{ id = 1, town = "Oslo" }, Shop{ id = 2, town = "Bern" }, Shop{ id = 3, town = "Rome" } }
for _, x in ipairs { { 1, 1, 10 }, { 1, 2, 30 }, { 1, 4, 20 }, { 2, 1, 5 }, { 2, 3, 50 }, { 2, 3, 7 } } do
  s:add(Sale{ shop_id = x[1], day = D(2024, 5, x[2]), amount = x[3] })
end
s:commit()
parity.forget()
local function int(x) return tonumber(tostring(x)) end
step("running totals")
local total = func.sum(Sale.amount):over{ partition_by = Sale.shop_id, order_by = Sale.id }:label("running")
say(s:execute(select(Sale.id, total):order_by(Sale.id)):all())
step("ranks and neighbours")
local rank = func.row_number():over{ partition_by = Sale.shop_id, order_by = { Sale.amount:desc(), Sale.id } }
  :label("rank")
local ranked = select(Sale, rank):subquery("ranked")
local Top = am.aliased(Sale, ranked)
say(map(s:scalars(select(Top):where(ranked.c.rank:eq(1)):order_by(Top.id)), function(t)
  return { t.id, t.amount, t.day }
end))
local lag = func.lag(Sale.amount, 1, 0):over{ order_by = Sale.id }
say(s:execute(select(Sale.id, (Sale.amount - lag):label("d")):order_by(Sale.id):limit(3)):all())
local frame = func.avg(Sale.amount):over{ order_by = Sale.id, rows = { -1, 1 } }
say(map(s:scalars(select(am.cast(frame, am.Integer)):order_by(Sale.id)), int))
step("filtered aggregates")
local q = select(Shop.town, func.count(Sale.id):filter(Sale.amount:gt(9)):label("big"),
  func.coalesce(func.sum(Sale.amount):filter(Sale.day:lt(D(2024, 5, 3))), 0):label("early"))
say(s:execute(q:outerjoin(Shop.sales):group_by(Shop.town):order_by(Shop.town)):mappings():all())
step("two ctes")
local daily = select(Sale.day, func.sum(Sale.amount):label("sum")):group_by(Sale.day):cte("daily")
local peak = select(func.max(daily.c.sum):label("top")):cte("peak")
say(s:execute(select(daily.c.day, daily.c.sum):join(peak, daily.c.sum:eq(peak.c.top))):all())
step("dates")
say(s:scalars(select(Sale.id):where(am.between(Sale.day, D(2024, 5, 2), D(2024, 5, 3))):order_by(Sale.id)):all())
say(map(s:scalars(select(am.extract("day", Sale.day)):where(Sale.shop_id:eq(2)):order_by(Sale.id)), int))
say(s:scalars(select(Sale.day):distinct():order_by(Sale.day:desc()):limit(2):offset(1)):all())
step("update by a query")
local poor = select(Shop.id):where(am.not_(Shop.sales:any()))
local rome = s:get(Shop, 3)
local r = s:execute(update(Shop):where(Shop.id:in_(poor)):values{ town = Shop.town .. "!" }:execution_options{
  synchronize_session = "fetch" })
say(r.rowcount, rome.town)
local sale = s:get(Sale, 6)
r = s:execute(update(Sale):where(Sale.amount:lt(8)):values{ amount = Sale.amount * 2, note = "doubled" })
say(r.rowcount, sale.amount, sale.note)
q = update(Sale):where(am.and_(Sale.shop_id:eq(Shop.id), Shop.town:eq("Oslo"))):values{ note = Shop.town }
  :execution_options{ synchronize_session = false }
say(s:execute(q).rowcount)
say(s:execute(select(Sale.id, Sale.note):order_by(Sale.id)):all())
step("delete by a query")
local ids = s:scalars(delete(Sale):where(Sale.shop_id:eq(2), Sale.amount:lt(20)):returning(Sale.id)):all()
table.sort(ids)
say(ids, s:contains(sale), am.inspect(sale).deleted)
step("insert from a query")
s:execute(insert(Sale):from_select({ "shop_id", "day", "amount" },
  select(Shop.id, func.max(Sale.day), func.sum(Sale.amount)):join(Shop.sales):group_by(Shop.id)))
say(s:execute(select(Sale.shop_id, Sale.amount):where(Sale.note:is_(nil)):order_by(Sale.shop_id, Sale.amount)):all())
step("ordering of nulls")
say(s:execute(select(Sale.note, Sale.amount):order_by(am.nulls_last(Sale.note), Sale.amount:desc())):all())
step("rolled back")
s:rollback()
say(s:scalar(select(func.count(Sale.id))), rome.town, sale.amount, sale.note, s:contains(sale))
step("end")
s:close()
