-- Events of the legacy Query: listeners see every query before it becomes a statement, and may exchange it.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

backends.each(function(backend)
  local function with(name, listener, fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      s:add_all { env.User { id = 1, name = "ann" }, env.User { id = 2, name = "bob" } }
      s:commit()
      local function call(...) return listener(env, ...) end
      am.event.listen(am.Query, name, call, { retval = true })
      local ok, e = pcall(fn, env, s)
      am.event.remove(am.Query, name, call)
      s:close()
      if not ok then error(e, 0) end
    end)
  end
  local function not_ann(env, query) return query:filter(env.User.id:ne(1)) end

  describe("a listener of Query events", function()
    it("before_compile changes what all(), count(), exists() and subqueries ask for", function()
      with("before_compile", function(env, query)
        local first = query.column_descriptions[1]
        if first and first.type == env.User then return not_ann(env, query) end
      end, function(env, s)
        local query = s:query(env.User)
        assert.equal(1, #query:all())
        assert.equal(1, query:count())
        assert.truthy(tostring(query):find("users.id !="))
        assert.truthy(tostring(query:subquery()):find("users.id !="))
        assert.is_false(s:query(query:filter_by { id = 1 }:exists()):scalar())
      end)
    end)

    it("before_compile_update changes criteria and values", function()
      with("before_compile_update", function(env, query, context)
        assert.equal(query, context.query)
        context.values.name = context.values.name .. "!"
        return not_ann(env, query)
      end, function(env, s)
        assert.equal(1, s:query(env.User):update { name = "new" })
        assert.equal("ann", s:get(env.User, 1).name)
        assert.equal("new!", s:get(env.User, 2).name)
      end)
    end)

    it("before_compile_delete changes criteria", function()
      with("before_compile_delete", not_ann, function(env, s)
        assert.equal(1, s:query(env.User):delete())
        assert.equal("ann", s:query(env.User):one().name)
      end)
    end)
  end)
end)
