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

--- Is it a list of pairs, which stands for a dict whose order matters?
---@param given table
---@return boolean
function keys.are_pairs(given)
  for i = 1, #given do
    local pair = given[i]
    if type(pair) ~= "table" or getmetatable(pair) ~= nil or pair[1] == nil or #pair ~= 2 then return false end
  end
  return #given > 0
end

--- Keys and values of what stands for a Python dict: of a list of pairs in its order, of another table by key.
---@param given table
---@return fun():any, any
function keys.entries(given)
  local i = 0
  if keys.are_pairs(given) then
    return function()
      i = i + 1
      if given[i] then return given[i][1], given[i][2] end
    end
  end
  local order = keys.sorted(given)
  return function()
    i = i + 1
    if order[i] ~= nil then return order[i], given[order[i]] end
  end
end

return keys
