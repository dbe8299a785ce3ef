-- Entities, columns, bundles and aliases in one select; how rows answer by position, label, column and entity.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  mail = am.Column("email_address", am.String(50)),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship("User", { back_populates = "posts" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    User{
      id = 1,
      name = "ann",
      mail = "ann@x",
      posts = { Post{ id = 1, title = "p1" }, Post{ id = 2, title = "p2" } }
    },
    User{ id = 2, name = "bob", posts = { Post{ id = 3, title = "p3" } } },
    User{ id = 3, name = "cid", mail = "cid@x" }
  }
  s:commit()
end)
parity.forget()
local s = am.Session(e)

step "one entity"
local rows = s:execute(am.select(User):order_by(User.id)):all()
say(rows[1], rows[1].User.name, rows[1][1].name, rows[1][User].name, rows[1]:keys())
step "entity and columns"
local row = s:execute(am.select(User, Post.title, Post.id, User.id):join(User.posts):order_by(Post.id)):first()
say(row:keys(), row.title, row[Post.title], row[User].name, row[Post.id], row[User.id])
step "the same entity twice"
row = s:execute(am.select(User, User):order_by(User.id)):first()
say(#row, row[1] == row[2], row:keys())
step "aliases by name"
local u2 = am.aliased(User, { name = "other" })
local u3 = am.aliased(User)
row = s
  :execute(am.select(User, u2, u3.name):where(u2.id:eq(User.id + 1), u3.id:eq(u2.id + 1)):order_by(User.id))
  :first()
say(row:keys(), row.User.name, row.other.name, row[u2].name, row[u3.name])
step "labels and expressions"
local stmt = am.select(
  User.name:label("who"),
  am.func.count(Post.id):label("n"),
  am.func.max(Post.title),
  User.id + 10,
  am.literal("x"):label("lit"),
  am.case({ User.mail:is_(nil), "none" }, { else_ = "some" }):label("kind"),
  am.literal_column("1"):label("one")
)
  :outerjoin(User.posts)
  :group_by(User.id, User.name, User.mail)
  :order_by(User.id)
for each in s:execute(stmt) do
  say(each, each.who, each.n, each.kind, each.one, each.n)
end
say(s:execute(stmt):keys())
step "a column whose attribute has another name"
row = s:execute(am.select(User.mail, User.__table__.c.email_address):order_by(User.id)):first()
say(row:keys(), row.mail)
row = s:execute(am.select(User.__table__):order_by(User.__table__.c.id)):first()
say(row, row:keys(), row.email_address)
step "bundles"
local b = am.Bundle("info", User.name, User.mail)
row = s:execute(am.select(b, Post.title):join(User.posts):order_by(Post.id)):first()
say(row.info, row.info.name, row.info.mail, row[1][2], row.title, row:keys())
say(
  map(s:execute(am.select(b):where(b.c.name:ne("bob")):order_by(b.c.name:desc())), function(r) return r.info.name end)
)
local single = am.Bundle("one", User.id, User.name:label("label"), { single_entity = true })
say(map(s:scalars(am.select(single):order_by(User.id)), function(x) return list(x.id, x.label) end))
local nested = am.Bundle("outer", User.id, am.Bundle("inner", Post.title, Post.id))
row = s:execute(am.select(nested):join(User.posts):order_by(Post.id)):first()
say(row.outer.id, row.outer.inner.title, row.outer.inner.id)

step "column_descriptions"
for _, d in ipairs(am.select(User, u2, Post.title, am.func.count(Post.id):label("n"), b).column_descriptions) do
  say(d.name, d.aliased, d.entity == User, d.entity == u2, d.entity == Post)
end
step "get_final_froms, selected_columns"
stmt = am.select(User.id, User.mail, Post.title):join(Post, Post.user_id:eq(User.id))
say(stmt.selected_columns:keys())
say(tostring(stmt))
say(map(am.select(User):get_final_froms(), function(f) return f == User.__table__ end))
step "with_only_columns, add_columns"
local base = am.select(User):where(User.id:lt(3)):order_by(User.id)
say(s:execute(base:with_only_columns(User.name)):all())
say(map_rows(s:execute(base:add_columns(am.func.length(User.name))), function(u, n) return list(u.name, n) end))
say(s:scalar(base:order_by(nil):with_only_columns(am.func.count(User.id))))
say(s:scalar(am.select(am.func.count()):select_from(base:subquery())))
step "filter_by"
say(map(s:scalars(am.select(User):filter_by{ name = "ann" }), function(u) return u.name end))
say(map(s:scalars(am.select(User):join(User.posts):filter_by{ title = "p2" }), function(u) return u.name end))
parity.error(function() return am.select(User):filter_by{ nothing = 1 } end)
step "scalars of rows"
say(s:scalars(am.select(User.name, User.id):order_by(User.id)):all())
say(s:scalar(am.select(User.name):where(User.id:eq(99))), s:scalar(am.select(User):where(User.id:eq(2))).name)
step "duplicates"
row = s:execute(am.select(User.id, Post.id):join(User.posts):order_by(Post.id:desc())):first()
say(row, row:keys())
row = s
  :execute(
    am.select(User.id, Post.id)
      :join(User.posts)
      :order_by(Post.id:desc())
      :set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL)
  )
  :first()
say(row, row:keys())
step "identity"
local twin = am.aliased(User, { name = "twin" })
local a = s:execute(am.select(User, twin):where(User.id:eq(twin.id)):order_by(User.id)):first()
say(a[1] == a[2], a[1] == s:get(User, 1))
step "end"
