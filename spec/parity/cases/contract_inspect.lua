-- inspect: a class and its mapper, an object and its states, histories, keys, make_transient, flags, mutables.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql = p.say, p.step, p.sql
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local inspect, object_session = am.inspect, am.object_session

local Base = am.declarative_base()

local Account = Base:model("Account", {
  __tablename__ = "accounts",
  id = Column(Integer, { primary_key = true }),
  name = Column("login", String(20)),
  prefs = Column(am.MutableDict.as_mutable(am.JSON)),
  trail = Column(am.MutableList.as_mutable(am.JSON)),
  plain = Column(am.JSON),
  logins = relationship("Login", { back_populates = "account", cascade = "all, delete-orphan", order_by = "Login.id" }),
})

local Login = Base:model("Login", {
  __tablename__ = "logins",
  id = Column(Integer, { primary_key = true }),
  account_id = Column(ForeignKey("accounts.id")),
  place = Column(String(9)),
  account = relationship(Account, { back_populates = "logins" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "the class"
local m = inspect(Account)
say(m == Account.__mapper__, m.class_, m.local_table == Account.__table__, m.is_mapper, m.primary_key[1].name)
say(m.columns:keys(), m.c.name.name, m.attrs:keys(), m.relationships:keys(), m.column_attrs:keys())
say(m:get_property("name").key, m.attrs.logins.mapper.class_, m:get_property_by_column(Account.__table__.c.login).key)
p.error(function() return m:get_property("nothing") end)
p.error(function() return inspect("text") end)
say(m:primary_key_from_instance(Account{ id = 4 }), m:identity_key_from_primary_key({ 4 })[2], m:has_property("prefs"))

local function state(obj)
  local s = inspect(obj)
  local names = {}
  for _, n in ipairs{ "transient", "pending", "persistent", "deleted", "detached" } do
    if s[n] then names[#names + 1] = n end
  end
  say(names, s.identity, s.session ~= nil, s.modified, s.has_identity, p.sorted(s.unloaded), s.expired)
end

step "states"
local session = am.Session(e)
local a = Account{ name = "ann" }
state(a)
session:add(a)
state(a)
session:flush()
state(a)
local key = inspect(a).identity_key
say(p.list(key[2], key[3]), inspect(a).key[2], am.identity_key{ instance = a }[2], object_session(a) == session)
session:commit()
state(a)
say(a.name)
state(a)
a.name = "eve"
state(a)
session:delete(a)
state(a)
session:flush()
state(a)
say(am.was_deleted(a), session:contains(a), object_session(a) == session)
session:commit()
state(a)
am.make_transient(a)
state(a)
say(a.name, a.id)
a = Account{ name = "eve", id = a.id }
session:add(a)
session:commit()
say(a.id)
session:expunge(a)
state(a)
am.make_transient(a)
am.make_transient_to_detached(a)
state(a)
session:add(a)
say(a.name)
session:rollback()
step "attributes"
a.logins = { Login{ place = "rome" } }
local s = inspect(a)
for _, attr in ipairs(s.attrs) do say(attr.key, attr.loaded_value == am.NO_VALUE, attr.history) end
say(s.dict.name, s.mapper.class_, s.object == a, s:obj() == a, s.class_, s.is_instance, s.committed_state)
say(s.attrs.name.value, s.attrs.name:load_history(), s.attrs.name.state == s)
a.name = "one"
a.name = "two"
say(s.attrs.name.history, am.get_history(a, "name"), s.modified, session.dirty:contains(a), session:is_modified(a))
a.name = "eve"
say(s.attrs.name.history, session:is_modified(a), session.dirty:contains(a), session.dirty)
session:commit()
a.name = a.name
say(session:is_modified(a), session.dirty:contains(a))
a.name = nil
say(s.attrs.name.history)
session:flush()
say(a.name)
session:rollback()
step "mutable values"
a.prefs, a.trail, a.plain = { a = 1 }, { 1 }, { y = 1 }
session:commit()
a.prefs.c = { 2 }
say(session:is_modified(a))
a.trail:append(2)
a.trail:extend{ 3, 4 }
a.plain.y = 2
session:flush()
session:commit()
say(a.prefs, a.trail, a.plain)
a.prefs:setdefault("d", 6)
say(a.prefs:pop("a"), a.trail:pop(), a.trail:pop(1))
a.trail:insert(1, 9)
a.trail[2] = 8
a.trail:remove(3)
session:commit()
say(a.prefs, a.trail)
a.prefs.c[#a.prefs.c + 1] = 3
session:commit()
say(a.prefs.c)
a.trail:clear()
session:commit()
say(a.prefs, a.trail, #a.trail)
step "flags"
a.plain.y = 3
am.flag_modified(a, "plain")
say(inspect(a).attrs.plain.history.added, session:is_modified(a))
session:commit()
say(a.plain)
am.flag_dirty(a)
say(session.dirty:contains(a), session:is_modified(a))
session:flush()
am.set_committed_value(a, "name", "set")
say(a.name, inspect(a).attrs.name.history, session:is_modified(a))
am.set_committed_value(a, "logins", {})
say(a.logins, inspect(a).attrs.logins.history)
am.set_attribute(a, "name", "attr")
say(inspect(a).attrs.name.history)
session:expire(a, { "name" })
p.error(function() am.flag_modified(a, "name") end)
p.refused(function() am.flag_modified(a, "nope") end)
p.refused(function() am.flag_dirty(1) end)
say(p.sorted(inspect(a).unloaded), inspect(a).expired_attributes)
session:close()
state(a)
p.error(function() return a.logins end)
say(object_session(a), inspect(a).detached, inspect(a).session)
p.error(function() return object_session(3) end)
p.error(function() am.make_transient_to_detached(a) end)
sql()
