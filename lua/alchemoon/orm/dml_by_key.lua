--- update(Class) with a list of rows: each is the row that its primary key names.
--
-- What the statement says itself holds for all of them: criteria that they must meet besides, values that they get.
local constructs = require "alchemoon.sql.constructs"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local bulk = require "alchemoon.orm.bulk"
local dml_effects = require "alchemoon.orm.dml_effects"
local dml_objects = require "alchemoon.orm.dml_objects"
local dml_rows = require "alchemoon.orm.dml_rows"
local dml_run = require "alchemoon.orm.dml_run"
local flush_plan = require "alchemoon.orm.flush_plan"
local lower_criteria = require "alchemoon.orm.lower_criteria"

local dml_by_key = {}
local node_get = core.node_get

--- One row, as an UPDATE with criteria: it may return what it wrote.
function dml_by_key.of_one_row(conn, mapper, statement, params)
  local plan = flush_plan.of(mapper, mapper.local_table)
  for _, row in ipairs(params) do bulk.check_key(plan, row) end
  if #params > 1 then
    exc.raise("StatementError", "(alchemoon.exc.InvalidRequestError) Dialect %s with current server capabilities does "
      .. "not support UPDATE..RETURNING when executemany is used", conn.dialect.name)
  end
  local values = {}
  for name, value in pairs(bulk.with_parts(mapper, params[1])) do values[name] = value end
  for i, column in ipairs(mapper.primary_key) do
    local name = mapper.name_of[mapper.pk_slots[i]]
    statement = statement:where(column:eq(values[name]))
    values[name] = nil
  end
  return statement:values(values)
end

-- The statement for the row of a key, and the rows as its parameters.
local function with_key(mapper, statement, params)
  local plan, rows = flush_plan.of(mapper, mapper.local_table), dml_rows.column_names(mapper, params)
  statement = lower_criteria.with_dml_criteria(statement)
  for _, pk in ipairs(plan.pks) do
    statement = statement:where(pk.column:eq(constructs.bindparam(pk.label, { type_ = core.node_type(pk.column) })))
  end
  for i, row in ipairs(rows) do
    bulk.check_key(plan, params[i])
    for _, pk in ipairs(plan.pks) do row[pk.label], row[pk.key] = row[pk.key], nil end
  end
  return statement, rows
end

-- Rows that the statement has something to say about itself. Values may be expressions: then each row goes alone.
local function with_statement(conn, mapper, statement, params, options)
  local own, rows = with_key(mapper, statement, params)
  local groups, count = dml_rows.groups(mapper, rows, true), 0
  if #node_get(statement, "values") > 0 then groups = rows end
  for _, group in ipairs(groups) do
    count = count + conn:execute(own, group, dml_run.plain_options(options)).rowcount
  end
  return dml_run.result_without_rows { rowcount = count }
end

-- What a row gives to one of its tables, with its key and the parameters that are no attributes; nil for nothing.
local function params_of(mapper, plan, row, has_values)
  local params = bulk.written_params(plan, row)
  if next(params) == nil and not has_values then return nil end
  for name, value in pairs(row) do
    if type(name) == "string" and not mapper:column_of(name) then params[name] = value end
  end
  bulk.check_key(plan, row)
  bulk.put_key(plan, row, params)
  return params
end

-- The same for a class on several tables: an UPDATE for each that the statement or the row says something of.
local function with_tables(conn, mapper, statement, params, options)
  local rows, count = bulk.rows_of_mappings(mapper, params), 0
  statement, options = lower_criteria.with_dml_criteria(statement), dml_run.plain_options(options)
  for _, pair in ipairs(flush_plan.tables(mapper.base)) do
    local plan = flush_plan.of(mapper, pair[1])
    if plan then
      local own, has_values = dml_rows.statement_of_table(statement, plan.from)
      for _, pk in ipairs(plan.pks) do
        own = own:where(pk.column:eq(constructs.bindparam(pk.label, { type_ = core.node_type(pk.column) })))
      end
      for _, row in ipairs(rows) do
        local given = params_of(mapper, plan, row, has_values)
        if given then count = count + conn:execute(own, given, options).rowcount end
      end
    end
  end
  return dml_run.result_without_rows { rowcount = count }
end

--- Runs update(Class) with a list of rows: its Result.
function dml_by_key.update(session, conn, mapper, statement, params, options)
  local how = dml_objects.sync_option(statement, options)
  if node_get(statement, "ordered") ~= 0 then
    exc.raise("InvalidRequestError", "bulk ORM UPDATE does not support ordered_values() for custom UPDATE statements "
      .. "with bulk parameter sets.  Use a non-bulk UPDATE statement or use values().")
  end
  local has_criteria = #node_get(statement, "where") > 0
  if has_criteria and how then
    exc.raise("InvalidRequestError", "update(%s) with rows and criteria of its own does not tell which rows it changed,"
      .. " so that objects of the session cannot follow; add the execution option synchronize_session = false",
      mapper.class_name)
  end
  if how == "fetch" then
    exc.raise("InvalidRequestError", "The 'fetch' synchronization strategy is not available for 'bulk' ORM updates "
      .. "(i.e. multiple parameter sets)")
  end
  local result
  if has_criteria or #node_get(statement, "values") > 0 then
    local write = #mapper.tables > 1 and with_tables or with_statement
    result = write(conn, mapper, statement, params, options)
  else
    bulk.update(conn, mapper, bulk.rows_of_mappings(mapper, params))
    result = dml_run.result_without_rows { rowcount = #params }
  end
  if how then dml_effects.apply_rows(session, mapper, params, options and options.identity_token) end
  return result
end

return dml_by_key
