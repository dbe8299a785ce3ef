-- Generic associations: a discriminator in the join, a table per association, built by declared_attr of a mixin.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function text(c) return c.text end
local function sorted(list)
  table.sort(list)
  return list
end

local Base = am.declarative_base()
local Comment = Base:model("Comment", {
  __tablename__ = "comments",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(20)),
  kind = am.Column(am.String(10)),
  parent_id = am.Column(am.Integer),
})
function Comment:parent() return self["parent_" .. self.kind] end

local HasComments = {}
am.event.listen(HasComments, "mapper_configured", function(_, cls)
  local kind = cls.__name__:lower()
  cls.comments = am.relationship(Comment, { order_by = Comment.id,
    primaryjoin = am.and_(cls.id:eq(am.foreign(am.remote(Comment.parent_id))), Comment.kind:eq(kind)),
    backref = am.backref("parent_" .. kind, { primaryjoin = am.remote(cls.id):eq(am.foreign(Comment.parent_id)) }),
    overlaps = "comments,parent_post,parent_photo" })
  am.event.listen(cls.comments, "append", function(_, value) value.kind = kind end)
end, { propagate = true })

local HasTags = {
  tags = am.declared_attr(function(cls)
    local link = am.Table(cls.__tablename__ .. "_tags", cls.metadata,
      am.Column(cls.__tablename__ .. "_id", am.ForeignKey(cls.__tablename__ .. ".id"), { primary_key = true }),
      am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))
    return am.relationship("Tag", { secondary = link, order_by = "Tag.name", backref = cls.__tablename__ })
  end),
}
local Tag = Base:model("Tag", {
  __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
})
local Post = Base:model("Post", {
  __mixins__ = { HasComments, HasTags },
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(10)),
})
local Photo = Base:model("Photo", {
  __mixins__ = { HasTags, HasComments },
  __tablename__ = "photos",
  id = am.Column(am.Integer, { primary_key = true }),
  path = am.Column(am.String(10)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local post, photo = Post{ title = "p" }, Photo{ path = "x.png" }
say(sorted(am.inspect(Post).relationships:keys()), sorted(am.inspect(Comment).relationships:keys()))
local tables = {}
for name in pairs(Base.metadata.tables) do tables[#tables + 1] = name end
say(sorted(tables), Post.comments.property.primaryjoin, Comment.parent_photo.property.primaryjoin)
local s = am.Session(e)
step "rows"
post.comments:append(Comment{ text = "nice" })
post.comments:append(Comment{ text = "bad" })
photo.comments:append(Comment{ text = "blurry" })
say(post.comments[1].kind, post.comments[1]:parent() == post, photo.comments[1].parent_photo == photo)
local red = Tag{ name = "red" }
post.tags:append(red)
photo.tags:append(red)
s:add_all{ post, photo }
s:commit()
step "read"
say(map(post.comments, text), map(photo.comments, text), red.posts, red.photos)
step "queries"
say(s:scalars(select(Post.title):where(Post.comments:any(Comment.text:eq("nice")))):all())
say(s:scalars(select(Comment.text):join(Comment.parent_photo):where(Photo.path:eq("x.png"))):all())
say(s:scalars(select(Photo.path):join(Photo.tags):where(Tag.name:eq("red"))):all())
step "eager"
s:expunge_all()
local first
for found in s:scalars(select(Post):options(am.selectinload(Post.comments))) do
  say(found.title, map(found.comments, text), map(found.tags, function(t) return t.name end))
  first = found
end
step "move"
local comment = first.comments[1]
first.comments:remove(comment)
s:get(Photo, 1).comments:append(comment)
s:commit()
say(comment.kind, comment:parent())
p.sql()
s:close()
