-- Execution options and counts of rows with values that they cannot take: refused by name, wherever they are given.
-- yield_per = 1.5 made a loop without end.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("an execution option with a value that it cannot take", function()
  local engine, conn
  before_each(function()
    engine = am.create_engine("sqlite://")
    conn = engine:connect()
  end)
  after_each(function()
    conn:close()
    engine:dispose()
  end)

  local WRONG = {
    { { yield_per = 1.5 }, "'yield_per' must be an integer from 0 to 2147483647, got 1.5$" },
    { { yield_per = 2 ^ 63 }, "'yield_per' must be an integer from 0" },
    { { yield_per = "10" }, "'yield_per' must be an integer from 0 to 2147483647, got '10'$" },
    { { max_row_buffer = 0 }, "'max_row_buffer' must be an integer" },
    { { insertmanyvalues_page_size = -1 }, "'insertmanyvalues_page_size' must be an integer" },
    { { statement_timeout = 0 / 0 }, "'statement_timeout' must be a number of seconds above 0, got " },
    { { statement_timeout = -1 }, "'statement_timeout' must be a number of seconds above 0, got %-1$" },
    { { timeout = "1" }, "'timeout' must be a number of seconds above 0, got '1'$" },
    { { stream_results = "yes" }, "'stream_results' must be true or false, got 'yes'$" },
    { { schema_translate_map = "x" }, "'schema_translate_map' must be a table or am.null, got 'x'$" },
    { 5, "expected a table, got number$" }, { "stream_results", "expected a table, got string$" },
  }

  it("is not looked for where there are none", function()
    assert.equal(conn, conn:execution_options())
    assert.equal(conn, conn:execution_options{})
  end)

  it("is unset with am.null by a connection and an engine", function()
    conn:execution_options{ yield_per = 2, stream_results = true, max_row_buffer = 3 }
    conn:execution_options{ yield_per = am.null, stream_results = am.null }
    assert.same({ max_row_buffer = 3 }, conn:get_execution_options())
    local branch = engine:execution_options{ yield_per = 2 }
    assert.same({}, branch:execution_options{ yield_per = am.null }:get_execution_options())
    raises_exc("ArgumentError", function() conn:execute(am.select(1), nil, { yield_per = am.null }) end, "'yield_per'")
  end)

  it("is followed by a function that the connection is closed behind", function()
    local other = engine:connect()
    assert.equal(2, other:execution_options({ yield_per = 2 }, function(c)
      assert.equal(other, c)
      return c:get_execution_options().yield_per
    end))
    assert.is_true(other.closed)
    other = engine:connect()
    assert.is_false(pcall(other.execution_options, other, {}, function() error("no") end))
    assert.is_true(other.closed)
  end)

  it("is refused by engine, connection, statement, query, and with each execution", function()
    local stmt, session = am.select(am.literal(1)), am.Session(engine)
    for _, case in ipairs(WRONG) do
      local opts, reason = case[1], case[2]
      for _, call in ipairs{
        function() engine:execution_options(opts) end, function() conn:execution_options(opts) end,
        function() stmt:execution_options(opts) end, function() conn:execute(stmt, nil, opts) end,
        function() session:execute(stmt, nil, opts) end,
        function() session:query(am.literal(1)):execution_options(opts) end,
        function() conn:execute(stmt, nil, { execution_options = opts }) end,
        function() session:execute(stmt, nil, { execution_options = opts }) end,
      } do raises_exc("ArgumentError", call, reason) end
    end
    raises_exc("ArgumentError", function() session:query(am.literal(1)):yield_per(-1) end, "'yield_per'")
    raises_exc("ArgumentError", function() conn:execution_options{ compiled_cache = 5 } end, "a table or am.null")
    session:close()
    assert.equal(1, conn:scalar(stmt)) -- the connection is as it was
  end)

  it("is refused by the methods of a result that count rows", function()
    local function result() return conn:exec_driver_sql("select 1 union all select 2") end
    for _, wrong in ipairs{ 1.5, "2", true, 0 / 0, 2 ^ 40, {} } do
      raises_exc("ArgumentError", function() result():fetchmany(wrong) end, "^fetchmany: the number of rows must be ")
      raises_exc("ArgumentError", function() result():partitions(wrong) end, "^partitions: the number of rows must be ")
      raises_exc("ArgumentError", function() result():yield_per(wrong) end, "^yield_per: the number of rows must be ")
    end
    assert.equal(0, #result():fetchmany(0))
    assert.equal(1, #result():fetchmany(-1)) -- as without a number
    for _ in result():partitions(0) do error("a partition of no rows") end
  end)

  it("of no rows at all is none: a yield_per of 0 takes one back", function()
    local stmt, session = am.text("select 1 as x union all select 2"), am.Session(engine)
    local portions = conn:execution_options{ yield_per = 1 }
    assert.equal(1, #portions:execute(stmt):fetchmany())
    for _, opts in ipairs{ { yield_per = 0 }, { yield_per = 0, stream_results = true } } do
      local result = portions:execute(stmt, nil, opts)
      assert.equal(1, #result:fetchmany(1))
      assert.equal(1, #result:all())
      assert.equal(2, #session:execute(stmt, nil, opts):all())
    end
    local sizes = {}
    for rows in portions:execute(stmt):yield_per(0):partitions(2) do sizes[#sizes + 1] = #rows end
    assert.same({ 2 }, sizes)
    assert.equal(2, #session:query(am.literal(1)):union_all(session:query(am.literal(2))):yield_per(0):all())
    session:close()
  end)
end)
