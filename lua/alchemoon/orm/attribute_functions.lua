--- What a program may do to attributes behind the back of their events: flag_modified, set_committed_value,
-- make_transient …
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local attributes = require "alchemoon.orm.attributes"
local collection_adapter = require "alchemoon.orm.collection_adapter"
local backref = require "alchemoon.orm.backref"
local collection_changes = require "alchemoon.orm.collection_changes"
local classes = require "alchemoon.orm.classes"
local history = require "alchemoon.orm.history"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local settled = require "alchemoon.orm.settled"
local strategy_error = require "alchemoon.orm.strategy_error"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"
local unpack = table.unpack or unpack -- luacheck: ignore 113

local functions = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE

local function expect_instance(value)
  local m = instance.mapper_of(value)
  if m then return m end
  local name = type(value)
  if classes.is(value) then
    exc.raise("UnmappedInstanceError", "Class 'type' is not mapped; was a class (%s) supplied where an instance was " ..
      "required?", tostring(rawget(value, "__name")))
  end
  exc.raise("UnmappedInstanceError", "Class '%s' is not mapped", name)
end
functions.expect_instance = expect_instance

local function expect_prop(m, key)
  if core.node_tag(key) == core.tags.ORM_ATTR then key = core.node_get(key, "name") end
  local prop = m.prop[key]
  if not prop then
    exc.raise("InvalidRequestError", "Mapper '%s' has no property '%s'%s", tostring(m), tostring(key),
      options.hint(tostring(key), m.prop))
  end
  if prop.kind == "synonym" then return expect_prop(m, prop.name) end
  return prop
end

--- am.get_attribute(obj, key)
---@param obj table
---@param key string
---@return any
function functions.get_attribute(obj, key)
  expect_instance(obj)
  return obj[key]
end

--- am.set_attribute(obj, key, value, initiator): as an assignment, events included. `initiator`: what a listener was
-- given, so that those of this attribute learn where the change began.
---@param obj table
---@param key string
---@param value any
---@param initiator table?
function functions.set_attribute(obj, key, value, initiator)
  local m = expect_instance(obj)
  local prop = expect_prop(m, key)
  if initiator == nil or prop.uselist then obj[key] = value
  elseif prop.kind == "column" then attributes.set_column(obj, prop, value, m, initiator)
  elseif prop.kind == "relationship" then attributes.set_object(obj, prop, value, initiator)
  else obj[key] = value end
end

--- am.del_attribute(obj, key): the value is forgotten; a flush writes NULL.
---@param obj table
---@param key string
function functions.del_attribute(obj, key)
  local m = expect_instance(obj)
  local descriptor = m.prop[key] == nil and m.descriptor[key]
  if descriptor then
    if not descriptor.delete then
      exc.raise("ArgumentError", "can't delete attribute '%s' of '%s'", key, m.class_name)
    end
    return descriptor.delete(obj)
  end
  local prop = expect_prop(m, key)
  if prop.kind == "relationship" and prop.uselist then
    local collection = obj[key]
    for _, item in ipairs({ unpack(prop.adapter.items(collection)) }) do
      attributes.pop(obj, prop, item, nil, symbols.OFF)
    end
    return
  end
  if prop.kind == "composite" then return prop:delete(obj) end
  if prop.kind == "synonym" then return functions.del_attribute(obj, prop.name) end
  return attributes.delete(obj, prop, m)
end

--- am.get_history(obj, key, passive) or (obj, key, { passive = }): added, unchanged, deleted.
---@param obj table
---@param key string
---@param passive any   am.PASSIVE_*, else what is loaded
---@return alchemoon.History
function functions.get_history(obj, key, passive)
  local m = expect_instance(obj)
  if type(passive) == "table" then passive = options.read("get_history", passive, { passive = true }).passive end
  return history.of(obj, expect_prop(m, key), passive or symbols.OFF)
end

