-- A query cache as an application writes it: an option on the statement, frozen results, merged into the session.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local FromCache = am.UserDefinedOption.subclass "FromCache"
local RelationshipCache = am.UserDefinedOption.subclass "RelationshipCache"
RelationshipCache.propagate_to_loaders = true
local function from_cache(region, opts)
  opts = opts or {}
  return FromCache.new{ kind = "FromCache", region = region, key = opts.key, ignore = opts.ignore }
end
local function relationship_cache(attribute, region)
  return RelationshipCache.new{ kind = "RelationshipCache", region = region, relationship_key = attribute.property.key }
end

local cache = { regions = {}, hits = 0, misses = 0 }
local function count(map)
  local n = 0
  for _ in pairs(map) do n = n + 1 end
  return n
end
local function key_of(state)
  local compiled = state.statement:compile{}
  local parts = {}
  for k, v in pairs(compiled.params) do parts[k] = tostring(v) end
  for k, v in pairs(state.parameters or {}) do parts[k] = tostring(v) end
  local names = {}
  for k, v in pairs(parts) do names[#names + 1] = k .. "=" .. v end
  table.sort(names)
  return tostring(compiled) .. table.concat(names, ",")
end
local function applies(option, state)
  if option.kind == "RelationshipCache" then
    local path = state.loader_strategy_path
    return state.is_relationship_load and path[#path].key == option.relationship_key
  end
  return option.kind == "FromCache"
end
function cache.execute(state)
  say("  ?", state.is_select, state.is_relationship_load, state.is_column_load,
    p.map(state.user_defined_options, function(x) return x.kind end))
  for _, option in ipairs(state.user_defined_options) do
    if applies(option, state) then
      local region = cache.regions[option.region] or {}
      cache.regions[option.region] = region
      local key = option.key or key_of(state)
      if not region[key] or option.ignore then
        cache.misses = cache.misses + 1
        region[key] = state:invoke_statement():freeze()
      else
        cache.hits = cache.hits + 1
      end
      return am.merge_frozen_result(state.session, state.statement, region[key], { load = false })()
    end
  end
end
function cache.told()
  local sizes = {}
  for k, v in pairs(cache.regions) do sizes[k] = count(v) end
  say(cache.hits, cache.misses, sizes)
  cache.hits, cache.misses = 0, 0
end

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  addresses = am.relationship("Address", { back_populates = "person", order_by = "Address.id" }),
})
local Address = Base:model("Address", {
  __tablename__ = "address",
  id = Column(Integer, { primary_key = true }),
  street = Column(String(20)),
  person_id = Column(ForeignKey("person.id")),
  city_id = Column(ForeignKey("city.id")),
  person = am.relationship(Person, { back_populates = "addresses" }),
  city = am.relationship("City"),
})
local City = Base:model("City", {
  __tablename__ = "city",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local function name(x) return x.name end
local e = p.engine()
Base.metadata:create_all(e)
local Maker = am.sessionmaker(e)
Maker:begin(function(s)
  local rome, oslo = City{ name = "rome" }, City{ name = "oslo" }
  local people = {}
  for i = 0, 3 do
    people[i + 1] = Person{ name = "p" .. i,
      addresses = { Address{ street = "s" .. i, city = i % 2 == 1 and rome or oslo } } }
  end
  s:add_all(people)
end)
am.event.listen(Maker, "do_orm_execute", cache.execute)
p.forget()
step "twice the same"
local q = select(Person):where(Person.name:between("p0", "p2")):order_by(Person.id):options(from_cache("default"))
for _ = 1, 2 do
  Maker(function(s)
    local people = s:scalars(q):all()
    say(p.map(people, name), p.map(people, function(x) return inspect(x).persistent end), s:contains(people[1]))
    p.sql()
  end)
end
cache.told()
step "other parameters are another key"
Maker(function(s)
  say(p.map(s:scalars(select(Person):where(Person.name:between("p1", "p2")):order_by(Person.id)
    :options(from_cache("default"))), name))
end)
cache.told()
step "columns and counts"
for _ = 1, 2 do
  Maker(function(s)
    say(s:execute(select(Person.name, func.count(Address.id)):join(Person.addresses):group_by(Person.name)
      :order_by(Person.name):options(from_cache("counts"))):all())
  end)
end
cache.told()
step "stale until told"
Maker:begin(function(s) s:get(Person, 1).name = "p0!" end)
Maker(function(s) say(p.map(s:scalars(q), name)) end)
Maker(function(s) say(p.map(s:scalars(q:options(from_cache("default", { ignore = true }))), name)) end)
cache.told()
cache.regions.default = {}
Maker(function(s) say(p.map(s:scalars(q), name)) end)
step "a lazy load of cached objects"
Maker(function(s)
  local person = s:scalars(q):first()
  say(p.map(person.addresses, function(a) return a.street end))
end)
step "an object that is there already"
Maker(function(s)
  local person = s:get(Person, 2)
  person.name = "changed"
  local got = s:scalars(q):all()
  say(p.map(got, name), got[1] == person or got[#got] == person, s.dirty:contains(person))
end)
step "a cached relationship"
local cities = relationship_cache(Address.city, "cities")
for _ = 1, 2 do
  Maker(function(s)
    for a in s:scalars(select(Address):order_by(Address.id):options(cities)) do say(a.street, a.city.name) end
    cache.told()
  end)
end
step "eager loads come along"
local eager = select(Person):order_by(Person.id):limit(2):options(
  am.selectinload(Person.addresses):joinedload(Address.city), from_cache("eager"))
for _ = 1, 2 do
  Maker(function(s)
    say(p.map(s:scalars(eager), function(x)
      return { x.name, p.map(x.addresses, function(a) return { a.street, a.city.name } end) }
    end))
    p.sql()
  end)
end
cache.told()
step "a frozen result by hand"
local frozen
local function head(list, n)
  local out = {}
  for i = 1, n do out[i] = list[i] end
  return out
end
Maker(function(s)
  frozen = s:execute(select(Person):order_by(Person.id)):freeze()
  say(#frozen.data, head(p.map(frozen():scalars(), name), 2), head(p.map(frozen():scalars(), name), 1))
end)
Maker(function(s)
  local merged = am.merge_frozen_result(s, select(Person), frozen)
  say(p.map(merged():scalars(), name), #s.identity_map)
end)
p.sql()
