-- Self m2m, four-table secondary, operators as joins, limited rows, overlapping keys.
local am = require "alchemoon"
local p = require "parity"
local say, step, map = p.say, p.step, p.map
local select, func, and_, foreign, remote = am.select, am.func, am.and_, am.foreign, am.remote

local Base = am.declarative_base()
local friends = am.Table("friends", Base.metadata,
  am.Column("left_id", am.ForeignKey("node.id"), { primary_key = true }),
  am.Column("right_id", am.ForeignKey("node.id"), { primary_key = true }), am.Column("note", am.String(10)))
local node_id = am.Column(am.Integer, { primary_key = true })
local Node = Base:model("Node", {
  __tablename__ = "node",
  id = node_id,
  name = am.Column(am.String(10)),
  right = am.relationship("Node", { secondary = friends, primaryjoin = node_id:eq(friends.c.left_id),
    secondaryjoin = node_id:eq(friends.c.right_id), back_populates = "left", order_by = "Node.id" }),
  left = am.relationship("Node", { secondary = friends, primaryjoin = node_id:eq(friends.c.right_id),
    secondaryjoin = node_id:eq(friends.c.left_id), back_populates = "right", order_by = "Node.id" }),
})
local union = select(friends.c.left_id, friends.c.right_id):union(select(friends.c.right_id, friends.c.left_id))
  :alias("fu")
Node.all = am.relationship("Node", { secondary = union, primaryjoin = Node.id:eq(union.c.left_id),
  secondaryjoin = Node.id:eq(union.c.right_id), viewonly = true, order_by = Node.id })

local A = Base:model("A", {
  __tablename__ = "a",
  id = am.Column(am.Integer, { primary_key = true }),
  b_id = am.Column(am.ForeignKey("b.id")),
  d = am.relationship("D", { secondary = "join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
    primaryjoin = "and_(A.b_id == B.id, A.id == C.a_id)", secondaryjoin = "D.id == B.d_id", uselist = false,
    viewonly = true }),
})
local B = Base:model("B", {
  __tablename__ = "b",
  id = am.Column(am.Integer, { primary_key = true }),
  d_id = am.Column(am.ForeignKey("d.id")),
})
local C = Base:model("C", {
  __tablename__ = "c",
  id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")),
  d_id = am.Column(am.ForeignKey("d.id")),
})
local D = Base:model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })

local path = am.Column(am.String(30), { primary_key = true })
local Page = Base:model("Page", {
  __tablename__ = "page",
  path = path,
  below = am.relationship("Page", { viewonly = true, order_by = path,
    primaryjoin = remote(foreign(path)):like(path:concat("/%")) }),
})
local Magazine = Base:model("Magazine", {
  __tablename__ = "magazine",
  id = am.Column(am.Integer, { primary_key = true }),
})
local Writer = Base:model("Writer", {
  __tablename__ = "writer",
  id = am.Column(am.Integer, { primary_key = true }),
  magazine_id = am.Column(am.ForeignKey("magazine.id"), { primary_key = true }),
  magazine = am.relationship(Magazine),
})
local Article = Base:model("Article", {
  __tablename__ = "article",
  article_id = am.Column(am.Integer),
  magazine_id = am.Column(am.ForeignKey("magazine.id")),
  writer_id = am.Column(am.Integer),
  magazine = am.relationship(Magazine),
  writer = am.relationship(Writer, { primaryjoin = "and_(Writer.id == foreign(Article.writer_id), "
    .. "Writer.magazine_id == Article.magazine_id)" }),
  __table_args__ = { am.PrimaryKeyConstraint("article_id", "magazine_id"),
    am.ForeignKeyConstraint({ "writer_id", "magazine_id" }, { "writer.id", "writer.magazine_id" }) },
})
local Post
local user_id, city = am.Column(am.Integer, { primary_key = true }), am.Column(am.String(10))
local User
User = Base:model("User", {
  __tablename__ = "users",
  id = user_id,
  city = city,
  posts = am.relationship("Post", { order_by = "Post.id", back_populates = "user" }),
  rome_posts = am.relationship("Post", { primaryjoin = "and_(User.id == Post.user_id, User.city == 'rome')",
    viewonly = true }),
  top = am.relationship("Post", { viewonly = true, uselist = false, primaryjoin = function()
    local p2 = Post.__table__:alias("p2")
    return and_(User.id:eq(Post.user_id), Post.stars:eq(select(func.max(p2.c.stars)):where(p2.c.user_id:eq(User.id))
      :correlate(User.__table__):scalar_subquery()))
  end }),
  neighbours = am.relationship("User", { viewonly = true, order_by = user_id,
    primaryjoin = and_(remote(foreign(city)):eq(city), remote(user_id):ne(user_id)) }),
})
Post = Base:model("Post", {
  __tablename__ = "post",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  stars = am.Column(am.Integer),
  user = am.relationship(User, { back_populates = "posts" }),
})
local part = select(Post, func.row_number():over{ order_by = Post.stars:desc(), partition_by = Post.user_id }
  :label("pos")):alias("part")
