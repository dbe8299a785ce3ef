-- Array and hstore texts, UUIDs, and what may be passed for a column.
local am = require "alchemoon"
local core = require "alchemoon.core"
local null = require "alchemoon.null"
local raises_exc = require("support.init").raises_exc

describe("array text", function()
  it("is read into lists", function()
    assert.same({}, core.array_parse("{}"))
    assert.same({ 1, 2, 3 }, core.array_parse("{1,2,3}", tonumber))
    assert.same({ { "a", "b" }, { "c", "d" } }, core.array_parse("{{a,b},{c,d}}"))
    assert.same({ null, "NULL", "" }, core.array_parse('{NULL,"NULL",""}'))
    assert.same({ "a,b", 'q"q', "b\\s", "{}", " sp " }, core.array_parse([[{"a,b","q\"q","b\\s","{}"," sp "}]]))
    assert.same({ "a b", "c" }, core.array_parse("{ a b , c }"))
    assert.same({ "a,b" }, core.array_parse("{a\\,b}"))
    assert.same({ "7", "8" }, core.array_parse("[0:1]={7,8}"))
    assert.same({ "(1,2)", "(3,4)" }, core.array_parse("{(1,2);(3,4)}", nil, ";"))
    assert.same({ { { "x" } } }, core.array_parse("{{{x}}}"))
    assert.same({ "\0" }, core.array_parse('{"\0"}'))
  end)

  it("is refused when malformed, with the place", function()
    for text, reason in pairs {
      [""] = "expected '{'", ["1,2"] = "expected '{'", ["{"] = "'}' is missing", ["{1"] = "'}' is missing",
      ["{1,}"] = "element is missing", ["{,1}"] = "element is missing", ['{"a'] = "quote is not closed",
      ["{1}x"] = "after the last", ['{a"b"}'] = "inside an element", ["{{1}2}"] = "expected a delimiter",
      ["[x]={1}"] = "bad bounds", ["{a\\"] = "backslash", ["{1}}"] = "after the last",
    } do
      raises_exc("ArgumentError", function() core.array_parse(text) end, reason)
    end
    raises_exc("ArgumentError", function() core.array_parse(("{"):rep(100)) end, "too many dimensions")
  end)

  it("is written with the quotes that are needed", function()
    assert.equal("{}", core.array_print {})
    assert.equal("{1,t,2024-01-02,1.10}", core.array_print { 1, true, am.date(2024, 1, 2), am.decimal("1.10") })
    assert.equal("{NULL,\"NULL\",\"\",\"a b\"}", core.array_print { null, "NULL", "", "a b" })
    assert.equal([[{"q\"\\",{x,y}}]], core.array_print { 'q"\\', { "x", "y" } })
    assert.equal("{<1>,<2>}", core.array_print({ 1, 2 }, function(v) return "<" .. v .. ">" end))
    assert.equal("{{2},{4}}", core.array_print({ { 1 }, { 2 } }, function(v) return v * 2 end, ",", 2))
    assert.equal("{9223372036854775807}", core.array_print { am.int64("9223372036854775807") })
    raises_exc("ArgumentError", function() core.array_print { print } end, "a function has no text")
    raises_exc("ArgumentError", function() core.array_print "x" end, "expected a list")
    local loop = {}
    loop[1] = loop
    raises_exc("ArgumentError", function() core.array_print(loop) end, "contain itself")
  end)

  it("round-trips random nested lists", function()
    math.randomseed(31337)
    local alphabet = 'ab,"\\{} \t\nNUL\0é'
    local function element()
      if math.random() < 0.1 then return null end
      local parts = {}
      for i = 1, math.random(0, 6) do
        local at = math.random(#alphabet)
        parts[i] = alphabet:sub(at, at)
      end
      return table.concat(parts)
    end
    for _ = 1, 500 do
      local list = {}
      for i = 1, math.random(0, 5) do list[i] = math.random() < 0.2 and { element(), element() } or element() end
      assert.same(list, core.array_parse(core.array_print(list)))
    end
  end)
end)

describe("hstore text", function()
  it("is read and written", function()
    assert.same({ a = "1", b = null, c = "" }, core.hstore_parse('"a"=>"1", "b"=>NULL, "c"=>""'))
    assert.same({ a = "x", ["k k"] = 'q"' }, core.hstore_parse('a=>x,"k k"=>"q\\""'))
    assert.same({}, core.hstore_parse(""))
    assert.same({ n = "NULL" }, core.hstore_parse('n=>"NULL"'))
    assert.equal('"a"=>"1", "b"=>NULL, "c\\"\\\\"=>"x y"', core.hstore_print { b = null, a = 1, ['c"\\'] = "x y" })
    assert.equal("", core.hstore_print {})
    local odd = { [""] = "", ["=>"] = ",", ["\0"] = "\0" }
    assert.same(odd, core.hstore_parse(core.hstore_print(odd)))
  end)

  it("is refused when malformed", function()
    for text, reason in pairs { a = "expected '=>' at character 2", ["a=>"] = "a key or value is missing",
      ['"a=>1'] = "a quote is not closed", ["a=>1,"] = "a pair is missing at character 6",
      ["a=>1 b=>2"] = "expected ',' at character 6", ["=>1"] = "a key or value is missing",
      ['a=>"x\\'] = "nothing follows a backslash" } do
      raises_exc("ArgumentError", function() core.hstore_parse(text) end, "is not an hstore: " .. reason)
    end
    raises_exc("ArgumentError", function() core.hstore_print { "x" } end, "keys of an hstore")
    raises_exc("ArgumentError", function() core.hstore_print { a = {} } end, "a table has no text")
  end)
end)

describe("uuid", function()
  local canonical = "123e4567-e89b-12d3-a456-426614174000"

  it("is canonical text", function()
    for _, spelling in ipairs {
      canonical, canonical:upper(), "{" .. canonical .. "}", "urn:uuid:" .. canonical, (canonical:gsub("-", "")),
      "123e-4567-e89b-12d3-a456-4266-1417-4000",
    } do
      assert.equal(canonical, core.uuid(spelling))
    end
    assert.equal(canonical, core.uuid_from_bytes(core.uuid_to_bytes(canonical)))
    assert.equal(16, #core.uuid_to_bytes(canonical))
    for _, bad in ipairs { "", "x", canonical .. "0", canonical:sub(2), "{" .. canonical, "-" .. canonical } do
      raises_exc("ArgumentError", function() core.uuid(bad) end, "is not a UUID")
    end
    raises_exc("ArgumentError", function() core.uuid(5) end, "a UUID is a string")
  end)

  it("is made new", function()
    assert.matches("^%x+%-%x+%-4%x%x%x%-[89ab]%x%x%x%-%x+$", am.uuid4())
    assert.matches("^%x+%-%x+%-7%x%x%x%-[89ab]%x%x%x%-%x+$", am.uuid7())
    assert.are_not.equal(am.uuid4(), am.uuid4())
    local before = am.uuid7()
    local stop = os.clock() + 0.002
    while os.clock() < stop do before = before end
    assert.is_true(before < am.uuid7())
    local earliest = os.time()
    local seconds = tonumber(am.uuid7():gsub("-", ""):sub(1, 12), 16) / 1000
    assert.is_true(seconds >= earliest and seconds < os.time() + 1) -- however long the machine took between these
  end)
end)

describe("what may be passed for a column", function()
  it("is a date", function()
    local d = am.date(2024, 2, 29)
    assert.equal(d, core.to_date(d))
    assert.equal(d, core.to_date("2024-02-29"))
    assert.equal(d, core.to_date(am.datetime(2024, 2, 29, 10)))
    assert.equal(d, core.to_date(os.date("*t", os.time { year = 2024, month = 2, day = 29 })))
    assert.equal(d, core.to_date(os.time { year = 2024, month = 2, day = 29, hour = 12 }))
    raises_exc("ArgumentError", function() core.to_date("2024-02-30") end,
      "'2024%-02%-30' is not a date: day 30 is not in 1..29; pass an am.date")
    raises_exc("ArgumentError", function() core.to_date { year = 2024 } end, "no field 'month'")
    raises_exc("ArgumentError", function() core.to_date(true) end, "a boolean is not a date")
    raises_exc("ArgumentError", function() core.to_date(am.timedelta()) end, "an am.timedelta is not a date")
    raises_exc("ArgumentError", function() core.to_date(null) end, "a null is not a date")
  end)

  it("is a time", function()
    local t = am.time(10, 30, 5)
    assert.equal(t, core.to_time(t))
    assert.equal(t, core.to_time("10:30:05"))
    assert.equal(t, core.to_time { hour = 10, min = 30, sec = 5 })
    assert.equal(t, core.to_time(os.time { year = 2024, month = 1, day = 1, hour = 10, min = 30, sec = 5 }))
    raises_exc("ArgumentError", function() core.to_time(am.datetime(2024, 1, 1)) end, "an am.datetime is not a time")
    raises_exc("ArgumentError", function() core.to_time { hour = 25 } end, "hour 25")
  end)

  it("is a datetime", function()
    local m = am.datetime(2024, 2, 29, 10, 30, 5)
    assert.equal(m, core.to_datetime(m))
    assert.equal(m, core.to_datetime("2024-02-29T10:30:05"))
    assert.equal(am.datetime(2024, 2, 29), core.to_datetime(am.date(2024, 2, 29)))
    assert.equal(m, core.to_datetime { year = 2024, month = 2, day = 29, hour = 10, min = 30, sec = 5 })
    assert.equal(m, core.to_datetime(m:timestamp()))
    assert.equal("1970-01-01 00:00:01.500000+00:00", tostring(core.to_datetime(1.5, true)))
    raises_exc("ArgumentError", function() core.to_datetime("tomorrow") end, "pass an am.datetime")
    raises_exc("ArgumentError", function() core.to_datetime { year = "x" } end, "field 'year' is not a whole number")
  end)

  it("is a timedelta", function()
    local t = am.timedelta(1, 7384.5)
    assert.equal(t, core.to_timedelta(t))
    assert.equal(t, core.to_timedelta("1 day 02:03:04.5"))
    assert.equal(t, core.to_timedelta(93784.5))
    assert.equal(t, core.to_timedelta { days = 1, hours = 2, minutes = 3, seconds = 4.5 })
    raises_exc("ArgumentError", function() core.to_timedelta { day = 1 } end, "other fields than days")
    raises_exc("ArgumentError", function() core.to_timedelta("soon") end, "is not an interval")
    raises_exc("ArgumentError", function() core.to_timedelta(am.date(2024, 1, 1)) end, "an am.date is not a timedelta")
  end)

  it("is a decimal", function()
    assert.equal("1.10", core.decimal_text(am.decimal("1.10")))
    assert.equal("5", core.decimal_text(5))
    assert.equal("0.1", core.decimal_text(0.1))
    assert.equal("0.30000000000000004", core.decimal_text(0.1 + 0.2))
    assert.equal("Infinity", core.decimal_text(math.huge))
    assert.equal("NaN", core.decimal_text(0 / 0))
    assert.equal("12.50", core.decimal_text("12.50"))
    raises_exc("ArgumentError", function() core.decimal_text("12,5") end, "is not a decimal")
    raises_exc("ArgumentError", function() core.decimal_text {} end, "a table is not a decimal")
  end)
end)

it("equal values have equal keys", function()
  assert.equal(core.value_key(am.decimal("1.10")), core.value_key(am.decimal("1.1")))
  assert.equal(core.value_key(am.decimal("100")), core.value_key(am.decimal("1E+2")))
  assert.equal(core.value_key(am.decimal("-0.0")), core.value_key(am.decimal("0")))
  assert.are_not.equal(core.value_key(am.decimal("1")), core.value_key(am.decimal("-1")))
  assert.equal(core.value_key(am.datetime.parse("2024-01-01T01:00+01:00")),
    core.value_key(am.datetime.parse("2024-01-01T00:00Z")))
  local naive = am.datetime(2024, 1, 1)
  assert.are_not.equal(core.value_key(naive), core.value_key(naive:replace { tzoffset = 0 }))
  assert.is_nil(core.value_key(5))
  assert.equal("1 day 00:00:01", core.value_text(am.timedelta(1, 1)))
end)
