-- Loading hierarchies: inline, selectin, with_polymorphic, of_type, attributes of subclasses, joined and single.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list, sorted = parity.say, parity.step, parity.map, parity.list, parity.sorted

local Base = am.declarative_base()

local Zoo = Base:model("Zoo", {
  __tablename__ = "zoos",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  animals = am.relationship("Animal", { back_populates = "zoo", order_by = "Animal.id" }),
})

local Animal = Base:model("Animal", {
  __tablename__ = "animals",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(30)),
  zoo_id = am.Column(am.ForeignKey("zoos.id")),
  zoo = am.relationship("Zoo", { back_populates = "animals" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
})

local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __tablename__ = "cats",
  id = am.Column(am.ForeignKey("animals.id"), { primary_key = true }),
  lives = am.Column(am.Integer),
  toys = am.relationship("Toy", { order_by = "Toy.id" }),
  __mapper_args__ = { polymorphic_identity = "cat" },
})

local Lion = Base:model("Lion", {
  __extends__ = Cat,
  mane = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "lion" },
})

local Bird = Base:model("Bird", {
  __extends__ = Animal,
  __tablename__ = "birds",
  id = am.Column(am.ForeignKey("animals.id"), { primary_key = true }),
  wings = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "bird", polymorphic_load = "selectin" },
})

local Toy = Base:model("Toy", {
  __tablename__ = "toys",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  cat_id = am.Column(am.ForeignKey("cats.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Zoo{
      id = 1,
      name = "z1",
      animals = {
        Cat{ id = 1, name = "tom", lives = 9, toys = { Toy{ id = 1, name = "ball" } } },
        Bird{ id = 2, name = "bob", wings = 2 },
        Animal{ id = 3, name = "ant" }
      }
    },
    Zoo{
      id = 2,
      name = "z2",
      animals = { Lion{ id = 4, name = "leo", lives = 1, mane = "big" }, Bird{ id = 5, name = "kea", wings = 2 } }
    }
  }
  s:commit()
end)
parity.forget()

local function unloaded(o)
  return sorted(am.inspect(o).unloaded)
end

step "the base"
am.Session(e, function(s)
  local animals = s:scalars(am.select(Animal):order_by(Animal.id)):all()
  say(map(animals, function(a) return list(am.inspect(a).class_, a.name, unloaded(a)) end))
  step "a column of a subclass"
  say(animals[1].lives)
end)
step "a subclass"
am.Session(e, function(s)
  say(map(s:scalars(am.select(Cat):order_by(Cat.id)), function(c) return list(am.inspect(c).class_, c.lives) end))
  say(map(s:scalars(am.select(Lion):where(Lion.lives:eq(1))), function(c) return c.mane end))
end)
step "with_polymorphic"
am.Session(e, function(s)
  local poly = am.with_polymorphic(Animal, { Cat, Bird })
  local animals = s
    :scalars(am.select(poly):where(am.or_(poly.Cat.lives:gt(1), poly.Bird.wings:eq(2))):order_by(poly.id))
    :all()
  say(map(animals, function(a) return list(a.name, unloaded(a)) end))
end)
am.Session(e, function(s)
  local poly = am.with_polymorphic(Animal, "*", { aliased = true })
  say(s:execute(am.select(poly.name, poly.Cat.lives, poly.Bird.wings):order_by(poly.id)):all())
  local flat = am.with_polymorphic(Animal, { Bird }, { flat = true })
  say(map(s:scalars(am.select(flat):where(flat.Bird.wings:eq(2)):order_by(flat.name)), function(a) return a.name end))
end)
step "selectin_polymorphic"
am.Session(e, function(s)
  local stmt = am.select(Animal)
    :options(am.selectin_polymorphic(Animal, { Cat }), am.selectinload(Cat.toys))
    :order_by(Animal.id)
  local animals = s:scalars(stmt):all()
  say(map(animals, function(a) return list(a.name, unloaded(a)) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Zoo):options(am.selectinload(Zoo.animals):selectin_polymorphic{ Cat }):order_by(Zoo.id)
  local zoos = s:scalars(stmt):all()
  say(map(zoos, function(z) return map(z.animals, function(a) return list(a.name, unloaded(a)) end) end))
end)
step "of_type in loaders"
for _, name in ipairs { "joinedload", "selectinload", "subqueryload" } do
  am.Session(e, function(s)
    local stmt = am.select(Zoo)
      :options(am[name](Zoo.animals:of_type(Cat)):selectinload(Cat.toys))
      :order_by(Zoo.id)
    local zoos = s:scalars(stmt):unique():all()
    say(map(zoos, function(z) return map(z.animals, function(a) return list(a.name, unloaded(a)) end) end))
  end)
  step("after " .. name)
end
step "of_type in joins"
am.Session(e, function(s)
  say(
    map(
      s:scalars(am.select(Zoo):join(Zoo.animals:of_type(Cat)):where(Cat.lives:eq(9))),
      function(z) return z.name end
    )
  )
  local bird = am.aliased(Bird, { name = "bird" })
  say(s
      :execute(am.select(Zoo.name, bird.name, bird.wings):join(Zoo.animals:of_type(bird)):order_by(bird.id))
      :all())
  local poly = am.with_polymorphic(Animal, { Cat, Bird }, { flat = true })
  say(
    s
      :execute(am.select(Zoo.name, poly.name, poly.Cat.lives):join(Zoo.animals:of_type(poly)):order_by(poly.id))
      :all()
  )
  say(
    map(s:scalars(am.select(Zoo):where(Zoo.animals:of_type(Cat):any(Cat.lives:lt(5)))), function(z) return z.name end)
  )
  say(
    map(
      s:scalars(am.select(Zoo):where(Zoo.animals:of_type(Lion):any(Lion.mane:eq("big")))),
      function(z) return z.name end
    )
  )
end)
step "contains_eager of a polymorphic alias"
am.Session(e, function(s)
  local poly = am.with_polymorphic(Animal, { Cat })
  local stmt = am.select(Zoo)
    :join(Zoo.animals:of_type(poly))
    :options(am.contains_eager(Zoo.animals:of_type(poly)))
    :order_by(Zoo.id, poly.id)
  local zoos = s:scalars(stmt):unique():all()
  say(map(zoos, function(z) return map(z.animals, function(a) return list(a.name, unloaded(a)) end) end))
end)
step "columns only"
am.Session(e, function(s)
  say(s:execute(am.select(Cat.name, Cat.lives, Animal.kind):order_by(Cat.id)):all())
  say(s:execute(am.select(Animal.kind, am.func.count()):group_by(Animal.kind):order_by(Animal.kind)):all())
  say(s:execute(am.select(Lion.mane, Lion.lives)):all())
  say(
    map(
      s:scalars(am.select(Cat):options(am.load_only(Cat.name)):order_by(Cat.id)),
      function(c) return unloaded(c) end
    )
  )
end)
step "get"
am.Session(e, function(s)
  say(s:get(Bird, 1), am.inspect(s:get(Animal, 4)).class_, am.inspect(s:get(Cat, 4)).class_)
  local lion = s:get(Lion, 4)
  s:expire(lion)
  say(lion.name, lion.mane)
end)
step "the discriminator of a new object"
am.Session(e, function(s)
  local new = Lion{ name = "new" }
  say(new.kind)
  s:add(new)
  new.id = 40
  s:flush()
  say(new.kind, am.inspect(s:scalars(am.select(Animal):where(Animal.id:eq(40))):one()).class_)
end)
step "end"
