--- am.inspect(obj), am.inspect(User), am.inspect(aliased): states of objects, mappers, entities.
local column_load = require "alchemoon.orm.column_load"
local core = require "alchemoon.core"
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local inspection = require "alchemoon.inspection"
local options = require "alchemoon.options"
local aliased = require "alchemoon.orm.aliased"
local attribute_functions = require "alchemoon.orm.attribute_functions"
local attributes = require "alchemoon.orm.attributes"
local watch = require "alchemoon.orm.collection_watch"
local columns = require "alchemoon.sql.columns"
local history = require "alchemoon.orm.history"
local identity = require "alchemoon.orm.identity"
local inspection_flags = require "alchemoon.orm.inspection_flags"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local select_columns = require "alchemoon.orm.select_columns"
local settled = require "alchemoon.orm.settled"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"
local usage = require "alchemoon.usage"

local inspect_orm = {}
local null = symbols.null

local OBJECT = {} -- a key that no attribute can have

-- --- one attribute of one object -----------------------------------------------------------------------------------

-- Values that were changed in place are noticed when somebody asks.
local function look(obj)
  local mutable = package.loaded["alchemoon.orm.ext.mutable"]
  if mutable then mutable.look(obj) end
  watch.look(obj)
end

local AttributeState = { __name = "AttributeState" }
local attribute_fields = {
  value = function(self) return rawget(self, OBJECT)[rawget(self, "key")] end,
  loaded_value = function(self)
    local value = rawget(rawget(self, OBJECT), rawget(self, "prop").slot or -1)
    if value == nil or attributes.is_untouched(value) then return symbols.NO_VALUE end
    if value == null then return nil end
    return value
  end,
  history = function(self)
    look(rawget(self, OBJECT))
    return history.of(rawget(self, OBJECT), rawget(self, "prop"), symbols.NO_INITIALIZE)
  end,
  state = function(self) return inspect_orm.state(rawget(self, OBJECT)) end,
}
local attribute_methods = {
  load_history = function(self) return history.of(rawget(self, OBJECT), self.prop, symbols.OFF) end,
}
usage.check_receivers(attribute_methods, "attribute", usage.receiver_of(AttributeState))

function AttributeState.__index(self, key)
  local field = attribute_fields[key]
  if field then return field(self) end
  local method = attribute_methods[key]
  if method then return method end
  return exc.raise("ArgumentError", "AttributeState has no attribute '%s'%s", tostring(key),
    options.hint(tostring(key), attribute_fields))
end

-- state.attrs.<name>; #, ipairs, `for attr in attrs do`, keys(), values(), items() and contains() in the order of
-- declaration.
local Attrs = { __name = "AttributeStates" }
local object_of = entries.beside()

