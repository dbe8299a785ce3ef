-- contains_eager over joins of one's own, aliases and of_type, and criteria for every loader of an entity.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Trip = Base:model("Trip", {
  __tablename__ = "trip",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  stops = am.relationship("Stop", { back_populates = "trip", order_by = "Stop.id" }),
})

local Stop = Base:model("Stop", {
  __tablename__ = "stop",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(10)),
  town = Column(String(20)),
  hidden = Column(am.Boolean, { default = false }),
  trip_id = Column(ForeignKey "trip.id"),
  trip = am.relationship(Trip, { back_populates = "stops" }),
  photos = am.relationship("Photo", { order_by = "Photo.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "stop" },
})

local Night = Base:model("Night", {
  __extends__ = Stop,
  hotel = Column(String(20)),
  __mapper_args__ = { polymorphic_identity = "night" },
})

local Photo = Base:model("Photo", {
  __tablename__ = "photo",
  id = Column(Integer, { primary_key = true }),
  file = Column(String(20)),
  hidden = Column(am.Boolean, { default = false }),
  stop_id = Column(ForeignKey "stop.id"),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(Trip { name = "north", stops = {
    Stop { town = "York", photos = { Photo { file = "y1" }, Photo { file = "y2", hidden = true } } },
    Night { town = "Oban", hotel = "Inn", photos = { Photo { file = "o1" } } },
    Stop { town = "Wick", hidden = true },
  } })
  s:flush()
  s:add(Trip { name = "south", stops = { Night { town = "Bath", hotel = "Spa" },
    Night { town = "Hove", hidden = true, hotel = "Pier" } } })
  s:flush()
  s:add(Trip { name = "none" })
  s:commit()
end)
p.forget()

local function show(trips)
  return p.map(trips, function(t)
    return { t.name, p.map(t.stops, function(x) return { x.town,
      p.map(x.photos, function(ph) return ph.file end) } end) }
  end)
end

local function run(title, stmt)
  step(title)
  am.Session(e, function(s)
    local found = s:scalars(stmt):unique():all()
    p.sql()
    say(show(found))
  end)
end

run("contains eager", select(Trip):join(Trip.stops):where(Stop.town:lt "P"):options(am.contains_eager(Trip.stops))
  :order_by(Trip.id, Stop.id))
run("outer", select(Trip):outerjoin(Trip.stops):options(am.contains_eager(Trip.stops))
  :order_by(Trip.id, Stop.town:desc()))
local st = am.aliased(Stop, { name = "st" })
local ph = am.aliased(Photo, { name = "ph" })
run("aliased, two levels", select(Trip):join(Trip.stops:of_type(st)):outerjoin(st.photos:of_type(ph))
  :options(am.contains_eager(Trip.stops:of_type(st)):contains_eager(st.photos:of_type(ph)))
  :order_by(Trip.id, st.id, ph.id:desc()))
run("contains, then selectin", select(Trip):join(Trip.stops)
  :options(am.contains_eager(Trip.stops):selectinload(Stop.photos)):where(Stop.hidden:eq(false)):order_by(Trip.id,
    Stop.id))
run("of type", select(Trip):join(Trip.stops:of_type(Night)):where(Night.hotel:ne "Spa")
  :options(am.contains_eager(Trip.stops:of_type(Night))):order_by(Trip.id, Night.id))
run("selectin of type", select(Trip):options(am.selectinload(Trip.stops:of_type(Night)):selectinload(Night.photos))
  :order_by(Trip.id))
run("criteria on lazy loads", select(Trip):options(am.with_loader_criteria(Stop, Stop.hidden:eq(false)))
  :order_by(Trip.id))
run("criteria on joined", select(Trip):options(am.joinedload(Trip.stops):joinedload(Stop.photos),
  am.with_loader_criteria(Photo, function(cls) return cls.hidden:eq(false) end)):order_by(Trip.id))
run("criteria on selectin", select(Trip):options(am.selectinload(Trip.stops):selectinload(Stop.photos),
  am.with_loader_criteria(Photo, Photo.hidden:eq(true)),
    am.with_loader_criteria(Stop, Stop.town:gt "C")):order_by(Trip.id))
run("criteria on a subclass", select(Trip):options(am.selectinload(Trip.stops),
  am.with_loader_criteria(Night, Night.hotel:eq "Inn")):order_by(Trip.id))
step "criteria in the statement itself"
am.Session(e, function(s)
  local hide = am.with_loader_criteria(Stop, Stop.hidden:eq(false), { include_aliases = true })
  say(s:scalars(select(Stop.town):options(hide):order_by(Stop.id)):all())
  say(s:scalars(select(st.town):options(hide):order_by(st.id)):all())
  say(s:scalars(select(Night.town):options(hide):order_by(Night.id)):all())
  say(s:execute(select(Trip.name, func.count(Stop.id)):outerjoin(Trip.stops):options(hide):group_by(Trip.name)
    :order_by(Trip.name)):all())
  say(s:scalars(select(Trip.name):where(Trip.stops:any()):options(hide):order_by(Trip.id)):all())
  say(s:get(Stop, 3, { options = { hide } }))
end)
local function towns(trips)
  return p.map(trips, function(t) return p.map(t.stops, function(x) return x.town end) end)
end
step "for every statement of a session"
am.Session(e, function(s)
  am.event.listen(s, "do_orm_execute", function(state)
    if state.is_select and not state.is_column_load and not state.is_relationship_load then
      state.statement = state.statement:options(am.with_loader_criteria(Stop, Stop.hidden:eq(false)))
    end
  end)
  local trips = s:scalars(select(Trip):order_by(Trip.id)):all()
  say(towns(trips))
  s:expire_all()
  say(towns(trips))
  say(s:execute(am.update(Stop):where(Stop.town:eq "Wick"):values { town = "Wik" }).rowcount)
  say(s:scalars(select(Stop.town):order_by(Stop.id)):all())
end)
step "without propagation"
am.Session(e, function(s)
  local once = am.with_loader_criteria(Stop, Stop.hidden:eq(false), { propagate_to_loaders = false })
  say(towns(s:scalars(select(Trip):options(once):order_by(Trip.id))))
end)
p.sql()
