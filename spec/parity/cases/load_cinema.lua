-- Loading, a cinema: lazy, selectin, joined with LIMIT, subquery, immediate, raise, raise_on_sql, noload on the
-- mapping and as options, chains, wildcards, statements of each, what is loaded afterwards, and the errors of
-- forbidden loads.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Film = Base:model("Film", {
  __tablename__ = "films",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  studio_id = am.Column(am.ForeignKey("studios.id")),
  studio = am.relationship("Studio", { back_populates = "films", lazy = "joined", innerjoin = true }),
  shows = am.relationship("Show", { back_populates = "film", order_by = "Show.id" }),
  reviews = am.relationship("Review", { lazy = "selectin", order_by = "Review.id" }),
  trailers = am.relationship("Trailer", { lazy = "raise", order_by = "Trailer.id" }),
})

local Studio = Base:model("Studio", {
  __tablename__ = "studios",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  films = am.relationship(Film, { back_populates = "studio", order_by = Film.id, lazy = "raise_on_sql" }),
})

local Show = Base:model("Show", {
  __tablename__ = "shows",
  id = am.Column(am.Integer, { primary_key = true }),
  film_id = am.Column(am.ForeignKey("films.id")),
  hall_id = am.Column(am.ForeignKey("halls.id")),
  film = am.relationship(Film, { back_populates = "shows" }),
  hall = am.relationship("Hall"),
  tickets = am.relationship("Ticket", { order_by = "Ticket.id" }),
})

local Hall = Base:model("Hall", {
  __tablename__ = "halls",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})

local Ticket = Base:model("Ticket", {
  __tablename__ = "tickets",
  id = am.Column(am.Integer, { primary_key = true }),
  show_id = am.Column(am.ForeignKey("shows.id")),
  seat = am.Column(am.Integer),
})

local Review = Base:model("Review", {
  __tablename__ = "reviews",
  id = am.Column(am.Integer, { primary_key = true }),
  film_id = am.Column(am.ForeignKey("films.id")),
  stars = am.Column(am.Integer),
})

local Trailer = Base:model("Trailer", {
  __tablename__ = "trailers",
  id = am.Column(am.Integer, { primary_key = true }),
  film_id = am.Column(am.ForeignKey("films.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local halls = { Hall{ id = 1, name = "red" }, Hall{ id = 2, name = "blue" } }
  local studio = Studio{ id = 1, name = "Ufa" }
  for n = 1, 3 do
    local f = Film{ id = n, title = "film" .. n, studio = studio, reviews = { Review{ id = n, stars = n } },
      trailers = { Trailer{ id = n } } }
    for k = 0, 1 do
      local tickets = {}
      for j = 0, n - 2 do tickets[#tickets + 1] = Ticket{ id = n * 100 + k * 10 + j, seat = j } end
      f.shows:append(Show{ id = n * 10 + k, hall = halls[k + 1], tickets = tickets })
    end
    s:add(f)
  end
  s:commit()
end)
parity.forget()

local function show(title, options, stmt)
  step(title)
  am.Session(e, function(s)
    local result = s:scalars((stmt or am.select(Film):order_by(Film.id)):options((table.unpack or unpack)(options)))
    local films = result:unique():all()
    sql()
    for _, f in ipairs(films) do say(f.id, parity.sorted(am.inspect(f).unloaded)) end
    say(map(films, function(f)
      return map(f.shows, function(x) return { x.id, x.hall.name, #x.tickets } end)
    end))
    sql()
  end)
  parity.forget()
end

show("mapped defaults", {})
show("selectin chain", { am.selectinload(Film.shows):selectinload(Show.tickets),
  am.selectinload(Film.shows):joinedload(Show.hall),
  am.lazyload(Film.reviews) })
show("joined chain", { am.joinedload(Film.shows):options(am.joinedload(Show.hall), am.joinedload(Show.tickets)),
  am.lazyload(Film.reviews) })
show("joined limit", { am.joinedload(Film.shows):selectinload(Show.hall), am.lazyload(Film.reviews) },
  am.select(Film):order_by(Film.title:desc()):limit(2))
show("subquery", { am.subqueryload(Film.shows):subqueryload(Show.tickets), am.lazyload(Film.studio),
  am.lazyload(Film.reviews) })
show("subquery limit", { am.subqueryload(Film.shows):immediateload(Show.hall), am.lazyload(Film.reviews) },
  am.select(Film):order_by(Film.id):limit(1):offset(1))
show("immediate", { am.immediateload(Film.shows), am.noload(Film.reviews), am.lazyload(Film.studio) })
show("inner", { am.joinedload(Film.shows, { innerjoin = true }):joinedload(Show.hall, { innerjoin = true }) })
step("forbidden")
am.Session(e, function(s)
  local f = s:get(Film, 1)
  parity.error(function() return f.trailers end)
  parity.error(function() return f.studio.films end)
  say(f.studio.name, map(f.reviews, function(r) return r.stars end))
  local g = s:scalars(am.select(Film):options(am.raiseload("*"), am.selectinload(Film.trailers))
    :where(Film.id:eq(2))):one()
  say(map(g.trailers, function(t) return t.id end))
  parity.error(function() return g.shows end)
  parity.error(function() return g.studio.name end)
  local h = s:scalars(am.select(Show):options(am.raiseload(Show.film, { sql_only = true }), am.raiseload(Show.hall))
    :where(Show.id:eq(10))):one()
  say(h.film == f)
  parity.error(function() return h.hall end)
  s:expire(f)
  say(f.title)
  parity.error(function() return f.trailers end)
  sql()
end)
step("default of an entity")
am.Session(e, function(s)
  local t = s:scalars(am.select(Show):options(am.defaultload(Show.film):options(am.lazyload(Film.studio),
    am.load_only(Film.title)),
    am.joinedload(Show.tickets), am.Load(Show):selectinload(Show.hall)):order_by(Show.id)):unique():all()
  sql()
  say(t[1].film.title, parity.sorted(am.inspect(t[1].film).unloaded), t[1].hall.name)
  sql()
end)
step("contains eager")
am.Session(e, function(s)
  local q = am.select(Film):join(Film.shows):join(Show.hall):where(Hall.name:eq("blue")):order_by(Film.id):options(
    am.contains_eager(Film.shows):contains_eager(Show.hall), am.lazyload(Film.studio), am.lazyload(Film.reviews))
  local films = s:scalars(q):unique():all()
  say(map(films, function(f) return map(f.shows, function(x) return { x.id, x.hall.name } end) end))
  parity.error(function() return s:scalars(am.select(Film):options(am.joinedload(Film.shows))):all() end)
  films = s:scalars(q:execution_options{ populate_existing = true }:where(Film.id:gt(1))):unique():all()
  say(map(films, function(f) return #f.shows end), s:get(Film, 1).shows[1].id)
  sql()
end)
step("wrong options")
am.Session(e, function(s)
  parity.error(function() return s:scalars(am.select(Film):options(am.joinedload(Show.tickets))):unique():all() end)
  parity.error(function() return s:scalars(am.select(Film):options(am.joinedload(Film.title))):all() end)
  parity.error(function() return s:scalars(am.select(Film):options(am.selectinload(Film.shows)
    :joinedload(Film.reviews))):all() end)
  parity.error(function() return s:scalars(am.select(Film.id):options(am.selectinload(Film.shows))):all() end)
end)
