-- Association proxies: lists, sets, dicts, scalars, chains of two, custom creators, conditions on the class.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local Seat, Player, Genre, Fact, Town, Nation
local function id() return am.Column(am.Integer, { primary_key = true }) end

local Band = Base:model("Band", {
  __tablename__ = "band",
  id = id(),
  name = am.Column(am.String(20)),
  seats = am.relationship("Seat", { order_by = "Seat.pos", back_populates = "band", cascade = "all, delete-orphan" }),
  players = am.association_proxy("seats", "player"),
  player_names = am.association_proxy("seats", "player_name"),
  roles = am.association_proxy("seats", "role", { creator = function(r) return Seat { role = r, pos = 0 } end }),
  genres_ = am.relationship("Genre", { collection_class = "set", secondary = "band_genre" }),
  genres = am.association_proxy("genres_", "word", { creator = function(w) return Genre { word = w } end }),
  facts_ = am.relationship("Fact", { collection_class = am.attribute_keyed_dict "key", cascade = "all, delete-orphan",
    order_by = "Fact.id" }),
  facts = am.association_proxy("facts_", "value", {
    creator = function(k, v) return Fact { key = k, value = v } end }),
  home_id = am.Column(am.ForeignKey("town.id")),
  home = am.relationship("Town"),
  town = am.association_proxy("home", "name", { creator = function(n) return Town { name = n } end }),
  quick = am.association_proxy("home", "name", { create_on_none_assignment = true,
    creator = function(n) return Town { name = n } end }),
  country = am.association_proxy("home", "country_name"),
})
Seat = Base:model("Seat", {
  __tablename__ = "seat",
  band_id = am.Column(am.ForeignKey("band.id"), { primary_key = true }),
  player_id = am.Column(am.ForeignKey("player.id"), { primary_key = true }),
  role = am.Column(am.String(10)),
  pos = am.Column(am.Integer, { default = 1 }),
  band = am.relationship("Band", { back_populates = "seats" }),
  player = am.relationship("Player", { back_populates = "seats" }),
  player_name = am.association_proxy("player", "name"),
  band_name = am.association_proxy("band", "name"),
})
Player = Base:model("Player", {
  __tablename__ = "player",
  id = id(),
  name = am.Column(am.String(20)),
  seats = am.relationship("Seat", { back_populates = "player", order_by = "Seat.band_id" }),
  bands = am.association_proxy("seats", "band", { creator = function(b) return Seat { band = b } end }),
  band_names = am.association_proxy("seats", "band_name"),
})
Genre = Base:model("Genre", { __tablename__ = "genre", id = id(), word = am.Column(am.String(20)) })
Base:model("BandGenre", {
  __tablename__ = "band_genre",
  band_id = am.Column(am.ForeignKey("band.id"), { primary_key = true }),
  genre_id = am.Column(am.ForeignKey("genre.id"), { primary_key = true }),
})
Fact = Base:model("Fact", {
  __tablename__ = "fact",
  id = id(),
  band_id = am.Column(am.ForeignKey("band.id")),
  key = am.Column(am.String(10)),
  value = am.Column(am.String(20)),
})
Town = Base:model("Town", {
  __tablename__ = "town",
  id = id(),
  name = am.Column(am.String(20)),
  nation_id = am.Column(am.ForeignKey("nation.id")),
  nation = am.relationship("Nation"),
  country_name = am.association_proxy("nation", "name", { creator = function(n) return Nation { name = n } end }),
})
Nation = Base:model("Nation", { __tablename__ = "nation", id = id(), name = am.Column(am.String(20)) })

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e, { autoflush = false })
local function name_of(o) return o.name end
step "lists"
local ann, bob, cid = Player { name = "ann" }, Player { name = "bob" }, Player { name = "cid" }
local b = Band { name = "B" }
b.players:append(ann)
b.players:extend { bob }
b.players:insert(2, cid)
say(p.map(b.players, name_of), p.map(b.seats, function(x) return x.player.name end), b.player_names:to_list(),
  #b.players)
say(b.players:contains(cid), ann.bands[1] == b and #ann.bands == 1, ann.band_names:to_list())
b.players:remove(cid)
say(#b.seats, cid.bands, b.players:count(ann), b.players:index(bob) >= 0)
b.players:set(2, cid)
say(p.map(b.players, name_of), p.collect({ ann, bob, cid }, function(x) return #x.bands > 0 and x.name or nil end))
b.seats[1].role, b.seats[2].role = "lead", "bass"
say(b.roles:to_list())
b.roles:set(2, "drums")
say(b.seats[2].role, b.roles:pop(), #b.seats)
while #b.seats > 1 do b.seats:pop() end
for i, x in ipairs(b.seats) do x.pos = i - 1 end
step "sets"
b.genres:add("rock")
b.genres:update { "pop", "rock" }
b.genres:update { "jazz" }
say(p.sorted(b.genres), b.genres:contains("pop"), #b.genres_, b.genres:contains("ska"))
b.genres:discard("nothing")
b.genres:remove("pop")
p.refused(function() b.genres:remove("pop") end)
b.genres:discard("rock")
b.genres = { "jazz" }
say(p.sorted(b.genres), p.sorted(p.map(b.genres_, function(g) return g.word end)), p.sorted(b.genres:union { "x" }),
  p.sorted(b.genres:intersection { "jazz", "folk" }), b.genres:issubset { "jazz" } and #b.genres == 1)
step "dicts"
b.facts.born = "1999"
b.facts:update { city = "Rome" }
say(b.facts, b.facts_.city.value, p.sorted(b.facts:keys()), p.sorted(b.facts:values()), b.facts:len(),
  b.facts:contains("city"))
local city = b.facts_.city
b.facts.city = "Oslo"
say(city.value, city == b.facts_.city, b.facts:get("no"), b.facts:setdefault("city", "x"), b.facts:pop("born"))
b.facts = { city = "Bari", fans = "12" }
say(b.facts, city == b.facts_.city, city.value)
step "scalars"
say(b.town, b.country)
b.town = nil
say(b.home)
b.quick = nil
say(b.home ~= nil and b.home.name)
b.town = "Pisa"
say(b.home.name, b.country)
b.country = "Italy"
say(b.home.nation.name, b.country)
step "flush"
s:add(b)
s:flush()
p.sql()
step "load"
s:commit()
s:expunge_all()
p.forget()
b = s:scalars(select(Band)):one()
say(p.map(b.players, name_of), b.player_names:to_list(), p.sorted(b.genres), b.facts, b.town, b.country)
b.facts.fans = "13"
b.facts.city = nil
b.genres:clear()
s:flush()
p.sql()
step "conditions"
local function run(c)
  say(p.map(s:scalars(select(Band):where(c):order_by(Band.id)), name_of))
  p.sql()
end
run(Band.players:contains(s:get(Player, 1)))
run(Band.players:any { name = "ann" })
p.error(function() return Band.player_names:eq("ann") end)
run(Band.seats:any(Seat.player_name:like("a%")))
p.error(function() return Band.genres:any { word = "jazz" } end)
run(Band.genres:eq("jazz"))
run(am.not_(Band.genres:contains("jazz")))
run(Band.facts:eq("13"))
run(Band.facts_:any(Fact.key:eq("fans")))
run(Band.town:eq("Pisa"))
run(Band.town:ne("Pisa"))
run(Band.town:eq(nil))
run(Band.country:eq("Italy"))
run(Band.home:has(Town.country_name:eq("Italy")))
p.error(function() return Band.players:eq(ann) end)
p.error(function() return Band.players:has { name = "x" } end)
p.error(function() return Band.town:any(Town.name:eq("x")) end)
s:close()
