-- Single tables below joined ones: a hierarchy of both kinds, self references, deletes, bulk statements, eager loads.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map
local select, func, update, insert = am.select, am.func, am.update, am.insert

local Base = am.declarative_base()
local Party = Base:model("Party", {
  __tablename__ = "party",
  id = am.Column(am.Integer, { primary_key = true }),
  type = am.Column(am.String(20), { nullable = false }),
  name = am.Column(am.String(20)),
  parent_id = am.Column(am.ForeignKey("party.id")),
  children = am.relationship("Party", { back_populates = "parent", order_by = "Party.id", cascade = "all" }),
  parent = am.relationship("Party", { back_populates = "children", remote_side = "Party.id" }),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "party" },
})
local Person = Base:model("Person", {
  __extends__ = Party,
  __tablename__ = "person",
  id = am.Column(am.ForeignKey("party.id"), { primary_key = true }),
  born = am.Column(am.Integer),
  pet_names = am.relationship("PetName", { order_by = "PetName.id", cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "person" },
})
local Clerk = Base:model("Clerk", {
  __extends__ = Person,
  desk = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "clerk" },
})
local Chief = Base:model("Chief", {
  __extends__ = Clerk,
  car = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "chief" },
})
local Firm = Base:model("Firm", {
  __extends__ = Party,
  __tablename__ = "firm",
  id = am.Column(am.ForeignKey("party.id"), { primary_key = true }),
  tax = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "firm", polymorphic_load = "inline" },
})
local PetName = Base:model("PetName", {
  __tablename__ = "pet_name",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
  person_id = am.Column(am.ForeignKey("person.id")),
})

local function class(p) return am.inspect(p).mapper.class_.__name__ end
local function name(p) return p.name end
-- getattr(p, key, None)
local function get(p, key) return am.inspect(p).mapper.attrs:contains(key) and p[key] or nil end
local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("store")
local firm = Firm{ name = "acme", tax = "t1" }
local chief = Chief{ name = "cleo", born = 1970, desk = 1, car = "red", parent = firm }
local clerk = Clerk{ name = "carl", born = 1980, desk = 2, parent = chief }
s:add_all{ firm, chief, clerk, Person{ name = "pete", born = 1990, parent = firm } }
s:commit()
chief.pet_names:append(PetName{ word = "boss" })
s:commit()
step("each class")
for _, cls in ipairs { Party, Person, Clerk, Chief, Firm } do
  s:expunge_all()
  say(cls, map(s:scalars(select(cls):order_by(cls.id)), function(p) return { class(p), p.name } end))
  sql()
end
step("columns on demand")
s:expunge_all()
local found = s:scalars(select(Party):order_by(Party.id)):all()
say(found[3].born, found[4].desk, found[1].tax)
step("all at once")
s:expunge_all()
local W = am.with_polymorphic(Party, { Person, Clerk, Chief, Firm })
say(map(s:scalars(select(W):where(W.Clerk.desk:is_not(nil)):order_by(W.id)), function(p)
  return parity.list(p.name, get(p, "desk"))
end))
s:expunge_all()
local q = select(Party):options(am.selectin_polymorphic(Party, { Person, Chief }), am.selectinload(Person.pet_names))
say(map(s:scalars(q:order_by(Party.id)), function(p) return parity.list(p.name, get(p, "born")) end))
step("a tree of mixed classes")
s:expunge_all()
local top = s:scalars(select(Firm):options(am.joinedload(Firm.children):joinedload(Party.children))):unique():one()
say(map(top.children, function(c) return { class(c), c.name, map(c.children, name) } end))
local P = am.aliased(Party)
say(s:execute(select(Clerk.name, P.name):join(Clerk.parent:of_type(P)):order_by(Clerk.id)):all())
local C = am.aliased(Clerk)
say(s:execute(select(Party.name, C.desk):join(Party.children:of_type(C)):order_by(C.id)):all())
say(s:scalars(select(Party.name):where(Party.children:of_type(Clerk):any(Clerk.desk:eq(2)))):all())
step("bulk")
say(s:execute(update(Clerk):values{ desk = Clerk.desk + 10 }:where(Clerk.desk:lt(5)):execution_options{
  synchronize_session = "fetch" }).rowcount)
say(s:scalars(select(Clerk.desk):order_by(Clerk.id)):all())
s:execute(insert(Clerk), { { name = "bulk", born = 2000, desk = 7 }, { name = "bulk2", born = 2001, desk = 8 } })
say(s:execute(select(Clerk.name, Clerk.type, Clerk.born):where(Clerk.name:like("bulk%")):order_by(Clerk.id)):all())
s:execute(update(Chief), { { id = 2, car = "blue", born = 1971 } })
say(s:execute(select(Chief.car, Chief.born)):one())
step("moves and deletes")
local carl = s:scalars(select(Clerk):where(Clerk.name:eq("carl"))):one()
carl.parent = top
s:flush()
say(map(top.children, name))
s:delete(top)
s:commit()
say(s:execute(select(Party.name):order_by(Party.id)):scalars():all(), s:scalar(select(func.count(PetName.id))))
step("end")
s:close()
