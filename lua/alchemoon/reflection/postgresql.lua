--- PostgreSQL's catalogue.
--
-- A table is found once (relation) and then asked for by its number. Lists of names come as one text, joined by
-- the unit separator, because a driver-level query knows no array decoders.
local core = require "alchemoon.core"
local null = require "alchemoon.null"
local exc = require "alchemoon.exc"
local item = require "alchemoon.schema.item"
local pg_types = require "alchemoon.reflection.postgresql_types"

local postgresql = { has_comments = true }
local SEPARATOR = "\31"
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function words(text)
  local list = {}
  if text == nil or text == "" then return list end
  for word in (text .. SEPARATOR):gmatch("(.-)" .. SEPARATOR) do list[#list + 1] = word end
  return list
end

local function missing(name, schema)
  exc.raise("NoSuchTableError", "%s", item.full_name(schema, name))
end

-- Condition on the schema: the given one, or whatever the search path shows.
local function in_schema(schema, number, visible)
  if schema then return "n.nspname = $" .. number end
  return (visible or "pg_catalog.pg_table_is_visible(c.oid)") .. " AND n.nspname <> 'pg_catalog'"
end

local RELATION = [[SELECT c.oid::int8, n.nspname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND ]]

local function find_relation(query, name, schema)
  local rows = query(RELATION .. in_schema(schema, 2), schema and { name, schema } or { name })
  return rows[1]
end

-- Number and schema of a table; an error when there is none.
local function relation(query, name, schema)
  local row = query:memo("relation " .. (schema or "") .. "." .. name, function()
    return find_relation(query, name, schema) or missing(name, schema)
  end)
  return row[1], row[2]
end

-- Rows of a query about tables: `sql` takes a list of numbers as $1 and gives the table's number in its last column.
-- For one table, or at once for all that are being reflected.
local function rows_of(query, sql, oid, extra)
  local bulk = query.inspector._bulk
  if not bulk or not bulk.oids[oid] then return query(sql, { "{" .. oid .. "}", extra }) end
  local by_table = query:memo("bulk " .. (extra or "") .. sql, function()
    local found = {}
    for _, row in ipairs(query(sql, { bulk.text, extra })) do
      local id = row[#row]
      found[id] = found[id] or {}
      table.insert(found[id], row)
    end
    return found
  end)
  return by_table[oid] or {}
end

--- Makes what follows ask for all tables of a schema at once: { text = list of numbers, oids = set }.
function postgresql.bulk(query, schema)
  local numbers, oids = {}, {}
  local sql = [[SELECT c.oid::int8, n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND ]]
  for i, row in ipairs(query(sql .. in_schema(schema, 1), schema and { schema } or nil)) do
    query:memo("relation " .. (schema or "") .. "." .. row[3], function() return { row[1], row[2] } end)
    numbers[i], oids[row[1]] = tostring(row[1]), true
  end
  return { text = "{" .. table.concat(numbers, ",") .. "}", oids = oids }
end

-- --- names ------------------------------------------------------------------------------------------

local function names(query, kinds, schema, more)
  local sql = ([[SELECT c.relname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN (%s) AND %s%s ORDER BY c.relname]]):format(kinds, in_schema(schema, 1), more or "")
  local list = {}
  for i, row in ipairs(query(sql, schema and { schema } or nil)) do list[i] = row[1] end
  return list
end

local PERMANENT, TEMPORARY = " AND c.relpersistence <> 't'", " AND c.relpersistence = 't'"

function postgresql.table_names(query, schema) return names(query, "'r', 'p'", schema, PERMANENT) end
function postgresql.view_names(query, schema) return names(query, "'v'", schema, PERMANENT) end
function postgresql.materialized_view_names(query, schema) return names(query, "'m'", schema, PERMANENT) end
function postgresql.foreign_table_names(query, schema) return names(query, "'f'", schema) end
function postgresql.sequence_names(query, schema) return names(query, "'S'", schema) end
function postgresql.temp_table_names(query) return names(query, "'r', 'p'", nil, TEMPORARY) end
function postgresql.temp_view_names(query) return names(query, "'v'", nil, TEMPORARY) end

function postgresql.default_schema_name(query) return query("SELECT pg_catalog.current_schema()::text")[1][1] end

function postgresql.schema_names(query)
  local list = {}
  for i, row in ipairs(query [[SELECT nspname::text FROM pg_catalog.pg_namespace
WHERE nspname NOT LIKE 'pg\_%' ORDER BY nspname]]) do
    list[i] = row[1]
  end
  return list
end

function postgresql.has_schema(query, name)
  return query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", { name })[1] ~= nil
end

function postgresql.has_table(query, name, schema) return find_relation(query, name, schema) ~= nil end

function postgresql.has_sequence(query, name, schema)
  return query([[SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $1 AND c.relkind = 'S' AND ]] .. in_schema(schema, 2), schema and { name, schema } or {
  name })[1] ~= nil
end

function postgresql.has_type(query, name, schema)
  local sql = [[SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typname = $1 AND ]]
  return query(sql .. in_schema(schema, 2, "pg_catalog.pg_type_is_visible(t.oid)"),
    schema and { name, schema } or { name })[1] ~= nil
end

function postgresql.view_definition(query, name, schema)
  local oid = relation(query, name, schema)
  return query("SELECT pg_catalog.pg_get_viewdef($1::oid)", { oid })[1][1]
end

-- --- enumerated and domain types -------------------------------------------------------------------------

local ENUMS = [[SELECT t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
(SELECT string_agg(e.enumlabel::text, E'\x1f' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
 WHERE e.enumtypid = t.oid)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e']]

--- schema: a name, "*" for all, nil for those on the search path.
function postgresql.enums(query, schema)
  local sql, params = ENUMS, nil
  if schema == nil then sql = sql .. " AND pg_catalog.pg_type_is_visible(t.oid)"
  elseif schema ~= "*" then sql, params = sql .. " AND n.nspname = $1", { schema } end
  local list = {}
  for i, row in ipairs(query(sql .. " ORDER BY 2, 1", params)) do
    list[i] = { name = row[1], schema = row[2], visible = row[3], labels = words(row[4]) }
  end
  return list
end

local DOMAINS = [[SELECT t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
pg_catalog.format_type(t.typbasetype, t.typtypmod), NOT t.typnotnull, t.typdefault,
CASE WHEN t.typcollation <> b.typcollation THEN (SELECT collname::text FROM pg_catalog.pg_collation
 WHERE oid = t.typcollation) END, t.oid::int8
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype WHERE t.typtype = 'd']]

local DOMAIN_CHECKS = [[SELECT contypid::int8, conname::text, pg_catalog.pg_get_constraintdef(oid, true)
FROM pg_catalog.pg_constraint WHERE contypid <> 0 ORDER BY conname]]

-- Checks come by the domain's number, as names may repeat in schemas.
function postgresql.domains(query, schema)
  local sql, params = DOMAINS, nil
  if schema == nil then sql = sql .. " AND pg_catalog.pg_type_is_visible(t.oid)"
  elseif schema ~= "*" then sql, params = sql .. " AND n.nspname = $1", { schema } end
  local list, by_oid = {}, {}
  for i, row in ipairs(query(sql .. " ORDER BY 2, 1", params)) do
    list[i] = { name = row[1], schema = row[2], visible = row[3], type = row[4], nullable = row[5], default = row[6],
      collation = row[7], constraints = {} }
    by_oid[row[8]] = list[i]
  end
  for _, row in ipairs(query(DOMAIN_CHECKS)) do
    local domain, check = by_oid[row[1]], row[3]:match "^CHECK%s*%((.+)%)"
    if domain and check then table.insert(domain.constraints, { name = row[2], check = check }) end
  end
  return list
end

-- A function(schema, name) that knows the enumerated and domain types; it asks the database when it is called first.
local function named_types(query)
  local function load_all()
    local all = {}
    local room = require("alchemoon.types").postgresql
    local function add(entry, type_)
      all[entry.schema .. "." .. entry.name] = type_
      if entry.visible then all["." .. entry.name] = type_ end
    end
    for _, entry in ipairs(postgresql.enums(query, "*")) do
      add(entry, room.ENUM({ name = entry.name, schema = not entry.visible and entry.schema or nil,
        unpack(entry.labels) }))
    end
    for _, entry in ipairs(postgresql.domains(query, "*")) do
      local check = entry.constraints[1]
      local base = pg_types.parse(entry.type, function(schema, name) return all[(schema or "") .. "." .. name] end)
      add(entry, room.DOMAIN(entry.name, base, { schema = not entry.visible and entry.schema or nil,
        default = entry.default and core.node(core.tags.TEXT, { text = entry.default }),
        not_null = not entry.nullable or nil, constraint_name = check and check.name,
        check = check and check.check, collation = entry.collation }))
    end
    return all
  end
  return function(schema, name)
    local known = query:memo("named types", load_all)
    return known[(schema or "") .. "." .. name]
  end
end

-- --- columns ------------------------------------------------------------------------------------------------

local COLUMNS = [[SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(a.attrelid, a.attnum), a.attgenerated::text,
a.attidentity::text,
CASE WHEN a.attcollation <> t.typcollation THEN (SELECT collname::text FROM pg_catalog.pg_collation
 WHERE oid = a.attcollation) END,
s.seqstart::int8, s.seqincrement::int8, s.seqmin::int8, s.seqmax::int8, s.seqcycle, s.seqcache::int8,
a.attrelid::int8
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef
LEFT JOIN pg_catalog.pg_depend k ON a.attidentity <> '' AND k.refobjid = a.attrelid AND k.refobjsubid = a.attnum
 AND k.deptype = 'i' AND k.classid = 'pg_catalog.pg_class'::regclass
LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = k.objid
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum]]

local function is_integer(type_) return require("alchemoon.types").affinity(type_) == "INTEGER" end

local function identity_of(row)
  return { always = row[7] == "a", start = row[9], increment = row[10], minvalue = row[11], maxvalue = row[12],
    cycle = row[13], cache = row[14] }
end

-- A default that reads a sequence says that the column counts; its sequence is given the table's schema.
local function counting_default(info, schema)
  local before, name, after = info.default:match "^(nextval%(')([^']+)('.*)$"
  if not name then return end
  info.autoincrement = is_integer(info.type)
  if schema and not name:find(".", 1, true) then info.default = before .. '"' .. schema .. '".' .. name .. after end
end

-- What the domain of a column says holds for the column, except a default that it has of its own.
local function apply_domain(info)
  if info.type.kind ~= "DOMAIN" then return end
  local domain = core.node_get(info.type, "extra") or {} -- none: the domain asks for nothing more
  if domain.not_null then info.nullable = false end
  if info.default == nil and domain.default then info.default = core.node_get(domain.default, "text") end
end

-- A default that counts belongs to a serial column, not to the column's text.
local function column_info(row, facts, schema)
  local info = {
    name = row[1], type = pg_types.parse(row[2], facts, row[8]), nullable = not row[3], default = row[4],
    autoincrement = false, comment = row[5],
  }
  apply_domain(info)
  if row[6] ~= "" then
    info.computed = { sqltext = row[4], persisted = row[6] == "s" }
    info.default = nil
  elseif row[7] ~= "" then
    info.identity, info.autoincrement = identity_of(row), true
  elseif info.default then
    counting_default(info, schema)
  end
  return info
end

function postgresql.columns(query, name, schema)
  local oid = relation(query, name, schema)
  local facts, list = named_types(query), {}
  for i, row in ipairs(rows_of(query, COLUMNS, oid)) do list[i] = column_info(row, facts, schema) end
  return list
end

-- --- constraints ----------------------------------------------------------------------------------------------

local KEYS = [[SELECT con.conname::text,
(SELECT string_agg(a.attname::text, E'\x1f' ORDER BY k.at) FROM unnest(con.conkey) WITH ORDINALITY AS k(num, at)
 JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num),
pg_catalog.obj_description(con.oid, 'pg_constraint'), pg_catalog.pg_get_constraintdef(con.oid, true),
con.condeferrable, con.condeferred,
(SELECT string_agg(a.attname::text, E'\x1f' ORDER BY k.at) FROM pg_catalog.pg_index i,
 unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, at), pg_catalog.pg_attribute a
 WHERE i.indexrelid = con.conindid AND k.at > i.indnkeyatts AND a.attrelid = con.conrelid AND a.attnum = k.num),
con.conrelid::int8
FROM pg_catalog.pg_constraint con WHERE con.conrelid = ANY ($1::oid[]) AND con.contype = $2 ORDER BY con.conname]]

local function deferring(entry, row)
  if row[5] then
    entry.deferrable = true
    if row[6] then entry.initially = "DEFERRED" end
  end
end

local function key_options(query, row, is_unique)
  local options = { postgresql_include = words(row[7]) }
  if is_unique and (query.conn.dialect.server_version_info or { 0 })[1] >= 15 then
    options.postgresql_nulls_not_distinct = row[4]:find("NULLS NOT DISTINCT", 1, true) ~= nil
  end
  return options
end

--- The number of a table in the catalogue.
function postgresql.table_oid(query, name, schema) return (relation(query, name, schema)) end

function postgresql.pk_constraint(query, name, schema)
  local oid = relation(query, name, schema)
  local row = rows_of(query, KEYS, oid, "p")[1]
  if not row then return { constrained_columns = {} } end
  local key = { name = row[1], constrained_columns = words(row[2]), comment = row[3],
    dialect_options = key_options(query, row) }
  deferring(key, row)
  return key
end

function postgresql.unique_constraints(query, name, schema)
  local oid = relation(query, name, schema)
  local list = {}
  for i, row in ipairs(rows_of(query, KEYS, oid, "u")) do
    list[i] = { name = row[1], column_names = words(row[2]), comment = row[3],
      dialect_options = key_options(query, row, true) }
    deferring(list[i], row)
  end
  return list
end

function postgresql.check_constraints(query, name, schema)
  local oid = relation(query, name, schema)
  local list = {}
  for i, row in ipairs(rows_of(query, KEYS, oid, "c")) do
    local text = row[4]:match "^CHECK%s*%((.*)%)" or row[4]
    list[i] = { name = row[1], sqltext = text:match "^%s*%((.+)%)%s*$" or text, comment = row[3] }
    if row[4]:find("NOT VALID$") then list[i].dialect_options = { postgresql_not_valid = true } end
  end
  for _, entry in ipairs(list) do -- "(a) AND (b)" lost its outer pair by mistake
    local depth = 0
    for at = 1, #entry.sqltext do
      local ch = entry.sqltext:sub(at, at)
      depth = depth + (ch == "(" and 1 or ch == ")" and -1 or 0)
      if depth < 0 then
        entry.sqltext = "(" .. entry.sqltext .. ")"
        break
      end
    end
  end
  return list
end

local FOREIGN_KEYS = [[SELECT con.conname::text,
(SELECT string_agg(a.attname::text, E'\x1f' ORDER BY k.at) FROM unnest(con.conkey) WITH ORDINALITY AS k(num, at)
 JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num),
n.nspname::text, c.relname::text,
(SELECT string_agg(a.attname::text, E'\x1f' ORDER BY k.at) FROM unnest(con.confkey) WITH ORDINALITY AS k(num, at)
 JOIN pg_catalog.pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.num),
pg_catalog.pg_table_is_visible(c.oid), con.confupdtype::text, con.confdeltype::text, con.condeferrable,
con.condeferred, con.confmatchtype::text, pg_catalog.obj_description(con.oid, 'pg_constraint'), con.convalidated,
con.conrelid::int8
FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_class c ON c.oid = con.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE con.conrelid = ANY ($1::oid[]) AND con.contype = 'f' ORDER BY con.conname]]

local ACTIONS = { r = "RESTRICT", c = "CASCADE", n = "SET NULL", d = "SET DEFAULT" }

local function foreign_key(row, schema)
  local referred = row[3]
  if row[6] and schema ~= referred then referred = nil end
  local options = { onupdate = ACTIONS[row[7]], ondelete = ACTIONS[row[8]] }
  if row[9] then options.deferrable = true end
  if row[10] then options.initially = "DEFERRED" end
  if row[11] == "f" then options.match = "FULL" end
  if row[13] == false then options.postgresql_not_valid = true end
  return { name = row[1], constrained_columns = words(row[2]), referred_schema = referred, referred_table = row[4],
    referred_columns = words(row[5]), options = options, comment = row[12] }
end

function postgresql.foreign_keys(query, name, schema)
  local oid = relation(query, name, schema)
  local list = {}
  for i, row in ipairs(rows_of(query, FOREIGN_KEYS, oid)) do list[i] = foreign_key(row, schema) end
  return list
end

-- --- indexes -------------------------------------------------------------------------------------------------------

local INDEXES = [[SELECT c.relname::text, i.indisunique, i.indexrelid::int8, i.indnkeyatts::int8,
(SELECT string_agg(k.num::text, E'\x1f' ORDER BY k.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, at)),
(SELECT string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k.at::int, true), E'\x1f' ORDER BY k.at)
 FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, at)),
(SELECT string_agg(coalesce(a.attname::text, ''), E'\x1f' ORDER BY k.at)
 FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, at)
 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num),
(SELECT string_agg(o.opt::text, E'\x1f' ORDER BY o.at) FROM unnest(i.indoption::int2[]) WITH ORDINALITY AS o(opt, at)),
(SELECT string_agg(CASE WHEN oc.opcdefault THEN '' ELSE oc.opcname::text END, E'\x1f' ORDER BY o.at)
 FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS o(cls, at) JOIN pg_catalog.pg_opclass oc ON oc.oid = o.cls),
pg_catalog.pg_get_expr(i.indpred, i.indrelid), am.amname::text, array_to_string(c.reloptions, E'\x1f'),
(SELECT con.conname::text FROM pg_catalog.pg_constraint con
 WHERE con.conindid = i.indexrelid AND con.conrelid = i.indrelid AND con.contype IN ('p', 'u', 'x') LIMIT 1),
pg_catalog.pg_get_indexdef(i.indexrelid), i.indrelid::int8
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE i.indrelid = ANY ($1::oid[]) AND NOT i.indisprimary ORDER BY c.relname]]

