-- Events of mappers and instances, a garden: arguments and order over insert, update, delete, load, refresh, expire,
-- pickle-free life of an object; changes made by listeners; errors thrown; propagate, once, remove, contains, retval.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql = parity.say, parity.step, parity.sql


local Base = am.declarative_base()

local Bed = Base:model("Bed", {
  __tablename__ = "beds",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  count = am.Column(am.Integer, { default = 0 }),
  plants = am.relationship("Plant", { back_populates = "bed", cascade = "all, delete-orphan", order_by = "Plant.id" }),
})

local Plant = Base:model("Plant", {
  __tablename__ = "plants",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  height = am.Column(am.Integer),
  kind = am.Column(am.String(10)),
  bed_id = am.Column(am.ForeignKey("beds.id")),
  bed = am.relationship(Bed, { back_populates = "plants" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "plant" },
})

local Tree = Base:model("Tree", {
  __extends__ = Plant,
  rings = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "tree" },
})

local listen = am.event.listen
local function class_of(o) return am.inspect(o).class_.__name__ end

local function name(o)
  return ("%s(%s)"):format(class_of(o), am.inspect(o).unloaded:contains("name") and "?" or tostring(o.name))
end

local function keys(t)
  local out = {}
  for k in pairs(t) do out[#out + 1] = k end
  return parity.sorted(out)
end

local expired = {}

local function title(text)
  say("  expire", (table.unpack or unpack)(parity.sorted(expired)))
  expired = {}
  step(text)
end

local ALL = { propagate = true }
local function attrs_of(attrs) return parity.sorted(attrs or { "all" }) end
for _, class in ipairs{ Bed, Plant } do
  for _, n in ipairs{ "before_insert", "after_insert", "before_update", "after_update", "before_delete",
    "after_delete" } do
    listen(class, n, function(m, c, t) say(" ", n, m.class_, name(t), c.execute and "Connection" or "?") end, ALL)
  end
  listen(class, "init", function(t, _, k) say("  init", class_of(t), keys(k)) end, ALL)
  listen(class, "load", function(t, ctx) say("  load", name(t), ctx ~= nil) end, ALL)
  listen(class, "refresh", function(t, _, attrs) say("  refresh", name(t), attrs_of(attrs)) end, ALL)
  listen(class, "refresh_flush", function(t, _, attrs) say("  refresh_flush", name(t), parity.sorted(attrs)) end, ALL)
  listen(class, "expire", function(t, attrs) expired[#expired + 1] = { class_of(t), attrs_of(attrs) } end, ALL)
end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("init")
local bed = Bed{ id = 1, name = "north" }
local rose = Plant{ id = 1, name = "rose", height = 3, bed = bed }
local oak = Tree{ id = 2, name = "oak", height = 90, rings = 5 }
bed.plants:append(oak)
title("insert")
s:add(bed)
s:flush()
title("update")
oak.rings = 6
rose.height = 3
s:flush()
rose.height = 4
bed.plants:remove(rose)
bed.plants:append(rose)
s:flush()
title("expire and refresh")
s:expire(oak, { "rings" })
say(oak.rings)
s:refresh(rose)
s:refresh(oak, { "height" })
s:commit()
say(oak.name)
title("load")
s:expunge_all()
local plants = s:scalars(am.select(Plant):order_by(Plant.id)):all()
say(plants[1].bed.name)
s:scalars(am.select(Bed):options(am.selectinload(Bed.plants))):all()
s:scalars(am.select(Plant):execution_options{ populate_existing = true }:order_by(Plant.id)):all()
title("delete")
bed = plants[1].bed
rose, oak = plants[1], plants[2]
bed.plants:remove(rose)
s:flush()
s:delete(oak)
s:commit()
sql()
title("listeners that change")

local beds, plants_table = Bed.__table__, Plant.__table__
local function grow(_, connection, target)
  target.height = (target.height or 0) + 1
  connection:execute(am.update(beds):values{ count = beds.c.count + 1 })
  connection:execute(am.insert(plants_table):values{ id = target.id + 100, name = "shadow", kind = "plant" })
end

listen(Tree, "before_insert", grow)
say(am.event.contains(Tree, "before_insert", grow), am.event.contains(Plant, "before_insert", grow))
local fir = Tree{ id = 10, name = "fir", bed = bed }
s:add(fir)
s:flush()
say(fir.height, bed.count)
s:refresh(bed)
say(bed.count, s:get(Plant, 110).name)
sql()
am.event.remove(Tree, "before_insert", grow)
say(am.event.contains(Tree, "before_insert", grow))
title("once")
local calls = {}
listen(Plant, "before_update", function(_, _, t) calls[#calls + 1] = t.name end, { once = true })
listen(Plant, "before_update", function() calls[#calls + 1] = "first" end, { insert = true })
local herb = Plant{ id = 11, name = "herb", height = 1 }
s:add(herb)
s:flush()
herb.height = 2
s:flush()
herb.height = 3
s:flush()
say(calls)
title("listeners that throw")

local function forbid(_, _, target)
  if target.height > 100 then error("too high") end
end

listen(Plant, "before_update", forbid)
herb.height = 101
parity.error(function() s:flush() end)
say(s.is_active, am.inspect(herb).persistent)
s:rollback()
say(am.inspect(herb).transient, s.is_active, herb.height)
listen(Bed, "init", function(_, _, k)
  if k.name == nil then k.name = "default" end
end)
say(Bed().name)
listen(Bed, "load", function(t) t.seen = "yes" end)
s:expunge_all()
local b = s:get(Bed, 1)
say(b.seen, s.dirty:contains(b))
title("wrong")
parity.error(function() listen(Plant, "before_nothing", forbid) end)
parity.refused(function() listen(5, "before_insert", forbid) end)
parity.error(function() am.event.remove(Bed, "before_insert", forbid) end)
s:rollback()
parity.forget()
title("configure")
listen(am.Mapper, "before_mapper_configured", function(_, class) say("  before", class.__name__) end)
listen(am.Mapper, "mapper_configured", function(mapper, class) say("  mapped", class.__name__,
  parity.sorted(mapper.attrs:keys())) end)
listen(am.Mapper, "before_configured", function() say("  all before") end)
listen(am.Mapper, "after_configured", function() say("  all after") end)
listen(Base, "class_instrument", function(class) say("  instrument", class.__name__) end, { propagate = true })
local Tool = Base:model("Tool", { __tablename__ = "tools", id = am.Column(am.Integer, { primary_key = true }) })
am.configure_mappers()
say(class_of(Tool{ id = 1 }))
