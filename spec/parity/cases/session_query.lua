-- The legacy Query: getters, joins, unions, subqueries, update, delete, locks, and what it refuses.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local City = Base:model("City", {
  __tablename__ = "city",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  people = am.relationship("Person", { back_populates = "city", order_by = "Person.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  age = am.Column(am.Integer),
  city_id = am.Column(am.ForeignKey("city.id")),
  city = am.relationship("City", { back_populates = "people" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local func = am.func
local rome, oslo = City{ id = 1, name = "rome" }, City{ id = 2, name = "oslo" }
session:add_all{ rome, oslo, City{ id = 3, name = "void" } }
for i, row in ipairs { { "ann", 30, 1 }, { "bob", 20, 1 }, { "cid", 40, 2 }, { "dee" } } do
  session:add(Person{ id = i, name = row[1], age = row[2], city_id = row[3] })
end
session:commit()

local function query(...) return session:query(...) end
local function map(items, key)
  local list = {}
  for i, item in ipairs(items) do list[i] = item[key] end
  return list
end

step "getters"
say(query(Person):get(2).name, query(Person):get(9), query(Person):count(),
  query(Person):filter_by{ name = "ann" }:one().age)
say(query(Person):order_by(Person.id):first().name, query(Person):filter(Person.id:gt(9)):first())
say(query(Person.name):filter(Person.id:eq(3)):scalar(), query(Person.name):filter_by{ id = 77 }:scalar())
say(query(Person):filter_by{ id = 77 }:one_or_none())
error_of(function() query(Person):one() end)
error_of(function() query(Person):filter_by{ id = 77 }:one() end)
error_of(function() query(Person.name):scalar() end)
error_of(function() query(Person):one_or_none() end)
local names = {}
for x in query(Person):order_by(am.desc(Person.id)) do names[#names + 1] = x.name end
say(names, query(Person.id, Person.name):order_by(Person.id):slice(1, 3):all())
say(query(Person.name):order_by(Person.id):limit(2):offset(1):all(),
  query(Person.name):order_by(Person.id):slice(0, 2):all())
say(query(query(Person):filter(Person.age:gt(35)):exists()):scalar(),
  query(Person.city_id):distinct():order_by(Person.city_id):all())

step "filters and grouping"
local q = query(City.name, func.count(Person.id):label("n")):outerjoin(City.people):group_by(City.name)
  :order_by("n", City.name)
say(q:all())
say(q:having(func.count(Person.id):gt(0)):all())
say(query(Person.name):filter(am.or_(Person.age:lt(25), Person.age:is_(nil))):order_by(Person.name):all())
say(query(Person.name):join(Person.city):filter(City.name:eq("rome")):order_by(Person.id):all())
say(query(Person.name):join(City, am.and_(City.id:eq(Person.city_id), City.name:ne("rome"))):all())
say(query(Person.name):filter(Person.city:has{ name = "oslo" }):all(),
  query(City.name):filter(City.people:any(Person.age:lt(25))):all())
local other = am.aliased(Person)
say(query(Person.name, other.name):join(other, Person.id:lt(other.id)):filter(other.id:eq(2)):all())
say(query(Person):with_entities(Person.age):filter_by{ city_id = 1 }:order_by(Person.age):all())
say(query(Person.name):add_columns(Person.age):filter(am.text("age > :n")):params{ n = 25 }:order_by(Person.id):all())
say(query(City):filter_by{ name = "rome" }:join(City.people):filter_by{ name = "bob" }:count())
say(query(Person.name):select_from(City):join(City.people):order_by(Person.id):limit(1):all())
local sub = query(Person.city_id, func.max(Person.age):label("oldest")):group_by(Person.city_id):subquery()
say(query(City.name, sub.c.oldest):join(sub, sub.c.city_id:eq(City.id)):order_by(City.id):all())
local old = query(Person):filter(Person.age:gt(25)):cte("old")
say(query(old.c.name):order_by(old.c.id):all())
say(query(Person.name, query(func.count(City.id)):scalar_subquery():label("cities")):filter(Person.id:eq(1)):all())

step "unions"
local q1, q2 = query(Person):filter(Person.id:lt(3)), query(Person):filter(Person.id:in_{ 2, 3 })
say(map(q1:union(q2):order_by(Person.id):all(), "name"))
say(map(q1:union_all(q2):order_by(Person.name):all(), "id"))
say(map(q1:intersect(q2):all(), "name"), map(q1:except_(q2):all(), "name"))

step "loading"
session:expunge_all()
local c = query(City):options(am.joinedload(City.people)):order_by(City.id):first()
say(map(c.people, "name"))
q = query(City):join(City.people):options(am.contains_eager(City.people)):filter(Person.age:gt(25)):populate_existing()
local cities = {}
for city in q:order_by(City.id) do cities[#cities + 1] = { city.name, map(city.people, "name") } end
say(cities)
say(query(Person):from_statement(am.text("select * from person where id = :i")):params{ i = 3 }:one().name)
names = {}
for x in query(Person):order_by(Person.id):yield_per(2) do names[#names + 1] = x.name end
say(names)
query(Person):filter_by{ id = 1 }:with_for_update():all()
query(Person):filter_by{ id = 1 }:with_for_update{ read = true, nowait = true }:all()
say(map(query(Person, City.name:label("where")).column_descriptions, "name"))
p.sql()

step "update and delete"
local x = query(Person):get(1)
say(query(Person):filter(Person.age:lt(35)):update{ age = Person.age + 1 }, x.age)
say(query(Person):filter(Person.id:eq(1)):update({ [Person.name] = "ANN" }, { synchronize_session = "fetch" }), x.name)
say(query(Person):filter(Person.id:eq(1)):update({ name = "an" }, { synchronize_session = false }), x.name)
say(query(Person):filter(Person.name:eq("dee")):delete(),
  query(Person):filter_by{ city_id = 2 }:delete{ synchronize_session = "fetch" })
say(query(Person):count())
session:rollback()
say(x.name, x.age)

step "refusals"
error_of(function() query(Person):limit(1):filter(Person.id:eq(1)) end)
error_of(function() query(Person):limit(1):update{ age = 1 } end)
error_of(function() query(Person):join(City.people):delete() end)
error_of(function() query(Person):filter_by{ nothing = 1 } end)
error_of(function() query("person") end)
error_of(function() query(Person):get{ 1, 2 } end)
error_of(function() query(Person):filter(Person.id:eq(1)):get(1) end)
say(tostring(query(Person.id):filter(Person.id:eq(1)).statement))
p.sql()
