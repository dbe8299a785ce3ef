-- Single table inheritance met through relationships: of_type, any, joins, eager loads, counts, aliases and subqueries.
local am = require "alchemoon"
local p = require "parity"
local say, step, map = p.say, p.step, p.map
local select, func = am.select, am.func

local function refused(fn) say(pcall(fn) and "no error" or "refused") end
local Base = am.declarative_base()
local Farm = Base:model("Farm", {
  __tablename__ = "farm",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  animals = am.relationship("Animal", { back_populates = "farm", order_by = "Animal.id",
    foreign_keys = "Animal.farm_id" }),
  dogs = am.relationship("Dog", { viewonly = true, order_by = "Dog.id", foreign_keys = "Dog.farm_id" }),
  best_id = am.Column(am.ForeignKey("animal.id", { use_alter = true, name = "fk_best" })),
  best = am.relationship("Dog", { foreign_keys = "Farm.best_id", post_update = true }),
})
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  farm_id = am.Column(am.ForeignKey("farm.id")),
  mother_id = am.Column(am.ForeignKey("animal.id")),
  farm = am.relationship(Farm, { back_populates = "animals", foreign_keys = "Animal.farm_id" }),
  mother = am.relationship("Animal", { remote_side = "Animal.id", back_populates = "young" }),
  young = am.relationship("Animal", { back_populates = "mother", order_by = "Animal.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
})
local Dog = Base:model("Dog", {
  __extends__ = Animal,
  __mapper_args__ = { polymorphic_identity = "dog" },
  tricks = am.relationship("Trick", { back_populates = "dog", order_by = "Trick.id" }),
})
local Puppy = Base:model("Puppy", {
  __extends__ = Dog,
  __mapper_args__ = { polymorphic_identity = "puppy" },
  weeks = am.Column(am.Integer),
})
local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __mapper_args__ = { polymorphic_identity = "cat" },
  lives = am.Column(am.Integer, { default = 9 }),
})
local Trick = Base:model("Trick", {
  __tablename__ = "trick",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  dog_id = am.Column(am.ForeignKey("animal.id")),
  dog = am.relationship(Dog, { back_populates = "tricks" }),
})

local function name(o) return o.name end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local f = Farm{ name = "hill" }
local rex = Dog{ name = "rex", tricks = { Trick{ name = "sit" }, Trick{ name = "roll" } } }
local pup = Puppy{ name = "pup", weeks = 3, mother = rex }
local tom = Cat{ name = "tom" }
local cow = Animal{ name = "cow" }
f.animals = { rex, pup, tom, cow }
f.best = rex
s:add_all{ f, Farm{ name = "empty" } }
s:commit()
step "collections"
say(map(f.animals, function(a) return { a.__class__, a.name } end), map(f.dogs, name), f.best.name)
say(map(rex.tricks, name), map(rex.young, name), rawequal(pup.mother, rex))
step "texts"
say(select(Dog))
say(select(Puppy.weeks))
say(select(func.count()):select_from(Dog))
say(select(func.count(Dog.id)))
say(select(Farm):join(Farm.animals:of_type(Dog)))
say(select(Farm):join(Farm.animals:of_type(Dog)):join(Dog.tricks))
say(select(Farm):outerjoin(Farm.dogs))
say(select(Farm.id):join(Dog, Dog.farm_id:eq(Farm.id)))
say(select(Farm.id):outerjoin(Cat, Cat.farm_id:eq(Farm.id)):where(Cat.lives:gt(1)))
say(select(Farm):where(Farm.animals:of_type(Puppy):any(Puppy.weeks:gt(2))))
say(select(Farm):where(Farm.animals:any(Animal.name:eq("x"))))
say(select(Farm):where(Farm.dogs:any()))
say(select(Farm):where(Farm.best:has(Dog.name:eq("rex"))))
say(select(Farm):where(am.not_(Farm.best:has())))
say(select(Trick):where(Trick.dog:of_type(Puppy):has(Puppy.weeks:eq(1))))
local D = am.aliased(Dog)
say(select(Dog, D):join(D, Dog.mother:of_type(D)))
say(select(Dog):where(am.exists():where(Cat.farm_id:eq(Dog.farm_id))))
say(select(Farm.name, select(func.count(Cat.id)):where(Cat.farm_id:eq(Farm.id)):scalar_subquery()))
say(select(am.aliased(Dog, select(Dog):where(Dog.name:eq("x")):subquery())))
say(select(Dog.name):union(select(Cat.name)))
say(select(Animal):where(Animal.kind:in_{ "a" }):order_by(Puppy.weeks))
local wp = am.with_polymorphic(Animal, { Dog, Cat })
say(select(wp):where(wp.Cat.lives:gt(3)))
say(select(Animal):options(am.with_loader_criteria(Animal, Animal.name:ne("z"))))
say(select(Farm):join(Farm.dogs):options(am.with_loader_criteria(Dog, Dog.name:ne("z"))))
step "eager"
s:expunge_all()
for farm in s:scalars(select(Farm):options(am.selectinload(Farm.animals:of_type(Dog)):selectinload(Dog.tricks))
  :order_by(Farm.id)) do
  say(farm.name, map(farm.animals, function(a)
    return p.list(a.name, am.inspect(a).mapper:isa(am.inspect(Dog)) and map(a.tricks, name) or nil)
  end))
end
s:expunge_all()
step "joined"
for farm in s:scalars(select(Farm):options(am.joinedload(Farm.dogs):joinedload(Dog.tricks)):order_by(Farm.id)):unique()
do
  say(farm.name, map(farm.dogs, function(d) return { d.name, #d.tricks } end))
end
s:expunge_all()
step "subquery"
for farm in s:scalars(select(Farm):options(am.subqueryload(Farm.dogs), am.joinedload(Farm.best)):order_by(Farm.id)) do
  say(farm.name, map(farm.dogs, name), farm.best and farm.best.name)
end
s:expunge_all()
step "contains_eager"
local q = select(Farm):join(Farm.animals:of_type(Puppy)):options(am.contains_eager(Farm.animals:of_type(Puppy)))
  :execution_options{ populate_existing = true }
for farm in s:scalars(q):unique() do say(farm.name, map(farm.animals, name)) end
s:expunge_all()
step "rows"
say(s:execute(select(Farm.name, func.count(Dog.id)):outerjoin(Farm.dogs):group_by(Farm.id, Farm.name)
  :order_by(Farm.id)):all())
say(s:scalars(select(Farm.name):where(Farm.animals:of_type(Puppy):any(Puppy.weeks:eq(3)))):all())
say(s:get(Cat, 1), s:get(Dog, 1).name, s:get(Puppy, 1))
say(map(s:scalars(select(Dog):order_by(Dog.id)), function(x) return x.__class__ end))
step "wrong"
f = s:get(Farm, 1)
f.best = s:get(Animal, 3)
refused(function() s:flush() end)
s:rollback()
refused(function()
  s:add(Trick{ dog = Cat{ name = "c" } })
  s:flush()
end)
s:rollback()
p.sql()
