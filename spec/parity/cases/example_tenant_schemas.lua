-- One model in many schemas: schema_translate_map by engine, by connection and by session, and shards made of it.
local am = require "alchemoon"
local shard = require "alchemoon.shard"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, inspect = am.select, am.inspect

local Base = am.declarative_base()

local City = Base:model("City", {
  __tablename__ = "cities",
  __table_args__ = { { schema = "tenant" } },
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  continent = Column(String(10)),
  reports = am.relationship("Report", { back_populates = "city", order_by = "Report.id" }),
})

local Report = Base:model("Report", {
  __tablename__ = "reports",
  __table_args__ = { { schema = "tenant" } },
  id = Column(Integer, { primary_key = true }),
  degrees = Column(Integer),
  city_id = Column(ForeignKey("tenant.cities.id")),
  city = am.relationship(City, { back_populates = "reports" }),
})

local NAMES = { "north", "south" }
local base = p.engine()
base:connect(function(conn)
  for _, name in ipairs(NAMES) do
    conn:execute(am.text(p.is_postgresql and "create schema " .. name or "attach ':memory:' as " .. name))
  end
  conn:commit()
end)
local engines = {}
for _, name in ipairs(NAMES) do engines[name] = base:execution_options{ schema_translate_map = { tenant = name } } end
step "tables"
for _, name in ipairs(NAMES) do Base.metadata:create_all(engines[name], { checkfirst = false }) end
sql()
say(p.sorted(inspect(base):get_table_names{ schema = "north" }), inspect(base):get_table_names(),
  inspect(base):has_table("cities", { schema = "south" }))
step "a session for each"
for _, name in ipairs(NAMES) do
  am.Session(engines[name], function(s)
    s:add(City{ name = name .. "burg", continent = "x", reports = { Report{ degrees = #name } } })
    s:commit()
    say(s:scalars(select(City.name)):all(), s:scalars(select(Report)):one().city.name)
  end)
end
step "one session, options on the connection"
am.Session(base, function(s)
  s:connection{ execution_options = { schema_translate_map = { tenant = "south" } } }
  say(s:scalars(select(City.name)):all())
  say(s:scalars(select(City):options(am.selectinload(City.reports))):one().reports[1].degrees)
end)
p.error(function() return am.Session(base):scalars(select(City)):all() end)
base:connect(function(conn)
  conn:execution_options{ schema_translate_map = { tenant = "north" } }:begin(function()
    say(conn:execute(select(City.__table__)):all())
    say(conn:execute(City.__table__:update():values{ name = "nord" }).rowcount)
  end)
  say(conn:execute(select(City.name), nil, { execution_options = { schema_translate_map = { tenant = "north" } } })
    :scalar())
end)
say(select(City.id), tostring(select(City.id):compile{ dialect = base.dialect,
  schema_translate_map = { tenant = "south" },
  render_schema_translate = true }))
step "shards of it"
local log = {}

local function shard_of(mapper, instance)
  if inspect(instance).class_ == City then return instance.continent == "cold" and "north" or "south" end
  return shard_of(mapper, instance.city)
end

local function ids(mapper, key, opts)
  local from = opts.lazy_loaded_from
  log[#log + 1] = { "id", mapper.class_.__name__, key, from ~= nil }
  if from then return { from.identity_token } end
  return { "north", "south" }
end

local function conditions(statement)
  local out = {}
  if statement.whereclause ~= nil then
    am.visitors.traverse(statement.whereclause, {}, { binary = function(b)
      local ok, value = pcall(function() return b.right.value end)
      if ok and value ~= nil then out[#out + 1] = { b.left.key, value } end
    end })
  end
  return out
end

local function where(context)
  local found, chosen = {}, {}
  for _, pair in ipairs(conditions(context.statement)) do
    if pair[1] == "continent" then
      found[#found + 1] = pair[2]
      chosen[#chosen + 1] = pair[2] == "cold" and "north" or "south"
    end
  end
  log[#log + 1] = { "where", found }
  if #chosen > 0 then return p.sorted(chosen) end
  return { "north", "south" }
end

local Maker = am.sessionmaker{ class_ = shard.ShardedSession, shards = engines, shard_chooser = shard_of,
  identity_chooser = ids, execute_chooser = where }
local s = Maker()
s:add_all{ City{ name = "nome", continent = "cold", reports = { Report{ degrees = -9 } } },
  City{ name = "lima", continent = "warm", reports = { Report{ degrees = 20 } } } }
s:commit()
p.forget()
say(p.sorted(s:scalars(select(City.name)):all()))
local nome = s:scalars(select(City):where(City.continent:eq("cold"))):one()
say(nome.name, inspect(nome).identity_token, inspect(nome).identity,
  map(nome.reports, function(r) return r.degrees end))
sql()
say(s:get(City, 2) ~= nil, s:get(City, 2, { identity_token = "south" }).name)
say(s:scalars(select(City.name):options(shard.set_shard_id("south")):order_by(City.id)):all())
say(p.sorted(s:execute(select(City.name, Report.degrees):join(City.reports)):all()))
say(s:execute(am.update(City):where(City.continent:eq("warm")):values{ name = "LIMA" }).rowcount)
s:commit()
for _, entry in ipairs(log) do say("  ", entry) end
sql()
