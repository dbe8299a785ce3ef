-- Events of sessions, engines and do_orm_execute: all transitions of objects with their order, flush hooks that add
-- and query, loader criteria added by a listener, statements replaced, bulk hooks, transactions, engine and pool
-- events.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  tenant = am.Column(am.Integer, { default = 1 }),
  posts = am.relationship("Post", { back_populates = "user", cascade = "all, delete-orphan", order_by = "Post.id" }),
})

local Post = Base:model("Post", {
  __tablename__ = "posts",
  id = am.Column(am.Integer, { primary_key = true }),
  user_id = am.Column(am.ForeignKey("users.id")),
  title = am.Column(am.String(20)),
  tenant = am.Column(am.Integer, { default = 1 }),
  user = am.relationship(User, { back_populates = "posts" }),
})

local Trail = Base:model("Trail", {
  __tablename__ = "trail",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(60)),
})

local select, listen = am.select, am.event.listen
local function class_of(o) return am.inspect(o).class_ end

local function name(o)
  local identity = am.inspect(o).identity
  return ("%s#%s"):format(class_of(o).__name__, identity and identity[1] or "-")
end

local bucket = {} -- of one event, whose order over the objects of a flush is that of a set

local function show()
  table.sort(bucket)
  for _, line in ipairs(bucket) do say(line) end
  bucket = {}
end

