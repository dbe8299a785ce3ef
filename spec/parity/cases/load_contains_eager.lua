-- contains_eager: joins of one's own that fill relationships, aliased, chained, filtered, from subqueries and text.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list, sorted
  = parity.say, parity.step, parity.map, parity.map_rows, parity.list, parity.sorted

local Base = am.declarative_base()

local Artist = Base:model("Artist", {
  __tablename__ = "artists",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  albums = am.relationship("Album", { back_populates = "artist", order_by = "Album.id" }),
})

local Album = Base:model("Album", {
  __tablename__ = "albums",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  year = am.Column(am.Integer),
  artist_id = am.Column(am.ForeignKey("artists.id")),
  artist = am.relationship("Artist", { back_populates = "albums" }),
  tracks = am.relationship("Track", { back_populates = "album", order_by = "Track.id" }),
})

local Track = Base:model("Track", {
  __tablename__ = "tracks",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  length = am.Column(am.Integer),
  album_id = am.Column(am.ForeignKey("albums.id")),
  album = am.relationship("Album", { back_populates = "tracks" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Artist{
      id = 1,
      name = "ann",
      albums = {
        Album{
          id = 1,
          title = "first",
          year = 1999,
          tracks = { Track{ id = 1, name = "t1", length = 100 }, Track{ id = 2, name = "t2", length = 200 } }
        },
        Album{ id = 2, title = "second", year = 2005, tracks = { Track{ id = 3, name = "t3", length = 300 } } }
      }
    },
    Artist{ id = 2, name = "bob", albums = { Album{ id = 3, title = "third", year = 2005 } } },
    Artist{ id = 3, name = "cid" }
  }
  s:commit()
end)
parity.forget()

local function tree(artists)
  return map(artists, function(a)
    return list(
      a.name,
      map(a.albums, function(b)
        return list(
          b.title,
          not am.inspect(b).unloaded:contains("tracks") and map(b.tracks, function(t) return t.name end) or "?"
        )
      end)
    )
  end)
end

step "a filtered collection"
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :join(Artist.albums)
    :where(Album.year:eq(2005))
    :options(am.contains_eager(Artist.albums))
    :order_by(Artist.id, Album.id)
  local artists = s:scalars(stmt):unique():all()
  say(tree(artists))
  say(artists[1].albums[1].artist == artists[1])
  step "it stays until it expires"
  local again = s:scalars(am.select(Artist):options(am.selectinload(Artist.albums)):order_by(Artist.id)):all()
  say(tree(again))
  step "populate_existing"
  stmt = am.select(Artist)
    :options(am.selectinload(Artist.albums))
    :order_by(Artist.id)
    :execution_options{ populate_existing = true }
  say(tree(s:scalars(stmt)))
  step "and filtered once more"
  stmt = am.select(Artist)
    :join(Artist.albums)
    :where(Album.year:lt(2000))
    :options(am.contains_eager(Artist.albums))
    :execution_options{ populate_existing = true }
  say(tree(s:scalars(stmt):unique()))
  step "expired"
  s:expire(artists[1], { "albums" })
  say(tree(list(artists[1])))
end)
step "outer join"
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :outerjoin(Artist.albums)
    :options(am.contains_eager(Artist.albums))
    :order_by(Artist.id, Album.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "chained"
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :outerjoin(Artist.albums)
    :outerjoin(Album.tracks)
    :options(am.contains_eager(Artist.albums):contains_eager(Album.tracks))
    :order_by(Artist.id, Album.id, Track.id)
  say(tree(s:scalars(stmt):unique()))
end)
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :join(Artist.albums)
    :options(am.contains_eager(Artist.albums):selectinload(Album.tracks))
    :order_by(Artist.id, Album.id)
  say(tree(s:scalars(stmt):unique()))
end)
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :join(Artist.albums)
    :options(am.contains_eager(Artist.albums):joinedload(Album.tracks))
    :order_by(Artist.id, Album.id)
  say(tree(s:scalars(stmt):unique()))
