-- Bulk INSERT and UPDATE statements of the ORM: mixed keys, hierarchies, defaults, RETURNING, order, errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local insert, update, select, inspect, func = am.insert, am.update, am.select, am.inspect, am.func

local Base = am.declarative_base()
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column("full_name", am.String(30)),
  email = am.Column(am.String(50)),
  rank = am.Column(am.Integer, { default = 5, onupdate = 9 }),
  pets = am.relationship("Pet"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
})
local Boss = Base:model("Boss", {
  __extends__ = Person,
  __tablename__ = "boss",
  id = am.Column(am.ForeignKey("person.id"), { primary_key = true }),
  budget = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "boss" },
})
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30), { nullable = false }),
  owner_id = am.Column(am.ForeignKey("person.id")),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local session = am.Session(db)
am.event.listen(Person, "before_insert", function(_, _, o) say("before_insert", o.name) end, { propagate = true })
am.event.listen(Person, "load", function(o) say("load", inspect(o).class_.__name__, inspect(o).dict.name) end,
  { propagate = true })

local function people()
  say(session:execute(select(Person.id, Person.kind, Person.name, Person.email, Person.rank):order_by(Person.id)):all())
end

step "rows as attributes"
session:execute(insert(Person), { { name = "ann", email = "a@x" }, { name = "bob", email = "b@x" } })
people()

step "mixed keys"
session:execute(insert(Person), { { name = "cyd" }, { name = "dan", email = "d@x" }, { name = "eve", email = am.null },
  { name = "fay", rank = 1 } })
people()

step "render_nulls"
session:execute(insert(Person):execution_options{ render_nulls = true }, {
  { name = "gus", email = am.null }, { name = "hal", email = "h@x" } })
people()

step "a hierarchy"
session:execute(insert(Boss), { { id = 20, name = "ida", budget = 100 }, { id = 21, name = "joe", budget = 200 } })
session:execute(insert(Boss), { { name = "kim", budget = 300 } })
say(session:execute(select(Boss.id, Boss.kind, Boss.name, Boss.budget, Boss.rank):order_by(Boss.id)):all())

step "RETURNING"
local rows = session:execute(insert(Person):returning(Person.id, Person.name, Person.rank,
  { sort_by_parameter_order = true }), { { id = 30, name = "lea" }, { id = 31, name = "moe" } })
say(rows:all())
local objects = session:scalars(insert(Person):returning(Person, { sort_by_parameter_order = true }), {
  { id = 33, name = "ned" }, { id = 32, name = "ona" } }):all()
say(map(objects, function(o) return { o.id, o.name } end),
  session:contains(objects[1]) and session:contains(objects[2]),
  inspect(objects[1]).persistent)
local bosses = session:scalars(insert(Boss):returning(Boss, { sort_by_parameter_order = true }), {
  { id = 34, name = "pam", budget = 1 } }):all()
say(map(bosses, function(b) return { b.id, b.kind, b.name, b.budget } end))

step "expressions"
session:execute(insert(Person):values{ rank = func.length("seven77") },
  { { id = 40, name = "ray" }, { id = 41, name = "sue" } })
session:execute(insert(Person):values{ { id = 42, name = "tim" }, { id = 43, name = func.upper("ula") } })
session:execute(insert(Person):values{ id = 44, name = "val" })
session:execute(insert(Person):from_select({ Person.name, "rank" }, select(Pet.name, Pet.id)))
say(session:execute(select(Person.id, Person.kind, Person.name, Person.rank):where(Person.id:ge(40))
  :order_by(Person.id)):all())

step "UPDATE by key"
local ann = session:get(Person, 1)
p.forget()
session:execute(update(Person), { { id = 1, name = "ANN" }, { id = 2, name = "BOB", email = am.null } })
sql()
say(ann.name, ann.rank, session:get(Person, 2).email)
session:execute(update(Boss), { { id = 20, name = "IDA", budget = 111 }, { id = 21, budget = 222 } })
sql()
say(session:execute(select(Boss.name, Boss.budget):where(Boss.id:in_{ 20, 21 }):order_by(Boss.id)):all())
error_of(function() session:execute(update(Person), { { name = "no key" } }) end)
error_of(function() session:execute(update(Person):where(Person.id:eq(1)), { { id = 1, name = "criteria" } }) end)
say(session:in_transaction())
error_of(function() session:execute(update(Person), { { id = 999, name = "nobody" } }) end)
say(session.is_active)

step "UPDATE by criteria with parameters"
p.forget()
session:connection():execute(update(Person):where(Person.name:eq(am.bindparam("old")))
  :values{ name = am.bindparam("new") }, { { old = "cyd", new = "CYD" }, { old = "dan", new = "DAN" } })
session:execute(update(Person):where(Person.id:eq(6)):values{ [Person.name] = "FAY", email = "f@x" })
sql()
say(session:execute(select(Person.name, Person.rank):where(Person.id:in_{ 3, 4, 6 }):order_by(Person.id)):all())

step "errors"
session:begin_nested(function(nested)
  error_of(function() session:execute(insert(Pet), { { id = 1, name = "rex" }, { id = 2, name = am.null } }) end)
  nested:rollback()
end)
error_of(function() session:execute(insert(Pet), { { id = 1, name = "rex", colour = "red" } }) end)
error_of(function() session:execute(insert(Pet):values{ colour = "red" }) end)
say(session:scalar(select(func.count()):select_from(Pet)))
session:rollback()
people()
