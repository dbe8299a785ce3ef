-- with_loader_criteria: on statements, loaders, joins and aliases, and from a do_orm_execute listener.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local SoftDelete = { removed = am.Column(am.Boolean, { default = false, nullable = false }), }

local Forum = Base:model("Forum", {
  __mixins__ = { SoftDelete },
  __tablename__ = "forums",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  posts = am.relationship("Post", { back_populates = "forum", order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __mixins__ = { SoftDelete },
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  forum_id = am.Column(am.ForeignKey("forums.id")),
  writer_id = am.Column(am.ForeignKey("writers.id")),
  forum = am.relationship("Forum", { back_populates = "posts" }),
  writer = am.relationship("Writer", { back_populates = "posts" }),
})

local Writer = Base:model("Writer", {
  __tablename__ = "writers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  posts = am.relationship("Post", { back_populates = "writer", order_by = "Post.id" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local ann, bob = Writer{ id = 1, name = "ann" }, Writer{ id = 2, name = "bob" }
  s:add_all{
    Forum{
      id = 1,
      name = "lua",
      removed = false,
      posts = {
        Post{ id = 1, title = "p1", writer = ann },
        Post{ id = 2, title = "p2", writer = bob, removed = true }
      }
    },
    Forum{ id = 2, name = "old", removed = true, posts = { Post{ id = 3, title = "p3", writer = ann } } }
  }
  s:commit()
end)
parity.forget()

local live = am.with_loader_criteria(Post, Post.removed:eq(false))
step "the entity itself"
am.Session(e, function(s)
  say(map(s:scalars(am.select(Post):options(live):order_by(Post.id)), function(p) return p.title end))
  say(s:scalars(am.select(am.func.count()):select_from(Post):options(live)):one())
  say(s:scalars(am.select(Post.title):options(live):order_by(Post.title)):all())
end)
step "loaders"
for _, name in ipairs { "selectinload", "joinedload", "subqueryload", "lazyload" } do
  am.Session(e, function(s)
    local stmt = am.select(Forum):options(am[name](Forum.posts), live):order_by(Forum.id)
    say(
      map(s:scalars(stmt):unique(), function(f) return list(f.name, map(f.posts, function(p) return p.title end)) end)
    )
  end)
  step("after " .. name)
end
step "propagate_to_loaders=False"
am.Session(e, function(s)
  local local_ = am.with_loader_criteria(Post, Post.removed:eq(false), { propagate_to_loaders = false })
  local forums = s:scalars(am.select(Forum):options(local_):order_by(Forum.id)):all()
  say(map(forums, function(f) return map(f.posts, function(p) return p.title end) end))
end)
step "joins"
am.Session(e, function(s)
  say(
    map(
      s:execute(am.select(Forum.name, Post.title):join(Forum.posts):options(live):order_by(Post.id)),
      function(r) return r end
    )
  )
  say(
    map(
      s:execute(am.select(Forum.name, Post.title):outerjoin(Forum.posts):options(live):order_by(Forum.id)),
      function(r) return r end
    )
  )
  say(
    map(
      s:execute(
        am.select(Forum.name, Post.title):join(Post, Post.forum_id:eq(Forum.id)):options(live):order_by(Post.id)
      ),
      function(r) return r end
    )
  )
  say(
    map(
      s:scalars(am.select(Forum):where(Forum.posts:any(Post.title:eq("p2"))):options(live)),
      function(f) return f.name end
    )
  )
  local sub = am.select(Post.forum_id):where(Post.title:like("p%")):scalar_subquery()
  say(
    map(
      s:scalars(am.select(Forum):where(Forum.id:in_(sub)):options(live):order_by(Forum.id)),
      function(f) return f.name end
    )
  )
end)
step "aliases"
am.Session(e, function(s)
  local p2 = am.aliased(Post, { name = "p2" })
  say(map(s:scalars(am.select(p2):options(live):order_by(p2.id)), function(p) return p.title end))
  local wide = am.with_loader_criteria(Post, function(cls) return cls.removed:eq(am.false_()) end, {
    include_aliases = true
  })
  say(map(s:scalars(am.select(p2):options(wide):order_by(p2.id)), function(p) return p.title end))
end)
step "a mixin"
am.Session(e, function(s)
  local every = am.with_loader_criteria(SoftDelete, function(cls) return cls.removed:eq(am.false_()) end, {
    include_aliases = true
  })
  say(
    map(
      s:scalars(am.select(Forum):options(am.selectinload(Forum.posts), every):order_by(Forum.id)),
      function(f) return list(f.name, map(f.posts, function(p) return p.title end)) end
    )
  )
  say(
    map(
      s:scalars(am.select(Writer):options(am.joinedload(Writer.posts), every):order_by(Writer.id)):unique(),
      function(w) return list(w.name, map(w.posts, function(p) return p.title end)) end
    )
  )
end)
step "from a listener"
local Maker = am.sessionmaker(e)

am.event.listen(Maker, "do_orm_execute", function(state)
  say(
    "do_orm_execute",
    state.is_select,
    state.is_update,
    state.is_delete,
    state.is_column_load,
    state.is_relationship_load
  )
  if state.is_select
    and not state.is_column_load
    and not state.is_relationship_load
    and not state.execution_options.include_removed then
    state.statement = state.statement:options(
      am.with_loader_criteria(SoftDelete, function(cls) return cls.removed:eq(am.false_()) end, {
        include_aliases = true
      })
    )
  end
end)

Maker(function(s)
  local forums = s:scalars(am.select(Forum):order_by(Forum.id)):all()
  say(map(forums, function(f) return f.name end))
  step "lazy"
  say(map(forums[1].posts, function(p) return p.title end))
  step "all of them"
  say(
    map(
      s:scalars(am.select(Forum):order_by(Forum.id):execution_options{ include_removed = true }),
      function(f) return f.name end
    )
  )
  step "get"
  s:expunge_all()
  say(s:get(Forum, 2), s:get(Forum, 1).name)
  step "many to one"
  local p3 = s:get(Post, 3)
  say(p3.title, p3.forum)
  step "refresh"
  s:refresh(p3)
  s:expire(p3, { "title" })
  say(p3.title)
  step "the legacy query"
  say(map(s:query(Post):order_by(Post.id), function(p) return p.title end), s:query(Post):count())
end)
step "update and delete"
am.Session(e, function(s)
  s:execute(am.update(Post):values{ title = Post.title .. "!" }:options(live))
  say(s:scalars(am.select(Post.title):order_by(Post.id)):all())
  say(s:execute(am.delete(Post):where(Post.id:gt(0)):options(live)).rowcount)
  s:rollback()
end)
step "two criteria"
am.Session(e, function(s)
  local stmt = am.select(Forum)
    :options(am.selectinload(Forum.posts:and_(Post.title:ne("p1"))), live)
    :order_by(Forum.id)
  say(map(s:scalars(stmt), function(f) return map(f.posts, function(p) return p.title end) end))
end)
step "end"
