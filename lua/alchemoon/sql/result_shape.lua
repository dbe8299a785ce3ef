--- Shapes of results: which label, object or position finds which column of a row, and how its cell is read.
local core = require "alchemoon.core"
local codec = require "alchemoon.types.codec"
local exc = require "alchemoon.exc"
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

-- A column that derives from, or is the source of, one in the result (a column of the aliased table, say).
local function find_column(objects, key)
  local tag = node_tag(key)
  if tag == T.ORM_ATTR then key = node_get(key, "column") end
  if tag == T.LABEL then
    for _, pair in ipairs(objects) do
      if pair[1] == node_get(key, "element") then return pair[2] end
    end
  end
  for _, pair in ipairs(objects) do
    local object = pair[1]
    if node_tag(object) == T.ORM_ATTR then object = node_get(object, "column") end
    if object == key then return pair[2] end
    if node_tag(object) == T.COLUMN then
      for _, proxy in ipairs(node_get(object, "proxies")) do
        if proxy == key then return pair[2] end
      end
    end
  end
  if node_tag(key) == T.COLUMN then
    for _, proxy in ipairs(node_get(key, "proxies")) do
      for _, pair in ipairs(objects) do
        if pair[1] == proxy then return pair[2] end
      end
    end
  end
  return nil
end

-- The name of a column with that of its table before it, as LABEL_STYLE_TABLENAME_PLUS_COL has it.
local function qualified(column, name)
  local from = node_get(column, "table")
  if not from or node_tag(from) ~= T.TABLE then return nil end
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
---@param functions table?   the engine's own for JSON: Dialect.json
function result_shape.decoder(sql_type, objects, dialect, functions)
  if has_table_column(objects) then return codec.decoder(sql_type, dialect, functions) end
  return codec.computed_decoder(sql_type, dialect, functions)
end

--- Shape of the rows: labels, decoders, and which objects find which column.
---@param columns table[]   { key, type, objects } each
---@param dialect string
---@param untyped table?    position → decoder, for columns without a type
---@param last_wins boolean?   of two columns with one label
---@param functions table?   the engine's own for JSON: Dialect.json
---@return userdata shape
function result_shape.make(columns, dialect, untyped, last_wins, functions)
  local names, decoders, keys, objects, taken = {}, {}, {}, {}, {}
  for i, column in ipairs(columns) do
    names[i] = column.key
    decoders[i] = result_shape.decoder(column.type, column.objects, dialect, functions) or untyped and untyped[i]
      or false
    for _, object in ipairs(column.objects) do
      objects[#objects + 1] = { object, i }
      if taken[object] == nil then
        taken[object], keys[object] = i, i
      end
    end
  end
  return core.shape {
    names = names, decoders = decoders, keys = keys, last_wins = last_wins,
    fallback = function(key)
      if type(key) == "string" then return find_other_name(objects, names, key) end
      if type(key) == "table" and key.__clause_element__ then key = key:__clause_element__() end
      if node_tag(key) == nil then return nil end
      for _, pair in ipairs(objects) do
        if pair[1] == key then return pair[2] end
      end
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

--- The entry's shape for a statement that is equal to the compiled one but made of other objects.
function result_shape.for_statement(entry, stmt, dialect)
  if entry.by_identity == nil then
    entry.by_identity = entry.shape ~= nil and node_tag(stmt) == T.SELECT and result_shape.is_by_identity(entry.columns)
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
  local last_wins = entry.stmt ~= nil and select(3, core.node_flags(entry.stmt))
  return result_shape.make(columns, dialect, nil, last_wins, entry.json)
end

--- Columns whose type only the database knows get the decoder that it names (PostgreSQL).
function result_shape.untyped(columns, dialect)
  return function(cursor, _, info)
    local untyped = {}
    for i, column in ipairs(cursor:columns()) do
      untyped[i] = columns[i] and is_untyped(columns[i].type) and dialect:column_decoder(column) or nil
    end
    local shape = result_shape.make(columns, dialect.name, untyped, nil, dialect.json)
    info.entry.info_fixed.shape = shape
    return shape
  end
end

--- For a shape whose columns stand in order: the database may call one otherwise ("NOT b" has no name), but
-- there must be as many.
function result_shape.ordered(entry)
  return function(cursor)
    if #cursor:columns() ~= #entry.columns then
      exc.raise("InvalidRequestError", "the result of the statement has %d columns, not %d", #cursor:columns(),
        #entry.columns)
    end
    return entry.shape
  end
end

--- Matches result columns by name where the text is the author's (text().columns by keyword).
function result_shape.named(columns, dialect)
  return function(cursor)
    local by_name, ordered = {}, {}
    for _, column in ipairs(columns) do by_name[column.key] = column end
    for i, info in ipairs(cursor:columns()) do
      ordered[i] = by_name[info.name] or { key = info.name, type = nil, objects = {} }
    end
    return result_shape.make(ordered, dialect.name, nil, true, dialect.json)
  end
end

return result_shape
