-- Many-to-one and one-to-one: when no statement is needed, other keys than the primary one, NULL, pending, replaced.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Country = Base:model("Country", {
  __tablename__ = "countries",
  code = am.Column(am.String(2), { primary_key = true }),
  name = am.Column(am.String(30), { unique = true }),
})
local id = am.Column(am.Integer, { primary_key = true })
local name = am.Column(am.String(30))
local country_code = am.Column(am.ForeignKey("countries.code"))
local born_in = am.Column(am.ForeignKey("countries.name"))

local Person = Base:model("Person", {
  __tablename__ = "people",
  id = id,
  name = name,
  country_code = country_code,
  born_in = born_in,
  country = am.relationship(Country, { foreign_keys = country_code }),
  birth = am.relationship(Country, { foreign_keys = born_in, primaryjoin = born_in:eq(Country.name) }),
  passport = am.relationship(
    "Passport", { back_populates = "person", uselist = false, cascade = "all, delete-orphan" }
  ),
})

local Passport = Base:model("Passport", {
  __tablename__ = "passports",
  id = am.Column(am.Integer, { primary_key = true }),
  number = am.Column(am.String(30)),
  person_id = am.Column(am.ForeignKey("people.id")),
  person = am.relationship(Person, { back_populates = "passport" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({ Country{ code = "it", name = "italy" }, Country{ code = "no", name = "norway" } })
  s:flush()
  s:add_all({
    Person{
      id = 1, name = "ann", country_code = "it", born_in = "norway", passport = Passport{ id = 1, number = "A" }
    },
    Person{
      id = 2, name = "bob", country_code = "it", born_in = "italy", passport = Passport{ id = 2, number = "B" }
    },
    Person{ id = 3, name = "cid" }
  })
  s:commit()
end)
parity.forget()
step "the identity map answers"
am.Session(e, function(s)
  local people = s:scalars(am.select(Person):order_by(Person.id)):all()
  say(map(people, function(p) return p.country and p.country.name end))
  step "but not for another key"
  say(map(people, function(p) return p.birth and p.birth.code end))
  step "loaded already"
  say(people[1].country == people[2].country, people[1].birth.code)
end)
step "all countries first"
am.Session(e, function(s)
  s:scalars(am.select(Country):order_by(Country.code)):all()
  local people = s:scalars(am.select(Person):order_by(Person.id)):all()
  say(map(people, function(p) return p.country and p.country.name end))
end)
for _, loader in ipairs({ am.joinedload, am.selectinload, am.subqueryload, am.immediateload }) do
  step "a loader"
  am.Session(e, function(s)
    s:scalars(am.select(Person):options(loader(Person.country))):all()
    s:scalars(am.select(Person):options(loader(Person.birth))):all()
    local people = s:scalars(am.select(Person):options(loader(Person.passport)):order_by(Person.id)):all()
    step "touched"
    say(
      map(
        people,
        function(p)
          return list(p.country and p.country.code, p.birth and p.birth.code, p.passport and p.passport.number)
        end
      )
    )
    say(parity.collect(people, function(p) if p.passport then return p.passport.person == p end end))
  end)
end
step "selectin of what is there already"
am.Session(e, function(s)
  s:scalars(am.select(Country)):all()
  say(
    map(
      s:scalars(am.select(Person):options(am.selectinload(Person.country)):order_by(Person.id)),
      function(p) return p.country and p.country.code end
    )
  )
end)
step "the key changes"
am.Session(e, function(s)
  local ann = s:get(Person, 1)
  say(ann.country.name)
  ann.country_code = "no"
  say(ann.country.name)
  s:flush()
  say(ann.country.name)
  s:expire(ann, { "country" })
  say(ann.country.name)
  ann.country = nil
  say(ann.country_code, am.inspect(ann).attrs.country.history)
  s:flush()
  say(ann.country_code)
  s:rollback()
end)
step "the key changes before it is loaded"
am.Session(e, function(s)
  local ann = s:get(Person, 1)
  ann.country_code = "no"
  say(ann.country.name)
  s:rollback()
end)
step "pending objects"
am.Session(e, function(s)
  local dan = Person{ id = 4, name = "dan", country_code = "it" }
  s:add(dan)
  s:no_autoflush(function()
    say(dan.country)
  end)
  s:flush()
  say(dan.country)
  s:expire(dan, { "country" })
  say(dan.country.name)
  s:rollback()
end)
step "enable_relationship_loading"
am.Session(e, function(s)
  local loose = Person{ country_code = "it" }
  s:enable_relationship_loading(loose)
  say(loose.country.name, am.inspect(loose).pending, am.inspect(loose).transient, s:contains(loose))
end)
step "one to one replaced"
am.Session(e, function(s)
  local ann = s:get(Person, 1)
  local old = ann.passport
  ann.passport = Passport{ id = 7, number = "C" }
  say(am.inspect(old).session == s, old.person, s.deleted:contains(old))
  s:flush()
  say(am.inspect(old).deleted, ann.passport.person_id)
  s:rollback()
  step "taken from another"
  local cid = s:get(Person, 3)
  local passport = ann.passport
  passport.person = cid
  say(ann.passport, cid.passport == passport)
  s:flush()
  say(passport.person_id)
  s:rollback()
end)
step "in conditions"
am.Session(e, function(s)
  local it = s:get(Country, "it")
  say(s:scalars(am.select(Person.name):where(Person.country:eq(it)):order_by(Person.id)):all())
  say(s:scalars(am.select(Person.name):where(Person.birth:eq(it))):all())
  say(s:scalars(am.select(Person.name):where(Person.birth:ne(it)):order_by(Person.id)):all())
  say(s:scalars(am.select(Person.name):where(Person.country:eq(nil))):all())
  say(s:scalars(am.select(Person.name):where(Person.passport:eq(nil))):all())
  say(s:scalars(am.select(Person.name):where(Person.passport:ne(nil)):order_by(Person.id)):all())
  say(s:scalars(am.select(Person.name):where(Person.passport:has({ number = "B" }))):all())
  say(
    s:scalars(
      am.select(Person.name)
        :where(Person.country:has(Country.name:eq("italy")), am.not_(Person.birth:has({ code = "it" })))
    ):all()
  )
end)
step "several rows for one"
am.Session(e, function(s)
  s:execute(Passport.__table__:insert():values({ id = 9, number = "Z", person_id = 3 }))
  say(s:get(Person, 3).passport.number)
  s:rollback()
end)
step "end"
