-- Every method of the session by name: add to bulk_update_mappings, with the statements and states of each.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect, update = am.select, am.func, am.inspect, am.update

local Base = am.declarative_base()

local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  players = relationship("Player", { back_populates = "team", cascade = "all", order_by = "Player.id" }),
})

local Player = Base:model("Player", {
  __tablename__ = "players",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { nullable = false }),
  team_id = Column(ForeignKey("teams.id")),
  team = relationship(Team, { back_populates = "players" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e, { expire_on_commit = false })

local function counts()
  say(#s.new, #s.dirty, #s.deleted, #s.identity_map, s:in_transaction(), s:in_nested_transaction())
end
local function name(x) return x.name end

step "add, flush, commit"
local reds = Team{ name = "reds", players = { Player{ name = "ann" }, Player{ name = "bob" } } }
counts()
s:add(reds)
counts()
s:flush()
counts()
s:add_all{ Team{ name = "blues" }, Player{ name = "cyd" } }
s:commit()
counts()
say(reds.name, s:contains(reds), s.is_active, s:get_transaction())
step "get, get_one"
say(s:get(Team, 1) == reds, s:get(Team, { id = 2 }).name, s:get(Team, 99), s:get(Team, { 1 }).name)
p.error(function() return s:get_one(Team, 99) end)
say(s:get_one(Team, 2).name, s:get(Player, 1, { options = { am.selectinload(Player.team) },
  populate_existing = true }).name)
say(s:get(Team, 1, { with_for_update = { read = true } }).name)
p.error(function() return s:get(Team, { 1, 2 }) end)
p.error(function() return s:get({}, 1) end)
step "merge"
local copy = Team{ id = 1, name = "REDS", players = { Player{ id = 1, name = "ANN" }, Player{ name = "dan" } } }
local merged = s:merge(copy)
say(merged == reds, s:contains(copy), map(reds.players, name), inspect(copy).transient)
counts()
s:commit()
local detached = am.Session(e):get(Team, 2)
say(s:merge(detached, { load = false }) == s:get(Team, 2), s:merge(Team{ id = 77, name = "new" }).id)
counts()
s:rollback()
p.error(function() return s:merge(Team{ id = 2, name = "dirty" }, { load = false }) end)
step "refresh and expire"
s:execute(update(Team.__table__):values{ name = "changed" }:where(Team.__table__.c.id:eq(1)))
say(reds.name)
s:refresh(reds)
say(reds.name)
s:refresh(reds, { "players" })
s:refresh(reds, { attribute_names = { "name" }, with_for_update = true })
s:expire(reds, { "name" })
say(p.sorted(inspect(reds).unloaded))
s:expire(reds)
say(p.sorted(inspect(reds).unloaded), reds.name)
s:expire_all()
say(reds.players[1].name)
p.error(function() s:refresh(Team()) end)
p.error(function() s:expire(Team()) end)
step "expunge"
local ann = reds.players[1]
s:expunge(ann)
say(s:contains(ann), inspect(ann).detached, am.object_session(ann))
p.error(function() s:expunge(ann) end)
s:add(ann)
s:expunge(reds)
say(s:contains(ann), s:contains(reds))
s:add(reds)
s:expunge_all()
counts()
step "delete"
reds = s:get(Team, 1)
s:delete(reds.players[2])
counts()
s:flush()
counts()
s:rollback()
say(#reds.players)
p.error(function() s:delete(Team()) end)
p.error(function() s:add(3) end)
s:delete(s:get(Team, 2))
s:commit()
step "begin and begin_nested"
s:begin(function() s:add(Team{ name = "tx" }) end)
local ok = pcall(function()
  s:begin(function()
    s:add(Team{ name = "lost" })
    s:flush()
    error("x")
  end)
end)
if not ok then say("raised") end
s:begin(function()
  s:add(Team{ name = "kept" })
  local nested = s:begin_nested()
  s:add(Player{ name = "inner" })
  s:flush()
  say(nested.is_active, s:in_nested_transaction(), s:get_nested_transaction() == nested)
  nested:rollback()
  say(nested.is_active, s:in_nested_transaction())
  local _, err = pcall(function()
    s:begin_nested(function() s:add(Player{ name = nil }) end)
  end)
  say(err.name, s.is_active)
end)
say(s:scalars(select(Team.name):order_by(Team.id)):all())
p.error(function() s:begin() end)
s:rollback()
step "execute and its kin"
say(s:execute(select(Team.name):where(Team.id:eq(1))):one(), s:scalar(select(func.count(Team.id))),
  s:scalars(select(Player.id):order_by(Player.id)):all(), s:execute(am.text("select 1 + :n"), { n = 2 }):scalar())
say(s:connection():in_transaction(), s:get_bind() == e, s:get_bind(Team) == e,
  s:get_bind{ mapper = inspect(Team) } == e)
say(map(s:query(Player):order_by(Player.id), name))
step "no_autoflush"
s:no_autoflush(function()
  s:add(Team{ name = "held" })
  say(s:scalar(select(func.count(Team.id))), s.autoflush)
end)
say(s:scalar(select(func.count(Team.id))), s.autoflush)
s:rollback()
step "bulk"
s:bulk_save_objects{ Team{ id = 50, name = "bulk" }, Player{ id = 51, name = "pl", team_id = 50 } }
s:bulk_insert_mappings(Player, { { name = "m1" }, { name = "m2", team_id = 50 } })
s:bulk_update_mappings(Team, { { id = 50, name = "BULK" } })
say(s:execute(select(Player.name, Player.team_id):where(Player.team_id:eq(50)):order_by(Player.id)):all(),
  s:get(Team, 50).name)
counts()
step "enable_relationship_loading"
local loose = Player{ team_id = 50 }
s:enable_relationship_loading(loose)
say(loose.team.name, s.new:contains(loose), inspect(loose).transient)
step "reset, close, invalidate"
s:rollback()
s:reset()
counts()
local strict = am.Session(e, { close_resets_only = false })
strict:close()
p.error(function() return strict:scalar(select(1)) end)
local one = s:get(Team, 1)
s:close()
say(inspect(one).detached)
counts()
s:scalar(select(func.count(Team.id)))
s.info.k = 1
say(s.info, s.is_active)
p.error(function() s:prepare() end)
s:close()
sql()
