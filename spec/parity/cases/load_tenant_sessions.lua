-- Tenants in one schema: criteria on a mixin that a listener gives to statements and get(), several sessions.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, relationship, aliased = am.select, am.func, am.inspect, am.relationship, am.aliased

local Base = am.declarative_base()
local HasTenant = { tenant_id = Column(Integer, { nullable = false, index = true }) }
local Company = Base:model("Company", {
  __mixins__ = { HasTenant },
  __tablename__ = "company",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  staff = relationship("Employee", { back_populates = "company", order_by = "Employee.id",
    foreign_keys = "Employee.company_id" }),
  boss_id = Column(ForeignKey("employee.id", { use_alter = true })),
  boss = relationship("Employee", { foreign_keys = "Company.boss_id", post_update = true }),
  skills = relationship("Skill", { secondary = "employee", primaryjoin = "Company.id == Employee.company_id",
    secondaryjoin = "Skill.employee_id == Employee.id", viewonly = true, order_by = "Skill.name" }),
})
local Employee = Base:model("Employee", {
  __mixins__ = { HasTenant },
  __tablename__ = "employee",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  name = Column(String(10)),
  company_id = Column(ForeignKey("company.id")),
  company = relationship(Company, { back_populates = "staff", foreign_keys = "Employee.company_id" }),
  skills = relationship("Skill", { back_populates = "employee", order_by = "Skill.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "employee" },
})
local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "manager",
  id = Column(ForeignKey("employee.id"), { primary_key = true }),
  level = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "manager" },
})
local Skill = Base:model("Skill", {
  __mixins__ = { HasTenant },
  __tablename__ = "skill",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  employee_id = Column(ForeignKey("employee.id")),
  employee = relationship(Employee, { back_populates = "skills" }),
})
local Country = Base:model("Country", {
  __tablename__ = "country",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
})
local make = am.sessionmaker()
am.event.listen(make, "do_orm_execute", function(state)
  local tenant = state.session.info.tenant
  if tenant ~= nil and (state.is_select or state.is_update or state.is_delete) and not state.is_column_load
      and not state.is_relationship_load and not state.execution_options.all_tenants then
    state.statement = state.statement:options(am.with_loader_criteria(HasTenant,
      function(cls) return cls.tenant_id:eq(tenant) end, { include_aliases = true }))
  end
end)
am.event.listen(make, "before_flush", function(session)
  for _, obj in ipairs(session.new) do
    if inspect(obj).class_ ~= Country and obj.tenant_id == nil then obj.tenant_id = session.info.tenant end
  end
end)
am.event.listen(HasTenant, "load", function(target, context)
  if context ~= nil and context.session.info.tenant ~= nil and context.session.info.tenant ~= target.tenant_id then
    say("  foreign!", inspect(target).class_.__name__, target.name)
  end
end, { propagate = true })
local function name_of(x) return x.name end
local function skills_of(staff)
  local out = {}
  for _, x in ipairs(staff) do
    for _, k in ipairs(x.skills) do out[#out + 1] = k.name end
  end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "fill"
for tenant = 1, 2 do
  make({ bind = e, info = { tenant = tenant } }, function(s)
    s:begin(function()
      local n = (tenant - 1) * 10
      local c = Company{ id = n + 1, name = "c" .. tenant }
      c.staff = {
        Employee{ id = n + 1, name = "e" .. tenant,
          skills = { Skill{ id = n + 1, name = "lua" }, Skill{ id = n + 2, name = "sql" } } },
        Manager{ id = n + 2, name = "m" .. tenant, level = tenant, skills = { Skill{ id = n + 3, name = "talk" } } },
      }
      s:add(c)
      c.boss = c.staff[2]
      s:add(Country{ id = tenant, name = "x" })
    end)
  end)
end
am.Session(e, function(s)
  s:begin(function()
    s:add(Employee{ id = 5, name = "spy", company_id = 1, tenant_id = 2 })
    s:add(Skill{ id = 5, name = "spying", employee_id = 1, tenant_id = 2 })
  end)
end)
local s = make{ bind = e, info = { tenant = 1 } }
step "select"
say(p.map(s:scalars(select(Company):order_by(Company.id)), name_of))
say(s:execute(select(Employee.name, Company.name):join(Employee.company):order_by(Employee.id)):all())
say(s:scalars(select(Country.id):order_by(Country.id)):all())
say(s:scalars(select(Manager.name)):all(), s:scalar(select(func.count(Skill.id))),
  s:scalar(select(func.count()):select_from(Skill)))
local al = aliased(Employee, { name = "al" })
say(s:scalars(select(al.name):order_by(al.id)):all())
say(s:execute(select(Company.name, func.count(al.id)):outerjoin(al, al.company_id:eq(Company.id))
  :group_by(Company.name)):all())
say(p.map(s:scalars(select(Company), nil, { execution_options = { all_tenants = true } }), name_of))
step "get"
say(s:get(Company, 11) == nil, s:get(Company, 1).name)
s:expunge_all()
say(s:get(Company, 11), s:get(Manager, 2).level, s:get(Employee, 12))
step "lazy"
s:expunge_all()
local c = s:get(Company, 1)
say(p.map(c.staff, name_of), c.boss.name, p.map(c.skills, name_of))
say(skills_of(c.staff))
for _, name in ipairs{ "selectinload", "joinedload", "subqueryload" } do
  local how = am[name]
  step(name)
  s:expunge_all()
  for x in s:scalars(select(Company):options(how(Company.staff):options(am.selectinload(Employee.skills)))
      :order_by(Company.id)):unique() do
    say(x.name, p.map(x.staff, name_of), skills_of(x.staff), x.boss.name)
  end
end
step "exists and subqueries"
say(s:scalars(select(Company.name):where(Company.staff:any(Employee.skills:any(Skill.name:eq("spying"))))):all())
say(s:scalars(select(Company.name):where(Company.staff:any{ name = "spy" })):all())
local sub = select(Employee.company_id, func.count():label("n")):group_by(Employee.company_id):subquery()
say(s:execute(select(Company.name, sub.c.n):join(sub, sub.c.company_id:eq(Company.id))):all())
local cte = select(Skill.employee_id):where(Skill.name:like("s%")):cte("sk")
say(s:scalars(select(Employee.name):where(Employee.id:in_(select(cte.c.employee_id))):order_by(Employee.id)):all())
say(s:execute(am.union_all(select(Employee.name), select(Skill.name)):order_by(am.literal_column("1"))):scalars():all())
step "write"
say(s:execute(am.update(Employee):values{ name = Employee.name .. "!" }).rowcount)
say(s:execute(am.delete(Skill):where(Skill.name:eq("sql"))).rowcount)
say(p.map(s:get(Company, 1).staff, name_of))
s:rollback()
step "refresh and expire"
c = s:get(Company, 1)
s:expire(c)
say(c.name)
s:refresh(c, { "staff" })
say(p.map(c.staff, name_of))
local m = s:merge(Company{ id = 11, name = "stolen" })
say(inspect(m).pending)
p.error(function() s:flush() end)
s:rollback()
step "legacy"
say(p.map(s:query(Employee):order_by(Employee.id):all(), name_of), s:query(Employee):count(),
  s:query(Employee):filter_by{ id = 12 }:first())
step "the other tenant"
s:close()
s = make{ bind = e, info = { tenant = 2 } }
say(s:scalars(select(Employee.name):order_by(Employee.id)):all(), s:get(Company, 1))
local spy = s:get(Employee, 5)
say(spy.company and spy.company.name)
s:close()
p.sql()