--- am.has_parent(cls, obj, key)
---@param cls table
---@param obj table
---@param key string
---@return boolean
function functions.has_parent(cls, obj, key)
  return backref.has_parent(expect_prop(rawget(cls, "__mapper__"), key), obj)
end

--- am.set_committed_value(obj, key, value): the value as if it had been loaded; no events, no history.
---@param obj table
---@param key string
---@param value any
function functions.set_committed_value(obj, key, value)
  local m = expect_instance(obj)
  local prop = expect_prop(m, key)
  local changes = instance.changes(obj)
  if prop.instance_get then exc.raise("InvalidRequestError", "%s", strategy_error.NOT_POPULATED) end
  if prop.kind == "relationship" and prop.uselist then
    if changes then changes[prop.slot] = nil end
    attributes.adopt_collection(obj, prop, value or {})
  else
    if value == nil then value = null end
    rawset(obj, prop.slot, value)
    if changes then changes[prop.slot] = nil end
  end
  if not attributes.is_persistent(obj) then settled.note(obj, prop) end
end

--- am.init_collection(obj, key): an empty collection, as a loader would begin with.
---@param obj table
---@param key string
---@return table the collection's adapter
function functions.init_collection(obj, key)
  local prop = expect_prop(expect_instance(obj), key)
  if prop.kind ~= "relationship" or not prop.uselist then
    exc.raise("InvalidRequestError", "%s is not a collection attribute", tostring(prop))
  end
  return collection_adapter(attributes.init_collection(obj, prop))
end

local function fire_modified(m, prop, obj)
  local dispatch = m.attr_dispatch[prop.key]
  if dispatch and dispatch.modified then
    for _, listener in ipairs(dispatch.modified) do
      listener(obj, { prop = prop, impl = prop, key = prop.key, op = symbols.OP_MODIFIED })
    end
  end
end

--- Marks an attribute as changed whatever its value (a value that was changed in place).
function functions.mark_modified(obj, prop)
  if prop.kind == "relationship" and prop.uselist then return collection_changes.again(obj, prop) end
  local changes = instance.changes_for_write(obj)
  if changes then changes[prop.slot] = NO_VALUE end
end

--- The value of an attribute was changed where it is: listeners hear of it, and the next flush writes it.
function functions.changed_in_place(obj, prop)
  fire_modified(instance.mapper_of(obj), prop, obj)
  functions.mark_modified(obj, prop)
end

--- am.flag_modified(obj, key)
-- Raises InvalidRequestError if it is not loaded.
---@param obj table
---@param key string
function functions.flag_modified(obj, key)
  local m = expect_instance(obj)
  local prop = expect_prop(m, key)
  if prop.kind == "composite" then
    for _, part in ipairs(prop:parts(m)) do functions.mark_modified(obj, part) end
    return
  end
  fire_modified(m, prop, obj)
  if rawget(obj, prop.slot) == nil then
    exc.raise("InvalidRequestError", "Can't flag attribute '%s' modified; it's not present in the object state",
      prop.key)
  end
  functions.mark_modified(obj, prop)
end

--- am.flag_dirty(obj): the session looks at it in the next flush.
---@param obj table
function functions.flag_dirty(obj)
  expect_instance(obj)
  instance.changes_for_write(obj)
end

-- --- objects and mappers -------------------------------------------------------------------------------------------

--- am.object_session(obj)
---@param obj table
---@return alchemoon.Session?
function functions.object_session(obj)
  expect_instance(obj)
  local context = rawget(obj, 1)
  return context and context.session or nil
end

--- am.object_mapper(obj)
-- Raises UnmappedInstanceError.
---@param obj table
---@return alchemoon.Mapper
function functions.object_mapper(obj)
  local m = expect_instance(obj)
  instance.configure(m)
  return m
end

