-- expire and refresh: parts, relationships, pending changes, locks, objects gone, enable_relationship_loading.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of = p.say, p.step, p.sql, p.error
local select, inspect, text = am.select, am.inspect, am.text

local Base = am.declarative_base()
local City = Base:model("City", {
  __tablename__ = "city",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  size = am.Column(am.Integer),
  streets = am.relationship("Street", { back_populates = "city", order_by = "Street.id", cascade = "all" }),
  mayor = am.relationship("Mayor", { uselist = false, back_populates = "city", lazy = "joined" }),
})
local Mayor = Base:model("Mayor", {
  __tablename__ = "mayor",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  city_id = am.Column(am.ForeignKey("city.id")),
  city = am.relationship(City, { back_populates = "mayor" }),
})
local Street = Base:model("Street", {
  __tablename__ = "street",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  city_id = am.Column(am.ForeignKey("city.id")),
  city = am.relationship(City, { back_populates = "streets" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
am.Session(db, function(s)
  s:begin(function()
    s:add(City{ id = 1, name = "A", size = 1,
      streets = { Street{ id = 1, name = "s1" }, Street{ id = 2, name = "s2" } },
      mayor = Mayor{ id = 1, name = "may" } })
  end)
end)
local function keys(names) return names and p.sorted(names) or nil end
am.event.listen(City, "refresh", function(_, _, a) say("refresh", keys(a)) end)
am.event.listen(City, "expire", function(_, a) say("expire", keys(a)) end)
am.event.listen(City, "load", function() say("load") end)
local session = am.Session(db)

local function behind(sql_text)
  session:connection():execute(text(sql_text))
  p.forget()
end

local function loaded(obj)
  local out = {}
  for key in pairs(inspect(obj).dict) do out[#out + 1] = key end
  return p.sorted(out)
end

local function expired(obj) return p.sorted(inspect(obj).expired_attributes) end

step "get"
p.forget()
local city = session:get(City, 1)
say(city.name, city.mayor.name, #city.streets)
sql()

step "expire all of one"
session:expire(city)
say(loaded(city), expired(city))
say(city.size)
sql()
say(loaded(city))

step "expire a part"
city.size = 5
session:expire(city, { "name", "mayor" })
say(inspect(city).modified, expired(city), city.mayor.name)
sql()
say(city.name, city.size)
sql()

step "expire loses changes"
session:expire(city, { "size" })
say(inspect(city).modified, city.size, session.dirty:contains(city))
sql()

step "refresh"
behind "update city set size = 77, name = 'B' where id = 1"
say(city.size, city.name)
session:refresh(city)
sql()
say(city.size, city.name, inspect(city).unloaded:contains("streets"))
city.name = "unsaved"
session:refresh(city, { "size" })
sql()
say(city.name, session.dirty:contains(city))
session:refresh(city, { attribute_names = { "streets" } })
sql()
session:refresh(city, { "name" }, { with_for_update = true })
sql()
say(city.name)

step "refresh flushes first"
city.streets[1].name = "pending change"
city.size = 6
session:refresh(city)
sql()
say(city.size, city.streets[1].name)
city.size = 7
session:no_autoflush(function() session:refresh(city) end)
sql()
say(city.size)

step "the row is gone"
local other = City{ id = 2, name = "gone" }
session:add(other)
session:flush()
behind "delete from city where id = 2"
error_of(function() session:refresh(other) end)
session:expire(other)
error_of(function() return other.name end)
say(session:contains(other), inspect(other).persistent)
other.name = "written"
error_of(function() session:flush() end)
session:rollback()
say(session:contains(other))

step "wrong calls"
local pending = City{ id = 3 }
session:add(pending)
error_of(function() session:expire(pending) end)
session:expunge(pending)
error_of(function() session:refresh(City{ id = 1 }) end)
error_of(function() session:expire(City{ id = 1 }) end)
error_of(function() session:refresh(city, {}) end)
error_of(function() session:refresh(42) end)

step "cascade of refresh and expire"
say(city.streets[1].name, city.mayor.name)
session:expire(city)
say(expired(city.streets[2]))
local street = city.streets[1]
street.name = "x"
session:expire(city)
say(expired(street), inspect(street).modified)
p.forget()
session:refresh(city)
sql()
say(street.name)
sql()

step "expire_all and populate_existing"
city.name = "lost"
session:expire_all()
say(session.dirty, city.name)
city.name = "kept?"
session:no_autoflush(function()
  say(session:scalars(select(City)):unique():one().name)
  say(session:scalars(select(City):execution_options{ populate_existing = true }):unique():one().name)
  city.name = "k"
  say(session:get(City, 1, { populate_existing = true }).name,
    session:get(City, 1, { options = { am.lazyload("*") } }).name)
end)
session:rollback()

step "autoflush off"
am.Session(db, { autoflush = false }, function(s)
  local c = s:get(City, 1)
  c.name = "Z"
  say(s:scalars(select(City.name)):all(),
    s:scalar(select(City.id):where(City.name:eq("Z")):execution_options{ autoflush = true }))
  s:flush()
  say(s:scalars(select(City.name)):all())
end)

step "enable_relationship_loading"
local lone = Street{ city_id = 1 }
say(lone.city)
session:enable_relationship_loading(lone)
lone = Street{ city_id = 1 }
session:enable_relationship_loading(lone)
say(lone.city.name, inspect(lone).pending, session:contains(lone), session.new:contains(lone))
session:rollback()
