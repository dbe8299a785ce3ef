--- ORM-enabled INSERT, UPDATE and DELETE: statements about mapped classes executed by a session.
--
-- insert(Class) with a list of attribute tables is a bulk INSERT (dml_insert.lua); update(Class) with such a list
-- updates by primary key (dml_by_key.lua). UPDATE and DELETE with criteria bring the objects in the session up to date:
-- which ones stands in dml_objects.lua, what becomes of them in dml_effects.lua.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local dml_by_key = require "alchemoon.orm.dml_by_key"
local dml_effects = require "alchemoon.orm.dml_effects"
local dml_insert = require "alchemoon.orm.dml_insert"
local dml_objects = require "alchemoon.orm.dml_objects"
local dml_rows = require "alchemoon.orm.dml_rows"
local dml_run = require "alchemoon.orm.dml_run"
local execution = require "alchemoon.orm.execution"
local lower_criteria = require "alchemoon.orm.lower_criteria"

local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

local function mapper_of(statement)
  local entity = node_get(statement, "orm")
  return entity and entity.__mapper__
end

-- Runs an UPDATE or DELETE with criteria. `single`: the condition among them that the class itself adds. The result,
-- what makes its objects afterwards, matched objects, and those of which we cannot know.
local function run(session, conn, mapper, statement, single, params, options)
  local how = dml_objects.sync_option(statement, options)
  local matched, unknown, returns
  if how then
    matched, unknown, returns = dml_objects.find(session, conn, mapper, statement, single, how, params, options)
  end
  local result, finish
  if returns then
    result, matched, finish = dml_run.execute_for_keys(session, conn, mapper, statement, params, options)
  else
    result, finish = dml_run.execute(session, conn, statement, params, options)
  end
  return result, finish, matched, unknown
end

local STRATEGIES = { auto = true, bulk = true, orm = true, core_only = true }

-- Is a list of parameter sets one of rows with their keys? That is what it is taken for unless the program says
-- otherwise.
local function goes_by_key(statement, params, options)
  local strategy = dml_run.plain_options(options, statement).dml_strategy or "auto"
  if not STRATEGIES[strategy] then
    exc.raise("ArgumentError", "Valid strategies for ORM UPDATE strategy are 'orm', 'auto', 'bulk', 'core_only'; "
      .. "got %s", exc.show_value(strategy))
  end
  local is_list = dml_rows.is_list(params)
  if strategy == "bulk" and not is_list then
    exc.raise("InvalidRequestError", 'Can\'t use "bulk" ORM UPDATE strategy without passing separate parameters')
  end
  return is_list and (strategy == "auto" or strategy == "bulk")
end

-- By primary keys, as rows of values, or with a WHERE that objects of the session must follow.
local function update(session, conn, mapper, statement, params, options)
  if goes_by_key(statement, params, options) then
    if not dml_run.returns_rows(statement) or #node_get(statement, "where") > 0 then
      return dml_by_key.update(session, conn, mapper, statement, params, options)
    end
    statement, params = dml_by_key.of_one_row(conn, mapper, statement, params), nil
  elseif dml_rows.is_list(params) then
    if dml_objects.sync_option(statement, options) == "fetch" then
      exc.raise("InvalidRequestError", "For synchronize_session='fetch', can't use multiple parameter sets in ORM "
        .. "mode, which this backend does not support with RETURNING; use 'evaluate' or false")
    end
    return conn:execute(statement, dml_rows.column_names(mapper, params), dml_run.plain_options(options))
  end
  local single
  statement, single = lower_criteria.with_dml_criteria(statement)
  if params and #node_get(statement, "values") == 0 then
    local values
    values, params = dml_rows.values_and_binds(mapper, params)
    statement = statement:values(values)
  end
  local result, finish, matched, unknown = run(session, conn, mapper, statement, single, params, options)
  if matched then dml_effects.updated(session, mapper, statement, matched, unknown, result) end
  if finish then return (finish()) end
  return result
end

local function delete(session, conn, mapper, statement, params, options)
  if dml_rows.is_list(params) then
    exc.raise("InvalidRequestError", "Bulk ORM DELETE not supported right now. Statement may be invoked at the Core "
      .. "level using session:connection():execute(stmt, parameters)")
  end
  local single
  statement, single = lower_criteria.with_dml_criteria(statement)
  local result, finish, matched, unknown = run(session, conn, mapper, statement, single, params, options)
  if matched then dml_effects.deleted(session, mapper, matched, unknown) end
  if finish then return (finish()) end -- rows of deleted objects are new ones, as those of no known object are
  return result
end

local by_tag = { [T.INSERT] = dml_insert.execute, [T.UPDATE] = update, [T.DELETE] = delete }

local handler = {}

function handler.is_orm(statement) return node_get(statement, "orm") ~= nil end

-- What must be known or refused before a transaction begins.
function handler.prepare(session, statement, params, options, bind_arguments, is_pre_event)
  local mapper = mapper_of(statement)
  if bind_arguments then
    bind_arguments.mapper = bind_arguments.mapper or mapper
    bind_arguments.clause = bind_arguments.clause or statement
  end
  local how = dml_objects.sync_option(statement, options)
  if not is_pre_event and not (options and options.autoflush == false) then session:_autoflush() end
  if not is_pre_event and how == "evaluate" and node_tag(statement) ~= T.INSERT then -- before a transaction begins
    dml_objects.check_criteria(mapper, node_get(statement, "where"))
  end
  if not is_pre_event and node_tag(statement) ~= T.INSERT and not dml_rows.is_list(params) then
    dml_objects.announce_keys(session, mapper, statement, params, options, how)
  end
  return statement, options
end

function handler.execute(session, statement, params, options, _, conn)
  return by_tag[node_tag(statement)](session, conn, mapper_of(statement), statement, params, options)
end

for _, tag in ipairs { T.INSERT, T.UPDATE, T.DELETE } do execution.handler(tag, handler) end
