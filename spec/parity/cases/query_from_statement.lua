-- from_statement with text, unions, returning; text columns, identity and options on top of them.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list, sorted
  = parity.say, parity.step, parity.map, parity.map_rows, parity.list, parity.sorted

local Base = am.declarative_base()

local Shop = Base:model("Shop", {
  __tablename__ = "shops",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column("shop_name", am.String(30)),
  stars = am.Column(am.Integer),
  note = am.deferred(am.Column(am.String(30))),
  goods = am.relationship("Good", { back_populates = "shop", order_by = "Good.id" }),
})

local Good = Base:model("Good", {
  __tablename__ = "goods",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  price = am.Column(am.Integer),
  shop_id = am.Column(am.ForeignKey("shops.id")),
  shop = am.relationship("Shop", { back_populates = "goods" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Shop{
      id = 1,
      name = "ada",
      stars = 3,
      note = "n1",
      goods = { Good{ id = 1, name = "g1", price = 5 }, Good{ id = 2, name = "g2", price = 7 } }
    },
    Shop{ id = 2, name = "ben", stars = 5, note = "n2", goods = { Good{ id = 3, name = "g3", price = 9 } } },
    Shop{ id = 3, name = "cy" }
  }
  s:commit()
end)
parity.forget()

local function unloaded(o)
  return sorted(am.inspect(o).unloaded)
end

step "text by names of columns"
am.Session(e, function(s)
  local shops = s:scalars(am.select(Shop):from_statement(am.text("SELECT * FROM shops ORDER BY id"))):all()
  say(map(shops, function(x) return list(x.name, x.stars, unloaded(x)) end))
end)
step "text with some of the columns"
am.Session(e, function(s)
  local shops = s
    :scalars(
      am.select(Shop):from_statement(am.text("SELECT id, shop_name FROM shops WHERE stars > :min ORDER BY id")),
      { min = 2 }
    )
    :all()
  say(map(shops, function(x) return unloaded(x) end))
  say(map(shops, function(x) return x.stars end))
end)
step "text with other names"
am.Session(e, function(s)
  local t = am.text("SELECT id AS i, shop_name AS n, stars AS st FROM shops WHERE id < :max ORDER BY id DESC"):columns(
    Shop.id,
    Shop.name,
    Shop.stars
  )
  say(map(s:scalars(am.select(Shop):from_statement(t), { max = 3 }), function(x) return list(x.name, x.stars) end))
  t = t:bindparams{ max = 2 }
  say(map(s:scalars(am.select(Shop):from_statement(t)), function(x) return x.name end))
end)
step "two entities"
am.Session(e, function(s)
  local t = am.text(
    "SELECT s.id, s.shop_name, s.stars, g.id AS gid, g.name, g.price, g.shop_id FROM shops s " ..
      "JOIN goods g ON g.shop_id = s.id ORDER BY g.id"
  ):columns(Shop.id, Shop.name, Shop.stars, Good.id, Good.name, Good.price, Good.shop_id)
  say(
    map_rows(s:execute(am.select(Shop, Good):from_statement(t)), function(x, g)
      return list(x.name, g.name, g.price)
    end)
  )
end)
step "columns and a computed one"
am.Session(e, function(s)
  local t = am.text("SELECT shop_id, sum(price) AS total FROM goods GROUP BY shop_id ORDER BY shop_id"):columns{
    shop_id = am.Integer,
    total = am.Integer
  }
  say(s:execute(t):all())
  say(map(s:execute(t), function(r) return list(r.shop_id, r.total) end))
  local sub = t:subquery("totals")
  say(s:execute(am.select(Shop.name, sub.c.total):join(sub, sub.c.shop_id:eq(Shop.id)):order_by(Shop.id)):all())
end)
step "a textual subquery as an entity"
am.Session(e, function(s)
  local sub = am.text("SELECT id, shop_name, stars, note FROM shops WHERE stars IS NOT NULL")
    :columns(Shop.id, Shop.name, Shop.stars, Shop.note)
    :subquery("st")
  local st = am.aliased(Shop, sub)
  say(map(s:scalars(am.select(st):order_by(st.id)), function(x) return x.name end))
end)
step "loaders on top"
am.Session(e, function(s)
  local stmt = am.select(Shop)
    :from_statement(am.text("SELECT * FROM shops ORDER BY id"))
    :options(am.selectinload(Shop.goods))
  say(map(s:scalars(stmt), function(x) return list(x.name, map(x.goods, function(g) return g.name end)) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Shop)
    :options(am.selectinload(Shop.goods):load_only(Good.name))
    :from_statement(am.text("SELECT * FROM shops WHERE id = 1"))
  say(map(s:scalars(stmt), function(x) return map(x.goods, function(g) return g.name end) end))
end)
step "unions"
am.Session(e, function(s)
  local u = am.union_all(am.select(Shop):where(Shop.stars:eq(5)), am.select(Shop):where(Shop.id:eq(1))):order_by(
    Shop.id
  )
  say(map(s:scalars(am.select(Shop):from_statement(u)), function(x) return x.name end))
  local a, b = am.select(Good):where(Good.price:gt(6)), am.select(Good):where(Good.price:lt(9))
  say(map(s:scalars(am.select(Good):from_statement(a:union(b):order_by("price"))), function(g) return g.name end))
  say(map(s:scalars(am.select(Good):from_statement(a:intersect(b))), function(g) return g.name end))
  say(s:execute(a:union_all(b):order_by("id")):all())
end)
step "identity"
am.Session(e, function(s)
  local ada = s:get(Shop, 1)
  ada.stars = 1
  s:no_autoflush(function()
    local again = s:scalars(am.select(Shop):from_statement(am.text("SELECT * FROM shops WHERE id = 1"))):one()
    say(again == ada, again.stars)
    again = s
      :scalars(
        am.select(Shop)
          :from_statement(am.text("SELECT * FROM shops WHERE id = 1"))
          :execution_options{ populate_existing = true }
      )
      :one()
    say(again == ada, again.stars)
  end)
end)
step "autoflush"
am.Session(e, function(s)
  s:get(Shop, 1).stars = 8
  say(s:scalars(am.select(Shop):from_statement(am.text("SELECT * FROM shops WHERE stars = 8"))):one().name)
end)
step "insert, update and delete with returning"
am.Session(e, function(s)
  local new = s:scalars(am.insert(Shop):returning(Shop), { { id = 10, name = "dot", stars = 2 } }):one()
  say(new.name, s:contains(new), unloaded(new))
  local stmt = am.select(Shop)
    :from_statement(am.update(Shop):where(Shop.id:lt(3)):values{ stars = Shop.stars + 1 }:returning(Shop))
    :execution_options{ populate_existing = true }
  say(sorted(map(s:scalars(stmt), function(x) return list(x.name, x.stars) end)))
  say(s:scalars(am.delete(Good):where(Good.id:eq(3)):returning(Good.name)):all())
  s:rollback()
end)
step "the legacy query"
am.Session(e, function(s)
  say(
    map(
      s:query(Shop):from_statement(am.text("SELECT * FROM shops WHERE stars > :n ORDER BY id")):params{ n = 3 },
      function(x) return x.name end
    )
  )
  say(s:query(Shop):from_statement(am.text("SELECT * FROM shops ORDER BY id DESC")):first().name)
  say(
    map_rows(
      s:query(Shop.name, Shop.id):from_statement(am.text("SELECT shop_name, id FROM shops ORDER BY id")),
      function(x, n) return list(x, n) end
    )
  )
end)
step "wrong"
am.Session(e, function(s)
  parity.error(function()
    return s:scalars(am.select(Shop):from_statement(am.text("SELECT shop_name FROM shops"))):all()
  end)
  parity.error(function() return s:scalars(am.text("SELECT id FROM shops WHERE id = :x")):all() end)
end)
step "end"
