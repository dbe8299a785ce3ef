-- am.decimal.
local am = require "alchemoon"
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc
local D = am.decimal

describe("decimal", function()
  describe("text", function()
    it("keeps digits, zeros and exponent as Python's str does", function()
      local cases = {
        ["1.10"] = "1.10", ["0"] = "0", ["-0"] = "-0", ["007.50"] = "7.50", ["0.00"] = "0.00", [".5"] = "0.5",
        ["5."] = "5", ["1E+5"] = "1E+5", ["1e5"] = "1E+5", ["12.3E-1"] = "1.23", ["0.000001"] = "0.000001",
        ["0.0000001"] = "1E-7", ["123E-10"] = "1.23E-8", ["  12 "] = "12", ["+3"] = "3", ["0E+3"] = "0E+3",
        ["inf"] = "Infinity", ["-Infinity"] = "-Infinity", ["nan"] = "NaN", ["NaN"] = "NaN",
      }
      for text, expected in pairs(cases) do assert.equal(expected, tostring(D(text))) end
    end)

    it("is exact beyond the precision of arithmetic", function()
      local long = ("1234567890"):rep(100) .. "." .. ("0987654321"):rep(100)
      assert.equal(long, tostring(D(long)))
      assert.equal("-" .. long, tostring(D("-" .. long)))
      assert.equal("1.2345678901234567890123456789012345679E+999", tostring(D(long):plus()))
    end)

    it("refuses what is no decimal", function()
      for _, text in ipairs { "", " ", "abc", "1.2.3", "1e", "e5", "--1", "1 2", "0x10", "1E+99999999999", "1\0" } do
        raises_exc("ArgumentError", function() return D(text) end, "is not a decimal")
      end
    end)

    it("prints without exponent on demand", function()
      assert.equal("100000", D("1E+5"):to_plain())
      assert.equal("0.0000000012", D("12E-10"):to_plain())
      assert.equal("0", D("0E+5"):to_plain())
      assert.equal("NaN", D("NaN"):to_plain())
    end)
  end)

  describe("construction", function()
    it("takes integers and decimals", function()
      assert.equal("42", tostring(D(42)))
      assert.equal("-9223372036854775808", tostring(D(am.int64("-9223372036854775808"))))
      assert.equal("9223372036854775807", tostring(D(am.int64("9223372036854775807"))))
      local d = D("1.5")
      assert.equal(d, D(d))
    end)

    it("refuses floats and other types, and says what to do", function()
      raises_exc("ArgumentError", function() return D(0.1) end, "a float is not exact; pass a string")
      raises_exc("ArgumentError", function() return D({}) end, "got table")
      raises_exc("ArgumentError", function() return D() end, "expected a string")
    end)

    it("expands floats exactly", function()
      assert.equal("0.1000000000000000055511151231257827021181583404541015625", tostring(D.from_float(0.1)))
      assert.equal("-0.5", tostring(D.from_float(-0.5)))
      assert.equal("Infinity", tostring(D.from_float(math.huge)))
    end)
  end)

  it("computes what Python computes", function()
    local ops = {
      ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end,
      ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end,
      ["%"] = function(a, b) return a % b end, ["//"] = function(a, b) return a:floordiv(b) end,
      cmp = function(a, b) return a:compare(b) end,
      eq = function(a, b) return a == b and "True" or "False" end,
      neg = function(a) return -a end, abs = function(a) return a:abs() end,
      sqrt = function(a) return a:sqrt() end, norm = function(a) return a:normalize() end,
      str = tostring, plain = function(a) return a:to_plain() end,
      int = function(a) return core.int64_digits(a:tointeger()) end,
      q = function(a, b) return a:quantize(b) end,
    }
    local count = 0
    for op, a, b, expected in require("value.decimal_cases"):gmatch("([^\n|]+)|([^|]*)|([^|]*)|([^\n]*)\n") do
      local fn = ops[op] or function(x) return x:quantize(D("1E-3"), op:sub(2)) end
      local ok, result = pcall(fn, D(a), D(b))
      assert.equal(expected, ok and tostring(result) or "ERR", ("%s of %s and %s"):format(op, a, b))
      count = count + 1
    end
    assert.is_true(count > 300)
  end)

  describe("arithmetic", function()
    it("mixes with integers on either side", function()
      assert.equal("3.10", tostring(D("1.10") + 2))
      assert.equal("0.90", tostring(2 - D("1.10")))
      assert.equal("2.20", tostring(D("1.10") * 2))
      assert.equal("0.5", tostring(1 / D(2)))
      assert.equal("1.10", tostring(D("1.10") % 5))
      assert.equal("-1.10", tostring(-D("1.10")))
    end)

    it("rounds half to even at 38 digits", function()
      assert.equal("0.33333333333333333333333333333333333333", tostring(D(1) / 3))
      assert.equal("0.66666666666666666666666666666666666667", tostring(D(2) / 3))
      local nines = D(("9"):rep(38))
      assert.equal("1.0000000000000000000000000000000000000E+38", tostring(nines + 1))
      assert.equal("9.9999999999999999999999999999999999998E+75", tostring(nines * nines))
    end)

    it("refuses floats", function()
      raises_exc("ArgumentError", function() return D("1") + 1.5 end, "cannot add decimal and")
      raises_exc("ArgumentError", function() return 0.5 * D("1") end, "cannot multiply")
      raises_exc("ArgumentError", function() return D("1") + "1" end, "cannot add decimal and string")
    end)

    it("traps what Python's context traps", function()
      raises_exc("ArgumentError", function() return D(1) / 0 end, "division by zero")
      raises_exc("ArgumentError", function() return D(0) / 0 end, "division by zero")
      raises_exc("ArgumentError", function() return D("inf") - D("inf") end, "Infinity minus Infinity")
      raises_exc("ArgumentError", function() return D("9E+999999") * 10 end, "overflow")
      raises_exc("ArgumentError", function() return D(-1):sqrt() end, "square root")
      raises_exc("ArgumentError", function() return D("1E+50"):floordiv(1) end, "more digits")
    end)

    it("raises to whole powers", function()
      assert.equal("1.2100", tostring(D("1.10") ^ 2))
      assert.equal("0.125", tostring(D(2):pow(-3)))
      assert.equal("1", tostring(D("5.5") ^ 0))
      assert.equal("4.3222953356518903074165508590098375791E+2567", tostring(D("1.23456789") ^ 28057))
      raises_exc("ArgumentError", function() return D(2) ^ D("0.5") end, "whole number")
    end)
  end)

  describe("comparison", function()
    it("is by value", function()
      assert.is_true(D("1.10") == D("1.1"))
      assert.is_true(D("0") == D("-0.000"))
      assert.is_true(D("1E+2") == D("100"))
      assert.is_false(D("1") == D("1.0000000000000000000000000000000000000000001"))
      assert.is_true(D("1.1") < D("1.2") and D("-2") <= D("-2.0") and D("inf") > D("1E+999999"))
      assert.is_true(D("2.50"):gt(2) and D("2"):eq(2) and D("2"):ne(3) and D("2"):le(2))
      assert.equal(-1, D("1"):compare(2))
      assert.equal("3", tostring(D(2):max(3)))
    end)

    it("knows that NaN equals nothing and has no order", function()
      assert.is_false(D("NaN") == D("NaN"))
      raises_exc("ArgumentError", function() return D("NaN") < D(1) end, "is_nan")
      assert.equal("NaN", tostring(D("NaN") + 1))
    end)

    it("refuses foreign operands", function()
      raises_exc("ArgumentError", function() return D(1):lt(1.5) end, "cannot compare")
      raises_exc("ArgumentError", function() return D(1):lt("2") end, "cannot compare")
      assert.is_false(D(1):eq(1.5))
    end)
  end)

  describe("rounding", function()
    it("goes half to even by default", function()
      assert.equal("2", tostring(D("2.5"):round()))
      assert.equal("4", tostring(D("3.5"):round()))
      assert.equal("1.23", tostring(D("1.225"):round(2, "ROUND_HALF_UP")))
      assert.equal("1.22", tostring(D("1.225"):round(2)))
      assert.equal("1.2E+2", tostring(D("123"):round(-1)))
      assert.equal("1.30", tostring(D("1.3"):quantize("0.01")))
      assert.equal("3", tostring(D("2.5"):to_integral_value("ROUND_UP")))
      raises_exc("ArgumentError", function() return D(1):round(2, "ROUND_HALF_EVE") end, "ROUND_HALF_EVEN")
    end)

    it("refuses more digits than the precision", function()
      raises_exc("ArgumentError", function() return D("1E+38"):quantize(D("1")) end, "38 digits")
    end)
  end)

  it("converts to numbers", function()
    assert.equal(1.1, D("1.10"):tonumber())
    assert.equal(0.1, D("0.1"):tonumber())
    assert.equal(2 ^ -1074, D("4.9406564584124654E-324"):tonumber())
    assert.equal(9007199254740993 + 0.0, D("9007199254740993." .. ("0"):rep(900)):tonumber())
    assert.equal(9007199254740994, D("9007199254740993." .. ("0"):rep(900) .. "1"):tonumber())
    assert.equal(-math.huge, D("-Infinity"):tonumber())
    local nan = D("NaN"):tonumber()
    assert.is_true(nan ~= nan)
    assert.equal(-3, D("-3.99"):tointeger())
    assert.equal("9223372036854775807", core.int64_digits(D("9223372036854775807.9"):tointeger()))
    raises_exc("ArgumentError", function() return D("9223372036854775808"):tointeger() end, "no 64%-bit integer")
    raises_exc("ArgumentError", function() return D("NaN"):tointeger() end, "no 64%-bit integer")
  end)

  it("tells its properties", function()
    assert.equal(-2, D("1.10").exponent)
    assert.equal(2, D("123.45"):adjusted())
    assert.is_true(D("NaN"):is_nan() and D("-inf"):is_infinite() and D("1"):is_finite())
    assert.is_true(D("-0"):is_signed() and D("0.0"):is_zero())
    assert.equal("1.5", tostring(D("-1.5"):copy_abs()))
    assert.equal("decimal", core.value_kind(D(1)))
  end)

  it("is immutable", function()
    raises_exc("ArgumentError", function() D(1).exponent = 3 end, "immutable")
  end)

  it("leaves operators to foreign objects that define them", function()
    local mt = { __add = function(a, b) return { a, b } end }
    local foreign = setmetatable({}, mt)
    assert.equal(foreign, (D(1) + foreign)[2])
    assert.equal(foreign, (foreign + D(1))[1])
  end)

  it("survives random texts and returns every number unchanged", function()
    math.randomseed(20240229)
    local alphabet = "0123456789..+-eEnifNa "
    for _ = 1, 3000 do
      local parts = {}
      for i = 1, math.random(1, 14) do
        local at = math.random(#alphabet)
        parts[i] = alphabet:sub(at, at)
      end
      local ok, d = pcall(D, table.concat(parts))
      if ok then assert.equal(tostring(d), tostring(D(tostring(d)))) end
    end
  end)
end)
