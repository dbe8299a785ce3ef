-- Every call to libpq and SQLite fails once in flushes and loads: a precise error, all of a transaction in the
-- database or nothing, a session that can be used again after its rollback.
local driver_faults = require "support.driver_faults"
local am = require "alchemoon"
local backends = require "support.backends"

backends.each(function(backend)
  if backend.name == "sqlite-memory" then return end -- it goes with its connection
  if driver_faults.late then return pending "needs a process of its own" end
  describe("a failing call to the client library", function()
    local direct, User, Post -- direct never meets a fault
    local run = 0 -- part of the names of rows: what failed in COMMIT may come true a little later

    setup(function()
      backend.reset()
      direct = am.create_engine(backend.url)
      local Base = am.declarative_base()
      User = Base:model("User", {
        __tablename__ = "users",
        id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(50)),
        posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan",
          order_by = "Post.id" }),
      })
      Post = Base:model("Post", {
        __tablename__ = "posts",
        id = am.Column(am.Integer, { primary_key = true }),
        title = am.Column(am.String(50)),
        author_id = am.Column(am.ForeignKey "users.id"),
        author = am.relationship("User", { back_populates = "posts" }),
      })
      Base.metadata:create_all(direct)
    end)
    teardown(function() direct:dispose() end)

    -- How many names and titles there are of each text, by one statement: what the database does meanwhile is
    -- seen whole or not at all.
    local function texts()
      local both = am.union_all(am.select(User.name), am.select(Post.title))
      local counts = setmetatable({}, { __index = function() return 0 end })
      direct:connect(function(conn)
        for text in conn:scalars(both) do counts[text] = counts[text] + 1 end
      end)
      return counts
    end
    before_each(texts) -- statements that direct keeps are not taken for a leak

    local function user(name)
      return User{ name = name, posts = { Post{ title = name }, Post{ title = name } } }
    end

    it("in a flush leaves all or nothing, and the session goes on after rollback", function()
      local name
      driver_faults.sweep(backend, function(engine)
        run = run + 1
        name = "run " .. run
        local session = am.Session(engine)
        session:add_all{ user(name), user(name) }
        local ok, e = pcall(function()
          session:flush()
          session:begin_nested(function() session:add(user(name)) end)
          session:commit()
        end)
        if not ok then
          session:rollback()
          assert(#session.new == 0 and not session:in_transaction(), "the session still holds what failed")
          assert(session:scalar(am.select(am.func.count(User.id))) >= 0)
        end
        session:close()
        if not ok then error(e, 0) end
      end, { check = function(ok, where)
        local now = texts()[name]
        assert(now == 0 or now == 9, where .. ": half a transaction")
        assert(not ok or now == 9, where .. ": reported as done, but it is not")
      end })
    end)

    it("in a change of loaded objects", function()
      local function put_back()
        direct:begin(function(conn)
          conn:execute(am.delete(Post))
          conn:execute(am.delete(User))
          conn:execute(am.insert(User), { { id = 1, name = "old" }, { id = 2, name = "gone" } })
          conn:execute(am.insert(Post), { { id = 1, title = "a", author_id = 1 },
            { id = 2, title = "b", author_id = 2 } })
        end)
      end
      put_back()
      driver_faults.sweep(backend, function(engine)
        local session = am.Session(engine)
        local ok, e = pcall(function()
          session:get(User, 1).name = "new"
          session:delete(session:get(User, 2))
          session:commit()
        end)
        session:close()
        if not ok then error(e, 0) end
      end, { check = function(ok, where)
        local now = texts()
        local done = now.new == 1 and now.gone == 0 and now.b == 0
        assert(done or now.new == 0 and now.gone == 1 and now.b == 1, where .. ": half a transaction")
        assert(done or not ok, where .. ": reported as done, but it is not")
        put_back()
      end })
    end)

    it("in a load of any strategy never gives half a collection", function()
      direct:begin(function(conn)
        conn:execute(am.delete(Post))
        conn:execute(am.delete(User))
        conn:execute(am.insert(User), { { id = 1, name = "a" }, { id = 2, name = "b" } })
        conn:execute(am.insert(Post), { { title = "x", author_id = 1 }, { title = "y", author_id = 1 },
          { title = "z", author_id = 2 }, { title = "z", author_id = 2 } })
      end)
      for _, strategy in ipairs{ "lazyload", "selectinload", "joinedload", "subqueryload" } do
        driver_faults.sweep(backend, function(engine)
          local session = am.Session(engine)
          local function load()
            local users = session:scalars(am.select(User):order_by(User.id):options(am[strategy](User.posts)))
              :unique():all()
            assert(#users == 2, "users are missing")
            for _, one in ipairs(users) do assert(#one.posts == 2, "posts are missing") end
          end
          local ok, e = pcall(load)
          if not ok then
            session:rollback()
            load()
          end
          session:close()
          if not ok then error(e, 0) end
        end)
      end
    end)
  end)
end)
