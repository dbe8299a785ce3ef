-- Unions and statements of entities: union, intersect, except of classes, aliases on them, ordering and limits inside
-- and outside, from_statement with text, unions, CTEs and INSERT/UPDATE/DELETE RETURNING, options on them.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Farm = Base:model("Farm", {
  __tablename__ = "farm",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column("farm_name", am.String(20)),
  animals = am.relationship("Animal", { back_populates = "farm", order_by = "Animal.id" }),
})
local id = am.mapped_column(am.Integer, { primary_key = true })
local name = am.mapped_column(am.String(20))
local weight = am.mapped_column(am.Integer)
local type = am.mapped_column(am.String(10))

local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = id,
  name = name,
  weight = weight,
  type = type,
  farm_id = am.mapped_column(am.ForeignKey("farm.id")),
  farm = am.relationship(Farm, { back_populates = "animals" }),
  heavy = am.column_property(weight:gt(50)),
  __mapper_args__ = { polymorphic_on = type, polymorphic_identity = "animal" },
})

local Cow = Base:model("Cow", {
  __extends__ = Animal,
  milk = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "cow" },
})

local Hen = Base:model("Hen", {
  __extends__ = Animal,
  __tablename__ = "hen",
  id = am.mapped_column(am.ForeignKey("animal.id"), { primary_key = true }),
  eggs = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "hen" },
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local f1 = Farm{ id = 1, name = "hill" }
  local f2 = Farm{ id = 2, name = "vale" }
  s:add_all({
    Cow{ id = 1, name = "ada", weight = 90, milk = 9, farm = f1 },
    Cow{ id = 2, name = "bea", weight = 70, milk = 7, farm = f2 },
    Hen{ id = 3, name = "coco", weight = 2, eggs = 3, farm = f1 },
    Hen{ id = 4, name = "dot", weight = 3, eggs = 5, farm = f2 },
    Animal{ id = 5, name = "eli", weight = 40, farm = f1 }
  })
  s:commit()
end)
parity.forget()

local function lines(animals)
  for _, a in ipairs(animals) do
    say(a, a.id, a.name, a.heavy, parity.sorted(am.inspect(a).unloaded))
  end
end

local function show(title, stmt)
  step(title)
  am.Session(e, function(s)
    lines(s:scalars(stmt):unique():all())
    parity.sql()
  end)
  parity.forget()
