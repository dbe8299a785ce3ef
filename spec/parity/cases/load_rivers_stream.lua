-- Rows in portions: the execution option yield_per, the method, partitions, unique, every loader beside them, what a
-- listener of loads sees, and what is refused.
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
step "option"
am.Session(e, function(s)
  for r in s:scalars(base:options(am.selectinload(River.gauges)):execution_options({ yield_per = 3 })) do
    say(r.name, map(r.gauges, function(g) return g.level end))
    parity.sql()
  end
end)
step "option in execute"
am.Session(e, function(s)
  for r in s:execute(base:options(am.selectinload(River.basin)), nil, { execution_options = { yield_per = 4 } }) do
    say(r[1].name, r[1].basin.name)
    parity.sql()
  end
end)
step "partitions of the option"
am.Session(e, function(s)
  local stmt = base:options(am.immediateload(River.basin)):execution_options{ yield_per = 3 }
  for part in s:scalars(stmt):partitions() do
    say(map(part, function(r) return r.name end))
    parity.sql()
  end
end)
step "partitions by size"
am.Session(e, function(s)
  for part in s:scalars(base:options(am.selectinload(River.gauges))):partitions(5) do
    say(map(part, function(r) return r.name end), map(part, function(r) return #r.gauges end))
    parity.sql()
  end
end)
step "method"
am.Session(e, function(s)
  for r in s:scalars(base:options(am.selectinload(River.gauges))):yield_per(3) do
    say(r.name, map(r.gauges, function(g) return g.level end))
    parity.sql()
  end
end)
step "method and partitions"
am.Session(e, function(s)
  for part in s:execute(base:options(am.selectinload(River.gauges))):yield_per(2):partitions() do
    say(map(part, function(r) return r.River.name end))
    parity.sql()
  end
end)
step "fetchmany"
am.Session(e, function(s)
  local result = s:scalars(base:options(am.selectinload(River.gauges)):execution_options({ yield_per = 2 }))
  say(map(result:fetchmany(3), function(r) return r.name end))
  parity.sql()
  say(map(result:fetchmany(1), function(r) return r.name end))
  parity.sql()
  say(map(result:all(), function(r) return r.name end))
  parity.sql()
  say(result:fetchmany(2))
end)
step "fetchmany without option"
am.Session(e, function(s)
  local result = s:scalars(base:options(am.selectinload(River.gauges)))
  say(map(result:fetchmany(3), function(r) return r.name end))
  parity.sql()
  say(result:fetchmany(2)[1].name)
  parity.sql()
  result:close()
  parity.error(function() return result:all() end)
end)
step "joined"
am.Session(e, function(s)
  for r in s:scalars(base:options(am.joinedload(River.basin)):execution_options({ yield_per = 4 })) do
    say(r.name, r.basin.name)
  end
  parity.sql()
  parity.error(
    function()
      return s:scalars(base:options(am.joinedload(River.gauges)):execution_options({ yield_per = 2 })):all()
    end
  )
  parity.error(
    function()
      return s:scalars(base:options(am.joinedload(River.gauges)):execution_options({ yield_per = 2 })):unique():all()
    end
  )
  parity.error(
    function()
      return s:scalars(base:options(am.subqueryload(River.gauges)):execution_options({ yield_per = 2 })):all()
    end
  )
  parity.error(function() return s:scalars(base:options(am.subqueryload(River.gauges))):yield_per(2):all() end)
  parity.sql()
end)
step "unique"
am.Session(e, function(s)
  local q = am.select(River):join(River.gauges):order_by(River.id)
  say(map(s:scalars(q):unique(), function(r) return r.name end))
  say(map(s:scalars(q):unique(function(r) return r.basin_id end), function(r) return r.name end))
  say(
    s:execute(am.select(River.basin_id, River.name):order_by(River.id)):unique(function(row) return row[1] end):all()
  )
  say(map(s:scalars(q:options(am.joinedload(River.gauges))):unique():fetchmany(2), function(r) return r.name end))
  say(#s:scalars(q):all())
  parity.forget()
end)
step "columns in portions"
am.Session(e, function(s)
  for part in s:execute(am.select(River.id, River.name):order_by(River.id)):partitions(3) do
    say(map(part, function(r) return r end))
  end
  for part in s:execute(am.select(River.id, River.name):order_by(River.id)):mappings():partitions(4) do
    say(map(part, function(r) return r.name end))
  end
  for part in s:scalars(am.select(River.name):order_by(River.id)):partitions(6) do
    say(part)
  end
  parity.sql()
end)
step "seen by listeners"
local loaded = {}
am.event.listen(River, "load", function(target)
  loaded[#loaded + 1] = target.id
end)
am.Session(e, function(s)
  local result = s:scalars(base:execution_options({ yield_per = 3 }))
  local it = result
  say(it().id, loaded)
  say(it().id, it().id, loaded)
  say(it().id, loaded)
  result:close()
  parity.sql()
end)
step "changes between portions"
am.Session(e, function(s)
  for part in s:scalars(base:execution_options({ yield_per = 3 })):partitions() do
    for _, r in ipairs(part) do
      r.name = r.name .. "!"
    end
    s:flush()
    say(map(part, function(r) return r.name end), #s.dirty)
    parity.sql()
  end
  s:rollback()
  parity.sql()
end)
step "freeze and merge"
local frozen
am.Session(e, function(s)
  frozen = s:execute(base:where(River.id:lt(4))):freeze()
  say(map(frozen(), function(r) return r[1].name end), map(frozen():scalars(), function(r) return r.name end))
end)
am.Session(e, function(s)
  local merged = am.merge_frozen_result(s, base, frozen, { load = false })
  say(map(merged():scalars(), function(r) return r.name end), #s.identity_map)
  parity.sql()
end)
