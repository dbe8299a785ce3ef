-- Shards with a hierarchy: polymorphic loads, many-to-many, merges, events, transactions over both databases.
local am = require "alchemoon"
local shard = require "alchemoon.shard"
local parity = require "parity"
local say, step, sql, map, sorted = parity.say, parity.step, parity.sql, parity.map, parity.sorted
local select, func = am.select, am.func

local Base = am.declarative_base()
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(20)),
  region = am.Column(am.String(10)),
  foods = am.relationship("Food", { order_by = "Food.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" },
})
local Bird = Base:model("Bird", {
  __extends__ = Animal,
  __tablename__ = "bird",
  id = am.Column(am.ForeignKey("animal.id"), { primary_key = true }),
  wing = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "bird" },
})
local Food = Base:model("Food", {
  __tablename__ = "food",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  region = am.Column(am.String(10)),
  animal_id = am.Column(am.ForeignKey("animal.id")),
})

local one, two = parity.engine(), parity.engine(nil, "sqlite://")
for _, e in ipairs { one, two } do Base.metadata:create_all(e) end
local asked = {}
local function class(o) return am.inspect(o).mapper.class_.__name__ end
local function note(...)
  local parts = {}
  for i, part in ipairs(parity.map(parity.list(...), parity.fmt)) do parts[i] = part end
  asked[#asked + 1] = table.concat(parts, " ")
end
local function shard_chooser(_, instance)
  note("shard", instance and class(instance) or nil)
  return instance and instance.region or "one"
end
local function identity_chooser(mapper, primary_key, opts)
  local from = opts.lazy_loaded_from
  note("identity", mapper.class_.__name__, primary_key, from ~= nil)
  return from and { from.identity_token } or { "one", "two" }
end
local function execute_chooser(context)
  note("execute", context.is_select and "select" or "change", context.is_relationship_load or context.is_column_load)
  local from = context.is_select and context.lazy_loaded_from or nil
  if from then return { from.identity_token } end
  return { "one", "two" }
end
local function told()
  say(#asked > 0 and asked or parity.list())
  asked = {}
end

local s = shard.ShardedSession{ shards = { one = one, two = two }, shard_chooser = shard_chooser,
  identity_chooser = identity_chooser, execute_chooser = execute_chooser }
local function names(foods) return map(foods, function(f) return f.name end) end
parity.forget()
step("store")
s:add_all{ Bird{ name = "owl", wing = 9, region = "one", foods = { Food{ name = "seed", region = "one" } } },
  Bird{ name = "gull", wing = 7, region = "two", foods = { Food{ name = "fish", region = "two" } } },
  Animal{ name = "seal", region = "two" } }
s:commit()
told()
step("load all")
s:expunge_all()
local found = parity.collect(s:scalars(select(Animal)), function(a) return a end)
table.sort(found, function(a, b) return a.name < b.name end)
say(map(found, function(a) return { a.name, class(a), am.inspect(a).identity_token } end))
told()
say(map(found, function(a) return names(a.foods) end))
told()
step("eager")
for _, option in ipairs { am.selectinload, am.joinedload, am.subqueryload } do
  s:expunge_all()
  local rows = s:scalars(select(Bird):options(option(Bird.foods))):unique():all()
  say(sorted(map(rows, function(b) return { b.name, names(b.foods) } end)))
  told()
  sql()
end
step("get")
s:expunge_all()
say(s:get(Animal, 2).name)
told()
say(s:get(Animal, 2).name)
told()
say(s:get(Bird, 2))
told()
step("change and refresh")
local gull = s:scalars(select(Bird):where(Bird.name:eq("gull"))):one()
gull.wing = 8
gull.foods:append(Food{ name = "crab", region = "two" })
s:commit()
asked = {}
say(gull.wing, names(gull.foods))
told()
s:refresh(gull)
told()
step("merge")
s:expunge_all()
asked = {}
local loose = Bird{ id = 1, name = "eagle", wing = 20 }
parity.error(function() return s:merge(loose) end)
told()
step("bulk")
asked = {}
s:execute(am.update(Animal):where(Animal.region:eq("two")):values{ name = Animal.name .. "2" }, nil,
  { execution_options = { synchronize_session = false } })
told()
say(sorted(s:scalars(select(Animal.name)):all()))
say(sorted(s:execute(select(func.count(Animal.id))):scalars():all()))
s:rollback()
step("one session, two transactions")
say(s:in_transaction())
s:add(Animal{ name = "new", region = "two" })
s:flush()
s:rollback()
say(sorted(s:scalars(select(Animal.name)):all()))
step("end")
s:close()
