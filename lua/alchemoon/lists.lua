--- Plain lists: what every room does with them and the standard library lacks.
local lists = {}

--- A list of the same items.
---@generic T
---@param list T[]
---@return T[]
function lists.copy(list)
  local out = {}
  for i = 1, #list do out[i] = list[i] end
  return out
end

--- One list with the items of both.
---@generic T
---@param first T[]
---@param second T[]
---@return T[]
function lists.joined(first, second)
  local out = lists.copy(first)
  local count = #first
  for i = 1, #second do out[count + i] = second[i] end
  return out
end

--- Where an item stands; nil if it does not.
---@param list any[]
---@param item any
---@return integer?
function lists.index_of(list, item)
  for i = 1, #list do
    if list[i] == item then return i end
  end
  return nil
end

--- Have both lists the same items in the same places?
---@param a any[]
---@param b any[]
---@return boolean
function lists.equal(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i] ~= b[i] then return false end
  end
  return true
end

return lists
