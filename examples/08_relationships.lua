-- Relationships: both sides at once, many-to-many, trees, collections of other kinds, cascades.
local am = require "alchemoon"

local Base = am.declarative_base()

local post_tags = am.Table("post_tags", Base.metadata,
  am.Column("post_id", am.ForeignKey("posts.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan", order_by = "Post.id" }),
})
local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  author_id = am.Column(am.ForeignKey("users.id")),
  author = am.relationship("User", { back_populates = "posts" }),
  tags = am.relationship("Tag", { secondary = post_tags, collection_class = am.attribute_keyed_dict("name") }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
})
local Node = Base:model("Node", { -- a tree
  __tablename__ = "nodes",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(50)),
  parent_id = am.Column(am.ForeignKey("nodes.id")),
  children = am.relationship("Node", { backref = am.backref("parent", { remote_side = "Node.id" }) }),
})

local ann = User{ name = "Ann", posts = { Post{ title = "one" } } }
ann.posts:append(Post{ title = "two" })
print(#ann.posts, ann.posts[2].author == ann) -- the other side follows at once

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
am.Session(engine, function(session)
  ann.posts[1].tags:set(Tag{ name = "lua" })
  session:add_all{ ann, Node{ label = "root", children = { Node{ label = "leaf" } } } }
  session:commit()

  print(ann.posts[1].tags.lua.id)
  print(session:scalars(am.select(Post.title):where(Post.tags:any(Tag.name:eq "lua"))):one())
  print(session:scalars(am.select(Node):where(Node.label:eq "leaf")):one().parent.label)

  ann.posts:remove(ann.posts[1]) -- an orphan is deleted
  session:commit()
  print(session:scalar(am.select(am.func.count(Post.id))))
  session:delete(ann)            -- and with her what is left
  session:commit()
  print(session:scalar(am.select(am.func.count(Post.id))))
end)
--> 2	true
--> 1
--> one
--> root
--> 1
--> 0
