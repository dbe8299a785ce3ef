-- Instance events of a class with a constructor: arguments by name, loads, refreshes, expiry, merges, failures.
local am = require "alchemoon"
local p = require "parity"
local say, error_, forget = p.say, p.error, p.forget
local Column, Integer, String, FK, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local inspect, event = am.inspect, am.event
local Base = am.declarative_base()
local log = {}
local function push(text) log[#log + 1] = text end
local User = Base:model("User", {
  __tablename__ = "user_account",
  id = Column(Integer, { primary_key = true }),
  type = Column(String(10)),
  name = Column(String(20)),
  bio = am.deferred(Column(String(20))),
  made = Column(Integer, { server_default = "7" }),
  seen = Column(Integer, { default = 1, onupdate = function() return 2 end }),
  posts = am.relationship("Post", { back_populates = "user", order_by = "Post.id", cascade = "all, delete-orphan" }),
  again = am.reconstructor(function(self) push("reconstructed " .. p.fmt(inspect(self).dict.name)) end),
  __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "user" },
  __init__ = function(self, kw)
    if kw.name == "bad" then error("bad") end
    if kw.nope then error("nope") end
    for k, v in pairs(kw) do self[k] = v end
  end,
})
local Admin = Base:model("Admin", {
  __extends__ = User,
  __tablename__ = "admin",
  id = Column(FK("user_account.id"), { primary_key = true }),
  level = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "admin" },
})
local Post = Base:model("Post", {
  __tablename__ = "post",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  user_id = Column(FK("user_account.id")),
  user = am.relationship(User, { back_populates = "posts" }),
})
local function who(t)
  local d = inspect(t).dict
  local name = d.name
  if name == nil then name = d.title end
  return inspect(t).class_.__name__ .. ":" .. p.fmt(name)
end
local function attrs(a) return p.fmt(a and p.sorted(a)) end
local function keys(kw)
  local out = p.list()
  for k in pairs(kw) do out[#out + 1] = k out.n = #out end
  return p.fmt(#out > 0 and p.sorted(out) or out)
end
event.listen(User, "init", function(t, _, kw) push(("init %s %s"):format(who(t), keys(kw))) end, { propagate = true })
event.listen(User, "init_failure", function(_, _, kw) push("failure " .. keys(kw)) end, { propagate = true })
event.listen(User, "load", function(t) push("load " .. who(t)) end, { propagate = true })
event.listen(Post, "load", function(t) push("load " .. who(t)) end)
event.listen(User, "refresh", function(t, _, a) push(("refresh %s %s"):format(who(t), attrs(a))) end,
  { propagate = true })
event.listen(Post, "refresh", function(t, _, a) push(("refresh %s %s"):format(who(t), attrs(a))) end)
event.listen(User, "refresh_flush", function(t, _, a) push(("refresh_flush %s %s"):format(who(t), attrs(a))) end,
  { propagate = true })
event.listen(User, "expire", function(t, a) push(("expire %s %s"):format(who(t), attrs(a))) end, { propagate = true })
local function told(title)
  print("== " .. title)
  io.stdout:flush()
  local run = {}
  push(".")
  for _, line in ipairs(log) do
    if #run > 0 and not (run[1]:match("^expire") and line:match("^expire")) then
      table.sort(run)
      for _, each in ipairs(run) do say(" ", each) end
      run = {}
    end
    run[#run + 1] = line
  end
  log = {}
  forget()
end
local e = p.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
local u = User{ name = "ann", bio = "long", posts = { Post{ title = "p1" }, Post{ title = "p2" } } }
local a = Admin{ name = "bob", level = 3 }
told "construct"
error_(function() User{ name = "bad" } end)
error_(function() User{ nope = 1 } end)
told "failures"
s:add_all{ u, a }
s:flush()
told "flush"
u.name = "anna"
s:flush()
told "update with onupdate"
s:commit()
told "commit expires"
local _ = u.name
told "touch"
_ = u.bio
told "deferred after refresh"
s:refresh(u)
told "refresh"
s:refresh(u, { "name", "posts" })
told "refresh some"
s:expire(u, { "name", "posts" })
_ = u.name
_ = u.posts
told "expire some"
s:expire_all()
_ = u.posts
told "expire all, touch the collection"
_ = a.level
told "joined class"
s:expunge_all()
local users = s:scalars(select(User):options(am.joinedload(User.posts)):order_by(User.id)):unique():all()
told "joined load"
s:scalars(select(User):execution_options{ populate_existing = true }:order_by(User.id)):all()
told "populate existing"
s:scalars(select(User):order_by(User.id)):all()
told "loaded again"
s:expire(users[1], { "name" })
s:scalars(select(User):order_by(User.id)):all()
told "loaded where one is expired"
s:scalars(select(User):options(am.undefer(User.bio)):order_by(User.id)):all()
told "loaded with more columns"
s:expunge_all()
local x = s:scalars(select(User):options(am.load_only(User.name)):order_by(User.id)):first()
told "load_only"
_ = x.made
told "its other column"
x.made = am.text("made + 1")
s:flush()
told "an expression"
_ = x.made
told "read back"
s:rollback()
told "rollback"
local n = User{ name = "new" }
s:add(n)
s:flush()
log = {}
s:rollback()
told "rollback of a new one"
x = s:get(User, 1)
log = {}
s:delete(x)
s:flush()
s:rollback()
told "rollback of a delete"
s:merge(User{ id = 1, name = "merged" })
told "merge onto an expired one"
s:expunge_all()
s:merge(User{ id = 1, name = "merged" })
told "merge onto the database"
s:merge(User{ id = 9, name = "fresh" })
told "merge of a new one"
s:rollback()
s:expunge_all()
log = {}
local d = User{ id = 1 }
am.make_transient_to_detached(d)
s:add(d)
_ = d.name
told "made detached"
event.listen(Post, "load", function(t) say("owner", t.user.name) end, { restore_load_context = true })
s:expunge_all()
s:scalars(select(Post):order_by(Post.id)):all()
told "a load listener that queries"
