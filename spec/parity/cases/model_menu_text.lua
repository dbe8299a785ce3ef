-- Hybrids over relationships, synonyms of relationships, column properties added late, aliases of them all.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()
local Cook, Dish

Cook = Base:model("Cook", {
  __tablename__ = "cook",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  dishes = am.relationship("Dish", { back_populates = "cook", order_by = "Dish.id" }),
  meals = am.synonym "dishes",
  titles = am.association_proxy("dishes", "title", { creator = function(t) return Dish { title = t, price = 1 } end }),
  dish_count = am.hybrid_property(function(self) return #self.dishes end, {
    expression = function(cls)
      return select(func.count(Dish.id)):where(Dish.cook_id:eq(cls.id)):correlate(cls):scalar_subquery()
    end,
  }),
  famous = am.hybrid_property(function(self)
    for _, d in ipairs(self.dishes) do
      if d.price > 50 then return true end
    end
    return false
  end, { expression = function(cls) return cls.dishes:any(Dish.price:gt(50)) end }),
})

Dish = Base:model("Dish", {
  __tablename__ = "dish",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  price = Column(Integer),
  cook_id = Column(am.ForeignKey "cook.id"),
  cook = am.relationship(Cook, { back_populates = "dishes" }),
  cook_name = am.association_proxy("cook", "name"),
  gross = am.hybrid_property(function(self) return self.price * 2 end),
  cheaper = am.hybrid_method(function(self, other) return self.price < other end, {
    expression = function(cls, other) return cls.price:lt(other) end,
  }),
  by = am.hybrid_property(function(self) return self.cook.name end, {
    expression = function(cls) return select(Cook.name):where(Cook.id:eq(cls.cook_id)):scalar_subquery() end,
    setter = function(self, value) self.cook = Cook { name = value } end,
  }),
})

Cook.shout = am.column_property(func.upper(Cook.name))
Cook.top = am.column_property(select(func.max(Dish.price)):where(Dish.cook_id:eq(Cook.id)):correlate_except(Dish)
  :scalar_subquery())
Dish.note = Column(String(10), { default = "none" })
Dish.tax = am.column_property(Dish.price + 10)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local ann = Cook { name = "Ann" }
  ann.titles:extend { "soup", "cake" }
  ann.meals:append(Dish { title = "duck", price = 60 })
  local bob = Cook { name = "Bob" }
  s:add_all { ann, bob }
  local stray = Dish { title = "egg", price = 3, by = "Cy" }
  s:add(stray)
  say(ann.dish_count, ann.famous, ann.titles, stray.by, stray.cook_name, stray.gross)
  s:commit()
  step "columns added later"
  say(ann.shout, ann.top, bob.top, stray.note, stray.tax)
  step "hybrids in queries"
  say(s:execute(select(Cook.name, Cook.dish_count):order_by(Cook.name)):all())
  say(s:scalars(select(Cook.name):where(Cook.famous)):all())
  say(s:scalars(select(Cook.name):where(am.not_(Cook.famous)):order_by(Cook.dish_count:desc(), Cook.name)):all())
  say(s:scalars(select(Dish.title):where(Dish.gross:gt(100))):all())
  say(s:scalars(select(Dish.title):where(Dish:cheaper(4)):order_by(Dish.by, Dish.id)):all())
  say(s:scalars(select(Dish.title):where(Dish.by:eq "Cy")):all())
  say(s:scalars(select(Dish.title):where(Dish.cook_name:eq "Ann"):order_by(Dish.id)):all())
  say(s:scalars(select(Cook.name):where(Cook.titles:contains "cake")):all())
  say(s:scalars(select(Cook.name):where(Cook.meals:any(Dish.title:eq "egg"))):all())
  step "of aliases"
  local c, d = am.aliased(Cook, { name = "c" }), am.aliased(Dish, { name = "d" })
  say(s:execute(select(c.shout, d.gross, d.tax):join(c.dishes:of_type(d)):order_by(d.id)):all())
  say(s:execute(select(c.name, c.dish_count):where(c.top:gt(10))):all())
  say(s:scalars(select(d.title):where(d.by:eq "Ann"):order_by(d.id)):all())
  step "in a subquery"
  local sub = select(Cook.name:label "n", Cook.dish_count:label "k"):subquery()
  say(s:execute(select(sub.c.n):where(sub.c.k:gt(0)):order_by(sub.c.n)):all())
  step "assigned"
  ann.titles:remove "soup"
  ann.titles[1] = "pie"
  stray.cook_name = "Cyd"
  s:commit()
  say(p.map(ann.titles, function(t) return t end), s:scalars(select(Cook.name):order_by(Cook.id)):all())
  say(s:execute(select(Dish.title, Dish.cook_id):order_by(Dish.id)):all())
  p.refused(function() ann.dish_count = 3 end)
  p.refused(function() bob.titles:remove "none" end)
  s:rollback()
  step "bulk by hybrid"
  s:execute(am.update(Dish):where(Dish:cheaper(2)):values { [Dish.price] = Dish.gross })
  say(s:execute(select(Dish.title, Dish.price):order_by(Dish.id)):all())
end)
p.sql()
