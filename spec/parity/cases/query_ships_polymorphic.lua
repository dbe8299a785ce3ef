-- Polymorphic selects: with_polymorphic by class, alias, flat and innerjoin, columns of subclasses in conditions and
-- order, joins from and to subclasses, aliases of subclasses, single beside joined tables, and what is loaded.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Port = Base:model("Port", {
  __tablename__ = "port",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  ships = am.relationship("Ship", { back_populates = "port", order_by = "Ship.id" }),
  ferries = am.relationship("Ferry", { viewonly = true, order_by = "Ferry.id" }),
})
local id = am.mapped_column(am.Integer, { primary_key = true })
local kind = am.mapped_column(am.String(10))

local Ship = Base:model("Ship", {
  __tablename__ = "ship",
  id = id,
  kind = kind,
  name = am.mapped_column(am.String(20)),
  port_id = am.mapped_column(am.ForeignKey("port.id")),
  port = am.relationship(Port, { back_populates = "ships" }),
  __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "ship" },
})

local Ferry = Base:model("Ferry", {
  __extends__ = Ship,
  __tablename__ = "ferry",
  id = am.mapped_column(am.ForeignKey("ship.id"), { primary_key = true }),
  cars = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "ferry" },
})

local NightFerry = Base:model("NightFerry", {
  __extends__ = Ferry,
  cabins = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "night" },
})
id = am.mapped_column(am.ForeignKey("ship.id"), { primary_key = true })
local power = am.mapped_column(am.Integer)
local pulls_id = am.mapped_column(am.ForeignKey("ship.id"))

local Tug = Base:model("Tug", {
  __extends__ = Ship,
  __tablename__ = "tug",
  id = id,
  power = power,
  pulls_id = pulls_id,
  pulls = am.relationship(Ship, { foreign_keys = pulls_id, remote_side = Ship.id }),
  __mapper_args__ = { polymorphic_identity = "tug", inherit_condition = id:eq(Ship.id) },
})

local Boat = Base:model("Boat", {
  __extends__ = Ship,
  oars = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "boat" },
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local p1 = Port{ id = 1, name = "Ost" }
  local p2 = Port{ id = 2, name = "West" }
  local f = Ferry{ id = 1, name = "f1", cars = 50, port = p1 }
  s:add_all({
    f, NightFerry{ id = 2, name = "n1", cars = 90, cabins = 12, port = p2 },
    Boat{ id = 4, name = "b1", oars = 2, port = p1 }, Ship{ id = 5, name = "s1", port = p2 }
  })
  s:flush()
  s:add(Tug{ id = 3, name = "t1", power = 7, pulls = f, port = p1 })
  s:commit()
end)
parity.forget()

local function show(title, stmt)
  step(title)
  am.Session(e, function(s)
    for x in s:scalars(stmt) do
      say(x, x.name, parity.sorted(am.inspect(x).unloaded))
    end
    parity.sql()
  end)
  parity.forget()
end

local function rows(title, ...)
  local options = { n = select("#", ...), ... }
  step(title)
  am.Session(e, function(s)
    for _, stmt in ipairs(options) do
      say(s:execute(stmt):all())
    end
    parity.sql()
  end)
  parity.forget()
