-- Attributes that look like other things: a dict over a dynamic relationship, typed values, keys by a function.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, inspect, and_ = am.select, am.inspect, am.and_

local Base = am.declarative_base()
local seen = {}

local ProxyDict = {}
ProxyDict.__index = ProxyDict
function ProxyDict:collection() return self.parent[self.collection_name] end
function ProxyDict:keys()
  local attr = self.child_class[self.key_name]
  return p.map(self:collection():with_entities(attr):order_by(attr), function(x) return x[1] end)
end
function ProxyDict:get(key) return self:collection():filter_by{ [self.key_name] = key }:first() end
function ProxyDict:set(key, value)
  local existing = self:get(key)
  if existing then self:collection():remove(existing) end
  value[self.key_name] = key
  self:collection():append(value)
end

local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  _children = am.relationship("Child", { lazy = "dynamic", cascade = "all, delete-orphan" }),
})
local Child = Base:model("Child", {
  __tablename__ = "child",
  id = Column(Integer, { primary_key = true }),
  key = Column(String(20)),
  parent_id = Column(ForeignKey("parent.id")),
})
function Parent:children()
  local dict = { parent = self, collection_name = "_children", child_class = Child, key_name = "key" }
  return setmetatable(dict, ProxyDict)
end

local type_map = {}
local KIND = { number = "integer", string = "string", boolean = "boolean" }
local function text(x) return am.cast(x, am.String) end
local Compare = {}
function Compare:of_type()
  local whens, names = {}, {}
  for name in pairs(type_map) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do whens[i] = { self.cls.type:eq(name), text(self.cls[type_map[name]]) } end
  whens[#whens + 1] = { else_ = am.null_() }
  return am.case((table.unpack or unpack)(whens))
end
function Compare:eq(other) return self:of_type():eq(text(other)) end
function Compare:ne(other) return self:of_type():ne(text(other)) end

local Fact = Base:model("Fact", {
  __tablename__ = "fact",
  animal_id = Column(ForeignKey("animal.id"), { primary_key = true }),
  key = Column(String(20), { primary_key = true }),
  type = Column(String(10)),
  int_value = Column(Integer, { info = { type = "integer" } }),
  char_value = Column(String(30), { info = { type = "string" } }),
  bool_value = Column(am.Boolean, { info = { type = "boolean" } }),
  value = am.hybrid_property(function(self) return self.type and self[type_map[self.type]] end, {
    setter = function(self, value)
      local kind = KIND[type(value)]
      for name, field in pairs(type_map) do
        if name == kind then self[field] = value else self[field] = nil end
      end
      self.type = kind
    end,
    comparator = function(cls) return setmetatable({ cls = cls }, { __index = Compare }) end,
  }),
})
for _, prop in ipairs(inspect(Fact).column_attrs) do
  local kind = prop.columns[1].info.type
  if kind then type_map[kind] = prop.key end
end

local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  facts = am.relationship(Fact, { collection_class = am.attribute_keyed_dict("key"), cascade = "all, delete-orphan" }),
  traits = am.association_proxy("facts", "value", { creator = function(key, value)
    local fact = Fact{ key = key }
    fact.value = value
    return fact
  end }),
})
local function with_trait(key, value) return Animal.facts:any(and_(Fact.key:eq(key), Fact.value:eq(value))) end

local Measure = Base:model("Measure", {
  __tablename__ = "measure",
  id = Column(Integer, { primary_key = true }),
  station_id = Column(ForeignKey("station.id")),
  year = Column(Integer),
  month = Column(Integer),
  value = Column(Integer),
})
local Station = Base:model("Station", {
  __tablename__ = "station",
  id = Column(Integer, { primary_key = true }),
  measures = am.relationship(Measure, { cascade = "all, delete-orphan",
    collection_class = am.keyfunc_mapping(function(m) return m.year * 100 + m.month end) }),
})

for _, cls in ipairs{ Parent, Animal, Station } do
  for _, attr in ipairs(inspect(cls).attrs) do
    local is_column = attr.columns ~= nil
    for _, what in ipairs{ "set", "append", "remove" } do
      if (what == "set") == is_column then
        am.event.listen(cls[attr.key], what, function(target, value)
          seen[#seen + 1] = ("%s %s.%s %s"):format(what, inspect(target).class_.__name__, attr.key,
            type(value) == "string" and value or type(value) == "number" and "int" or inspect(value).class_.__name__)
        end)
      end
    end
  end
end

local function told()
  say(p.sorted(seen))
  seen = {}
end
local function items(map)
  local out = {}
  for k, v in map:items() do out[#out + 1] = { k, v } end
  return p.sorted(out)
end
local function keys(map) return p.map(items(map), function(pair) return pair[1] end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "a dict over a dynamic relationship"
local parent = Parent{ name = "p1" }
s:add(parent)
parent._children:append(Child{ key = "k0" })
parent:children():set("k1", Child())
parent:children():set("k2", Child())
say(parent:children():keys(), parent:children():get("k1").key, parent:children():get("zz"))
local old = parent:children():get("k2")
parent:children():set("k2", Child())
say(inspect(old).session == s, s.deleted:contains(old), parent._children:count())
s:commit()
say(inspect(old).transient, p.map(parent._children:order_by(Child.key:desc()), function(c) return c.key end),
  parent._children[1].key)
told()
step "typed vertical values"
local cat, dog = Animal{ name = "cat" }, Animal{ name = "dog" }
cat.traits.color = "grey"
cat.traits.legs = 4
dog.traits:update{ legs = 3, tame = true }
s:add_all{ cat, dog }
s:commit()
say(items(cat.traits), keys(dog.facts), dog.facts.legs.type)
told()
say(s:scalars(select(Animal.name):where(with_trait("legs", 4))):all(),
  s:scalars(select(Animal.name):where(am.not_(with_trait("color", "grey"))):order_by(Animal.name)):all())
say(s:scalars(select(Animal.name):where(Animal.facts:any(Fact.value:ne("4"))):order_by(Animal.name)):all())
cat.traits.legs = "four"
say(inspect(cat.facts.legs).attrs.int_value.history, cat.facts.legs.type)
s:commit()
say(cat.traits.legs, cat.traits:contains("legs"), cat.traits:get("wings"), cat.traits:setdefault("wings", 0))
say(s:execute(select(Fact.key, Fact.int_value, Fact.char_value, Fact.bool_value)
  :order_by(Fact.animal_id, Fact.key)):all())
step "popped"
say(cat.traits:pop("color"), keys(cat.traits))
s:commit()
told()
dog.traits = { legs = 5 }
s:commit()
say(dog.traits)
told()
step "keyed by a function"
local st = Station{ measures = { [202601] = Measure{ year = 2026, month = 1, value = 3 } } }
st.measures[202602] = Measure{ year = 2026, month = 2, value = 4 }
s:add(st)
s:commit()
say(keys(st.measures), st.measures[202602].value)
st.measures[202602].month = 3
s:commit()
say(keys(st.measures), st.measures[202603].value)
told()
local ok = pcall(function() st.measures[1] = Measure{ year = 2026, month = 9 } end)
say(ok and "taken" or "refused", ok and keys(st.measures) or "")
s:rollback()
s:close()
p.sql()
