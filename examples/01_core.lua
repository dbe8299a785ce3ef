-- Tables, inserting, selecting, changing, deleting: SQL without pasting strings.
local am = require "alchemoon"

local metadata = am.MetaData()
local teams = am.Table("teams", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(40), { unique = true, nullable = false }))
local players = am.Table("players", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(40), { nullable = false }),
  am.Column("level", am.Integer, { default = 1 }),
  am.Column("joined", am.Date),
  am.Column("team_id", am.ForeignKey("teams.id")))

local engine = am.create_engine("sqlite://")
metadata:create_all(engine)

engine:begin(function(conn)                       -- commits, or rolls back and raises again
  local red = conn:execute(am.insert(teams):values { name = "red" }).inserted_primary_key[1]
  conn:execute(am.insert(players), {
    { name = "Ann", level = 30, team_id = red, joined = am.date(2026, 1, 5) },
    { name = "Bob", level = 12, team_id = red, joined = am.null },
    { name = "Cat", level = 7, team_id = am.null, joined = am.null },
  })
end)

engine:connect(function(conn)
  local strong = am.select(players.c.name, teams.c.name:label("team"))
    :join_from(players, teams)
    :where(players.c.level:gt(10))
    :order_by(players.c.level:desc())
  for row in conn:execute(strong) do print(row.name, row.team) end
  --> Ann	red
  --> Bob	red

  local per_team = am.select(teams.c.name, am.func.count(), am.func.max(players.c.level))
    :join_from(players, teams):group_by(teams.c.name)
  for _, name, count, level in conn:execute(per_team):each() do print(name, count, level) end
  --> red	2	30

  local row = conn:execute(am.select(players):where(players.c.name:eq("Ann"))):one()
  print(row.id, row[2], row[players.c.level], row.joined.year, row.team_id)
  --> 1	Ann	30	2026	1

  local names = { "Ann", "Cat", "Dan" }
  print(conn:scalar(am.select(am.func.count()):where(players.c.name:in_(names))))
  --> 2
end)

engine:begin(function(conn)
  local raised = conn:execute(am.update(players)
    :where(players.c.team_id:is_(nil)):values { level = players.c.level + 1 })
  print(raised.rowcount, "without a team, one level up")
  --> 1	without a team, one level up
  local gone = conn:execute(am.delete(players):where(players.c.level:lt(10)):returning(players.c.name))
  print("gone:", gone:scalar_one())
  --> gone:	Cat
end)
