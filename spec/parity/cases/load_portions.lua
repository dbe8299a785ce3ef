-- Result.yield_per() on rows that were executed without it: loaders and events portion by portion.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local River = Base:model("River", {
  __tablename__ = "river",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  basin_id = am.mapped_column(am.ForeignKey("basin.id")),
  basin = am.relationship("Basin", { back_populates = "rivers" }),
  gauges = am.relationship("Gauge", { order_by = "Gauge.id" }),
})

local Basin = Base:model("Basin", {
  __tablename__ = "basin",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  rivers = am.relationship(River, { back_populates = "basin", order_by = River.id }),
  beds = am.relationship("Bed", { order_by = "Bed.id" }),
})

Base:model("Bed", {
  __tablename__ = "bed",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  basin_id = am.mapped_column(am.ForeignKey("basin.id")),
})

local Gauge = Base:model("Gauge", {
  __tablename__ = "gauge",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  river_id = am.mapped_column(am.ForeignKey("river.id")),
  level = am.mapped_column(am.Integer),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({ Basin{ id = 1, name = "b1" }, Basin{ id = 2, name = "b2" } })
  s:flush()
  s:add_all(
    map(
      {1, 2, 3, 4, 5, 6, 7}, function(i) return River{ id = i, name = ("r%d"):format(i), basin_id = 1 + (i % 2) } end
    )
  )
  s:flush()
  s:add_all(
    map({1, 2, 3, 4, 5, 6, 7, 8, 9}, function(i) return Gauge{ id = i, river_id = 1 + (i % 7), level = i } end)
  )
  s:commit()
end)
parity.forget()
local base = am.select(River):order_by(River.id)
am.event.listen(River, "load", function(target)
  say("  load", target.id)
end)

local function show(title, result, n, pick)
  step(title)
  local it = result:yield_per(n):partitions()
  for part in it do
    say(map(part, function(x) return pick(x) end))
    parity.sql()
  end
end
am.Session(e, function(s)
  show(
    "two entities",
    s:execute(
      am.select(River, Basin, River.id):join(River.basin):order_by(River.id):options(am.selectinload(River.gauges))
    ),
    3, function(r) return { r[1].name, r[2].name, r[3], #r[1].gauges } end
  )
  s:expunge_all()
  show(
    "outer",
    s:execute(
      am.select(Basin, River):outerjoin(Basin.rivers:and_(River.id:gt(5))):order_by(Basin.id, River.id)
        :options(am.selectinload(River.gauges))
    ),
    1, function(r) return { r[1].name, (r[2] ~= nil and r[2].name or nil) } end
  )
  s:expunge_all()
  show(
    "joined and below",
    s:scalars(base:options(am.joinedload(River.basin):selectinload(Basin.beds), am.undefer(River.name))), 2,
    function(r) return { r.name, r.basin.name, #r.basin.beds } end
  )
  s:expunge_all()
  step "late"
  local result = s:scalars(base:options(am.selectinload(River.gauges)))
  say(map(result:yield_per(2):fetchmany(3), function(r) return r.name end))
  parity.sql()
  s:expunge_all()
  result = s:scalars(base:options(am.selectinload(River.gauges)):where(River.id:lt(6))):yield_per(2)
  say(result:fetchmany(1)[1].name)
  say(result:first().name)
  parity.sql()
  s:expunge_all()
  result = s:scalars(base:options(am.selectinload(River.gauges)):where(River.id:lt(6))):yield_per(2)
  say(result().name)
  s:expire_all()
  parity.sql()
  say(map(result, function(r) return r.name end))
  parity.sql()
end)
