-- First steps with mapped classes: unit of work, states, cascades, loading, as a beginner meets them.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local Cook = Base:model("Cook", {
  __tablename__ = "cook",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(30), { nullable = false }),
  title = am.mapped_column(am.String),
  dishes = am.relationship("Dish", { back_populates = "cook", cascade = "all, delete-orphan" }),
})
Cook.__tostring = function(self) return ("Cook(%s, %s)"):format(p.fmt(self.id), self.name) end
local Dish = Base:model("Dish", {
  __tablename__ = "dish",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  label = am.mapped_column(am.String, { nullable = false }),
  cook_id = am.mapped_column(am.ForeignKey("cook.id"), { nullable = false }),
  cook = am.relationship("Cook", { back_populates = "dishes" }),
})
Dish.__tostring = function(self) return ("Dish(%s, %s)"):format(p.fmt(self.id), self.label) end

local e = p.engine()
step "create"
Base.metadata:create_all(e)
step "first objects"
am.Session(e, function(session)
  local ann = Cook{ name = "ann", title = "chef", dishes = { Dish{ label = "soup" } } }
  local bob = Cook{ name = "bob", title = "sous", dishes = { Dish{ label = "stew" }, Dish{ label = "tart" } } }
  local cai = Cook{ name = "cai", title = "help" }
  session:add_all{ ann, bob, cai }
  session:commit()
end)
step "simple select"
local session = am.Session(e)
for cook in session:scalars(select(Cook):where(Cook.name:in_{ "ann", "bob" }):order_by(Cook.id)) do
  say(tostring(cook))
end
step "join"
local tart = session:scalars(
  select(Dish):join(Dish.cook):where(Cook.name:eq("bob")):where(Dish.label:eq("tart"))):one()
say(tostring(tart))
step "changes"
local cai = session:scalars(select(Cook):where(Cook.name:eq("cai"))):one()
cai.dishes:append(Dish{ label = "rice" })
tart.label = "plum tart"
session:commit()
step "deletes"
local bob = session:get(Cook, 2)
bob.dishes:remove(tart)
session:flush()
step "delete cai"
session:delete(cai)
session:commit()
session:close()

step "unit of work"
local dee, eve = Cook{ name = "dee", title = "baker" }, Cook{ name = "eve", title = "cleaner" }
say(tostring(dee), dee.id)
session = am.Session(e)
session:add(dee)
session:add(eve)
say(p.map(session.new, tostring))
session:flush()
say(eve.id - dee.id)
say(session:get(Cook, dee.id) == dee)
session:commit()
step "update"
local ann = session:execute(select(Cook):filter_by{ name = "ann" }):scalar_one()
ann.title = "head chef"
say(session.dirty:contains(ann))
say(session:execute(select(Cook.title):where(Cook.id:eq(1))):scalar_one(), session.dirty:contains(ann))
step "delete"
eve = session:get(Cook, eve.id)
session:delete(eve)
say(session:execute(select(Cook):where(Cook.name:eq("eve"))):first(), session:contains(eve))
step "rollback"
session:rollback()
say(p.sorted(am.inspect(ann).unloaded))
say(ann.title, p.sorted(am.inspect(ann).unloaded), session:contains(eve))
say(session:execute(select(Cook):where(Cook.name:eq("eve"))):scalar_one() == eve)
step "close"
session:close()
p.error(function() return dee.name end)
session:add(dee)
say(dee.name)

step "related objects"
local fay = Cook{ name = "fay", title = "guest" }
say(fay.dishes)
local d1 = Dish{ label = "roll" }
fay.dishes:append(d1)
say(fay.dishes, d1.cook == fay)
local d2 = Dish{ label = "bun", cook = fay }
say(p.map(fay.dishes, tostring))
session:add(fay)
say(session:contains(fay), session:contains(d1), session:contains(d2), fay.id, d1.cook_id)
session:commit()
step "lazy loads"
local function labels(cook) return p.sorted(p.map(cook.dishes, function(d) return d.label end)) end
say(fay.id > 0)
say(labels(fay))
say(tostring(d1.cook), d2.label)
step "joins"
say(select(Dish.label):select_from(Cook):join(Cook.dishes))
say(select(Dish.label):join_from(Cook, Dish))
step "selectinload"
for row in session:execute(select(Cook):options(am.selectinload(Cook.dishes)):order_by(Cook.id)) do
  say(row.Cook.name, labels(row.Cook))
end
step "joinedload"
for row in session:execute(select(Dish):options(am.joinedload(Dish.cook, { innerjoin = true })):order_by(Dish.id)) do
  say(row.Dish.label, row.Dish.cook.name)
end
step "contains_eager"
local stmt = select(Dish):join(Dish.cook):where(Cook.name:eq("fay")):order_by(Dish.label)
for row in session:execute(stmt:options(am.contains_eager(Dish.cook))) do say(row.Dish.label, row.Dish.cook.name) end
say(stmt:options(am.joinedload(Dish.cook)))
session:close()

step "raise_on_sql"
local Strict = am.declarative_base()
local Shelf = Strict:model("Shelf", {
  __tablename__ = "shelf",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  jars = am.relationship("Jar", { back_populates = "shelf", lazy = "raise_on_sql" }),
})
local Jar = Strict:model("Jar", {
  __tablename__ = "jar",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  shelf_id = am.mapped_column(am.ForeignKey("shelf.id")),
  shelf = am.relationship("Shelf", { back_populates = "jars", lazy = "raise_on_sql" }),
})
Strict.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  s:add(Shelf{ jars = { Jar{}, Jar{} } })
  s:commit()
  local shelf = s:execute(select(Shelf)):scalars():first()
  local er = p.error(function() return shelf.jars end)
  say(tostring(er))
  shelf = s:execute(select(Shelf):options(am.selectinload(Shelf.jars))):scalars():first()
  say(shelf.jars, shelf.jars[1].shelf == shelf)
end)
p.sql()
