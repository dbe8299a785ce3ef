--- Loading: a plan is executed, rows become objects, what comes after the rows is done.
--
--   plan → Connection pipeline → core.populate in steps → collections, events → post-loaders → result
--
-- All waiting happens here, in Lua. `how` of a run: populate_existing, fixed (the object that is refreshed), token
-- (identity token), refresh.
local core = require "alchemoon.core"
local errors = require "alchemoon.engine.errors"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local execute = require "alchemoon.sql.execute"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local option_tree = require "alchemoon.orm.option_tree"
local params_of = require "alchemoon.engine.params"
local path = require "alchemoon.orm.path"
local peers = require "alchemoon.orm.peers"
local plan_module = require "alchemoon.orm.plan"
local run_module = require "alchemoon.engine.run"
local states = require "alchemoon.orm.states"
local user_option = require "alchemoon.orm.user_option"
local warn_multiple = require "alchemoon.orm.warn_multiple"

local load = {}
local populate, execute_one = core.populate, core.execute_one
local give_cursor, drive = run_module.give_cursor, run_module.drive
local WEAK, WEAK_KEYS, NOTHING = { __mode = "v" }, { __mode = "k" }, {}

-- What a run's table of an entity holds where; csrc/bind/populate.c, OF_*.
local MAP, CONTEXT, CREATED, REFRESHED, ALL, SEEN, FIXED = 2, 3, 4, 5, 6, 9, 10
load.ALL = ALL

-- --- rows ----------------------------------------------------------------------------------------

