-- What a SELECT is about decides whether a session flushes before it, and which mapper get_bind() is given.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

backends.each(function(backend)
  -- Calls fn(env, run) with run(stmt) → was the new object stored, the name of the class that get_bind() was told.
  local function with(fn)
    blog.with(backend, nil, function(env)
      fn(env, function(stmt)
        local s, class = env.session(), nil
        local plain = s.get_bind
        rawset(s, "get_bind", function(self, arguments)
          if arguments and arguments.mapper then class = class or arguments.mapper.class_name end
          return plain(self, arguments)
        end)
        s:add(env.User { name = "new" })
        s:execute(stmt):all()
        local stored = #s.new == 0
        s:close()
        return stored, class
      end)
    end)
  end

  it("entities anywhere in it, subqueries included", function()
    with(function(env, run)
      local User, T = env.User, env.User.__table__
      local sub = am.select(User):subquery()
      for i, stmt in ipairs { am.select(User), am.select(am.func.count(User.id)), am.select(sub), am.select(sub.c.id),
        am.select(am.select(User.id):cte("c").c.id), am.select(am.select(am.func.max(User.id)):scalar_subquery()),
        am.select(am.select(User.id):exists()), am.select(am.exists(am.select(User))),
        am.select(am.not_(am.exists(User.id):where(User.id:eq(1)))),
        am.select(T.c.id):where(User.name:eq "x"), am.select(am.literal(1)):where(T.c.id:in_(am.select(User.id))) } do
        local stored, class = run(stmt)
        assert.is_true(stored, i)
        assert.equal("User", class, i)
      end
    end)
  end)

  it("what exists() is told later does not count, nor tables and the columns of text()", function()
    with(function(env, run)
      local User, T = env.User, env.User.__table__
      local found = am.exists():where(User.name:eq "new")
      for i, stmt in ipairs { am.select(found), am.select(am.not_(found)), found:select(), am.select(found:label("f")),
        am.select(T.c.id):where(found), am.select(T.c.id),
        am.text("SELECT id FROM users"):columns(User.id) } do
        local stored, class = run(stmt)
        assert.is_false(stored, i)
        assert.is_nil(class, i)
      end
    end)
  end)
end)
