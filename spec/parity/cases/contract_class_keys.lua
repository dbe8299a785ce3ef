-- The class keys: table, table arguments, mapper arguments, abstract, extends in the three ways of inheritance.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, inspect = am.select, am.inspect

local Base = am.declarative_base()

local Model = Base:model("Model", { __abstract__ = true, note = Column(String(10)) })
function Model:tag() return inspect(self).class_.__name__ .. "/" .. (self.note or "-") end

local Office = Base:model("Office", {
  __extends__ = Model,
  __table__ = am.Table("offices", Base.metadata, Column("id", Integer, { primary_key = true }),
    Column("city", String(10)),
    Column("note", String(10))),
  staff = relationship("Employee", { back_populates = "office", order_by = "Employee.id" }),
})

local Employee = Base:model("Employee", {
  __extends__ = Model,
  __tablename__ = "employees",
  __table_args__ = { am.UniqueConstraint("name"), { comment = "who works" } },
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "employee" },
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  kind = Column(String(20)),
  office_id = Column(ForeignKey("offices.id")),
  office = relationship(Office, { back_populates = "staff" }),
})

local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "managers",
  __mapper_args__ = { polymorphic_identity = "manager" },
  id = Column(ForeignKey("employees.id"), { primary_key = true }),
  level = Column(Integer),
  reports = relationship("Engineer", { back_populates = "boss", foreign_keys = "Engineer.boss_id",
    order_by = "Engineer.id" }),
})

local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineers",
  __mapper_args__ = { polymorphic_identity = "engineer" },
  id = Column(ForeignKey("employees.id"), { primary_key = true }),
  tool = Column(String(10)),
  boss_id = Column(ForeignKey("managers.id")),
  boss = relationship(Manager, { back_populates = "reports", foreign_keys = "Engineer.boss_id" }),
})

local Intern = Base:model("Intern", {
  __extends__ = Engineer,
  __mapper_args__ = { polymorphic_identity = "intern" },
  school = Column(String(10)),
})

local Shape = Base:model("Shape", {
  __tablename__ = "shapes",
  __mapper_args__ = { polymorphic_identity = "shape", concrete = true },
  id = Column(Integer, { primary_key = true }),
  sides = Column(Integer),
})

local Square = Base:model("Square", {
  __extends__ = Shape,
  __tablename__ = "squares",
  __mapper_args__ = { polymorphic_identity = "square", concrete = true },
  id = Column(Integer, { primary_key = true }),
  sides = Column(Integer),
  edge = Column(Integer),
})

local e = p.engine()
am.configure_mappers()
say(am.CreateTable(Employee.__table__), am.CreateTable(Engineer.__table__))
for _, cls in ipairs{ Office, Employee, Manager, Engineer, Intern, Shape, Square } do
  local m = inspect(cls)
  say(cls, m.local_table.name, m.polymorphic_identity, m.inherits and m.inherits.class_, m.concrete, m.single,
    map(m.self_and_descendants, function(x) return x.class_.__name__ end), m.attrs:keys())
end
local identities = {}
for k in pairs(inspect(Employee).polymorphic_map) do identities[#identities + 1] = k end
say(p.sorted(identities), map(inspect(Intern).primary_key, function(c) return c.name end))
say(select(Employee), "|", select(Intern), "|", select(Square))
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "write"
local lyon = Office{ city = "Lyon", note = "hq" }
local mia = Manager{ name = "mia", level = 2, office = lyon, note = "m" }
session:add(lyon)
session:flush()
session:add_all{ mia, Engineer{ name = "eli", tool = "c", boss = mia, office = lyon },
  Employee{ name = "pat", office = lyon },
  Intern{ name = "ida", tool = "lua", school = "insa", boss = mia }, }
session:flush()
session:add_all{ Shape{ sides = 5 }, Square{ sides = 4, edge = 2 } }
session:commit()
step "the base loads what it has"
for x in session:scalars(select(Employee):order_by(Employee.id)) do
  say(x:tag(), x.name, x.kind, p.sorted(inspect(x).unloaded))
end
step "with_polymorphic"
session:expunge_all()
local poly = am.with_polymorphic(Employee, { Engineer, Manager })
for x in session:scalars(select(poly):where(am.or_(poly.Engineer.tool:eq("lua"), poly.Manager.level:gt(1)))
  :order_by(poly.id)) do
  say(x:tag(), p.sorted(inspect(x).unloaded))
end
local every = am.with_polymorphic(Employee, "*", { flat = true, aliased = true })
say(map(session:scalars(select(every):order_by(every.name)), function(x) return p.list(x.name, x.kind) end))
step "selectin_polymorphic"
session:expunge_all()
local stmt = select(Employee):options(am.selectin_polymorphic(Employee, { Manager, Engineer }),
  am.selectinload(Manager.reports)):order_by(Employee.id)
for x in session:scalars(stmt) do say(x.name, p.sorted(inspect(x).unloaded)) end
step "of_type"
session:expunge_all()
say(session:scalars(select(Office.city):join(Office.staff:of_type(Engineer)):where(Engineer.tool:eq("c"))):all())
say(session:scalars(select(Office.city):where(Office.staff:of_type(Manager):any(Manager.level:gt(5)))):all())
local office = session:scalars(select(Office):options(am.selectinload(Office.staff:of_type(Manager)))):one()
say(map(office.staff, function(x) return { x.name, p.sorted(inspect(x).unloaded) } end))
session:expunge_all()
office = session:scalars(select(Office):options(
  am.joinedload(Office.staff:of_type(every)):joinedload(every.Engineer.boss))):unique():one()
local bossed = {}
for _, x in ipairs(office.staff) do
  if inspect(x).mapper:isa(inspect(Engineer)) then bossed[#bossed + 1] = { x.name, x.boss.name } end
end
say(bossed)
step "get, update, delete through the hierarchy"
local ida = session:scalars(select(Intern)):one()
say(session:get(Engineer, ida.id) == ida, session:get(Manager, ida.id), session:get(Employee, ida.id).school)
ida.name, ida.tool, ida.school = "ira", "zig", "mit"
session:flush()
session:delete(ida)
session:commit()
step "concrete"
say(map(session:scalars(select(Shape)), function(s) return { s.id, s.sides } end),
  map(session:scalars(select(Square)), function(s) return { s.edge, s.sides } end))
step "wrong identities"
session:execute(Employee.__table__:update():where(Employee.__table__.c.name:eq("pat")):values{ kind = "ghost" })
p.refused(function() return session:scalars(select(Employee)):all() end)
session:rollback()
p.error(function()
  return Base:model("Bad", { __extends__ = Employee, __mapper_args__ = { polymorphic_identity = "bad" },
    name = Column(String) })
end)
p.error(function() return Base:model("NoTable", { x = Column(Integer) }) end)
p.error(function() return Base:model("NoKey", { __tablename__ = "no_key", x = Column(Integer) }) end)
sql()
