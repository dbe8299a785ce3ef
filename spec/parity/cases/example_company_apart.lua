-- The same people in one table and in tables of their own: shared columns, unions of concrete tables, their relations.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, relationship = am.select, am.func, am.inspect, am.relationship
local joinedload, with_polymorphic = am.joinedload, am.with_polymorphic

local Base = am.declarative_base()

local Firm = Base:model("Firm", {
  __tablename__ = "firms",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  people = relationship("Person", { back_populates = "firm", order_by = "Person.id", cascade = "all, delete-orphan" }),
  crates = relationship("Crate", { back_populates = "firm", order_by = "Crate.id" }),
})

local Person = Base:model("Person", {
  __tablename__ = "people",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
  id = Column(Integer, { primary_key = true }),
  firm_id = Column(ForeignKey("firms.id")),
  name = Column(String(20)),
  kind = Column(String(10)),
  firm = relationship(Firm, { back_populates = "people" }),
})

local function rank() return Person.__table__.c:get("rank", Column(String(10))) end

local Coder = Base:model("Coder", {
  __extends__ = Person,
  __mapper_args__ = { polymorphic_identity = "coder" },
  tongue = Column(String(10)),
  rank = am.declared_attr(rank),
})

local Boss = Base:model("Boss", {
  __extends__ = Person,
  __mapper_args__ = { polymorphic_identity = "boss" },
  bonus = Column(Integer),
  rank = am.declared_attr(rank),
})

local Crate = Base:model("Crate", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "crates",
  __mapper_args__ = { polymorphic_identity = "crate", concrete = true },
  id = Column(Integer, { primary_key = true }),
  firm_id = Column(ForeignKey("firms.id")),
  weight = Column(Integer),
  firm = relationship("Firm", { back_populates = "crates" }),
})

local Barrel = Base:model("Barrel", {
  __extends__ = Crate,
  __tablename__ = "barrels",
  __mapper_args__ = { polymorphic_identity = "barrel", concrete = true },
  id = Column(Integer, { primary_key = true }),
  firm_id = Column(ForeignKey("firms.id")),
  weight = Column(Integer),
  litres = Column(Integer),
  firm = relationship("Firm", { back_populates = "crates" }),
})

local Ware = Base:model("Ware", {
  __mixins__ = { am.AbstractConcreteBase },
  strict_attrs = true,
  label = Column(String(10)),
})

local Book = Base:model("Book", {
  __extends__ = Ware,
  __tablename__ = "books",
  __mapper_args__ = { polymorphic_identity = "book", concrete = true },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(10)),
  pages = Column(Integer),
})

local Lamp = Base:model("Lamp", {
  __extends__ = Ware,
  __tablename__ = "lamps",
  __mapper_args__ = { polymorphic_identity = "lamp", concrete = true },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(10)),
  watts = Column(Integer),
})

local e = p.engine()
am.configure_mappers()
Base.metadata:create_all(e)
p.forget()
say(map(am.columns(Person.__table__), function(c) return c.name end), inspect(Coder).attrs:keys(),
  inspect(Boss).attrs:keys())
say(Coder.rank.property.columns[1] == Boss.rank.property.columns[1])
local session = am.Session(e)
local function class_name(x) return inspect(x).class_.__name__ end
step "one table"
local firm = Firm{ name = "acme" }
session:add(firm)
session:flush()
firm.people = { Boss{ name = "bea", rank = "top", bonus = 3 }, Coder{ name = "col", rank = "low", tongue = "lua" },
  Person{ name = "pam" } }
session:commit()
say(map(firm.people, function(x) return { class_name(x), x.name } end), firm.people[1].rank)
say(session:scalars(select(Coder.name):where(Coder.rank:eq("low"))):all(), select(Boss))
local some = with_polymorphic(Person, { Coder, Boss })
local flat = with_polymorphic(Person, { Coder, Boss }, { flat = true })
say(session:scalars(select(some.name):where(am.or_(some.Coder.tongue:eq("lua"), some.Boss.bonus:gt(1)))
  :order_by(some.id)):all())
say(session:scalars(select(Firm.name):where(Firm.people:of_type(Coder):any(Coder.tongue:eq("c")))):all())
session:expunge_all()
firm = session:scalars(select(Firm):options(joinedload(Firm.people:of_type(flat)))):unique():one()
sql()
say(map(firm.people, function(x) return p.sorted(inspect(x).unloaded) end))
firm.people[2].rank = "mid"
session:execute(am.update(Boss):values{ bonus = Boss.bonus + 1 })
say(firm.people[1].bonus, session:execute(am.delete(Person):where(Person.name:eq("pam"))).rowcount)
session:commit()
step "tables of their own"
session:add(Crate{ weight = 5, firm = firm })
session:flush()
session:add(Barrel{ weight = 7, litres = 50, firm = firm })
session:commit()
sql()
say(map(session:scalars(select(Crate):order_by(Crate.weight)), function(c) return { class_name(c), c.weight } end))
sql()
say(session:scalars(select(Barrel)):one().litres, session:scalar(select(func.sum(Crate.weight))))
say(session:scalars(select(Crate):where(Crate.firm:eq(firm)):order_by(Crate.weight)):all()[2].litres)
sql()
local barrel = session:scalars(select(Barrel)):one()
barrel.weight, barrel.litres = 8, 60
session:flush()
say(barrel.firm == firm, p.sorted(map(firm.crates, function(c) return c.weight end)))
session:delete(barrel)
session:commit()
sql()
say(session:scalars(select(Crate.weight)):all())
step "an abstract base"
session:add(Book{ label = "pil", pages = 300 })
session:flush()
session:add(Lamp{ label = "led", watts = 5 })
session:commit()
sql()
say(map(session:scalars(select(Ware):order_by(Ware.label)), function(w) return { class_name(w), w.label } end))
sql()
say(session:scalars(select(Book.label):where(Book.pages:gt(100))):all(), inspect(Ware).polymorphic_on == nil)
local identities = {}
for k in pairs(inspect(Ware).polymorphic_map) do identities[#identities + 1] = k end
say(p.sorted(identities))
p.refused(function()
  session:add(Ware{ label = "x" })
  session:flush()
end)
session:rollback()
sql()
