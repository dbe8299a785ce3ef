-- Concrete classes with relationships of their own: polymorphic queries, identities, changes and deletes.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local City = Base:model("City", {
  __tablename__ = "city",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  houses = am.relationship("House", { back_populates = "city", order_by = "House.id" }),
  shops = am.relationship("Shop", { back_populates = "city", order_by = "Shop.id" }),
})
local Building = Base:model("Building", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "building",
  id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  height = am.Column(am.Integer),
  city_id = am.Column(am.ForeignKey("city.id")),
  city = am.relationship(City),
  __mapper_args__ = { polymorphic_identity = "building", concrete = true },
})
local House = Base:model("House", {
  __extends__ = Building,
  __tablename__ = "house",
  id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  height = am.Column(am.Integer),
  city_id = am.Column(am.ForeignKey("city.id")),
  rooms = am.Column(am.Integer, { default = 3 }),
  city = am.relationship(City, { back_populates = "houses" }),
  people = am.relationship("Person", { back_populates = "house", order_by = "Person.id",
    cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "house", concrete = true },
})
local Shop = Base:model("Shop", {
  __extends__ = Building,
  __tablename__ = "shop",
  id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  height = am.Column(am.Integer),
  city_id = am.Column(am.ForeignKey("city.id")),
  goods = am.Column(am.String(10)),
  city = am.relationship(City, { back_populates = "shops" }),
  __mapper_args__ = { polymorphic_identity = "shop", concrete = true },
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  house_id = am.Column(am.ForeignKey("house.id")),
  house = am.relationship(House, { back_populates = "people" }),
})
local Vehicle = Base:model("Vehicle", {
  __mixins__ = { am.AbstractConcreteBase },
  id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  wheels = am.Column(am.Integer),
  city_id = am.declared_attr(function() return am.Column(am.ForeignKey("city.id")) end),
  city = am.declared_attr(function() return am.relationship(City) end),
})
local Car = Base:model("Car", {
  __extends__ = Vehicle,
  __tablename__ = "car",
  fuel = am.Column(am.String(5)),
  __mapper_args__ = { polymorphic_identity = "car", concrete = true },
})
local Bike = Base:model("Bike", {
  __extends__ = Vehicle,
  __tablename__ = "bike",
  gears = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "bike", concrete = true },
})

local function height(x) return x.height end
local function name(x) return x.name end
local e = p.engine()
Base.metadata:create_all(e)
am.configure_mappers()
p.forget()
local s = am.Session(e)
step "fill"
local rome = City{ id = 1, name = "rome" }
local h = House{ id = 1, height = 5, city = rome, people = { Person{ name = "a" }, Person{ name = "b" } } }
local sh = Shop{ id = 1, height = 4, city = rome, goods = "tea" }
local b = Building{ id = 1, height = 99, city = rome }
s:add_all{ h, sh, b, Car{ id = 1, wheels = 4, fuel = "gas", city = rome }, Bike{ id = 1, wheels = 2, gears = 8 } }
s:commit()
step "sides"
say(map(rome.houses, height), map(rome.shops, function(x) return x.goods end), b.city.name, map(h.people, name))
say(am.inspect(h).identity_key[1], am.inspect(b).identity_key[1], rawequal(h, b))
step "texts"
say(select(House))
say(select(Shop.goods):where(Shop.city:has(City.name:eq("rome"))))
say(select(City):where(City.houses:any(House.people:any{ name = "a" })))
say(select(City.name, House.rooms):join(City.houses))
local H = am.aliased(House)
say(select(H):join(H.people))
say(select(func.count()):select_from(Building))
step "polymorphic"
s:expunge_all()
for x in s:scalars(select(Building):order_by(Building.height)) do
  say(x.__class__, x.id, x.height, p.sorted(p.collect(am.inspect(x).unloaded, function(k)
    return k ~= "type" and k or nil
  end)))
end
for x in s:scalars(select(Vehicle):order_by(Vehicle.wheels)) do say(x.__class__, x.wheels, x.city_id) end
say(s:scalars(select(Building.height):where(Building.height:gt(4)):order_by(Building.height)):all())
say(map(s:scalars(select(House)), function(x) return x.__class__ end))
step "eager"
s:expunge_all()
local q = select(House):options(am.joinedload(House.city), am.selectinload(House.people))
for x in s:scalars(q):unique() do say(x.city.name, map(x.people, name)) end
s:expunge_all()
q = select(City):options(am.joinedload(City.houses):joinedload(House.people), am.joinedload(City.shops))
for x in s:scalars(q):unique() do
  say(map(x.houses, function(y) return #y.people end), map(x.shops, function(y) return y.goods end))
end
s:expunge_all()
step "get"
say(s:get(House, 1).rooms, s:get(Shop, 1).goods, s:get(House, 2))
error_of(function() return s:get(Building, 1) end)
say(s:get(Car, 1).city.name, s:get(Bike, 1).city)
step "change"
h, sh = s:get(House, 1), s:get(Shop, 1)
h.height = 6
sh.city = nil
h.people:pop(1)
s:flush()
say(map(s:scalars(select(Building):order_by(Building.height)), height))
local m = s:merge(Shop{ id = 1, goods = "tin" })
say(rawequal(m, sh), m.goods)
s:flush()
step "delete"
s:delete(h)
s:flush()
say(map(s:scalars(select(Building):order_by(Building.height)), function(x) return x.__class__ end))
step "expire"
s:expire(sh)
say(sh.goods, sh.height)
s:rollback()
step "wrong"
say(am.inspect(House).concrete, am.inspect(House).inherits.class_,
  am.inspect(Building).with_polymorphic_mappers[1].class_)
p.sql()
