-- Inheritance, media in one table: single-table hierarchies with shared columns, discriminators by expression and
-- hybrid, abstract intermediates, polymorphic_load inline, bulk statements, mixins with declared_attr,
-- __mapper_args__ inherited.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Timed = {
  minutes = am.declared_attr(function() return am.Column(am.Integer, { use_existing_column = true }) end),
}

local Medium = Base:model("Medium", {
  __tablename__ = "media",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10), { nullable = false }),
  title = am.Column(am.String(20)),
  shelf_id = am.Column(am.ForeignKey("shelves.id")),
  shelf = am.relationship("Shelf", { back_populates = "media" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_abstract = true },
  shout = am.hybrid_property(function(self) return self.title .. "!" end),
})

local Book = Base:model("Book", {
  __extends__ = Medium,
  pages = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "book" },
  check = am.validates("pages", function(_, _, value)
    if value < 1 then error("pages") end
    return value
  end),
})

local Novel = Base:model("Novel", {
  __extends__ = Book,
  hero = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "novel" },
})

local Film = Base:model("Film", {
  __extends__ = Medium,
  __mixins__ = { Timed },
  director = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "film", polymorphic_load = "inline" },
})

local Album = Base:model("Album", {
  __extends__ = Medium,
  __mixins__ = { Timed },
  songs = am.relationship("Song", { back_populates = "album", order_by = "Song.id" }),
  __mapper_args__ = { polymorphic_identity = "album", polymorphic_load = "inline" },
})

local Song = Base:model("Song", {
  __tablename__ = "songs",
  id = am.Column(am.Integer, { primary_key = true }),
  album_id = am.Column(am.ForeignKey("media.id")),
  album = am.relationship(Album, { back_populates = "songs" }),
})

local Shelf = Base:model("Shelf", {
  __tablename__ = "shelves",
  id = am.Column(am.Integer, { primary_key = true }),
  media = am.relationship(Medium, { back_populates = "shelf", order_by = Medium.id }),
  books = am.relationship(Book, { viewonly = true, order_by = Book.id }),
})

local shape_id, sides = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer)
local Shape = Base:model("Shape", {
  __tablename__ = "shapes",
  id = shape_id,
  sides = sides,
  __mapper_args__ = {
    polymorphic_on = am.case({ sides:eq(3), "triangle" }, { sides:eq(4), "quad" }, { else_ = "shape" }),
    polymorphic_identity = "shape" },
})

local Triangle = Base:model("Triangle", { __extends__ = Shape,
  __mapper_args__ = { polymorphic_identity = "triangle" } })
local Quad = Base:model("Quad", { __extends__ = Shape, __mapper_args__ = { polymorphic_identity = "quad" } })

local select = am.select
local e = parity.engine()
Base.metadata:create_all(e)
say(map(am.columns(Medium.__table__), function(c) return c.key end))
say(map(am.inspect(Medium).self_and_descendants, function(m) return m.class_.__name__ end),
  am.inspect(Novel).inherits.class_,
  am.inspect(Novel).single)
