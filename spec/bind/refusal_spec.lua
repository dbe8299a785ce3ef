-- What C refuses, in its own words: class, thing, reason, and where there is one the remedy.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
  am.Column("x", am.String(5)))

-- Each case: class, pattern, function.
local function refuses(title, cases)
  it(title, function()
    for _, case in ipairs(cases) do raises_exc(case[1], case[3], case[2]) end
  end)
end

describe("refused by C:", function()
  refuses("dates that cannot be made, compared or written", {
    { "ArgumentError", "^am.datetime.combine: expected an am.date and an am.time, got number and number$",
      function() return am.datetime.combine(1, 2) end },
    { "ArgumentError", "^isoformat: the separator must be one character, got 'ab'$",
      function() return am.datetime(2020, 1, 1):isoformat "ab" end },
    { "ArgumentError", "^unknown timespec 'x'; use auto, hours, minutes, seconds, milliseconds or microseconds$",
      function() return am.datetime(2020, 1, 1):isoformat("T", "x") end },
    { "ArgumentError", "^cannot subtract a datetime without tzoffset and one with it; give both an offset",
      function() return am.datetime(2020, 1, 1):replace{ tzoffset = 0 } - am.datetime(2020, 1, 1) end },
    { "ArgumentError", "^am.date values are immutable; make a new one, with :replace{...} where it exists$",
      function() am.date(2020, 1, 1).year = 5 end },
  })

  refuses("timedeltas out of range", {
    { "ArgumentError", "^am.timedelta.parse: expected a string, got number$",
      function() return am.timedelta.parse(5) end },
    { "ArgumentError", "^timedelta division by zero; test the divisor before dividing$",
      function() return am.timedelta{ days = 1 } / 0 end },
    { "ArgumentError", "^a timedelta cannot be multiplied or divided by %-?nan; use a finite number$",
      function() return am.timedelta{ days = 1 } * (0 / 0) end },
    { "ArgumentError", "^the timedelta exceeds 999999999 days; use a number of days instead$",
      function() return am.timedelta{ days = 1e12 } end },
  })

  refuses("decimals without a result", {
    { "ArgumentError", "^am.decimal: expected a string, an integer or a decimal, got table$",
      function() return am.decimal {} end },
    { "ArgumentError", "^'abc' is not a decimal: expected a form like '%-12.50' or '1.5E%+3'$",
      function() return am.decimal "abc" end },
    { "ArgumentError", "^cannot round to 10%^%-1000000000000000; use fewer digits$",
      function() return am.decimal("1.5"):round(1e15) end },
    { "ArgumentError", "^NaN cannot be ordered; test decimals with :is_nan%(%) before comparing$",
      function() return am.decimal "nan" < am.decimal "1" end },
    { "ArgumentError", "^decimal division by zero; test the divisor with :is_zero%(%) first$",
      function() return am.decimal "1" / am.decimal "0" end },
    { "ArgumentError", "^decimal overflow: the result's exponent is beyond 999999; scale the operands$",
      function() return am.decimal "1e999999" * am.decimal "1e999999" end },
    { "ArgumentError", "^decimal overflow: the power's exponent is beyond 999999; use smaller operands$",
      function() return am.decimal "10" ^ am.decimal "99999999999" end },
  })

  refuses("statements that no database can have", {
    { "ArgumentError", "^unknown paramstyle 'x'; known are named, qmark, numeric, format, pyformat$",
      function() return am.select(t):compile{ paramstyle = "x" } end },
    { "ArgumentError", "^the expression is nested more than %d+ levels deep; build wide lists with and_%(%)",
      function()
        local deep = t.c.id:eq(1)
        for _ = 1, 5000 do deep = am.not_(am.func.f(deep)) end
      end },
    { "CompileError", "^Most backends don't support SELECTing from a tuple%(%) object",
      function() return am.select(am.tuple_(t.c.id, t.c.x)):compile{ dialect = "default" } end },
    { "CompileError", "^All selectables passed to CompoundSelect must have identical numbers of columns; "
      .. "select #1 has 1 columns, select #2 has 2$",
      function() return am.union(am.select(t.c.id), am.select(t.c.id, t.c.x)):compile() end },
    { "CompileError", "'virtual' persistence; set the 'persisted' flag to None or True for PostgreSQL support",
      function()
        local computed = am.Column("a", am.Integer, am.Computed("1", { persisted = false }))
        return am.CreateTable(am.Table("q", am.MetaData(), computed)):compile{ dialect = "postgresql" }
      end },
    { "CompileError", "^Invalid MySQL match flags: in_boolean_mode=True, in_natural_language_mode=True",
      function()
        local flags = { against = "a", in_natural_language_mode = true, in_boolean_mode = true }
        return am.mysql.match(t.c.x, flags):compile{ dialect = "mysql" }
      end },
  })

  local function open(opts, query)
    return function() am.create_engine("sqlite:///:memory:" .. (query or ""), { connect_args = opts }):connect() end
  end
  refuses("options of a connection with values that they cannot have", {
    { "ArgumentError", "^option 'timeout': 'soon' is not a number from 0$", open{ timeout = "soon" } },
    { "ArgumentError", "^option 'timeout': 'soon' is not a number from 0$", open(nil, "?timeout=soon") },
    { "ArgumentError", "^option 'cached_statements': '%-1' is not a number from 0$", open{ cached_statements = -1 } },
    { "ArgumentError", "^connection option 'mode': a function is not a value$", open{ mode = print } },
    { "ArgumentError", "^'x y' is not a pragma's name$", open(nil, "?pragma.x y=1") },
    { "ArgumentError", "^unknown SQLite option 'bad key'", open(nil, "?bad key=1") },
  })

  describe("while a statement runs,", function()
    local engine, conn
    before_each(function()
      engine = am.create_engine "sqlite://"
      conn = engine:connect()
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function literal(value, type)
      return function() conn:execute(am.select(am.literal(value, type))) end
    end
    refuses("values of another kind than their type", {
      { "StatementError", "Not a UUID: 'zz' for type Uuid", literal("zz", am.Uuid) },
      { "StatementError", "Not a boolean value: 'zz'", literal("zz", am.Boolean) },
      { "StatementError", "'zz' is not a date: expected YYYY%-MM%-DD in the years 0001 to 9999; pass an am.date",
        literal("zz", am.Date) },
      { "StatementError", "SQLite cannot keep this number exactly %(more than 15 digits%)",
        literal(am.decimal "12345678901234567890.5", am.Numeric(30, 5)) },
      { "StatementError", "bytes are given as a string: '5' for type LargeBinary", literal(5, am.LargeBinary) },
    })
    refuses("parameters that no driver takes, and rows that are written to", {
      { "ProgrammingError", "a parameter of type function cannot be bound",
        function() conn:exec_driver_sql("select ?", { print }) end },
      { "ArgumentError", "^parameter row 2 is a number$",
        function() conn:exec_driver_sql("insert into x values (?)", { { 1 }, 2 }) end },
      { "ProgrammingError", "executemany%(%) can only execute DML statements",
        function() conn:exec_driver_sql("select ?", { { 1 }, { 2 } }) end },
      { "InvalidRequestError", "^Row objects are read%-only$",
        function() conn:exec_driver_sql("select 1 as a"):first().a = 5 end },
    })
  end)

  refuses("a wait for nothing", {
    { "ArgumentError", "^poll: nothing to wait for %(fd %-1, mode 'x'%)$", function() core.poll(-1, "x") end },
  })

  local postgresql = backends.get "postgresql"
  if not postgresql then return end
  describe("on postgresql,", function()
    local engine
    before_each(function() engine = am.create_engine(postgresql.url) end)
    after_each(function() engine:dispose() end)

    local function run(sql)
      return function() engine:connect(function(conn) conn:exec_driver_sql(sql) end) end
    end
    local circle = {}
    circle[1] = circle
    refuses("what the protocol is not used for, and values without an end", {
      { "NotSupportedError", "COPY FROM STDIN and COPY TO STDOUT are not supported", run "copy (select 1) to stdout" },
      { "StatementError", "the list nests deeper than 64 levels; does it contain itself%?", function()
        engine:connect(function(conn) conn:execute(am.select(am.literal(circle, am.ARRAY(am.Integer)))) end)
      end },
      { "ArgumentError", "^option 'prepared_statement_cache_size': 'x' is not a count$", function()
        am.create_engine(postgresql.url, { connect_args = { prepared_statement_cache_size = "x" } }):connect()
      end },
    })
    it("and the connection is as good as before", function()
      pcall(run "copy (select 1) to stdout")
      engine:connect(function(conn) assert.equal(1, conn:exec_driver_sql("select 1"):scalar()) end)
      assert.equal(0, engine.pool:checkedout())
    end)
  end)
end)
