-- Mixins, declared_attr, hybrids, validators, synonyms, composites and column properties over a hierarchy.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local Stamped = {
  created = Column(Integer, { default = 1 }),
  changed = Column(Integer, { default = 0, onupdate = 5 }),
}
local Owned = {
  owner_id = am.declared_attr(function() return Column(ForeignKey("owner.id")) end),
  owner = am.declared_attr(function() return am.relationship("Owner") end),
}
local Point = {}
Point.__index = Point
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
function Point:__composite_values__() return self.x, self.y end
setmetatable(Point, { __call = function(_, x, y) return setmetatable({ x = x, y = y }, Point) end })

local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})
local Shape = Base:model("Shape", {
  __mixins__ = { Stamped, Owned },
  __tablename__ = "shape",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  title = Column(String(20)),
  x = Column(Integer),
  y = Column(Integer),
  at = am.composite(Point, "x", "y"),
  label = am.synonym("title"),
  notes = am.deferred(Column(String(50))),
  check = am.validates("title", function(self, key, value)
    say("check", am.inspect(self).class_, key, value)
    return (value:match("^%s*(.-)%s*$"))
  end),
  area = am.hybrid_property(function() return 0 end, { expression = function() return am.literal(0) end }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "shape" },
})
Shape.shout = am.column_property(am.func.upper(Shape.title))
local Box = Base:model("Box", {
  __extends__ = Shape,
  __tablename__ = "box",
  id = Column(ForeignKey("shape.id"), { primary_key = true }),
  w = Column(Integer),
  h = Column(Integer),
  area = am.hybrid_property(function(self) return self.w * self.h end,
    { setter = function(self, value) self.w, self.h = value, 1 end }),
  __mapper_args__ = { polymorphic_identity = "box" },
})
Box.perimeter = am.column_property((Box.w + Box.h) * 2)
local Dot = Base:model("Dot", {
  __extends__ = Shape,
  __mapper_args__ = { polymorphic_identity = "dot" },
})
local function keys(list)
  local out = { n = 0 }
  for i, x in ipairs(list) do out[i], out.n = x.key, i end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(keys(am.columns(Shape.__table__)))
local mapper = am.inspect(Box)
say(sorted(keys(mapper.attrs)))
say(sorted(keys(mapper.composites)), sorted(keys(mapper.synonyms)))
local s = am.Session(e)
step "write"
local o = Owner{ name = "o" }
local b = Box{ title = " big ", w = 3, h = 4, owner = o }
b.at = Point(1, 2)
local d = Dot{ label = "dot", owner = o, x = 7 }
s:add_all{ b, d, Shape{ title = "plain" } }
s:commit()
p.sql()
step "read"
for x in s:scalars(select(Shape):order_by(Shape.id)) do
  say(x, x.title, x.label, x.shout, x.area, x.created, x.owner and x.owner.name, x.at and x.at.x)
end
p.forget()
say(b.perimeter, b.area, b.notes)
p.sql()
step "expressions"
say(s:execute(select(Box.title, Box.area):where(Box.area:gt(10))):all())
p.sql()
say(s:execute(select(Shape.label, Shape.area):where(Shape.label:eq("dot"))):all())
p.sql()
say(s:scalars(select(Box.label):where(Box.at:eq(Point(1, 2)))):all())
p.sql()
local a = am.aliased(Box)
say(s:execute(select(a.perimeter, a.shout):order_by(a.perimeter)):all())
p.sql()
say(s:scalars(select(Box.title):join(Box.owner):where(Owner.name:eq("o"))):all())
p.sql()
step "change"
b.area = 9
b.label = " small "
b.at = Point(5, 6)
say(b.w, b.title, b.x, am.inspect(b).attrs.title.history)
s:commit()
p.sql()
say(b.changed, b.perimeter, b.shout)
d.at = nil
say(d.x, d.at)
s:rollback()
p.forget()
