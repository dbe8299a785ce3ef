-- How subclass columns come: with_polymorphic, selectin_polymorphic, polymorphic_load, of_type, flat and aliased.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local with_polymorphic, selectin_polymorphic = am.with_polymorphic, am.selectin_polymorphic
local selectinload, joinedload = am.selectinload, am.joinedload

local Base = am.declarative_base()
local Company = Base:model("Company", {
  __tablename__ = "company",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(50)),
  staff = am.relationship("Employee", { back_populates = "company", order_by = "Employee.id" }),
})
local Employee = Base:model("Employee", {
  __tablename__ = "employee",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(50)),
  type = Column(String(20)),
  company_id = Column(ForeignKey("company.id")),
  company = am.relationship("Company", { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "employee" },
})
local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "manager",
  id = Column(ForeignKey("employee.id"), { primary_key = true }),
  title = Column(String(50)),
  papers = am.relationship("Paper", { order_by = "Paper.id" }),
  __mapper_args__ = { polymorphic_identity = "manager", polymorphic_load = "selectin" },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineer",
  id = Column(ForeignKey("employee.id"), { primary_key = true }),
  skill = Column(String(50)),
  machines = am.relationship("Machine", { order_by = "Machine.id" }),
  __mapper_args__ = { polymorphic_identity = "engineer", polymorphic_load = "inline" },
})
local Boss = Base:model("Boss", {
  __extends__ = Manager,
  __tablename__ = "boss",
  id = Column(ForeignKey("manager.id"), { primary_key = true }),
  car = Column(String(50)),
  __mapper_args__ = { polymorphic_identity = "boss" },
})
local Paper = Base:model("Paper", {
  __tablename__ = "paper",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(50)),
  manager_id = Column(ForeignKey("manager.id")),
})
local Machine = Base:model("Machine", {
  __tablename__ = "machine",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(50)),
  engineer_id = Column(ForeignKey("engineer.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(session)
  session:add(Company{ name = "c1", staff = {
    Engineer{ name = "en1", skill = "s1", machines = { Machine{ name = "x1" }, Machine{ name = "x2" } } },
    Manager{ name = "ma1", title = "t1", papers = { Paper{ name = "p1" } } },
    Boss{ name = "bo1", title = "t2", car = "vw" } } })
  session:add(Company{ name = "c2", staff = { Engineer{ name = "en2", skill = "s2" }, Employee{ name = "em1" } } })
  session:commit()
end)
p.forget()

local function show(title, stmt)
  step(title)
  am.Session(e, function(session)
    for x in session:scalars(stmt):unique() do
      local unloaded = { n = 0 }
      for i, key in ipairs(am.inspect(x).unloaded) do
        unloaded[i] = key
        unloaded.n = i
      end
      table.sort(unloaded)
      say(x, x.name, unloaded)
    end
    p.sql()
  end)
end

show("polymorphic_load", select(Employee):order_by(Employee.id))
show("polymorphic_load on a subclass", select(Manager):order_by(Manager.id))
local wp = with_polymorphic(Employee, { Engineer, Manager })
show("with_polymorphic",
  select(wp):where(am.or_(wp.Engineer.skill:eq("s1"), wp.Manager.title:eq("t2"))):order_by(wp.id))
wp = with_polymorphic(Employee, "*", { flat = true })
show("with_polymorphic *, flat", select(wp):order_by(wp.id))
wp = with_polymorphic(Employee, { Boss }, { aliased = true, innerjoin = true })
show("aliased, innerjoin", select(wp):where(wp.Boss.car:eq("vw")))
wp = with_polymorphic(Employee, {}, { name = "plain" })
show("no subclass, named", select(wp):order_by(wp.id))
show("selectin_polymorphic", select(Employee):order_by(Employee.id):options(
  selectin_polymorphic(Employee, { Manager, Boss, Engineer })))
show("loader options below a subclass", select(Employee):order_by(Employee.id):options(
  selectin_polymorphic(Employee, { Manager }), selectinload(Manager.papers), joinedload(Engineer.machines)))
show("load_only of subclass columns", select(Employee):order_by(Employee.id):options(
  am.load_only(Employee.name), am.load_only(Engineer.skill)))
show("defer", select(Engineer):order_by(Engineer.id):options(am.defer(Engineer.skill), am.defer(Employee.company_id)))
show("company selectin of_type", select(Company):order_by(Company.id):options(
  selectinload(Company.staff:of_type(Manager)):selectinload(Manager.papers)))
show("company joined of_type *", select(Company):order_by(Company.id):options(
  joinedload(Company.staff:of_type(with_polymorphic(Employee, "*", { flat = true })))))
show("company subquery", select(Company):order_by(Company.id):options(am.subqueryload(Company.staff)))
show("company selectin then selectin_polymorphic", select(Company):order_by(Company.id):options(
  selectinload(Company.staff):options(selectin_polymorphic(Employee, { Engineer, Boss }),
    selectinload(Engineer.machines))))
step "joins"
am.Session(e, function(session)
  say(session:execute(select(Company.name, Engineer.skill):join(Company.staff:of_type(Engineer))
    :order_by(Engineer.id)):all())
  p.sql()
  wp = with_polymorphic(Employee, { Manager, Engineer })
  say(session:execute(select(Company.name, wp.name, wp.Manager.title):join(Company.staff:of_type(wp))
    :order_by(wp.id)):all())
  p.sql()
  say(session:scalars(select(Company.name):where(Company.staff:of_type(Boss):any(Boss.car:eq("vw")))):all())
  p.sql()
  say(session:scalars(select(Employee.name):where(Employee.company:has{ name = "c2" }):order_by(Employee.id)):all())
  p.sql()
  local a = am.aliased(Manager, { flat = true })
  say(session:execute(select(a.name, a.title):order_by(a.id)):all())
  p.sql()
  say(session:scalars(select(Company.name):join(a, Company.staff:of_type(a)):where(a.title:eq("t1"))):all())
  p.sql()
end)
