--- The order of columns that batch_alter_table's `partial_reordering` asks for.
local exc = require "alchemoon.migrate.errors"

local column_order = {}

-- Name → the names that stand before it, from lists of names that stand in this order.
local function predecessors(orders)
  local before = {}
  for _, order in ipairs(orders) do
    for i = 2, #order do
      if order[i] ~= order[i - 1] then
        before[order[i]] = before[order[i]] or {}
        table.insert(before[order[i]], order[i - 1])
      end
    end
  end
  return before
end

local function is_free(name, before, waiting)
  for _, other in ipairs(before[name] or {}) do
    if waiting[other] then return false end
  end
  return true
end

--- Entries (`name`) in an order that obeys all lists: round by round those that nothing waits in front of, in the order
-- that they had. A contradiction among the lists is a CommandError.
---@param entries table[]
---@param orders string[][]
---@return table[]
function column_order.apply(entries, orders)
  local before, waiting, sorted = predecessors(orders), {}, {}
  for _, entry in ipairs(entries) do waiting[entry.name] = true end
  while #sorted < #entries do
    local free = {}
    for _, entry in ipairs(entries) do
      if waiting[entry.name] and is_free(entry.name, before, waiting) then free[#free + 1] = entry end
    end
    if #free == 0 then exc.raise("CommandError", "partial_reordering: the orders contradict each other") end
    for _, entry in ipairs(free) do
      waiting[entry.name] = nil
      sorted[#sorted + 1] = entry
    end
  end
  return sorted
end

return column_order
