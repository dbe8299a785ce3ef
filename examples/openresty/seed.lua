-- Makes the blog's tables anew in the database BLOG_URL and puts a few rows in. Needs no nginx.
local am = require "alchemoon"
local m = require "blog.models"

local own = am.create_engine(os.getenv "BLOG_URL")
m.Base.metadata:drop_all(own)
m.Base.metadata:create_all(own)
am.sessionmaker{ bind = own }:begin(function(session)
  local tags = { m.Tag{ name = "lua" }, m.Tag{ name = "nginx" } }
  local ann = m.User{ first = "Ann", last = "Lee", email = "ann@example.org" }
  local bob = m.User{ first = "Bob", last = "Ray", email = "bob@example.org" }
  for i = 1, 50 do
    local post = m.Post{ title = "Post " .. i, body = ("Text " .. i .. ". "):rep(20), status = "published",
      author = i % 2 == 0 and ann or bob, tags = { tags[i % 2 + 1] } }
    local question = m.Comment{ post = post, author = bob, text = "Why?" }
    m.Comment{ post = post, author = ann, text = "Because.", parent = question }
    session:add(post)
  end
end)
own:dispose()
