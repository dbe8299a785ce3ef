--- How a session executes SELECTs with entities; registered with execution.lua.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local entity_result = require "alchemoon.orm.entity_result"
local exc = require "alchemoon.exc"
local execute = require "alchemoon.sql.execute"
local execution = require "alchemoon.orm.execution"
local info = require "alchemoon.orm.attr_info"
local load = require "alchemoon.orm.load"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_items = require "alchemoon.orm.lower_items"
local plan_module = require "alchemoon.orm.plan"
local template = require "alchemoon.orm.template"
local subject_of = require("alchemoon.orm.statement_subject").of
local user_option = require "alchemoon.orm.user_option"

local load_handler = {}
local T = core.tags
local portion_of = require("alchemoon.execution_options").portion_of
local node_get = core.node_get

local handler = {}

function handler.is_orm(stmt) return column_adapter.is_orm(stmt) end

function handler.is_from_statement(stmt) return node_get(stmt, "from_statement") ~= nil end

-- The first entity of the columns clause, or of FROM.
local function first_mapper(stmt)
  for _, node in ipairs(node_get(stmt, "columns")) do
    local entity = core.node_tag(node) == T.ORM_ENTITY and node or lower_items.first_entity(node)
    if not entity and core.node_tag(node) == T.ORM_BUNDLE then
      for _, member in ipairs(node_get(node, "columns")) do entity = entity or lower_items.first_entity(member) end
    end
    if entity then return info.mapper(entity) end
  end
  for _, node in ipairs(node_get(stmt, "froms")) do
    if core.node_tag(node) == T.ORM_ENTITY then return info.mapper(node) end
  end
  return subject_of(stmt)
end

