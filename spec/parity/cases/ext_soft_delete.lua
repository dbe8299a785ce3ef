-- Soft delete: deletes that become updates, and loader criteria that hide the rows from every kind of load.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local SoftDelete = { gone = am.Column(am.Boolean, { default = false, nullable = false }) }
local Blog = Base:model("Blog", {
  __tablename__ = "blog",
  __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  posts = am.relationship("Post", { back_populates = "blog", order_by = "Post.id", cascade = "all, delete-orphan" }),
})
local Post = Base:model("Post", {
  __tablename__ = "post",
  __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  blog_id = am.Column(am.ForeignKey("blog.id")),
  blog = am.relationship("Blog", { back_populates = "posts" }),
  marks = am.relationship("Mark", { order_by = "Mark.id" }),
})
local Mark = Base:model("Mark", {
  __tablename__ = "mark",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
  post_id = am.Column(am.ForeignKey("post.id")),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local Factory = am.sessionmaker{ bind = eng }
am.event.listen(Factory, "do_orm_execute", function(state)
  if state.is_select and not state.is_column_load and not state.execution_options.all then
    state.statement = state.statement:options(am.with_loader_criteria(SoftDelete, function(cls)
      return cls.gone:is_(false)
    end, { include_aliases = true }))
  end
end)
am.event.listen(Factory, "before_flush", function(session)
  for _, o in ipairs(parity.collect(session.deleted, function(o) return o end)) do
    local class = am.inspect(o).mapper.class_
    if class == Blog or class == Post then
      session:add(o)
      o.gone = true
    end
  end
end)

local function titles(posts) return map(posts, function(p) return p.title end) end
local ALL = { execution_options = { all = true } }
parity.forget()
local s = Factory()
local a = Blog{ name = "a", posts = { Post{ title = "a1", marks = { Mark{ word = "x" } } }, Post{ title = "a2" },
  Post{ title = "a3" } } }
local b = Blog{ name = "b", posts = { Post{ title = "b1" } } }
s:add_all{ a, b }
s:commit()
step("delete one")
local a2 = a.posts[2]
s:delete(a2)
say(s.deleted:contains(a2))
s:flush()
say(a2.gone, s:contains(a2), am.inspect(a2).persistent, titles(a.posts))
s:commit()
say(titles(a.posts))
step("lists")
say(s:scalars(select(Post.title):order_by(Post.id)):all())
say(titles(s:scalars(select(Post):order_by(Post.id))))
say(s:scalar(select(func.count(Post.id))))
say(s:scalars(select(Post.title):order_by(Post.id), nil, ALL):all())
step("eager loads")
for _, option in ipairs { am.selectinload, am.joinedload, am.subqueryload } do
  s:expunge_all()
  for blog in s:scalars(select(Blog):options(option(Blog.posts)):order_by(Blog.id)):unique() do
    say(blog.name, titles(blog.posts))
  end
  sql()
end
step("a lazy load after the option was given by hand")
s:expunge_all()
local only = am.with_loader_criteria(Post, Post.title:ne("a1"))
local blog = s:scalars(select(Blog):options(only):order_by(Blog.id)):first()
say(titles(blog.posts))
step("joins, aliases, exists and subqueries")
local P = am.aliased(Post)
say(s:execute(select(Blog.name, P.title):join(Blog.posts:of_type(P)):order_by(P.id)):all())
say(s:execute(select(Blog.name, func.count(Post.id)):outerjoin(Blog.posts):group_by(Blog.name):order_by(Blog.name))
  :all())
say(s:scalars(select(Blog.name):where(Blog.posts:any(Post.title:eq("a2")))):all())
local sub = select(Post.blog_id, func.count(Post.id):label("n")):group_by(Post.blog_id):subquery()
say(s:execute(select(Blog.name, sub.c.n):join(sub, sub.c.blog_id:eq(Blog.id)):order_by(Blog.name)):all())
step("get and refresh")
say(s:get(Post, 2))
say(s:get(Post, 2, ALL).title)
step("a many-to-one to a hidden row")
s:delete(s:scalars(select(Blog):where(Blog.name:eq("b"))):one())
s:commit()
s:expunge_all()
local p = s:scalars(select(Post):where(Post.title:eq("b1"))):one_or_none()
say(p)
p = s:scalars(select(Post):where(Post.title:eq("b1")), nil, ALL):one()
say(p.gone, p.blog)
step("statements that change rows")
say(s:execute(am.update(Post):values{ title = Post.title .. "!" }).rowcount)
say(s:execute(am.delete(Post):where(Post.gone):options(am.with_loader_criteria(Post, Post.title:ne("a2!")))).rowcount)
say(s:scalars(select(Post.title):order_by(Post.id), nil, ALL):all())
step("something that has no such column")
say(s:scalars(select(Mark.word)):all())
s:rollback()
step("end")
s:close()
