--- session:flush(): what changed in memory is written, in one subtransaction.
local attributes = require "alchemoon.orm.attributes"
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local flush_batches = require "alchemoon.orm.flush_batches"
local dependency = require "alchemoon.orm.dependency"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local persistence = require "alchemoon.orm.persistence"
local states = require "alchemoon.orm.states"
local UnitOfWork = require "alchemoon.orm.unit_of_work"
local unset = require "alchemoon.orm.unset"
local warn = require "alchemoon.orm.warn"

local flush = {}
local rawget, rawset, getmetatable, next, pairs = rawget, rawset, getmetatable, next, pairs
local SAVE = UnitOfWork.SAVE
local SHORTEST_SEGMENT = 20
local list_of, class_run, register_run, clean_run = core.orm_list, core.orm_class_run, core.orm_register, core.orm_clean

local function null_key(obj)
  exc.raise("FlushError", "Instance %s has a NULL identity key.  If this is an auto-generated value, check that the "
    .. "database table allows generation of new primary key values, and that the mapped Column object is configured to "
    .. "expect these generated values.  Ensure also that this flush() is not occurring at an inappropriate time, "
    .. "such as within a load() event.", access.describe(obj))
end

-- Another object has taken over the key of `old`, whose changes no flush may write any more: they would land in the
-- row of that other one.
local function displace(session, mapper, obj, old)
  session.modified[old] = nil
  rawset(old, 1, states.load_context(session, states.remembered(rawget(old, 1)) or {}))
  rawget(old, 1).lifecycle = "displaced"
  warn("Identity map already had an identity for %s, replacing it with newly flushed object.   Are there load "
    .. "operations occurring inside of an event handler within the flush?", states.show_key(mapper, obj))
end

-- Is that still the key of an object? Of an expired one, what it had.
local function has_key(mapper, obj, key)
  local own, _, missing = identity.key_of(obj, mapper)
  return missing or own == nil or own == key
end

-- A new object becomes persistent under the key in its slots.
local function register_stored(session, transaction, mapper, map, obj)
  local key, partial, missing = identity.key_of(obj, mapper)
  if missing or partial and not mapper.allow_partial_pks then null_key(obj) end
  rawset(obj, 2, key)
  local old = map[key]
  map[key] = obj
  if old ~= nil and old ~= obj and has_key(mapper, old, key) then displace(session, mapper, obj, old) end
  rawset(obj, 1, unset.context(session))
  if mapper.after_flush then attributes.after_flush(obj, mapper) end
  transaction:_remember_new(obj)
end

-- A stored object whose key may have changed.
local function register_known(session, transaction, mapper, map, obj)
  local slots = mapper.pk_slots
  if rawget(obj, slots[1]) == nil then instance.missing(obj, mapper, slots[1]) end -- nobody has asked for its key yet
  local changes = session.modified[obj]
  session.modified[obj] = nil
  if mapper.composite_list then attributes.after_flush(obj, mapper) end
  if rawget(obj, slots[1]) ~= nil then
    local key = identity.key_of(obj, mapper)
    local before = rawget(obj, 2)
    if key ~= before and key ~= nil then
      identity.discard(session, obj, mapper)
      transaction:_remember_key_switch(obj, before, key, identity.opaque_values(obj, mapper, changes))
      rawset(obj, 2, key)
      local old = map[key]
      map[key] = obj
      if old ~= nil and old ~= obj and has_key(mapper, old, key) then displace(session, mapper, obj, old) end
    end
  end
  if transaction._boundary.nested then transaction._dirty[obj] = true end
end

