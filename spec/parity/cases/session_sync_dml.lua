-- update() and delete() of the ORM against objects in the session: evaluate, fetch, auto, what each one leaves behind.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local update, delete, select, inspect, func = am.update, am.delete, am.select, am.inspect, am.func

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  players = am.relationship("Player", { back_populates = "team", order_by = "Player.id" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  score = am.Column(am.Integer),
  bonus = am.Column(am.Integer, { server_default = "0" }),
  team_id = am.Column(am.ForeignKey("team.id")),
  team = am.relationship(Team, { back_populates = "players" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
am.Session(db, function(s)
  s:begin(function()
    s:add_all{
      Team{ id = 1, name = "red", players = { Player{ id = 1, name = "ann", score = 10 },
        Player{ id = 2, name = "bob", score = 20 } } },
      Team{ id = 2, name = "blue", players = { Player{ id = 3, name = "cyd", score = am.null },
        Player{ id = 4, name = "dan", score = 40 } } },
    }
  end)
end)
local session = am.Session(db)

local function load()
  session:rollback()
  session:expunge_all()
  local players = session:scalars(select(Player):order_by(Player.id)):all()
  p.forget()
  return players
end

local function look(players, last)
  for n = 1, last or #players do
    local i = inspect(players[n])
    say(i.dict.name, i.dict.score, p.sorted(i.expired_attributes), i.modified, i.persistent, i.deleted, i.detached)
  end
end

local function pick(players, key) return map(players, function(player) return player[key] end) end

for _, sync in ipairs{ "auto", "evaluate", "fetch", false } do
  step("update, " .. p.fmt(sync))
  local players = load()
  local result = session:execute(update(Player):where(Player.score:gt(10)):values{ score = Player.score + 1 }, nil,
    { execution_options = { synchronize_session = sync } })
  say(result.rowcount)
  look(players)
  sql()
  say(pick(players, "score"))
  step("delete, " .. p.fmt(sync))
  players = load()
  say(session:execute(delete(Player):where(Player.score:is_(nil)):execution_options{ synchronize_session = sync })
    .rowcount)
  look(players)
  say(session:contains(players[3]), session.deleted:contains(players[3]))
end

step "what cannot be evaluated"
local players = load()
local statement = update(Player):where(Player.team_id:in_(select(Team.id):where(Team.name:eq("red"))))
  :values{ score = 0 }
error_of(function()
  session:execute(statement, nil, { execution_options = { synchronize_session = "evaluate" } })
end)
session:execute(statement)
sql()
look(players)
players = load()
session:execute(update(Player):where(Player.id:eq(1)):values{ score = func.abs(-3), name = "X" .. Player.name })
look(players, 1)
say(players[1].score, players[1].name)
sql()
error_of(function()
  session:execute(update(Player):values{ score = 1 }, nil, { execution_options = { synchronize_session = "wrong" } })
end)

step "pending and dirty objects"
players = load()
session:add(Player{ id = 9, name = "new", score = 99 })
players[1].score = 50
session:execute(update(Player):where(Player.score:gt(45)):values{ name = Player.name .. "!" })
sql()
say(pick(session:scalars(select(Player):order_by(Player.id)), "name"), players[1].score)
players = load()
session:no_autoflush(function()
  players[1].score = 50
  session:execute(update(Player):where(Player.score:gt(45)):values{ name = "hit" })
  say(players[1].name, players[1].score, inspect(players[1]).attrs.name.history)
  session:execute(update(Player):where(Player.id:eq(1)):values{ score = 7 })
  say(players[1].score, inspect(players[1]).attrs.score.history, session:is_modified(players[1]))
end)

step "criteria of many kinds"
players = load()
session:execute(update(Player):where(am.and_(Player.name:in_{ "ann", "bob" }, am.not_(Player.score:eq(20))))
  :values{ score = 1 })
session:execute(update(Player):where(am.or_(Player.name:startswith("d"), Player.score:is_(nil))):values{ score = 2 })
session:execute(update(Player):where(Player.name:between("b", "c")):values{ bonus = Player.score * 2 })
sql()
say(map(players, function(o) return { o.name, o.score, o.bonus } end))
session:execute(update(Player):values{ team_id = 1 }:where(Player.team_id:eq(2)))
say(map(players, function(o) return o.team.name end), #session:get(Team, 1).players)
session:execute(update(Player):where(Player.team:has{ name = "red" }):values{ score = 100 })
say(pick(players, "score"))
session:execute(update(Player):where(Player.team_id:eq(Team.id), Team.name:eq("red")):values{ name = Team.name }, nil,
  { execution_options = { synchronize_session = "fetch" } })
sql()
say(pick(players, "name"))

step "RETURNING"
players = load()
local rows = session:execute(update(Player):where(Player.id:lt(3)):values{ score = Player.score * 2 }
  :returning(Player.id, Player.score))
say(p.sorted(rows))
look(players, 2)
local got = session:scalars(update(Player):where(Player.id:eq(3)):values{ name = "CYD" }:returning(Player)):all()
say(got[1] == players[3], got[1].name)
local gone = session:scalars(delete(Player):where(Player.id:eq(4)):returning(Player.name)):all()
say(gone, inspect(players[4]).detached, inspect(players[4]).deleted, session:contains(players[4]))
sql()

step "objects that were deleted"
players = load()
session:execute(delete(Player))
say(map(players, function(o) return inspect(o).persistent end), #session.identity_map)
session:rollback()
say(map(players, function(o) return inspect(o).persistent end),
  map(players, function(o) return session:contains(o) end))

step "through Query"
players = load()
say(session:query(Player):filter(Player.score:ge(20)):update{ score = Player.score - 5 })
say(session:query(Player):filter_by{ name = "ann" }:delete(), session:query(Player):filter(Player.id:gt(2))
  :update({ [Player.bonus] = 3 }, { synchronize_session = "fetch" }))
look(players)
sql()
error_of(function() session:query(Player):limit(1):update{ score = 1 } end)
error_of(function() session:query(Player):join(Team):delete() end)
session:close()