-- Each class of the columns clause once, in their order; of a bundle the first, as its description says.
function handler.all_mappers(stmt)
  local list, seen = {}, {}
  for _, item in ipairs(lower_items.of(node_get(stmt, "columns"))) do
    local mapper
    lower_items.each_entity({ item }, function(entity) mapper = mapper or info.mapper(entity) end)
    if mapper and not seen[mapper] then
      seen[mapper] = true
      list[#list + 1] = mapper
    end
  end
  return list
end

-- The flush comes first: the query may ask for what it writes. One that is about no class does not flush.
function handler.prepare(session, stmt, _, options, arguments, is_pre_event)
  local mapper = first_mapper(stmt)
  if arguments and not arguments.mapper then arguments.mapper = mapper end
  if arguments and arguments.clause == nil then arguments.clause = stmt end
  if not is_pre_event then
    local own = node_get(stmt, "execution_options")
    local autoflush = options and options.autoflush
    if autoflush == nil and own then autoflush = own.autoflush end
    local of_loader = options and options._orm_load
    if of_loader and of_loader.no_autoflush then autoflush = false end
    if autoflush ~= false and mapper then session:_autoflush() end
  end
  return stmt, options
end

-- --- groups of values ----------------------------------------------------------------------------

-- Bundles and composites become one value of the row each.
local function regroup(plan, list)
  local items = plan.items
  if not plan_module.has_groups(items) then return list end
  local bundles = require "alchemoon.orm.bundle_row"
  for i = 1, #list do list[i] = bundles.row(items, list[i]) end
  return list
end

-- Rows that belong together may be far apart; the statement has been executed, as in SQLAlchemy, and is ended.
local function refuse_yield_per(plan, stop)
  local buffered = plan.multi_row
  for _, spec in ipairs(plan.specs) do
    for _, loader in ipairs(spec.post or {}) do buffered = buffered or loader.strategy == "subquery" end
  end
  if buffered then
    stop()
    exc.raise("InvalidRequestError", "Can't use yield_per with eager loaders that require uniquing or row "
      .. "buffering, e.g. joinedload() against collections or subqueryload().  Consider the selectinload() strategy "
      .. "for better flexibility in loading objects.")
  end
end

local function refuse_unique()
  exc.raise("InvalidRequestError", "Can't use the ORM yield_per feature in conjunction with unique()")
end

--- A result that reads as many rows at once as yield_per says.
function load_handler.in_chunks(session, conn, plan, stmt, set, cached, opts, how)
  local more, stop = load.chunks(session, conn, plan, stmt, set, cached, opts, how, opts.yield_per)
  refuse_yield_per(plan, stop)
  local result = entity_result.new(plan, {}, function(src)
    local list = more(src._portion)
    return list and regroup(plan, list)
  end, { _stop = stop, _no_unique = refuse_unique, _portion = opts.yield_per,
    _is_dynamic = conn.dialect.name ~= "sqlite" })
  result:yield_per(opts.yield_per)
  return result
end

local OWN = { yield_per = true, _orm_load = true, stream_results = true, identity_token = true }

-- The options of a statement and of its call that the loaders which follow take over.
local function passed_on(stmt, options, opts)
  local out = {}
  for _, given in ipairs { node_get(stmt, "execution_options") or {}, options or {} } do
    for name, value in pairs(given) do
      if not OWN[name] then out[name] = value end
    end
  end
  if opts.populate_existing then out.populate_existing = true end
  return next(out) ~= nil and out or nil
end

-- One load that a template made and a listener saw.
local function run_template(session, stmt, params, given, conn, opts, arguments)
  local made, cached = template.plan(given.template, stmt, conn.dialect, opts.schema_translate_map)
  local how = given.run
  if opts.identity_token ~= nil or arguments then
    how = {}
    for name, value in pairs(given.run) do how[name] = value end
    how.token, how.arguments = opts.identity_token, arguments
  end
  local list = load.run(session, conn, made, stmt, load.parameters(params), cached, opts, how)
  return entity_result.new(made, list, nil, { _grouped = how.groups and true or nil })
end

-- Rows of columns alone obey the rules of a result with objects: lists of no said size have all rows, and unique()
-- does not go with yield_per.
local function plain_rows(result, opts)
  result._takes_all = true
  if portion_of(opts) then result._no_unique = refuse_unique end
  return result
end

-- The four ways of a SELECT: a loader's template, from_statement(), plain rows, entities.
local function execute_select(session, stmt, params, options, arguments, conn)
  local opts = execute.merged_options(conn, stmt, options)
  local given = options and options._orm_load
  if given then return run_template(session, stmt, params, given, conn, opts, arguments) end
  if node_get(stmt, "from_statement") then
    return require("alchemoon.orm.from_statement").execute(session, stmt, params, opts, arguments, conn)
  end
  local plan, cached = plan_module.of(stmt, conn, opts)
  local set = load.parameters(params)
  if plan.rows then return plain_rows(execute.run_entry(conn, plan.entry, stmt, set, cached, opts), opts) end
  local how = { populate_existing = opts.populate_existing, stmt = stmt, params = set,
    options = passed_on(stmt, options, opts),
    token = opts.identity_token, arguments = arguments, user_options = user_option.nodes(stmt),
    trail = session.dispatch.do_orm_execute and user_option.trail(stmt) or nil }
  if portion_of(opts) then return load_handler.in_chunks(session, conn, plan, stmt, set, cached, opts, how) end
  local list, finish, has_new = load.rows(session, conn, plan, stmt, set, cached, opts, how)
  return entity_result.of_rows(session, plan, regroup(plan, list), finish, has_new)
end

function handler.execute(session, stmt, params, options, arguments, conn)
  if not conn:_is_watched() then return execute_select(session, stmt, params, options, arguments, conn) end
  return conn:_execute_watched(function(now, _, set)
    if now ~= stmt and execution.handler_of(now) ~= handler then return now._execute_on(now, conn, set, options) end
    return execute_select(session, now, set, options, arguments, conn)
  end, stmt, params, options)
end

execution.handler(T.SELECT, handler)
load_handler.handler, load_handler.first_mapper, load_handler.regroup = handler, first_mapper, regroup
load_handler.criteria = lower_criteria
return load_handler
