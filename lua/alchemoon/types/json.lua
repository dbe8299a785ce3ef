--- JSON for columns.
--
-- lua-cjson reads the texts; what it forgets is kept by marks (csrc/bind/json_marks.c): an empty array gets the
-- metatable `json.array_mt`, whole numbers are integers on Lua 5.3+, and those beyond 2^53 are exact on every Lua.
-- Texts are written by csrc/bind/json_encode.c, because cjson has neither keys in order nor all the digits.
local core = require "alchemoon.core"
local cjson = require("cjson").new()
local exc = require "alchemoon.exc"

local json_mark, json_restore = core.json_mark, core.json_restore

local json = {}

--- Metatable of lists that must stay lists, also when they are empty; others say so by the same field.
json.array_mt = { __name = "alchemoon.json.array", is_json_array = true }

--- Raises DataError for a text that is no JSON.
---@param text string
---@return any
function json.decode(text)
  local marked, must_restore = json_mark(text)
  local ok, value = pcall(cjson.decode, marked)
  if not ok then
    if value == "not enough memory" then error(value, 0) end
    exc.raise("DataError", "the database gave a value that is no JSON: %s", tostring(value))
  end
  if must_restore then return json_restore(value, json.array_mt) end
  return value
end

--- The text as Python's json.dumps writes it, with keys in order: equal values give equal texts.
-- Raises StatementError for what JSON cannot say.
---@type fun(value:any):string
json.encode = core.json_encode

--- As the value of a JSON parameter: SQL's NULL, where am.null is the JSON value null.
json.SQL_NULL = setmetatable({}, { __tostring = function() return "NULL" end, __name = "SQL NULL" })

return json
