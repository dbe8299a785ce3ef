--- The five states of an object and the ways between them, with their events.
--
--   transient → pending → persistent → deleted → detached, and back at a rollback (transaction.lua).
-- The state is the context at position 1 of the object (README.md). A session has one context per state; loaders bring
-- more persistent ones, which carry options. Ending a session therefore means telling its contexts, not its objects.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local settled = require "alchemoon.orm.settled"
local unfetched = require "alchemoon.orm.unfetched"
local unset = require "alchemoon.orm.unset"
require "alchemoon.orm.attribute_functions" -- makes instance.detached_context

local states = {}
local describe = instance.describe
local fire = event.fire
local rawget, rawset, getmetatable = rawget, rawset, getmetatable

local DETACHED = instance.detached_context
local DETACHED_INSERTED = { lifecycle = "detached", inserted = true }
local DETACHED_DELETED = { lifecycle = "detached", deleted = true }
local weak_keys = { __mode = "k" }

--- Fresh contexts: a session begins, or goes on after close(). Objects whose rows were deleted stay as they are: their
-- transaction decides what becomes of them.
function states.new_contexts(session)
  local persistent = { session = session, lifecycle = "persistent" }
  session._pending = { session = session, lifecycle = "pending" }
  session._persistent = persistent
  session._deleted_context = session._deleted_context or { session = session, lifecycle = "deleted" }
  session._contexts = setmetatable({ [persistent] = true, [session._deleted_context] = true }, weak_keys)
  session._fresh_contexts = setmetatable({ [persistent] = true }, weak_keys) -- since all was expired last
  session._readopted, session._inserted = nil, false
end

--- A context for the objects of one load: { options =, path =, peers = } and whatever the loader wants.
function states.load_context(session, context)
  context.session, context.lifecycle = session, "persistent"
  session._contexts[context], session._fresh_contexts[context] = true, true
  return context
end

local REMEMBERED = { "options", "options_of_load", "mappers", "path", "plan", "criteria_nodes", "origin",
  "user_options", "refreshed", "trail" }

--- What loader options said when an object with this context was loaded, for another context; nil if nothing.
function states.remembered(context)
  if not context then return nil end
  if not (context.options or context.options_of_load or context.criteria_nodes or context.user_options
    or context.trail) then
    return nil
  end
  local fields = {}
  for _, name in ipairs(REMEMBERED) do fields[name] = context[name] end
  return fields
end

--- The mapper of an object; anything else is an UnmappedInstanceError.
function states.mapper_of(obj)
  local mapper = instance.mapper_of(obj)
  if mapper then return mapper end
  local name, advice = type(obj), ""
  if name == "table" then
    if instance.mapper_of(rawget(obj, 1)) then advice = "; one object is needed, not a list" end
    if rawget(obj, "__mapper__") or rawget(obj, "__mro__") then
      exc.raise("UnmappedInstanceError", "Class 'type' is not mapped; was a class (%s) supplied where an instance " ..
        "was required?", tostring(rawget(obj, "__name")))
    end
    local mt = getmetatable(obj)
    name = type(mt) == "table" and rawget(mt, "__name") or name
  end
  return exc.raise("UnmappedInstanceError", "Class '%s' is not mapped%s", tostring(name), advice)
end

--- The context's session, or nil.
function states.session_of(obj)
  local context = rawget(obj, 1)
  return context and context.session or nil
end

--- Is the object one of the session's: pending in it or in its identity map?
function states.contains(session, obj)
  local context = rawget(obj, 1)
  if context == nil or context.session ~= session then return false end
  if context == session._pending then return true end
  if context.load_on_pending then return session._new:contains(obj) end
  return identity.holds(session, obj, rawget(getmetatable(obj), "__mapper__"))
end

--- Is the object deleted by a flush of the present transaction?
function states.is_deleted(obj)
  local context = rawget(obj, 1)
  return context ~= nil and (context.lifecycle == "deleted" or context.deleted == true)
end

-- --- attaching ---------------------------------------------------------------------------------------------

-- True if the object must be attached; false if it is attached already.
local function before_attach(session, obj)
  if not session._transaction then session:_autobegin() end
  local context = rawget(obj, 1)
  local other = context and context.session
  if other == session then return false end
  if other then
    exc.raise("InvalidRequestError", "Object '%s' is already attached to session '%s' (this is '%s'); expunge it " ..
      "there or close that session first, or merge() it into this one", describe(obj), tostring(other.hash_key),
      tostring(session.hash_key))
  end
  local list = session.dispatch.before_attach
  if list then fire(list, session, obj) end
  return true
