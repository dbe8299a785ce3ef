--- Column adaptation: the column of an alias or subquery that stands for a column of what is inside it.
local core = require "alchemoon.core"

local adapt = {}
local tags = core.tags

--- A function node → node in which every column is exchanged for the one of `from` that stands for it (and kept when
-- there is none). `equal(column)` may name another column that is kept equal to it, to be tried as well.
function adapt.columns(from, equal)
  local function one(column)
    local found = core.corresponding_column(from, column)
    if found == nil and equal then
      for _, other in ipairs(equal(column) or {}) do
        found = core.corresponding_column(from, other)
        if found then break end
      end
    end
    return found or column
  end
  return function(node)
    if core.node_tag(node) == tags.COLUMN then return one(node) end
    return core.node_replace(node, function(at)
      if core.node_tag(at) == tags.COLUMN then return one(at) end
      return nil
    end)
  end
end

--- The same by name, for selectables that were not made from the mapped table.
function adapt.by_name(from, inner)
  return function(node)
    if core.node_tag(node) ~= tags.COLUMN then return inner(node) end
    local found = inner(node)
    if found ~= node then return found end
    return core.from_column(from, node.key) or node
  end
end

return adapt