-- One group: list[first .. last]. Runs of new objects with plain keys are done in C.
local function register_group(session, transaction, mapper, list, first, last, new)
  local pending, map = session._pending, identity.map_for(session, mapper.identity_base)
  local inserted = unset.context(session)
  local simple = #mapper.pk_slots == 1 and not identity.uses_tokens()
  local stored, i = transaction._new, first
  local count = 0
  while i <= last do
    if simple then
      local at, n = register_run(list, i, last, pending, inserted, mapper.pk_slots[1], map, stored, stored.n)
      stored.n, count = n, count + at - i
      if mapper.after_flush then
        for k = i, at - 1 do attributes.after_flush(list[k], mapper) end
      end
      if new then
        for k = i, at - 1 do new[#new + 1] = list[k] end
      end
      i = at
      if not transaction._boundary.nested and not mapper.composite_list then
        i = clean_run(list, i, last, pending, mapper.pk_slots[1], session.modified)
      end
    end
    local obj = i <= last and list[i]
    if obj then
      if rawget(obj, 1) == pending then
        register_stored(session, transaction, mapper, map, obj)
        count = count + 1
        if new then new[#new + 1] = obj end
      elseif rawget(obj, 2) ~= nil then
        register_known(session, transaction, mapper, map, obj)
      end
    end
    i = i + 1
  end
  return count
end

-- Each class on its own, where they do not share an identity map.
local function by_class(groups)
  local out = {}
  for _, group in ipairs(groups) do
    if group[1].base.has_identities_below then
      local list, of_class = group[2], {}
      for i = group[3] or 1, group[4] or #list do
        local mapper = rawget(getmetatable(list[i]), "__mapper__")
        if not of_class[mapper] then
          of_class[mapper] = { mapper, {} }
          out[#out + 1] = of_class[mapper]
        end
        table.insert(of_class[mapper][2], list[i])
      end
    else
      out[#out + 1] = group
    end
  end
  return out
end

--- Saved objects are persistent and clean from now on. groups: list of { mapper, objects, first, last }.
function flush.register_persistent(uow, groups)
  local session, transaction = uow.session, uow.session._transaction
  local listeners = session.dispatch.pending_to_persistent
  local new, count = listeners and {} or nil, 0
  for _, group in ipairs(by_class(groups)) do
    local list = group[2]
    count = count + register_group(session, transaction, group[1], list, group[3] or 1, group[4] or #list, new)
  end
  if count == 0 then return end
  for i = 1, new and #new or 0 do event.fire(listeners, session, new[i]) end
  local pending = session._pending
  if count == session._new.count then session._new:clear()
  else session._new:filter(function(obj) return rawget(obj, 1) == pending end) end
end

-- --- what takes part ------------------------------------------------------------------------------------------------

local function watches_orphans(mapper)
  local at = mapper
  while at do
    if at.delete_orphan_props and #at.delete_orphan_props > 0 then return true end
    at = at.inherits
  end
  return false
end

-- New objects that never belonged to anybody they must belong to leave the session again.
local function register_with_orphans(uow, list)
  local session = uow.session
  for i = 1, #list do
    local obj = list[i]
    local orphan = access.is_orphan(obj)
    if orphan and rawget(obj, 2) == nil and access.orphaned_outside(obj) then
      states.expunge(session, { obj })
    else
      uow:register_object(obj, orphan and rawget(obj, 2) ~= nil)
    end
  end
end

-- May new objects of this class take the short way? Events, orphans and other mappers want to see single objects.
local function is_free(session, mapper)
  return mapper.base == mapper and #mapper.subclasses == 0 and mapper.batch ~= false and not session.connection_callable
    and not mapper.polymorphic_on and not watches_orphans(mapper) and dependency.is_isolated(mapper)
    and not persistence.needs_finalize(mapper)
end

local function can_be_segment(session, mapper)
  local dispatch = mapper.dispatch
  return not (dispatch and (dispatch.before_insert or dispatch.after_insert)) and is_free(session, mapper)
end

-- A key that was set by hand may be that of an object in the identity map.
local function keys_are_open(session, mapper, list, first, last)
  local map = session.identity[mapper.identity_base]
  if not map or next(map) == nil then return true end
  local slots = mapper.pk_slots
  for i = first, last do
    local open = false
    for k = 1, #slots do open = open or rawget(list[i], slots[k]) == nil end
    if not open then return false end
  end
  return true
end

-- Runs of one class go as a segment, without an entry per object; returns the objects for which that cannot be.
local function register_new(uow, list)
  local session = uow.session
  local i, n, rest = 1, #list, nil
  while i <= n do
    local mapper = rawget(getmetatable(list[i]), "__mapper__")
    local last = class_run(list, i, n)
    if last - i + 1 >= SHORTEST_SEGMENT and can_be_segment(session, mapper)
      and keys_are_open(session, mapper, list, i, last) then
      uow:register_segment(mapper, list, i, last, false)
    else
      rest = rest or {}
      for k = i, last do rest[#rest + 1] = list[k] end
    end
    i = last + 1
  end
  return rest
end

-- The short way for objects that can be no orphans: no question about owners.
local function register(uow, list)
  local plain, mapper = true, nil
  for i = 1, #list do
    local m = rawget(getmetatable(list[i]), "__mapper__")
    if m ~= mapper then
      mapper = m
      if watches_orphans(m) then
        plain = false
        break
      end
    end
  end
  if plain then uow:register_own(list, SAVE) else register_with_orphans(uow, list) end
end

local function by_key(a, b) return identity.before(rawget(a, 2), rawget(b, 2)) end

-- The objects by class and key: a hash table gave them in an order that no two runs share, and loads of a flush and
-- rows of association tables follow the order in which objects are registered.
local function in_order(list)
  local groups, bases = {}, {}
  for i = 1, #list do
    local base = rawget(getmetatable(list[i]), "__mapper__").base
    if not groups[base] then
      groups[base] = {}
      bases[#bases + 1] = base
    end
    table.insert(groups[base], list[i])
  end
  table.sort(bases, function(a, b) return a.class_name < b.class_name end)
  local out = {}
  for _, base in ipairs(bases) do
    local group = groups[base]
    local sorted = core.orm_sort(group)
    if sorted then group = sorted else table.sort(group, by_key) end
    for i = 1, #group do out[#out + 1] = group[i] end
  end
  return out
end

-- Modified objects that are all of one such class go through as one segment.
local function register_modified(uow, list)
  if #list >= SHORTEST_SEGMENT and class_run(list, 1, #list) == #list then
    local mapper = rawget(getmetatable(list[1]), "__mapper__")
    if is_free(uow.session, mapper) and persistence.nothing_to_tell(mapper) then
      uow:register_segment(mapper, list, 1, #list, true)
      return
    end
  end
  if #list > 1 then list = in_order(list) end
  register(uow, list)
end

-- What is deleted is written by its DELETE alone.
local function modified_list(session, wanted)
  local out, n, deleted = {}, 0, session._deleted
  local check = deleted.count > 0
  if not check and not wanted then return list_of(session.modified) end
  for obj in pairs(session.modified) do
    if not (check and deleted:contains(obj)) and (not wanted or wanted[obj]) then
      n = n + 1
      out[n] = obj
    end
  end
  return out
end

local function only(list, wanted)
  if not wanted then return list end
  local out = {}
  for i = 1, #list do
    if wanted[list[i]] then out[#out + 1] = list[i] end
  end
  return out
end

-- New, changed and deleted objects, of `objects` alone if they are given.
local function gather(uow, objects)
  local session, wanted = uow.session, nil
  if objects then
    wanted = {}
    for _, obj in ipairs(objects) do
      states.mapper_of(obj)
      wanted[obj] = true
    end
  end
  if session._loads_for_pending then states.end_loading_for_pending(session) end
  local new = only(session._new:items(), wanted)
  if not wanted and #new >= SHORTEST_SEGMENT then new = register_new(uow, new) or {} end
  register(uow, new)
  register_modified(uow, modified_list(session, wanted))
  local deleted = only(session._deleted:items(), wanted)
  for i = 1, #deleted do uow:register_object(deleted[i], true) end
end

-- --- the flush itself --------------------------------------------------------------------------------------------

-- Statements, then events in SQLAlchemy's order, then the commit of the flush's own transaction.
local function execute(session, uow, objects)
  local dispatch = session.dispatch
  session._warn_on_events = true
  local ok, e = pcall(uow.execute, uow)
  session._warn_on_events = nil
  if not ok then error(e, 0) end
  if dispatch.after_flush then event.fire(dispatch.after_flush, session, uow) end
  uow:finalize()
  if not objects and next(session.modified) ~= nil then
    local count = 0
    for obj in pairs(session.modified) do
      count = count + 1
      session.modified[obj] = nil
    end
    warn("Attribute history events accumulated on %d previously clean instances within inner-flush event handlers "
      .. "have been reset, and will not result in database updates. Consider using set_committed_value() within "
      .. "inner-flush event handlers to avoid this warning.", count)
  end
  if dispatch.after_flush_postexec then event.fire(dispatch.after_flush_postexec, session, uow) end
  uow.transaction:commit()
end

-- All of a flush is one transaction, which is rolled back with the flush's own error.
local function run(session, objects)
  local uow = UnitOfWork.new(session)
  local dispatch = session.dispatch
  if dispatch.before_flush then event.fire(dispatch.before_flush, session, uow, objects) end
  gather(uow, objects)
  if not uow:has_work() then return end
  uow.transaction = session:_autobegin():_begin(false)
  local ok, e = pcall(execute, session, uow, objects)
  if ok then return end
  flush_batches.settle(uow)
  local transaction = uow.transaction
  if transaction._state == "closed" then transaction:_check_active() end -- a listener ended it: that is the error
  pcall(transaction.rollback, transaction, false, e)
  error(e, 0)
end

local function flush_session(session, objects)
  if session._flushing then exc.raise("InvalidRequestError", "Session is already flushing") end
  session:_sweep_collections()
  if session:_is_clean() then return end
  session._flushing = true
  local ok, e = pcall(run, session, objects)
  session._flushing = false
  if not ok then error(e, 0) end
end

--- Gives a session's method table its flush.
function flush.install(_, exclusive)
  exclusive("flush", flush_session)
end

return flush
