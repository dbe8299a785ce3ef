-- A cache of the dogpile kind before queries: regions, keys, expiry by hand, get_or_create, an option on the statement.
local am = require "alchemoon"
local cache = require "alchemoon.cache"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, FromCache, NO_VALUE = am.select, cache.FromCache, cache.NO_VALUE

local Base = am.declarative_base()

local Town = Base:model("Town", {
  __tablename__ = "towns",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  streets = am.relationship("Street", { order_by = "Street.id" }),
})

local Street = Base:model("Street", {
  __tablename__ = "streets",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  town_id = Column(ForeignKey("towns.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
local regions = { default = cache.make_region():configure("memory"),
  short = cache.make_region():configure("memory", { expiration_time = 3600 }) }
local Maker = am.sessionmaker(e)
cache.ORMCache(regions):listen_on_session(Maker)
Maker(function(s)
  s:add_all{ Town{ name = "rome", streets = { Street{ name = "via" }, Street{ name = "corso" } } },
    Town{ name = "oslo", streets = { Street{ name = "gate" } } } }
  s:commit()
end)
p.forget()
step "a region"
local region = regions.default
local calls = 0
local function make()
  calls = calls + 1
  return { made = calls }
end
say(region.is_configured, region:get("k") == NO_VALUE)
say(region:get_or_create("k", make), region:get_or_create("k", make), calls)
region:set("s", "text")
region:set_multi{ a = 1, b = 2 }
say(region:get("s"), region:get_multi{ "a", "b" }, region:get_multi{ "a", "zz" }[2] == NO_VALUE)
region:delete("s")
region:delete_multi{ "a" }
say(region:get("s") == NO_VALUE, region:get("a") == NO_VALUE, region:get("b"))
say(region:get_or_create("odd", function() return 1 end, { should_cache_fn = function(v) return v > 1 end }),
  region:get("odd") == NO_VALUE)
region:invalidate()
say(region:get("b") == NO_VALUE, region:get_or_create("k", make))
step "a statement"
local stmt = select(Town):order_by(Town.id)
local cached = stmt:options(FromCache("default"))
local function name(t) return t.name end
for _ = 1, 3 do
  Maker(function(s) say(map(s:scalars(cached), name)) end)
end
step "with and without"
Maker(function(s) say(map(s:scalars(stmt), name), s:scalars(cached):first() == s:get(Town, 1)) end)
step "other parameters"
for _, wanted in ipairs{ "rome", "oslo", "rome" } do
  Maker(function(s)
    local town = s:scalars(select(Town):where(Town.name:eq(wanted)):options(FromCache("default"))):one()
    say(town.name)
  end)
end
step "eager collections, columns, another region"
local rows = select(Town.id, Town.name):order_by(Town.id):options(FromCache("short", "rows"))
for _ = 1, 2 do
  Maker(function(s)
    say(map(s:scalars(stmt:options(am.selectinload(Town.streets), FromCache("short"))),
      function(t) return map(t.streets, name) end))
    say(s:execute(rows):all())
  end)
end
step "stale until invalidated"
Maker(function(s)
  s:connection():exec_driver_sql("UPDATE towns SET name = 'ROMA' WHERE id = 1")
  s:commit()
  say(s:execute(rows):all())
  regions.short:invalidate()
  say(s:execute(rows):all())
end)
Maker(function(s)
  local towns = s:scalars(cached):all()
  say(map(towns, name), s:contains(towns[1]) and s:contains(towns[2]))
  s:refresh(towns[1])
  say(towns[1].name)
end)
sql()
