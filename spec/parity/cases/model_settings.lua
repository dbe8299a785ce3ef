-- Declarative, user settings: MutableDict and MutableList, association proxies over objects, values and keys,
-- validators of collections, JSON, enum, decimal and boolean columns, onupdate functions, server defaults fetched on
-- access.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()
local ticks = 0
local Mail, Option, Membership

local Profile = Base:model("Profile", {
  __tablename__ = "profiles",
  id = am.Column(am.Integer, { primary_key = true }),
  login = am.Column(am.String(20), { unique = true, nullable = false }),
  prefs = am.Column(am.MutableDict.as_mutable(am.JSON), { default = function() return {} end }),
  history = am.Column(am.MutableList.as_mutable(am.JSON), { default = function() return {} end }),
  status = am.Column(am.Enum("new", "active", "banned", { name = "profile_status" }), { server_default = "new" }),
  credit = am.Column(am.Numeric(8, 2), { default = am.decimal("1.50") }),
  subscribed = am.Column(am.Boolean, { default = true }),
  touched = am.Column(am.Integer, { onupdate = function()
    ticks = ticks + 1
    return ticks
  end }),
  mails = am.relationship("Mail", { back_populates = "profile", cascade = "all, delete-orphan", order_by = "Mail.id" }),
  options = am.relationship("Option", { cascade = "all, delete-orphan",
    collection_class = am.attribute_keyed_dict("key") }),
  memberships = am.relationship("Membership", { back_populates = "profile", cascade = "all, delete-orphan",
    order_by = "Membership.id" }),
  addresses = am.association_proxy("mails", "address", { creator = function(a) return Mail{ address = a } end }),
  settings = am.association_proxy("options", "value", { creator = function(k, v) return Option{ key = k,
    value = v } end }),
  groups = am.association_proxy("memberships", "group", {
    creator = function(g) return Membership{ group = g, role = "member" } end }),
  check_mail = am.validates("mails", function(_, _, mail)
    if not mail.address:find("@", 1, true) then error("no address") end
    return mail
  end),
  check_login = am.validates("login", function(_, _, value) return value:lower() end, { include_backrefs = false }),
})

Mail = Base:model("Mail", {
  __tablename__ = "mails",
  id = am.Column(am.Integer, { primary_key = true }),
  profile_id = am.Column(am.ForeignKey("profiles.id"), { nullable = false }),
  address = am.Column(am.String(30)),
  profile = am.relationship(Profile, { back_populates = "mails" }),
  owner = am.association_proxy("profile", "login"),
})

Option = Base:model("Option", {
  __tablename__ = "options",
  id = am.Column(am.Integer, { primary_key = true }),
  profile_id = am.Column(am.ForeignKey("profiles.id")),
  key = am.Column(am.String(10)),
  value = am.Column(am.String(20)),
})

local Group = Base:model("Group", {
  __tablename__ = "groups",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
})

Membership = Base:model("Membership", {
  __tablename__ = "memberships",
  id = am.Column(am.Integer, { primary_key = true }),
  profile_id = am.Column(am.ForeignKey("profiles.id")),
  group_id = am.Column(am.ForeignKey("groups.id")),
  role = am.Column(am.String(10)),
  profile = am.relationship(Profile, { back_populates = "memberships" }),
  group = am.relationship(Group),
})

local function names(groups) return map(groups, function(g) return g.name end) end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("create")
local p = Profile{ id = 1, login = "ANN", prefs = {} }
p.addresses = { "a@x", "b@x" }
p.settings["lang"] = "en"
p.settings["tz"] = "utc"
local admins, users = Group{ id = 1, name = "admins" }, Group{ id = 2, name = "users" }
p.groups:append(admins)
p.groups:append(users)
say(p.login, p.addresses, p.settings, names(p.groups), p.mails[1].owner, p.memberships[2].role)
parity.error(function() p.addresses:append("bad") end)
parity.refused(function() p.mails:append(Option()) end)
say(#p.mails, p.addresses:contains("a@x"), p.settings["lang"] ~= nil)
s:add(p)
s:flush()
sql()
say(p.status, p.credit, p.subscribed, p.history, p.touched)
sql()
s:commit()
step("mutate")
p.prefs["a_size"] = 3
p.prefs["theme"] = "dark"
p.history:append("login")
p.history:append{ k = { 1, am.null } }
say(s.dirty:contains(p), s:is_modified(p), am.inspect(p).attrs.prefs.history.added)
s:commit()
sql()
say(p.prefs, p.history, p.touched)
p.prefs:update{ theme = "light" }
p.prefs["a_size"] = nil
p.history:remove("login")
s:commit()
sql()
say(p.prefs, p.history, p.touched, p.prefs:pop("theme"), s.dirty:contains(p))
s:rollback()
say(p.prefs)
step("proxies")
say(names(p.groups))
p.addresses:remove("a@x")
p.addresses:append("c@x")
p.settings["lang"] = "de"
p.settings["tz"] = nil
p.groups:remove(admins)
s:commit()
sql()
local function dict(proxy)
  local out = {}
  for k, v in proxy:items() do out[k] = v end
  return out
end
say(map(p.addresses, function(a) return a end), dict(p.settings), names(p.groups))
step("query")
say(s:scalars(am.select(Profile.login):where(Profile.addresses:eq("c@x"))):all())
say(s:scalars(am.select(Profile.login):where(Profile.groups:contains(users))):all())
say(s:scalars(am.select(Profile.login):where(Profile.groups:any{ name = "users" })):all())
say(s:scalars(am.select(Profile.login):where(Profile.addresses:like("z%"))):all())
say(s:scalars(am.select(Mail.id):where(Mail.owner:eq("ann"))):all())
sql()
step("values")
p.status = "active"
p.credit = p.credit * 2
p.subscribed = false
s:commit()
say(p.status, p.credit, p.subscribed)
p.status = "active"
say(s.dirty:contains(p), s:is_modified(p))
say(p.status, s:scalar(am.select(Profile.prefs:at("theme"):as_string())))
s:add(Profile{ login = "Ann" })
parity.error(function() s:commit() end)
s:rollback()
p.mails = {}
s:commit()
say(s:scalar(am.select(am.func.count()):select_from(Mail)))
s:delete(p)
s:commit()
sql()
say(am.inspect(p).detached, am.inspect(p).was_deleted, s:scalars(am.select(Group.name):order_by(Group.id)):all())