local function note(n, o)
  local line = ("  %s %s"):format(n, name(o))
  if bucket[1] and not bucket[1]:find(n, 1, true) then show() end
  bucket[#bucket + 1] = line
end

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local Maker = am.sessionmaker(e)
for _, n in ipairs{ "transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
  "persistent_to_deleted", "deleted_to_detached", "deleted_to_persistent", "persistent_to_detached",
  "detached_to_persistent", "loaded_as_persistent", "before_attach", "after_attach" } do
  listen(Maker, n, function(_, o) note(n, o) end)
end
local s = Maker()
step("transitions")
local u = User{ id = 1, name = "ann", posts = { Post{ id = 1, title = "p" } } }
s:add(u)
s:flush()
s:rollback()
s:add(u)
s:commit()
s:delete(u.posts[1])
s:flush()
s:rollback()
s:delete(s:get(Post, 1))
s:commit()
s:expunge(u)
s:add(u)
s:add(Trail{ id = 1 })
s:expunge(s.new[1])
s:close()
local x = s:get(User, 1)
am.make_transient(x)
am.make_transient_to_detached(x)
s:add(x)
say(x.name)
s:merge(User{ id = 1, name = "merged" })
s:commit()
s:close()
parity.forget()
show()
step("flush hooks")
listen(Maker, "before_flush", function(session)
  for _, o in ipairs(session.new) do
    if class_of(o) == User then session:add(Trail{ what = "new " .. o.name }) end
  end
  for _, o in ipairs(session.dirty) do
    if session:is_modified(o) and class_of(o) == User then
      local history = am.inspect(o).attrs.name.history
      session:add(Trail{ what = history.deleted[1] .. " -> " .. history.added[1] })
    end
  end
  for _, o in ipairs(session.deleted) do
    if class_of(o) == Post then session:expunge(o) end
  end
end)
listen(Maker, "after_flush", function(session)
  show()
  say("  after_flush", #session.new, #session.dirty, #session.deleted,
    session:scalar(select(am.func.count()):select_from(Trail)))
end)
listen(Maker, "after_flush_postexec", function(session)
  show()
  say("  postexec", #session.new, #session.dirty, #session.deleted)
end)
s = Maker()
s:add(User{ id = 2, name = "bob", posts = { Post{ id = 5, title = "x", tenant = 2 }, Post{ id = 6, title = "y" } } })
s:commit()
s:get(User, 2).name = "rob"
s:commit()
sql()
s:delete(s:get(Post, 6))
s:commit()
show()
say(s:scalars(select(Trail.what):order_by(Trail.id)):all(), s:scalars(select(Post.id):order_by(Post.id)):all())
s:close()
parity.forget()
show()
step("do_orm_execute")

local function watch(state)
  show()
  say("  orm", state.is_select, state.is_insert, state.is_update, state.is_delete, state.is_orm_statement,
    state.is_column_load,
    state.is_relationship_load, state.is_executemany, state.is_select and state.lazy_loaded_from ~= nil,
    map(state.all_mappers, function(m) return m.class_.__name__ end))
  local tenant = state.execution_options.tenant
  if state.is_select and not state.is_column_load and not state.is_relationship_load and tenant then
    state.statement = state.statement:options(am.with_loader_criteria(Post, Post.tenant:eq(tenant),
      { include_aliases = true }))
  end
end

listen(Maker, "do_orm_execute", watch)
s = Maker()
u = s:scalars(select(User):where(User.id:eq(2)):options(am.selectinload(User.posts)):execution_options{ tenant = 2 })
  :one()
say(map(u.posts, function(p) return p.id end))
s:expire(u)
say(u.name, #u.posts)
s:execute(select(Post.id):execution_options{ tenant = 1 }):all()
s:execute(am.update(User):where(User.id:eq(2)):values{ name = "tom" })
s:execute(am.insert(Post), { { id = 20, title = "a" }, { id = 21, title = "b" } })
s:execute(am.delete(Post):where(Post.id:eq(20)))
s:get(User, 2)
s:get(User, 99)
s:refresh(u)
s:execute(am.text("SELECT 1"))
s:commit()
sql()
show()
step("replacing the result")

local function cached(state)
  if state.execution_options.fake then return state:invoke_statement(select(User):where(User.id:eq(1))) end
end

am.event.remove(Maker, "do_orm_execute", watch)
listen(Maker, "do_orm_execute", cached)
say(map(s:scalars(select(User):where(User.id:eq(2)), nil, { execution_options = { fake = true } }),
  function(o) return o.name end))
am.event.remove(Maker, "do_orm_execute", cached)
s:close()
parity.forget()
show()
step("bulk and transactions")
listen(Maker, "after_bulk_update", function(r) say("  bulk update", r.result.rowcount, r.mapper.class_) end)
listen(Maker, "after_bulk_delete", function(r) say("  bulk delete", r.result.rowcount) end)
for _, n in ipairs{ "after_begin", "before_commit", "after_commit", "after_rollback" } do
  listen(Maker, n, function(...) say(" ", n, _G.select("#", ...)) end)
end
listen(Maker, "after_soft_rollback", function(session, t) say("  soft", t.nested, session.is_active) end)
s:execute(am.update(Post):values{ title = "z" })
s:execute(am.delete(Trail))
s:begin_nested()
s:rollback()
s:commit()
s:add(User{ id = 1, name = "twin" })
parity.error(function() s:flush() end)
s:rollback()
s:close()
parity.forget()
show()
step("engine")
local log = {}
local function add(...) log[#log + 1] = { n = _G.select("#", ...), ... } end
listen(e, "before_execute", function(_, _, mp, p) add("before", mp, p) end)
listen(e, "after_execute", function(_, _, _, _, _, r) add("after", r.returns_rows) end)
listen(e, "before_cursor_execute", function(_, _, st, p) return st .. " ", p end, { retval = true })
listen(e, "savepoint", function(_, n) add("savepoint", n) end)
listen(e, "rollback_savepoint", function(_, n) add("rollback to", n) end)
listen(e, "release_savepoint", function(_, n) add("release", n) end)
listen(e, "handle_error", function(ctx) add("error", ctx.sqlalchemy_exception.name, ctx.is_disconnect) end)
listen(e, "checkout", function(...) add("checkout", _G.select("#", ...)) end)
listen(e, "checkin", function(...) add("checkin", _G.select("#", ...)) end)
e:connect(function(c)
  c:execute(select(User.id):where(User.id:eq(2)))
  local n = c:begin_nested()
  n:rollback()
  c:begin_nested():commit()
  c:execute(am.insert(Trail.__table__), { { id = 90, what = "q" }, { id = 91, what = "r" } })
  parity.error(function() c:execute(am.text("SELECT * FROM nowhere")) end)
end)
for _, line in ipairs(log) do say((table.unpack or unpack)(line, 1, line.n)) end
