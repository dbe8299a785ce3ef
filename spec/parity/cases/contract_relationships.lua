-- Options of relationships, first half: directions, joins of one's own, cascades, order, uselist, statements.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local follow_table = am.Table("follows", Base.metadata,
  Column("from_id", ForeignKey("people.id"), { primary_key = true }),
  Column("to_id", ForeignKey("people.id"), { primary_key = true }))

local Person, Place
Person = Base:model("Person", {
  __tablename__ = "people",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  home_id = Column(ForeignKey("places.id")),
  work_id = Column(ForeignKey("places.id")),
  home = relationship("Place", { foreign_keys = { "Person.home_id" },
    backref = am.backref("residents", { order_by = "Person.id" }) }),
  work = relationship("Place", { foreign_keys = "Person.work_id", back_populates = "workers" }),
  follows = relationship("Person", { secondary = "follows",
    primaryjoin = function() return Person.id:eq(follow_table.c.from_id) end,
    secondaryjoin = function() return Person.id:eq(follow_table.c.to_id) end, back_populates = "followers",
    order_by = "Person.id" }),
  followers = relationship("Person", { secondary = "follows",
    primaryjoin = function() return Person.id:eq(follow_table.c.to_id) end,
    secondaryjoin = function() return Person.id:eq(follow_table.c.from_id) end, back_populates = "follows",
    order_by = "Person.id" }),
  passport = relationship("Passport", { uselist = false, back_populates = "person", cascade = "all, delete-orphan" }),
  letters = relationship("Letter", { back_populates = "person", cascade = "all, delete, delete-orphan",
    order_by = "Letter.sent.desc(), Letter.id" }),
  drafts = relationship("Letter", { primaryjoin = "and_(Person.id == Letter.person_id, Letter.sent == None)",
    viewonly = true }),
  pets = relationship("Pet", { cascade = "save-update, merge, expunge, refresh-expire", backref = "person" }),
  namesakes = relationship("Place", {
    primaryjoin = function() return am.foreign(Person.name):eq(am.remote(Place.name)) end, viewonly = true,
      uselist = true,
    order_by = "Place.id" }),
})

Place = Base:model("Place", {
  __tablename__ = "places",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  part_of = Column(ForeignKey("places.id")),
  whole = relationship("Place", { remote_side = { "Place.id" }, back_populates = "parts" }),
  parts = relationship("Place", { back_populates = "whole", order_by = "Place.name" }),
  workers = relationship(Person, { foreign_keys = Person.work_id, back_populates = "work" }),
})

local Passport = Base:model("Passport", {
  __tablename__ = "passports",
  id = Column(Integer, { primary_key = true }),
  number = Column(String(9)),
  person_id = Column(ForeignKey("people.id"), { nullable = false }),
  person = relationship(Person, { back_populates = "passport" }),
})

local Letter = Base:model("Letter", {
  __tablename__ = "letters",
  id = Column(Integer, { primary_key = true }),
  sent = Column(Integer),
  person_id = Column(ForeignKey("people.id")),
  person = relationship(Person, { back_populates = "letters" }),
})

local Pet = Base:model("Pet", {
  __tablename__ = "pets",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(9)),
  person_id = Column(ForeignKey("people.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.configure_mappers()
for _, name in ipairs(inspect(Person).relationships:keys()) do
  local r = inspect(Person).relationships[name]
  say(name, r.direction.name, r.uselist, p.sorted(r.cascade), r.viewonly, r.secondary ~= nil,
    map(r.local_remote_pairs, function(pair) return pair[1].key .. "." .. pair[2].key end), r.back_populates)
end
local session = am.Session(e)
local function names(items) return map(items, function(x) return x.name end) end
step "both sides follow"
local town, shop = Place{ name = "town" }, Place{ name = "shop" }
shop.whole = town
local ann, bob, cat = Person{ name = "ann" }, Person{ name = "bob" }, Person{ name = "shop" }
ann.home, ann.work = town, shop
town.residents:append(bob)
bob.follows:append(ann)
session:add(ann)
session:flush()
ann.follows:extend{ cat }
session:flush()
ann.follows:append(bob)
say(town.parts[1].name, names(town.residents), names(shop.workers), bob.home.name)
say(names(ann.followers), names(bob.followers), cat.followers[1] == ann)
session:flush()
ann.passport = Passport{ number = "A1" }
session:flush()
ann.letters = { Letter{ sent = 1 }, Letter(), Letter{ sent = 3 } }
session:flush()
ann.pets = { Pet{ name = "rex" } }
say(ann.passport.person == ann, ann.letters[2].person == ann, ann.pets[1].person == ann)
session:add(ann)
say(#session.new, session:contains(cat), session:contains(town))
session:commit()
step "loads"
say(map(ann.letters, function(x) return x.sent end), #ann.drafts, names(town.residents), names(cat.namesakes))
say(names(ann.followers), ann.passport.number, names(town.parts), ann.home == town)
step "one to one is replaced"
local old = ann.passport
ann.passport = Passport{ number = "B2" }
say(old.person, inspect(ann).attrs.passport.history.deleted[1] == old, session.deleted:contains(old))
session:commit()
say(inspect(old).detached, session:scalars(select(Passport.number)):all())
step "orphans"
local first = ann.letters[1]
ann.letters:remove(first)
say(first.person, inspect(ann).attrs.letters.history.deleted[1] == first)
session:flush()
say(inspect(first).deleted)
session:commit()
p.error(function()
  session:add(Letter{ sent = 9 })
  session:flush()
end)
session:rollback()
local lost = Letter{ sent = 8, person = ann }
say(ann.letters:contains(lost))
p.refused(function() ann.letters:remove(lost) end)
say(inspect(lost).transient, inspect(lost).pending)
session:flush()
step "a move between parents"
local mine = ann.letters[1]
bob.letters:append(mine)
say(mine.person.name, ann.letters:contains(mine), inspect(mine).attrs.person.history.deleted[1].name)
session:commit()
step "deletes"
session:delete(ann)
session:flush()
say(names(bob.follows), map(session:scalars(select(Pet)), function(x) return x.person_id end))
session:rollback()
session:delete(town)
session:commit()
say(shop.part_of, ann.home_id, ann.home, bob.home)
session:delete(bob)
session:commit()
say(session:execute(select(follow_table)):all(), session:scalar(select(func.count(Letter.id))))
step "view only"
cat.namesakes:append(town)
session:commit()
say(#cat.namesakes)
p.error(function() return relationship("Place", { viewonly = true, cascade = "all" }) end)
p.error(function() return relationship("Place", { cascade = "all, everything" }) end)
p.error(function()
  Base:model("X", { __tablename__ = "x", id = Column(Integer, { primary_key = true }), places = relationship("Place") })
  am.configure_mappers()
end)
sql()
