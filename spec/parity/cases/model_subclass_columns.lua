-- The statement that loads what a joined subclass lacks names its own table only, expressions included.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local Person = Base:model("Person", {
  __tablename__ = "people",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
})
local id, skill = am.Column(am.ForeignKey("people.id"), { primary_key = true }), am.Column(am.String(10))
local Engineer = Base:model("Engineer", {
  __extends__ = Person,
  __tablename__ = "engineers",
  id = id,
  skill = skill,
  shout = am.column_property(am.func.upper(skill)),
  __mapper_args__ = { polymorphic_identity = "engineer" },
})
local Tool = Base:model("Tool", {
  __tablename__ = "tools",
  id = am.Column(am.Integer, { primary_key = true }),
  owner_id = am.Column(am.ForeignKey("engineers.id")),
})
Engineer.tools = am.column_property(am.select(am.func.count(Tool.id)):where(Tool.owner_id:eq(Engineer.id))
  :correlate_except(Tool):scalar_subquery())
Engineer.both = am.column_property(Engineer.skill .. Person.name)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local ann = Engineer{ name = "ann", skill = "lua" }
s:add(ann)
s:commit()
s:add(Tool{ owner_id = ann.id })
s:commit()
step "what the base class left out"
s:expunge_all()
ann = s:scalars(am.select(Person)):one()
say(ann.skill, ann.shout, ann.tools, ann.both)
for _, names in ipairs { { "shout" }, { "shout", "skill" }, { "tools" }, { "both" },
  { "shout", "name" }, { "skill" } } do
  step(p.fmt(names))
  s:expire(ann, names)
  local values = {}
  for i, name in ipairs(names) do values[i] = ann[name] end
  say(values)
end
step "after a flush"
ann.skill = "c"
s:flush()
say(ann.shout, ann.tools, ann.both)
p.sql()
s:close()
