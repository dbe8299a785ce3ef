-- The N+1 detector: which line loads an attribute one by one, and which option to add.
local am = require "alchemoon"

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
  posts = am.relationship("Post", { back_populates = "author" }) })
local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })
local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
local Session = am.sessionmaker(engine)
Session:begin(function(session)
  for i = 1, 10 do session:add(User{ name = "user " .. i, posts = { Post{} } }) end
end)

local function count_posts(session, ...)
  local total = 0
  for _, user in ipairs(session:scalars(am.select(User):options(...)):all()) do
    total = total + #user.posts
  end
  return total
end

Session(function(session)
  local reports, total = am.testing.detect_n_plus_one(session, { threshold = 3 }, function()
    return count_posts(session)
  end)
  print(total, #reports, reports[1].attribute, reports[1].count)
  print(reports[1].where)
  print(reports[1].remedy)
end)

Session(function(session)
  local reports, total = am.testing.detect_n_plus_one(session, {}, function()
    return count_posts(session, am.selectinload(User.posts))
  end)
  print(total, #reports)
end)

-- Switched on for all sessions, it raises at the load that is one too many: good for tests.
local detector = am.testing.detect_n_plus_one(nil, { raise = true })
local ok, e = pcall(Session, count_posts)
print(ok, (e.message:match "^N%+1: .- objects"))
detector:stop()
--> 10	1	User.posts	10
--> .../22_n_plus_one.lua:20
--> :options(am.selectinload(User.posts))
--> 10	0
--> false	N+1: User.posts was loaded one by one for 3 objects
