--- am.inspect(object): the state of an instance as users see it.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local object_set = require "alchemoon.orm.object_set"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"

local inspection = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE
local rawget = rawget

-- --- identity -------------------------------------------------------------------------------------------

-- The primary key of a stored object, from its slots, or from its key when it is expired.
local function identity_of(obj, mapper)
  if rawget(obj, 2) == nil then return nil end
  local values = {}
  for i, slot in ipairs(mapper.pk_slots) do
    local value = access.changes_of(obj) and access.changes_of(obj)[slot] or rawget(obj, slot)
    if value == NO_VALUE or value == nil then
      if #mapper.pk_slots == 1 then value = rawget(obj, 2)
      else value = access.value_at(obj, mapper, slot) end
    end
    values[i] = value
  end
  return values
end

--- { class, { primary key values }, token } of an object; or identity_key(class, key), identity_key(class, { … }, {
-- token }).
function inspection.identity_key(what, key, opts)
  local mapper = instance.mapper_of(what)
  if mapper then
    local values = identity_of(what, mapper)
    if not values then
      values = {}
      for i, slot in ipairs(mapper.pk_slots) do
        local value = access.value_at(what, mapper, slot)
        values[i] = value == nil and null or value
      end
    end
    local token = rawget(what, 2) ~= nil and identity.token_of(rawget(what, 2)) or nil
    return { mapper.base.class, values, token }
  end
  local class_mapper = type(what) == "table" and rawget(what, "__mapper__")
  if not class_mapper then exc.raise("ArgumentError", "identity_key: a class or an object is needed, got %s",
    type(what)) end
  if type(key) ~= "table" then key = { key } end
  return { class_mapper.base.class, key, opts and opts.identity_token }
end

-- --- history --------------------------------------------------------------------------------------------

local History = { __name = "History" }
History.__index = History

local function as_list(values)
  local out = {}
  for i = 1, #values do out[i] = values[i] end
  return out
end

