-- JSON values on their way to the database and back.
local am = require "alchemoon"
local json = require "alchemoon.types.json"
local faults = require "support.faults"
local raises_exc = require("support.init").raises_exc

local INTEGERS = math.type ~= nil -- luacheck: ignore 143

--- What kind of number, where Lua tells.
local function kind(value) return INTEGERS and math.type(value) or type(value) end -- luacheck: ignore 143

describe("JSON texts", function()
  it("are those of Python's json.dumps, with keys in order", function()
    for text, value in pairs{
      ['{"a": 1, "b": [1, 2, {"c": null}], "z": true}'] = { z = true, b = { 1, 2, { c = am.null } }, a = 1 },
      ['"a/b \\"q\\" \\\\ \\n\\t\\r\\b\\f \\u0001 \\u007f"'] = 'a/b "q" \\ \n\t\r\b\f \1 \127',
      ['"\\u00e9 \\u20ac \\ud83d\\ude00"'] = "\195\169 \226\130\172 \240\159\152\128",
      ['"\\u0000"'] = "\0",
      ['""'] = "",
      ["{}"] = {},
      ["[]"] = setmetatable({}, json.array_mt),
      ["null"] = am.null,
      ["false"] = false,
      ["1.5"] = 1.5,
      ["0.1"] = 0.1,
      ["1e+300"] = 1e300,
      ["-7"] = -7,
      ["[1, null, 3]"] = { 1, nil, 3 },
      ['{"1": "a", "1.5": "c", "100": "b", "x": "d"}'] = { [1] = "a", [100] = "b", [1.5] = "c", x = "d" },
      ['{"1": 1, "100": 2}'] = { [1] = 1, [100] = 2 },
      ["9007199254740993"] = am.int64("9007199254740993"),
      ["-9223372036854775808"] = am.int64("-9223372036854775808"),
    } do
      assert.are.equal(text, json.encode(value))
    end
    assert.are.equal(INTEGERS and "2.0" or "2", json.encode(2.0))
    assert.are.equal(INTEGERS and "-0.0" or "-0", json.encode(-1 / math.huge))
  end)

  it("leave bytes that are no UTF-8 to the database", function()
    for _, bytes in ipairs{ "\255", "\192\128", "\195", "\237\160\128x" } do
      assert.are.equal('"' .. bytes .. '"', json.encode(bytes))
    end
  end)

  it("cannot say some values", function()
    local deep = {}
    deep[1] = deep
    for _, case in ipairs{
      { 0 / 0, "no spelling for the number nan" }, { -1 / 0, "no spelling for the number %-inf" },
      { print, "a function has no JSON form" }, { { a = { io.stdout } }, "a userdata has no JSON form" },
      { { [{}] = 1 }, "keys are strings, got a table" }, { { [true] = 1, a = 2 }, "keys are strings, got a boolean" },
      { deep, "nested more than 200 levels deep" },
    } do
      raises_exc("StatementError", function() json.encode(case[1]) end, case[2])
    end
  end)
end)

describe("JSON values", function()
  it("are read exactly", function()
    for text, value in pairs{
      ["1"] = 1, ["-0"] = 0, ["123456789012345"] = 123456789012345, ["1.5"] = 1.5, ["-2.5e-3"] = -0.0025,
      ['"x"'] = "x", ["true"] = true, ["null"] = am.null, ['""'] = "",
      ['"\\u0001e"'] = "\1e", ['"\\u0001"'] = "\1", ['"\\u0001i12"'] = "\1i12", ['"\\u0001t"'] = "\1t",
      ['"[]"'] = "[]", ['"\\"[ ]1234567890123456"'] = '"[ ]1234567890123456', ['"\\\\"'] = "\\",
    } do
      assert.are.equal(value, json.decode(text))
    end
    assert.same({ a = { 1, 2, { b = "x" } }, c = { { d = {} } } },
      json.decode('{"a": [1, 2, {"b": "x"}], "c": [{"d": {}}]}'))
    assert.same({ ["\1e"] = "\1r1", k = { "\1e" } }, json.decode('{"\\u0001e" : "\\u0001r1", "k": ["\\u0001e"]}'))
  end)

  it("keep what kind of number they were", function()
    local read = json.decode('[1, 1.0, 10.50, 1e2, 12345678901234.0, 0.99999999999999999999, -3, 123456789012345678.5]')
    local kinds = {}
    for i, value in ipairs(read) do kinds[i] = kind(value) end
    local whole, real = kind(1), INTEGERS and "float" or "number"
    assert.same({ whole, real, real, real, real, real, whole, real }, kinds)
    assert.same({ 1, 1, 10.5, 100, 12345678901234, 1, -3, 123456789012345680 }, read)
    assert.are.equal(kind(1), kind(json.decode("7")))
  end)

  it("have integers of 64 bits, and the digits of larger ones", function()
    local text = '{"a": [9007199254740993, -9223372036854775808, 1234567890123456], "b": 9223372036854775807}'
    assert.are.equal(text, json.encode(json.decode(text)))
    assert.are.equal("123456789012345678901234567890", json.decode("123456789012345678901234567890"))
  end)

  it("keep empty lists apart from empty objects", function()
    for _, text in ipairs{ "[]", "{}", '{"a": [], "b": {}, "c": [[], [[]], {}]}' } do
      assert.are.equal(text, json.encode(json.decode(text)))
    end
    assert.are.equal("[]", json.encode(json.decode(" [ \n\t ] ")))
    local list = json.decode("[]")
    list[1] = "x"
    assert.are.equal('["x"]', json.encode(list))
  end)

  it("that are none are an error that says where", function()
    for _, text in ipairs{ "", "{", "[1,", '"abc', '"abc\\', "{'a': 1}", "nul", "1 2", "[1 2]", '{"a" 1}', "-",
      "\1" } do
      raises_exc("DataError", function() json.decode(text) end, "no JSON: .*character %d")
    end
  end)

  it("survive any failing allocation", function()
    local value = { a = { 1, 2.5, { b = "\226\130\172" } }, z = setmetatable({}, json.array_mt), n = "x" }
    faults.every_fault(function() return json.encode(json.decode(json.encode(value))) end,
      { only = jit and "core" or nil }) -- LuaJIT's own allocations: see spec/engine/fault_spec.lua
  end)

  it("go through a column both ways", function()
    local engine = am.create_engine("sqlite://")
    local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("data", am.JSON))
    engine:begin(function(conn)
      t:create(conn)
      local data = { price = 10.0, path = "a/b", n = am.int64("9007199254740993"), none = am.null,
        list = setmetatable({}, json.array_mt) }
      conn:execute(am.insert(t), { { data = data } })
      assert.are.equal('{"list": [], "n": 9007199254740993, "none": null, "path": "a/b", "price": 10'
        .. (INTEGERS and ".0" or "") .. "}", conn:scalar(am.text("select data from t")))
      local back = conn:scalar(am.select(t.c.data))
      assert.are.equal(json.encode(data), json.encode(back))
      assert.are.equal(kind(10.0), kind(back.price))
      conn:execute(am.text("update t set data = '{oops'"))
      raises_exc("DataError", function() return conn:execute(am.select(t.c.data)):first().data end, "no JSON")
    end)
    engine:dispose()
  end)
end)
