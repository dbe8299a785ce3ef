-- A hierarchy whose relationships load by selectin, joined, subquery, immediate and raise.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select = am.select

local Base = am.declarative_base()
local Zoo = Base:model("Zoo", {
  __tablename__ = "zoo",
  id = am.Column(am.Integer, { primary_key = true }),
  animals = am.relationship("Animal", { back_populates = "zoo", order_by = "Animal.id" }),
})
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  zoo_id = am.Column(am.ForeignKey("zoo.id")),
  zoo = am.relationship(Zoo, { back_populates = "animals" }),
  meals = am.relationship("Meal", { lazy = "selectin", order_by = "Meal.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
  loaded = am.reconstructor(function(self) say("  loaded", self.__class__, self.id) end),
})
local Lion = Base:model("Lion", {
  __extends__ = Animal,
  __tablename__ = "lion",
  id = am.Column(am.ForeignKey("animal.id"), { primary_key = true }),
  mane = am.Column(am.Integer),
  kills = am.relationship("Kill", { lazy = "selectin", order_by = "Kill.id" }),
  den = am.relationship("Den", { lazy = "joined", uselist = false }),
  __mapper_args__ = { polymorphic_identity = "lion", polymorphic_load = "selectin" },
})
local ape_id = am.Column(am.ForeignKey("animal.id"), { primary_key = true })
local Ape = Base:model("Ape", {
  __extends__ = Animal,
  __tablename__ = "ape",
  id = ape_id,
  iq = am.Column(am.Integer),
  toys = am.relationship("Toy", { lazy = "subquery", order_by = "Toy.id" }),
  friend_id = am.Column(am.ForeignKey("animal.id")),
  friend = am.relationship(Animal, { foreign_keys = "Ape.friend_id", lazy = "immediate" }),
  secret = am.relationship("Den", { lazy = "raise", primaryjoin = "Ape.id == foreign(Den.ape_id)", viewonly = true }),
  __mapper_args__ = { polymorphic_identity = "ape", polymorphic_load = "inline",
    inherit_condition = ape_id:eq(Animal.id) },
})
local Gorilla = Base:model("Gorilla", {
  __extends__ = Ape,
  weight = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "gorilla" },
})
local Meal = Base:model("Meal", {
  __tablename__ = "meal",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(10)),
  animal_id = am.Column(am.ForeignKey("animal.id")),
})
local Kill = Base:model("Kill", {
  __tablename__ = "kill",
  id = am.Column(am.Integer, { primary_key = true }),
  lion_id = am.Column(am.ForeignKey("lion.id")),
})
local Den = Base:model("Den", {
  __tablename__ = "den",
  id = am.Column(am.Integer, { primary_key = true }),
  lion_id = am.Column(am.ForeignKey("lion.id")),
  ape_id = am.Column(am.Integer),
})
local Toy = Base:model("Toy", {
  __tablename__ = "toy",
  id = am.Column(am.Integer, { primary_key = true }),
  ape_id = am.Column(am.ForeignKey("ape.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local zoo = Zoo{ id = 1 }
local leo = Lion{ id = 1, name = "leo", mane = 3, zoo = zoo }
local bob = Ape{ id = 2, name = "bob", iq = 90, friend = leo, zoo = zoo }
local kong = Gorilla{ id = 3, name = "kong", weight = 200, friend = bob, zoo = zoo }
s:add_all{ zoo, leo, bob, kong, Animal{ id = 4, name = "cow", zoo = zoo } }
s:flush()
for _, rows in ipairs { { Kill{ lion_id = 1 }, Kill{ lion_id = 1 } }, { Den{ lion_id = 1 } }, { Toy{ ape_id = 2 } },
  { Meal{ what = "meat", animal_id = 1 },
    Meal{ what = "nut", animal_id = 3 }, Meal{ what = "fig", animal_id = 3 } } } do
  s:add_all(rows)
  s:flush()
end
s:commit()

local function show(animals)
  map(animals, function(a) say(a.__class__, a.name, p.sorted(am.inspect(a).unloaded)) end)
end

step "as mapped"
s:expunge_all()
show(s:scalars(select(Animal):order_by(Animal.id)))
s:expunge_all()
step "lion alone"
show(s:scalars(select(Lion)))
s:expunge_all()
step "apes"
show(s:scalars(select(Ape):order_by(Ape.id)))
s:expunge_all()
step "gorilla by get"
local g = s:get(Gorilla, 3)
say(g.weight, g.friend.name, map(g.meals, function(m) return m.what end))
error_of(function() return g.secret end)
s:expunge_all()
step "animal by get"
local a = s:get(Animal, 1)
say(a.den.id, #a.kills)
s:expunge_all()
step "options that turn off"
show(s:scalars(select(Animal):options(am.lazyload(Animal.meals), am.lazyload(Lion.kills), am.lazyload(Lion.den),
  am.noload(Ape.toys), am.raiseload(Ape.friend)):order_by(Animal.id)))
s:expunge_all()
step "wildcard"
show(s:scalars(select(Animal):options(am.lazyload("*")):order_by(Animal.id)))
s:expunge_all()
step "from the zoo"
local z = s:scalars(select(Zoo):options(am.selectinload(Zoo.animals))):one()
show(z.animals)
s:expunge_all()
step "zoo, lazily"
z = s:get(Zoo, 1)
show(z.animals)
s:expunge_all()
step "with_polymorphic"
local wp = am.with_polymorphic(Animal, { Ape })
show(s:scalars(select(wp):order_by(wp.id)):unique())
s:expunge_all()
step "refresh"
leo = s:get(Lion, 1)
s:refresh(leo)
s:expire_all()
step "expired"
say(leo.name, #leo.kills)
p.sql()
