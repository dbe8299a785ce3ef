-- A zoo in joined tables: relationships from and to subclasses, loaded along paths that name the subclass.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local House = Base:model("House", {
  __tablename__ = "houses",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  animals = am.relationship("Animal", { back_populates = "house", order_by = "Animal.id" }),
})
local id = am.Column(am.Integer, { primary_key = true })
local name = am.Column(am.String(30))
local kind = am.Column(am.String(20))

local Animal = Base:model("Animal", {
  __tablename__ = "animals",
  id = id,
  name = name,
  kind = kind,
  house_id = am.Column(am.ForeignKey("houses.id")),
  house = am.relationship(House, { back_populates = "animals" }),
  __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "animal" },
})

local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __tablename__ = "cats",
  id = am.Column(am.ForeignKey("animals.id"), { primary_key = true }),
  lives = am.Column(am.Integer),
  toys = am.relationship("Toy", { back_populates = "cat", order_by = "Toy.id" }),
  __mapper_args__ = { polymorphic_identity = "cat" },
})

local Lion = Base:model("Lion", {
  __extends__ = Cat,
  __tablename__ = "lions",
  id = am.Column(am.ForeignKey("cats.id"), { primary_key = true }),
  mane = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "lion" },
})

local Bird = Base:model("Bird", {
  __extends__ = Animal,
  __tablename__ = "birds",
  id = am.Column(am.ForeignKey("animals.id"), { primary_key = true }),
  nest_id = am.Column(am.ForeignKey("nests.id")),
  nest = am.relationship("Nest", { back_populates = "birds" }),
  __mapper_args__ = { polymorphic_identity = "bird" },
})

local Toy = Base:model("Toy", {
  __tablename__ = "toys",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  cat_id = am.Column(am.ForeignKey("cats.id")),
  cat = am.relationship(Cat, { back_populates = "toys" }),
})

local Nest = Base:model("Nest", {
  __tablename__ = "nests",
  id = am.Column(am.Integer, { primary_key = true }),
  tree = am.Column(am.String(30)),
  birds = am.relationship(Bird, { back_populates = "nest", order_by = Bird.id }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    House{
      id = 1, name = "h1",
      animals = {
        Cat{
          id = 1, name = "tom", lives = 9, toys = { Toy{ id = 1, name = "ball" }, Toy{ id = 2, name = "mouse" } }
        },
        Bird{ id = 2, name = "tweety", nest = Nest{ id = 1, tree = "oak" } }, Animal{ id = 3, name = "thing" }
      }
    },
    House{
      id = 2, name = "h2",
      animals = {
        Lion{ id = 4, name = "leo", lives = 3, mane = "gold", toys = { Toy{ id = 3, name = "bone" } } },
        Cat{ id = 5, name = "sly", lives = 1 }
      }
    }
  })
  s:commit()
end)
parity.forget()

local function show(a)
  if a.kind == "lion" then
    return list("lion", a.name, a.mane, map(a.toys, function(t) return t.name end))
  end
  if a.kind == "cat" then
    return list("cat", a.name, a.lives, map(a.toys, function(t) return t.name end))
  end
  if a.kind == "bird" then
    return list("bird", a.name, a.nest and a.nest.tree)
  end
  return list(a.kind, a.name)
