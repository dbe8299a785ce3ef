--- `column = value`: what INSERT, UPDATE and upserts assign, read from tables of values.
--
-- The left side is a column of the statement's table, or a word where the table has no such column; for a mapped class
-- names are those of attributes. The right side is a bind named after the column, or an expression.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local exc = require "alchemoon.exc"
local roles = require "alchemoon.sql.roles"

local assignments = {}
local T, E = core.tags, core.enums
local node, node_get, node_with, node_tag = core.node, core.node_get, core.node_with, core.node_tag
local NULL = require "alchemoon.null"

-- Expressions that nothing can be assigned to: a hybrid that stands for one is as good as an unknown name.
local UNASSIGNABLE = { [T.LABEL] = true, [T.SCALAR_SELECT] = true, [T.EXISTS] = true, [T.FUNCTION] = true,
  [T.CASE] = true }

--- A column of a table by name; nil if it is no Table or has none.
function assignments.find_column(tbl, key)
  if node_tag(tbl) ~= T.TABLE then return nil end
  return core.column_find(tbl, key)
end

--- The left side of an assignment: a column of the table, or the name as it was given. Second result: 1 for a column of
-- a mapped class that was named by a name which is no attribute's.
function assignments.key(tbl, key, entity)
  if type(key) == "string" then
    if entity then -- a mapped class: names are those of attributes
      local mapper = entity.__mapper__
      local column = mapper and mapper:column_of(key)
      local adapt = rawget(entity, "adapt_column") -- of an aliased class
      if column and node_tag(column) == T.COLUMN then return adapt and adapt(column) or column end
    end
    local column = assignments.find_column(tbl, key)
    if column then return column, entity and 1 or nil end
    return node(T.WORD, { name = key })
  end
  if type(key) == "table" and key.__clause_element__ then key = key:__clause_element__() end
  local tag = node_tag(key)
  if tag == T.ORM_ATTR then
    local column = node_get(key, "column")
    return UNASSIGNABLE[node_tag(column)] and node(T.WORD, { name = node_get(key, "name") }) or column
  end
  if tag == T.COLUMN then return key end
  if tag and not coerce.IS_FROM[tag] and not coerce.IS_SELECT[tag] then return key end -- data[5] = ...
  return roles.refuse(roles.DML_COLUMN, key)
end

local function name_of(key, suffix)
  return (node_tag(key) == T.WORD and node_get(key, "name") or key.key) .. (suffix or "")
end

--- The right side: a bind named after the column for plain values, expressions as they are.
function assignments.value(key, value, suffix)
  local tag = node_tag(value)
  if tag == nil and type(value) == "table" and coerce.is_expression(value) then
    value = coerce.expr(value)
    tag = node_tag(value)
  end
  local column_type = node_tag(key) == T.COLUMN and core.node_type(key) or nil
  if tag ~= nil then
    if tag == T.BIND then
      local null_type = column_type and coerce.is_null_type(core.node_type(value))
      if null_type then return node_with(value, {}, column_type) end
    end
    if tag == T.SELECT or tag == T.COMPOUND then return coerce.scalar_subquery(value) end
    if tag == T.SEQUENCE or tag == T.DEFAULT then return roles.refuse(roles.ELEMENT, value) end
    if coerce.IS_FROM[tag] then return coerce.expr(value) end -- the SELECT of a subquery, else an error
    return value
  end
  if node_tag(key) ~= T.COLUMN and node_tag(key) ~= T.WORD then
    return coerce.expr(value, { type = core.node_type(key) })
  end
  -- an explicit NULL is the NULL pointer: node() cannot tell an absent field from nil
  return node(T.BIND, { name = name_of(key, suffix), value = value, options = E.BIND_FROM_NAMES },
    column_type or coerce.type_of(value))
end

--- The keys of a table of values: columns in table order first, then names in alphabetical order, for hash order never
-- reaches SQL.
function assignments.sorted_keys(tbl, values)
  local named, columns, position = {}, {}, {}
  if node_tag(tbl) == T.TABLE then
    for i, column in ipairs(node_get(tbl, "columns")) do position[column.key] = i end
  end
  for key in pairs(values) do
    if type(key) == "string" then named[#named + 1] = key else columns[#columns + 1] = key end
  end
  table.sort(named, function(a, b)
    local pa, pb = position[a], position[b]
    if pa and pb then return pa < pb end
    if pa or pb then return pa ~= nil end
    return a < b
  end)
  table.sort(columns, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(columns) do named[#named + 1] = key end
  return named
end

--- PAIR nodes for one table of values; `suffix` distinguishes rows.
function assignments.pairs(stmt, values, suffix)
  local class = getmetatable(values)
  if type(class) == "table" and rawget(class, "__mapper__") then
    exc.raise("ArgumentError", "values(): expected a table of values, got %s; session:add() stores objects",
      coerce.describe(values))
  end
  local tbl, entity = node_get(stmt, "table"), node_get(stmt, "orm")
  local list = {}
  if values[1] ~= nil or (next(values) == nil and values.n) then -- by position
    local columns = node_get(tbl, "columns")
    for i = 1, values.n or #values do
      if not columns[i] then
        exc.raise("ArgumentError", "values(): %d values for the %d columns of %s", #values, #columns, tostring(tbl))
      end
      list[i] = node(T.PAIR, { key = columns[i], value = assignments.value(columns[i], values[i], suffix) })
    end
    return list
  end
  for _, key in ipairs(assignments.sorted_keys(tbl, values)) do
    local value = values[key]
    local mapper = type(key) == "string" and entity and entity.__mapper__
    local descriptor = mapper and mapper.descriptor[key]
    if descriptor and (descriptor.hybrid or mapper.composites:contains(key)) then key = entity[key] end
    -- a hybrid or a composite stands for several columns
    local extra = node_tag(key) == T.ORM_ATTR and node_get(key, "extra")
    local expand = extra and extra.update_pairs
    for _, pair in ipairs(expand and expand(extra, key, value) or { { key, value } }) do
      local column, by_column = assignments.key(tbl, pair[1], entity)
      list[#list + 1] = node(T.PAIR, { key = column, value = assignments.value(column, pair[2], suffix),
        by_column = by_column })
    end
  end
  return list
end

local function same_key(a, b)
  if a == b then return true end
  return node_tag(a) == T.WORD and node_tag(b) == T.WORD and node_get(a, "name") == node_get(b, "name")
end

--- Later values replace earlier ones for the same column.
function assignments.merge(old, new)
  local list = {}
  for _, pair in ipairs(old) do
    local replaced = false
    for _, other in ipairs(new) do
      if same_key(node_get(pair, "key"), node_get(other, "key")) then replaced = true end
    end
    if not replaced then list[#list + 1] = pair end
  end
  for _, pair in ipairs(new) do list[#list + 1] = pair end
  return list
end

--- Is this a list of rows, not one?
function assignments.is_list_of_rows(values)
  return type(values) == "table" and type(values[1]) == "table" and node_tag(values[1]) == nil
    and not coerce.is_expression(values[1])
end

--- A list of pairs {column, value} as the table that it stands for; nil for anything else.
function assignments.table_of_pairs(list)
  if not assignments.is_list_of_rows(list) then return nil end
  local values = {}
  for _, pair in ipairs(list) do
    local key = type(pair) == "table" and pair[1]
    local is_key = type(key) == "string" or node_tag(key) ~= nil or coerce.is_expression(key)
    if not is_key or #pair > 2 then return nil end
    if pair[2] == nil then values[key] = NULL else values[key] = pair[2] end
  end
  return values
end

return assignments
