-- Querying: entities and columns, joins along relationships, aliases, any/has, subqueries, unions, results.
local am = require "alchemoon"

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
  posts = am.relationship("Post", { back_populates = "author" }) })
local Post = Base:model("Post", { __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(50)), likes = am.Column(am.Integer),
  author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })
local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)

am.Session(engine, function(session)
  session:add_all{
    User{ name = "Ann", posts = { Post{ title = "Lua", likes = 5 }, Post{ title = "SQL", likes = 2 } } },
    User{ name = "Bob", posts = { Post{ title = "C", likes = 1 } } }, User{ name = "Cid" } }
  session:flush()

  for row in session:execute(am.select(User, Post):join(User.posts):order_by(Post.likes:desc())) do
    print(row.User.name, row.Post.title)
  end

  local total = am.func.sum(Post.likes):label "total"
  local per_user = am.select(User.name, total):join(User.posts, { isouter = true }):group_by(User.id)
    :order_by(total:desc():nulls_last())
  for i, name, likes in session:execute(per_user):each() do print(i, name, likes) end

  print(session:scalars(am.select(User.name):where(User.posts:any(Post.likes:gt(4)))):one())
  print(session:scalars(am.select(Post.title):where(Post.author:has{ name = "Bob" })):one())
  print(table.concat(session:scalars(am.select(User.name):where(am.not_(User.posts:any()))):all(), ","))

  local other = am.aliased(Post) -- posts with more likes by the same author
  local better = am.select(Post.title):join(other, am.and_(other.author_id:eq(Post.author_id),
    other.likes:gt(Post.likes)))
  print(session:scalar(better))

  local popular = am.select(Post.author_id):where(Post.likes:ge(2)):distinct():subquery()
  print(session:scalar(am.select(User.name):join(popular, popular.c.author_id:eq(User.id))))

  local either = am.union(am.select(User):where(User.id:eq(1)), am.select(User):where(User.id:eq(3)))
  local names = {}
  for _, user in ipairs(session:scalars(am.select(User):from_statement(either)):all()) do
    names[#names + 1] = user.name
  end
  table.sort(names)
  print(table.concat(names, ","))
end)
--> Ann	Lua
--> Ann	SQL
--> Bob	C
--> 1	Ann	7
--> 2	Bob	1
--> 3	Cid	nil
--> Ann
--> C
--> Cid
--> SQL
--> Ann
--> Ann,Cid
