-- Columns that are loaded late or not at all, composites, proxies to attributes of others, and ordered lists.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, inspect, func = p.say, p.step, am.select, am.inspect, am.func
local Column, Integer, String, Text, ForeignKey = am.Column, am.Integer, am.String, am.Text, am.ForeignKey
local relationship, deferred, association_proxy = am.relationship, am.deferred, am.association_proxy

local function pk() return Column(Integer, { primary_key = true }) end
local Base = am.declarative_base()
local Point = setmetatable({}, {
  __call = function(cls, x, y) return setmetatable({ x = x, y = y }, cls) end,
})
Point.__index = Point
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
function Point:__composite_values__() return self.x, self.y end

local Mark, Fact
local Film = Base:model("Film", {
  __tablename__ = "films",
  id = pk(),
  title = Column(String),
  plot = deferred(Column(Text)),
  poster = deferred(Column(Text), { group = "art" }),
  still = deferred(Column(Text), { group = "art" }),
  secret = deferred(Column(Text), { raiseload = true }),
  score = am.query_expression(),
  scenes = relationship("Scene", { order_by = "Scene.position",
    collection_class = am.ordering_list("position", { count_from = 1 }) }),
  marks = relationship("Mark", { back_populates = "film", cascade = "all, delete-orphan", order_by = "Mark.id" }),
  words = association_proxy("marks", "word", { creator = function(w) return Mark{ word = w } end }),
  by_key = relationship("Fact", { collection_class = am.attribute_keyed_dict("key"),
    cascade = "all, delete-orphan" }),
  facts = association_proxy("by_key", "value", { creator = function(k, v) return Fact{ key = k, value = v } end }),
  prefs = Column(am.MutableDict.as_mutable(am.JSON)),
  tags = Column(am.MutableList.as_mutable(am.JSON)),
  lang = am.index_property("prefs", "lang", { default = am.null }),
})
local Scene = Base:model("Scene", {
  __tablename__ = "scenes",
  id = pk(),
  film_id = Column(ForeignKey("films.id")),
  position = Column(Integer),
  name = Column(String),
})
Mark = Base:model("Mark", {
  __tablename__ = "marks",
  id = pk(),
  film_id = Column(ForeignKey("films.id")),
  word = Column(String),
  film = relationship("Film", { back_populates = "marks" }),
  film_title = association_proxy("film", "title"),
})
Fact = Base:model("Fact", {
  __tablename__ = "facts",
  id = pk(),
  film_id = Column(ForeignKey("films.id")),
  key = Column(String),
  value = Column(String),
})
local id, x1, y1, x2, y2 = pk(), Column(Integer), Column(Integer), Column(Integer), Column(Integer)
local Line = Base:model("Line", {
  __tablename__ = "lines",
  id = id,
  x1 = x1, y1 = y1, x2 = x2, y2 = y2,
  start = am.composite(Point, x1, y1),
  stop = am.composite(Point, x2, y2),
})
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
session:add(Film{ id = 1, title = "t", plot = "p", poster = "a", still = "b", secret = "s", prefs = { lang = "en" },
  tags = { "x" } })
session:commit()
p.forget()
step "load_only, defer, undefer"
local function load(...)
  session:expunge_all()
  return session:scalars(select(Film):options(...)):one()
end
local f = load(am.load_only(Film.title))
say(p.sorted(inspect(f).unloaded))
say(f.title, f.tags, f.prefs)
f = load(am.defer(Film.title), am.undefer(Film.plot))
say(f.plot, f.title)
f = load(am.undefer_group("art"))
say(f.poster, f.still)
f = load()
say(f.poster, inspect(f).unloaded:contains("still"))
p.error(function() return f.secret end)
f = load(am.undefer("*"))
say(f.secret)
f = load(am.load_only(Film.title, { raiseload = true }))
p.error(function() return f.prefs end)
f = load(am.defer(Film.title, { raiseload = true }))
p.error(function() return f.title end)
f = load(am.with_expression(Film.score, func.length(Film.title) + 1))
say(f.score)
say(load().score)
local b = am.Bundle("b", Film.id, Film.title)
for row in session:execute(select(b, Film.id):where(b.c.title:eq("t"))) do say(row.b.title, row.b.id, row.id) end

step "composites"
local line = Line{ id = 1, start = Point(1, 2), stop = Point(3, 4) }
say(line.x1, line.y2)
session:add(line)
session:commit()
say(line.start.x, line.stop == Point(3, 4))
line.stop = Point(5, 6)
session:commit()
say(line.x2, line.stop.y)
say(select(Line.id):where(Line.start:eq(Point(1, 2))), select(Line.start):where(Line.stop:ne(Point(0, 0))))
say(p.map(session:execute(select(Line.start)), function(r) return r[1].y end),
  session:scalars(select(Line.id):filter_by{ start = Point(1, 2) }):all())
session:execute(am.update(Line):values{ [Line.start] = Point(8, 9) })
say(line.start.x)
line.start = nil
session:commit()
say(line.x1, line.start.x)

step "proxies"
local function same(x) return x end
local function items(map)
  local out = {}
  for k, v in map:items() do out[k] = v end
  return out
end
f = session:get(Film, 1)
f.words:append("good")
f.words:extend{ "long", "loud" }
say(p.map(f.words, same), p.map(f.marks, function(m) return m.word end), #f.words, f.words:contains("long"))
session:commit()
f.words:remove("long")
f.words[1] = "great"
session:commit()
say(p.map(f.words, same), session:scalars(select(Mark.word):order_by(Mark.id)):all())
f.words = { "new", "loud" }
session:commit()
say(p.sorted(f.words), f.marks[1].film_title)
say(select(Film.id):where(Film.words:contains("new")), select(Mark.id):where(Mark.film_title:eq("t")))
say(select(Film.id):where(Film.words:eq("new")), select(Mark.id):where(Mark.film_title:like("t%")))
f.facts["year"] = "1999"
f.facts:update{ place = "sea" }
session:commit()
say(items(f.facts), f.by_key["year"].value, f.facts:get("none"))
f.facts["year"] = "2000"
f.facts["place"] = nil
session:commit()
say(items(f.facts), session:scalars(select(Fact.value)):all())
local orphan = Mark()
say(orphan.film_title)

step "ordered lists"
local function scenes() return p.map(f.scenes, function(s) return { s.name, s.position } end) end
f.scenes:append(Scene{ name = "a" })
f.scenes:append(Scene{ name = "b" })
f.scenes:insert(2, Scene{ name = "c" })
say(scenes())
session:commit()
local s = f.scenes:pop(1)
say(s.position, scenes())
f.scenes:append(s)
session:commit()
say(scenes())
f.scenes:remove(f.scenes[2])
f.scenes:reorder()
say(scenes())
session:rollback()

step "mutable and indexed values"
f.prefs["size"] = 3
say(session.dirty:contains(f), f.lang)
session:commit()
say(f.prefs["size"])
f.prefs:pop("size")
f.prefs:setdefault("new", 1)
f.prefs:update{ z = 2 }
session:commit()
say(items(f.prefs))
f.lang = "de"
session:commit()
say(f.prefs["lang"])
f.tags:append("y")
f.tags:insert(1, "w")
session:commit()
f.tags[1] = "v"
f.tags:remove("x")
session:commit()
say(f.tags)
session:close()
p.sql()
