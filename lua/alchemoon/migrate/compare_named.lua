--- PostgreSQL's enumerations and sequences: what stands beside the tables. Alembic looks at neither.
local am = require "alchemoon"
local columns = require "alchemoon.migrate.compare_column"
local core = require "alchemoon.core"
local named_types = require "alchemoon.schema.named_types"
local ops = require "alchemoon.migrate.ops"
local sorted_keys = require("alchemoon.keys").sorted

local compare = {}

-- --- enumerations --------------------------------------------------------------------------------------------

local function values_of(type_)
  local values = {}
  for i, word in ipairs(core.node_get(type_, "values")) do values[i] = core.node_get(word, "name") end
  return values
end

local function default_text(run, column)
  local default = column.server_default and column.server_default.arg
  if core.node_tag(default) then return columns.ddl_text(run.context, default) end
  return default and run.context.impl:literal(default) or nil
end

-- Enumerations by name, with the columns that use them: changing one needs them all.
local function enums_of(run, tables)
  local found = {}
  for _, t in ipairs(tables) do
    for _, column in ipairs(core.node_get(t, "columns")) do
      local type_, what = named_types.of(core.node_type(column))
      if type_ and what == "enum" and core.node_get(type_, "name") then
        local name, schema = core.node_get(type_, "name"), run:plain_schema(core.node_get(type_, "schema"))
        local key = run.key_of(schema, name)
        found[key] = found[key] or { name = name, schema = schema, values = values_of(type_), columns = {},
          type = type_ }
        table.insert(found[key].columns, { run.key_of(t.schema, t.name), column.name, default = default_text(run,
          column) })
      end
    end
  end
  return found
end

local function in_database(run)
  local map = {}
  for _, info in ipairs(run.inspector:get_enums(run.context.opts.include_schemas and "*" or nil)) do
    map[run.key_of(run:plain_schema(info.schema), info.name)] = info
  end
  return map
end

