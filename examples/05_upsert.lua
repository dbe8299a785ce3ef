-- INSERT ... ON CONFLICT, RETURNING, INSERT ... SELECT, and many rows at once.
local am = require "alchemoon"

local engine = am.create_engine("sqlite://")
local metadata = am.MetaData()
local scores = am.Table("scores", metadata,
  am.Column("player", am.String, { primary_key = true }),
  am.Column("points", am.Integer, { nullable = false }),
  am.Column("games", am.Integer, { nullable = false, default = 1 }))
local best = am.Table("best", metadata, am.Column("player", am.String), am.Column("points", am.Integer))
metadata:create_all(engine)

local insert = am.sqlite.insert(scores)
local upsert = insert:on_conflict_do_update {
  index_elements = { scores.c.player },
  set_ = { points = am.func.max(scores.c.points, insert.excluded.points), games = scores.c.games + 1 },
}

engine:begin(function(conn)
  for _, row in ipairs { { "ann", 10 }, { "bob", 4 }, { "ann", 7 }, { "ann", 12 } } do
    conn:execute(upsert, { player = row[1], points = row[2] })
  end
  for row in conn:execute(am.select(scores):order_by(scores.c.player)) do print(row.player, row.points, row.games) end
  --> ann	12	3
  --> bob	4	1

  local ids = conn:execute(am.insert(scores):returning(scores.c.player, scores.c.games),
    { { player = "cat", points = 1 }, { player = "dan", points = 2 } }):all()
  print(#ids, ids[1].player, ids[2].games)                  --> 2	cat	1

  local copied = conn:execute(am.insert(best):from_select({ "player", "points" },
    am.select(scores.c.player, scores.c.points):where(scores.c.points:gt(3))))
  print(copied.rowcount)                                    --> 2
end)
