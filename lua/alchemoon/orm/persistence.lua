--- Writes objects: what a flush does with the objects of one hierarchy. INSERT, UPDATE and DELETE have files of their
-- own.
--
-- Order: pending objects as they were added, persistent ones by primary key; tables base first (deletes: base last);
-- per table the UPDATEs before the INSERTs.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local attributes = require "alchemoon.orm.attributes"
local flush_plan = require "alchemoon.orm.flush_plan"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local persist_delete = require "alchemoon.orm.persist_delete"
local persist_insert = require "alchemoon.orm.persist_insert"
local persist_update = require "alchemoon.orm.persist_update"
local settled = require "alchemoon.orm.settled"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local persistence = {}
local rawget, rawset, getmetatable = rawget, rawset, getmetatable

-- --- order --------------------------------------------------------------------------------------------------------

local function is_sorted_by(list, position)
  for i = 2, #list do
    if (position[list[i - 1]] or 0) > (position[list[i]] or 0) then return false end
  end
  return true
end

-- In the order in which they were added; a list that is in order already costs one comparison each.
local function sort_pending(session, list)
  if #list < 2 then return list end
  local mapper, same = rawget(getmetatable(list[1]), "__mapper__"), true
  for i = 2, #list do
    if rawget(getmetatable(list[i]), "__mapper__") ~= mapper then
      same = false
      break
    end
  end
  if same and session._new.list[1] == list[1] and session._new.last == #list then return list end
  session._new:contains(list[1])
  local position = session._new.index or {}
  if not is_sorted_by(list, position) then
    table.sort(list, function(a, b) return (position[a] or 0) < (position[b] or 0) end)
  end
  return list
end

-- Object → its changes, for those whose keys are about to change: rows are found by the keys that are stored.
local function moved_keys(list, slots)
  local moved = {}
  for i = 1, #list do
    local changes = access.changes_of(list[i])
    for j = 1, changes and #slots or 0 do
      if changes[slots[j]] ~= nil then moved[list[i]] = changes end
    end
  end
  return moved
end

-- What the types of the key's columns make of its values for an order; nil where they all sort as they are.
local function sort_keys_of(base)
  local found
  for i, column in ipairs(base.primary_key) do
    local key = core.node_type(column).sort_key_function
    if key then
      found = found or {}
      found[i] = key
    end
  end
  return found
end

