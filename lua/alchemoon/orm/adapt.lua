--- Column adaptation: the column of an alias or subquery that stands for a column of what is inside it.
local core = require "alchemoon.core"
local sql = require "alchemoon.orm.sql"

local adapt = {}
local tags = core.tags

-- column inside → column outside, by proxies; built on first use.
local function proxies(from)
  local map = {}
  local function take(outer, inner)
    if map[inner] == nil then map[inner] = outer end
    if core.node_tag(inner) == tags.COLUMN then
      for _, deeper in ipairs(core.node_get(inner, "proxies")) do take(outer, deeper) end
      local source = core.node_get(inner, "source")
      if source then take(outer, source) end
    end
  end
  local columns = require "alchemoon.sql.columns"
  for _, column in ipairs(columns.all(from)) do
    for _, inner in ipairs(core.node_get(column, "proxies")) do take(column, inner) end
    local source = core.node_get(column, "source")
    if source then take(column, source) end
  end
  return map
end

--- A function column → column of `from` (or the same node when `from` has none). Expressions are rebuilt.
function adapt.columns(from)
  local map
  local own
  local function one(column)
    if not map then
      map, own = proxies(from), sql.tables_of(from)
    end
    if own[core.node_get(column, "table") or false] then return column end
    return map[column]
  end
  return function(node)
    if core.node_tag(node) == tags.COLUMN then return one(node) or node end
    return core.node_replace(node, function(at)
      if core.node_tag(at) == tags.COLUMN then return one(at) or at end
      return nil
    end)
  end
end

return adapt
