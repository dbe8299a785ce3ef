-- Options along paths: wildcards, nesting, of_type, and_(), what overrides what, and wrong paths.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list, sorted = parity.say, parity.step, parity.map, parity.list, parity.sorted

local Base = am.declarative_base()

local Company = Base:model("Company", {
  __tablename__ = "companies",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  staff = am.relationship("Employee", { back_populates = "company", order_by = "Employee.id" }),
  offices = am.relationship("Office", { order_by = "Office.id" }),
})

local Office = Base:model("Office", {
  __tablename__ = "offices",
  id = am.Column(am.Integer, { primary_key = true }),
  city = am.Column(am.String(30)),
  company_id = am.Column(am.ForeignKey("companies.id")),
})

local Employee = Base:model("Employee", {
  __tablename__ = "employees",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  type = am.Column(am.String(10)),
  company_id = am.Column(am.ForeignKey("companies.id")),
  company = am.relationship("Company", { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "employee" },
})

local Engineer = Base:model("Engineer", {
  __extends__ = Employee,
  __tablename__ = "engineers",
  id = am.Column(am.ForeignKey("employees.id"), { primary_key = true }),
  skill = am.Column(am.String(30)),
  machines = am.relationship("Machine", { order_by = "Machine.id" }),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})

local Manager = Base:model("Manager", {
  __extends__ = Employee,
  __tablename__ = "managers",
  id = am.Column(am.ForeignKey("employees.id"), { primary_key = true }),
  level = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "manager" },
})

