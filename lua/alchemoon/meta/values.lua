---@meta _
--- What editors know of the names of alchemoon.values in `am`.

---@class alchemoon
local am = {}


--- am.MultiRange{ range, ... }: a list of ranges that knows it is one.
---@param list alchemoon.Range[]?
---@return alchemoon.Range[]
function am.MultiRange(list) end

--- am.Range(lower, upper, bounds, empty): bounds "[)", "[]", "()" or "(]"; nil is unbounded.
---@param lower any
---@param upper any
---@param bounds string?
---@param empty boolean?
---@return alchemoon.Range
function am.Range(lower, upper, bounds, empty) end

--- am.date(year, month, day)
---@param ... any
---@return alchemoon.Date
function am.date(...) end

--- am.datetime(year, month, day, hour, minute, ...)
---@param ... any
---@return alchemoon.Datetime
function am.datetime(...) end

--- An exact decimal number of a text or an integer.
---@param value any
---@return alchemoon.Decimal
function am.decimal(value) end

--- An exact integer from digits or from any integer value: a Lua integer; on LuaJIT a number up to 2^53 and
--- `int64_t` cdata beyond; on plain Lua 5.1 a number or, beyond 2^53, its digits.
---@param value integer|string|any
---@return any
function am.int64(value) end

--- The decimal digits of an exact integer, without the LL that LuaJIT's tostring adds.
---@param value any
---@return string
function am.int64_tostring(value) end

--- A list that stays a JSON list when it is empty, where {} would be written as an object.
---@param list any
---@return table
function am.json_array(list) end

--- am.time(hour, minute, second, microsecond)
---@param ... any
---@return alchemoon.Time
function am.time(...) end

--- am.timedelta{ days, hours, minutes, seconds, ... }
---@param ... any
---@return alchemoon.Timedelta
function am.timedelta(...) end

--- A random UUID.
---@return string
function am.uuid4() end

--- A UUID that begins with the time: such keys come in order.
---@return string
function am.uuid7() end

return am
