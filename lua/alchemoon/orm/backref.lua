--- What one side of a relationship does to the other at once: back references, cascade into the session, orphans.
local exc = require "alchemoon.exc"
local flush_warning = require "alchemoon.orm.flush_warning"
local instance = require "alchemoon.orm.instance"
local symbols = require "alchemoon.orm.symbols"

local backref = {}
local describe = instance.describe

-- append(obj, prop, item, initiator, passive) and pop(…) of attributes.lua; loaded late, it needs this file.
local function attributes() return require "alchemoon.orm.attributes" end

-- --- parents, for delete-orphan -----------------------------------------------------------------------------

--- Tables child → parent per relationship that watches orphans; both weak. That a child got a parent stands in
-- `prop.adopted`, weak in the child: it has one, also when the program holds the parent no longer.
function backref.parents(prop)
  local parents = prop.parents
  if not parents then
    parents = setmetatable({}, { __mode = "kv" })
    prop.parents, prop.adopted = parents, setmetatable({}, { __mode = "k" })
  end
  return parents
end

function backref.set_parent(prop, item, parent)
  backref.parents(prop)[item], prop.adopted[item] = parent, true
end

--- Was the item given to a parent that is garbage now?
function backref.has_lost_parent(prop, item)
  local parents = prop.parents
  return parents ~= nil and parents[item] == nil and prop.adopted[item] == true
end

-- Does the item's row refer to another row than this parent's, as far as that is known?
local function refers_elsewhere(prop, item, parent)
  if prop.direction ~= symbols.ONETOMANY or rawget(parent, 2) == nil then return false end
  local own, above = instance.mapper_of(item).column_slot, instance.mapper_of(parent).column_slot
  for _, pair in ipairs(prop.synchronize_pairs) do
    local value, key = own[pair[2]] and rawget(item, own[pair[2]]), above[pair[1]] and rawget(parent, above[pair[1]])
    if value and key and value ~= symbols.null and key ~= symbols.null and value ~= key then return true end
  end
  return false
end

--- Are these two objects for one row, of which the session has forgotten one?
local function same_row(a, b)
  local key = rawget(a, 2)
  return key ~= nil and key == rawget(b, 2) and instance.mapper_of(a).base == instance.mapper_of(b).base
end

backref.same_row = same_row

function backref.unset_parent(prop, item, parent)
  local parents = backref.parents(prop)
  local last = parents[item]
  if last and last ~= parent and not same_row(last, parent) then return end -- it has moved on already
  if backref.has_lost_parent(prop, item) and refers_elsewhere(prop, item, parent) then
    exc.raise("StaleDataError", "Removing state %s from parent state %s along attribute '%s', but the parent record "
      .. "has gone stale, can't be sure this is the most recent parent.", describe(item), describe(parent), prop.key)
  end
  parents[item] = false
end

--- Has the item a parent by this relationship? Unknown counts as yes for objects that have been stored.
function backref.has_parent(prop, item)
  local parents = prop.parents
  local parent = parents and parents[item]
  if parent == nil then return rawget(item, 2) ~= nil or backref.has_lost_parent(prop, item) end
  return parent ~= false
end

--- Is the object an orphan of a relationship with delete-orphan?
function backref.is_orphan(item)
  local m = instance.mapper_of(item)
  local watching, orphan_of = 0, 0
  local at = m
  while at do
    for _, prop in ipairs(at.delete_orphan_props or {}) do
      watching = watching + 1
      if not backref.has_parent(prop, item) then orphan_of = orphan_of + 1 end
    end
    at = at.inherits
  end
  if watching == 0 then return false end
  if m.legacy_is_orphan then return orphan_of == watching end
  return orphan_of > 0
end

--- single_parent: the item must not have another parent. What comes along from the other side is not looked at.
function backref.check_single_parent(obj, prop, item, initiator)
  if initiator.key ~= prop.key then return end
  local parent = prop.parents and prop.parents[item]
  local hasparent = parent and parent ~= obj
  if hasparent then
    exc.raise("InvalidRequestError", "Instance %s is already associated with an instance of %s via its %s " ..
      "attribute, and is only allowed a single parent.", describe(item), tostring(prop.parent.class), tostring(prop))
  end
end

-- --- cascade ----------------------------------------------------------------------------------------------------

local function session_of(obj)
  local context = rawget(obj, 1)
  return context and context.session
end

local function cascade_to(obj, prop, item, initiator)
  local session = session_of(obj)
  if not session or not prop.cascade.save_update or initiator.key ~= prop.key then return end
  local context = rawget(item, 1)
  if context and context.session == session and context.lifecycle ~= "deleted" then return end
  session:_cascade_attr(item)
