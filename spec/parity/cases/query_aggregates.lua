-- group_by, having, distinct, window functions, exists, and column_property over correlated subqueries.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Sale = Base:model("Sale", {
  __tablename__ = "sales",
  id = am.Column(am.Integer, { primary_key = true }),
  region = am.Column(am.String(10)),
  amount = am.Column(am.Integer),
  seller_id = am.Column(am.ForeignKey("sellers.id")),
  seller = am.relationship("Seller", { back_populates = "sales" }),
})

local seller_id = am.Column(am.Integer, { primary_key = true })
local seller_first = am.Column(am.String(10))
local seller_last = am.Column(am.String(10))
local Seller = Base:model("Seller", {
  __tablename__ = "sellers",
  id = seller_id,
  first = seller_first,
  last = seller_last,
  full = am.column_property(seller_first .. " " .. seller_last),
  sales = am.relationship("Sale", { back_populates = "seller", order_by = "Sale.id" }),
  total = am.column_property(
    am.select(am.func.coalesce(am.func.sum(Sale.amount), 0))
      :where(Sale.seller_id:eq(seller_id))
      :correlate_except(Sale)
      :scalar_subquery()
  ),
})

Seller.count = am.column_property(
  am.select(am.func.count(Sale.id)):where(Sale.seller_id:eq(Seller.id)):scalar_subquery(),
  { deferred = true }
)

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Seller{
      id = 1,
      first = "ann",
      last = "lee",
      sales = {
        Sale{ id = 1, region = "n", amount = 10 },
        Sale{ id = 2, region = "n", amount = 30 },
        Sale{ id = 3, region = "s", amount = 20 }
      }
    },
    Seller{
      id = 2,
      first = "bob",
      last = "ray",
      sales = { Sale{ id = 4, region = "s", amount = 50 }, Sale{ id = 5, region = am.null, amount = 5 } }
    },
    Seller{ id = 3, first = "cid", last = "fox" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function rows(stmt)
  say(s:execute(stmt):all())
end

step "column_property"
local sellers = s:scalars(am.select(Seller):order_by(Seller.id)):all()
say(map(sellers, function(x) return list(x.full, x.total) end))
step "deferred"
say(sellers[1].count)
step "in where and order by"
say(
  map(
    s:scalars(am.select(Seller):where(Seller.total:gt(0)):order_by(Seller.total:desc())),
    function(x) return x.first end
  )
)
rows(am.select(Seller.full, Seller.total, Seller.count):order_by(Seller.id))
rows(am.select(Seller.full:label("who")):where(Seller.full:like("%lee")))
step "of an alias"
local twin = am.aliased(Seller, { name = "x" })
rows(am.select(twin.full, twin.total):order_by(twin.id))
say(map(s:scalars(am.select(twin):options(am.undefer(twin.count)):order_by(twin.id)), function(y) return y.count end))
step "by a loader and after a change"
am.Session(e, function(t)
  local sale = t:get(Sale, 1, { options = { am.selectinload(Sale.seller) } })
  say(sale.seller.total)
  sale.amount = 100
  sale.seller.first = "eva"
  t:flush()
  say(sale.seller.total, sale.seller.full)
  t:refresh(sale.seller)
  say(sale.seller.total, sale.seller.full)
  t:rollback()
end)
local new = Seller{ first = "new", last = "one" }
say(new.full, new.total)
step "group by and having"
rows(
  am.select(
    Sale.region,
    am.func.count(),
    am.func.sum(Sale.amount),
    am.func.min(Sale.amount),
    am.func.max(Sale.amount)
  )
    :group_by(Sale.region)
    :order_by(Sale.region:is_(nil), Sale.region)
)
rows(
  am.select(Sale.region, am.func.sum(Sale.amount):label("t"))
    :group_by(Sale.region)
    :having(am.func.sum(Sale.amount):gt(5))
    :order_by(am.desc("t"), Sale.region)
)
rows(
  am.select(Seller.first, am.func.count(Sale.id):label("n"))
    :outerjoin(Seller.sales)
    :group_by(Seller.id, Seller.first)
    :having(am.func.count(Sale.id):lt(3))
    :order_by("n", Seller.first)
)
rows(
  am.select(Seller.first, am.func.count(am.distinct(Sale.region)))
    :join(Seller.sales)
    :group_by(Seller.first)
    :order_by(Seller.first)
)
rows(am.select(am.func.count(Sale.region:distinct()), am.func.avg(Sale.amount):cast(am.Integer)))
rows(
  am.select(am.case({ Sale.amount:gt(25), "big" }, { else_ = "small" }):label("size"), am.func.count())
    :group_by("size")
    :order_by("size")
)
rows(am.select(am.func.sum(Sale.amount):filter(Sale.region:eq("n")), am.func.count():filter(Sale.amount:gt(10))))
step "distinct"
rows(
  not parity.is_postgresql
    and am.select(Sale.region):distinct():order_by(Sale.region:is_(nil), Sale.region)
    or am.select(Sale.region):distinct():order_by(Sale.region)
)
say(tostring(tostring(am.select(Sale.region):distinct(Sale.region):compile{ dialect = "postgresql" })))
if parity.is_postgresql then
  say(
    map(
      s:scalars(am.select(Sale):distinct(Sale.seller_id):order_by(Sale.seller_id, Sale.amount:desc())),
      function(x) return x.id end
    )
  )
end
step "window functions"
local rank = am.func.rank():over{ partition_by = Sale.seller_id, order_by = Sale.amount:desc() }
rows(am.select(Sale.id, rank:label("r")):order_by(Sale.id))
local running = am.func.sum(Sale.amount):over{ order_by = Sale.id, rows = { am.null, 0 } }
rows(am.select(Sale.id, running:label("running")):order_by(Sale.id))
rows(
  am.select(Sale.id, am.func.avg(Sale.amount):over{ order_by = Sale.id, rows = { -1, 1 } }:cast(am.Integer)):order_by(
    Sale.id
  )
)
rows(
  am.select(
    Sale.id,
    am.func.lag(Sale.amount, 1, 0):over{ order_by = Sale.id },
    am.func.ntile(2):over{ order_by = Sale.id }
  ):order_by(Sale.id)
)
rows(
  am.select(
    Sale.id,
    am.func.first_value(Sale.amount):over{ partition_by = { Sale.seller_id }, order_by = { Sale.amount, Sale.id } }
  ):order_by(Sale.id)
)
rows(am.select(Sale.id, am.func.count():over{ order_by = Sale.amount, range_ = { am.null, 0 } }):order_by(Sale.id))
local ranked = am.select(Sale, rank:label("r")):subquery()
local best = am.aliased(Sale, ranked)
say(
  map_rows(
    s:execute(am.select(best, ranked.c.r):where(ranked.c.r:eq(1)):order_by(best.id)),
    function(b, r) return list(b.id, r) end
  )
)
if parity.is_postgresql then
  rows(am.select(am.func.percentile_cont(0.5):within_group(Sale.amount)))
  rows(am.select(am.func.string_agg(Seller.first, ","):filter(Seller.id:gt(1))))
end
step "exists"
rows(
  am.select(Seller.first)
    :where(am.exists():where(Sale.seller_id:eq(Seller.id)):where(Sale.region:eq("s")))
    :order_by(Seller.id)
)
rows(am.select(Seller.first, am.exists():where(Sale.seller_id:eq(Seller.id)):label("sold")):order_by(Seller.id))
rows(am.select(Seller.first):where(am.not_(am.select(Sale.id):where(Sale.seller_id:eq(Seller.id)):exists())))
step "aggregates of entities"
say(
  map_rows(
    s:execute(am.select(Seller, am.func.count(Sale.id))
        :outerjoin(Seller.sales)
        :group_by(Seller)
        :order_by(Seller.id)),
    function(x, n) return list(x.first, n) end
  )
)
rows(
  am.select(Seller.first, am.func.max(Sale.amount):label("m"))
    :join(Sale)
    :group_by(Seller.first)
    :order_by(am.nulls_last(am.desc("m")))
)
rows(am.select(am.func.count()):select_from(am.select(Sale.region):distinct():subquery()))
rows(am.select(am.func.count()):where(am.between(Sale.amount, 10, 30)))
step "end"
