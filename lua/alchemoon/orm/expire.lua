--- Expiry: attributes forget their values, so that the next read asks the database.
--
-- An empty slot means "look" (README.md); expiring is emptying slots, dropping recorded changes and forgetting what was
-- known about parents.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"
local cascade = require "alchemoon.orm.cascade"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local states = require "alchemoon.orm.states"
local unfetched = require "alchemoon.orm.unfetched"
local unset = require "alchemoon.orm.unset"

local expire = {}
local rawget, rawset, getmetatable, pairs = rawget, rawset, getmetatable, pairs
local clear_map = core.orm_expire_map

-- The relationships that remember who the parent of an object of this class is; nil if none does.
local function parent_props(mapper)
  local list, at = nil, mapper
  while at do
    for _, prop in ipairs(at.parent_props or {}) do
      list = list or {}
      list[#list + 1] = prop
    end
    at = at.inherits
  end
  return list
end

local NOTHING = {}

local function forget_parents(obj, props)
  for i = 1, #props do
    local parents = props[i].parents
    if parents then
      if parents[obj] ~= nil then parents[obj] = nil end
      props[i].adopted[obj] = nil
    end
  end
end

--- Tells listeners of "expire".
---@param mapper table
---@param obj table
---@param names string[]?   nil: everything
function expire.tell(mapper, obj, names)
  local dispatch = mapper.instance_dispatch
  if dispatch and dispatch.expire then event.fire(dispatch.expire, obj, names) end
end

local function empty(session, obj, mapper)
  identity.keep(obj, mapper, session.modified[obj])
  for slot = 3, mapper.slot_count do rawset(obj, slot, nil) end
  session.modified[obj] = nil
  local props = parent_props(mapper)
  if props then forget_parents(obj, props) end
end

--- Everything about one object.
function expire.object(session, obj, mapper)
  empty(session, obj, mapper)
  unset.expire_alone(obj)
  expire.tell(mapper, obj, nil)
end

-- What must be done per object beyond emptying its slots, for a hierarchy of mappers; is there somebody who listens?
local function hooks_of(base)
  local top, special, heard = 0, false, false
  for _, mapper in ipairs(base.self_and_descendants) do
    if mapper.slot_count > top then top = mapper.slot_count end
    local dispatch = mapper.instance_dispatch
    if dispatch and dispatch.expire then heard = true end
    if parent_props(mapper) then special = true end
  end
  return top, special, heard
end

local function expire_one(session, obj)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  empty(session, obj, mapper)
  unset.expire_object(obj)
  expire.tell(mapper, obj, nil)
end

--- All objects of the identity map: after commit and rollback.
function expire.all(session)
  unfetched.keep(session)
  local told -- base mapper → true for hierarchies that somebody listens to
  for base, map in pairs(session.identity) do
    local top, special, heard = hooks_of(base)
    if heard then
      told = told or {}
      told[base] = true
    elseif special or identity.is_opaque((next(map))) then
      for _, obj in pairs(map) do expire_one(session, obj) end
    elseif clear_map then
      clear_map(map, top)
    else
      for _, obj in pairs(map) do
        for slot = 3, top do rawset(obj, slot, nil) end
      end
    end
  end
  for _, obj in ipairs(told and identity.all_sorted(session, told) or NOTHING) do expire_one(session, obj) end
  unset.expire_all(session)
  if next(session.modified) ~= nil then
    for obj in pairs(session.modified) do session.modified[obj] = nil end
  end
end

--- Some slots of an object.
function expire.slots(session, obj, mapper, slots)
  local changes = session.modified[obj]
  local names = {}
  identity.keep(obj, mapper, changes)
  for i = 1, #slots do
    local slot = slots[i]
    rawset(obj, slot, nil)
    local kind = mapper.prop_at[slot].kind
    if kind == "column" then unset.expire(obj, slot)
    elseif kind == "relationship" and rawget(obj, 1).options then unset.lose_options(obj, slot) end
    if changes then changes[slot] = nil end
    names[i] = mapper.name_of[slot]
    for _, composite in ipairs(mapper.composite_list or NOTHING) do
      if composite:has_part(mapper, slot) then
        rawset(obj, composite.slot, nil)
        if slot == composite.slot then unset.pop_composites(obj) else unset.load_composites(obj) end
      end
    end
  end
  expire.tell(mapper, obj, names)
end

--- The slots of named attributes; an unknown name is an error.
function expire.slots_of(mapper, names)
  local slots = {}
  for _, name in ipairs(names) do
    local prop = mapper:get_property(name)
    if prop.kind == "synonym" then prop = mapper:get_property(prop.name) end
    if prop.slot then slots[#slots + 1] = prop.slot end
  end
  return slots
end

local function validate_persistent(session, obj, mapper)
  if not identity.holds(session, obj, mapper) then
    exc.raise("InvalidRequestError", "Instance '%s' is not persistent within this Session", instance.describe(obj))
  end
end
expire.validate_persistent = validate_persistent

local function conditional(session, obj)
  local mapper = states.mapper_of(obj)
  if rawget(obj, 2) ~= nil then
    if states.session_of(obj) == session then expire.object(session, obj, mapper) end
  elseif session._new:contains(obj) then
    states.expunge(session, { obj })
  end
end

--- The names of attributes that a call was given, as a list; nil for all.
---@param place string   the method, for the message
---@param names any
---@return string[]?
function expire.check_names(place, names)
  if type(names) == "string" then return { names } end
  usage.check_table("session:" .. place, names, "a list of attribute names")
  return names
end

--- session:expire(obj, names) or (obj, { attribute_names = names }).
function expire.expire(session, obj, names)
  if options.is_options(names) and next(names) ~= nil then
    names = options.read("expire", names, { attribute_names = true }).attribute_names
  end
  local mapper = states.mapper_of(obj)
  validate_persistent(session, obj, mapper)
  unfetched.keep(session)
  names = expire.check_names("expire", names)
  if names and next(names) ~= nil then
    return expire.slots(session, obj, mapper, expire.slots_of(mapper, names))
  end
  local reached = cascade.collect(obj, "refresh_expire")
  conditional(session, obj)
  for i = 1, #reached do conditional(session, reached[i]) end
end

return expire