--- am.class_mapper(cls, { configure = false })
-- Raises UnmappedClassError.
---@param cls table
---@param opts table?
---@return alchemoon.Mapper
function functions.class_mapper(cls, opts)
  opts = options.read("class_mapper", opts, { configure = options.TRUE })
  local m = type(cls) == "table" and (rawget(cls, "__mapper__") or rawget(cls, "is_mapper") and cls)
  if not m then
    if type(cls) ~= "table" then
      exc.raise("ArgumentError", "Class object expected, got '%s'.", tostring(cls))
    end
    exc.raise("UnmappedClassError", "Class '%s' is not mapped", tostring(rawget(cls, "__name") or cls))
  end
  if opts.configure then instance.configure(m) end
  return m
end

--- am.was_deleted(obj): did a flush delete its row?
---@param obj table
---@return boolean
function functions.was_deleted(obj)
  expect_instance(obj)
  local context = rawget(obj, 1)
  if context == nil then return settled.was_deleted(obj) end
  return context.lifecycle == "deleted" or context.deleted == true
end

--- am.make_transient(obj): it forgets session and identity; its loaded values and its history stay.
---@param obj table
function functions.make_transient(obj)
  expect_instance(obj)
  local context = rawget(obj, 1)
  if context and context.session then context.session:_expunge_alone(obj) end
  local token = identity.token(obj)
  if rawget(obj, 2) ~= nil then settled.keep(obj, instance.kept_changes(obj)) else settled.forget_row(obj) end
  rawset(obj, 1, nil)
  rawset(obj, 2, nil)
  if token ~= nil then identity.set_token(obj, token) end
  instance.keep_changes(obj, nil)
  unset.forget(obj)
end

instance.detached_context = { lifecycle = "detached" }

--- am.make_transient_to_detached(obj): an object that was never stored is taken for one that is, by its primary key.
---@param obj table
function functions.make_transient_to_detached(obj)
  local m = expect_instance(obj)
  if rawget(obj, 1) ~= nil or rawget(obj, 2) ~= nil then
    exc.raise("InvalidRequestError", "Given object must be transient")
  end
  rawset(obj, 2, identity.key(m:primary_key_from_instance(obj), #m.pk_slots, identity.token(obj)))
  rawset(obj, 1, instance.detached_context)
  local names = {} -- what it does not have will be asked for
  for _, prop in ipairs(m.props) do
    if prop.slot and prop.kind ~= "composite" and rawget(obj, prop.slot) == nil then
      names[#names + 1] = prop.key
      if prop.kind == "column" then unset.expire(obj, prop.slot) end
    end
  end
  local dispatch = m.instance_dispatch
  if dispatch and dispatch.expire then event.fire(dispatch.expire, obj, names) end
end

--- am.identity_key(cls, key) / am.identity_key{ instance = obj } → { class, { values }, token }.
---@param ... any
---@return any[] the class, the primary key, the identity token
function functions.identity_key(...)
  local args, opts = options.split(...)
  opts = options.read("identity_key", opts, { instance = true, row = true, identity_token = true,
    class_ = true, ident = true })
  local key
  local obj = opts.instance
  if obj == nil and instance.is(args[1]) then obj = args[1] end
  if obj ~= nil then
    local m = expect_instance(obj)
    key = identity.shown(m, m:primary_key_from_instance(obj), identity.token(obj))
  else
    local cls, ident = opts.class_ or args[1], args[2]
    if cls == nil then exc.raise("ArgumentError", "class or instance is required") end
    local m = functions.class_mapper(cls)
    if ident == nil then ident = opts.ident end
    if ident == nil and opts.row == nil then exc.raise("ArgumentError", "ident or row is required") end
    if opts.row ~= nil then
      ident = {}
      for i, column in ipairs(m.primary_key) do ident[i] = opts.row[column] end
    end
    if type(ident) ~= "table" then ident = { ident } end
    key = identity.shown(m, ident)
  end
  if opts.identity_token ~= nil then key[3] = opts.identity_token end
  return key
end

return functions
