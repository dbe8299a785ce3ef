--- session:merge(): the state of an object is copied onto the session's own object of the same identity.
--
-- What is not in the session is loaded (or made, with load = false), what has no row becomes pending; relationships
-- with the merge cascade follow.
local event = require "alchemoon.event"
local column_load = require "alchemoon.orm.column_load"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local access = require "alchemoon.orm.access"
local attributes = require "alchemoon.orm.attributes"
local cascade = require "alchemoon.orm.cascade"
local expire = require "alchemoon.orm.expire"
local flush_warning = require "alchemoon.orm.flush_warning"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local select_columns = require "alchemoon.orm.select_columns"
local settled = require "alchemoon.orm.settled"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local merge = {}
local null = symbols.null
local rawget, rawset = rawget, rawset
local merge_one

-- --- attributes -----------------------------------------------------------------------------------------

local function is_key(obj, slot)
  for _, key_slot in ipairs(access.mapper_of(obj).pk_slots) do
    if key_slot == slot then return true end
  end
  return false
end

-- What the given object does not know must not overwrite what the other one has.
local function merge_column(run, prop, source, dest)
  local slot = prop.slot
  local value = rawget(source, slot)
  if value == nil then
    if run.load and settled.is_none(source, slot) then -- nil was assigned where a default comes
      dest[prop.key] = nil
      return
    end
    if rawget(dest, 2) == nil or rawget(dest, slot) ~= nil then return end
    local mapper = access.mapper_of(dest)
    if column_load.is_deferred(dest, prop) then expire.tell(mapper, dest, { prop.key }) -- has its own way to be loaded
    else expire.slots(run.session, dest, mapper, { slot }) end -- unknown on both sides: to be asked for
    return
  end
  if run.load and rawget(dest, slot) == nil and rawget(dest, 2) ~= nil and is_key(dest, slot) then
    instance.missing(dest, access.mapper_of(dest), slot) -- an expired key is compared with the one that comes
  end
  if not run.load or not prop:is_table_column() then
    rawset(dest, slot, value)
  elseif value == null then
    access.set_column(dest, access.mapper_of(dest), slot, nil)
  elseif value == symbols.JSON_NULL then
    dest[prop.key] = null
  else
    access.set_column(dest, access.mapper_of(dest), slot, value)
  end
end

