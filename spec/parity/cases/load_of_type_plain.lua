-- of_type() of a class that is configured to load a subclass with it: every loader, the columns that come.
local am = require "alchemoon"
local parity = require "parity"
local step = parity.step

local Base = am.declarative_base()

local Company = Base:model("Company", {
  __tablename__ = "company",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  people = am.relationship("Person", { order_by = "Person.id" }),
})
local id = am.mapped_column(am.Integer, { primary_key = true })
local kind = am.mapped_column(am.String(9))

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = id,
  kind = kind,
  company_id = am.mapped_column(am.ForeignKey("company.id")),
  __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "p" },
})

local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  __tablename__ = "engineer",
  id = am.mapped_column(am.ForeignKey("person.id"), { primary_key = true }),
  lang = am.mapped_column(am.String(9)),
  __mapper_args__ = { polymorphic_identity = "e", polymorphic_load = "inline" },
})

Base:model("Lead", {
  __extends__ = Engineer,
  stars = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "l" },
})

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()

local function show(title, stmt)
  step(title)
  am.Session(e, function(s)
    s:scalars(stmt):unique():all()
    parity.sql()
  end)
  parity.forget()
end
local q = am.select(Company)
am.Session(e, function(s)
  s:add(Company{ id = 1, people = { Engineer{ id = 1, lang = "x" }, Person{ id = 2 } } })
  s:commit()
end)
parity.forget()
show("contains", q:join(Company.people):options(am.contains_eager(Company.people)))
show(
  "contains of_type joined",
  q:join(Company.people:of_type(Person)):options(am.contains_eager(Company.people:of_type(Person)))
)
show("contains of_type", q:join(Company.people):options(am.contains_eager(Company.people:of_type(Person))))
show("contains of_type entity", q:join(Person):options(am.contains_eager(Company.people:of_type(Person))))
show(
  "contains of_type sub",
  q:join(Company.people:of_type(Engineer)):options(am.contains_eager(Company.people:of_type(Engineer)))
)
show("joined", q:options(am.joinedload(Company.people)))
show("joined of_type", q:options(am.joinedload(Company.people:of_type(Person))))
show("joined of_type sub", q:options(am.joinedload(Company.people:of_type(Engineer))))
show("selectin of_type", q:options(am.selectinload(Company.people:of_type(Person))))
show("selectin of_type sub", q:options(am.selectinload(Company.people:of_type(Engineer))))
show("subquery of_type", q:options(am.subqueryload(Company.people:of_type(Person))))
show("immediate of_type", q:options(am.immediateload(Company.people:of_type(Person))))
