-- Mapping without a base: registry, map_imperatively, explicit tables, arguments that choose and name columns.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

local reg = am.registry{ metadata = am.MetaData() }
local users = am.Table("users", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("first_name", am.String(20)), am.Column("last_name", am.String(20)), am.Column("secret", am.String(20)),
  am.Column("boss_id", am.ForeignKey("users.id")))
local addresses = am.Table("addresses", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("user_id", am.ForeignKey("users.id")), am.Column("email", am.String(30)))

local User, Address, Slim, Prefixed, Pair, Total =
  { __name__ = "User" }, { __name__ = "Address" }, { __name__ = "Slim" }, { __name__ = "Prefixed" },
  { __name__ = "Pair" }, { __name__ = "Total" }

local m = reg:map_imperatively(User, users, { properties = {
  first = users.c.first_name,
  full = am.column_property(users.c.first_name .. " " .. users.c.last_name),
  secret = am.deferred(users.c.secret),
  surname = am.synonym("last_name"),
  addresses = am.relationship(Address, { backref = "user", order_by = addresses.c.id:desc(),
    cascade = "all, delete-orphan" }),
  boss = am.relationship(User, { remote_side = users.c.id, backref = "staff" }) } })
reg:map_imperatively(Address, addresses)
local slim = reg:map_imperatively(Slim, users, { include_properties = { "id", "first_name" } })
local pre = reg:map_imperatively(Prefixed, addresses, { column_prefix = "_", exclude_properties = { "user_id" } })
say(m == am.inspect(User), am.class_mapper(User) == m, m.local_table.name, m.class_, m.configured)
am.configure_mappers()
say(m.configured, sorted(m.attrs:keys()), sorted(m.columns:keys()), map(m.primary_key, function(c) return c.name end))
say(sorted(slim.attrs:keys()), sorted(pre.attrs:keys()))
say(m.relationships.addresses.direction.name, m.relationships.boss.direction.name, m.relationships.staff.direction.name)
say(sorted(m.synonyms:keys()), sorted(m.column_attrs:keys()), sorted(m.all_orm_descriptors:keys()))
say(sorted(map(reg.mappers, function(mapper) return mapper.class_.__name__ end)))
local pair = reg:map_imperatively(Pair, am.join(users, addresses), { properties = {
  user_id = { users.c.id, addresses.c.user_id }, address_id = addresses.c.id } })
say(sorted(pair.attrs:keys()), map(pair.primary_key, tostring))
local totals = am.select(addresses.c.user_id, am.func.count():label("n"))
  :group_by(addresses.c.user_id):subquery("totals")
reg:map_imperatively(Total, totals, { primary_key = { totals.c.user_id } })
say(am.select(Total):where(Total.n:gt(1)))
say(am.select(User))
say(am.select(Slim), am.select(Prefixed))
local e = p.engine()
reg.metadata:create_all(e)
p.forget()
step "rows"
am.Session(e, function(s)
  local ann = User{ first = "Ann", last_name = "Lee", secret = "x",
    addresses = { Address{ email = "a@x" }, Address{ email = "b@x" } } }
  local bob = User{ first = "Bob", surname = "Low", boss = ann }
  s:add_all{ ann, bob }
  s:commit()
  step "read"
  say(ann.first, ann.full, ann.surname, map(ann.addresses, function(a) return a.email end), ann.staff[1].first)
  say(am.object_mapper(ann) == m, am.inspect(ann).unloaded:contains("secret"))
  say(ann.secret)
  step "synonym"
  say(s:scalars(am.select(User.full):where(User.surname:eq("Low"))):all())
  step "slim"
  for o in s:scalars(am.select(Slim):order_by(Slim.id)) do say(o, o.id, o.first_name) end
  step "pair"
  for o in s:scalars(am.select(Pair):order_by(Pair.address_id)) do
    say(o.user_id, o.first_name, o.email, am.inspect(o).identity)
  end
  step "total"
  say(map(s:scalars(am.select(Total)):all(), function(t) return { t.user_id, t.n } end), s:get(Total, 1).n)
  step "prefixed"
  local o = s:scalars(am.select(Prefixed):order_by(Prefixed._id)):first()
  o._email = "c@x"
  s:flush()
  step "orphan"
  ann.addresses:remove(ann.addresses[1])
  s:commit()
  p.sql()
end)

local Base = reg:generate_base()
local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User),
})
local explicit = am.Table("explicit", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("x", am.Integer), am.Column("y", am.Integer))
local Explicit = Base:model("Explicit", {
  __table__ = explicit,
  why = explicit.c.y,
  total = am.column_property(explicit.c.x + explicit.c.y),
})
say(sorted(am.inspect(Explicit).attrs:keys()), Explicit.why, am.select(Explicit), Base.registry == reg)
say(sorted(am.inspect(Post).attrs:keys()), Post.__table__.metadata == reg.metadata)
step "wrong"
local NoKey, Plain = { __name__ = "NoKey" }, { __name__ = "Plain" }
error_of(function()
  reg:map_imperatively(NoKey, am.Table("nk", am.MetaData(), am.Column("a", am.Integer)))
end)
error_of(function() reg:map_imperatively(User, users) end)
error_of(function() return am.select(Plain) end)
error_of(function() return am.class_mapper(Plain) end)
error_of(function() return am.inspect(Plain) end)
error_of(function() am.Session(e):add(Plain) end)
error_of(function() return am.object_mapper(Plain) end)
error_of(function() Base:model("Extra", { __table__ = users, other = am.Column("other", am.Integer) }) end)
reg:dispose()
error_of(function() return am.inspect(User) end)
