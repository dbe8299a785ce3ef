-- am.timedelta.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local timedelta = am.timedelta

local function parts(t) return { t.days, t.seconds, t.microseconds } end

describe("timedelta", function()
  it("normalises as Python does", function()
    assert.same({ -1, 86399, 999999 }, parts(timedelta { microseconds = -1 }))
    assert.same({ 8, 3661, 500000 }, parts(timedelta { weeks = 1, days = 1, hours = 1, minutes = 1, seconds = 1.5 }))
    assert.same({ 1, 2, 3 }, parts(timedelta(1, 2, 3)))
    assert.same({ 0, 0, 2000 }, parts(timedelta { milliseconds = 2 }))
    assert.same({ 0, 0, 0 }, parts(timedelta()))
    assert.equal(timedelta { days = 1 }, timedelta { hours = 24 })
    assert.same({ 0, 0, 2 }, parts(timedelta { microseconds = 2.5 }))
    assert.same({ 0, 0, 4 }, parts(timedelta { microseconds = 3.5 }))
  end)

  it("prints as Python does", function()
    assert.equal("0:00:00", tostring(timedelta()))
    assert.equal("1 day, 2:03:04.500000", tostring(timedelta(1, 7384.5)))
    assert.equal("-1 day, 22:00:00", tostring(timedelta { hours = -2 }))
    assert.equal("10 days, 0:00:00", tostring(timedelta { days = 10 }))
    assert.equal("999999999 days, 23:59:59.999999", tostring(timedelta.max))
  end)

  it("refuses bad arguments", function()
    raises_exc("ArgumentError", function() timedelta { day = 1 } end, "did you mean 'days'")
    raises_exc("ArgumentError", function() timedelta { days = "1" } end, "days must be a number, got string")
    raises_exc("ArgumentError", function() timedelta { days = 1e10 } end, "exceeds 999999999 days")
    raises_exc("ArgumentError", function() timedelta { days = 0 / 0 } end, "exceeds")
    raises_exc("ArgumentError", function() return timedelta.max + timedelta.resolution end, "exceeds")
    raises_exc("ArgumentError", function() return timedelta { days = 1 } / 0 end, "division by zero")
    raises_exc("ArgumentError", function() return timedelta { days = 1 } + 1 end, "cannot add timedelta")
    raises_exc("ArgumentError", function() return 1 / timedelta { days = 1 } end, "cannot divide")
    raises_exc("ArgumentError", function() return timedelta { days = 1 } * math.huge end, "finite")
  end)

  it("adds, multiplies and compares", function()
    local day = timedelta { days = 1 }
    assert.equal(timedelta { hours = 36 }, day * 1.5)
    assert.equal(timedelta { days = 3 }, 3 * day)
    assert.equal(timedelta { hours = 8 }, day / 3)
    assert.equal(4, day / timedelta { hours = 6 })
    assert.equal(3, day:floordiv(timedelta { hours = 7 }))
    assert.equal(timedelta { hours = 3 }, day % timedelta { hours = 7 })
    assert.equal(timedelta { days = -1 }, -day)
    assert.equal(day, (-day):abs())
    assert.equal(86400, day:total_seconds())
    assert.is_true(timedelta { hours = 23 } < day and day:ge(timedelta { hours = 24 }))
  end)
end)

describe("interval text", function()
  it("is read in every style of the server", function()
    local cases = {
      ["1 day 02:03:04.5"] = { 1, 7384, 500000 },
      ["-1 days +02:00:00"] = { -1, 7200, 0 },
      ["-02:00:00"] = { -1, 79200, 0 },
      ["1 day -02:00:00"] = { 0, 79200, 0 },
      ["1 year 2 mons 3 days"] = { 428, 0, 0 },
      ["-1 mons +1 day"] = { -29, 0, 0 },
      ["00:00:00"] = { 0, 0, 0 },
      ["100:00:00"] = { 4, 14400, 0 },
      ["00:00:00.000001"] = { 0, 0, 1 },
      ["@ 1 day 2 hours 3 mins 4.5 secs"] = { 1, 7384, 500000 },
      ["@ 1 day 2 hours ago"] = { -2, 79200, 0 },
      ["@ 0"] = { 0, 0, 0 },
      ["P1DT2H"] = { 1, 7200, 0 },
      ["P1Y2M3DT4H5M6.5S"] = { 428, 14706, 500000 },
      ["P-1DT-2H"] = { -2, 79200, 0 },
      ["PT0S"] = { 0, 0, 0 },
      ["P2W"] = { 14, 0, 0 },
      ["+1-2 -3 +4:05:06"] = { 422, 14706, 0 },
      ["3 4:05:06"] = { 3, 14706, 0 },
      ["-3 2:03:04.5"] = { -4, 79015, 500000 },
      ["-3 +2:03:04.5"] = { -3, 7384, 500000 },
      ["1.5 days"] = { 1, 43200, 0 },
      ["2 weeks"] = { 14, 0, 0 },
      ["5 milliseconds"] = { 0, 0, 5000 },
      ["90"] = { 0, 90, 0 },
      ["1 hour 30 minutes"] = { 0, 5400, 0 },
    }
    for text, expected in pairs(cases) do
      assert.same(expected, parts(timedelta.parse(text)), text)
    end
  end)

  it("is refused when it is none", function()
    for _, text in ipairs {
      "", " ", "day", "1 dya", "P", "PT", "P1", "1:2:3:4", "1 day ago 2", "1:99", "--1 day", "P1H",
    } do
      raises_exc("ArgumentError", function() timedelta.parse(text) end, "is not an interval")
    end
  end)

  it("comes back from its text", function()
    assert.equal("1 day 02:03:04.5", timedelta(1, 7384.5):to_interval())
    assert.equal("-1 days +22:00:00", timedelta { hours = -2 }:to_interval())
    assert.equal("00:00:00", timedelta():to_interval())
    math.randomseed(99)
    for _ = 1, 1000 do
      local t = timedelta(math.random(-10000, 10000), math.random(-86400, 86400), math.random(-999999, 999999))
      assert.equal(t, timedelta.parse(t:to_interval()))
    end
    assert.equal(timedelta.min, timedelta.parse(timedelta.min:to_interval()))
  end)
end)
