-- What a listener is told of refreshes and deferred columns of objects that came by a relationship.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, Column = p.say, p.step, am.select, am.Column

local Base = am.declarative_base()
local id = Column(am.Integer, { primary_key = true })
local Part = Base:model("Part", {
  __tablename__ = "part",
  id = id,
  name = Column(am.String(10)),
  note = am.deferred(Column(am.String(10))),
  parent_id = Column(am.ForeignKey("part.id")),
  parts = am.relationship("Part", { order_by = "Part.id", back_populates = "whole" }),
  whole = am.relationship("Part", { remote_side = id, back_populates = "parts" }),
})
local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Part{ id = 1, name = "car", note = "n", parts = { Part{ id = 2, name = "door", note = "n",
    parts = { Part{ id = 3, name = "knob", note = "n" } } } } })
  s:commit()
end)

local function told(state)
  if state.is_select then
    say("  told", state.is_column_load, state.is_relationship_load,
      state.loader_strategy_path ~= nil and #state.loader_strategy_path)
  end
end

local function walk(title, ...)
  step(title)
  local options = { ... }
  am.Session(e, function(s)
    am.event.listen(s, "do_orm_execute", told)
    local stmt = select(Part):where(Part.id:eq(1))
    for _, option in ipairs(options) do stmt = stmt:options(option) end
    local car = s:scalars(stmt):unique():one()
    local knob = car.parts[1].parts[1]
    local door = car.parts[1]
    say(car.note, door.note, knob.note)
    s:expire_all()
    say(knob.name)
    say(door.name)
    say(car.name)
    s:refresh(knob)
    s:refresh(door, { "name" })
    say(door.whole == car)
    s:expire(door, { "parts" })
    say(#door.parts)
    s:expire(door)
    s:scalars(select(Part):where(Part.id:eq(2))):one()
    say(door.note)
    s:scalars(select(Part):where(Part.id:eq(2)):options(am.undefer(Part.note)), {}, { populate_existing = true }):one()
    s:expire(door)
    say(door.note)
  end)
end

walk("none")
walk("joined", am.joinedload(Part.parts))
walk("selectin", am.selectinload(Part.parts))
walk("selectin twice", am.selectinload(Part.parts):selectinload(Part.parts))
walk("subquery", am.subqueryload(Part.parts))
walk("lazy", am.lazyload("*"))
walk("of the parent's column", am.defer(Part.name))
walk("of the child's column", am.joinedload(Part.parts):defer(Part.name))
