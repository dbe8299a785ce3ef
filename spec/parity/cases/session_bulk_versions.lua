-- Bulk INSERT of a class with a version counter: every row gets the first version, whatever it says.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column = am.Column

local Base = am.declarative_base()
local id, name = Column(am.Integer, { primary_key = true }), Column(am.String(10))
local kind, ver = Column(am.String(10)), Column(am.Integer, { nullable = false })
local A = Base:model("A", {
  __tablename__ = "a",
  id = id,
  name = name,
  kind = kind,
  ver = ver,
  __mapper_args__ = { version_id_col = ver, polymorphic_on = kind, polymorphic_identity = "a" },
})
local B = Base:model("B", {
  __extends__ = A,
  bx = Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "b" },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)

local function run(cls)
  local rows = { { name = "x" }, { name = "y" } }
  local given = { { name = "x", ver = 7 }, { name = "y" } }
  step "insert"
  s:execute(am.insert(cls), rows)
  step "returning"
  local made = s:scalars(am.insert(cls):returning(cls, { sort_by_parameter_order = true }), rows)
  say(p.map(made, function(o) return o.ver end))
  step "given"
  s:execute(am.insert(cls), given)
  step "mappings"
  s:bulk_insert_mappings(cls, given)
  step "update of what came"
  local first = s:scalars(am.select(cls):order_by(cls.id)):first()
  first.name = "z"
  s:flush()
  say(first.ver)
  s:rollback()
end

run(A)
run(B)

step "an object that came and went is added again after a flush that failed"
local a = A{ id = 99, name = "a" }
s:add(a)
s:flush()
s:delete(a)
s:flush()
s:add_all{ A{ id = 98, name = "b" }, A{ id = 98, name = "c" } }
p.error(function() s:flush() end)
say(am.inspect(a).transient)
s:add(a)
s:rollback()
say(am.inspect(a).transient, s:contains(a))
s:add(a)
s:commit()
say(a.name, a.ver)
step "end"