end

local function after_attach(session, obj, event_name)
  local dispatch = session.dispatch
  if dispatch.after_attach then fire(dispatch.after_attach, session, obj) end
  if dispatch[event_name] then fire(dispatch[event_name], session, obj) end
end

-- A transient object becomes pending.
local function save(session, obj)
  if rawget(obj, 2) ~= nil then
    exc.raise("InvalidRequestError", "Object '%s' already has an identity - it can't be registered as pending",
      describe(obj))
  end
  local attach = before_attach(session, obj)
  local context = rawget(obj, 1)
  if context ~= session._pending then
    rawset(obj, 1, session._pending)
    session._new:append(obj)
  end
  if attach then after_attach(session, obj, "transient_to_pending") end
end

local function refuse_second(session, obj, mapper)
  local map = session.identity[mapper.identity_base]
  local other = map and map[rawget(obj, 2)]
  if other ~= nil and other ~= obj then
    exc.raise("InvalidRequestError", "Can't attach instance %s; another instance with key %s is already present in "
      .. "this session.", describe(obj), states.show_key(mapper, obj))
  end
end

--- An identity key as messages show it: (class, (1,), None).
function states.show_key(mapper, obj)
  local parts = {}
  for i, slot in ipairs(mapper.pk_slots) do
    local value = rawget(obj, slot)
    if value == nil and #mapper.pk_slots == 1 then value = rawget(obj, 2) end
    parts[i] = type(value) == "string" and "'" .. value .. "'" or tostring(value)
  end
  local token = identity.token(obj)
  local one = #parts == 1 and "," or ""
  return ("(%s, (%s%s), %s)"):format(tostring(mapper.identity_base.class), table.concat(parts, ", "), one,
    token == nil and "None" or type(token) == "string" and "'" .. token .. "'" or tostring(token))
end

-- The persistent context for an object that comes from outside: its loader options come with it.
local function persistent_context(session, old)
  if old and old.inserted then return unset.context(session) end
  local remembered = old and old.session ~= session and states.remembered(old)
  if not remembered then return session._persistent end
  local known = session._readopted
  if not known then
    known = setmetatable({}, weak_keys)
    session._readopted = known
  end
  local context = known[old]
  if not context then
    context = states.load_context(session, remembered)
    known[old] = context
  end
  return context
end

-- The changes of a detached object become the session's.
local function adopt_changes(session, obj)
  local changes = instance.kept_changes(obj)
  if changes then
    instance.keep_changes(obj, nil)
    session.modified[obj] = changes
  end
end

local function refuse_deleted(obj)
  exc.raise("InvalidRequestError", "Instance '%s' has been deleted.  Use the make_transient() function to send this "
    .. "object back to the transient state.", describe(obj))
end

-- A detached object becomes persistent.
local function update(session, obj, mapper)
  local context = rawget(obj, 1)
  if context and (context.lifecycle == "deleted" or context.deleted) then refuse_deleted(obj) end
  local attach = before_attach(session, obj)
  refuse_second(session, obj, mapper)
  session._deleted:remove(obj)
  identity.replace(session, obj, mapper)
  if attach then
    unset.carry(obj, context)
    rawset(obj, 1, persistent_context(session, context))
    adopt_changes(session, obj)
    after_attach(session, obj, "detached_to_persistent")
  end
end

--- Transient → pending, detached → persistent; nothing for what is here already.
function states.save_or_update(session, obj)
  if rawget(obj, 2) == nil then return save(session, obj) end
  return update(session, obj, rawget(getmetatable(obj), "__mapper__"))
end

--- The object becomes part of the identity map without being new: delete(). One that was deleted stays so.
function states.attach_persistent(session, obj, mapper)
  local context = rawget(obj, 1)
  local attach = before_attach(session, obj)
  refuse_second(session, obj, mapper)
  identity.replace(session, obj, mapper)
  if attach then
    unset.carry(obj, context)
    rawset(obj, 1, context and context.deleted and session._deleted_context or persistent_context(session, context))
    adopt_changes(session, obj)
    after_attach(session, obj, "detached_to_persistent")
  end
