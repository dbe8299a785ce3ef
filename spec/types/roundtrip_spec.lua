-- Every type, bound and read back on every database: what comes back is what went in.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local backends = require "support.backends"
local core = require "alchemoon.core"

local NUL_TEXT = "a\0b"
local UTF8 = "gr\195\188n \226\130\172 \240\159\152\128"
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- { type, value, ... }: each value goes in and must come out equal
local COMMON = {
  { am.Integer, 0, 1, -1, 2147483647, -2147483648 },
  { am.BigInteger, 9007199254740992, -9007199254740992, am.int64("9223372036854775807"),
    am.int64("-9223372036854775808") },
  { am.SmallInteger, 32767, -32768 },
  { am.String(100), "", "plain", UTF8, "it's", 'a "quoted" \\ text', "%s ? :x $1" },
  { am.Text, "", ("x"):rep(100000), UTF8 },
  { am.Boolean, true, false },
  { am.Float, 1.5, -0.25, 1e300, 5e-324 },
  { am.Double, 0.1, 1 / 3 },
  { am.Numeric(10, 2), am.decimal("1.10"), am.decimal("-99999999.99"), am.decimal("0.00") },
  { am.Date, am.date(1, 1, 1), am.date(9999, 12, 31), am.date(2024, 2, 29) },
  { am.Time, am.time(0, 0, 0), am.time(23, 59, 59, 999999) },
  { am.DateTime, am.datetime(1, 1, 1), am.datetime(9999, 12, 31, 23, 59, 59, 999999),
    am.datetime(2024, 2, 29, 12, 30) },
  { am.Interval, am.timedelta { days = 1 }, am.timedelta { days = -1, seconds = 5, microseconds = 7 },
    am.timedelta {} },
  { am.LargeBinary, "", "\0\1\2\255", NUL_TEXT, ("\0"):rep(1000) },
  { am.Enum("red", "green", "it's", { name = "rt_colour" }), "red", "it's" },
  { am.Uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000" },
}

local POSTGRESQL = {
  { am.Numeric(38, 10), am.decimal("1234567890123456789012345678.0123456789"), am.decimal("-0.0000000001") },
  { am.Numeric, am.decimal("NaN"), am.decimal("123456789012345678901234567890.5") },
  { am.Float, 1 / 0, -1 / 0 },
  { am.DateTime { timezone = true }, am.datetime(2024, 1, 2, 3, 4, 5, { tzoffset = 0 }) },
  { am.INET, "192.168.1.1", "::1" },
  { am.CIDR, "10.0.0.0/8" },
  { am.MACADDR, "08:00:2b:01:02:03" },
  { am.postgresql.UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
  { am.BYTEA, "\0\1\255" },
}

local function same(a, b)
  if type(a) == "number" and type(b) == "number" then return a == b end
  if core.value_kind and core.value_kind(a) == "decimal" and tostring(a) == "NaN" then return tostring(b) == "NaN" end
  return a == b or tostring(a) == tostring(b)
end

local function column_name(i) return "c" .. i end

-- One table with a column per type; one row per value.
local function check(engine, cases)
  local metadata = am.MetaData()
  local args = { "rt_values", metadata, am.Column("id", am.Integer, { primary_key = true }) }
  for i, case in ipairs(cases) do args[#args + 1] = am.Column(column_name(i), case[1]) end
  local tbl = am.Table(unpack(args))
  engine:begin(function(conn)
    metadata:create_all(conn, { checkfirst = false })
    for i, case in ipairs(cases) do
      for k = 2, #case do
        local id = conn:execute(am.insert(tbl):values { [column_name(i)] = case[k] }).inserted_primary_key[1]
        local got = conn:scalar(am.select(tbl.c[column_name(i)]):where(tbl.c.id:eq(id)))
        assert(same(case[k], got), ("%s on %s: %s went in, %s came out"):format(tostring(case[1]), engine.name,
          tostring(case[k]):sub(1, 80), tostring(got):sub(1, 80)))
        -- and it is found by its value
        if not tostring(case[1]):find("Float") and tostring(case[k]) ~= "NaN" then
          local n = conn:scalar(am.select(am.func.count()):select_from(tbl)
            :where(tbl.c[column_name(i)]:eq(case[k])))
          assert(n >= 1, ("%s on %s is not found by its value %s"):format(tostring(case[1]), engine.name,
            tostring(case[k]):sub(1, 80)))
        end
      end
      local column = tbl.c[column_name(i)]
      assert.is_nil(conn:scalar(am.select(column):where(column:is_(nil)):limit(1)))
    end
    metadata:drop_all(conn, { checkfirst = false })
  end)
end

local function json_cases(engine)
  local metadata = am.MetaData()
  local tbl = am.Table("rt_json", metadata, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("j", am.JSON),
    am.Column("b", am.JSON():with_variant(am.JSONB(), "postgresql")))
  engine:begin(function(conn)
    metadata:create_all(conn, { checkfirst = false })
    local value = { a = { 1, 2.5, am.null, "x" }, b = { c = { d = true } }, e = setmetatable({}, getmetatable(
      require("alchemoon.types.json").decode("[]"))) }
    conn:execute(am.insert(tbl), { id = 1, j = value, b = value })
    conn:execute(am.insert(tbl), { id = 2, j = am.null })
    conn:execute(am.insert(tbl), { id = 3 })
    for _, name in ipairs { "j", "b" } do
      local got = conn:scalar(am.select(tbl.c[name]):where(tbl.c.id:eq(1)))
      assert.are.equal(2.5, got.a[2])
      assert.are.equal(am.null, got.a[3])
      assert.is_true(got.b.c.d)
      assert.are.equal("[]", require("alchemoon.types.json").encode(got.e))
    end
    assert.are.equal(1, conn:scalar(am.select(am.func.count()):select_from(tbl):where(tbl.c.j:is_(nil))))
    assert.are.equal("x", conn:scalar(am.select(tbl.c.j:at("a", 3):as_string()):where(tbl.c.id:eq(1))))
    assert.are.equal(1, conn:scalar(am.select(tbl.c.j:at("a"):at(0):as_integer()):where(tbl.c.id:eq(1))))
    metadata:drop_all(conn, { checkfirst = false })
  end)
end

local function decorated(engine)
  local Upper = am.TypeDecorator {
    impl = am.String,
    process_bind_param = function(value) return value and value:upper() end,
    process_result_value = function(value) return value and "<" .. value .. ">" end,
  }
  local metadata = am.MetaData()
  local tbl = am.Table("rt_decorated", metadata, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("x", Upper(20)))
  engine:begin(function(conn)
    metadata:create_all(conn, { checkfirst = false })
    conn:execute(am.insert(tbl), { { x = "abc" }, { x = am.null } })
    assert.are.equal("<ABC>", conn:scalar(am.select(tbl.c.x):where(tbl.c.x:eq("abc"))))
    metadata:drop_all(conn, { checkfirst = false })
  end)
end

describe("types", function()
  backends.each(function(backend)
    describe("on " .. backend.name, function()
      local engine
      before_each(function() engine = am.create_engine(backend.url) end)
      after_each(function() engine:dispose() end)
      it("come back as they went in", function()
        check(engine, COMMON)
        if engine.name == "postgresql" then check(engine, POSTGRESQL) end
      end)
      it("keep JSON: null, nesting, empty arrays", function() json_cases(engine) end)
      it("are told by the server where nobody typed them", function()
        if engine.name ~= "postgresql" then return end
        engine:connect(function(conn)
          local row = conn:execute(am.text(
            "select 1.50::numeric as n, date '2024-01-02' as d, '{1,2}'::int[] as a, '{\"x\": [1]}'::jsonb as j")):one()
          assert.are.equal("1.50", tostring(row.n))
          assert.are.equal(am.date(2024, 1, 2), row.d)
          assert.are.same({ 1, 2 }, row.a)
          assert.are.equal(1, row.j.x[1])
          local made = conn:execute(am.select(am.func.make_date(2024, 1, 2):label("d"), am.literal(5):label("n"))):one()
          assert.are.equal(am.date(2024, 1, 2), made.d)
          assert.are.equal(5, made.n)
        end)
      end)
      it("go through TypeDecorator", function() decorated(engine) end)
      it("keep arrays and ranges", function()
        if engine.name ~= "postgresql" then return end
        local metadata = am.MetaData()
        local tbl = am.Table("rt_arrays", metadata, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("i", am.ARRAY(am.Integer)), am.Column("t", am.ARRAY(am.Text)),
          am.Column("m", am.ARRAY(am.Integer, { dimensions = 2 })), am.Column("r", am.INT4RANGE),
          am.Column("h", am.DATERANGE))
        engine:begin(function(conn)
          metadata:create_all(conn, { checkfirst = false })
          conn:execute(am.insert(tbl), { id = 1, i = { 1, am.null, 3 },
            t = { 'a "b"', "c\\d", "", "NULL", am.null, "{x,y}" },
            m = { { 1, 2 }, { 3, 4 } }, r = am.Range(1, 5), h = am.Range(am.date(2024, 1, 1), nil) })
          local row = conn:execute(am.select(tbl)):one()
          assert.are.equal(am.null, row.i[2])
          assert.are.same({ 'a "b"', "c\\d", "", "NULL", am.null, "{x,y}" }, row.t)
          assert.are.same({ { 1, 2 }, { 3, 4 } }, row.m)
          assert.are.equal("[1,5)", tostring(row.r))
          assert.are.equal(am.date(2024, 1, 1), row.h.lower)
          assert.are.equal(1, conn:scalar(am.select(am.func.count()):select_from(tbl):where(tbl.c.i:contains { 1 })))
          metadata:drop_all(conn, { checkfirst = false })
        end)
      end)

      it("keep an Interval without native type as a moment after 1970", function()
        local metadata = am.MetaData()
        local tbl = am.Table("rt_interval", metadata, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("v", am.Interval { native = false }))
        engine:begin(function(conn)
          metadata:drop_all(conn)
          metadata:create_all(conn)
          local delta = am.timedelta { days = 1, seconds = 5, microseconds = 3 }
          conn:execute(am.insert(tbl), { id = 1, v = delta })
          assert.equal(delta, conn:scalar(am.select(tbl.c.v):where(tbl.c.v:eq(delta))))
          assert.equal("1970-01-02", tostring(conn:scalar(am.select(am.cast(tbl.c.v, am.String)))):sub(1, 10))
          metadata:drop_all(conn)
        end)
      end)

      it("an enumeration may keep other texts than its names", function()
        local T = am.Enum("one", "two", { name = "rt_enum", values_callable = function(names)
          local list = {}
          for i, name in ipairs(names) do list[i] = name:upper() end
          return list
        end })
        assert.same({ "ONE", "TWO" }, T.enums)
        raises_exc("ArgumentError", function()
          return am.Enum("a", "b", { values_callable = function() return { "x" } end })
        end, "as many strings")
      end)
    end)
  end)
end)

describe("SQLite's numbers", function()
  it("refuse what SQLite keeps in a column of a type that has no such value", function()
    local conn = am.create_engine("sqlite://"):connect()
    local function read(text, type_) return conn:execute(am.select(am.literal_column(text, type_))):scalar() end
    local no_moment = { date = am.Date, time = am.Time, datetime = am.DateTime, interval = am.Interval }
    for name, type_ in pairs(no_moment) do
      raises_exc("DataError", function() read("5", type_) end, "no " .. name .. ": the number 5")
      raises_exc("DataError", function() read("'x'", type_) end, "no " .. name .. ": 'x' is not a")
      assert.is_nil(read("NULL", type_))
    end
    local colour = am.Enum("red", "green", { name = "colour" })
    assert.equal("green", read("'green'", colour))
    assert.is_nil(read("NULL", colour))
    for text, shown in pairs { ["'blue'"] = "blue", ["'re'"] = "re", ["5"] = "5" } do
      raises_exc("DataError", function() read(text, colour) end, "'" .. shown .. "' is not among the defined enum "
        .. "values. Possible values: red, green")
    end
    conn:close()
  end)

  it("leave a text in a column of floats as it is", function()
    local conn = am.create_engine("sqlite://"):connect()
    for _, text in ipairs { "x", "2020-01-01", "" } do
      assert.equal(text, conn:execute(am.select(am.literal_column("'" .. text .. "'", am.Float))):scalar())
    end
    assert.equal(2.5, conn:execute(am.select(am.literal_column("'2.5'", am.Float))):scalar())
    conn:close()
  end)

  it("refuse text that is no number, which SQLite would keep", function()
    local engine, metadata = am.create_engine "sqlite://", am.MetaData()
    local t = am.Table("t", metadata, am.Column("id", am.Integer, { primary_key = true }), am.Column("f", am.Float),
      am.Column("n", am.Numeric(10, 2)))
    metadata:create_all(engine)
    engine:begin(function(conn)
      local ok, e = pcall(conn.execute, conn, t:insert(), { f = "abc" })
      assert.is_false(ok)
      assert.matches("could not convert string to float: 'abc'", tostring(e))
      ok, e = pcall(conn.execute, conn, t:insert(), { n = "1.2.3" })
      assert.is_false(ok)
      assert.matches("'1.2.3' is not a decimal", tostring(e))
      conn:execute(t:insert(), { f = " 1.5 ", n = "2.25" })
      local row = conn:execute(am.select(t)):one()
      assert.same({ 1.5, "2.25" }, { row.f, tostring(row.n) })
    end)
    engine:dispose()
  end)
end)

describe("SQLite's dates", function()
  it("leave out the fraction of a second on request", function()
    local engine = am.create_engine("sqlite://")
    local t = am.Table("t", am.MetaData(), am.Column("d", am.sqlite.DATETIME { truncate_microseconds = true }),
      am.Column("e", am.sqlite.TIME { truncate_microseconds = true }))
    engine:begin(function(conn)
      t:create(conn)
      conn:execute(t:insert(), { d = am.datetime(2020, 1, 2, 3, 4, 5, 6), e = am.time(1, 2, 3, 4) })
      assert.same({ "2020-01-02 03:04:05", "01:02:03" }, { conn:exec_driver_sql("select d, e from t"):one():unpack() })
      local row = conn:execute(am.select(t)):one()
      assert.equal(am.datetime(2020, 1, 2, 3, 4, 5), row.d)
      assert.equal(am.time(1, 2, 3), row.e)
    end)
    engine:dispose()
  end)

  it("are kept in a format of one's own", function()
    local engine = am.create_engine("sqlite://")
    local t = am.Table("t", am.MetaData(),
      am.Column("d", am.sqlite.DATETIME {
        storage_format = "%(year)04d/%(month)02d/%(day)02d %(hour)02d:%(minute)02d:%(second)02d",
        regexp = [[(\d+)/(\d+)/(\d+) (\d+):(\d+):(\d+)]] }),
      am.Column("e", am.sqlite.DATE { storage_format = "%(month)02d|%(day)02d-%(year)04d",
        regexp = [[(?P<month>\d+)\|(?P<day>\d+)-(?P<year>\d+)]] }),
      am.Column("short", am.sqlite.DATETIME { regexp = [[^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$]],
        storage_format = "%(year)04d%(month)02d%(day)02d%(hour)02d%(minute)02d%(second)02d" }),
      am.Column("iso", am.sqlite.DATETIME {
        storage_format = "%(year)04d-%(month)02d-%(day)02dT%(hour)02d:%(minute)02d:%(second)02d" }),
      am.Column("plain", am.sqlite.DATETIME))
    engine:begin(function(conn)
      t:create(conn)
      local moment, day = am.datetime(2020, 1, 2, 3, 4, 5), am.date(2020, 1, 2)
      conn:execute(t:insert(), { d = moment, e = day, plain = moment, short = moment, iso = moment })
      assert.same({ "2020/01/02 03:04:05", "01|02-2020" },
        { conn:exec_driver_sql("select d, e from t"):one():unpack() })
      local row = conn:execute(am.select(t):where(t.c.d:eq(moment))):one()
      assert.equal(moment, row.d)
      assert.equal(day, row.e)
      assert.equal(moment, row.plain)
      assert.equal(moment, row.short)
      assert.equal(moment, row.iso)
    end)
    engine:dispose()
    raises_exc("ArgumentError", function()
      return am.sqlite.TIME { truncate_microseconds = true, regexp = "(.)" }
    end, "leave out")
    raises_exc("ArgumentError", function() return am.sqlite.DATE { regexp = "(a|b)" } end, "cannot do")
  end)
end)

it("counts the letters of an enumeration, not their bytes", function()
  assert.equal("VARCHAR(8)", am.Enum("r\195\169veill\195\169", "a"):compile{ dialect = "sqlite" })
end)

backends.each(function(backend)
  it("patterns and pieces of text beside an enumeration on " .. backend.name, function()
    backend.reset()
    local engine = am.create_engine(backend.url)
    local t = am.Table("enum_patterns", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("state", am.Enum("open", "done", { native_enum = false })))
    engine:begin(function(conn)
      t:create(conn)
      conn:execute(t:insert(), { { id = 1, state = "open" }, { id = 2, state = "done" } })
      for _, condition in ipairs { t.c.state:like "%on%", t.c.state:ilike "D%", t.c.state:startswith "do",
        t.c.state:contains "on", t.c.state:not_like "op%", (t.c.state .. "!"):eq "done!" } do
        assert.same({ 2 }, conn:scalars(am.select(t.c.id):where(condition)):all(), tostring(condition))
      end
      assert.has_error(function() conn:execute(am.select(t.c.id):where(t.c.state:eq "on")) end)
      t:drop(conn)
    end)
    engine:dispose()
  end)
end)
