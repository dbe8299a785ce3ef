-- Concrete table inheritance: on its own, with ConcreteBase, AbstractConcreteBase and polymorphic_union.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, select = am.Column, am.Integer, am.String, am.select

local Base = am.declarative_base()
local function id() return Column(Integer, { primary_key = true, autoincrement = false }) end
local Employee = Base:model("Employee", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "employee",
  id = id(),
  name = Column(String(50)),
  __mapper_args__ = { polymorphic_identity = "employee", concrete = true },
})
local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "manager",
  id = id(),
  name = Column(String(50)),
  budget = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "manager", concrete = true },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineer",
  id = id(),
  name = Column(String(50)),
  skill = Column(String(50)),
  __mapper_args__ = { polymorphic_identity = "engineer", concrete = true },
})
local Vehicle = Base:model("Vehicle", {
  __mixins__ = { am.AbstractConcreteBase },
  strict_attrs = true,
  id = id(),
  maker = Column(String(20)),
})
local Car = Base:model("Car", {
  __extends__ = Vehicle,
  __tablename__ = "car",
  doors = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "car", concrete = true },
})
local Bike = Base:model("Bike", {
  __extends__ = Vehicle,
  __tablename__ = "bike",
  gears = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "bike", concrete = true },
})
local Shape = Base:model("Shape", {
  __tablename__ = "shape",
  id = Column(Integer, { primary_key = true }),
  color = Column(String(20)),
  note = Column(String(20)),
})
local Circle = Base:model("Circle", {
  __extends__ = Shape,
  __tablename__ = "circle",
  id = Column(Integer, { primary_key = true }),
  color = Column(String(20)),
  radius = Column(Integer),
  __mapper_args__ = { concrete = true },
})

local e = p.engine()
am.configure_mappers()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
session:add_all{ Employee{ id = 1, name = "e1" }, Manager{ id = 2, name = "m1", budget = 5 },
  Engineer{ id = 3, name = "n1", skill = "lua" } }
session:flush()
p.sql()
session:commit()
step "polymorphic base"
for x in session:scalars(select(Employee):order_by(Employee.id)) do
  say(x, x.id, x.name)
end
step "subclass"
say(session:scalars(select(Manager)):all())
session:expunge_all()
say(session:get(Employee, 3))
say(session:get(Manager, 3))
step "change and delete"
local m = session:scalars(select(Manager)):one()
m.budget = 6
m.name = "m2"
session:flush()
p.sql()
session:delete(m)
session:flush()
p.sql()
say(session:scalars(select(Employee.name):order_by(Employee.name)):all())
session:commit()
step "abstract concrete base"
session:add_all{ Car{ id = 1, maker = "vw", doors = 4 }, Bike{ id = 2, maker = "kona", gears = 9 },
  Car{ id = 3, maker = "fiat", doors = 2 } }
session:commit()
p.forget()
for x in session:scalars(select(Vehicle):order_by(Vehicle.id)) do say(x, x.maker) end
p.sql()
say(session:scalars(select(Vehicle.maker):where(Vehicle.maker:ne("vw")):order_by(Vehicle.maker)):all())
local doors = {}
for c in session:scalars(select(Car):order_by(Car.id)) do doors[#doors + 1] = c.doors end
say(doors)
step "plain concrete"
session:add_all{ Shape{ color = "red", note = "n" }, Circle{ color = "blue", radius = 3 } }
session:commit()
p.forget()
say(session:scalars(select(Shape)):all(), session:scalars(select(Circle)):all())
say(am.inspect(Circle).concrete, am.inspect(Shape).concrete, am.inspect(Circle).inherits.class_)
step "polymorphic_union by hand"
local pj = am.polymorphic_union({ c = Circle.__table__, s = Shape.__table__ }, "kind", "pj")
local keys = {}
for i, c in ipairs(am.columns(pj)) do keys[i] = c.key end
say(keys)
say(session:execute(select(pj.c.kind, pj.c.color, pj.c.radius):order_by(pj.c.kind)):all())
p.sql()