end

--- A transient or pending object that may lazy load as if it were persistent.
function states.attach_for_loading(session, obj)
  local attach = before_attach(session, obj)
  local context = rawget(obj, 1)
  if context == nil or context.lifecycle == "pending" then
    local own = { session = session, lifecycle = "pending" }
    for name, value in pairs(context or {}) do own[name] = value end
    own.load_on_pending = true
    rawset(obj, 1, own)
    rawset(session, "_loads_for_pending", true)
  end
  if attach then
    local list = session.dispatch.after_attach
    if list then fire(list, session, obj) end
  end
end

--- Before a flush: its new objects are known by the context of pending ones, and are persistent afterwards.
function states.end_loading_for_pending(session)
  rawset(session, "_loads_for_pending", nil)
  for _, obj in ipairs(session._new:items()) do
    if rawget(obj, 1).load_on_pending then rawset(obj, 1, session._pending) end
  end
end

-- --- leaving ----------------------------------------------------------------------------------------------------

-- What an object is leaving as. A new one whose row a former transaction stored and deleted still counts as deleted.
local function leaves_as(obj, context)
  return context.lifecycle == "pending" and settled.was_deleted(obj) and "deleted" or context.lifecycle
end

local function fire_detached(dispatch, session, obj, was, to_transient)
  local name
  if was == "pending" then name = "pending_to_transient"
  elseif was == "deleted" then name = "deleted_to_detached"
  elseif to_transient then name = "persistent_to_transient"
  else name = "persistent_to_detached" end
  local list = dispatch[name]
  if list then fire(list, session, obj) end
end

-- Takes the marks of a session off an object. Its changes go with it.
local function unmark(session, obj, context, to_transient)
  local changes = session.modified[obj]
  if changes then session.modified[obj] = nil end
  if to_transient or context == session._pending or rawget(obj, 2) == nil then
    if to_transient and rawget(obj, 2) ~= nil then
      settled.keep_of_row(obj, changes or instance.kept_changes(obj))
      instance.keep_changes(obj, nil)
      rawset(obj, 2, nil)
      unset.forget(obj)
    end
    rawset(obj, 1, nil)
    return
  end
  unset.carry(obj, context)
  local remembered = states.remembered(context)
  if context.lifecycle == "deleted" then
    rawset(obj, 1, DETACHED_DELETED)
  elseif remembered then
    remembered.lifecycle = "detached"
    rawset(obj, 1, remembered)
  else
    rawset(obj, 1, context.inserted and DETACHED_INSERTED or DETACHED)
  end
  if changes then instance.keep_changes(obj, changes) end
end

--- Objects leave the session: expunge(), rollback (to_transient), orphans that were never stored.
function states.expunge(session, list, to_transient)
  unfetched.keep(session)
  local dispatch, transaction = session.dispatch, session._transaction
  for i = 1, #list do
    local obj = list[i]
    local context = rawget(obj, 1)
    local mapper = rawget(getmetatable(obj), "__mapper__")
    if context == session._pending or context and context.load_on_pending then -- the latter need not be new
      session._new:remove(obj)
    elseif identity.holds(session, obj, mapper) then
      identity.discard(session, obj, mapper)
      session._deleted:remove(obj)
      session._new:remove(obj) -- stored, but a listener of pending_to_persistent raised
    elseif transaction then
      transaction:_forget_deleted(obj)
    end
  end
  for i = 1, #list do
    local obj = list[i]
    local context = rawget(obj, 1)
    if context and context.session == session then
      local was = leaves_as(obj, context)
      unmark(session, obj, context, to_transient)
      fire_detached(dispatch, session, obj, was, to_transient)
    elseif to_transient and context and context.lifecycle == "detached" then
      settled.keep(obj, instance.kept_changes(obj))
      rawset(obj, 1, nil)
      rawset(obj, 2, nil)
      instance.keep_changes(obj, nil)
      fire_detached(dispatch, session, obj, context.deleted and "deleted" or "persistent", true)
    elseif to_transient and context == nil then -- a second rollback: the first one did all but the telling
      fire_detached(dispatch, session, obj, settled.was_deleted(obj) and "deleted" or "pending", true)
    end
  end
end

