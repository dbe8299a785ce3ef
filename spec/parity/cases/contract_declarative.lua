-- The declarative base: naming convention, a class of its own, mixins, table arguments, names, methods, validation.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, DateTime = am.Column, am.Integer, am.String, am.DateTime
local select, func, inspect = am.select, am.func, am.inspect

local Common = {}
function Common:describe() return ("%s of %s"):format(inspect(self).class_.__name__, self.__tablename__) end
function Common:loud() return self:describe():upper() end

local metadata = am.MetaData{ naming_convention = {
  ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s", pk = "pk_%(table_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
} }
local Base = am.declarative_base{ metadata = metadata, cls = Common }

local Timestamps = {
  created_at = Column(DateTime, { server_default = func.now() }),
  updated_at = Column(DateTime, { onupdate = func.now() }),
}
local Ranked = { rank = Column(Integer, { default = 10, nullable = false }) }

local User = Base:model("User", {
  __tablename__ = "users",
  __mixins__ = { Timestamps, Ranked },
  __table_args__ = { am.UniqueConstraint("email_address", { name = "uq_user_email" }),
    am.CheckConstraint("length(first) > 1", { name = "first" }), am.Index(nil, "last", "first") },
  id = Column(Integer, { primary_key = true }),
  first = Column(String(50), { nullable = false }),
  last = Column(String(50), { nullable = false }),
  email = Column("email_address", String(255)),
  posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan", order_by = "Post.id" }),
  name = am.hybrid_property(function(self) return self.first .. " " .. self.last end),
  check_email = am.validates("email", function(_, key, value)
    say("  validate", key, value)
    if not value:find("@", 1, true) then error("invalid email: " .. value) end
    return value:lower()
  end),
})
function User:greet() return "hello, " .. self.name end
function User:loud() return "! " .. Common.loud(self) end

local Post = Base:model("Post", {
  __tablename__ = "posts",
  __mixins__ = { Ranked },
  id = Column(Integer, { primary_key = true }),
  title = Column(String(80), { index = true, unique = true }),
  author_id = Column(am.ForeignKey("users.id"), { index = true }),
  author = am.relationship(User, { back_populates = "posts" }),
})

local e = p.engine()
step "tables"
for _, t in ipairs(metadata.sorted_tables) do
  say(map(am.columns(t), function(c) return c.name end),
    map(am.columns(inspect(t).primary_key), function(c) return c.key end))
  say(am.CreateTable(t))
  local indexes = {}
  for _, i in ipairs(t.indexes) do indexes[#indexes + 1] = i end
  table.sort(indexes, function(a, b) return a.name < b.name end)
  for _, i in ipairs(indexes) do say(am.CreateIndex(i)) end
end
say(User.__table__.name, User.__tablename__, User.__mapper__.class_.__name__, User.__table__.c.email_address.type)
say(inspect(User).attrs:keys(), inspect(User).column_attrs:keys(), inspect(User).relationships:keys())
local names = {}
for name in pairs(metadata.tables) do names[#names + 1] = name end
say(Base.metadata == metadata, User.metadata == metadata, p.sorted(names))
metadata:create_all(e)
p.forget()
step "objects"
local ann = User{ first = "Ann", last = "Lee", email = "Ann@Example.org" }
say(ann.email, ann.name, ann:greet(), ann:describe(), ann:loud(), Post():describe(), Post():loud())
ann.posts = { Post{ title = "one" } }
ann.posts:append(Post{ title = "two" })
say(ann.rank, ann.created_at, ann.posts[2].author == ann, #ann.posts)
p.refused(function() return User{ first = "x", email = "nobody" } end)
p.refused(function() return User{ firts = "x" } end)
local session = am.Session(e)
session:add(ann)
session:commit()
step "loaded"
local user = session:scalars(select(User):where(User.name:eq("Ann Lee"))):one()
say(user == ann, user.email, user.rank, user.created_at == nil, user.updated_at == nil)
user.email = "LEE@example.org"
session:commit()
say(user.email, user.updated_at == nil, map(user.posts, function(x) return x.title end),
  map(user.posts, function(x) return x.rank end))
say(select(User.name, User.email):where(User.email:like("%@example.org")))
step "broken rules"
p.error(function()
  user.posts:append(Post{ title = "one" })
  session:commit()
end)
session:rollback()
say(#user.posts)
session:add(User{ first = "A", last = "B", email = "c@d" })
p.error(function() session:commit() end)
session:rollback()
session:add(User{ first = "Al", last = "B", email = "lee@example.org" })
say(am.exc.is(p.error(function() session:flush() end), am.exc.IntegrityError))
session:rollback()
session:add(User{ first = "Al", last = nil })
p.error(function() session:flush() end)
session:rollback()
step "removal"
user.posts:remove(user.posts[1])
session:commit()
session:delete(user)
session:commit()
say(session:scalar(select(func.count()):select_from(Post)))
sql()
