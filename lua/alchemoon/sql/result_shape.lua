--- Shapes of results: which label, object or position finds which column of a row, and how its cell is read.
local core = require "alchemoon.core"
local codec = require "alchemoon.types.codec"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local types = require "alchemoon.types"

local result_shape = {}
local T, E = core.tags, core.enums
local node_tag, node_get = core.node_tag, core.node_get

local is_untyped = types.is_unknown

--- Is there a column whose type only the database knows?
---@param columns table[]
---@return boolean
function result_shape.any_untyped(columns)
  for _, column in ipairs(columns) do
    if is_untyped(column.type) then return true end
  end
  return false
end

-- The place of a column object in a row: only what was selected finds it, not what derives from that.
local function find_column(objects, key)
  if node_tag(key) == T.ORM_ATTR then key = node_get(key, "column") end
  for _, pair in ipairs(objects) do
    local object = pair[1]
    if node_tag(object) == T.ORM_ATTR then object = node_get(object, "column") end
    if object == key then return pair[2] end
  end
  return nil
end

-- The name of a column with that of its table before it, as LABEL_STYLE_TABLENAME_PLUS_COL has it.
local function qualified(column, name)
  local from = node_get(column, "table")
  local tag = from and node_tag(from)
  if tag == T.ALIAS and node_get(from, "name") then return node_get(from, "name") .. "_" .. name end
  if tag ~= T.TABLE then return nil end
  local schema = node_get(from, "schema")
  local prefix = schema and schema:gsub("%.", "_") .. "_" or ""
  return prefix .. node_get(from, "name") .. "_" .. name
end

-- A column answers, beside its label, to its key and to its qualified name; where it is labelled with the latter, to
-- its qualified key. Of several the last one is meant.
local function find_other_name(objects, names, text)
  for i = #objects, 1, -1 do
    local column, position = objects[i][1], objects[i][2]
    if node_tag(column) == T.COLUMN then
      local name = node_get(column, "name")
      local key = node_get(column, "key_name") or name
      local full = qualified(column, name)
      if full ~= nil and full == names[position] then key = qualified(column, key) end
      if text == key or text == full then return position end
    end
  end
  return nil
end

local function is_of_table(column)
  local from = node_get(column, "table")
  return from and node_tag(from) == T.TABLE and node_get(from, "kind") == E.TABLE_SCHEMA
end

-- Is one of the objects of a result column a column of a Table, or one of an alias that stands for it?
local function has_table_column(objects)
  for _, object in ipairs(objects) do
    if node_tag(object) == T.ORM_ATTR then object = node_get(object, "column") end
    if node_tag(object) == T.COLUMN then
      if is_of_table(object) then return true end
      for _, proxy in ipairs(node_get(object, "proxies")) do
        if node_tag(proxy) == T.COLUMN and is_of_table(proxy) then return true end
      end
    end
  end
  return false
end

--- The decoder of a result column, of type `sql_type`, that `objects` find.
---@param sql_type userdata?
---@param objects userdata[]
---@param dialect string
---@param functions table|false|nil   the engine's own for JSON: Dialect.json
function result_shape.decoder(sql_type, objects, dialect, functions)
  if has_table_column(objects) then return codec.decoder(sql_type, dialect, functions) end
  return codec.computed_decoder(sql_type, dialect, functions)
end

-- The strings that mean a column besides its label.
local function names_of(column)
  if node_tag(column) ~= T.COLUMN then return {} end
  local name = node_get(column, "name")
  return { name, node_get(column, "key_name") or name, qualified(column, name) }
end

-- The keys of all kinds that mean more than one column. Only where two columns have one label is that a question:
-- elsewhere the last column of a name is meant.
local function ambiguous_keys(columns)
  local first, dupes = {}, {}
  local function note(key, i)
    if first[key] == nil then first[key] = i
    elseif first[key] ~= i then dupes[key] = true end
  end
  for i, column in ipairs(columns) do
    if column.key then note(column.key, i) end
    for _, object in ipairs(column.objects) do
      note(object, i)
      for _, name in pairs(names_of(object)) do note(name, i) end
    end
  end
  return dupes