end
local light = am.select(Animal):where(Animal.weight:lt(50))
local hill = am.select(Animal):where(Animal.farm_id:eq(1))
show("from union", am.select(Animal):from_statement(am.union(light, hill):order_by(Animal.id)))
show("from union all", am.select(Animal):from_statement(am.union_all(light, hill):order_by("id")))
show("from intersect", am.select(Animal):from_statement(am.intersect(light, hill):order_by("name")))
show("from except", am.select(Animal):from_statement(light:except_(hill)))
show(
  "with options",
  am.select(Animal):from_statement(am.union(light, hill):order_by(Animal.id))
    :options(am.selectinload(Animal.farm), am.load_only(Animal.id, Animal.name, Animal.type))
)
local a = am.aliased(Animal, light:union(hill):subquery())
show("aliased", am.select(a):order_by(a.name:desc()))
show(
  "aliased joined",
  am.select(a):join(a.farm):where(Farm.name:eq("hill")):order_by(a.id):options(am.contains_eager(a.farm))
)
show("aliased loads", am.select(a):order_by(a.id):limit(2):options(am.joinedload(a.farm):selectinload(Farm.animals)))
local c = am.aliased(
  Cow, am.union_all(am.select(Cow):where(Cow.milk:gt(8)), am.select(Cow):where(Cow.weight:lt(80))):subquery("cows")
)
show("aliased subclass", am.select(c):order_by(c.id))
local h = am.aliased(Hen, am.select(Hen):where(Hen.eggs:gt(1)):cte("layers"))
show("aliased joined subclass", am.select(h):order_by(h.eggs:desc()))
local limited = am.select(Animal):order_by(Animal.weight:desc()):limit(2)
local b = am.aliased(
  Animal, am.union(limited:subquery():select(), am.select(Animal):where(Animal.id:eq(4))):subquery()
)
show("limits inside", am.select(b):order_by(b.id))
step "rows of unions"
am.Session(e, function(s)
  local u = am.union_all(
    am.select(Animal.name, am.literal("a"):label("kind")):where(Animal.weight:gt(60)),
    am.select(Farm.name, am.literal("f")):where(Farm.id:eq(1))
  )
  say(parity.sorted(map(s:execute(u), function(r) return r end)))
  say(s:execute(u:order_by("kind", "name"):limit(2)):all())
  local sub = u:subquery()
  say(s:execute(am.select(sub.c.kind, am.func.count()):group_by(sub.c.kind):order_by(sub.c.kind)):all())
  say(s:execute(am.select(Farm, a.name):join(a, a.farm_id:eq(Farm.id)):order_by(a.id)):mappings():all()[1].name)
  say(
    s:scalars(
      am.select(Animal.name):where(Animal.id:in_(am.union(am.select(Cow.id), am.select(Hen.id)))):order_by(Animal.id)
    ):all()
  )
  say(s:scalar(am.select(am.exists(light:union(hill)))))
  parity.error(
    function() return s:execute(am.union(am.select(Animal.id, Animal.name), am.select(Animal.id))):all() end
  )
  s:rollback()
  parity.sql()
end)
step "text"
am.Session(e, function(s)
  lines(s:scalars(am.select(Animal):from_statement(am.text("select * from animal where weight > :w order by id")),
    { w = 60 }):all())
  parity.sql()
  s:expunge_all()
  local t = am.text("select id, farm_name as n from farm order by id"):columns(Farm.id, Farm.name)
  say(
    map(
      s:scalars(am.select(Farm):from_statement(t):options(am.selectinload(Farm.animals))),
      function(f) return f.name end
    )
  )
  s:expunge_all()
  t = am.text("select id, name from animal"):columns(Animal.id, Animal.name)
  parity.error(function() return s:scalars(am.select(Animal):from_statement(t)):all() end)
  t = am.text(
    "select a.id, a.name, a.type, f.id, f.farm_name from animal a join farm f on f.id = a.farm_id order by a.id"
  )
    :columns(Animal.id, Animal.name, Animal.type, Farm.id, Farm.name)
  for row in s:execute(am.select(Animal, Farm):from_statement(t)) do
    local x, f = row:unpack()
    say(x.name, f.name, parity.sorted(am.inspect(x).unloaded))
  end
  s:expunge_all()
  for x in s:scalars(am.select(Animal):from_statement(t):options(am.contains_eager(Animal.farm))) do
    say(x.name, parity.sorted(am.inspect(x).unloaded))
  end
  say(s:execute(am.select(Animal.name, Farm.name):from_statement(t)):all())
  parity.sql()
end)
step "returning"
am.Session(e, function(s)
  for x in s:scalars(
    am.select(Animal)
      :from_statement(
        am.insert(Animal)
          :values(
            {
              { id = 10, name = "x", weight = 5, type = "animal" }, { id = 11, name = "y", weight = 60, type = "cow" }
            }
          )
          :returning(Animal)
      )
  ) do
    say(x, x.id, x.name, x.weight)
  end
  parity.sql()
  local got = s:scalars(
    am.update(Animal):where(Animal.id:ge(10)):values({ weight = Animal.weight + 1 }):returning(Animal)
  ):all()
  say(parity.sorted(map(got, function(g) return { g.id, g.weight } end)))
  got = s:scalars(
    am.select(Animal)
      :from_statement(am.update(Animal):where(Animal.id:ge(10)):values({ weight = 7 }):returning(Animal))
      :execution_options({ populate_existing = true })
  ):all()
  say(parity.sorted(map(got, function(g) return { g.id, g.weight, g.heavy } end)))
  parity.sql()
  local gone = s:scalars(am.delete(Animal):where(Animal.id:ge(10)):returning(Animal)):all()
  say(
    parity.sorted(map(gone, function(g) return { g.id, g.name } end)),
    map(gone, function(g) return am.inspect(g).persistent end)
  )
  s:commit()
  say(map(gone, function(g) return am.inspect(g).detached end))
  parity.sql()
end)
step "wrong"
am.Session(e, function(s)
  parity.error(function() return s:scalars(am.select(Animal):from_statement(am.text("select 1 as one"))):all() end)
  parity.refused(
    function() return s:scalars(am.select(Animal):from_statement(light):where(Animal.id:eq(1))):all() end
  )
  parity.error(
    function()
      return s:scalars(am.select(Animal):from_statement(light):options(am.selectinload(Farm.animals))):all()
    end
  )
  s:rollback()
  parity.forget()
end)
