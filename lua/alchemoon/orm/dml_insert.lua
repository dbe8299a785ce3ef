--- ORM-enabled INSERT: insert(Class) with rows of attributes.
--
-- A class on one table is one INSERT for each run of rows that give the same columns; a class on several tables goes
-- the way of bulk inserts (bulk.lua). RETURNING may name entities, whose objects are made of the rows.
local core = require "alchemoon.core"
local bulk = require "alchemoon.orm.bulk"
local dml_rows = require "alchemoon.orm.dml_rows"
local dml_run = require "alchemoon.orm.dml_run"
local returned = require "alchemoon.orm.returning"

local dml_insert = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- A list of rows that do not all give the same columns: a statement for each run of alike ones.
local function insert_groups(session, conn, statement, groups, options, keys)
  options = dml_run.plain_options(options, statement)
  if dml_run.returns_entities(statement) then
    local _, finish = dml_run.returning(session, conn, statement, groups, options, keys)
    return (finish())
  end
  local results = {}
  for i, group in ipairs(groups) do results[i] = conn:execute(statement, group, options) end
  if #node_get(statement, "returning") > 0 then
    return results[1]:merge(unpack(results, 2))
  end
  return results[#results]
end

-- Rows of a class that stands on several tables, an INSERT for each; RETURNING is gathered from all of them.
local function insert_into_tables(session, conn, mapper, statement, params, options)
  local rows, found = dml_rows.copies(dml_rows.is_list(params) and params or { params }), {}
  for _, row in ipairs(rows) do found[row] = {} end
  local opts = { render_nulls = options.render_nulls, found = found }
  if #node_get(statement, "returning") == 0 then
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
    populate_existing = options.populate_existing }, conn.dialect)
end

-- What the INSERT of given rows returns before what was asked for: the key that the database makes.
local function made_keys(mapper, sets)
  local into = mapper.local_table
  local key = sets and not mapper.version_id_slot and node_tag(into) == T.TABLE and core.table_autoincrement(into)
  return key and { key } or nil
end

--- Runs insert(Class): its Result.
function dml_insert.execute(session, conn, mapper, statement, params, options)
  local own_options = dml_run.plain_options(options, statement)
  local render_nulls = own_options.render_nulls
  local rows_given = dml_rows.is_list(params) or type(params) == "table" and next(params) ~= nil
  if rows_given and #mapper.tables > 1 and #node_get(statement, "values") == 0
    and node_get(statement, "on_conflict") == nil then
    return insert_into_tables(session, conn, mapper, statement, params, own_options)
  end
  local sets = dml_rows.column_names(mapper, params)
  if mapper.polymorphic_identity ~= nil and mapper.polymorphic_slot and #node_get(statement, "values") == 0
    and sets and #mapper.tables == 1 then
    local column = mapper.prop_at[mapper.polymorphic_slot].columns[1]
    for _, set in ipairs(dml_rows.is_list(sets) and sets or { sets }) do
      if set[column.key] == nil then set[column.key] = mapper.polymorphic_identity end
    end
  end
  if dml_rows.is_list(sets) and node_get(statement, "on_conflict") == nil then
    local groups = dml_rows.groups(mapper, sets, render_nulls)
    if #groups > 1 then
      return insert_groups(session, conn, statement, groups, options, made_keys(mapper, sets))
    end
    sets = groups[1] or sets
  end
  local result, finish = dml_run.execute(session, conn, statement, sets, options, made_keys(mapper, sets))
  if finish then return (finish()) end
  return result
end

return dml_insert
