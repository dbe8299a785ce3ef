--- Rows that a program gives to an INSERT or UPDATE of a class: their attributes as columns, and which go together.
local core = require "alchemoon.core"
local bulk = require "alchemoon.orm.bulk"
local flush_plan = require "alchemoon.orm.flush_plan"
local symbols = require "alchemoon.orm.symbols"

local dml_rows = {}
local T, node_tag = core.tags, core.node_tag
local null = symbols.null

--- Is this a list of rows, not one?
function dml_rows.is_list(params) return type(params) == "table" and type(params[1]) == "table" end

-- The key of the column that an attribute's name means; other names mean themselves.
local function column_key(mapper, name)
  local column = type(name) == "string" and mapper:column_of(name)
  return column and node_tag(column) == T.COLUMN and column.key or name
end

--- Can rows be given to the database as they are? Most can: all give the same attributes, which are called like their
-- columns, and none is NULL.
function dml_rows.are_ready(mapper, rows)
  local expected, count = {}, 0
  for name in pairs(rows[1]) do
    local key = type(name) == "string" and mapper:column_of(name) and column_key(mapper, name)
    if key ~= name then return false end
    expected[name], count = true, count + 1
  end
  for i = 1, #rows do
    local missing = count
    for name, value in pairs(rows[i]) do
      if value == null or not expected[name] then return false end
      missing = missing - 1
    end
    if missing > 0 then return false end
  end
  return true
end

-- Is a name of a bulk INSERT's rows to be passed over? Attributes count, and the parameters of the statement.
local function is_foreign(mapper, name, statement)
  return statement ~= nil and type(name) == "string" and not mapper:column_of(name)
    and not bulk.bind_names(statement)[name]
end

--- Attribute names of given rows become names of columns. `statement`: of a bulk INSERT, which takes what it knows.
function dml_rows.column_names(mapper, params, statement)
  local keys = {}
  local function convert(set)
    local row = {}
    for name, value in pairs(bulk.with_parts(mapper, set)) do
      local key = keys[name]
      if key == nil then
        key = not is_foreign(mapper, name, statement) and column_key(mapper, name)
        keys[name] = key
      end
      if key then row[key] = value end
    end
    return row
  end
  if params == nil then return nil end
  if not dml_rows.is_list(params) then return convert(params) end
  local rows = {}
  for i, set in ipairs(params) do rows[i] = convert(set) end
  return rows
end

--- One row of an UPDATE with criteria: what its attributes get, and the parameters of other names.
function dml_rows.values_and_binds(mapper, row)
  local values, binds = {}, nil
  for name, value in pairs(bulk.with_parts(mapper, row)) do
    if type(name) == "string" and not mapper:column_of(name) then
      binds = binds or {}
      binds[name] = value
    else
      values[name] = value
    end
  end
  return values, binds
end

--- A statement of a class on several tables, for one of them; second result: does it give values to it?
---@param statement userdata
---@param from userdata   the Table
---@return userdata, boolean
function dml_rows.statement_of_table(statement, from)
  local values = {}
  for _, pair in ipairs(core.node_get(statement, "values")) do
    if core.node_get(core.node_get(pair, "key"), "table") == from then values[#values + 1] = pair end
  end
  return core.node_with(statement, { table = from, values = values }), #values > 0
end

-- Is NULL a value like others to a column: JSON, or a type that evaluates none?
local function evaluates_null(mapper, key)
  for _, from in ipairs(mapper.tables) do
    local plan = flush_plan.of(mapper, from)
    for _, entry in ipairs(plan and plan.columns or {}) do
      if entry.key == key then return entry.json or entry.evaluates_none end
    end
  end
  return false
end

--- Rows that give the same columns go together; NULL is as good as absent unless `render_nulls`.
function dml_rows.groups(mapper, rows, render_nulls)
  local groups, last = {}, nil
  for _, row in ipairs(rows) do
    local names, kept = {}, {}
    for name, value in pairs(row) do
      if value ~= null or render_nulls or evaluates_null(mapper, name) then
        names[#names + 1] = tostring(name)
        kept[name] = value
      end
    end
    table.sort(names)
    local set = table.concat(names, "\0")
    if set ~= last then groups[#groups + 1] = {} end
    last = set
    table.insert(groups[#groups], kept)
  end
  return groups
end

return dml_rows
