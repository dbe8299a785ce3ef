-- One session over two SQLite files: binds by class, loads and unit of work over both, Core statements, failures.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local insert, update, delete, text = am.insert, am.update, am.delete, am.text

local Base = am.declarative_base()
local Shop = Base:model("Shop", {
  __tablename__ = "shop",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  sales = am.relationship("Sale", { primaryjoin = "Shop.id == foreign(Sale.shop_id)", back_populates = "shop",
    order_by = "Sale.id" }),
})

local Archive = Base:model("Archive", { __abstract__ = true })
local Sale = Base:model("Sale", {
  __extends__ = Archive,
  __tablename__ = "sale",
  id = Column(Integer, { primary_key = true }),
  amount = Column(Integer),
  shop_id = Column(Integer),
  shop = am.relationship(Shop, { primaryjoin = "foreign(Sale.shop_id) == Shop.id", back_populates = "sales" }),
  lines = am.relationship("Line", { order_by = "Line.id", cascade = "all, delete-orphan" }),
})

local Line = Base:model("Line", {
  __extends__ = Archive,
  __tablename__ = "line",
  id = Column(Integer, { primary_key = true }),
  what = Column(String(20)),
  sale_id = Column(ForeignKey "sale.id"),
})

local files = { os.tmpname(), os.tmpname() }
local now, old = p.engine(nil, "sqlite:///" .. files[1]), p.engine(nil, "sqlite:///" .. files[2])
Shop.__table__:create(now)
Base.metadata:create_all(old, { tables = { Sale.__table__, Line.__table__ } })
local names, hooks = { [now] = "now", [old] = "old" }, {}
for _, e in ipairs { now, old } do
  for _, hook in ipairs { "begin", "commit", "rollback" } do
    am.event.listen(e, hook, function(conn) hooks[#hooks + 1] = hook .. " " .. names[conn.engine] end)
  end
end
local factory = am.sessionmaker{ binds = { [Shop] = now, [Archive] = old } }
p.forget()

-- Two databases commit in no particular order.
local function chapter(title)
  say("  *", p.sorted(hooks))
  hooks = {}
  step(title)
end

local function each(items, key) return p.map(items, function(x) return x[key] end) end

chapter "one flush, two databases"
local s = factory()
s:add(Shop{ id = 1, name = "corner", sales = { Sale{ id = 1, amount = 5, lines = { Line{ id = 1, what = "tea" } } },
  Sale{ id = 2, amount = 8 } } })
s:add(Shop{ id = 2, name = "market" })
s:flush()
p.sql()
say(p.sorted{ names[s:connection{ bind_arguments = { mapper = Shop } }.engine],
  names[s:connection{ bind_arguments = { mapper = Line } }.engine] })
s:commit()
chapter "loads across"
for _, load in ipairs { am.selectinload, am.subqueryload } do
  s:expunge_all()
  p.error(function()
    say(p.map(s:scalars(select(Shop):options(load(Shop.sales)):order_by(Shop.id)), function(x)
      return { x.name, each(x.sales, "amount") }
    end))
  end)
end
p.error(function() s:scalars(select(Shop):options(am.joinedload(Shop.sales))):unique():all() end)
p.error(function() s:execute(select(Shop.name, Sale.amount):join(Shop.sales)):all() end)
s:expunge_all()
local sale = s:get(Sale, 1)
say(sale.shop.name, each(sale.lines, "what"), #sale.shop.sales)
say(s:scalars(select(Sale):options(am.selectinload(Sale.shop), am.joinedload(Sale.lines)):order_by(Sale.id))
  :unique():all()[2]
  .shop.name)
chapter "which bind"
for _, what in ipairs { select(Shop), select(Sale.amount), select(func.count(Line.id)),
  select(func.count()):select_from(Line), insert(Shop), update(Sale):values{ amount = 1 }, delete(Line),
  Sale.__table__:select(), select(am.aliased(Sale)) } do
  p.error(function() say(names[s:get_bind{ clause = what }]) end)
end
p.error(function() s:get_bind() end)
p.error(function() s:execute(text("select 1")) end)
p.error(function() s:execute(select(func.now())) end)
say(s:execute(text("select count(*) from sale"), nil, { bind_arguments = { mapper = Sale } }):scalar())
say(s:query(func.sum(Sale.amount)):scalar(), s:query(Shop):count())
s:rollback()
chapter "statements with values"
s:execute(insert(Sale), { { id = 3, amount = 1, shop_id = 2 }, { id = 4, amount = 2, shop_id = 2 } })
say(s:execute(update(Sale):where(Sale.shop_id:eq(2)):values{ amount = Sale.amount * 10 }).rowcount)
s:bulk_insert_mappings(Shop, { { id = 3, name = "kiosk" } })
s:execute(delete(Shop):where(Shop.id:eq(3)))
s:commit()
chapter "moving between owners"
sale = s:get(Sale, 3)
sale.shop = s:get(Shop, 1)
s:commit()
say(each(s:get(Shop, 1).sales, "id"))
chapter "a failure on the second"
s:add_all{ Shop{ id = 7, name = "new" }, Sale{ id = 1, amount = 0 } }
p.error(function() s:flush() end)
s:rollback()
say(s:get(Shop, 7), s:get(Sale, 1).amount)
s:close()
chapter "savepoints over both"
factory:begin(function(session)
  local shop = session:get(Shop, 1)
  local nested = session:begin_nested()
  shop.name = "renamed"
  session:add(Line{ id = 9, what = "x", sale_id = 1 })
  session:flush()
  nested:rollback()
  say(shop.name, session:get(Line, 9))
end)
chapter "one connection for all"
now:connect(function(conn)
  local session = am.Session(conn)
  say(session:get_bind(Sale) == conn, session:scalar(select(func.count(Shop.id))))
  p.error(function() session:scalar(select(func.count(Sale.id))) end)
  session:close()
end)
chapter "end"
for _, e in ipairs { now, old } do e:dispose() end
for _, name in ipairs(files) do os.remove(name) end
