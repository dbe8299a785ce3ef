-- Options of relationships, second half: passive deletes, single_parent, post_update, viewonly, overlaps.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect = am.select, am.func, am.inspect

local Base = am.declarative_base()
local song_genres

local Album = Base:model("Album", {
  __tablename__ = "albums",
  code = Column(String(5), { primary_key = true }),
  cover_id = Column(ForeignKey("songs.id", { use_alter = true, name = "fk_cover" })),
  parent_code = Column(ForeignKey("albums.code", { onupdate = "CASCADE" })),
  songs = relationship("Song", { foreign_keys = "Song.album_code", back_populates = "album",
    cascade = "all, delete-orphan",
    passive_deletes = true, passive_updates = false, order_by = "Song.id", info = { ui = "list" } }),
  cover = relationship("Song", { foreign_keys = "Album.cover_id", post_update = true }),
  label = relationship("Label", { uselist = false, cascade = "save-update, merge", back_populates = "album",
    passive_deletes = "all" }),
  discs = relationship("Album", { join_depth = 2, lazy = "joined", order_by = "Album.code" }),
  loud = relationship("Song", { primaryjoin = "and_(Album.code == Song.album_code, Song.volume > 5)", viewonly = true,
    sync_backref = false, order_by = "Song.id" }),
  by_title = relationship("Song", { foreign_keys = "Song.album_code",
    collection_class = am.attribute_keyed_dict("title"),
    overlaps = "songs,album", viewonly = true }),
})

local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  volume = Column(Integer, { default = 1 }),
  album_code = Column(ForeignKey("albums.code", { ondelete = "CASCADE" }), { nullable = false }),
  album = relationship(Album, { foreign_keys = "Song.album_code", back_populates = "songs", lazy = "joined",
    innerjoin = true }),
  genres = relationship("Genre", { secondary = function() return song_genres end, collection_class = "set",
    backref = "songs", passive_deletes = true }),
})

local Label = Base:model("Label", {
  __tablename__ = "labels",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(9)),
  album_code = Column(ForeignKey("albums.code")),
  album = relationship(Album, { back_populates = "label", single_parent = true, cascade = "save-update, merge" }),
})

local Genre = Base:model("Genre", {
  __tablename__ = "genres",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(9)),
})

song_genres = am.Table("song_genres", Base.metadata,
  Column("song_id", ForeignKey("songs.id", { ondelete = "CASCADE" }), { primary_key = true }),
  Column("genre_id", ForeignKey("genres.id"), { primary_key = true }))
local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("pragma foreign_keys = on") end)
end
Base.metadata:create_all(e)
p.forget()
am.configure_mappers()
for _, r in ipairs(inspect(Album).relationships) do
  say(r.key, r.passive_deletes, r.passive_updates, r.single_parent, r.viewonly, r.post_update, r.lazy, r.innerjoin,
    r.join_depth, r.info, r.direction.name, r.uselist)
end
local session = am.Session(e)
local function titles(items) return map(items, function(x) return x.title end) end
local function codes(items) return map(items, function(x) return x.code end) end
local function keys(items)
  local out = {}
  for k in items:items() do out[#out + 1] = k end
  return p.sorted(out)
end
step "post update"
local a = Album{ code = "a1" }
session:add(a)
session:flush()
a.label = Label{ text = "blue" }
session:flush()
a.songs = { Song{ title = "x" }, Song{ title = "y", volume = 9 }, Song{ title = "z", volume = 6 } }
session:flush()
a.cover = a.songs[2]
session:flush()
a.discs = { Album{ code = "a2" }, Album{ code = "a3" } }
session:add(a)
session:flush()
sql()
a.cover = a.songs[3]
session:commit()
step "views"
say(titles(a.loud), keys(a.by_title), a.by_title.y.volume, codes(a.discs))
a.loud:pop()
a.by_title.w = Song{ title = "w" }
session:commit()
say(#a.loud, a.by_title:contains("w"))
step "inner join"
session:expunge_all()
local song = session:scalars(select(Song):where(Song.title:eq("x"))):unique():one()
say(song.album.code, codes(song.album.discs))
step "sets"
local rock, folk = Genre{ name = "rock" }, Genre{ name = "folk" }
song.genres = { rock }
session:flush()
song.genres:add(folk)
song.genres:add(rock)
say(#song.genres, p.sorted(map(song.genres, function(g) return g.name end)), song.genres:contains(rock))
session:flush()
song.genres:discard(folk)
say(inspect(song).attrs.genres.history.deleted[1].name, folk.songs)
session:commit()
say(map(song.genres, function(g) return g.name end), titles(rock.songs))
step "a key changes"
a = song.album
a.cover = nil
session:flush()
local label = a.label
session:delete(label)
session:flush()
a.discs = {}
session:flush()
p.forget()
if not p.is_postgresql then
  session:connection():exec_driver_sql("pragma defer_foreign_keys = on")
  a.code = "b1"
  session:flush()
  say(session:execute(select(Song.title, Song.album_code):order_by(Song.id)):all())
else
  a.code = "b1"
  p.error(function() session:flush() end)
end
session:rollback()
step "deletes leave work to the database"
say(a.code, #a.songs)
session:expire(a, { "songs" })
session:delete(session:get(Album, "a1"))
p.error(function() session:flush() end)
session:rollback()
session:delete(a.label)
a.cover = nil
session:flush()
p.forget()
a.discs = {}
session:flush()
session:expire_all()
session:delete(a)
session:commit()
say(session:scalar(select(func.count(Song.id))), session:scalar(select(func.count(Label.id))),
  session:execute(select(song_genres)):all())
step "one parent"
local one, two = Album{ code = "p1" }, Album{ code = "p2" }
local tag = Label{ text = "t" }
one.label = tag
p.error(function() two.label = tag end)
say(one.label == tag, two.label, tag.album.code)
local other = Label{ text = "u" }
p.error(function() other.album = two end)
say(two.label, other.album)
p.error(function() Label{ text = "v" }.album = two end)
step "warnings and errors"
p.error(function() return relationship("Song", { passive_deletes = "all", cascade = "all, delete", lazy = "fast" }) end)
local function bad(options)
  local B = am.declarative_base()
  local parent = B:model("P", { __tablename__ = "p", id = Column(Integer, { primary_key = true }),
    c_id = Column(ForeignKey("c.id")), child = relationship("C", options) })
  B:model("C", { __tablename__ = "c", id = Column(Integer, { primary_key = true }) })
  local ok, err = pcall(function()
    am.configure_mappers()
    say(parent.child.property.direction.name)
  end)
  B.registry:dispose()
  if not ok then error(err, 0) end
end
p.error(function() bad{ cascade = "all, delete-orphan" } end)
p.error(function() bad{ cascade = "all, delete-orphan", single_parent = true } end)
p.error(function() bad{ back_populates = "nothing" } end)
p.error(function() bad{ passive_deletes = "all", cascade = "all, delete" } end)
p.error(function() bad{ remote_side = "P.c_id" } end)
p.error(function() bad{ foreign_keys = "P.id" } end)
p.refused(function() bad{ order_by = "C.nope" } end)
p.error(function() bad{ viewonly = true, cascade = "save-update" } end)
sql()
