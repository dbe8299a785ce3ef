-- What is loaded below what was joined: relationships of subclasses, unions, what populate_existing meets again.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sorted, error_of = parity.say, parity.step, parity.sorted, parity.error
local select, unpack = am.select, table.unpack or unpack -- luacheck: ignore 113

local Base = am.declarative_base()

local Yard = Base:model("Yard", {
  __tablename__ = "yards",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  boats = am.relationship("Boat", { back_populates = "yard", order_by = "Boat.id" }),
})

local id = am.Column(am.Integer, { primary_key = true })
local kind, length, width = am.Column(am.String(10)), am.Column(am.Integer), am.Column(am.Integer)
local Boat = Base:model("Boat", {
  __tablename__ = "boats",
  id = id,
  kind = kind,
  length = length,
  width = width,
  colour = am.deferred(am.Column(am.String(10)), { group = "looks" }),
  area = am.column_property(length * width),
  note = am.query_expression(),
  yard_id = am.Column(am.ForeignKey("yards.id")),
  yard = am.relationship("Yard", { back_populates = "boats" }),
  logs = am.relationship("Log", { lazy = "selectin", order_by = "Log.id", back_populates = "boat" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "boat" },
})

local Sailer = Base:model("Sailer", {
  __extends__ = Boat,
  __tablename__ = "sailers",
  id = am.Column(am.ForeignKey("boats.id"), { primary_key = true }),
  sails = am.relationship("Sail", { lazy = "selectin", order_by = "Sail.id" }),
  __mapper_args__ = { polymorphic_identity = "sailer" },
})

local Sail = Base:model("Sail", {
  __tablename__ = "sails",
  id = am.Column(am.Integer, { primary_key = true }),
  sailer_id = am.Column(am.ForeignKey("sailers.id")),
  sailer = am.relationship("Sailer", { overlaps = "sails", lazy = "selectin" }),
})

local Log = Base:model("Log", {
  __tablename__ = "logs",
  id = am.Column(am.Integer, { primary_key = true }),
  boat_id = am.Column(am.ForeignKey("boats.id")),
  boat = am.relationship("Boat", { back_populates = "logs" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Yard{ id = 1, name = "north" })
  s:flush()
  s:add_all{
    Boat{ id = 1, length = 3, width = 2, yard_id = 1, logs = { Log{ id = 1 } } },
    Sailer{ id = 2, length = 5, width = 2, yard_id = 1, sails = { Sail{ id = 1 }, Sail{ id = 2 } },
      logs = { Log{ id = 2 } } },
  }
  s:commit()
end)
parity.forget()

local function unloaded(...)
  say(unpack(parity.collect({ ... }, function(o) return sorted(am.inspect(o).unloaded) end)))
end

for _, case in ipairs {
  { "contains_eager", am.contains_eager(Yard.boats), true },
  { "joinedload", am.joinedload(Yard.boats) },
  { "selectinload", am.selectinload(Yard.boats) },
} do
  step("relationships of a subclass below " .. case[1])
  am.Session(e, function(s)
    local q = select(Yard):options(case[2])
    if case[3] then q = q:join(Yard.boats):order_by(Boat.id) end
    local yard = s:scalars(q):unique():one()
    unloaded(yard, unpack(yard.boats))
    parity.sql()
  end)
end

step "a circle that begins at a subclass"
am.Session(e, function(s)
  for boat in s:scalars(select(am.with_polymorphic(Boat, "*")):order_by("id")) do unloaded(boat) end
  for sail in s:scalars(select(Sail):order_by(Sail.id)) do unloaded(sail, sail.sailer) end
  parity.sql()
end)

step "a group of two entities"
local s = am.Session(e)
local a = am.aliased(Boat)
error_of(function() s:execute(select(Boat, a):options(am.undefer_group("looks"))):all() end)
error_of(function() s:execute(select(Boat.id):options(am.undefer_group("looks"))):all() end)
s:close()
parity.forget()
s = am.Session(e)
unloaded(s:scalars(select(Boat):options(am.undefer_group("looks")):order_by(Boat.id)):first())
s:close()

step "expressions of an alias in rows"
say(s:execute(select(a.area, a.id):order_by(a.id)):keys(),
  s:execute(select(Boat.area, a.area):where(Boat.id:eq(a.id))):keys())
say(s:execute(select(a.area, am.func.count(a.id)):group_by(a.area):order_by(a.area)):mappings():all())
say(s:query(a.area):filter(a.id:eq(2)):one().area)
s:close()

step "a Query without eager loading"
s = am.Session(e)
local q = s:query(Boat):options(am.load_only(Boat.length), am.with_expression(Boat.note, Boat.id + 1))
  :filter(Boat.id:eq(1))
unloaded(q:enable_eagerloads(false):one())
s:close()
unloaded(q:one())
s:close()

step "subqueryload below a union"
s = am.Session(e)
q = s:query(Log):union(s:query(Log):filter(Log.id:eq(1))):order_by(Log.id)
for _, log in ipairs(q:options(am.subqueryload(Log.boat)):all()) do unloaded(log, log.boat) end
s:close()
step "the same, one of them"
for _, log in ipairs(q:limit(1):options(am.subqueryload(Log.boat):subqueryload(Boat.yard)):all()) do
  unloaded(log, log.boat)
end
s:close()

step "subqueryload of what a subclass inherits"
local inherited = am.joinedload(Sail.sailer):subqueryload(Sailer.logs)
for sail in s:scalars(select(Sail):order_by(Sail.id):options(inherited)):unique() do unloaded(sail, sail.sailer) end
s:close()

step "populate_existing comes back to an object"
local boat, log = s:get(Boat, 1), s:get(Log, 1)
local function anew(stmt, option)
  if option then stmt = stmt:options(option) end
  s:scalars(stmt, nil, { populate_existing = true }):unique():all()
end
anew(select(Boat):where(Boat.id:eq(1)), am.selectinload(Boat.logs):selectinload(Log.boat))
unloaded(boat, log)
anew(select(Log):where(Log.id:eq(1)), am.selectinload(Log.boat))
unloaded(boat, log)
anew(select(Boat):where(Boat.id:eq(1)), am.joinedload(Boat.logs):selectinload(Log.boat))
unloaded(boat, log)
local sailer = s:get(Boat, 2)
say(#sailer.sails)
anew(select(Boat):where(Boat.id:eq(2)))
unloaded(sailer)
s:close()
parity.sql()
say(am.NEVER_SET == am.NO_VALUE)
e:dispose()