end

--- save-update: what is appended to a collection of an object of a session enters that session.
function backref.cascade_append(obj, prop, item, initiator)
  flush_warning(session_of(obj), "collection append")
  cascade_to(obj, prop, item, initiator)
end

--- Objects that lost their last parent while that was in no session: a flush does not store them.
backref.outside = setmetatable({}, { __mode = "k" })

-- A pending object that lost its last parent leaves the session, at once or when it would be stored.
local function orphaned(obj, prop, item)
  if item == nil or not prop.cascade.delete_orphan or not backref.is_orphan(item) then return end
  local context, session = rawget(item, 1), session_of(obj)
  if session and context and context.session == session and context.lifecycle == "pending" then
    session:expunge(item)
  elseif rawget(item, 2) == nil then
    backref.outside[item] = true
  end
end

--- The item left a collection, or a reference that is deleted.
function backref.cascade_remove(obj, prop, item)
  if item == nil then return end
  flush_warning(session_of(obj), prop.uselist and "collection remove" or "related attribute delete")
  orphaned(obj, prop, item)
end

--- A reference got another object: the new one enters the session, the old one may be an orphan.
function backref.cascade_set(obj, prop, value, old, initiator)
  if value == old then return end
  flush_warning(session_of(obj), "related attribute set")
  if value ~= nil then cascade_to(obj, prop, value, initiator) end
  if old ~= nil then orphaned(obj, prop, old) end
end

-- --- back references ----------------------------------------------------------------------------------------------

-- The property on the other side, for this very object.
local function other_side(prop, item)
  local m = instance.mapper_of(item)
  local other = m.prop[prop.back_populates]
  if other == nil then
    exc.raise("ArgumentError", "%s cannot be part of '%s', which takes %s objects: %s has no attribute '%s' for the " ..
      "back reference", describe(item), tostring(prop), prop.mapper.class_name, m.class_name, prop.back_populates)
  end
  return other
end

local function conflict(obj, prop, initiator, other)
  exc.raise("ArgumentError", "Bidirectional attribute conflict detected: Passing object %s to attribute \"%s\" " ..
    "triggers a modify event on attribute \"%s\" via the backref \"%s\".", describe(obj), tostring(initiator.prop),
    tostring(other), tostring(prop))
end

-- Only if the change did not begin over there: else both sides would go on for ever.
local function append_to(obj, prop, item, initiator)
  local other = other_side(prop, item)
  if initiator.prop ~= prop and initiator.prop ~= other and initiator.prop.key ~= prop.key
    and initiator.prop.key ~= other.key then
    conflict(obj, prop, initiator, other)
  end
  local tokens = other.tokens
  if initiator ~= tokens.append and initiator ~= (other.uselist and tokens.bulk) then
    attributes().append(item, other, obj, initiator, symbols.NO_FETCH)
  end
end

local function synchronised(prop) return prop.back_populates and prop.sync_backref ~= false
  and not prop.no_backref_events end

--- The item was appended to obj's collection: its own side follows.
function backref.from_append(obj, prop, item, initiator)
  if synchronised(prop) then append_to(obj, prop, item, initiator) end
end

local function twice_in(obj, prop, item)
  local collection = rawget(obj, prop.slot)
  if type(collection) ~= "table" or not prop.adapter then return false end
  local n = 0
  for _, other in ipairs(prop.adapter.items(collection)) do
    if other == item then n = n + 1 end
  end
  return n > 1
end

--- The item left obj's collection.
function backref.from_remove(obj, prop, item, initiator)
  if item == nil or not synchronised(prop) then return end
  local other = other_side(prop, item)
  local tokens = other.tokens
  local replace = other.uselist and tokens.bulk or tokens.replace
  if initiator == tokens.remove or initiator == replace then return end
  if not other.uselist and prop.uselist and twice_in(obj, prop, item) then return end
  attributes().pop(item, other, obj, initiator, symbols.NO_FETCH)
end

--- obj's reference changed from `old` to `value`.
function backref.from_set(obj, prop, value, old, initiator)
  if value == old or not synchronised(prop) then return end
  if old ~= nil then
    local other = other_side(prop, old)
    local stop = other.uselist and other.tokens.remove or other.tokens.replace
    if initiator ~= stop then attributes().pop(old, other, obj, prop.tokens.append, symbols.NO_FETCH) end
  end
  if value ~= nil then append_to(obj, prop, value, initiator) end
end

return backref
