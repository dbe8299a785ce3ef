-- The game: players come, walk about, find gold, are saved every second or two, and leave.
--
-- Each player is a coroutine of the reactor, written as if the database answered at once. The world (avatars in plain
-- tables) belongs to the tick; a coroutine takes over from it when it saves.
local am = require "alchemoon"
local options = ...

-- Models ---------------------------------------------------------------------------------------------

local Base = am.declarative_base()
local Player = Base:model("Player", {
  __tablename__ = "game_players",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(40), { nullable = false, unique = true }),
  x = am.Column(am.Float, { nullable = false, default = 0 }),
  y = am.Column(am.Float, { nullable = false, default = 0 }),
  gold = am.Column(am.Integer, { nullable = false, default = 0 }),
  items = am.relationship("Item", { back_populates = "player", cascade = "all, delete-orphan", order_by = "Item.id" }),
})
local Item = Base:model("Item", {
  __tablename__ = "game_items",
  id = am.Column(am.Integer, { primary_key = true }),
  player_id = am.Column(am.ForeignKey("game_players.id"), { nullable = false, index = true }),
  name = am.Column(am.String(40), { nullable = false }),
  player = am.relationship("Player", { back_populates = "items" }),
})

-- The database ---------------------------------------------------------------------------------------

-- SQLite lets one write at a time: better to queue for its connection, in order, than to meet each other's locks.
local reactor = am.reactor()
local is_postgresql = am.make_url(options.url):get_backend_name() == "postgresql"
local engine = am.create_engine(options.url, { reactor = not options.blocking and reactor or false,
  pool_size = is_postgresql and 20 or 1, max_overflow = 0, pool_timeout = 60 })
local Session = am.sessionmaker{ bind = engine, expire_on_commit = false }

Base.metadata:drop_all(engine)
Base.metadata:create_all(engine)

-- The world ------------------------------------------------------------------------------------------

local avatars = {} -- player id → { x, y, dx, dy, gold }
local totals = { logins = 0, saves = 0, items = 0, failed = 0 }
local open = true

local function enter(player)
  local avatar = { x = player.x, y = player.y, dx = math.random() - 0.5, dy = math.random() - 0.5, gold = player.gold }
  avatars[player.id] = avatar
  return avatar
end

-- One login, from loading to leaving.
local function visit(session, name)
  local player = session:scalars(am.select(Player):where(Player.name:eq(name))):first()
  if not player then
    player = Player{ name = name }
    session:add(player)
  end
  if is_postgresql and math.random() < 0.2 then -- a query that takes its time
    session:execute(am.text("select pg_sleep(0.2)"))
  end
  session:commit() -- gives the connection back: nobody holds one while he walks about
  local avatar = enter(player)
  totals.logins = totals.logins + 1
  for _ = 1, math.random(2, 4) do
    reactor:sleep(0.5 + math.random())
    player.x, player.y = avatar.x, avatar.y
    if avatar.gold > player.gold + 5 and #player.items < 20 then -- items are loaded here, lazily
      player.items:append(Item{ name = "sword" })
      avatar.gold = avatar.gold - 5
      totals.items = totals.items + 1
    end
    player.gold = avatar.gold
    session:commit()
    totals.saves = totals.saves + 1
    if not open then break end
  end
  avatars[player.id] = nil
end

local function life(number)
  reactor:sleep(math.random() * 2)
  while open do
    local ok, e = pcall(Session, function(session) visit(session, "player " .. number) end)
    if not ok then
      totals.failed = totals.failed + 1
      io.stderr:write(tostring(e), "\n")
    end
    reactor:sleep(0.2 + math.random())
  end
end

local game = {}

--- Moves everybody, and lets those go on whose database answered.
function game.tick(seconds)
  for _, avatar in pairs(avatars) do
    avatar.x, avatar.y = avatar.x + avatar.dx * seconds, avatar.y + avatar.dy * seconds
    if math.random() < 0.05 then avatar.gold = avatar.gold + 1 end
  end
  reactor:step()
end

--- What is left of a tick.
function game.idle(seconds)
  if seconds > 0 then reactor:run_for(seconds) end
end

--- Saves everybody and closes.
function game.stop()
  open = false
  reactor:run_for(30)
  local players, gold = Session(function(session)
    return session:execute(am.select(am.func.count(), am.func.sum(Player.gold)):select_from(Player)):first():unpack()
  end)
  print(("%d players with %d gold; %d logins, %d saves, %d items bought, %d failures"):format(
    players, gold, totals.logins, totals.saves, totals.items, totals.failed))
  Base.metadata:drop_all(engine)
  engine:dispose()
  reactor:close()
  assert(totals.failed == 0, "some players were not saved")
end

math.randomseed(7)
for number = 1, options.players do reactor:spawn(life, number) end
return game
