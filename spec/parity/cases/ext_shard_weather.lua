-- Extensions, sharding: weather stations over two databases by continent; choosers that are asked, identity tokens,
-- get, lazy loads on the owner's shard, relationships, queries of one shard and of all, bulk statements,
-- set_shard_id, merge and refresh.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local shard = require "alchemoon.shard"
local Base = am.declarative_base()

local Station = Base:model("Station", {
  __tablename__ = "stations",
  id = am.Column(am.Integer, { primary_key = true }),
  continent = am.Column(am.String(10)),
  city = am.Column(am.String(10)),
  reports = am.relationship("Report", { back_populates = "station", order_by = "Report.id",
    cascade = "all, delete-orphan" }),
})

local Report = Base:model("Report", {
  __tablename__ = "reports",
  id = am.Column(am.Integer, { primary_key = true }),
  station_id = am.Column(am.ForeignKey("stations.id")),
  degrees = am.Column(am.Integer),
  station = am.relationship(Station, { back_populates = "reports" }),
})

local select = am.select
local shards = { east = parity.engine(), west = parity.engine(nil, "sqlite://") }
Base.metadata:create_all(shards.east)
Base.metadata:create_all(shards.west)
parity.forget()
local home = { Asia = "east", Africa = "east", America = "west" }

local function shard_chooser(mapper, instance)
  local id
  if am.inspect(instance).class_ == Station then
    id = home[instance.continent] or error("no shard")
  else
    id = shard_chooser(mapper, instance.station)
  end
  say("  shard", mapper.class_, id)
  return id
end

local function identity_chooser(mapper, primary_key, options)
  local from = options.lazy_loaded_from
  if from then
    say("  identity from", from.class_.__name__, from.identity_token)
    return { from.identity_token }
  end
  say("  identity", mapper.class_, primary_key)
  return { "east", "west" }
end

local function execute_chooser(context)
  local seen = {}
  local where = context.statement.whereclause
  if where then
    am.visitors.traverse(where, {}, { binary = function(binary)
      if binary.left.key ~= "continent" then return end
      if binary.operator == am.operators.eq then
        seen[home[binary.right.value]] = true
      elseif binary.operator == am.operators.in_op then
        for _, v in ipairs(binary.right.value) do seen[home[v]] = true end
      end
    end })
  end
  local found = {}
  for id in pairs(seen) do found[#found + 1] = id end
  table.sort(found)
  if #found == 0 then found = { "east", "west" } end
  say("  execute", context.is_select, context.is_update, context.is_delete, found)
  return found
end

local Maker = am.sessionmaker{ class_ = shard.ShardedSession, shards = shards, shard_chooser = shard_chooser,
  identity_chooser = identity_chooser, execute_chooser = execute_chooser }
local set_shard_id = shard.set_shard_id
local function city(x) return x.city end
local function degrees(x) return x.degrees end
local function by_text(rows) return parity.sorted(rows) end
local s = Maker()
step("insert")
local tokyo = Station{ id = 1, continent = "Asia", city = "Tokyo",
  reports = { Report{ id = 1, degrees = 20 }, Report{ id = 2, degrees = 25 } } }
local lima = Station{ id = 1, continent = "America", city = "Lima", reports = { Report{ id = 1, degrees = 18 } } }
local cairo = Station{ id = 2, continent = "Africa", city = "Cairo" }
s:add_all{ tokyo, lima, cairo }
s:commit()
sql()
step("identities")
say(tokyo.city, am.inspect(tokyo).identity_token, am.inspect(lima).identity_token, am.inspect(lima).key[2],
  am.inspect(lima).key[3])
say(lima.city, map(lima.reports, degrees), map(tokyo.reports, degrees))
say(#s.identity_map, tokyo == s:get(Station, 1))
sql()
step("queries")
say(map(s:scalars(select(Station):order_by(Station.city)), city))
say(map(s:scalars(select(Station):where(Station.continent:eq("America"))), city))
say(map(s:scalars(select(Station):where(Station.continent:in_{ "Asia", "Africa" }):order_by(Station.id)), city))
say(by_text(s:execute(select(Station.id, Station.city)):all()))
say(map(s:scalars(select(Report):options(set_shard_id("west"))), function(r) return am.inspect(r).identity_token end))
say(map(s:scalars(select(Station):order_by(Station.id), nil, { bind_arguments = { shard_id = "east" } }), city))
sql()
step("eager")
s:expunge_all()
local found = s:scalars(select(Station):options(am.selectinload(Station.reports)):order_by(Station.id)):all()
sql()
say(map(found, function(x) return { x.city, map(x.reports, degrees) } end))
found = s:scalars(select(Station):options(am.joinedload(Station.reports)):where(Station.continent:eq("Asia")))
  :unique():all()
say(map(found, function(x) return { x.city, #x.reports } end))
sql()
step("get")
s:expunge_all()
say(s:get(Station, 2).city, s:get(Station, 99))
say(s:get(Station, 1, { identity_token = "west" }).city, s:get(Station, 1, { identity_token = "east" }).city)
local r = s:scalars(select(Report):options(set_shard_id("west"))):one()
say(r.station.city)
sql()
step("update and delete")
lima, cairo = r.station, s:get(Station, 2)
lima.city = "Quito"
cairo.city = "Giza"
s:flush()
sql()
s:refresh(lima)
say(lima.city, am.inspect(lima).identity_token)
local got = s:execute(am.update(Station):where(Station.id:eq(1)):values{ city = "Same" })
say(got.rowcount, lima.city)
got = s:execute(am.update(Report):values{ degrees = Report.degrees + 1 }:options(set_shard_id("east")))
say(got.rowcount, r.degrees)
say(s:execute(am.delete(Report):where(Report.id:eq(2))).rowcount)
sql()
s:delete(cairo)
s:commit()
sql()
say(by_text(s:execute(select(Report.id, Report.degrees)):all()))
step("merge and bulk")
local m = s:merge(Station{ id = 1, continent = "America", city = "Bogota" })
say(m.city, am.inspect(m).identity_token, m == lima)
s:rollback()
parity.refused(function() s:bulk_save_objects{ Station{ id = 7, continent = "Asia", city = "Ube" } } end)
s:rollback()
say(by_text(s:execute(select(Station.id, Station.city)):all()))
sql()
step("wrong")
parity.refused(function()
  s:add(Station{ id = 9, continent = "Mars" })
  s:flush()
end)
s:rollback()
parity.refused(function() return s:scalars(select(Station):options(set_shard_id("north"))):all() end)
parity.error(function() return shard.ShardedSession{ shards = shards, shard_chooser = shard_chooser } end)
s:close()
