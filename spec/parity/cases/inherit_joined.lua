-- Joined table inheritance: what is written, read, refreshed, changed and deleted, table by table.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local Company = Base:model("Company", {
  __tablename__ = "company",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(50)),
  employees = am.relationship("Employee",
    { back_populates = "company", cascade = "all, delete-orphan", order_by = "Employee.id" }),
})
local Employee = Base:model("Employee", {
  __tablename__ = "employee",
  id = Column(Integer, { primary_key = true }),
  company_id = Column(ForeignKey("company.id")),
  name = Column(String(50)),
  type = Column(String(20)),
  company = am.relationship("Company", { back_populates = "employees" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "employee" },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineer",
  id = Column(ForeignKey("employee.id"), { primary_key = true }),
  language = Column(String(30)),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
local Senior = Base:model("Senior", {
  __extends__ = Engineer,
  __tablename__ = "senior",
  id = Column(ForeignKey("engineer.id"), { primary_key = true }),
  years = Column(Integer, { default = 7 }),
  __mapper_args__ = { polymorphic_identity = "senior" },
})
local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "manager",
  id = Column(ForeignKey("employee.id"), { primary_key = true }),
  bonus = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "manager", eager_defaults = true },
})

local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end

local function sorted(list)
  local out = map(list, function(x) return x end)
  table.sort(out)
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local c = Company{ name = "c1" }
c.employees:append(Employee{ name = "plain" })
c.employees:append(Engineer{ name = "ed", language = "lua" })
c.employees:append(Manager{ name = "mary", bonus = 10 })
c.employees:append(Senior{ name = "sue", language = "c" })
session:add(c)
say(map(c.employees, function(x) return x.type end))
step "flush"
session:flush()
say(map(c.employees, function(x) return { x.id, x.type, x.name } end))
session:commit()
step "load the base"
for x in session:scalars(select(Employee):order_by(Employee.id)) do say(x, x.name, sorted(am.inspect(x).unloaded)) end
step "lazy columns of a subclass"
local ed = session:get(Employee, 2)
say(ed.language)
say(sorted(am.inspect(ed).unloaded))
session:expunge_all()
local sue = session:get(Senior, 4)
say(sue.years)
step "get by a subclass"
say(session:get(Engineer, 4) == sue, session:get(Manager, 4))
session:expunge_all()
say(session:get(Manager, 4))
say(session:get(Engineer, 4))
step "queries of subclasses"
say(session:scalars(select(Engineer):order_by(Engineer.name)):all())
p.error(function() session:execute(select(Engineer.name, Senior.years):join_from(Engineer, Senior)):all() end)
say(session:execute(select(Senior.name, Senior.language, Senior.years)):all())
say(session:scalar(select(am.func.count()):select_from(Manager)))
say(session:execute(select(Employee.type, am.func.count(Employee.id)):group_by(Employee.type)
  :order_by(Employee.type)):all())
step "modify one table only"
sue = session:get(Senior, 4)
sue.name = "susan"
session:flush()
p.sql()
sue.years = 9
sue.language = "c99"
session:flush()
p.sql()
say(sue.years, am.inspect(sue).attrs.years.history)
step "refresh and expire"
session:refresh(sue)
p.sql()
session:refresh(sue, { "years" })
p.sql()
session:expire(sue, { "language", "name" })
say(sue.language, sue.name)
step "bulk update and delete"
local r = session:execute(am.update(Employee):where(Employee.type:eq("manager")):values{ name = "boss" })
say(r.rowcount)
r = session:execute(am.update(Senior):values{ years = Senior.years + 1 })
say(r.rowcount, sue.years)
p.error(function() session:execute(am.update(Manager):values{ name = "x" }) end)
session:rollback()
step "delete"
session:delete(session:get(Employee, 4))
session:flush()
p.sql()
c = session:get(Company, 1)
c.employees:pop()
session:flush()
say(map(c.employees, function(x) return x.name end))
session:commit()
step "an unknown identity"
session:add(Employee{ name = "odd", type = "nobody" })
session:commit()
session:expunge_all()
local odd = select(Employee):where(Employee.name:eq("odd"))
if not pcall(function() session:scalars(odd):all() end) then say "refused" end
session:rollback()
say(map(am.inspect(Employee).self_and_descendants, function(m) return m.class_.__name__ end))
local mapper = am.inspect(Senior)
say(mapper.polymorphic_identity, mapper.inherits.class_, mapper.base_mapper.class_)
local identities = {}
for name in pairs(am.inspect(Employee).polymorphic_map) do identities[#identities + 1] = name end
say(sorted(identities), sorted(map(mapper.tables, function(t) return t.name end)), mapper.local_table.name)
say(map(mapper.column_attrs, function(k) return k.key end))
