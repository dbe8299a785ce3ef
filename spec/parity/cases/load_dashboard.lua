-- A page of a blog: counts, newest rows per parent, pages of joined rows, each by several loaders at once.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()
local post_tags = am.Table(
  "post_tags", Base.metadata, am.Column("post_id", am.ForeignKey("posts.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true })
)

local Comment = Base:model("Comment", {
  __tablename__ = "comments",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  post_id = am.Column(am.ForeignKey("posts.id")),
  writer_id = am.Column(am.ForeignKey("users.id")),
  post = am.relationship("Post", { back_populates = "comments" }),
  writer = am.relationship("User"),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  body = am.Column(am.String(200)),
  score = am.Column(am.Integer, { default = 0 }),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship("User", { back_populates = "posts" }),
  comments = am.relationship("Comment", { back_populates = "post", order_by = Comment.id:desc() }),
  tags = am.relationship("Tag", { secondary = post_tags, back_populates = "posts", order_by = "Tag.name" }),
})
Post.comment_count = am.column_property(
  am.select(am.func.count(Comment.id)):where(Comment.post_id:eq(Post.id)):correlate_except(Comment):scalar_subquery()
)

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id" }),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  posts = am.relationship("Post", { secondary = post_tags, back_populates = "tags", order_by = "Post.id" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local ann, bob, cid = User{ id = 1, name = "ann" }, User{ id = 2, name = "bob" }, User{ id = 3, name = "cid" }
  local lua, sql_, c = Tag{ id = 1, name = "lua" }, Tag{ id = 2, name = "sql" }, Tag{ id = 3, name = "c" }
  s:add_all({ ann, bob, cid, lua, sql_, c })
  s:flush()
  s:add_all({
    Post{ id = 1, title = "p1", body = "b1", score = 5, user = ann, tags = { lua, sql_ } },
    Post{ id = 2, title = "p2", body = "b2", score = 9, user = ann, tags = { lua } },
    Post{ id = 3, title = "p3", body = "b3", score = 7, user = bob, tags = { sql_, c } },
    Post{ id = 4, title = "p4", body = "b4", score = 1, user = bob }
  })
  s:flush()
  s:add_all(
    map(
      {1, 2, 3, 4, 5, 6, 7},
      function(i)
        return Comment{ id = i, body = ("c%d"):format(i), post_id = 1 + (i % 3), writer_id = 1 + (i % 2) }
      end
    )
  )
  s:commit()
end)
parity.forget()
step "the front page"
am.Session(e, function(s)
  local stmt = am.select(Post)
    :options(am.joinedload(Post.user):load_only(User.name), am.selectinload(Post.tags), am.defer(Post.body))
    :order_by(Post.score:desc()):limit(3)
  for p in s:scalars(stmt) do
    say(
      p.title, p.user.name, map(p.tags, function(t) return t.name end), p.comment_count,
      parity.sorted(am.inspect(p).unloaded)
    )
  end
  step "the body when it is read"
  say(s:get(Post, 2).body)
end)
step "two collections of one page"
am.Session(e, function(s)
  local stmt = am.select(Post)
    :options(am.joinedload(Post.tags), am.joinedload(Post.comments):joinedload(Comment.writer))
    :where(Post.comment_count:gt(1)):order_by(Post.comment_count:desc(), Post.id):limit(2)
  for p in s:scalars(stmt):unique() do
    say(
      p.title, map(p.tags, function(t) return t.name end),
      map(p.comments, function(c) return list(c.body, c.writer.name) end)
    )
  end
end)
step "the best post of each user"
am.Session(e, function(s)
  local rank = am.func.row_number():over({ partition_by = Post.user_id, order_by = Post.score:desc() }):label("rank")
  local sub = am.select(Post, rank):subquery("ranked")
  local best = am.aliased(Post, sub, { name = "best" })
  local stmt = am.select(User):join(best, am.and_(best.user_id:eq(User.id), sub.c.rank:eq(1))):order_by(User.id)
    :options(am.contains_eager(User.posts:of_type(best)):selectinload(best.tags))
  for u in s:scalars(stmt):unique() do
    say(u.name, map(u.posts, function(p) return list(p.title, map(p.tags, function(t) return t.name end)) end))
  end
end)
step "users with what they wrote, by number"
am.Session(e, function(s)
  local n = am.func.count(Post.id:distinct()):label("n")
  local m = am.func.count(Comment.id):label("m")
  local stmt = am.select(User, n, m):outerjoin(User.posts):outerjoin(Post.comments):group_by(User.id)
    :order_by(n:desc(), User.id)
  for row in s:execute(
    stmt:options(
      am.selectinload(User.posts)
        :options(am.load_only(Post.title), am.selectinload(Post.comments):load_only(Comment.id))
    )
  ) do
    local u, posts, comments = row:unpack()
    say(u.name, posts, comments, map(u.posts, function(p) return list(p.title, #p.comments) end))
  end
end)
step "by tag"
am.Session(e, function(s)
  local t = s:scalars(
    am.select(Tag):where(Tag.name:eq("sql"))
      :options(am.subqueryload(Tag.posts):options(am.joinedload(Post.user), am.subqueryload(Post.comments)))
  ):one()
  say(map(t.posts, function(p) return list(p.title, p.user.name, map(p.comments, function(c) return c.id end)) end))
  step "the second tag in the same session"
  t = s:scalars(
    am.select(Tag):where(Tag.name:eq("lua")):options(am.selectinload(Tag.posts):joinedload(Post.user))
  ):one()
  say(map(t.posts, function(p) return list(p.title, p.user.name, map(p.comments, function(c) return c.id end)) end))
end)
step "pages by key"
am.Session(e, function(s)
  local last = nil
  while true do
    local stmt = am.select(Post.id, Post.title, User.name):join(Post.user):order_by(Post.id):limit(2)
    if last ~= nil then
      stmt = stmt:where(Post.id:gt(last))
    end
    local rows = s:execute(stmt):all()
    if #rows == 0 then
      break
    end
    say(rows)
    last = rows[#rows].id
  end
end)
step "the column property of a new and of a changed post"
am.Session(e, function(s)
  local p = s:get(Post, 4)
  say(p.comment_count)
  p.comments:append(Comment{ id = 20, body = "new", writer = s:get(User, 3) })
  s:flush()
  say(p.comment_count)
  s:refresh(p, { "comment_count" })
  say(p.comment_count, s:scalar(am.select(Post.comment_count):where(Post.id:eq(4))))
  local fresh = Post{ id = 9, title = "p9", user_id = 3 }
  s:add(fresh)
  s:flush()
  say(fresh.comment_count, fresh.score)
  s:rollback()
end)
step "end"
