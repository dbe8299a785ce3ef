-- Inheritance, a staff in joined tables with a single-table branch: polymorphic queries and loads by every strategy,
-- of_type, with_polymorphic flat and aliased, selectin_polymorphic, relationships to and from subclasses, flush
-- order, refresh, deletes.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Company = Base:model("Company", {
  __tablename__ = "companies",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  staff = am.relationship("Person", { back_populates = "company", order_by = "Person.id",
    cascade = "all, delete-orphan" }),
})

local Person = Base:model("Person", {
  __tablename__ = "people",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  type = am.Column(am.String(10)),
  company_id = am.Column(am.ForeignKey("companies.id")),
  company = am.relationship(Company, { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "person" },
})
function Person:title() return "plain " .. self.name end

local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  __tablename__ = "engineers",
  id = am.Column(am.ForeignKey("people.id"), { primary_key = true }),
  language = am.Column(am.String(10)),
  machines = am.relationship("Machine", { back_populates = "owner", order_by = "Machine.id" }),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
function Engineer:title() return "eng " .. self.name end

local Lead = Base:model("Lead", {
  __extends__ = Engineer,
  rank = am.Column(am.Integer, { use_existing_column = true }),
  __mapper_args__ = { polymorphic_identity = "lead" },
})

local person_id = am.Column("id", am.ForeignKey("people.id"), { primary_key = true })
local Manager = Base:model("Manager", {
  __extends__ = Person,
  __tablename__ = "managers",
  person_id = person_id,
  budget = am.Column(am.Integer),
  report_id = am.Column(am.ForeignKey("engineers.id")),
  report = am.relationship(Engineer, { foreign_keys = "Manager.report_id" }),
  __mapper_args__ = { polymorphic_identity = "manager", polymorphic_load = "selectin",
    inherit_condition = person_id:eq(Person.id) },
})

local Machine = Base:model("Machine", {
  __tablename__ = "machines",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  owner_id = am.Column(am.ForeignKey("engineers.id")),
  owner = am.relationship(Engineer, { back_populates = "machines" }),
})

local select = am.select
local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("flush")
local eve = Engineer{ id = 2, name = "eve", language = "lua",
  machines = { Machine{ id = 1, name = "m1" }, Machine{ id = 2, name = "m2" } } }
s:add(Company{ id = 1, name = "acme", staff = { Manager{ id = 4, name = "max", budget = 9, report = eve },
  Person{ id = 1, name = "pat" }, eve, Lead{ id = 3, name = "lea", language = "c", rank = 7 } } })
s:commit()
sql()

local function class_of(o) return am.inspect(o).class_.__name__ end
local function name(o) return o.name end

local function show(title, stmt, shape)
  step(title)
  s:expunge_all()
  local found = s:scalars(stmt):unique():all()
  say(map(found, shape or function(p) return { class_of(p), p.name, p:title() } end))
  sql()
  say(parity.collect(found, function(p) return type(p) == "table" and parity.sorted(am.inspect(p).unloaded) or nil end))
  return found
end

show("base", select(Person):order_by(Person.id))
show("sub", select(Engineer):order_by(Engineer.id), function(p) return { class_of(p), p.name, p.language, p.type } end)
show("leaf", select(Lead), function(p) return { p.name, p.rank, p.language } end)
local found = show("selectin", select(Person):order_by(Person.id)
  :options(am.selectin_polymorphic(Person, { Engineer, Manager })))
say(found[2].language, found[3].rank, found[4].budget)
sql()
found = show("selectin and relation", select(Person):order_by(Person.id)
  :options(am.selectin_polymorphic(Person, { Engineer }),
  am.selectinload(Engineer.machines)))
say(map(found[2].machines, name))
sql()
local every = am.with_polymorphic(Person, "*")
show("with polymorphic", select(every):where(am.or_(every.Engineer.language:eq("lua"), every.Manager.budget:gt(5)))
  :order_by(every.id))
local flat = am.with_polymorphic(Person, { Engineer }, { flat = true })
show("flat", select(flat):join(Company, flat.company_id:eq(Company.id)):where(flat.Engineer.language:ne(nil))
  :order_by(flat.id))
show("aliased sub", select(am.aliased(Engineer, { name = "e2" })))
show("of_type any", select(Company):where(Company.staff:of_type(Engineer):any(Engineer.language:eq("c"))), name)
show("join of_type", select(Company.name, Engineer.name, Engineer.language):join(Company.staff:of_type(Engineer))
  :order_by(Engineer.id), function(r) return r end)
show("company", select(Company):options(am.selectinload(Company.staff:of_type(every))
  :selectinload(every.Engineer.machines)),
  function(c) return map(c.staff, function(p) return { p.name, p:title() } end) end)
show("joined company", select(Company):options(am.joinedload(Company.staff:of_type(flat))),
  function(c) return map(c.staff, name) end)
show("where type", select(Person):where(Person.type:in_{ "lead", "manager" }):order_by(Person.id))
show("manager", select(Manager):options(am.joinedload(Manager.report)), function(m)
  return { m.name, m.report.name, m.person_id, m.id }
end)
step("get")
s:expunge_all()
say(s:get(Lead, 3).rank, class_of(s:get(Person, 3)), s:get(Engineer, 3).rank, s:get(Lead, 2), s:get(Manager, 2))
sql()
local p = s:get(Person, 2)
parity.refused(function() return s:get(Machine, 1).owner.budget end)
say(class_of(p) == "Engineer", s:get(Engineer, 2) == p, s:get(Machine, 1).owner == p)
sql()
step("update")
p.name, p.language = "eva", "moon"
s:get(Lead, 3).rank = 8
s:flush()
sql()
p.language = "perl"
s:flush()
sql()
s:expire(p)
say(p.language)
s:refresh(p, { "name" })
sql()
local m = s:get(Manager, 4)
m.report = s:get(Lead, 3)
parity.error(function()
  m.report = s:get(Person, 1)
  s:flush()
end)
s:rollback()
say(m.report.name)
s:execute(am.update(Engineer):where(Engineer.language:eq("lua")):values{ language = "x" })
s:execute(am.update(Person):where(Person.name:eq("pat")):values{ name = "pit" })
parity.error(function() s:execute(am.update(Engineer):values{ name = "both", language = "z" }) end)
s:rollback()
parity.forget()
step("types")
s:add(Person{ id = 9, name = "odd", type = "martian" })
s:commit()
s:expunge_all()
parity.forget()
parity.refused(function() return s:get(Person, 9) end)
s:execute(am.text("DELETE FROM people WHERE id = 9"))
parity.refused(function() return Machine{ owner = Person() } and nil end)
s:add(Machine{ id = 5, owner_id = 1 })
if parity.is_postgresql then parity.error(function() s:flush() end) end
s:rollback()
s:execute(am.text("DELETE FROM people WHERE id = 9"))
s:commit()
parity.forget()
step("delete")
s:delete(s:get(Manager, 4))
s:flush()
sql()
s:get(Company, 1).staff:remove(s:get(Lead, 3))
s:flush()
sql()
s:delete(s:get(Company, 1))
s:commit()
sql()
say(map({ Company, Person, Engineer, Manager, Machine }, function(t)
  return s:scalar(select(am.func.count()):select_from(t))
end))
