--- What an INSERT tells about its row: the primary key and the values that the server made.
local codec = require "alchemoon.types.codec"
local core = require "alchemoon.core"

local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local NULL = require "alchemoon.null"

local inserted = {}

--- Primary key columns of the statement's table, and the one that the database numbers.
local function keys_of(entry)
  if entry.pk_columns then return entry.pk_columns, entry.autoincrement end
  local tbl, columns, names = node_get(entry.stmt, "table"), {}, {}
  if node_tag(tbl) == T.TABLE then
    for _, column in ipairs(node_get(tbl, "columns")) do
      local schema = node_get(column, "schema")
      if schema and node_get(schema, "primary_key") ~= 0 then
        columns[#columns + 1] = column
        names[#names + 1] = node_get(column, "key_name") or node_get(column, "name")
      end
    end
    entry.autoincrement = core.autoincrement_column(tbl)
  end
  -- of many rows, or rows of a SELECT, nobody knows which is the last
  entry.knows_key = node_get(entry.stmt, "inline_") == 0 and node_get(entry.stmt, "from_select") == nil
    and #(node_get(entry.stmt, "rows") or {}) == 0
  entry.pk_columns, entry.pk_names = columns, names
  entry.pk_shape = core.shape { names = names, columns = columns }
  return columns, entry.autoincrement
end

--- Index of the bind that writes `column`, or nil.
local function bind_of(entry, column)
  local known = entry.bind_of_column
  if not known then
    known = {}
    for i, bind in ipairs(entry.binds) do
      if bind.column then known[bind.column] = i end
    end
    entry.bind_of_column = known
  end
  return known[column]
end

-- The number that the database gave, as the column's type shows it.
local function own_number(column, number, dialect)
  local decoder = codec.decoder(core.node_type(column), dialect)
  if type(decoder) == "table" then decoder = decoder[2] end
  if type(decoder) ~= "function" then return number end
  return decoder(number)
end

local function key_row(entry, stmt, set, result, implicit, many)
  local columns, autoincrement = keys_of(entry)
  local values = { n = #columns }
  for i, column in ipairs(columns) do
    local value = nil
    local bind = bind_of(entry, column)
    if implicit and implicit[column] ~= nil then value = implicit[column]
    elseif bind then value = core.params_value(entry.compiled, stmt, entry.keys, set, bind) end
    if value == NULL then value = nil end
    if value == nil and column == autoincrement and not many and entry.knows_key and result.lastrowid ~= 0 then
      value = own_number(column, result.lastrowid, entry.dialect)
    end
    values[i] = value
  end
  return core.row(entry.pk_shape, values)
end

--- Values by column of the row that came back without the author asking.
local function implicit_values(entry, row)
  local values = {}
  for i, column in ipairs(entry.info.returned) do values[column] = row[i] end
  return values
end

--- Gives `result` the fields inserted_primary_key, returned_defaults ... of this execution.
function inserted.attach(result, entry, stmt, sets, many)
  local info = result._info
  if not info then return end
  local implicit, rows = nil, nil
  local automatic = entry.info.returning and #entry.info.returned > 0
  if automatic then -- what came back belongs to these fields, not to the program
    rows = result:fetchall()
    result._shape0 = nil
    if rows[1] then implicit = implicit_values(entry, rows[1]) end
  end
  info.returned_defaults_rows = automatic and rows or nil
  info.returned_defaults = automatic and not many and rows[1] or nil
  if not entry.info.is_insert then return end
  function info.inserted_primary_key(of)
    if automatic and not implicit then return nil end -- asked for, but a trigger or a rule let no row in
    return key_row(entry, stmt, sets[1], of, implicit, false)
  end
  function info.inserted_primary_key_rows(of)
    local list = {}
    for i = 1, automatic and #rows or math.max(#sets, 1) do
      local values = rows and rows[i] and implicit_values(entry, rows[i])
      list[i] = key_row(entry, stmt, sets[i], of, values, many)
    end
    return list
  end
end

return inserted
