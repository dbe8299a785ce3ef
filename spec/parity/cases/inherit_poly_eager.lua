-- A company: eager loading of what only subclasses have, by of_type, selectin_polymorphic and polymorphic_load.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, error_, map = parity.say, parity.step, parity.sql, parity.error, parity.map
local select, func, selectinload = am.select, am.func, am.selectinload

local Base = am.declarative_base()
local Company = Base:model("Company", {
  __tablename__ = "company",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  staff = am.relationship("Staff", { back_populates = "company", order_by = "Staff.id" }),
})
local Staff = Base:model("Staff", {
  __tablename__ = "staff",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  role = am.Column(am.String(20)),
  company_id = am.Column(am.ForeignKey("company.id")),
  company = am.relationship("Company", { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_on = "role", polymorphic_identity = "staff" },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Staff,
  __tablename__ = "engineer",
  id = am.Column(am.ForeignKey("staff.id"), { primary_key = true }),
  skill = am.Column(am.String(20)),
  machines = am.relationship("Machine", { order_by = "Machine.id" }),
  __mapper_args__ = { polymorphic_identity = "engineer", polymorphic_load = "selectin" },
})
local Manager = Base:model("Manager", {
  __extends__ = Staff,
  __tablename__ = "manager",
  id = am.Column(am.ForeignKey("staff.id"), { primary_key = true }),
  budget = am.Column(am.Integer),
  papers = am.relationship("Paper", { order_by = "Paper.id" }),
  __mapper_args__ = { polymorphic_identity = "manager", polymorphic_load = "inline" },
})
local Machine = Base:model("Machine", {
  __tablename__ = "machine",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  engineer_id = am.Column(am.ForeignKey("engineer.id")),
})
local Paper = Base:model("Paper", {
  __tablename__ = "paper",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  manager_id = am.Column(am.ForeignKey("manager.id")),
})

local function class(o) return am.inspect(o).mapper.class_ end
local function name(o) return o.name end

local eng = parity.engine()
Base.metadata:create_all(eng)
am.Session(eng, function(s)
  s:add(Company{ name = "acme", staff = {
    Engineer{ name = "eve", skill = "c", machines = { Machine{ name = "m1" }, Machine{ name = "m2" } } },
    Manager{ name = "max", budget = 9, papers = { Paper{ name = "p1" } } },
    Engineer{ name = "ed", skill = "lua" }, Staff{ name = "sam" } } })
  s:add(Company{ name = "solo", staff = { Manager{ name = "mia", budget = 1 } } })
  s:commit()
end)
parity.forget()

local function skill(p) return class(p) == Engineer and p.skill or nil end
local function budget(p) return class(p) == Manager and p.budget or nil end
local function extra(p)
  if class(p) == Engineer then return map(p.machines, name) end
  return class(p) == Manager and map(p.papers, name) or nil
end

local function show_one(p)
  local more = extra(p)
  say("", class(p), p.name, skill(p), budget(p), more)
end

local function show(title, q)
  step(title)
  am.Session(eng, function(s)
    for c in s:scalars(q):unique() do
      say(c.name)
      sql()
      for _, p in ipairs(c.staff) do show_one(p) end
    end
  end)
end

step("polymorphic_load does it alone")
am.Session(eng, function(s)
  local people = s:scalars(select(Staff):order_by(Staff.id)):all()
  sql()
  say(map(people, function(p) return parity.list(p.name, skill(p), budget(p)) end))
end)
local base = select(Company):order_by(Company.id)
show("lazy", base)
step("an attribute of a subclass does not link")
error_(function() return selectinload(Company.staff):options(selectinload(Engineer.machines)) end)
show("selectin to subclass attributes", base:options(
  selectinload(Company.staff:of_type(Engineer)):selectinload(Engineer.machines),
  selectinload(Company.staff:of_type(Manager)):selectinload(Manager.papers)))
show("selectin of_type", base:options(selectinload(Company.staff:of_type(Engineer)):selectinload(Engineer.machines)))
local W = am.with_polymorphic(Staff, { Engineer, Manager }, { flat = true })
show("joined of_type with_polymorphic", base:options(am.joinedload(Company.staff:of_type(W)):options(
  am.joinedload(W.Engineer.machines), selectinload(W.Manager.papers))))
show("subquery", base:options(am.subqueryload(Company.staff:of_type(Manager)):selectinload(Manager.papers)))
show("selectin_polymorphic below a relationship", base:options(selectinload(Company.staff):options(
  am.selectin_polymorphic(Staff, { Engineer, Manager }), selectinload(Engineer.machines))))
show("contains_eager of an aliased subclass", select(Company):join(Company.staff:of_type(W)):options(
  am.contains_eager(Company.staff:of_type(W))):where(W.Engineer.skill:eq("lua")):order_by(Company.id))
step("columns of subclasses")
am.Session(eng, function(s)
  local q = select(Staff):options(am.selectin_polymorphic(Staff, { Engineer }), am.defer(Engineer.skill))
    :order_by(Staff.id)
  local e = s:scalars(q):first()
  say(parity.sorted(am.inspect(e).unloaded))
  say(e.skill)
  s:expunge_all()
  e = s:scalars(select(Engineer):options(am.load_only(Engineer.name)):order_by(Engineer.id)):first()
  say(parity.sorted(am.inspect(e).unloaded))
  s:expunge_all()
  e = s:scalars(select(Engineer):options(am.raiseload(Engineer.machines)):order_by(Engineer.id)):first()
  error_(function() return e.machines end)
  say(s:execute(select(Engineer.name, func.count(Machine.id)):outerjoin(Engineer.machines):group_by(Engineer.name)
    :order_by(Engineer.name)):all())
end)
step("end")
