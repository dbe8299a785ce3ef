-- The refresh event of objects that were there already, when a row of another's refresh or load brings them again.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted

local Base = am.declarative_base()

local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  players = am.relationship("Player", { lazy = "joined", order_by = "Player.id" }),
})

local Player = Base:model("Player", {
  __tablename__ = "players",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  team_id = am.Column(am.ForeignKey("teams.id")),
  team = am.relationship("Team", { overlaps = "players" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Team{ id = 1, name = "reds", players = { Player{ id = 1, name = "ann" }, Player{ id = 2, name = "bob" } } })
  s:commit()
end)
parity.forget()
am.event.listen(Player, "refresh", function(target, _, names)
  say("refresh", target.id, names and sorted(names) or nil)
end)

am.Session(e, function(s)
  local team = s:get(Team, 1)
  step "the team is expired alone"
  s:expire(team)
  say(team.name)
  step "refreshed"
  s:refresh(team)
  step "selected again"
  say(s:scalars(am.select(Team)):unique():one() == team)
  step "a player that lacks a column"
  s:expire(team.players[1], { "name" })
  s:expire(team)
  say(team.name)
  say(team.players[1].name)
  step "nothing is missing"
  say(map(team.players, function(p) return p.team == team end))
  s:expire(team, { "name" })
  say(team.name)
  s:refresh(team)
end)
step "end"
