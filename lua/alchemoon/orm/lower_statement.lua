--- The SELECT of columns that a lowered SELECT of entities becomes.
--
-- Last step of lower_select.lua, whose state has gathered what each clause holds. Eager joins are added to FROM, unless
-- they would multiply the rows of a limited or distinct SELECT: then that becomes a subquery, and the joins stand
-- around it.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local lists = require "alchemoon.lists"
local lower_eager = require "alchemoon.orm.lower_eager"
local lower_entity = require "alchemoon.orm.lower_entity"
local selectable = require "alchemoon.sql.selectable"

local lower_statement = {}
local T = core.tags
local node_get, node_tag, node_with = core.node_get, core.node_tag, core.node_with

local KEPT = { "limit", "offset", "fetch", "fetch_options", "distinct", "prefixes", "suffixes", "hints", "ctes",
  "correlate", "correlate_mode", "correlate_except" }

-- What an entity stands for; a hint about an entity is one about that.
local function plain_item(node)
  local tag = node_tag(node)
  if tag == T.ORM_ENTITY then return lower_entity.selectable(node) end
  local table_ = tag == T.HINT and node_get(node, "table")
  if table_ and node_tag(table_) == T.ORM_ENTITY then return node_with(node, { table = plain_item(table_) }) end
  return node
end

local function plain_list(list)
  local out = {}
  for i, node in ipairs(list) do out[i] = plain_item(node) end
  return out
end

