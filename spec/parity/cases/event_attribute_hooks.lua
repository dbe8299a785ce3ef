-- Attribute events: set, append, remove, bulk_replace, init_scalar, init_collection, dispose_collection, modified.
local am = require "alchemoon"
local parity = require "parity"
local say, step, refused, map = parity.say, parity.step, parity.refused, parity.map
local listen = am.event.listen

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  score = am.Column(am.Integer, { default = 10 }),
  motto = am.Column(am.String(20)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  team_id = am.Column(am.ForeignKey("team.id")),
  team = am.relationship("Team", { back_populates = "players", active_history = true }),
})
local Squad = Base:model("Squad", { __extends__ = Team })

local function shown(v)
  if v == am.NO_VALUE then return "NO_VALUE" end
  if type(v) == "table" and v ~= am.null then return v.name end
  return v
end
local function names(list) return map(list, function(p) return p.name end) end

listen(Team.name, "set", function(_, v, old, i) say("  . name", shown(v), shown(old), i.key) end, { propagate = true })
listen(Team.motto, "set", function(_, v, old) say("  . motto", v, shown(old)) end, { active_history = true })
listen(Player.team, "set", function(_, v, old) say("  . team", shown(v), shown(old)) end)
listen(Team.players, "append", function(t, v) say("  . append", t.name, v.name) end)
listen(Team.players, "remove", function(t, v) say("  . remove", t.name, v.name) end)
listen(Team.players, "bulk_replace", function(_, vs) say("  . bulk_replace", names(vs)) end)
listen(Team.players, "init_collection", function(_, c) say("  . init_collection", #c) end)
listen(Team.players, "dispose_collection", function(_, c) say("  . dispose_collection", #c) end)
listen(Team.score, "modified", function(_, i) say("  . modified", i.key) end)
listen(Team.name, "set", function(_, value) return value:match("^%s*(.-)%s*$"):lower() end, { retval = true })
listen(Team.score, "init_scalar", function(_, _, dict)
  dict.score = 10
  return 10
end, { retval = true, propagate = true })

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("scalars")
local t = Team{ name = " Reds " }
local function loaded(o)
  local keys = {}
  for k in pairs(am.inspect(o).dict) do keys[#keys + 1] = k end
  return parity.sorted(keys)
end
say(t.name, t.score, loaded(t))
t.motto = "win"
t.motto = "play"
am.flag_modified(t, "score")
step("collections")
t.players:append(Player{ name = "a" })
local b = Player{ name = "b", team = t }
say(names(t.players))
t.players = { b, Player{ name = "c" } }
say(names(t.players))
t.players:remove(b)
say(b.team)
s:add(t)
s:commit()
step("loaded objects")
t.name = "Blues"
t.motto = "win"
say(am.get_history(t, "name"))
local c = t.players[1]
local other = Team{ name = "Other" }
c.team = other
say(#t.players, #other.players)
c.team = nil
say(#other.players, am.get_history(c, "team").deleted[1].name)
step("a value that goes around the events")
am.set_committed_value(t, "motto", "set")
say(t.motto, am.get_history(t, "motto"), am.inspect(t).attrs.motto.history:has_changes())
am.set_committed_value(t, "players", { b })
say(names(t.players), b.team)
step("no value")
s:commit()
say(t.score)
t.score = nil
say(t.score, am.get_history(t, "score"))
s:commit()
say(t.score)
step("replaced while expired")
s:expire(t)
t.name = "Greens"
t.motto = "up"
t.players = {}
s:commit()
step("a subclass")
local q = Squad{ name = " Up " }
say(q.name)
step("a listener that refuses")
local function refuse(_, value)
  if value == "bad" then error("bad") end
end
listen(Team.name, "set", refuse)
refused(function() t.name = "bad" end)
say(t.name, s.dirty:contains(t))
am.event.remove(Team.name, "set", refuse)
t.name = "bad"
say(t.name)
step("end")
s:close()
