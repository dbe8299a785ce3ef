--- `am.visitors`: walks over what a statement is made of, and copies of it with parts exchanged.
--
-- Elements are immutable. Where SQLAlchemy's visitor changes the copy that it is shown, one of these returns what is to
-- stand in the element's place.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"

local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag

local COMMA
for id, name in pairs(coerce.operator_names) do
  if name == "comma" then COMMA = id end
end

local visitors = {}

local NAMES = {
  BINARY = "binary", UNARY = "unary", CLAUSE_LIST = "clauselist", TUPLE = "tuple", GROUPING = "grouping",
  LABEL = "label", LABEL_REFERENCE = "label_reference", COLUMN = "column", BIND = "bindparam", NULL = "null",
  TRUE = "true", FALSE = "false", TEXT = "textclause", CAST = "cast", TYPE_COERCE = "type_coerce", EXTRACT = "extract",
  CASE = "case", COLLATION = "collation", SLICE = "slice", ARRAY = "array", FUNCTION = "function", OVER = "over",
  WITHIN_GROUP = "withingroup", FUNC_FILTER = "funcfilter", AGGREGATE_ORDER_BY = "aggregate_order_by",
  FUNCTION_AS_BINARY = "function_as_comparison", SCALAR_SELECT = "grouping", EXISTS = "unary",
  NEXT_VALUE = "next_value_func", TABLE = "table", JOIN = "join", VALUES = "values", FROM_GROUPING = "grouping",
  TEXTUAL_SELECT = "textual_select", SELECT = "select", COMPOUND = "compound_select",
  SELECT_GROUPING = "select_statement_grouping", INSERT = "insert", UPDATE = "update", DELETE = "delete",
  SEQUENCE = "sequence", CUSTOM_COLUMN = "custom_column", CUSTOM_CLAUSE = "custom_clause", ORM_ATTR = "column",
}
local BY_TAG = {}
for tag, name in pairs(NAMES) do BY_TAG[assert(T[tag], tag)] = name end

local ALIASES = {
  [E.ALIAS_PLAIN] = "alias", [E.ALIAS_SUBQUERY] = "subquery", [E.ALIAS_CTE] = "cte", [E.ALIAS_LATERAL] = "lateral",
  [E.ALIAS_TABLESAMPLE] = "tablesample", [E.ALIAS_TABLE_VALUED] = "table_valued_alias",
}

--- SQLAlchemy's name for a kind of element: "select", "binary", "bindparam" ...; nil for what has none of its own.
---@param node userdata
---@return string?
function visitors.visit_name(node)
  local tag = node_tag(node)
  if tag == T.ALIAS then return ALIASES[node_get(node, "kind")] end
  if tag == T.CLAUSE_LIST and node_get(node, "op") ~= COMMA then return "expression_clauselist" end
  return BY_TAG[tag]
end

-- The leaves; and what of a SELECT comes first.
local LEAVES = { [T.COLUMN] = true, [T.TABLE] = true, [T.TYPE] = true, [T.ORM_ATTR] = true }
local PARTS_OF_SELECT = { "columns", "where", "having", "order_by", "group_by", "joins" }
local PARTS_OF_UPDATE = { "where", "values", "returning" }
local ENDS_OF_SELECT = { "limit", "offset", "fetch" }

