-- contains_eager over aliases, chains and of_type, with outer joins, filters and refreshed collections.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local contains_eager, aliased = am.contains_eager, am.aliased

local Base = am.declarative_base()
local Depot = Base:model("Depot", {
  __tablename__ = "depot",
  id = Column(Integer, { primary_key = true }),
  city = Column(String(20)),
  items = am.relationship("Item", { back_populates = "depot", order_by = "Item.id", foreign_keys = "Item.depot_id" }),
})

local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  name = Column(String(20)),
  depot_id = Column(ForeignKey "depot.id"),
  target_id = Column(ForeignKey "depot.id"),
  depot = am.relationship(Depot, { back_populates = "items", foreign_keys = "Item.depot_id" }),
  target = am.relationship(Depot, { foreign_keys = "Item.target_id" }),
  stamps = am.relationship("Stamp", { order_by = "Stamp.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item" },
})

local Parcel = Base:model("Parcel", {
  __extends__ = Item,
  __tablename__ = "parcel",
  id = Column(ForeignKey "item.id", { primary_key = true }),
  weight = Column(Integer),
  labels = am.relationship("Label", { order_by = "Label.id" }),
  __mapper_args__ = { polymorphic_identity = "parcel" },
})

local Letter = Base:model("Letter", {
  __extends__ = Item,
  pages = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "letter" },
})

local Stamp = Base:model("Stamp", {
  __tablename__ = "stamp",
  id = Column(Integer, { primary_key = true }),
  value = Column(Integer),
  item_id = Column(ForeignKey "item.id"),
})

local Label = Base:model("Label", {
  __tablename__ = "label",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  parcel_id = Column(ForeignKey "parcel.id"),
})

local function each(items, key) return p.map(items, function(x) return x[key] end) end

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local rome, oslo = Depot{ id = 1, city = "Rome" }, Depot{ id = 2, city = "Oslo" }
  s:add_all{ rome, oslo }
  s:flush()
  s:add_all{
    Parcel{ id = 1, name = "box", weight = 5, depot = rome, target = oslo, labels = { Label{ id = 1, text = "up" } },
      stamps = { Stamp{ id = 1, value = 3 } } },
    Letter{ id = 2, name = "note", pages = 2, depot = rome, target = oslo,
      stamps = { Stamp{ id = 2, value = 1 }, Stamp{ id = 3, value = 2 } } },
    Parcel{ id = 3, name = "crate", weight = 50, depot = oslo, target = rome,
      labels = { Label{ id = 2, text = "glass" }, Label{ id = 3, text = "up" } } },
    Item{ id = 4, name = "thing", depot = oslo } }
  s:commit()
end)
p.forget()

local function cities(result) return p.map(result, function(d) return { d.city, each(d.items, "name") } end) end