local identities = {}
for k in pairs(am.inspect(Medium).polymorphic_map) do identities[#identities + 1] = k end
say(parity.sorted(identities), am.inspect(Film).polymorphic_identity,
  map(am.inspect(Film).column_attrs, function(a) return a.key end))
parity.forget()
local s = am.Session(e)
step("insert")
s:add(Shelf{ id = 1, media = { Book{ id = 1, title = "b", pages = 5 },
  Novel{ id = 2, title = "n", pages = 9, hero = "h" },
  Film{ id = 3, title = "f", minutes = 90, director = "d" }, Album{ id = 4, title = "a", minutes = 40,
    songs = { Song{ id = 1 }, Song{ id = 2 } } } } })
s:commit()
sql()
parity.error(function() return Medium{ title = "x" } end)
parity.refused(function() return Book{ hero = "x" } end)
parity.error(function() return Novel{ pages = 0 } end)

local function class_of(o) return am.inspect(o).class_.__name__ end

local function show(title, stmt, shape)
  step(title)
  s:expunge_all()
  local found = s:scalars(stmt):all()
  sql()
  say(map(found, shape), parity.collect(found, function(x)
    return type(x) == "table" and parity.sorted(am.inspect(x).unloaded) or nil
  end))
  sql()
end

show("all", select(Medium):order_by(Medium.id), function(x) return { class_of(x), x.kind, x.shout } end)
show("book", select(Book):order_by(Book.id), function(x)
  return parity.list(class_of(x), x.pages, class_of(x) == "Novel" and x.hero or nil)
end)
show("novel", select(Novel):where(Novel.hero:eq("h")), function(x) return { x.title, x.pages } end)
show("film", select(Film):where(Film.minutes:gt(60)), function(x) return x.director end)
show("columns", select(Album.minutes), tostring)
show("alias", select(am.aliased(Novel)), function(x) return x.title end)
show("poly", select(am.with_polymorphic(Medium, { Book, Novel })):order_by(am.text("1")), function(x)
  return { class_of(x), am.inspect(x).mapper:isa(am.inspect(Book)) and x.pages or 0 }
end)
show("shelf", select(Shelf):options(am.selectinload(Shelf.media)), function(x)
  return { map(x.media, class_of), map(x.books, function(b) return b.pages end) }
end)
show("any", select(Shelf):where(Shelf.media:of_type(Film):any(Film.director:eq("d"))), function(x) return x.id end)
show("join", select(Song):join(Song.album):where(Album.minutes:eq(40)):order_by(Song.id),
  function(x) return x.album.title end)
show("count", select(am.func.count(Film.id)), tostring)
local other = am.aliased(Film)
show("join of two", select(Book.title):join(Shelf, Book.shelf_id:eq(Shelf.id)):join(Shelf.media:of_type(other))
  :order_by(Book.id),
  tostring)
step("get")
s:expunge_all()
say(s:get(Medium, 2).hero, s:get(Film, 1), s:get(Book, 2).hero, class_of(s:get(Medium, 4)))
sql()
step("dml")
local n = s:get(Novel, 2)
local r = s:execute(am.update(Book):where(Book.pages:gt(5)):values{ title = "long" })
say(r.rowcount, n.title)
r = s:execute(am.update(Novel):values{ hero = "new" })
say(r.rowcount, n.hero)
r = s:execute(am.delete(Film))
say(r.rowcount, s:scalar(select(am.func.count()):select_from(Medium)))
s:execute(am.insert(Novel), { { id = 20, title = "bulk", pages = 3, hero = "z" } })
say(class_of(s:get(Medium, 20)))
sql()
n.kind = "book"
s:flush()
sql()
s:expunge_all()
say(class_of(s:get(Medium, 2)))
s:rollback()
parity.forget()
step("shapes")
s:add_all{ Shape{ id = 1, sides = 7 }, Triangle{ id = 2, sides = 3 }, Quad{ id = 3, sides = 4 },
  Shape{ id = 4, sides = 3 } }
s:commit()
s:expunge_all()
sql()
say(map(s:scalars(select(Shape):order_by(Shape.id)), class_of),
  s:scalars(select(Triangle.id):order_by(Triangle.id)):all(),
  s:scalars(select(Quad)):one().sides)
sql()
s:get(Shape, 2).sides = 4
s:commit()
s:expunge_all()
say(class_of(s:get(Shape, 2)))
parity.forget()
step("moves")
local shelf = s:get(Shelf, 1)
local film = s:scalars(select(Film)):one()
shelf.media:remove(film)
s:flush()
sql()
parity.refused(function() shelf.media:append(Song()) end)
parity.refused(function()
  s:get(Song, 1).album = film
  s:flush()
end)
s:rollback()
s:delete(s:get(Album, 4))
s:commit()
sql()
