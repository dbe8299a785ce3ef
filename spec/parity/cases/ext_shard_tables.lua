-- Shards of one database: each has tables of its own by a prefix, ids come from one generator.
local am = require "alchemoon"
local shard = require "alchemoon.shard"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, Float = am.Column, am.Integer, am.String, am.ForeignKey, am.Float
local select, func, inspect = am.select, am.func, am.inspect

local main = p.engine{ poolclass = am.StaticPool }
local Base = am.declarative_base()
local ids = am.Table("ids", Base.metadata, Column("nextid", Integer, { nullable = false }))
local function id_generator()
  return main:begin(function(conn)
    local n = conn:scalar(ids:select():with_for_update())
    conn:execute(ids:update():values{ nextid = ids.c.nextid + 1 })
    return n
  end)
end

local Weather = Base:model("Weather", {
  __tablename__ = "_prefix__weather_locations",
  id = Column(Integer, { primary_key = true, default = id_generator }),
  continent = Column(String(30), { nullable = false }),
  city = Column(String(50), { nullable = false }),
  reports = am.relationship("Report", { back_populates = "location", order_by = "Report.id" }),
})
local Report = Base:model("Report", {
  __tablename__ = "_prefix__weather_reports",
  id = Column(Integer, { primary_key = true, default = id_generator }),
  location_id = Column("location_id", Integer, ForeignKey("_prefix__weather_locations.id")),
  temperature = Column("temperature", Float),
  report_time = Column("report_time", am.DateTime, { default = am.datetime(2026, 1, 1) }),
  location = am.relationship("Weather", { back_populates = "reports" }),
})

local NAMES = { "north", "asia", "europe", "south" }
local shards = {}
for _, name in ipairs(NAMES) do shards[name] = main:execution_options{ table_prefix = name } end
local LOOKUP = { ["North America"] = "north", Asia = "asia", Europe = "europe", ["South America"] = "south" }
am.event.listen(main, "before_cursor_execute", function(_, _, statement, parameters, context)
  local prefix = context.execution_options.table_prefix
  if prefix then statement = statement:gsub("_prefix_", prefix) end
  return statement, parameters
end, { retval = true })

local function shard_chooser(mapper, instance)
  if inspect(instance).class_ == Weather then return LOOKUP[instance.continent] end
  return shard_chooser(mapper, instance.location)
end
local function identity_chooser(_, _, kw)
  return kw.lazy_loaded_from and { kw.lazy_loaded_from.identity_token } or NAMES
end
local function execute_chooser(context)
  if context.is_select and context.lazy_loaded_from then return { context.lazy_loaded_from.identity_token } end
  return context.execution_options.continents or NAMES
end

local Maker = am.sessionmaker{ class_ = shard.ShardedSession, shards = shards, shard_chooser = shard_chooser,
  expire_on_commit = false, identity_chooser = identity_chooser, execute_chooser = execute_chooser }
step "tables"
ids:create(main)
for _, name in ipairs(p.sorted(NAMES)) do
  for _, t in ipairs(Base.metadata.sorted_tables) do
    if t ~= ids then t:create(shards[name]) end
  end
end
main:begin(function(c) c:execute(ids:insert(), { nextid = 1 }) end)
step "write"
local tokyo = Weather{ continent = "Asia", city = "Tokyo" }
local york = Weather{ continent = "North America", city = "New York" }
local london = Weather{ continent = "Europe", city = "London" }
local dublin = Weather{ continent = "Europe", city = "Dublin" }
local quito = Weather{ continent = "South America", city = "Quito" }
tokyo.reports:append(Report{ temperature = 80.0 })
york.reports:append(Report{ temperature = 75 })
quito.reports:append(Report{ temperature = 85.5 })
local five = { tokyo, york, london, dublin, quito }
local function token(x) return inspect(x).identity_token end
local function city(x) return x.city end
Maker(function(s)
  s:add_all(five)
  s:commit()
  say(p.map(five, token))
  say(p.map(five, function(x) return x.id end))
end)
step "read"
Maker(function(s)
  local t = s:get(Weather, tokyo.id)
  say(t.city, t.reports[1].temperature, inspect(t.reports[1]).key[3])
  step "some"
  local got = s:scalars(select(Weather):where(Weather.continent:in_{ "Europe", "Asia" })
    :execution_options{ continents = { "europe", "asia" } }):all()
  say(p.sorted(p.map(got, city)))
  step "all"
  local hot = s:scalars(select(Report):join(Report.location):where(Report.temperature:gt(76))
    :options(am.joinedload(Report.location))):all()
  say(p.sorted(p.map(hot, function(r) return r.location.city end)), p.sorted(p.map(hot, token)))
  say(p.sorted(s:scalars(select(func.count(Weather.id))):all()))
  step "one, named"
  say(s:scalars(select(Weather.city):options(shard.set_shard_id("europe")):order_by(Weather.city)):all())
  step "update everywhere"
  s:execute(am.update(Report):values{ temperature = Report.temperature - 10 })
  say(p.sorted(p.map(hot, function(r) return r.temperature end)), p.sorted(s:scalars(select(Report.temperature)):all()))
  step "bulk insert into one"
  s:execute(am.insert(Weather):values{ id = 99, continent = "Europe", city = "Paris" }, nil,
    { bind_arguments = { shard_id = "europe" } })
  s:commit()
  say(s:scalars(select(func.count()):select_from(Weather), nil,
    { execution_options = { continents = { "europe" } } }):all())
  step "load them all with reports"
  local all = s:scalars(select(Weather):options(am.selectinload(Weather.reports))):unique():all()
  table.sort(all, function(a, b) return a.id < b.id end)
  for _, x in ipairs(all) do
    say(x.id, x.city, token(x), p.map(x.reports, function(r) return r.temperature end))
  end
  step "move is not possible, delete is"
  london = s:scalars(select(Weather):where(Weather.city:eq("London"))):one()
  s:delete(london)
  s:refresh(s:scalars(select(Weather):where(Weather.city:eq("Paris"))):one())
  s:commit()
  say(p.sorted(s:scalars(select(Weather.city):options(shard.set_shard_id("europe"))):all()))
end)
p.sql()
