-- Weather stations in two databases: choosers, queries over both, identity tokens, relationships, moves.
local am = require "alchemoon"
local shard = require "alchemoon.shard"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted
local select, func = am.select, am.func

local Base = am.declarative_base()
local City = Base:model("City", {
  __tablename__ = "city",
  id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  name = am.Column(am.String(20)),
  side = am.Column(am.String(10), { nullable = false }),
  people = am.relationship("Person", { back_populates = "city", order_by = "Person.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  city_id = am.Column(am.ForeignKey("city.id")),
  city = am.relationship("City", { back_populates = "people" }),
})

local west, east = parity.engine(), parity.engine(nil, "sqlite://")
for _, e in ipairs { west, east } do Base.metadata:create_all(e) end

local function shard_chooser(_, instance)
  local class = instance and am.inspect(instance).mapper.class_
  if class == City then return instance.side end
  if class == Person then return instance.city.side end
  return "west"
end
local function identity_chooser(_, _, opts)
  if opts.lazy_loaded_from then return { opts.lazy_loaded_from.identity_token } end
  return { "west", "east" }
end
local function execute_chooser(context)
  local chosen = context.execution_options.side
  return chosen and { chosen } or { "west", "east" }
end
local Factory = am.sessionmaker{ class_ = shard.ShardedSession, shards = { west = west, east = east },
  shard_chooser = shard_chooser, identity_chooser = identity_chooser, execute_chooser = execute_chooser }
local function name(x) return x.name end
local function token(x) return am.inspect(x).key[3] end
local function by_id(items)
  local out = parity.collect(items, function(x) return x end)
  table.sort(out, function(a, b) return a.id < b.id end)
  return out
end
parity.forget()
local s = Factory()
step("store")
local rome = City{ id = 1, name = "rome", side = "west", people = { Person{ name = "r1" }, Person{ name = "r2" } } }
local kyoto = City{ id = 2, name = "kyoto", side = "east", people = { Person{ name = "k1" } } }
s:add_all{ rome, kyoto }
s:commit()
say(am.inspect(rome).identity_token, am.inspect(kyoto).identity_token, am.inspect(kyoto.people[1]).identity_token)
say(token(kyoto), am.inspect(kyoto).identity)
step("query both")
s:expunge_all()
say(sorted(map(s:scalars(select(City)), name)))
say(sorted(parity.map_rows(s:execute(select(City, func.length(City.name))), function(c, n) return { c.side, n } end)))
say(s:execute(select(func.count(Person.id))):scalars():all())
step("query one")
say(map(s:scalars(select(City):execution_options{ side = "east" }), name))
say(map(s:scalars(select(City), nil, { execution_options = { side = "west" } }), name))
say(map(s:scalars(select(City):options(shard.set_shard_id("east"))), name))
say(map(s:scalars(select(City), nil, { bind_arguments = { shard_id = "west" } }), name))
step("get")
s:expunge_all()
say(s:get(City, 2).name, s:get(City, 1).name, s:get(City, 9))
say(s:get(City, 2, { identity_token = "west" }), s:get(City, 2, { identity_token = "east" }).name)
step("the same key twice")
local a = s:get(Person, 1, { identity_token = "west" })
local b = s:get(Person, 1, { identity_token = "east" })
say(a.name, b.name, a == b, sorted{ token(a), token(b) })
step("lazy loads stay on their side")
s:expunge_all()
for _, c in ipairs(by_id(s:scalars(select(City)))) do say(c.name, map(c.people, name)) end
say(s:get(Person, 1, { identity_token = "east" }).city.name)
step("eager loads")
s:expunge_all()
for _, c in ipairs(by_id(s:scalars(select(City):options(am.selectinload(City.people))))) do
  say(c.name, map(c.people, name))
end
step("update, refresh, delete")
kyoto = s:get(City, 2)
kyoto.name = "nara"
kyoto.people:append(Person{ name = "k2" })
s:commit()
say(kyoto.name, map(kyoto.people, name))
s:delete(kyoto.people[1])
s:flush()
s:refresh(kyoto)
say(map(kyoto.people, name))
step("bulk")
local r = s:execute(am.update(Person):where(Person.name:like("%1")):values{ name = "one" }:execution_options{
  synchronize_session = false })
say(r.rowcount)
say(s:execute(am.delete(Person):where(Person.name:eq("k2"))).rowcount)
s:rollback()
step("choosers that fail")
parity.refused(function() return s:scalars(select(City), nil, { bind_arguments = { shard_id = "north" } }):all() end)
s:add(City{ id = 5, name = "x", side = "south" })
parity.refused(function() s:flush() end)
s:rollback()
say(sorted(map(s:scalars(select(City)), name)))
step("end")
s:close()
