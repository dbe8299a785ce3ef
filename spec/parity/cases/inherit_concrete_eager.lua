-- Concrete tables whose relationships are loaded eagerly from the base; identities per table, unions by hand, writes.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, map, forget = p.say, p.step, p.sql, p.error, p.map, p.forget
local Column, Integer, String, FK, select, func = am.Column, am.Integer, am.String, am.ForeignKey, am.select, am.func
local inspect = am.inspect
local Base = am.declarative_base()
local Place = Base:model("Place", {
  __tablename__ = "place",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})
local Shape = Base:model("Shape", {
  __mixins__ = { am.AbstractConcreteBase },
  strict_attrs = true,
  name = Column(String(20)),
  place_id = Column(FK("place.id")),
  place = am.declared_attr(function() return am.relationship(Place) end),
})
local Circle = Base:model("Circle", {
  __extends__ = Shape,
  __tablename__ = "circle",
  id = Column(Integer, { primary_key = true }),
  radius = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "circle", concrete = true },
})
local Square = Base:model("Square", {
  __extends__ = Shape,
  __tablename__ = "square",
  id = Column(Integer, { primary_key = true }),
  side = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "square", concrete = true },
})
local Doc = Base:model("Doc", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "doc",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  __mapper_args__ = { polymorphic_identity = "doc", concrete = true },
})
local Letter = Base:model("Letter", {
  __extends__ = Doc,
  __tablename__ = "letter",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  to = Column(String(20)),
  lines = am.relationship("Line", { back_populates = "letter", order_by = "Line.id",
    cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "letter", concrete = true },
})
local Line = Base:model("Line", {
  __tablename__ = "line",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  letter_id = Column(FK("letter.id")),
  letter = am.relationship(Letter, { back_populates = "lines" }),
})
am.configure_mappers()
local e = p.engine()
Base.metadata:create_all(e)
forget()
local s = am.Session(e)
local function class(x) return inspect(x).class_.__name__ end
step "write"
local home = Place{ name = "home" }
s:add_all{ home, Circle{ name = "c1", radius = 2, place = home }, Square{ name = "s1", side = 3, place = home },
  Circle{ name = "c2", radius = 7 } }
s:add_all{ Doc{ title = "plain" },
  Letter{ title = "dear", to = "ann", lines = { Line{ text = "hi" }, Line{ text = "bye" } } } }
s:commit()
sql()
step "read all"
for x in s:scalars(select(Shape):order_by(Shape.name)) do
  say(x, x.name, x.place and x.place.name, inspect(x).identity, p.sorted(inspect(x).unloaded))
end
sql()
s:expunge_all()
for x in s:scalars(select(Doc):order_by(Doc.title)) do say(x, x.title, p.sorted(inspect(x).unloaded)) end
sql()
say(s:scalars(select(Letter.to)):all(), s:scalar(select(func.count()):select_from(Doc)),
  s:scalar(select(func.count()):select_from(Letter)))
sql()
step "eager and where"
s:expunge_all()
for _, opt in ipairs { am.selectinload, am.subqueryload, am.lazyload, am.joinedload } do
  s:expunge_all()
  say(map(s:scalars(select(Shape):options(opt(Shape.place)):order_by(Shape.name)), function(x)
    return p.list(x.name, x.place and x.place.name)
  end))
  if opt == am.joinedload then forget() else sql() end
end
local function name(x) return x.name end
say(map(s:scalars(select(Shape):join(Shape.place):where(Place.name:eq("home")):order_by(Shape.name)), name))
say(map(s:scalars(select(Circle):where(Circle.place:has{ name = "home" })), name))
sql()
local a = am.aliased(Shape)
say(map(s:scalars(select(a):where(a.name:like("c%")):order_by(a.name)), name))
sql()
step "identity per table"
say(s:get(Circle, 1).name, s:get(Square, 1).name, s:get(Circle, 1) == s:get(Square, 1), s:get(Letter, 1).to,
  s:scalars(select(Doc):where(Doc.title:eq("plain"))):one().title)
sql()
error_(function() s:expunge_all() s:get(Doc, 1) end)
step "update and delete"
local l = s:get(Letter, 1)
l.title = "new"
l.lines:remove(l.lines[1])
s:commit()
sql()
s:delete(l)
s:delete(s:get(Circle, 2))
s:commit()
sql()
say(map(s:scalars(select(Shape):order_by(Shape.name)), function(x) return { class(x), x.name } end),
  map(s:scalars(select(Doc)), function(x) return x.title end))
sql()
step "by hand"
local Base2 = am.declarative_base()
local md = Base2.metadata
local ta = am.Table("ta", md, Column("id", Integer, { primary_key = true }), Column("name", String(10)))
local tb = am.Table("tb", md, Column("id", Integer, { primary_key = true }), Column("name", String(10)),
  Column("extra", String(10)))
local pj = am.polymorphic_union({ a = ta, b = tb }, "kind", "pj")
local A = Base2:model("A", {
  __table__ = ta,
  __mapper_args__ = { with_polymorphic = { "*", pj }, polymorphic_on = pj.c.kind, polymorphic_identity = "a",
    concrete = true },
})
local B = Base2:model("B", {
  __extends__ = A,
  __table__ = tb,
  __mapper_args__ = { polymorphic_identity = "b", concrete = true },
})
md:create_all(e)
s:add_all{ A{ name = "a1" }, B{ name = "b1", extra = "x" }, B{ name = "b0" } }
s:commit()
forget()
say(map(s:scalars(select(A):order_by(A.name)), function(x) return { class(x), x.name } end))
sql()
s:expire_all()
say(map(s:scalars(select(B):order_by(B.id)), function(x) return x.extra end))
sql()
local x = s:get(A, 1)
say(class(x), x.name)
sql()
p.refused(function() select(Shape):where(Shape.radius:eq(2)) end)
