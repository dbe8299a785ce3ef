--- Attributes that are more than a slot: object references, collections, columns with listeners.
--
-- Which attributes come here, attach.lua decides. A change of a relationship fires, in this order: single-parent check,
-- validators, cascade into the session, back reference, the user's listeners; then it is recorded.
-- An initiator is { prop, key, op }; each relationship has four (prop.tokens), by which back references end.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local backref = require "alchemoon.orm.backref"
local changes = require "alchemoon.orm.collection_changes"
local collection_adapter = require "alchemoon.orm.collection_adapter"
local collections = require "alchemoon.orm.collections"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local settled = require "alchemoon.orm.settled"
local symbols = require "alchemoon.orm.symbols"
local types = require "alchemoon.types"
local unset = require "alchemoon.orm.unset"

local attributes = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE
local record = instance.record

local UNTOUCHED = {} -- key of a collection that was only looked at

-- --- reading what is not there -----------------------------------------------------------------------------

local is_persistent = instance.is_persistent
attributes.is_persistent = is_persistent

local function fire_init_collection(m, prop, obj, collection, name)
  local dispatch = m.attr_dispatch[prop.key]
  if dispatch and dispatch[name] then
    local adapter = collection_adapter(collection)
    for _, listener in ipairs(dispatch[name]) do listener(obj, collection, adapter) end
  end
end

--- A new, empty collection in the slot.
function attributes.init_collection(obj, prop)
  local collection = collections.new(prop, obj)
  rawset(collection, UNTOUCHED, true)
  rawset(obj, prop.slot, collection)
  fire_init_collection(instance.mapper_of(obj), prop, obj, collection, "init_collection")
  return collection
end

--- Is it a collection that somebody looked at and nobody filled?
function attributes.is_untouched(value)
  return type(value) == "table" and rawget(value, UNTOUCHED) == true
end

--- The values of an object by name: what Python calls its dict. Writing fires no event and is no change.
function attributes.raw_values(obj, m)
  return setmetatable({}, {
    __index = function(_, key)
      local value = m.slot[key] and rawget(obj, m.slot[key])
      if value == null then return nil end
      return value
    end,
    __newindex = function(_, key, value)
      if value == nil then value = null end
      rawset(obj, m.slot[key], value)
      if not is_persistent(obj) then settled.note(obj, m.prop[key]) end
    end,
  })
end

-- An attribute that was never set, of an object without row or of one whose INSERT left it out.
local function initial_value(obj, m, prop)
  if prop.uselist then return prop.adapter and attributes.init_collection(obj, prop) or nil end
  local dispatch = m.attr_dispatch[prop.key]
  if dispatch and dispatch.init_scalar then
    local value, dict = nil, attributes.raw_values(obj, m)
    for _, listener in ipairs(dispatch.init_scalar) do value = listener(obj, value, dict) end
    return value
  end
  return nil
end

local function is_expired_column(obj, slot) return settled.is_expired(obj, slot) or unset.is_expired(obj, slot) end

-- A column was expired, and its object has no identity: without a session or a key there is nothing to load it from.
local function refuse_without_row(obj, m, context)
  if not context then
    exc.raise("DetachedInstanceError", "Instance %s is not bound to a Session; attribute refresh operation cannot "
      .. "proceed", instance.describe(obj))
  end
  for _, slot in ipairs(m.pk_slots) do
    if rawget(obj, slot) == nil then
      exc.raise("InvalidRequestError", "Instance %s cannot be refreshed - it's not  persistent and does not contain a "
        .. "full primary key.", instance.describe(obj))
    end
  end
end

