-- Explicit tables, columns under other names, composite and natural keys, deferred groups.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, Text, ForeignKey = am.Column, am.String, am.Integer, am.Text, am.ForeignKey

local Base = am.declarative_base()

local shelf_table = am.Table("shelf", Base.metadata,
  Column("room", String(5), { primary_key = true }),
  Column("no", Integer, { primary_key = true, autoincrement = false }),
  Column("shelf_label", String(20), { key = "label" }))

local Shelf = Base:model("Shelf", {
  __table__ = shelf_table,
  number = shelf_table.c.no,
  boxes = am.relationship("Box", { back_populates = "shelf", order_by = "Box.code" }),
})

local Box = Base:model("Box", {
  __tablename__ = "box",
  code = Column("box_code", String(10), { primary_key = true }),
  shelf_room = Column("r", String(5)),
  shelf_no = Column("n", Integer),
  summary = am.deferred(Column(Text), { group = "texts" }),
  report = am.deferred(Column(Text), { group = "texts" }),
  photo = am.deferred(Column(am.LargeBinary)),
  shelf = am.relationship(Shelf, { back_populates = "boxes" }),
  __table_args__ = { am.ForeignKeyConstraint({ "r", "n" }, { "shelf.room", "shelf.no" }) },
})

local Loan = Base:model("Loan", {
  __table__ = am.Table("loan", Base.metadata,
    Column("_id", Integer, { primary_key = true }),
    Column("_box", ForeignKey "box.box_code"),
    Column("_who", String(10)),
    Column("_secret", String(10))),
  __mapper_args__ = { exclude_properties = { "_secret" }, column_prefix = "c" },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(am.inspect(Shelf).attrs:keys(), am.inspect(Shelf).primary_key)
say(am.inspect(Box).attrs:keys(), p.map(am.columns(Box.__table__), function(c) return c.key end))
say(p.sorted(am.inspect(Loan).attrs:keys()))
say(am.inspect(Box):get_property_by_column(Box.__table__.c.r).key)
am.Session(e, function(s)
  local one = Shelf { room = "A", number = 1, label = "letters" }
  local two = Shelf { room = "A", number = 2 }
  s:add_all { two, one }
  s:add_all { Box { code = "b2", shelf = one, summary = "s2", report = "r2" },
    Box { code = "b1", shelf = one, photo = "\1\2" } }
  s:add(Box { code = "b3", shelf = two })
  s:commit()
  step "get"
  say(s:get(Shelf, { "A", 1 }).label, s:get(Shelf, { room = "A", number = 2 }).label, s:get(Shelf, { "B", 1 }))
  say(am.inspect(one).identity, am.inspect(one).identity_key[2], am.inspect(Shelf):primary_key_from_instance(two))
  p.error(function() s:get(Shelf, "A") end)
  p.error(function() s:get(Shelf, { room = "A", no = 2 }) end)
  step "collections"
  say(p.map(one.boxes, function(b) return { b.code, b.shelf_room, b.shelf_no } end))
  step "deferred group"
  s:expire_all()
  local b = s:get(Box, "b2")
  say(p.sorted(am.inspect(b).unloaded))
  p.sql()
  say(b.summary)
  say(p.sorted(am.inspect(b).unloaded), b.report)
  step "deferred alone"
  say(s:scalars(select(Box):where(Box.code:eq "b1")):one().photo)
  s:expunge_all()
  step "undefer group"
  say(p.map(s:scalars(select(Box):options(am.undefer_group "texts"):order_by(Box.code)),
    function(x) return x.report end))
  step "move"
  b = s:get(Box, "b3")
  b.shelf = s:get(Shelf, { "A", 1 })
  s:flush()
  say(b.shelf_room, b.shelf_no)
  step "natural key changes"
  b.code = "b9"
  s:flush()
  say(am.inspect(b).identity, s:get(Box, "b3"), s:get(Box, "b9") == b)
  step "prefix"
  s:add(Loan { c_box = "b9", c_who = "Ann" })
  s:commit()
  say(s:execute(select(Loan.c_id, Loan.c_who)):all())
  say(select(Loan))
  p.refused(function() Loan { _who = "x" } end)
end)
p.sql()

local Lost = Base:model("Lost", {
  __tablename__ = "lost",
  id = Column(Integer, { primary_key = true }),
  box = am.relationship "Bex",
})

say "late names"
p.error(am.configure_mappers)
p.error(function() Lost() end)
p.error(function() Shelf { room = "C", number = 4 } end)
