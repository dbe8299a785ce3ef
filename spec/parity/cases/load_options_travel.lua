-- Options that stay with an object: for lazy loads, refreshes, expired and deferred columns, and those that do not.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local Artist = Base:model("Artist", {
  __tablename__ = "artists",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  bio = am.deferred(am.Column(am.String(30)), { group = "long" }),
  story = am.deferred(am.Column(am.String(30)), { group = "long" }),
  albums = am.relationship("Album", { back_populates = "artist", order_by = "Album.id" }),
})

local Album = Base:model("Album", {
  __tablename__ = "albums",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  cover = am.Column(am.String(30)),
  artist_id = am.Column(am.ForeignKey("artists.id")),
  artist = am.relationship(Artist, { back_populates = "albums" }),
  songs = am.relationship("Song", { back_populates = "album", order_by = "Song.id" }),
})

local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  album_id = am.Column(am.ForeignKey("albums.id")),
  album = am.relationship(Album, { back_populates = "songs" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(
    Artist{
      id = 1, name = "ann", bio = "b", story = "s",
      albums = {
        Album{
          id = 1, title = "a1", cover = "c1", songs = { Song{ id = 1, name = "s1" }, Song{ id = 2, name = "s2" } }
        },
        Album{ id = 2, title = "a2", cover = "c2", songs = { Song{ id = 3, name = "s3" } } }
      }
    }
  )
  s:add(Artist{ id = 2, name = "bob" })
  s:commit()
end)
parity.forget()

local function artist(s, ...)
  return s:scalars(am.select(Artist):where(Artist.id:eq(1)):options(...)):unique():one()
end

local function touch(ann)
  for _, album in ipairs(ann.albums) do
    say(album.title, map(album.songs, function(song) return song.name end))
  end
end
for _, each in ipairs({
  { "lazy then joined", am.lazyload(Artist.albums):joinedload(Album.songs) },
  { "lazy then selectin", am.lazyload(Artist.albums):selectinload(Album.songs) },
  { "lazy then subquery", am.lazyload(Artist.albums):subqueryload(Album.songs) },
  { "default then immediate", am.defaultload(Artist.albums):immediateload(Album.songs) },
  { "selectin then lazy with columns", am.selectinload(Artist.albums):lazyload(Album.songs):load_only(Song.id) },
  { "default with deferred columns", am.defaultload(Artist.albums):defer(Album.cover) },
  { "joined then nothing", am.joinedload(Artist.albums):noload(Album.songs) }
}) do
  local title, option = unpack(each)
  step(title)
  am.Session(e, function(s)
    local ann = artist(s, option)
    step "touched"
    touch(ann)
    step "expired"
    s:expire(ann)
    touch(ann)
    step "refreshed"
    s:refresh(ann)
    touch(ann)
  end)
end
step "undeferred columns and expire"
am.Session(e, function(s)
  local ann = artist(s, am.undefer(Artist.bio))
  say(parity.sorted(am.inspect(ann).unloaded))
  s:expire(ann)
  say(ann.name, parity.sorted(am.inspect(ann).unloaded))
  s:refresh(ann)
  say(parity.sorted(am.inspect(ann).unloaded))
  say(ann.story)
end)
step "a group"
am.Session(e, function(s)
  local ann = artist(s)
  say(ann.bio, parity.sorted(am.inspect(ann).unloaded))
end)
am.Session(e, function(s)
  local ann = artist(s, am.undefer_group("long"))
  say(ann.bio, ann.story)
end)
step "load_only and expire"
am.Session(e, function(s)
  local ann = artist(s, am.load_only(Artist.id))
  say(parity.sorted(am.inspect(ann).unloaded), ann.name)
  s:expire(ann)
  say(ann.id, parity.sorted(am.inspect(ann).unloaded))
end)
step "the second query has other options"
am.Session(e, function(s)
  local ann = artist(s, am.lazyload(Artist.albums):joinedload(Album.songs))
  artist(s, am.lazyload(Artist.albums):defer(Album.cover))
  touch(ann)
  say(parity.sorted(am.inspect(ann.albums[1]).unloaded))
end)
step "eager options on an object that is there"
am.Session(e, function(s)
  local ann = artist(s)
  artist(s, am.selectinload(Artist.albums))
  step "loaded by the second"
  say(am.inspect(ann).unloaded:contains("albums"))
  touch(ann)
  artist(s, am.selectinload(Artist.albums):selectinload(Album.songs))
end)
step "commit"
am.Session(e, function(s)
  local ann = artist(s, am.joinedload(Artist.albums):joinedload(Album.songs))
  s:commit()
  step "after it"
  touch(ann)
end)
am.Session(e, { expire_on_commit = false }, function(s)
  local ann = artist(s, am.joinedload(Artist.albums):joinedload(Album.songs))
  s:commit()
  touch(ann)
end)
step "get with options, then lazy"
am.Session(e, function(s)
  local ann = s:get(Artist, 1, { options = { am.lazyload(Artist.albums):joinedload(Album.songs) } })
  touch(ann)
  say(s:get(Artist, 1, { options = { am.selectinload(Artist.albums) } }) == ann)
end)
step "options() of many at one level"
am.Session(e, function(s)
  local ann = artist(
    s, am.defaultload(Artist.albums):options(am.load_only(Album.title), am.joinedload(Album.songs)), am.undefer("*")
  )
  say(parity.sorted(am.inspect(ann).unloaded))
  touch(ann)
  say(parity.sorted(am.inspect(ann.albums[1]).unloaded))
end)
step "detached objects keep theirs"
local ann
am.Session(e, function(s)
  ann = artist(s, am.lazyload(Artist.albums):joinedload(Album.songs))
end)
am.Session(e, function(s)
  s:add(ann)
  touch(ann)
end)
step "end"
