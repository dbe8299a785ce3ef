-- Many to many with and without an association object: both sides in memory, ordering, rows written and removed.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local band_genre = am.Table("band_genre", Base.metadata,
  Column("band_id", ForeignKey "band.id", { primary_key = true }),
  Column("genre_id", ForeignKey "genre.id", { primary_key = true }))

local Band = Base:model("Band", {
  __tablename__ = "band",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  genres = am.relationship("Genre", { secondary = band_genre, back_populates = "bands", order_by = "Genre.name" }),
  gigs = am.relationship("Gig", { back_populates = "band", cascade = "all, delete-orphan",
    order_by = "Gig.fee:desc()" }),
})

local Genre = Base:model("Genre", {
  __tablename__ = "genre",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  bands = am.relationship(Band, { secondary = band_genre, back_populates = "genres", order_by = Band.id }),
})

local Gig = Base:model("Gig", {
  __tablename__ = "gig",
  band_id = Column(ForeignKey "band.id", { primary_key = true }),
  hall_id = Column(ForeignKey "hall.id", { primary_key = true }),
  fee = Column(Integer),
  band = am.relationship(Band, { back_populates = "gigs" }),
  hall = am.relationship("Hall", { back_populates = "gigs" }),
})

local Hall = Base:model("Hall", {
  __tablename__ = "hall",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  gigs = am.relationship(Gig, { back_populates = "hall" }),
  bands = am.relationship(Band, { secondary = "gig", viewonly = true, order_by = Band.name }),
})

local function names(items) return p.map(items, function(x) return x.name end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local rock, folk, jazz = Genre { name = "rock" }, Genre { name = "folk" }, Genre { name = "jazz" }
  local owls, bees = Band { name = "Owls" }, Band { name = "Bees" }
  owls.genres = { rock, folk }
  s:add(owls)
  s:flush()
  jazz.bands:append(bees)
  rock.bands:append(bees)
  say(names(rock.bands), names(bees.genres), names(folk.bands))
  say(s:contains(bees), s:contains(jazz), #s.new)
  s:add(bees)
  rock.bands:remove(bees)
  s:flush()
  rock.bands:append(bees)
  s:commit()
  step "reloaded in order"
  say(names(owls.genres), names(rock.bands))
  step "replace"
  owls.genres = { jazz, folk }
  say(names(rock.bands), names(jazz.bands))
  local h = am.inspect(owls).attrs.genres.history
  say(names(h.added), names(h.unchanged), names(h.deleted))
  s:flush()
  step "remove through the other side"
  folk.bands:remove(owls)
  say(names(owls.genres))
  s:commit()
  step "operators"
  say(s:scalars(select(Band.name):where(Band.genres:any(Genre.name:eq "jazz")):order_by(Band.id)):all())
  say(s:scalars(select(Band.name):where(Band.genres:contains(rock))):all())
  say(s:scalars(select(Band.name):where(am.not_(Band.genres:any())):order_by(Band.id)):all())
  say(s:scalars(select(Genre.name):join(Genre.bands):where(Band.name:eq "Bees"):order_by(Genre.id)):all())
  say(s:scalars(select(Genre.name):where(am.with_parent(bees, Band.genres)):order_by(Genre.id)):all())
  step "association objects"
  local barn, dome = Hall { name = "Barn" }, Hall { name = "Dome" }
  owls.gigs:append(Gig { hall = barn, fee = 100 })
  owls.gigs:append(Gig { hall = dome, fee = 300 })
  bees.gigs:append(Gig { hall = dome, fee = 200 })
  say(#dome.gigs, names(dome.bands))
  s:commit()
  step "gigs"
  say(p.map(owls.gigs, function(g) return { g.fee, g.hall.name } end))
  say(names(dome.bands))
  step "orphan"
  local gone = owls.gigs:pop(1)
  say(s:contains(gone), s.deleted:contains(gone))
  s:flush()
  say(am.inspect(gone).deleted, s:contains(gone), p.map(dome.gigs, function(g) return g.fee end))
  step "delete a band"
  s:delete(bees)
  s:commit()
  say(s:scalar(select(am.func.count()):select_from(band_genre)), s:scalar(select(am.func.count(Gig.fee))))
  say(names(rock.bands), names(jazz.bands))
  step "delete a hall with gigs"
  s:delete(barn)
  p.refused(function() s:flush() end)
  s:rollback()
  say(names(s:scalars(select(Hall):order_by(Hall.id))))
end)
p.sql()
