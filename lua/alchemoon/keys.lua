--- Tables by key: copies, and keys in an order that does not depend on the run, so that what is written or shown comes
-- out the same each time.
local keys = {}

-- Numbers before texts, each by value; all else after them, by how it is shown.
local function before(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return kind < other end
  if kind == "number" or kind == "string" then return a < b end
  return tostring(a) < tostring(b)
end

--- The keys of a table, sorted.
---@param map table
---@return any[]
function keys.sorted(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  table.sort(list, before)
  return list
end

--- Another table with the same keys and values; an empty one for nil.
---@param map table?
---@return table
function keys.copy(map)
  local out = {}
  for key, value in pairs(map or {}) do out[key] = value end
  return out
end

return keys
