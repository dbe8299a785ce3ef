-- Where a coroutine may be suspended, on both runtimes, and that loading, refreshing and listening in the ORM can.
-- strict_async turns "it would block" into an error, so that nothing passes by blocking.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local backend = backends.get "postgresql"
local function refused(e, where)
  return am.exc.is(e, am.exc.InvalidRequestError) and tostring(e):find("cannot be suspended inside " .. where, 1, true)
end

describe("suspending", function()
  if not backend then
    pending("ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  local reactor, engine
  local function ask(n)
    return engine:connect(function(conn) return conn:exec_driver_sql("select $1::int", { n }):scalar() end)
  end
  before_each(function()
    reactor = am.reactor()
    engine = am.create_engine(backend.url, { reactor = reactor, strict_async = true })
  end)
  after_each(function()
    engine:dispose()
    reactor:close()
  end)

  it("is refused in the comparator of table.sort and in gsub's callback", function()
    reactor:run(function()
      local ok, e = pcall(table.sort, { 2, 1 }, function(a, b) return ask(a) < ask(b) end)
      assert.is_false(ok)
      assert.is_truthy(refused(e, "table.sort"), tostring(e))
      ok, e = pcall(string.gsub, "x", ".", function() return ask(1) end)
      assert.is_false(ok)
      assert.is_truthy(refused(e, "string.gsub"), tostring(e))
      assert.are.equal(5, ask(5))
    end)
  end)

  it("is refused in require", function()
    local e
    package.preload["a module that asks"] = function() -- luacheck: ignore
      local ok
      ok, e = pcall(ask, 1)
      return { ok }
    end
    reactor:run(function() assert.is_false(require "a module that asks"[1]) end)
    package.preload["a module that asks"] = nil -- luacheck: ignore
    package.loaded["a module that asks"] = nil
    assert.is_truthy(refused(e, "require"), tostring(e))
  end)

  it("in __tostring: refused on Lua 5.4, done on LuaJIT", function()
    local object = setmetatable({}, { __tostring = function() return "n" .. ask(3) end })
    local ok, text = reactor:run(function() return pcall(tostring, object) end)
    if jit then
      assert.are.equal("n3", text)
    else
      assert.is_false(ok)
      assert.is_truthy(refused(text, "tostring"), tostring(text))
    end
  end)

  it("in ipairs over __index: refused on Lua 5.4, raw on LuaJIT", function()
    local object = setmetatable({}, { __index = function(_, i) if i < 3 then return ask(i) end end })
    local ok, e = reactor:run(function()
      return pcall(function()
        local sum = 0
        for _, value in ipairs(object) do sum = sum + value end
        return sum
      end)
    end)
    if jit then assert.are.equal(0, e)
    else
      assert.is_false(ok)
      assert.is_true(am.exc.is(e, am.exc.InvalidRequestError), tostring(e))
    end
  end)

  it("in <close>: done on Lua 5.4", function()
    local chunk = (loadstring or load)([[ -- luacheck: ignore
      local object = ...
      do local guard <close> = object end
      return true ]])
    if not chunk then return end -- no such thing before 5.4
    local answer
    local object = setmetatable({}, { __close = function() answer = ask(8) end })
    assert.is_true(reactor:run(chunk, object))
    assert.are.equal(8, answer)
  end)

  it("in __gc: refused", function()
    local ok, e
    local function finalizer() ok, e = pcall(ask, 1) end
    reactor:run(function()
      if newproxy then -- luacheck: ignore
        local proxy = newproxy(true) -- luacheck: ignore
        getmetatable(proxy).__gc = finalizer
      else
        setmetatable({}, { __gc = finalizer })
      end
      collectgarbage()
      collectgarbage()
    end)
    assert.is_false(ok)
    assert.is_true(am.exc.is(e, am.exc.InvalidRequestError), tostring(e))
  end)

  -- The ORM, with two coroutines that take turns.
  local function with_blog(fn)
    local env = blog.env(backend)
    env.engine:dispose()
    env.engine = engine
    local function session(f) return am.Session(engine, f) end
    local ok, e = pcall(reactor.run, reactor, function()
      session(function(s)
        for i = 1, 3 do
          s:add(env.User{ name = "user" .. i, posts = { env.Post{ title = "a" .. i }, env.Post{ title = "b" .. i } } })
        end
        s:commit()
      end)
      local tasks = {}
      for i = 1, 2 do tasks[i] = reactor:spawn(function() session(function(s) fn(env, s) end) end) end
      for i = 1, 2 do
        local done, problem = tasks[i]:join()
        if not done then error(problem, 0) end
      end
    end)
    am.close_all_sessions()
    if not ok then error(e, 0) end
  end

  it("lazy loads, in loops and inside pcall", function()
    with_blog(function(env, s)
      local titles = {}
      for user in s:scalars(am.select(env.User):order_by(env.User.id)) do
        local ok, posts = pcall(function() return user.posts end)
        assert(ok, tostring(posts))
        for i = 1, #posts do titles[#titles + 1] = posts[i].title .. posts[i].author.name end
      end
      assert.are.equal("a1user1 b1user1 a2user2 b2user2 a3user3 b3user3", table.concat(titles, " "))
    end)
  end)

  it("refreshes of expired attributes", function()
    with_blog(function(env, s)
      local user = s:get(env.User, 1)
      s:expire(user)
      assert.are.equal("user1", user.name)
      s:commit()
      assert.are.equal("user1", user.name)
      s:refresh(user)
      assert.are.equal("user1", user.name)
    end)
  end)

  it("queries in listeners of a session, before and after a flush", function()
    with_blog(function(env, s)
      local asked = 0
      am.event.listen(s, "before_flush", function(session)
        asked = asked + session:execute(am.text("select 1")):scalar()
      end)
      am.event.listen(s, "after_flush", function(session)
        asked = asked + session:execute(am.text("select 10")):scalar()
      end)
      s:add(env.User{ name = "listened" })
      s:flush()
      assert.are.equal(11, asked)
      s:rollback()
    end)
  end)

  it("queries in validators, and in listeners of attributes, mappers and instances", function()
    local Base, heard = am.declarative_base(), {}
    local Thing = Base:model("Thing", { __tablename__ = "yield_things",
      id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
      check = am.validates("name", function(_, _, value) return value .. ask(1) end) })
    am.event.listen(Thing.name, "set", function() heard[#heard + 1] = "set" .. ask(2) end)
    am.event.listen(Thing, "before_insert", function(_, conn)
      heard[#heard + 1] = "insert" .. conn:exec_driver_sql("select 3"):scalar()
    end)
    am.event.listen(Thing, "load", function() heard[#heard + 1] = "load" .. ask(4) end)
    reactor:run(function()
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      am.Session(engine):begin(function(session) session:add(Thing{ name = "a" }) end)
      am.Session(engine, function(session) assert.are.equal("a1", session:get(Thing, 1).name) end)
      Base.metadata:drop_all(engine)
    end)
    assert.are.equal("set2 insert3 load4", table.concat(heard, " "))
  end)

  it("lazy loads in metamethods and iterators of one's own", function()
    with_blog(function(env, s)
      local users = s:scalars(am.select(env.User):order_by(env.User.id)):all()
      local first_titles = setmetatable({}, { __index = function(_, i) return users[i] and users[i].posts[1].title end,
        __call = function(self, _, i) -- an iterator: for i, title in first_titles, nil, 0
          if self[i + 1] then return i + 1, self[i + 1] end
        end })
      local seen = {}
      for i, title in first_titles, nil, 0 do seen[i] = title end
      assert.are.equal("a1 a2 a3", table.concat(seen, " "))
    end)
  end)

  it("a lazy load in a comparator names the remedy; loaded before, it sorts", function()
    with_blog(function(env, s)
      local users = s:scalars(am.select(env.User):order_by(env.User.id)):all()
      local function by_posts(a, b) return a.posts[1].title > b.posts[1].title end
      local ok, e = pcall(table.sort, users, by_posts)
      assert.is_false(ok)
      assert.is_truthy(refused(e, "table.sort"), tostring(e))
      assert.matches("load what the comparator reads before sorting", tostring(e))
      for _, user in ipairs(users) do assert(user.posts[1].title) end
      table.sort(users, by_posts)
      assert.are.equal("user3", users[1].name)
    end)
  end)

  it("two coroutines in one session: the second is refused, the first goes on", function()
    local env = blog.env(backend)
    env.engine:dispose()
    reactor:run(function()
      am.Session(engine, function(s)
        local slow = reactor:spawn(function() return s:execute(am.text("select pg_sleep(0.2), 4")):first()[2] end)
        reactor:sleep(0.05)
        local ok, e = pcall(s.execute, s, am.text("select 1"))
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.InvalidRequestError), tostring(e))
        ok, e = pcall(s.commit, s)
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.InvalidRequestError), tostring(e))
        assert.same({ true, 4 }, { slow:join() })
        assert.are.equal(6, s:execute(am.text("select 6")):scalar())
      end)
    end)
    assert.are.equal(0, engine.pool:checkedout())
  end)
end)