end
step "plain"
am.Session(e, function(s)
  for a in s:scalars(am.select(Animal):where(Animal.kind:ne("lion")):order_by(Animal.id)) do
    say(show(a))
  end
end)
step "with_polymorphic of all, loaders on subclasses"
am.Session(e, function(s)
  local wp = am.with_polymorphic(Animal, "*")
  local stmt = am.select(wp):options(am.selectinload(wp.Cat.toys), am.joinedload(wp.Bird.nest)):order_by(wp.id)
  for a in s:scalars(stmt) do
    say(show(a))
  end
end)
step "flat and aliased, filtered by columns of two subclasses"
am.Session(e, function(s)
  local wp = am.with_polymorphic(Animal, { Cat, Bird }, { aliased = true, flat = true })
  for a in s:scalars(am.select(wp):where(am.or_(wp.Cat.lives:gt(3), wp.Bird.nest_id:eq(1))):order_by(wp.name)) do
    say(show(a))
  end
end)
step "selectin_polymorphic with loaders"
am.Session(e, function(s)
  local stmt = am.select(Animal)
    :options(
      am.selectin_polymorphic(Animal, { Cat, Lion, Bird }), am.selectinload(Cat.toys), am.joinedload(Bird.nest)
    )
    :order_by(Animal.id)
  for a in s:scalars(stmt) do
    say(show(a))
  end
end)
step "from the house"
for _, loader in ipairs({ am.selectinload, am.joinedload, am.subqueryload }) do
  am.Session(e, function(s)
    local wp = am.with_polymorphic(Animal, { Cat, Bird }, { flat = true })
    local stmt = am.select(House)
      :options(loader(House.animals:of_type(wp)):options(am.selectinload(wp.Cat.toys), am.joinedload(wp.Bird.nest)))
      :order_by(House.id)
    for h in s:scalars(stmt):unique() do
      say(h.name, map(h.animals, function(a) return show(a) end))
    end
  end)
  step "after"
end
step "selectin from the house with selectin_polymorphic"
am.Session(e, function(s)
  local stmt = am.select(House)
    :options(
      am.selectinload(House.animals)
        :options(am.selectin_polymorphic(Animal, { Cat, Bird }), am.selectinload(Cat.toys))
    )
    :order_by(House.id)
  for h in s:scalars(stmt) do
    say(h.name, map(h.animals, function(a) return show(a) end))
  end
end)
step "joins to subclasses"
am.Session(e, function(s)
  say(s:execute(am.select(House.name, Cat.name, Cat.lives):join(House.animals:of_type(Cat)):order_by(Cat.id)):all())
  say(s:execute(am.select(Cat.name, Toy.name):join(Cat.toys):order_by(Toy.id)):all())
  local lions = am.aliased(Lion, { name = "big" })
  say(s:execute(am.select(lions.name, lions.mane, House.name):join(lions.house)):all())
  say(s:execute(am.select(Nest.tree, am.func.count(Bird.id)):outerjoin(Nest.birds):group_by(Nest.tree)):all())
  local flat = am.aliased(Cat, { flat = true })
  say(s:execute(am.select(House.name, flat.lives):join(House.animals:of_type(flat)):order_by(flat.lives)):all())
end)
step "any and has over subclasses"
am.Session(e, function(s)
  say(s:scalars(am.select(House.name):where(House.animals:of_type(Cat):any(Cat.lives:gt(5)))):all())
  say(s:scalars(am.select(House.name):where(House.animals:of_type(Bird):any())):all())
  say(s:scalars(am.select(Toy.name):where(Toy.cat:has(Cat.name:eq("leo")))):all())
  say(s:scalars(am.select(Toy.name):where(Toy.cat:of_type(Lion):has(Lion.mane:eq("gold")))):all())
  say(s:scalars(am.select(Cat.name):where(Cat.house:has({ name = "h2" })):order_by(Cat.id)):all())
end)
step "columns of subclasses deferred and loaded"
am.Session(e, function(s)
  local wp = am.with_polymorphic(Animal, "*")
  for a in s:scalars(am.select(wp):options(am.defer(wp.Cat.lives), am.load_only(wp.name)):order_by(wp.id)) do
    say(am.inspect(a).class_, parity.sorted(am.inspect(a).unloaded))
  end
end)
step "subclass loads"
am.Session(e, function(s)
  say(
    map(s:scalars(am.select(Cat):options(am.load_only(Cat.lives)):order_by(Cat.id)), function(a) return show(a) end)
  )
  say(map(s:scalars(am.select(Lion):options(am.joinedload(Lion.toys))):unique(), function(a) return show(a) end))
end)
step "get"
am.Session(e, function(s)
  say(show(s:get(Cat, 4)), s:get(Bird, 4), show(s:get(Animal, 4)))
  parity.error(function() return s:get_one(Bird, 1) end)
end)
step "end"
