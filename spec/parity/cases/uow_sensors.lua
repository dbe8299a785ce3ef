-- Unit of work, a log of measurements: one statement for many rows, autoincrement keys in order, server defaults
-- fetched or RETURNING, eager_defaults, inserts with children, updates in executemany and singly, row counts,
-- listeners inside a flush.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local Base = am.declarative_base()

local Sensor = Base:model("Sensor", {
  __tablename__ = "sensors",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  unit = am.Column(am.String(5), { server_default = "C" }),
  calls = am.Column(am.Integer, { default = 0, onupdate = function(c)
    return c:get_current_parameters().name and 7 or 3
  end }),
  values = am.relationship("Value", { back_populates = "sensor", order_by = "Value.id" }),
})

local Value = Base:model("Value", {
  __tablename__ = "readings",
  id = am.Column(am.Integer, { primary_key = true }),
  sensor_id = am.Column(am.ForeignKey("sensors.id")),
  v = am.Column(am.Integer),
  twice = am.Column(am.Integer, am.Computed("v * 2")),
  sensor = am.relationship(Sensor, { back_populates = "values" }),
})

local Alarm = Base:model("Alarm", {
  __tablename__ = "alarms",
  id = am.Column(am.Integer, { primary_key = true }),
  level = am.Column(am.Integer, { server_default = "1" }),
  text = am.Column(am.String(20), { server_default = am.text("'none'"), server_onupdate = am.FetchedValue() }),
  __mapper_args__ = { eager_defaults = true },
})

local Pair = Base:model("Pair", {
  __tablename__ = "pairs",
  a = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  b = am.Column(am.String(5), { primary_key = true }),
  v = am.Column(am.Integer, { default = am.select(am.func.count()):select_from(am.text("sensors")):scalar_subquery() }),
})

local Token = Base:model("Token", {
  __tablename__ = "tokens",
  id = am.Column(am.String(10), { primary_key = true, default = function(c)
    return ("t%d"):format(c:get_current_parameters().n)
  end }),
  n = am.Column(am.Integer),
})

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("many")
local sensors = {}
for i = 0, 3 do
  local values = {}
  for k = 0, 2 do values[#values + 1] = Value{ v = i * 10 + k } end
  sensors[#sensors + 1] = Sensor{ name = "s" .. i, values = values }
end
s:add_all(sensors)
s:flush()
sql()
say(map(sensors, function(x) return x.id end), map(sensors, function(x)
  return map(x.values, function(v) return { v.id, v.sensor_id } end)
end))
say(sensors[3].unit, sensors[1].values[2].twice, parity.sorted(am.inspect(sensors[4]).unloaded))
sql()
step("eager defaults")
local alarms = { Alarm(), Alarm{ level = 5 }, Alarm{ text = "own" }, Alarm{ level = 6, text = "both" } }
s:add_all(alarms)
s:flush()
say(map(alarms, function(a) return { a.id, a.level, a.text } end))
alarms[1].level = 9
alarms[2].text = "set"
s:flush()
say(alarms[1].text, alarms[2].text, alarms[1].level)
sql()
step("keys of one's own")
local pairs_ = { Pair{ a = 2, b = "x" }, Pair{ a = 1, b = "y" }, Pair{ a = 1, b = "x", v = 5 } }
s:add_all{ pairs_[1], pairs_[2], pairs_[3], Token{ n = 3 }, Token{ n = 1 }, Token{ id = "mine", n = 2 } }
s:flush()
sql()
say(map(pairs_, function(p) return p.v end), parity.sorted(s:scalars(am.select(Token.id)):all()),
  s:get(Pair, { 1, "x" }).v)
s:commit()
parity.forget()
step("updates")
sensors = s:scalars(am.select(Sensor):order_by(Sensor.id)):all()
parity.forget()
for i, x in ipairs(sensors) do x.name = "n" .. (i - 1) end
s:flush()
sql()
local function calls(x) return x.calls end
say(map(sensors, calls))
sensors[1].unit = "K"
sensors[2].unit, sensors[2].name = "F", "f"
sensors[3].unit = "K"
sensors[4].name = "last"
s:flush()
sql()
say(map(sensors, calls))
local values = s:scalars(am.select(Value):order_by(Value.id)):all()
parity.forget()
values[1].v = 100
values[2].v = Value.v * 3
values[3].sensor = sensors[4]
s:flush()
sql()
say(values[1].twice, values[2].v, values[2].twice, values[3].sensor_id, #sensors[1].values)
s:commit()
parity.forget()
step("deletes")
values = s:scalars(am.select(Value):order_by(Value.id)):all()
parity.forget()
for i = 1, 3 do s:delete(values[i]) end
s:delete(s:get(Pair, { 2, "x" }))
s:delete(s:get(Pair, { 1, "y" }))
s:flush()
sql()
s:delete(sensors[4])
s:flush()
sql()
say(s:scalar(am.select(am.func.count()):select_from(Value):where(Value.sensor_id:eq(nil))))
s:rollback()
parity.forget()
step("listeners in a flush")
am.event.listen(Value, "before_insert", function(_, conn, target)
  target.v = (target.v or 0) + conn:scalar(am.select(am.func.count()):select_from(Sensor.__table__))
end)
am.event.listen(Value, "after_insert", function(_, conn, target)
  conn:execute(am.update(Sensor.__table__):where(Sensor.id:eq(target.sensor_id)):values{ unit = "V" })
end)
am.event.listen(s, "before_flush", function(session)
  for _, o in ipairs(session.new) do
    if am.inspect(o).class_ == Alarm then session:add(Token{ n = o.level }) end
  end
  for _, o in ipairs(session.deleted) do say("deleting", o) end
end)
am.event.listen(s, "after_flush", function(session) say("flushed", #session.new, #session.dirty, #session.deleted) end)
local first = s:get(Sensor, 1)
first.values:append(Value{ v = 1 })
first.values:append(Value{ v = 2 })
s:add(Alarm{ level = 77 })
s:delete(s:get(Pair, { 1, "x" }))
s:flush()
sql()
say({ first.values[#first.values - 1].v, first.values[#first.values].v }, first.unit, s:get(Token, "t77").n)
s:refresh(first)
say(first.unit)
am.event.listen(Sensor, "before_update", function() error("no") end)
first.name = "boom"
parity.error(function() s:flush() end)
say(s.is_active, parity.sorted(am.inspect(first).unloaded))
s:rollback()
say(first.name, s.is_active)
