-- Relationships, hybrids and validators across inheritance: of the base, of a subclass, overridden, to a subclass.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select, func = am.select, am.func

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

local Base = am.declarative_base()
local Company = Base:model("Company", {
  __tablename__ = "companies",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  staff = am.relationship("Person", { back_populates = "company", order_by = "Person.id",
    cascade = "all, delete-orphan" }),
  managers = am.relationship("Manager", { viewonly = true, order_by = "Manager.id" }),
  manager_names = am.association_proxy("managers", "name"),
})
local Person = Base:model("Person", {
  __tablename__ = "people",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  company_id = am.Column(am.ForeignKey("companies.id")),
  company = am.relationship(Company, { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
  label = am.hybrid_property(function(self) return "p:" .. self.name end),
  check_name = am.validates("name", function(_, _, value)
    say("person validates", value)
    return value:lower()
  end),
})
local engineer_id = am.Column(am.ForeignKey("people.id"), { primary_key = true })
local skill = am.Column(am.String(10))
local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  __tablename__ = "engineers",
  id = engineer_id,
  skill = skill,
  machines = am.relationship("Machine", { back_populates = "owner", order_by = "Machine.id" }),
  shout = am.column_property(func.upper(skill)),
  __mapper_args__ = { polymorphic_identity = "engineer" },
  label = am.hybrid_property(function(self) return "e:" .. self.name .. ":" .. self.skill end),
  check_skill = am.validates("skill", function(_, _, value)
    say("engineer validates", value)
    return value
  end),
})
local Manager = Base:model("Manager", {
  __extends__ = Person,
  title = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "manager" },
})
local Machine = Base:model("Machine", {
  __tablename__ = "machines",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  owner_id = am.Column(am.ForeignKey("engineers.id")),
  owner = am.relationship(Engineer, { back_populates = "machines" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(map(am.columns(Person.__table__), function(c) return c.name end), Manager.__table__ == Person.__table__,
  sorted(am.inspect(Engineer).attrs:keys()))
local classes = {}
for mapper in am.inspect(Engineer):iterate_to_root() do classes[#classes + 1] = mapper.class_ end
say(sorted(am.inspect(Manager).attrs:keys()), classes)
say(select(Engineer.label), select(Person.label), select(Manager.label))
say(select(Company):join(Company.managers), select(Machine):join(Machine.owner))
local s = am.Session(e)
step "rows"
local c = Company{ name = "acme" }
local ann, bob, cy = Engineer{}, Manager{}, Person{}
ann.name = "ANN"
bob.name = "BOB"
cy.name = "CY"
ann.skill = "lua"
bob.title = "boss"
ann.machines:append(Machine{ name = "lathe" })
c.staff:extend{ ann, bob, cy }
s:add(c)
s:commit()
step "read"
local function name(o) return o.name end
say(map(c.staff, function(o) return { o, o.label } end), map(c.managers, name), map(c.manager_names, tostring))
say(ann.shout, ann.machines[1].owner == ann)
step "polymorphic loads"
s:expunge_all()
for o in s:scalars(select(Person):order_by(Person.id):options(am.selectin_polymorphic(Person, { Engineer }))) do
  say(o, o.label, o.kind == "engineer" and o.skill or nil)
end
s:expunge_all()
local wp = am.with_polymorphic(Person, { Engineer, Manager })
for o in s:scalars(select(wp):order_by(wp.id)) do say(o, o.name) end
say(select(wp):where(wp.Engineer.skill:eq("lua")))
step "eager of a subclass"
s:expunge_all()
c = s:scalars(select(Company):options(am.selectinload(Company.staff:of_type(Engineer))
  :selectinload(Engineer.machines))):one()
p.sql()
say(map(c.staff, function(o) return { o, o.kind == "engineer" and #o.machines or am.null } end))
step "of_type in conditions"
say(s:scalars(select(Company.name):where(Company.staff:of_type(Engineer):any(Engineer.skill:eq("lua")))):all())
say(s:scalars(select(Company.name):join(Company.staff:of_type(Manager)):where(Manager.title:eq("boss"))):all())
say(s:scalars(select(Machine.name):where(Machine.owner:has(Engineer.name:eq("ann")))):all())
s:rollback()
step "delete"
c = s:get(Company, 1)
s:delete(c)
s:commit()
say(s:execute(select(Machine.name, Machine.owner_id)):all())
p.sql()
s:close()
