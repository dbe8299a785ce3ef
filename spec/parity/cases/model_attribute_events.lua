-- Attribute events: set, append, remove, modified, init_scalar; retval, active_history, propagate, initiators.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local team_id = am.Column(am.Integer, { primary_key = true })
local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = team_id,
  name = am.column_property(am.Column(am.String(10)), { active_history = true }),
  city = am.Column(am.String(10)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id",
    foreign_keys = "Player.team_id" }),
  captain_id = am.Column(am.ForeignKey("players.id", { use_alter = true, name = "fk_captain" })),
  captain = am.relationship("Player", { foreign_keys = "Team.captain_id", active_history = true }),
})
local Player = Base:model("Player", {
  __tablename__ = "players",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  team_id = am.Column(am.ForeignKey("teams.id")),
  team = am.relationship("Team", { back_populates = "players", foreign_keys = "Player.team_id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "player" },
})
local Keeper = Base:model("Keeper", {
  __extends__ = Player,
  __mapper_args__ = { polymorphic_identity = "keeper" },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function show(value)
  if value == am.NO_VALUE then return "NO_VALUE" end
  if type(value) == "table" and am.inspect(value).class_ ~= Team then return value.name end
  return value
end

local function listen(attr, names, options)
  for _, name in ipairs(names) do
    local fn
    if name == "append" or name == "remove" then
      fn = function(_, v, i) say(name, attr.key, show(v), i and i.key) end
    elseif name == "set" then
      fn = function(_, v, o, i) say(name, attr.key, show(v), show(o), i.key) end
    else
      fn = function(_, i) say(name, attr.key, i and i.key) end
    end
    am.event.listen(attr, name, fn, options)
  end
end

listen(Team.name, { "set", "modified" })
listen(Team.city, { "set" })
listen(Team.captain, { "set" })
listen(Team.players, { "append", "remove" })
listen(Player.name, { "set" }, { propagate = true })
listen(Player.team, { "set" }, { propagate = true })
am.event.listen(Team.city, "set", function(_, v) return v and v:upper() end, { retval = true })
step "scalars"
local t = Team{ city = "oslo" }
say(t.city)
t.name = "a"
t.name = "b"
t.city = nil
say(t.name)
step "both sides"
local x, k = Player{ name = "x" }, Keeper{ name = "k" }
t.players:append(x)
k.team = t
local names = {}
for i, player in ipairs(t.players) do names[i] = player.name end
say(names)
t.players:remove(x)
k.team = nil
say(#t.players)
t.players = { x, k }
t.players = { k }
step "one object to another list"
local u = Team{}
u.players:append(k)
say(#t.players, k.team == u)
local s = am.Session(e)
step "flush"
u.name = "u"
u.city = "rome"
s:add_all{ t, u, x }
s:commit()
step "old values of expired attributes"
u.city = "bonn"
u.name = "v"
p.sql()
u.captain = k
p.sql()
s:commit()
u.captain = nil
p.sql()
say(am.inspect(u).attrs.name.history, am.inspect(u).attrs.captain.history.deleted[1].name)
step "flag_modified"
say(u.name)
am.flag_modified(u, "name")
s:rollback()
step "init_scalar"
am.event.listen(Player.name, "init_scalar", function(_, value, dict)
  say("init_scalar", value == am.NO_VALUE or value == nil)
  dict.name = "anon"
  return "anon"
end, { retval = true, propagate = true })
local anon = Player{}
say(anon.name, anon.name)
s:add(anon)
s:flush()
step "removed listeners are silent"
local function fn() say("never") end
am.event.listen(Team.name, "set", fn)
am.event.remove(Team.name, "set", fn)
say(am.event.contains(Team.name, "set", fn))
t.name = "end"
am.event.listen(Team.city, "set", function(_, v) say("once", v) end, { once = true })
t.city = "a"
t.city = "b"
s:rollback()
p.sql()
s:close()
