-- Exact integers of 64 bits.
local am = require "alchemoon"
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc

describe("int64", function()
  it("is exact at the edges", function()
    for _, digits in ipairs {
      "0", "1", "-1", "9007199254740992", "9007199254740993", "-9007199254740993", "4294967296", "-4294967297",
      "9223372036854775807", "-9223372036854775808", "1234567890123456789", "-6917529027641081857",
    } do
      assert.equal(digits, core.int64_digits(am.int64(digits)))
      assert.equal(digits, am.int64_tostring(am.int64(am.int64(digits))))
    end
  end)

  it("is an ordinary number while that is exact", function()
    assert.equal(5, am.int64("5"))
    assert.equal(-7, am.int64(-7))
    assert.equal("number", type(am.int64("9007199254740992")))
    assert.equal(3, am.int64(3.0))
  end)

  it("computes on both runtimes", function()
    assert.equal("9007199254740994", am.int64_tostring(am.int64("9007199254740993") + 1))
    assert.is_true(am.int64("9223372036854775807") > am.int64("9223372036854775806"))
  end)

  it("refuses what is no 64-bit integer", function()
    for _, value in ipairs {
      "9223372036854775808", "-9223372036854775809", "", "1.5", "x", "1 ", "0x10", 1.5, 2 ^ 70, {}, 0 / 0,
    } do
      raises_exc("ArgumentError", function() am.int64(value) end, "am.int64")
    end
  end)
end)
