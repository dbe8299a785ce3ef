-- The discriminator of a union of concrete tables: no attribute of the objects, refused on the subclasses.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()

local Part = Base:model("Part", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "part",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "part", concrete = true },
})
local Bolt = Base:model("Bolt", {
  __extends__ = Part,
  __tablename__ = "bolt",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  length = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "bolt", concrete = true },
})
local Screw = Base:model("Screw", {
  __extends__ = Bolt,
  __tablename__ = "screw",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  length = am.Column(am.Integer),
  head = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "screw", concrete = true },
})
local Page = Base:model("Page", { __mixins__ = { am.AbstractConcreteBase } })
local Note = Base:model("Note", {
  __extends__ = Page,
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "note", concrete = true },
})
local Sheet = Base:model("Sheet", {
  __extends__ = Page,
  __tablename__ = "sheet",
  id = am.Column(am.Integer, { primary_key = true }),
  size = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "sheet", concrete = true },
})
local shape_id, corners = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer)
local Shape = Base:model("Shape", {
  __tablename__ = "shape",
  id = shape_id,
  corners = corners,
  __mapper_args__ = {
    polymorphic_on = am.case({ corners:eq(3), "triangle" }, { else_ = "shape" }),
    polymorphic_identity = "shape",
  },
})
local Triangle = Base:model("Triangle", { __extends__ = Shape,
  __mapper_args__ = { polymorphic_identity = "triangle" } })
local solid_id, sides = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer)
local Solid = Base:model("Solid", {
  __tablename__ = "solid",
  id = solid_id,
  sides = sides,
  __mapper_args__ = {
    polymorphic_on = am.case({ sides:eq(6), "cube" }, { else_ = "solid" }):label("form"),
    polymorphic_identity = "solid",
  },
})
local Cube = Base:model("Cube", { __extends__ = Solid, __mapper_args__ = { polymorphic_identity = "cube" } })

am.configure_mappers()
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
s:add_all { Part { name = "a" }, Bolt { name = "b", length = 3 }, Screw { name = "c", length = 4, head = "flat" } }
s:add_all { Note { text = "n" }, Sheet { size = 4 }, Shape { corners = 4 }, Shape { corners = 3 },
  Solid { sides = 4 }, Cube { sides = 6 } }
s:commit()
s:expunge_all()
p.forget()

local function look(title, rows, ...)
  step(title)
  for o in rows do
    local i, names = am.inspect(o), {}
    for k in pairs(i.dict) do names[#names + 1] = k end
    say(am.inspect(o).class_, p.sorted(i.unloaded), p.sorted(i.attrs:keys()), p.sorted(names))
    for _, name in ipairs { ... } do
      p.refused(function() return o[name] end)
    end
  end
  s:expunge_all()
end

look("all parts", s:scalars(select(Part):order_by(Part.name)), "type")
look("bolts", s:scalars(select(Bolt):order_by(Bolt.name)), "type")
look("screws", s:scalars(select(Screw)), "type", "nothing")
look("pages", s:scalars(select(Page):order_by(Page.id, Page.type)), "type")
look("notes", s:scalars(select(Note)), "type")
look("sheets", s:scalars(select(Sheet)), "type", "text")
look("shapes", s:scalars(select(Shape):order_by(Shape.id)))
look("solids", s:scalars(select(Solid):order_by(Solid.id)), "form")
step "names"
local function key(a) return a.key end
for _, c in ipairs { Part, Bolt, Screw, Page, Note, Sheet, Shape, Triangle, Solid, Cube } do
  local m = am.inspect(c)
  say(c, p.sorted(p.map(m.attrs, key)), p.map(m.column_attrs, key), m.polymorphic_identity)
  say({ p.sorted(m.all_orm_descriptors:keys()) })
end
step "on classes and new objects"
p.refused(function() return Part.type end)
p.refused(function() return Solid.form end)
say(Page.type)
for _, o in ipairs { Bolt { name = "x" }, Screw { name = "x" }, Note { text = "t" } } do
  local class = am.inspect(o).class_
  say(class, p.sorted(am.inspect(o).unloaded))
  p.refused(function() return o.type end)
  p.refused(function() o.type = "y" end)
  p.refused(function() return class { type = "bolt" } end)
end
local part = Part { name = "p" }
say(p.sorted(am.inspect(part).unloaded))
p.refused(function() return part.type end)
step "expired"
local b = s:scalars(select(Part):where(Part.name:eq("c"))):one()
s:expire(b)
say(p.sorted(am.inspect(b).unloaded), b.name, p.sorted(am.inspect(b).unloaded))
p.refused(function() return b.type end)
p.error(function() s:refresh(b, { "type" }) end)
p.error(function() s:expire(b, { "type" }) end)
s:refresh(b)
say(b.head)
