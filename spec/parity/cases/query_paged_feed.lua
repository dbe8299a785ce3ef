-- A paged feed: entities of limited subqueries with eager loads, contains_eager of aliases, correlated counts.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func, joinedload, selectinload = am.select, am.func, am.joinedload, am.selectinload

local Base = am.declarative_base()
local tagged = am.Table("tagged", Base.metadata, am.Column("post_id", am.ForeignKey("post.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tag.id"), { primary_key = true }))
local User = Base:model("User", {
  __tablename__ = "user_account",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  posts = am.relationship("Post", { back_populates = "author", order_by = "desc(Post.id)" }),
})
local Post = Base:model("Post", {
  __tablename__ = "post",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  score = am.Column(am.Integer),
  author_id = am.Column(am.ForeignKey("user_account.id")),
  author = am.relationship("User", { back_populates = "posts" }),
  tags = am.relationship("Tag", { secondary = tagged, order_by = "Tag.name" }),
  replies = am.relationship("Reply", { order_by = "Reply.id" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
local Reply = Base:model("Reply", {
  __tablename__ = "reply",
  id = am.Column(am.Integer, { primary_key = true }),
  words = am.Column(am.String(20)),
  post_id = am.Column(am.ForeignKey("post.id")),
  user_id = am.Column(am.ForeignKey("user_account.id")),
  user = am.relationship("User"),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
am.Session(eng, function(s)
  local ann, bob = User{ name = "ann" }, User{ name = "bob" }
  local red, blue = Tag{ name = "red" }, Tag{ name = "blue" }
  for i = 0, 4 do
    local tags, replies = {}, {}
    for j = 1, i % 3 do
      tags[j] = j == 1 and red or blue
      replies[j] = Reply{ words = ("r%d%d"):format(i, j - 1), user = j == 1 and bob or ann }
    end
    s:add(Post{ title = "p" .. i, score = i * 3 % 5, author = i % 2 == 0 and ann or bob, tags = tags,
      replies = replies })
    s:flush()
  end
  s:commit()
end)
parity.forget()

local function page(title, q)
  step(title)
  am.Session(eng, function(s)
    for p in s:scalars(q):unique() do
      local author = p.author.name
      local tags = map(p.tags, function(t) return t.name end)
      say(p.title, author, tags, map(p.replies, function(r) return { r.words, r.user.name } end))
    end
  end)
end

local base = select(Post):order_by(Post.score:desc(), Post.id)
page("joined collections with a limit", base:limit(2):options(joinedload(Post.tags), joinedload(Post.author)))
page("two levels", base:limit(2):offset(1):options(joinedload(Post.replies):joinedload(Reply.user),
  selectinload(Post.tags)))
page("subquery load of a page", base:limit(2):options(am.subqueryload(Post.replies):joinedload(Reply.user),
  joinedload(Post.author, { innerjoin = true })))
local top = select(Post):where(Post.score:gt(0)):order_by(Post.score:desc()):limit(3):subquery("top_posts")
local Top = am.aliased(Post, top)
page("an entity of a page", select(Top):options(joinedload(Top.tags), selectinload(Top.replies)):order_by(Top.id))
local author = am.aliased(User, { name = "author" })
page("contains_eager of an alias", select(Post):join(Post.author:of_type(author)):options(
  am.contains_eager(Post.author:of_type(author)), joinedload(Post.tags)):where(author.name:eq("bob")):order_by(Post.id))
local R = am.aliased(Reply)
page("contains_eager of a filtered collection", select(Post):outerjoin(R, am.and_(R.post_id:eq(Post.id),
  R.words:like("%1"))):options(am.contains_eager(Post.replies:of_type(R)):joinedload(R.user)):order_by(Post.id, R.id))
step("counts")
am.Session(eng, function(s)
  local n = select(func.count(Reply.id)):where(Reply.post_id:eq(Post.id)):scalar_subquery():label("n")
  for row in s:execute(select(Post, n):options(selectinload(Post.tags)):order_by(am.desc("n"), Post.id):limit(3)) do
    say(row.Post.title, row.n, #row.Post.tags)
  end
  local q = select(User.name, func.count(Post.id:distinct()), func.count(Reply.id)):outerjoin(User.posts)
    :outerjoin(Post.replies):group_by(User.name):order_by(User.name)
  say(s:execute(q):all())
  say(s:scalars(select(User.name):join(User.posts):join(Post.tags):where(Tag.name:eq("red")):distinct()
    :order_by(User.name)):all())
  local both = select(Post.id):join(Post.tags):group_by(Post.id):having(func.count(Tag.id):eq(2))
  say(s:scalars(select(Post.title):where(Post.id:in_(both)):order_by(Post.id)):all())
end)
step("end")
