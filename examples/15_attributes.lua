-- Attributes that are more than columns: hybrids, composites, association proxies, values that change in place.
local am = require "alchemoon"

local Point = setmetatable({ __name = "Point" }, { __call = function(class, x, y)
  return setmetatable({ x = x, y = y }, class)
end })
Point.__index = Point
function Point:__composite_values__() return { self.x, self.y } end

local Base = am.declarative_base()
local Tag = Base:model("Tag", { __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
  place_id = am.Column(am.ForeignKey("places.id")) })
local Place = Base:model("Place", {
  __tablename__ = "places",
  id = am.Column(am.Integer, { primary_key = true }),
  street = am.Column(am.String(20)),
  town = am.Column(am.String(20)),
  x = am.Column(am.Integer),
  y = am.Column(am.Integer),
  at = am.composite(Point, "x", "y"),
  prefs = am.Column(am.MutableDict.as_mutable(am.JSON)),
  address = am.hybrid_property(function(self) return self.street .. ", " .. self.town end),
  tags = am.relationship("Tag"),
  tag_names = am.association_proxy("tags", "name", { creator = function(name) return Tag{ name = name } end }),
})

print(am.select(Place.id):where(Place.address:eq "Mill Lane, York")) -- a hybrid is an expression on the class

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
am.Session(engine, function(session)
  local place = Place{ street = "Mill Lane", town = "York", at = Point(3, 4), prefs = { open = true },
    tag_names = { "mill", "old" } }
  session:add(place)
  session:commit()

  print(place.address, place.at.x, place.at.y, place.prefs.open)
  print(#place.tag_names, place.tag_names[1], place.tags[2].name)
  place.prefs.open = false -- noticed, though the table is the same one
  place.tag_names:append "river"
  place.at = Point(5, 6)
  session:commit()
  print(place.prefs.open, #place.tags, place.x)

  print(session:scalar(am.select(Place.town):where(Place.at:eq(Point(5, 6)))))
  print(session:scalar(am.select(Place.town):where(Place.tag_names:contains "river")))
end)
--> SELECT places.id
--> FROM places
--> WHERE (places.street || :street_1 || places.town) = :param_1
--> Mill Lane, York	3	4	true
--> 2	mill	old
--> false	3	5
--> York
--> York
