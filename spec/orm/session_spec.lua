-- The session's objects: states, transitions, transactions, restoration at rollback.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local logged = require "support.logged"
local state = blog.state
local raises = require("support.init").raises_exc

backends.each(function(backend)
  local function with(opts, fn) return blog.with(backend, opts, fn) end

  it("a method called with a dot says so", function()
    with(nil, function(env)
      local s = env.session()
      for _, call in ipairs { function() s.add(env.User {}) end, function() s.delete(env.User {}) end,
        function() s.commit() end, function() s.get(env.User, 1) end, function() s.query(env.User) end,
        function() s.execute(am.select(env.User)) end, function() s.scalar(am.select(env.User)) end,
        function() s.scalars(am.select(env.User)) end, function() s.no_autoflush(function() end) end } do
        raises("ArgumentError", call, "is a method: call it with a colon, session:[%a_]+%([%.fn]+%)$")
      end
    end)
  end)

  describe("states", function()
    it("lead from transient to detached", function()
      with(nil, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        assert.equal("transient", state(ann))
        s:add(ann)
        assert.equal("pending", state(ann))
        assert.equal(1, #s.new)
        assert.is_true(s.new:contains(ann))
        assert.is_true(s:contains(ann))
        s:flush()
        assert.equal("persistent", state(ann))
        assert.equal(0, #s.new)
        assert.equal(1, #s.identity_map)
        assert.equal(s, am.object_session(ann))
        assert.equal(s, s:object_session(ann))
        assert.equal(s, am.Session.object_session(ann))
        s:delete(ann)
        assert.is_true(s.deleted:contains(ann))
        assert.equal("persistent", state(ann))
        s:flush()
        assert.equal("deleted", state(ann))
        assert.equal(0, #s.identity_map)
        s:commit()
        assert.equal("detached", state(ann))
        assert.is_true(am.inspect(ann).was_deleted)
        raises("InvalidRequestError", function() s:add(ann) end, "has been deleted")
        s:delete(ann) -- again: it stays what it is
        assert.equal("deleted", state(ann))
        assert.is_true(s.deleted:contains(ann))
        s:expunge(ann)
        assert.equal("detached", state(ann))
        assert.is_true(am.inspect(ann).was_deleted)
        am.make_transient(ann)
        assert.equal("transient", state(ann))
        s:close()
      end)
    end)

    it("a transaction object hands out the connection of a class while it is open", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        s:begin()
        local transaction = s:get_transaction()
        assert.equal(s:connection(), transaction:connection(env.User))
        transaction:close()
        raises("ResourceClosedError", function() transaction:connection(env.User) end)
        s:close()
      end)
    end)

    it("stay deleted after a commit that expires nothing", function()
      with(nil, function(env)
        for expires, expected in pairs { [true] = "detached", [false] = "deleted" } do
          local s = env.session { expire_on_commit = expires }
          local user = env.User { name = "ann" }
          s:add(user)
          s:flush()
          s:delete(user)
          s:commit()
          assert.is_true(am.inspect(user)[expected])
        end
      end)
    end)

    it("of a deleted row: changes are not written, and no collection takes it back", function()
      with(nil, function(env)
        local s = env.session()
        local ann, post = env.User { name = "ann" }, env.Post { title = "p" }
        s:add_all { ann, post }
        s:commit()
        s:delete(post)
        s:flush()
        raises("InvalidRequestError", function() ann.posts:append(post) end, "has been deleted")
        env.log:take()
        post.title = "q"
        assert.same({ "q", "p" }, { post.title, am.inspect(post).attrs.title.history.deleted[1] })
        s:flush()
        assert.same({}, env.log:take())
        s:rollback()
        assert.equal("p", post.title)
      end)
    end)

    it("go back at a rollback", function()
      with(nil, function(env)
        local s = env.session()
        local ann, bob = env.User { name = "ann" }, env.User { name = "bob" }
        s:add(ann)
        s:commit()
        s:add(bob)
        s:delete(ann)
        s:flush()
        s:rollback()
        assert.equal("persistent", state(ann))
        assert.equal("transient", state(bob))
        assert.equal("ann", ann.name)
        ann.name = "anna"
        assert.is_true(s.dirty:contains(ann))
        s:rollback()
        assert.equal("ann", ann.name)
        s:close()
        assert.equal("detached", state(ann))
      end)
    end)

    it("are kept apart per savepoint", function()
      with(nil, function(env)
        local s = env.session()
        local ann, bob = env.User { name = "ann" }, env.User { name = "bob" }
        s:add(ann)
        local savepoint = s:begin_nested()
        assert.equal("persistent", state(ann))
        s:add(bob)
        ann.name = "other"
        s:flush()
        savepoint:rollback()
        assert.equal("transient", state(bob))
        assert.equal("persistent", state(ann))
        assert.equal("ann", ann.name)
        s:begin_nested(function() s:add(bob) end)
        assert.equal("persistent", state(bob))
        s:commit()
        assert.same({ { "ann" }, { "bob" } }, env.rows("SELECT name FROM users ORDER BY name"))
        s:close()
      end)
    end)

    it("come back when the function of a savepoint rolls it back, and the transaction goes on", function()
      with(nil, function(env)
        local s = env.session()
        s:add(env.User { name = "ann" })
        s:begin_nested(function(savepoint, session)
          assert.equal(s, session)
          session:add(env.User { name = "bob" })
          savepoint:rollback()
        end)
        s:commit()
        assert.same({ { "ann" } }, env.rows("SELECT name FROM users"))
        s:close()
      end)
    end)

    it("of inner savepoints end with the outer one, each by a statement of its own", function()
      with(nil, function(env)
        local s, sent = env.session(), {}
        s:add(env.User { name = "ann" })
        local outer = s:begin_nested()
        s:add(env.User { name = "bob" })
        s:begin_nested()
        s:connection()
        am.event.listen(env.engine, "rollback_savepoint", function(_, name) sent[#sent + 1] = name:match("%d$") end)
        outer:rollback()
        assert.same({ "2", "1" }, sent)
        assert.is_false(s:in_nested_transaction())
        s:close()
      end)
    end)

    it("are visited by a loop over the session, also below one another", function()
      with(nil, function(env)
        local s, sum = env.session(), 0
        local stored = { env.User { name = "1" }, env.User { name = "2" } }
        s:add_all(stored)
        s:flush()
        s:add(env.User { name = "3" })
        for outer in s do
          for inner in s do
            sum = sum + outer.name * inner.name
            if inner.name == "2" then break end
          end
        end
        s:close()
        for _ in s do error("an object is left") end
        assert.equal(36, sum) -- the new object comes first
        assert.equal(2, #stored) -- held until here
      end)
    end)

    -- The list of the loop is looked at: registers that still hold objects make a collection a matter of luck.
    it("are not kept by a loop that was left with break, and the next step skips those that are gone", function()
      with(nil, function(env)
        local s, first = env.session(), nil
        local held = {} -- the map is weak: whatever is not held may be gone before the loop begins
        for n = 1, 3 do
          held[n] = env.User { name = tostring(n) }
          s:add(held[n])
        end
        s:flush()
        for obj in s do
          first = obj
          if obj then break end
        end
        local loop = rawget(s, "_loop")
        assert.equal("v", getmetatable(loop.objects).__mode)
        local third = loop.objects[3]
        assert.equal(held[1], first)
        assert.equal(held[3], third)
        loop.objects[2] = nil -- as if collected
        assert.equal(third, s(nil, first))
        assert.is_nil(s(nil, third))
        assert.is_nil(rawget(s, "_loop"))
        s:close()
      end)
    end)

    it("are of mapped classes: get() tells what it was given instead", function()
      with(nil, function(env)
        local s = env.session()
        raises("NoInspectionAvailable", function() s:get(5, 1) end, "No inspection system is available")
        raises("ArgumentError", function() s:get(env.User.name, 1) end, "^Expected mapped class or mapper, got")
        raises("ArgumentError", function() s:get(am.aliased(env.User), 1) end, "got: aliased%(User%)")
        s:close()
      end)
    end)

    it("of an object with enable_relationship_loading() is pending without being new", function()
      with(nil, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        s:add(ann)
        s:commit()
        local post = env.Post { title = "one", author_id = ann.id }
        assert.is_nil(post.author)
        post = env.Post { title = "one", author_id = ann.id }
        s:enable_relationship_loading(post)
        assert.same({ "pending", 0 }, { state(post), #s.new })
        assert.equal(ann, post.author)
        s:add(post)
        s:enable_relationship_loading(post)
        assert.same({ "pending", 1, true }, { state(post), #s.new, s:contains(post) })
        s:flush()
        assert.same({ "persistent", 0, 1 }, { state(post), #s.new, #s:scalars(am.select(env.Post)):all() })
        local other = env.Post { title = "two" }
        s:add(other)
        s:enable_relationship_loading(other)
        s:expunge(other)
        assert.same({ "transient", 0 }, { state(other), #s.new })
        s:close()
      end)
    end)

    it("of an object that lost its parent outside of the session end at the flush", function()
      with({ posts = { back_populates = "author", cascade = "all, delete-orphan" } }, function(env)
        local s = env.session()
        local ann, post = env.User { name = "ann" }, env.Post { title = "lost" }
        s:add(post)
        ann.posts:append(post)
        ann.posts:remove(post)
        s:add(ann)
        assert.equal("pending", state(post))
        s:flush()
        assert.equal("transient", state(post))
        assert.same({}, s:scalars(am.select(env.Post)):all())
        s:close()
      end)
    end)

    it("stand in the identity map class by class, as the classes came, and by key", function()
      with(nil, function(env)
        local s = env.session()
        s:add_all { env.User { id = 2, name = "bob" }, env.User { id = 1, name = "ann" }, env.Post { id = 3 } }
        s:commit()
        s:expunge_all()
        local held = { s:get(env.User, 2), s:get(env.Post, 3), s:get(env.User, 1) }
        local seen = {}
        for obj in s do seen[#seen + 1] = am.inspect(obj).mapper.class_name .. obj.id end
        assert.same({ "User1", "User2", "Post3" }, seen)
        local keys = {}
        for key, obj in s.identity_map:items() do keys[#keys + 1] = am.inspect(obj).mapper.class_name .. key[2][1] end
        assert.same(seen, keys)
        assert.equal(3, #held) -- held until here
      end)
    end)

    it("are asked for by their state, too: identity_map:contains_state, all_states", function()
      with(nil, function(env)
        local s = env.session()
        local ann, bob = env.User { name = "ann" }, env.User { name = "bob" }
        s:add(ann)
        s:commit()
        assert.is_true(s.identity_map:contains_state(am.inspect(ann)))
        assert.is_false(s.identity_map:contains_state(am.inspect(bob)))
        local states = s.identity_map:all_states()
        assert.same({ 1, true }, { #states, rawequal(states[1].object, ann) })
      end)
    end)

    it("refuse two sessions and two objects for one identity", function()
      with(nil, function(env)
        local s, other = env.session(), env.session()
        local ann = env.User { name = "ann" }
        s:add(ann)
        raises("InvalidRequestError", function() other:add(ann) end,
          "is already attached to session '%d+' %(this is '%d+'%); expunge it there or close that session first, or ")
        s:commit()
        s:expunge(ann)
        assert.equal("detached", state(ann))
        local same = s:get(env.User, 1)
        assert.is_false(same == ann)
        raises("InvalidRequestError", function() s:add(ann) end, "another instance with key")
        s:close()
        other:close()
      end)
    end)
  end)

  describe("transactions", function()
    it("commit and roll back with functions", function()
      with(nil, function(env)
        local Session = am.sessionmaker { bind = env.engine }
        local ann = Session:begin(function(s)
          local u = env.User { name = "ann" }
          s:add(u)
          return u
        end)
        assert.equal("detached", state(ann))
        local ok, e = pcall(Session.begin, Session, function(s)
          s:add(env.User { name = "bob" })
          s:flush()
          error("stop")
        end)
        assert.is_false(ok)
        assert.matches("stop", e)
        assert.same({ { "ann" } }, env.rows("SELECT name FROM users"))
      end)
    end)

    it("stay inactive after a failed flush until they are rolled back", function()
      with(nil, function(env)
        local s = env.session()
        s:add(env.User {})
        local e = raises("IntegrityError", function() s:flush() end)
        assert.matches("INSERT INTO users", tostring(e))
        raises("PendingRollbackError", function() s:execute(am.text("select 1")) end,
          "has been rolled back due to a previous exception during flush")
        s:rollback()
        assert.equal(1, s:scalar(am.text("select 1")))
        s:close()
      end)
    end)

    it("restore keys that changed", function()
      with(nil, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        s:add(ann)
        s:commit()
        ann.id = 7
        s:flush()
        assert.equal(ann, s:get(env.User, 7))
        s:rollback()
        assert.equal(1, ann.id)
        assert.equal(ann, s:get(env.User, 1))
        assert.is_nil(s:get(env.User, 7))
        s:close()
      end)
    end)

    it("warn when an engine gives them a connection that is begun already", function()
      with(nil, function(env)
        am.event.listen(env.engine, "engine_connect", function(conn) conn:begin() end)
        for _, mode in ipairs { "conditional_savepoint", "create_savepoint", "control_fully" } do
          local messages = logged(function()
            local s = am.Session(env.engine, { join_transaction_mode = mode })
            s:connection()
            s:close()
          end)
          local is_said = mode == "conditional_savepoint"
          assert.equal(is_said and 1 or 0, #messages)
          assert.is_true(not is_said or messages[1]:find("by this session is 'rollback_only'", 1, true) ~= nil)
        end
      end)
    end)

    it("join one that is under way", function()
      with(nil, function(env)
        env.engine:connect(function(conn)
          local trans = conn:begin()
          local s = am.Session(conn, { join_transaction_mode = "create_savepoint" })
          s:add(env.User { name = "ann" })
          s:commit()
          s:add(env.User { name = "bob" })
          s:rollback()
          assert.same({ "ann" }, conn:execute(am.text("select name from users")):scalars():all())
          s:close()
          trans:rollback()
          local t = am.Session(conn, { join_transaction_mode = "rollback_only" })
          conn:begin()
          t:add(env.User { name = "ann" })
          t:commit()
          assert.is_true(conn:in_transaction())
          t:add(env.User { name = "bob" })
          t:flush()
          t:rollback()
          assert.is_false(conn:in_transaction())
          t:close()
        end)
        assert.same({}, env.rows("SELECT name FROM users"))
      end)
    end)

    it("are active as long as no flush has failed, also before the first one without autobegin", function()
      with(nil, function(env)
        local s = am.Session(env.engine, { autobegin = false })
        assert.is_true(s.is_active)
        s:begin()
        assert.is_true(s.is_active)
        s:close()
        assert.is_true(s.is_active)
      end)
    end)

    it("cannot be prepared without twophase, and say that first when a flush has failed", function()
      with(nil, function(env)
        local s = env.session()
        s:add_all { env.User { id = 1, name = "ann" }, env.User { id = 1, name = "bob" } }
        raises("IntegrityError", function() s:flush() end)
        raises("InvalidRequestError", function() s:prepare() end, "'twophase' mode not enabled")
        s:close()
      end)
    end)

    it("end with close_all_sessions(), also when nobody holds their sessions any more", function()
      if backend.name == "sqlite-memory" then return end
      with(nil, function(env)
        local sessions, kept = setmetatable({}, { __mode = "k" }), env.session()
        kept:add(env.User { name = "kept" })
        local function lose()
          local lost = env.session()
          sessions[lost] = true
          lost:execute(am.select(env.User))
        end
        lose()
        -- The collector stops where it has forgotten the session, which is before it has come to its connection.
        collectgarbage("stop")
        for _ = 1, 100000 do
          if not next(sessions) then break end
          collectgarbage("step", 0)
        end
        am.close_all_sessions()
        local out = env.engine.pool:checkedout()
        collectgarbage("restart")
        assert.equal(0, out)
        assert.equal(0, #kept.new)
      end)
    end)

    it("are made by a factory that shows all it gives them", function()
      with(nil, function(env)
        local factory = am.sessionmaker { bind = env.engine }
        assert.same({ bind = env.engine, autoflush = true, expire_on_commit = true }, factory.kw)
        assert.is_false(am.sessionmaker(env.engine, { expire_on_commit = false }).kw.expire_on_commit)
      end)
    end)

    it("of a class of its own have its methods, also those that are given later or by its base", function()
      with(nil, function(env)
        local Shop = am.Session.subclass { open = function() return "open" end }
        function Shop:users() return #self:scalars(am.select(env.User)):all() end
        local Kiosk = Shop.subclass()
        function Kiosk.open() return "always" end
        local shop, kiosk = Shop(env.engine), am.sessionmaker { bind = env.engine, class_ = Kiosk }()
        assert.same({ "open", 0, "always", 0 }, { shop:open(), shop:users(), kiosk:open(), kiosk:users() })
        raises("ArgumentError", function() return shop.opn end, "did you mean 'open'")
        assert.is_nil(rawget(am.Session.methods, "users"))
        shop:close()
        kiosk:close()

        local Filed = am.Query.subclass()
        function Filed:named(name) return self:filter_by { name = name } end
        local s = am.Session(env.engine, { query_cls = Filed.subclass { none = function() return "none" end } })
        s:add(env.User { name = "ann" })
        assert.equal("ann", s:query(env.User):named("ann"):one().name)
        assert.equal("none", s:query(env.User):none())
        s:close()
      end)
    end)

    it("and what belongs to them refuse names and arguments that nobody knows", function()
      with(nil, function(env)
        local s, factory = env.session(), am.sessionmaker { bind = env.engine }
        local ann = env.User { id = 1, name = "ann" }
        s:add(ann)
        s:commit()
        local transaction, query, map = s:begin(), s:query(env.User), s.identity_map
        raises("ArgumentError", function() return transaction.is_activ end, "did you mean 'is_active'")
        raises("ArgumentError", function() return factory.configur end, "did you mean 'configure'")
        raises("ArgumentError", function() return map.contain end, "did you mean 'contains'")
        raises("ArgumentError", function() map:contains_state(5) end, "contains_state")
        raises("ArgumentError", function() query:with_session(5) end, "with_session: argument #1")
        raises("ArgumentError", function() query:merge_result() end, "merge_result: argument #1")
        raises("ArgumentError", function() am.inspect(ann):unmodified_intersection() end, "argument #1")
        assert.is_true(map == s.identity_map)
        assert.is_true(map:contains_state(am.inspect(ann)))
        assert.is_nil(transaction.parent)
        s:close()
      end)
    end)
  end)
end)
