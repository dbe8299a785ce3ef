-- Querying, a music library: joins along relationships, chains and aliases, any, has, contains, of_type and
-- with_parent, from_statement, unions of entities, aliased unions, exists against collections, order_by of relations,
-- filter_by.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local genres = am.Table("album_genres", Base.metadata, am.Column("album_id", am.ForeignKey("albums.id"),
  { primary_key = true }),
  am.Column("genre_id", am.ForeignKey("genres.id"), { primary_key = true }))

local Artist = Base:model("Artist", {
  __tablename__ = "artists",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  mentor_id = am.Column(am.ForeignKey("artists.id")),
  mentor = am.relationship("Artist", { remote_side = "Artist.id", back_populates = "pupils" }),
  pupils = am.relationship("Artist", { back_populates = "mentor" }),
  albums = am.relationship("Album", { back_populates = "artist", order_by = "Album.id" }),
})

local Album = Base:model("Album", {
  __tablename__ = "albums",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  year = am.Column(am.Integer),
  artist_id = am.Column(am.ForeignKey("artists.id")),
  artist = am.relationship(Artist, { back_populates = "albums" }),
  tracks = am.relationship("Track", { back_populates = "album", order_by = "Track.id" }),
  genres = am.relationship("Genre", { secondary = genres, back_populates = "albums", order_by = "Genre.id" }),
})

local Track = Base:model("Track", {
  __tablename__ = "tracks",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  length = am.Column(am.Integer),
  album_id = am.Column(am.ForeignKey("albums.id")),
  album = am.relationship(Album, { back_populates = "tracks" }),
})

local Genre = Base:model("Genre", {
  __tablename__ = "genres",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  albums = am.relationship(Album, { secondary = genres, back_populates = "genres", order_by = Album.id }),
})

local select, func, aliased = am.select, am.func, am.aliased
local e = parity.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
local jazz, rock = Genre{ id = 1, name = "jazz" }, Genre{ id = 2, name = "rock" }
local mil = Artist{ id = 1, name = "Mil", albums = { Album{ id = 1, title = "Blue", year = 1959, genres = { jazz },
  tracks = {
  Track{ id = 1, name = "So", length = 9 }, Track{ id = 2, name = "All", length = 11 } } } } }
local bil = Artist{ id = 2, name = "Bil", mentor = mil, albums = { Album{ id = 2, title = "Waltz", year = 1961,
  tracks = {
  Track{ id = 3, name = "Deb", length = 6 } } }, Album{ id = 3, title = "Moon", year = 1962 } } }
s:add_all{ mil, bil, Artist{ id = 3, name = "Zap", mentor = mil } }
s:flush()
s:get(Album, 2).genres:append(jazz)
s:flush()
s:get(Album, 3).genres:append(rock)
s:commit()
parity.forget()

local function run(title, stmt, shape)
  step(title)
  say(map(s:scalars(stmt):unique(), shape or function(x) return x end))
  sql()
end

local function name(x) return am.inspect(x).class_ == Album and x.title or x.name end

run("join attribute", select(Artist):join(Artist.albums):where(Album.year:gt(1960)):order_by(Artist.id), name)
run("join target", select(Track):join(Album):join(Artist):where(Artist.name:eq("Mil")):order_by(Track.id), name)
run("join target and attribute", select(Artist.name):join(Album, Artist.albums):where(Album.title:eq("Moon")))
run("outer join", select(Artist):outerjoin(Artist.albums):where(Album.id:eq(nil)):order_by(Artist.id), name)
run("full chain", select(Genre.name):join(Genre.albums):join(Album.tracks):where(Track.length:gt(8)):distinct()
  :order_by(Genre.name))
local m = aliased(Artist)
run("self join", select(Artist):join(m, Artist.mentor):where(m.name:eq("Mil")):order_by(Artist.id), name)
run("self of_type", select(m.name):join(Artist.mentor:of_type(m)):where(Artist.name:eq("Bil")))
run("on clause and_", select(Artist.name):outerjoin(Artist.albums:and_(Album.year:gt(1961))):group_by(Artist.id,
  Artist.name)
  :order_by(func.count(Album.id):desc(), Artist.id))
