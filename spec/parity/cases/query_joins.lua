-- Joins along relationships: targets, conditions, of_type, outer joins, subqueries, CTEs, select_from, wrong ones.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()
local member = am.Table(
  "member",
  Base.metadata,
  am.Column("person_id", am.ForeignKey("persons.id"), { primary_key = true }),
  am.Column("club_id", am.ForeignKey("clubs.id"), { primary_key = true }),
  am.Column("role", am.String(10))
)

local Person = Base:model("Person", {
  __tablename__ = "persons",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  home_id = am.Column(am.ForeignKey("places.id")),
  work_id = am.Column(am.ForeignKey("places.id")),
  home = am.relationship("Place", { foreign_keys = "Person.home_id" }),
  work = am.relationship("Place", { foreign_keys = "Person.work_id" }),
  clubs = am.relationship("Club", { secondary = member, back_populates = "persons", order_by = "Club.id" }),
  pets = am.relationship("Pet", { back_populates = "owner", order_by = "Pet.id" }),
})

local Place = Base:model("Place", {
  __tablename__ = "places",
  id = am.Column(am.Integer, { primary_key = true }),
  city = am.Column(am.String(30)),
})

local Club = Base:model("Club", {
  __tablename__ = "clubs",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  persons = am.relationship("Person", { secondary = member, back_populates = "clubs", order_by = "Person.id" }),
})

