-- What new objects hold after a flush that failed: histories, expired columns, and how they are stored later.
local am = require "alchemoon"
local p = require "parity"
local say, step, error = p.say, p.step, p.error
local Column, ForeignKey, Integer, String = am.Column, am.ForeignKey, am.Integer, am.String
local event, func, inspect = am.event, am.func, am.inspect
local unpack = table.unpack or unpack -- luacheck: ignore 113

local Base = am.declarative_base()
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  nick = Column(String(20)),
  score = Column(Integer, { default = 7 }),
  made = Column(String(20), { server_default = "now" }),
})
local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = Column(Integer, { primary_key = true }),
  owner_id = Column(ForeignKey("owner.id")),
  code = Column(String(10), { nullable = false }),
  level = Column(Integer, { default = 3 }),
  owner = am.relationship("Owner"),
})
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = Column(Integer, { primary_key = true }),
  size = Column(Integer),
  legs = Column(Integer, { server_default = "4" }),
  kind = Column(String(10)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
})
local Cat = Base:model("Cat", {
  __extends__ = Animal,
  __tablename__ = "cat",
  id = Column(ForeignKey("animal.id"), { primary_key = true }),
  lives = Column(Integer),
  mood = Column(Integer, { server_default = "8" }),
  __mapper_args__ = { polymorphic_identity = "cat" },
})
local Dog = Base:model("Dog", {
  __extends__ = Animal,
  __tablename__ = "dog",
  id = Column(ForeignKey("animal.id"), { primary_key = true }),
  bone = Column(Integer, { nullable = false }),
  __mapper_args__ = { polymorphic_identity = "dog" },
})

local function keys(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  return p.sorted(list)
end
local function look(obj, ...)
  local state = inspect(obj)
  say(state.modified, state.transient, state.pending, state.persistent, p.sorted(state.unloaded))
  say(p.sorted(state.expired_attributes), keys(state.dict))
  for _, name in ipairs { ... } do say(name, state.attrs[name].history) end
end
local function read(obj, ...)
  for _, name in ipairs { ... } do
    error(function() say(name, obj[name]) end)
  end
end

local e = p.engine()
Base.metadata:create_all(e, { checkfirst = false })
p.forget()
local s = am.Session(e)
local OWNER = { "id", "name", "nick", "score", "made" }
local THING = { "id", "owner_id", "code", "level", "owner" }
for _, case in ipairs { { "nothing given" }, { "a default given", 8 }, { "None given", am.null } } do
  step(case[1])
  local owner = Owner { name = "ann" }
  local thing = Thing { owner = owner }
  if case[2] == am.null then thing.level = nil elseif case[2] then thing.level = case[2] end
  s:add_all { owner, thing }
  error(function() s:flush() end)
  look(owner, unpack(OWNER))
  look(thing, unpack(THING))
  s:rollback()
  read(owner, unpack(OWNER))
  read(thing, unpack(THING))
  look(owner, unpack(OWNER))
  thing.code = "x"
  s:add(thing)
  s:commit()
  read(owner, unpack(OWNER))
  read(thing, unpack(THING))
end
step "many of a class"
local owners = p.map({ 61, 62, 63, 1 }, function(n) return Owner { id = n, name = "many" } end)
s:add_all(owners)
error(function() s:flush() end)
for _, owner in ipairs(owners) do look(owner, "id", "score") end
s:rollback()
step "what an INSERT expired"
local cat = Cat { size = func.abs(-4), lives = func.abs(-9) }
s:add_all { cat, Dog() }
error(function() s:flush() end)
look(cat, "id", "size", "legs", "lives", "mood", "kind")
s:rollback()
read(cat, "id", "size", "legs", "lives", "mood", "kind")
step "stored later"
s:add(cat)
cat.size, cat.lives = 3, 5
read(cat, "mood", "lives")
s:rollback()
step "a listener reads it"
event.listen(Cat, "after_insert", function(_, _, obj)
  say(obj.size, obj.legs, obj.lives, obj.mood)
  look(obj, "id", "size", "legs", "lives", "mood")
end)
s:add(Cat { size = func.abs(-4), lives = func.abs(-9) })
s:flush()
step "set is told of keys that go on to another table"
for _, key in ipairs { "id", "size" } do
  event.listen(Cat[key], "set", function(_, value, old) say(key, value, old) end)
end
cat = Cat { size = 1 }
s:add(cat)
s:flush()
cat.size = 2
s:flush()
step "end"
