-- Results of objects that are taken after something happened to the session: what their rows said is theirs.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc

backends.each(function(backend)
  -- fn(env, session, result, one): two users; `one` is there already, and the result has not been read.
  local function with_result(fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      s:add_all { env.User { id = 1, name = "ann" }, env.User { id = 2, name = "bob" } }
      s:commit()
      s:expunge_all()
      local one = s:get(env.User, 1)
      fn(env, s, s:scalars(am.select(env.User):order_by(env.User.id)), one)
    end)
  end

  -- The names of what the result still gives; reading them takes no statement.
  local function names(env, result)
    local users = result:all()
    env.log:take()
    local out = {}
    for i, user in ipairs(users) do out[i] = user.name end
    assert.same({}, env.log:take())
    return out, users
  end

  for _, ending in ipairs { "commit", "rollback", "expire_all" } do
    it("a result that is read after " .. ending .. "() brings what its rows said", function()
      with_result(function(env, s, result, one)
        s[ending](s)
        local found, users = names(env, result)
        assert.same({ "ann", "bob" }, found)
        assert.equal(one, users[1])
        assert.equal(s, am.object_session(users[2]))
      end)
    end)
  end

  it("so does one whose loaders follow, and one of rows", function()
    with_result(function(env, s)
      local User = env.User
      local result = s:execute(am.select(User, User.name):order_by(User.id):options(am.selectinload(User.posts)))
      s:commit()
      local rows = result:all()
      env.log:take()
      assert.same({ "ann", "ann", 0 }, { rows[1].User.name, rows[1].name, #rows[1].User.posts })
      assert.same({}, env.log:take())
    end)
  end)

  it("an object that was expired in between is filled by its row, one that was changed keeps its change", function()
    with_result(function(env, s, result, one)
      s:expire(one)
      s.autoflush = false
      one.email = "new"
      local found = names(env, result)
      assert.same({ "ann", "bob" }, found)
      assert.equal("new", one.email)
    end)
  end)

  it("an object that left the session, or was deleted, has a successor", function()
    with_result(function(env, s, result, one)
      s:expunge(one)
      local found, users = names(env, result)
      assert.same({ "ann", "bob" }, found)
      assert.are_not.equal(one, users[1])
      assert.equal("detached", blog.state(one))
      assert.equal("persistent", blog.state(users[1]))
    end)
    with_result(function(env, s, result, one)
      s:delete(one)
      s:flush()
      local found, users = names(env, result)
      assert.same({ "ann", "bob" }, found)
      assert.equal("deleted", blog.state(one))
      assert.equal(users[1], s:get(env.User, 1))
    end)
  end)

  it("after close() and expunge_all() nothing new is given", function()
    for _, ending in ipairs { "close", "expunge_all", "reset" } do
      with_result(function(_, s, result)
        s[ending](s)
        raises("InvalidRequestError", function() result:all() end, "identity map is no longer valid")
      end)
    end
    with_result(function(_, s, result)
      assert.equal("ann", result:fetchone().name)
      s:close()
      assert.equal("detached", blog.state(result:fetchone())) -- all were made for the first
    end)
    with_result(function(env, s, _, one)
      local known = s:scalars(am.select(env.User):where(env.User.id:eq(1)))
      s:close()
      assert.equal(one, known:one()) -- nothing had to be made
    end)
  end)

  it("several results wait side by side", function()
    with_result(function(env, s, first)
      local second = s:scalars(am.select(env.User):order_by(env.User.id:desc()))
      local third = s:scalars(am.select(env.User))
      assert.equal(2, #third:all())
      s:commit()
      assert.same({ "ann", "bob" }, (names(env, first)))
      assert.same({ "bob", "ann" }, (names(env, second)))
    end)
  end)
end)
