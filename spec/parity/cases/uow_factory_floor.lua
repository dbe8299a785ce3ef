-- The order of a flush: several mappers that depend on each other, rows of one table that refer to each other.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local skills = am.Table("worker_skill", Base.metadata,
  Column("worker_id", ForeignKey "worker.id", { primary_key = true }),
  Column("skill_id", ForeignKey "skill.id", { primary_key = true }))

local plant_id, plant_name = Column(Integer, { primary_key = true }), Column(String(20))
local head_id = Column(ForeignKey("worker.id", { name = "fk_head", use_alter = true }))

local Plant = Base:model("Plant", {
  __tablename__ = "plant",
  id = plant_id,
  name = plant_name,
  lines = am.relationship("Line", { back_populates = "plant", cascade = "all, delete-orphan", order_by = "Line.id" }),
  head_id = head_id,
  head = am.relationship("Worker", { foreign_keys = head_id, post_update = true }),
})

local Line = Base:model("Line", {
  __tablename__ = "line",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  plant_id = Column(ForeignKey "plant.id", { nullable = false }),
  plant = am.relationship(Plant, { back_populates = "lines" }),
  workers = am.relationship("Worker", { back_populates = "line", order_by = "Worker.id" }),
})

local Worker = Base:model("Worker", {
  __tablename__ = "worker",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  line_id = Column(ForeignKey "line.id"),
  line = am.relationship(Line, { back_populates = "workers" }),
  skills = am.relationship("Skill", { secondary = skills, back_populates = "workers" }),
})

local Skill = Base:model("Skill", {
  __tablename__ = "skill",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  workers = am.relationship(Worker, { secondary = skills, back_populates = "skills" }),
})

local part_id = Column(Integer, { primary_key = true })
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = part_id,
  name = Column(String(20)),
  whole_id = Column(ForeignKey "part.id"),
  parts = am.relationship("Part", { cascade = "all", backref = am.backref("whole", { remote_side = part_id }),
    order_by = "Part.id" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  step "children first in the session, parents first in the database"
  local weld, paint = Skill { name = "weld" }, Skill { name = "paint" }
  local ann = Worker { name = "Ann", skills = { paint } }
  local bob = Worker { name = "Bob" }
  local press = Line { name = "press", workers = { ann } }
  local saw = Line { name = "saw", workers = { bob } }
  s:add_all { weld, paint, bob, saw, press }
  local plant = Plant { name = "north", lines = { saw, press }, head = ann }
  s:add(plant)
  s:flush()
  say(plant.head_id == ann.id, saw.plant_id, bob.line_id == saw.id)
  step "a tree of parts"
  local car = Part { name = "car" }
  local wheel = Part { name = "wheel", whole = car }
  local bolt = Part { name = "bolt", whole = wheel }
  local door = Part { name = "door", whole = car }
  local nut = Part { name = "nut", whole = bolt }
  s:add_all { nut, door }
  s:commit()
  say(s:execute(select(Part.name, Part.whole_id):order_by(Part.id)):all())
  step "inserts, updates and deletes in one flush"
  ann.name = "Anna"
  ann.skills:remove(paint)
  plant.name = "south"
  s:add(Worker { name = "Cy", line = press })
  nut.whole = car
  s:flush()
  step "moved twice, deleted once"
  door.whole = wheel
  door.whole = car
  s:flush()
  step "move and delete the old parent"
  saw.workers[1].line = press
  plant.lines:remove(saw)
  s:flush()
  say(am.inspect(saw).deleted, bob.line_id == press.id)
  step "delete the tree"
  s:delete(car)
  s:flush()
  step "delete the plant"
  s:delete(plant)
  s:flush()
  say(s:execute(select(Worker.name, Worker.line_id):order_by(Worker.id)):all())
  s:rollback()
  step "keys of one's own order the rows"
  s:add_all { Part { id = 90, name = "z" }, Part { id = 70, name = "x", whole_id = am.null }, Part { name = "auto" },
    Part { id = 80, name = "y" } }
  s:flush()
  say(s:execute(select(Part.name):where(Part.id:gt(60)):order_by(Part.id)):all())
  s:commit()
  step "a flush of some objects"
  local x, y = s:get(Part, 70), s:get(Part, 80)
  x.name, y.name = "xx", "yy"
  s:flush { y }
  say(s.dirty:contains(x), s.dirty:contains(y))
  s:rollback()
  step "a circle that no order solves"
  local a, b = Part { name = "a" }, Part { name = "b" }
  a.whole, b.whole = b, a
  s:add(a)
  p.error(function() s:flush() end)
  s:rollback()
  say(s:contains(a), s.is_active)
end)
p.sql()
