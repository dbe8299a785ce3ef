--- ORM-enabled INSERT: insert(Class) with rows of attributes.
--
-- A class on one table is one INSERT for each run of rows that give the same columns; a class on several tables goes
-- the way of bulk inserts (bulk.lua). RETURNING may name entities, whose objects are made of the rows.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local bulk = require "alchemoon.orm.bulk"
local dml_rows = require "alchemoon.orm.dml_rows"
local dml_run = require "alchemoon.orm.dml_run"
local returned = require "alchemoon.orm.returning"

local dml_insert = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

-- A list of rows that do not all give the same columns: a statement for each run of alike ones.
local function insert_groups(session, conn, statement, groups, options, keys)
  options = dml_run.plain_options(options, statement)
  if dml_run.returns_rows(statement) then
    local _, finish = dml_run.returning(session, conn, statement, groups, options, keys)
    return (finish())
  end
  local result
  for _, group in ipairs(groups) do result = conn:execute(statement, group, options) end
  return result
end

-- Rows of a class that stands on several tables, an INSERT for each; RETURNING is gathered from all of them.
local function insert_into_tables(session, conn, mapper, statement, params, options)
  local given = dml_rows.is_list(params) and params or { params }
  local rows, found = bulk.rows_of_mappings(mapper, given), {}
  for _, row in ipairs(rows) do found[row] = {} end
  local opts = { render_nulls = options.render_nulls, of_statement = true, found = found }
  if #node_get(statement, "values") > 0 then
    function opts.values(from)
      local own, has_values = dml_rows.statement_of_table(statement, from)
      return has_values and core.node_with(own, { returning = {}, orm = false }) or nil
    end
  end
  if not dml_run.returns_rows(statement) then
    bulk.insert(conn, mapper, rows, opts)
    return dml_run.result_without_rows { rowcount = #rows }
  end
  local query, state = returned.query(statement)
  function opts.returning(from)
    local wanted = {}
    for place, column in ipairs(node_get(state.statement, "columns")) do
      local origin = core.from_objects(column)[1]
      if origin == from then wanted[#wanted + 1] = { node = column, place = place } end
    end
    return wanted
  end
  bulk.insert(conn, mapper, rows, opts)
  for i, row in ipairs(rows) do rows[i] = found[row] end
  return returned.of_rows(session, query, state, rows, { rowcount = #rows, token = options.identity_token,
    populate_existing = options.populate_existing, options = dml_run.passed_on(options) }, conn.dialect)
end

-- What the INSERT of given rows returns before what was asked for: the key that the database makes.
local function made_keys(mapper, sets)
  local into = mapper.local_table
  local key = sets and not mapper.version_id_slot and node_tag(into) == T.TABLE and core.table_autoincrement(into)
  return key and { key } or nil
end

-- How an INSERT is made: "bulk" for rows that are given beside the statement, "orm" for what stands in values(), "raw"
-- for the statement as the core has it.
local function strategy_of(options, rows_given)
  local asked = options.dml_strategy or "auto"
  if asked == "auto" then return rows_given and "bulk" or "orm" end
  if asked == "bulk" and not rows_given then
    exc.raise("InvalidRequestError", 'Can\'t use "bulk" ORM insert strategy without passing separate parameters')
  elseif asked ~= "raw" and asked ~= "orm" and asked ~= "bulk" then
    exc.raise("ArgumentError", "Valid strategies for ORM insert strategy are 'raw', 'orm', 'bulk', 'auto'; got %s",
      exc.show_value(asked))
  end
  return asked
end

local function sets_column(statement, column)
  for _, pair in ipairs(node_get(statement, "values")) do
    if node_get(pair, "key") == column then return true end
  end
  return false
end

-- The discriminator that rows without a word on it get, if there is one.
local function discriminator_of(mapper, statement)
  if mapper.polymorphic_identity == nil or not mapper.polymorphic_slot or #mapper.tables > 1 then return nil end
  local column = mapper.prop_at[mapper.polymorphic_slot].columns[1]
  if not sets_column(statement, column) then return column end
end

-- The version column, which gets the first version whatever the rows say, as in a flush; nil if there is none.
local function version_of(mapper, statement)
  if not mapper.version_id_slot or not mapper.version_id_generator then return nil end
  local column = mapper.prop_at[mapper.version_id_slot].columns[1]
  if not sets_column(statement, column) then return column end
end

-- Rows of a bulk INSERT with the names of columns, in groups that give the same ones.
local function grouped(mapper, statement, rows, render_nulls)
  local discriminator, version = discriminator_of(mapper, statement), version_of(mapper, statement)
  if not discriminator and not version and dml_rows.are_ready(mapper, rows) then return { rows } end
  rows = dml_rows.column_names(mapper, rows, statement)
  for _, row in ipairs((discriminator or version) and rows or {}) do
    if discriminator and row[discriminator.key] == nil then row[discriminator.key] = mapper.polymorphic_identity end
    if version then row[version.key] = mapper.version_id_generator(nil) end
  end
  return dml_rows.groups(mapper, rows, render_nulls)
end

-- What rows that are given beside the statement cannot be inserted with.
local function check_bulk(mapper, statement)
  if #mapper.tables > 1 and node_get(statement, "on_conflict") ~= nil then
    exc.raise("InvalidRequestError", "bulk INSERT with a 'post values' clause (typically upsert) not supported for "
      .. "multi-table mapper %s; insert into its tables one by one", tostring(mapper))
  end
  if dml_run.returns_star(statement) then
    exc.raise("CompileError", "Can't use RETURNING * with bulk ORM INSERT.  Please use a different INSERT form, such "
      .. "as INSERT..VALUES or INSERT with a Core Connection")
  end
end

--- Runs insert(Class): its Result.
function dml_insert.execute(session, conn, mapper, statement, params, options)
  local own_options, is_list = dml_run.plain_options(options, statement), dml_rows.is_list(params)
  local strategy = strategy_of(own_options, is_list or type(params) == "table" and next(params) ~= nil)
  if strategy == "raw" then return conn:execute(statement, params, dml_run.plain_options(options)) end
  if strategy == "bulk" then check_bulk(mapper, statement) end
  if strategy == "bulk" and #mapper.tables > 1 then
    return insert_into_tables(session, conn, mapper, statement, params, own_options)
  end
  local sets
  if strategy == "bulk" then
    local groups = grouped(mapper, statement, is_list and params or { params }, own_options.render_nulls)
    if #groups > 1 then
      return insert_groups(session, conn, statement, groups, options, made_keys(mapper, params))
    end
    sets = is_list and groups[1] or groups[1][1]
  else
    sets = dml_rows.column_names(mapper, params)
  end
  local result, finish = dml_run.execute(session, conn, statement, sets, options, made_keys(mapper, sets))
  if finish then return (finish()) end
  return result
end

return dml_insert
