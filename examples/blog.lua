--- The blog, end to end: a real SQLite file, real rows, every kind of query. Run it with `make demo`.
local here = arg and arg[0] and arg[0]:match("^(.*)[/\\]") or "examples"
package.path = here .. "/?.lua;" .. package.path

local am = require "alchemoon"
local m = require "blog.models"
local User, Post, Comment, Tag = m.User, m.Post, m.Comment, m.Tag

local file = arg and arg[1] or os.tmpname()
os.remove(file)
local engine = am.create_engine("sqlite:///" .. (file:sub(1, 1) == "/" and "/" .. file:sub(2) or file))
local Session = am.sessionmaker { bind = engine }

local function heading(text) print(("\n== %s %s"):format(text, ("="):rep(66 - #text))) end
local function line(format, ...) print("   " .. format:format(...)) end

local function names(list)
  local out = {}
  for i, name in ipairs(list) do out[i] = name end
  return out
end

-- --- schema and data ------------------------------------------------------------------

m.Base.metadata:create_all(engine)
heading "tables"
line("%s", table.concat(am.inspect(engine):get_table_names(), ", "))

Session:begin(function(session)
  local tags = {}
  for _, name in ipairs { "lua", "databases", "games", "cooking" } do tags[name] = Tag { name = name } end
  local ann = User { first = "Ann", last = "Lee", email = "ann@example.org" }
  local bob = User { first = "Bob", last = "Ray", email = "bob@example.org" }
  local cat = User { first = "Cat", last = "Lee", email = "cat@example.org" }
  ann.posts = {
    Post { title = "Tables all the way down", body = "Everything is a table.", status = "published", views = 120,
      tags = { tags.lua, tags.databases } },
    Post { title = "A coroutine for every player", body = "Twenty ticks a second.", status = "published", views = 310,
      tags = { tags.lua, tags.games } },
    Post { title = "Notes to myself", body = "Buy flour." },
  }
  bob.posts:append(Post { title = "Bread for programmers", body = "Flour, water, salt, time.", status = "published",
    views = 45, tags = { tags.cooking } })
  local first = ann.posts[1]
  local question = Comment { post = first, author = bob, text = "Even the metatables?" }
  local answer = Comment { post = first, author = ann, text = "Especially those.", parent = question }
  Comment { post = first, author = cat, text = "It is tables again.", parent = answer }
  Comment { post = first, author = cat, text = "Nicely put." }
  session:add_all { ann, bob, cat }
end)

-- --- reading ------------------------------------------------------------------------------

Session(function(session)
  heading "everybody called Lee"
  for user in session:scalars(am.select(User):where(User.last:eq("Lee")):order_by(User.first)) do
    line("%-10s %-18s %d posts", user.name, user.email, #user.posts)
  end

  heading "published posts, authors and tags eagerly loaded"
  local published = am.select(Post):where(Post.status:eq("published")):order_by(Post.views:desc())
    :options(am.joinedload(Post.author), am.selectinload(Post.tags))
  for post in session:scalars(published) do
    line("%4d views  %-30s by %-8s [%s]", post.views, post.title, post.author.first,
      table.concat(names(post.tag_names), ", "))
  end

  heading "a thread of comments"
  local function show(comment, depth)
    line("%s%s: %s", ("   "):rep(depth), comment.author.first, comment.text)
    for _, reply in ipairs(comment.replies) do show(reply, depth + 1) end
  end
  local top = am.select(Comment):join(Comment.post)
    :where(Post.title:startswith("Tables"), Comment.parent_id:is_(nil)):order_by(Comment.id)
  for comment in session:scalars(top) do show(comment, 0) end

  heading "posts per tag (join, group by, having)"
  local count = am.func.count(Post.id):label("posts")
  local per_tag = am.select(Tag.name, count):join(Tag.posts):group_by(Tag.name)
    :having(am.func.count(Post.id):ge(1)):order_by(count:desc(), Tag.name)
  for row in session:execute(per_tag) do line("%-12s %d", row.name, row.posts) end

  heading "users without posts (not any), and who commented on Ann's posts (exists)"
  for user in session:scalars(am.select(User):where(am.not_(User.posts:any()))) do
    line("%s has written nothing", user.name)
  end
  local commenters = am.select(User):where(User.comments:any(Comment.post:has(Post.author:has(User.first:eq("Ann")))))
  for user in session:scalars(commenters:order_by(User.first)) do line("%s commented", user.name) end

  heading "the best post of each author (window function in a subquery)"
  local ranked = am.select(Post.id, am.func.row_number():over { partition_by = Post.author_id,
    order_by = Post.views:desc() }:label("rank")):subquery("ranked")
  local best = am.select(Post):join(ranked, ranked.c.id:eq(Post.id)):where(ranked.c.rank:eq(1)):order_by(Post.id)
  for post in session:scalars(best) do line("%s: %s", post.author.name, post.title) end
end)

-- --- writing ------------------------------------------------------------------------------

Session:begin(function(session)
  heading "unit of work"
  local ann = session:scalars(am.select(User):where(User.email:eq("ann@example.org"))):one()
  ann.posts[3].status = "published"
  ann.posts[3].tags:append(session:scalars(am.select(Tag):where(Tag.name:eq("cooking"))):one())
  ann.posts:remove(ann.posts[2])
  line("dirty: %d object(s)", #session.dirty)
  session:flush()
  line("Ann now has %d posts", #ann.posts)

  local nested_ok = pcall(function()
    session:begin_nested(function()
      session:add(User { first = "Twin", last = "Lee", email = "ann@example.org" })
      session:flush()
    end)
  end)
  line("a second ann@example.org in a savepoint: %s", nested_ok and "accepted" or "refused, and nothing else is lost")

  local raised = session:execute(am.update(Post):where(Post.views:lt(200)):values { views = Post.views + 1000 })
  line("bulk update: %d rows", raised.rowcount)
  session:delete(session:scalars(am.select(User):where(User.first:eq("Bob"))):one())
end)

Session(function(session)
  heading "what is left"
  for _, class in ipairs { User, Post, Comment, Tag } do
    line("%-8s %d", class.__name, session:scalar(am.select(am.func.count()):select_from(class)))
  end
  local ok, e = pcall(User, { first = "No", last = "One", email = "nowhere" })
  line("validator: %s", ok and "?" or tostring(e))
end)

engine:dispose()
if not (arg and arg[1]) then os.remove(file) end
