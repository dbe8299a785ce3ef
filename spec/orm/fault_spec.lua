-- Every allocation of flushes and loads fails once, on both databases: an error about memory, nothing left behind, the
-- pool sound, and the database holds all of a transaction or nothing of it.
local am = require "alchemoon"
local backends = require "support.backends"
local faults = require "support.faults"

-- LuaJIT's own allocations: see spec/engine/fault_spec.lua.
local ONLY = jit and "core" or nil

backends.each(function(backend)
  if backend.name == "sqlite-memory" then return end -- it goes with its connection
  describe("failing allocations", function()
    local engine, User, Post

    setup(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      local Base = am.declarative_base()
      User = Base:model("User", {
        __tablename__ = "users",
        id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(50)),
        price = am.Column(am.Numeric(12, 2)),
        born = am.Column(am.DateTime),
        prefs = am.Column(am.JSON),
        posts = am.relationship("Post", { back_populates = "author", cascade = "all, delete-orphan",
          order_by = "Post.id" }),
      })
      Post = Base:model("Post", {
        __tablename__ = "posts",
        id = am.Column(am.Integer, { primary_key = true }),
        title = am.Column(am.String(50)),
        author_id = am.Column(am.ForeignKey("users.id")),
        author = am.relationship("User", { back_populates = "posts" }),
      })
      Base.metadata:create_all(engine)
    end)
    teardown(function() engine:dispose() end)

    local function make(n, posts)
      local users = {}
      for i = 1, n do
        users[i] = User{ name = "user " .. i, price = am.decimal("12.50"), born = am.datetime(2026, 11, 21, 12),
          prefs = { a = { 1, 2 } } }
        for k = 1, posts do users[i].posts[k] = Post{ title = "post " .. k } end
      end
      return users
    end

    local function empty()
      engine:begin(function(conn)
        conn:execute(am.delete(Post))
        conn:execute(am.delete(User))
      end)
    end

    -- Runs fn(session), which commits; afterwards nothing is checked out.
    local function sweep(fn, opts)
      opts = opts or {}
      local warm = am.Session(engine) -- statements of the way back are prepared once, and stay
      pcall(function()
        fn(warm)
        error("enough")
      end)
      warm:rollback()
      warm:execute(am.text "select 1")
      warm:rollback()
      warm:close()
      faults.every_fault(function()
        local session = am.Session(engine)
        local ok, e = pcall(fn, session)
        local closed, problem = pcall(session.close, session)
        if not ok or not closed then
          session = nil -- luacheck: ignore
          collectgarbage()
          collectgarbage()
        end
        assert(engine.pool:checkedout() == 0, "a connection is still checked out")
        if not ok then error(e, 0) end
        if not closed then error(problem, 0) end
      end, { dense = opts.dense or 40, only = ONLY, leaky = opts.leaky })
    end

    it("a flush inserts, updates and deletes, all or nothing", function()
      empty()
      sweep(function(session)
        session:add_all(make(3, 2))
        session:commit()
      end)
      local users, posts
      engine:connect(function(conn)
        users = conn:scalar(am.select(am.func.count(User.id)))
        posts = conn:scalar(am.select(am.func.count(Post.id)))
      end)
      assert.equal(users * 2, posts)
      assert.equal(0, users % 3)
      sweep(function(session)
        for _, user in ipairs(session:scalars(am.select(User):limit(4)):all()) do user.name = user.name .. "!" end
        session:commit()
      end)
      sweep(function(session)
        local user = session:scalars(am.select(User):order_by(User.id):limit(1)):first()
        session:delete(user)
        session:flush()
        session:rollback()
      end)
      empty()
    end)

    it("a flush of many rows", function()
      empty()
      sweep(function(session)
        session:add_all(make(30, 0))
        session:flush()
        session:rollback()
      end, { dense = 20 })
    end)

    it("loads with every strategy", function()
      empty()
      local session = am.Session(engine)
      session:add_all(make(3, 2))
      session:commit()
      session:close()
      for _, option in ipairs{ "lazyload", "selectinload", "joinedload", "subqueryload" } do
        sweep(function(own)
          local users = own:scalars(am.select(User):order_by(User.id):options(am[option](User.posts))):unique():all()
          assert(#users == 3)
          for _, user in ipairs(users) do assert(#user.posts == 2 and user.posts[1].title == "post 1") end
          assert(tostring(users[1].price) == "12.50" and users[1].prefs.a[2] == 2)
        end, { dense = 25, leaky = true }) -- a connection that was replaced has prepared other statements
      end
      empty()
    end)

    it("Core's rows, arrays of parameters, upserts", function()
      empty()
      local t = User.__table__
      sweep(function(own)
        local rows = {}
        for i = 1, 25 do rows[i] = { name = "n" .. i, price = am.decimal(i), prefs = { i } } end
        own:execute(am.insert(t), rows)
        own:execute(am.insert(t):returning(t.c.id), rows):all()
        local list = own:execute(am.select(t):where(t.c.name:in_{ "n1", "n2" })):mappings():all()
        assert(#list == 4 and list[1].price == am.decimal(1) and list[1].prefs[1] == 1)
        own:execute(am.update(t):where(t.c.name:eq("n1")):values{ born = am.func.now() })
        own:rollback()
      end, { dense = 20 })
      empty()
    end)
  end)
end)
