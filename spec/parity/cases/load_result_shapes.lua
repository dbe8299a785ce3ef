-- Results of entities cut into shapes: unique by a function, partitions, mappings, columns, merged, closed, frozen.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local City = Base:model("City", {
  __tablename__ = "cities",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  country = am.Column(am.String(10)),
  streets = am.relationship("Street", { back_populates = "city", order_by = "Street.id" }),
})

local Street = Base:model("Street", {
  __tablename__ = "streets",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  city_id = am.Column(am.ForeignKey("cities.id")),
  city = am.relationship(City, { back_populates = "streets" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    City{
      id = 1, name = "rome", country = "it", streets = { Street{ id = 1, name = "a" }, Street{ id = 2, name = "b" } }
    },
    City{ id = 2, name = "oslo", country = "no", streets = { Street{ id = 3, name = "c" } } },
    City{ id = 3, name = "pisa", country = "it" }, City{ id = 4, name = "bonn", country = "de" }
  })
  s:commit()
end)
parity.forget()
local s = am.Session(e)
local cities = am.select(City):order_by(City.id)
local joined = cities:options(am.joinedload(City.streets))
step "unique by a function"
say(map(s:scalars(cities):unique(function(c) return c.country end), function(c) return c.name end))
say(map(s:execute(cities):unique(function(c) return c.country end):scalars(), function(c) return c.name end))
say(s:execute(am.select(City.country, City.name):order_by(City.id)):unique(function(r) return r.country end):all())
say(
  map(
    s:execute(am.select(City.country, City.name):order_by(City.id)):unique(function(r) return r[1] end):columns(2),
    function(r) return r.name end
  )
)
say(s:execute(am.select(City.country, City.name):order_by(City.id)):scalars():unique():all())
step "unique before and after scalars"
say(map(s:execute(joined):unique():scalars(), function(c) return c.name end))
say(map(s:execute(joined):scalars():unique(), function(c) return c.name end))
say(map(s:execute(joined):unique():scalars():fetchmany(2), function(c) return list(c.name, #c.streets) end))
say(map(s:execute(joined):unique():mappings(), function(m) return m.City.name end))
say(s:scalars(joined):unique():first().name)
say(
  map(
    s:execute(joined):unique():partitions(3),
    function(part) return map(part, function(row) return row[1].name end) end
  )
)
step "several entities"
local both = am.select(City, Street):join(City.streets):order_by(Street.id)
for part in s:execute(both):partitions(2) do
  say(map(part, function(row) return list(row.City.name, row.Street.name) end))
end
say(
  list(
    map(s:execute(both):scalars():unique(), function(c) return c.name end),
    map(s:execute(both):scalars(2), function(x) return x.name end)
  )
)
say(
  map(s:execute(both):scalars("Street"), function(x) return x.name end),
  map(s:execute(both):scalars(Street), function(x) return x.name end)
)
say(map(s:execute(both):columns(2, 1), function(row) return list(row[1].name, row[2].name) end))
say(map(s:execute(both):columns("Street"):fetchmany(1), function(row) return row:keys() end))
parity.error(function() return s:execute(both):one() end)
say(s:execute(both):scalar().name)
parity.error(function() return s:execute(both):scalar_one() end)
step "one of them"
say(
  s:execute(joined:where(City.id:eq(1))):unique():scalar_one().name,
  s:scalars(joined:where(City.id:eq(1))):unique():one_or_none().name,
  s:execute(joined:where(City.id:eq(9))):unique():scalar_one_or_none()
)
parity.error(function() return s:execute(joined:where(City.id:eq(1))):scalar_one() end)
step "iteration by hand"
local r = s:scalars(cities)
say(
  r().name, r().name, map(r:fetchmany(1), function(c) return c.name end), map(r, function(c) return c.name end),
  r:all()
)
r = s:execute(cities)
say(r:fetchone()[1].name, map(r:fetchmany(5), function(row) return row[1].name end), r:fetchone(), r:fetchmany())
step "closed"
r = s:scalars(cities)
r:close()
parity.error(function() return r:all() end)
parity.error(function() return r:first() end)
parity.error(function() return r() end)
r = s:execute(cities)
say(r.closed)
r:first()
say(r.closed)
parity.error(function() return r:fetchone() end)
r = s:execute(cities)
r:all()
say(r.closed, r:all())
s:execute(cities, function(opened)
  r = opened
  say(r()[1].name)
end)
parity.error(function() return r:fetchall() end)
step "a view of a closed result"
r = s:execute(cities)
local m = r:mappings()
r:close()
parity.error(function() return m:all() end)
step "merge and freeze"
local parts = map({ 3, 1, 4 }, function(i) return s:execute(am.select(City.id, City.name):where(City.id:eq(i))) end)
say(parts[1]:merge(parts[2], parts[3]):all())
  local frozen = s:execute(am.select(City, City.name):order_by(City.id)):freeze()
  say(map_rows(frozen(), function(c, n) return list(c.name, n) end), frozen():columns(2):all()[1], #frozen():all())
  step "yield_per in parts with a loader each"
  s:expunge_all()
  for part in s:scalars(
    cities:options(am.selectinload(City.streets)), nil, { execution_options = { yield_per = 2 } }
  ):partitions() do
    say(map(part, function(c) return list(c.name, map(c.streets, function(x) return x.name end)) end))
  end
  r = s:scalars(cities:execution_options({ yield_per = 3 }))
  say(map(r:fetchmany(), function(c) return c.name end), map(r:fetchmany(), function(c) return c.name end))
  step "bundles and labels"
  local b = am.Bundle("where", City.name, City.country)
  for row in s:execute(
    am.select(b, am.func.count(Street.id):label("n")):outerjoin(City.streets)
      :group_by(City.id, City.name, City.country):order_by(City.id)
  ):mappings() do
    say(row.where.name, row.where.country, row.n)
  end
  say(s:scalars(am.select(b):order_by(City.id)):all()[1])
  step "tuples, keys, counts"
  r = s:execute(am.select(City.id, City.name:label("city"), am.func.upper(City.country)):where(City.id:eq(1)))
  say(r:keys())
  local row = r:one()
  say(row:as_dict(), row:keys(), #row, row[3])
  step "two results at once"
  local r1, r2 = s:scalars(cities), s:scalars(am.select(Street):order_by(Street.id))
  say(map({0, 1, 2}, function(_) return list(r1().name, r2().name) end))
  step "end"
