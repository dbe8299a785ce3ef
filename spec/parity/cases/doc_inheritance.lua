-- Loading of inheritance hierarchies: selectin_polymorphic, with_polymorphic, of_type, single tables.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, inspect, aliased = p.say, p.step, am.select, am.inspect, am.aliased
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship

local function pk() return Column(Integer, { primary_key = true }) end
local function fk(name) return Column(ForeignKey(name), { primary_key = true }) end
local Base = am.declarative_base()
local Firm = Base:model("Firm", {
  __tablename__ = "firms",
  id = pk(),
  name = Column(String),
  staff = relationship("Worker", { back_populates = "firm", order_by = "Worker.id" }),
})
local Worker = Base:model("Worker", {
  __tablename__ = "workers",
  id = pk(),
  name = Column(String),
  kind = Column(String),
  firm_id = Column(ForeignKey("firms.id")),
  firm = relationship("Firm", { back_populates = "staff" }),
  __mapper_args__ = { polymorphic_identity = "worker", polymorphic_on = "kind" },
})
local Boss = Base:model("Boss", {
  __extends__ = Worker,
  __tablename__ = "bosses",
  id = fk("workers.id"),
  title = Column(String),
  papers = relationship("Paper", { back_populates = "boss", order_by = "Paper.id" }),
  __mapper_args__ = { polymorphic_identity = "boss" },
})
local Smith = Base:model("Smith", {
  __extends__ = Worker,
  __tablename__ = "smiths",
  id = fk("workers.id"),
  tool = Column(String),
  __mapper_args__ = { polymorphic_identity = "smith" },
})
local Paper = Base:model("Paper", {
  __tablename__ = "papers",
  id = pk(),
  boss_id = Column(ForeignKey("bosses.id")),
  text = Column(String),
  boss = relationship("Boss", { back_populates = "papers" }),
})
local e = p.engine()
Base.metadata:create_all(e)
local session = am.Session(e)
session:add(Firm{ id = 1, name = "mill", staff = {
  Boss{ id = 1, name = "ann", title = "head", papers = { Paper{ id = 1, text = "p" }, Paper{ id = 2, text = "q" } } },
  Smith{ id = 2, name = "bob", tool = "saw" }, Smith{ id = 3, name = "cyd", tool = "axe" },
  Worker{ id = 4, name = "dan" } } })
session:commit()
session:close()
p.forget()
local function class_of(o) return inspect(o).class_.__name__ end
local function get(o, name)
  if inspect(o).mapper:has_property(name) then return o[name] end
  return nil
end
local function show(items)
  say(p.map(items, function(w) return p.list(class_of(w), w.name, get(w, "title") or get(w, "tool")) end))
end
local function texts(items) return p.map(items, function(x) return x.text end) end

step "plain"
session:expunge_all()
show(session:scalars(select(Worker):order_by(Worker.id)):all())
step "selectin_polymorphic"
session:expunge_all()
local option = am.selectin_polymorphic(Worker, { Boss, Smith })
show(session:scalars(select(Worker):options(option):order_by(Worker.id)):all())
session:expunge_all()
local items = session:scalars(select(Worker):options(option, am.selectinload(Boss.papers)):order_by(Worker.id)):all()
show(items)
say(texts(items[1].papers))
session:expunge_all()
local firm = session:scalars(select(Firm):options(am.selectinload(Firm.staff)
  :options(am.selectin_polymorphic(Worker, { Boss, Smith }), am.selectinload(Boss.papers)))):one()
show(firm.staff)
session:expunge_all()
show(session:scalars(select(Worker):options(am.selectin_polymorphic(Worker, { Smith })):order_by(Worker.id)):all())
step "with_polymorphic"
session:expunge_all()
local poly = am.with_polymorphic(Worker, { Smith, Boss })
show(session:scalars(select(poly):order_by(poly.id)):all())
session:expunge_all()
show(session:scalars(select(poly):where(am.or_(poly.Boss.title:eq("head"), poly.Smith.tool:eq("axe")))
  :order_by(poly.id)):all())
local every = am.with_polymorphic(Worker, "*", { flat = true })
say(select(every):where(every.name:eq("x")))
local flat = am.with_polymorphic(Worker, { Smith }, { flat = true, aliased = true })
local m = aliased(Boss, { flat = true })
say(select(flat.id, m.id):join(m, flat.firm_id:eq(m.firm_id)):where(flat.Smith.tool:gt(m.title)))
local inner = am.with_polymorphic(Worker, { Boss }, { innerjoin = true })
say(select(inner))
step "of_type"
say(select(Firm.name):join(Firm.staff:of_type(Boss)):where(Boss.title:eq("head")))
say(session:execute(select(Firm.name, poly.name):join(Firm.staff:of_type(poly))
  :where(am.or_(poly.Boss.title:ne(nil), poly.Smith.tool:eq("saw"))):order_by(poly.id)):all())
