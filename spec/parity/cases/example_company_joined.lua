-- People of a company in joined tables: loading of several classes, aliases, joins to them, and rows of single columns.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, with_polymorphic = am.select, am.func, am.inspect, am.with_polymorphic
local joinedload, selectinload = am.joinedload, am.selectinload

local Base = am.declarative_base()

local Firm = Base:model("Firm", {
  __tablename__ = "firms",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  people = am.relationship("Person", { back_populates = "firm", cascade = "all, delete-orphan",
    order_by = "Person.id" }),
})

local Person = Base:model("Person", {
  __tablename__ = "people",
  __mapper_args__ = { polymorphic_identity = "person", polymorphic_on = "kind" },
  id = Column(Integer, { primary_key = true }),
  firm_id = Column(ForeignKey("firms.id")),
  name = Column(String(20)),
  kind = Column(String(10)),
  firm = am.relationship(Firm, { back_populates = "people" }),
})
function Person:line() return ("%s %s"):format(self.kind, self.name) end

local Coder = Base:model("Coder", {
  __extends__ = Person,
  __tablename__ = "coders",
  __mapper_args__ = { polymorphic_identity = "coder" },
  id = Column(ForeignKey("people.id"), { primary_key = true }),
  rank = Column(String(10)),
  tongue = Column(String(10)),
})
function Coder:line() return Person.line(self) .. " in " .. self.tongue end

local Boss = Base:model("Boss", {
  __extends__ = Person,
  __tablename__ = "bosses",
  __mapper_args__ = { polymorphic_identity = "boss" },
  id = Column(ForeignKey("people.id"), { primary_key = true }),
  rank = Column(String(10)),
  bonus = Column(Integer),
})
function Boss:line() return Person.line(self) .. " with " .. p.fmt(self.bonus) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function lines(items) return map(items, function(x) return x:line() end) end
step "write"
local firm = Firm{ name = "acme", people = { Boss{ name = "bea", rank = "top", bonus = 5 },
  Coder{ name = "col", rank = "high", tongue = "lua" } } }
session:add(firm)
session:flush()
sql()
firm.people:append(Person{ name = "pam" })
firm.people:append(Coder{ name = "cid", rank = "low", tongue = "c" })
session:commit()
step "one by one"
local all = lines(firm.people)
p.forget()
say(all)
step "change"
local col = session:scalars(select(Coder):where(Coder.name:eq("col"))):one()
col.name, col.tongue = "kol", "zig"
session:flush()
sql()
col.rank = "mid"
session:commit()
say(session:get(Person, col.id) == col, session:get(Boss, col.id), col:line())
step "with all subclasses"
session:expunge_all()
local everyone = with_polymorphic(Person, "*")
say(lines(session:scalars(select(everyone):order_by(everyone.id))))
say(session:scalars(select(everyone.name):where(am.or_(everyone.Coder.rank:eq("mid"), everyone.Boss.rank:eq("top")))
  :order_by(everyone.id)):all())
step "some subclasses, aliased"
local some = with_polymorphic(Person, { Coder }, { aliased = true })
say(session:scalars(select(some.name):where(some.Coder.tongue:eq("c"))):all())
local flat = with_polymorphic(Person, { Coder, Boss }, { flat = true, aliased = true })
local rows = session:execute(select(Firm.name, flat.name, flat.Boss.bonus):join(Firm.people:of_type(flat))
  :order_by(flat.id)):all()
say(rows)
step "joins to a subclass"
say(session:scalars(select(Firm.name):join(Firm.people:of_type(Coder)):where(Coder.tongue:eq("c"))):all())
say(session:scalars(select(Firm.name):where(Firm.people:of_type(Boss):any(Boss.bonus:gt(9)))):all())
local coder = am.aliased(Coder)
say(session:execute(select(Person.name, coder.name):join(coder, Person.id:lt(coder.id)):order_by(Person.id, coder.id))
  :all())
say(select(Coder):where(Person.name:eq("x")))
say(select(func.count(Boss.id)))
step "eager"
session:expunge_all()
firm = session:scalars(select(Firm):options(selectinload(Firm.people):selectin_polymorphic{ Boss, Coder })):one()
sql()
say(lines(firm.people))
session:expunge_all()
p.error(function()
  return session:scalars(select(Firm):options(joinedload(Firm.people:of_type(everyone)))):unique():one()
end)
firm = session:scalars(select(Firm):options(joinedload(Firm.people:of_type(flat)))):unique():one()
sql()
say(lines(firm.people))
session:expunge_all()
firm = session:scalars(select(Firm):join(Firm.people:of_type(flat))
  :options(am.contains_eager(Firm.people:of_type(flat)))
  :order_by(flat.name)):unique():one()
sql()
say(lines(firm.people))
session:expunge_all()
local people = session:scalars(select(Person):options(am.selectin_polymorphic(Person, { Coder, Boss }))
  :order_by(Person.id)):all()
sql()
say(lines(people), inspect(people[3]).mapper.class_)
step "statements"
say(session:execute(am.update(Person):where(Person.name:eq("pam")):values{ name = "pim" }).rowcount, people[3].name)
say(session:execute(am.update(Coder):where(Coder.rank:eq("low")):values{ tongue = "d" }).rowcount, people[4].tongue)
p.error(function() return session:execute(am.insert(Coder):values{ name = "x" }) end)
session:rollback()
session:execute(am.insert(Coder), { { name = "new", rank = "r", tongue = "t" } })
say(map(session:scalars(select(Coder):order_by(Coder.id)), function(c) return c.name end))
session:rollback()
step "delete"
session:delete(people[1])
session:flush()
sql()
session:delete(people[3].firm)
session:commit()
say(map({ Person, Coder, Boss, Firm }, function(c) return session:scalar(select(func.count()):select_from(c)) end))
sql()
