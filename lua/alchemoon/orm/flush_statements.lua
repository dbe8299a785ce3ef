--- The Core statements of a flush, made once per table, and how they are run.
--
-- Statements are immutable, so a cached one finds its compiled form by its key. Bind names: a column's key for a value,
-- and "table_column" for the key that finds the row of an UPDATE (a DELETE uses the column's key).
local core = require "alchemoon.core"
local constructs = require "alchemoon.sql.constructs"
local dml = require "alchemoon.sql.dml"

local statements = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113
local cache = setmetatable({}, { __mode = "k" }) -- table → name → statement

-- Statements live with their table; building one costs more than a row.
local function cached(from, name, make)
  local of = cache[from]
  if not of then
    of = {}
    cache[from] = of
  end
  local statement = of[name]
  if not statement then
    statement = make()
    of[name] = statement
  end
  return statement
end

local function has_column(from, name)
  for _, column in ipairs(core.from_columns(from)) do
    if column.key == name then return true end
  end
  return false
end

--- "schema_table_column": the bind that finds a row by this column; a number behind it if a column has that name.
function statements.label(column)
  local from = core.node_get(column, "table")
  local name = (core.node_get(from, "schema") and core.node_get(from, "schema"):gsub("%.", "_") .. "_" or "")
    .. core.node_get(from, "name") .. "_" .. core.node_get(column, "name")
  local label, n = name, 1
  while has_column(from, label) do
    label = name .. "_" .. n
    n = n + 1
  end
  return label
end

local function key_condition(columns, name_of)
  local conditions = {}
  for i, column in ipairs(columns) do
    conditions[i] = column:eq(constructs.bindparam(name_of(column), { type_ = core.node_type(column) }))
  end
  return conditions
end

local function column_key(column) return column.key end

--- INSERT INTO table, columns by the parameters.
function statements.insert(from)
  return cached(from, "insert", function() return dml.insert(from) end)
end

--- The INSERT that brings values back: columns is a list, `name` tells variants apart.
function statements.insert_returning(from, name, columns)
  return cached(from, "insert\0" .. name, function()
    return dml.insert(from):return_defaults(unpack(columns))
  end)
end

local function version_of(mapper, from)
  local column = mapper.version_id_col
  if column and core.node_get(column, "table") == from then return column end
  return nil
end
statements.version_of = version_of

local function update_of(mapper, from)
  local columns = {}
  for i, column in ipairs(mapper.pks_by_table[from]) do columns[i] = column end
  local version = version_of(mapper, from)
  if version then columns[#columns + 1] = version end
  return dml.update(from):where(unpack(key_condition(columns, statements.label)))
end

local function variant(mapper, from) return version_of(mapper, from) and "\0version" or "" end

--- UPDATE table SET … WHERE key = :table_key [AND version = :table_version].
function statements.update(mapper, from)
  return cached(from, "update" .. variant(mapper, from), function() return update_of(mapper, from) end)
end

--- The UPDATE that brings values back.
function statements.update_returning(mapper, from, name, columns)
  return cached(from, "update\0" .. name .. variant(mapper, from), function()
    return update_of(mapper, from):return_defaults(unpack(columns))
  end)
end

--- DELETE FROM table WHERE key = :key [AND version = :version].
function statements.delete(mapper, from)
  return cached(from, "delete" .. variant(mapper, from), function()
    local columns = {}
    for i, column in ipairs(mapper.pks_by_table[from]) do columns[i] = column end
    local version = version_of(mapper, from)
    if version then columns[#columns + 1] = version end
    return dml.delete(from):where(unpack(key_condition(columns, column_key)))
  end)
end

local function secondary_columns(from, keys)
  local wanted, columns = {}, {}
  for _, key in ipairs(keys) do wanted[key] = true end
  for _, column in ipairs(core.node_get(from, "columns")) do
    if wanted[column.key] then columns[#columns + 1] = column end
  end
  return columns
end

--- DELETE of association rows; `keys`: the columns that find one.
function statements.association_delete(prop, keys)
  local from = prop.secondary
  return cached(from, "delete\0" .. table.concat(keys, "\0"), function()
    return dml.delete(from):where(unpack(key_condition(secondary_columns(from, keys), column_key)))
  end)
end

--- UPDATE of association rows, found by their old keys.
function statements.association_update(prop, keys)
  local from = prop.secondary
  return cached(from, "update\0" .. table.concat(keys, "\0"), function()
    return dml.update(from):where(unpack(key_condition(secondary_columns(from, keys),
      function(column) return "old_" .. column.key end)))
  end)
end

--- Executes a statement with one or many rows of parameters.
function statements.run(conn, statement, rows)
  if #rows == 1 then return conn:execute(statement, rows[1]) end
  return conn:execute(statement, rows)
end

return statements
