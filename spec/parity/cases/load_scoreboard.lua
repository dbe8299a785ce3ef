-- with_expression and query_expression, with populate_existing, aliases, defaults and refreshes.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local with_expression = am.with_expression

local Base = am.declarative_base()
local Club = Base:model("Club", {
  __tablename__ = "club",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  players = am.relationship("Player", { back_populates = "club", order_by = "Player.id" }),
  size = am.query_expression(),
})

local Player = Base:model("Player", {
  __tablename__ = "player",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  goals = Column(Integer),
  club_id = Column(ForeignKey "club.id"),
  club = am.relationship(Club, { back_populates = "players" }),
  score = am.query_expression(),
  grade = am.query_expression{ default_expr = am.literal("none") },
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{ Club{ id = 1, name = "A", players = { Player{ id = 1, name = "Al", goals = 4 },
    Player{ id = 2, name = "Bo", goals = 9 } } },
    Club{ id = 2, name = "B", players = { Player{ id = 3, name = "Cy", goals = 1 } } } }
  s:commit()
end)
p.forget()
local stmt = select(Player):order_by(Player.id)
local scored = with_expression(Player.score, Player.goals * 10)
local grade = with_expression(Player.grade, am.case({ Player.goals:gt(3), "high" }, { else_ = "low" }))
local existing = { execution_options = { populate_existing = true } }

local function scores(items) return p.map(items, function(x) return x.score end) end
local function both(items) return p.map(items, function(x) return p.list(x.score, x.grade) end) end

step "without, with"
am.Session(e, function(s)
  say(both(s:scalars(stmt)))
  local one = s:get(Player, 1)
  local unloaded = am.inspect(one).unloaded
  say(not unloaded:contains("score"), not unloaded:contains("grade"), p.sorted(unloaded))
end)
am.Session(e, function(s) say(both(s:scalars(stmt:options(scored, grade)))) end)
step "an object that is there keeps what it has"
am.Session(e, function(s)
  local first = s:scalars(stmt):first()
  say(scores(s:scalars(stmt:options(scored))))
  say(scores(s:scalars(stmt:options(scored):execution_options{ populate_existing = true })))
  say(first.score)
  say(scores(s:scalars(stmt:options(with_expression(Player.score, Player.goals + 1)), nil, existing)))
  say(scores(s:scalars(stmt, nil, existing)))
end)
step "populate_existing and pending changes"
am.Session(e, function(s)
  local one = s:get(Player, 2)
  one.name, one.goals = "Changed", 0
  s:no_autoflush(function()
    s:scalars(stmt:options(scored):execution_options{ populate_existing = true }):all()
    say(one.name, one.goals, one.score, s.dirty:contains(one), am.inspect(one).modified)
  end)
  one.name = "Again"
  s:scalars(stmt:execution_options{ populate_existing = true }):all()
  say(one.name, one.score)
  s:rollback()
end)
step "expire and refresh"
am.Session(e, function(s)
  local one = s:scalars(stmt:options(scored, grade)):first()
  say(one.score, one.grade)
  s:expire(one)
  say(one.score, one.grade)
  s:refresh(one)
  say(one.score, one.name)
  s:commit()
  say(one.score, one.goals)
end)
step "below relationships"
am.Session(e, function(s)
  local players = am.joinedload(Club.players):options(with_expression(Player.score, Player.goals - 1))
  for c in s:scalars(select(Club):options(players):order_by(Club.id)):unique() do say(c.name, c.size,
    scores(c.players)) end
end)
am.Session(e, function(s)
  local players = am.selectinload(Club.players):with_expression(Player.score, Player.goals - 2)
  for c in s:scalars(select(Club):options(players):order_by(Club.id)) do say(c.name, scores(c.players)) end
end)
am.Session(e, function(s)
  local players = am.contains_eager(Club.players):with_expression(Player.score, Player.goals + Club.id)
  local joined = select(Club):join(Club.players):where(Player.goals:gt(1)):order_by(Club.id, Player.id)
    :options(players)
  for c in s:scalars(joined):unique() do say(c.name, scores(c.players)) end
end)
step "an aggregate"
am.Session(e, function(s)
  local count = select(func.count(Player.id)):where(Player.club_id:eq(Club.id)):correlate(Club):scalar_subquery()
  say(p.map(s:scalars(select(Club):options(with_expression(Club.size, count)):order_by(Club.id)), function(c)
    return { c.name, c.size }
  end))
  s:expunge_all()
  local grouped = select(Club):join(Club.players):group_by(Club.id)
    :options(with_expression(Club.size, func.sum(Player.goals))):order_by(Club.id)
  say(p.map(s:scalars(grouped), function(c) return c.size end))
end)
step "an alias of a subquery"
am.Session(e, function(s)
  local inner = select(Player, (Player.goals * 2):label("twice")):where(Player.goals:gt(2)):subquery()
  local big = am.aliased(Player, inner)
  say(p.map(s:scalars(select(big):options(with_expression(big.score, inner.c.twice)):order_by(big.id)), function(x)
    return p.list(x.name, x.score)
  end))
end)
step "set by hand, and flushed"
am.Session(e, function(s)
  local new = Player{ id = 9, name = "New", goals = 2, score = 7 }
  s:add(new)
  say(new.score, new.grade)
  s:flush()
  say(new.score)
  s:expire(new)
  say(new.score, new.goals)
  s:rollback()
end)
step "in criteria"
am.Session(e, function(s)
  say(s:scalars(select(Player.name):where(Player.grade:eq("none")):order_by(Player.id)):all())
  say(s:scalars(select(Player.name):where(Player.score:is_(nil)):order_by(Player.id)):all())
  p.error(function() s:scalars(stmt:options(with_expression(Player.name, am.literal(1)))):all() end)
end)
p.sql()
