-- Composites and synonyms: values of several columns, compared, changed, NULL; second names of attributes.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local Base = am.declarative_base()
local point = {}
point.__index = point
point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
point.__tostring = function(self) return ("Point(%s, %s)"):format(p.fmt(self.x), p.fmt(self.y)) end
function point:__composite_values__() return self.x, self.y end
local function Point(x, y) return setmetatable({ x = x, y = y }, point) end

local Vertex = Base:model("Vertex", {
  __tablename__ = "vertices",
  id = am.Column(am.Integer, { primary_key = true }),
  x1 = am.Column(am.Integer),
  y1 = am.Column(am.Integer),
  x2 = am.Column("x_two", am.Integer),
  y2 = am.Column("y_two", am.Integer),
  label = am.Column(am.String(10)),
  start = am.composite(Point, "x1", "y1"),
  stop = am.composite(Point, "x2", "y2"),
  tag = am.synonym("label"),
  begin = am.synonym("start"),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function sorted(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = item end
  table.sort(out)
  return out
end
say(sorted(am.inspect(Vertex).composites:keys()), sorted(am.inspect(Vertex).synonyms:keys()))
say(select(Vertex.start))
say(select(Vertex):where(Vertex.start:eq(Point(1, 2))))
say(select(Vertex):where(Vertex.start:ne(Point(1, 2))))
say(select(Vertex):where(Vertex.start:eq(nil)))
say(select(Vertex):where(Vertex.begin:eq(Point(1, 2))), select(Vertex):where(Vertex.tag:eq("a")):order_by(Vertex.tag))
local V = am.aliased(Vertex)
say(select(V.id):where(V.start:eq(Point(0, 0)), V.tag:like("x%")))
local v = Vertex{}
say(v.start, v.stop, v.x1)
v = Vertex{ start = Point(1, 2), tag = "a" }
say(v.x1, v.y1, v.x2, v.label, v.start == v.begin)
v.x1 = 9
say(v.start)
am.Session(e, function(s)
  step "insert"
  v.stop = Point(3, 4)
  s:add(v)
  s:flush()
  say(v.start, v.stop, v.x2)
  s:commit()
  step "load"
  say(v.start, rawequal(v.start, v.start), v.tag)
  step "replace"
  v.start = Point(5, 6)
  say(am.inspect(v).attrs.start.history.added, am.inspect(v).attrs.x1.history, am.inspect(v).attrs.y1.history)
  s:flush()
  step "a plain composite does not notice a change inside"
  v.start.x = 100
  say(s:is_modified(v))
  s:flush()
  step "none"
  v.stop = nil
  say(v.x2, v.y2)
  s:flush()
  s:expire(v)
  say(v.stop)
  step "half null"
  v.x2 = 1
  s:flush()
  s:expire(v)
  say(v.stop)
  step "query"
  say(s:scalars(select(Vertex.id):where(Vertex.start:eq(Point(5, 6)))):all())
  local row = s:execute(select(Vertex.id, Vertex.start)):one()
  say(row.start, row[2].x)
  say(s:scalars(select(Vertex):filter_by{ tag = "a" }):one() == v)
  step "bulk update"
  s:execute(am.update(Vertex):values{ [Vertex.start] = Point(7, 8) })
  say(v.start, v.x1)
  s:execute(am.update(Vertex):values{ [Vertex.tag] = "b" })
  say(v.label)
  step "synonym"
  v.tag = "c"
  say(v.label, am.inspect(v).attrs.label.history)
  v.begin = Point(0, 1)
  say(v.x1, v.y1)
  s:flush()
  step "refresh and expire"
  s:expire(v, { "x1" })
  say(v.start)
  step "rollback"
  s:rollback()
  say(v.start, v.label)
  step "wrong"
  error_of(function() v.start = 5 end)
  error_of(function() return select(Vertex):where(Vertex.start:eq(5)) end)
  p.sql()
end)
error_of(function()
  local Bad = Base:model("Bad", {
    __tablename__ = "bad",
    id = am.Column(am.Integer, { primary_key = true }),
    other = am.synonym("nothing"),
  })
  return Bad{ id = 1 }
end)
