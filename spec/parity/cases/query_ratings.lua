-- Films and their ratings: entities beside aggregates, group by and having, aliased subqueries, correlated scalars.
local am = require "alchemoon"
local parity = require "parity"
local say, step = parity.say, parity.step
local select, func = am.select, am.func

local Base = am.declarative_base()
local Film = Base:model("Film", {
  __tablename__ = "film",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(40), { nullable = false }),
  year = am.Column(am.Integer),
  ratings = am.relationship("Rating", { back_populates = "film", order_by = "Rating.id" }),
})
local Viewer = Base:model("Viewer", {
  __tablename__ = "viewer",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(40)),
  ratings = am.relationship("Rating", { back_populates = "viewer", order_by = "Rating.id" }),
})
local Rating = Base:model("Rating", {
  __tablename__ = "rating",
  id = am.Column(am.Integer, { primary_key = true }),
  film_id = am.Column(am.ForeignKey("film.id"), { nullable = false }),
  viewer_id = am.Column(am.ForeignKey("viewer.id"), { nullable = false }),
  stars = am.Column(am.Integer, { nullable = false }),
  film = am.relationship("Film", { back_populates = "ratings" }),
  viewer = am.relationship("Viewer", { back_populates = "ratings" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
am.Session(eng, function(s)
  local films, viewers = {}, {}
  for i, pair in ipairs { { "Alien", 1979 }, { "Brazil", 1985 }, { "Cube", 1997 }, { "Dune", 1984 } } do
    films[i] = Film{ title = pair[1], year = pair[2] }
  end
  for i, name in ipairs { "ann", "bob", "cid" } do viewers[i] = Viewer{ name = name } end
  s:add_all(films)
  s:add_all(viewers)
  s:flush()
  for _, r in ipairs { { 1, 1, 5 }, { 1, 2, 4 }, { 2, 1, 3 }, { 2, 3, 5 }, { 3, 2, 2 }, { 1, 3, 5 } } do
    s:add(Rating{ film = films[r[1]], viewer = viewers[r[2]], stars = r[3] })
  end
  s:commit()
end)
step("stored")

am.Session(eng, function(s)
  local q = select(Film, func.count(Rating.id):label("n"), func.sum(Rating.stars)):join(Film.ratings)
  q = q:group_by(Film.id, Film.title, Film.year):order_by(am.desc("n"), Film.title)
  for row in s:execute(q) do say(row.Film.title, row.n, row[3], #row) end
  step("outer join and having")
  q = select(Film.title, func.count(Rating.id):label("votes")):outerjoin(Film.ratings):group_by(Film.title)
  say(s:execute(q:order_by(Film.title)):all())
  say(s:execute(q:having(func.count(Rating.id):gt(1)):order_by(Film.title)):all())
  say(s:execute(q:having(func.count(Rating.id):eq(0))):one())
  step("subquery joined back")
  local best = select(Rating.film_id, func.max(Rating.stars):label("best")):group_by(Rating.film_id):subquery("tops")
  q = select(Film.title, best.c.best):join(best, best.c.film_id:eq(Film.id)):order_by(best.c.best:desc(), Film.title)
  for row in s:execute(q) do say(row:unpack()) end
  step("an entity over a subquery")
  local recent = select(Film):where(Film.year:gt(1980)):order_by(Film.year):limit(2):subquery()
  local Recent = am.aliased(Film, recent)
  for film in s:scalars(select(Recent):order_by(Recent.title)) do say(film.title, film.year, s:contains(film)) end
  say(s:execute(select(Recent.title, Rating.stars):join(Recent.ratings):order_by(Rating.id)):all())
  step("correlated scalar subquery")
  local count = select(func.count(Rating.id)):where(Rating.film_id:eq(Film.id)):correlate(Film):scalar_subquery()
  say(s:execute(select(Film.title, count:label("c")):order_by(count:desc(), Film.title)):all())
  say(s:scalars(select(Film.title):where(count:ge(2)):order_by(Film.title)):all())
  step("two aliases of one class")
  local a, b = am.aliased(Rating, { name = "a" }), am.aliased(Rating, { name = "b" })
  q = select(Viewer.name, a.stars, b.stars):join(a, a.viewer_id:eq(Viewer.id)):join(
    b, am.and_(b.film_id:eq(a.film_id), b.viewer_id:ne(a.viewer_id), b.stars:gt(a.stars)))
  say(s:execute(q:order_by(Viewer.name, a.id, b.id)):all())
  step("case, exists and literal columns")
  local grade = am.case({ Rating.stars:ge(5), "top" }, { Rating.stars:ge(3), "good" }, { else_ = "poor" })
    :label("grade")
  say(s:execute(select(grade, func.count()):group_by(grade):order_by(grade)):mappings():all())
  local seen = am.exists():where(Rating.film_id:eq(Film.id))
  say(s:scalars(select(Film.title):where(am.not_(seen))):all())
  say(s:execute(select(am.literal("x"):label("l"), Film.id):where(am.or_(Film.year:is_(nil), Film.id:eq(1)))):one())
  step("expressions of select_from and distinct")
  q = select(func.count(Viewer.id:distinct())):select_from(Rating):join(Rating.viewer):where(Rating.stars:eq(5))
  say(s:scalar(q))
  say(s:scalars(select(Viewer.name):join(Rating):where(Rating.stars:gt(3)):distinct():order_by(Viewer.name)):all())
  say(s:scalar(select(func.count()):select_from(select(Film.id):where(Film.year:lt(1990)):subquery())))
  local film = s:scalars(select(Film):filter_by{ title = "Brazil" }):one()
  say(parity.map(film.ratings, function(r) return parity.list(r.viewer.name, r.stars) end))
end)
step("end")
