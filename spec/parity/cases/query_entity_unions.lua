-- Unions of entities at work: feeds of two tables, aliased over unions, from_statement with loaders, CTEs.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list
local unpack = table.unpack or unpack

local Base = am.declarative_base()

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column("user_name", am.String(30)),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id" }),
  photos = am.relationship("Photo", { back_populates = "user", order_by = "Photo.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  day = am.Column(am.Integer),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "posts" }),
})

local Photo = Base:model("Photo", {
  __tablename__ = "photos",
  id = am.Column(am.Integer, { primary_key = true }),
  file = am.Column(am.String(30)),
  day = am.Column(am.Integer),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "photos" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    User{
      id = 1, name = "ann", posts = { Post{ id = 1, title = "p1", day = 3 }, Post{ id = 2, title = "p2", day = 1 } },
      photos = { Photo{ id = 1, file = "f1", day = 2 } }
    },
    User{ id = 2, name = "bob", posts = { Post{ id = 3, title = "p3", day = 5 } } },
    User{ id = 3, name = "cid", photos = { Photo{ id = 2, file = "f2", day = 4 } } }
  })
  s:commit()
end)
parity.forget()
step "a feed"
am.Session(e, function(s)
  local feed = am.union_all(
    am.select(am.literal("post"):label("kind"), Post.id, Post.title:label("what"), Post.day, Post.user_id),
    am.select(am.literal("photo"):label("kind"), Photo.id, Photo.file, Photo.day, Photo.user_id)
  )
  for row in s:execute(feed:order_by("day")) do
    say(row, row.kind, row.what)
  end
  local f = feed:subquery("feed")
  say(
    s:execute(
      am.select(User.name, f.c.kind, f.c.what):join(f, f.c.user_id:eq(User.id)):order_by(f.c.day:desc()):limit(3)
    ):all()
  )
  say(s:execute(am.select(f.c.kind, am.func.count()):group_by(f.c.kind):order_by(f.c.kind)):all())
end)
step "writers of either"
local writers = am.union(am.select(Post.user_id), am.select(Photo.user_id))
am.Session(e, function(s)
  say(map(s:scalars(am.select(User):where(User.id:in_(writers)):order_by(User.id)), function(u) return u.name end))
  local both = am.select(Post.user_id):intersect(am.select(Photo.user_id))
  say(map(s:scalars(am.select(User):where(User.id:in_(both))), function(u) return u.name end))
  local only = am.select(User.id):except_(am.select(Photo.user_id))
  say(map(s:scalars(am.select(User):where(User.id:in_(only)):order_by(User.id)), function(u) return u.name end))
  say(s:scalars(only:order_by("id")):all())
end)
step "an entity over a union"
for _, options in ipairs({
  function() return {} end, function(a) return { am.selectinload(a.posts) } end,
  function(a) return { am.joinedload(a.posts) } end, function(a) return { am.subqueryload(a.posts) } end,
  function(a) return { am.load_only(a.name) } end
}) do
  am.Session(e, function(s)
    local u = am.union(am.select(User):where(User.name:eq("ann")), am.select(User):join(User.photos)):subquery()
    local ua = am.aliased(User, u)
    local stmt = am.select(ua):options(unpack(options(ua))):order_by(ua.id)
    say(map(s:scalars(stmt):unique(), function(x) return list(x.name, #x.posts) end))
  end)
  step "next"
end
step "from_statement"
am.Session(e, function(s)
  local u = am.union_all(am.select(User):where(User.id:eq(2)), am.select(User):where(User.id:eq(1))):order_by("id")
  say(map(s:scalars(am.select(User):from_statement(u)), function(x) return x.name end))
  s:expunge_all()
  say(
    map(
      s:scalars(am.select(User):options(am.selectinload(User.posts)):from_statement(u)),
      function(x) return list(x.name, map(x.posts, function(p) return p.title end)) end
    )
  )
  s:expunge_all()
  say(
    map(
      s:scalars(am.select(User):from_statement(u):options(am.defer(User.name))),
      function(x) return parity.sorted(am.inspect(x).unloaded) end
    )
  )
end)
step "two entities from a union"
am.Session(e, function(s)
  local one = am.select(User, Post):join(User.posts)
  local u = am.union_all(one:where(Post.day:lt(2)), one:where(Post.day:gt(4))):subquery("u")
  local ua, pa = am.aliased(User, u, { name = "ua" }), am.aliased(Post, u, { name = "pa" })
  say(map_rows(s:execute(am.select(ua, pa):order_by(pa.id)), function(x, p) return list(x.name, p.title) end))
  say(map(am.columns(u), function(c) return c.key end))
end)
step "a cte of a union, used twice"
am.Session(e, function(s)
  local days = am.union(am.select(Post.day), am.select(Photo.day)):cte("days")
  local d2 = days:alias("d2")
  say(s:execute(am.select(days.c.day, d2.c.day):join(d2, d2.c.day:eq(days.c.day + 1)):order_by(days.c.day)):all())
  say(s:scalar(am.select(am.func.max(days.c.day)):select_from(days)))
  say(
    map(
      s:scalars(am.select(Post):join(days, days.c.day:eq(Post.day)):order_by(Post.id)), function(p) return p.title end
    )
  )
end)
step "nested and limited parts"
am.Session(e, function(s)
  local newest = am.select(Post):order_by(Post.day:desc()):limit(1):subquery()
  local oldest = am.select(Post):order_by(Post.day):limit(1):subquery()
  local u = am.union_all(am.select(newest), am.select(oldest)):subquery()
  local pu = am.aliased(Post, u)
  say(map(s:scalars(am.select(pu):order_by(pu.day)), function(p) return list(p.title, p.user.name) end))
  local inner = am.union(am.select(User.id):where(User.id:eq(1)), am.select(User.id):where(User.id:eq(2)))
  say(
    s:scalars(am.union_all(inner:subquery():select(), am.select(User.id):where(User.id:eq(3))):order_by("id")):all()
  )
  say(tostring(am.union_all(inner, am.select(User.id)):order_by("id"):limit(2):offset(1)))
  say(tostring(am.except_(am.select(User.id), inner)))
end)
step "columns by name"
local u = am.union(am.select(User.id, User.name), am.select(Post.id, Post.title))
say(u.selected_columns:keys(), map(am.columns(u:subquery()), function(c) return c.key end), tostring(u))
am.Session(e, function(s)
  say(s:execute(u:order_by(u.selected_columns.name)):all())
  say(s:execute(u:order_by(am.literal_column("2"):desc()):limit(2)):all())
  say(s:execute(u):keys())
end)
step "nothing in place of a column"
am.Session(e, function(s)
  u = am.union_all(
    am.select(Post.id, Post.title, am.null_():label("file")), am.select(Photo.id, am.null_(), Photo.file)
  ):subquery()
  say(s:execute(am.select(u):order_by(u.c.id, u.c.title:is_(nil))):all())
end)
step "the legacy query"
am.Session(e, function(s)
  local a = s:query(User):filter(User.id:eq(1))
  say(map(a:union(s:query(User):filter(User.id:eq(3))):order_by(User.name:desc()), function(x) return x.name end))
  say(
    map(
      a:union_all(s:query(User):join(User.posts)):options(am.joinedload(User.posts)):order_by(User.id),
      function(x) return list(x.name, #x.posts) end
    )
  )
  say(a:union(s:query(User)):join(User.posts):with_entities(User.name, Post.title):order_by(Post.id):all())
end)
step "refused"
am.Session(e, function(s)
  parity.error(function() return s:execute(am.union(am.select(User.id), am.select(User.id, User.name))):all() end)
  parity.error(function() return tostring(am.union(am.select(User.id), am.select(User.id, User.name))) end)
  parity.error(function() return s:scalars(am.union(am.select(User)):options(am.selectinload(User.posts))) end)
end)
step "end"
