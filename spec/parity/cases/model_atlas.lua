-- Composites, mutable JSON, association proxies, validators and a reconstructor in one model of places.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Point = setmetatable({}, { __call = function(cls, x, y) return setmetatable({ x = x, y = y }, cls) end })
Point.__index = Point
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
function Point:__composite_values__() return self.x, self.y end

local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
})

local PlaceTag = Base:model("PlaceTag", {
  __tablename__ = "place_tag",
  place_id = Column(ForeignKey "place.id", { primary_key = true }),
  tag_id = Column(ForeignKey "tag.id", { primary_key = true }),
  weight = Column(Integer, { default = 1 }),
  tag = am.relationship(Tag),
  word = am.association_proxy("tag", "word"),
})


local Place = Base:model("Place", {
  __tablename__ = "place",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  facts = Column(am.MutableDict.as_mutable(am.JSON)),
  visits = Column(am.MutableList.as_mutable(am.JSON), { default = function() return {} end }),
  x = Column(Integer),
  y = Column(Integer),
  spot = am.composite(Point, "x", "y"),
  place_tags = am.relationship(PlaceTag, { order_by = PlaceTag.tag_id, cascade = "all, delete-orphan" }),
  tags = am.association_proxy("place_tags", "tag", { creator = function(tag) return PlaceTag { tag = tag,
    weight = 1 } end }),
  words = am.association_proxy("place_tags", "word"),
  made = 0,
  check_name = am.validates("name", function(_, _, value)
    if value == "" then error "a place has a name" end
    return (value:gsub("(%a)(%a*)", function(a, b) return a:upper() .. b end))
  end),
  check_tags = am.validates("place_tags", function(_, key, value, is_remove)
    say("validate", key, value.tag.word, is_remove)
    return value
  end, { include_removes = true }),
  loaded = am.reconstructor(function(self) self.made = 1 end),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  p.error(function() Place { name = "" } end)
  local pl = Place { name = "north end", spot = Point(1, 2), facts = { people = 3 } }
  say(pl.name, pl.x, pl.y, pl.made, pl.visits)
  pl.tags:append(Tag { word = "cold" })
  pl.tags:append(Tag { word = "far" })
  say(p.map(pl.tags, function(t) return t.word end), pl.words, #pl.tags)
  s:add(pl)
  s:commit()
  step "reload"
  s:expunge_all()
  pl = s:scalars(select(Place)):one()
  say(pl.made, pl.spot.x, pl.spot == Point(1, 2), pl.facts, pl.visits)
  step "mutation"
  pl.facts.people = 4
  pl.facts:setdefault("river", "Ouse")
  pl.visits:append "Ann"
  pl.visits:extend { "Bob", "Cy" }
  say(s.dirty:contains(pl))
  s:commit()
  say(pl.facts, pl.visits)
  pl.facts:pop "river"
  pl.visits:remove "Bob"
  pl.facts:update { zone = 1 }
  s:commit()
  say(p.sorted(pl.facts:keys()), pl.visits)
  step "composite"
  pl.spot = Point(5, 6)
  say(pl.x, am.inspect(pl).attrs.y.history)
  s:commit()
  say(s:scalars(select(Place.name):where(Place.spot:eq(Point(5, 6)))):all())
  say(s:scalars(select(Place.name):where(Place.spot:ne(Point(5, 6)))):all())
  say(s:execute(select(Place.spot)):first()[1] == Point(5, 6))
  pl.spot = nil
  say(pl.x, pl.y)
  s:commit()
  say(pl.spot == Point(nil, nil))
  step "proxies"
  say(s:scalars(select(Place.name):where(Place.tags:any { word = "cold" })):all())
  say(s:scalars(select(Place.name):where(Place.tags:any(Tag.word:like "f%"))):all())
  say(s:scalars(select(PlaceTag.weight):where(PlaceTag.word:eq "far")):all())
  say(p.map(pl.tags, function(t) return t.word end))
  pl.tags:remove(pl.tags[1])
  s:commit()
  say(pl.words, p.map(pl.place_tags, function(pt) return pt.weight end))
  pl.place_tags[1].word = "near"
  s:commit()
  say(s:scalars(select(Tag.word):order_by(Tag.id)):all())
end)
p.sql()