--- Is there no change?
function History:empty() return #self.added == 0 and #self.deleted == 0 and #self.unchanged == 0 end
function History:has_changes() return #self.added > 0 or #self.deleted > 0 end
local function joined(...)
  local out = {}
  for _, list in ipairs { ... } do
    for _, item in ipairs(list) do out[#out + 1] = item end
  end
  return out
end
function History:sum() return joined(self.added, self.unchanged, self.deleted) end
function History:non_deleted() return joined(self.added, self.unchanged) end
function History:non_added() return joined(self.unchanged, self.deleted) end

local function new_history(added, unchanged, deleted)
  return setmetatable({ as_list(added), as_list(unchanged), as_list(deleted), added = as_list(added),
    unchanged = as_list(unchanged), deleted = as_list(deleted) }, History)
end

local function column_history(obj, prop)
  local slot = prop.slot
  local current = rawget(obj, slot)
  local context = rawget(obj, 1)
  if context == nil or context.lifecycle == "pending" then
    if current == nil then return new_history({}, {}, {}) end
    return new_history({ current }, {}, {})
  end
  local changes = access.changes_of(obj)
  if not changes or changes[slot] == nil then
    if current == nil then return new_history({}, {}, {}) end
    return new_history({}, { current }, {})
  end
  local changed, new, old = access.column_change(obj, slot)
  if not changed then return new_history({}, { new }, {}) end
  return new_history({ new }, {}, old ~= nil and { old } or {})
end

--- The history of an attribute of an object.
function inspection.history(obj, name, passive)
  local mapper = states.mapper_of(obj)
  local prop = mapper:get_property(name)
  if prop.kind == "synonym" then prop = mapper:get_property(prop.name) end
  if prop.kind ~= "relationship" then return column_history(obj, prop) end
  local history = access.history(obj, prop, passive or symbols.NO_INITIALIZE)
  return new_history(history.added, history.unchanged, history.deleted)
end

-- --- attributes -----------------------------------------------------------------------------------------

local Attribute = { __name = "AttributeState" }
Attribute.__index = function(self, key)
  local obj, prop = rawget(self, "_obj"), rawget(self, "_prop")
  if key == "value" then return obj[prop.key] end
  if key == "loaded_value" then
    local value = rawget(obj, prop.slot or -1)
    if value == nil then return NO_VALUE end
    if value == null then return nil end
    return value
  end
  if key == "history" then return inspection.history(obj, prop.key) end
  return Attribute[key]
end
--- The history; what is not loaded is loaded.
function Attribute:load_history() return inspection.history(self._obj, self._prop.key, symbols.OFF) end

local function attribute_state(obj, prop)
  return setmetatable({ key = prop.key, _obj = obj, _prop = prop }, Attribute)
end

local function attrs_of(obj)
  local mapper = states.mapper_of(obj)
  return setmetatable({}, { __index = function(_, key)
    return attribute_state(obj, mapper:get_property(key))
  end, __pairs = function()
    local i = 0
    return function()
      i = i + 1
      local prop = mapper.props[i]
      if prop then return prop.key, attribute_state(obj, prop) end
      return nil
    end
  end })
end

-- --- the state ------------------------------------------------------------------------------------------

local State = { __name = "InstanceState" }
local fields = {}
local methods = {}
State.__index = function(self, key)
  local method = methods[key]
  if method then return method end
  local field = fields[key]
  if field then return field(rawget(self, "object"), rawget(self, "mapper")) end
  return nil
end
State.__tostring = function(self) return ("InstanceState(%s)"):format(instance.describe(self.object)) end

function fields.transient(obj) return rawget(obj, 2) == nil and states.session_of(obj) == nil end
function fields.pending(obj) return rawget(obj, 2) == nil and states.session_of(obj) ~= nil end
function fields.persistent(obj)
  local context = rawget(obj, 1)
  return rawget(obj, 2) ~= nil and context ~= nil and context.lifecycle == "persistent"
end
function fields.deleted(obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.lifecycle == "deleted"
end
function fields.detached(obj) return rawget(obj, 2) ~= nil and states.session_of(obj) == nil end
function fields.was_deleted(obj)
  local context = rawget(obj, 1)
  return context ~= nil and (context.lifecycle == "deleted" or context.deleted == true)
end
function fields.has_identity(obj) return rawget(obj, 2) ~= nil end
function fields.identity(obj, mapper) return identity_of(obj, mapper) end
function fields.identity_key(obj)
  if rawget(obj, 2) == nil then return nil end
  return inspection.identity_key(obj)
end
fields.key = fields.identity_key
function fields.identity_token(obj) return rawget(obj, 2) ~= nil and identity.token_of(rawget(obj, 2)) or nil end
function fields.session(obj) return states.session_of(obj) end
fields.async_session = fields.session
function fields.attrs(obj) return attrs_of(obj) end
function fields.class(_, mapper) return mapper.class end
fields.class_ = fields.class
function fields.modified(obj)
  local changes = access.changes_of(obj)
  if changes then return next(changes) ~= nil end
  local context = rawget(obj, 1)
  if context == nil or context.lifecycle == "pending" then
    for _, prop in ipairs(states.mapper_of(obj).props) do
      if prop.slot and rawget(obj, prop.slot) ~= nil then return true end
    end
  end
  return false
end
function fields.expired(obj, mapper) return rawget(obj, 2) ~= nil and rawget(obj, mapper.pk_slots[1]) == nil end

local function empty_names(obj, mapper, wanted)
  local names = {}
  for _, prop in ipairs(mapper.props) do
    if prop.slot and wanted(prop) and rawget(obj, prop.slot) == nil then names[#names + 1] = prop.key end
  end
  table.sort(names)
  return object_set.view(names)
end
function fields.unloaded(obj, mapper) return empty_names(obj, mapper, function() return true end) end
function fields.expired_attributes(obj, mapper)
  if rawget(obj, 2) == nil then return object_set.view {} end
  return empty_names(obj, mapper, function(prop) return prop.kind == "column" and not prop.deferred end)
end
function fields.dict(obj, mapper)
  local out = {}
  for _, prop in ipairs(mapper.props) do
    if prop.slot and rawget(obj, prop.slot) ~= nil then out[prop.key] = rawget(obj, prop.slot) end
  end
  return out
end

--- The object itself.
function methods:obj() return self.object end

--- The state of an instance; nil for anything else.
function inspection.of(obj)
  local mapper = instance.mapper_of(obj)
  if not mapper then return nil end
  return setmetatable({ object = obj, mapper = mapper }, State)
end

-- --- am.flag_modified and friends -----------------------------------------------------------------------

local function slot_of(obj, name)
  local mapper = states.mapper_of(obj)
  local prop = mapper:get_property(name)
  if prop.kind == "synonym" then prop = mapper:get_property(prop.name) end
  return prop.slot, mapper, prop
end

--- Marks an attribute as changed, whatever its value.
function inspection.flag_modified(obj, name)
  local slot = slot_of(obj, name)
  if rawget(obj, slot) == nil then
    exc.raise("InvalidRequestError", "Can't flag attribute '%s' modified; it's not present in the object state", name)
  end
  local changes = instance.changes_for_write(obj)
  if changes then changes[slot] = NO_VALUE end
end

--- Marks an object as dirty without any attribute: it takes part in the next flush's events.
function inspection.flag_dirty(obj)
  states.mapper_of(obj)
  instance.changes_for_write(obj)
end

--- Sets an attribute without history and without events.
function inspection.set_committed_value(obj, name, value)
  local slot, _, prop = slot_of(obj, name)
  if prop.kind == "relationship" and prop.uselist and type(value) == "table" then
    require("alchemoon.orm.attributes").adopt_collection(obj, prop, value)
  else
    rawset(obj, slot, value == nil and null or value)
  end
  local changes = access.changes_of(obj)
  if changes then changes[slot] = nil end
end

return inspection
