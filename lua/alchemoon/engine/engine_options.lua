--- The options of create_engine: their names and what each takes. A value that is none is refused when the engine is
-- made, before it can turn up as an error of some other place, or be taken for true.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local engine_options = {}

local LARGEST = 2147483647 -- C counts with 32 bits

local function flag(value) return type(value) == "boolean", "true or false" end
local function echo(value) return type(value) == "boolean" or value == "debug", "true, false or 'debug'" end
local function text(value) return type(value) == "string", "a string" end
local function any() return true end

local function of_type(name)
  return function(value)
    if type(value) == name then return true end
    return false, "a " .. name, type(value)
  end
end

local function number(least)
  return function(value) return type(value) == "number" and value >= least, ("a number from %d"):format(least) end
end

local function integer(least)
  return function(value)
    if type(value) ~= "number" or value < least or value % 1 ~= 0 then
      return false, ("an integer from %d"):format(least)
    end
    return value <= LARGEST, ("an integer up to %d"):format(LARGEST)
  end
end

-- { { fn, "name" }, ... }
local function listeners(value)
  local good = type(value) == "table"
  for _, pair in ipairs(good and value or {}) do
    good = good and type(pair) == "table" and pair[1] ~= nil and type(pair[2]) == "string"
  end
  return good, "a list of { function, name of the event }", type(value)
end

local CHECKS = {
  echo = echo, echo_pool = echo, logging_name = text, pool_logging_name = text, hide_parameters = flag,
  pool = any, poolclass = any, pool_size = integer(0), max_overflow = integer(-1), pool_timeout = number(0),
  pool_recycle = number(-1), pool_pre_ping = flag, pool_use_lifo = flag, pool_reset_on_return = any,
  pool_events = listeners, events = listeners, isolation_level = any, execution_options = of_type "table",
  connect_args = of_type "table", creator = of_type "function", query_cache_size = integer(0),
  json_serializer = of_type "function", json_deserializer = of_type "function", reactor = any, strict_async = flag,
  shared = text, future = flag, label_length = integer(1), max_identifier_length = integer(1),
  insertmanyvalues_page_size = integer(1), implicit_returning = flag, prepared_statements = flag,
  enable_from_linting = flag, skip_autocommit_rollback = flag,
}

engine_options.NAMES = {}
for name in pairs(CHECKS) do engine_options.NAMES[name] = true end

--- The options, all of them known and of the right kind; what needs dialect or pool to be judged is judged there.
---@param opts table?
---@return table
function engine_options.read(opts)
  opts = options.read("create_engine", opts, engine_options.NAMES)
  for name, value in pairs(opts) do
    local good, expected, shown = CHECKS[name](value)
    if not good then
      exc.raise("ArgumentError", "create_engine: %s must be %s, got %s", name, expected, shown or exc.show_value(value))
    end
  end
  if opts.implicit_returning == false then -- as in SQLAlchemy 2.0; a Table can be without
    exc.raise("ArgumentError", "create_engine: implicit_returning can only be true; say it of a Table instead")
  end
  return opts
end

local WORDS = { ["true"] = true, yes = true, on = true, y = true, t = true, ["1"] = true,
  ["false"] = false, no = false, off = false, n = false, f = false, ["0"] = false }

--- The value that a text of a configuration file means for that option.
---@param name string
---@param value any
---@return any
function engine_options.from_text(name, value)
  if type(value) ~= "string" then return value end
  local check = CHECKS[name]
  if check == flag or check == echo then
    local word = WORDS[value:lower()]
    if word == nil then return value end
    return word
  end
  if check == text then return value end
  return tonumber(value) or value
end

return engine_options
