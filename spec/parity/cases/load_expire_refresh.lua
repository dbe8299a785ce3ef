-- expire, refresh, populate_existing and get between the loaders: which statement comes when.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list, sorted = parity.say, parity.step, parity.map, parity.list, parity.sorted

local Base = am.declarative_base()

local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id" }),
  badges = am.relationship("Badge", { lazy = "selectin", order_by = "Badge.id" }),
  city_id = am.Column(am.ForeignKey("cities.id")),
  city = am.relationship("City"),
})

local City = Base:model("City", {
  __tablename__ = "cities",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
})

local Player = Base:model("Player", {
  __tablename__ = "players",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  team_id = am.Column(am.ForeignKey("teams.id")),
  team = am.relationship("Team", { back_populates = "players" }),
})

local Badge = Base:model("Badge", {
  __tablename__ = "badges",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(30)),
  team_id = am.Column(am.ForeignKey("teams.id")),
})

local kept = {}

local function loaded(target, _)
  table.insert(kept, target)
  say("load", target)
end

for _, cls in ipairs { Team, Player, City, Badge } do
  am.event.listen(cls, "load", loaded)
  am.event.listen(cls, "refresh", function(target, _, attrs)
    say("refresh", target, attrs and sorted(attrs) or nil)
  end)
end
am.event.listen(Team, "expire", function(target, attrs) say("expire", target, attrs and sorted(attrs) or nil) end)

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, { expire_on_commit = false }, function(s)
  s:add_all{
    Team{
      id = 1,
      name = "reds",
      city = City{ id = 1, name = "rome" },
      players = { Player{ id = 1, name = "ann" }, Player{ id = 2, name = "bob" } },
      badges = { Badge{ id = 1, label = "gold" } }
    },
    Team{ id = 2, name = "blues" }
  }
  s:commit()
end)
parity.forget()

local function unloaded(o)
  return list(sorted(am.inspect(o).unloaded), sorted(am.inspect(o).expired_attributes))
end

local s = am.Session(e)
step "get loads eagerly"
local reds = s:get(Team, 1)
say(unloaded(reds))
step "get again"
say(s:get(Team, 1) == reds)
step "expire all of it"
s:expire(reds)
say(unloaded(reds), s:contains(reds))
step "a column brings the row and the eager loaders"
say(reds.name)
say(unloaded(reds))
step "expire two names"
s:expire(reds, { "name", "badges" })
say(unloaded(reds))
step "the collection is loaded alone"
say(map(reds.badges, function(b) return b.label end))
step "the column alone"
say(reds.name)
step "refresh"
s:refresh(reds)
say(unloaded(reds))
step "refresh a lazy collection by name"
s:refresh(reds, { "players" })
say(unloaded(reds))
step "refresh names of both kinds"
s:refresh(reds, { "name", "badges" })
step "refresh of what changed"
reds.name = "changed"
say(am.inspect(reds).modified)
s:refresh(reds, { "name" })
say(reds.name, am.inspect(reds).modified)
step "autoflush before refresh"
reds.name = "flushed"
s:refresh(reds)
say(reds.name)
step "another connection's change stays unseen"
s:execute(am.update(Team.__table__):where(Team.__table__.c.id:eq(1)):values{ name = "hidden" })
say(s:scalars(am.select(Team):where(Team.id:eq(1))):one().name)
step "populate_existing"
reds.city = nil
say(
  s:scalars(am.select(Team):where(Team.id:eq(1)):execution_options{ populate_existing = true }):one().name,
  reds.city
)
step "populate_existing with get"
reds.name = "local"
s:no_autoflush(function()
  say(s:get(Team, 1, { populate_existing = true }).name)
end)
step "get with options and with_for_update"
say(#s:get(Team, 1, { options = { am.joinedload(Team.city) }, populate_existing = true }).badges)
say(s:get(Team, 2, { with_for_update = { of = Team } }).name)
say(s:get(Team, 2, { with_for_update = { of = Team, read = true } }).name)
s:expire(reds, { "city" })
s:refresh(reds, { "name" }, { with_for_update = { nowait = true } })
s:refresh(reds, { with_for_update = { of = Team } })
step "get of nothing"
say(s:get(Team, 99))
parity.error(function() return s:get_one(Team, 99) end)
parity.error(function() return s:get(Team, { 1, 2 }) end)
step "commit expires"
s:commit()
say(unloaded(reds))
say(map(reds.players, function(p) return p.name end))
step "options are kept for the refresh"
s:commit()
am.Session(e, function(other)
  local team = other:scalars(am.select(Team):options(am.joinedload(Team.city)):where(Team.id:eq(1))):one()
  other:expire(team)
  step "touch"
  say(team.name)
  say(unloaded(team))
end)
am.Session(e, function(other)
  local team = other:scalars(am.select(Team):options(am.load_only(Team.name)):where(Team.id:eq(1))):one()
  say(unloaded(team))
  other:expire(team)
  step "touch load_only"
  say(team.name, unloaded(team))
end)
am.Session(e, function(other)
  local team = other:scalars(am.select(Team):options(am.raiseload(Team.players)):where(Team.id:eq(1))):one()
  parity.error(function() return team.players end)
  other:expire(team)
  parity.error(function() return team.players end)
  other:refresh(team, { "players" })
  say(#team.players)
end)
step "an object that is gone"
local ann = reds.players[1]
s:execute(am.text("UPDATE players SET team_id = NULL WHERE id = 2"))
s:execute(am.text("DELETE FROM players WHERE id = 1"))
s:expire(ann)
parity.error(function() return ann.name end)
parity.error(function() return s:refresh(ann) end)
s:expire(reds, { "players" })
say(map(reds.players, function(p) return p.name end))
step "detached"
s:expunge(reds)
parity.error(function() return s:refresh(reds) end)
parity.error(function() return s:expire(reds) end)
s:rollback()
s:close()
step "expire of a pending object"
am.Session(e, function(last)
  local new = Team{ name = "new" }
  last:add(new)
  parity.error(function() return last:expire(new) end)
  parity.error(function() return last:refresh(new) end)
end)
step "pending changes and an expired attribute"
am.Session(e, function(last)
  local team = last:get(Team, 1)
  last:expire(team, { "name" })
  team.name = "blind"
  say(am.inspect(team).attrs.name.history)
  last:flush()
  say(am.inspect(team).attrs.name.history)
  last:expire_all()
  say(team.name)
end)
step "end"