end)
am.Session(e, function(s)
  local stmt = am.select(Artist)
    :join(Artist.albums)
    :options(am.contains_eager(Artist.albums):load_only(Album.title))
    :order_by(Artist.id, Album.id)
  say(
    map(s:scalars(stmt):unique(), function(a)
      return map(a.albums, function(b) return sorted(am.inspect(b).unloaded) end)
    end)
  )
end)
step "many to one"
am.Session(e, function(s)
  local stmt = am.select(Track)
    :join(Track.album)
    :join(Album.artist)
    :options(am.contains_eager(Track.album):contains_eager(Album.artist))
    :where(Artist.name:eq("ann"))
    :order_by(Track.id)
  say(map(s:scalars(stmt), function(t) return list(t.name, t.album.title, t.album.artist.name) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Track)
    :join(Track.album)
    :options(am.contains_eager(Track.album, Album.artist))
    :join(Album.artist)
    :order_by(Track.id:desc())
  say(map(s:scalars(stmt), function(t) return list(t.name, t.album.artist.name) end))
end)
step "aliased"
am.Session(e, function(s)
  local al = am.aliased(Album, { name = "al" })
  local stmt = am.select(Artist)
    :join(al, Artist.albums)
    :where(al.title:ne("first"))
    :options(am.contains_eager(Artist.albums:of_type(al)))
    :order_by(Artist.id, al.id)
  say(tree(s:scalars(stmt):unique()))
end)
am.Session(e, function(s)
  local al = am.aliased(Album, { name = "al" })
  local stmt = am.select(Artist)
    :join(Artist.albums:of_type(al))
    :options(am.contains_eager(Artist.albums, { alias = al }))
    :order_by(Artist.id, al.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "a subquery"
am.Session(e, function(s)
  local newest = am.select(Album)
    :where(Album.year:gt(2000))
    :order_by(Album.year:desc(), Album.id)
    :limit(2)
    :subquery("newest")
  local al = am.aliased(Album, newest)
  local stmt = am.select(Artist)
    :join(al, Artist.id:eq(al.artist_id))
    :options(am.contains_eager(Artist.albums:of_type(al)))
    :order_by(Artist.id, al.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "a cte"
am.Session(e, function(s)
  local long = am.select(Track.album_id, am.func.sum(Track.length):label("total"))
    :group_by(Track.album_id)
    :cte("long")
  local stmt = am.select(Album, long.c.total)
    :join(long, long.c.album_id:eq(Album.id))
    :join(Album.artist)
    :options(am.contains_eager(Album.artist))
    :order_by(Album.id)
  say(map_rows(s:execute(stmt), function(b, total) return list(b.title, total, b.artist.name) end))
end)
step "with limit"
am.Session(e, function(s)
  local stmt = am.select(Album)
    :join(Album.artist)
    :options(am.contains_eager(Album.artist), am.joinedload(Album.tracks))
    :order_by(Album.id:desc())
    :limit(2)
  say(map(s:scalars(stmt):unique(), function(b) return list(b.title, b.artist.name, #b.tracks) end))
end)
step "from_statement"
am.Session(e, function(s)
  local stmt = am.text(
    "SELECT artists.id AS aid, artists.name AS aname, albums.id AS bid, albums.title AS " ..
      "btitle, albums.year AS byear, albums.artist_id AS bartist FROM artists JOIN albums ON " ..
      "artists.id = albums.artist_id ORDER BY artists.id, albums.id"
  ):columns(Artist.id, Artist.name, Album.id, Album.title, Album.year, Album.artist_id)
  say(tree(s:scalars(am.select(Artist):from_statement(stmt):options(am.contains_eager(Artist.albums))):unique()))
end)
step "legacy"
am.Session(e, function(s)
  say(
    tree(s
        :query(Artist)
        :join(Artist.albums)
        :options(am.contains_eager(Artist.albums))
        :filter(Album.id:eq(3))
        :all())
  )
  say(
    map_rows(
      s:query(Artist, Album):join(Artist.albums):options(am.contains_eager(Artist.albums)):order_by(Album.id),
      function(a, b) return list(a.name, b.title) end
    )
  )
end)
step "wrong"
am.Session(e, function(s)
  parity.error(function() return am.contains_eager(Artist.name) end)
  parity.error(function()
    return s:scalars(am.select(Artist):join(Artist.albums):options(am.contains_eager(Artist.albums))):all()
  end)
  parity.error(function() return am.contains_eager(Artist.albums, Track.album) end)
end)
step "end"
