--- Loading: a plan is executed, rows become objects, what comes after the rows is done.
--
--   plan → Connection pipeline (raw cursor) → core.populate in steps → collections, events → post-loaders → result
--
-- All waiting happens here, in Lua. `how` of a run: populate_existing, fixed (the object that is refreshed), token
-- (identity
-- token), refresh.
local core = require "alchemoon.core"
local errors = require "alchemoon.engine.errors"
local event = require "alchemoon.event"
local execute = require "alchemoon.sql.execute"
local params_of = require "alchemoon.engine.params"
local plan_module = require "alchemoon.orm.plan"
local run_module = require "alchemoon.engine.run"

local load = {}
local populate = core.populate
local WEAK = { __mode = "v" }

-- --- rows ----------------------------------------------------------------------------------------

-- Populates until the cursor is done, or `limit` rows are there. Returns results and step.
local function drain(conn, cursor, step, program, run, limit)
  local results
  while true do
    step = run_module.drive(conn, cursor, step)
    if step == "done" then return results or {}, step end
    local wanted = limit and limit - (results and #results or 0) or nil
    local part, state = populate(program, cursor, run, wanted)
    if results then
      for i = 1, #part do results[#results + 1] = part[i] end
    else
      results = part
    end
    if state == "done" or state == "rows" and limit then return results, state end
    step = state
  end
end

-- An error in the middle of the rows: the cursor is given up.
local function failed(conn, cursor, e, text)
  local broken = conn._broken_wait
  conn._broken_wait = nil
  cursor:close()
  return errors.handle(conn, e, text, nil, nil, broken)
end

-- --- contexts ------------------------------------------------------------------------------------

local function identity_map(session, base)
  local maps = session.identity
  local map = maps[base]
  if not map then
    map = setmetatable({}, WEAK)
    maps[base] = map
  end
  return map
end
load.identity_map = identity_map

-- What the binds of loaders are found by: the statement of the plan, and the one that is executed.
local function origin_of(plan, how)
  if how.origin then return how.origin end
  if how.stmt and how.stmt ~= plan.stmt then return { from = plan.stmt, to = how.stmt } end
  return nil
end
load.origin_of = origin_of

-- The context of the objects of one entity: the session's own unless options or peers must be remembered.
local function context_of(session, spec, plan, how)
  local options = plan.object_options[spec.index]
  if options == nil then
    options = require("alchemoon.orm.option_tree").for_objects(spec.tree) or false
    plan.object_options[spec.index] = options
  end
  if not options and not spec.auto and not plan.criteria_nodes and how.token == nil then return session._persistent end
  return require("alchemoon.orm.states").load_context(session, {
    options = options or nil, path = spec.path, plan = plan, criteria_nodes = plan.criteria_nodes,
    origin = origin_of(plan, how), peers = spec.auto and setmetatable({}, WEAK) or nil, token = how.token,
  })
end

local function new_run(session, plan, how)
  local run = { populate_existing = how.populate_existing or nil, token = how.token, groups = how.groups,
    tuples = not plan.single,
    unique = plan.single and plan.multi_row or nil }
  local specs = plan.specs
  for i = 1, #specs do
    local spec = specs[i]
    if spec.kind ~= "value" then
      run[i] = { classes = spec.class_list, map = identity_map(session, spec.mapper.base),
        context = context_of(session, spec, plan, how), idents = spec.idents, unknown = spec.unknown,
        collection = spec.collection_meta, fixed = spec.fixed and how.fixed or nil }
      if spec.bases then -- concrete classes have identities of their own
        local maps = {}
        for k, base in ipairs(spec.bases) do maps[k] = identity_map(session, base) end
        run[i].maps = maps
      end
    end
  end
  return run
end

-- --- after the rows ------------------------------------------------------------------------------

-- Collections that are no plain lists, and those whose owner has changes waiting.
local function finish_collections(session, plan, run)
  local attributes = require "alchemoon.orm.attributes"
  local any_modified = next(session.modified) ~= nil
  for i, spec in ipairs(plan.specs) do
    if spec.kind == "collection" then
      local seen = run[i].seen
      if not spec.collection_meta then
        local list = {}
        for parent, items in pairs(seen) do
          if items and getmetatable(parent) ~= nil then list[#list + 1] = { parent, items } end
        end
        for _, pair in ipairs(list) do attributes.adopt_collection(pair[1], spec.prop, pair[2]) end
      elseif any_modified then
        for parent, items in pairs(seen) do
          if items and session.modified[parent] and session.modified[parent][spec.prop.slot] then
            attributes.adopt_collection(parent, spec.prop, items)
          end
        end
      end
    end
  end
end

local function event_context(session, how)
  return { session = session, statement = how.stmt, execution_options = how.options,
    refresh_state = how.fixed }
end

local function fire_load(session, list, how)
  local context = event_context(session, how)
  local loaded = session.dispatch.loaded_as_persistent
  for i = 1, #list do
    local obj = list[i]
    local dispatch = rawget(getmetatable(obj), "__mapper__").instance_dispatch
    if dispatch and dispatch.load then event.fire(dispatch.load, obj, context) end
    if loaded then event.fire(loaded, session, obj) end
  end
end

load.fire_load = fire_load

local function fire_refresh(session, list, how)
  local context = event_context(session, how)
  for i = 1, #list do
    local obj = list[i]
    local dispatch = rawget(getmetatable(obj), "__mapper__").instance_dispatch
    if dispatch and dispatch.refresh then event.fire(dispatch.refresh, obj, context, how.names) end
  end
end

-- populate_existing: what was changed is forgotten.
local function forget_changes(session, plan, run)
  if next(session.modified) == nil then return end
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      for _, obj in ipairs(run[i].all or {}) do session.modified[obj] = nil end
      for _, obj in ipairs(run[i].refreshed or {}) do session.modified[obj] = nil end
    end
  end
end

local function finish(session, plan, run, how)
  if plan.multi_row then finish_collections(session, plan, run) end
  if how.populate_existing then forget_changes(session, plan, run) end
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      local entity, flags = run[i], spec.flags
      if spec.auto then
        local peers = entity.context.peers
        for k, obj in ipairs(entity.all or {}) do peers[k] = obj end
      end
      if flags.new and entity.created then fire_load(session, entity.created, how) end
      if flags.refreshed and entity.refreshed then fire_refresh(session, entity.refreshed, how) end
    end
  end
  if plan.has_post == nil then
    plan.has_post = false
    for _, spec in ipairs(plan.specs) do
      if spec.kind ~= "value" and (#spec.post > 0 or spec.flags.all and (spec.poly_selectin or spec.tree
        and spec.tree.poly)) then plan.has_post = true end
    end
  end
  if plan.has_post then require("alchemoon.orm.post_load").run(session, plan, run, how) end
end

-- --- running -------------------------------------------------------------------------------------

--- Runs a plan to its end; returns the list of results (objects, or lists of values).
function load.run(session, conn, plan, stmt, set, cached, opts, how)
  local cursor, step, text = execute.start(conn, plan.entry, stmt, set, cached, opts)
  if how.late then how.late(plan, cursor) end
  local program = plan_module.program(plan, session, how)
  local run = new_run(session, plan, how)
  local ok, results = pcall(drain, conn, cursor, step, program, run)
  if not ok then return failed(conn, cursor, results, text) end
  run_module.give_cursor(conn._fairy, cursor)
  finish(session, plan, run, how)
  return results
end

--- Runs a plan chunk by chunk: a function that returns the next list of results, nil at the end; and one that ends it.
function load.chunks(session, conn, plan, stmt, set, cached, opts, how, size)
  local program = plan_module.program(plan, session, how)
  local cursor, step, text = execute.start(conn, plan.entry, stmt, set, cached, opts)
  local function stop()
    if cursor then
      cursor:close()
      cursor = nil
    end
  end
  return function()
    if not cursor then return nil end
    local run = new_run(session, plan, how)
    local ok, results, state = pcall(drain, conn, cursor, step, program, run, size)
    if not ok then
      local broken = cursor
      cursor = nil
      return failed(conn, broken, results, text)
    end
    step = state
    if state == "done" then stop() end
    if #results == 0 then return nil end
    finish(session, plan, run, how)
    return results
  end, stop
end

--- The parameters of one execution.
function load.parameters(params)
  local sets = params_of.distill(params)
  return sets[1]
end

return load
