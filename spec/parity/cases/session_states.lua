-- An object's way through the five states, and what reaches the database at each step.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50), { nullable = false }),
  posts = am.relationship("Post", { back_populates = "user", cascade = "all, delete-orphan", order_by = "Post.id" }),
})
local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship("User", { back_populates = "posts" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function state(o)
  local i = am.inspect(o)
  for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if i[name] then say(name, i.identity, i.modified) end
  end
end

local session = am.Session(e)
local ann = User{ name = "ann", posts = { Post{ title = "one" }, Post{ title = "two" } } }
state(ann)
session:add(ann)
state(ann)
say(session.new, ann.posts, ann.posts[1].user == ann)
step "flush"
session:flush()
state(ann)
say(ann.id, am.inspect(ann).attrs.name.history)
step "commit"
session:commit()
state(ann)
say(ann.name, #ann.posts)
step "delete"
session:delete(ann)
session:flush()
state(ann)
step "rollback"
session:rollback()
state(ann)
say(session:scalars(am.select(Post.title):order_by(Post.id)):all())
step "orphan"
ann.posts:pop(1)
session:commit()
p.sql()
say(p.error(function() session:add("x") end) ~= nil)
session:expunge(ann)
state(ann)
p.error(function() return ann.posts end)
session:close()
p.sql()