run("any", select(Artist):where(Artist.albums:any(Album.year:lt(1960))), name)
run("any keyword", select(Album):where(Album.tracks:any{ name = "Deb" }), name)
run("not any", select(Artist):where(am.not_(Artist.albums:any())):order_by(Artist.id), name)
run("has", select(Track):where(Track.album:has(Album.artist:has{ name = "Mil" })):order_by(Track.id), name)
run("any in any", select(Artist):where(Artist.albums:any(Album.genres:any(Genre.name:eq("rock")))), name)
say(jazz.id)
run("contains", select(Album):where(Album.genres:contains(jazz)):order_by(Album.id), name)
run("not contains", select(Album):where(Album.genres:contains(jazz):not_()):order_by(Album.id), name)
run("one to many contains", select(Artist):where(Artist.albums:contains(s:get(Album, 3))), name)
run("equals object", select(Album):where(Album.artist:eq(bil)):order_by(Album.id), name)
run("not equals object", select(Album):where(Album.artist:ne(bil)):order_by(Album.id), name)
run("is none", select(Artist):where(Artist.mentor:eq(nil)):order_by(Artist.id), name)
run("is not none", select(Artist):where(Artist.mentor:ne(nil)):order_by(Artist.id), name)
run("self any", select(Artist):where(Artist.pupils:any(Artist.name:eq("Zap"))), name)
run("with_parent", select(Album):where(am.with_parent(bil, Artist.albums)):order_by(Album.id), name)
run("with_parent m2m", select(Album):where(am.with_parent(jazz, Genre.albums)):order_by(Album.id), name)
local al = aliased(Album)
run("with_parent alias", select(al.title):where(am.with_parent(bil, Artist.albums:of_type(al))):order_by(al.id))
run("filter_by", select(Artist):join(Album):filter_by{ title = "Blue" }, name)
run("filter_by entity", select(Artist):filter_by{ name = "Zap" }:join(Artist.mentor:of_type(m)):where(m.id:eq(1)), name)
run("from_statement", select(Artist)
  :from_statement(am.text("SELECT id, name, mentor_id FROM artists WHERE id > :i ORDER BY id")
  :bindparams{ i = 1 }), name)
run("from columns", select(Track):from_statement(am.text("SELECT tracks.id, 'x' AS name FROM tracks WHERE id = 3")
  :columns(Track.id, Track.name)), function(t) return { t.id, t.name, parity.sorted(am.inspect(t).unloaded) } end)
local u = select(Album):where(Album.year:lt(1960)):union_all(select(Album):where(Album.year:gt(1961)))
run("union statement", select(Album):from_statement(u:order_by(Album.year:desc())), name)
local ua = aliased(Album, u:subquery("u"))
run("union alias", select(ua):order_by(ua.id):options(am.selectinload(ua.tracks)),
  function(a) return { a.title, #a.tracks } end)
run("union join", select(Artist.name):join(ua, ua.artist_id:eq(Artist.id)):order_by(Artist.name))
run("except", select(Artist.name):except_(select(Artist.name):join(Artist.albums)):order_by("name"))
run("intersect", am.intersect(select(Album.artist_id), select(Artist.id):where(Artist.mentor_id:eq(1))))
run("select_from", select(func.count(Track.id)):select_from(Artist):join(Artist.albums):join(Album.tracks)
  :where(Artist.id:eq(1)))
run("join subquery", select(Artist.name):join(select(Album):where(Album.year:eq(1961)):subquery(), Artist.id:eq(2)))
run("order by related", select(Track):join(Track.album):order_by(Album.year:desc(), Track.length), name)
run("lateral count", select(Album.title):where(select(func.count()):where(Track.album_id:eq(Album.id))
  :scalar_subquery():gt(1)))
step("query")
local q = s:query(Artist)
local function title(a) return a.title end
say(map(q:join(Artist.albums):filter(Album.year:eq(1959)), name), q:filter(Artist.albums:any()):count())
say(q:with_entities(Artist.id, Artist.name):order_by(Artist.id):all(), q:order_by(Artist.name:desc()):first().name)
say(map(s:query(Album):with_parent(bil):order_by(Album.id), title), s:query(Album.year):distinct():count())
say(map(q:filter(Artist.id:eq(1)):union(q:filter(Artist.id:eq(3))):order_by(Artist.id), name))
say(parity.map_rows(s:query(Artist, Album):filter(Artist.id:eq(Album.artist_id)):order_by(Album.id), function(a, b)
  return { a.name, b.title }
end))
say(s:query(func.count(Track.id), Album.title):join(Track.album):group_by(Album.title):order_by(Album.title):all())
sql()
step("wrong")
parity.error(function() return s:scalars(select(Artist):join(Track)):all() end)
parity.error(function() return s:scalars(select(Artist):join(Album.tracks)):all() end)
parity.error(function() return select(Artist):where(Artist.albums:has()) end)
parity.error(function() return select(Album):where(Album.artist:any()) end)
parity.error(function() return select(Album):filter_by{ colour = "x" } end)
parity.error(function() return s:scalars(select(Artist):where(Artist.albums:contains(jazz))):all() end)
parity.error(function() return select(Album):where(Album.artist:contains(mil)) end)