-- What an INSERT expired is read while its flush goes on, or after it has failed: by the key that the object holds.
-- What comes is no change.
local function load_stored(obj, m, slot, context)
  refuse_without_row(obj, m, context)
  context.session:_autoflush()
  if is_persistent(obj) then return loading.missing(obj, m, slot) end
  local names, props = {}, {}
  for _, prop in ipairs(m.props) do
    if prop.kind == "column" and rawget(obj, prop.slot) == nil and is_expired_column(obj, prop.slot) then
      names[#names + 1], props[#props + 1] = prop.key, prop
    end
  end
  rawset(obj, 2, (identity.key_of(obj, m)))
  local ok, e = pcall(loading.refresh, context.session, obj, m, names, { in_flush = true })
  rawset(obj, 2, nil)
  if not ok then error(e, 0) end
  for _, prop in ipairs(props) do
    if rawget(obj, prop.slot) ~= nil then
      settled.note(obj, prop)
      settled.unexpire(obj, prop.slot)
      unset.unexpire(obj, prop.slot)
    end
  end
  local value = rawget(obj, slot)
  if value == null then return nil end
  return value
end

--- A flush cannot store a new object whose key was expired when a rollback took its row: its values are lost.
function attributes.check_keys(list)
  if not settled.some_expired then return end -- no rollback in this program met an expired object
  for _, obj in ipairs(list) do
    local m = instance.mapper_of(obj)
    for _, slot in ipairs(m.pk_slots) do
      if rawget(obj, slot) == nil and settled.is_expired(obj, slot) then
        refuse_without_row(obj, m, rawget(obj, 1))
      end
    end
  end
end

-- The slow path of every read: the slot is empty.
function instance.missing(obj, m, slot)
  local prop = m.prop_at[slot]
  if prop.kind == "composite" then return prop:build(obj) end
  if is_persistent(obj) then
    local dispatch = m.attr_dispatch[prop.key]
    if dispatch and dispatch.init_scalar and unset.is(obj, m, slot) then return initial_value(obj, m, prop) end
    return loading.missing(obj, m, slot)
  end
  local context = rawget(obj, 1)
  if context and prop.kind == "relationship" and (prop.load_on_pending or context.load_on_pending) then
    return loading.missing(obj, m, slot)
  end
  if prop.kind == "column" and is_expired_column(obj, slot) then return load_stored(obj, m, slot, context) end
  return initial_value(obj, m, prop)
end

--- The value of an attribute as far as `passive` lets us look; NO_VALUE if not.
function attributes.peek(obj, prop, passive)
  local value = rawget(obj, prop.slot)
  if value ~= nil then
    if value == null then return nil end
    return value
  end
  if not is_persistent(obj) then
    if prop.uselist and passive ~= symbols.NO_INITIALIZE then return attributes.init_collection(obj, prop) end
    return NO_VALUE
  end
  if passive == symbols.NO_INITIALIZE then return NO_VALUE end
  return loading.missing(obj, instance.mapper_of(obj), prop.slot, passive)
end

-- --- events of relationships -----------------------------------------------------------------------------------

local function check_item(prop, item)
  if instance.mapper_of(item) then return end
  exc.raise("UnmappedInstanceError", "%s of type %s cannot be part of '%s', which takes %s objects",
    type(item) == "string" and "'" .. item .. "'" or tostring(item), type(item), tostring(prop), prop.mapper.class_name)
end

-- Listeners that came before the mapper was configured hear of a change before anything else happens ("early"), the
-- others when validators, cascades and back references are done. What leaves, leaves: a listener of "remove" hands no
-- other value to the next one.
local function run_listeners(early, obj, prop, name, value, ...)
  local dispatch = instance.mapper_of(obj).attr_dispatch[prop.key]
  local list = dispatch and dispatch[name]
  if not list then return value end
  local first = list.early
  if early and not first then return value end
  local passes = name ~= "remove"
  for i = 1, #list do
    local fn = list[i]
    if not first or (first[fn] or false) == early then
      local answer = fn(obj, value, ...)
      if passes then value = answer end
    end
  end
  return value
end

-- Validators see what enters (and what leaves, if they asked for it). They are those of the class that declares the
-- attribute, for objects of its subclasses, too: a subclass cannot exchange them.
local function validate(obj, prop, value, initiator, removing)
  local validator = prop.parent.validators[prop.key]
  if not validator then return value end
  if not validator.include_backrefs and initiator and initiator.prop ~= prop then return value end
  if removing then
    if validator.include_removes then validator.fn(obj, prop.key, value, true) end
    return value
  end
  if validator.include_removes then return validator.fn(obj, prop.key, value, false) end
  return validator.fn(obj, prop.key, value)
end

--- Fires append, records it, returns what is to be stored. `place`: position or key of the item, if it gets one.
local function fire_append(obj, prop, item, initiator, place)
  if item == nil or item == null then
    exc.raise("ArgumentError", "nil cannot be appended to the collection '%s'", tostring(prop))
  end
  initiator = initiator or prop.tokens.append
  local collection = rawget(obj, prop.slot)
  if collection ~= nil and rawget(collection, UNTOUCHED) then rawset(collection, UNTOUCHED, nil) end
  item = run_listeners(true, obj, prop, "append", item, initiator, place)
  if prop.single_parent and instance.mapper_of(item) then
    backref.check_single_parent(obj, prop, item, initiator)
  end
  if initiator.op ~= symbols.OP_BULK_REPLACE then item = validate(obj, prop, item, initiator) end
  check_item(prop, item) -- a validator may have made an object of what was given
  backref.cascade_append(obj, prop, item, initiator)
  backref.from_append(obj, prop, item, initiator)
  item = run_listeners(false, obj, prop, "append", item, initiator, place)
  changes.note_added(obj, prop, item)
  if prop.track_parent then backref.set_parent(prop, item, obj) end
  return item
end

-- An item that is in the collection already is mentioned again.
local function fire_append_again(obj, prop, item, initiator, place)
  initiator = initiator or prop.tokens.append
  item = run_listeners(true, obj, prop, "append_wo_mutation", item, initiator, place)
  backref.cascade_append(obj, prop, item, initiator)
  run_listeners(false, obj, prop, "append_wo_mutation", item, initiator, place)
end

-- Everybody hears that an item leaves.
local function tell_removed(obj, prop, item, initiator, place, shown)
  if shown == nil then shown = item end
  if prop.track_parent then backref.unset_parent(prop, item, obj) end
  run_listeners(true, obj, prop, "remove", shown, initiator, place)
  validate(obj, prop, shown, initiator, true)
  backref.cascade_remove(obj, prop, item)
  backref.from_remove(obj, prop, item, initiator)
  run_listeners(false, obj, prop, "remove", shown, initiator, place)
end

-- A collection that was only looked at counts from here on.
local function touch(obj, prop)
  local collection = rawget(obj, prop.slot)
  if collection ~= nil and rawget(collection, UNTOUCHED) then rawset(collection, UNTOUCHED, nil) end
end

--- Fires remove and records it.
local function fire_remove(obj, prop, item, initiator, place)
  touch(obj, prop)
  tell_removed(obj, prop, item, initiator or prop.tokens.remove, place)
  changes.note_removed(obj, prop, item)
end

local function before_pop(obj, prop)
  touch(obj, prop)
  changes.entry(obj, prop)
end
local hooks = collections.hooks
hooks.append, hooks.again, hooks.remove, hooks.before_pop = fire_append, fire_append_again, fire_remove, before_pop

-- --- collections ------------------------------------------------------------------------------------------------

--- Appends to a collection that may not be loaded (then the change waits for it). For back references.
function attributes.append(obj, prop, item, initiator, passive)
  if not prop.uselist then return attributes.set_object(obj, prop, item, initiator) end
  if prop.appends then return prop.appends(obj, prop, item, initiator) end
  local adapter, collection = prop.adapter, attributes.peek(obj, prop, passive or symbols.OFF)
  if collection ~= NO_VALUE then
    if adapter.append then return adapter.append(collection, item, initiator) end
    if adapter.kind == "set" and adapter.has(collection, item) then
      return fire_append_again(obj, prop, item, initiator)
    end
  end
  item = fire_append(obj, prop, item, initiator)
  if collection ~= NO_VALUE then adapter.put(collection, item) end
end

--- Removes from a collection that may not be loaded; an item that is not in it is passed over. For back references.
function attributes.pop(obj, prop, item, initiator, passive)
  if not prop.uselist then return attributes.set_object(obj, prop, nil, initiator, item) end
  if prop.removes then return prop.removes(obj, prop, item, initiator) end
  local collection = attributes.peek(obj, prop, passive or symbols.OFF)
  if collection == NO_VALUE then return fire_remove(obj, prop, item, initiator) end
  local adapter = prop.adapter
  if adapter.pop then return adapter.pop(collection, item, initiator) end
  if adapter.kind ~= "list" and not adapter.has(collection, item) then return end
  fire_remove(obj, prop, item, initiator)
  adapter.take(collection, item)
end

local function is_plain_list(value)
  return type(value) == "table" and not instance.mapper_of(value)
end

--- The error for what is no collection of the kind ("list", "set", "dict").
function attributes.incompatible_collection(value, kind)
  local m = instance.mapper_of(value)
  local name = m and m.class_name or type(value)
  exc.raise("ArgumentError", "Incompatible collection type: %s is not %s-like", name, kind)
end

-- The items of what is assigned to a collection attribute.
local function assigned_items(prop, value)
  if not is_plain_list(value) then attributes.incompatible_collection(value, prop.adapter.kind) end
  local of_instance = prop.adapter.items_of_instance
  local held = of_instance and of_instance(value)
  if held then return held end
  local adapter = collections.adapter_of(value)
  if prop.adapter.assigned then return prop.adapter.assigned(prop, value, adapter) end
  local items, source = {}, adapter and adapter.items(value) or value
  for i = 1, #source do items[i] = source[i] end
  if next(source) ~= nil and #items == 0 and not adapter then
    exc.raise("ArgumentError", "Incompatible collection type: a table with keys is not %s-like", prop.adapter.kind)
  end
  return items
end

-- Listeners and validators may exchange the items of the list before anything happens.
local function before_bulk_replace(obj, prop, items, keys)
  local token = prop.tokens.bulk
  local m = instance.mapper_of(obj)
  local dispatch = m.attr_dispatch[prop.key]
  local list = dispatch and dispatch.bulk_replace or {}
  local first = list.early
  for i = 1, #list do
    if first and first[list[i]] then list[i](obj, items, token, { keys = keys }) end
  end
  if prop.parent.validators[prop.key] then
    for i = 1, #items do items[i] = validate(obj, prop, items[i], token) end
  end
  for i = 1, #list do
    if not (first and first[list[i]]) then list[i](obj, items, token, { keys = keys }) end
  end
end

-- What is new enters `fresh`, then what stays is mentioned, then what is gone leaves.
local function exchange_items(obj, prop, items, old_items, fresh)
  local token, adapter = prop.tokens.bulk, prop.adapter
  local wanted, former = {}, {}
  for i = 1, #items do wanted[items[i]] = true end
  for i = 1, #old_items do former[old_items[i]] = true end
  for i = 1, #items do
    local item = items[i]
    if former[item] then adapter.put(fresh, item)
    elseif adapter.append then adapter.append(fresh, item, token)
    else adapter.put(fresh, fire_append(obj, prop, item, token)) end
  end
  for _, stays in ipairs { true, false } do
    for i = 1, #old_items do
      local item = old_items[i]
      if former[item] and (wanted[item] or false) == stays then
        former[item] = nil
        if stays then fire_append_again(obj, prop, item, token) else fire_remove(obj, prop, item, token) end
      end
    end
  end
end

--- obj.posts = { … }: what is new enters, what is gone leaves, with events for both. `items`: what to put into it,
-- where that is known without looking at `value`.
function attributes.replace_collection(obj, prop, value, items)
  local m = instance.mapper_of(obj)
  local fresh = collections.new(prop, obj)
  fire_init_collection(m, prop, obj, fresh, "init_collection")
  local keys
  if not items then items, keys = assigned_items(prop, value) end
  before_bulk_replace(obj, prop, items, keys)
  if prop.is_watched then collections.hooks.look(obj, prop) end
  local old = attributes.peek(obj, prop, symbols.ONLY_PERSISTENT)
  if old == NO_VALUE then old = attributes.init_collection(obj, prop) end
  if old == value then return end
  local old_items = {}
  for i, item in ipairs(prop.adapter.items(old)) do old_items[i] = item end
  changes.entry(obj, prop, old_items)
  rawset(obj, prop.slot, fresh)
  exchange_items(obj, prop, items, old_items, fresh)
  collections.release(prop, old)
  fire_init_collection(m, prop, obj, old, "dispose_collection")
end

--- A loaded list becomes the collection of the slot; changes that waited for it are applied. For loaders.
function attributes.adopt_collection(obj, prop, items)
  local collection
  local m = instance.mapper_of(obj)
  if m.attr_dispatch[prop.key] then
    collection = collections.new(prop, obj)
    fire_init_collection(m, prop, obj, collection, "init_collection")
    for i = 1, #items do prop.adapter.put(collection, items[i]) end
  else
    collection = collections.from_list(prop, obj, items)
  end
  rawset(obj, prop.slot, collection)
  local noted = instance.changes(obj)
  local entry = noted and noted[prop.slot]
  if entry and entry ~= NO_VALUE then changes.settle(entry, prop.adapter, collection) end
  return collection
end

-- --- references to one object -----------------------------------------------------------------------------------

-- fn(...), whose loads do not flush the session of the object first: somebody is about to change it.
local function without_autoflush(obj, fn, ...)
  local context = rawget(obj, 1)
  local session = context and context.session
  if not session or not session.autoflush then return fn(...) end
  return session:no_autoflush(function(_, ...) return fn(...) end, ...)
end

local access -- stands on this file: required late

-- fn(...) while the object has the key that the database knows.
local function as_stored(obj, prop, fn, ...)
  if not instance.changes(obj) then return fn(...) end
  access = access or require "alchemoon.orm.access"
  return access.as_stored(obj, prop, fn, ...)
end

-- What a reference was: found by the key that the database knows, where that has changed, too.
local function peek_stored(obj, prop, passive)
  if rawget(obj, prop.slot) ~= nil then return attributes.peek(obj, prop, passive) end
  return as_stored(obj, prop, attributes.peek, obj, prop, passive)
end

-- What a reference is before it changes. Second result: its history is active, so that it was loaded.
local function old_reference(obj, prop)
  local dispatch = instance.mapper_of(obj).attr_dispatch[prop.key]
  if prop.active_old or dispatch and dispatch.active_history then
    return without_autoflush(obj, peek_stored, obj, prop, symbols.ONLY_PERSISTENT), true
  end
  return peek_stored(obj, prop, symbols.NO_FETCH), false
end

--- Was a column that refers to the target left out by the INSERT of the object, and never set?
function attributes.is_key_unset(obj, prop) return loading.is_key_unset(obj, prop) end

-- There may be an object, and only the database could say which.
local function is_unknown(obj, prop, old)
  return old == NO_VALUE and is_persistent(obj) and not loading.is_key_unset(obj, prop)
end

--- Sets a reference. `only_if`: do nothing unless this is the present value (for back references).
function attributes.set_object(obj, prop, value, initiator, only_if)
  if value == null then value = nil end
  initiator = initiator or prop.tokens.replace
  local old, active = old_reference(obj, prop)
  local unknown = is_unknown(obj, prop, old)
  if only_if ~= nil and not unknown and old ~= only_if then return end
  if active and old == NO_VALUE and not is_persistent(obj) then
    old = nil
    settled.note_empty(obj, prop)
  end
  local known_old = old ~= NO_VALUE and old or nil
  if prop.track_parent and known_old ~= nil and known_old ~= value then backref.unset_parent(prop, known_old, obj) end
  local shown = unknown and symbols.PASSIVE_NO_RESULT or old
  value = run_listeners(true, obj, prop, "set", value, shown, initiator)
  if prop.single_parent and instance.mapper_of(value) then
    backref.check_single_parent(obj, prop, value, initiator)
  end
  value = validate(obj, prop, value, initiator)
  if value == null then value = nil end
  if value ~= nil then check_item(prop, value) end
  backref.cascade_set(obj, prop, value, known_old, initiator)
  backref.from_set(obj, prop, value, known_old, initiator)
  value = run_listeners(false, obj, prop, "set", value, shown, initiator)
  local raw_old = old
  if old == nil then raw_old = null end
  if not prop.viewonly then record(obj, prop.slot, raw_old) end
  if prop.track_parent and value ~= nil then backref.set_parent(prop, value, obj) end
  if value == nil then value = null end
  rawset(obj, prop.slot, value)
end

--- The object that a changed reference had before, where that was not loaded when it was set. Loads it now; `keeps`:
-- for good. Who only looks at a history does not change it.
function attributes.original(obj, prop, noted, keeps)
  local old = noted[prop.slot]
  if old ~= NO_VALUE or not prop.deferred_history or rawget(obj, 2) == nil then return old end
  if not rawget(obj, 1).session then return old end
  local current = rawget(obj, prop.slot)
  rawset(obj, prop.slot, nil)
  local ok, value = pcall(without_autoflush, obj, as_stored, obj, prop, loading.missing, obj, instance.mapper_of(obj),
    prop.slot, symbols.ONLY_PERSISTENT)
  rawset(obj, prop.slot, current)
  if not ok then error(value, 0) end
  if value == nil then value = null end
  if keeps then noted[prop.slot] = value end
  return value
end

--- An object was stored: collections that were only looked at count as not loaded, composites are made anew.
function attributes.after_flush(obj, m)
  local props = m.collection_props
  for i = 1, props and #props or 0 do
    local prop = props[i]
    local collection = rawget(obj, prop.slot)
    if collection ~= nil and rawget(collection, UNTOUCHED) then rawset(obj, prop.slot, nil) end
  end
  local composites = m.composite_list
  if composites then
    for i = 1, #composites do rawset(obj, composites[i].slot, nil) end
    unset.pop_composites(obj)
  end
end

-- --- columns with more than a slot ------------------------------------------------------------------------------

-- The present value of a column that is about to change: nil if it is not there, unless its history is active.
local function old_column_value(obj, prop, m)
  local slot, dispatch = prop.slot, m.attr_dispatch[prop.key]
  local old = rawget(obj, slot)
  if old == nil and is_persistent(obj) and (prop.active_history or dispatch and dispatch.active_history) then
    loading.missing(obj, m, slot)
    old = rawget(obj, slot)
  end
  return old
end

-- In SQLAlchemy's order: the old value, early listeners, validator, all other listeners, the record of the change.
local function set_column(obj, prop, value, m, initiator)
  local slot = prop.slot
  local old = old_column_value(obj, prop, m)
  local dispatch = m.attr_dispatch[prop.key]
  local shown = old
  if old == null then shown = nil
  elseif old == nil and not settled.is_none(obj, slot) then shown = NO_VALUE end
  local token = initiator or prop.tokens.replace
  if dispatch then value = run_listeners(true, obj, prop, "set", value, shown, token) end
  value = validate(obj, prop, value, token)
  if prop.coerce then value = prop.coerce(obj, prop, value, old) end
  if dispatch then value = run_listeners(false, obj, prop, "set", value, shown, token) end
  if value == nil then value = instance.assigned_nil(obj, m, slot) end
  record(obj, slot, old)
  rawset(obj, slot, value)
  local after = prop.after_set or m.after_set[prop.key]
  if after then after(obj, prop, value, old) end
end
attributes.set_column = set_column

local function no_value(prop)
  exc.raise("ArgumentError", "%s object does not have a value", tostring(prop))
end

--- del obj.key: the value leaves with a remove event, and the attribute is empty; NULL once it is flushed.
function attributes.delete(obj, prop, m)
  local slot, persistent = prop.slot, is_persistent(obj)
  local old, shown = prop.kind == "column" and old_column_value(obj, prop, m) or rawget(obj, slot), nil
  local absent = old == nil and not persistent and not settled.is_none(obj, slot)
  if prop.kind == "relationship" then
    shown = old_reference(obj, prop)
    local unknown = is_unknown(obj, prop, shown) and symbols.PASSIVE_NO_RESULT or nil
    if shown == NO_VALUE then shown = nil end
    if absent then no_value(prop) end
    tell_removed(obj, prop, shown, prop.tokens.remove, nil, unknown)
    old = shown == nil and rawget(obj, slot) or shown
  else
    if old == nil then shown = NO_VALUE elseif old ~= null then shown = old end
    run_listeners(true, obj, prop, "remove", shown, prop.tokens.remove)
    validate(obj, prop, shown, prop.tokens.remove, true)
    run_listeners(false, obj, prop, "remove", shown, prop.tokens.remove)
  end
  if absent then no_value(prop) end
  if not prop.viewonly then
    record(obj, slot, old)
    instance.note_deletion(obj, slot)
  end
  rawset(obj, slot, persistent and null or nil)
  if not persistent then settled.forget_none(obj, slot) end
  local after = prop.after_set or m.after_set[prop.key]
  if after then after(obj, prop, nil, old) end
end

--- Is it a JSON type for which nil and am.null are two things?
function attributes.is_json_type(node)
  if not node then return false end
  local kind = types.kind_key(node)
  return (kind == "JSON" or kind == "JSONB" or kind == "PG_JSON")
    and not types.has_bit(core.node_get(node, "options"), core.enums.TYPE_NONE_AS_NULL)
end

return attributes
