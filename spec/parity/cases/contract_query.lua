-- The legacy query: filters, joins, order, slices, counting, update and delete, unions, from_statement, errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local func, aliased = am.func, am.aliased

local Base = am.declarative_base()

local Shop = Base:model("Shop", {
  __tablename__ = "shops",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  town = Column(String(20)),
  sales = relationship("Sale", { back_populates = "shop", order_by = "Sale.id", cascade = "all, delete-orphan" }),
})

local Sale = Base:model("Sale", {
  __tablename__ = "sales",
  id = Column(Integer, { primary_key = true }),
  item = Column(String(20)),
  price = Column(Integer),
  shop_id = Column(ForeignKey("shops.id")),
  shop = relationship(Shop, { back_populates = "sales" }),
})

local e = p.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
s:add_all{ Shop{ name = "north", town = "oslo", sales = { Sale{ item = "tea", price = 3 },
  Sale{ item = "cup", price = 8 } } },
  Shop{ name = "south", town = "rome", sales = { Sale{ item = "tea", price = 4 } } },
    Shop{ name = "west", town = "oslo" } }
s:commit()
p.forget()
local q = s:query(Shop)

local function name(x) return x.name end
local function names(query) say(map(query, name)) end

step "filters"
say(tostring(q), tostring(s:query(Shop.name):filter_by{ town = "oslo" }.statement))
names(q:filter(Shop.town:eq("oslo"), Shop.id:gt(1)))
names(q:filter_by{ town = "oslo" }:order_by(Shop.name:desc()))
names(q:filter(am.or_(Shop.name:eq("west"), Shop.town:like("r%"))):order_by(Shop.id))
names(q:where(Shop.id:in_{ 1, 3 }):order_by(am.desc(Shop.id)))
names(q:order_by(Shop.id):slice(1, 3))
say(q:order_by(Shop.id)[1].name, map(q:order_by(Shop.id):limit(1):offset(2), name))
names(q:order_by(Shop.id):slice(0, 2))
step "one of them"
say(q:get(2).name, q:get(77), q:filter_by{ id = 3 }:one().name, q:filter_by{ id = 9 }:one_or_none(),
  q:order_by(Shop.id):first().name)
p.error(function() return q:one() end)
p.error(function() return q:filter_by{ id = 9 }:one() end)
p.error(function() return q:one_or_none() end)
say(s:query(Shop.name):filter_by{ id = 1 }:scalar(), s:query(Shop.id):filter_by{ id = 9 }:scalar())
p.error(function() return s:query(Shop.id):scalar() end)
say(q:count(), q:filter_by{ town = "oslo" }:count(), s:query(q:filter_by{ town = "bonn" }:exists()):scalar(),
  s:query(Sale.item):distinct():count())
step "columns and aggregates"
say(s:query(Shop.town, func.count(Shop.id):label("n")):group_by(Shop.town):order_by(Shop.town):all())
say(s:query(Shop.town):group_by(Shop.town):having(func.count():gt(1)):all())
say(s:query(func.sum(Sale.price), func.max(Sale.item)):one(),
  map(s:query(Sale.item):distinct():order_by(Sale.item), function(r) return r.item end))
say(s:query(Shop):with_entities(Shop.id, Shop.name):order_by(Shop.id):all(),
  s:query(Shop.id):add_columns(Shop.town):order_by(Shop.id):first())
say(s:query(Shop.id):order_by(Shop.id):add_entity(Sale):filter(Sale.shop_id:eq(Shop.id)):order_by(Sale.id)
  :all()[3][2].item)
step "joins"
say(s:query(Shop.name, Sale.item):join(Shop.sales):filter(Sale.price:gt(3)):order_by(Sale.id):all())
say(s:query(Shop.name, Sale.item):join(Sale):order_by(Sale.id):all())
say(s:query(Shop.name, Sale.item):join(Sale, Sale.shop_id:eq(Shop.id)):filter(Sale.item:eq("tea")):order_by(Sale.id)
  :all())
say(s:query(Shop.name, func.count(Sale.id)):outerjoin(Shop.sales):group_by(Shop.name):order_by(Shop.name):all())
local x, y = aliased(Sale), aliased(Sale)
say(s:query(Shop.name):join(x, Shop.sales):join(y, Shop.sales):filter(x.item:eq("tea"), y.item:eq("cup")):all())
say(s:query(Sale.item):select_from(Shop):join(Shop.sales):filter_by{ price = 8 }:all(),
  s:query(Shop.name):join(Shop.sales, { isouter = true }):filter(Sale.id:eq(nil)):all())
