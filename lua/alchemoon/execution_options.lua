--- The execution options that mean something to the library itself, and what they take. Others are the user's own and
-- may be anything.
local exc = require "alchemoon.exc"
local null = require("alchemoon.core").null

local execution_options = {}

local LARGEST = 2147483647 -- C counts rows with 32 bits

local function count(value)
  local good = type(value) == "number" and value >= 1 and value % 1 == 0 and value <= LARGEST
  return good, ("an integer from 1 to %d"):format(LARGEST)
end

-- 0: not in portions, as if it had not been asked for
local function portion(value)
  if value == 0 then return true end
  return count(value), ("an integer from 0 to %d"):format(LARGEST)
end

local function seconds(value) return type(value) == "number" and value > 0, "a number of seconds above 0" end
local function flag(value) return type(value) == "boolean", "true or false" end
local function map_or_null(value) return type(value) == "table" or value == null, "a table or am.null" end

execution_options.CHECKS = {
  yield_per = portion, max_row_buffer = count, insertmanyvalues_page_size = count, timeout = seconds,
  statement_timeout = seconds, stream_results = flag, schema_translate_map = map_or_null, compiled_cache = map_or_null,
}

-- Those whose "unset" is no meaning of its own, as it is for compiled_cache.
local ENDS = { "schema_translate_map" }
for name, check in pairs(execution_options.CHECKS) do
  if check ~= map_or_null then ENDS[#ENDS + 1] = name end
end

--- Refuses what is no table of options, and known options with a value that they cannot take. Returns the options.
---@param opts any
---@param ends boolean?   am.null ends an option that was set before
---@return table
function execution_options.check(opts, ends)
  if type(opts) ~= "table" then
    exc.raise("ArgumentError", "execution_options: expected a table, got %s", type(opts))
  end
  for name, value in pairs(opts) do
    local check = execution_options.CHECKS[name]
    if check and not (ends and value == null) then
      local good, expected = check(value)
      if not good then
        exc.raise("ArgumentError", "execution option '%s' must be %s, got %s", name, expected, exc.show_value(value))
      end
    end
  end
  return opts
end

--- Options of one execution over others: a schema_translate_map that is am.null ends the one before. Changes and
-- returns them.
---@param merged table
---@return table
function execution_options.end_maps(merged)
  if merged.schema_translate_map == null then merged.schema_translate_map = nil end
  return merged
end

--- Options that stay, laid over others: one that is am.null ends the one before. Changes and returns them.
---@param merged table
---@return table
function execution_options.end_unset(merged)
  for i = 1, #ENDS do
    if merged[ENDS[i]] == null then merged[ENDS[i]] = nil end
  end
  return merged
end

--- How many rows come at a time, if there is to be such a number.
---@param opts table
---@return integer?
function execution_options.portion_of(opts)
  local size = opts.yield_per
  if size == 0 then return nil end
  return size
end

--- The same as check() for a count of rows that a method was given.
---@param method string
---@param value any
---@param may_be_zero boolean?
function execution_options.check_count(method, value, may_be_zero)
  local good, expected = (may_be_zero and portion or count)(value)
  if not good then
    exc.raise("ArgumentError", "%s: the number of rows must be %s, got %s", method, expected, exc.show_value(value))
  end
end

return execution_options