-- An entity over several tables correlates with each of them.
local function correlated(list)
  local out = {}
  for _, node in ipairs(plain_list(list)) do
    for _, from in ipairs(node_tag(node) == T.JOIN and core.from_objects(node) or { node }) do out[#out + 1] = from end
  end
  return out
end

local function false_if_empty(list) return #list > 0 and list or false end

-- Clauses that nothing here has changed are taken over.
local function base_fields(state)
  local stmt = state.stmt
  local fields = { label_style = state.label_style }
  for _, name in ipairs(KEPT) do
    local value = node_get(stmt, name)
    if type(value) == "table" then
      value = false_if_empty(name:find("^correlate") and correlated(value) or plain_list(value))
    end
    if value == nil then value = false end
    fields[name] = value
  end
  fields.where = false_if_empty(state.where)
  fields.group_by = false_if_empty(state.group_by)
  fields.having = false_if_empty(state.having)
  fields.distinct_on = false_if_empty(state.distinct_on)
  fields.for_update = state.for_update or false
  return fields
end

local function make_select(fields)
  local clean = {}
  for name, value in pairs(fields) do
    if value ~= false then clean[name] = value end
  end
  return core.node(T.SELECT, clean)
end

local function number_columns(state)
  state.position = {}
  for _, list in ipairs { state.primary, state.primary_as_added or {} } do
    for i, node in ipairs(list) do state.position[node] = state.position[node] or i end
  end
  local offset = state.secondary_offset or #state.primary
  for i, node in ipairs(state.secondary) do state.position[node] = state.position[node] or offset + i end
end

local function simple_statement(state)
  local fields = base_fields(state)
  fields.columns = lists.joined(state.primary, state.secondary)
  local froms, held = {}, {} -- eager joins come last, with the elements of FROM that they hold
  for _, start in ipairs(state.eager_order) do held[start.clause or 0] = true end
  for i, clause in ipairs(state.from_clauses) do
    if not held[i] then froms[#froms + 1] = clause.node end
  end
  for _, start in ipairs(state.eager_order) do froms[#froms + 1] = lower_eager.build(start.join) end
  fields.froms = false_if_empty(froms)
  fields.order_by = false_if_empty(lists.joined(state.order_by, state.eager_order_by))
  return make_select(fields)
end

-- The expression of an item of ORDER BY, without the label reference around it.
local function unwrapped(item)
  if node_tag(item) == T.LABEL_REFERENCE then
    return node_get(item, "element") or item
  end
  return item
end

local function without_modifiers(node)
  while true do
    local tag = node_tag(node)
    if tag == T.UNARY and node_get(node, "modifier") ~= 0 then node = node_get(node, "element")
    elseif tag == T.LABEL_REFERENCE and node_get(node, "element") then node = node_get(node, "element")
    elseif tag == T.LABEL and node_tag(node_get(node, "element")) ~= T.SCALAR_SELECT then
      node = node_get(node, "element")
    elseif tag == T.GROUPING then node = node_get(node, "element")
    elseif tag == T.ORM_ATTR and node_get(node, "column") then node = node_get(node, "column")
    else return node end
  end
end

-- What ORDER BY needs and the columns clause lacks.
local function order_columns(state)
  local extra = {}
  for _, item in ipairs(state.order_by) do
    local node = without_modifiers(unwrapped(item))
    local known = state.known[node] ~= nil
    for _, list in ipairs { state.primary, extra } do
      for _, other in ipairs(list) do
        known = known or other == node or without_modifiers(other) == node
      end
    end
    if not known and node_tag(node) ~= T.LABEL_REFERENCE and node_tag(node) ~= T.TEXT then extra[#extra + 1] = node end
  end
  return extra
end

-- A column of the columns clause without attributes inside; one around it is a hybrid's, which names its expression.
local function plain_column(node)
  if node_tag(node) ~= T.ORM_ATTR then return column_adapter.plain(node) end
  return node_with(node, { column = column_adapter.plain(node_get(node, "column")) })
end

-- Columns and ORDER BY without attributes; what stands in both is one node in both, so that labels are found.
local function plain_columns(state)
  local pairs_, columns = {}, {}
  for i, node in ipairs(state.primary) do
    local plain = plain_column(node)
    columns[i] = plain
    if plain ~= node then
      pairs_[#pairs_ + 1] = { node, plain }
      state.known[plain] = plain
    end
  end
  for i, item in ipairs(state.order_by) do
    state.order_by[i] = column_adapter.plain(item, pairs_)
  end
  state.primary_as_added = state.primary
  return columns
end

-- NULL in a condition is not the column of that value.
local CONSTANT = { [T.NULL] = true, [T.TRUE] = true, [T.FALSE] = true }

-- LIMIT counts objects, not joined rows, so the program's part becomes a subquery and eager joins stand outside.
local function compound_statement(state)
  local fields = base_fields(state)
  state.primary = plain_columns(state)
  local extra = order_columns(state)
  local inner_columns = lists.joined(state.primary, extra)
  local froms = {}
  for _, clause in ipairs(state.from_clauses) do froms[#froms + 1] = clause.node end
  fields.columns, fields.froms = inner_columns, false_if_empty(froms)
  fields.order_by = false_if_empty(state.order_by)
  local inner = selectable.new_alias(make_select(fields), "SUBQUERY", nil)
  local outer_columns = core.from_columns(inner)
  local exact = {}
  for i, node in ipairs(inner_columns) do
    if not CONSTANT[node_tag(node)] then exact[#exact + 1] = { node, outer_columns[i] } end
  end
  local adapt = column_adapter.new(inner, nil, exact)
  state.secondary_offset = #outer_columns
  local from = inner
  for _, start in ipairs(state.eager_order) do
    from = lower_eager.moved(start.join, start.from, from, adapt)
  end
  local order_by = {}
  for i, item in ipairs(state.order_by) do order_by[i] = adapt(unwrapped(item)) end
  local outer = { columns = lists.joined(outer_columns, state.secondary), froms = { lower_eager.build(from) },
    label_style = state.label_style, order_by = false_if_empty(lists.joined(order_by, state.eager_order_by)) }
  if state.for_update and #node_get(state.for_update, "of") == 0 then outer.for_update = state.for_update end
  return make_select(outer)
end

--- FOR UPDATE with tables in `of` where the statement named entities.
---@param stmt userdata
---@return userdata?
function lower_statement.for_update(stmt)
  local node = node_get(stmt, "for_update")
  if node == nil then return nil end
  local of = node_get(node, "of")
  if #of == 0 then return node end
  return node_with(node, { of = plain_list(of) })
end

--- Builds the statement of a state and tells where its columns stand: `statement`, `position` (node -> index).
---@param state table
function lower_statement.build(state)
  if state:nests() and state.adding_joins then
    state.statement = compound_statement(state)
  else
    if state.selects_order then state.primary = lists.joined(state.primary, order_columns(state)) end
    state.statement = simple_statement(state)
  end
  number_columns(state)
end

return lower_statement
