-- Tables of values, functions as tables, windows over joins, LATERAL and the text of each for PostgreSQL.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local Region = Base:model("Region", {
  __tablename__ = "regions",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  sales = am.relationship("Sale", { back_populates = "region", order_by = "Sale.id" }),
})

local Sale = Base:model("Sale", {
  __tablename__ = "sales",
  id = am.Column(am.Integer, { primary_key = true }),
  day = am.Column(am.Integer),
  amount = am.Column(am.Integer),
  region_id = am.Column(am.ForeignKey("regions.id")),
  region = am.relationship("Region", { back_populates = "sales" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Region{
      id = 1,
      name = "north",
      sales = {
        Sale{ id = 1, day = 1, amount = 10 },
        Sale{ id = 2, day = 2, amount = 30 },
        Sale{ id = 3, day = 3, amount = 20 }
      }
    },
    Region{
      id = 2,
      name = "south",
      sales = { Sale{ id = 4, day = 1, amount = 7 }, Sale{ id = 5, day = 3, amount = 9 } }
    },
    Region{ id = 3, name = "void" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function rows(stmt)
  say(s:execute(stmt):all())
end

local function show(stmt)
  say(tostring(tostring(stmt:compile{ dialect = "postgresql", literal_binds = true })))
end

step "windows over joins"
local place = am.func.row_number():over{ partition_by = Region.id, order_by = Sale.amount:desc() }:label("place")
local ranked = am.select(Region.name, Sale.amount, place):join(Region.sales):subquery("ranked")
rows(am.select(ranked.c.name, ranked.c.amount):where(ranked.c.place:eq(1)):order_by(ranked.c.name))
local share = ((Sale.amount * 100) / am.func.sum(Sale.amount):over{ partition_by = Sale.region_id }):label("share")
say(tostring(am.select(Sale.id, share):order_by(Sale.id)))
rows(
  am.select(
    Sale.id,
    am.func.sum(Sale.amount):over{ partition_by = Sale.region_id, order_by = Sale.day },
    am.func.lead(Sale.amount):over{ order_by = Sale.id }
  ):order_by(Sale.id)
)
rows(
  am.select(
    Sale.id,
    am.func.dense_rank():over{ order_by = { Sale.day, Sale.region_id:desc() } },
    am.func.last_value(Sale.id):over{ order_by = Sale.id, rows = { 0, 1 } }
  ):order_by(Sale.id)
)
rows(
  am.select(Sale.region_id, am.func.count():over(), am.func.max(am.func.sum(Sale.amount)):over())
    :group_by(Sale.region_id)
    :order_by(Sale.region_id)
)
rows(
  am.select(Sale.id, am.func.sum(Sale.amount):filter(Sale.day:gt(1)):over{ partition_by = Sale.region_id }):order_by(
    Sale.id
  )
)
step "entities with windows"
local moving = am.func.avg(Sale.amount):over{ partition_by = Sale.region_id, order_by = Sale.day, rows = { -1, 0 } }
say(
  map(s:scalars(am.select(Sale):order_by(moving:desc(), Sale.id)), function(x) return list(x.id, x.region.name) end)
)
local latest = am.select(Sale, am.func.max(Sale.day):over{ partition_by = Sale.region_id }:label("last_day")):subquery()
local last = am.aliased(Sale, latest)
say(
  map(s:scalars(am.select(last):where(last.day:eq(latest.c.last_day)):order_by(last.id)), function(x) return x.id end)
)
step "texts"
show(am.select(Sale.id, am.func.ntile(4):over{ order_by = Sale.id, range_ = { am.null, 5 } }))
show(am.select(am.func.count():over{ groups = { -2, 2 }, order_by = Sale.id }))
show(am.select(am.func.percentile_cont(0.25)
      :within_group(Sale.amount:desc())
      :over{ partition_by = Sale.region_id }))
show(am.select(am.func.mode():within_group(Sale.amount), am.func.array_agg(Sale.id):filter(Sale.id:gt(1))))
show(am.select(Sale):distinct(Sale.region_id, Sale.day):order_by(Sale.region_id, Sale.day, Sale.amount:desc()))
show(am.select(Sale):with_for_update{ of = Sale, skip_locked = true, key_share = true })
show(am.select(am.func.generate_series(1, 3):table_valued("n")))
show(am.select(am.func.json_each(am.text("'{}'")):table_valued("key", "value", { name = "kv" })))
show(am.select(am.func.unnest(am.literal_column("ARRAY[1,2]")):column_valued("u")))
show(
  am.select(am.func.generate_series(1, 2)
      :table_valued("n", { with_ordinality = "o", name = "g" })
      :render_derived())
)
show(
  am.select(
    am.aliased(Sale, am.tablesample(Sale.__table__, am.func.bernoulli(10), { name = "smp", seed = am.func.random() }))
  )
)
step "values"
local data = am.values(am.column("rid", am.Integer), am.column("bonus", am.Integer), { name = "data" }):data{ {
  1,
  5
}, { 2, 6 } }
show(am.select(Region.name, data.c.bonus):join(data, data.c.rid:eq(Region.id)))
show(am.select(data))
if parity.is_postgresql then
  rows(am.select(Region.name, data.c.bonus):join(data, data.c.rid:eq(Region.id)):order_by(Region.id))
end
step "lateral"
local top = am.select(Sale.id, Sale.amount)
  :where(Sale.region_id:eq(Region.id))
  :order_by(Sale.amount:desc())
  :limit(2)
  :lateral("top")
show(am.select(Region.name, top.c.amount):join(top, am.true_()))
show(am.select(Region.name, top.c.amount):outerjoin(top, am.true_()):order_by(Region.id))
local topsale = am.aliased(
  Sale,
  am.select(Sale):where(Sale.region_id:eq(Region.id)):order_by(Sale.amount:desc()):limit(1):lateral("best")
)
show(am.select(Region, topsale):join(topsale, am.true_()))
if parity.is_postgresql then
  rows(am.select(Region.name, top.c.amount):outerjoin(top, am.true_()):order_by(Region.id, top.c.amount))
  say(
    map_rows(
      s:execute(am.select(Region, topsale):join(topsale, am.true_()):order_by(Region.id)),
      function(r, x) return list(r.name, x.amount) end
    )
  )
  local n = am.func.generate_series(1, 3):table_valued("n", { name = "series" }):render_derived()
  rows(am.select(n.c.n):where(n.c.n:gt(1)):order_by(n.c.n))
  rows(am.select(n.c.n, am.func.count(Sale.id))
      :outerjoin(Sale, Sale.day:eq(n.c.n))
      :group_by(n.c.n)
      :order_by(n.c.n))
  rows(am.select(am.func.sum(Sale.amount), Sale.day):group_by(am.func.rollup(Sale.day)):order_by(Sale.day))
end
step "cte with dml texts"
local gone = Sale.__table__:delete():where(Sale.day:eq(1)):returning(Sale.id):cte("gone")
show(am.select(am.func.count()):select_from(gone))
show(am.select(Sale):where(Sale.id:in_(am.select(gone.c.id))))
local base = am.select(am.literal(1):label("n")):cte("nums", { recursive = true })
local nums = base:union_all(am.select(base.c.n + 1):where(base.c.n:lt(4)))
rows(am.select(nums.c.n):order_by(nums.c.n))
rows(
  am.select(nums.c.n, am.func.coalesce(am.func.sum(Sale.amount), 0))
    :outerjoin(Sale, Sale.day:eq(nums.c.n))
    :group_by(nums.c.n)
    :order_by(nums.c.n)
)
step "end"
