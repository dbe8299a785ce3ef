--- The mapper that a SELECT is about: the first one that its clauses name, themselves or in subqueries.
--
-- exists():where(…) is about nothing: what it names is found only when it is compiled. A SELECT of nothing else is
-- executed as one about tables is, without a flush before it, and without a mapper for get_bind().
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local info = require "alchemoon.orm.attr_info"

local statement_subject = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

-- Is it EXISTS (SELECT * ...), as exists() without arguments makes it?
local function is_bare_exists(node)
  local element = node_get(node, "element")
  local columns = node_tag(element) == T.SELECT and node_get(element, "columns") -- a UNION has none of its own
  local first = columns and columns[1]
  return first and node_tag(first) == T.COLUMN and node_get(first, "name") == "*"
end

--- The mapper of the first entity in an expression, a FROM element or a statement; nil if there is none.
---@param node userdata
---@return table?
function statement_subject.of(node)
  local tag = node_tag(node)
  if tag == T.ORM_ENTITY then return info.mapper(node) end
  if tag == T.ORM_ATTR then return info.mapper(node_get(node, "entity")) end
  if tag == T.EXISTS and is_bare_exists(node) or not column_adapter.is_orm(node) then return nil end
  if tag == T.COLUMN then -- of a subquery
    local from = node_get(node, "table")
    return from and statement_subject.of(from)
  end
  for _, child in ipairs(core.node_children(node)) do
    local found = statement_subject.of(child)
    if found then return found end
  end
  return nil
end

return statement_subject
