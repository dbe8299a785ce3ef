-- Engines, connections and results while memory runs out.
local am = require "alchemoon"
local core = require "alchemoon.core"
local faults = require "support.faults"

-- LuaJIT itself crashes now and then when an allocation of its own fails (in lj_state.c, without a frame of ours
-- on the stack), so there only the core's allocations fail.
local ONLY = jit and "core" or nil

-- Every allocation of every main path fails once: a clear error, nothing lost, the pool sound.
describe("failing allocations", function()
  it("URLs fail whole", function()
    faults.every_fault(function()
      local url = am.make_url("postgresql://u:p@h:1/d?a=b&a=c")
      assert(url:set{ host = "x" }:render_as_string() == "postgresql://u:***@x:1/d?a=b&a=c")
    end)
  end)

  it("engine, connection, statements, results", function()
    faults.every_fault(function()
      local engine = am.create_engine("sqlite://")
      local ok, e = pcall(engine.begin, engine, function(conn)
        conn:exec_driver_sql("create table t (id integer primary key, x text)")
        conn:exec_driver_sql("insert into t values (?, ?)", { { 1, "a" }, { 2, core.null } })
        local nested = conn:begin_nested()
        conn:exec_driver_sql("insert into t values (3, 'c')")
        nested:rollback()
        local rows = conn:exec_driver_sql("select id, x from t order by id"):all()
        assert(#rows == 2 and rows[1].x == "a" and tostring(rows[2]) == "(2, None)")
        assert(conn:exec_driver_sql("select x from t"):scalars():all()[2] == core.null)
        assert(conn:exec_driver_sql("select id from t", nil, { stream_results = true }):columns("id"):first()[1] == 1)
      end)
      if not ok then -- what failed half-way comes back through the collector
        collectgarbage()
        collectgarbage()
      end
      assert(engine.pool:checkedout() == 0)
      engine:dispose()
      if not ok then error(e, 0) end
    end, { dense = 60, only = ONLY })
  end)

  it("a statement whose compiled form is an equal one's sends its own values or fails", function()
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("x", am.Integer))
    local engine = am.create_engine("sqlite://")
    t:create(engine)
    local conn = engine:connect()
    conn:execute(am.insert(t):values { id = 1, x = 0 })
    local n, sent = 0, nil
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, params) sent = params[1] end)
    faults.every_fault(function()
      n, sent = n + 1, nil
      local ok, e = pcall(conn.execute, conn, am.update(t):values { x = n }:where(t.c.id:eq(1)))
      assert(sent == nil or sent == n, "sent " .. tostring(sent))
      if not ok then error(e, 0) end
      local kept = conn:exec_driver_sql("select x from t"):scalar()
      assert(kept == n, ("%s was written for %d"):format(tostring(kept), n))
    end, { dense = 400, only = "core", leaky = true })
    conn:close()
    engine:dispose()
  end)

  it("tables are created, streamed, reflected and dropped", function()
    local path = os.tmpname()
    local metadata = am.MetaData()
    local a = am.Table("a", metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("x", am.String(20), { index = true }))
    am.Table("b", metadata, am.Column("a_id", am.ForeignKey "a.id"), am.Column("y", am.Numeric(10, 2)))
    faults.every_fault(function()
      local engine = am.create_engine("sqlite:///" .. path, { poolclass = am.NullPool })
      local ok, e = pcall(function()
        metadata:drop_all(engine)
        metadata:create_all(engine)
        engine:begin(function(conn)
          conn:execute(am.insert(a), { { x = "1" }, { x = "2" }, { x = "3" } })
          local seen = 0
          for _ in conn:execute(am.select(a), nil, { yield_per = 2 }) do seen = seen + 1 end
          assert(seen == 3)
        end)
        local back = am.MetaData()
        back:reflect(engine)
        assert(#back.sorted_tables == 2)
      end)
      if not ok then
        collectgarbage()
        collectgarbage()
      end
      assert(engine.pool:checkedout() == 0)
      engine:dispose()
      if not ok then error(e, 0) end
    end, { dense = 30, only = ONLY })
    os.remove(path)
  end)

  it("a statement of many parts is built and compiled", function()
    local metadata, columns = am.MetaData(), {}
    for i = 1, 120 do columns[i] = am.Column("c" .. i, am.Integer) end
    local wide = am.Table("wide", metadata, (unpack or table.unpack)(columns))
    faults.every_fault(function()
      local stmt = am.select(wide)
      for i = 1, 40 do stmt = stmt:where(am.or_(wide.c["c" .. i]:eq(i), wide.c["c" .. i]:in_{ 1, 2, 3 })) end
      local text = stmt:cte("w"):select():compile{ dialect = "postgresql", render_postcompile = true }.sql
      assert(#text > 1000)
    end, { dense = 20, only = ONLY })
  end)

  it("a pool of a file", function()
    local path = os.tmpname()
    faults.every_fault(function()
      local engine = am.create_engine("sqlite:///" .. path, { pool_size = 1, max_overflow = 0, pool_timeout = 0 })
      local ok, e = pcall(function()
        for _ = 1, 2 do engine:connect(function(conn) conn:exec_driver_sql("select 1"):scalar() end) end
        local conn = engine:connect()
        assert(am.exc.is(select(2, pcall(engine.connect, engine)), am.exc.TimeoutError))
        conn:invalidate()
        conn:close()
      end)
      if not ok then
        collectgarbage()
        collectgarbage()
      end
      engine:dispose()
      if not ok then error(e, 0) end
    end, { dense = 60, only = ONLY, accept = function(e)
      return tostring(e):find("memory") ~= nil or tostring(e):find("assertion failed", 1, true) ~= nil
    end })
    os.remove(path)
  end)
end)
