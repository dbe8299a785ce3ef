-- Query events: before_compile with and without retval, before_compile_update, before_compile_delete, and Query in use.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, func, listen, Query = am.select, am.func, am.event.listen, am.Query

local Base = am.declarative_base()
local Blog = Base:model("Blog", {
  __tablename__ = "blog",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  hidden = am.Column(am.Boolean, { default = false }),
  posts = am.relationship("Post", { back_populates = "blog", order_by = "Post.id" }),
})
local Post = Base:model("Post", {
  __tablename__ = "post",
  id = am.Column(am.Integer, { primary_key = true }),
  blog_id = am.Column(am.ForeignKey("blog.id")),
  title = am.Column(am.String(20)),
  hits = am.Column(am.Integer, { default = 0 }),
  hidden = am.Column(am.Boolean, { default = false }),
  blog = am.relationship(Blog, { back_populates = "posts" }),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
am.Session(db, function(s)
  s:begin(function()
    s:add_all{
      Blog{ id = 1, name = "a", posts = { Post{ id = 1, title = "a1", hits = 3 },
        Post{ id = 2, title = "a2", hidden = true } } },
      Blog{ id = 2, name = "b", hidden = true, posts = { Post{ id = 3, title = "b1", hits = 9 } } },
      Blog{ id = 3, name = "c" },
    }
  end)
end)
local session = am.Session(db)

local function names(rows) return map(rows, function(o) return o.name end) end
local function titles(rows) return map(rows, function(o) return o.title end) end

local function no_hidden(query)
  for _, description in ipairs(query.column_descriptions) do
    local entity = description.entity
    if entity ~= nil then query = query:enable_assertions(false):filter(entity.hidden:eq(false)) end
  end
  return query
end

step "before"
p.forget()
say(names(session:query(Blog):order_by(Blog.id)), session:query(Post):count())
sql()
listen(Query, "before_compile", no_hidden, { retval = true, bake_ok = false })
step "after"
say(names(session:query(Blog):order_by(Blog.id)), session:query(Post):count())
say(session:query(Post.title):order_by(Post.id):all(), session:query(func.count(Post.id)):scalar())
say(p.map_rows(session:query(Blog, Post):join(Post):order_by(Post.id), function(b, o) return { b.name, o.title } end))
say(titles(session:query(Post):order_by(Post.id):limit(1)), session:query(Blog):filter_by{ name = "b" }:first())
sql()
am.event.remove(Query, "before_compile", no_hidden)
say(session:query(Blog):count())

step "without retval"
local seen = {}
local function watch(q) seen[#seen + 1] = map(q.column_descriptions, function(d) return d.name end) end
listen(Query, "before_compile", watch)
session:query(Blog.id, Blog.name:label("n"), Post):join(Post):all()
session:query(am.aliased(Blog, { name = "bb" })):all()
say(seen)
am.event.remove(Query, "before_compile", watch)

step "before_compile_update"
local function update_listener(query, context)
  local keys = {}
  for key in pairs(context.values) do keys[#keys + 1] = type(key) == "string" and key or key.key end
  say("update", p.sorted(keys), context.query == query)
  context.values.hits = 100
  return query:filter(Post.hidden:eq(false))
end
listen(Query, "before_compile_update", update_listener, { retval = true })
p.forget()
say(session:query(Post):filter(Post.id:gt(0)):update({ title = "X" }, { synchronize_session = false }))
sql()
say(session:execute(select(Post.title, Post.hits):order_by(Post.id)):all())
session:rollback()
am.event.remove(Query, "before_compile_update", update_listener)

step "before_compile_delete"
local function delete_listener(query, context)
  say("delete", context.query == query, context.mapper.class_)
  return query:filter(Post.hits:lt(5))
end
listen(Query, "before_compile_delete", delete_listener, { retval = true })
p.forget()
say(session:query(Post):delete{ synchronize_session = "fetch" })
sql()
say(session:scalars(select(Post.title)):all())
session:rollback()
am.event.remove(Query, "before_compile_delete", delete_listener)

step "bulk events"
listen(session, "after_bulk_update", function(c)
  local keys = {}
  for key in pairs(c.values) do keys[#keys + 1] = key end
  say("bulk update", p.sorted(keys), c.result.rowcount, c.session == session)
end)
listen(session, "after_bulk_delete", function(c) say("bulk delete", c.result.rowcount, c.query ~= nil) end)
session:query(Post):filter_by{ id = 1 }:update{ title = "Y", hits = 1 }
session:query(Post):filter(Post.id:eq(2)):delete()
session:rollback()

step "what a Query can be asked"
p.forget()
local q = session:query(Post):filter(Post.hits:gt(1)):order_by(am.desc(Post.hits))
say(map(q.column_descriptions, function(d) return d.name end), q.whereclause, q.is_single_entity, q.session == session)
local function last(list) return list[#list] end
say(q:first().title, q:offset(1):first().title, last(q:all()).title, q[1].title, titles(q:slice(0, 2)), q[2].title)
sql()
error_of(function() q:one() end)
error_of(function() q:filter(Post.id:eq(99)):one() end)
say(q:filter(Post.id:eq(99)):one_or_none(), q:filter(Post.id:eq(99)):scalar(), q:with_entities(Post.id):all())
say(session:query(q:exists()):scalar(), session:query(Post):filter(q:exists()):count())
say(q:with_entities(Post.blog_id):distinct():order_by(nil):order_by(Post.blog_id):all())
say(map(q:add_columns(Post.id + 10, Post.title:label("tt")), function(r) return { r[1].title, r[2], r.tt } end))
say(q:values(Post.title):all(), q:value(Post.hits), q:order_by(nil):with_entities(func.max(Post.hits)):scalar())
local sub = q:subquery()
say(session:query(sub.c.title):order_by(sub.c.id):all(), session:query(Post):select_from(Blog):join(Blog.posts):filter(
  Blog.name:eq("a")):order_by(Post.id):all()[1].title)
say(q:reset_joinpoint():enable_eagerloads(false):yield_per(1):all()[1].title, q:populate_existing():all()[1].title)
say(q:execution_options{ a = 1 }:get_execution_options().a, q:params{ x = 1 } == q)
error_of(function() q:limit(1):filter(Post.id:eq(1)) end)
error_of(function() q:get(1) end)
error_of(function() session:query() end)
error_of(function() session:query("post"):all() end)
local e = session:query(Blog):join(Blog.posts):options(am.contains_eager(Blog.posts)):filter(Post.hits:gt(5))
  :populate_existing()
say(map(e, function(b) return { b.name, titles(b.posts) } end))
session:close()
