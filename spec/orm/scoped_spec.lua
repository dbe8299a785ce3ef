-- scoped_session: one session per scope, used as if it were the session.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env) fn(env, am.scoped_session(am.sessionmaker { bind = env.engine })) end)
  end

  describe("scoped_session", function()
    it("gives the same session until remove()", function()
      with(function(env, scoped)
        assert.is_false(scoped.registry:has())
        local session = scoped()
        assert.equal(session, scoped())
        assert.equal(session, scoped.registry())
        assert.is_true(scoped.registry:has())
        scoped:add(env.User { name = "ann" })
        assert.equal(1, #scoped.new)
        assert.equal("ann", scoped:scalar(am.select(env.User.name)))
        scoped:remove()
        assert.is_false(scoped.registry:has())
        assert.are_not.equal(session, scoped())
        assert.is_nil(scoped:scalar(am.select(env.User.name)))
        scoped:remove()
      end)
    end)

    it("is walked through like its session", function()
      with(function(env, scoped)
        scoped:add_all { env.User { name = "ann" }, env.User { name = "bob" } }
        local names = {}
        for user in scoped do names[#names + 1] = user.name end
        assert.same({ "ann", "bob" }, names)
        assert.equal(scoped(), scoped:object_session((scoped.new)[1]))
        scoped:remove()
      end)
    end)

    it("gives each coroutine its own", function()
      with(function(_, scoped)
        local mine, other = scoped(), nil
        coroutine.wrap(function()
          other = scoped()
          scoped:remove()
        end)()
        assert.are_not.equal(mine, other)
        assert.equal(mine, scoped())
        scoped:remove()
      end)
    end)

    it("takes options for a new session only", function()
      with(function(_, scoped)
        assert.is_false(scoped({ expire_on_commit = false }).expire_on_commit)
        raises("InvalidRequestError", function() scoped { expire_on_commit = true } end,
          "Scoped session is already present; no new arguments may be specified.")
        scoped:remove()
        scoped:configure { autoflush = false }
        assert.is_false(scoped().autoflush)
        scoped:remove()
      end)
    end)

    it("query_property() queries the class it is read from, in the session of the scope", function()
      with(function(env, scoped)
        env.Base.query = scoped:query_property()
        local Admin = env.Base:model("Admin", { __extends__ = env.User })
        scoped:add(env.User { name = "ann" })
        assert.equal("ann", env.User.query:filter_by { name = "ann" }:one().name)
        assert.equal(1, env.User {}.query:count())
        assert.equal(scoped(), Admin.query.session)
        env.User.first = scoped:query_property(function(class, session) return session:query(class.name) end)
        assert.equal("ann", env.User.first:scalar())
        local Named = am.Query.subclass { named = function(self, name) return self:filter_by { name = name } end }
        env.User.people = scoped:query_property(Named)
        assert.equal("ann", env.User.people:named("ann"):order_by(env.User.id):one().name)
        assert.equal(0, env.User.people:named("bob"):count())
        scoped:remove()
      end)
    end)

    it("asks scopefunc for the scope", function()
      blog.with(backend, nil, function(env)
        local scope = "a"
        local factory = am.sessionmaker { bind = env.engine }
        local scoped = am.scoped_session(factory, { scopefunc = function() return scope end })
        local first = scoped()
        scope = "b"
        assert.are_not.equal(first, scoped())
        scope = "a"
        assert.equal(first, scoped())
        scoped.registry:clear()
        assert.are_not.equal(first, scoped())
      end)
    end)
  end)
end)
