-- with_loader_criteria over relationships: entities, mixins, functions, includes of aliases, lazy loads and DML.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func
local Column, Integer, String, Boolean, ForeignKey = am.Column, am.Integer, am.String, am.Boolean, am.ForeignKey
local with_loader_criteria = am.with_loader_criteria

local Base = am.declarative_base()
local Hidden = { hidden = Column(Boolean, { default = false, nullable = false }) }

local Forum = Base:model("Forum", {
  __tablename__ = "forum",
  __mixins__ = { Hidden },
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  threads = am.relationship("Thread", { back_populates = "forum", order_by = "Thread.id" }),
})

local Thread = Base:model("Thread", {
  __tablename__ = "thread",
  __mixins__ = { Hidden },
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  forum_id = Column(ForeignKey "forum.id"),
  forum = am.relationship(Forum, { back_populates = "threads" }),
  posts = am.relationship("Post", { back_populates = "thread", order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "post",
  id = Column(Integer, { primary_key = true }),
  body = Column(String(20)),
  points = Column(Integer),
  thread_id = Column(ForeignKey "thread.id"),
  thread = am.relationship(Thread, { back_populates = "posts" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Forum{ id = 1, name = "lua", threads = {
      Thread{ id = 1, title = "old", posts = { Post{ id = 1, body = "a", points = 1 }, Post{ id = 2, body = "b",
        points = 5 } } },
      Thread{ id = 2, title = "bad", hidden = true, posts = { Post{ id = 3, body = "c", points = 9 } } } } },
    Forum{ id = 2, name = "ads", hidden = true, threads = { Thread{ id = 3, title = "buy" } } } }
  s:commit()
end)
p.forget()
local visible = with_loader_criteria(Hidden, function(cls) return cls.hidden:is_(false) end,
  { include_aliases = true })

local function each(items, key) return p.map(items, function(x) return x[key] end) end
local function tree(forums)
  return p.map(forums, function(f)
    return { f.name, p.map(f.threads, function(t) return { t.title, each(t.posts, "body") } end) }
  end)
end

for _, how in ipairs { "lazy", "selectin", "joined", "subquery" } do
  step(how)
  local load = am[how .. "load"]
  am.Session(e, function(s)
    local stmt = select(Forum):options(load(Forum.threads):options(load(Thread.posts)), visible,
      with_loader_criteria(Post, Post.points:gt(3))):order_by(Forum.id)
    say(tree(s:scalars(stmt):unique()))
  end)
end
step "joins, aliases, columns"
am.Session(e, function(s)
  say(s:execute(select(Forum.name, Thread.title):join(Forum.threads):options(visible)):all())
  local t2 = am.aliased(Thread)
  say(s:execute(select(t2.title):join(t2.forum):options(visible):order_by(t2.id)):all())
  local strict = with_loader_criteria(Thread, Thread.hidden:eq(false), { include_aliases = false })
  say(s:scalars(select(t2.title):options(strict):order_by(t2.id)):all())
  say(s:execute(select(Forum.name, func.count(Thread.id)):outerjoin(Forum.threads):group_by(Forum.name)
    :order_by(Forum.name)
    :options(with_loader_criteria(Thread, Thread.title:ne("old")))):all())
  say(s:scalars(select(Forum.name):where(Forum.threads:any(Thread.id:gt(1))):options(visible)):all())
  local sub = select(Thread.forum_id):where(Thread.id:gt(1))
  say(s:scalars(select(Forum.name):where(Forum.id:in_(sub)):options(strict):order_by(Forum.id)):all())
end)
step "travels to lazy loads, or not"
am.Session(e, function(s)
  local f = s:scalars(select(Forum):options(with_loader_criteria(Thread, Thread.id:ne(2))):order_by(Forum.id)):first()
  say(each(f.threads, "id"))
  s:expire(f, { "threads" })
  say(each(f.threads, "id"))
  s:expire(f)
  say(each(f.threads, "id"))
end)
am.Session(e, function(s)
  local f = s:scalars(select(Forum):options(with_loader_criteria(Thread, Thread.id:ne(2),
    { propagate_to_loaders = false }))
    :order_by(Forum.id)):first()
  say(each(f.threads, "id"))
end)
step "many-to-one and get"
am.Session(e, function(s)
  local one = s:scalars(select(Post):where(Post.id:eq(3)):options(visible)):one()
  say(one.thread == nil)
  say(s:get(Thread, 2, { options = { visible } }) == nil)
end)
am.Session(e, function(s)
  local one = s:scalars(select(Post):where(Post.id:eq(3)):options(am.joinedload(Post.thread), visible)):one()
  say(one.thread == nil)
end)
step "relationship.and_ beside it"
am.Session(e, function(s)
  local stmt = select(Thread):options(am.selectinload(Thread.posts:and_(Post.points:lt(5))), visible)
    :order_by(Thread.id)
  say(p.map(s:scalars(stmt), function(t) return { t.title, each(t.posts, "body") } end))
  stmt = select(Thread.title, Post.body):join(Thread.posts:and_(Post.points:gt(1))):options(visible)
  say(s:execute(stmt):all())
end)
step "by an event, for every SELECT of the session"
am.Session(e, function(s)
  am.event.listen(s, "do_orm_execute", function(state)
    say("  *", state.is_select, state.is_relationship_load, state.is_column_load)
    if state.is_select and not state.is_column_load and not state.execution_options.all then
      state.statement = state.statement:options(visible)
    end
  end)
  say(each(s:scalars(select(Forum):order_by(Forum.id)), "name"))
  say(each(s:get(Forum, 1).threads, "title"))
  say(each(s:scalars(select(Forum):order_by(Forum.id):execution_options{ all = true }), "name"))
end)
step "update and delete"
am.Session(e, function(s)
  say(s:execute(am.update(Thread):values{ title = "x" }:options(visible)).rowcount)
  say(s:execute(am.delete(Post):where(Post.id:gt(0)):options(with_loader_criteria(Post, Post.points:eq(9)))).rowcount)
  say(s:scalars(select(Thread.title):order_by(Thread.id)):all(), s:scalars(select(Post.id):order_by(Post.id)):all())
end)
p.sql()