local Machine = Base:model("Machine", {
  __tablename__ = "machines",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  engineer_id = am.Column(am.ForeignKey("engineers.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(
    Company{
      id = 1,
      name = "acme",
      offices = { Office{ id = 1, city = "rome" }, Office{ id = 2, city = "oslo" } },
      staff = {
        Engineer{
          id = 1,
          name = "eva",
          skill = "c",
          machines = { Machine{ id = 1, name = "m1" }, Machine{ id = 2, name = "m2" } }
        },
        Manager{ id = 2, name = "max", level = 3 },
        Employee{ id = 3, name = "tim" }
      }
    }
  )
  s:add(Company{ id = 2, name = "bits", staff = { Engineer{ id = 4, name = "zoe", skill = "lua" } } })
  s:commit()
end)
parity.forget()

local function unloaded(o)
  return sorted(am.inspect(o).unloaded)
end

step "wildcards"
am.Session(e, function(s)
  local acme = s:scalars(am.select(Company):options(am.selectinload("*")):where(Company.id:eq(1))):one()
  say(unloaded(acme), #acme.staff, #acme.offices)
  s:rollback()
  parity.forget()
end)
am.Session(e, function(s)
  local acme = s
    :scalars(am.select(Company):options(am.raiseload("*"), am.selectinload(Company.staff)):where(Company.id:eq(1)))
    :one()
  say(#acme.staff)
  parity.error(function() return acme.offices end)
  parity.error(function() return acme.staff[1].company end)
end)
am.Session(e, function(s)
  local acme = s
    :scalars(am.select(Company):options(am.selectinload(Company.staff):raiseload("*")):where(Company.id:eq(1)))
    :one()
  parity.error(function() return acme.staff[1].machines end)
  say(#acme.offices)
end)
am.Session(e, function(s)
  local acme = s:scalars(am.select(Company):options(am.Load(Company):noload("*")):where(Company.id:eq(1))):one()
  say(acme.staff, acme.offices)
end)
am.Session(e, function(s)
  local acme = s:scalars(am.select(Company):options(am.defer("*")):where(Company.id:eq(1))):one()
  say(unloaded(acme))
end)
am.Session(e, function(s)
  local acme = s
    :scalars(am.select(Company):options(am.lazyload("*"), am.joinedload(Company.offices)):where(Company.id:eq(1)))
    :unique()
    :one()
  say(unloaded(acme))
end)
step "options that conflict"
am.Session(e, function(s)
  parity.error(function()
    return s
      :scalars(am.select(Company):options(am.joinedload(Company.offices), am.selectinload(Company.offices)))
      :all()
  end)
  parity.error(function()
    return s
      :scalars(am.select(Company):options(am.selectinload(Company.staff)):options(am.lazyload(Company.staff)))
      :all()
  end)
  local stmt = am.select(Company)
    :options(am.selectinload(Company.staff), am.selectinload(Company.staff):joinedload(Employee.company))
    :order_by(Company.id)
  say(
    map(s:scalars(stmt), function(c)
      return list(c.name, unloaded(c), map(c.staff, function(p) return unloaded(p) end))
    end)
  )
end)
step "options()"
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(
      am.selectinload(Company.staff):options(
        am.load_only(Employee.name),
        am.joinedload(Employee.company):options(am.selectinload(Company.offices):load_only(Office.city))
      )
    )
    :order_by(Company.id)
  say(
    map(s:scalars(stmt), function(c)
      return list(c.name, map(c.staff, function(p) return p.name end), map(c.offices, function(o) return o.city end))
    end)
  )
end)
step "defaultload"
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(am.defaultload(Company.staff):joinedload(Employee.company):selectinload(Company.offices))
    :where(Company.id:eq(1))
  local acme = s:scalars(stmt):one()
  say(unloaded(acme))
  say(map(acme.staff, function(p) return p.name end))
end)
step "and_"
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(am.selectinload(Company.offices:and_(Office.city:eq("rome"))))
    :order_by(Company.id)
  say(map(s:scalars(stmt), function(c) return map(c.offices, function(o) return o.city end) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(am.joinedload(Company.offices:and_(Office.city:like("o%"))))
    :order_by(Company.id)
  say(map(s:scalars(stmt):unique(), function(c) return map(c.offices, function(o) return o.city end) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Company):options(am.lazyload(Company.offices:and_(Office.id:gt(1)))):order_by(Company.id)
  local companies = s:scalars(stmt):all()
  say(map(companies, function(c) return map(c.offices, function(o) return o.city end) end))
  step "after expire the criteria stays with the object"
  s:expire(companies[1])
  say(map(companies[1].offices, function(o) return o.city end))
end)
am.Session(e, function(s)
  local stmt = am.select(Company):join(Company.offices:and_(Office.city:eq("oslo")))
  say(map(s:scalars(stmt), function(c) return c.name end))
end)
step "of_type"
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(am.selectinload(Company.staff:of_type(Engineer)):selectinload(Engineer.machines))
    :order_by(Company.id)
  local acme = s:scalars(stmt):first()
  say(map(acme.staff, function(p) return list(p.name, unloaded(p)) end))
end)
am.Session(e, function(s)
  local poly = am.with_polymorphic(Employee, { Engineer, Manager }, { flat = true })
  local stmt = am.select(Company)
    :options(am.joinedload(Company.staff:of_type(poly)):options(am.selectinload(poly.Engineer.machines)))
    :order_by(Company.id)
  say(
    map(s:scalars(stmt):unique(), function(c)
      return map(c.staff, function(p) return list(p.name, unloaded(p)) end)
    end)
  )
end)
am.Session(e, function(s)
  local stmt = am.select(Company)
    :options(
      am.selectinload(Company.staff):options(
        am.selectin_polymorphic(Employee, { Engineer, Manager }),
        am.selectinload(Engineer.machines)
      )
    )
    :order_by(Company.id)
  say(map(s:scalars(stmt), function(c) return map(c.staff, function(p) return list(p.name, unloaded(p)) end) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Employee)
    :options(am.selectin_polymorphic(Employee, { Engineer }), am.selectinload(Engineer.machines))
    :order_by(Employee.id)
  say(map(s:scalars(stmt), function(p) return list(p.name, unloaded(p)) end))
end)
step "an option for an alias"
am.Session(e, function(s)
  local c2 = am.aliased(Company, { name = "c2" })
  say(
    map(
      s:scalars(am.select(c2):options(am.joinedload(c2.offices)):order_by(c2.id)):unique(),
      function(c) return #c.offices end
    )
  )
  parity.error(function() return s:scalars(am.select(c2):options(am.joinedload(Company.offices))):unique():all() end)
end)
step "wrong paths"
am.Session(e, function(s)
  parity.error(function() return am.joinedload(Company.staff):joinedload(Company.offices) end)
  parity.error(function() return am.joinedload(Company.name) end)
  parity.error(function() return am.joinedload("offices") end)
  parity.error(function() return s:scalars(am.select(Office):options(am.joinedload(Company.offices))):all() end)
  parity.error(function() return s:scalars(am.select(Company.id):options(am.joinedload(Company.offices))):all() end)
  parity.error(function() return am.Load(Company):joinedload(Employee.company) end)
  parity.error(function() return am.select(Company):options("offices") end)
  parity.error(function() return am.selectinload(Company.staff):selectinload(Engineer.machines) end)
end)
step "end"
