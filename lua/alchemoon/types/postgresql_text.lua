--- Values as PostgreSQL's texts have them: array and hstore literals become tables. Where the driver does not read the
-- wire form, codec.lua does it with these.
local exc = require "alchemoon.exc"
local NULL = require "alchemoon.null"

local postgresql_text = {}

local SHOWN = 80 -- bytes of a malformed text in the error

local function refuse(text, what)
  exc.raise("DataError", "the database gave a malformed %s: %s", what, text:sub(1, SHOWN))
end

-- The word in quotes that begins at `from`, without its backslashes, and where to go on.
local function quoted(text, from, what)
  local parts, i = {}, from + 1
  while true do
    local stop = text:find('["\\]', i)
    if not stop then refuse(text, what) end
    parts[#parts + 1] = text:sub(i, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    parts[#parts + 1] = text:sub(stop + 1, stop + 1)
    i = stop + 2
  end
end

--- Reads an array literal: quotes, backslashes, NULL, nesting, "[0:2]=" bounds.
---@param text string
---@param decode fun(word:string):any   gives the value of an element
---@return any[]
function postgresql_text.array(text, decode)
  local function list(from)
    local items, n, i = {}, 0, from + 1
    if text:sub(i, i) == "}" then return items, i + 1 end
    while true do
      local ch = text:sub(i, i)
      local value
      if ch == "{" then value, i = list(i)
      elseif ch == '"' then
        local word
        word, i = quoted(text, i, "array")
        value = decode(word)
      else
        local stop = text:find("[,}]", i)
        if not stop then refuse(text, "array") end
        local word = text:sub(i, stop - 1)
        if word:upper() == "NULL" then value = NULL else value = decode(word) end
        i = stop
      end
      n = n + 1
      if value == nil then value = NULL end
      items[n] = value
      ch = text:sub(i, i)
      if ch == "}" then return items, i + 1 end
      if ch ~= "," then refuse(text, "array") end
      i = i + 1
    end
  end
  local at = text:find("{", 1, true)
  if not at then refuse(text, "array") end
  return (list(at))
end

--- Reads an hstore literal: "a"=>"1", "b"=>NULL.
---@param text string?
---@return table<string, any>?
function postgresql_text.hstore(text)
  if text == nil then return nil end
  local out, at = {}, 1
  while at <= #text do
    local start = text:find('"', at, true)
    if not start then break end
    local key, value
    key, at = quoted(text, start, "hstore")
    local _, arrow = text:find("=>", at, true)
    if not arrow then refuse(text, "hstore") end
    at = arrow + 1
    if text:sub(at, at) == '"' then value, at = quoted(text, at, "hstore")
    else
      value = NULL
      at = at + #"NULL"
    end
    out[key] = value
  end
  return out
end

return postgresql_text