say(s:query(Sale):filter(Sale.shop:has{ name = "south" }):one().item, s:query(Shop)
  :filter(Shop.sales:any{ price = 8 }):one().name)
p.error(function() return s:query(Shop):join(func.now()):all() end)
step "options"
s:expunge_all()
local found = q:options(am.selectinload(Shop.sales)):order_by(Shop.id):all()
sql()
say(map(found, function(f) return #f.sales end))
s:expunge_all()
found = q:options(am.joinedload(Shop.sales)):order_by(Shop.id):limit(2):all()
sql()
say(map(found, function(f) return #f.sales end))
s:expunge_all()
say(map(q:join(Shop.sales):options(am.contains_eager(Shop.sales)):filter(Sale.item:eq("tea")):order_by(Shop.id),
  function(f) return map(f.sales, function(i) return i.item end) end))
s:expunge_all()
say(p.sorted(am.inspect(q:options(am.load_only(Shop.name)):first()).unloaded))
s:expunge_all()
step "subqueries and unions"
local sub = s:query(Sale.shop_id, func.count(Sale.id):label("n")):group_by(Sale.shop_id):subquery()
say(s:query(Shop.name, sub.c.n):outerjoin(sub, sub.c.shop_id:eq(Shop.id)):order_by(Shop.id):all())
names(q:filter(Shop.id:in_(s:query(Sale.shop_id):filter(Sale.price:gt(3)))):order_by(Shop.id))
local big = s:query(Shop):filter(Shop.id:gt(1))
names(big:union(q:filter(Shop.town:eq("oslo"))):order_by(Shop.id))
names(big:union_all(q:filter(Shop.id:eq(1))):order_by(Shop.name))
names(big:intersect(q:filter(Shop.town:eq("oslo"))))
names(big:except_(q:filter(Shop.town:eq("oslo"))))
say(s:query(Shop.name, q:with_entities(func.max(Shop.id)):scalar_subquery():label("m")):order_by(Shop.id):first())
local cte = s:query(Shop.id, Shop.name):filter(Shop.town:eq("oslo")):cte("c")
say(s:query(cte.c.name):order_by(cte.c.id):all(), s:query(s:query(Shop):filter_by{ id = 1 }:exists(),
  am.literal(true)):all())
local lo = aliased(Shop, q:filter(Shop.town:eq("oslo")):subquery())
names(s:query(lo):order_by(lo.id))
step "statements"
say(map(q:from_statement(am.text("select * from shops where id = :i")):params{ i = 2 }, name))
names(q:from_statement(am.select(Shop):where(Shop.id:eq(3))))
say(map(q:filter(am.text("town = :t")):params{ t = "rome" }, name), s:scalars(q:filter_by{ id = 1 }.statement)
  :one().name)
names(q:filter(Shop.id:eq(1)):execution_options{ populate_existing = true }:populate_existing())
names(q:filter_by{ id = 1 }:with_for_update())
names(q:filter(Shop.id:eq(3)):enable_eagerloads(false):autoflush(false):yield_per(1))
names(q:filter_by{ id = 2 }:order_by(nil))
step "update and delete"
local held = q:get(1)
say(q:filter(Shop.town:eq("oslo")):update({ town = "bergen" }, { synchronize_session = "fetch" }), held.town)
say(q:filter(Shop.id:eq(1)):update({ [Shop.town] = Shop.town .. "!" }, { synchronize_session = "evaluate" }), held.town)
say(q:filter(Shop.id:eq(1)):update({ [Shop.name] = "N" }, { synchronize_session = false }), held.name)
local west = q:get(3)
say(q:filter(Shop.id:eq(3)):delete(), s:contains(west))
say(s:query(Sale):filter(Sale.price:lt(4)):delete{ synchronize_session = false }, s:query(Sale):count())
s:rollback()
p.error(function() return q:limit(1):update{ town = "x" } end)
p.error(function() return q:order_by(Shop.id):delete() end)
p.error(function() return q:filter_by{ twon = "x" } end)
p.error(function() return q:limit(1):filter(Shop.id:eq(1)) end)
p.error(function() return q:get{ 1, 2 } end)
p.error(function() return q:filter(Shop.id:eq(1)):get(1) end)
say(map(s:query(Shop, Sale.item:label("i")).column_descriptions, function(d) return d.name end), q.whereclause,
  q.is_single_entity)
local loose = am.Query({ Shop })
say(loose:with_session(s):filter_by{ id = 1 }:one().name)
sql()
