-- Identity map, autobegin, autoflush, get with its options, refresh, expire and populate_existing.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  goals = am.Column(am.Integer, { default = 0 }),
  team_id = am.Column(am.ForeignKey("team.id")),
  team = am.relationship("Team", { back_populates = "players" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, inspect = am.select, am.inspect
say(session:in_transaction(), session.is_active, session.autoflush, session:get_transaction() == nil)
session:add(Team{ id = 1, name = "red", players = { Player{ id = 1, name = "ann" }, Player{ id = 2, name = "bob" } } })
say(session:in_transaction(), session:get_transaction().is_active)
session:commit()
say(session:in_transaction())

step "one row, one object"
local a = session:get(Player, 1)
local b = session:scalars(select(Player):where(Player.name:eq("ann"))):one()
say(a == b, a == session:get(Player, 1), session:get(Player, 99), #session.identity_map)
say(inspect(a).identity_key[2], inspect(a).key[2], inspect(a).identity, session:identity_key(Player, 1)[2])
local keys, found = {}, false
for i, key in ipairs(session.identity_map:keys()) do keys[i] = key[2][1] end
for _, o in ipairs(session.identity_map:values()) do found = found or o == a end
say(p.sorted(keys), found)
say(error_of(function() session:get_one(Player, 99) end) ~= nil)
say(session:get_one(Player, 1) == a)

step "get with options"
session:expunge_all()
local p1 = session:get(Player, 1, { options = { am.joinedload(Player.team) } })
say(inspect(p1).unloaded:contains("team"), p1.team.name)
local p2 = session:get(Player, 2, { options = { am.load_only(Player.name) } })
say(p.sorted(inspect(p2).unloaded), session:get(Player, 2) == p2)
session:get(Player, 1, { populate_existing = true })
session:expunge_all()
p1 = session:get(Player, 1)
session:get(Player, 1, { with_for_update = true })
if p.is_postgresql then
  session:get(Player, 1, { with_for_update = { nowait = true, of = Player } })
  session:get(Player, 1, { with_for_update = { read = true, skip_locked = true } })
end

step "autoflush"
p1.goals = 5
local goals = select(Player.goals):where(Player.id:eq(1))
say(session:scalar(goals))
p.sql()
p1.goals = 6
session:no_autoflush(function()
  say(session:scalar(goals), session.autoflush)
end)
say(session:scalar(goals, nil, { execution_options = { autoflush = false } }))
say(session:is_modified(p1), session.dirty:contains(p1))
session:get(Player, 2)

step "refresh"
session:execute(am.text("update player set name = 'ANN', goals = 70 where id = 1"))
say(p1.name, p1.goals)
session:refresh(p1, { "name" })
say(p1.name, p1.goals)
session:refresh(p1)
say(p1.name, p1.goals)
p.sql()
session:refresh(p1, { "team" })
session:refresh(p1, { with_for_update = true })

step "expire"
p1.goals = 71
session:expire(p1, { "goals" })
say(p.sorted(inspect(p1).expired_attributes), inspect(p1).modified)
say(p1.goals)
p1.name = "changed"
session:expire(p1)
say(p.sorted(inspect(p1).unloaded), session.dirty:contains(p1))
say(p1.name)
session:expire_all()
say(p1.team.players[2].name)

step "populate_existing"
session:execute(am.text("update player set name = 'X' where id = 2"))
p2 = session:scalars(select(Player):where(Player.id:eq(2))):one()
say(p2.name)
p2 = session:scalars(select(Player):where(Player.id:eq(2)):execution_options{ populate_existing = true }):one()
say(p2.name)

step "expire_on_commit"
session:commit()
say(p.sorted(inspect(p2).unloaded))
session:close()
local keep = am.Session(e, { expire_on_commit = false })
p2 = keep:get(Player, 2, { options = { am.selectinload(Player.team):selectinload(Team.players) } })
p2.goals = 9
keep:commit()
say(p.sorted(inspect(p2).unloaded), p2.goals, p2.team.players[1].name, keep:in_transaction())
p.sql()
keep:close()
local gone = session:get(Player, 2)
session:execute(am.text("delete from player where id = 2"))
session:expire(gone)
error_of(function() return gone.name end)
error_of(function() session:refresh(gone) end)
say(session:get(Player, 2))
p.sql()
session:close()
