--- The columns of a UNION of legacy queries, which is a subquery to everything that the query says afterwards.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"

local lower_union = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

-- What a UNION of queries selects beside columns of tables: pairs { expression, its column in the subquery }. They
-- are found by their places in the first query, which may be such a UNION itself.
local function expressions_of(from)
  local element = node_tag(from) == T.ALIAS and node_get(from, "element")
  if not element or node_tag(element) ~= T.COMPOUND then return {} end
  local first, columns, pairs_ = node_get(element, "selects")[1], core.from_columns(from), {}
  local source = node_tag(first) == T.SELECT and node_get(first, "froms")[1]
  local below = source and expressions_of(source) or {}
  for i, node in ipairs(core.selected_columns(first)) do
    local inner = node_tag(node) == T.ORM_ATTR and node_get(node, "column") or node
    if columns[i] and (node_tag(inner) ~= T.COLUMN or node_get(inner, "table") == nil) then
      pairs_[#pairs_ + 1] = { inner, columns[i] }
      if node_tag(inner) == T.LABEL then pairs_[#pairs_ + 1] = { node_get(inner, "element"), columns[i] } end
    end
    for _, pair in ipairs(below) do
      if pair[2] == inner then pairs_[#pairs_ + 1] = { pair[1], columns[i] } end
    end
  end
  return pairs_
end

--- An adapter to the columns of the subquery that a UNION of queries is.
---@param from userdata   the subquery
---@return function adapt
---@return table[] pairs   { expression, its column in the subquery }
function lower_union.adapter(from)
  local exact = expressions_of(from)
  local adapt = column_adapter.new(from, nil, exact)
  return function(node)
    if node == nil then return nil end
    for _, pair in ipairs(exact) do
      if pair[1] == node then return pair[2] end
    end
    return adapt(node)
  end, exact
end

return lower_union
