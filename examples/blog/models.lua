--- The blog's models: users, posts, threaded comments, tags.
local am = require "alchemoon"

local Base = am.declarative_base {
  naming_convention = {
    ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s",
    ck = "ck_%(table_name)s_%(constraint_name)s",
    fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", pk = "pk_%(table_name)s",
  },
}

-- A mixin is a plain table; every model that names it gets its columns.
local Timestamps = {
  created_at = am.Column(am.DateTime, { nullable = false, server_default = am.func.current_timestamp() }),
  updated_at = am.Column(am.DateTime, { onupdate = am.func.current_timestamp() }),
}

local User = Base:model("User", {
  __tablename__ = "users",
  __mixins__ = { Timestamps },
  id = am.Column(am.Integer, { primary_key = true }),
  first = am.Column(am.String(50), { nullable = false }),
  last = am.Column(am.String(50), { nullable = false }),
  email = am.Column("email_address", am.String(255), { unique = true, nullable = false }),
  posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan", order_by = "Post.id" }),
  comments = am.relationship("Comment", { back_populates = "author", cascade = "all, delete-orphan" }),
  name = am.hybrid_property(function(self) return self.first .. " " .. self.last end),
  check_email = am.validates("email", function(_, _, value)
    if not value:find("@", 1, true) then error("invalid email: " .. value, 0) end
    return value
  end),
})
User.__tostring = function(self) return "User(" .. self.name .. ")" end

local post_tags = am.Table("post_tags", Base.metadata,
  am.Column("post_id", am.ForeignKey("posts.id", { ondelete = "CASCADE" }), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tags.id", { ondelete = "CASCADE" }), { primary_key = true }))

local Post = Base:model("Post", {
  __tablename__ = "posts",
  __mixins__ = { Timestamps },
  id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("users.id", { ondelete = "CASCADE" }), { nullable = false, index = true }),
  title = am.Column(am.String(200), { nullable = false }),
  body = am.Column(am.Text, { deferred = true }),
  status = am.Column(am.Enum("draft", "published", "archived", { name = "post_status" }),
    { nullable = false, default = "draft" }),
  views = am.Column(am.Integer, { nullable = false, default = 0 }),
  author = am.relationship("User", { back_populates = "posts" }),
  comments = am.relationship("Comment", { back_populates = "post", cascade = "all, delete-orphan",
    order_by = "Comment.id" }),
  tags = am.relationship("Tag", { secondary = post_tags, back_populates = "posts", order_by = "Tag.name" }),
  tag_names = am.association_proxy("tags", "name"),
})
Post.__tostring = function(self) return "Post(" .. self.title .. ")" end

local Comment = Base:model("Comment", {
  __tablename__ = "comments",
  __mixins__ = { Timestamps },
  id = am.Column(am.Integer, { primary_key = true }),
  post_id = am.Column(am.ForeignKey("posts.id", { ondelete = "CASCADE" }), { nullable = false, index = true }),
  author_id = am.Column(am.ForeignKey("users.id", { ondelete = "CASCADE" }), { nullable = false }),
  parent_id = am.Column(am.ForeignKey("comments.id", { ondelete = "CASCADE" })),
  text = am.Column(am.Text, { nullable = false }),
  post = am.relationship("Post", { back_populates = "comments" }),
  author = am.relationship("User", { back_populates = "comments" }),
  replies = am.relationship("Comment", { back_populates = "parent", cascade = "all, delete-orphan",
    order_by = "Comment.id" }),
  parent = am.relationship("Comment", { back_populates = "replies", remote_side = "Comment.id" }),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(40), { unique = true, nullable = false }),
  posts = am.relationship("Post", { secondary = post_tags, back_populates = "tags" }),
})
Tag.__tostring = function(self) return "Tag(" .. self.name .. ")" end

return { Base = Base, User = User, Post = Post, Comment = Comment, Tag = Tag, post_tags = post_tags }
