-- Validators, mutable JSON values, the reconstructor, flag_modified, attribute events of plain columns.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  mail = am.Column(am.String(20)),
  age = am.Column(am.Integer),
  prefs = am.Column(am.MutableDict.as_mutable(am.JSON{ none_as_null = true })),
  nums = am.Column(am.MutableList.as_mutable(am.JSON{ none_as_null = true })),
  raw = am.Column(am.JSON),
  posts = am.relationship("Post", { back_populates = "user", cascade = "all, delete-orphan", order_by = "Post.id" }),
  check_text = am.validates("name", "mail", function(_, key, value)
    say("validate", key, value)
    if value == "" then error("empty") end
    return value and value:match("^%s*(.-)%s*$")
  end),
  check_posts = am.validates("posts", function(_, key, post, is_remove)
    say("validate", key, post.title, is_remove)
    return post
  end, { include_removes = true }),
  loaded = am.reconstructor(function(self)
    say("reconstructed", self.id)
    self.fresh = true
  end),
})
local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  user_id = am.Column(am.ForeignKey("users.id")),
  user = am.relationship(User, { back_populates = "posts" }),
  check_user = am.validates("user", function(_, _, value)
    say("validate post.user", value and value.name)
    return value
  end, { include_backrefs = false }),
})
am.event.listen(User.age, "set", function(_, value, old)
  if type(old) == "number" then say("age set", value, old) else say("age set", value) end
end)

local function titles(list)
  local out = {}
  for i, post in ipairs(list) do out[i] = post.title end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local u = User{ name = " ann " }
say(u.name)
u.mail = "m "
say(u.mail)
refused(function() u.mail = "" end)
say(u.mail)
step "validated collections"
local one, two = Post{ title = "one" }, Post{ title = "two" }
u.posts:append(one)
two.user = u
u.posts:remove(one)
say(titles(u.posts), one.user)
u.posts = { one, two }
u.posts = {}
say(one.user, two.user)
local s = am.Session(e)
step "insert"
u.prefs = { a = 1 }
u.nums = { 3, 1, 2 }
u.raw = { k = { 1, 2 } }
u.age = 5
u.age = 6
s:add(u)
s:flush()
step "dict in place"
u.prefs.b = 2
say(s.dirty:contains(u), am.inspect(u).attrs.prefs.history.added)
s:flush()
u.prefs:update{ c = 3 }
say(s:is_modified(u))
s:flush()
u.prefs.a = nil
say(u.prefs:pop("b"), u.prefs:setdefault("d", 4), u.prefs:get("zz"))
s:flush()
u.prefs:clear()
s:flush()
say(u.prefs)
step "list in place"
u.nums:append(9)
s:flush()
u.nums[1] = 7
s:flush()
u.nums:extend{ 5, 5 }
u.nums:remove(5)
u.nums:insert(1, 0)
u.nums:sort()
s:flush()
say(u.nums, u.nums:pop())
u.nums:reverse()
s:flush()
say(u.nums)
step "raw needs a flag"
table.insert(u.raw.k, 3)
say(s:is_modified(u))
s:flush()
am.flag_modified(u, "raw")
say(s:is_modified(u), am.inspect(u).modified)
s:flush()
step "flag_dirty"
am.flag_dirty(u)
say(s.dirty:contains(u), s:is_modified(u))
s:flush()
step "wrong value for a mutable"
refused(function() u.prefs = "x" end)
refused(function() u.nums = 5 end)
refused(function() am.flag_modified(u, "nothing") end)
step "none and a new one"
u.prefs = nil
s:flush()
u.prefs = { x = { y = 1 } }
s:flush()
u.prefs.x.y = 2
say(s:is_modified(u))
step "reload"
s:commit()
s:expunge_all()
u = s:scalars(am.select(User)):one()
say(u.fresh, u.prefs, u.nums, u.raw)
u.prefs.z = { 1 }
u.nums:append(1)
s:commit()
say(u.prefs, u.nums)
step "expire does not reconstruct"
s:expire(u)
say(u.name)
step "history"
u.age = 8
say(am.get_history(u, "age"), am.inspect(u).attrs.age.history)
am.set_attribute(u, "age", 9)
am.set_committed_value(u, "age", 10)
say(am.get_history(u, "age"), s:is_modified(u))
s:expire(u, { "age" })
u.age = 11
say(am.get_history(u, "age"))
s:flush()
step "rollback"
u.prefs.gone = true
s:rollback()
say(u.prefs)
p.sql()
s:close()
