-- Objects out of RETURNING: their loaders run, options and populate_existing hold, listeners are told.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local Box = Base:model("Box", {
  __tablename__ = "box",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(20)),
  size = am.Column(am.Integer),
  items = am.relationship("Item", { lazy = "selectin", order_by = "Item.id" }),
  notes = am.relationship("Note", { order_by = "Note.id" }),
})
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = am.Column(am.Integer, { primary_key = true }),
  box_id = am.Column(am.ForeignKey("box.id")),
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  box_id = am.Column(am.ForeignKey("box.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local select, insert, update = am.select, am.insert, am.update
am.event.listen(Box, "load", function(o) say("  * load", o.id) end)
am.event.listen(Box, "refresh", function(o, _, names) say("  * refresh", o.id, names and p.sorted(names)) end)
session:add(Box{ id = 1, label = "a", items = { Item(), Item() }, notes = { Note() } })
session:flush()
session:expunge_all()

local function show(boxes)
  for _, box in ipairs(boxes) do say(box.id, p.sorted(am.inspect(box).unloaded)) end
end

step "insert"
show(session:scalars(insert(Box):values{ id = 2, label = "b" }:returning(Box)):all())
step "update"
show(session:scalars(update(Box):values{ size = 1 }:returning(Box)):all())
session:expunge_all()
step "options of the statement"
local stmt = update(Box):where(Box.id:eq(1)):values{ size = 2 }:returning(Box)
local boxes = session:scalars(stmt:options(am.lazyload(Box.items), am.load_only(Box.id))):all()
show(boxes)
say(#boxes[1].items, boxes[1].label)
session:expunge_all()
boxes = session:scalars(stmt:options(am.selectinload(Box.notes), am.lazyload(Box.items))):all()
show(boxes)
session:expunge_all()
step "from_statement"
show(session:scalars(select(Box):from_statement(insert(Box):values{ id = 3 }:returning(Box))):all())
session:expunge_all()
local query = select(Box):from_statement(update(Box):where(Box.id:eq(1)):values{ size = 3 }:returning(Box))
show(session:scalars(query:options(am.selectinload(Box.notes), am.lazyload(Box.items))):all())
session:expunge_all()
show(session:scalars(query:options(am.subqueryload(Box.notes))):all())
step "populate_existing"
local box = session:scalars(select(Box):where(Box.id:eq(1))):one()
say(#box.notes)
session:execute(am.text("update box set label = 'z' where id = 1"))
boxes = session:scalars(update(Box):where(Box.id:eq(1)):values{ size = 4 }:returning(Box)):all()
say(boxes[1] == box, box.label, box.size)
boxes = session:scalars(stmt, nil, { execution_options = { populate_existing = true } }):all()
say(boxes[1] == box, box.label, box.size, p.sorted(am.inspect(box).unloaded))
step "delete"
session:expunge_all()
show(session:scalars(am.delete(Box):where(Box.id:eq(2)):returning(Box)):all())
p.sql()
session:close()
