--- JSON for columns, through lua-cjson, with what cjson forgets.
--
-- Empty arrays: cjson decodes [] and {} to the same empty table. Here an empty array gets the metatable
-- `json.array_mt`, and such a table is written as [] again. Integers: cjson reads every number as a float, with the
-- digits of a double, and writes at most 14 digits. Here whole numbers are integers on Lua 5.3+, those beyond 2^53 are
-- exact on every Lua, and numbers are written with all the digits they need. Keys are written in order, so that
-- equal values give equal texts.
local core = require "alchemoon.core"
local cjson = require("cjson").new()


local NULL = require "alchemoon.null"

local json = {}

--- Metatable of lists that must stay lists, also when they are empty; others say so by the same field.
json.array_mt = { __name = "alchemoon.json.array", is_json_array = true }

-- What stands for [] while cjson works; no text can contain it, because it is checked before.
local MARK = "\1alchemoon:empty\1"
local MARK_JSON = '"\\u0001alchemoon:empty\\u0001"'

local BIG = "^\1alchemoon:integer\1(.+)$"
local floor, huge = math.floor, math.huge
local tointeger = math.tointeger -- luacheck: ignore 143

local function restore_one(value)
  if value == MARK then return setmetatable({}, json.array_mt) end
  if type(value) == "number" then
    if tointeger and value == floor(value) and value < huge and value > -huge then
      return tointeger(value) or value
    end
    return value
  end
  if type(value) == "string" and value:byte() == 1 then
    local digits = value:match(BIG)
    if digits then return core.decode_integer(digits) end
  end
  return value
end

local function restore(value)
  if type(value) ~= "table" then return restore_one(value) end
  for k, v in pairs(value) do
    if type(v) == "table" then restore(v)
    elseif type(v) == "number" and tointeger or type(v) == "string" then
      local fresh = restore_one(v)
      if fresh ~= v or type(fresh) == "number" then value[k] = fresh end
    end
  end
  return value
end

--- Replaces [] outside strings by the mark.
local function mark_empty(text)
  local parts, at = {}, 1
  while true do
    local stop = text:find('["%[]', at)
    if not stop then break end
    if text:sub(stop, stop) == '"' then
      local close = stop + 1
      while true do
        close = text:find('["\\]', close)
        if not close then return text end -- malformed: cjson will say so
        if text:sub(close, close) == '"' then break end
        close = close + 2
      end
      parts[#parts + 1] = text:sub(at, close)
      at = close + 1
    else
      local close = text:match("^%[%s*%]()", stop)
      if close then
        parts[#parts + 1] = text:sub(at, stop - 1) .. MARK_JSON
        at = close
      else
        parts[#parts + 1] = text:sub(at, stop)
        at = stop + 1
      end
    end
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

--- Whole numbers of 16 digits and more outside strings become marked strings, which keep their digits.
local function mark_integers(text)
  local out = {}
  local at = 1
  while true do
    local quote = text:find('"', at, true)
    local plain = text:sub(at, quote and quote - 1)
    plain = plain:gsub("([%[%s:,]?)(%-?%d+)([%.%deE+%-]*)", function(before, digits, rest)
      if #digits < 16 or rest:find("[%.eE]") then return nil end
      return before .. '"\\u0001alchemoon:integer\\u0001' .. digits .. rest .. '"'
    end)
    out[#out + 1] = plain
    if not quote then return table.concat(out) end
    local close = quote + 1
    while true do
      close = text:find('["\\]', close)
      if not close then return text end
      if text:sub(close, close) == '"' then break end
      close = close + 2
    end
    out[#out + 1] = text:sub(quote, close)
    at = close + 1
  end
end

---@param text string
---@return any
function json.decode(text)
  if text:find("%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d") then text = mark_integers(text) end
  if text:find("%[%s*%]") then text = mark_empty(text) end
  return restore(cjson.decode(text))
end

local exc = require "alchemoon.exc"

local encode_string = cjson.encode
local mathtype = math.type -- luacheck: ignore 143

local function encode_number(value)
  if mathtype and mathtype(value) == "integer" then return ("%d"):format(value) end
  if value ~= value or value == huge or value == -huge then
    exc.raise("StatementError", "(alchemoon.exc.ArgumentError) JSON has no spelling for the number %s", tostring(value))
  end
  if value == floor(value) and value > -1e15 and value < 1e15 then
    return mathtype and core.real_text(value) .. ".0" or ("%d"):format(value)
  end
  return core.real_text(value)
end

--- Length of a table that is a list (keys 1..n only), or nil.
local function list_length(value)
  local count, most = 0, 0
  for key in pairs(value) do
    if type(key) ~= "number" or key < 1 or key ~= floor(key) then return nil end
    count = count + 1
    if key > most then most = key end
  end
  if count == 0 then
    local meta = getmetatable(value)
    return type(meta) == "table" and rawget(meta, "is_json_array") and 0 or nil
  end
  if most > count * 2 + 10 then return nil end -- too sparse for a list
  return most
end

local encode

local function encode_list(value, count, out, depth)
  out[#out + 1] = "["
  for i = 1, count do
    if i > 1 then out[#out + 1] = ", " end
    encode(value[i], out, depth)
  end
  out[#out + 1] = "]"
end

local function encode_object(value, out, depth)
  local keys, texts = {}, {}
  for key in pairs(value) do
    local text = type(key) == "number" and encode_number(key):gsub("%.0$", "") or key
    if type(text) ~= "string" then
      exc.raise("StatementError", "(alchemoon.exc.ArgumentError) a JSON object's keys are strings, got a %s", type(key))
    end
    keys[#keys + 1], texts[text] = text, key
  end
  table.sort(keys)
  out[#out + 1] = "{"
  for i, text in ipairs(keys) do
    if i > 1 then out[#out + 1] = ", " end
    out[#out + 1] = encode_string(text)
    out[#out + 1] = ": "
    encode(value[texts[text]], out, depth)
  end
  out[#out + 1] = "}"
end

function encode(value, out, depth)
  local kind = type(value)
  if value == nil or value == NULL then out[#out + 1] = "null"
  elseif kind == "string" then out[#out + 1] = encode_string(value)
  elseif kind == "number" then out[#out + 1] = encode_number(value)
  elseif kind == "boolean" then out[#out + 1] = tostring(value)
  elseif kind == "table" then
    if depth > 200 then
      exc.raise("StatementError", "(alchemoon.exc.ArgumentError) a JSON value is nested more than 200 levels deep")
    end
    local count = list_length(value)
    if count then encode_list(value, count, out, depth + 1) else encode_object(value, out, depth + 1) end
  elseif kind == "cdata" then out[#out + 1] = (tostring(value):gsub("U?LL$", ""))
  else
    exc.raise("StatementError", "(alchemoon.exc.ArgumentError) a %s has no JSON form", kind)
  end
end

---@param value any
---@return string
function json.encode(value)
  local out = {}
  encode(value, out, 0)
  return table.concat(out)
end

--- As the value of a JSON parameter: SQL's NULL, where am.null is the JSON value null.
json.SQL_NULL = setmetatable({}, { __tostring = function() return "NULL" end, __name = "SQL NULL" })

return json