end
show("plain", am.select(Ship):order_by(Ship.id))
show("subclass", am.select(Ferry):order_by(Ferry.id))
show("single below joined", am.select(NightFerry))
show("single of base", am.select(Boat):where(Boat.oars:eq(2)))
local everything = am.with_polymorphic(Ship, "*")
show("all", am.select(everything):order_by(everything.id))
local some = am.with_polymorphic(Ship, { Ferry, Boat })
show("some", am.select(some):where(am.or_(some.Ferry.cars:gt(60), some.Boat.oars:eq(2))):order_by(some.id))
local flat = am.with_polymorphic(Ship, { Tug, Ferry }, { flat = true })
show("flat", am.select(flat):order_by(flat.Tug.power, flat.id))
local named = am.with_polymorphic(Ship, { Tug }, { aliased = true, name = "v" })
show("aliased", am.select(named):where(named.Tug.power:gt(1)))
local inner = am.with_polymorphic(Ship, { Ferry }, { innerjoin = true })
show("inner", am.select(inner):order_by(inner.id))
local night = am.with_polymorphic(Ship, { NightFerry })
show("grandchild", am.select(night):where(night.NightFerry.cabins:gt(1)))
local sp = am.selectin_polymorphic(Ship, { Ferry, Tug })
show("selectin", am.select(Ship):order_by(Ship.id):options(sp))
show(
  "selectin with relationship",
  am.select(Ship):order_by(Ship.id):options(sp, am.selectinload(Tug.pulls), am.joinedload(Ship.port))
)
local fa = am.aliased(Ferry)
show("alias of subclass", am.select(fa):where(fa.cars:gt(60), fa.name:eq("n1")))
local sa_ = am.aliased(Ship)
show("base alias", am.select(sa_):where(sa_.name:like("%1")):order_by(sa_.id:desc()):limit(2))
rows(
  "columns", am.select(Ferry.name, Ferry.cars):order_by(Ferry.id),
  am.select(Ship.name, Tug.power):join(Tug, Tug.id:eq(Ship.id)),
  am.select(everything.name, everything.Ferry.cars, everything.Tug.power):order_by(everything.id),
  am.select(Boat.name, Boat.oars), am.select(NightFerry.name, NightFerry.cars, NightFerry.cabins),
  am.select(Ship.kind, am.func.count()):group_by(Ship.kind):order_by(Ship.kind), am.select(am.func.count(Ferry.id)),
  am.select(am.func.count()):select_from(Boat)
)
local t2 = am.aliased(Tug)
rows(
  "joins", am.select(Port.name, Ship.name):join(Port.ships):order_by(Ship.id),
  am.select(Port.name, Ferry.cars):join(Port.ships:of_type(Ferry)):order_by(Ferry.id),
  am.select(Port.name, Ferry.cars):join(Ferry, Ferry.port_id:eq(Port.id)):order_by(Ferry.id),
  am.select(Port.name, Ferry.name):join(Port.ferries):order_by(Ferry.id),
  am.select(Tug.name, sa_.name):join(Tug.pulls:of_type(sa_)),
  am.select(Tug.name, fa.cars):join(Tug.pulls:of_type(fa)), am.select(t2.name, sa_.name):join(t2.pulls:of_type(sa_)),
  am.select(Port.name, flat.name, flat.Tug.power):join(flat, flat.port_id:eq(Port.id)):order_by(flat.id),
  am.select(Boat.name, Port.name):join(Boat.port),
  am.select(Port.name):where(Port.ships:of_type(Tug):any(Tug.power:gt(5))),
  am.select(Port.name):where(Port.ships:of_type(Ferry):any{ id = 1 }),
  am.select(Port.name):where(Port.ferries:any(Ferry.cars:gt(80))),
  am.select(Ship.name):where(Ship.port:has({ name = "Ost" })):order_by(Ship.id)
)
rows(
  "subqueries",
  am.select(
    Port.name, am.select(am.func.max(Ferry.cars)):where(Ferry.port_id:eq(Port.id)):scalar_subquery()
  ):order_by(Port.id),
  am.select(Ship.name):where(Ship.id:in_(am.select(Ferry.id))):order_by(Ship.id),
  am.select(Port.name):where(am.exists():where(Tug.port_id:eq(Port.id))),
  am.select(Port.name):where(am.select(Boat.id):where(Boat.port_id:eq(Port.id)):exists())
)
step "entities"
am.Session(e, function(s)
  for row in s:execute(
    am.select(Port, everything):join(everything, everything.port_id:eq(Port.id)):order_by(everything.id)
  ) do
    local p, x = row:unpack()
    say(p.name, x, x.name)
  end
  local sub = am.select(Ferry):where(Ferry.cars:gt(10)):subquery()
  local fs = am.aliased(Ferry, sub)
  say(map(s:scalars(am.select(fs):order_by(fs.id)), function(x) return { x.name, x.cars } end))
  say(s:get(Ship, 3), s:get(Ferry, 3), s:get(Tug, 3).power, s:get(Boat, 4).oars)
  parity.sql()
  s:expunge_all()
  say(s:get(Ferry, 3), s:get(NightFerry, 2).cabins, s:get(NightFerry, 1))
  parity.sql()
  s:expunge_all()
  say(
    map(
      s:scalars(am.select(Ship):where(Ship.kind:in_({ "tug", "boat" })):order_by(Ship.id)),
      function(x) return x.name end
    )
  )
  local x = s:get(Ship, 2)
  say(x.cars, x.cabins)
  s:expire(x)
  say(x.cabins, x.name)
  parity.sql()
end)
step "wrong"
am.Session(e, function(s)
  parity.error(function() return am.with_polymorphic(Ferry, { Tug }) end)
  parity.error(function() return am.with_polymorphic(Ship, { Port }) end)
  parity.error(function() return s:execute(am.select(Port):join(Ferry.cars)):all() end)
  parity.forget()
end)
