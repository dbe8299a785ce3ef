-- Dates, times, moments: against results of Python's datetime, and by hand at the edges.
local am = require "alchemoon"
local core = require "alchemoon.core"
local raises_exc = require("support.init").raises_exc
local unpack = table.unpack or unpack
local date, time, datetime, timedelta = am.date, am.time, am.datetime, am.timedelta

local function duration(text)
  local days, seconds, micros = text:match("^(.-),(.-),(.*)$")
  return timedelta(tonumber(days), tonumber(seconds), tonumber(micros))
end

local function show(value)
  if core.value_kind(value) == "timedelta" then
    return ("%d,%d,%d"):format(value.days, value.seconds, value.microseconds)
  elseif type(value) == "boolean" then
    return value and "True" or "False"
  end
  return tostring(value)
end

local P, Q = datetime.parse, duration
local ops = {
  iso = function(a) return P(a):isoformat() end,
  ["dt+td"] = function(a, b) return P(a) + Q(b) end,
  ["dt-td"] = function(a, b) return P(a) - Q(b) end,
  ["dt-dt"] = function(a, b) return P(a) - P(b) end,
  ["dt<"] = function(a, b) return P(a) < P(b) end,
  ["dt=="] = function(a, b) return P(a) == P(b) end,
  wd = function(a) return P(a):weekday() end,
  iw = function(a) return P(a):isoweekday() end,
  ic = function(a) return table.concat({ P(a):isocalendar() }, ",") end,
  ord = function(a) return P(a):toordinal() end,
  ts = function(a)
    local moment = P(a)
    return (moment.tzoffset and moment or moment:replace { tzoffset = 0 }):timestamp()
  end,
  ["d+td"] = function(a, b) return date.parse(a) + Q(b) end,
  ["d-td"] = function(a, b) return date.parse(a) - Q(b) end,
  ["d-d"] = function(a, b) return date.parse(a) - date.parse(b) end,
  ["td+td"] = function(a, b) return Q(a) + Q(b) end,
  ["td-td"] = function(a, b) return Q(a) - Q(b) end,
  ["-td"] = function(a) return -Q(a) end,
  tds = function(a) return tostring(Q(a)) end,
  tots = function(a) return Q(a):total_seconds() end,
  ["td*n"] = function(a, b) return Q(a) * tonumber(b) end,
  ["td/n"] = function(a, b) return Q(a) / tonumber(b) end,
  ["td//n"] = function(a, b) return Q(a):floordiv(tonumber(b)) end,
  ["td*f"] = function(a, b) return Q(a) * tonumber(b) end,
  ["td/f"] = function(a, b) return Q(a) / tonumber(b) end,
  ["td%td"] = function(a, b) return Q(a) % Q(b) end,
  ["td//td"] = function(a, b) return core.int64_digits(Q(a):floordiv(Q(b))) end,
  ["td/td"] = function(a, b) return Q(a) / Q(b) end,
  astz = function(a, b) return P(a):astimezone(tonumber(b)) end,
  fromts = function(a) return datetime.fromtimestamp(tonumber(a), 0) end,
  mk = function(d, h, s, u)
    return timedelta { days = tonumber(d), hours = tonumber(h), seconds = tonumber(s), microseconds = tonumber(u) }
  end,
  ["t<"] = function(a, b) return time.parse(a) < time.parse(b) end,
  ["t=="] = function(a, b) return time.parse(a) == time.parse(b) end,
}

