-- On SQLite one run of an INSERT may take many rows of an executemany; nobody may notice.
local am = require "alchemoon"

local function setup(...)
  local engine = am.create_engine("sqlite://")
  local metadata = am.MetaData()
  local t = am.Table("t", metadata, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("x", am.Integer, { unique = true }), am.Column("note", am.String), ...)
  metadata:create_all(engine)
  return engine:connect(), t
end

local function rows(first, last)
  local list = {}
  for i = first, last do list[#list + 1] = { x = i, note = "n" .. i } end
  return list
end

describe("an executemany of many rows on SQLite", function()
  it("writes every row in order and counts them", function()
    local conn, t = setup()
    local result = conn:execute(am.insert(t), rows(1, 1234))
    assert.equal(1234, result.rowcount)
    local found = conn:execute(am.select(t.c.id, t.c.x, t.c.note):order_by(t.c.id)):all()
    assert.equal(1234, #found)
    for i, row in ipairs(found) do assert.same({ i, i, "n" .. i }, { row:unpack() }) end
    conn:close()
  end)

  it("writes every row behind a CTE", function()
    local conn, t = setup()
    local cte = am.select(am.literal(5)):cte "five"
    conn:execute(am.insert(t):add_cte(cte), rows(1, 50))
    assert.equal("n50", conn:scalar(am.select(t.c.note):where(t.c.x:eq(50))))
    assert.equal(50, conn:scalar(am.select(am.func.count()):select_from(t)))
    conn:close()
  end)

  it("keeps the rows before one that violates a constraint, and none behind it", function()
    local conn, t = setup()
    local list = rows(1, 500)
    list[350].x = 17
    local ok, e = pcall(conn.execute, conn, am.insert(t), list)
    assert.is_false(ok)
    assert.is_true(am.exc.is(e, am.exc.IntegrityError))
    assert.matches("UNIQUE constraint failed: t.x", tostring(e), 1, true)
    assert.equal(349, conn:scalar(am.select(am.func.count()):select_from(t)))
    assert.equal(349, conn:scalar(am.select(am.func.max(t.c.x))))
    conn:close()
  end)

  it("does not repeat rows that ON CONFLICT FAIL has kept", function()
    local conn, t = setup()
    local list = rows(1, 300)
    list[250].x = 3
    assert.is_false(pcall(conn.execute, conn, am.insert(t):prefix_with("OR FAIL"), list))
    assert.equal(249, conn:scalar(am.select(am.func.count()):select_from(t)))
    conn:close()
  end)

  it("leaves nothing where ON CONFLICT ROLLBACK took the transaction back", function()
    local conn, t = setup()
    conn:commit()
    local list = rows(1, 300)
    list[250].x = 3
    assert.is_false(pcall(conn.execute, conn, am.insert(t):prefix_with("OR ROLLBACK"), list))
    conn:rollback()
    assert.equal(0, conn:scalar(am.select(am.func.count()):select_from(t)))
    conn:close()
  end)

  it("ignores and replaces row by row", function()
    local conn, t = setup()
    local list = rows(1, 300)
    for i = 101, 200 do list[i].x = i - 100 end
    local result = conn:execute(am.insert(t):prefix_with("OR IGNORE"), list)
    assert.equal(200, result.rowcount)
    assert.equal(200, conn:scalar(am.select(am.func.count()):select_from(t)))
    conn:close()
  end)

  it("binds what the rows held, also if binding a later value changes the earlier rows and collects their strings",
    function()
      local list
      local meddling = setmetatable({}, { __tostring = function()
        for i = 1, 200 do list[i].note = nil end
        collectgarbage()
        collectgarbage()
        return "meddled"
      end })
      local conn, t = setup()
      list = rows(1, 300)
      for _, row in ipairs(list) do row.note = row.note .. ("!"):rep(50) end
      list[300].note = meddling
      conn:execute(am.insert(t), list)
      local notes = conn:scalars(am.select(t.c.note):order_by(t.c.id)):all()
      assert.equal("n1" .. ("!"):rep(50), notes[1])
      assert.equal("n299" .. ("!"):rep(50), notes[299])
      assert.equal("meddled", notes[300])
      conn:close()
    end)

  it("writes NULL, numbers, bytes and empty texts beside each other", function()
    local conn, t = setup(am.Column("real", am.Float), am.Column("bytes", am.LargeBinary))
    local list = {}
    for i = 1, 250 do
      list[i] = { x = i, note = i % 2 == 0 and am.null or "", real = i / 2, bytes = ("\0"):rep(i % 3) }
    end
    conn:execute(am.insert(t), list)
    local found = conn:execute(am.select(t.c.note, t.c.real, t.c.bytes):order_by(t.c.id)):all()
    assert.same({ "", 0.5, "\0" }, { found[1]:unpack() })
    assert.same({ nil, 1, "\0\0" }, { found[2]:unpack() })
    assert.same({ "", 1.5, "" }, { found[3]:unpack() })
    conn:close()
  end)

  it("shows listeners the text of one row and all parameters, once", function()
    local conn, t = setup()
    local seen = {}
    am.event.listen(conn.engine, "before_cursor_execute", function(_, _, sql, params, _, many)
      seen[#seen + 1] = { sql, #params, many }
    end)
    conn:execute(am.insert(t), rows(1, 250))
    assert.same({ { "INSERT INTO t (x, note) VALUES (?, ?)", 250, true } }, seen)
    conn:close()
  end)
end)

describe("an INSERT of many rows with RETURNING", function()
  it("sends as many rows at once as the engine or the execution says", function()
    local engine = am.create_engine("sqlite://", { insertmanyvalues_page_size = 4 })
    local metadata = am.MetaData()
    local t = am.Table("t", metadata, am.Column("id", am.Integer, { primary_key = true }), am.Column("x", am.Integer))
    metadata:create_all(engine)
    local list = {}
    for i = 1, 10 do list[i] = { x = i } end
    local function statements(options)
      local count = 0
      local function counted() count = count + 1 end
      am.event.listen(engine, "before_cursor_execute", counted)
      engine:begin(function(conn)
        assert.equal(10, #conn:execute(am.insert(t):returning(t.c.id), list, options):all())
      end)
      am.event.remove(engine, "before_cursor_execute", counted)
      return count
    end
    assert.equal(3, statements())
    assert.equal(5, statements { insertmanyvalues_page_size = 2 })
    engine:dispose()
  end)
end)
