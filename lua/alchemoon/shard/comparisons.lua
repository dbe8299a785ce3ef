--- What the WHERE clause of a statement compares columns with: what most execute_choosers want to know.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"

local comparisons = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

-- The table's column behind an attribute of a class; nil for anything else.
local function column_of(node)
  if node_tag(node) == T.ORM_ATTR then node = node_get(node, "column") end
  if node_tag(node) == T.COLUMN then return node end
  return nil
end

local function operator_name(node)
  local custom = node_get(node, "custom")
  return custom and node_get(custom, "text") or coerce.operator_names[node_get(node, "op")]
end

local function add(list, column, operator, other)
  if column and node_tag(other) == T.BIND then
    list[#list + 1] = { column = column, name = column.name, operator = operator, value = other.value }
  end
end

local function visit(list, node)
  local tag = node_tag(node)
  if tag == T.BINARY then
    local left, right = node.left, node.right
    add(list, column_of(left), operator_name(node), right)
    if node_tag(left) == T.BIND then add(list, column_of(right), operator_name(node), left) end
  elseif tag == T.CLAUSE_LIST or tag == T.GROUPING then
    for _, child in ipairs(core.node_children(node)) do visit(list, child) end
  end
end

--- Comparisons of columns with values that must hold for every row: a list of { column, name, operator, value } in the
-- order of the statement, the operator by its method's name ("eq", "in_"; the value of in_ is a list). What stands
-- below OR or NOT is left out: rows that do not fulfil it may be wanted too.
---@param statement userdata
---@return table[]
function comparisons.of(statement)
  if coerce.element(statement) == nil then
    exc.raise("ArgumentError", "comparisons: expected a statement, got %s", coerce.describe(statement))
  end
  local list = {}
  local where = statement.whereclause
  if where ~= nil and (node_tag(where) ~= T.CLAUSE_LIST or operator_name(where) == "and_") then visit(list, where) end
  return list
end

return comparisons
