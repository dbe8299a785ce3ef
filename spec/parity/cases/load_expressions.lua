-- query_expression and with_expression: defaults, aliases, related entities, refresh, populate_existing, unions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()
local id = am.Column(am.Integer, { primary_key = true })
local name = am.Column(am.String(30))
local points = am.Column(am.Integer)

local Player = Base:model("Player", {
  __tablename__ = "players",
  id = id,
  name = name,
  points = points,
  team_id = am.Column(am.ForeignKey("teams.id")),
  rank = am.query_expression(),
  share = am.query_expression({ default_expr = am.literal(0) }),
  doubled = am.query_expression(points * 2),
  team = am.relationship("Team", { back_populates = "players" }),
})

local Team = Base:model("Team", {
  __tablename__ = "teams",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  total = am.query_expression(),
  players = am.relationship(Player, { back_populates = "team", order_by = Player.id }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Team{
      id = 1, name = "red",
      players = { Player{ id = 1, name = "ann", points = 5 }, Player{ id = 2, name = "bob", points = 7 } }
    },
    Team{ id = 2, name = "blue", players = { Player{ id = 3, name = "cid", points = 1 } } }
  })
  s:commit()
end)
parity.forget()

local function show(p)
  return list(p.name, p.rank, p.share, p.doubled)
end
local total = am.select(am.func.sum(Player.points)):where(Player.team_id:eq(Team.id)):correlate(Team)
  :scalar_subquery()
step "without an option"
am.Session(e, function(s)
  say(map(s:scalars(am.select(Player):order_by(Player.id)), function(p) return show(p) end))
  say(s:get(Team, 1).total)
end)
step "with options"
am.Session(e, function(s)
  local stmt = am.select(Player)
    :options(
      am.with_expression(Player.rank, am.func.rank():over({ order_by = Player.points:desc() })),
      am.with_expression(Player.share, Player.points + 100)
    )
    :order_by(Player.id)
  say(map(s:scalars(stmt), function(p) return show(p) end))
  step "the same objects again, without"
  say(map(s:scalars(am.select(Player):order_by(Player.id)), function(p) return show(p) end))
  step "another expression"
  stmt = am.select(Player):options(am.with_expression(Player.rank, am.literal(1))):order_by(Player.id)
  say(map(s:scalars(stmt), function(p) return show(p) end))
  step "populate_existing"
  say(map(s:scalars(stmt:execution_options({ populate_existing = true })), function(p) return show(p) end))
end)
step "expired and refreshed"
am.Session(e, function(s)
  local ann = s:scalars(
    am.select(Player):options(am.with_expression(Player.rank, Player.id * 10)):where(Player.id:eq(1))
  ):one()
  say(show(ann))
  s:expire(ann)
  say(show(ann))
  s:refresh(ann)
  say(show(ann), am.inspect(ann).unloaded:contains("rank"))
end)
step "a subquery that sums up"
am.Session(e, function(s)
  local stmt = am.select(Team):options(am.with_expression(Team.total, total)):order_by(Team.id)
  say(map(s:scalars(stmt), function(t) return list(t.name, t.total) end))
  say(map(s:scalars(stmt:where(total:gt(5))), function(t) return list(t.name, t.total) end))
end)
step "on related entities"
am.Session(e, function(s)
  local stmt = am.select(Team):join(Team.players)
    :options(
      am.contains_eager(Team.players):with_expression(Player.rank, Player.points * 3),
      am.with_expression(Team.total, total)
    )
    :order_by(Team.id, Player.id)
  for t in s:scalars(stmt):unique() do
    say(t.name, t.total, map(t.players, function(p) return show(p) end))
  end
end)
am.Session(e, function(s)
  local stmt = am.select(Player):options(am.joinedload(Player.team):with_expression(Team.total, am.literal(4)))
    :order_by(Player.id)
  say(map(s:scalars(stmt), function(p) return list(p.name, p.team.total) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Team):options(am.selectinload(Team.players):with_expression(Player.rank, Player.points * 3))
  for t in s:scalars(stmt:order_by(Team.id)) do
    say(t.name, map(t.players, function(p) return show(p) end))
  end
end)
step "aliased"
am.Session(e, function(s)
  local p = am.aliased(Player, { name = "p" })
  say(
    map(
      s:scalars(am.select(p):options(am.with_expression(p.rank, p.points - 1)):order_by(p.id)),
      function(x) return show(x) end
    )
  )
end)
step "unions"
am.Session(e, function(s)
  local u = am.union_all(
    am.select(Player, am.literal(1):label("mark")):where(Player.id:eq(1)),
    am.select(Player, am.literal(2):label("mark")):where(Player.id:gt(1))
  ):subquery("u")
  local pu = am.aliased(Player, u)
  local stmt = am.select(pu):options(am.with_expression(pu.rank, u.c.mark)):order_by(pu.id)
  say(map(s:scalars(stmt), function(x) return show(x) end))
end)
am.Session(e, function(s)
  local u = am.union_all(
    am.select(Player):options(am.with_expression(Player.rank, am.literal(7))):where(Player.id:eq(1)),
    am.select(Player):options(am.with_expression(Player.rank, am.literal(8))):where(Player.id:eq(2))
  )
  say(parity.sorted(map(s:scalars(am.select(Player):from_statement(u)), function(x) return show(x) end)))
end)
step "the attribute in queries"
am.Session(e, function(s)
  say(s:scalars(am.select(Player.doubled):order_by(Player.id)):all(), s:scalars(am.select(Player.rank)):all())
  say(
    map(
      s:scalars(am.select(Player):where(Player.doubled:gt(5)):order_by(Player.doubled:desc())),
      function(x) return x.name end
    )
  )
end)
step "setting and flushing"
am.Session(e, function(s)
  local ann = s:get(Player, 1)
  ann.rank = 12
  say(ann.rank, s.dirty:contains(ann), s:is_modified(ann))
  s:commit()
  say(ann.rank)
  local new = Player{ id = 9, name = "new", points = 2, rank = 3 }
  say(new.rank, new.share)
  s:add(new)
  s:flush()
  say(new.rank, new.doubled)
  s:rollback()
end)
step "wrong"
am.Session(e, function(s)
  parity.error(
    function() return s:scalars(am.select(Player):options(am.with_expression(Player.name, am.literal("x")))):all() end
  )
  parity.error(
    function() return s:scalars(am.select(Team):options(am.with_expression(Player.rank, am.literal("x")))):all() end
  )
end)
step "end"