-- Elements with a name of their own; nodes that only hold others are looked through.
local function add(list, node)
  if visitors.visit_name(node) then
    list[#list + 1] = node
    return
  end
  if LEAVES[node_tag(node)] then return end
  if node_tag(node) == T.PAIR then return add(list, node_get(node, "value")) end -- of an INSERT or UPDATE
  for _, child in ipairs(core.node_children(node)) do add(list, child) end
end

local function children_of_select(node, list)
  local seen = {}
  local function add_from(from)
    if not seen[from] then
      seen[from] = true
      list[#list + 1] = from
    end
  end
  for _, part in ipairs(PARTS_OF_SELECT) do
    for _, child in ipairs(node_get(node, part)) do add(list, child) end
  end
  for _, part in ipairs(ENDS_OF_SELECT) do
    local child = node_get(node, part)
    if child then add(list, child) end
  end
  for _, part in ipairs{ "columns", "where" } do
    for _, child in ipairs(node_get(node, part)) do
      for _, from in ipairs(core.from_objects(child)) do add_from(from) end
    end
  end
  for _, from in ipairs(node_get(node, "froms")) do add_from(from) end
end

--- The elements directly below one.
---@param node userdata
---@return userdata[]
function visitors.get_children(node)
  local list = {}
  if LEAVES[node_tag(node)] then return list end
  if node_tag(node) == T.SELECT then
    children_of_select(node, list)
    return list
  end
  if node_tag(node) == T.UPDATE then
    add(list, node_get(node, "table"))
    for _, part in ipairs(PARTS_OF_UPDATE) do
      for _, child in ipairs(node_get(node, part)) do add(list, child) end
    end
    return list
  end
  for _, child in ipairs(core.node_children(node)) do add(list, child) end
  return list
end

local function element_of(value, fn_name)
  local node = coerce.element(value)
  if not node then
    exc.raise("ArgumentError", "visitors.%s() needs an SQL element, got %s", fn_name, coerce.describe(value))
  end
  return node
end

-- visitors.f(element, {}, x): the options table may be left out.
local function without_options(opts, given)
  if given == nil then return opts end
  return given
end

--- for element in visitors.iterate(stmt) do: the element itself, then what is below it, level by level.
---@param value any
---@return fun(): userdata?
function visitors.iterate(value)
  local queue, at = { { element_of(value, "iterate") } }, { 1, 1 }
  return function()
    while queue[at[1]] do
      local node = queue[at[1]][at[2]]
      if node then
        at[2] = at[2] + 1
        queue[#queue + 1] = visitors.get_children(node)
        return node
      end
      queue[at[1]] = false
      at[1], at[2] = at[1] + 1, 1
    end
    return nil
  end
end

--- Calls `visit` with every element of an iterator; returns the element.
function visitors.traverse_using(iterator, value, visit_functions)
  for node in iterator do
    local visit = visit_functions[visitors.visit_name(node)]
    if visit then visit(node) end
  end
  return value
end

--- visitors.traverse(stmt, {}, { bindparam = function(bind) … end, select = … }); returns the element.
---@param value any
---@param opts table?
---@param visit_functions table?
---@return any
function visitors.traverse(value, opts, visit_functions)
  return visitors.traverse_using(visitors.iterate(value), value, without_options(opts, visit_functions))
end

--- A copy in which `replace(element)` stands for every element for which it is not nil; what is below such an element
--- is not looked at.
---@param value any
---@param opts table?
---@param replace (fun(node: userdata): any)?
---@return userdata
function visitors.replacement_traverse(value, opts, replace)
  replace = without_options(opts, replace)
  local root, joins, asked = element_of(value, "replacement_traverse"), {}, {}
  local is_select = node_tag(root) == T.SELECT
  local function answer(node)
    local other = asked[node]
    if other == nil then
      other = replace(node)
      other = other ~= nil and element_of(other, "replacement_traverse") or false
      asked[node] = other
      if other and node_tag(other) == T.JOIN then joins[#joins + 1] = other end
    end
    return other or nil
  end
  -- a SELECT's FROM elements may stand nowhere but in its columns
  local function column_of_replaced(node)
    local from = node_tag(node) == T.COLUMN and node_get(node, "table")
    local other = from and answer(from)
    return other and core.corresponding_column(other, node) or nil
  end
  local fresh = core.node_replace(root, function(node)
    if not visitors.visit_name(node) then return nil end
    return answer(node) or is_select and column_of_replaced(node) or nil
  end)
  if not is_select or node_tag(fresh) ~= T.SELECT then return fresh end
  for _, join in ipairs(joins) do -- columns stay those of its sides: FROM must name it
    local there = false
    for _, from in ipairs(node_get(fresh, "froms")) do there = there or from == join end
    if not there then fresh = core.node_append(fresh, "froms", join) end
  end
  return fresh
end

--- A copy in which what a visitor returns stands for the element that it was shown, the inner elements first.
---@param value any
---@param opts table?
---@param visit_functions table?
---@return userdata
function visitors.cloned_traverse(value, opts, visit_functions)
  visit_functions = without_options(opts, visit_functions)
  local function clone(node)
    local inside = core.node_replace(node, function(child)
      if child == node or not visitors.visit_name(child) then return nil end
      return clone(child)
    end)
    local visit = visit_functions[visitors.visit_name(inside)]
    local other = visit and visit(inside)
    return other ~= nil and element_of(other, "cloned_traverse") or inside
  end
  return clone(element_of(value, "cloned_traverse"))
end

return visitors
