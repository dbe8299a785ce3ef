-- Small things: marks of changes that failed, names in DML, objects of bulk operations, composites.
local am = require "alchemoon"
local p = require "parity"
local say, step, error, refused = p.say, p.step, p.error, p.refused
local Column, ForeignKey, Integer, String = am.Column, am.ForeignKey, am.Integer, am.String
local event, func, inspect, insert, select, update = am.event, am.func, am.inspect, am.insert, am.select, am.update

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  nick = Column("nick_name", String(20)),
  players = am.relationship("Player", { back_populates = "team" }),
  guests = am.relationship("Player", { secondary = "guest", collection_class = "set" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  team_id = Column(ForeignKey("team.id")),
  team = am.relationship("Team", { back_populates = "players" }),
})
Base:model("Guest", {
  __tablename__ = "guest",
  team_id = Column(ForeignKey("team.id"), { primary_key = true }),
  player_id = Column(ForeignKey("player.id"), { primary_key = true }),
})
local Point = setmetatable({}, { __call = function(cls, x, y) return setmetatable({ x = x, y = y }, cls) end })
Point.__index = Point
function Point:__composite_values__() return self.x, self.y end
local Line = Base:model("Line", {
  __tablename__ = "line",
  id = Column(Integer, { primary_key = true }),
  x = Column(Integer),
  y = Column(Integer),
  start = am.composite(Point, "x", "y"),
})

local s
local function keys(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  return p.sorted(list)
end
local function looks(obj, ...)
  local state = inspect(obj)
  say(state.modified, keys(state.committed_state), s.dirty:contains(obj))
  for _, name in ipairs { ... } do say(name, state.attrs[name].history) end
end

local e = p.engine()
Base.metadata:create_all(e, { checkfirst = false })
p.forget()
s = am.Session(e)
step "what is taken out and is not there"
local team, player = Team { id = 71, name = "a" }, Player { id = 71, name = "p" }
s:add_all { team, player }
s:commit()
refused(function() team.players:remove(player) end)
looks(team, "players")
looks(player, "team")
s:commit()
refused(function() team.players:pop() end)
looks(team, "players")
s:commit()
refused(function() team.guests:remove(player) end)
looks(team, "guests")
refused(function() team.guests:pop() end)
looks(team, "guests")
local fresh = Team { name = "b" }
refused(function() fresh.players:remove(player) end)
looks(fresh, "players")
s:rollback()
step "columns in DML"
team = s:get(Team, 71)
for _, options in ipairs { {}, { synchronize_session = "fetch" }, { synchronize_session = false } } do
  p.forget()
  error(function() s:execute(update(Team):where(Team.id:eq(71)):values { nick_name = "c" }, nil, options) end)
  p.sql()
  say(team.nick)
end
error(function() s:execute(update(Team):where(Team.id:eq(71)):values { nick = "d" }) end)
say(team.nick)
error(function() s:query(Team):filter_by { id = 71 }:update { nick_name = "e" } end)
say(team.nick)
step "rows of a bulk INSERT"
error(function() s:execute(insert(Team), { { nick = "g", nobody = 1 }, { nick = "h", nobody = 2 } }) end)
error(function() s:execute(insert(Team), { { nick_name = "i" } }) end)
error(function() s:execute(insert(Team):values { name = am.bindparam "x" }, { { nick = "j", x = "y" } }) end)
say(p.map_rows(s:execute(select(Team.name, Team.nick):order_by(Team.id)), function(...) return p.list(...) end))
s:rollback()
step "saved in bulk twice"
local one, two = Player { name = "one" }, Player { name = "two" }
s:bulk_save_objects({ one, two }, { return_defaults = true })
say(one.id ~= nil, inspect(one).detached, inspect(one).modified, inspect(one).attrs.name.history)
one.name = "eins"
s:bulk_save_objects({ one, two }, { return_defaults = true })
step "and added"
s:add(one)
looks(one)
s:rollback()
step "composites"
for _, name in ipairs { "refresh", "expire" } do
  event.listen(Line, name, function(_, a, b)
    local names = name == "refresh" and b or a
    say(name, names and #names > 0 and p.sorted(names) or nil)
  end)
end
local line = Line { id = 1, start = Point(1, 2) }
s:add(line)
s:flush()
say(line.start.x)
s:commit()
say(line.start.y)
s:expire(line, { "start" })
say(line.start.y)
line.start = Point(5, 6)
s:refresh(line, { "x" })
say(line.start.x, line.start.y)
line = Line { x = 7, y = 8 }
say(line.start.x, line.start.y)
s:rollback()
step "merge and first values"
for _, name in ipairs { "id", "name" } do
  event.listen(Player[name], "init_scalar", function() say("init_scalar", name) end)
end
local new = Player()
new.team_id = nil
local merged = s:merge(new)
looks(merged)
say(merged.name)
s:rollback()
step "what a statement is about"
event.listen(s, "do_orm_execute", function(state)
  say(p.map(state.all_mappers, function(m) return m.class_.__name__ end), keys(state.bind_arguments),
    state.execution_options.autoflush ~= nil)
end)
s:execute(select(func.count()):select_from(Team.__table__)):all()
s:refresh(s:get(Team, 71), { "name" })
say(s:scalars(select(Team):options(am.selectinload(Team.guests))):all())
step "end"
