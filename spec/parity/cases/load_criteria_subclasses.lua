-- with_loader_criteria() where columns of subclasses come by statements of their own, and their relationships.
local am = require "alchemoon"
local parity = require "parity"
local unpack = table.unpack or unpack
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()
local id = am.mapped_column(am.Integer, { primary_key = true })
local kind = am.mapped_column(am.String(9))

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = id,
  kind = kind,
  __mapper_args__ = { polymorphic_on = kind, polymorphic_identity = "p" },
})

local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  __tablename__ = "engineer",
  id = am.mapped_column(am.ForeignKey("person.id"), { primary_key = true }),
  lang = am.mapped_column(am.String(9)),
  tools = am.relationship("Tool", { order_by = "Tool.id" }),
  __mapper_args__ = { polymorphic_identity = "e", polymorphic_load = "selectin" },
})

local Lead = Base:model("Lead", {
  __extends__ = Engineer,
  __tablename__ = "lead",
  id = am.mapped_column(am.ForeignKey("engineer.id"), { primary_key = true }),
  stars = am.mapped_column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "l", polymorphic_load = "selectin" },
})

local Tool = Base:model("Tool", {
  __tablename__ = "tool",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  engineer_id = am.mapped_column(am.ForeignKey("engineer.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Person{ id = 1 }, Engineer{ id = 2, lang = "x", tools = { Tool{ id = 1 }, Tool{ id = 2 } } },
    Lead{ id = 3, lang = "y", stars = 3 }, Engineer{ id = 4, lang = "z" }
  })
  s:commit()
end)
parity.forget()

local function show(title, ...)
  local options = { ... }
  step(title)
  am.Session(e, function(s)
    for x in s:scalars(am.select(Person):order_by(Person.id):options(unpack(options))):unique() do
      say(x, parity.sorted(am.inspect(x).unloaded))
    end
    parity.sql()
    for x in s:scalars(am.select(Person):order_by(Person.id)) do
      if am.inspect(x).mapper:isa(am.inspect(Engineer)) then
        say(x.lang, map(x.tools, function(t) return t.id end))
      end
    end
    parity.sql()
  end)
  parity.forget()
end
show("none")
show("engineer", am.with_loader_criteria(Engineer, Engineer.lang:ne("x")))
show(
  "with aliases",
  am.with_loader_criteria(Engineer, function(cls) return cls.lang:ne("y") end, { include_aliases = true })
)
show("not propagated", am.with_loader_criteria(Engineer, Engineer.lang:ne("z"), { propagate_to_loaders = false }))
show("person", am.with_loader_criteria(Person, Person.id:ne(2), { include_aliases = true }))
show("lead", am.with_loader_criteria(Lead, Lead.stars:gt(5)))
show("below", am.with_loader_criteria(Tool, Tool.id:gt(1)), am.selectinload(Engineer.tools))
show(
  "below joined", am.with_loader_criteria(Tool, Tool.id:gt(1)), am.selectin_polymorphic(Person, { Engineer }),
  am.joinedload(Engineer.tools)
)
show(
  "other values",
  am.with_loader_criteria(Engineer, function(cls) return cls.lang:ne("x") end, { include_aliases = true })
)
