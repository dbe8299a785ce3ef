--- The key of a statement's result: its text, its values, how its objects are loaded, and where it is executed.
--
-- The key must be the same in every process, so it is made of texts; the structural keys of the core are not. Two
-- statements with one key but other texts are told apart by the text that the entry keeps.
local core = require "alchemoon.core"
local execute = require "alchemoon.sql.execute"
local result_shape = require "alchemoon.sql.result_shape"
local execution = require "alchemoon.orm.execution"
local plan_module = require "alchemoon.orm.plan"
local serial = require "alchemoon.cache.serial"
local template = require "alchemoon.orm.template"
local user_option = require "alchemoon.orm.user_option"
local watch = require "alchemoon.cache.watch"

local statement_key = {}
local node_get = core.node_get

-- --- where --------------------------------------------------------------------------------------------------

local function map_text(map)
  local parts = {}
  for from, to in pairs(map or {}) do parts[#parts + 1] = tostring(from) .. "=" .. tostring(to) end
  table.sort(parts)
  return table.concat(parts, ",")
end

-- The engine or connection that the statement would go to, and its options; nil for sharded sessions.
local function bind_of(orm_context)
  local session = orm_context.session
  if session._shards then return nil, {} end
  local bind = session:get_bind(orm_context.bind_arguments)
  local transaction = session._transaction
  local record = transaction and transaction._connections[bind]
  return bind, (record and record.conn or bind)._execution_options or {}
end

local function schema_map_of(orm_context, bind_options)
  local own = orm_context.execution_options.schema_translate_map
  if own ~= nil then return own end
  return bind_options.schema_translate_map
end

local function url_of(bind)
  local engine = bind and (bind.engine or bind)
  return engine and engine.url and engine.url:render_as_string { hide_password = true } or "shards"
end

-- --- how its objects are loaded -----------------------------------------------------------------------------

local describe_tree

local function describe_child(prop, child)
  local conditions = {}
  for i, condition in ipairs(child.criteria or {}) do conditions[i] = tostring(condition) end
  return ("%s=%s(%s){%s}"):format(tostring(prop), tostring(child.strategy), table.concat(conditions, ";"),
    describe_tree(child.tree))
end

function describe_tree(tree)
  if not tree then return "" end
  local parts = {}
  for prop, child in pairs(tree.rel) do parts[#parts + 1] = describe_child(prop, child) end
  for prop, element in pairs(tree.col) do
    parts[#parts + 1] = ("%s:%s"):format(tostring(prop), tostring(element.deferred))
  end
  if tree.rel_any then parts[#parts + 1] = describe_child("*", tree.rel_any) end
  if tree.defaults.rel then parts[#parts + 1] = "default=" .. tostring(tree.defaults.rel.strategy) end
  if tree.col_any then parts[#parts + 1] = "*:" .. tostring(tree.col_any.deferred) end
  for name in pairs(tree.groups) do parts[#parts + 1] = "group:" .. name end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function describe_plan(plan)
  local parts = {}
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      parts[#parts + 1] = ("%d:%s[%s]"):format(i, spec.mapper.class_name, describe_tree(spec.tree))
    end
  end
  return table.concat(parts, " ")
end

-- --- values -------------------------------------------------------------------------------------------------

-- Binds in their order, then the parameters by name: pairs() has no order.
local function value_text(stmt, parameters)
  local list, n = {}, 0
  for _, bind in ipairs(core.extract_binds(stmt)) do
    n = n + 1
    local value = node_get(bind, "value")
    list[n] = value == nil and core.null or value
  end
  local names = {}
  for name in pairs(parameters or {}) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    list[n + 1], list[n + 2] = name, parameters[name]
    n = n + 2
  end
  return serial.encode(list)
end

-- --- the key ------------------------------------------------------------------------------------------------

local function key_of(text) return "orm|" .. core.md5(text) end

local function text_of(sql, loading, values, option, place)
  if option.cache_key ~= nil then
    return table.concat({ "named", tostring(option.cache_key), sql, loading, place }, "\1")
  end
  return table.concat({ sql, loading, values, place }, "\1")
end

-- The plan of an ORM statement, or the entry of a Core one; for an engine, without a connection.
local function compiled(stmt, load, engine, schema_map)
  if load then return (template.plan(load.template, stmt, engine.dialect, schema_map)) end
  if execution.handler_of(stmt) then
    return (plan_module.of(stmt, { engine = engine, dialect = engine.dialect }, { schema_translate_map = schema_map }))
  end
  return { entry = execute.compile(stmt, engine.dialect, nil, false, schema_map), specs = {} }
end

local function shape_of(plan, dialect)
  if plan.shape then return plan.shape end
  return result_shape.make(plan.entry.columns, dialect, nil, nil, plan.entry.json)
end

local function first_bind(session)
  local _, bind = next(session._shards)
  return bind
end

--- What is needed to look a statement up: key, text, place, tables (those in the statement), registry, shape().
function statement_key.of(orm_context, option)
  local session = orm_context.session
  local bind, bind_options = bind_of(orm_context)
  local schema_map = schema_map_of(orm_context, bind_options)
  local engine = bind or first_bind(session)
  engine = engine.engine or engine
  local stmt = orm_context.statement
  local plan = compiled(stmt, orm_context.execution_options._orm_load, engine, schema_map)
  local place = table.concat({ url_of(bind), map_text(schema_map),
    tostring(orm_context.execution_options.identity_token), tostring(orm_context.bind_arguments.shard_id) }, "\2")
  if bind == nil then place = place .. "\2" .. tostring(require("alchemoon.shard.option").shard_of(stmt)) end
  local text = text_of(plan.entry.text, describe_plan(plan), value_text(stmt, orm_context.parameters), option, place)
  local mapper = orm_context.is_orm_statement and orm_context.bind_mapper
  return { key = key_of(text), text = text,
    place = { name = place, engine = engine, schema_map = schema_map }, registry = mapper and mapper.registry,
    user_options = user_option.propagated(user_option.nodes(stmt)),
    tables = watch.tables_in(plan.state and plan.state.statement or stmt, {}),
    shape = function() return shape_of(plan, engine.dialect) end }
end

--- The key of a statement at a place where one was looked up before.
function statement_key.at(stmt, parameters, option, place)
  local plan = compiled(stmt, nil, place.engine, place.schema_map)
  return key_of(text_of(plan.entry.text, describe_plan(plan), value_text(stmt, parameters), option, place.name))
end

return statement_key
