-- What C refuses, in its own words: class, thing, reason, and where there is one the remedy.
local am = require "alchemoon"
local core = require "alchemoon.core"
local backends = require "support.backends"
local refuses = require("support.init").refuses

local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
  am.Column("x", am.String(5)))

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
    { "ArgumentError", "^am.date: month is missing; write am.date%(year, month, day...%)$",
      function() return am.date{ year = 2020 } end },
    { "ArgumentError", "^am.date:replace: expected one table such as { year = ... }$",
      function() return am.date(2020, 1, 1):replace(5) end },
    { "ArgumentError", "^URL objects are immutable; use url:set{...}$",
      function() am.make_url("sqlite://").host = "x" end },
    { "ArgumentError", "^am.date values are immutable; make a new one, with :replace{...} where it exists$",
      function() am.date(2020, 1, 1).year = 5 end },
  })

  refuses("arguments of dates and times", {
    { "ArgumentError", "^ordinal 0 is not in 1..3652059$", function() am.date.fromordinal(0) end },
    { "ArgumentError", "^ordinal 0 is not in 1..3652059$", function() am.datetime.fromordinal(0) end },
    { "ArgumentError", "^am.date.fromordinal: argument #1 must be a whole number, got string$",
      function() am.date.fromordinal "x" end },
    { "ArgumentError", "^am.date.fromisocalendar: year, week or weekday out of range %(1..9999, 1..53, 1..7%)$",
      function() am.date.fromisocalendar(2020, 60, 1) end },
    { "ArgumentError", "^'2020%-W60%-1' is not a date: there is no such week or weekday$",
      function() am.date.parse "2020-W60-1" end },
    { "ArgumentError", "^strftime: expected a string, got number$", function() am.date(2020, 1, 1):strftime(5) end },
    { "ArgumentError", "^am.date.parse: expected a string, got number$", function() am.date.parse(5) end },
    { "ArgumentError", "^fromtimestamp: expected a number of seconds, got string$",
      function() am.date.fromtimestamp "x" end },
    { "ArgumentError", "^the result lies outside the years 1 to 9999; use a smaller timedelta$",
      function() return am.date(9999, 12, 31) + am.timedelta{ days = 1 } end },
    { "ArgumentError", "^am.date:replace: unknown option 'yeer'; did you mean 'year'%?$",
      function() am.date(2020, 1, 1):replace{ yeer = 5 } end },
    { "ArgumentError", "^hour 25 is not in 0..23$", function() am.time(1, 2, 3):replace{ hour = 25 } end },
    { "ArgumentError", "^am.date:replace: option 'year' must be a whole number, got string$",
      function() am.date(2020, 1, 1):replace{ year = "x" } end },
    { "ArgumentError", "^am.datetime.now: tzoffset must be a number of seconds, got string$",
      function() am.datetime.now "x" end },
    { "ArgumentError", "^am.timedelta: days must be a number, got string$", function() am.timedelta "x" end },
    { "ArgumentError", "^am.timedelta: too many arguments; name them in a table$",
      function() am.timedelta(1, 2, 3, 4, 5, 6, 7, 8) end },
    { "ArgumentError", "^am.date:replace: unknown option 'zzzzzzzz'; the last one is 'day'$",
      function() am.date(2020, 1, 1):replace{ zzzzzzzz = 1 } end },
    { "ArgumentError", "^am.date:replace: unknown option table; the last one is 'day'$",
      function() am.date(2020, 1, 1):replace{ [{}] = 1 } end },
    { "ArgumentError", "^am.timedelta: unknown option 'dayz'; did you mean 'days'%?$",
      function() am.timedelta{ dayz = 1 } end },
  })

  refuses("parts of a URL that are no text", {
    { "ArgumentError", "^URL: drivername must be a string, got number$",
      function() am.URL.create{ drivername = 5 } end },
    { "ArgumentError", "^URL: host must be a string, got table$",
      function() am.URL.create{ drivername = "sqlite", host = {} } end },
    { "ArgumentError", "^URL: query must be a table, got number$",
      function() am.URL.create{ drivername = "sqlite", query = 5 } end },
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

  local inf = am.decimal "inf"
  refuses("decimals that are not finite, or too long", {
    { "ArgumentError", "^invalid decimal operation: Infinity minus Infinity; test with :is_infinite%(%) first$",
      function() return inf - inf end },
    { "ArgumentError", "^invalid decimal operation: zero times Infinity; test with :is_infinite%(%) first$",
      function() return inf * am.decimal "0" end },
    { "ArgumentError", "^invalid decimal operation: Infinity divided by Infinity; test with",
      function() return inf / inf end },
    { "ArgumentError", "^invalid decimal operation: Infinity has no remainder; test with :is_infinite%(%) first$",
      function() return inf % am.decimal "1" end },
    { "ArgumentError", "^invalid decimal operation: Infinity // Infinity; test with :is_infinite%(%) first$",
      function() return inf:floordiv(inf) end },
    { "ArgumentError", "^invalid decimal operation: Infinity cannot be rounded to digits",
      function() return inf:round(2) end },
    { "ArgumentError", '^quantize: expected a finite decimal such as am.decimal%("0.01"%), got userdata$',
      function() return am.decimal("1.5"):quantize(inf) end },
    { "ArgumentError", "^invalid decimal operation: the rounded value needs more than 38 digits; keep fewer digits$",
      function() return am.decimal("1e30"):quantize(am.decimal "1e-20") end },
    { "ArgumentError", "^invalid decimal operation: the rounded value needs more than 38 digits; keep fewer digits$",
      function() return am.decimal(("9"):rep(38) .. ".9"):quantize(am.decimal "1") end },
    { "ArgumentError", "^invalid decimal operation: the exponent to round to is out of range; use a smaller one$",
      function() return am.decimal("1"):quantize(am.decimal "1e-2000000") end },
    { "ArgumentError", "^invalid decimal operation: a negative number has no square root; take :abs%(%) first$",
      function() return am.decimal("-1"):sqrt() end },
    { "ArgumentError", "^decimal 1E%+30 has no 64%-bit integer; use :to_integral_value%(%) or :tonumber%(%)$",
      function() return am.decimal("1e30"):tointeger() end },
    { "ArgumentError", "^unknown rounding 'ROUND_HALF_UPP'; did you mean 'ROUND_HALF_UP'%?$",
      function() return am.decimal("1.5"):quantize(am.decimal "1", "ROUND_HALF_UPP") end },
  })

  refuses("arithmetic of decimals that has no end, and arguments that are no numbers", {
    { "ArgumentError", "^invalid decimal operation: the integer quotient has more digits than the precision of 38;",
      function() return am.decimal("1e40"):floordiv(am.decimal "1e-5") end },
    { "ArgumentError", "^invalid decimal operation: zero to the power of zero; test with :is_zero%(%) first$",
      function() return am.decimal "0" ^ am.decimal "0" end },
    { "ArgumentError", "^round: digits must be a whole number, got string$",
      function() return am.decimal("1.5"):round "x" end },
    { "ArgumentError", "^from_float: expected a number, got string$",
      function() return am.decimal.from_float "x" end },
  })

  refuses("statements that no database can have", {
    { "NoSuchModuleError", "^Can't load plugin: alchemoon.dialects:nope$",
      function() am.select(t):compile{ dialect = "nope" } end },
    { "NoSuchModuleError", ":postgres; did you mean 'postgresql'%?$",
      function() am.select(t):compile{ dialect = "postgres" } end },
    { "NoSuchModuleError", ":sqlit; did you mean 'sqlite'%?$",
      function() am.select(t):compile{ dialect = "sqlit" } end },
    { "UnsupportedCompilationError", '^The "sqlite" dialect does not support TRY_CAST$',
      function() am.try_cast(t.c.x, am.Integer):compile{ dialect = "sqlite" } end },
    { "CompileError", "^CTE is stated as 'nest_here' in more than one location$", function()
      local cte = am.select(t):cte("c", { nesting = true })
      local inner = am.select(cte):add_cte(cte, { nest_here = true }):cte "s"
      am.select(inner, cte):add_cte(cte, { nest_here = true }):compile()
    end },
    { "CompileError", "^Can't emit DROP CONSTRAINT for constraint of table 'q'; it has no name$", function()
      local unique = am.UniqueConstraint "a"
      am.Table("q", am.MetaData(), am.Column("a", am.Integer), unique)
      am.DropConstraint(unique):compile()
    end },
    { "CompileError", "^%(in table 'q', column 'a'%): VARCHAR requires a length on dialect mysql$", function()
      am.CreateTable(am.Table("q", am.MetaData(), am.Column("a", am.String))):compile{ dialect = "mysql" }
    end },
    { "ArgumentError", "^unknown paramstyle 'x'; known are named, qmark, numeric, format, pyformat$",
      function() return am.select(t):compile{ paramstyle = "x" } end },
    { "ArgumentError", "^the expression is nested more than %d+ levels deep; build wide lists with and_%(%)",
      function()
        local deep = t.c.id:eq(1)
        for _ = 1, 5000 do deep = am.not_(am.func.f(deep)) end
      end },
    { "CompileError", "^Most backends don't support SELECTing from a tuple_%(%) object",
      function() return am.select(am.tuple_(t.c.id, t.c.x)):compile{ dialect = "default" } end },
    { "CompileError", "^All selectables passed to CompoundSelect must have identical numbers of columns; "
      .. "select #1 has 1 columns, select #2 has 2$",
      function() return am.union(am.select(t.c.id), am.select(t.c.id, t.c.x)):compile() end },
    { "CompileError", "'virtual' persistence; set the 'persisted' flag to nil or true for PostgreSQL support",
      function()
        local computed = am.Column("a", am.Integer, am.Computed("1", { persisted = false }))
        return am.CreateTable(am.Table("q", am.MetaData(), computed)):compile{ dialect = "postgresql" }
      end },
    { "CompileError", "^Invalid MySQL match flags: in_boolean_mode=true, in_natural_language_mode=true",
      function()
        local flags = { against = "a", in_natural_language_mode = true, in_boolean_mode = true }
        return am.mysql.match(t.c.x, flags):compile{ dialect = "mysql" }
      end },
  })

  local a = am.Column("a", am.Integer)
  local function create(dialect, ...)
    local metadata = am.MetaData{ naming_convention = { uq = "uq_%(table_name)s" } }
    am.Table("z", metadata, am.Column("id", am.Integer, { primary_key = true }))
    return am.CreateTable(am.Table("q", metadata, ...)):compile{ dialect = dialect }
  end
  local function nameless_index()
    local metadata = am.MetaData{ naming_convention = { uq = "uq_%(table_name)s" } }
    return am.Table("q", metadata, am.Column("a", am.Integer), am.Index(nil, "a")).indexes[1]
  end
  local metadata = am.MetaData()
  local parent = am.Table("parent", metadata, am.Column("id", am.Integer, { primary_key = true }))
  local child = am.Table("child", metadata, am.Column("parent_id", am.ForeignKey "parent.nope"))
  refuses("keys that refer to nothing", {
    { "NoReferencedColumnError", "^Could not initialize target column for ForeignKey 'parent.nope' on table 'child'",
      function() am.join(child, parent) end },
    { "InvalidRequestError", "^this ForeignKey object does not yet have a parent Column associated with it.$",
      function() return am.ForeignKey("parent.id").column end },
  })

  refuses("DDL without a name, or with words of its own", {
    { "CompileError", "^CREATE INDEX requires that the index have a name$",
      function() am.CreateIndex(nameless_index()):compile{ dialect = "sqlite" } end },
    { "CompileError", "^DROP INDEX requires that the index have a name$",
      function() am.DropIndex(nameless_index()):compile{ dialect = "sqlite" } end },
    { "CompileError", "^DROP INDEX requires that the index have a name$",
      function() am.DropIndex(nameless_index()):compile{ dialect = "postgresql" } end },
    { "CompileError", "PostgreSQL Enum type requires a name%.$",
      function() create("postgresql", am.Column("a", am.Enum("x", "y"))) end },
    { "CompileError", "^PostgreSQL DOMAIN type requires a name%.$",
      function() am.cast(a, am.DOMAIN):compile{ dialect = "postgresql" } end },
    { "CompileError", "^PostgreSQL ENUM type requires a name%.$",
      function() am.postgresql.CreateEnumType(am.ENUM "x"):compile{ dialect = "postgresql" } end },
    { "CompileError", "^Unexpected SQL phrase: 'a; b' %(matching against '%^\\w%+%$'%)$",
      function() create("sqlite", am.Column("a", am.ForeignKey("z.id", { match = "a; b" }))) end },
    { "CompileError", "^Unexpected SQL phrase: 'a; b' %(matching against '%^%(%?:RESTRICT|CASCADE|",
      function() create("sqlite", am.Column("a", am.ForeignKey("z.id", { ondelete = "a; b" }))) end },
    { "CompileError", '^%(in table \'q\', column \'a\'%): The "mysql" dialect cannot render the type INET$',
      function() create("mysql", am.Column("a", am.INET)) end },
    { "CompileError", '^The "sqlite" dialect does not support comments on constraints$', function()
      local unique = am.UniqueConstraint("a", { name = "u", comment = "c" })
      am.Table("q", am.MetaData(), am.Column("a", am.Integer), unique)
      am.SetConstraintComment(unique):compile{ dialect = "sqlite" }
    end },
  })

  local other = am.table("u", am.column "a")
  refuses("queries that contradict themselves", {
    { "InvalidRequestError", "^Select statement returned no FROM clauses due to auto%-correlation; specify correlate",
      function()
        am.select(t, other):where(t.c.id:in_(am.select(t.c.id):where(other.c.a:eq(1)))):compile()
      end },
    { "InvalidRequestError", "^Label name a_1 is being renamed to an anonymous label due to disambiguation",
      function()
        local twice = am.select(t.c.id:label "a_1", t.c.x:label "a_1", t.c.id:label "a_1")
        am.select(twice:subquery()):compile()
      end },
    { "CompileError", "^Cannot compile Column object until its 'name' is assigned%.$",
      function() am.select(am.Column(am.Integer)):compile{ dialect = "default" } end },
    { "CompileError", "^Can't use a LATERAL VALUES expression inside of a CTE$", function()
      local values = am.values(am.column("a", am.Integer), { name = "v" }):data{ { 1 } }
      am.select(values:lateral():cte "x"):compile()
    end },
    { "UnsupportedCompilationError", '^The "default" dialect cannot render the operator "json_getitem"$',
      function() am.select(am.column("a", am.JSON):at "x"):compile{ dialect = "default" } end },
    { "CompileError", "^This backend does not support multiple%-table criteria within DELETE$",
      function() am.delete(t):where(t.c.id:eq(other.c.a)):compile{ dialect = "sqlite" } end },
    { "CompileError", "^INSERT value for column t%.x is explicitly rendered as a boundparameter in the VALUES clause",
      function() am.insert(t):values{ { id = 1, x = am.func.f() }, { id = 2 } }:compile() end },
    { "CompileError", "^attribute 'kids' is no column expression; use any%(%), has%(%) or contains%(%)$", function()
      local Node = am.declarative_base():model("Node", { __tablename__ = "node",
        id = am.Column(am.Integer, { primary_key = true }), parent_id = am.Column(am.ForeignKey "node.id"),
        kids = am.relationship "Node" })
      am.select(am.func.f(Node.kids)):compile()
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
    { "ArgumentError", "^connection option 'mode' contains a NUL byte$", open{ mode = "a\0b" } },
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
      { "StatementError", "'zz' is not a time: expected HH:MM.*%(type Time%)", literal("zz", am.Time) },
      { "StatementError", "'zz' is not a datetime: expected.*%(type DateTime%)", literal("zz", am.DateTime) },
      { "StatementError", "a boolean is not a datetime; pass an am.datetime,.*%(type DateTime%)",
        literal(true, am.DateTime) },
      { "StatementError", "'zz' is not an interval: expected a form like '1 day 02:03:04.5'",
        literal("zz", am.Interval) },
      { "StatementError", "Not a boolean value: 'zz'", literal("zz", am.Boolean) },
      { "StatementError", "Value 7 is not nil, true, or false", literal(7, am.Boolean) },
      { "StatementError", "'zz' is not among the defined enum values. Enum name: e. Possible values: a, b",
        literal("zz", am.Enum("a", "b", { name = "e" })) },
      { "StatementError", "'zz' is not a date: expected YYYY%-MM%-DD in the years 0001 to 9999; pass an am.date",
        literal("zz", am.Date) },
      { "StatementError", "SQLite cannot keep this number exactly %(more than 15 digits%)",
        literal(am.decimal "12345678901234567890.5", am.Numeric(30, 5)) },
      { "StatementError", "bytes are given as a string: '5' for type LargeBinary", literal(5, am.LargeBinary) },
    })
    local function column(type)
      return function() return conn:execute(am.text("select 'zz' as x"):columns(am.column("x", type))):first().x end
    end
    refuses("values of the database that are none of their type", {
      { "DataError", "^the database gave a value that is no date: 'zz' is not a date: expected", column(am.Date) },
      { "DataError", "^the database gave a value that is no datetime: 'zz' is not a datetime", column(am.DateTime) },
      { "DataError", "^the database gave a value that is no time: 'zz' is not a time: expected", column(am.Time) },
      { "DataError", "^the database gave a value that is no decimal: 'zz' is not a decimal", column(am.Numeric) },
      { "DataError", "^the database gave a value that is no interval: ", column(am.Interval) },
    })
    refuses("parameters that no driver takes, and rows that are written to", {
      { "ProgrammingError", "a light userdata cannot be bound as a parameter",
        function() conn:exec_driver_sql("select ?", { require "alchemoon.driver.sqlite" }) end },
      { "ProgrammingError", "__tostring of a parameter did not give a string", function()
        conn:exec_driver_sql("select ?", { setmetatable({}, { __tostring = function() return 5 end }) })
      end },
      { "ProgrammingError", "a parameter of type function cannot be bound\n.*function: .*, table%)%]$", function()
        local mute = setmetatable({}, { __tostring = function() error "no text" end })
        conn:exec_driver_sql("select ?, ?", { print, mute })
      end },
      { "ArgumentError", "^row:index%(x%): x is not in the row$",
        function() conn:execute(am.text "select 1"):first():index(7) end },
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

  local function watcher(method, ...)
    local own = core.watcher_new "/tmp"
    local ok, e = pcall(own[method], own, ...)
    own:close()
    if not ok then error(e, 0) end
    own:path()
  end
  refuses("waits for nothing, and in folders that are none", {
    { "ArgumentError", "^poll: nothing to wait for %(fd %-1, mode 'x'%)$", function() core.poll(-1, "x") end },
    { "OperationalError", "^cannot wait for descriptor 999: Bad file descriptor$",
      function() watcher("arm", 999, "r", 1) end },
    { "InvalidRequestError", "^the watcher is closed$", function() watcher "path" end },
    { "OperationalError", "^the thread that watches descriptors cannot start: No such file or directory$",
      function() core.watcher_new "/nowhere/at/all" end },
    { "OperationalError", "^the thread that watches descriptors cannot start: File name too long$",
      function() core.watcher_new(("/x"):rep(60)) end },
    { "ArgumentError", "^socket: the path is too long$", function() core.socket_unix(("x"):rep(200)) end },
  })

  it("nothing that a function of a user's own raises: it arrives as it is, even without words", function()
    local silent = am.FunctionElement{ name = "silent" }
    for _, value in ipairs{ "because", setmetatable({}, { __tostring = function() error "no words" end }) } do
      am.compiles(silent, function() error(value, 0) end)
      local ok, e = pcall(function() am.select(silent()):compile() end)
      assert.is_false(ok)
      assert.is_true(rawequal(value, e))
    end
  end)

  local function ddl_of(make, dialect)
    return function() make(am.MetaData()):compile{ dialect = dialect } end
  end
  refuses("what a dialect cannot express", {
    { "CompileError", "^Bind parameter 'id_1' conflicts with unique bind parameter of the same name$",
      function() tostring(am.select(t):where(t.c.id:eq(5), t.c.x:eq(am.bindparam("id_1", 7)))) end },
    { "CompileError", "^MySQL ignores the 'MATCH' keyword", ddl_of(function(own)
      return am.CreateTable(am.Table("f", own, am.Column("t_id", am.Integer,
        am.ForeignKey(t.c.id, { match = "FULL" }))))
    end, "mysql") },
    { "CompileError", "^Can't emit DROP CONSTRAINT for constraint of table 'f'; it has no name$",
      ddl_of(function(own)
        local unique = am.UniqueConstraint("id")
        am.Table("f", own, am.Column("id", am.Integer), unique)
        return am.DropConstraint(unique)
      end, "mysql") },
    { "CompileError", "^%(in table 'f', column 'id'%): SQLite does not support on conflict clause for column check",
      ddl_of(function(own)
        return am.CreateTable(am.Table("f", own, am.Column("id", am.Integer,
          am.CheckConstraint("id > 1", { sqlite_on_conflict = "FAIL" }))))
      end, "sqlite") },
    { "CompileError", "^DDL: the statement names 'table', which its context does not have$",
      ddl_of(function() return am.DDL "drop %(table)s" end, "sqlite") },
    { "CompileError", '^The "mysql" dialect does not support ON CONFLICT$', function()
      am.sqlite.insert(t):values{ id = 1 }:on_conflict_do_nothing():compile{ dialect = "mysql" }
    end },
  })

  local function on_sqlite(statement)
    return function()
      am.create_engine("sqlite://"):connect(function(conn) conn:execute(statement) end)
    end
  end
  refuses("values beyond what their type can hold", {
    { "StatementError", "the result lies outside the years 1 to 9999; use a smaller timedelta",
      on_sqlite(am.select(am.literal(am.timedelta{ days = 999999999 }, am.Interval))) },
    { "StatementError", "field 'days' is not a number; pass an am.timedelta",
      on_sqlite(am.select(am.literal({ days = "x" }, am.Interval))) },
    { "OperationalError", "invalid regular expression: too many repetitions",
      on_sqlite(am.select(am.literal("a"):regexp_match "((a{1,255}){1,255}){1,255}")) },
    { "ArgumentError", "^invalid decimal operation: the integer quotient has more digits than the precision of 38",
      function() return am.decimal(("9"):rep(38)):floordiv(am.decimal "0.1") end },
    { "ArgumentError", "^invalid decimal operation: the integer quotient has more digits than the precision of 38",
      function() return am.decimal "1e100":floordiv(am.decimal "0.1") end },
    { "ArgumentError", "^decimal division by zero; test the divisor with :is_zero%(%) first$",
      function() return am.decimal "1" % am.decimal "0" end },
    { "ArgumentError", "^'abc' is not a decimal: expected a form like",
      function() return am.decimal "1":quantize "abc" end },
    { "ArgumentError", "^tzoffset 1000000000 is not in %-86399..86399$", function() am.datetime.now(1e9) end },
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
    refuses("more parameters than the protocol can count", {
      { "OperationalError", "65536 parameters; PostgreSQL takes at most 65535 in one statement", function()
        local places, values = {}, {}
        for i = 1, 65536 do places[i], values[i] = "$" .. i, i end
        local sql = ("select 1 where 1 in (%s)"):format(table.concat(places, ", "))
        engine:connect(function(conn) conn:exec_driver_sql(sql, values) end)
      end },
    })

    local function unopened(method)
      local url = am.make_url(postgresql.url)
      local raw = core.dbconn_open(require "alchemoon.driver.postgresql", { host = url.query.host,
        user = url.username, dbname = url.database })
      local ok, e = pcall(method, raw)
      raw:close()
      if not ok then error(e, 0) end
    end
    refuses("a connection that is not open yet", {
      { "InterfaceError", "^the connection is not open$",
        function() unopened(function(raw) raw:cursor():start "select 1" end) end },
      { "InterfaceError", "^the connection is not open$",
        function() unopened(function(raw) raw:cancel() end) end },
    })

    it("and the connection is as good as before", function()
      pcall(run "copy (select 1) to stdout")
      engine:connect(function(conn) assert.equal(1, conn:exec_driver_sql("select 1"):scalar()) end)
      assert.equal(0, engine.pool:checkedout())
    end)
  end)
end)
