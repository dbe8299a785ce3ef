-- A base that is always selected from a union: its attributes are those of the union only where the base is in the
-- statement.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, FK, func, select = am.Column, am.Integer, am.String, am.ForeignKey, am.func, am.select
local unpack = table.unpack or unpack

local Base = am.declarative_base()
local people = am.Table("people", Base.metadata, Column("id", Integer, { primary_key = true }),
  Column("kind", String(9)), Column("name", String(9)), Column("firm_id", FK "firm.id"))
local engineers = am.Table("engineers", Base.metadata, Column("id", FK "people.id", { primary_key = true }),
  Column("tool", String(9)))
local bosses = am.Table("bosses", Base.metadata, Column("id", FK "people.id", { primary_key = true }),
  Column("car", String(9)))
local pj = am.polymorphic_union({ { "engineer", people:join(engineers) }, { "boss", people:join(bosses) } }, nil, "pj")

local Firm = Base:model("Firm", { __tablename__ = "firm", id = Column(Integer, { primary_key = true }),
  name = Column(String(9)) })
local Person = Base:model("Person", { __table__ = people,
  loud = am.hybrid_property(function(self) return self.name .. "!" end),
  __mapper_args__ = { polymorphic_on = pj.c.kind, with_polymorphic = { "*", pj }, polymorphic_identity = "person" } })
local Engineer = Base:model("Engineer", { __extends__ = Person, __table__ = engineers,
  __mapper_args__ = { polymorphic_identity = "engineer" } })
local Boss = Base:model("Boss", { __extends__ = Person, __table__ = bosses,
  __mapper_args__ = { polymorphic_identity = "boss" } })
local Paper = Base:model("Paper", { __tablename__ = "paper", id = Column(Integer, { primary_key = true }),
  text = Column(String(9)), person_id = Column(FK "people.id") })

Firm.people = am.relationship(Person, { order_by = Person.id, back_populates = "firm" })
Person.firm = am.relationship(Firm, { back_populates = "people" })
Person.papers = am.relationship(Paper, { order_by = Paper.id, back_populates = "person" })
Paper.person = am.relationship(Person, { back_populates = "papers" })
Firm.size = am.column_property(select(func.count(people.c.id)):where(people.c.firm_id:eq(Firm.id))
  :correlate_except(people):scalar_subquery())

local db = p.engine()
Base.metadata:create_all(db)
local session = am.Session(db)
for _, one in ipairs { Firm { id = 1, name = "one" }, Firm { id = 2, name = "two" },
  Engineer { id = 1, name = "ann", tool = "saw", firm_id = 1 }, Boss { id = 2, name = "bob", car = "red", firm_id = 1 },
  Engineer { id = 3, name = "cid", tool = "axe", firm_id = 2 }, Paper { id = 1, text = "a", person_id = 1 },
  Paper { id = 2, text = "b", person_id = 1 }, Paper { id = 3, text = "c", person_id = 2 } } do
  session:add(one)
  session:flush()
end
session:commit()
session:close()
p.forget()

local function name_of(v) return am.inspect(v).mapper.class.__name end

