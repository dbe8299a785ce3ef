-- A forum: threads of replies by a recursive query, counters, moderation by soft delete, last posts by windows.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, update, aliased = am.select, am.func, am.update, am.aliased

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = Column(Integer, { primary_key = true }),
  nick = Column(String(20), { unique = true }),
  posts = am.relationship("Post", { back_populates = "author", lazy = "write_only", passive_deletes = true }),
  karma = Column(Integer, { default = 0, server_default = "0" }),
})
local Board = Base:model("Board", {
  __tablename__ = "board",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  threads = am.relationship("Post", { primaryjoin = "and_(Board.id == Post.board_id, Post.parent_id == None)",
    order_by = "Post.id", back_populates = "board" }),
  all_posts = am.relationship("Post", { viewonly = true, order_by = "Post.id" }),
})
local Post = Base:model("Post", {
  __tablename__ = "post",
  __table_args__ = { am.Index("ix_board_parent", "board_id", "parent_id") },
  id = Column(Integer, { primary_key = true }),
  board_id = Column(ForeignKey("board.id"), { nullable = false }),
  parent_id = Column(ForeignKey("post.id")),
  author_id = Column(ForeignKey("users.id", { ondelete = "SET NULL" })),
  body = Column(String(50)),
  hidden = Column(am.Boolean, { default = false, nullable = false }),
  replies_count = Column(Integer, { default = 0 }),
  board = am.relationship(Board, { back_populates = "threads" }),
  author = am.relationship(User, { back_populates = "posts" }),
  parent = am.relationship("Post", { remote_side = "Post.id", back_populates = "replies" }),
  replies = am.relationship("Post",
    { back_populates = "parent", order_by = "Post.id", cascade = "all", join_depth = 3 }),
})

am.event.listen(Post, "after_insert", function(_, connection, target)
  if target.parent_id ~= nil then
    local t = Post.__table__
    connection:execute(t:update():where(t.c.id:eq(target.parent_id)):values{ replies_count = t.c.replies_count + 1 })
  end
end)
am.event.listen(Post.parent, "set", function(target, value)
  if value ~= nil then target.board_id = value.board_id end
end)

local function tree(post, depth)
  depth = depth or 0
  say(("."):rep(depth) .. post.body .. " " .. (post.author and post.author.nick or "-"))
  for _, reply in ipairs(post.replies) do tree(reply, depth + 1) end
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e, { expire_on_commit = false })
step "write"
local ann, bob = User{ nick = "ann" }, User{ nick = "bob" }
local general = Board{ name = "general" }
s:add_all{ ann, bob, general }
s:flush()
local first = Post{ board = general, author = ann, body = "hello" }
s:add(first)
s:flush()
for _, pair in ipairs{ { bob, "hi ann" }, { ann, "hi bob" } } do
  s:add(Post{ parent = first, author = pair[1], body = pair[2] })
  s:flush()
end
say(first.replies_count, #first.replies, p.map(first.replies, function(x) return x.board_id end))
local deep = Post{ parent = first.replies[2], author = bob, body = "deep" }
s:add(deep)
s:add(Post{ board = general, author = bob, body = "second" })
s:commit()
local function body(x) return x.body end
s:refresh(first)
s:refresh(deep.parent)
say(first.replies_count, deep.parent.replies_count, p.map(general.threads, body))
step "tree"
s:expunge_all()
tree(s:scalars(select(Post):where(Post.parent_id:is_(nil)):order_by(Post.id)
  :options(am.selectinload(Post.replies, { recursion_depth = -1 }), am.joinedload(Post.author))):first())
step "recursive query"
local top = select(Post.id, Post.body, am.literal(0):label("depth")):where(Post.parent_id:is_(nil))
  :cte("thread", { recursive = true })
local child = aliased(Post)
local thread = top:union_all(select(child.id, child.body, top.c.depth + 1):join(top, child.parent_id:eq(top.c.id)))
for row in s:execute(select(thread):order_by(thread.c.depth, thread.c.id)) do say(row.id, row.body, row.depth) end
local as_post = aliased(Post, select(Post):join(thread, thread.c.id:eq(Post.id)):where(thread.c.depth:gt(0)):subquery())
say(p.map(s:scalars(select(as_post):order_by(as_post.id)), body))
step "last posts"
local rank = func.row_number():over{ partition_by = Post.author_id, order_by = am.desc(Post.id) }:label("rank")
local sub = select(Post, rank):subquery()
local last = aliased(Post, sub)
for row in s:execute(select(last, sub.c.rank):where(sub.c.rank:le(2)):order_by(last.author_id, sub.c.rank)) do
  say(row[1].author_id, row[1].body, row[2])
end
step "a write-only collection"
ann = s:scalars(select(User):filter_by{ nick = "ann" }):one()
say(p.map(s:scalars(ann.posts:select():order_by(Post.id):limit(1)), body))
ann.posts:add(Post{ board_id = 1, body = "third" })
s:flush()
say(s:scalar(select(func.count()):select_from(ann.posts:select():subquery())))
s:execute(ann.posts:update():values{ body = Post.body .. "!" })
say(s:scalars(select(Post.body):where(am.with_parent(ann, User.posts)):order_by(Post.id)):all())
step "moderate"
s:commit()
s:expunge_all()
s:execute(update(Post):where(Post.body:eq("hi ann")):values{ hidden = true })
local visible = am.with_loader_criteria(Post, function(cls) return cls.hidden:eq(false) end, { include_aliases = true })
tree(s:scalars(select(Post):where(Post.id:eq(1))
  :options(visible, am.selectinload(Post.replies, { recursion_depth = 2 }))):one())
say(s:scalar(select(func.count(Post.id)):options(visible)), s:scalar(select(func.count(Post.id))))
step "who answered whom"
local answer, question = aliased(Post), aliased(Post)
local asker, teller = aliased(User), aliased(User)
for row in s:execute(select(asker.nick, teller.nick, func.count(answer.id)):select_from(answer)
    :join(answer.parent:of_type(question)):join(question.author:of_type(asker))
    :join(answer.author:of_type(teller)):group_by(asker.nick, teller.nick):order_by(asker.nick, teller.nick)) do
  say(row)
end
say(s:scalars(select(User.nick):where(am.not_(User.posts:any(Post.replies:any()))):order_by(User.nick)):all())
say(s:scalars(select(User.nick):where(am.exists():where(Post.author_id:eq(User.id), Post.hidden))):all())
step "boards with their visible threads"
s:expunge_all()
local board = s:scalars(select(Board):join(Board.threads):where(Post.hidden:is_(false)):order_by(Post.id:desc())
  :options(am.contains_eager(Board.threads):subqueryload(Post.replies))):unique():one()
say(p.map(board.threads, function(t) return { t.body, p.map(t.replies, body) } end))
say(p.map(board.all_posts, function(x) return x.id end))
step "a user goes"
bob = s:scalars(select(User):filter_by{ nick = "bob" }):one()
s:delete(bob)
s:flush()
if not p.is_postgresql then s:execute(update(Post):where(Post.author_id:eq(2)):values{ author_id = am.null }) end
s:commit()
say(s:execute(select(am.case({ Post.author_id:is_(nil), "nobody" }, { else_ = "somebody" }):label("who"), func.count())
  :group_by("who"):order_by("who")):all())
step "a thread goes"
s:delete(s:get(Post, 1))
s:commit()
say(s:scalars(select(Post.body)):all())
s:close()
p.sql()
