--- Values of columns: `am.decimal`, `am.date`, `am.time`, `am.datetime`, `am.timedelta`, exact integers, UUIDs.
--
-- The classes are made by the core (csrc/bind/decimal.c and its neighbours); each is a callable table with
-- the constructors that have names. Here only what needs no speed is added.
local core = require "alchemoon.core"
local int64 = require "alchemoon.int64"
local ranges = require "alchemoon.types.range_value"

local values = {
  decimal = core.decimal,
  date = core.date,
  time = core.time,
  datetime = core.datetime,
  timedelta = core.timedelta,
  int64 = int64.int64,
  int64_tostring = int64.int64_tostring,
  uuid4 = core.uuid4,
  uuid7 = core.uuid7,
  Range = ranges.Range,
  MultiRange = ranges.MultiRange,
}

values.date.min, values.date.max = values.date(1, 1, 1), values.date(9999, 12, 31)
values.time.min, values.time.max = values.time(0, 0), values.time(23, 59, 59, 999999)
values.datetime.min = values.datetime(1, 1, 1)
values.datetime.max = values.datetime(9999, 12, 31, 23, 59, 59, 999999)
values.timedelta.min = values.timedelta { days = -999999999 }
values.timedelta.max = values.timedelta {
  days = 999999999, hours = 23, minutes = 59, seconds = 59, microseconds = 999999,
}
values.timedelta.resolution = values.timedelta { microseconds = 1 }

return values