step "a filtered collection"
am.Session(e, function(s)
  local stmt = select(Depot):join(Depot.items):where(Item.name:in_{ "note", "thing" })
    :options(contains_eager(Depot.items))
    :order_by(Depot.id)
  say(cities(s:scalars(stmt):unique()))
  say(cities(s:scalars(select(Depot):order_by(Depot.id))))
  say(cities(s:scalars(select(Depot):options(am.selectinload(Depot.items)):order_by(Depot.id)
    :execution_options{ populate_existing = true })))
end)
step "an alias, an outer join"
am.Session(e, function(s)
  local other = aliased(Item, { name = "other" })
  local stmt = select(Depot):outerjoin(other, am.and_(other.depot_id:eq(Depot.id), other.name:eq("box")))
    :options(contains_eager(Depot.items:of_type(other))):order_by(Depot.id)
  say(cities(s:scalars(stmt):unique()))
end)
step "an alias, with a chain of two"
am.Session(e, function(s)
  local i2, s2 = aliased(Item, { name = "i2" }), aliased(Stamp, { name = "s2" })
  local stmt = select(Depot):join(Depot.items:of_type(i2)):join(i2.stamps:of_type(s2)):where(s2.value:gt(1))
    :options(contains_eager(Depot.items:of_type(i2)):contains_eager(i2.stamps:of_type(s2))):order_by(Depot.id, s2.id)
  say(p.map(s:scalars(stmt):unique(), function(d)
    return { d.city, p.map(d.items, function(i) return { i.name, each(i.stamps, "value") } end) }
  end))
end)
step "two ways to the same class"
am.Session(e, function(s)
  local start, finish = aliased(Depot, { name = "start" }), aliased(Depot, { name = "finish" })
  local stmt = select(Item):join(Item.depot:of_type(start)):outerjoin(Item.target:of_type(finish)):order_by(Item.id)
    :options(contains_eager(Item.depot:of_type(start)), contains_eager(Item.target:of_type(finish)))
  say(p.map(s:scalars(stmt), function(i) return p.list(i.name, i.depot.city, i.target and i.target.city) end))
end)
step "a subclass"
am.Session(e, function(s)
  local stmt = select(Depot):join(Depot.items:of_type(Parcel)):where(Parcel.weight:gt(2)):order_by(Depot.id)
    :options(contains_eager(Depot.items:of_type(Parcel)):selectinload(Parcel.labels))
  say(p.map(s:scalars(stmt):unique(), function(d)
    return { d.city, p.map(d.items, function(i) return { i.name, i.weight, each(i.labels, "text") } end) }
  end))
end)
step "a subclass by alias, its collection from the same rows"
am.Session(e, function(s)
  local box = aliased(Parcel, { name = "box", flat = true })
  local stmt = select(Depot):join(Depot.items:of_type(box)):join(box.labels):where(Label.text:eq("up"))
    :order_by(Depot.id)
    :options(contains_eager(Depot.items:of_type(box)):contains_eager(box.labels))
  say(p.map(s:scalars(stmt):unique(), function(d)
    return { d.city, p.map(d.items, function(i) return { i.name, each(i.labels, "text") } end) }
  end))
end)
step "with_polymorphic"
am.Session(e, function(s)
  local every = am.with_polymorphic(Item, { Parcel, Letter }, { flat = true })
  local stmt = select(Depot):outerjoin(Depot.items:of_type(every)):order_by(Depot.id, every.id)
    :options(contains_eager(Depot.items:of_type(every)):joinedload(every.Parcel.labels))
  for d in s:scalars(stmt):unique() do
    say(d.city, p.map(d.items, function(i)
      return p.list(i.kind, i.kind == "parcel" and i.weight or nil, i.kind == "letter" and i.pages or nil)
    end))
  end
end)
step "a subquery as the source"
am.Session(e, function(s)
  local heavy = select(Item):join(Stamp):where(Stamp.value:lt(3)):subquery()
  local item = aliased(Item, heavy)
  local stmt = select(Depot):join(item, Depot.items):options(contains_eager(Depot.items:of_type(item)))
  say(cities(s:scalars(stmt:order_by(Depot.id)):unique()))
end)
step "the other side from the same row"
am.Session(e, function(s)
  local stmt = select(Item):join(Item.depot):where(Depot.city:eq("Oslo"))
    :options(contains_eager(Item.depot):load_only(Depot.city)):order_by(Item.id)
  for i in s:scalars(stmt) do say(i.name, i.depot.city, not am.inspect(i.depot).unloaded:contains("items")) end
end)
step "wrong use"
am.Session(e, function(s)
  p.error(function()
    s:scalars(select(Depot):options(contains_eager(Depot.items):contains_eager(Depot.items))):all()
  end)
  p.error(function() s:scalars(select(Depot):options(contains_eager(Item.depot))):all() end)
  p.error(function() s:scalars(select(Depot):join(Depot.items):options(contains_eager(Depot.items))):all() end)
end)
p.sql()
