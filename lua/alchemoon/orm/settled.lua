--- What is no change in a new object: what it held when a rollback, or make_transient(), took its identity, and what a
-- program put into its values without history (init_scalar), and what its INSERT made while listeners may look at it.
--
-- `obj[0]` = slot → value (a list of items for collections). It lies in the object, because it may refer to objects
-- that refer back: a weak table of Lua 5.1 would keep such a circle for ever. It counts only while the object is
-- transient or pending; persistent objects have their changes in the session. What a rollback leaves of the object's
-- former life stands there, too: `expired`, the slots of columns that were to be looked up, and `was_deleted`; so does
-- `none`, the empty slots that nil was assigned to.
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"
local copy = lists.copy

local settled = { some_expired = false }
local AT = 0
local NO_VALUE = symbols.NO_VALUE
local NOTHING = {}
local rawget, rawset = rawget, rawset

-- What a slot held before the recorded change; nil: not loaded then.
local function value_before(obj, prop, old)
  local value = rawget(obj, prop.slot)
  local is_collection = prop.kind == "relationship" and prop.uselist and prop.adapter
  if old == NO_VALUE then return nil end
  if old ~= nil and is_collection then return old.original and copy(old.original) end
  if old ~= nil then return old end
  if value ~= nil and is_collection then return copy(prop.adapter.items(value)) end
  return value
end

--- The object loses its identity. `changes`: what was recorded and not flushed, or nil.
function settled.keep(obj, changes)
  local values = {}
  for _, prop in ipairs(instance.mapper_of(obj).props) do
    local slot = prop.slot
    local old = slot and changes and changes[slot]
    if old and prop.appends then rawset(obj, slot, copy(old.added)) -- never loaded: what waits is all that it has
    elseif slot and prop.kind ~= "composite" then values[slot] = value_before(obj, prop, old) end
  end
  rawset(obj, AT, values)
end

--- A rollback takes the row of the object: its expired columns cannot be looked up any more. Call it while the object
-- still has its context.
function settled.keep_of_row(obj, changes)
  local mapper, expired = instance.mapper_of(obj), nil
  for _, prop in ipairs(mapper.props) do
    local slot = prop.slot
    if prop.kind == "column" and slot and rawget(obj, slot) == nil and not prop.deferred
      and not unset.is(obj, mapper, slot) then
      expired = expired or {}
      expired[slot] = true
    end
  end
  settled.keep(obj, changes)
  local values, context = rawget(obj, AT), rawget(obj, 1)
  if expired then settled.some_expired = true end
  values.expired, values.was_deleted = expired, context ~= nil and context.lifecycle == "deleted" or nil
end

--- Was the column to be looked up when the object lost its row?
function settled.is_expired(obj, slot)
  local values = rawget(obj, AT)
  return values ~= nil and values.expired ~= nil and values.expired[slot] == true
end

--- Had a flush deleted the row, before a rollback took all that the transaction had stored?
function settled.was_deleted(obj)
  local values = rawget(obj, AT)
  return values ~= nil and values.was_deleted == true
end

--- A new object's column was expired by an INSERT that was taken back: there is nothing to look it up from.
function settled.expire(obj, slot)
  local values = rawget(obj, AT)
  if not values then
    values = {}
    rawset(obj, AT, values)
  end
  values.expired = values.expired or {}
  values.expired[slot] = true
end

--- Such a column was loaded after all.
function settled.unexpire(obj, slot)
  local values = rawget(obj, AT)
  if values and values.expired then values.expired[slot] = nil end
end

--- make_transient(): nothing is to be looked up, nothing was deleted.
function settled.forget_row(obj)
  local values = rawget(obj, AT)
  if values then values.expired, values.was_deleted = nil, nil end
end

local function values_for_write(obj)
  local values = rawget(obj, AT)
  if not values then
    values = {}
    rawset(obj, AT, values)
  end
  return values
end

--- What a new object holds in an attribute was put there behind the back of its history: it is no change either.
function settled.note(obj, prop)
  values_for_write(obj)[prop.slot] = value_before(obj, prop, nil)
end

--- A reference of a new object was looked at before it was set: it was None, and to set it to None is no change.
function settled.note_empty(obj, prop)
  values_for_write(obj)[prop.slot] = symbols.null
end

--- nil was assigned to a column with a default before its INSERT: the slot stays empty, so that the default comes, and
-- the attribute has been set to None all the same.
function settled.note_none(obj, slot)
  local values = values_for_write(obj)
  values.none = values.none or {}
  values.none[slot] = true
end
instance.note_none = settled.note_none

--- Is the empty slot of a new object one that nil was assigned to?
function settled.is_none(obj, slot)
  local values = rawget(obj, AT)
  if values == nil or values.none == nil or rawget(obj, 2) ~= nil then return false end
  return values.none[slot] == true and rawget(obj, slot) == nil
end

--- The value of a new object is deleted: it was never set.
function settled.forget_none(obj, slot)
  local values = rawget(obj, AT)
  if values and values.none then values.none[slot] = nil end
end

--- The object has a row now: its changes are in the session from here on.
function settled.forget(obj) rawset(obj, AT, nil) end

--- Slot → value as it was then; nil for an object of which nothing is settled.
function settled.values(obj) return rawget(obj, AT) end

--- Items of a collection against what it held then: added, unchanged, removed.
function settled.compare(before, items)
  local known, present = {}, {}
  for i = 1, #before do known[before[i]] = true end
  local added, unchanged, removed = {}, {}, {}
  for i = 1, #items do
    local item = items[i]
    present[item] = true
    local list = known[item] and unchanged or added
    list[#list + 1] = item
  end
  for i = 1, #before do
    if not present[before[i]] then removed[#removed + 1] = before[i] end
  end
  return added, unchanged, removed
end

--- Does an attribute hold something else than it did then?
function settled.is_changed(obj, prop)
  local slot, values = prop.slot, rawget(obj, AT)
  if not slot or prop.kind == "composite" then return false end
  local value, before = rawget(obj, slot), values[slot]
  if value ~= nil and prop.kind == "relationship" and prop.uselist and prop.adapter then
    local added, _, removed = settled.compare(before or NOTHING, prop.adapter.items(value))
    return #added > 0 or #removed > 0
  end
  return value ~= before or settled.is_none(obj, slot)
end

return settled