--- Adds to `before` what must stand in front of the tables' changes, and to `after` what comes behind them.
function compare.enums(run, before, after)
  if run.context.dialect_name ~= "postgresql" then return end
  local there_by_key = in_database(run)
  local existing = {}
  for _, key in ipairs(sorted_keys(run.found)) do existing[#existing + 1] = run.found[key] end
  local wanted, used = enums_of(run, run.order), enums_of(run, existing)
  for _, key in ipairs(sorted_keys(wanted)) do
    local one, there = wanted[key], there_by_key[key] or used[key]
    if run:object_wanted(one.type, one.name, "enum", false, used[key] and used[key].type) then
      local labels = there and (there.labels or there.values)
      if not there then
        run:add(before, ops.ImplicitEnumOp(one.name, one.values, { schema = one.schema }))
      elseif table.concat(labels, "\0") ~= table.concat(one.values, "\0") then
        run:add(before, ops.AlterEnumOp(one.name, one.values, { schema = one.schema, existing_values = labels,
          columns = used[key] and used[key].columns }))
      end
    end
  end
  for _, key in ipairs(sorted_keys(used)) do
    local one = used[key]
    if not wanted[key] and run:name_wanted(one.name, "enum", { schema_name = one.schema })
      and run:object_wanted(one.type, one.name, "enum", true, nil) then
      run:add(after, ops.DropEnumOp(one.name, one.values, { schema = one.schema }))
    end
  end
end

-- --- sequences -----------------------------------------------------------------------------------------------

-- All sequences that no column owns, with their options; and the columns that own one.
local SEQUENCES = [[SELECT c.relname::text, n.nspname::text, s.seqstart::text, s.seqincrement::text, s.seqmin::text,
s.seqmax::text, s.seqcycle, s.seqcache::text, pg_catalog.format_type(s.seqtypid, NULL), t.relname::text,
tn.nspname::text, a.attname::text, pg_catalog.pg_table_is_visible(c.oid)
FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend d ON d.objid = c.oid AND d.classid = 'pg_catalog.pg_class'::regclass
 AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relpersistence <> 't' ORDER BY 2, 1]]

local LIMITS = { smallint = "32767", integer = "2147483647", bigint = "9223372036854775807" }

--- Reads the sequences of PostgreSQL: run.sequences (those that no column owns), run.owned ("table\0column" → true).
function compare.read_sequences(run)
  run.sequences, run.owned = {}, {}
  if run.context.dialect_name ~= "postgresql" then return end
  for _, row in ipairs(run.context.connection:exec_driver_sql(SEQUENCES):all()) do
    if row[12] then
      run.owned[run.key_of(run:plain_schema(row[11]), row[10]) .. "\0" .. row[12]] = true
    else
      local schema = run:plain_schema(row[2])
      run.sequences[run.key_of(schema, row[1])] = { name = row[1], schema = schema, start = row[3], increment = row[4],
        minvalue = row[5], maxvalue = row[6], cycle = row[7], cache = row[8], type = row[9] }
    end
  end
end

local KEYS = { "start", "increment", "minvalue", "maxvalue", "cycle", "cache" }

local function option(node, key)
  local value = core.node_get(node, key)
  if key ~= "cycle" then return value ~= nil and tonumber(value) or nil end
  if value == 0 then return nil end
  return value == 1
end

-- What the models say about a sequence, and the database's values of the same options.
local function options_of(node)
  local out = {}
  for _, key in ipairs(KEYS) do out[key] = option(node, key) end
  local data_type = core.node_get(node, "data_type")
  if data_type then out.data_type = data_type end
  return out
end

local function usual(there)
  local descending = tonumber(there.increment) < 0
  return { increment = "1", cycle = false, cache = "1", minvalue = descending and there.minvalue or "1",
    maxvalue = descending and "-1" or LIMITS[there.type] or there.maxvalue,
    start = descending and there.maxvalue or there.minvalue }
end

local function value_of(there, key)
  if key == "cycle" then return there.cycle end
  local number = tonumber(there[key])
  return ("%d"):format(number) == there[key] and math.abs(number) < 2 ^ 53 and number or there[key]
end

local function changes(node, there)
  local new, old, normal, any = {}, {}, usual(there), false
  for _, key in ipairs(KEYS) do
    local value = option(node, key)
    local said = value
    if said == nil then said = normal[key] end
    if tostring(said) ~= tostring(there[key]) then
      if value == nil and key ~= "cycle" then value = tonumber(said) end
      new[key], any = value or false, true
      old[key] = value_of(there, key)
    end
  end
  return any and new, old
end

local function wanted_sequences(run)
  local map = {}
  for _, metadata in ipairs(run.metadatas) do
    for _, node in ipairs(core.node_get(metadata, "sequences")) do
      if core.node_get(node, "optional") ~= 1 then
        local name, schema = core.node_get(node, "name"), run:plain_schema(core.node_get(node, "schema"))
        map[run.key_of(schema, name)] = { node = node, name = name, schema = schema }
      end
    end
  end
  return map
end

local function with_schema(opts, schema)
  opts.schema = schema
  return opts
end

local function database_options(there)
  local out, normal = {}, usual(there)
  for _, key in ipairs(KEYS) do
    if tostring(there[key]) ~= tostring(normal[key]) then
      out[key] = value_of(there, key)
    end
  end
  if there.type ~= "bigint" then out.data_type = there.type == "smallint" and am.SmallInteger() or am.Integer() end
  return out
end

--- Sequences that are missing or changed go to `before`, those that are gone from the models to `after`.
function compare.sequences(run, before, after)
  if run.context.dialect_name ~= "postgresql" then return end
  local wanted = wanted_sequences(run)
  for _, key in ipairs(sorted_keys(wanted)) do
    local one, there = wanted[key], run.sequences[key]
    if run:object_wanted(one.node, one.name, "sequence", false, there) then
      if not there then
        run:add(before, ops.CreateSequenceOp(one.name, with_schema(options_of(one.node), one.schema)))
      else
        local new, old = changes(one.node, there)
        if new then
          run:add(before, ops.AlterSequenceOp(one.name, with_schema(new, one.schema), { existing = old }))
        end
      end
    end
  end
  for _, key in ipairs(sorted_keys(run.sequences)) do
    local there = run.sequences[key]
    if not wanted[key] and run:schema_looked_at(there.schema)
      and run:name_wanted(there.name, "sequence", { schema_name = there.schema }) then
      local node = am.Sequence(there.name, with_schema(database_options(there), there.schema))
      if run:object_wanted(node, there.name, "sequence", true, nil) then
        run:add(after, ops.DropSequenceOp(there.name, with_schema(database_options(there), there.schema)))
      end
    end
  end
end

--- A SERIAL column has no default of its own: the sequence comes and goes with it.
function compare.forget_owned_defaults(run, table_, key)
  for _, column in ipairs(core.node_get(table_, "columns")) do
    if run.owned[key .. "\0" .. column.name] and not column.identity then
      local schema = core.node_get(column, "schema")
      if core.node_get(schema, "server_default") then core.node_set(schema, "server_default", nil) end
    end
  end
end

return compare
