--- SQLite's catalogue: PRAGMAs, and what only the texts in sqlite_master tell.
local null = require "alchemoon.null"
local parse = require "alchemoon.reflection.sqlite_parse"
local exc = require "alchemoon.exc"
local item = require "alchemoon.schema.item"

local sqlite = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function ident(name) return '"' .. name:gsub('"', '""') .. '"' end

local function master(schema) return schema and ident(schema) .. ".sqlite_master" or "sqlite_master" end

local function missing(name, schema)
  exc.raise("NoSuchTableError", "%s", item.full_name(schema, name))
end

-- Rows of a PRAGMA about a table or index: of the main database, then of the temporary one.
local function pragma(query, what, name, schema)
  for _, prefix in ipairs(schema and { ident(schema) } or { "main", "temp" }) do
    local rows = query(("PRAGMA %s.%s(%s)"):format(prefix, what, ident(name)))
    if rows[1] then return rows end
  end
  return {}
end

-- All texts at once: sqlite_master has no index, so that asking it per table would read it all each time.
local function texts(query, schema)
  return query:memo("texts " .. (schema or ""), function()
    local from = schema and master(schema)
      or "(SELECT * FROM sqlite_master UNION ALL SELECT * FROM sqlite_temp_master)"
    local found = {}
    for _, row in ipairs(query("SELECT type, name, sql FROM " .. from)) do
      found[row[1] .. " " .. row[2]:lower()] = found[row[1] .. " " .. row[2]:lower()] or row[3]
    end
    return found
  end)
end

local function text_of(query, name, schema, ...)
  local all = texts(query, schema)
  for i = 1, select("#", ...) do
    local sql = all[select(i, ...) .. " " .. name:lower()]
    if sql then return sql end
  end
end

-- What a text declares; several questions ask for it.
local function parsed_table(query, sql)
  return query:memo("parsed " .. sql, function() return parse.table(sql) end)
end

local function definition(query, name, schema)
  local sql = text_of(query, name, schema, "table", "view")
  if not sql then
    if name:match "^sqlite_" and #pragma(query, "table_info", name, schema) > 0 then
      return { columns = {}, constraints = {} }
    end
    missing(name, schema)
  end
  return parsed_table(query, sql)
end

-- --- names --------------------------------------------------------------------------------------------

local function names(query, from, kind)
  local list = {}
  for i, row in ipairs(query(("SELECT name FROM %s WHERE type='%s' AND name NOT LIKE 'sqlite~_%%' ESCAPE '~' " ..
    "ORDER BY name"):format(from, kind))) do
    list[i] = row[1]
  end
  return list
end

function sqlite.table_names(query, schema) return names(query, master(schema), "table") end
function sqlite.view_names(query, schema) return names(query, master(schema), "view") end
function sqlite.temp_table_names(query) return names(query, "sqlite_temp_master", "table") end
function sqlite.temp_view_names(query) return names(query, "sqlite_temp_master", "view") end
function sqlite.materialized_view_names() return {} end
function sqlite.sequence_names() return {} end
function sqlite.default_schema_name() return "main" end

