--- Errors of loader options that cannot be followed: a strategy that does not fit its property, two that contradict.
--
-- Both are found when a statement is lowered (option_tree.lua), the first also when an option is built upon a column.
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"

local strategy_error = {}

-- Of lazy = "dynamic" and "write_only".
strategy_error.NOT_POPULATED = "Dynamic attributes don't support collection population."

-- What a strategy is called in messages.
local LOADERS = { select = "lazy loader", joined = "joined loader", selectin = "select in loader",
  subquery = "subquery loader", immediate = "immediate loader", raise = "lazy loader", raise_on_sql = "lazy loader",
  noload = "no loader", auto = "lazy loader", column = "column loader", deferred = "deferred column loader",
  expression = "expression column loader" }
local FOR_COLUMNS = { column = true, deferred = true, expression = true }

local function kind_of(prop)
  if prop.kind == "relationship" then return "relationship" end
  if prop.kind == "column" then
    return prop:is_table_column() and "column property" or "mapped sql expression"
  end
  return prop.kind
end

--- The strategy (a key of LOADERS) is not one for properties of this kind.
function strategy_error.raise(strategy, prop)
  exc.raise("LoaderStrategyException", "%s", ('Can\'t apply "%s" strategy to property "%s", which is a "%s"; this '
    .. 'loader strategy is intended to be used with a "%s".'):format(LOADERS[strategy] or strategy, tostring(prop),
    kind_of(prop), FOR_COLUMNS[strategy] and "column property" or "relationship property"))
end

--- Two options want different things of the same path.
---@param root any     the entity at which the path begins
---@param steps table  steps of the option, as loader_options makes them
function strategy_error.conflict(root, steps)
  local parts = { info.describe(root) }
  for _, step in ipairs(steps) do
    parts[#parts + 1] = tostring(step.prop)
    if step.prop.kind == "relationship" then
      parts[#parts + 1] = info.describe(step.of_type or step.prop.mapper.entity)
    end
  end
  exc.raise("InvalidRequestError", "Loader strategies for ORM Path[%s] conflict", table.concat(parts, " -> "))
end

return strategy_error
