-- session.get in all its ways: the identity map, expired and deleted objects, options, locks, wrong keys.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sorted = parity.say, parity.step, parity.sorted

local Base = am.declarative_base()

local Owner = Base:model("Owner", {
  __tablename__ = "owners",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  cars = am.relationship("Car", { back_populates = "owner", order_by = "Car.id" }),
})

local Car = Base:model("Car", {
  __tablename__ = "cars",
  id = am.Column(am.Integer, { primary_key = true }),
  plate = am.Column(am.String(30)),
  owner_id = am.Column(am.ForeignKey("owners.id")),
  owner = am.relationship("Owner", { back_populates = "cars" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Owner{ id = 1, name = "ann", cars = { Car{ id = 1, plate = "A1" }, Car{ id = 2, plate = "A2" } } },
    Owner{ id = 2, name = "bob" },
    Owner{ id = 3, name = "cid" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

step "from the map"
local ann = s:get(Owner, 1)
say(s:get(Owner, 1) == ann)
say(am.inspect(ann).identity)
step "pending objects are not found before the flush, then they are"
s:add(Owner{ id = 9, name = "new" })
say(s:get(Owner, 9).name)
step "expired"
s:expire(ann)
say(s:get(Owner, 1) == ann)
say(ann.name)
step "expired and gone"
local bob = s:get(Owner, 2)
s:execute(am.text("DELETE FROM owners WHERE id = 2"))
say(s:get(Owner, 2) == bob)
s:expire(bob)
say(s:get(Owner, 2))
say(s:contains(bob), am.inspect(bob).deleted, am.inspect(bob).detached)
step "deleted"
local cid = s:get(Owner, 3)
s:delete(cid)
say(s:get(Owner, 3) == cid)
s:flush()
say(s:get(Owner, 3))
s:rollback()
say(s:get(Owner, 3) == cid, cid.name)
step "options"
s:expunge_all()
ann = s:get(Owner, 1, { options = { am.selectinload(Owner.cars) } })
say(sorted(am.inspect(ann).unloaded))
step "options of an object that is there already are ignored"
bob = s:get(Owner, 2)
say(s:get(Owner, 2, { options = { am.selectinload(Owner.cars) } }) == bob)
say(sorted(am.inspect(bob).unloaded))
bob = s:get(Owner, 2, { options = { am.selectinload(Owner.cars) }, populate_existing = true })
say(sorted(am.inspect(bob).unloaded))
s:expunge_all()
ann = s:get(Owner, 1, { options = { am.load_only(Owner.id) } })
say(sorted(am.inspect(ann).unloaded), ann.name)
step "populate_existing"
ann.name = "dirty"
say(s:get(Owner, 1).name)
s:no_autoflush(function()
  say(s:get(Owner, 1, { populate_existing = true }).name, s.dirty)
end)
step "with_for_update"
say(s:get(Owner, 1, { with_for_update = true }).name)
say(s:get(Owner, 2, { with_for_update = { skip_locked = true } }).name)
local car = s:get(Car, 1, {
  options = { am.joinedload(Car.owner, { innerjoin = true }) },
  with_for_update = { of = Car }
})
say(car.owner == ann)
step "many to one from the map"
local car2 = s:get(Car, 2)
say(car2.owner == ann)
step "get_one"
say(s:get_one(Owner, 1) == ann)
parity.error(function() return s:get_one(Owner, 77) end)
step "execution options and bind arguments"
say(s:get(Owner, 3, { execution_options = { tag = 1 } }).name)
step "wrong"
parity.error(function() return s:get(Owner, { 1, 2 }) end)
parity.error(function() return s:get(Owner, { nope = 1 }) end)
parity.error(function() return s:get(Owner.id, 1) end)
say(s:get(Owner, { id = 1 }) == ann)
step "none"
say(s:get(Owner, nil))
say(s:get(Owner, { am.null }))
step "events"
am.event.listen(Owner, "load", function(target, _) say("load", target.id) end)
am.event.listen(Owner, "refresh", function(target, _, attrs)
  say("refresh", target.id, attrs and sorted(attrs) or nil)
end)
s:expunge_all()
ann = s:get(Owner, 1)
s:get(Owner, 1)
s:expire(ann)
s:get(Owner, 1)
s:get(Owner, 1, { populate_existing = true })
s:expire(ann, { "name" })
s:get(Owner, 1)
say(ann.name)
car = s:get(Car, 1)
say(car.owner == ann)
s:close()
step "end"
