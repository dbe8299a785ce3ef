--- Values of columns: `am.decimal`, `am.date`, `am.time`, `am.datetime`, `am.timedelta`, exact integers, UUIDs.
--
-- The classes are made by the core (csrc/bind/decimal.c and its neighbours); each is a callable table with
-- the constructors that have names. Here only what needs no speed is added.
local core = require "alchemoon.core"
local int64 = require "alchemoon.int64"
local json = require "alchemoon.types.json"
local ranges = require "alchemoon.types.range_value"
local usage = require "alchemoon.usage"

---@class alchemoon.Decimal
---@operator add(alchemoon.Decimal|integer): alchemoon.Decimal
---@operator sub(alchemoon.Decimal|integer): alchemoon.Decimal
---@operator mul(alchemoon.Decimal|integer): alchemoon.Decimal
---@operator div(alchemoon.Decimal|integer): alchemoon.Decimal
---@operator mod(alchemoon.Decimal|integer): alchemoon.Decimal
---@operator unm: alchemoon.Decimal
---@field exponent integer
---@field abs fun(self): alchemoon.Decimal
---@field sqrt fun(self): alchemoon.Decimal
---@field pow fun(self, power: integer): alchemoon.Decimal
---@field floordiv fun(self, other: alchemoon.Decimal|integer): alchemoon.Decimal   truncates, as Python's //
---@field round fun(self, digits: integer?, rounding: string?): alchemoon.Decimal
---@field quantize fun(self, like: alchemoon.Decimal|string, rounding: string?): alchemoon.Decimal
---@field normalize fun(self): alchemoon.Decimal
---@field compare fun(self, other: alchemoon.Decimal|integer): integer   -1, 0 or 1
---@field tonumber fun(self): number
---@field tointeger fun(self): integer   truncates
---@field to_plain fun(self): string     without exponent
---@field is_nan fun(self): boolean
---@field is_zero fun(self): boolean

---@class alchemoon.Date
---@operator add(alchemoon.Timedelta): alchemoon.Date
---@field year integer
---@field month integer
---@field day integer
---@field isoformat fun(self): string
---@field replace fun(self, fields: table): alchemoon.Date
---@field strftime fun(self, format: string): string
---@field timestamp fun(self): number   of local midnight
---@field weekday fun(self): integer    Monday is 0
---@field isoweekday fun(self): integer
---@field isocalendar fun(self): integer, integer, integer
---@field toordinal fun(self): integer
---@field timetuple fun(self): table    as os.date "*t"

---@class alchemoon.Time
---@field hour integer
---@field minute integer
---@field second integer
---@field microsecond integer
---@field tzoffset integer?   seconds east of UTC
---@field isoformat fun(self, timespec: string?): string
---@field replace fun(self, fields: table): alchemoon.Time
---@field strftime fun(self, format: string): string

---@class alchemoon.Datetime: alchemoon.Date
---@field hour integer
---@field minute integer
---@field second integer
---@field microsecond integer
---@field tzoffset integer?   seconds east of UTC; nil if naive
---@field isoformat fun(self, sep: string?, timespec: string?): string
---@field timestamp fun(self): number   naive values are local time
---@field date fun(self): alchemoon.Date
---@field time fun(self): alchemoon.Time
---@field timetz fun(self): alchemoon.Time
---@field astimezone fun(self, tzoffset: integer?): alchemoon.Datetime

---@class alchemoon.Timedelta
---@operator add(alchemoon.Timedelta): alchemoon.Timedelta
---@operator sub(alchemoon.Timedelta): alchemoon.Timedelta
---@operator mul(number): alchemoon.Timedelta
---@operator unm: alchemoon.Timedelta
---@field days integer
---@field seconds integer        0..86399
---@field microseconds integer   0..999999
---@field total_seconds fun(self): number
---@field abs fun(self): alchemoon.Timedelta
---@field to_interval fun(self): string   PostgreSQL's interval text

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
  --- A list that stays a JSON list when it is empty, where {} would be written as an object.
  ---@param list table?
  ---@return table
  json_array = function(list) return setmetatable(list or {}, json.array_mt) end,
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

-- A slip in the name of a field, `date.yaer`, is an error; other names are nil, as those are asked for to learn what
-- something is.
local SHORTEST = 3
local unknown = {}
core.set_value_missing(function(value, key, members)
  if type(key) ~= "string" or #key < SHORTEST then return nil end
  local kind = core.value_kind(value)
  if not kind then return nil end
  unknown[kind] = unknown[kind] or usage.misspelt_attribute(kind, {}, members)
  return unknown[kind](key)
end)

return values
