-- Enumerations of PostgreSQL as parameters: their type has no number that the library knows, alone and in arrays.
local am = require "alchemoon"
local backends = require "support.backends"

local function tables()
  local md = am.MetaData()
  local color = am.Enum("red", "green", "dark blue", 'q"uo,te', { name = "Color E" })
  return md, color, am.Table("enum_arrays", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("c", color), am.Column("cs", am.ARRAY(color)), am.Column("grid", am.ARRAY(color, { dimensions = 2 })))
end

-- So many rows that they travel as arrays.
local function many(first, count)
  local rows = {}
  for i = 1, count do
    rows[i] = { id = first + i, c = i % 2 == 0 and "red" or "green", cs = { "green", 'q"uo,te' } }
  end
  return rows
end

backends.each(function(backend)
  if backend.name ~= "postgresql" then return end
  local md, color, t, engine
  before_each(function()
    engine = am.create_engine(backend.url)
    md, color, t = tables()
    md:drop_all(engine)
    md:create_all(engine)
  end)
  after_each(function()
    md:drop_all(engine)
    engine:dispose()
  end)

  it("are written and read, one and many at a time", function()
    engine:begin(function(conn)
      conn:execute(am.insert(t):values { id = 1, c = "dark blue", cs = { "red", 'q"uo,te' },
        grid = { { "red", "green" }, { "green", "red" } } })
      conn:execute(am.insert(t):values { id = 2, c = am.null, cs = {} })
      conn:execute(am.insert(t), many(10, 25))
      assert.equal(25, #conn:execute(am.insert(t):returning(t.c.id, t.c.cs), many(100, 25)):all())
      local row = conn:execute(am.select(t):where(t.c.id:eq(1))):one()
      assert.same({ "dark blue", { "red", 'q"uo,te' }, { { "red", "green" }, { "green", "red" } } },
        { row.c, row.cs, row.grid })
      row = conn:execute(am.select(t):where(t.c.id:eq(2))):one()
      assert.same({ {} }, { row.cs })
      assert.is_nil(row.c)
      assert.same({ "green", 'q"uo,te' }, conn:scalar(am.select(t.c.cs):where(t.c.id:eq(101))))
    end)
  end)

  it("are compared alone, in lists and in arrays", function()
    engine:begin(function(conn)
      conn:execute(am.insert(t), many(0, 24))
      local function count(...) return conn:scalar(am.select(am.func.count()):select_from(t):where(...)) end
      assert.equal(12, count(t.c.c:eq "red"))
      assert.equal(24, count(t.c.c:in_ { "red", "green" }))
      assert.equal(12, count(t.c.c:not_in { "red" }))
      assert.equal(24, count(t.c.cs:any "green"))
      assert.equal(12, count(t.c.c:eq(am.any_(t.c.cs))))
      assert.equal(12, count(t.c.c:eq(am.any_(am.literal({ "red" }, am.ARRAY(color))))))
      assert.equal(24, count(t.c.cs:contains { "green" }, t.c.cs:overlap { "red", "green" }))
      assert.equal(24, count(t.c.cs:eq { "green", 'q"uo,te' }))
      assert.equal(1, count(am.tuple_(t.c.id, t.c.c):in_ { { 1, "green" }, { 2, "green" } }))
    end)
  end)

  it("are changed, many at a time too", function()
    engine:begin(function(conn)
      conn:execute(am.insert(t), many(0, 24))
      local changes = {}
      for i = 1, 24 do changes[i] = { key = i, c = "dark blue", cs = { "red" } } end
      conn:execute(am.update(t):where(t.c.id:eq(am.bindparam "key")), changes)
      conn:execute(am.update(t):where(t.c.id:eq(1)):values { cs = am.func.array_append(t.c.cs, "green") })
      assert.same({ "red", "green" }, conn:scalar(am.select(t.c.cs):where(t.c.id:eq(1))))
      assert.equal(24, conn:scalar(am.select(am.func.count()):select_from(t):where(t.c.c:eq "dark blue")))
    end)
  end)

  it("of a type that was dropped and made again are found anew", function()
    local one = am.create_engine(backend.url, { pool_size = 1, max_overflow = 0 })
    local query = am.select(t.c.c):where(t.c.c:in_ { "red" }, t.c.cs:any "green")
    for _, maker in ipairs { one, engine, engine } do -- by the connection that asks, and by others
      md:drop_all(maker)
      md:create_all(maker)
      one:begin(function(conn)
        conn:execute(am.insert(t):values { id = 1, c = "red", cs = { "green" } })
        assert.same({ "red" }, conn:execute(query):scalars():all())
      end)
      one:begin(function(conn) assert.same({ "red" }, conn:execute(query):scalars():all()) end)
    end
    one:dispose()
  end)
end)
