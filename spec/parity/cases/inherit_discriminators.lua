-- Discriminators: an expression, a column_property, polymorphic_abstract, enums; reassigned and unknown ones.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local account_id, balance = Column(Integer, { primary_key = true }), Column(Integer)
local Account = Base:model("Account", {
  __tablename__ = "account",
  id = account_id,
  balance = balance,
  __mapper_args__ = {
    polymorphic_on = am.case({ balance:lt(0), "debtor" }, { balance:gt(1000), "rich" }, { else_ = "account" }),
    polymorphic_identity = "account",
  },
})
local Debtor = Base:model("Debtor", { __extends__ = Account, __mapper_args__ = { polymorphic_identity = "debtor" } })
local Rich = Base:model("Rich", { __extends__ = Account, __mapper_args__ = { polymorphic_identity = "rich" } })

local animal_id, code = Column(Integer, { primary_key = true }), Column(String(10))
local family = am.column_property(am.func.substr(code, 1, 1))
local Animal = Base:model("Animal", {
  __tablename__ = "animal",
  id = animal_id,
  code = code,
  family = family,
  name = Column(String(20)),
  __mapper_args__ = { polymorphic_on = family, polymorphic_abstract = true },
})
local Mammal = Base:model("Mammal", {
  __extends__ = Animal,
  legs = Column(Integer),
  __mapper_args__ = { polymorphic_abstract = true },
})
local Cat = Base:model("Cat", { __extends__ = Mammal, __mapper_args__ = { polymorphic_identity = "c" } })
local Dog = Base:model("Dog", {
  __extends__ = Mammal,
  bark = Column(String(10)),
  __mapper_args__ = { polymorphic_identity = "d" },
})
local Fish = Base:model("Fish", {
  __extends__ = Animal,
  __tablename__ = "fish",
  id = Column(ForeignKey("animal.id"), { primary_key = true }),
  depth = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "f" },
})
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  type = Column(am.Enum("memo", "letter", "doc", { name = "doctype" })),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "doc" },
})
local Memo = Base:model("Memo", { __extends__ = Doc, __mapper_args__ = { polymorphic_identity = "memo" } })
local Letter = Base:model("Letter", { __extends__ = Doc, __mapper_args__ = { polymorphic_identity = "letter" } })
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(10)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "case"
session:add_all{ Account{ balance = 5 }, Debtor{ balance = -3 }, Rich{ balance = 5000 }, Debtor{ balance = 10 } }
session:commit()
for a in session:scalars(select(Account):order_by(Account.id)) do say(a, a.balance) end
p.sql()
session:expunge_all()
for a in session:scalars(select(Account):order_by(Account.id)) do say(a, a.balance) end
p.sql()
say(session:scalars(select(Debtor.balance)):all())
p.sql()
local a = session:get(Account, 2)
a.balance = 7
session:commit()
p.sql()
p.error(function() return a.balance end)
p.sql()
session:expunge_all()
say(session:get(Account, 2))
step "abstract classes"
session:add_all{ Cat{ code = "c1", name = "tom", legs = 4 }, Dog{ code = "d1", name = "rex", legs = 4, bark = "wau" },
  Fish{ code = "f1", name = "nemo", depth = 9 } }
session:commit()
p.forget()
for x in session:scalars(select(Animal):order_by(Animal.id)) do say(x, x.name, x.family) end
p.sql()
say(session:scalars(select(Mammal.name):order_by(Mammal.name)):all())
p.sql()
say(session:scalars(select(Cat.name):order_by(Cat.legs)):all())
p.sql()
local wp = am.with_polymorphic(Animal, { Dog, Fish })
session:expunge_all()
local seen = {}
for x in session:scalars(select(wp):order_by(wp.id)) do
  local unloaded = { n = 0 }
  for i, key in ipairs(am.inspect(x).unloaded) do
    unloaded[i] = key
    unloaded.n = i
  end
  table.sort(unloaded)
  seen[#seen + 1] = { x, unloaded }
end
say(seen)
p.sql()
p.error(function() return Mammal{ code = "m1", name = "odd" } end)
step "enum"
session:add_all{ Memo{}, Letter{}, Doc{} }
session:commit()
p.forget()
for d in session:scalars(select(Doc):order_by(Doc.id)) do say(d, d.type) end
local d = session:get(Doc, 1)
d.type = "letter"
session:commit()
p.forget()
p.error(function() return d.type end)
p.sql()
session:expunge_all()
say(session:get(Doc, 1))
p.sql()
say(Memo{}.type, Memo{ type = "letter" }.type, Doc{ type = am.null }.type)
step "wrong mappings"
p.error(function()
  Base:model("Bad1", {
    __tablename__ = "bad1",
    id = Column(Integer, { primary_key = true }),
    __mapper_args__ = { polymorphic_on = "nothing" },
  })
end)
p.error(function() Base:model("Bad2", { id = Column(Integer, { primary_key = true }) }) end)
p.error(function()
  Base:model("Bad3", { __extends__ = Node, __tablename__ = "bad3", id = Column(Integer, { primary_key = true }) })
end)
p.error(function() Base:model("Bad4", { __extends__ = Node, __mapper_args__ = { polymorphic_load = "eager" } }) end)
