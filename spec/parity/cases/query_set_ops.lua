-- UNION and its kin over entities: order, limits, nesting, aliases, loaders and CTEs on top.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Player = Base:model("Player", {
  __tablename__ = "players",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  score = am.Column(am.Integer),
  club_id = am.Column(am.ForeignKey("clubs.id")),
  club = am.relationship("Club", { back_populates = "players" }),
})

local Club = Base:model("Club", {
  __tablename__ = "clubs",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  players = am.relationship("Player", { back_populates = "club", order_by = "Player.id" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Club{
      id = 1,
      name = "c1",
      players = { Player{ id = 1, name = "ann", score = 5 }, Player{ id = 2, name = "bob", score = 8 } }
    },
    Club{ id = 2, name = "c2", players = { Player{ id = 3, name = "cid", score = 8 } } },
    Player{ id = 4, name = "dan", score = 1 }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function rows(stmt)
  say(s:execute(stmt):all())
end

local low, high = am.select(Player):where(Player.score:lt(6)), am.select(Player):where(Player.score:gt(4))
step "plain unions"
rows(am.union(am.select(Player.name), am.select(Club.name)):order_by("name"))
rows(
  am.union_all(am.select(Player.id, Player.name), am.select(Club.id, Club.name))
    :order_by(am.desc("name"))
    :limit(3)
)
rows(am.select(Player.name):union(am.select(Club.name)):order_by("name"):offset(1):limit(2))
rows(am.intersect(am.select(Player.score), am.select(am.literal(8))))
rows(am.except_(am.select(Player.id), am.select(Player.id):where(Player.score:eq(8))):order_by("id"))
local named = am.select(Player.name:label("x"), am.literal("p"):label("kind"))
rows(am.union(named, am.select(Club.name, am.literal("c"))):order_by("kind", "x"))
step "nesting"
say(
  tostring(am.union(am.union_all(am.select(Player.id), am.select(Club.id)), am.select(am.literal(9))):order_by("id"))
)
say(tostring(am.union(am.select(Player.id):order_by(Player.id):limit(1), am.select(Club.id))))
say(tostring(am.union(am.select(Player.id), am.select(Club.id)):limit(2):subquery():select()))
rows(
  am.union_all(
    am.select(am.select(Player.id):order_by(Player.id):limit(1):subquery()),
    am.select(am.select(Club.id):order_by(Club.id:desc()):limit(1):subquery())
  ):order_by("id")
)
step "entities by from_statement"
say(
  map(
    s:scalars(am.select(Player):from_statement(am.union_all(low, high):order_by("score", "id"))),
    function(p) return p.name end
  )
)
say(
  map(s:scalars(am.select(Player):from_statement(low:union(high):order_by(Player.id))), function(p) return p.name end)
)
say(
  map(
    s:scalars(
      am.select(Player)
        :from_statement(low:union(high):order_by(Player.name))
        :options(am.selectinload(Player.club))
    ),
    function(p) return list(p.name, p.club and p.club.name) end
  )
)
step "entities by alias"
local both = am.aliased(Player, low:union(high):subquery("both"))
say(map(s:scalars(am.select(both):order_by(both.score:desc(), both.id)), function(p) return p.name end))
say(
  map(
    s:scalars(am.select(both):options(am.joinedload(both.club)):order_by(both.id)),
    function(p) return list(p.name, p.club and p.club.name) end
  )
)
rows(am.select(both.name, Club.name):join(both.club):order_by(both.id))
rows(am.select(am.func.count(both.id), am.func.max(both.score)))
rows(
  am.select(Club.name, am.func.count(both.id))
    :join(both, Club.players)
    :group_by(Club.id, Club.name)
    :order_by(Club.id)
)
step "a union in a cte and in IN"
local pool = am.union(
  am.select(Player.id):where(Player.score:eq(8)),
  am.select(Player.id):where(Player.name:eq("dan"))
):cte("pool")
say(
  map(
    s:scalars(am.select(Player):join(pool, pool.c.id:eq(Player.id)):order_by(Player.id)),
    function(p) return p.name end
  )
)
say(
  map(
    s:scalars(
      am.select(Player)
        :where(Player.id:in_(am.union(am.select(am.literal(1)), am.select(am.literal(3)))))
        :order_by(Player.id)
    ),
    function(p) return p.name end
  )
)
say(s:scalar(am.select(am.union(am.select(Player.id), am.select(Club.id)):subquery().c.id):order_by("id"):limit(1)))
rows(am.select(am.func.count()):select_from(am.union_all(am.select(Player.id), am.select(Player.id)):subquery()))
step "selected columns"
local u = am.union(am.select(Player.id, Player.name:label("n")), am.select(Club.id, Club.name))
say(u.selected_columns:keys(), u:subquery().c:keys())
say(tostring(u:order_by(u.selected_columns.n)))
say(tostring(u:subquery("q"):select():where(am.literal_column("n"):eq("x"))))
step "nulls and types"
rows(
  am.union_all(am.select(Player.name, Player.score), am.select(Club.name, am.cast(am.null_(), am.Integer))):order_by(
    "name"
  )
)
step "the legacy query"
local q1, q2 = s:query(Player):filter(Player.score:lt(6)), s:query(Player):filter(Player.score:gt(4))
say(map(q1:union(q2):order_by(Player.name:desc()), function(p) return p.name end))
say(map(q1:union_all(q2):order_by(Player.id):limit(3), function(p) return p.name end))
say(map(q2:except_(q1):order_by(Player.id), function(p) return p.name end), q1:intersect(q2):count())
say(
  map(
    q1:union(q2):options(am.joinedload(Player.club)):order_by(Player.id),
    function(p) return list(p.name, p.club and p.club.name) end
  )
)
say(map(q1:union(q2):join(Player.club):filter(Club.name:eq("c1")):order_by(Player.id), function(p) return p.name end))
step "wrong"
parity.error(function() return s:execute(am.union(am.select(Player.id), am.select(Player.id, Player.name))) end)
parity.error(function() return am.union(Player, Club) end)
step "end"