local function rows(title, statement)
  step(title)
  local s = am.Session(db)
  for _, row in ipairs(s:execute(statement):unique():all()) do
    local out = {}
    for i = 1, #row do out[i] = type(row[i]) == "table" and name_of(row[i]) .. row[i].id or row[i] end
    say(unpack(out, 1, #row))
  end
  p.sql()
  s:close()
end

rows("subclass by base attribute", select(Engineer):order_by(Person.id))
rows("subclass where base attribute", select(Engineer):where(Person.name:eq("ann")))
rows("subclass column", select(Engineer.tool):where(Person.name:ne("ann")):order_by(Person.id))
rows("base", select(Person):where(Person.name:ne("bob")):order_by(Person.id))
rows("base columns", select(Person.id, Person.name):order_by(Person.name:desc()))
rows("base with a subclass column", select(Person):where(Engineer.tool:eq("saw")))
rows("only in criteria", select(am.literal(1)):where(Person.id:eq(1)))
rows("only in criteria of another", select(Firm.id):where(Firm.id:eq(Person.firm_id)):order_by(Firm.id, Person.id))
rows("exists", select(Firm.name):where(am.exists():where(Person.firm_id:eq(Firm.id)):where(Person.name:eq("cid"))))
rows("exists of a select", select(Firm.name):where(select(Person.id):where(Person.firm_id:eq(Firm.id)):exists())
  :order_by(Firm.id))
rows("scalar subquery", select(Firm.name, select(func.count(Person.id)):where(Person.firm_id:eq(Firm.id))
  :scalar_subquery()):order_by(Firm.id))
rows("in", select(Paper.id):where(Paper.person_id:in_(select(Person.id):where(Person.name:eq("ann"))))
  :order_by(Paper.id))
rows("function", select(func.count(Person.id), func.max(Person.name)))
rows("group", select(Person.kind, func.count(Person.id)):group_by(Person.kind):having(func.count(Person.id):gt(1)))
rows("hybrid", select(Person.loud):where(Person.loud:ne("ann!")):order_by(Person.loud))
rows("bundle", select(am.Bundle("b", Person.id, Person.name)):where(Person.id:eq(1)):with_only_columns(Person.id))
rows("label", select((Person.id + 1):label("x")):order_by(Person.id))
rows("join to", select(Firm.name, Person.name):join(Firm.people):order_by(Person.id))
rows("join to, entity", select(Person):join_from(Firm, Firm.people):where(Firm.id:eq(1)):order_by(Person.name))
rows("join to by condition", select(Firm.name, Person.name):join(Person, Person.firm_id:eq(Firm.id))
  :order_by(Person.id))
rows("join from", select(Person.name, Firm.name):join(Person.firm):order_by(Person.id))
rows("join from, subclass", select(Engineer.tool, Firm.name):join(Engineer.firm):order_by(Person.id))
rows("join from, base attribute", select(Engineer.tool, Paper.text):join(Person.papers):order_by(Paper.id))
rows("outer join", select(Person.name, Paper.text):outerjoin(Person.papers):order_by(Person.id, Paper.id))
rows("join to a subclass", select(Firm.name, Engineer.name):join(Engineer, Engineer.firm_id:eq(Firm.id))
  :order_by(Engineer.id))
rows("join to of_type", select(Firm.name, Engineer.tool):join(Firm.people:of_type(Engineer)):order_by(Engineer.id))
rows("join function", select(Firm.name, Person.name):select_from(am.join(Firm, Person, Firm.people))
  :order_by(Person.id))
rows("two joins", select(Firm.name, Paper.text):join(Firm.people):join(Person.papers):order_by(Paper.id))
local other = am.aliased(Person)
rows("alias", select(other):where(other.name:ne("ann")):order_by(other.id))
rows("alias and base", select(Person.name, other.name):where(Person.id:lt(other.id)):order_by(Person.id, other.id))
rows("alias of a subclass and base", select(Engineer.name, other.name):where(Engineer.id:eq(other.id))
  :order_by(Engineer.id))
rows("any", select(Firm.name):where(Firm.people:any(Person.name:eq("bob"))))
rows("any of base", select(Person.name):where(Person.papers:any(Paper.text:eq("c"))))
rows("any of a subclass", select(Engineer.name):where(Person.papers:any(Paper.text:eq("a"))))
rows("has", select(Paper.text):where(Paper.person:has(Person.name:eq("ann"))):order_by(Paper.id))
rows("has of base", select(Person.name):where(Person.firm:has(Firm.name:eq("two"))))
local sub = select(Person.id, Person.name):where(Person.id:gt(1)):subquery()
rows("subquery", select(sub.c.name):order_by(sub.c.id))
rows("subquery joined", select(Paper.text, sub.c.name):join(sub, sub.c.id:eq(Paper.person_id)))
local cte = select(Person):where(Person.name:ne("bob")):cte("c")
rows("cte", select(cte.c.name):order_by(cte.c.id))
local whole = select(Person):where(Person.id:gt(1)):subquery()
local again = am.aliased(Person, whole)
rows("aliased subquery", select(again):order_by(again.id))
rows("select_from", select(func.count()):select_from(Person))
rows("select_from subclass", select(func.count(Person.id)):select_from(Engineer))
rows("criteria", select(Person):options(am.with_loader_criteria(Person, Person.name:eq("ann"))))
rows("criteria of a target", select(Firm.name, Person.name):join(Firm.people)
  :options(am.with_loader_criteria(Person, Person.name:eq("bob"))))
rows("contains_eager", select(Firm):join(Firm.people):options(am.contains_eager(Firm.people)):order_by(Person.id))
rows("union", select(Person.id):where(Person.name:eq("ann")):union(select(Person.id):where(Person.name:eq("bob")))
  :order_by("id"))
rows("distinct", select(Person.kind):distinct():order_by(Person.kind))
rows("expression of a property", select(Firm.name, Firm.size):order_by(Firm.id))

rows("subclass joined by a base relationship", select(Engineer):join(Person.papers):order_by(Paper.id))
rows("correlated with base columns", select(Person.name):where(select(Firm.name)
  :where(Firm.id:eq(Person.firm_id)):correlate(Person):scalar_subquery():eq("two")))
rows("correlated with the base", select(Person):where(select(Firm.name)
  :where(Firm.id:eq(Person.firm_id)):correlate(Person):scalar_subquery():eq("two")))
rows("correlated with a subclass", select(Engineer.name):where(select(Firm.name)
  :where(Firm.id:eq(Engineer.firm_id)):correlate(Engineer):scalar_subquery():eq("two")))
rows("correlated by a base attribute", select(Engineer.name):where(select(Firm.name)
  :where(Firm.id:eq(Person.firm_id)):correlate(Engineer):scalar_subquery():eq("two")))
rows("correlated by itself", select(Person.name):where(select(Firm.name)
  :where(Firm.id:eq(Person.firm_id)):scalar_subquery():eq("two")))
rows("correlated except", select(Person.name):where(select(Firm.name)
  :where(Firm.id:eq(Person.firm_id)):correlate_except(Firm):scalar_subquery():eq("two")))
rows("join over the base", select(Paper.text):join(Paper.person):join(Person.firm):where(Firm.id:eq(1))
  :order_by(Paper.id))
rows("subclass joined to the base's target", select(Engineer):join(Person.firm):where(Firm.id:eq(1)))
rows("join over of_type", select(Firm):join(Firm.people:of_type(Engineer)):join(Person.papers):where(Paper.id:eq(1)))
rows("base within IN of a subclass", select(Engineer):where(Engineer.id:in_(select(Person.id)
  :where(Person.name:ne("x")))):order_by(Person.id))
rows("base column within IN", select(Engineer.tool):where(Engineer.name:in_(select(Person.name)
  :where(Person.id:eq(1)))))
rows("subclass within IN of the base", select(Person):where(Person.id:in_(select(Engineer.id)
  :where(Engineer.name:ne("x")))):order_by(Person.id))
local sq = select(Person.id, Person.name):subquery()
rows("subclass and subquery of the base", select(Engineer.tool, sq.c.name)
  :join(sq, sq.c.id:eq(Engineer.id)):order_by(Person.id))
rows("base counted for a subclass", select(Engineer.tool):where(select(func.count(Person.id))
  :scalar_subquery():gt(1)):order_by(Engineer.id))
local tables = am.with_polymorphic(Person, { Engineer }, { selectable = am.null })
rows("the tables after all", select(tables):where(tables.Engineer.tool:ne("axe")):order_by(tables.id))

local function names(list, key)
  local out = {}
  for i = 1, #list do out[i] = key and list[i][key] or name_of(list[i]) .. list[i].name end
  return unpack(out)
end

for _, pair in ipairs { { "joined", am.joinedload }, { "selectin", am.selectinload },
  { "subquery", am.subqueryload } } do
  local name, option = pair[1], pair[2]
  step("loader " .. name)
  local s = am.Session(db)
  if name ~= "selectin" then
    for _, firm in ipairs(s:scalars(select(Firm):options(option(Firm.people)):order_by(Firm.id)):unique():all()) do
      say(firm.name, names(firm.people))
    end
    for _, e in ipairs(s:scalars(select(Paper):options(option(Paper.person)):order_by(Paper.id)):unique():all()) do
      say(e.text, e.person.name)
    end
  end
  for _, one in ipairs { select(Engineer):options(option(Engineer.papers)), select(Person)
    :options(option(Person.papers)) } do
    for _, e in ipairs(s:scalars(one:order_by(Person.id)):unique():all()) do say(e.name, names(e.papers, "text")) end
  end
  p.sql()
  s:close()
end

step("lazy")
session = am.Session(db)
local firm = session:get(Firm, 1)
say(names(firm.people))
local ann = session:get(Person, 1)
say(ann.tool)
session:expire(ann)
say(ann.name)
say(#session:query(Engineer):order_by(Person.id):all())
say(session:query(Person):filter(Person.name:eq("bob")):count())
local list = {}
for i, row in ipairs(session:query(Person.name):filter_by { firm_id = 1 }:order_by(Person.id):all()) do
  list[i] = { row[1] }
end
say(list)
say(session:query(Engineer):filter(Person.firm:eq(firm)):count())
say(session:query(Person):filter(Person.firm:eq(firm)):count())
list = {}
for i, x in ipairs(session:query(Person):union(session:query(Person):filter(Person.id:eq(1))):order_by(Person.id)
  :all()) do
  list[i] = x.name
end
say(list)
p.sql()
session:close()
