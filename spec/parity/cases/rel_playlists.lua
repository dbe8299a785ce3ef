-- A music library: ordering_list, and large collections that are dynamic or write_only.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func

local Base = am.declarative_base()
local Playlist = Base:model("Playlist", {
  __tablename__ = "playlists",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  songs = am.relationship("Song", { order_by = "Song.position", cascade = "all, delete-orphan",
    back_populates = "playlist", collection_class = am.ordering_list("position", { count_from = 1 }) }),
  plays = am.relationship("Play", { lazy = "dynamic", order_by = "Play.id", backref = "playlist" }),
  ratings = am.relationship("Rating",
    { lazy = "write_only", order_by = "Rating.id", cascade = "all, delete-orphan", passive_deletes = true }),
})
local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = am.Column(am.Integer, { primary_key = true }),
  playlist_id = am.Column(am.ForeignKey("playlists.id")),
  position = am.Column(am.Integer),
  title = am.Column(am.String(50)),
  playlist = am.relationship("Playlist", { back_populates = "songs" }),
})
local Play = Base:model("Play", {
  __tablename__ = "plays",
  id = am.Column(am.Integer, { primary_key = true }),
  playlist_id = am.Column(am.ForeignKey("playlists.id")),
  seconds = am.Column(am.Integer),
})
local Rating = Base:model("Rating", {
  __tablename__ = "ratings",
  id = am.Column(am.Integer, { primary_key = true }),
  playlist_id = am.Column(am.ForeignKey("playlists.id", { ondelete = "CASCADE" })),
  stars = am.Column(am.Integer),
})

local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(dbapi) dbapi:execute("PRAGMA foreign_keys=ON") end)
end
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local mix
local function order() return p.map(mix.songs, function(s) return { s.position, s.title } end) end
local function ids(items) return p.map(items, function(x) return x.id end) end
step "ordering list"
mix = Playlist{ name = "mix" }
mix.songs:append(Song{ title = "a" })
mix.songs:append(Song{ title = "b" })
mix.songs:extend{ Song{ title = "c" }, Song{ title = "d" } }
mix.songs:insert(2, Song{ title = "x" })
say(order())
session:add(mix)
session:commit()
say(order())
step "reorder"
mix.songs:remove(mix.songs[1])
local last = mix.songs:pop()
say(order(), last.position, last.playlist)
mix.songs:insert(1, mix.songs:pop(2))
say(order())
mix.songs[3] = Song{ title = "y" }
session:commit()
say(order())
mix.songs = { Song{ title = "n" }, Song{ title = "m" } }
session:flush()
say(order())
mix.songs:insert(1, mix.songs:pop())
mix.songs:reorder()
session:commit()
say(order())
step "dynamic"
mix.plays:append(Play{ id = 1, seconds = 10 })
mix.plays:extend{ Play{ id = 2, seconds = 200 }, Play{ id = 3, seconds = 300 } }
session:commit()
say(mix.plays:count(), ids(mix.plays), mix.plays:filter(Play.seconds:gt(100)):first().id)
say(ids(mix.plays:order_by(nil):order_by(Play.seconds:desc()):limit(2)))
say(mix.plays:filter_by{ seconds = 300 }:one().playlist == mix)
mix.plays:remove(session:get(Play, 1))
say(ids(mix.plays), session:get(Play, 1).playlist_id)
session:commit()
step "write only"
mix.ratings:add(Rating{ id = 1, stars = 5 })
mix.ratings:add_all{ Rating{ id = 2, stars = 1 }, Rating{ id = 3, stars = 3 } }
session:commit()
say(session:scalars(mix.ratings:select():where(Rating.stars:gt(2))):all()[1].id)
say(session:scalars(mix.ratings:select():with_only_columns(Rating.stars)):all())
session:execute(mix.ratings:insert(), { { id = 4, stars = 2 }, { id = 5, stars = 4 } })
session:execute(mix.ratings:update():values{ stars = Rating.stars + 1 }:where(Rating.stars:lt(3)))
session:execute(mix.ratings:delete():where(Rating.stars:eq(4)))
mix.ratings:remove(session:get(Rating, 1))
session:commit()
say(session:execute(select(Rating.id, Rating.stars):order_by(Rating.id)):all())
p.refused(function() for _ in ipairs(mix.ratings) do end end)
p.refused(function() return #mix.ratings end)
step "delete"
session:delete(mix)
session:commit()
say(p.map({ Song, Play, Rating }, function(c) return session:scalar(select(func.count()):select_from(c)) end))
say(session:scalars(select(Play.playlist_id)):all())
p.sql()
