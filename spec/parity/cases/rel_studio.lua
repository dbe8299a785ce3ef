-- Sets, keyed collections, a dynamic and a write-only one, and a pair of rows that point to each other.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local song_id, title, song_album = Column(Integer, { primary_key = true }), Column(String(20)),
  Column(ForeignKey "album.id")
local Song = Base:model("Song", {
  __tablename__ = "song",
  id = song_id,
  title = title,
  album_id = song_album,
  album = am.relationship("Album", { foreign_keys = song_album, back_populates = "songs" }),
})

local album_id, album_name = Column(Integer, { primary_key = true }), Column(String(20))
local hit_id = Column(ForeignKey("song.id", { name = "fk_hit", use_alter = true }))
local Album = Base:model("Album", {
  __tablename__ = "album",
  id = album_id,
  name = album_name,
  hit_id = hit_id,
  hit = am.relationship(Song, { foreign_keys = hit_id, post_update = true }),
  songs = am.relationship(Song, { foreign_keys = Song.album_id, collection_class = am.attribute_keyed_dict "title",
    back_populates = "album" }),
  marks = am.relationship("Mark", { collection_class = "set", cascade = "all, delete-orphan" }),
  notes = am.relationship("Note", { collection_class = am.keyfunc_mapping(function(n) return n.lang end),
    cascade = "all, delete-orphan" }),
  plays = am.relationship("Play", { lazy = "dynamic", order_by = "Play.day" }),
  sales = am.relationship("Sale", { lazy = "write_only", order_by = "Sale.id", passive_deletes = true,
    cascade = "all, delete-orphan" }),
})

local Mark = Base:model("Mark", {
  __tablename__ = "mark",
  id = Column(Integer, { primary_key = true }),
  stars = Column(Integer),
  album_id = Column(ForeignKey "album.id"),
})

local Note = Base:model("Note", {
  __tablename__ = "note",
  id = Column(Integer, { primary_key = true }),
  lang = Column(String(2)),
  body = Column(String(20)),
  album_id = Column(ForeignKey "album.id"),
})

local Play = Base:model("Play", {
  __tablename__ = "play",
  id = Column(Integer, { primary_key = true }),
  day = Column(Integer),
  album_id = Column(ForeignKey "album.id"),
})

local Sale = Base:model("Sale", {
  __tablename__ = "sale",
  id = Column(Integer, { primary_key = true }),
  price = Column(Integer),
  album_id = Column(ForeignKey("album.id", { ondelete = "CASCADE" })),
})

local function keys(map)
  local out = {}
  for k in map:items() do out[#out + 1] = k end
  return p.sorted(out)
end
local function days(items) return p.map(items, function(x) return x.day end) end
local function prices(items) return p.map(items, function(x) return x.price end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local a = Album { name = "Dawn" }
  a.songs.One = Song { title = "One" }
  Song { title = "Two", album = a }
  say(keys(a.songs), a.songs.Two.album == a)
  a.hit = a.songs.One
  local five, three = Mark { stars = 5 }, Mark { stars = 3 }
  a.marks:add(five)
  a.marks:add(five)
  s:add(a)
  s:flush()
  a.marks:add(three)
  say(#a.marks, a.marks:contains(five))
  a.notes.en = Note { lang = "en", body = "hello" }
  p.error(function() a.notes.fr = Note { lang = "de" } end)
  s:add(a)
  s:commit()
  step "keyed"
  say(keys(a.songs), a.hit.title)
  a.songs.One = Song { title = "One" }
  say(#keys(a.songs))
  s:flush()
  say(s:execute(select(Song.id, Song.album_id):order_by(Song.id)):all())
  local gone = a.songs:pop "Two"
  say(gone.album, a.songs.Two ~= nil, a.songs.Three)
  s:commit()
  step "set"
  a.marks:discard(three)
  a.marks:discard(three)
  p.refused(function() a.marks:remove(three) end)
  s:flush()
  say(p.sorted(p.map(a.marks, function(m) return m.stars end)), am.inspect(three).deleted)
  a.marks = { Mark { stars = 2 } }
  s:commit()
  say(s:scalars(select(Mark.stars):order_by(Mark.stars)):all())
  step "keyfunc"
  a.notes.en = Note { lang = "en", body = "hi" }
  s:commit()
  local bodies = {}
  for k, v in a.notes:items() do bodies[k] = v.body or am.null end
  say(bodies, s:scalar(select(am.func.count(Note.id))))
  step "dynamic"
  a.plays:append(Play { day = 3 })
  a.plays:extend { Play { day = 1 }, Play { day = 2 } }
  say(days(a.plays), a.plays:count())
  say(days(a.plays:filter(Play.day:gt(1))), a.plays:first().day)
  a.plays:remove(a.plays:filter_by({ day = 2 }):one())
  s:commit()
  say(days(a.plays:order_by(nil):order_by(Play.day:desc())), a.plays[2].day)
  step "write only"
  a.sales:add(Sale { price = 10 })
  a.sales:add_all { Sale { price = 20 }, Sale { price = 30 } }
  p.refused(function() for _ in a.sales do error "iterated" end end)
  s:flush()
  say(prices(s:scalars(a.sales:select():where(Sale.price:gt(10)))))
  s:execute(a.sales:insert(), { { price = 40 } })
  s:execute(a.sales:update():where(Sale.price:eq(10)):values { price = 11 })
  s:execute(a.sales:delete():where(Sale.price:eq(20)))
  a.sales:remove(s:scalars(a.sales:select():where(Sale.price:eq(30))):one())
  s:commit()
  say(prices(s:scalars(a.sales:select())))
  step "post update on delete"
  for _, x in a.songs:items() do s:delete(x) end
  s:delete(a)
  s:commit()
  say(s:scalar(select(am.func.count(Song.id))), s:scalar(select(am.func.count(Album.id))))
end)
p.sql()
