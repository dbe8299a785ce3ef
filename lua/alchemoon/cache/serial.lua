--- Values as bytes, for caches outside of the process: every value of a column survives exactly.
--
--   "AM1" value;  value = letter, then digits and ";" or length ":" bytes
-- Tables keep shared and circular references. What cannot be written (functions, coroutines, userdata of others, tables
-- with foreign metatables) is an ArgumentError. A text that was written by another version is nobody's: decode answers
-- nothing.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local json = require "alchemoon.types.json"
local null = require "alchemoon.null"
local symbols = require "alchemoon.orm.symbols"
local values = require "alchemoon.values"

local serial = {}
local VERSION = "AM1"
local writers, readers = {}, {}
local type, tostring, next = type, tostring, next
local math_type = math.type -- luacheck: ignore 143

-- --- writing ------------------------------------------------------------------------------------------------

local function write(out, value)
  local writer = writers[type(value)]
  if not writer then exc.raise("ArgumentError", "a cache cannot keep a %s", type(value)) end
  return writer(out, value)
end

local function put(out, letter, text) out[#out + 1] = letter .. #text .. ":" .. text end

writers["nil"] = function(out) out[#out + 1] = "N" end
writers.boolean = function(out, value) out[#out + 1] = value and "T" or "F" end
writers.string = function(out, value) put(out, "s", value) end

function writers.number(out, value)
  if math_type and math_type(value) == "integer" then
    out[#out + 1] = ("i%d;"):format(value)
  elseif value ~= value then
    out[#out + 1] = "d0;"
  elseif value == math.huge or value == -math.huge then
    out[#out + 1] = value > 0 and "d1;" or "d2;"
  else
    out[#out + 1] = ("n%.17g;"):format(value)
  end
end

function writers.cdata(out, value) -- int64 of LuaJIT
  local ok, digits = pcall(core.int64_digits, value)
  if not ok then exc.raise("ArgumentError", "a cache cannot keep this cdata") end
  out[#out + 1] = "l" .. digits .. ";"
end

local KINDS = { ["am.decimal"] = "D", ["am.date"] = "Y", ["am.time"] = "H", ["am.datetime"] = "Z" }

local function text_of(name, value)
  if name == "am.decimal" then return tostring(value) end
  return value:isoformat()
end

function writers.userdata(out, value)
  if value == null then
    out[#out + 1] = "0"
    return
  end
  local mt = getmetatable(value)
  local name = type(mt) == "table" and mt.__name
  if KINDS[name] then return put(out, KINDS[name], text_of(name, value)) end
  if name == "am.timedelta" then
    out[#out + 1] = ("P%d,%d,%d;"):format(value.days, value.seconds, value.microseconds)
    return
  end
  exc.raise("ArgumentError", "a cache cannot keep a userdata (%s)", tostring(name))
end

local function write_range(out, value)
  out[#out + 1] = "R"
  write(out, value.lower)
  write(out, value.upper)
  write(out, value.bounds)
  write(out, value.empty and true or false)
end

local PLAIN = { MutableDict = true, MutableList = true, MutableSet = true }

-- The letter of a table, by its metatable; nil for one that is written otherwise.
local function table_letter(out, value)
  local mt = getmetatable(value)
  if mt == nil then return "t" end
  if mt == json.array_mt then return "a" end
  if value == symbols.JSON_NULL then
    out[#out + 1] = "J"
    return nil
  end
  local name = type(mt) == "table" and rawget(mt, "__name")
  if name == "am.Range" then return write_range(out, value) end
  if name == "am.MultiRange" then
    out[#out + 1] = "M" .. #value .. ";"
    for i = 1, #value do write(out, value[i]) end
    return nil
  end
  if PLAIN[name] then return "t" end
  return exc.raise("ArgumentError", "a cache cannot keep a table with a metatable of its own (%s)", tostring(name))
end

-- A table that is met again is a reference, so that cycles end and identity is kept.
function writers.table(out, value)
  local known = out.seen[value]
  if known then
    out[#out + 1] = "r" .. known .. ";"
    return
  end
  local letter = table_letter(out, value)
  if not letter then return end
  out.count = out.count + 1
  out.seen[value] = out.count
  local length = #value
  out[#out + 1] = letter .. length .. ";"
  for i = 1, length do write(out, value[i]) end
  for key, item in next, value do
    if not (type(key) == "number" and key >= 1 and key <= length and key % 1 == 0) then
      out[#out + 1] = "k"
      write(out, key)
      write(out, item)
    end
  end
  out[#out + 1] = "e"
end

--- The bytes of a value.
---@param value any
---@return string
function serial.encode(value)
  local out = { VERSION, seen = {}, count = 0 }
  write(out, value)
  return table.concat(out)
end

-- --- reading ------------------------------------------------------------------------------------------------

local function damaged() error("damaged", 0) end

local function read(state)
  local letter = state.text:sub(state.at, state.at)
  state.at = state.at + 1
  local reader = readers[letter]
  if not reader then damaged() end
  return reader(state)
end

-- What stands before the next ";" or ":".
local function digits(state, stop)
  local last = state.text:find(stop, state.at, true)
  if not last then damaged() end
  local found = state.text:sub(state.at, last - 1)
  state.at = last + 1
  return found
end

local function bytes(state)
  local length = tonumber(digits(state, ":"))
  local first = state.at
  if not length or first + length - 1 > #state.text then damaged() end
  state.at = first + length
  return state.text:sub(first, first + length - 1)
end

function readers.N() return nil end
function readers.T() return true end
function readers.F() return false end
readers["0"] = function() return null end
function readers.J() return symbols.JSON_NULL end
readers.s = bytes
function readers.i(state) return core.int64(digits(state, ";")) end
readers.l = readers.i
function readers.n(state)
  local number = tonumber(digits(state, ";"))
  if math_type and math_type(number) == "integer" then return number + 0.0 end
  return number
end
function readers.d(state)
  local which = digits(state, ";")
  if which == "0" then return 0 / 0 end
  return which == "1" and math.huge or -math.huge
end
function readers.D(state) return values.decimal(bytes(state)) end
function readers.Y(state) return values.date.fromisoformat(bytes(state)) end
function readers.H(state) return values.time.fromisoformat(bytes(state)) end
function readers.Z(state) return values.datetime.fromisoformat(bytes(state)) end
function readers.P(state)
  local days, seconds, micro = digits(state, ";"):match("^(%-?%d+),(%-?%d+),(%-?%d+)$")
  return values.timedelta { days = tonumber(days), seconds = tonumber(seconds), microseconds = tonumber(micro) }
end
function readers.R(state)
  local lower, upper, bounds, empty = read(state), read(state), read(state), read(state)
  if empty then return values.Range(nil, nil, { empty = true }) end
  return values.Range(lower, upper, { bounds = bounds })
end
function readers.M(state)
  local list = {}
  for i = 1, tonumber(digits(state, ";")) do list[i] = read(state) end
  return values.MultiRange(list)
end
function readers.r(state) return state.seen[tonumber(digits(state, ";"))] end

local function read_table(state, mt)
  local made = {}
  state.seen[#state.seen + 1] = made
  for i = 1, tonumber(digits(state, ";")) do made[i] = read(state) end
  while true do
    local letter = state.text:sub(state.at, state.at)
    state.at = state.at + 1
    if letter == "e" then break end
    if letter ~= "k" then damaged() end
    local key = read(state)
    made[key] = read(state)
  end
  return setmetatable(made, mt)
end
function readers.t(state) return read_table(state, nil) end
function readers.a(state) return read_table(state, json.array_mt) end

--- The value of bytes: true and the value, or false if they are damaged or were written by another version.
---@param text string
---@return boolean, any
function serial.decode(text)
  if type(text) ~= "string" or text:sub(1, #VERSION) ~= VERSION then return false end
  local state = { text = text, at = #VERSION + 1, seen = {} }
  local ok, value = pcall(read, state)
  if not ok or state.at ~= #text + 1 then return false end
  return true, value
end

return serial
