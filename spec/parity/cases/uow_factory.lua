-- Unit of work, a factory: the order of inserts, updates and deletes by dependency, batches by column set, keys and
-- server defaults that come back, self-referential rows, cycles by post_update, natural keys that change, and partial
-- flushes.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()

local Plant = Base:model("Plant", {
  __tablename__ = "plants",
  code = am.Column(am.String(5), { primary_key = true }),
  main_id = am.Column(am.ForeignKey("machines.id", { use_alter = true, name = "fk_main" })),
  machines = am.relationship("Machine", { back_populates = "plant", foreign_keys = "Machine.plant_code",
    cascade = "all, delete-orphan", order_by = "Machine.id" }),
  main = am.relationship("Machine", { foreign_keys = "Plant.main_id", post_update = true }),
})

local Machine = Base:model("Machine", {
  __tablename__ = "machines",
  id = am.Column(am.Integer, { primary_key = true }),
  plant_code = am.Column(am.ForeignKey("plants.code", { onupdate = "CASCADE" })),
  name = am.Column(am.String(10)),
  speed = am.Column(am.Integer, { server_default = "5" }),
  power = am.Column(am.Integer),
  plant = am.relationship(Plant, { back_populates = "machines", foreign_keys = "Machine.plant_code" }),
  parts = am.relationship("Part", { back_populates = "machine", cascade = "all, delete-orphan", order_by = "Part.id" }),
})

local Part = Base:model("Part", {
  __tablename__ = "parts",
  id = am.Column(am.Integer, { primary_key = true }),
  machine_id = am.Column(am.ForeignKey("machines.id")),
  within_id = am.Column(am.ForeignKey("parts.id")),
  name = am.Column(am.String(10)),
  machine = am.relationship(Machine, { back_populates = "parts" }),
  inside = am.relationship("Part", { back_populates = "within", order_by = "Part.id" }),
  within = am.relationship("Part", { back_populates = "inside", remote_side = "Part.id" }),
})

local Gauge = Base:model("Gauge", {
  __tablename__ = "gauges",
  id = am.Column(am.Integer, { primary_key = true }),
  v = am.Column(am.Integer),
})

local e = parity.engine()
if e.dialect.name == "sqlite" then
  am.event.listen(e, "connect", function(conn) conn:execute("PRAGMA foreign_keys = ON") end)
end
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("order of classes does not matter")
local bolt = Part{ name = "bolt" }
local arm = Part{ name = "arm" }
local press, saw = Machine{ name = "press", power = 3 }, Machine{ name = "saw", speed = 9 }
s:add(bolt)
s:add(saw)
s:add(Gauge{ v = 1 })
saw.parts:append(arm)
local p = Plant{ code = "P1", machines = { press, saw } }
p.main = press
s:add_all{ p, Gauge{ v = 2 } }
s:flush()
bolt.within = arm
s:flush()
sql()
say(press.id, saw.id, arm.id, bolt.id, bolt.within_id, p.main_id, press.speed, saw.speed, saw.power)
s:commit()
sql()
step("mixed keys and column sets")
s:add_all{ Gauge{ id = 50 }, Gauge{ v = 7 }, Gauge{ id = 70, v = 8 }, Gauge{ v = am.text("3 + 4") },
  Gauge{ v = am.null },
  Gauge{ v = am.func.abs(-9) } }
s:flush()
sql()
say(map(s:scalars(am.select(Gauge):order_by(Gauge.id)), function(g) return parity.list(g.id, g.v) end))
sql()
step("updates by column set")
local g = s:scalars(am.select(Gauge):order_by(Gauge.id)):all()
parity.forget()
g[1].v = 100
g[2].v = 200
g[3].v = Gauge.v + 1
g[4].v = 400
press.name = "big press"
saw.power = 8
saw.name = "big saw"
s:flush()
sql()
say(parity.sorted(am.inspect(g[3]).unloaded), g[3].v)
g[1].v = 100
local keep = g[2].v
g[2].v = 5
g[2].v = keep
say(s.dirty:contains(g[1]), s:is_modified(g[1]), s:is_modified(g[2]))
s:flush()
sql()
bolt.within = nil
s:commit()
sql()
step("everything at once")
local hammer = Machine{ name = "hammer" }
p.machines:append(hammer)
p.main = hammer
s:delete(press)
p.machines:remove(press)
g[1].v = 1
s:delete(g[2])
s:add(Gauge{ id = 60, v = 60 })
s:commit()
sql()
step("natural key")
p.code = "P2"
s:commit()
sql()
say(p.code, map(p.machines, function(m) return m.plant_code end), am.inspect(p).identity)
parity.forget()
step("swap and re-add")
local x = s:get(Gauge, 60)
s:delete(x)
s:flush()
am.make_transient(x)
x.v = 61
s:add(x)
s:flush()
local y = s:get(Gauge, 50)
s:delete(y)
s:add(Gauge{ id = 50, v = 5000 })
s:flush()
sql()
say(s:get(Gauge, 50).v, s:contains(y), s:get(Gauge, 60) == x)
local z = s:get(Gauge, 70)
s:delete(z)
s:add(z)
say(s.deleted:contains(z), s:contains(z))
s:commit()
sql()
step("partial flush")
x.v, z.v = 1, 2
s:flush{ x }
say(s.dirty:contains(x), s.dirty:contains(z))
s:rollback()
parity.forget()
step("cycles")
local a, b = Part{ name = "a" }, Part{ name = "b" }
a.within, b.within = b, a
s:add_all{ a, b }
parity.error(function() s:flush() end)
s:rollback()
sql()
step("deletes")
p.main = nil
s:flush()
s:delete(p)
s:flush()
sql()
s:commit()
say(map({ Plant, Machine, Part }, function(c) return s:scalar(am.select(am.func.count()):select_from(c)) end))
step("wrong rows")
s:execute(am.delete(Gauge):where(Gauge.id:eq(60)), nil, { execution_options = { synchronize_session = false } })
x.v = 9
parity.error(function() s:flush() end)
s:rollback()
parity.forget()
x = s:get(Gauge, 60)
s:execute(am.text("DELETE FROM gauges WHERE id = 60"))
s:delete(x)
parity.error(function() s:flush() end)
s:rollback()
s:add(Gauge{ id = 50 })
parity.error(function() s:flush() end)
s:rollback()
local orphan = Machine{ name = "none" }
s:add(orphan)
s:flush()
say(orphan.id ~= nil, orphan.plant)
s:rollback()
s:close()
