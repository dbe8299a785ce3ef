-- A directed graph as a network of stops: edges that are objects with a weight, neighbours through them, reachability.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, relationship, backref = am.select, am.func, am.inspect, am.relationship, am.backref

local Base = am.declarative_base()
local Leg

local Stop = Base:model("Stop", {
  __tablename__ = "stops",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10), { unique = true }),
  targets = am.association_proxy("leaving", "end", { creator = function(stop) return Leg{ ["end"] = stop } end }),
})
function Stop:to(others, minutes)
  for _, other in ipairs(others) do self.leaving:append(Leg{ ["end"] = other, minutes = minutes or 1 }) end
  return self
end
function Stop:onward() return map(self.leaving, function(leg) return leg["end"] end) end
function Stop:back() return map(self.coming, function(leg) return leg.start end) end

local start_id = Column(ForeignKey("stops.id"), { primary_key = true })
local end_id = Column(ForeignKey("stops.id"), { primary_key = true })
Leg = Base:model("Leg", {
  __tablename__ = "legs",
  __table_args__ = { am.CheckConstraint("minutes > 0", { name = "positive" }) },
  start_id = start_id,
  end_id = end_id,
  minutes = Column(Integer, { default = 1, nullable = false }),
  start = relationship(Stop, { primaryjoin = start_id:eq(Stop.id), backref = backref("leaving", {
    order_by = "Leg.end_id", cascade = "all, delete-orphan" }) }),
  ["end"] = relationship(Stop, { primaryjoin = end_id:eq(Stop.id), backref = backref("coming", {
    order_by = "Leg.start_id", cascade = "all, delete-orphan" }) }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function names(items) return map(items, function(s) return s.name end) end
step "stops"
local a, b, c, d = Stop{ name = "a" }, Stop{ name = "b" }, Stop{ name = "c" }, Stop{ name = "d" }
session:add_all{ a, b, c, d }
session:flush()
a:to{ b, c }
b:to({ c }, 4)
c:to({ d, a }, 2)
say(names(a:onward()), names(c:back()), names(d:back()), #session.new)
session:flush()
session:commit()
say(names(c:onward()), names(c:back()), map(c.leaving, function(leg) return leg.minutes end))
step "queries"
local first, last = am.aliased(Stop), am.aliased(Stop)
local rows = session:execute(select(first.name, last.name, Leg.minutes):join(Leg.start:of_type(first))
  :join(Leg["end"]:of_type(last)):order_by(first.name, last.name)):all()
say(rows)
say(session:scalars(select(Stop.name):where(Stop.leaving:any(Leg["end"]:has{ name = "c" })):order_by(Stop.name)):all())
say(session:scalars(select(Stop.name):where(am.not_(Stop.leaving:any()))):all())
say(session:scalars(select(Stop.name):join(Stop.coming):group_by(Stop.name):having(func.count():gt(1))
  :order_by(Stop.name)):all())
say(session:execute(select(Stop.name, func.coalesce(func.sum(Leg.minutes), 0)):outerjoin(Stop.leaving)
  :group_by(Stop.name):order_by(Stop.name)):all())
local reach = select(Leg.end_id:label("id"), Leg.minutes:label("cost")):where(Leg.start_id:eq(a.id))
  :cte("reach", { recursive = true })
reach = reach:union(select(Leg.end_id, reach.c.cost + Leg.minutes):join(reach, Leg.start_id:eq(reach.c.id))
  :where(reach.c.cost:lt(6)))
say(session:execute(select(Stop.name, func.min(reach.c.cost)):join(reach, reach.c.id:eq(Stop.id)):group_by(Stop.name)
  :order_by(Stop.name)):all())
session:expunge_all()
local stops = session:scalars(select(Stop):options(am.selectinload(Stop.leaving):joinedload(Leg["end"]))
  :order_by(Stop.id)):all()
sql()
say(map(stops, function(s) return map(s.leaving, function(leg) return leg["end"].name end) end))
a, b, c, d = (table.unpack or unpack)(stops)
step "a proxy to the far end"
d.targets:append(b)
say(names(d.targets), d.targets:contains(b), inspect(d.leaving[1]).pending)
session:commit()
say(names(b:back()), session:scalars(select(Stop.name):where(Stop.targets:contains(b)):order_by(Stop.name)):all())
step "changes"
local leg = session:get(Leg, { a.id, b.id })
leg.minutes = 9
session:commit()
a.leaving:remove(leg)
session:flush()
say(inspect(leg).deleted, b.coming:contains(leg), names(a:onward()))
session:commit()
say(#b.coming)
p.error(function()
  a:to{ c }
  session:flush()
end)
session:rollback()
p.error(function()
  a:to({ d }, 0)
  session:flush()
end)
session:rollback()
step "a stop goes"
session:delete(c)
session:commit()
say(session:execute(select(Leg.start_id, Leg.end_id):order_by(Leg.start_id)):all(), names(a:onward()))
sql()
