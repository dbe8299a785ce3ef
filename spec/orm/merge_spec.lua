-- session:merge(): which object comes back, what is loaded, what is copied.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc

local function state(obj)
  local s = am.inspect(obj)
  for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
    if s[name] then return name end
  end
end

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      s:add(env.User { id = 1, name = "ann", posts = { env.Post { id = 1, title = "one" } } })
      s:commit()
      env.log:take()
      fn(env, s)
      s:close()
    end)
  end

  describe("merge()", function()
    it("of a new object makes a pending one", function()
      with(function(env, s)
        local given = env.User { name = "bob" }
        local merged = s:merge(given)
        assert.are_not.equal(given, merged)
        assert.equal("pending transient", state(merged) .. " " .. state(given))
        assert.equal("bob", merged.name)
      end)
    end)

    it("of an object with a key loads the row and copies what is set", function()
      with(function(env, s)
        local merged = s:merge(env.User { id = 1, email = "e" })
        assert.equal(1, #env.log:take())
        assert.equal("ann", merged.name)
        assert.equal("e", merged.email)
        assert.equal(1, #merged.posts)
        s:merge(env.User { id = 1, name = am.null })
        assert.is_nil(merged.name)
        s:rollback()
      end)
    end)

    it("leaves a collection alone that was only looked at", function()
      with(function(env, s)
        local given = env.User { id = 1, name = "ann" }
        assert.equal(0, #given.posts)
        assert.equal(1, #s:merge(given).posts)
        assert.equal(0, #s:merge(env.User { id = 1, posts = {} }).posts)
        s:rollback()
      end)
    end)

    it("into an expired object loads it once, by its key", function()
      with(function(env, s)
        local ann = s:get(env.User, 1)
        s:expire(ann)
        env.log:take()
        assert.equal(ann, s:merge(env.User { id = 1, name = "new" }))
        assert.equal(1, #env.log:take())
        assert.same({ "ann" }, am.inspect(ann).attrs.name.history.deleted)
        s:rollback()
      end)
    end)

    it("takes over the loader options of what is merged", function()
      with(function(env, s)
        local ann = s:get(env.User, 1, { options = { am.joinedload(env.User.posts) } })
        s:merge(env.User { id = 1, name = "ann" })
        s:expire(ann)
        env.log:take()
        assert.equal("ann", ann.name)
        assert.is_nil(env.log:take()[1]:find("JOIN"))
      end)
    end)

    it("of an object of this session is that object, without SQL", function()
      with(function(env, s)
        local ann = s:get(env.User, 1)
        s:expire(ann)
        env.log:take()
        assert.equal(ann, s:merge(ann))
        assert.same({}, env.log:take())
      end)
    end)

    it("does not load an expired object to which nothing is copied", function()
      with(function(env, s)
        local ann = s:get(env.User, 1)
        s:expire(ann)
        s:expunge(ann)
        local again = s:get(env.User, 1)
        s:expire(again)
        env.log:take()
        assert.equal(again, s:merge(ann))
        assert.same({}, env.log:take())
      end)
    end)

    it("follows relationships with the merge cascade", function()
      with(function(env, s)
        local merged = s:merge(env.User { id = 1, posts = { env.Post { id = 1, title = "changed" },
          env.Post { title = "new" } } })
        assert.equal("changed", merged.posts[1].title)
        assert.equal("persistent pending", state(merged.posts[1]) .. " " .. state(merged.posts[2]))
        assert.equal(merged, merged.posts[2].author)
      end)
    end)

    it("without load takes the state as it is and leaves nothing dirty", function()
      with(function(env, s)
        local ann = s:get(env.User, 1)
        assert.equal(1, #ann.posts)
        s:expunge_all()
        local other = env.session()
        env.log:take()
        local merged = other:merge(ann, { load = false })
        assert.equal("ann", merged.name)
        assert.equal(merged, merged.posts[1].author)
        assert.same({}, env.log:take())
        assert.equal(0, #other.dirty)
        ann.name = "x"
        raises("InvalidRequestError", function() env.session():merge(ann, { load = false }) end,
          "does not support objects marked as 'dirty'")
        raises("InvalidRequestError", function() other:merge(env.User { id = 9 }, { load = false }) end,
          "does not support objects transient")
        other:close()
      end)
    end)
  end)
end)

local function pairs_of()
  local Base = am.declarative_base()
  local Pair = Base:model("Pair", { __tablename__ = "pairs", data = am.Column(am.String(9)),
    a = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
    b = am.Column(am.Integer, { primary_key = true, autoincrement = false }) })
  return { Base = Base, Pair = Pair }
end

backends.each(function(backend)
  describe("merge() with a composite key", function()
    it("does not ask the database while a part of the key is missing", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        s:merge(env.Pair { a = 1, data = "x" })
        assert.same({}, env.log:take())
        s:expunge_all()
        s:merge(env.Pair { a = 1, b = 2, data = "x" })
        s:flush()
        assert.equal(2, #env.log:take())
        s:close()
      end, pairs_of)
    end)
  end)
end)
