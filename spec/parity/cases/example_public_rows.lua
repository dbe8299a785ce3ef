-- Criteria for all: rows that are private or of another time are left out by do_orm_execute and with_loader_criteria.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, aliased, with_loader_criteria = am.select, am.func, am.aliased, am.with_loader_criteria
local joinedload, selectinload = am.joinedload, am.selectinload

local Base = am.declarative_base()

local Guarded = { public = Column(am.Boolean, { nullable = false, default = true }) }
local Timed = { day = Column(Integer, { nullable = false, default = 1 }) }

local User = Base:model("User", {
  __tablename__ = "users",
  __mixins__ = { Guarded },
  id = Column(Integer, { primary_key = true }),
  name = Column(String(9)),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  __mixins__ = { Guarded, Timed },
  id = Column(Integer, { primary_key = true }),
  user_id = Column(ForeignKey("users.id")),
  text = Column(String(9)),
  user = am.relationship(User, { back_populates = "posts" }),
})

local Maker = am.sessionmaker()
am.event.listen(Maker, "do_orm_execute", function(state)
  if state.is_select and not state.is_column_load and not state.is_relationship_load
    and not state.execution_options.private then
    state.statement = state.statement:options(
      with_loader_criteria(Guarded, function(cls) return cls.public:eq(true) end, { include_aliases = true }))
  end
end)

local function days(first, last)
  return with_loader_criteria(Timed, function(cls) return cls.day:between(first, last) end, { include_aliases = true })
end

local e = p.engine()
Maker:configure{ bind = e }
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{ User{ name = "ann", posts = { Post{ text = "a1" }, Post{ text = "a2", public = false },
    Post{ text = "a3", day = 5 } } },
    User{ name = "bob", public = false, posts = { Post{ text = "b1" } } },
    User{ name = "cid", posts = { Post{ text = "c1", day = 9 } } } }
  s:commit()
end)
p.forget()
local session = Maker()
local PRIVATE = { execution_options = { private = true } }
local function name(u) return u.name end
local function names(stmt, opts) say(map(session:scalars(stmt:order_by(User.id), nil, opts), name)) end
local function texts(items) return map(items, function(x) return x.text end) end
local function posts(found) return map(found, function(u) return texts(u.posts) end) end
step "users"
names(select(User))
names(select(User), PRIVATE)
say(session:scalar(select(func.count(User.id))), session:scalar(select(func.count()):select_from(User)))
say(map(session:query(User):order_by(User.id), name), session:query(User):count())
say(session:get(User, 2) == nil, session:get(User, 2, PRIVATE).name)
session:expunge_all()
step "lazy loads"
local ann = session:scalars(select(User):where(User.name:eq("ann"))):one()
sql()
say(texts(ann.posts))
session:expire(ann, { "posts" })
say(texts(ann.posts))
session:expunge_all()
step "eager loads"
for _, loader in ipairs{ joinedload, selectinload } do
  local found = session:scalars(select(User):options(loader(User.posts)):order_by(User.id)):unique():all()
  sql()
  say(posts(found))
  session:expunge_all()
end
step "joins and aliases"
say(session:execute(select(User.name, Post.text):join(User.posts):order_by(Post.id)):all())
local other = aliased(Post)
say(session:execute(select(User.name, other.text):outerjoin(User.posts:of_type(other)):order_by(User.id, other.id))
  :all())
say(session:scalars(select(User.name):where(User.posts:any(Post.day:gt(1))):order_by(User.id)):all())
local sub = select(Post.user_id, func.count():label("n")):group_by(Post.user_id):subquery()
say(session:execute(select(User.name, sub.c.n):join(sub, sub.c.user_id:eq(User.id)):order_by(User.id)):all())
step "days"
say(session:scalars(select(Post.text):options(days(1, 5)):order_by(Post.id)):all())
say(session:scalars(select(Post.text):options(days(4, 9)):order_by(Post.id)):all())
local found = session:scalars(select(User):options(days(5, 9), selectinload(User.posts)):order_by(User.id)):all()
sql()
say(posts(found))
session:expunge_all()
ann = session:scalars(select(User):options(days(5, 9)):where(User.name:eq("ann"))):one()
say(texts(ann.posts))
session:expunge_all()
found = session:scalars(select(User):options(joinedload(User.posts), days(1, 1)):order_by(User.id)):unique():all()
sql()
say(posts(found))
step "statements that write"
say(session:execute(am.update(Post):where(Post.user_id:eq(1)):values{ text = "x" }:options(days(1, 1))).rowcount)
say(session:execute(am.delete(Post):where(Post.user_id:eq(1)):options(days(5, 9))).rowcount)
session:rollback()
step "a criterion for one statement"
local stmt = select(User):options(selectinload(User.posts:and_(Post.text:like("%1"))),
  with_loader_criteria(User, User.id:gt(1)))
names(stmt)
names(stmt, PRIVATE)
say(posts(session:scalars(stmt, nil, { execution_options = { populate_existing = true } })))
p.refused(function() return session:scalars(select(User):options(with_loader_criteria("User", User.id:gt(1))))
  :all() end)
sql()
