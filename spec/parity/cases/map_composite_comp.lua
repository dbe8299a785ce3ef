-- Composites: comparators, deferral, subclasses, change in place, bulk changes, options, refresh and merge.
local am = require "alchemoon"
local p = require "parity"
local say, step, map = p.say, p.step, p.map
local select = am.select

local Base = am.declarative_base()
local Point = setmetatable({ changed = am.MutableComposite.changed }, { __call = function(cls, x, y)
  return setmetatable({ values = { x = x, y = y } }, cls)
end })
function Point.__index(self, key)
  if key == "x" or key == "y" then return rawget(self, "values")[key] end
  return Point[key]
end
function Point.__newindex(self, key, value)
  if key ~= "x" and key ~= "y" then return rawset(self, key, value) end
  self.values[key] = value
  self:changed()
end
function Point.__eq(a, b) return a.x == b.x and a.y == b.y end
function Point:__composite_values__() return self.x, self.y end
local function show(point) return point and p.list(point.x, point.y) end
local Beyond = {
  gt = function(self, other)
    local values, out = { other:__composite_values__() }, {}
    for i, column in ipairs(self:__clause_element__().clauses) do out[i] = column:gt(values[i]) end
    return am.and_((table.unpack or unpack)(out))
  end,
}

local Vertex = Base:model("Vertex", {
  __tablename__ = "vertex",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  x1 = am.Column(am.Integer),
  y1 = am.Column(am.Integer),
  x2 = am.Column(am.Integer),
  y2 = am.Column(am.Integer),
  start = am.composite(Point, "x1", "y1", { comparator_factory = Beyond, info = { a = 1 } }),
  ["end"] = am.composite(Point, "x2", "y2", { deferred = true, group = "far" }),
  shape_id = am.Column(am.ForeignKey("shape.id")),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "vertex" },
})
local Edge = Base:model("Edge", {
  __extends__ = Vertex,
  __mapper_args__ = { polymorphic_identity = "edge" },
  wx = am.Column(am.Integer),
  wy = am.Column(am.Integer),
  width = am.composite(Point, "wx", "wy"),
})
local Shape = Base:model("Shape", {
  __tablename__ = "shape",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  vertices = am.relationship(Vertex, { order_by = Vertex.id }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "new"
local v = Vertex{ start = Point(1, 2) }
say(show(v.start), show(v["end"]), v.x1, v.x2)
local ed = Edge{ start = Point(3, 1), ["end"] = Point(5, 6), width = Point(1, 1) }
say(show(ed.width), ed.wx, #am.inspect(ed).attrs.width.history.added)
s:add(Shape{ name = "s", vertices = { ed, v } })
s:commit()
step "load"
local sh = s:scalars(select(Shape):options(am.selectinload(Shape.vertices))):one()
say(map(sh.vertices, function(x) return show(x.start) end))
ed, v = sh.vertices[1], sh.vertices[2]
say(p.sorted(am.inspect(v).unloaded), show(v["end"]), show(v["end"]) == nil)
say(show(ed["end"]), show(ed.width))
step "change in place"
v.start.x = 10
say(s.dirty:contains(v), v.x1, am.inspect(v).attrs.x1.history)
s:flush()
v["end"] = Point(7, 8)
v["end"].y = 9
say(v.y2)
s:flush()
v.start = nil
say(v.x1, v.y1)
s:flush()
say(show(v.start))
s:commit()
say(show(v.start), show(v["end"]))
step "queries"
say(select(Vertex.start):where(Vertex.start:gt(Point(1, 1))))
say(select(Vertex):where(Vertex.start:eq(nil)))
say(select(Vertex):where(Vertex.start:ne(nil)):order_by(Vertex.start))
say(select(Edge):where(Edge.width:eq(Point(1, 1)), Edge.start:ne(Point(1, 1))))
local A = am.aliased(Vertex)
say(select(A.start, A.id):where(A["end"]:eq(Point(1, 1))))
say(select(Vertex):join(A, A.start:eq(Point(0, 0))))
say(s:scalars(select(Vertex.id):where(Vertex.start:gt(Point(1, 0)))):all())
local row = s:execute(select(Vertex.start, Vertex["end"]):where(Vertex.start:eq(Point(3, 1)))):one()
say(show(row.start), show(row[2]), row._fields)
say(map(s:scalars(select(Vertex["end"]):order_by(Vertex.id)), function(x) return show(x) end))
say(map(s:scalars(select(Vertex):filter_by{ start = Point(3, 1) }), function(o) return o.id end))
step "bulk"
s:execute(am.update(Vertex):where(Vertex.start:eq(Point(3, 1))):values{ [Vertex.start] = Point(4, 4) })
say(show(ed.start), ed.x1)
s:execute(am.update(Edge):values{ width = Point(2, 2) }, nil, { execution_options = { synchronize_session = "fetch" } })
say(show(ed.width), ed.wy)
s:rollback()
step "options"
for o in s:scalars(select(Vertex):options(am.undefer_group("far")):order_by(Vertex.id)) do
  say(o.id, am.inspect(o).unloaded:contains("x2"), show(o["end"]))
end
s:expunge_all()
for o in s:scalars(select(Vertex):options(am.undefer(Vertex["end"]), am.defer(Vertex.start)):order_by(Vertex.id)) do
  say(o.id, am.inspect(o).unloaded:contains("x2"), am.inspect(o).unloaded:contains("x1"))
end
s:expunge_all()
for o in s:scalars(select(Vertex):options(am.load_only(Vertex.start)):order_by(Vertex.id)) do
  say(o.id, p.sorted(am.inspect(o).unloaded))
end
step "refresh and expire"
local o = s:get(Edge, 1) or s:get(Edge, 2)
o.start = Point(0, 0)
s:refresh(o)
say(show(o.start))
o.width.x = 50
s:expire(o, { "wx", "wy" })
say(show(o.width))
say(p.sorted(am.inspect(Edge).composites:keys()), am.inspect(Vertex).attrs.start.info,
  am.inspect(Vertex).attrs["end"].columns[1].name)
local m = s:merge(Edge{ id = o.id, width = Point(8, 8) })
say(rawequal(m, o), show(o.width), o.wx, show(o.start))
s:rollback()
p.sql()
