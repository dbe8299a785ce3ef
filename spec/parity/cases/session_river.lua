-- Streams of entities, columns and both: yield_per, partitions, unique, loaders per chunk, events on the way.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local selectinload, joinedload = am.selectinload, am.joinedload

local Base = am.declarative_base()
local id = Column(Integer, { primary_key = true })
local River = Base:model("River", {
  __tablename__ = "river",
  id = id,
  name = Column(String(20)),
  length = Column(Integer),
  parent_id = Column(ForeignKey "river.id"),
  arms = am.relationship("River", { order_by = "River.id" }),
  parent = am.relationship("River", { remote_side = id, overlaps = "arms" }),
  gauges = am.relationship("Gauge", { order_by = "Gauge.id", back_populates = "river" }),
})

local Gauge = Base:model("Gauge", {
  __tablename__ = "gauge",
  id = Column(Integer, { primary_key = true }),
  level = Column(Integer),
  river_id = Column(ForeignKey "river.id"),
  river = am.relationship(River, { back_populates = "gauges" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  for i = 1, 7 do
    local gauges = {}
    for k = 0, i % 2 do gauges[#gauges + 1] = Gauge{ id = i * 10 + k, level = k } end
    s:add(River{ id = i, name = "r" .. i, length = i % 3 * 10, parent_id = i > 1 and math.floor(i / 2) or nil,
      gauges = gauges })
  end
  s:commit()
end)
p.forget()
local stmt = select(River):order_by(River.id)
local s = am.Session(e)

local function each(items, key) return p.map(items, function(x) return x[key] end) end
local function lists(parts) return p.map(parts, function(part) return p.map(part, function(x) return x end) end) end
local function options(execution_options) return { execution_options = execution_options } end

step "entities and columns"
local r = s:execute(select(River, River.length, func.count(Gauge.id):label("n")):join(River.gauges):group_by(River.id)
  :order_by(River.id):execution_options{ yield_per = 3 })
say(r:keys())
for part in r:partitions() do say(p.map(part, function(x) return { x.River.name, x.length, x.n } end)) end
say(r.closed, r:fetchone())
r = s:execute(select(River, Gauge):join(River.gauges):order_by(Gauge.id)):yield_per(4)
say(p.map(r, function(row) return { row[1].id, row[2].id } end))
r = s:execute(select(am.Bundle("b", River.id, River.name), River.length):order_by(River.id), nil,
  options{ yield_per = 5 })
say(p.map(r:fetchmany(2), function(x) return { x.b.name, x.length } end), r:fetchone().b.id, #r:fetchall(),
  r:fetchmany(2),
  r:fetchone())
step "sizes"
local numbers = select(River.id):order_by(River.id)
r = s:execute(numbers)
say(p.map(r:partitions(3), function(x) return #x end))
r = s:scalars(numbers):yield_per(2)
say(lists(r:partitions()))
r = s:scalars(numbers)
say(lists(r:partitions()))
r = s:scalars(numbers:execution_options{ yield_per = 2 })
say(lists(r:partitions(5)))
r = s:scalars(numbers, nil, options{ stream_results = true, max_row_buffer = 3 })
say(r:fetchmany(3), r:first())
r = s:execute(select(River.id, River.name):order_by(River.id)):mappings():yield_per(3)
say(p.map(r:partitions(), function(part) return each(part, "name") end))
step "unique"
local levels = select(Gauge.level):order_by(Gauge.id)
local crossed = select(River.length, Gauge.level):join(River.gauges):order_by(Gauge.id)
say(s:scalars(levels):unique():all(), lists(s:scalars(levels):unique():partitions(1)))
p.error(function() s:scalars(levels:execution_options{ yield_per = 2 }):unique():fetchmany(2) end)
r = s:execute(select(River, Gauge.level):join(River.gauges):order_by(Gauge.id))
  :unique(function(row) return row[1].length end)
say(p.map(r, function(x) return { x[1].name, x[2] } end))
r = s:execute(crossed):unique()
say(r:fetchmany(2), r:fetchone(), r:all())
say(s:execute(crossed):columns(2):unique():all())
s:expunge_all()
local joined = stmt:options(joinedload(River.gauges))
say(p.map(s:scalars(joined):unique():fetchmany(2), function(x) return { x.id, #x.gauges } end))
p.error(function() s:scalars(joined:execution_options{ yield_per = 2 }):unique():all() end)
step "loaders per chunk"
s:expunge_all()
local loading = stmt:options(selectinload(River.gauges), joinedload(River.parent)):execution_options{ yield_per = 3 }
for part in s:scalars(loading):partitions() do
  say(p.map(part, function(x) return p.list(x.id, x.parent and x.parent.id, each(x.gauges, "id")) end))
  p.sql()
end
s:expunge_all()
for x in s:scalars(select(Gauge):options(selectinload(Gauge.river):selectinload(River.arms)):order_by(Gauge.id), nil,
  options{ yield_per = 6 }) do
  say(x.id, x.river.id, each(x.river.arms, "id"))
end
step "changes while it runs"
s:expunge_all()
for x in s:scalars(stmt:execution_options{ yield_per = 2 }) do
  x.length = x.length + 1
  if x.id == 3 then s:flush() end
end
say(s:scalars(select(River.length):order_by(River.id)):all())
s:rollback()
step "events"
am.event.listen(River, "load", function(target) say("  * load", target.id) end)
s:expunge_all()
local it = s:scalars(stmt:execution_options{ yield_per = 2 })
say(it().id)
it:close()
am.event.listen(s, "do_orm_execute", function(st) say("  * execute", st.is_select,
  st.execution_options.yield_per) end)
say(#s:scalars(stmt:limit(1), nil, options{ yield_per = 7 }):all())
say(#s:query(River):yield_per(3):limit(2):all())
step "unions and statements of text"
local two = am.union_all(select(River):where(River.id:lt(2)), select(River):where(River.id:gt(6)))
say(each(s:scalars(select(River):from_statement(two:order_by("id")):execution_options{ yield_per = 1 }), "name"))
local alias = am.aliased(River, two:subquery())
say(p.map(s:execute(select(alias, alias.length + 1):order_by(alias.id)):yield_per(1), function(row)
  return { row[1].name, row[2] }
end))
step "ends"
r = s:execute(select(River.id, River.name):order_by(River.id):limit(2))
say(r(), r:one())
p.error(function() r:one() end)
r = s:scalars(select(River.id):where(River.id:gt(99)))
say(r:all(), r:all(), lists(r:partitions(2)))
r = s:execute(stmt)
r:close()
p.error(function() r:fetchmany() end)
r = s:scalars(select(River.name):order_by(River.id)):yield_per(2)
say(r:first())
p.error(function() r:first() end)
s:close()
p.sql()