-- Items are merged one by one; the collection then takes the results as if they had been assigned.
local function merge_collection(run, prop, source, dest)
  local items = {}
  for i, item in ipairs(access.current_items(source, prop, symbols.NO_INITIALIZE)) do items[i] = item end
  if run.load and not prop.instance_get and rawget(dest, prop.slot) == nil then
    attributes.peek(dest, prop, symbols.NO_RAISE)
  end
  local merged = {}
  for _, item in ipairs(items) do
    run.visited[item] = run.visited[item] or {}
    run.visited[item][prop] = true
    merged[#merged + 1] = merge_one(run, item)
  end
  if prop.instance_get then
    require("alchemoon.orm.write_only").assign(dest, merged, prop)
  elseif not run.load then
    attributes.adopt_collection(dest, prop, merged)
  else
    attributes.replace_collection(dest, prop, merged, merged)
  end
end

-- Not back along the way on which it came: both ends would be merged in turn for ever.
local function merge_relationship(run, prop, source, dest)
  if run.load and prop.reverse_properties then
    local seen = run.visited[source]
    for reverse in pairs(prop.reverse_properties) do
      if seen and seen[reverse] then return end
    end
  end
  local value = rawget(source, prop.slot)
  if not prop.cascade.merge or value == nil or attributes.is_untouched(value) then return end
  if prop.uselist then return merge_collection(run, prop, source, dest) end
  local current, obj = rawget(source, prop.slot), nil
  if current ~= null then
    run.visited[current] = run.visited[current] or {}
    run.visited[current][prop] = true
    obj = merge_one(run, current)
  end
  if run.load then
    attributes.set_object(dest, prop, obj)
  else
    rawset(dest, prop.slot, obj == nil and null or obj)
  end
end

local function check_version(mapper, source, dest)
  if not mapper.version_id_col then return end
  local own, other = rawget(source, mapper.version_id_slot), rawget(dest, mapper.version_id_slot)
  if own ~= nil and own ~= null and other ~= nil and own ~= other then
    exc.raise("StaleDataError", "Version id '%s' on merged state %s does not match existing version '%s'. Leave the "
      .. "version attribute unset when merging to update the most recent version.", tostring(own),
      access.describe(dest),
      tostring(other))
  end
end

-- What a subclass declares has no place in an object of its base or of a sister class.
local function check_class(mapper, source, dest)
  local own = access.mapper_of(dest)
  if own == mapper or own:isa(mapper) then return end
  for _, prop in ipairs(mapper.props) do
    if not own.prop[prop.key] then
      exc.raise("InvalidRequestError", "Can't merge %s: the object of that identity is %s, which has no attribute "
        .. "'%s'; merge an object of its own class, or delete it first.", access.describe(source),
        access.describe(dest), prop.key)
    end
  end
end

local function copy_state(run, mapper, source, dest)
  check_class(mapper, source, dest)
  check_version(mapper, source, dest)
  for _, prop in ipairs(select_columns.ordered(mapper)) do
    if prop.kind == "column" and prop.slot and not prop.hidden then merge_column(run, prop, source, dest)
    elseif prop.kind == "composite" and prop.slot then rawset(dest, prop.slot, nil)
    elseif prop.kind == "relationship" then merge_relationship(run, prop, source, dest) end
  end
end

-- --- objects --------------------------------------------------------------------------------------------

local function fresh_object(run, mapper, key)
  local obj = instance.empty(mapper)
  if key ~= nil then
    rawset(obj, 2, key)
    states.save_or_update(run.session, obj)
  else
    states.save_or_update(run.session, obj)
    for _, item in ipairs(cascade.collect(obj, "save_update")) do states.save_or_update(run.session, item) end
  end
  return obj
end

-- The key, and whether it can be that of a row.
local function key_of(run, source, mapper)
  local key = rawget(source, 2)
  if key ~= nil then return key, true end
  if run.session._new:contains(source) then
    warn("Instance %s is already pending in this Session yet is being merged again; this is probably not what you "
      .. "want to do", access.describe(source))
  end
  if not run.load then
    exc.raise("InvalidRequestError", "merge() with load=false option does not support objects transient (i.e. "
      .. "unpersisted) objects.  flush() all changes on mapped instances before merging with load=false.")
  end
  for _, slot in ipairs(mapper.pk_slots) do
    if rawget(source, slot) == nil and settled.is_expired(source, slot) then -- refuses to be read
      instance.missing(source, mapper, slot)
    end
  end
  local partial, missing
  key, partial, missing = identity.key_of(source, mapper)
  local persistent = key ~= nil and not missing and (not partial or mapper.allow_partial_pks)
  for _, slot in ipairs(partial and mapper.pk_slots or {}) do
    persistent = persistent and rawget(source, slot) ~= nil -- a part that was never set is no NULL
  end
  return key, persistent
end

-- An object with identity goes by that, whatever its columns hold now; they may be expired.
local function key_values(source, mapper)
  local known, values = identity.values(source, mapper), {}
  for i, slot in ipairs(mapper.pk_slots) do
    local value
    if known then value = known[i] else value = access.value_at(source, mapper, slot) end
    values[i] = value == nil and null or value
  end
  return values
end

-- The session's object of that key, loaded if need be; and whether it is a fresh one.
local function find(run, source, mapper, key, persistent)
  local session = run.session
  local map = session.identity[mapper.identity_base]
  local found = key ~= nil and map and map[key] or nil
  if found ~= nil then return found, false end
  if not persistent then return nil, false end
  local of_base = run.resolved[mapper.identity_base]
  if of_base and of_base[key] then return of_base[key], false end
  if run.load then
    return session:get(mapper.class, key_values(source, mapper), { options = run.options,
      identity_token = identity.token_of and identity.token_of(key) or nil }), false
  end
  local changes = instance.changes(source)
  if changes and next(changes) ~= nil then
    exc.raise("InvalidRequestError", "merge() with load=false option does not support objects marked as 'dirty'.  "
      .. "flush() all changes on mapped instances before merging with load=false.")
  end
  return fresh_object(run, mapper, key), true
end

-- The loader options of what is merged take the place of those that the object of the session had.
local function take_options(session, source, merged)
  local remembered = states.remembered(rawget(source, 1))
  if remembered then
    rawset(merged, 1, states.load_context(session, remembered))
  elseif states.remembered(rawget(merged, 1)) then
    rawset(merged, 1, session._persistent)
  end
end

-- Noted before its relationships are followed, as they may lead back to it.
function merge_one(run, source)
  local done = run.done[source]
  if done then return done end
  local mapper = states.mapper_of(source)
  local key, persistent = key_of(run, source, mapper)
  local merged, is_new = find(run, source, mapper, key, persistent)
  if merged == nil then merged, is_new = fresh_object(run, mapper, nil), true end
  run.done[source] = merged
  if key ~= nil then
    run.resolved[mapper.identity_base] = run.resolved[mapper.identity_base] or {}
    run.resolved[mapper.identity_base][key] = merged
  end
  if merged ~= source then
    if rawget(merged, 2) ~= nil then take_options(run.session, source, merged) end
    copy_state(run, mapper, source, merged)
  end
  if not run.load then run.session.modified[merged] = nil end
  if is_new then
    local dispatch = mapper.instance_dispatch
    if dispatch and dispatch.load then event.fire(dispatch.load, merged, nil) end
  end
  return merged
end

local function new_run(session, opts)
  opts = options.read("merge", opts, { load = options.TRUE, options = true })
  return { session = session, load = opts.load, options = opts.options, done = {}, resolved = {}, visited = {} }
end

--- The session's object with the state of `obj`.
function merge.merge(session, obj, opts)
  flush_warning(session, "Session.merge()")
  states.mapper_of(obj)
  local run = new_run(session, opts)
  if run.load then session:_autoflush() end
  return session:no_autoflush(function() return merge_one(run, obj) end)
end

--- merge() for a list, sharing what was looked up.
function merge.merge_all(session, list, opts)
  if type(list) ~= "table" then
    exc.raise("ArgumentError", "merge_all: expected a list of objects, got %s", exc.show_value(list))
  end
  local run = new_run(session, opts)
  if run.load then session:_autoflush() end
  return session:no_autoflush(function()
    local out = {}
    for i, obj in ipairs(list) do
      states.mapper_of(obj)
      out[i] = merge_one(run, obj)
    end
    return out
  end)
end

return merge
