-- create_engine{ json_serializer, json_deserializer }
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc
local json = require "alchemoon.types.json"

backends.each(function(backend)
  describe("JSON functions of an engine", function()
    local made, read -- how often each was called
    local engine, other, t

    setup(function()
      backend.reset()
      local static = backend.dialect == "sqlite" and am.StaticPool or nil
      engine = am.create_engine(backend.url, { poolclass = static,
        json_serializer = function(value)
          made = made + 1
          return json.encode { wrapped = value }
        end,
        json_deserializer = function(text)
          read = read + 1
          return json.decode(text).wrapped
        end })
      other = backend.dialect == "sqlite" and engine or am.create_engine(backend.url)
      t = am.Table("json_functions", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
        am.Column("data", am.JSON))
      t.metadata:create_all(engine)
    end)
    before_each(function()
      made, read = 0, 0
      engine:begin(function(conn) conn:execute(am.delete(t)) end)
    end)
    teardown(function()
      engine:dispose()
      other:dispose()
    end)

    local function stored(id)
      return engine:connect(function(conn)
        return conn:scalar(am.select(am.cast(t.c.data, am.Text)):where(t.c.id:eq(id))):gsub("%s", "")
      end)
    end

    it("make and read the values of its statements", function()
      engine:begin(function(conn)
        conn:execute(am.insert(t), { id = 1, data = { a = 1 } })
        conn:execute(am.insert(t), { { id = 2, data = { 2 } }, { id = 3, data = "x" } })
      end)
      assert.equal(3, made)
      assert.equal('{"wrapped":{"a":1}}', (stored(1)))
      engine:connect(function(conn)
        for _ = 1, 2 do -- compiled, then from the cache
          local rows = conn:execute(am.select(t.c.data):order_by(t.c.id)):scalars():all()
          assert.same({ { a = 1 }, { 2 }, "x" }, rows)
        end
        assert.equal(6, read)
        assert.is_nil(conn:scalar(am.select(am.literal(nil, am.JSON { none_as_null = true }))))
      end)
    end)

    it("make and read the attributes of its objects", function()
      local Base = am.declarative_base()
      local Item = Base:model("Item", { __table__ = t })
      am.Session(engine, function(session)
        session:add_all { Item { id = 1, data = { x = 1 } }, Item { id = 2, data = { 1, 2 } } }
        session:commit()
        assert.equal(2, made)
        assert.same({ x = 1 }, session:get(Item, 1).data)
        assert.same({ 1, 2 }, session:scalars(am.select(Item):where(Item.id:eq(2))):one().data)
        session:get(Item, 1).data = { x = 2 }
        session:commit()
      end)
      assert.equal('{"wrapped":{"x":2}}', (stored(1)))
    end)

    it("are not those of another engine", function()
      if other == engine then return end -- a database in memory has one connection
      engine:begin(function(conn) conn:execute(am.insert(t), { id = 1, data = { a = 1 } }) end)
      other:connect(function(conn)
        assert.same({ wrapped = { a = 1 } }, conn:scalar(am.select(t.c.data)))
        assert.same({ wrapped = { a = 1 } }, conn:exec_driver_sql("SELECT data FROM json_functions"):scalar())
      end)
      engine:connect(function(conn)
        assert.same({ a = 1 }, conn:exec_driver_sql("SELECT data FROM json_functions"):scalar())
      end)
    end)

    it("may fail: their error arrives as it is, and the next statement is as ever", function()
      local broken = am.create_engine(backend.url, { json_serializer = function() error("no", 0) end })
      broken:connect(function(conn)
        local ok, e = pcall(conn.execute, conn, am.select(am.literal({ 1 }, am.JSON)))
        assert.is_false(ok)
        assert.equal("no", e)
        assert.equal(1, conn:scalar(am.select(am.literal(1))))
      end)
      broken:dispose()
    end)

    it("must be functions", function()
      raises_exc("ArgumentError", function() am.create_engine(backend.url, { json_serializer = "x" }) end,
        "json_serializer")
    end)
  end)
end)
