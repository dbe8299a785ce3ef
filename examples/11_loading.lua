-- Loading: statements that each strategy needs for five users with their posts. lazy = "auto" needs no option.
local am = require "alchemoon"

local function models(lazy)
  local Base = am.declarative_base{ default_lazy = lazy }
  local User = Base:model("User", { __tablename__ = "users",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
    posts = am.relationship("Post", { back_populates = "author" }) })
  local Post = Base:model("Post", { __tablename__ = "posts",
    id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(50)),
    author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })
  return User, Post, Base.metadata
end

local engine = am.create_engine "sqlite://"
local User, Post, metadata = models()
metadata:create_all(engine)
am.Session(engine):begin(function(session)
  for i = 1, 5 do session:add(User{ name = "user " .. i, posts = { Post{ title = "a" }, Post{ title = "b" } } }) end
end)

local function read(stmt)
  local titles = 0
  local count = am.testing.count_statements(engine, function()
    am.Session(engine, function(session)
      for _, user in ipairs(session:scalars(stmt):unique():all()) do titles = titles + #user.posts end
    end)
  end)
  return count, titles
end

print("lazy", read(am.select(User)))
print("selectin", read(am.select(User):options(am.selectinload(User.posts))))
print("joined", read(am.select(User):options(am.joinedload(User.posts))))
print("subquery", read(am.select(User):options(am.subqueryload(User.posts))))
print("auto", read(am.select((models "auto")))) -- the first access loads the attribute for all objects of the result
print("raise", select(2, pcall(read, am.select(User):options(am.raiseload(User.posts)))))

-- Chains, and only some columns.
local stmt = am.select(User):options(am.load_only(User.name), am.selectinload(User.posts):load_only(Post.title))
print("chain", read(stmt))
print(am.select(User):options(am.load_only(User.id)):limit(1))

-- Rows of a join that is there anyway fill the collection.
local both = am.select(User):join(User.posts):where(Post.title:eq "a"):options(am.contains_eager(User.posts))
print("contains_eager", read(both))
--> lazy	6	10
--> selectin	2	10
--> joined	1	10
--> subquery	2	10
--> auto	2	10
--> raise	'User.posts' is not available due to lazy='raise'
--> chain	2	10
--> SELECT users.id
--> FROM users
-->  LIMIT :param_1
--> contains_eager	1	5
