-- Results: every way to take rows, once.
local am = require "alchemoon"
local unpack = table.unpack or unpack
local core = require "alchemoon.core"
local backends = require "support.backends"
local garbage = require "support.garbage"
local raises_exc = require("support.init").raises_exc

local null = core.null

local function list_of(result)
  local list = {}
  for value in result do list[#list + 1] = value end
  return list
end

local function texts(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = tostring(row) end
  return list
end

backends.each(function(backend)
  describe("Result", function()
    local engine, conn
    setup(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      engine:begin(function(c)
        c:exec_driver_sql("create table t (id integer primary key, x text)")
        c:exec_driver_sql("insert into t (id, x) values (1, 'a'), (2, null), (3, 'c'), (4, 'a')")
      end)
    end)
    teardown(function() engine:dispose() end)
    before_each(function() conn = engine:connect() end)
    after_each(function() conn:close() end)

    local function query(tail, columns)
      return conn:exec_driver_sql("select " .. (columns or "id, x") .. " from t " .. (tail or "order by id"))
    end

    it("gives all rows as a list, then nothing", function()
      local result = query()
      assert.same({ "(1, 'a')", "(2, None)", "(3, 'c')", "(4, 'a')" }, texts(result:all()))
      assert.same({}, result:all())
      assert.equal("nil", tostring(result:fetchone())) -- a value, not none
      assert.same({}, result:fetchmany(5))
      assert.is_false(result.closed)
    end)

    it("is an iterator", function()
      assert.same({ "(1, 'a')", "(2, None)", "(3, 'c')", "(4, 'a')" }, texts(list_of(query())))
      local seen = {}
      for i, id, x in query():each() do seen[#seen + 1] = i .. ":" .. id .. ":" .. tostring(x) end
      assert.same({ "1:1:a", "2:2:nil", "3:3:c", "4:4:a" }, seen)
    end)

    it("fetches in pieces", function()
      local result = query()
      assert.are.equal(1, result:fetchone().id)
      assert.same({ "(2, None)", "(3, 'c')" }, texts(result:fetchmany(2)))
      assert.same({ "(4, 'a')" }, texts(result:fetchall()))
      local sizes = {}
      for rows in query():partitions(3) do sizes[#sizes + 1] = #rows end
      assert.same({ 3, 1 }, sizes)
      sizes = {}
      for rows in query():yield_per(2):partitions() do sizes[#sizes + 1] = #rows end
      assert.same({ 2, 2 }, sizes)
      assert.are.equal(2, #query():yield_per(2):fetchmany())
      sizes = {}
      local given = { execution_options = { yield_per = 3 } } -- as the keyword argument of Python
      for rows in conn:execute(am.text("select 1 as x union select 2 union select 3 union select 4"), nil, given)
        :scalars():partitions() do sizes[#sizes + 1] = #rows end
      assert.same({ 3, 1 }, sizes)
    end)

    it("give one value, nil, where there is no row", function()
      for _, name in ipairs { "first", "one_or_none", "scalar", "scalar_one_or_none", "fetchone" } do
        local result = query("where id > 100")
        assert.equal(1, select("#", result[name](result)), name)
        local scalars = query("where id > 100"):scalars()
        if name:find "one" or name == "first" then
          name = name:gsub("^scalar_", "")
          assert.equal(1, select("#", scalars[name](scalars)), name)
        end
      end
      assert.equal(1, select("#", conn:scalar(am.text "select 1 where 1 = 0")))
    end)

    it("first, one, one_or_none", function()
      local result = query()
      assert.are.equal(1, result:first().id)
      assert.is_true(result.closed)
      raises_exc("ResourceClosedError", function() result:fetchone() end, "^This result object is closed%.$")
      assert.is_nil(query("where id > 100"):first())
      assert.are.equal(3, query("where id = 3"):one().id)
      raises_exc("NoResultFound", function() query("where id > 100"):one() end,
        "^No row was found when one was required$")
      raises_exc("MultipleResultsFound", function() query():one() end,
        "^Multiple rows were found when exactly one was required$")
      assert.is_nil(query("where id > 100"):one_or_none())
      assert.are.equal(1, query("where id = 1"):one_or_none().id)
      raises_exc("MultipleResultsFound", function() query():one_or_none() end,
        "^Multiple rows were found when one or none was required$")
    end)

    it("scalars carry am.null, a single scalar is nil", function()
      assert.same({ "a", null, "c", "a" }, query():scalars(2):all())
      assert.same({ "a", null, "c", "a" }, list_of(query():scalars("x")))
      assert.same({ 1, 2, 3, 4 }, query():scalars():all())
      assert.is_nil(query("where id = 2", "x"):scalar())
      assert.is_nil(query("where id = 2", "x"):scalar_one())
      assert.is_nil(query("where id = 2", "x"):scalars():one())
      assert.are.equal(1, query():scalar())
      assert.are.equal(3, query("where id = 3"):scalar_one())
      assert.is_nil(query("where id = 30"):scalar())
      assert.is_nil(query("where id = 30"):scalar_one_or_none())
      raises_exc("NoResultFound", function() query("where id = 30"):scalar_one() end)
      raises_exc("MultipleResultsFound", function() query():scalar_one() end)
      raises_exc("MultipleResultsFound", function() query():scalars():one() end)
      assert.same({ "a", null }, query():scalars(-1):fetchmany(2))
    end)

    it("gives rows as tables by name", function()
      local all = query():mappings():all()
      assert.same({ id = 1, x = "a" }, setmetatable(all[1], nil))
      assert.is_nil(all[2].x)
      assert.are.equal("c", query("where id = 3"):mappings():one().x)
      assert.are.equal(1, query():mappings():first().id)
      for m in query("where id = 4"):mappings() do assert.are.equal("a", m.x) end
    end)

    it("gives some columns only, by name or place", function()
      local result = query():columns("x", 1)
      assert.same({ "x", "id" }, { unpack = nil, result:keys()[1], result:keys()[2] })
      assert.same({ "('a', 1)", "(None, 2)" }, texts(result:fetchmany(2)))
      assert.are.equal("c", query("where id = 3"):columns(2):scalar())
      assert.same({ 1, 2, 3, 4 }, query():columns("x", "id"):scalars("id"):all())
      raises_exc("NoSuchColumnError", function() query():columns("nope") end, "'nope'")
      raises_exc("NoSuchColumnError", function() query():columns(3) end, "out of range")
      raises_exc("NoSuchColumnError", function() query():scalars(0) end, "out of range")
    end)

    it("leaves out what came before", function()
      assert.same({ "a", null, "c" }, query():scalars("x"):unique():all())
      assert.same({ "a", null, "c" }, list_of(query():unique():scalars("x")))
      assert.same({ "('a',)", "(None,)", "('c',)" }, texts(query(nil, "x"):unique():all()))
      local result = query(nil, "x"):unique()
      assert.same({ "('a',)", "(None,)" }, texts(result:fetchmany(2)))
      assert.same({ "('c',)" }, texts(result:fetchmany(2)))
      assert.are.equal(2, #query():unique(function(row) return row.id % 2 end):all())
      assert.are.equal(2, #query(nil, "x, id"):scalars("id"):unique(function(row) return row[1] % 2 end):all())
      assert.are.equal(2, #query():mappings():unique(function(row) return row.id % 2 end):all())
      assert.are.equal(0, #list_of(query():partitions(0)))
      raises_exc("ArgumentError", function() query():unique(1) end, "^unique: expected a function, got number")
      assert.are.equal("a", query("where x = 'a'", "x"):unique():one().x)
      assert.are.equal("a", query("where x = 'a'", "x"):unique():scalar_one())
    end)

    it("keys, freeze, merge", function()
      local keys = query():keys()
      assert.are.equal("id", keys[1])
      assert.is_true(keys:contains("x"))
      assert.is_false(keys:contains("y"))
      local frozen = query():freeze()
      assert.are.equal(4, #frozen():all())
      assert.same({ "a", null, "c", "a" }, frozen():scalars("x"):all())
      assert.are.equal("(1, 'a')", tostring(frozen():first()))
      assert.same({ "('c', 3)" }, texts({ frozen():columns("x", "id"):all()[3] }))
      local merged = query("where id = 1"):merge(query("where id > 2 order by id"))
      assert.same({ 1, 3, 4 }, merged:scalars():all())
    end)

    it("has keys that are labels and columns", function()
      local t = am.table("t", am.column "id", am.column "x")
      local keys = conn:execute(am.select(t.c.id)):keys()
      assert.is_true(keys:contains(t.c.id))
      assert.is_false(keys:contains(t.c.x))
      local mapping = conn:execute(am.select(t.c.id)):mappings():first()
      assert.is_true(mapping:contains "id" and mapping:contains(t.c.id))
      assert.is_false(mapping:contains "x")
      assert.same({ "id" }, { unpack(keys) })
    end)

    it("is frozen again with other rows", function()
      local frozen = query():freeze():with_new_rows { { 9, "z" } }
      assert.same({ "(9, 'z')" }, texts(frozen():all()))
    end)

    it("close drops the rows", function()
      local result = query()
      result:close()
      result:close()
      for _, name in ipairs{ "all", "first", "one", "fetchone", "fetchmany", "scalar" } do
        raises_exc("ResourceClosedError", function() result[name](result) end, "This result object is closed")
      end
      for _, view in ipairs{ "mappings", "scalars", "unique" } do -- which may be asked for, but give nothing
        raises_exc("ResourceClosedError", function() result[view](result):all() end, "This result object is closed")
      end
      assert.same({ "id", "x" }, { result:keys()[1], result:keys()[2] })
      assert.is_true(result.closed)
    end)

    it("first() leaves a result open whose rows were all taken before, and closes one that had none", function()
      for _, options in ipairs{ {}, { stream_results = true } } do
        local result = conn:execute(am.text "SELECT 1 AS n", {}, options)
        assert.equal(1, #result:all())
        for _, name in ipairs{ "first", "one_or_none", "scalar", "fetchone" } do assert.is_nil(result[name](result)) end
        assert.is_false(result.closed)
        assert.same({}, result:all())
        local empty = conn:execute(am.text "SELECT 1 AS n WHERE 1 = 2", {}, options)
        assert.is_nil(empty:first())
        raises_exc("ResourceClosedError", function() empty:all() end, "This result object is closed")
      end
    end)

    it("fetchmany() without a size gives one row of a cursor, and all of a stream", function()
      local stmt = am.text "SELECT 1 AS n UNION SELECT 2 UNION SELECT 3"
      assert.equal(1, #conn:execute(stmt):fetchmany())
      assert.equal(1, #conn:execute(stmt):partitions()())
      assert.equal(3, #conn:execute(stmt, {}, { stream_results = true }):fetchmany())
      assert.equal(3, #conn:execute(stmt, {}, { stream_results = true }):partitions()())
      assert.equal(2, #conn:execute(stmt, {}, { stream_results = true, yield_per = 2 }):fetchmany())
    end)

    it("what is iterated raises as soon as its result is closed", function()
      for _, form in ipairs{ "scalars", "mappings", "tuples" } do
        for _, options in ipairs{ {}, { stream_results = true } } do
          local result = conn:execute(am.text("select id, x from t order by id"), nil, { execution_options = options })
          local view = result[form](result)
          assert.is_truthy(view())
          result:close()
          raises_exc("ResourceClosedError", function() return view() end, "This result object is closed")
          raises_exc("ResourceClosedError", function() return view:fetchone() end, "This result object is closed")
        end
      end
      local frozen = query():freeze()()
      local values = frozen:scalars()
      assert.are.equal(1, values())
      frozen:close()
      raises_exc("ResourceClosedError", function() return values() end, "This result object is closed")
    end)

    it("a label of two columns leads to neither, and to the one that was selected", function()
      local t = am.table("t", am.column("id"), am.column("x"))
      local stmt = am.select(t.c.id:label("a"), t.c.x:label("a"), t.c.id:label("b")):order_by(t.c.id)
      for _, options in ipairs{ {}, { stream_results = true } } do
        local mapping = conn:execute(stmt, nil, { execution_options = options }):mappings():first()
        assert.are.equal(1, mapping.b)
        assert.same({ "a", "a", "b" }, { (unpack or table.unpack)(mapping:keys()) })
        raises_exc("InvalidRequestError", function() return mapping.a end, "Ambiguous column name 'a'")
      end
      assert.are.equal("a", conn:execute(stmt):columns(2):mappings():first().a)
    end)

    it("a column answers to its key and to its name with the table's, where no label is so called", function()
      local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
        am.Column("x", am.Text, { key = "note" }))
      local result = conn:execute(am.select(t):where(t.c.id:eq(1)))
      assert.is_true(result:keys():contains("note"))
      local row = result:one()
      assert.are.equal("a", row.note)
      assert.are.equal("a", row.t_x)
      assert.are.equal("a", row._mapping.note)
      row = conn:execute(am.select(t.c.id:label("note"), t.c.note):where(t.c.id:eq(1))):one()
      assert.are.equal(1, row.note)
      local qualified = am.select(t):where(t.c.id:eq(1)):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL)
      row = conn:execute(qualified):one()
      assert.are.equal("a", row.t_note)
      assert.has_error(function() return row.note end)
    end)

    it("is closed after the function that was given for it", function()
      local stmt, kept = am.text("select id from t order by id"), {}
      local function first(result)
        kept[#kept + 1] = result
        return result:fetchone()
      end
      assert.are.equal(1, conn:execute(stmt, first).id)
      assert.are.equal(1, conn:execute(stmt, {}, first).id)
      assert.are.equal(1, conn:execute(stmt, nil, { stream_results = true }, first).id)
      assert.are.equal(1, conn:scalars(stmt, first))
      assert.are.equal(1, conn:stream(stmt, first).id)
      assert.are.equal(1, conn:exec_driver_sql("select id from t order by id", first).id)
      am.Session(conn, function(session)
        assert.are.equal(1, session:execute(stmt, first).id)
        assert.are.equal(1, session:scalars(stmt, {}, first))
      end)
      for _, result in ipairs(kept) do
        assert.has_error(function() return result:fetchone() end)
      end
      assert.are.equal(8, #kept)
    end)

    it("statements without rows say so", function()
      local result = conn:exec_driver_sql("update t set x = x where id < 3")
      assert.is_false(result.returns_rows)
      assert.are.equal(2, result.rowcount)
      for _, name in ipairs{ "all", "first", "one", "fetchone", "scalar", "scalars", "each", "freeze", "keys" } do
        raises_exc("ResourceClosedError", function() result[name](result) end,
          "^This result object does not return rows%. It has been closed automatically%.$")
      end
      raises_exc("ResourceClosedError", function() for _ in result do end end) -- luacheck: ignore
      raises_exc("ResourceClosedError", function() result:mappings():one() end, "does not return rows")
      result:close()
    end)

    it("rowcount, lastrowid, returns_rows, context", function()
      local result = query()
      assert.is_true(result.returns_rows)
      assert.is_false(result.is_insert)
      assert.are.equal(conn, result.context.connection)
      assert.matches("^select", result.context.statement)
      if backend.dialect == "sqlite" then
        assert.are.equal(10, conn:exec_driver_sql("insert into t (id) values (10)").lastrowid)
      end
      assert.are.equal(3, conn:exec_driver_sql("insert into t (id) values (20), (21), (22)").rowcount)
      raises_exc("InvalidRequestError", function() return result.inserted_primary_key end, "not a compiled expression")
    end)

    it("streams rows while other statements run", function()
      conn:execution_options{ stream_results = true }
      local result = query()
      assert.are.equal(1, result:fetchone().id)
      assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar()) -- another statement in between
      assert.same({ 2, 3, 4 }, result:scalars():all())
      result = conn:exec_driver_sql("select id from t order by id", nil, { yield_per = 2 })
      local sizes = {}
      for rows in result:partitions() do sizes[#sizes + 1] = #rows end
      assert.same({ 2, 2 }, sizes)
      result = query()
      result:close()
      raises_exc("ResourceClosedError", function() result:all() end)
      assert.are.equal(2, #conn:exec_driver_sql("select id from t order by id"):fetchmany(2))
      assert.is_nil(conn:exec_driver_sql("select id from t where id < 0"):first())
      raises_exc("MultipleResultsFound", function() query():one() end)
    end)

    it("streams many rows in constant memory", function()
      local sql = backend.dialect == "sqlite"
        and "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) select i from n"
        or "select generate_series(1, 50000) as i"
      conn:stream_results()
      collectgarbage()
      local before, most, sum = collectgarbage("count"), 0, 0
      for row in conn:exec_driver_sql(sql) do
        sum = sum + row.i
        if row.i % 10000 == 0 then
          collectgarbage()
          most = math.max(most, collectgarbage("count"))
        end
      end
      assert.are.equal(50000 * 50001 / 2, sum)
      assert.is_true(most - before < 400, "grew by " .. (most - before) .. " kB")
    end)

    it("an error while streaming is a complete error", function()
      if backend.dialect ~= "postgresql" then return end
      conn:stream_results()
      local result = conn:exec_driver_sql("select 1 / (5000 - i) as q from generate_series(1, 10000) as i")
      local e = raises_exc("DataError", function() result:all() end, "division by zero")
      assert.matches("generate_series", e.statement)
      conn:rollback()
      assert.are.equal(1, conn:exec_driver_sql("select 1"):scalar())
    end)

    describe("of many rows", function()
      local COUNT = 20000
      local function many(of_last)
        return conn:execute(am.text(("with recursive n (i) as (select 1 union all select i + 1 from n where i < %d) "
          .. "select i, %s as x from n"):format(COUNT, of_last and ("case when i = %d then %s else 'x' end")
            :format(COUNT - 1, of_last) or "'text ' || i")))
      end
      local function is_running() return collectgarbage("isrunning") end

      it("they come whole and in order, however they are taken", function()
        local result = many()
        local rows = { result:fetchone() }
        for _, n in ipairs { 1, 1000, 1001, 2500 } do
          for _, row in ipairs(result:fetchmany(n)) do rows[#rows + 1] = row end
        end
        for _, row in ipairs(result:all()) do rows[#rows + 1] = row end
        assert.equal(COUNT, #rows)
        for i = 1, COUNT do
          if rows[i].i ~= i or rows[i].x ~= "text " .. i then error("row " .. i .. " is another one") end
        end
      end)

      it("Lua's collector runs afterwards if it ran before, and not if the program has stopped it", function()
        assert.equal(COUNT, #many():all())
        assert.is_true(is_running())
        garbage.stop()
        local count, running = #many():all(), is_running()
        collectgarbage("restart")
        assert.same({ COUNT, false }, { count, running })
      end)

      it("Lua's collector runs after an error among the rows", function()
        local fails = backend.dialect == "sqlite" and "abs(-9223372036854775807 - 1)" or "(1 / (i - i))::text"
        assert.is_false(pcall(function() return many(fails):all() end))
        assert.is_true(is_running())
      end)
    end)

    it("a result outlives its connection when it is buffered", function()
      local result = query()
      conn:close()
      assert.are.equal(4, #result:all())
    end)

    it("a streaming result does not", function()
      if backend.name == "sqlite-memory" then return end -- its driver connection stays open
      conn:stream_results()
      local result = query()
      conn:close()
      assert.is_false(pcall(result.all, result))
    end)
  end)
end)

describe("Result over Lua values", function()
  it("takes lists and asks for more", function()
    local from_list = require("alchemoon.engine.result").from_list
    local shape = core.shape{ names = { "a", "b" } }
    local batches = { { { 3, "z" } }, {}, { { 4, null } } }
    local result = from_list(shape, { { 1, "x" }, { 2, null } }, function() return table.remove(batches, 1) end)
    assert.same({ "x", null, "z", null }, result:scalars("b"):all())
    result = from_list(shape, { { 1, "x" }, { 2, null } })
    assert.are.equal("(1, 'x')", tostring(result:fetchone()))
    assert.are.equal("(2, None)", tostring(result:one()))
  end)
end)
