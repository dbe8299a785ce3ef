-- Objects outside their session: what is still there, what raises, how merge and add bring them back.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list, sorted = parity.say, parity.step, parity.map, parity.list, parity.sorted

local Base = am.declarative_base()

local Album = Base:model("Album", {
  __tablename__ = "albums",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  cover = am.deferred(am.Column(am.String(30))),
  songs = am.relationship("Song", { back_populates = "album", order_by = "Song.id", cascade = "all, delete-orphan" }),
})

local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  album_id = am.Column(am.ForeignKey("albums.id")),
  album = am.relationship("Album", { back_populates = "songs" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Album{ id = 1, title = "one", cover = "c1", songs = { Song{ id = 1, name = "s1" }, Song{ id = 2, name = "s2" } } },
    Album{ id = 2, title = "two", cover = "c2" }
  }
  s:commit()
end)
parity.forget()

local function states(o)
  local i = am.inspect(o)
  return list(i.transient, i.pending, i.persistent, i.deleted, i.detached)
end

step "closed"
local o = am.Session(e)
local album = o:scalars(am.select(Album):options(am.selectinload(Album.songs)):where(Album.id:eq(1))):one()
local bare = o:get(Album, 2)
o:close()
say(states(album), am.object_session(album), album.title, map(album.songs, function(x) return x.name end))
parity.error(function() return album.songs[1].album end)
parity.error(function() return album.cover end)
parity.error(function() return bare.songs end)
say(bare.title, sorted(am.inspect(bare).unloaded))
step "expired and detached"
o = am.Session(e)
local gone = o:get(Album, 1)
o:commit()
o:expunge(gone)
parity.error(function() return gone.title end)
say(am.inspect(gone).identity)
o:close()
step "changed while detached and added again"
album.title = "changed"
album.songs:append(Song{ id = 3, name = "s3" })
album.songs[1].name = "s1!"
am.Session(e, function(s)
  s:add(album)
  say(states(album), #s.new, #s.dirty)
  s:flush()
  say(map(album.songs, function(x) return x.id end))
  s:rollback()
  say(album.title, map(album.songs, function(x) return x.id end))
end)
step "merge"
o = am.Session(e)
local loaded = o
  :scalars(am.select(Album):options(am.joinedload(Album.songs)):where(Album.id:eq(1)))
  :unique()
  :one()
o:close()
loaded.title = "merged"
loaded.songs[2].name = "s2!"
am.Session(e, function(s)
  local copy = s:merge(loaded)
  say(
    copy == loaded,
    states(copy),
    states(loaded),
    copy.title,
    map(copy.songs, function(x) return x.name end),
    #s.dirty
  )
  s:flush()
  s:rollback()
end)
step "merge with options"
am.Session(e, function(s)
  local copy = s:merge(Album{ id = 1, title = "via options" }, { options = { am.selectinload(Album.songs) } })
  say(sorted(am.inspect(copy).unloaded), copy.title, am.inspect(copy).attrs.title.history)
  s:rollback()
end)
step "merge without loading"
o = am.Session(e)
local clean = o:get(Album, 1)
say(#clean.songs)
o:close()
am.Session(e, function(s)
  local copy = s:merge(clean, { load = false })
  say(
    copy == clean,
    map(copy.songs, function(x) return x.name end),
    am.inspect(copy).modified,
    #s.identity_map:keys()
  )
  local dirty = Album{ id = 1, title = "x" }
  parity.error(function() return s:merge(dirty, { load = false }) end)
end)
step "merge of a new one and of one that is gone"
am.Session(e, function(s)
  local made = s:merge(Album{ id = 50, title = "fresh", songs = { Song{ id = 50, name = "f" } } })
  say(states(made), states(made.songs[1]))
  s:flush()
  say(s:merge(made) == made)
  s:rollback()
  say(states(made))
end)
step "two sessions"
local a, b = am.Session(e), am.Session(e)
local mine = a:get(Album, 1)
parity.error(function() return b:add(mine) end)
parity.error(function() return b:delete(Album{ id = 1 }) end)
local theirs = b:merge(mine)
say(theirs == mine, am.object_session(theirs) == b)
a:close()
b:close()
step "make_transient"
am.Session(e, function(s)
  local loose = s:get(Album, 2)
  am.make_transient(loose)
  say(states(loose), am.inspect(loose).identity, loose.title)
  loose.id = 60
  s:add(loose)
  s:flush()
  say(states(loose))
  s:rollback()
end)
local ghost = Album{ id = 1 }
am.make_transient_to_detached(ghost)
say(states(ghost))
am.Session(e, function(s)
  s:add(ghost)
  say(ghost.title)
  say(map(ghost.songs, function(x) return x.name end))
end)
step "end"