-- Bits of pg_index.indoption.
local DESC, NULLS_FIRST = 1, 2

-- How a part of an index is sorted, where it is not as ever: NULLs come first in descending order by themselves.
local function sorting_of(option)
  if option == DESC then return { "desc", "nulls_last" } end
  if option == DESC + NULLS_FIRST then return { "desc" } end
  if option == NULLS_FIRST then return { "nulls_first" } end
  return nil
end

local function put(owner, name, key, value)
  owner[name] = owner[name] or {}
  owner[name][key] = value
end

-- The columns and expressions of an index, and those that it only includes.
local function index_parts(info, row)
  local numbers, definitions, attributes = words(row[5]), words(row[6]), words(row[7])
  local options, classes = words(row[8]), words(row[9])
  local parts, include, has_expression = {}, {}, false
  for i = 1, #numbers do
    local column = numbers[i] ~= "0" and attributes[i] or nil
    if i > row[4] then
      include[#include + 1] = attributes[i]
    else
      local part = column or definitions[i]
      parts[i], info.column_names[i] = part, column or null
      has_expression = has_expression or column == nil
      local sorting = sorting_of(tonumber(options[i] or "0"))
      if sorting then put(info, "column_sorting", part, sorting) end
      if classes[i] and classes[i] ~= "" then put(info.dialect_options, "postgresql_ops", part, classes[i]) end
    end
  end
  if has_expression then info.expressions = parts end
  info.include_columns = include
  info.dialect_options.postgresql_include = include
end

local function index_info(row)
  local info = { name = row[1], unique = row[2], column_names = {}, dialect_options = {} }
  index_parts(info, row)
  local options = info.dialect_options
  if row[10] then options.postgresql_where = row[10] end
  if row[11] ~= "btree" then options.postgresql_using = row[11] end
  if row[12] and row[12] ~= "" then
    options.postgresql_with = {}
    for _, pair in ipairs(words(row[12])) do
      local key, value = pair:match "^(.-)=(.*)$"
      options.postgresql_with[key or pair] = value
    end
  end
  if row[14]:find("NULLS NOT DISTINCT", 1, true) then options.postgresql_nulls_not_distinct = true end
  if row[13] then info.duplicates_constraint = row[13] end
  return info
end

function postgresql.indexes(query, name, schema)
  local oid = relation(query, name, schema)
  local list = {}
  for i, row in ipairs(rows_of(query, INDEXES, oid)) do list[i] = index_info(row) end
  return list
end

local EXCLUDES = [[SELECT con.conname::text, pg_catalog.pg_get_constraintdef(con.oid, true), am.amname::text,
(SELECT string_agg(o.oprname::text, E'\x1f' ORDER BY k.at) FROM unnest(con.conexclop) WITH ORDINALITY AS k(op, at)
 JOIN pg_catalog.pg_operator o ON o.oid = k.op),
(SELECT string_agg(coalesce(a.attname::text, ''), E'\x1f' ORDER BY k.at)
 FROM unnest(con.conkey) WITH ORDINALITY AS k(num, at)
 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num AND k.num > 0),
(SELECT string_agg(pg_catalog.pg_get_indexdef(con.conindid, k.at::int, true), E'\x1f' ORDER BY k.at)
 FROM unnest(con.conkey) WITH ORDINALITY AS k(num, at)),
pg_catalog.pg_get_expr(i.indpred, i.indrelid), con.condeferrable, con.condeferred, con.conrelid::int8
FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_class c ON c.oid = con.conindid
JOIN pg_catalog.pg_am am ON am.oid = c.relam JOIN pg_catalog.pg_index i ON i.indexrelid = con.conindid
WHERE con.conrelid = ANY ($1::oid[]) AND con.contype = 'x' ORDER BY con.conname]]

-- "(a > 3)" → "a > 3", unless the first parenthesis closes before the end.
local function bare(text)
  if not text or text:sub(1, 1) ~= "(" or text:match "^%b()" ~= text then return text end
  return text:sub(2, -2)
end

--- EXCLUDE constraints; expressions stand where column_names has am.null.
function postgresql.exclude_constraints(query, name, schema)
  local oid = relation(query, name, schema)
  local list = {}
  for i, row in ipairs(rows_of(query, EXCLUDES, oid)) do
    local columns = words(row[5])
    for at, column in ipairs(columns) do columns[at] = column ~= "" and column or null end
    list[i] = { name = row[1], definition = row[2], using = row[3], operators = words(row[4]), column_names = columns,
      expressions = words(row[6]), where = bare(row[7]), deferrable = row[8] or nil,
      initially = row[9] and "DEFERRED" or nil }
  end
  return list
end

local OPTIONS = [[SELECT pg_catalog.pg_get_partkeydef(c.oid),
(SELECT string_agg(p.relname::text, E'\x1f' ORDER BY h.inhseqno) FROM pg_catalog.pg_inherits h
 JOIN pg_catalog.pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = c.oid AND NOT c.relispartition),
(SELECT t.spcname::text FROM pg_catalog.pg_tablespace t WHERE t.oid = c.reltablespace),
pg_catalog.obj_description(c.oid, 'pg_class'), c.oid::int8
FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])]]

function postgresql.table_comment(query, name, schema)
  local oid = relation(query, name, schema)
  local row = rows_of(query, OPTIONS, oid)[1]
  return { text = row and row[4] }
end

function postgresql.table_options(query, name, schema)
  local oid = relation(query, name, schema)
  local row = rows_of(query, OPTIONS, oid)[1]
  local options = {}
  if not row then return options end
  if row[1] then options.postgresql_partition_by = row[1] end
  local parents = words(row[2])
  if parents[1] then options.postgresql_inherits = parents end
  if row[3] then options.postgresql_tablespace = row[3] end
  return options
end

return postgresql
