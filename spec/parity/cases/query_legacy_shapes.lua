-- The legacy Query as a builder: entities put in and taken out, subqueries, attributes of itself, parents, unions.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  age = am.Column(am.Integer),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id", lazy = "dynamic" }),
  letters = am.relationship("Letter", { back_populates = "user", order_by = "Letter.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "posts" }),
})

local Letter = Base:model("Letter", {
  __tablename__ = "letters",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(30)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "letters" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    User{ id = 1, name = "ann", age = 30 }, User{ id = 2, name = "bob", age = 20 },
    User{ id = 3, name = "cid", age = 40 }
  })
  s:flush()
  s:add_all({
    Post{ id = 1, title = "p1", user_id = 1 }, Post{ id = 2, title = "p2", user_id = 1 },
    Post{ id = 3, title = "p3", user_id = 2 }, Letter{ id = 1, text = "l1", user_id = 1 },
    Letter{ id = 2, text = "l2", user_id = 3 }
  })
  s:commit()
end)
parity.forget()
local s = am.Session(e)
local q = s:query(User):order_by(User.id)
step "entities"
say(q:with_entities(User.name):all(), q:add_columns(User.age + 1):first()[2])
say(
  map(s:query(User.name):add_columns(User.age, am.func.length(User.name)):order_by(User.id), function(r) return r end)
)
say(
  map_rows(
    s:query(User):add_columns(Post.title):join(Post, User.posts):order_by(Post.id),
    function(u, t) return list(u.name, t) end
  )
)
say(
  map_rows(
    s:query(User):add_entity(Post):filter(Post.user_id:eq(User.id)):order_by(Post.id),
    function(u, p) return list(u.name, p.title) end
  )
)
say(map(s:query(User, Post.title, am.func.count():label("n")).column_descriptions, function(d) return d.name end))
say(s:query(am.Bundle("b", User.name, User.age)):order_by(User.age):first().b.age)
step "subqueries"
local young = s:query(User.id:label("uid"), User.name):filter(User.age:lt(35)):subquery("young")
say(s:query(young.c.name, Post.title):join(Post, Post.user_id:eq(young.c.uid)):order_by(Post.id):all())
local n = s:query(am.func.count(Post.id)):filter(Post.user_id:eq(User.id)):correlate(User):scalar_subquery()
say(
  s:query(User.name, n):order_by(User.id):all(),
  s:query(User.name, n:label("n")):order_by(am.desc("n"), User.id):all()
)
say(map(q:filter(User.id:in_(s:query(Post.user_id))), function(u) return u.name end))
say(
  s:query(q:exists()):scalar(), s:query(q:filter(User.age:gt(99)):exists()):scalar(),
  s:query(am.literal(true)):filter(s:query(Letter):filter_by({ text = "l2" }):exists()):scalar()
)
local c = s:query(User):filter(User.age:gt(25)):cte("old")
say(s:query(c.c.name):order_by(c.c.name):all())
local ua = am.aliased(User, c)
say(map(s:query(ua):order_by(ua.age), function(u) return u.name end))
step "itself"
say(tostring(q:filter(User.name:is_(nil))))
say(tostring(q.statement), q.whereclause, tostring(q:filter(User.id:eq(1)).whereclause))
say(q.is_single_entity, s:query(User, Post).is_single_entity, s:query(User.id).is_single_entity)
say(
  q.session == s, am.Query({ User.name }, { session = s }):order_by(User.id):all(),
  am.Query(User):with_session(s):count()
)
say(tostring(q:order_by(nil):enable_eagerloads(false).statement))
step "parents"
local ann = s:get(User, 1)
say(map(s:query(Post):with_parent(ann, { property = User.posts }):order_by(Post.id), function(p) return p.title end))
say(map(s:query(Letter):with_parent(ann), function(l) return l.text end))
say(map(s:query(Letter):filter(am.with_parent(ann, User.letters)), function(l) return l.text end))
step "dynamic"
say(map(ann.posts, function(p) return p.title end), ann.posts:count(), ann.posts:filter(Post.id:gt(1)):one().title)
say(
  map(ann.posts:order_by(nil):order_by(Post.title:desc()):limit(1), function(p) return p.title end),
  ann.posts[1].title
)
ann.posts:append(Post{ id = 9, title = "p9" })
say(
  map(ann.posts, function(p) return p.title end),
  map(ann.posts:filter(Post.title:like("%9")), function(p) return p.title end)
)
say(map(ann.posts:with_entities(User):join(Post.user):order_by(nil):distinct(), function(u) return u.name end))
ann.posts:remove(ann.posts:filter_by({ title = "p9" }):one())
say(ann.posts:count())
s:rollback()
step "joins"
say(map(s:query(User.name, Letter.text):outerjoin(User.letters):order_by(User.id), function(r) return r end))
say(map(s:query(User.name, Post.title):select_from(Post):join(Post.user):order_by(Post.id), function(r) return r end))
local l2 = am.aliased(Letter)
say(map(q:join(l2, User.letters):filter(l2.text:eq("l2")), function(u) return u.name end))
say(
  map(q:join(User.letters):filter_by({ text = "l1" }), function(u) return u.name end),
  map(q:join(User.letters):reset_joinpoint():filter_by({ name = "cid" }), function(u) return u.name end)
)
say(
  map(
    s:query(User):join(User.letters):options(am.contains_eager(User.letters)):filter(Letter.id:gt(1)),
    function(u) return list(u.name, map(u.letters, function(l) return l.text end)) end
  )
)
step "set operations"
local a, b = s:query(User):filter(User.age:lt(25)), s:query(User):filter(User.age:gt(35))
say(map(a:union(b):order_by(User.name), function(u) return u.name end), a:union_all(b, a):count())
say(map(q:order_by(nil):except_(a):order_by(User.id), function(u) return u.name end), a:intersect(b):all())
say(
  map(
    a:union(b):options(am.joinedload(User.letters)):order_by(User.id),
    function(u) return list(u.name, map(u.letters, function(l) return l.text end)) end
  )
)
say(a:union(b):filter(User.name:eq("cid")):one().age, a:union(b):with_entities(User.name):order_by(User.name):all())
step "slices"
say(
  map(q:slice(1, nil), function(u) return u.name end), q[1].name, map(q:slice(0, 2), function(u) return u.name end),
  map(q:slice(1, 2), function(u) return u.name end)
)
  say(map(q:limit(2):offset(1), function(u) return u.name end), q:limit(2):count())
  step "group and having"
  say(s:query(Post.user_id, am.func.count()):group_by(Post.user_id):having(am.func.count():gt(1)):all())
  say(
    s:query(am.func.max(User.age)):scalar(), s:query(User.age):distinct():count(), s:query(User.id, User.age):count()
  )
  step "params, text, from_statement"
  say(
    map(s:query(User):filter(am.text("age > :a")):params({ a = 25 }):order_by(User.id), function(u) return u.name end)
  )
  say(
    map(
      s:query(User):from_statement(am.text("SELECT * FROM users ORDER BY age")):all(), function(u) return u.name end
    )
  )
  step "refusals"
  parity.error(function() return q:limit(1):filter(User.id:eq(1)):all() end)
  parity.error(function() return q:filter_by({ nothing = 1 }) end)
  parity.error(function() return s:query(User):filter(User.age:eq(99)):one() end)
  parity.error(function() return s:query(User):one() end)
  parity.error(function() return q:get(1) end)
    parity.error(function() return s:query("users") end)
  parity.error(function() return s:query(User):join("letters") end)
  step "end"
