-- The second get() of a class in a transaction, and the second execution of a SELECT, take short ways.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

backends.each(function(backend)
  describe("again and again in one transaction", function()
    it("get() finds every object, loads it once, and answers nil for a key without a row", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        for i = 1, 30 do s:add(env.User { name = "u" .. i }) end
        s:commit()
        local ids = s:scalars(am.select(env.User.id):order_by(env.User.id)):all()
        s:expunge_all()
        for round = 1, 2 do
          for i, id in ipairs(ids) do
            local user = s:get(env.User, id)
            assert.equal("u" .. i, user and user.name, "round " .. round)
          end
          assert.is_nil(s:get(env.User, 999999))
          s:expunge_all()
        end
        s:close()
      end)
    end)

    it("get() gives a column_property with a value in it", function()
      local Base = am.declarative_base()
      local A = Base:model("A", { __tablename__ = "get_again", id = am.Column(am.Integer, { primary_key = true }) })
      A.more = am.column_property(A.id + 5)
      local engine = am.create_engine(backend.url)
      Base.metadata:create_all(engine)
      local s = am.Session(engine)
      s:add_all { A { id = 1 }, A { id = 2 } }
      s:flush()
      for _ = 1, 2 do
        s:expunge_all()
        assert.equal(6, s:get(A, 1).more)
        assert.equal(7, s:get(A, 2).more)
      end
      s:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("get() answers from the identity map, and asks anew for what is expired or expunged", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local user = env.User { name = "ann" }
        s:add(user)
        s:commit()
        for _ = 1, 2 do
          assert.equal(user, s:get(env.User, user.id))
          assert.equal(user, s:get(env.User, user.id))
          s:expire(user)
        end
        assert.is_nil(s:get(env.Post, user.id))
        local id = user.id
        s:connection():execute(am.text("DELETE FROM " .. env.User.__table__.name))
        s:expire(user)
        assert.is_nil(s:get(env.User, id))
        s:rollback()
        user = s:get(env.User, id)
        s:expunge_all()
        local again = s:get(env.User, id)
        assert.is_true(again ~= nil and again ~= user)
        assert.equal(again, s:get(env.User, id))
        s:close()
      end)
    end)

    it("a SELECT built anew has its own values and rows", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        for i = 1, 30 do s:add(env.User { name = "u" .. i }) end
        s:flush()
        local t = env.User.__table__
        local conn = s:connection()
        for i = 1, 30 do
          local result = conn:execute(am.select(t.c.name):where(t.c.name:eq("u" .. i)))
          assert.equal("name", result:keys()[1])
          assert.equal("u" .. i, result:all()[1].name)
          assert.same({}, result:all())
        end
        local result = conn:execute(am.select(t.c.name):where(t.c.name:eq("u7")))
        assert.equal("SELECT", result.context.statement:match("^%a+"))
        assert.is_true(result.returns_rows)
        assert.equal("u7", result:scalar_one())
        s:close()
      end)
    end)

    it("an error of such a SELECT names statement and parameters", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        s:add(env.User { name = "ann" })
        s:flush()
        local t = env.User.__table__
        local conn = s:connection()
        local function run(list) return conn:execute(am.select(t.c.id):where(t.c.name:eq(list))) end
        for _ = 1, 3 do run("ann"):all() end
        conn:execute(am.text("ALTER TABLE " .. t.name .. " RENAME COLUMN name TO title"))
        local ok, e = pcall(run, "bob")
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.DBAPIError))
        assert.matches("SELECT", e.statement)
        assert.matches("bob", tostring(e), 1, true)
        s:rollback()
        s:close()
      end)
    end)
  end)
end)