local Pet = Base:model("Pet", {
  __tablename__ = "pets",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  age = am.Column(am.Integer),
  owner_id = am.Column(am.ForeignKey("persons.id")),
  owner = am.relationship("Person", { back_populates = "pets" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local rome, oslo = Place{ id = 1, city = "rome" }, Place{ id = 2, city = "oslo" }
  local chess, golf = Club{ id = 1, name = "chess" }, Club{ id = 2, name = "golf" }
  s:add_all{
    Person{
      id = 1,
      name = "ann",
      home = rome,
      work = oslo,
      clubs = { chess, golf },
      pets = { Pet{ id = 1, name = "rex", age = 3 }, Pet{ id = 2, name = "tom", age = 9 } }
    },
    Person{ id = 2, name = "bob", home = rome, work = rome, clubs = { golf } },
    Person{ id = 3, name = "cid", home = oslo, pets = { Pet{ id = 3, name = "kim", age = 5 } } }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function rows(stmt)
  say(s:execute(stmt):all())
end

step "by relationship"
rows(am.select(Person.name, Pet.name):join(Person.pets):order_by(Pet.id))
rows(am.select(Person.name, Pet.name):join(Person.pets, { isouter = true }):order_by(Person.id, Pet.id))
rows(am.select(Person.name, Pet.name):outerjoin(Person.pets):where(Pet.id:is_(nil)):order_by(Person.id))
rows(am.select(Person.name, Club.name):join(Person.clubs):order_by(Person.id, Club.id))
rows(am.select(Person.name):join(Person.home):where(Place.city:eq("rome")):order_by(Person.id))
step "by target"
rows(am.select(Person.name, Pet.name):join(Pet):order_by(Pet.id))
rows(am.select(Person.name, Pet.name):join(Pet, Person.pets):order_by(Pet.id))
rows(am.select(Person.name, Pet.name):join(Pet, Person.id:eq(Pet.owner_id)):order_by(Pet.id))
rows(am.select(Person.name, Pet.name)
    :join(Pet, am.and_(Person.id:eq(Pet.owner_id), Pet.age:gt(4)))
    :order_by(Pet.id))
rows(am.select(Person.name, Pet.name):outerjoin(Person.pets:and_(Pet.age:gt(4))):order_by(Person.id))
step "chains and aliases"
local home, work = am.aliased(Place, { name = "home" }), am.aliased(Place, { name = "work" })
rows(
  am.select(Person.name, home.city, work.city)
    :join(Person.home:of_type(home))
    :outerjoin(Person.work:of_type(work))
    :order_by(Person.id)
)
rows(am.select(Person.name, home.city)
    :join(home, Person.home)
    :where(home.city:startswith("o"))
    :order_by(Person.id))
rows(am.select(Pet.name, Club.name):select_from(Pet):join(Pet.owner):join(Person.clubs):order_by(Pet.id, Club.id))
local other = am.aliased(Person)
rows(
  am.select(Person.name, other.name)
    :join(Person.clubs)
    :join(Club.persons:of_type(other))
    :where(other.id:gt(Person.id))
    :order_by(Person.id, Club.id)
)
rows(am.select(Pet.name, other.name):join(Pet.owner:of_type(other)):order_by(Pet.id))
step "select_from"
rows(am.select(Pet.name):select_from(Person):join(Person.pets):order_by(Pet.id))
rows(am.select(Person.name, Pet.name):select_from(am.join(Person, Pet)):order_by(Pet.id))
rows(am.select(Person.name, Pet.name)
    :select_from(am.outerjoin(Person, Pet, Person.pets))
    :order_by(Person.id, Pet.id))
rows(
  am.select(Person.name, Pet.name)
    :select_from(am.join(Person, Pet, Person.pets):join(member, member.c.person_id:eq(Person.id)))
    :order_by(Pet.id)
)
rows(am.select(am.func.count()):select_from(Person):join(Person.clubs))
rows(am.select(Person.name, Club.name):join_from(Person, Club, Person.clubs):order_by(Person.id, Club.id))
rows(am.select(Person.name, Pet.name):outerjoin_from(Person, Pet):order_by(Person.id, Pet.id))
step "the association table itself"
rows(am.select(Person.name, member.c.role):join(member):order_by(Person.id, member.c.club_id))
parity.error(function() return s:execute(am.select(Person.name, Club.name):join(member):join(Club)) end)
rows(am.select(Person.name, Club.name):select_from(Person):join(member):join(Club):order_by(Person.id, Club.id))
step "subqueries"
local oldest = am.select(Pet.owner_id, am.func.max(Pet.age):label("age")):group_by(Pet.owner_id):subquery()
rows(am.select(Person.name, oldest.c.age):join(oldest, Person.id:eq(oldest.c.owner_id)):order_by(Person.id))
rows(am.select(Person.name, oldest.c.age):outerjoin(oldest):order_by(Person.id))
local sub = am.select(Pet):where(Pet.age:gt(4)):subquery()
local old = am.aliased(Pet, sub)
rows(am.select(Person.name, old.name):join(old, Person.pets):order_by(old.id))
rows(am.select(Person.name, old.name):join(Person.pets:of_type(old)):order_by(old.id))
rows(am.select(Person.name, old.name, old.age):outerjoin(old, old.owner_id:eq(Person.id)):order_by(Person.id))
local cte = am.select(Club.id, Club.name):where(Club.name:eq("golf")):cte("g")
rows(
  am.select(Person.name, cte.c.name)
    :join(member, member.c.person_id:eq(Person.id))
    :join(cte, cte.c.id:eq(member.c.club_id))
    :order_by(Person.id)
)
local golf_club = am.aliased(Club, cte)
rows(am.select(Person.name, golf_club.name):join(Person.clubs:of_type(golf_club)):order_by(Person.id))
step "full join"
local stmt = am.select(Person.name, Pet.name):join(Pet, Person.pets, { full = true }):order_by(Person.id, Pet.id)
say(tostring(stmt))
rows(am.select(Person.name, Place.city):join(Place, am.true_()):where(Person.id:eq(1)):order_by(Place.id))
step "whole entities from joins"
for _, person, pet in s:execute(am.select(Person, Pet):outerjoin(Person.pets):order_by(Person.id, Pet.id)):each() do
  say(person.name, pet and pet.name)
end
say(map(s:scalars(am.select(Person):join(Person.pets):order_by(Pet.id)), function(p) return p.name end))
say(map(s:scalars(am.select(Person):join(Person.pets):order_by(Person.id)):unique(), function(p) return p.name end))
say(map(s:scalars(am.select(Person):join(Person.pets):distinct():order_by(Person.id)), function(p) return p.name end))
step "wrong joins"
parity.error(function() return s:execute(am.select(Person):join(Place)) end)
parity.error(function() return s:execute(am.select(Pet):join(Club)) end)
parity.error(function() return s:execute(am.select(Person):join(Person.name)) end)
parity.error(function() return s:execute(am.select(Person):join("pets")) end)
parity.error(function() return s:execute(am.select(Person):join(Club, Person.pets)) end)
parity.error(function() return s:execute(am.select(am.func.count()):join(Person.pets)) end)
step "end"
