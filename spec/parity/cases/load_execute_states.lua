-- What do_orm_execute sees of each kind of load: lazy, eager, refresh, deferred columns,.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local Owner = Base:model("Owner", {
  __tablename__ = "owners",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  note = am.deferred(am.Column(am.String(30))),
  cars = am.relationship("Car", { back_populates = "owner", order_by = "Car.id" }),
})

local Car = Base:model("Car", {
  __tablename__ = "cars",
  id = am.Column(am.Integer, { primary_key = true }),
  plate = am.Column(am.String(30)),
  owner_id = am.Column(am.ForeignKey("owners.id")),
  owner = am.relationship("Owner", { back_populates = "cars" }),
  wheels = am.relationship("Wheel", { order_by = "Wheel.id" }),
})

local Wheel = Base:model("Wheel", {
  __tablename__ = "wheels",
  id = am.Column(am.Integer, { primary_key = true }),
  car_id = am.Column(am.ForeignKey("cars.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Owner{
      id = 1, name = "ann", note = "n1",
      cars = { Car{ id = 1, plate = "a", wheels = { Wheel{ id = 1 }, Wheel{ id = 2 } } }, Car{ id = 2, plate = "b" } }
    },
    Owner{ id = 2, name = "bob", note = "n2" }
  })
  s:commit()
end)
parity.forget()

local function watch(session)
  am.event.listen(session, "do_orm_execute", function(state)
    say(
      "seen", (state.is_select and "select" or "other"), state.is_orm_statement, state.is_column_load,
      state.is_relationship_load, (state.bind_mapper and state.bind_mapper.class_ or nil),
      state.loader_strategy_path ~= nil, state.is_select and state.lazy_loaded_from ~= nil,
      map(state.all_mappers, function(m) return m.class_ end)
    )
  end)
end
for _, each in ipairs({
  { "lazy", {} }, { "selectin", { am.selectinload(Owner.cars):selectinload(Car.wheels) } },
  { "joined", { am.joinedload(Owner.cars) } }, { "subquery", { am.subqueryload(Owner.cars) } },
  { "undefer", { am.undefer(Owner.note) } }
}) do
  local title, options = unpack(each)
  step(title)
  am.Session(e, function(s)
    watch(s)
    local owners = s:scalars(am.select(Owner):options(unpack(options)):order_by(Owner.id)):unique():all()
    say(map(owners, function(o) return map(o.cars, function(c) return c.plate end) end))
    step(title .. " and further")
    say(owners[1].note, map(owners[1].cars[1].wheels, function(w) return w.id end))
  end)
end
step "many to one"
am.Session(e, function(s)
  watch(s)
  local car = s:get(Car, 1)
  say(car.owner.name)
  say(s:get(Car, 2).owner.name)
end)
step "refresh and expire"
am.Session(e, function(s)
  watch(s)
  local ann = s:get(Owner, 1)
  s:refresh(ann)
  step "an expired attribute"
  s:expire(ann, { "name" })
  say(ann.name)
  step "expired wholly"
  s:expire(ann)
  say(ann.name)
  step "refresh of a collection"
  s:refresh(ann, { "cars" })
  say(map(ann.cars, function(c) return c.plate end))
end)
step "not of the ORM"
am.Session(e, function(s)
  watch(s)
  say(s:scalar(am.text("SELECT 1")))
  say(s:scalar(am.select(Owner.__table__.c.name):where(Owner.__table__.c.id:eq(1))))
  say(s:scalar(am.select(Owner.name):where(Owner.id:eq(1))))
  say(s:query(Owner):count())
end)
step "an option for every load"
am.Session(e, function(s)
  am.event.listen(s, "do_orm_execute", function(state)
    if state.is_select and not state.is_column_load and not state.is_relationship_load then
      state.statement = state.statement:options(am.with_loader_criteria(Car, Car.plate:ne("a")))
    end
  end)
  local ann = s:get(Owner, 1)
  say(map(ann.cars, function(c) return c.plate end))
  s:refresh(ann)
  say(map(ann.cars, function(c) return c.plate end))
end)
step "execution options are seen, and go along with a lazy load or do not"
am.Session(e, function(s)
  am.event.listen(s, "do_orm_execute", function(state)
    say(
      "option", state.execution_options.mine, state.local_execution_options.mine, #state.user_defined_options,
      state.is_relationship_load
    )
  end)
  local ann = s:scalars(
    am.select(Owner):where(Owner.id:eq(1)):options(am.lazyload(Owner.cars)):execution_options({ mine = 1 })
  ):one()
  say(#ann.cars)
  s:scalars(am.select(Owner), nil, { execution_options = { mine = 2 } }):all()
end)
step "loads that are counted and cached by the listener"
am.Session(e, function(s)
  local kept = {}
  am.event.listen(s, "do_orm_execute", function(state)
    local key = state.execution_options.key
    if key == nil then
      return nil
    end
    if not kept[key] then
      kept[key] = state:invoke_statement():freeze()
    end
    return am.merge_frozen_result(state.session, state.statement, kept[key], { load = false })()
  end)
  for _ in ipairs({ 1, 2 }) do
    say(
      map(
        s:scalars(am.select(Owner):order_by(Owner.id):execution_options({ key = "all" })),
        function(o) return o.name end
      )
    )
    s:expunge_all()
  end
  say{ next(kept) and "all" }
end)
step "end"
