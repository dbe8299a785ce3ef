-- Caching: values and functions in a region, results of queries, invalidation by flush.
local am = require "alchemoon"
local cache = require "alchemoon.cache"

local region = cache.make_region():configure("memory", { expiration_time = 300 })
-- Redis: cache.make_region():configure("redis", { url = "redis://localhost/0", expiration_time = 300 })

print(region:get "answer" == cache.NO_VALUE)
print(region:get_or_create("answer", function() return 42 end), region:get "answer")

local square = region:cache_on_arguments(function(n)
  print("computing " .. n)
  return n * n
end, { namespace = "square" })
print(square(4), square(4))
square.invalidate(4)
print(square(4))

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
  posts = am.relationship("Post", { back_populates = "author" }) })
local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })
local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)

local Session = am.sessionmaker(engine)
cache.ORMCache{ default = region }:listen_on_session(Session)
Session:begin(function(session) session:add(User{ name = "Ann", posts = { Post{}, Post{} } }) end)

local function show()
  local count = am.testing.count_statements(engine, function()
    Session(function(session)
      local stmt = am.select(User):options(cache.FromCache "default", am.selectinload(User.posts))
      for _, user in ipairs(session:scalars(stmt):all()) do print(user.name, #user.posts) end
    end)
  end)
  print(count .. " statement(s)")
end

show()
show()
Session:begin(function(session) session:get(User, 1).name = "Anna" end) -- a commit voids what came from its tables
show()
local session = Session()
session:get(User, 1).name = "nobody"
session:flush()
session:rollback()                                                      -- a rollback voids nothing
session:close()
show()
--> true
--> 42	42
--> computing 4
--> 16	16
--> computing 4
--> 16
--> Ann	2
--> 2 statement(s)
--> Ann	2
--> 0 statement(s)
--> Anna	2
--> 1 statement(s)
--> Anna	2
--> 0 statement(s)
