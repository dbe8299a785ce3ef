-- Single table inheritance: columns of subclasses, criteria of queries, shared columns, bulk changes.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  managers = am.relationship("Manager", { back_populates = "team", order_by = "Manager.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  kind = Column(String(20), { nullable = false }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
})
local Manager = Base:model("Manager", {
  __extends__ = Person,
  start = am.mapped_column(Integer, { use_existing_column = true }),
  team_id = Column(ForeignKey("team.id")),
  team = am.relationship("Team", { back_populates = "managers" }),
  __mapper_args__ = { polymorphic_identity = "manager" },
})
local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  start = am.mapped_column(Integer, { use_existing_column = true }),
  skill = Column(String(20)),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
local Chief = Base:model("Chief", {
  __extends__ = Manager,
  car = Column(String(20)),
  __mapper_args__ = { polymorphic_identity = "chief" },
})

local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function key(x) return x.key end
local function name(x) return x.name end
local function sorted(list)
  local out = map(list, function(x) return x end)
  table.sort(out)
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(map(am.columns(Person.__table__), key), Chief.__table__ == Person.__table__)
say(map(am.inspect(Chief).column_attrs, key), map(am.inspect(Person).column_attrs, key))
local session = am.Session(e)
local t = Team{ name = "red" }
session:add_all{ Person{ name = "p" }, Manager{ name = "m", start = 1, team = t },
  Engineer{ name = "e", start = 2, skill = "sql" }, Chief{ name = "c", start = 3, car = "vw", team = t } }
session:commit()
step "base"
for x in session:scalars(select(Person):order_by(Person.id)) do say(x, x.kind, sorted(am.inspect(x).unloaded)) end
step "subclass columns load later"
session:expunge_all()
local x = session:scalars(select(Person):where(Person.kind:eq("engineer"))):one()
say(x.skill, x.start)
step "criteria"
say(map(session:scalars(select(Manager):order_by(Manager.id)):all(), name))
say(session:scalars(select(Chief.name)):all())
say(session:scalar(select(am.func.count(Engineer.id))))
local m2 = am.aliased(Manager, { name = "m2" })
say(session:execute(select(Person.name, m2.name):join(m2, m2.id:gt(Person.id)):order_by(Person.id, m2.id)):all())
say(session:execute(select(Person.name, m2.start):outerjoin(m2, m2.id:eq(Person.id + 1)):order_by(Person.id)):all())
step "relationship of a subclass"
t = session:scalars(select(Team):options(am.joinedload(Team.managers))):unique():one()
say(t.managers, map(t.managers, name))
p.sql()
say(session:scalars(select(Team.name):join(Team.managers)):all())
say(session:scalars(select(Team.name):join(Team.managers:of_type(Chief)):where(Chief.car:eq("vw"))):all())
say(session:scalars(select(Team.name):where(Team.managers:any(Manager.start:gt(2)))):all())
say(session:scalars(select(Team.name):where(Team.managers:of_type(Chief):any(Chief.car:eq("bmw")))):all())
step "get"
session:expunge_all()
say(session:get(Engineer, 2), session:get(Manager, 4), session:get(Person, 3))
step "bulk"
local r = session:execute(am.update(Manager):values{ start = Manager.start + 10 })
say(r.rowcount, session:scalars(select(Chief)):one().start)
r = session:execute(am.update(Chief):where(Chief.car:eq("vw")):values{ car = "bmw" }, nil,
  { execution_options = { synchronize_session = "fetch" } })
say(r.rowcount, session:scalars(select(Chief)):one().car)
r = session:execute(am.delete(Engineer):where(Engineer.start:eq(2)))
say(r.rowcount, session:get(Person, 3))
session:execute(am.insert(Manager), { { name = "n1", start = 5 }, { name = "n2", start = 6 } })
p.sql()
say(session:execute(select(Person.name, Person.kind):order_by(Person.id)):all())
step "subqueries and unions"
local sub = select(Manager.id, Manager.name):where(Manager.start:gt(5)):subquery()
say(session:execute(select(sub.c.name):order_by(sub.c.name)):all())
say(session:scalars(select(Person.name):where(Person.id:in_(select(Manager.id):where(Manager.team_id:is_(nil))))
  :order_by(Person.name)):all())
say(session:query(Manager):filter_by{ start = 5 }:one().name, session:query(Chief):count())
session:commit()
step "refresh"
local c = session:scalars(select(Chief)):one()
p.sql()
session:refresh(c)
p.sql()
c.name = nil
session:flush()
say(c.kind, c.name)
step "errors"
p.error(function()
  Base:model("Other", {
    __extends__ = Person,
    start = Column(String(10)),
    __mapper_args__ = { polymorphic_identity = "other" },
  })
end)
p.error(function()
  Base:model("Third", {
    __extends__ = Person,
    __table_args__ = { comment = "x" },
    __mapper_args__ = { polymorphic_identity = "third" },
  })
end)
