--- Revision identifiers as migrations give them, and sets of them.
local null = require "alchemoon.null"

local revision_ids = {}

--- What a migration says of its parents, labels or needs: nothing, one identifier or a list. Always a new list.
---@param value string|string[]|nil
---@return string[]
function revision_ids.list(value)
  if value == nil or value == null then return {} end
  if type(value) ~= "table" then return { value } end
  local list = {}
  for i, one in ipairs(value) do list[i] = one end
  return list
end

---@param list string[]
---@return table<string, boolean>
function revision_ids.set(list)
  local set = {}
  for _, id in ipairs(list) do set[id] = true end
  return set
end

return revision_ids
