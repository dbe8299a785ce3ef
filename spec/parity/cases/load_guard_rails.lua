-- Loads that are refused or repeated: raise, raise_on_sql, noload, detached objects, populate_existing.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Team = Base:model("Team", {
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id" }),
  strict = am.relationship("Player", { lazy = "raise", viewonly = true }),
  on_sql = am.relationship("Player", { lazy = "raise_on_sql", viewonly = true }),
  none = am.relationship("Player", { lazy = "noload", viewonly = true }),
})

local Player = Base:model("Player", {
  __tablename__ = "player",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  team_id = Column(ForeignKey "team.id"),
  team = am.relationship(Team, { back_populates = "players" }),
  team_strict = am.relationship(Team, { lazy = "raise", viewonly = true }),
  team_on_sql = am.relationship(Team, { lazy = "raise_on_sql", viewonly = true }),
  badges = am.relationship("Badge", { lazy = "selectin", order_by = "Badge.id" }),
})

local Badge = Base:model("Badge", {
  __tablename__ = "badge",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
  player_id = Column(ForeignKey "player.id"),
})

local function names(items) return p.map(items, function(x) return x.name end) end
local function words(items) return p.map(items, function(x) return x.word end) end

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Team { name = "reds", players = { Player { name = "Ann", badges = { Badge { word = "gold" } } },
    Player { name = "Bob" } } })
  s:commit()
  s:add(Team { name = "blues", players = { Player { name = "Cy" } } })
  s:commit()
end)
p.forget()
am.Session(e, function(s)
  step "mapped"
  local reds = s:get(Team, 1)
  p.error(function() return reds.strict end)
  p.error(function() return reds.on_sql end)
  say(reds.none)
  local ann = s:get(Player, 1)
  p.error(function() return ann.team_strict end)
  say(ann.team_on_sql == reds)
  local cy = s:get(Player, 3)
  p.error(function() return cy.team_on_sql end)
  step "options overrule"
  local t = s:scalars(select(Team):options(am.selectinload(Team.strict), am.lazyload(Team.on_sql),
    am.joinedload(Team.none):noload(Player.badges)):where(Team.id:eq(2))):unique():one()
  say(#t.strict, #t.on_sql, #t.none)
end)
step "raise by option"
am.Session(e, function(s)
  local t = s:scalars(select(Team):options(am.raiseload(Team.players)):order_by(Team.id)):first()
  p.error(function() return t.players end)
  s:refresh(t, { "players" })
  say(#t.players)
  s:expunge_all()
  t = s:scalars(select(Team):options(am.selectinload(Team.players):raiseload "*", am.raiseload "*")
    :order_by(Team.id)):first()
  say(names(t.players))
  p.error(function() return t.players[1].badges end)
  p.error(function() return t.players[1].team end)
  s:expunge_all()
  local x = s:scalars(select(Player):options(am.raiseload("*", { sql_only = true })):order_by(Player.id)):first()
  p.error(function() return x.team end)
  s:get(Team, 1)
  say(x.team.name)
end)
step "writes without loading"
am.Session(e, function(s)
  local t = s:scalars(select(Team):options(am.raiseload(Team.players)):where(Team.id:eq(1))):one()
  local new = Player { name = "Di", team = t }
  s:add(new)
  s:flush()
  say(new.team_id, am.inspect(t).unloaded:contains "players")
  p.error(function() t.players:append(Player { name = "no" }) end)
  local u = s:get(Team, 2)
  u.players:append(Player { name = "Ed" })
  s:flush()
  say(names(u.players))
  s:rollback()
end)
step "populate existing"
am.Session(e, function(s)
  local t = s:scalars(select(Team):options(am.selectinload(Team.players)):where(Team.id:eq(1))):one()
  t.name = "pending"
  t.players[1].name = "pending too"
  t.players:append(Player { name = "extra" })
  local again = s:no_autoflush(function()
    return s:scalars(select(Team):options(am.selectinload(Team.players)):where(Team.id:eq(1))
      :execution_options { populate_existing = true }):one()
  end)
  say(again == t, t.name, names(t.players), #s.new, #s.dirty)
  s:rollback()
end)
step "a second query adds what is missing"
am.Session(e, function(s)
  local t = s:get(Team, 1)
  say(am.inspect(t).unloaded:contains "players")
  s:scalars(select(Team):options(am.selectinload(Team.players))):all()
  say(am.inspect(t).unloaded:contains "players")
  t.players = { t.players[1] }
  s:no_autoflush(function() s:scalars(select(Team):options(am.selectinload(Team.players))):all() end)
  say(#t.players)
  s:rollback()
end)
step "expired collections"
local t
am.Session(e, function(s)
  t = s:get(Team, 1)
  say(#t.players, p.sorted(am.inspect(t.players[1]).unloaded))
  s:expire(t, { "players" })
  say(am.inspect(t).expired, am.inspect(t).attrs.players.loaded_value == am.NO_VALUE)
  local x = t.players[1]
  s:expire(x)
  say(words(x.badges), x.name)
  s:refresh(t, { "name", "players" })
end)
step "detached"
say(t.name, #t.players)
p.error(function() return t.players[2].badges end)
local loose = Team { id = 1 }
say(loose.players, loose.name)
am.Session(e, function(s)
  local far = s:get(Player, 3)
  s:expunge(far)
  p.error(function() return far.team end)
  say(far.name, words(far.badges))
  s:add(far)
  say(far.team.name)
end)
step "pending objects do not load, unless asked"
am.Session(e, function(s)
  local x = Player { name = "Flo", team_id = 2 }
  s:add(x)
  say(x.team)
  s:enable_relationship_loading(x)
  local q = Player { name = "Gus", team_id = 2 }
  s:enable_relationship_loading(q)
  say(q.team.name, s.new:contains(q))
  s:flush()
  say(x.team_id)
  s:rollback()
end)
p.sql()
