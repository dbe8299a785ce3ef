-- Mixed rows: bundles (nested, of aliases, single_entity, of an own class), entities beside columns, labels, keys,
-- mappings, columns(), scalars(k), unique by key, and asking rows by class, alias, attribute, bundle and label.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows = parity.say, parity.step, parity.map, parity.map_rows

local Base = am.declarative_base()
local id = am.mapped_column(am.Integer, { primary_key = true })
local name = am.mapped_column(am.String(20))

local Stall = Base:model("Stall", {
  __tablename__ = "stall",
  id = id,
  name = name,
  row_no = am.mapped_column("rowno", am.Integer),
  goods = am.relationship("Good", { back_populates = "stall", order_by = "Good.id" }),
  title = am.column_property(name .. "!"),
  alias_name = am.synonym("name"),
})

local Good = Base:model("Good", {
  __tablename__ = "good",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  stall_id = am.mapped_column(am.ForeignKey("stall.id")),
  name = am.mapped_column(am.String(20)),
  price = am.mapped_column(am.Integer),
  stall = am.relationship(Stall, { back_populates = "goods" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Stall{ id = 1, name = "fish", row_no = 3 }, Stall{ id = 2, name = "fruit", row_no = 4 },
    Stall{ id = 3, name = "tea" }
  })
  s:flush()
  s:add_all({
    Good{ id = 1, stall_id = 1, name = "cod", price = 9 }, Good{ id = 2, stall_id = 1, name = "eel", price = 12 },
    Good{ id = 3, stall_id = 2, name = "fig", price = 4 }, Good{ id = 4, stall_id = 2, name = "plum" }
  })
  s:commit()
end)
parity.forget()
local s = am.Session(e)
step "bundle"
local b = am.Bundle("b", Stall.id, Stall.name, Stall.row_no)
for r in s:execute(am.select(b):order_by(Stall.id)) do
  say(r, r.b.id, r.b.name, r.b.row_no, r[1][2])
end
say(s:execute(am.select(b)):first().b:keys())
say(s:execute(am.select(b):where(b.c.name:eq("tea"))):one())
say(s:scalars(am.select(b):where(b.c.id:lt(3)):order_by(b.c.rowno:desc(), b.c.id)):all())
parity.sql()
step "single entity"
local one = am.Bundle("one", Good.name, Good.price, { single_entity = true })
say(s:execute(am.select(one):order_by(Good.id)):all())
say(map(s:execute(am.select(one):order_by(Good.id)), function(r) return r.one.price end))
say(s:execute(am.select(one, Good.id):order_by(Good.id)):first())
parity.sql()
step "nested"
local n = am.Bundle("n", Stall.name, am.Bundle("inner", Good.name, am.func.coalesce(Good.price, 0):label("price")))
for r in s:execute(am.select(n, Good):join(Good.stall):order_by(Good.id)) do
  say(r.n.name, r.n.inner.name, r.n.inner.price, r.Good.id, r.n)
end
parity.sql()
step "alias"
local g2 = am.aliased(Good, { name = "other" })
local ab = am.Bundle("ab", g2.id, g2.name:label("nm"))
for r in s:execute(
  am.select(Good.name, ab):join(g2, am.and_(g2.stall_id:eq(Good.stall_id), g2.id:gt(Good.id))):order_by(Good.id)
) do
  say(r, r.ab.nm, r.name)
end
parity.sql()

local function Pairs(called, first, second)
  return am.Bundle(called, first, second, { create_row_processor = function(_, labels)
    return function(values)
      local out = {}
      for i, label in ipairs(labels) do out[label] = values[i] end
      return out
    end
  end })
end

step "own class"
for r in s:execute(am.select(Pairs("d", Stall.id, Stall.name), Stall.row_no):order_by(Stall.id)) do
  say(r.d, r.row_no)
end
say(s:scalars(am.select(Pairs("d", Good.id, Good.name)):order_by(Good.id)):all())
parity.sql()
step "mixed rows"
local g = am.aliased(Good)
local res = s:execute(
  am.select(
    Stall, g, g.price:label("cost"), am.literal(7), Stall.title, Stall.alias_name, am.func.count():over():label("n")
  )
    :join(g, g.stall_id:eq(Stall.id)):order_by(g.id)
)
say(res:keys())
local row = res:first()
say(row.Stall.name, row[2].name, row.cost, row[4], row.title, row[6], row.n, #row)
say(row.cost, row[Stall].id)
res = s:execute(am.select(Stall.id, Stall.name, Good.id, Good.name):join(Good):order_by(Good.id))
say(res:keys())
row = res:first()
say(row, row[Good.id], row[Stall.name])
parity.sql()
step "shapes"
local q = am.select(Stall.name, Good.name:label("good"), Good.price):join(Good):order_by(Good.id)
say(s:execute(q):columns(2, 1):all())
say(s:execute(q):columns("price"):all())
say(s:execute(q):scalars(2):all())
say(s:execute(q):scalars("price"):all())
say(s:execute(q):mappings():columns("good"):all())
say(s:execute(q):columns(3):scalars():first())
say(s:execute(q):unique(function(r) return r[1] end):columns(2):all())
say(s:execute(q):columns(1):unique():all())
say(s:execute(q):scalars(1):unique():all())
say(map(s:execute(am.select(Stall, Good.price):join(Good):order_by(Good.id)):columns(2), function(r) return r end))
say(
  map_rows(
    s:execute(am.select(Stall, Good.price):join(Good):order_by(Stall.id, Good.id))
      :unique(function(r) return r[1].id end),
    function(x, p) return { x.name, p } end
  )
)
parity.sql()
step "unique in every shape"
local seen = {}

local function first_letter(found)
  seen[#seen + 1] = #found
  return found[1]:sub(1, 1)
end
say(s:scalars(am.select(Stall.name):order_by(Stall.id)):unique(first_letter):all(), seen)
say(s:execute(am.select(Stall.name, Stall.id):order_by(Stall.id)):unique(first_letter):scalars():all(), seen)
say(
  map(
    s:execute(am.select(Stall.name):order_by(Stall.id)):mappings():unique(first_letter), function(m) return m.name end
  )
)
say(map(s:execute(am.select(Stall):join(Good):order_by(Stall.id)):unique():mappings(), function(m)
  return m.Stall.name
end))
say(map(s:scalars(am.select(Stall):order_by(Stall.id)):unique(function(x) return x.name:sub(1, 1) end), function(x)
  return x.name
end))
say(map(s:execute(q):partitions(0), function(part) return #part end))
parity.sql()
step "one and scalar"
parity.error(function() return s:execute(am.select(Stall)):one() end)
parity.error(function() return s:execute(am.select(Stall):where(Stall.id:eq(99))):one() end)
parity.error(function() return s:execute(am.select(Stall)):scalar_one() end)
parity.error(function() return s:execute(am.select(Stall)):scalar_one_or_none() end)
say(
  s:execute(am.select(Stall):where(Stall.id:eq(99))):scalar_one_or_none(),
  s:scalar(am.select(Good.name):order_by(Good.id))
)
say(
  s:execute(am.select(Good.price):where(Good.id:eq(4))):scalar_one(),
  s:execute(am.select(Good.price):where(Good.id:eq(4))):first()
)
parity.refused(function() return s:execute(q):columns("nothing"):all() end)
parity.refused(function() return s:execute(q):scalars("nothing"):all() end)
parity.refused(function() return s:execute(q):columns(10):all() end)
parity.refused(function() return s:execute(q):first().nothing end)
parity.sql()
step "only outer rows"
local outer = am.select(Stall, Good):outerjoin(Stall.goods):order_by(Stall.id, Good.id)
say(map_rows(s:execute(outer), function(stall, good)
  return { stall.name, good and good.name or "-" }
end))
local full = am.select(am.Bundle("x", Good.id, Good.name), Stall.name):select_from(Stall):outerjoin(Good)
  :order_by(Stall.id, Good.id)
say(s:execute(full):all())
parity.sql()
step "groups and windows"
say(
  s:execute(
    am.select(am.Bundle("agg", Stall.name, am.func.count(Good.id):label("n"), am.func.max(Good.price):label("top")))
      :outerjoin(Good):group_by(Stall.name):having(am.func.count(Good.id):ge(0)):order_by(Stall.name)
  ):all()
)
local ranked = am.select(
  Good, am.func.row_number():over({ partition_by = Good.stall_id, order_by = Good.id:desc() }):label("rn")
):subquery()
local rg = am.aliased(Good, ranked)
say(
  map_rows(
    s:execute(am.select(rg, ranked.c.rn):where(ranked.c.rn:eq(1)):order_by(rg.id)),
    function(x, k) return { x.name, k } end
  )
)
parity.sql()
