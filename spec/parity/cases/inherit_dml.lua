-- Bulk statements, merge, version counters, row switches and bulk methods on joined inheritance.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local update = am.update

local Base = am.declarative_base()
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { default = "anon" }),
  kind = Column(String(10)),
  version = Column(Integer, { nullable = false }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal", version_id_col = "version" },
})
local Dog = Base:model("Dog", {
  __extends__ = Animal,
  __tablename__ = "dog",
  id = Column(ForeignKey("animal.id", { ondelete = "CASCADE" }), { primary_key = true }),
  bark = Column(String(20), { default = "wau" }),
  tricks = am.relationship("Trick", { cascade = "all, delete-orphan", order_by = "Trick.id", passive_deletes = true }),
  __mapper_args__ = { polymorphic_identity = "dog" },
})
local Trick = Base:model("Trick", {
  __tablename__ = "trick",
  id = Column(Integer, { primary_key = true }),
  dog_id = Column(ForeignKey("dog.id", { ondelete = "CASCADE" })),
  name = Column(String(20)),
})
local function names(list)
  local out = { n = 0 }
  for i, x in ipairs(list) do out[i], out.n = x.name, i end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "bulk insert"
s:execute(am.insert(Dog), { { id = 1, name = "rex", version = 1 }, { id = 2, bark = "wuff", version = 1 } })
p.sql()
s:bulk_insert_mappings(Dog, { { id = 3, name = "bello", bark = "x", version = 1 } })
p.sql()
s:bulk_save_objects{ Animal{ id = 4, name = "cow" }, Dog{ id = 5, name = "lassie" } }
p.sql()
local dogs = select(Dog.id, Dog.name, Dog.bark, Dog.version):order_by(Dog.id)
say(s:execute(dogs):all())
p.sql()
step "bulk update by primary key"
s:execute(update(Dog), { { id = 1, name = "rexy", bark = "loud", version = 1 },
  { id = 2, name = "two", bark = "b", version = 1 } })
p.sql()
say(s:execute(dogs):all())
p.sql()
step "criteria"
local r = s:execute(update(Animal):where(Animal.kind:eq("dog")):values{ name = Animal.name .. "!" })
say(r.rowcount)
p.sql()
local d = s:get(Dog, 1)
r = s:execute(update(Dog):where(Dog.bark:eq("loud")):values{ bark = "soft" })
say(r.rowcount, d.bark)
p.sql()
local ids = s:scalars(update(Animal):where(Animal.id:lt(3)):values{ name = "n" }:returning(Animal.id)):all()
table.sort(ids)
say(ids, d.name)
p.sql()
r = s:execute(am.delete(Animal):where(Animal.id:eq(4)))
say(r.rowcount)
p.sql()
step "version"
d.name = "a"
d.bark = "b"
s:flush()
p.sql()
say(d.version)
d.bark = "c"
s:flush()
p.sql()
say(d.version)
local animal = Animal.__table__
s:execute(animal:update():where(animal.c.id:eq(1)):values{ version = 99 })
d.bark = "d"
p.error(function() s:flush() end)
s:rollback()
p.forget()
step "merge"
s:add(Dog{ id = 1, name = "m", tricks = { Trick{ id = 1, name = "sit" }, Trick{ id = 2, name = "roll" } } })
s:commit()
p.forget()
local m = s:merge(Dog{ id = 1, name = "merged", bark = "merged",
  tricks = { Trick{ id = 1, name = "stand" }, Trick{ id = 3, name = "new" } } })
say(m.name, names(m.tricks), am.inspect(m).attrs.bark.history)
s:flush()
p.sql()
say(m.version, s:merge(Animal{ id = 1, name = "as animal" }) == m)
s:flush()
p.sql()
step "row switch"
s:delete(m)
s:add(Dog{ id = 1, name = "switched" })
s:flush()
p.sql()
say(s:execute(select(Dog.name, Dog.bark, Dog.version)):all())
say(s:scalars(select(Trick.name):order_by(Trick.id)):all())
s:commit()
p.forget()
step "delete with passive_deletes"
local x = s:scalars(select(Dog)):one()
p.sql()
s:delete(x)
s:commit()
p.sql()
step "make transient"
local y = Dog{ name = "y", tricks = { Trick{ name = "t" } } }
s:add(y)
s:commit()
say(y.name, y.bark, names(y.tricks))
p.forget()
s:expunge(y)
am.make_transient(y)
y.id = nil
y.tricks = {}
s:add(y)
s:flush()
p.sql()
say(y.kind, y.version, s:scalar(select(am.func.count(Dog.id))))
