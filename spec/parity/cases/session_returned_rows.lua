-- RETURNING of entities by UPDATE and DELETE: which objects come back under each synchronize_session, what they hold,
-- values of onupdate, and what becomes of the objects of a DELETE.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()
local counter = { 100 }

local function stamp()
  counter[1] = counter[1] + 1
  return counter[1]
end

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
  age = am.mapped_column(am.Integer),
  rev = am.mapped_column(am.Integer, { onupdate = stamp }),
  touched = am.mapped_column(am.Integer, { onupdate = am.text("7 + 1") }),
  later = am.deferred(am.mapped_column(am.Integer)),
  posts = am.relationship("Post", { order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  user_id = am.mapped_column(am.ForeignKey("users.id")),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  for i = 1, 7 - 1 do
    s:add(User{ id = i, name = ("n%d"):format(i), age = i * 10, rev = 1, touched = 1 })
  end
  s:flush()
  s:add_all({ Post{ id = 1, user_id = 1 }, Post{ id = 2, user_id = 2 } })
  s:commit()
end)
parity.forget()
for _, sync in ipairs({ "auto", "evaluate", "fetch", false }) do
  step(("update %s"):format(sync))
  am.Session(e, function(s)
    local a = s:get(User, 1)
    local b = s:get(User, 2)
    b.name = "changed"
    say(a.age, a.rev, a.touched, parity.sorted(am.inspect(a).unloaded))
    local got = s:scalars(
      am.update(User):where(User.id:in_({ 1, 2, 3 })):values({ age = User.age + 1 }):returning(User), nil,
      { execution_options = { synchronize_session = sync, autoflush = false } }
    ):all()
    say(map(got, function(g) return g == a or g == b end))
    for _, g in ipairs(got) do
      say(g.id, g.name, g.age, g.rev, am.inspect(g).modified, parity.sorted(am.inspect(g).unloaded))
    end
    say(a.touched)
    parity.sql()
    local row = s:execute(
      am.update(User):where(User.id:eq(1)):values({ name = "z" })
        :returning(User.id, User.name, User.rev, User.touched),
      nil, { execution_options = { synchronize_session = sync } }
    ):all()
    say(row, a.name, a.rev, a.touched)
    parity.sql()
    got = s:scalars(
      am.update(User):where(User.id:eq(1)):values({ age = 5 }):returning(User), nil,
      { execution_options = { synchronize_session = sync, populate_existing = true } }
    ):one()
    say(got == a, a.age, a.rev, a.touched, a.name)
    say(
      s:execute(am.update(User):where(User.id:eq(2)):values({ age = 6 }):returning(User, User.age + 1)):all()[1][2],
      b.age, b.name
    )
    s:rollback()
  end)
  parity.forget()
end
for _, sync in ipairs({ "auto", "evaluate", "fetch", false }) do
  step(("delete %s"):format(sync))
  am.Session(e, function(s)
    local a = s:get(User, 5)
    local b = s:get(User, 6)
    b.name = "changed"
    local got = s:scalars(
      am.delete(User):where(User.age:gt(45)):returning(User):execution_options({ synchronize_session = sync })
    ):all()
    say(map(got, function(g) return g == a or g == b end), map(got, function(g) return g.name end))
    say(
      am.inspect(a).deleted, am.inspect(a).persistent, am.inspect(b).deleted,
      map(got, function(g) return am.inspect(g).persistent end), #s.identity_map, #s.deleted
    )
    say(s:contains(a), s:contains(b), map(got, function(g) return s:contains(g) end))
    parity.sql()
    say(s:get(User, 5) == a, s:get(User, 5) == got[1])
    parity.sql()
    s:rollback()
    say(am.inspect(a).persistent, s:contains(a), s:get(User, 5) == a)
  end)
  parity.forget()
end
for _, sync in ipairs({ "auto", "fetch", false }) do
  step(("delete columns and commit %s"):format(sync))
  am.Session(e, function(s)
    local a = s:get(User, 4)
    say(
      s:execute(
        am.delete(User):where(User.id:eq(4)):returning(User.id, User.name), nil,
        { execution_options = { synchronize_session = sync } }
      ):all()
    )
    say(am.inspect(a).deleted, s:contains(a))
    s:commit()
    say(am.inspect(a).detached, am.inspect(a).persistent)
    local got = s:scalars(
      am.delete(User):where(User.id:eq(3)):returning(User):options(am.selectinload(User.posts)), nil,
      { execution_options = { synchronize_session = sync } }
    ):all()
    say(map(got, function(g) return { g.name, g.posts, am.inspect(g).persistent } end))
    s:add(User{ id = 4, name = "back" })
    s:add(User{ id = 3, name = "back" })
    parity.error(function() return s:commit() end)
    s:rollback()
    parity.sql()
  end)
end