say(select(Firm.name):where(Firm.staff:of_type(Boss):any(Boss.title:eq("head"))))
session:expunge_all()
firm = session:scalars(select(Firm):options(am.selectinload(Firm.staff:of_type(poly)))):one()
show(firm.staff)
session:expunge_all()
firm = session:scalars(select(Firm):options(am.joinedload(Firm.staff
  :of_type(am.with_polymorphic(Worker, { Smith, Boss }, { flat = true }))))):unique():one()
show(firm.staff)
session:expunge_all()
show(session:scalars(select(Boss):options(am.joinedload(Boss.papers))):unique():all())
step "classes"
say(inspect(Worker).polymorphic_identity,
  p.sorted(p.map(inspect(Worker).self_and_descendants, function(x) return x.class_.__name__ end)))
say(inspect(Boss).inherits.class_.__name__, inspect(Boss).base_mapper.class_.__name__, inspect(Boss).single)
say(select(Boss), select(Boss.title, Boss.name))
session:close()
p.sql()
Base.metadata:drop_all(e)
p.forget()

step "eager subclasses"
Base = am.declarative_base()
local Beast = Base:model("Beast", {
  __tablename__ = "beasts",
  id = pk(),
  kind = Column(String),
  name = Column(String),
  __mapper_args__ = { polymorphic_identity = "beast", polymorphic_on = "kind" },
})
local Bird = Base:model("Bird", {
  __extends__ = Beast,
  __tablename__ = "birds",
  id = fk("beasts.id"),
  wings = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "bird", polymorphic_load = "inline" },
})
local Fish = Base:model("Fish", {
  __extends__ = Beast,
  __tablename__ = "fishes",
  id = fk("beasts.id"),
  fins = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "fish", polymorphic_load = "selectin" },
})
Base.metadata:create_all(e)
session:add_all{ Bird{ id = 1, name = "b", wings = 2 }, Fish{ id = 2, name = "f", fins = 4 },
  Beast{ id = 3, name = "c" } }
session:commit()
session:close()
p.forget()
say(p.map(session:scalars(select(Beast):order_by(Beast.id)), function(b)
  return p.list(b.name, get(b, "wings"), get(b, "fins"))
end))
session:close()
p.sql()
Base.metadata:drop_all(e)
p.forget()

step "single table"
Base = am.declarative_base()
local Car = Base:model("Car", {
  __tablename__ = "cars",
  id = pk(),
  kind = Column(String),
  name = Column(String),
  __mapper_args__ = { polymorphic_identity = "car", polymorphic_on = "kind" },
})
local Van = Base:model("Van", {
  __extends__ = Car, load = Column(Integer), __mapper_args__ = { polymorphic_identity = "van" },
})
local Cab = Base:model("Cab", {
  __extends__ = Car, seats = Column(Integer), __mapper_args__ = { polymorphic_identity = "cab" },
})
Base.metadata:create_all(e)
session:add_all{ Van{ id = 1, name = "v", load = 3 }, Cab{ id = 2, name = "c", seats = 4 }, Car{ id = 3, name = "x" } }
session:commit()
session:close()
p.forget()
for _, c in ipairs(session:scalars(select(Car):order_by(Car.id)):all()) do
  say(class_of(c), c.name, get(c, "load"), get(c, "seats"))
end
say(p.map(session:scalars(select(Van)), function(v) return v.load end))
session:expunge_all()
local one = am.with_polymorphic(Car, { Van })
for _, c in ipairs(session:scalars(select(one):order_by(one.id)):all()) do say(class_of(c), get(c, "load")) end
session:expunge_all()
for _, c in ipairs(session:scalars(select(Car):options(am.selectin_polymorphic(Car, { Van, Cab }))
  :order_by(Car.id)):all()) do
  say(class_of(c), get(c, "load"), get(c, "seats"))
end
say(select(Cab), select(Cab.name):where(Cab.seats:gt(1)), inspect(Cab).single)
local v = aliased(Van)
say(select(v), select(Car):join(v, v.id:eq(Car.id)))
p.sql()
