-- Rows read in hot loops, where LuaJIT compiles the reading (lua/alchemoon/engine/row_jit.lua): the values are those of
-- one reading.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local ROUNDS = 300 -- enough for a loop to be compiled

backends.each(function(backend)
  describe("a row that is read in a loop", function()
    local engine, conn, t
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local metadata = am.MetaData()
      t = am.Table("loops", metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("big", am.BigInteger), am.Column("real", am.Float), am.Column("text", am.String),
        am.Column("bytes", am.LargeBinary), am.Column("yes", am.Boolean), am.Column("exact", am.Numeric(10, 2)))
      metadata:create_all(conn)
      conn:execute(am.insert(t), {
        { id = 1, big = -1, real = 0.5, text = "one", bytes = "a\0b", yes = true, exact = am.decimal("1.25") },
        { id = 2, big = -9007199254740991, real = -2, text = "", bytes = "", yes = false, exact = am.decimal("-3") },
        { id = 3, big = am.null, real = am.null, text = am.null, bytes = am.null, yes = am.null, exact = am.null },
        { id = 4, big = 4294967296, real = 1e300, text = ("x"):rep(5000), bytes = ("\255"):rep(99), yes = true,
          exact = am.decimal("0.01") },
      })
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function all(stmt) return conn:execute(stmt or am.select(t):order_by(t.c.id)):all() end

    it("gives the same values by label, by position and by column, however often", function()
      local rows, labels = all(), { "id", "big", "real", "text", "bytes", "yes", "exact" }
      local first = {}
      for i, row in ipairs(rows) do first[i] = { n = 7, row:unpack() } end
      for _ = 1, ROUNDS do
        for i = 1, #rows do
          local row, expected = rows[i], first[i]
          for k = 1, 7 do
            local label = labels[k]
            local value = expected[k]
            if row[label] ~= value or row[k] ~= value or row[k - 8] ~= value or row[t.c[label]] ~= value then
              error(label .. " differs in row " .. i)
            end
          end
        end
      end
      assert.same({ -1, -9007199254740991, 4294967296 }, { rows[1].big, rows[2].big, rows[4].big })
      assert.same({ "a\0b", "", true, false }, { rows[1].bytes, rows[2].text, rows[1].yes, rows[2].yes })
    end)

    it("is told apart from whatever else the metamethod is called with", function()
      local index = getmetatable(all()[1]).__index
      for _, value in ipairs { 5, "text", {}, io.stdout, false } do
        raises_exc("ArgumentError", function() return index(value, "id") end, "expected a Row")
      end
      raises_exc("ArgumentError", function() return index(nil, "id") end, "expected a Row")
    end)

    it("keeps integers beyond 2^53 exact", function()
      local row = all(am.select(am.literal_column("9223372036854775807"):label("n")))[1]
      local found
      for _ = 1, ROUNDS do found = tostring(row.n) end
      assert.equal("9223372036854775807", (found:gsub("LL$", "")))
    end)

    it("finds methods and refuses what it does not have", function()
      local row, count = all()[1], 0
      for _ = 1, ROUNDS do
        count = count + #row:keys()
        if pcall(function() return row.nothing end) then error("found nothing") end
        if pcall(function() return row[9] end) then error("found a ninth column") end
      end
      assert.equal(7 * ROUNDS, count)
      raises_exc("NoSuchColumnError", function() return row.nothing end)
    end)

    it("does not take one column for another of the same name", function()
      local other = t:alias("other")
      local stmt = am.select(t.c.id, other.c.id):where(other.c.id:eq(t.c.id + 1)):order_by(t.c.id)
      local row = all(stmt)[1]
      local sum = 0
      for _ = 1, ROUNDS do sum = sum + row[1] * 10 + row[2] end
      assert.equal(12 * ROUNDS, sum)
    end)

    it("reads the columns that a result was narrowed to", function()
      for _ = 1, ROUNDS do
        local row = conn:execute(am.select(t):where(t.c.id:eq(1))):columns("text", "id"):all()[1]
        if row[1] ~= "one" or row.id ~= 1 or row[-1] ~= 1 then error("another column") end
      end
    end)

    it("outlives its result and the shapes of other statements", function()
      local kept = {}
      for i = 1, ROUNDS do
        kept[i] = all(am.select(t.c.text:label("c" .. i), t.c.id):where(t.c.id:eq(1)))[1]
        if i % 50 == 0 then collectgarbage() end
      end
      collectgarbage()
      for i = 1, ROUNDS do
        if kept[i]["c" .. i] ~= "one" or kept[i].id ~= 1 then error("row " .. i .. " is another one") end
      end
    end)

    it("reads rows that were made of Lua values beside those of the database", function()
      local frozen = conn:execute(am.select(t.c.id, t.c.text):order_by(t.c.id)):freeze()
      local sum = 0
      for _ = 1, ROUNDS do
        for row in frozen() do sum = sum + row.id + #(row.text or "") end
      end
      assert.equal((10 + 3 + 5000) * ROUNDS, sum)
    end)
  end)
end)
