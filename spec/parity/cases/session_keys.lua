-- Keys: composite, inherited and identifying ones, changed keys that travel, keys blanked out, get in all forms.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local function reference()
  return am.ForeignKeyConstraint({ "shop", "number" }, { "orders.shop", "orders.number" }, { onupdate = "CASCADE" })
end
local Order = Base:model("Order", {
  __tablename__ = "orders",
  shop = am.Column(am.Integer, { primary_key = true }),
  number = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  note = am.Column(am.String(20)),
  lines = am.relationship("Line", {
    back_populates = "order", cascade = "all, delete-orphan", order_by = "Line.pos", passive_updates = p.is_postgresql,
  }),
  marks = am.relationship("Mark", { order_by = "Mark.id", passive_updates = p.is_postgresql }),
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  shop = am.Column(am.Integer, { primary_key = true }),
  number = am.Column(am.Integer, { primary_key = true }),
  pos = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(20)),
  order = am.relationship("Order", { back_populates = "lines" }),
  __table_args__ = { reference() },
})
local Mark = Base:model("Mark", {
  __tablename__ = "mark",
  id = am.Column(am.Integer, { primary_key = true }),
  shop = am.Column(am.Integer),
  number = am.Column(am.Integer),
  __table_args__ = { reference() },
})
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(20)),
})
local Dog = Base:model("Dog", {
  __extends__ = Animal,
  __tablename__ = "dog",
  __mapper_args__ = { polymorphic_identity = "dog" },
  id = am.Column(am.ForeignKey("animal.id", { onupdate = "CASCADE" }), { primary_key = true }),
  tricks = am.Column(am.Integer),
})
local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __mapper_args__ = { polymorphic_identity = "cat" },
  lives = am.Column(am.Integer),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local inspect = am.inspect
local function flush() session:flush() end
local function map(items, key)
  local list = {}
  for i, item in ipairs(items) do list[i] = item[key] end
  return list
end

step "composite"
local o = Order{ shop = 1, number = 10, lines = { Line{ pos = 1, what = "a" }, Line{ pos = 2, what = "b" } },
  marks = { Mark() } }
session:add(o)
session:commit()
say(inspect(o).identity, o.lines[2].number, inspect(o.lines[2]).identity)
say(session:get(Order, { 1, 10 }) == o, session:get(Order, { number = 10, shop = 1 }) == o)
say(session:get(Order, { 1, 11 }), session:get(Line, { 1, 10, 2 }).what)
error_of(function() session:get(Order, 1) end)
error_of(function() session:get(Order, { 1, 2, 3 }) end)
error_of(function() session:get(Order, { shop = 1 }) end)

step "changed keys travel"
say(#o.lines, #o.marks)
p.forget()
o.number = 20
session:flush()
p.sql()
say(inspect(o).identity, map(o.lines, "number"), map(o.marks, "number"))
session:commit()
local identities = {}
for i, line in ipairs(o.lines) do identities[i] = inspect(line).identity end
say(identities, session:get(Order, { 1, 10 }), session:get(Order, { 1, 20 }) == o)

step "rolled back"
o.number = 30
session:flush()
session:rollback()
say(inspect(o).identity, o.number, map(o.lines, "number"), session:get(Order, { 1, 30 }))

step "a part of the key blanked out"
local line = o.lines[1]
line.order = nil
session:flush()
say(inspect(line).deleted, #o.lines)
session:rollback()
local mark = o.marks[1]
o.marks:remove(mark)
session:flush()
say(mark.shop, mark.number)
session:rollback()
o.number = nil
error_of(flush)
session:rollback()
session:add(Line{ pos = 1, what = "alone" })
error_of(flush)
session:rollback()
session:add(Line{ shop = 1, number = 20, pos = 9, what = "by numbers" })
session:flush()
session:expire(o, { "lines" })
say(map(o.lines, "pos"))
session:rollback()
p.forget()

step "keys of subclasses"
session:add_all{
  Animal{ id = 1, name = "x" }, Dog{ id = 2, name = "rex", tricks = 3 }, Cat{ id = 3, name = "tom", lives = 9 },
}
session:commit()
session:expunge_all()
local d = session:get(Animal, 2)
say(inspect(d).class_.__name__, p.sorted(inspect(d).unloaded), d.tricks)
say(session:get(Dog, 2) == d, session:get(Cat, 2), session:get(Dog, 3))
local c = session:get(Cat, 3)
say(session:get(Animal, 3) == c, session:get(Dog, 3), inspect(c).identity_key[1].__name__, c.lives)
say(session:get(Dog, 1))
p.sql()
session:refresh(d)
session:expire(d)
say(d.tricks, d.name)
d.tricks, d.name = 4, "REX"
session:flush()
d.tricks = 5
session:flush()
d.id = 20
session:flush()
say(inspect(d).identity)
if p.is_postgresql then
  d.id, d.tricks = 30, 6
  session:flush()
  say(inspect(d).identity, session:get(Dog, 30) == d)
end
session:rollback()
p.sql()
p.forget()
session:execute(am.text("update animal set kind = null where id = 1"))
session:expunge_all()
error_of(function() session:scalars(am.select(Animal)):all() end)
session:rollback()
session:delete(session:get(Animal, 2))
session:delete(session:get(Animal, 3))
p.forget()
session:flush()
p.sql()
session:close()
