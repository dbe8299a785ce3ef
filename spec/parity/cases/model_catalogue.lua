-- Declarative, a catalogue: hybrids with expression, setter and comparator, hybrid methods, synonyms, composites,
-- column_property, deferred columns and groups, validators, reconstructor.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql = parity.say, parity.step, parity.sql

local Base = am.declarative_base()

local Money = {}
Money.__index = Money
setmetatable(Money, { __call = function(_, amount, currency)
  return setmetatable({ amount = amount, currency = currency }, Money)
end })
function Money:__composite_values__() return self.amount, self.currency end
Money.__eq = function(a, b) return a.amount == b.amount and a.currency == b.currency end

local CaseInsensitive = am.Comparator:extend{
  eq = function(self, other) return am.func.lower(self:__clause_element__()):eq(am.func.lower(other)) end,
}

local Review = Base:model("Review", {
  __tablename__ = "reviews",
  id = am.Column(am.Integer, { primary_key = true }),
  item_id = am.Column(am.ForeignKey("items.id")),
  stars = am.Column(am.Integer),
})

local item_id = am.Column(am.Integer, { primary_key = true })
local sku = am.Column(am.String(20))
local Item = Base:model("Item", {
  __tablename__ = "items",
  id = item_id,
  sku = sku,
  net = am.Column(am.Integer),
  tax = am.Column(am.Integer, { default = 20 }),
  cost = am.Column(am.Integer),
  cost_currency = am.Column(am.String(3)),
  notes = am.deferred(am.Column(am.Text)),
  photo = am.Column(am.Text, { deferred = true, deferred_group = "media" }),
  video = am.Column(am.Text, { deferred = true, deferred_group = "media" }),
  price = am.composite(Money, "cost", "cost_currency"),
  code = am.synonym("sku"),
  reviews = am.relationship(Review, { order_by = Review.id }),
  rating = am.column_property(am.select(am.func.avg(Review.stars)):where(Review.item_id:eq(item_id))
    :correlate_except(Review):scalar_subquery()),
  shout = am.column_property(am.func.upper(sku)),
  gross = am.hybrid_property(function(self) return self.net + self.net * self.tax / 100 end, {
    setter = function(self, value) self.net = math.floor(value * 100 / (100 + self.tax)) end,
    update_expression = function(cls, value) return { { cls.net, value / 2 } } end,
  }),
  review_count = am.hybrid_property(function(self) return #self.reviews end, {
    expression = function(cls)
      return am.select(am.func.count(Review.id)):where(Review.item_id:eq(cls.id)):label("review_count")
    end,
  }),
  sku_insensitive = am.hybrid_property(function(self) return self.sku:lower() end, {
    comparator = function(cls) return CaseInsensitive(cls.sku) end,
  }),
  within = am.hybrid_method(function(self, low, high) return self.net >= low and self.net <= high end, {
    expression = function(cls, low, high) return am.and_(cls.net:ge(low), cls.net:le(high)) end,
  }),
  check = am.validates("net", "cost", function(_, key, value)
    if value ~= nil and value < 0 then error(key) end
    return value
  end),
  trim = am.validates("sku", function(_, _, value) return (value:gsub("^%s+", ""):gsub("%s+$", "")) end),
  loaded = am.reconstructor(function(self) say("reconstructed", self.sku) end),
})

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
step("transient")
local pen = Item{ id = 1, sku = " Pen ", net = 200, price = Money(50, "EUR"), notes = "n1", photo = "p1", video = "v1",
  reviews = { Review{ id = 1, stars = 4 }, Review{ id = 2, stars = 5 } } }
local ink = Item{ id = 2, sku = "Ink", net = 1000, tax = 10, price = Money(700, "USD") }
say(pen.sku, pen.code, pen.cost, pen.cost_currency, pen.review_count, pen.rating, pen.shout, ink.gross,
  ink.sku_insensitive)
parity.error(function() pen.net = -1 end)
say(pen.net >= 100, pen.net)
am.Session(e, function(s)
  s:add_all{ pen, ink }
  step("flush")
  s:commit()
  step("load")
  s:expunge_all()
  local items = s:scalars(am.select(Item):order_by(Item.id)):all()
  sql()
  for _, i in ipairs(items) do
    say(i.rating, i.shout, i.gross, i.price.amount, i.price.currency, parity.sorted(am.inspect(i).unloaded))
  end
  step("deferred")
  pen, ink = items[1], items[2]
  say(pen.photo, parity.sorted(am.inspect(pen).unloaded))
  sql()
  say(pen.notes)
  step("expressions")
  say(s:scalars(am.select(Item.code):where(Item.gross:gt(250))):all(),
    s:scalars(am.select(Item.gross):order_by(Item.id)):all())
  say(s:execute(am.select(Item.sku, Item.review_count):order_by(Item.review_count:desc())):all())
  say(s:scalars(am.select(Item.id):where(Item.sku_insensitive:eq("PEN"))):all())
  say(s:scalars(am.select(Item.id):where(Item:within(500, 2000))):all())
  say(s:scalars(am.select(Item.id):where(Item.price:eq(Money(50, "EUR")))):all())
  say(s:scalars(am.select(Item.id):where(Item.rating:gt(4))):all())
  say(s:execute(am.select(Item.price):order_by(Item.id)):scalars():all()[2].currency)
  say(s:scalars(am.select(Item.id):filter_by{ code = "Ink" }):all())
  step("setters")
  ink.gross = 330
  pen.price = Money(60, "GBP")
  pen.code = " Pencil "
  say(ink.net, pen.cost, pen.sku, am.inspect(pen).attrs.cost.history,
    am.inspect(pen).attrs.price.history.added[1].currency)
  s:flush()
  sql()
  say(pen.shout, pen.rating)
  step("bulk")
  s:execute(am.update(Item):where(Item.id:eq(2)):values{ gross = 500 }, nil,
    { execution_options = { synchronize_session = false } })
  s:execute(am.update(Item):where(Item.id:eq(1)):values{ [Item.code] = "Biro" })
  sql()
  say(pen.sku, s:scalar(am.select(Item.net):where(Item.id:eq(2))))
  step("options")
  s:expunge_all()
  local i = s:scalars(am.select(Item):options(am.undefer_group("media"), am.undefer(Item.notes), am.defer(Item.rating),
    am.load_only(Item.sku)):where(Item.id:eq(1))):one()
  say(parity.sorted(am.inspect(i).unloaded))
  say(i.rating, i.net)
  parity.error(function() i.cost = -5 end)
  say(i.cost)
end)
