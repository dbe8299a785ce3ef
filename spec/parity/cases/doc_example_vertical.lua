-- The vertical example: facts of several types behind a dictionary, with a comparator that works on CASE.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local function kind_of(value)
  local kinds = { number = "int", string = "str", boolean = "bool", ["nil"] = "NoneType" }
  return kinds[type(value)]
end

local AnimalFact
local function case_of(cls)
  local fields, names = {}, {}
  for k, v in pairs(AnimalFact.type_map) do
    if k == v[2] and v[1] then
      fields[v[2]] = v[1]
      names[#names + 1] = v[2]
    end
  end
  table.sort(names, function(a, b) return fields[a] < fields[b] end)
  local args = {}
  for i, name in ipairs(names) do
    args[i] = { am.literal_column("'" .. name .. "'"), am.cast(cls[fields[name]], am.String) }
  end
  args[#args + 1] = { value = cls.type, else_ = am.null_() }
  return am.case((table.unpack or unpack)(args))
end

AnimalFact = Base:model("AnimalFact", {
  __tablename__ = "animal_fact",
  animal_id = am.Column(am.ForeignKey("animal.id"), { primary_key = true }),
  key = am.Column(am.Unicode(64), { primary_key = true }),
  type = am.Column(am.Unicode(16)),
  int_value = am.Column(am.Integer, { info = { type = { "int", "integer" } } }),
  char_value = am.Column(am.UnicodeText, { info = { type = { "str", "string" } } }),
  boolean_value = am.Column(am.Boolean, { info = { type = { "bool", "boolean" } } }),
  value = am.hybrid_property(function(self)
    local field = self.type_map[self.type][1]
    if field == nil or field == am.null then return nil end
    return self[field]
  end, {
    setter = function(self, value)
      local entry = self.type_map[kind_of(value)]
      self.type = entry[2]
      if entry[1] then self[entry[1]] = value end
    end,
    comparator = function(cls)
      return {
        eq = function(_, other) return case_of(cls):eq(am.cast(other, am.String)) end,
        ne = function(_, other) return case_of(cls):ne(am.cast(other, am.String)) end,
      }
    end,
  }),
})

am.event.listen(AnimalFact, "mapper_configured", function(mapper, cls)
  local info = { NoneType = p.list(nil, "none"), none = p.list(nil, "none") }
  for _, k in ipairs(mapper.c:keys()) do
    local found = mapper.c[k].info.type
    if found then
      local entry = { k, found[2] }
      info[found[1]] = entry
      info[found[2]] = entry
    end
  end
  cls.type_map = info
end)

local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.Unicode(100)),
  facts = am.relationship("AnimalFact", { collection_class = am.attribute_keyed_dict("key"),
    cascade = "all, delete-orphan" }),
  values = am.association_proxy("facts", "value", {
    creator = function(key, value) return AnimalFact{ key = key, value = value } end,
  }),
})
function Animal.with_characteristic(key, value) return Animal.facts:any{ key = key, value = value } end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
am.configure_mappers()
say(AnimalFact.type_map)

local function items(proxy)
  local out = {}
  for k, v in proxy:items() do out[#out + 1] = { k, v } end
  return p.sorted(out)
end
local function keys(proxy)
  local out = {}
  for k in proxy:items() do out[#out + 1] = k end
  return p.sorted(out)
end

step "facts"
local stoat = Animal{ name = "stoat" }
stoat.values.color = "red"
stoat.values.cuteness = 7
stoat.values["weasel-like"] = true
session:add(stoat)
session:commit()
local critter = session:query(Animal):filter(Animal.name:eq("stoat")):one()
say(critter.values.color, critter.values.cuteness, critter.values["weasel-like"])
say(keys(critter.values), critter.values:contains("color"), #keys(critter.values))
say(critter.values:get("size"), critter.values:get("size", 3))
step "another type"
critter.values.cuteness = "very cute"
say(critter.facts.cuteness.type, am.inspect(critter.facts.cuteness).attrs.type.history)
session:commit()
local fact = critter.facts.cuteness
say(fact.type, fact.int_value, fact.char_value, fact.value)
step "more animals"
local marten = Animal{ name = "marten" }
marten.values:update{ cuteness = 5, poisonous = false, ["weasel-like"] = true }
session:add(marten)
local shrew = Animal{ name = "shrew" }
shrew.values:update{ cuteness = 5, poisonous = true, ["weasel-like"] = false }
session:add(shrew)
session:flush()
say(items(marten.values))
session:commit()
p.forget()

local function names(q) return p.map(q:order_by(Animal.id), function(a) return a.name end) end
local q = session:query(Animal)
step "weasel-like"
say(names(q:filter(Animal.facts:any(am.and_(AnimalFact.key:eq("weasel-like"), AnimalFact.value:eq(true))))))
step "weasel-like again"
say(names(q:filter(Animal.with_characteristic("weasel-like", true))))
step "not poisonous"
say(names(q:filter(am.or_(Animal.with_characteristic("poisonous", false),
  am.not_(Animal.facts:any(AnimalFact.key:eq("poisonous")))))))
step "a value of 5"
say(names(q:filter(Animal.facts:any(AnimalFact.value:eq(5)))))
say(session:scalars(am.select(AnimalFact.key):where(AnimalFact.value:ne("red"))
  :order_by(AnimalFact.animal_id, AnimalFact.key)):all())
step "forget a fact"
marten.values.poisonous = nil
say(marten.values:pop("cuteness"), keys(marten.facts), session.deleted)
session:commit()
say(items(marten.values))
stoat.values = { color = "brown", age = 2 }
session:flush()
say(items(stoat.values))
stoat.values:clear()
session:commit()
say(items(stoat.values), #keys(stoat.facts))
session:delete(shrew)
session:commit()
say(session:query(AnimalFact):count())
p.sql()
