-- When a flush fails: what is left of the session, of new, changed and deleted objects, and how one goes on.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Shop = Base:model("Shop", {
  __tablename__ = "shop",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { nullable = false, unique = true }),
  goods = am.relationship("Good", { back_populates = "shop", order_by = "Good.id" }),
})

local Good = Base:model("Good", {
  __tablename__ = "good",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
  price = Column(Integer, am.CheckConstraint "price >= 0"),
  shop_id = Column(am.ForeignKey "shop.id", { nullable = false }),
  shop = am.relationship(Shop, { back_populates = "goods" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function flush() s:flush() end
local corner = Shop { name = "Corner", goods = { Good { label = "tea", price = 3 },
  Good { label = "jam", price = 4 } } }
s:add(corner)
s:commit()
step "unique"
local again = Shop { name = "Corner" }
s:add(again)
local err = p.error(function() s:commit() end)
say(err.statement ~= nil, err.params ~= nil, err.orig ~= nil)
say(s.is_active, s:contains(again), s.new:contains(again), s:in_transaction())
p.error(function() return corner.name end)
p.error(function()
  s:add(Shop { name = "late" })
  s:flush()
end)
p.error(function() s:commit() end)
s:rollback()
say(s.is_active, s:contains(again), am.inspect(again).transient, corner.name)
again.name = "Second"
s:add(again)
s:commit()
say(again.name)
step "check"
local tea = corner.goods[1]
tea.price = -1
p.error(flush)
s:rollback()
say(tea.price, s:is_modified(tea))
step "not null by taking away"
corner.goods:remove(tea)
say(tea.shop, tea.shop_id)
p.error(flush)
s:rollback()
say(tea.shop == corner, #corner.goods)
step "not null by deleting the parent"
s:delete(corner)
p.error(flush)
say(am.inspect(corner).deleted, am.inspect(corner).persistent)
s:rollback()
say(s:contains(corner), s.deleted:contains(corner), #corner.goods)
step "half of the rows went"
s:add_all { Shop { name = "A" }, Shop { name = "B" }, Shop { name = "A" } }
p.error(flush)
s:rollback()
say(s:scalars(select(Shop.name):order_by(Shop.id)):all())
step "error in autoflush"
s:add(Good { label = "loose", price = 1 })
err = p.error(function() s:scalars(select(Shop)):all() end)
say(tostring(err):find("autoflush", 1, true) ~= nil)
s:rollback()
step "wrong types and classes"
p.refused(function() corner.goods:append "tea" end)
p.refused(function() corner.goods:append(again) end)
p.refused(function() tea.shop = tea end)
p.refused(function() corner.goods = { again } end)
say(p.map(corner.goods, function(g) return g.label end))
p.refused(function() Shop { nmae = "x" } end)
step "a value the database does not take"
tea.price = "dear"
if e.dialect.name == "postgresql" then p.error(flush) else s:rollback() end
s:rollback()
say(tea.price)
step "flush inside flush"
local function inner(session) p.error(function() session:flush() end) end
am.event.listen(s, "before_flush", inner)
tea.price = 8
s:flush()
am.event.remove(s, "before_flush", inner)
s:rollback()
step "context managers"
p.error(function()
  am.Session(e, function(t)
    t:begin(function()
      t:add(Shop { name = "Lost" })
      t:flush()
      error "x"
    end)
  end)
end)
say(s:scalar(select(am.func.count(Shop.id))))
am.Session(e, function(t)
  t:add(Shop { name = "Forgotten" })
  t:flush()
end)
say(s:scalar(select(am.func.count(Shop.id))))
step "commit twice, rollback twice"
s:commit()
s:commit()
s:rollback()
s:rollback()
s:close()
s:close()
say(s:in_transaction(), #s.identity_map)
p.sql()
