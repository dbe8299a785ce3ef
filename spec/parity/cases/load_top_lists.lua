-- Joined loading with LIMIT, OFFSET, DISTINCT and orderings: what is wrapped, and the order of the collections.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local joinedload, selectinload = am.joinedload, am.selectinload

local Base = am.declarative_base()
local Genre = Base:model("Genre", {
  __tablename__ = "genre",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local Band = Base:model("Band", {
  __tablename__ = "band",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  rank = Column(Integer),
  genre_id = Column(ForeignKey "genre.id", { nullable = false }),
  genre = am.relationship(Genre, { innerjoin = true }),
  albums = am.relationship("Album", { order_by = "Album.year.desc(), Album.id", back_populates = "band" }),
  members = am.relationship("Member", { order_by = "Member.name" }),
})

local Album = Base:model("Album", {
  __tablename__ = "album",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  year = Column(Integer),
  band_id = Column(ForeignKey "band.id"),
  band = am.relationship(Band, { back_populates = "albums" }),
  tracks = am.relationship("Track", { order_by = "Track.seconds" }),
})

local Track = Base:model("Track", {
  __tablename__ = "track",
  id = Column(Integer, { primary_key = true }),
  seconds = Column(Integer),
  album_id = Column(ForeignKey "album.id"),
})

local Member = Base:model("Member", {
  __tablename__ = "member",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  band_id = Column(ForeignKey "band.id"),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local rock, jazz = Genre{ id = 1, name = "rock" }, Genre{ id = 2, name = "jazz" }
  s:add_all{
    Band{ id = 1, name = "Owls", rank = 3, genre = rock, members = { Member{ id = 1, name = "Zoe" },
      Member{ id = 2, name = "Abe" } }, albums = {
      Album{ id = 1, title = "Dusk", year = 2001, tracks = { Track{ id = 1, seconds = 200 }, Track{ id = 2,
        seconds = 90 } } },
      Album{ id = 2, title = "Dawn", year = 2005 } } },
    Band{ id = 2, name = "Foxes", rank = 1, genre = jazz, albums = { Album{ id = 3, title = "Den", year = 2001 } } },
    Band{ id = 3, name = "Crows", rank = 2, genre = rock, members = { Member{ id = 3, name = "Kim" } } } }
  s:commit()
end)
p.forget()

local function each(items, key) return p.map(items, function(x) return x[key] end) end

local function show(title, stmt)
  step(title)
  am.Session(e, function(s)
    for b in s:scalars(stmt):unique() do
      say(b.name, b.genre.name, p.map(b.albums, function(a) return { a.title, each(a.tracks, "seconds") } end),
        each(b.members, "name"))
    end
  end)
end

local function with_both(stmt) return stmt:options(joinedload(Band.genre), joinedload(Band.albums),
  joinedload(Band.members)) end
show("no limit", with_both(select(Band)):order_by(Band.rank))
show("limit", with_both(select(Band)):order_by(Band.rank):limit(2))
show("limit and offset, computed order", with_both(select(Band)):order_by(am.desc(Band.rank + 1),
  func.lower(Band.name))
  :limit(2):offset(1))
show("only a many-to-one", select(Band):options(joinedload(Band.genre)):order_by(Band.name):limit(1))
show("nested below the limit", select(Band):options(joinedload(Band.albums):joinedload(Album.tracks))
  :order_by(Band.id):limit(1))
show("inner join below an outer one", select(Band):options(
  joinedload(Band.albums, { innerjoin = true }):joinedload(Album.tracks), joinedload(Band.genre,
    { innerjoin = false }))
  :order_by(Band.id):limit(5))
show("an order by of a joined table", select(Band):join(Band.genre):options(joinedload(Band.albums))
  :order_by(Genre.name, Band.rank:desc()):limit(2))
show("an order by of a label", select(Band):options(joinedload(Band.members)):order_by(Band.rank
  :label("place"):desc()):limit(1))
show("distinct", select(Band):distinct():join(Band.albums):options(joinedload(Band.albums)):order_by(Band.id))
show("group by", select(Band):join(Band.albums):group_by(Band.id):having(func.count(Album.id):gt(1))
  :options(joinedload(Band.albums)))
show("a selectin instead", select(Band):options(selectinload(Band.albums):joinedload(Album.tracks))
  :order_by(Band.rank):limit(2))
show("contains_eager takes the limit by rows", select(Band):join(Band.albums):options(am.contains_eager(Band.albums))
  :order_by(Album.id):limit(2))

step "columns beside the entity"
am.Session(e, function(s)
  local total = select(func.count(Album.id)):where(Album.band_id:eq(Band.id)):scalar_subquery():label("total")
  local stmt = select(Band, total):options(joinedload(Band.albums)):order_by(total:desc(), Band.id):limit(2)
  for row in s:execute(stmt):unique() do say(row[1].name, row[2], each(row[1].albums, "year")) end
end)
step "from a subquery with a limit"
am.Session(e, function(s)
  local top = am.aliased(Band, select(Band):order_by(Band.rank):limit(2):subquery())
  local stmt = select(top):options(joinedload(top.albums), selectinload(top.members)):order_by(top.name)
  for b in s:scalars(stmt):unique() do say(b.name, each(b.albums, "title"), each(b.members, "name")) end
end)
step "first and one"
am.Session(e, function(s)
  local stmt = select(Band):options(joinedload(Band.albums))
  p.error(function() s:scalars(stmt:order_by(Band.id)):first() end)
  local b = s:scalars(stmt:where(Band.id:eq(1))):unique():one()
  say(b.name, #b.albums)
  local q = s:query(Band):options(joinedload(Band.albums)):order_by(Band.rank)
  say(q:first().name, each(q:slice(1, 3):all(), "name"), q:count(), q:limit(1):one().name)
end)
p.sql()