it("computes what Python computes", function()
  local count = 0
  for line in require("value.temporal_cases"):gmatch("[^\n]+") do
    local parts = {}
    for part in (line .. "|"):gmatch("([^|]*)|") do parts[#parts + 1] = part end
    local op, expected = table.remove(parts, 1), table.remove(parts)
    local ok, result = pcall(ops[op], unpack(parts))
    if expected:find("0x", 1, true) and ok then
      assert.is_true(math.abs(result - tonumber(expected)) <= 1e-15 * math.abs(result), line)
    else
      assert.equal(expected, ok and show(result) or "ERR", line)
    end
    count = count + 1
  end
  assert.is_true(count > 350)
end)

describe("date", function()
  it("takes Python's arguments, names, or both", function()
    local d = date(2026, 11, 21)
    assert.same({ 2026, 11, 21 }, { d.year, d.month, d.day })
    assert.equal(d, date { year = 2026, month = 11, day = 21 })
    assert.equal(d, date(2026, 11, { day = 21 }))
    assert.equal("2026-11-21", tostring(d))
    assert.equal("0001-01-01", tostring(date.min))
    assert.equal("9999-12-31", tostring(date.max))
  end)

  it("says which argument is wrong", function()
    raises_exc("ArgumentError", function() date(2026, 13, 1) end,
      "am.date%(2026, 13, 1%): month 13 is not in 1..12")
    raises_exc("ArgumentError", function() date(2023, 2, 29) end, "day 29 is not in 1..28")
    raises_exc("ArgumentError", function() date(1900, 2, 29) end, "1..28")
    raises_exc("ArgumentError", function() date(0, 1, 1) end, "year 0 is not in 1..9999")
    raises_exc("ArgumentError", function() date(10000, 1, 1) end, "year 10000")
    raises_exc("ArgumentError", function() date(2026, 1) end, "day is missing")
    raises_exc("ArgumentError", function() date("2026-01-01") end, "year must be a whole number, got string")
    raises_exc("ArgumentError", function() date(2026, 1, 1, 5) end, "too many arguments")
    raises_exc("ArgumentError", function() date { year = 2026, mont = 1, day = 2 } end, "did you mean 'month'")
    raises_exc("ArgumentError", function() date(2026, 1, 2, { day = 2 }) end, "given twice")
    assert.equal("2000-02-29", tostring(date(2000, 2, 29)))
  end)

  it("reads ISO forms", function()
    assert.equal(date(2024, 2, 29), date.parse("2024-02-29"))
    assert.equal(date(2024, 2, 29), date.parse("20240229"))
    assert.equal(date(2024, 2, 29), date.parse("2024-W09-4"))
    assert.equal(date(2020, 12, 31), date.parse("2020-W53-4"))
    for text, reason in pairs {
      ["2023-02-29"] = "day 29 is not in 1..28", ["2024-1-2"] = "expected YYYY%-MM%-DD", [""] = "expected",
      ["2024-01-02 "] = "expected", ["2024-01-02 00:00:00"] = "expected", ["infinity"] = "cast to text",
      ["0044-03-15 BC"] = "cast to text", ["2021-W53-1"] = "no week 53", ["0000-01-01"] = "year 0",
      ["2024-01-\0002"] = "expected", ["-2024-01-02"] = "expected",
    } do
      raises_exc("ArgumentError", function() date.parse(text) end, reason)
    end
  end)

  it("compares, and refuses other kinds", function()
    assert.is_true(date(2024, 1, 2) < date(2024, 1, 3) and date(2024, 1, 2) >= date(2024, 1, 2))
    assert.is_false(date(2024, 1, 1) == datetime(2024, 1, 1))
    assert.is_true(date(2024, 1, 2):lt(date(2024, 2, 1)))
    raises_exc("ArgumentError", function() return date(2024, 1, 1):lt(datetime(2024, 1, 1)) end,
      "cannot compare date and datetime")
    raises_exc("ArgumentError", function() return date(2024, 1, 1) + 1 end, "cannot add date and")
    raises_exc("ArgumentError", function() return date.max + timedelta { days = 1 } end, "outside the years")
  end)

  it("answers calendar questions", function()
    local d = date(2026, 11, 21)
    assert.same({ 5, 6 }, { d:weekday(), d:isoweekday() })
    assert.same({ 2026, 47, 6 }, { d:isocalendar() })
    assert.equal(d, date.fromordinal(d:toordinal()))
    assert.equal(d, date.fromisocalendar(2026, 47, 6))
    assert.equal(1, date.min:toordinal())
    assert.equal("21.11.26", d:strftime("%d.%m.%y"))
    assert.equal("2026-12-01", tostring(d:replace { month = 12, day = 1 }))
    raises_exc("ArgumentError", function() d:replace { month = 2, day = 30 } end, "day 30")
    local t = d:timetuple()
    assert.same({ 2026, 325, 7 }, { t.year, t.yday, t.wday })
    assert.equal(os.time { year = 2026, month = 11, day = 21, hour = 0 }, d:timestamp())
    assert.equal(os.date("%Y-%m-%d"), tostring(date.today()))
  end)
end)

describe("time", function()
  it("makes, prints and reads", function()
    local t = time(10, 30, 5, 250000, { tzoffset = -3600 })
    assert.same({ 10, 30, 5, 250000, -3600 }, { t.hour, t.minute, t.second, t.microsecond, t.tzoffset })
    assert.equal("10:30:05.250000-01:00", tostring(t))
    assert.equal("10:30:05.250-01:00", t:isoformat("milliseconds"))
    assert.equal(t, time.parse("10:30:05.25-01:00"))
    assert.equal("00:00:00", tostring(time()))
    assert.is_nil(time(1).tzoffset)
    for text, shown in pairs {
      ["10:30"] = "10:30:00", ["10"] = "10:00:00", ["103005"] = "10:30:05", ["T10:30:05Z"] = "10:30:05+00:00",
      ["10:30:05.1234567"] = "10:30:05.123456", ["10:30:05+00:19:32"] = "10:30:05+00:19:32",
      ["10:30:05+0530"] = "10:30:05+05:30", ["10:30:05-03"] = "10:30:05-03:00",
    } do
      assert.equal(shown, tostring(time.parse(text)))
    end
    for _, text in ipairs { "24:00:00", "10:60", "1:00", "10:30:", "10:30:05.", "10:30:05+", "10:30:05+24:00", "x" } do
      raises_exc("ArgumentError", function() time.parse(text) end, "is not a time")
    end
  end)

  it("compares moments of the day", function()
    assert.is_true(time(1) < time(2))
    assert.is_true(time(10, { tzoffset = 3600 }) == time(9, { tzoffset = 0 }))
    assert.is_false(time(10) == time(10, { tzoffset = 0 }))
    raises_exc("ArgumentError", function() return time(1) < time(2, { tzoffset = 0 }) end, "without tzoffset")
    raises_exc("ArgumentError", function() return time(1) + timedelta { hours = 1 } end, "cannot add time")
  end)
end)

describe("datetime", function()
  it("takes Python's arguments and an options table", function()
    local m = datetime(2026, 11, 21, 10, 30, { tzoffset = 3600, microsecond = 5 })
    assert.equal("2026-11-21 10:30:00.000005+01:00", tostring(m))
    assert.equal("2026-11-21T10:30:00.000005+01:00", m:isoformat())
    assert.equal("2026-11-21 10:30", m:replace { tzoffset = false }:isoformat(" ", "minutes"))
    assert.equal("2026-11-21_10", m:replace { tzoffset = false }:isoformat { sep = "_", timespec = "hours" })
    assert.equal(m, datetime(2026, 11, 21, 10, 30, 0, 5, 3600))
    assert.equal("2026-11-21", tostring(m:date()))
    assert.equal("10:30:00.000005", tostring(m:time()))
    assert.equal("10:30:00.000005+01:00", tostring(m:timetz()))
    assert.equal(m, datetime.combine(m:date(), m:timetz()))
    assert.equal("1:00:00", tostring(m:utcoffset()))
    assert.equal("UTC+01:00", m:tzname())
    raises_exc("ArgumentError", function() datetime(2026, 1, 1, 24) end, "hour 24 is not in 0..23")
    raises_exc("ArgumentError", function() datetime(2026, 1, 1, { tzofset = 1 }) end, "did you mean 'tzoffset'")
    raises_exc("ArgumentError", function() datetime(2026, 1, 1, { tzoffset = 86400 }) end, "tzoffset 86400")
    raises_exc("ArgumentError", function() datetime(2026, 1, 1.5) end, "day must be a whole number")
  end)

  it("reads what databases print", function()
    for text, shown in pairs {
      ["2024-01-02 03:04:05.123456"] = "2024-01-02 03:04:05.123456",
      ["2024-01-02T03:04:05Z"] = "2024-01-02 03:04:05+00:00",
      ["2024-01-02 03:04:05+02"] = "2024-01-02 03:04:05+02:00",
      ["2024-01-02 03:04:05.5+05:30"] = "2024-01-02 03:04:05.500000+05:30",
      ["1890-01-02 03:04:05+00:53:28"] = "1890-01-02 03:04:05+00:53:28",
      ["2024-01-02"] = "2024-01-02 00:00:00",
      ["2024-01-02T03:04"] = "2024-01-02 03:04:00",
      ["20240102T030405"] = "2024-01-02 03:04:05",
      ["9999-12-31 23:59:59.999999"] = "9999-12-31 23:59:59.999999",
    } do
      assert.equal(shown, tostring(datetime.parse(text)))
    end
    for text, reason in pairs {
      ["2024-13-01 00:00:00"] = "month 13", ["2024-01-02 25:00:00"] = "hour 25", ["infinity"] = "cast to text",
      ["2024-01-02 "] = "expected HH:MM", ["2024-01-02 03:04:05 BC"] = "cast to text", ["now"] = "expected YYYY",
      ["10000-01-01 00:00:00"] = "is not a datetime", ["2024-01-02 03:04:05.123456x"] = "expected HH:MM",
    } do
      raises_exc("ArgumentError", function() datetime.parse(text) end, reason)
    end
  end)

  it("orders by the moment and refuses mixtures", function()
    assert.is_true(datetime.parse("2024-01-02T10:00+02:00") == datetime.parse("2024-01-02T08:00Z"))
    assert.is_true(datetime.parse("2024-01-02T10:00+02:00") < datetime.parse("2024-01-02T08:01Z"))
    assert.is_false(datetime(2024, 1, 1) == datetime(2024, 1, 1, { tzoffset = 0 }))
    raises_exc("ArgumentError", function() return datetime(2024, 1, 1) < datetime(2024, 1, 1, { tzoffset = 0 }) end,
      "cannot compare a datetime without tzoffset")
    raises_exc("ArgumentError", function() return datetime(2024, 1, 1) - datetime(2024, 1, 1, { tzoffset = 0 }) end,
      "cannot subtract")
    raises_exc("ArgumentError", function() return datetime.max + timedelta.resolution end, "outside the years")
  end)

  it("meets the clock", function()
    local before = os.time()
    local now, utc = datetime.now(), datetime.utcnow()
    assert.is_true(now:timestamp() >= before and now:timestamp() <= os.time() + 1)
    assert.is_nil(now.tzoffset)
    assert.is_true(math.abs((utc:replace { tzoffset = 0 } - datetime.now(0)):total_seconds()) < 5)
    assert.equal(7200, datetime.now { tzoffset = 7200 }.tzoffset)
    assert.equal("1970-01-01 00:00:01.500000+00:00", tostring(datetime.fromtimestamp(1.5, 0)))
    assert.equal("1969-12-31 23:59:59.999999", tostring(datetime.utcfromtimestamp(-0.000001)))
    assert.equal(1e9, datetime.fromtimestamp(1e9):timestamp())
    assert.equal(os.date("%Y-%m-%d %H:%M:%S", 86400 * 200), tostring(datetime.fromtimestamp(86400 * 200)))
    assert.equal(1704164645.25, datetime.parse("2024-01-02T03:04:05.25Z"):timestamp())
    raises_exc("ArgumentError", function() datetime.fromtimestamp(1e18) end, "outside the years")
    raises_exc("ArgumentError", function() datetime.fromtimestamp(0 / 0) end, "outside the years")
    raises_exc("ArgumentError", function() datetime.fromtimestamp("x") end, "expected a number")
  end)

  it("changes its zone, not its moment", function()
    local m = datetime(2024, 1, 1, 0, 30, { tzoffset = 3600 })
    assert.equal("2023-12-31 23:30:00+00:00", tostring(m:astimezone(0)))
    assert.equal(m, m:astimezone(-18000))
    assert.equal(m, m:astimezone())
  end)

  it("formats as strftime does", function()
    local m = datetime(2024, 2, 3, 4, 5, 6, 7, { tzoffset = -19800 })
    assert.equal("2024-02-03T04:05:06.000007-0530 034 %", m:strftime("%Y-%m-%dT%H:%M:%S.%f%z %j %%"))
    assert.equal("UTC-05:30", m:strftime("%Z"))
    assert.equal("", m:strftime(""))
    assert.equal("%", m:strftime("%"))
  end)

  it("round-trips random values through text", function()
    math.randomseed(424242)
    for _ = 1, 2000 do
      local m = datetime.min + timedelta {
        days = math.random(0, 3652058), seconds = math.random(0, 86399), microseconds = math.random(0, 999999),
      }
      if math.random() < 0.5 then m = m:replace { tzoffset = math.random(-86399, 86399) } end
      assert.equal(m, datetime.parse(tostring(m)))
      assert.equal(tostring(m), tostring(datetime.parse(m:isoformat())))
    end
  end)

  it("survives random texts", function()
    math.randomseed(7)
    local base = "2024-01-02 03:04:05.123456+05:30"
    for _ = 1, 3000 do
      local bytes = { base:byte(1, math.random(#base)) }
      for _ = 1, math.random(3) do bytes[math.random(#bytes)] = math.random(32, 126) end
      local text = string.char(unpack(bytes))
      local ok, m = pcall(datetime.parse, text)
      if ok then
        assert.equal(m, datetime.parse(tostring(m)))
      else
        assert.is_true(am.exc.is(m, am.exc.ArgumentError))
      end
    end
  end)
end)

it("values are immutable and have no unknown fields", function()
  raises_exc("ArgumentError", function() date(2024, 1, 1).year = 2 end, "immutable")
  raises_exc("ArgumentError", function() datetime(2024, 1, 1).x = 2 end, "immutable")
  assert.is_nil(date(2024, 1, 1).hour)
  assert.is_nil(datetime(2024, 1, 1)[1])
  raises_exc("ArgumentError", function() date(2024, 1, 1).weekday() end, "call methods with ':'")
end)
