-- A class as the query entity: operators, any, has, contains, of_type, and_, aliased, with_parent, Bundle.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local select, func, inspect, Bundle, aliased, with_parent = am.select, am.func, am.inspect, am.Bundle, am.aliased,
  am.with_parent

local Base = am.declarative_base()
local post_tags = am.Table("post_tags", Base.metadata,
  Column("post_id", ForeignKey("posts.id"), { primary_key = true }),
  Column("tag_id", ForeignKey("tags.id"), { primary_key = true }))

local Post = Base:model("Post", {
  __tablename__ = "posts",
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "post" },
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(9)),
  title = Column(String(20)),
  stars = Column(Integer),
  author_id = Column(ForeignKey("users.id")),
  author = relationship("User", { back_populates = "posts" }),
  tags = relationship("Tag", { secondary = post_tags, back_populates = "posts", order_by = "Tag.id" }),
})

local Video = Base:model("Video", {
  __extends__ = Post,
  __mapper_args__ = { polymorphic_identity = "video" },
  minutes = Column(Integer),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(9)),
  posts = relationship(Post, { secondary = post_tags, back_populates = "tags" }),
})

local id = Column(Integer, { primary_key = true })
local first, last = Column(String(20)), Column(String(20))
local User = Base:model("User", {
  __tablename__ = "users",
  id = id,
  first = first,
  last = last,
  boss_id = Column(ForeignKey("users.id")),
  boss = relationship("User", { remote_side = { id } }),
  posts = relationship(Post, { back_populates = "author", order_by = Post.id }),
  full = am.column_property(first .. " " .. last),
  post_count = am.column_property(select(func.count(Post.id)):where(Post.author_id:eq(id)):correlate_except(Post)
    :scalar_subquery()),
})

local function Pair(name, a, b)
  return Bundle(name, a, b, { create_row_processor = function(_, labels)
    return function(values)
      local parts = {}
      for i, label in ipairs(labels) do parts[i] = label .. "=" .. p.fmt(values[i]) end
      return table.concat(parts, "+")
    end
  end })
end

local e = p.engine()
Base.metadata:create_all(e)
local session = am.Session(e)
local sql_, lua = Tag{ word = "sql" }, Tag{ word = "lua" }
local ann = User{ first = "Ann", last = "Lee", posts = { Post{ title = "a1", stars = 1, tags = { sql_, lua } },
  Video{ title = "a2", stars = 5, minutes = 9 } } }
local bob = User{ first = "Bob", last = "Ray", boss = ann, posts = { Post{ title = "b1", stars = 3, tags = { lua } } } }
local cyd = User{ first = "Cyd", last = "Lee", boss = ann }
session:add_all{ ann, bob, cyd }
session:commit()
p.forget()

local function users(...) say(session:scalars(select(User.first):where(...):order_by(User.id)):all()) end

step "operators"
users(User.first:eq("Ann"))
users(User.last:in_{ "Lee", "Ray" }, User.first:ne("Bob"))
users(am.or_(User.first:like("A%"), User.first:startswith("C")), User.boss_id:is_(nil))
users(User.full:eq("Ann Lee"))
users(User.post_count:gt(0))
users(User.first:between("B", "D"), User.last:not_in{ "Ray" })
users(func.lower(User.first .. am.literal("!")):eq("bob!"))
step "relationships"
users(User.posts:any())
users(am.not_(User.posts:any()))
users(User.posts:any(Post.stars:gt(3)))
users(User.posts:any{ title = "b1" })
users(User.boss:has())
users(User.boss:has(User.first:eq("Ann")))
users(User.boss:has{ first = "Bob" })
users(User.posts:any(Post.tags:any(Tag.word:eq("sql"))))
users(User.posts:any(Post.tags:contains(lua)))
users(User.posts:contains(bob.posts[1]))
users(am.not_(User.posts:contains(bob.posts[1])))
users(User.boss:eq(ann))
users(User.boss:ne(ann))
users(User.boss:eq(nil))
users(User.boss:ne(nil))
p.error(function() return User.posts:eq(ann) end)
p.refused(function() return User.posts:in_{ 1 } end)
p.error(function() return User.boss:any() end)
p.error(function() return User.posts:has() end)
p.error(function() return User.boss:contains(ann) end)
step "of_type and and_"
users(User.posts:of_type(Video):any())
users(User.posts:of_type(Video):any(Video.minutes:gt(10)))
say(session:execute(select(User.first, Video.minutes):join(User.posts:of_type(Video))):all())
say(session:execute(select(User.first, Post.title):outerjoin(User.posts:and_(Post.stars:gt(2)))
  :order_by(User.id, Post.id)):all())
say(select(User.id):join(User.posts:and_(Post.stars:gt(2)):of_type(Video)))
step "aliased"
local boss = aliased(User, { name = "boss" })
say(session:execute(select(User.first, boss.first):join(User.boss:of_type(boss)):where(boss.full:eq("Ann Lee"))
  :order_by(User.id)):all())
local sub = select(User):where(User.last:eq("Lee")):subquery("lees")
local lee = aliased(User, sub)
say(map(session:scalars(select(lee):order_by(lee.id)), function(u) return u.first end),
  select(lee.full, lee.post_count))
say(p.map_rows(session:execute(select(User, boss):where(User.id:lt(boss.id)):order_by(User.id, boss.id)),
  function(u, v) return { u.first, v.first } end))
say(inspect(boss).name, inspect(boss).mapper.class_, inspect(boss).is_aliased_class, inspect(User).is_aliased_class)
users(am.exists():where(boss.id:eq(User.boss_id)))
step "with_parent"
say(session:scalars(select(Post.title):where(with_parent(ann, User.posts)):order_by(Post.id)):all())
local p1 = aliased(Post)
say(session:scalars(select(p1.title):where(with_parent(bob, User.posts:of_type(p1)))):all())
say(session:scalars(select(User.first):where(with_parent(bob.posts[1], Post.author))):all())
say(session:scalars(select(Tag.word):where(with_parent(ann.posts[1], Post.tags)):order_by(Tag.id)):all())
local new = User{ first = "new" }
p.refused(function() return session:scalars(select(Post):where(with_parent(new, User.posts))):all() end)
step "bundles"
local pair = Bundle("who", User.first, User.last)
local row = session:execute(select(pair, User.id):where(pair.c.last:eq("Lee")):order_by(pair.c.first)):first()
say(row.who.first, row.who, row.id, row._fields)
say(session:scalars(select(Bundle("b", User.id, Bundle("n", User.first))):order_by(User.id)):all())
say(session:scalars(select(Bundle("single", User.first, { single_entity = true })):order_by(User.id)):all())
say(session:scalars(select(Pair("p", User.first, User.post_count)):order_by(User.id)):all())
step "descriptions"
for _, d in ipairs(select(User, Post.title, boss, pair, func.count(User.id):label("n")).column_descriptions) do
  say(d.name, d.aliased, d.entity ~= nil, d.expr == pair)
end
say(select(User.__table__.c.id, post_tags).column_descriptions[2].name, User.first.key, User.posts.key, User.first.name)
sql()
