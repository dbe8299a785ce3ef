-- Answers from a region: FromCache on statements, keys by parameters, invalidation, objects merged into each session.
local am = require "alchemoon"
local caching = require "alchemoon.cache"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map
local select, func, FromCache = am.select, am.func, caching.FromCache

local Base = am.declarative_base()
local Country = Base:model("Country", {
  __tablename__ = "country",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  towns = am.relationship("Town", { back_populates = "country", order_by = "Town.id" }),
})
local Town = Base:model("Town", {
  __tablename__ = "town",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  country_id = am.Column(am.ForeignKey("country.id")),
  country = am.relationship("Country", { back_populates = "towns" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local Factory = am.sessionmaker{ bind = eng }
local region = caching.make_region():configure("memory")
local cache = caching.ORMCache{ default = region, rare = caching.make_region():configure("memory") }
cache:listen_on_session(Factory)
Factory(function(s)
  s:add_all{ Country{ name = "fr", towns = { Town{ name = "lyon" }, Town{ name = "nice" } } }, Country{ name = "it" } }
  s:commit()
end)
local function name(x) return x.name end
parity.forget()
step("first and second time")
local q = select(Country):order_by(Country.id):options(FromCache("default"))
for _ = 1, 2 do
  Factory(function(s)
    local found = s:scalars(q):all()
    say(map(found, name), s:contains(found[1]), am.inspect(found[1]).persistent)
    sql()
  end)
end
step("other parameters are other answers")
Factory(function(s)
  for _, n in ipairs { "fr", "it", "fr" } do
    say(s:scalars(select(Country):where(Country.name:eq(n)):options(FromCache("default"))):one().name)
  end
  local p = select(Country):where(Country.name:eq(am.bindparam("n"))):options(FromCache("default"))
  say(s:scalars(p, { n = "fr" }):one().id, s:scalars(p, { n = "it" }):one().id, s:scalars(p, { n = "fr" }):one().id)
end)
step("columns and eager loads")
local e
Factory(function(s)
  local c = select(Country.name, func.count(Town.id)):outerjoin(Country.towns):group_by(Country.name)
    :order_by(Country.name):options(FromCache("rare"))
  say(s:execute(c):all())
  say(s:execute(c):all())
  e = select(Country):options(am.selectinload(Country.towns), FromCache("rare")):order_by(Country.id)
  say(map(s:scalars(e), function(x) return #x.towns end))
end)
Factory(function(s)
  say(map(s:scalars(e), function(x) return map(x.towns, name) end))
end)
step("objects already here win")
Factory(function(s)
  local fr = s:get(Country, 1)
  say(s:scalars(q):first() == fr, fr.name, s.dirty:contains(fr))
end)
step("invalidation by hand")
cache:invalidate(q, {}, FromCache("default"))
Factory(function(s) say(map(s:scalars(q), name)) end)
step("a key of one's own")
local k1 = select(Country):where(Country.id:eq(1)):options(FromCache("rare", { cache_key = "a" }))
local k2 = select(Country):where(Country.id:eq(1)):options(FromCache("rare", { cache_key = "b" }))
Factory(function(s)
  for _, k in ipairs { k1, k2, k1 } do say(s:scalars(k):one().name) end
end)
step("changing what came from the cache")
Factory(function(s)
  local it = s:scalars(q):all()[2]
  it.towns:append(Town{ name = "rome" })
  it.name = "italy"
  s:commit()
  say(it.name, map(it.towns, name))
end)
step("the region itself")
region:set("x", 1)
say(region:get("x"), region:get("y") == caching.NO_VALUE)
region:delete("x")
say(region:get("x") == caching.NO_VALUE)
step("end")
