-- Sharding: one session over two databases; the continent of a city says where it is stored.
local am = require "alchemoon"
local shard = require "alchemoon.shard"

local Base = am.declarative_base()
local next_id = 0
local City = Base:model("City", { __tablename__ = "cities",
  id = am.Column(am.Integer, { primary_key = true, default = function()
    next_id = next_id + 1
    return next_id
  end }),
  continent = am.Column(am.String(20)), name = am.Column(am.String(20)),
  reports = am.relationship("Report", { back_populates = "city" }) })
local Report = Base:model("Report", { __tablename__ = "reports",
  id = am.Column(am.Integer, { primary_key = true }), temperature = am.Column(am.Integer),
  city_id = am.Column(am.ForeignKey("cities.id")), city = am.relationship("City", { back_populates = "reports" }) })

local shards = { asia = am.create_engine "sqlite:///asia.db", europe = am.create_engine "sqlite:///europe.db" }
for _, engine in pairs(shards) do Base.metadata:create_all(engine) end

local function shard_of(object) -- reports lie where their city lies
  if getmetatable(object) == Report then object = object.city end
  return object.continent:lower()
end

local Session = am.sessionmaker{
  class_ = shard.ShardedSession, shards = shards,
  shard_chooser = function(_, object) return shard_of(object) end,
  identity_chooser = function() return { "asia", "europe" } end,
  execute_chooser = function(context)
    for _, found in ipairs(context.is_select and shard.comparisons(context.statement) or {}) do
      if found.name == "continent" and found.operator == "eq" then return { found.value:lower() } end
    end
    return { "asia", "europe" }
  end,
}

Session:begin(function(session) -- one transaction per shard, both committed
  session:add_all{
    City{ continent = "Asia", name = "Tokyo", reports = { Report{ temperature = 30 } } },
    City{ continent = "Europe", name = "Rome", reports = { Report{ temperature = 25 } } } }
end)

Session(function(session)
  for _, city in ipairs(session:scalars(am.select(City)):all()) do
    print(city.name, am.inspect(city).identity_token, city.reports[1].id, city.reports[1].temperature)
  end
  local count = am.testing.count_statements(shards.asia, function()
    print(session:scalars(am.select(City):where(City.continent:eq "Europe")):one().name)
  end)
  print("statements in Asia: " .. count)
  print(session:scalars(am.select(City):options(shard.set_shard_id "asia")):one().name)
  print(session:execute(am.update(Report):values{ temperature = Report.temperature + 1 }).rowcount)
  session:commit()
end)
--> Tokyo	asia	1	30
--> Rome	europe	1	25
--> Rome
--> statements in Asia: 0
--> Tokyo
--> 2
