-- What a refresh, an expired attribute and get() select where a class brings columns of its subclasses along.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql = parity.say, parity.step, parity.sql

local function play(title, of_base, of_sub)
  local Base = am.declarative_base()
  local Boat = Base:model("Boat", {
    __tablename__ = "boat",
    id = am.mapped_column(am.Integer, { primary_key = true }),
    kind = am.mapped_column(am.String(10)),
    name = am.mapped_column(am.String(10)),
    __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "boat", with_polymorphic = of_base },
  })
  local Sailboat = Boat:model("Sailboat", {
    __tablename__ = "sailboat",
    id = am.mapped_column(am.ForeignKey("boat.id"), { primary_key = true }),
    masts = am.mapped_column(am.Integer),
    plan = am.deferred(am.mapped_column(am.String(10))),
    __mapper_args__ = { polymorphic_identity = "sailboat", polymorphic_load = of_sub },
  })

  local e = parity.engine()
  Base.metadata:create_all(e)
  local s = am.Session(e)
  s:add_all { Boat { id = 1, name = "a" }, Sailboat { id = 2, name = "b", masts = 2, plan = "p" } }
  s:commit()
  s:expunge_all()
  parity.forget()
  for key = 1, 2 do
    local boat = s:get(Boat, key)
    step(title)
    sql()
    s:refresh(boat)
    sql()
    s:refresh(boat, { "name" })
    sql()
    s:expire(boat)
    say(boat.name)
    sql()
    s:expire(boat, { "name" })
    say(boat.name)
    sql()
    say(s:get(Boat, key, { populate_existing = true }).name)
    sql()
  end
  s:close()
  Base.metadata:drop_all(e)
  parity.forget()
end

play("plain")
play("all", "*")
play("inline", nil, "inline")
