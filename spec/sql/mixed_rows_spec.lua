-- Rows of one executemany whose values are of many kinds: each is bound as a single execution would bind it.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("an executemany whose rows hold values of many kinds", function()
    local engine, conn, t
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local metadata = am.MetaData()
      t = am.Table("mixed", metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("whole", am.BigInteger), am.Column("real", am.Float), am.Column("exact", am.Numeric(10, 2)),
        am.Column("text", am.String), am.Column("bytes", am.LargeBinary), am.Column("day", am.Date),
        am.Column("yes", am.Boolean), am.Column("list", am.JSON))
      metadata:create_all(conn)
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function row(id)
      local kind = id % 3
      if kind == 0 then
        return { id = id, whole = am.null, real = am.null, exact = am.null, text = am.null, bytes = am.null,
          day = am.null, yes = am.null, list = am.null }
      end
      return { id = id, whole = id, real = kind == 1 and id or id + 0.5, exact = am.decimal(id .. ".25"),
        text = "text " .. id, bytes = "a\0b", day = am.date(2024, 2, 1 + id % 28), yes = kind == 1,
        list = { id, "two" } }
    end

    local function written()
      local rows = {}
      for i, found in ipairs(conn:execute(am.select(t):order_by(t.c.id)):all()) do
        local values = { found:unpack() }
        values[9] = found.list and table.concat(found.list, " ")
        for column = 1, 9 do values[column] = tostring(values[column]) end
        rows[i] = table.concat(values, "|")
      end
      return rows
    end

    it("writes what one execution per row writes", function()
      local list = {}
      for id = 1, 150 do list[id] = row(id) end
      for _, set in ipairs(list) do conn:execute(am.insert(t), set) end
      local expected = written()
      conn:execute(am.delete(t))
      conn:execute(am.insert(t), list)
      assert.equal(150, #expected)
      assert.same(expected, written())
    end)

    it("writes plain values, NULLs and empty texts among them, as one execution per row does", function()
      local function plain(id)
        local bare = id % 4 == 0
        return { id = id, whole = bare and am.null or -id, real = id % 2 == 0 and id or id / 8,
          text = bare and am.null or ("x"):rep(id % 5) }
      end
      local list = {}
      for id = 1, 150 do list[id] = plain(id) end
      for _, set in ipairs(list) do conn:execute(am.insert(t), set) end
      local expected = written()
      conn:execute(am.delete(t))
      conn:execute(am.insert(t), list)
      assert.same(expected, written())
      assert.same({ id = 3, whole = -3, real = 3 / 8, text = "xxx" }, list[3])
    end)

    it("treats a text with NUL among many as it treats a single one", function()
      local list = {}
      for id = 1, 30 do list[id] = { id = id, text = id == 25 and "a\0b" or "x" } end
      conn:commit()
      local alone = pcall(conn.execute, conn, am.insert(t), { id = 99, text = "a\0b" })
      conn:rollback()
      assert.equal(alone, (pcall(conn.execute, conn, am.insert(t), list)))
    end)

    it("refuses a list with something that is no table of parameters", function()
      raises_exc("ArgumentError", function() conn:execute(am.insert(t), { { id = 1 }, { id = 2 }, 3 }) end,
        "List argument must consist only of tables { name = value }; item 3 is a number")
    end)

    it("names the row in which a value is missing", function()
      raises_exc("StatementError", function() conn:execute(am.insert(t), { { id = 1, text = "x" }, { id = 2 } }) end,
        "A value is required for bind parameter 'text', in parameter group 1")
    end)
  end)
end)
