--- SQLite's own types, as am.sqlite.*: dates kept as text in a format of one's own.
--
-- storage_format is written as in Python ("%(year)04d/%(month)02d/%(day)02d"); regexp finds the parts in the stored
-- text, by position or by name. What Lua's patterns can do is translated, the rest is refused.
local base = require "alchemoon.types.base"
local decorator = require "alchemoon.types.decorator"
local exc = require "alchemoon.exc"
local generic = require "alchemoon.types.generic"
local null = require "alchemoon.null"

local T = {}

local unpack = table.unpack or unpack -- luacheck: ignore 113
local PARTS = {
  DATE = { "year", "month", "day" }, TIME = { "hour", "minute", "second", "microsecond" },
  DATETIME = { "year", "month", "day", "hour", "minute", "second", "microsecond" },
}
local CLASSES = { d = "%d", w = "[%w_]", s = "%s" }

-- \d{4} as often as it says, which Lua's patterns cannot.
local function repeated(regexp)
  return (regexp:gsub("(\\?[%w/%-.]){(%d+)}", function(item, count) return item:rep(tonumber(count)) end))
end

-- Python's regular expression as a pattern of Lua, and the parts that its groups stand for.
local function translate(name, regexp)
  local names = {}
  local pattern = repeated(regexp):gsub("%(%?P<(%w+)>", function(part)
    names[#names + 1] = part
    return "("
  end)
  local bare = pattern:gsub("\\.", "")
  if bare:find("(?", 1, true) or bare:find("[|{}]") then
    exc.raise("ArgumentError", "sqlite.%s: regexp has something that Lua's patterns cannot do: %s", name, regexp)
  end
  pattern = pattern:gsub("%%", "%%%%"):gsub("%-", "%%-"):gsub("\\(.)", function(ch)
    return CLASSES[ch] or (ch:find("%w") and ch or "%" .. ch)
  end)
  return "^" .. pattern:gsub("^%^", ""), #names > 0 and names or PARTS[name]
end

local function value_class(name)
  local values = require "alchemoon.values"
  return values[name:lower()]
end

local function format(name, spec, value)
  if value == nil or value == null then return nil end
  if type(value) == "string" then value = value_class(name).parse(value) end
  return (spec:gsub("%%%((%w+)%)(%d*)d", function(part, width)
    local number = value[part]
    if number == nil then exc.raise("ArgumentError", "sqlite.%s: a value has no '%s'", name, part) end
    return ("%" .. width .. "d"):format(number)
  end))
end

local function parse(name, pattern, parts, text)
  if type(text) ~= "string" then return text end
  local found, fields = { text:match(pattern) }, {}
  if found[1] == nil then
    exc.raise("DataError", "Couldn't parse %s string '%s' - value is not a string that fits.", name:lower(), text)
  end
  for i, part in ipairs(parts) do fields[part] = tonumber(found[i]) end
  local args = {}
  for i, part in ipairs(PARTS[name]) do args[i] = fields[part] or 0 end
  return value_class(name)(unpack(args))
end

-- Without the fraction of a second.
local TRUNCATED = {
  DATETIME = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d",
  TIME = "%(hour)02d:%(minute)02d:%(second)02d",
}

-- The format to write in, and what reads it: the value's own class where there is no pattern.
local function read_format(name, opts)
  if opts.truncate_microseconds then
    if opts.storage_format or opts.regexp then
      exc.raise("ArgumentError", "sqlite.%s: truncate_microseconds is a format of its own; leave out storage_format " ..
        "and regexp", name)
    end
    return TRUNCATED[name]
  end
  if not opts.regexp then return opts.storage_format end -- read as ISO
  return opts.storage_format, translate(name, opts.regexp)
end

-- A type that writes and reads the author's format.
local function formatted(name, opts)
  local spec, pattern, parts = read_format(name, opts)
  return decorator.UserDefinedType {
    name = name,
    get_col_spec = function()
      return spec and not spec:gsub("%%%b()%d*d", ""):find("%D") and name .. "_CHAR" or name -- digits alone: a number
    end,
    process_bind_param = function(value)
      if spec then return format(name, spec, value) end
      return value ~= nil and value ~= null and tostring(value) or nil
    end,
    process_literal_param = function(value) return "'" .. format(name, spec, value) .. "'" end,
    process_result_value = function(text)
      if text == nil or text == null then return nil end
      if not pattern then return value_class(name).parse(text) end
      return parse(name, pattern, parts, text)
    end,
  }()
end

-- They are the generic types in a format of their own, so that another database has its own name for them.
for name, kind in pairs { DATE = "DATE", DATETIME = "DATETIME", TIME = "TIME" } do
  T[name] = base.define(name, { kind = kind, options = { "storage_format", "regexp", "truncate_microseconds" } })
  T[name].construct = function(cls, ...)
    local plain, opts = base.construct(cls, ...), ...
    if type(opts) ~= "table" then return plain end
    local truncates = opts.truncate_microseconds and TRUNCATED[name]
    return (truncates or opts.storage_format or opts.regexp) and formatted(name, opts) or plain
  end
end
for _, name in ipairs {
  "BLOB", "BOOLEAN", "CHAR", "DECIMAL", "FLOAT", "INTEGER", "JSON", "NUMERIC", "REAL", "SMALLINT", "TEXT", "TIMESTAMP",
  "VARCHAR",
} do
  T[name] = generic.types[name]
end

return T
