-- Wrong use of classes and objects: unknown attributes, foreign classes, detached loads, claims of two sessions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, refused, map = parity.say, parity.step, parity.error, parity.refused, parity.map
local select = am.select

local Base = am.declarative_base()
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20), { nullable = false }),
  pets = am.relationship("Pet", { back_populates = "owner", cascade = "all, delete-orphan" }),
  house = am.relationship("House", { uselist = false }),
})
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  owner_id = am.Column(am.ForeignKey("owner.id")),
  owner = am.relationship("Owner", { back_populates = "pets" }),
})
local House = Base:model("House", {
  __tablename__ = "house",
  id = am.Column(am.Integer, { primary_key = true }),
  street = am.Column(am.String(20)),
  owner_id = am.Column(am.ForeignKey("owner.id")),
})
local Rock = setmetatable({}, { __call = function(class) return setmetatable({}, { __index = class }) end })

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local ann = Owner{ name = "ann", pets = { Pet{ name = "tom" }, Pet{ name = "kit" } } }
s:add(ann)
s:commit()
parity.forget()
local function flush() s:flush() end
local function name(p) return p.name end
step("what does not exist")
refused(function() return Owner{ nmae = "x" } end)
refused(function() return Owner.nmae end)
error_(function() return s:scalars(select(Owner):filter_by{ nmae = "x" }) end)
refused(function() return select(Owner):options(am.selectinload(Owner.petz)) end)
error_(function() return select(Owner):options(am.selectinload("pets")) end)
error_(function() return s:get(Owner, { 1, 2 }) end)
error_(function() return s:get(Rock, 1) end)
refused(function() s:refresh(ann, { "nmae" }) end)
refused(function() s:expire(ann, { "nmae" }) end)
step("objects that are not mapped")
error_(function() s:add(Rock()) end)
error_(function() s:add("ann") end)
error_(function() s:delete(Rock()) end)
error_(function() s:expunge(Rock()) end)
error_(function() s:merge(Rock()) end)
error_(function() s:refresh(Rock()) end)
error_(function() s:add_all{ Pet{ name = "ok" }, Rock() } end)
say(#s.new)
s:rollback()
step("an object of another class")
refused(function() ann.pets = { House{ street = "a" } } end)
error_(flush)
s:rollback()
say(map(ann.pets, name))
ann.house = Pet{ name = "no house" }
error_(flush)
say(s.is_active)
s:rollback()
say(ann.house)
refused(function() ann.pets:append("dog") end)
refused(function() ann.pets = ann end)
refused(function() ann.house = { House{ street = "b" } } end)
refused(function() ann.pets:remove(Pet{ name = "other" }) end)
say(#ann.pets, #s.new)
s:rollback()
step("states that do not fit")
error_(function() s:delete(Owner{ name = "new" }) end)
error_(function() s:refresh(Owner{ name = "new" }) end)
error_(function() s:expire(Owner{ name = "new" }) end)
error_(function() s:expunge(Owner{ name = "new" }) end)
local pending = Owner{ name = "pending" }
s:add(pending)
error_(function() s:delete(pending) end)
error_(function() s:refresh(pending) end)
s:expunge(pending)
step("detached")
local tom = ann.pets[1] -- luacheck: ignore
s:expunge_all()
s:expire_all()
local loose = am.Session(eng)
local bob = loose:get(Pet, 2)
loose:close()
error_(function() return bob.owner end)
say(bob.name)
s:add(ann)
s:commit()
s:close()
error_(function() return ann.name end)
error_(function() return ann.pets end)
step("two sessions")
local one, two = am.Session(eng), am.Session(eng)
local pet = one:get(Pet, 1)
error_(function() two:add(pet) end)
error_(function() two:delete(pet) end)
error_(function() two:refresh(pet) end)
error_(function() two:expunge(pet) end)
say(one:contains(pet), two:contains(pet))
local owner = two:get(Owner, 1)
error_(function()
  pet.owner = owner
  one:flush()
end)
one:close()
two:close()
step("the same identity twice")
s = am.Session(eng)
local a = s:get(Owner, 1)
error_(function()
  s:add(Owner{ id = 1, name = "double" })
  s:flush()
end)
s:rollback()
local other = am.Session(eng):get(Owner, 1)
am.object_session(other):expunge(other)
error_(function() s:add(other) end)
say(s:get(Owner, 1) == a, s:contains(other))
step("missing values")
s:add(Owner())
error_(flush)
error_(function() return s:scalars(select(Owner)):all() end)
error_(function() s:commit() end)
s:rollback()
s:add(Pet{ id = 1, name = "again" })
error_(function() s:commit() end)
s:rollback()
say(s:scalars(select(Pet.name):order_by(Pet.id)):all())
step("end")
s:close()
