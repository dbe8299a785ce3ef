-- dynamic and write_only collections: pending changes, histories, events, statements made of them.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, refused, map, sorted = p.say, p.step, p.sql, p.error, p.refused, p.map, p.sorted
local select, func, inspect = am.select, am.func, am.inspect
local Column, Integer, String = am.Column, am.Integer, am.String
local ForeignKey, relationship = am.ForeignKey, am.relationship

local Base = am.declarative_base()
local likes = am.Table("likes", Base.metadata, Column("user_id", ForeignKey("users.id"), { primary_key = true }),
  Column("post_id", ForeignKey("posts.id"), { primary_key = true }))
local User = Base:model("User", {
  __tablename__ = "users",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  posts = relationship("Post", { lazy = "dynamic", back_populates = "user", order_by = "Post.id",
    cascade = "all, delete-orphan" }),
  liked = relationship("Post", { secondary = likes, lazy = "write_only", order_by = "Post.title",
    backref = am.backref("fans", { lazy = "dynamic", order_by = "User.name" }) }),
  notes = relationship("Note", { lazy = "write_only", back_populates = "user", order_by = "Note.id.desc()",
    cascade = "all, delete-orphan", passive_deletes = true }),
})
local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(10)),
  user_id = Column(ForeignKey("users.id")),
  user = relationship(User, { back_populates = "posts" }),
})
local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(10)),
  user_id = Column(ForeignKey("users.id", { ondelete = "CASCADE" }), { nullable = false }),
  user = relationship(User, { back_populates = "notes" }),
})
am.configure_mappers()
for _, attr in ipairs{ User.posts, User.liked, User.notes, Post.fans } do
  for _, name in ipairs{ "append", "remove" } do
    am.event.listen(attr, name, function(t, v, i) say("  ", name, i.key, p.fmt(t), p.fmt(v)) end)
  end
end
local function titles(xs) return map(xs, function(x) return x.title end) end
local function names(xs) return map(xs, function(x) return x.name end) end
local function texts(xs) return map(xs, function(x) return x.text end) end
local function history(obj, key)
  local h, out = inspect(obj).attrs[key].history, {}
  for i, part in ipairs{ h.added or {}, h.unchanged or {}, h.deleted or {} } do
    out[i] = sorted(map(part, function(x)
      if inspect(x).mapper.class_ == Post then return x.title end
      return inspect(x).mapper.class_ == Note and x.text or x.name
    end))
  end
  say(key, out)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e, { autoflush = false })
step "pending"
local u = User{ name = "u" }
local a, b, c = Post{ title = "a" }, Post{ title = "b" }, Post{ title = "c" }
u.posts:append(a)
b.user = u
u.posts:add(c)
u.posts:remove(a)
say(titles(u.posts), a.user, b.user == u, c.user == u)
history(u, "posts")
s:add(u)
say(#s.new)
s:flush()
sql()
step "dynamic"
say(titles(u.posts), u.posts:count(), titles(u.posts:filter(Post.title:gt("b"))),
  u.posts:filter_by{ title = "c" }:one().title)
say(u.posts[1].title, titles(u.posts:slice(0, 1)), u.posts:order_by(nil):order_by(Post.id:desc()):first().title)
u.posts:append(a)
say(titles(u.posts), u.posts:count())
history(u, "posts")
u.posts:remove(b)
say(b.user, s.deleted:contains(b), s.dirty:contains(b))
history(u, "posts")
s:flush()
sql()
say(titles(u.posts), inspect(b).deleted)
u.posts = { c, Post{ title = "d" } }
history(u, "posts")
s:flush()
sql()
say(titles(u.posts), titles(s:scalars(u.posts.statement)))
u.posts:extend{ Post{ title = "e" }, Post{ title = "f" } }
s:commit()
p.forget()
say(titles(u.posts:limit(2):offset(1)), titles(u.posts:join(Post.user):filter(User.name:eq("u")):limit(1)))
sql()
step "write only"
for x in u.posts do
  u.liked:add(x)
  s:flush()
end
history(u, "liked")
local v = User{ name = "v" }
s:add(v)
for _, x in ipairs(u.posts:limit(2):all()) do
  v.liked:add(x)
  s:flush()
end
sql()
say(titles(s:scalars(u.liked:select():limit(2))), titles(s:scalars(v.liked:select():where(Post.title:ne("c")))))
local x = s:scalars(v.liked:select()):first()
say(names(x.fans), x.fans:filter(User.name:eq("v")):count())
x.fans:remove(v)
history(v, "liked")
history(x, "fans")
s:flush()
p.forget()
refused(function() titles(v.liked) end)
refused(function() return #v.liked end)
refused(function() v.liked = { x } end)
error_of(function() s:scalars(select(User):options(am.selectinload(User.liked))):all() end)
sql()
step "notes"
u.notes:add_all{ Note{ text = "n1" }, Note{ text = "n2" } }
s:flush()
s:execute(u.notes:insert(), { { text = "n3" }, { text = "n4" } })
s:execute(u.notes:update():where(Note.text:eq("n1")):values{ text = "N1" })
s:execute(u.notes:delete():where(Note.text:eq("n2")))
say(texts(s:scalars(u.notes:select())))
sql()
local n = s:scalars(u.notes:select()):first()
u.notes:remove(n)
history(u, "notes")
say(n.user, s.dirty:contains(n))
n.user = v
history(v, "notes")
s:commit()
say(texts(s:scalars(u.notes:select())), texts(s:scalars(v.notes:select())))
p.forget()
error_of(function() return v.liked:insert() and say("made") end)
say(s:scalars(select(User.name):where(User.posts:any{ title = "d" })):all(),
  s:scalar(select(func.count()):select_from(u.liked:select():subquery())))
say(s:scalars(select(User.name):where(User.liked:contains(x)):order_by(User.id)):all())
local w = User{}
refused(function() w.liked:select() end)
refused(function() titles(w.posts) end)
sql()
s:delete(v)
error_of(function() s:flush() end)
sql()
s:rollback()
v.liked:remove(s:scalars(v.liked:select()):one())
s:flush()
sql()
