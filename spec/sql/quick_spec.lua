-- A SELECT that ran before goes a short way (lua/alchemoon/sql/quick.lua); its results are those of the first time.
local am = require "alchemoon"
local backends = require "support.backends"

backends.each(function(backend)
  describe("a SELECT that was built and run before", function()
    local engine, conn, t
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local metadata = am.MetaData()
      t = am.Table("quick", metadata, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.Integer))
      metadata:create_all(conn)
      conn:execute(am.insert(t), { { id = 1, x = 7 }, { id = 2, x = 7 }, { id = 3, x = 9 } })
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function xs(least) return conn:execute(am.select(t.c.x):where(t.c.id:ge(least)):order_by(t.c.id)) end

    local function texts(rows)
      local list = {}
      for i, row in ipairs(rows) do list[i] = tostring(row) end
      return table.concat(list, " ")
    end

    local function each_time(check)
      for time = 1, 4 do check(time) end
    end

    it("answers with its own values every time", function()
      each_time(function(time)
        assert.equal(4 - math.min(time, 3), #xs(math.min(time, 3)):all())
        assert.equal("(7,) (7,) (9,)", texts(xs(1):all()))
      end)
    end)

    it("drops doubles after unique(), whenever that was asked for", function()
      each_time(function() assert.equal("(7,) (9,)", texts(xs(1):unique():all())) end)
      each_time(function()
        local result = xs(1)
        assert.equal(7, result:fetchone().x)
        assert.equal("(7,) (9,)", texts(result:unique():all()))
      end)
    end)

    it("takes what is left, and nothing from a closed result", function()
      each_time(function()
        local result = xs(1)
        assert.equal(7, result:fetchone().x)
        assert.equal("(7,) (9,)", texts(result:all()))
        assert.equal(0, #result:all())
        result:close()
        local ok, e = pcall(result.all, result)
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.ResourceClosedError))
      end)
    end)

    it("shows only the columns that were asked for", function()
      each_time(function()
        local result = conn:execute(am.select(t):order_by(t.c.id)):columns("x")
        assert.equal("(7,) (7,) (9,)", texts(result:all()))
      end)
    end)

    it("tells its error with statement and parameters", function()
      each_time(function()
        conn:commit()
        local before = xs(1)
        assert.equal(3, #before:all())
        conn:execute(am.text("DROP TABLE quick"))
        local ok, e = pcall(xs, 2)
        assert.is_false(ok)
        assert.is_true(am.exc.is(e, am.exc.DBAPIError))
        assert.matches("FROM quick", e.statement, 1, true)
        assert.equal(2, e.params[1])
        conn:rollback()
      end)
    end)
  end)
end)
