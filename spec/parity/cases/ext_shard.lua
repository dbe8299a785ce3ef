-- Horizontal sharding over two databases: where objects are written, found, loaded from and changed.
local am = require "alchemoon"
local shard = require "alchemoon.shard"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local City = Base:model("City", {
  __tablename__ = "city",
  id = Column(Integer, { primary_key = true }),
  continent = Column(String(20)),
  name = Column(String(20)),
  reports = am.relationship("Report",
    { back_populates = "city", order_by = "Report.id", cascade = "all, delete-orphan" }),
})
local Report = Base:model("Report", {
  __tablename__ = "report",
  id = Column(Integer, { primary_key = true }),
  city_id = Column(ForeignKey("city.id")),
  degrees = Column(Integer),
  city = am.relationship("City", { back_populates = "reports" }),
})

local east, west = p.engine(), p.engine(nil, "sqlite://")
for _, db in ipairs { east, west } do Base.metadata:create_all(db) end
p.forget()
local asked = {}
local function ask(...) asked[#asked + 1] = { ... } end
local SHARD = { asia = "east", america = "west" }

local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end
local function by_name(list)
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end
local function degrees(x) return x.degrees end
local function name(x) return x.name end

local function shard_chooser(mapper, instance)
  ask("shard", mapper.class_.__name__, instance ~= nil)
  local class = instance and am.inspect(instance).class_
  if class == City then return SHARD[instance.continent] end
  if class == Report then return shard_chooser(mapper, instance.city) end
  return "east"
end

local function identity_chooser(mapper, primary_key, kw)
  ask("identity", mapper.class_.__name__, primary_key, kw.lazy_loaded_from ~= nil)
  if kw.lazy_loaded_from then return { kw.lazy_loaded_from.identity_token } end
  return { "east", "west" }
end

local function execute_chooser(context)
  local lazy = context.is_select and context.lazy_loaded_from
  ask("execute", context.is_select, context.is_select and lazy ~= nil)
  if lazy then return { lazy.identity_token } end
  local only = context.execution_options.only
  return only and { only } or { "east", "west" }
end

local function told()
  for _, line in ipairs(asked) do
    local text = {}
    for i, word in ipairs(line) do text[i] = p.fmt(word) end
    say("  ?", table.concat(text, " "))
  end
  asked = {}
end

local Maker = am.sessionmaker{ class_ = shard.ShardedSession, shards = { east = east, west = west },
  shard_chooser = shard_chooser, identity_chooser = identity_chooser, execute_chooser = execute_chooser }
local s = Maker()
step "write"
s:add_all{ City{ continent = "asia", name = "tokyo", reports = { Report{ degrees = 30 } } },
  City{ continent = "america", name = "lima", reports = { Report{ degrees = 20 }, Report{ degrees = 25 } } },
  City{ continent = "asia", name = "delhi" } }
s:commit()
told()
step "read"
for _, c in ipairs(by_name(s:scalars(select(City):order_by(City.name)):all())) do
  local state = am.inspect(c)
  say(c.name, c.id, state.identity_token, state.identity, state.identity_key[3])
end
told()
step "lazy load"
s:expunge_all()
local lima = s:scalars(select(City):where(City.name:eq("lima"))):one()
say(map(lima.reports, degrees), am.inspect(lima.reports[1]).identity_token)
told()
say(lima.reports[1].city == lima)
told()
step "get"
s:expunge_all()
p.error(function() s:get(City, 1) end)
say(s:get(City, 2).name)
say(s:get(City, 1, { identity_token = "west" }).name)
say(s:get(City, 99))
told()
step "the same identity twice"
s:expunge_all()
local ones = s:scalars(select(City):where(City.id:eq(1))):all()
say(sorted(map(ones, name)), #s.identity_map)
told()
step "eager load"
s:expunge_all()
for _, c in ipairs(by_name(s:scalars(select(City):options(am.selectinload(City.reports))):all())) do
  say(c.name, map(c.reports, degrees))
end
told()
step "one shard only"
say(sorted(s:scalars(select(City.name):options(shard.set_shard_id("west"))):all()))
say(sorted(s:scalars(select(City.name), nil, { execution_options = { only = "east" } }):all()))
say(sorted(s:scalars(select(City.name), nil, { bind_arguments = { shard_id = "west" } }):all()))
told()
step "change and delete"
lima = s:scalars(select(City):where(City.name:eq("lima"))):one()
lima.name = "cusco"
s:flush()
told()
local r = s:execute(am.update(City):where(City.id:eq(1)):values{ name = City.name .. "!" })
say(r.rowcount, lima.name)
told()
s:delete(lima)
s:commit()
told()
r = s:execute(am.delete(City):where(City.name:eq("delhi")))
say(r.rowcount)
s:commit()
say(s:scalars(select(City.name)):all())
told()
step "a chosen shard that is unknown"
s:add(City{ continent = "asia", name = "x" })
SHARD.asia = "nowhere"
if not pcall(s.flush, s) then say "refused" end
s:rollback()
asked = {}
s:refresh(s:scalars(select(City)):first())
told()
s:close()
p.sql()
