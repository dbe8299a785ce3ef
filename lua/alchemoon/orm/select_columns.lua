--- Which columns a mapper's entity is selected by, and in what order.
--
-- As in SQLAlchemy: column properties that are expressions come first, in the order in which they were declared; then
-- what is inherited, in the order of the base, last what this mapper has under a column of another name; then the
-- table's own columns.
local core = require "alchemoon.core"

local select_columns = {}

local function is_expression(prop)
  return prop.kind == "column" and not prop:is_table_column()
end

-- Properties that are no table columns, in the order in which they were declared, the column that a synonym maps before
-- it; back references come last of all.
local function declared_apart(mapper, is_new)
  local list = {}
  for i, prop in ipairs(mapper.props) do
    local apart = prop.kind ~= "column" or is_expression(prop) or prop.of_synonym
    if apart and is_new(prop) and not prop.is_backref and not prop.late then
      list[#list + 1] = { prop, prop.number or 1e9, i }
    end
  end
  table.sort(list, function(a, b)
    if a[2] ~= b[2] then return a[2] < b[2] end
    return a[3] < b[3]
  end)
  return list
end

-- The column properties, without those that came late: they stand among what else did. A subclass in its base's table
-- may share columns with its siblings: they come as in the table.
local function column_properties(mapper)
  local list, place = {}, {}
  for i, prop in ipairs(mapper.props) do
    if prop.kind == "column" and not prop.late then
      list[#list + 1] = prop
      place[prop] = i
    end
  end
  if not (mapper.single and mapper.inherits) then return list end
  local at = {}
  for i, column in ipairs(core.node_get(mapper.local_table, "columns")) do at[column] = i end
  table.sort(list, function(a, b)
    local first, second = at[a.columns[1]] or math.huge, at[b.columns[1]] or math.huge
    if first ~= second then return first < second end
    return place[a] < place[b]
  end)
  return list
end

-- The order in which columns are selected: own ones first, as they were declared, then the base's.
local function compute(mapper)
  local out, seen = {}, {}
  local function take(prop)
    if prop and not seen[prop.key] and mapper.prop[prop.key] then
      seen[prop.key] = true
      out[#out + 1] = mapper.prop[prop.key]
    end
  end
  local base = not mapper.concrete and mapper.inherits or nil
  local function is_new(prop) return not base or base.prop[prop.key] == nil end
  for _, entry in ipairs(declared_apart(mapper, is_new)) do take(entry[1]) end
  local renamed = {}
  for _, prop in ipairs(base and select_columns.ordered(base) or {}) do
    local own = mapper.prop[prop.key]
    if own and own.renames and own.parent == mapper then renamed[#renamed + 1] = prop
    elseif not mapper.latecomers[prop] then take(prop) end
  end
  for _, prop in ipairs(renamed) do take(prop) end
  for _, prop in ipairs(column_properties(mapper)) do take(prop) end
  for _, prop in ipairs(mapper.props) do take(prop) end
  return out
end

local cache = setmetatable({}, { __mode = "k" })

--- All properties of a mapper in the order of loading.
function select_columns.ordered(mapper)
  local known = cache[mapper]
  if known and known.count == #mapper.props and known.last == mapper.props[#mapper.props] then return known.list end
  local list = compute(mapper)
  cache[mapper] = { list = list, count = #mapper.props, last = mapper.props[#mapper.props] }
  return list
end

--- The properties of a mapper and of subclasses that are loaded along, each once.
function select_columns.polymorphic(mapper, mappers)
  if #mappers <= 1 and (mappers[1] or mapper) == mapper then return select_columns.ordered(mapper) end
  local out, seen = {}, {}
  local function take(prop)
    if not seen[prop] then
      seen[prop] = true
      out[#out + 1] = prop
    end
  end
  for _, prop in ipairs(select_columns.ordered(mapper)) do take(prop) end
  for _, sub in ipairs(mappers) do
    for _, prop in ipairs(select_columns.ordered(sub)) do take(prop) end
  end
  return out
end

-- The expression of a property → the same without the entity, as subqueries of the entity have it.
local without_entity = setmetatable({}, { __mode = "k" })

--- Notes under which form subqueries have the expression of a property.
function select_columns.remember(attribute, made)
  if core.node_tag(attribute) ~= core.tags.ORM_ATTR then return end
  without_entity[core.node_get(attribute, "column")] = core.node_get(made, "column")
end

--- The column of a subquery that stands for the expression of a property, if it was selected.
function select_columns.counterpart(from, expression)
  return core.corresponding_column(from, without_entity[expression] or expression, true)
end

--- The columns that a subquery of a mapper's entity selects: all that are mapped, deferred ones too. `adapt`
-- exchanges them for those of an alias (`from`), which may lack some.
function select_columns.of_subquery(mapper, mappers, adapt, from)
  local list, seen = {}, {}
  for _, prop in ipairs(select_columns.polymorphic(mapper, mappers or { mapper })) do
    if prop.kind == "column" and not prop.hidden and (not prop.query_expression or prop.has_default_expression)
      and not (prop.deferred and is_expression(prop)) then
      for _, column in ipairs(prop.columns) do
        if adapt then
          local own = adapt(column)
          if own == column and core.node_tag(column) == core.tags.COLUMN
            and core.corresponding_column(from, column, true) ~= column then -- a join has it itself
            own = nil
          end
          column = own
        elseif is_expression(prop) then -- the subquery's column is known by the attribute's name
          column = core.node(core.tags.ORM_ATTR, { column = column, name = prop.key,
            kind = core.enums.ORM_ATTR_COLUMN, extra = prop }, core.node_type(column))
        end
        if column ~= nil and not seen[column] then
          seen[column] = true
          list[#list + 1] = column
        end
      end
    end
  end
  return list
end

select_columns.is_expression = is_expression
select_columns.core = core
return select_columns