local Ranked = am.aliased(Post, part)
User.best_two = am.relationship(Ranked, { primaryjoin = and_(Ranked.user_id:eq(User.id), part.c.pos:lt(3)),
  viewonly = true, order_by = part.c.pos })

local function name(n) return n.name end
local function id(n) return n.id end
local function stars(x) return x.stars end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "nodes"
local a, b, c = Node{ id = 1, name = "a" }, Node{ id = 2, name = "b" }, Node{ id = 3, name = "c" }
a.right:append(b)
c.right:extend{ a, b }
say(map(b.left, name), map(a.left, name))
s:add_all{ a, b, c }
s:commit()
say(map(a.all, name), map(b.all, name))
say(s:scalars(select(Node.name):where(Node.right:any(Node.name:eq("b"))):order_by(Node.id)):all())
local N = am.aliased(Node)
say(s:execute(select(Node.name, N.name):join(Node.all:of_type(N)):order_by(Node.id, N.id)):all())
say(map(s:scalars(select(Node):options(am.joinedload(Node.right)):order_by(Node.id)):unique(), function(n)
  return map(n.right, name)
end))
say(map(s:scalars(select(Node):options(am.selectinload(Node.all)):order_by(Node.id)), function(n)
  return map(n.all, name)
end))
a.right:remove(b)
s:delete(c)
s:commit()
step "four tables"
s:add_all{ D{ id = 1 }, D{ id = 2 } }
s:flush()
s:add_all{ B{ id = 1, d_id = 1 }, B{ id = 2, d_id = 2 } }
s:flush()
s:add_all{ A{ id = 1, b_id = 1 }, A{ id = 2, b_id = 2 } }
s:flush()
s:add_all{ C{ id = 1, a_id = 1, d_id = 1 }, C{ id = 2, a_id = 2, d_id = 1 } }
s:commit()
for x in s:scalars(select(A):order_by(A.id)) do say(x.id, x.d and x.d.id) end
say(select(A):join(A.d):where(D.id:eq(1)))
say(select(A):where(A.d:has(D.id:eq(5))))
say(map(s:scalars(select(A):options(am.joinedload(A.d)):order_by(A.id)):unique(), function(x) return x.d == nil end))
step "paths"
s:add_all{ Page{ path = "/x" }, Page{ path = "/x/y" }, Page{ path = "/x/y/z" }, Page{ path = "/q" } }
s:commit()
local page = s:get(Page, "/x")
local function path_of(q) return q.path end
say(map(page.below, path_of))
say(map(s:scalars(select(Page):options(am.joinedload(Page.below)):order_by(Page.path)):unique(), function(q)
  return map(q.below, path_of)
end))
step "articles"
local m1, m2 = Magazine{ id = 1 }, Magazine{ id = 2 }
local w = Writer{ id = 1, magazine = m1 }
s:add(Article{ article_id = 1, magazine = m1, writer = w })
s:add(Article{ article_id = 2, magazine = m2 })
s:commit()
local x = s:get(Article, { 1, 1 })
say(rawequal(x.writer, w), x.writer_id)
x.writer = nil
s:flush()
say(x.writer_id, x.magazine_id)
say(select(Article):join(Article.writer))
step "users"
s:add_all{ User{ id = 1, city = "rome", posts = { Post{ stars = 3 }, Post{ stars = 9 }, Post{ stars = 5 } } },
  User{ id = 2, city = "rome", posts = { Post{ stars = 1 } } },
  User{ id = 3, city = "oslo", posts = { Post{ stars = 2 } } } }
s:commit()
for u in s:scalars(select(User):order_by(User.id)) do
  say(u.id, #u.rome_posts, u.top.stars, map(u.neighbours, id), map(u.best_two, stars))
end
s:expunge_all()
for u in s:scalars(select(User):options(am.selectinload(User.best_two), am.joinedload(User.neighbours))
  :order_by(User.id)):unique() do
  say(u.id, map(u.best_two, stars), map(u.neighbours, id))
end
say(select(User):where(User.neighbours:any(User.id:eq(3))))
say(select(User):join(User.best_two))
s:rollback()
p.sql()