-- The attributes that objects have: not the discriminator of a union, but what a concrete class refuses.
local function attributes_of(mapper)
  local list = {}
  for _, prop in ipairs(select_columns.ordered(mapper)) do
    if not prop.uninstrumented then list[#list + 1] = prop end
  end
  for _, prop in ipairs(mapper.refused_props or {}) do list[#list + 1] = prop end
  return list
end

local function attribute_named(mapper, key)
  local prop = mapper.prop[key]
  if prop and not prop.uninstrumented then return prop end
  for _, refused in ipairs(mapper.refused_props or {}) do
    if refused.key == key then return refused end
  end
  return nil
end

local function ordered_keys(self)
  local list = {}
  for i, prop in ipairs(attributes_of(instance.mapper_of(object_of[self]))) do list[i] = prop.key end
  return list
end
local attrs_methods = {
  keys = function(self) return columns.list(ordered_keys(self)) end,
  values = function(self)
    local list = ordered_keys(self)
    for i, key in ipairs(list) do list[i] = self[key] end
    return columns.list(list)
  end,
  items = function(self)
    local i, list = 0, ordered_keys(self)
    return function()
      i = i + 1
      if list[i] then return list[i], self[list[i]] end
    end
  end,
  contains = function(self, key) return attribute_named(instance.mapper_of(object_of[self]), key) ~= nil end,
}
usage.check_receivers(attrs_methods, "attrs", usage.receiver_of(Attrs))

local function attribute_state(obj, prop, key)
  return setmetatable({ [OBJECT] = obj, prop = prop, key = key }, AttributeState)
end

-- By position, too: ipairs() of Lua 5.1 asks no metatable.
local function attribute_states(obj)
  local states = {}
  for i, prop in ipairs(attributes_of(instance.mapper_of(obj))) do
    states[i] = attribute_state(obj, prop, prop.key)
  end
  object_of[states] = obj
  return setmetatable(states, Attrs)
end

function Attrs.__index(self, key)
  if type(key) == "number" then return nil end
  local obj = object_of[self]
  local m = instance.mapper_of(obj)
  local prop = attribute_named(m, key)
  if prop then return attribute_state(obj, prop, key) end
  if attrs_methods[key] then return attrs_methods[key] end
  return instance.no_attribute(m, key)
end
Attrs.__pairs = attrs_methods.items
function Attrs.__call(self, _, previous)
  local key = columns.after(ordered_keys(self), previous and previous.key)
  return key and self[key]
end

-- --- one object ----------------------------------------------------------------------------------------------------

local State = { __name = "InstanceState" }

local function context_of(self) return rawget(rawget(self, OBJECT), 1) end
local function is_state(name)
  return function(self)
    local context = context_of(self)
    if name == "transient" then return context == nil end
    if context == nil then return false end
    return context.lifecycle == name or name == "persistent" and context.lifecycle == "displaced"
  end
end

local function has_value(obj, prop)
  if prop.kind == "synonym" then return false end
  if prop.kind == "composite" then return prop:present(obj) ~= nil end
  local value = rawget(obj, prop.slot)
  if value == nil then return rawget(obj, 2) == nil and settled.is_none(obj, prop.slot) end
  return not attributes.is_untouched(value)
end

-- Was an attribute of a transient or pending object set since it was made, or since a rollback took its row?
local function is_news(obj, prop)
  if settled.values(obj) then return settled.is_changed(obj, prop) end
  return has_value(obj, prop)
end

local function each_attribute(self, fn)
  local list = {}
  for _, prop in ipairs(self.mapper.props) do
    if not prop.uninstrumented and fn(prop) then list[#list + 1] = prop.key end
  end
  for _, prop in ipairs(self.mapper.refused_props or {}) do list[#list + 1] = prop.key end
  return columns.list(list)
end

-- Name of every changed attribute → its value before; NO_VALUE where that was not known, am.null for None.
local function committed_state(obj, mapper)
  look(obj)
  local out, persistent = {}, attributes.is_persistent(obj)
  local changes = persistent and instance.changes(obj) or {}
  for _, prop in ipairs(mapper.props) do
    local before = prop.slot and changes[prop.slot]
    if not persistent and is_news(obj, prop) then before = symbols.NO_VALUE end
    if before ~= nil and persistent and prop.kind == "relationship" and prop.uselist then
      local parts = history.of(obj, prop, symbols.NO_INITIALIZE)
      before = {}
      for _, part in ipairs { parts.unchanged or {}, parts.deleted or {} } do
        for _, item in ipairs(part) do before[#before + 1] = item end
      end
    end
    if before ~= nil then out[prop.key] = before end
  end
  return out
end

local infos = setmetatable({}, { __mode = "k" }) -- object → what the program notes about it

local fields = {
  info = function(self)
    local obj = rawget(self, OBJECT)
    infos[obj] = infos[obj] or {}
    return infos[obj]
  end,
  transient = is_state "transient", pending = is_state "pending", persistent = is_state "persistent",
  deleted = is_state "deleted", detached = is_state "detached",
  was_deleted = function(self) return attribute_functions.was_deleted(rawget(self, OBJECT)) end,
  object = function(self) return rawget(self, OBJECT) end,
  session = function(self)
    local context = context_of(self)
    return context and context.session or nil
  end,
  session_id = function(self)
    local session = self.session
    return session and session.hash_key or nil
  end,
  mapper = function(self) return instance.mapper_of(rawget(self, OBJECT)) end,
  class_ = function(self) return getmetatable(rawget(self, OBJECT)) end,
  has_identity = function(self) return rawget(rawget(self, OBJECT), 2) ~= nil end,
  identity = function(self) return identity.values(rawget(self, OBJECT), self.mapper) end,
  identity_key = function(self)
    local values = self.identity
    if values == nil then return nil end
    return identity.shown(self.mapper, values, self.identity_token)
  end,
  key = function(self) return self.identity_key end,
  identity_token = function(self) return identity.token(rawget(self, OBJECT)) end,
  modified = function(self)
    local obj = rawget(self, OBJECT)
    look(obj)
    if attributes.is_persistent(obj) then return instance.changes(obj) ~= nil end
    for _, prop in ipairs(self.mapper.props) do
      if is_news(obj, prop) then return true end
    end
    return false
  end,
  dict = function(self)
    local obj, out = rawget(self, OBJECT), {}
    for _, prop in ipairs(self.mapper.props) do
      if prop.kind ~= "synonym" and not prop.uninstrumented and has_value(obj, prop)
        and not instance.is_deletion(obj, prop.slot) then
        local value = rawget(obj, prop.slot)
        if value == nil then value = null end -- nil was assigned where a default comes
        out[prop.key] = value
      end
    end
    return out
  end,
  committed_state = function(self) return committed_state(rawget(self, OBJECT), self.mapper) end,
  callables = function() return {} end, -- attributes that load themselves are told by expired_attributes
  attrs = function(self) return attribute_states(rawget(self, OBJECT)) end,
  unloaded = function(self)
    local obj = rawget(self, OBJECT)
    local changes = instance.changes(obj) or {}
    return each_attribute(self, function(prop)
      return not has_value(obj, prop) and (prop.slot == nil or changes[prop.slot] == nil)
    end)
  end,
  unmodified = function(self)
    local obj = rawget(self, OBJECT)
    local persistent = attributes.is_persistent(obj)
    local changes = instance.changes(obj) or {}
    return each_attribute(self, function(prop)
      if not persistent then return not is_news(obj, prop) end
      return prop.slot == nil or changes[prop.slot] == nil
    end)
  end,
  expired = function(self) -- as a whole, and no column was read again since
    local obj = rawget(self, OBJECT)
    if rawget(obj, 2) == nil or rawget(obj, self.mapper.pk_slots[1]) ~= nil then return false end
    local changes = instance.changes(obj) or {}
    for _, prop in ipairs(self.mapper.props) do
      local slot = prop.kind == "column" and prop.slot
      if slot and rawget(obj, slot) ~= nil and changes[slot] == nil then return false end
    end
    return true
  end,
  async_session = function(self) return self.session end,
}
inspection_flags.add(fields, "is_instance")
fields.unloaded_expirable = fields.unloaded
fields.expired_attributes = function(self)
  local obj = rawget(self, OBJECT)
  if not attributes.is_persistent(obj) then -- what an INSERT expired, which is not over or was taken back
    return each_attribute(self, function(prop)
      return prop.slot ~= nil and (unset.is_expired(obj, prop.slot) or settled.is_expired(obj, prop.slot))
    end)
  end
  if rawget(obj, self.mapper.pk_slots[1]) == nil then -- what was set stays expired, what was loaded by name does not
    local changes = instance.changes(obj) or {}
    return each_attribute(self, function(prop)
      return not prop.slot or rawget(obj, prop.slot) == nil or changes[prop.slot] ~= nil
    end)
  end
  local was_expired, changes = unset.was_expired(obj), instance.changes(obj) or {}
  return each_attribute(self, function(prop)
    if not prop.slot then return was_expired end
    if prop.query_expression then return false end -- no load of its own
    if prop.kind == "composite" and unset.is_popped(obj) then return false end
    if rawget(obj, prop.slot) ~= nil then return changes[prop.slot] ~= nil and unset.is_expired(obj, prop.slot) end
    if was_expired then return true end
    if prop.kind ~= "column" or column_load.is_deferred(obj, prop) then return unset.is_expired(obj, prop.slot) end
    return not unset.is(obj, self.mapper, prop.slot)
  end)
end

local methods = {
  obj = function(self) return self.object end,
  --- Those of the names whose attributes have no change that waits for a flush.
  unmodified_intersection = function(self, names)
    usage.check_arguments("state:unmodified_intersection", "table", names)
    local unmodified, list = self.unmodified, {}
    for _, name in ipairs(names) do
      if unmodified:contains(name) then list[#list + 1] = name end
    end
    return columns.list(list)
  end,
  --- Primary key values in a table.
  get_history = function(self, key, passive) return history.of(self.object, self.mapper:get_property(key), passive) end,
}

usage.check_receivers(methods, "state", usage.receiver_of(State))

function State.__index(self, key)
  local field = fields[key]
  if field then return field(self) end
  local method = methods[key]
  if method then return method end
  key = tostring(key)
  return exc.raise("ArgumentError", "'InstanceState' object has no attribute '%s'%s", key,
    options.suggestion(key, fields))
end
function State.__tostring(self) return ("<InstanceState of %s>"):format(instance.describe(rawget(self, OBJECT))) end
function State.__eq(a, b) return rawget(a, OBJECT) == rawget(b, OBJECT) end

--- What is known of an object's state.
function inspect_orm.state(obj) return setmetatable({ [OBJECT] = obj }, State) end

-- --- entities ------------------------------------------------------------------------------------------------------

local AliasedInsp = { __name = "AliasedInsp" }
local aliased_fields = {
  mapper = function(self) return rawget(rawget(self, "alias"), "__mapper__") end,
  selectable = function(self) return core.node_get(rawget(rawget(self, "alias"), "__entity__"), "from") end,
  entity = function(self) return rawget(self, "alias") end,
  name = function(self) return core.node_get(rawget(rawget(self, "alias"), "__entity__"), "name") end,
  class_ = function(self) return self.mapper.class end,
  with_polymorphic_mappers = function(self) return aliased.mappers(rawget(rawget(self, "alias"), "__entity__")) end,
}
inspection_flags.add(aliased_fields, "is_aliased_class")
local unknown_of_alias = usage.unknown_attribute("AliasedInsp", {}, aliased_fields)
function AliasedInsp.__index(self, key)
  local field = aliased_fields[key]
  if field then return field(self) end
  return unknown_of_alias(key)
end

function AliasedInsp:__tostring() return tostring(self.entity) end
-- Each look makes a view of its own: those of one alias are the same.
function AliasedInsp:__eq(other)
  return rawget(rawget(self, "alias"), "__entity__") == rawget(rawget(other, "alias"), "__entity__")
end

inspection.register(instance.is, function(obj)
  instance.configure(instance.mapper_of(obj))
  return inspect_orm.state(obj)
end)
-- What inspect() gave is its own inspection.
inspection.register(function(value)
  local meta = type(value) == "table" and getmetatable(value)
  return meta == State or meta == AliasedInsp
end, function(value) return value end)
inspection.register(aliased.is, function(alias) return setmetatable({ alias = alias }, AliasedInsp) end)
inspection.register(function(value)
  return type(value) == "table" and (rawget(value, "__mapper__") ~= nil or rawget(value, "is_mapper") == true)
end, function(value)
  local mapper = rawget(value, "__mapper__") or value
  instance.configure(mapper)
  return mapper
end)
inspection.register(function(value) return core.node_tag(value) ~= nil end, function(node) return node end)

inspect_orm.loading = loading
return inspect_orm
