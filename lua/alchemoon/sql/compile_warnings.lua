--- What the compiler noticed about a statement: said once, when it is compiled.
local core = require "alchemoon.core"
local logging = require "alchemoon.logging"

local compile_warnings = {}

local KEYLESS = "Column '%s.%s' is part of the primary key of table '%s', and nobody gives it a value: it has no "
  .. "default, no server_default and no autoincrement, and the statement does not name it. Keys are not NULL."
local COMPOSITE = " In a key of several columns the database makes a value only for one with autoincrement = true."

local function without_value(column)
  local owner = core.node_get(column, "table")
  local text = KEYLESS:format(owner.fullname, core.node_get(column, "name"), owner.fullname)
  return #owner.primary_key.columns > 1 and text .. COMPOSITE or text
end

--- Warns about elements of FROM that nothing connects, and about primary key columns of an INSERT without a value.
---@param info table   of a compiled statement
function compile_warnings.give(info)
  if not info.lint and info.unexpected[1] == nil then return end
  local logger = logging.getLogger("alchemoon.sql")
  if info.lint then logger:warning("%s", info.lint) end
  for _, column in ipairs(info.unexpected) do logger:warning("%s", without_value(column)) end
end

return compile_warnings
