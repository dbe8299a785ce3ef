-- Queries that cannot be: wrong targets of joins, options, criteria and results; the classes of their errors.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, refused = parity.say, parity.step, parity.error, parity.refused
local select, func, update, insert, joinedload = am.select, am.func, am.update, am.insert, am.joinedload

local Base = am.declarative_base()
local Ship = Base:model("Ship", {
  __tablename__ = "ship",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  crew = am.relationship("Sailor", { back_populates = "ship", order_by = "Sailor.id" }),
})
local Sailor = Base:model("Sailor", {
  __tablename__ = "sailor",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  ship_id = am.Column(am.ForeignKey("ship.id")),
  ship = am.relationship("Ship", { back_populates = "crew" }),
})
local Island = Base:model("Island", {
  __tablename__ = "island",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local argo = Ship{ name = "argo", crew = { Sailor{ name = "a" }, Sailor{ name = "b" } } }
s:add(argo)
s:commit()
parity.forget()
step("joins")
error_(function() s:execute(select(Ship):join(Island)) end)
error_(function() s:execute(select(Ship):join(Sailor.ship)):all() end)
error_(function() s:execute(select(Ship.id):join("crew")) end)
error_(function() s:execute(select(Ship):join(Ship.name)) end)
error_(function() s:execute(select(func.count()):join(Ship.crew)) end)
error_(function() s:execute(select(Island):join(Ship.crew)) end)
step("options")
error_(function() s:execute(select(Ship):options(joinedload(Sailor.ship))) end)
error_(function() s:execute(select(Ship):options(joinedload(Ship.crew):joinedload(Ship.crew))) end)
error_(function() s:execute(select(Ship):options(joinedload(Ship.name))) end)
error_(function() s:execute(select(Ship):options(am.defer(Ship.crew))) end)
error_(function() s:execute(select(Ship):options(am.load_only(Sailor.name))) end)
error_(function() s:execute(select(Ship):options(am.contains_eager(Sailor.ship))) end)
error_(function() s:execute(select(Ship.name):options(joinedload(Ship.crew))):all() end)
error_(function() s:execute(select(Ship):options("crew")) end)
local A = am.aliased(Ship)
error_(function() s:execute(select(Ship):options(joinedload(A.crew))) end)
error_(function() s:execute(select(A):options(joinedload(Ship.crew))) end)
step("criteria")
error_(function() select(Ship):filter_by{ crew_size = 1 } end)
error_(function() select(Ship):where("name = 1") end)
error_(function() select(Ship):where(Ship.crew.name:eq("x")) end)
error_(function()
  select(Ship):order_by(Ship.crew):compile()
  s:execute(select(Ship):order_by("nothing"))
end)
error_(function() select(Sailor):where(Sailor.ship:eq("argo")) end)
refused(function() select(Sailor):where(Sailor.ship:in_{ argo }) end)
error_(function() select(Ship):where(Ship.crew:contains(argo)) end)
refused(function() select(Ship):where(Ship.crew:gt(1)) end)
step("statements")
error_(function() s:execute("SELECT 1") end)
error_(function() s:execute(select()) end)
error_(function() s:execute(select(Ship):where(Ship.id:eq(am.bindparam("x")))) end)
error_(function() s:execute(update(Ship):values{ nothing = 1 }) end)
error_(function() s:execute(insert(Ship):values{ nothing = 1 }) end)
error_(function() s:execute(update(Ship), { { name = "x" } }) end)
error_(function() s:execute(insert(Ship), { { nothing = 1 } }) end)
error_(function()
  s:execute(am.delete(Ship):where(Ship.crew:any()):execution_options{ synchronize_session = "sometimes" })
end)
error_(function()
  s:execute(update(Ship):values{ name = func.lower(Ship.name) }:execution_options{ synchronize_session = "evaluate" }
    :where(func.length(Ship.name):gt(2)))
end)
s:rollback()
step("results")
refused(function() s:execute(select(Ship.name)):scalars("id"):all() end)
refused(function() return s:execute(select(Ship.name)):mappings():one().id end)
error_(function() s:execute(update(Ship):values{ name = "argo" }):all() end)
error_(function() s:execute(select(Sailor.name)):scalar_one() end)
error_(function() s:get(Ship, nil) end)
error_(function() s:get(Ship, { nr = 1 }) end)
error_(function() s:get_one(Ship, 99) end)
refused(function() return s:scalars(select(Ship)):one().crew[1].ship.nothing end)
error_(function() s:scalars(select(Sailor)):unique():one() end)
s:rollback()
say(s:scalars(select(Ship.name)):all())
step("end")
s:close()