local function wants_detach_events(dispatch)
  return dispatch.persistent_to_detached or dispatch.deleted_to_detached or dispatch.pending_to_transient
end

--- Everything leaves the session: close(), expunge_all().
function states.expunge_all(session)
  unfetched.keep(session)
  local dispatch = session.dispatch
  local told = nil
  if wants_detach_events(dispatch) then
    told = identity.all_sorted(session)
    for _, obj in ipairs(session._new:items()) do told[#told + 1] = obj end
    for i = 1, #told do told[i] = { told[i], leaves_as(told[i], rawget(told[i], 1)) } end
  end
  local new = session._new:items()
  for i = 1, #new do rawset(new[i], 1, nil) end
  for obj, changes in pairs(session.modified) do instance.keep_changes(obj, changes) end
  for _, obj in ipairs(session._deleted:items()) do -- marked once more after its row was deleted
    if rawget(obj, 1) == session._deleted_context then rawset(obj, 1, DETACHED_DELETED) end
  end
  for context in pairs(session._contexts) do
    if context ~= session._deleted_context then
      context.session, context.lifecycle, context.peers = nil, "detached", nil
    end
  end
  session.identity, session._maps, session._map_order, session.modified = {}, identity.NO_MAPS, false, {}
  session.mutable_reads, session.collection_reads = false, false
  session.collections_seen, session.collections_held = false, false
  session._new:clear()
  session._deleted:clear()
  states.new_contexts(session)
  for _, pair in ipairs(told or {}) do fire_detached(dispatch, session, pair[1], pair[2]) end
end

--- A rollback takes the row and another key of an object: it is detached with the key that it had before.
function states.detach_with_key(obj)
  if rawget(obj, 1) == nil then rawset(obj, 1, DETACHED) end
end

--- Objects whose deletion is committed: no way back.
function states.detach_deleted(session, objects)
  local dispatch = session.dispatch
  for i = 1, #objects do
    local obj = objects[i]
    local context = rawget(obj, 1)
    if context and context.session == session then
      unmark(session, obj, context)
      fire_detached(dispatch, session, obj, "deleted")
    end
  end
end

-- --- after a flush -------------------------------------------------------------------------------------------------

--- A flush has deleted the row: the object leaves the identity map and waits for the end of the transaction.
function states.remove_newly_deleted(session, objects)
  unfetched.keep(session)
  local list, transaction = session.dispatch.persistent_to_deleted, session._transaction
  for i = 1, #objects do
    local obj = objects[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    if transaction then transaction:_remember_deleted(obj, rawget(obj, 1), session.modified[obj]) end
    identity.discard(session, obj, mapper)
    session._deleted:remove(obj)
    local changes = session.modified[obj]
    if changes then -- its DELETE did not write them
      session.modified[obj] = nil
      instance.keep_changes(obj, changes)
    end
    unset.keep(obj)
    rawset(obj, 1, session._deleted_context)
    if list then fire(list, session, obj) end
  end
end

--- bulk_save_objects() stored a pending object and gave it its key: it is persistent, and what was set in it counts as
-- changed, for no flush has seen it.
function states.stored_in_bulk(session, obj, mapper, changes)
  session._new:remove(obj)
  settled.forget(obj)
  rawset(obj, 1, unset.context(session))
  identity.replace(session, obj, mapper)
  session.modified[obj] = changes
  if session._transaction then session._transaction:_remember_new(obj) end
  local list = session.dispatch.pending_to_persistent
  if list then fire(list, session, obj) end
end

--- Rollback: a deleted object is persistent again.
function states.revert_deletion(session, obj, context)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  local was_deleted = rawget(obj, 1) == session._deleted_context
  session._deleted:remove(obj)
  if rawget(obj, 2) == nil then return end -- it has become transient since
  identity.replace(session, obj, mapper)
  if was_deleted then
    unset.expire_object(obj)
    instance.keep_changes(obj, nil)
    -- One that was deleted and committed before was "deleted" as soon as it was marked again.
    local goes_back = context and context.session == session and context ~= session._deleted_context
    rawset(obj, 1, goes_back and context or session._persistent)
  end
  local list = session.dispatch.deleted_to_persistent -- also for what was marked and not deleted yet
  if list then fire(list, session, obj) end
end

states.DETACHED, states.DETACHED_INSERTED = DETACHED, DETACHED_INSERTED

return states
