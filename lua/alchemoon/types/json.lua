--- JSON for columns, through lua-cjson, with what cjson forgets: which empty table was an array.
--
-- cjson decodes [] and {} to the same empty table. Here an empty array gets the metatable `json.array_mt`, and such a
-- table is written as [] again. Numbers keep 17 significant digits when they need them.
local cjson = require("cjson").new()

cjson.encode_sparse_array(true)
cjson.encode_invalid_numbers(false)

local json = {}

--- Metatable of lists that must stay lists, also when they are empty.
json.array_mt = { __name = "alchemoon.json.array" }

-- What stands for [] while cjson works; no text can contain it, because it is checked before.
local MARK = "\1alchemoon:empty\1"
local MARK_JSON = '"\\u0001alchemoon:empty\\u0001"'

local function restore(value)
  if value == MARK then return setmetatable({}, json.array_mt) end
  if type(value) == "table" then
    for k, v in pairs(value) do
      if v == MARK then value[k] = setmetatable({}, json.array_mt)
      elseif type(v) == "table" then restore(v) end
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

---@param text string
---@return any
function json.decode(text)
  if text:find("%[%s*%]") then return restore(cjson.decode(mark_empty(text))) end
  return cjson.decode(text)
end

local function has_empty_array(value)
  if getmetatable(value) == json.array_mt and next(value) == nil then return true end
  for _, v in pairs(value) do
    if type(v) == "table" and has_empty_array(v) then return true end
  end
  return false
end

local function marked(value)
  if type(value) ~= "table" then return value end
  if getmetatable(value) == json.array_mt and next(value) == nil then return MARK end
  local copy = {}
  for k, v in pairs(value) do copy[k] = marked(v) end
  return copy
end

---@param value any
---@return string
function json.encode(value)
  if type(value) == "table" and has_empty_array(value) then
    return (cjson.encode(marked(value)):gsub(MARK_JSON:gsub("%p", "%%%0"), "[]"))
  end
  return cjson.encode(value)
end

return json