end

local function has_one_label_twice(columns)
  local seen = {}
  for _, column in ipairs(columns) do
    local label = column.key
    if label and seen[label] then return true end
    seen[label] = true
  end
  return false
end

--- Shape of the rows: labels, decoders, and which objects find which column.
---@param columns table[]   { key, type, objects } each
---@param dialect string
---@param untyped table?    position → decoder, for columns without a type
---@param last_wins boolean?   of two columns with one label
---@param functions table|false|nil   the engine's own for JSON: Dialect.json
---@param is_clear boolean?   is it known that no label comes twice?
---@return userdata shape
function result_shape.make(columns, dialect, untyped, last_wins, functions, is_clear)
  local names, decoders, keys, objects = {}, {}, {}, {}
  for i, column in ipairs(columns) do
    names[i] = column.key
    decoders[i] = result_shape.decoder(column.type, column.objects, dialect, functions) or untyped and untyped[i]
      or false
    for _, object in ipairs(column.objects) do
      objects[#objects + 1] = { object, i }
      if keys[object] == nil then keys[object] = i end
    end
  end
  if not last_wins and not is_clear and has_one_label_twice(columns) then
    for key in pairs(ambiguous_keys(columns)) do keys[key] = false end
  end
  return core.shape {
    names = names, decoders = decoders, keys = keys, last_wins = last_wins,
    fallback = function(key)
      if type(key) == "string" then return find_other_name(objects, names, key) end
      if type(key) == "table" and key.__clause_element__ then key = key:__clause_element__() end
      if node_tag(key) == nil then return nil end
      return find_column(objects, key)
    end,
  }
end

--- Does somebody who built the statement anew look for other objects in the row than those of the statement that was
-- compiled? Columns of a Table are the same ones; those of an alias, subquery or table(), and functions, are not.
function result_shape.is_by_identity(columns)
  for _, column in ipairs(columns) do
    for _, object in ipairs(column.objects) do
      if node_tag(object) == T.ORM_ATTR then object = node_get(object, "column") end
      if node_tag(object) ~= T.COLUMN or not is_of_table(object) then return true end
    end
  end
  return false
end

--- The entry's shape for a statement that is equal to the compiled one but made of other objects. Where only the
-- database's answer makes a shape, the columns for result_shape.described() come second.
function result_shape.for_statement(entry, stmt, dialect)
  if entry.by_identity == nil then
    local tag = node_tag(stmt)
    entry.by_identity = (tag == T.SELECT and entry.shape ~= nil or tag == T.TEXTUAL_SELECT)
      and result_shape.is_by_identity(entry.columns)
  end
  if not entry.by_identity then return nil end
  local own = core.selected_columns(stmt)
  if #own ~= #entry.columns then return nil end
  local columns = {}
  for i, column in ipairs(entry.columns) do
    local objects = { own[i] }
    if node_tag(own[i]) == T.LABEL then objects[2] = node_get(own[i], "element") end
    columns[i] = { key = column.key, type = column.type, objects = objects }
  end
  local described = entry.described
  if described then return result_shape.by_place(described, columns, entry.json) end
  if not entry.shape then return nil, columns end
  local last_wins = entry.stmt ~= nil and select(3, core.node_flags(entry.stmt))
  if entry.is_clear == nil then entry.is_clear = not has_one_label_twice(entry.columns) end
  return result_shape.make(columns, dialect, nil, last_wins, entry.json, entry.is_clear)
end

--- Columns whose type only the database knows get the decoder that it names (PostgreSQL).
function result_shape.untyped(columns, dialect)
  return function(cursor, _, info)
    if #cursor:columns() ~= #columns then return result_shape.described(info.entry, dialect)(cursor, nil, info) end
    local untyped = {}
    for i, column in ipairs(cursor:columns()) do
      untyped[i] = columns[i] and is_untyped(columns[i].type) and dialect:column_decoder(column) or nil
    end
    local shape = result_shape.make(columns, dialect.name, untyped, nil, dialect.json)
    info.entry.info_fixed.shape = shape
    return shape
  end
end

--- For a shape whose columns stand in order: the database may call one otherwise ("NOT b" has no name), but there must
-- be as many. Where the text of one holds a comma there are more, which are then found by name.
function result_shape.ordered(entry, dialect)
  return function(cursor, _, info)
    if #cursor:columns() == #entry.columns then return entry.shape end
    entry.shape, info.entry.info_fixed.shape = nil, nil
    entry.make_shape = result_shape.described(entry, dialect)
    info.entry.info_fixed.make_shape = entry.make_shape
    return entry.make_shape(cursor, nil, info)
  end
end

-- One column of the database's answer: its label, and of the statement's column, if there is one, type and objects.
local function described_column(name, column)
  return { key = name, type = column and column.type, objects = column and column.objects or {} }
end

-- text().columns(a, b), or text() among the columns of a SELECT: the n-th column is the n-th.
local function by_position(columns, names)
  if #columns > #names then
    logging.getLogger("alchemoon.sql"):warning(
      "columns() describes %d columns, the text selects %d: the rest of them finds nothing", #columns, #names)
  end
  local list, seen = {}, {}
  for i, name in ipairs(names) do
    local first = columns[i] and columns[i].objects[1]
    if first and seen[first] then
      exc.raise("InvalidRequestError", "Duplicate column expression requested in textual SQL: '%s' is at %d and %d; "
        .. "give columns() each of them once", tostring(first), seen[first], i)
    end
    if first then seen[first] = i end
    list[i] = described_column(name, columns[i])
  end
  return list
end

-- text().columns{ name = type }, or a SELECT with "*": by the names that the database gives.
local function by_name(columns, names)
  local named, list = {}, {}
  for _, column in ipairs(columns) do
    local known = named[column.key]
    if known then
      local objects = {}
      for _, from in ipairs { known, column } do
        for _, object in ipairs(from.objects) do objects[#objects + 1] = object end
      end
      column = { key = column.key, type = column.type, objects = objects }
    end
    named[column.key] = column
  end
  for i, name in ipairs(names) do list[i] = described_column(name, named[name]) end
  return list
end

-- A shape of `list`, for which the statement described `count` columns.
local function of_list(list, count, described, json)
  local untyped = {}
  for i, column in ipairs(list) do untyped[i] = is_untyped(column.type) and described.untyped[i] or nil end
  return result_shape.make(list, described.dialect, untyped, count == described.count, json)
end

--- The shape for columns whose places, labels and decoders the database's answer has told before.
---@param described { names: string[], count: integer, untyped: table, dialect: string }
---@param columns table[]
---@param json table?
---@return userdata
function result_shape.by_place(described, columns, json)
  return of_list(by_position(columns, described.names), #columns, described, json)
end

-- What the database tells of the columns. `count`: of different labels; where the statement described as many columns,
-- nothing is ambiguous and the last of a label is meant.
local function describe(cursor, dialect, opts)
  local described, seen = { names = {}, untyped = {}, count = 0, dialect = dialect.name }, {}
  for i, column in ipairs(cursor:columns()) do
    local name = dialect:column_label(column.name, opts)
    if not seen[name] then seen[name], described.count = true, described.count + 1 end
    described.names[i] = name
    described.untyped[i] = dialect.column_decoder and dialect:column_decoder(column) or nil
  end
  return described
end

--- The shape where the names are those of the database's answer, because the author wrote (some of) the text.
function result_shape.described(entry, dialect)
  local is_positional = entry.info.is_text and entry.info.columns_ordered
  local is_ad_hoc = not entry.info.is_text and not entry.info.columns_ordered
  return function(cursor, _, info)
    local columns = info.own_columns or entry.columns
    local described = describe(cursor, dialect, info.execution_options)
    if not is_positional and not (is_ad_hoc and #described.names == #columns) then
      return of_list(by_name(columns, described.names), #columns, described, dialect.json)
    end
    local shape = result_shape.by_place(described, columns, dialect.json)
    if not info.own_columns then entry.described, info.entry.info_fixed.shape = described, shape end
    return shape
  end
end

return result_shape