-- Populates until the cursor is done, or `limit` rows are there. Returns results, step, and whether objects were made.
local function drain(conn, cursor, step, program, run, limit)
  local results, has_new
  while true do
    if step ~= "rows" and step ~= "done" then
      step = drive(conn, cursor, step, conn._deadline or nil, conn._timeout)
    end
    if step == "done" then return results or {}, step, has_new end
    local wanted = limit and limit - (results and #results or 0) or nil
    local part, state, made = populate(program, cursor, run, wanted)
    has_new = has_new or made
    if results then
      for i = 1, #part do results[#results + 1] = part[i] end
    else
      results = part
    end
    if state == "done" or state == "rows" and limit then return results, state, has_new end
    step = state
  end
end

-- The rows of a plan that asks for something that cannot be loaded; the statement was executed for nothing.
local function refuse(conn, cursor, step, program, run, limit, plan)
  if step ~= "rows" and step ~= "done" then drive(conn, cursor, step, conn._deadline or nil, conn._timeout) end
  exc.raise("InvalidRequestError", "%s", plan.refused)
  return program, run, limit
end

-- An error in the middle of the rows: the cursor is given up.
local function failed(conn, cursor, e, text)
  local broken = conn._broken_wait
  conn._broken_wait = nil
  core.collector_wake()
  cursor:close()
  if conn._deadline then e = require("alchemoon.engine.guard").late_error(e, conn._timeout, conn._deadline) end
  return errors.handle(conn, e, text, nil, nil, broken)
end

-- --- contexts ------------------------------------------------------------------------------------

local identity_map = identity.map_for
load.identity_map = identity_map

-- What the binds of loaders are found by: the statement of the plan and the one that is executed; `before`: the same of
-- the load that this one follows. (A listener may have given the statement of a loader values of its own.)
local function origin_of(plan, how, stmt)
  if stmt == plan.stmt then return how.origin end
  return { from = plan.stmt, to = stmt, before = how.origin }
end
load.origin_of = origin_of

-- The context of the objects of one entity: the session's own unless options or peers must be remembered.
local function context_of(session, spec, plan, how, stmt)
  local options = plan.object_options[spec.index]
  if options == nil then
    options = option_tree.for_objects(spec.tree) or false
    plan.object_options[spec.index] = options
  end
  local user_options = how.user_options and user_option.propagated(how.user_options)
  local trail = how.trail and path.trail(how.trail, spec.path)
  if not options and not spec.auto and not plan.criteria_nodes and not user_options and not trail then
    return session._persistent
  end
  return states.load_context(session, {
    options = options or nil, mappers = spec.mappers or { spec.mapper }, path = spec.path, plan = plan,
    criteria_nodes = plan.criteria_nodes, origin = origin_of(plan, how, stmt),
    peers = spec.auto and setmetatable({}, WEAK) or nil, user_options = user_options, trail = trail or nil,
  })
end

-- Does somebody listen to objects that were there already? Then the run lists them among the new ones.
local function is_told_of_all(plan, how)
  for _, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" and spec.bits == 7 and not (spec.fixed and how.fixed) then return true end
  end
  return false
end

-- `stmt`: what is executed; that of the plan has its form.
local function new_run(session, plan, how, stmt)
  if how.token ~= nil then identity.use_tokens() end
  local run = { populate_existing = how.populate_existing or nil, token = how.token, groups = how.groups,
    owned = how.owned, stmt = stmt, tuples = not plan.single, told = is_told_of_all(plan, how) and {} or nil,
    unique = plan.single and plan.multi_row or nil }
  local specs = plan.specs
  for i = 1, #specs do
    local spec = specs[i]
    if spec.kind ~= "value" then
      local maps = false
      if spec.bases then -- classes with identities of their own
        maps = {}
        for k, base in ipairs(spec.bases) do maps[k] = identity_map(session, base) end
      end
      local map = identity_map(session, spec.mapper.identity_base)
      run[i] = { spec.class_list, map, context_of(session, spec, plan, how, stmt), false,
        false, false, spec.idents or false, spec.collection_meta or false, false, spec.fixed and how.fixed or false,
        maps, spec.unknown, spec.owners }
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
      local seen = run[i][SEEN] or NOTHING -- no row at all
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

-- Of an attribute that holds one object the first one was taken; the others were counted at `seen`[true].
local function warn_of_multiple(plan, run)
  for i, spec in ipairs(plan.specs) do
    local seen = spec.kind == "scalar" and run[i][SEEN]
    if seen and seen[true] then
      for _ = 1, seen[true] do
        warn_multiple(spec.prop, "eagerly")
      end
      seen[true] = nil
    end
  end
end

local function event_context(session, how)
  return { session = session, statement = how.stmt, execution_options = how.options,
    refresh_state = how.fixed, bind_arguments = how.arguments or {} }
end

-- What a listener sets on an object in the middle of its loading counts as loaded.
local function fire_load(session, list, how)
  local context = event_context(session, how)
  local loaded = session.dispatch.loaded_as_persistent
  for i = 1, #list do
    local obj = list[i]
    local dispatch = rawget(getmetatable(obj), "__mapper__").instance_dispatch
    if dispatch and dispatch.load then event.fire(dispatch.load, obj, context) end
    if loaded then event.fire(loaded, session, obj) end
    session.modified[obj] = nil
  end
end

-- The changes of named attributes are forgotten; the object stays one of those that the session looks at.
local function forget_named(session, obj, mapper, names)
  local changes = session.modified[obj]
  if not changes then return end
  for _, name in ipairs(names) do
    local prop = mapper.prop[name]
    if prop and prop.slot then changes[prop.slot] = nil end
  end
end

local function fire_refresh(session, list, how)
  local context = event_context(session, how)
  for i = 1, #list do
    local obj = list[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    local dispatch = mapper.instance_dispatch
    if dispatch and dispatch.refresh then
      event.fire(dispatch.refresh, obj, context, how.names)
      if how.names then forget_named(session, obj, mapper, how.names) else session.modified[obj] = nil end
    end
  end
end

-- What the rows said of an object: the slots that it lacked and got, and whether joined rows were asked for.
local function what_came(plan, run, obj)
  local came, has_eager = {}, false
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      for _, slot in ipairs(run[i][REFRESHED] and run[i][REFRESHED][obj] or NOTHING) do came[slot] = true end
      if spec.kind == "scalar" or spec.kind == "collection" then
        local given = run[i][SEEN] and run[i][SEEN][obj]
        if given then came[spec.prop.slot] = true end
        has_eager = has_eager or given ~= nil
      end
    end
  end
  return came, has_eager
end

-- The attributes that an object lacked when a row brought it again, whether they came or not. What the program has
-- changed since is not among them.
local function missing_names(mapper, obj, came)
  local names, changes = {}, instance.changes(obj) or NOTHING
  local was_expired = came[mapper.pk_slots[1]] -- then its eager relationships came too
  for _, prop in ipairs(mapper.props) do
    local slot = prop.slot
    local lacked = slot and changes[slot] == nil and (was_expired or came[slot] or rawget(obj, slot) == nil)
    if prop.kind == "synonym" or lacked then
      names[#names + 1] = prop.key
    end
  end
  return names
end

-- Tells listeners of an object that was there already: populate_existing loads it anew, else it is told of what it
-- lacked.
local function tell_refreshed(session, plan, run, obj, how)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  local list = mapper.instance_dispatch and mapper.instance_dispatch.refresh
  if not list then return end
  if how.populate_existing then return fire_refresh(session, { obj }, how) end
  local came, has_eager = what_came(plan, run, obj)
  local names = missing_names(mapper, obj, came)
  if #names > 0 or has_eager then
    event.fire(list, obj, event_context(session, how), names)
    forget_named(session, obj, mapper, names)
  end
end

-- Is it a column of the spec's classes that an option keeps out of the statement?
local function is_left_out(spec, prop)
  if prop.kind ~= "column" or prop.deferred then return false end
  for _, class in ipairs(spec.classes) do
    if class.mapper.prop[prop.key] == prop then return true end
  end
  return false
end

-- The slots that a spec fills in objects of a class, and those that options leave alone; the others are what
-- populate_existing empties.
local function filled_slots(spec, mapper)
  spec.filled = spec.filled or {}
  local filled = spec.filled[mapper]
  if not filled then
    filled = {}
    for _, prop in ipairs(spec.eager) do filled[prop.slot] = mapper:isa(prop.parent) or nil end
    for _, prop in ipairs(spec.left or NOTHING) do
      if mapper:isa(prop.parent) then filled[prop.slot] = true end
    end
    for _, slot in ipairs(mapper.pk_slots) do filled[slot] = true end
    for _, class in ipairs(spec.classes) do
      if mapper:isa(class.mapper) then
        for _, column in ipairs(class.columns) do filled[column.slot] = true end
      end
    end
    for slot, prop in pairs(mapper.prop_at) do filled[slot] = filled[slot] or is_left_out(spec, prop) or nil end
    spec.filled[mapper] = filled
  end
  return filled
end

-- The context of an object that populate_existing loads anew by a statement without options: what its attributes do
-- when they are read is the mapping's affair now, but when it is refreshed the options of its load hold again.
local function renewed(session, context)
  if context.renewed == nil then
    context.renewed = states.load_context(session, { options = option_tree.of_objects_behind(context.options),
      options_of_load = context.options_of_load or context.options, path = context.path,
      plan = context.plan, criteria_nodes = context.criteria_nodes, origin = context.origin, peers = context.peers,
      mappers = context.mappers, user_options = context.user_options, trail = context.trail })
  end
  return context.renewed
end

-- The context that replaces that of an object: its options are those of this statement.
local function renew_context(session, obj, context)
  local former = rawget(obj, 1)
  if former.lifecycle ~= "persistent" then return end
  if context ~= session._persistent then rawset(obj, 1, context)
  elseif former.options then rawset(obj, 1, renewed(session, former)) end
end

-- populate_existing: what was changed is forgotten, and so is what no entity of the statement brings.
local function start_anew(session, plan, run)
  local filled = {}
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      for _, obj in ipairs(run[i][REFRESHED] or NOTHING) do
        if not filled[obj] then
          filled[obj] = {}
          renew_context(session, obj, run[i][CONTEXT])
        end
      end
    end
  end
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      for _, obj in ipairs(run[i][ALL] or NOTHING) do
        session.modified[obj] = nil
        local sets = filled[obj]
        if sets then sets[#sets + 1] = filled_slots(spec, rawget(getmetatable(obj), "__mapper__")) end
      end
    end
  end
  for obj, sets in pairs(filled) do
    for slot in pairs(rawget(getmetatable(obj), "__mapper__").prop_at) do
      local kept = false
      for _, set in ipairs(sets) do kept = kept or set[slot] end
      if not kept then rawset(obj, slot, nil) end
    end
  end
end

-- The new objects of all entities, in the order of the rows.
local function created_objects(plan, run)
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" and spec.bits % 2 == 1 then return run[i][CREATED] or NOTHING end
  end
  return NOTHING
end
load.created_objects = created_objects

-- New objects are told that they are loaded and the others that they are refreshed, each once, in the order of the
-- rows.
local function tell(session, plan, run, created, how)
  if not run.told then fire_load(session, created, how)
  else
    local is_new, known = {}, {}
    for _, obj in ipairs(created) do is_new[obj] = true end
    if how.fixed then known[how.fixed] = true end -- told below
    for _, obj in ipairs(run.told) do
      if not known[obj] then
        known[obj] = true
        if is_new[obj] then fire_load(session, { obj }, how) else tell_refreshed(session, plan, run, obj, how) end
      end
    end
  end
  for i, spec in ipairs(plan.specs) do
    if spec.fixed and how.fixed and spec.bits % 4 >= 2 then
      fire_refresh(session, run[i][REFRESHED] or NOTHING, how)
    end
  end
end

-- What the rows alone settle. Returns a function that does the rest, events and post-loaders; nil if there is none. It
-- may be called for parts of the results: (results, first, last).
local function settle(session, plan, run, how, set)
  if how.populate_existing and not how.fixed then start_anew(session, plan, run) end
  if plan.multi_row then finish_collections(session, plan, run) end
  warn_of_multiple(plan, run)
  local specs, created, has_post, is_watched = plan.specs, created_objects(plan, run), false, false
  for i, spec in ipairs(specs) do
    if spec.kind ~= "value" then
      if spec.auto and not how.fixed then peers.remember(session, run[i][CONTEXT], run[i][ALL] or NOTHING) end
      has_post = has_post or spec.wants_all
      is_watched = is_watched or spec.bits % 4 >= 2
    end
  end
  if not has_post and not is_watched and #created == 0 then return nil end
  return function(results, first, last)
    local part, fresh = run, created
    if results then
      part, fresh = require("alchemoon.orm.portions").of(plan, run, results, created, first, last, ALL)
    end
    tell(session, plan, part, fresh, how)
    if has_post then require("alchemoon.orm.post_load").run(session, plan, part, how, set) end
  end
end

-- --- rows that were read already -------------------------------------------------------------------

-- The objects of rows that another module has read: session, plan, how, run, created.
local Gathered = {}
Gathered.__index = Gathered

--- An object came in a row; `fresh`: it was made for it.
function Gathered:add(entity, obj, fresh)
  local all, told = entity[ALL], self.run.told
  all[#all + 1] = obj
  if told then told[#told + 1] = obj end
  if fresh then self.created[#self.created + 1] = obj
  elseif entity[REFRESHED] then entity[REFRESHED][#entity[REFRESHED] + 1] = obj end
end

--- Tells the listeners and runs the loaders that follow, once all rows have been seen.
function Gathered:finish()
  local finish = settle(self.session, self.plan, self.run, self.how)
  if finish then finish() end
end

--- Collects the objects that somebody else makes of rows, as populate does: `run[i]` is of the plan's entity i.
function load.gather(session, plan, how)
  plan_module.set_flags(plan, session, how)
  local run, created = new_run(session, plan, how, how.stmt), {}
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      run[i][CREATED], run[i][ALL] = created, {}
      run[i][REFRESHED] = how.populate_existing and {} or false
    end
  end
  return setmetatable({ session = session, plan = plan, how = how, run = run, created = created }, Gathered)
end

--- The context and the identity map of an entity of a run.
function load.entity_of(entity) return entity[CONTEXT], entity[MAP] end

-- --- running -------------------------------------------------------------------------------------

-- The run of a simple plan (one entity, nothing afterwards), which can be used again and again.
local function simple_run(session, plan)
  local runs = session._simple_runs
  if not runs or runs.context ~= session._persistent then
    runs = setmetatable({ context = session._persistent }, WEAK_KEYS)
    rawset(session, "_simple_runs", runs)
  end
  local run = runs[plan]
  if not run then
    run = new_run(session, plan, NOTHING, plan.stmt)
    runs[plan] = run
  end
  return run
end

-- What a plan learns of its rows when they are there.
local function read_late(how, plan, conn, cursor, text)
  local ok, e = pcall(how.late, plan, cursor)
  if not ok then failed(conn, cursor, e, text) end
end

--- Executes a plan and takes its rows. Returns the list of results (objects, or lists of values), a function that
-- tells the listeners and runs the loaders that follow, for when the first result is taken (nil: nothing is left to
-- do), and whether objects were made.
function load.rows(session, conn, plan, stmt, set, cached, opts, how)
  local cursor, step, text = execute.start(conn, plan.entry, stmt, set, cached, opts)
  if how.late then read_late(how, plan, conn, cursor, text) end
  local program, simple = plan_module.program(plan, session, how)
  simple = simple and how.token == nil and not how.groups and not how.populate_existing and not how.user_options
    and not how.trail
  local run
  if simple then
    run = simple_run(session, plan)
    run[1][FIXED] = how.fixed or false
  else
    run = new_run(session, plan, how, how.node and how.stmt or stmt)
  end
  local ok, results, _, has_new = pcall(plan.refused and refuse or drain, conn, cursor, step, program, run, nil, plan)
  if not ok then return failed(conn, cursor, results, text) end
  give_cursor(conn._fairy, cursor)
  if not simple then return results, settle(session, plan, run, how, set), has_new end
  run[1][FIXED] = false
  return results, nil, has_new
end

--- The same to its end; returns the list of results.
function load.run(...)
  local results, finish = load.rows(...)
  if finish then finish() end
  return results
end

local function step_and_populate(cursor, entry, stmt, set, flags, program, run)
  local step = execute_one(cursor, entry.compiled, stmt, entry.keys, set, nil, nil, flags)
  if step == "done" then return nil end
  return populate(program, cursor, run)
end

--- Can a simple plan take the short way on this connection? It is in a transaction, blocking, without options, and
-- nobody watches it. Returns its pool connection, or false.
function load.is_quick(conn, plan)
  local fairy, root = conn._fairy, conn._transaction
  if not plan.quick or conn._busy or conn._echo or not fairy or not root or not root.is_active
    or conn._nested_transaction or conn._scope_transaction or conn.dispatch.is_watched
    or next(conn._execution_options) ~= nil then
    return false
  end
  local engine, dbconn = conn.engine, fairy.dbapi_connection
  local waiter = engine._waiter
  if waiter.reactor or waiter.strict_async or engine._no_prepare or dbconn:tx_status() == "idle" then return false end
  return fairy
end

--- Runs a plan the short way; false if it cannot be gone.
function load.quick(session, conn, plan, stmt, set, fixed)
  local fairy = load.is_quick(conn, plan)
  if not fairy then return false end
  local program, simple = plan_module.program(plan, session, NOTHING)
  if not simple then return false end
  local entry, run = plan.entry, simple_run(session, plan)
  run[1][FIXED] = fixed or false
  local cursor = fairy._spare
  if cursor then fairy._spare = false else cursor = fairy.dbapi_connection:cursor() end
  local ok, results, state = pcall(step_and_populate, cursor, entry, stmt, set, 0, program, run)
  if not ok then return failed(conn, cursor, results, entry.text) end
  if results and state ~= "done" then -- not all rows are here yet
    local more
    ok, more = pcall(drain, conn, cursor, state, program, run)
    if not ok then return failed(conn, cursor, more, entry.text) end
    for i = 1, #more do results[#results + 1] = more[i] end
  end
  fairy._spare = cursor
  run[1][FIXED] = false
  return results or {}
end
load.simple_run, load.failed = simple_run, failed

local function refuse_after_close(mapper)
  exc.raise("InvalidRequestError", "Object %s cannot be converted to 'persistent' state, as this identity map is no "
    .. "longer valid.  Has the owning Session been closed?", instance.describe(instance.empty(mapper)))
end

local function first_mapper(plan)
  for _, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then return spec.mapper end
  end
  return nil
end

--- Runs a plan chunk by chunk: a function that returns the next list of results, nil at the end, and may be told how
-- many rows a chunk has from now on; and one that ends it.
-- Its objects belong to the identity map that the session has when it begins.
function load.chunks(session, conn, plan, stmt, set, cached, opts, how, size)
  local identities, mapper = session.identity, first_mapper(plan)
  local cursor, step, text = execute.start(conn, plan.entry, stmt, set, cached, opts)
  if how.late then read_late(how, plan, conn, cursor, text) end
  local program = plan_module.program(plan, session, how)
  local function stop()
    if cursor then
      cursor:close()
      cursor = nil
    end
  end
  return function(wanted)
    if not cursor then return nil end
    size = wanted or size
    if mapper and session.identity ~= identities then
      stop()
      refuse_after_close(mapper)
    end
    local run = new_run(session, plan, how, how.node and how.stmt or stmt)
    local ok, results, state = pcall(plan.refused and refuse or drain, conn, cursor, step, program, run, size, plan)
    if not ok then
      local broken = cursor
      cursor = nil
      return failed(conn, broken, results, text)
    end
    step = state
    if state == "done" then stop() end
    if #results == 0 then return nil end
    local finish = settle(session, plan, run, how, set)
    if finish then finish() end
    return results
  end, stop
end

--- The parameters of one execution.
function load.parameters(params)
  local sets = params_of.distill(params)
  return sets[1]
end

return load