-- Does x come before y? Lists, which a type's sort_key_function may give, are compared item by item.
local function is_less(x, y)
  local kind = type(x)
  if kind ~= type(y) or kind == "boolean" or kind == "userdata" then return tostring(x) < tostring(y) end
  if kind ~= "table" then return x < y end
  local mt = getmetatable(x)
  if mt ~= nil then
    if type(mt) == "table" and mt.__lt ~= nil then return x < y end
    exc.raise("InvalidRequestError", "Could not sort objects by primary key; primary key values must be sortable in "
      .. "Lua, got %s. Give the column's type a sort_key_function that makes a number, a string or a list of them.",
      tostring(x))
  end
  for i = 1, math.max(#x, #y) do
    if x[i] == nil then return true end
    if y[i] == nil then return false end
    if x[i] ~= y[i] then return is_less(x[i], y[i]) end
  end
  return false
end

-- By the key as it was before this flush: so do other transactions lock, too.
local function composite_before(list, slots, keys)
  local moved = moved_keys(list, slots)
  local function stored(obj, slot)
    local old = moved[obj] and moved[obj][slot]
    if old ~= nil and old ~= symbols.NO_VALUE and old ~= symbols.null then return old end
    return rawget(obj, slot)
  end
  return function(a, b)
    for i = 1, #slots do
      local x, y = stored(a, slots[i]), stored(b, slots[i])
      if keys and keys[i] then x, y = keys[i](x), keys[i](y) end
      if x ~= y and x ~= nil and y ~= nil then
        local kind = type(x)
        if (kind == "number" or kind == "string") and kind == type(y) then return x < y end
        if is_less(x, y) then return true end
        if is_less(y, x) then return false end
      end
    end
    return false
  end
end

local function sort_persistent(base, list)
  if #list < 2 then return list end
  local slots = base.pk_slots
  if base.pk_sort_keys == nil then base.pk_sort_keys = sort_keys_of(base) or false end
  if #slots > 1 or base.pk_sort_keys or identity.uses_tokens() then
    table.sort(list, composite_before(list, slots, base.pk_sort_keys))
    return list
  end
  local sorted = core.orm_sort(list)
  if sorted then return sorted end
  table.sort(list, function(a, b) return identity.before(rawget(a, 2), rawget(b, 2)) end)
  return list
end

-- Pending ones first, then persistent ones.
local function split(base, session, list)
  local stored = 0
  for i = 1, #list do
    if rawget(list[i], 2) ~= nil then stored = stored + 1 end
  end
  if stored == #list then return {}, sort_persistent(base, list) end
  if stored == 0 then return sort_pending(session, list), {} end
  local pending, persistent = {}, {}
  for i = 1, #list do
    local obj = list[i]
    if rawget(obj, 2) == nil then pending[#pending + 1] = obj else persistent[#persistent + 1] = obj end
  end
  return sort_pending(session, pending), sort_persistent(base, persistent)
end

-- The connection for a hierarchy, or a function that chooses one per object (sharding).
local function connection_of(uow, base)
  local callable = uow.session.connection_callable
  if callable then
    return nil, function(obj) return callable(uow.session, base, obj) end
  end
  return uow.transaction:connection_for_mapper(base), nil
end

--- Nothing of a hierarchy is to be saved, but what refers to it comes next: as in SQLAlchemy, the transaction begins
-- before the first key is handed on.
function persistence.begin(base, uow) connection_of(uow, base) end

-- --- before a save --------------------------------------------------------------------------------------------------

local function check_polymorphic_identity(mapper, obj)
  local slot = mapper.polymorphic_slot
  if not slot or mapper.polymorphic_identity == nil then return end
  local value = rawget(obj, slot)
  if value == nil or type(value) == "userdata" or type(value) == "table" then return end
  for _, sub in ipairs(mapper.self_and_descendants) do
    if sub.polymorphic_identity == value and sub.local_table == mapper.local_table then return end
  end
  warn("Flushing object %s with incompatible polymorphic identity '%s'; the object may not refresh and/or load "
    .. "correctly (this warning may be suppressed after 10 occurrences)",
    access.describe(obj), tostring(value))
end

local function was_already_deleted(session, obj, mapper)
  if rawget(obj, mapper.pk_slots[1]) ~= nil then return false end
  local ok, e = pcall(instance.missing, obj, mapper, mapper.pk_slots[1])
  if ok then return false end
  if exc.is(e, exc.ObjectDeletedError) then
    states.remove_newly_deleted(session, { obj })
    return true
  end
  return error(e, 0)
end

-- A new object under the key of a persistent one: if that one is being deleted, its row is taken over.
local function row_switch(uow, obj, mapper)
  local map = uow.session.identity[mapper.identity_base]
  if not map then return nil end
  local key, partial = identity.key_of(obj, mapper)
  if partial or key == nil then return nil end
  local existing = map[key]
  if existing == nil or existing == obj then return nil end
  if was_already_deleted(uow.session, existing, access.mapper_of(existing)) then return nil end
  if not uow:is_deleted(existing) then
    warn("New instance %s with identity key %s conflicts with persistent instance %s", access.describe(obj),
      states.show_key(mapper, obj), access.describe(existing))
    return nil
  end
  uow:remove_state_actions(existing)
  return existing
end

local function fire(mapper, name, conn, obj)
  local list = mapper.dispatch and mapper.dispatch[name]
  if list then event.fire(list, mapper, conn, obj) end
end

-- No listener wants new objects of the hierarchy, none can meet a stored one under its key.
local function nothing_to_ask(uow, base)
  for map in pairs(identity.maps(uow.session, base)) do
    if next(map) ~= nil then return false end
  end
  for _, mapper in ipairs(base.self_and_descendants) do
    if mapper.polymorphic_slot or mapper.dispatch and mapper.dispatch.before_insert then return false end
  end
  return true
end

-- No listener wants stored objects of the hierarchy, no version is to be noted.
local function nothing_to_tell(base)
  for _, mapper in ipairs(base.self_and_descendants) do
    if mapper.polymorphic_slot or mapper.version_id_col or mapper.dispatch and mapper.dispatch.before_update then
      return false
    end
  end
  return true
end

-- What listeners and warnings hear before it is settled how the object is written.
local function announce(work, name, obj)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  fire(mapper, name, work.conn or work.conn_of(obj), obj)
  check_polymorphic_identity(mapper, obj)
  return mapper
end

-- New objects are inserted, but for those that take over the row of one that is being deleted.
local function take_pending(uow, base, work, list)
  attributes.check_keys(list)
  if work.conn and #list > 0 and nothing_to_ask(uow, base) then -- shards are chosen for each object
    work.inserts = list
    return
  end
  for i = 1, #list do
    local obj = list[i]
    local mapper = announce(work, "before_insert", obj)
    local existing = row_switch(uow, obj, mapper)
    if existing then
      work.updates[#work.updates + 1] = obj
      work.switched[obj] = true
      if mapper.version_id_col then
        work.version[obj] = access.committed_at(existing, mapper, mapper.version_id_slot)
      end
    else
      work.inserts[#work.inserts + 1] = obj
    end
  end
end

local function take_persistent(base, work, list)
  if work.conn and #work.updates == 0 and nothing_to_tell(base) then
    work.updates = list
    return
  end
  for i = 1, #list do
    local obj = list[i]
    local mapper = announce(work, "before_update", obj)
    if mapper.version_id_col then
      work.version[obj] = access.committed_at(obj, mapper, mapper.version_id_slot)
    end
    work.updates[#work.updates + 1] = obj
  end
end

-- What is to be inserted and what updated. work = { inserts, updates, version = { [obj] = number }, switched,
-- conn or conn_of }
local function organise(uow, base, list)
  local conn, conn_of = connection_of(uow, base)
  local pending, persistent = split(base, uow.session, list)
  local work = { inserts = {}, updates = {}, version = {}, switched = {}, conn = conn, conn_of = conn_of }
  take_pending(uow, base, work, pending)
  take_persistent(base, work, persistent)
  return work
end

-- --- after a save ------------------------------------------------------------------------------------------------

local function readonly_slots(mapper)
  local known = mapper.readonly_slots
  if known and known.count == #mapper.props then return known end
  known = { count = #mapper.props }
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" and prop.slot and not prop:is_table_column() and prop.expire_on_flush ~= false then
      known[#known + 1] = prop.slot
    end
  end
  mapper.readonly_slots = known
  return known
end

-- eager_defaults and server versions want the values in the flush itself, not at the next read.
local function load_now(uow, base, mapper, obj)
  local names = {}
  if base.eager_defaults == true then
    for _, from in ipairs(mapper.tables) do
      local plan = flush_plan.of(mapper, from)
      for _, part in ipairs { plan and plan.server or {}, plan and plan.server_update or {} } do
        for _, entry in ipairs(part) do
          if rawget(obj, entry.slot) == nil then names[#names + 1] = entry.name end
        end
      end
    end
  end
  if mapper.version_id_col and mapper.version_id_generator == false and rawget(obj, mapper.version_id_slot) == nil then
    names[#names + 1] = mapper.name_of[mapper.version_id_slot]
  end
  if #names == 0 then return end
  local had_key = rawget(obj, 2)
  if had_key == nil then rawset(obj, 2, (identity.key_of(obj, mapper))) end
  loading.refresh(uow.session, obj, mapper, names, { in_flush = true })
  if had_key == nil then rawset(obj, 2, nil) end
end

-- Tells listeners of "expire" what a save expires: also what a new object never had, but nothing deferred.
local function announce_expired(mapper, obj, changes, had)
  local names = {}
  for _, prop in ipairs(mapper.props) do
    local slot = prop.kind == "column" and not prop:is_table_column() and prop.slot
    if slot and not (changes and changes[slot] ~= nil) then
      local told = not prop.deferred
      if prop.expire_on_flush == false then told = told and not had[slot] else told = told or had[slot] end
      if told then names[#names + 1] = prop.key end
    end
  end
  if #names > 0 then event.fire(mapper.instance_dispatch.expire, obj, names) end
end

-- What the database computes may have changed; what was set by hand stays.
local function expire_readonly(uow, mapper, obj, slots)
  local is_new, changes = rawget(obj, 2) == nil, uow.session.modified[obj]
  local dispatch = mapper.instance_dispatch
  local had = dispatch and dispatch.expire and {}
  for k = 1, had and mapper.slot_count or 0 do had[k] = rawget(obj, k) ~= nil end
  for k = 1, #slots do
    local slot = slots[k]
    if not is_new and not (changes and changes[slot] ~= nil) then rawset(obj, slot, nil) end
  end
  if had then announce_expired(mapper, obj, changes, had) end
end

-- After the statements of a base: expired or loaded values first, so that listeners see them.
local function finalize(uow, base, work, list, event_name)
  for i = 1, #list do
    local obj = list[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    local readonly = readonly_slots(mapper)
    if #readonly > 0 then expire_readonly(uow, mapper, obj, readonly) end
    if base.eager_defaults == true or mapper.version_id_generator == false then load_now(uow, base, mapper, obj) end
    if mapper.dispatch and mapper.dispatch[event_name] then
      fire(mapper, event_name, work.conn or work.conn_of(obj), obj)
    end
    if mapper.version_id_generator == false and mapper.version_id_col
      and access.value_at(obj, mapper, mapper.version_id_slot) == nil then
      exc.raise("FlushError", "Instance does not contain a non-NULL version value")
    end
  end
end

local function needs_finalize(base)
  if base.eager_defaults == true then return true end
  for _, mapper in ipairs(base.hierarchy) do
    local dispatch = mapper.dispatch
    if #readonly_slots(mapper) > 0 or mapper.version_id_generator == false
      or dispatch and (dispatch.after_insert or dispatch.after_update) then
      return true
    end
  end
  return false
end

-- Whoever looks at new objects before the flush is over: listeners of after_insert and after_flush.
local function is_watched(session, base)
  if session.dispatch.after_flush then return true end
  for _, mapper in ipairs(base.hierarchy) do
    if mapper.dispatch and mapper.dispatch.after_insert then return true end
  end
  return false
end

-- prop → true for each column that the object has no value of.
local function empty_columns(obj)
  local found = {}
  for _, prop in ipairs(rawget(getmetatable(obj), "__mapper__").props) do
    if prop.kind == "column" and prop.slot and rawget(obj, prop.slot) == nil then found[prop] = true end
  end
  return found
end

-- INSERTs whose effects listeners may see: what the program did not set, but the statement brought, is no change.
local function watched_inserts(uow, list, insert)
  local empty = {}
  uow:watch(list)
  for i, obj in ipairs(list) do empty[i] = empty_columns(obj) end
  insert()
  for i, obj in ipairs(list) do
    for prop in pairs(empty[i]) do
      if rawget(obj, prop.slot) ~= nil then settled.note(obj, prop) end
    end
  end
end

local function write_tables(uow, base, work)
  for _, pair in ipairs(flush_plan.tables(base)) do
    if #work.updates > 0 then persist_update.table(uow, base, pair[1], work) end
    if #work.inserts > 0 then persist_insert.table(uow, base, pair[1], work) end
  end
end

--- INSERTs and UPDATEs for objects of one hierarchy.
function persistence.save(base, list, uow, single)
  if not single and base.batch == false then
    local pending, persistent = split(base, uow.session, list)
    for _, part in ipairs { pending, persistent } do
      for i = 1, #part do persistence.save(base, { part[i] }, uow, true) end
    end
    return
  end
  local work = organise(uow, base, list)
  if #work.inserts > 0 and is_watched(uow.session, base) then
    watched_inserts(uow, work.inserts, function() write_tables(uow, base, work) end)
  else
    write_tables(uow, base, work)
  end
  if needs_finalize(base) then
    finalize(uow, base, work, work.inserts, "after_insert")
    finalize(uow, base, work, work.updates, "after_update")
  end
end

persistence.needs_finalize, persistence.nothing_to_tell = needs_finalize, nothing_to_tell

--- INSERTs for new objects, UPDATEs for modified ones, of one class without ties (unit_of_work.lua, register_segment).
function persistence.save_segment(base, segment, uow)
  if segment.updates then
    segment.list = sort_persistent(base, segment.list)
    local work = { updates = segment.list, version = {}, switched = {},
      conn = uow.transaction:connection_for_mapper(base) }
    for _, pair in ipairs(flush_plan.tables(base)) do persist_update.table(uow, base, pair[1], work) end
    return
  end
  local work = { inserts = segment.list, first = segment.first, last = segment.last,
    conn = uow.transaction:connection_for_mapper(base) }
  for _, pair in ipairs(flush_plan.tables(base)) do persist_insert.table(uow, base, pair[1], work) end
end

--- UPDATEs of relationships with post_update.
function persistence.post_update(base, list, uow, columns)
  local conn, conn_of = connection_of(uow, base)
  local pending, persistent = split(base, uow.session, list)
  for i = 1, #persistent do pending[#pending + 1] = persistent[i] end
  local work = { updates = pending, conn = conn, conn_of = conn_of }
  for _, pair in ipairs(flush_plan.tables(base)) do persist_update.post_update(uow, pair[1], work, columns) end
end

--- DELETEs of objects of one hierarchy.
function persistence.delete(base, list, uow)
  local conn, conn_of = connection_of(uow, base)
  local pending, persistent = split(base, uow.session, list)
  for i = 1, #persistent do pending[#pending + 1] = persistent[i] end
  local work = { deletes = pending, version = {}, conn = conn, conn_of = conn_of }
  for i = 1, #pending do
    local obj = pending[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    fire(mapper, "before_delete", conn or conn_of(obj), obj)
    if mapper.version_id_col then
      work.version[obj] = access.committed_at(obj, mapper, mapper.version_id_slot)
    end
  end
  local tables = flush_plan.tables(base)
  for i = #tables, 1, -1 do
    local owner = tables[i][2]
    if not (owner.inherits and owner.passive_deletes) then persist_delete.table(uow, base, tables[i][1], owner,
      work) end
  end
  for i = 1, #pending do
    local obj = pending[i]
    fire(rawget(getmetatable(obj), "__mapper__"), "after_delete", conn or conn_of(obj), obj)
  end
end

return persistence
