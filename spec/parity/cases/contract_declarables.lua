-- What else a class may declare: backref, column_property, synonym, composite, hybrids, proxies, declared_attr.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()

local PointMeta = { __eq = function(a, b) return a.x == b.x and a.y == b.y end }
PointMeta.__index = { __composite_values__ = function(self) return self.x, self.y end }
local function Point(x, y) return setmetatable({ x = x, y = y }, PointMeta) end

local Owned = {
  owner_id = am.declared_attr(function() return Column(ForeignKey("owners.id")) end),
  owner = am.declared_attr(function(cls)
    return relationship("Owner", { backref = am.backref(cls.__tablename__, { order_by = cls.id }) })
  end),
}

local Owner = Base:model("Owner", {
  __tablename__ = "owners",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
  __init__ = function(self, word) self.word = word end,
})

local segment_tags
local id, name = Column(Integer, { primary_key = true }), Column(String(20))
local x1, y1, x2, y2 = Column(Integer), Column(Integer), Column(Integer), Column(Integer)
local Segment = Base:model("Segment", {
  __tablename__ = "segments",
  __mixins__ = { Owned },
  id = id,
  name = name,
  title = am.synonym("name"),
  x1 = x1, y1 = y1, x2 = x2, y2 = y2,
  begin = am.composite(Point, x1, y1),
  ["end"] = am.composite(Point, x2, y2),
  width = am.column_property(x2 - x1),
  memo = am.deferred(Column(String(50))),
  tags = relationship(Tag, { secondary = function() return segment_tags end, order_by = Tag.id }),
  words = am.association_proxy("tags", "word"),
  owner_name = am.association_proxy("owner", "name"),
  length = am.hybrid_property(function(self) return math.abs(self.x2 - self.x1) end, {
    expression = function(cls) return func.abs(cls.x2 - cls.x1) end,
  }),
  left = am.hybrid_property(function(self) return self.x1 end, {
    setter = function(self, value) self.x1 = value end,
    update_expression = function(cls, value) return { { cls.x1, value }, { cls.x2, value + 10 } } end,
  }),
  reaches = am.hybrid_method(function(self, n, opts)
    return self.x2 + (opts and opts.slack or 0) >= n
  end, { expression = function(cls, n, opts) return (cls.x2 + (opts and opts.slack or 0)):ge(n) end }),
  wake = am.reconstructor(function(self) self.woken = (rawget(self, "woken") or 0) + 1 end),
  whole = am.validates("x1", "x2", function(_, _, value)
    if value ~= nil and value ~= am.null and value < 0 then error("negative") end
    return value
  end),
})

segment_tags = am.Table("segment_tags", Base.metadata,
  Column("segment_id", ForeignKey("segments.id"), { primary_key = true }),
  Column("tag_id", ForeignKey("tags.id"), { primary_key = true }))
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(map(am.columns(Segment.__table__), function(c) return c.name end), inspect(Segment).attrs:keys(),
  inspect(Segment).synonyms:keys())
local hybrids = {}
for k, d in inspect(Segment).all_orm_descriptors:items() do
  if d.extension_type.name == "HYBRID_PROPERTY" then hybrids[#hybrids + 1] = k end
end
say(inspect(Segment).composites:keys(), p.sorted(hybrids))
local session = am.Session(e)
local function list(items) return map(items, function(x) return x end) end
step "write"
local s = Segment{ name = "a", begin = Point(1, 2), ["end"] = Point(4, 6), owner = Owner{ name = "ann" } }
s.words:append("red")
s.words:extend{ "blue", "green" }
say(s.title, s.x1, s.y2, s.length, s.left, s:reaches(5), s:reaches(5, { slack = 1 }), list(s.words), s.owner_name,
  s.width)
say(rawget(s, "woken") ~= nil)
session:add(s)
session:add(Segment{ title = "b", begin = Point(9, 9), ["end"] = Point(2, 2), owner = s.owner, memo = "long" })
session:commit()
step "read"
session:expunge_all()
local a, b = (table.unpack or unpack)(session:scalars(select(Segment):order_by(Segment.title)):all())
say(a.woken, a.begin.x, a["end"] == Point(4, 6), a.width, b.width, a.length, b.length, p.sorted(inspect(a).unloaded))
say(a.owner_name, map(a.owner.segments, function(x) return x.name end), list(a.words), b.memo, a == inspect(a):obj())
step "expressions"
say(session:scalars(select(Segment.name):where(Segment.length:gt(5))):all())
say(session:scalars(select(Segment.title):where(Segment.begin:eq(Point(1, 2)))):all())
say(session:scalars(select(Segment.name):where(Segment.begin:ne(Point(1, 2)))):all())
say(session:scalars(select(Segment.name):where(Segment:reaches(5, { slack = 1 }))):all())
say(session:scalars(select(Segment.name):where(Segment.words:eq("red"))):all())
say(session:scalars(select(Segment.name):where(Segment.words:contains("blue"))):all())
say(session:scalars(select(Segment.name):where(Segment.owner_name:eq("ann")):order_by(Segment.id)):all())
say(session:scalars(select(Segment.name):where(am.not_(Segment.words:any()))):all())
local row = session:execute(select(Segment.begin, Segment.title, Segment.length):where(Segment.id:eq(1))):one()
say({ row[2], row[3] })
say(select(Segment.left, Segment.width):order_by(Segment.length:desc()))
step "change"
a["end"] = Point(7, 7)
say(inspect(a).attrs["end"].history.added[1].x, inspect(a).attrs.x2.history, a.width)
a.title = "aa"
a.left = 3
say(a.name, inspect(a).attrs.name.history, a.begin.x)
session:flush()
say(a.width, a.begin == Point(3, 2))
a.begin = nil
say(a.x1, a.y1)
session:rollback()
p.refused(function() a.x1 = -1 end)
p.refused(function() a.length = -1 end)
a.words = { "one", "two" }
say(p.sorted(a.words), #a.tags)
a.words:remove("one")
a.words[1] = "three"
session:commit()
say(list(a.words), session:scalar(select(func.count()):select_from(Tag)))
step "update statement"
session:execute(am.update(Segment):values{ { Segment.left, 20 } }, nil,
  { execution_options = { synchronize_session = false } })
session:expire_all()
say(map(session:scalars(select(Segment):order_by(Segment.id)), function(x) return { x.x1, x.x2 } end), a.woken)
sql()
