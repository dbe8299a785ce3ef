-- Objects that travel: make_transient, make_transient_to_detached, copies, sessions, keys, state carried by hand.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, inspect, Session = am.select, am.inspect, am.Session

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  mail = am.Column(am.String(20), { default = "none" }),
  addresses = am.relationship("Address", { back_populates = "user", cascade = "all, delete-orphan",
    order_by = "Address.id" }),
})
local Address = Base:model("Address", {
  __tablename__ = "address",
  id = am.Column(am.Integer, { primary_key = true }),
  street = am.Column(am.String(20)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "addresses" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
Session(db, function(s)
  s:begin(function()
    s:add(User{ name = "ann", addresses = { Address{ street = "x" }, Address{ street = "y" } } })
  end)
end)

local function state(o)
  local i = inspect(o)
  return p.collect({ "transient", "pending", "persistent", "deleted", "detached" },
    function(k) if i[k] then return k end end)
end

local function loaded(o)
  local out = {}
  for key in pairs(inspect(o).dict) do out[#out + 1] = key end
  return p.sorted(out)
end

step "make_transient"
local session = Session(db)
local ann = session:scalars(select(User):options(am.selectinload(User.addresses))):one()
am.make_transient(ann)
say(state(ann), inspect(ann).key, ann.id, ann.name, session:contains(ann), am.object_session(ann), loaded(ann))
say(map(ann.addresses, state), session:contains(ann.addresses[1]))
ann.id = nil
ann.name = "ann's copy"
p.forget()
session:add(ann)
error_of(function() session:flush() end)
session:rollback()

step "a copy with its children"
session = Session(db)
ann = session:scalars(select(User):options(am.selectinload(User.addresses))):one()
for _, each in ipairs{ ann, ann.addresses[1], ann.addresses[2] } do
  if session:contains(each) then session:expunge(each) end
  am.make_transient(each)
  each.id = nil
end
p.forget()
session:add(ann)
session:commit()
sql()
local copied = ann.id
say(map(ann.addresses, function(a) return { a.street, a.user_id == copied } end))
session:close()

step "make_transient of an expired one"
session = Session(db)
ann = session:get(User, 1)
session:expire(ann)
am.make_transient(ann)
say(ann.name, ann.id, loaded(ann), state(ann))

step "make_transient_to_detached"
p.forget()
local user = User{ id = 1 }
am.make_transient_to_detached(user)
say(state(user), inspect(user).key[2], p.sorted(inspect(user).expired_attributes), inspect(user).modified)
error_of(function() return user.name end)
session:add(user)
say(state(user), user.name, map(user.addresses, function(a) return a.street end))
sql()
user = User{ id = copied, name = "overwritten" }
am.make_transient_to_detached(user)
session:add(user)
say(user.name)
user.name = "second"
session:flush()
sql()
error_of(function() am.make_transient_to_detached(user) end)
error_of(function() am.make_transient_to_detached(User{ name = "no key" }) end)
session:rollback()
session:close()

step "two sessions"
local one, two = Session(db), Session(db)
local a, b = one:get(User, 1), two:get(User, 1)
say(a == b, inspect(a).key[2][1] == inspect(b).key[2][1])
error_of(function() two:add(a) end)
one:expunge(a)
error_of(function() two:add(a) end)
two:expunge(b)
two:add(a)
say(state(a), two:contains(a), am.object_session(a) == two)
one:add(b)
b.name = "from one"
one:commit()
two:rollback()
say(a.name)
local c = Address{ street = "both" }
two:add(c)
c.user = a
say(two.new:contains(c), one.new:contains(c))
error_of(function() one:add(c) end)
two:expunge(c)
say(state(c), state(a))
one:close()
two:close()

step "keys"
say(am.identity_key(User, 5)[2], am.identity_key{ instance = a }[2],
  User.__mapper__:identity_key_from_primary_key({ 5 })[2])
say(User.__mapper__:primary_key_from_instance(a), User.__mapper__:identity_key_from_instance(a)[2])
Session(db, function(s)
  local u = s:get(User, 1)
  say(s:identity_key(User, 1)[2], s:identity_key{ instance = u }[2])
  say(s.identity_map:contains_state(inspect(u)), s.identity_map:get(inspect(u).key) == u, #s.identity_map,
    map(s.identity_map:keys(), function(k) return k[2] end),
    map(s.identity_map:values(), function(o) return o.name end))
end)

step "carried by hand"
local function pick(o, ...)
  local out = {}
  for _, key in ipairs{ ... } do out[key] = o[key] end
  return out
end
local data
Session(db, function(s)
  local u = s:scalars(select(User):where(User.id:eq(1)):options(am.joinedload(User.addresses))):unique():one()
  data = { user = pick(u, "id", "name", "mail"),
    addresses = map(u.addresses, function(x) return pick(x, "id", "street", "user_id") end) }
end)
say(data)
data.user.name = "carried"
local addresses = map(data.addresses, function(d) return Address(d) end)
table.insert(addresses, Address{ street = "z" })
addresses.n = nil
p.forget()
Session(db, function(s)
  data.user.addresses = addresses
  local u = s:merge(User(data.user))
  s:commit()
  sql()
  say(u.name, map(u.addresses, function(x) return { x.id > 0, x.street } end))
end)

step "detached"
local u
Session(db, function(s) u = s:get(User, 1) end)
say(state(u), u.name)
error_of(function() return u.addresses end)
u.name = "changed detached"
local added = Address{ street = "added" }
error_of(function() u.addresses:append(added) end)
Session(db, function(s)
  s:add(u)
  say(s.dirty:contains(u))
  s:commit()
  say(u.name)
end)
error_of(function() return u.name end)
Session(db, function(s)
  u = s:get(User, 1)
  s:delete(u)
  s:flush()
  error_of(function() s:add(u) end)
  s:expunge(u)
  say(state(u), s:contains(u))
  s:rollback()
  say(state(u))
  error_of(function() s:add(u) end)
end)
