-- Rows as applications shape them: bundles of aliases, rows as tuples, mappings and tables.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local function Point(x, y)
  return { x = x, y = y, __composite_values__ = function(self) return self.x, self.y end }
end
local id = am.Column(am.Integer, { primary_key = true })
local name = am.Column(am.String(30))
local x = am.Column(am.Integer)
local y = am.Column(am.Integer)

local Place = Base:model("Place", {
  __tablename__ = "places",
  id = id,
  name = name,
  x = x,
  y = y,
  at = am.composite(Point, x, y),
  visits = am.relationship("Visit", { back_populates = "place", order_by = "Visit.id" }),
})

local Visit = Base:model("Visit", {
  __tablename__ = "visits",
  id = am.Column(am.Integer, { primary_key = true }),
  who = am.Column(am.String(30)),
  cost = am.Column(am.Integer),
  place_id = am.Column(am.ForeignKey("places.id")),
  place = am.relationship(Place, { back_populates = "visits" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Place{
      id = 1, name = "sea", x = 1, y = 2,
      visits = { Visit{ id = 1, who = "ann", cost = 5 }, Visit{ id = 2, who = "bob", cost = 7 } }
    },
    Place{ id = 2, name = "hill", x = 3, y = 4, visits = { Visit{ id = 3, who = "ann", cost = nil } } },
    Place{ id = 3, name = "moor" }
  })
  s:commit()
end)
parity.forget()
local s = am.Session(e)
step "bundles of aliases and expressions"
local v2 = am.aliased(Visit, { name = "v2" })
local b = am.Bundle("first", Visit.who, (Visit.cost * 2):label("twice"))
local b2 = am.Bundle("second", v2.who, v2.cost)
local stmt = am.select(b, b2):join(v2, am.and_(v2.place_id:eq(Visit.place_id), v2.id:gt(Visit.id)))
local row = s:execute(stmt):one()
say(row.first.who, row.first.twice, row.second.who, row.second.cost, row:keys())
say(s:execute(am.select(b):where(b.c.twice:gt(10))):one().first.who)
say(s:execute(am.select(b.c.who, am.func.sum(b.c.twice)):group_by(b.c.who):order_by(b.c.who)):all())
step "a composite in a row"
for each in s:execute(am.select(Place.name, Place.at):order_by(Place.id)) do
  say(each.name, each.at and list(each.at.x, each.at.y))
end
say(s:scalars(am.select(Place.name):where(Place.at:eq(Point(3, 4)))):all())
say(s:execute(am.select(am.Bundle("p", Place.id, Place.at)):where(Place.id:eq(2))):one().p.at.y)
say(
  map(
    s:execute(am.select(Place.x, Place.y):where(Place.at:ne(Point(3, 4))):order_by(Place.id)),
    function(r) return r end
  )
)
step "nothing found by an outer join"
for each in s:execute(am.select(Place, Visit):outerjoin(Place.visits):order_by(Place.id, Visit.id)) do
  say(each.Place.name, each.Visit and each.Visit.who, each[2] == nil)
end
for each in s:execute(
  am.select(am.Bundle("v", Visit.id, Visit.who), Place.name):select_from(Place):outerjoin(Place.visits)
    :where(Place.id:eq(3))
) do
  say(each.v.id, each.v.who, each.name)
end
step "names that collide"
row = s:execute(
  am.select(Place.id, Visit.id, Place.name:label("id2"), Visit.id:label("vid")):join(Place.visits):order_by(Visit.id)
):first()
say(row, row:keys(), row[Place.id], row[Visit.id], row.vid)
row = s:execute(
  am.select(Place.name:label("count"), am.literal(2):label("index"), am.literal(3):label("keys"))
):first()
say(row.count, row.index, row.keys, row)
step "mappings into constructors"
for m in s:execute(am.select(Place.id, Place.name):order_by(Place.id)):mappings() do
  say(m)
end
step "tuples"
say(
  s:execute(
    am.select(Place.id, Place.name):where(am.tuple_(Place.id, Place.name):in_({ { 1, "sea" }, { 2, "x" } }))
  ):all()
)
say(
  map(
    s:execute(
      am.select(
        Visit.who, am.func.count(Visit.id):label("n"), am.func.coalesce(am.func.sum(Visit.cost), 0):label("sum")
      )
        :group_by(Visit.who):order_by(Visit.who)
    ),
    function(r) return r:as_dict() end
  )
)
step "grouped in the program"
local out = {}
for each in s:execute(am.select(Place, Visit):join(Place.visits):order_by(Visit.id)) do
  local place, visit = each:unpack()
  out[place.name] = out[place.name] or {}
  table.insert(out[place.name], visit.who)
end
for _, place in ipairs{ "hill", "sea" } do
  say(place, out[place])
end
step "existence and choices as columns"
local has = am.exists():where(Visit.place_id:eq(Place.id))
say(s:execute(am.select(Place.name, has:label("visited")):order_by(Place.id)):all())
say(s:execute(am.select(Place.name, Place.visits:any(Visit.cost:gt(6)):label("dear")):order_by(Place.id)):all())
local kind = am.case({ Place.x:is_(nil), "nowhere" }, { Place.x:gt(2), "far" }, { else_ = "near" }):label("kind")
say(s:execute(am.select(kind, am.func.count()):group_by(kind):order_by(kind)):all())
step "end"