function sqlite.schema_names(query)
  local list = {}
  for _, row in ipairs(query "PRAGMA database_list") do
    if row[2] ~= "temp" then list[#list + 1] = row[2] end
  end
  return list
end

function sqlite.has_schema(query, name)
  for _, known in ipairs(sqlite.schema_names(query)) do
    if known == name then return true end
  end
  return false
end

function sqlite.has_table(query, name, schema)
  if schema and not sqlite.has_schema(query, schema) then return false end
  return #pragma(query, "table_info", name, schema) > 0
end
function sqlite.has_sequence() return false end
function sqlite.has_type() return false end

function sqlite.view_definition(query, name, schema)
  local sql = text_of(query, name, schema, "view")
  if not sql then missing(name, schema) end
  return sql
end

-- --- columns --------------------------------------------------------------------------------------------

local TYPES = { BIGINT = "BIGINT", BLOB = "BLOB", BOOL = "BOOLEAN", BOOLEAN = "BOOLEAN", CHAR = "CHAR", DATE = "DATE",
  DATETIME = "DATETIME", DOUBLE = "DOUBLE", DOUBLE_PRECISION = "DOUBLE_PRECISION",
  ["DOUBLE PRECISION"] = "DOUBLE_PRECISION", DECIMAL = "DECIMAL", FLOAT = "FLOAT", INT = "INTEGER", INTEGER = "INTEGER",
  JSON = "JSON", NUMERIC = "NUMERIC", REAL = "REAL", SMALLINT = "SMALLINT", TEXT = "TEXT", TIME = "TIME",
  TIMESTAMP = "TIMESTAMP", VARCHAR = "VARCHAR", NVARCHAR = "NVARCHAR", NCHAR = "NCHAR", CLOB = "CLOB",
  VARBINARY = "VARBINARY", BINARY = "BINARY", UUID = "UUID" }
local NUMBERS = { DECIMAL = 2, NUMERIC = 2, CHAR = 1, VARCHAR = 1, NVARCHAR = 1, NCHAR = 1, TEXT = 1, FLOAT = 1,
  REAL = 1,
  BLOB = 1, VARBINARY = 1, BINARY = 1, CLOB = 1, DOUBLE = 1, DOUBLE_PRECISION = 1 }
-- SQLite's own rules of affinity, in their order.
local AFFINITIES = { { "INT", "INTEGER" }, { "CHAR", "TEXT" }, { "CLOB", "TEXT" }, { "TEXT", "TEXT" },
  { "BLOB", "NullType" }, { "REAL", "REAL" }, { "FLOA", "REAL" }, { "DOUB", "REAL" } }

--- The type that a column's declared type stands for.
function sqlite.type(declared, collation)
  local public = require("alchemoon.types").public
  local name, args = (declared or ""):upper():match("^([%w_ ]*)(.*)$")
  name = name:gsub("%s+$", "")
  local found = TYPES[name]
  for _, pair in ipairs(AFFINITIES) do
    if not found and name:find(pair[1], 1, true) then found = pair[2] end
  end
  found = found or (name == "" and "NullType" or "NUMERIC")
  local numbers = {}
  for number in args:gmatch "%d+" do
    if #numbers < (NUMBERS[found] or 0) then numbers[#numbers + 1] = tonumber(number) end
  end
  if collation and (found == "VARCHAR" or found == "TEXT" or found == "CHAR" or found == "NVARCHAR") then
    numbers[#numbers + 1] = { collation = collation }
  end
  return public[found](unpack(numbers))
end

local function column_info(row, declared, parsed)
  local column = parsed and parsed.columns[row[2]] or {}
  local info = {
    name = row[2], type = sqlite.type(declared, column.collation), nullable = row[4] == 0, default = row[5],
    primary_key = row[6],
  }
  if row[7] == 2 or row[7] == 3 then
    info.computed = { sqltext = column.generated or "", persisted = row[7] == 3 }
    info.default = nil
  end
  return info
end

-- Collations and generated columns stand in the text of CREATE TABLE alone.
function sqlite.columns(query, name, schema)
  local rows = pragma(query, "table_xinfo", name, schema)
  if not rows[1] then missing(name, schema) end
  local generated, list, parsed = false, {}, nil
  for _, row in ipairs(rows) do generated = generated or row[7] > 1 end
  local sql = text_of(query, name, schema, "table")
  if sql and (generated or sql:upper():find("COLLATE", 1, true)) then parsed = parsed_table(query, sql) end
  for _, row in ipairs(rows) do
    local declared = row[3]
    if row[7] > 1 then declared = declared:gsub("%s*[Gg][Ee][Nn][Ee][Rr][Aa][Tt][Ee][Dd]%s+[Aa][Ll][Ww][Aa][Yy][Ss]$",
      "") end
    if row[7] ~= 1 then list[#list + 1] = column_info(row, declared, parsed) end
  end
  return list
end

-- --- constraints --------------------------------------------------------------------------------------------

function sqlite.pk_constraint(query, name, schema)
  local found = {}
  local parsed = definition(query, name, schema)
  for _, row in ipairs(pragma(query, "table_info", name, schema)) do
    if row[6] > 0 then found[row[6]] = row[2] end
  end
  local key = { constrained_columns = found }
  for _, entry in ipairs(parsed.constraints) do
    if entry.kind == "primary" then key.name = entry.name end
  end
  return key
end

local function same(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i]:lower() ~= b[i]:lower() then return false end
  end
  return true
end

-- Foreign keys as PRAGMA tells them: by number.
local function raw_foreign_keys(query, name, schema)
  local by_id, list = {}, {}
  for _, row in ipairs(pragma(query, "foreign_key_list", name, schema)) do
    local key = by_id[row[1]]
    if not key then
      key = { constrained_columns = {}, referred_schema = schema, referred_table = row[3], referred_columns = {},
        options = {} }
      by_id[row[1]] = key
      table.insert(list, 1, key)
    end
    key.constrained_columns[#key.constrained_columns + 1] = row[4]
    if row[5] ~= nil then key.referred_columns[#key.referred_columns + 1] = row[5] end
  end
  for _, key in ipairs(list) do
    if not key.referred_columns[1] and sqlite.has_table(query, key.referred_table, schema) then
      key.referred_columns = sqlite.pk_constraint(query, key.referred_table, schema).constrained_columns
    end
  end
  return list
end

-- The PRAGMA knows no names of keys; the text of CREATE TABLE does.
function sqlite.foreign_keys(query, name, schema)
  local parsed = definition(query, name, schema)
  local raw, list = raw_foreign_keys(query, name, schema), {}
  for _, entry in ipairs(parsed.constraints) do
    for i, key in ipairs(entry.kind == "foreign" and raw or {}) do
      if same(entry.own, key.constrained_columns) and entry.table:lower() == key.referred_table:lower() then
        key.name = entry.name
        for option, value in pairs(entry.options) do
          if value ~= "NO ACTION" then key.options[option] = value end
        end
        list[#list + 1] = key
        table.remove(raw, i)
        break
      end
    end
  end
  for _, key in ipairs(raw) do list[#list + 1] = key end
  return list
end

local function by_name(list)
  for i, entry in ipairs(list) do entry._at = i end
  table.sort(list, function(a, b)
    local x, y = a.name or "~", b.name or "~"
    if x ~= y then return x < y end
    return a._at < b._at
  end)
  for _, entry in ipairs(list) do entry._at = nil end
  return list
end

function sqlite.check_constraints(query, name, schema)
  local list = {}
  for _, entry in ipairs(definition(query, name, schema).constraints) do
    if entry.kind == "check" then list[#list + 1] = { name = entry.name, sqltext = entry.sqltext } end
  end
  return by_name(list)
end

function sqlite.unique_constraints(query, name, schema)
  local list = {}
  for _, entry in ipairs(definition(query, name, schema).constraints) do
    if entry.kind == "unique" then list[#list + 1] = { name = entry.name, column_names = { unpack(entry.columns) } } end
  end
  return list
end

local function index_info(query, row, schema)
  local info = { name = row[2], unique = row[3] == 1, column_names = {}, dialect_options = {} }
  local sql = text_of(query, row[2], schema, "index")
  local parts, where = parse.index(sql or "")
  local expressions, any = {}, false
  for i, column in ipairs(pragma(query, "index_xinfo", row[2], schema)) do
    if column[6] == 1 then -- else the row's own number, which every index ends with
      info.column_names[i] = column[3] ~= nil and column[3] or null
      expressions[i] = column[3] ~= nil and column[3] or parts[i]
      any = any or column[3] == nil
      if column[4] == 1 and column[3] ~= nil then
        info.column_sorting = info.column_sorting or {}
        info.column_sorting[column[3]] = { "desc" }
      end
    end
  end
  if any then info.expressions = expressions end
  if where then info.dialect_options.sqlite_where = where end
  return info
end

function sqlite.indexes(query, name, schema)
  if not sqlite.has_table(query, name, schema) then missing(name, schema) end
  local list = {}
  for _, row in ipairs(pragma(query, "index_list", name, schema)) do
    if not row[2]:match "^sqlite_autoindex" then list[#list + 1] = index_info(query, row, schema) end
  end
  return by_name(list)
end

function sqlite.table_comment(query, name, schema)
  if not sqlite.has_table(query, name, schema) then missing(name, schema) end
  return exc.raise("NotSupportedError", "SQLite has no comments on tables")
end

function sqlite.table_options(query, name, schema)
  local parsed = definition(query, name, schema)
  local options = {}
  if parsed.without_rowid then options.sqlite_with_rowid = false end
  if parsed.strict then options.sqlite_strict = true end
  if parsed.autoincrement then options.sqlite_autoincrement = true end
  return options
end

sqlite.has_comments = false
return sqlite
