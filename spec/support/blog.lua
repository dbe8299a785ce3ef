-- A small schema for the specs of the session: users with posts, posts with tags, nodes in a tree.
local am = require "alchemoon"
local executed = require "support.executed"

local blog = {}

--- Fresh classes. `opts`: options of User.posts, Post.author, Post.tags.
function blog.classes(opts)
  opts = opts or {}
  local Base = am.declarative_base()
  local post_tags = am.Table("post_tags", Base.metadata,
    am.Column("post_id", am.ForeignKey("posts.id"), { primary_key = true }),
    am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))
  local User = Base:model("User", { __tablename__ = "users",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50), { nullable = false }),
    email = am.Column(am.String(50)),
    posts = am.relationship("Post", opts.posts or { back_populates = "author", order_by = "Post.id" }) })
  local Post = Base:model("Post", { __tablename__ = "posts",
    id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(50)),
    author_id = am.Column(am.ForeignKey("users.id")),
    author = am.relationship("User", opts.author or { back_populates = "posts" }),
    tags = am.relationship("Tag", opts.tags or { secondary = post_tags, back_populates = "posts",
      order_by = "Tag.id" }) })
  local Tag = Base:model("Tag", { __tablename__ = "tags",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
    posts = am.relationship("Post", { secondary = post_tags, back_populates = "tags" }) })
  local Node = Base:model("Node", { __tablename__ = "nodes",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
    parent_id = am.Column(am.ForeignKey("nodes.id")),
    children = am.relationship("Node", { back_populates = "parent", cascade = "all", order_by = "Node.id" }),
    parent = am.relationship("Node", { back_populates = "children", remote_side = "Node.id" }) })
  return { Base = Base, User = User, Post = Post, Tag = Tag, Node = Node, post_tags = post_tags }
end

--- The state of an object: "transient", "pending", "persistent", "deleted" or "detached".
function blog.state(obj)
  local found = am.inspect(obj)
  for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if found[name] then return name end
  end
end

--- Engine with empty tables for classes made by `make` (default blog.classes); closes everything afterwards.
function blog.env(backend, opts, make)
  backend.reset()
  local env = (make or blog.classes)(opts)
  env.engine = am.create_engine(backend.url)
  env.Base.metadata:create_all(env.engine, { checkfirst = false })
  env.log = executed.record(env.engine, opts and opts.log)
  function env.session(session_opts, fn) return am.Session(env.engine, session_opts, fn) end
  function env.rows(sql)
    return env.engine:connect(function(conn)
      local out = {}
      for i, row in ipairs(conn:exec_driver_sql(sql):all()) do out[i] = { row:unpack() } end
      return out
    end)
  end
  function env.close()
    am.close_all_sessions()
    env.engine:dispose()
  end
  return env
end

--- Runs fn(env) with an environment per database.
function blog.with(backend, opts, fn, make)
  local env = blog.env(backend, opts, make)
  local ok, e = pcall(fn, env)
  env.close()
  if not ok then error(e, 0) end
end

return blog
