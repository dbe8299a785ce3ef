--- How an attribute is read and written: straight in the object's slot (instance.lua), or through a descriptor.
--
-- mapper.attach chooses for each property. A descriptor is { prop, get, set } and leads to attributes.lua.
local attributes = require "alchemoon.orm.attributes"
local core = require "alchemoon.core"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local symbols = require "alchemoon.orm.symbols"
local watch = require "alchemoon.orm.collection_watch"

local null = symbols.null
local set_column = attributes.set_column

local function is_json(prop) return attributes.is_json_type(core.node_type(prop.columns[1])) end

-- JSON: nil is NULL, am.null is the JSON value null. NULL instead of a default is set_null's alone.
local function null_setter(m, prop)
  return function(obj)
    local value
    if not attributes.is_persistent(obj) then value = null end
    return set_column(obj, prop, value, m)
  end
end

local function json_descriptor(m, prop)
  return {
    get = function(obj)
      local value = rawget(obj, prop.slot)
      if value == nil then value = instance.missing(obj, m, prop.slot) end
      if value == null then return nil end
      if value == symbols.JSON_NULL then return null end
      return value
    end,
    set = function(obj, value)
      if value == null then value = symbols.JSON_NULL end
      return set_column(obj, prop, value, m)
    end,
    set_null = null_setter(m, prop),
  }
end

local function column_is_plain(m, prop, key)
  local dispatch = m.attr_dispatch[key]
  return not (prop.active_history or prop.coerce or prop.after_set or prop.parent.validators[key]
    or dispatch and dispatch.watched or m.after_set[key] or m.in_composite[key])
end

-- Values that are changed in place: what is read is watched.
local function mutable_descriptor(m, prop)
  local mutable = require "alchemoon.orm.ext.mutable"
  local json = is_json(prop)
  return {
    prop = prop,
    set_null = json and null_setter(m, prop) or nil,
    get = function(obj)
      local value = rawget(obj, prop.slot)
      if value == nil then value = instance.missing(obj, m, prop.slot) end
      if value == null then return nil end
      if value == symbols.JSON_NULL then return null end
      return mutable.read(obj, prop, value)
    end,
    set = function(obj, value)
      if json and value == null then value = symbols.JSON_NULL end
      return set_column(obj, prop, value, m)
    end,
  }
end

-- What listeners are told of a change: with which attribute it began, and how.
local function token_of(prop, key, op) return { prop = prop, parent_token = prop, key = key, op = op } end

-- Plain columns get slots that are read without a call; everything else a descriptor.
local function attach_column(m, key, prop)
  if prop.comparator_factory then require("alchemoon.orm.attr").no_fast_path() end
  prop.tokens = prop.tokens or { replace = token_of(prop, key, symbols.OP_REPLACE),
    remove = token_of(prop, key, symbols.OP_REMOVE) }
  m.read_slot[key], m.write_slot[key], m.descriptor[key] = nil, nil, nil
  if prop.mutable_class == nil and prop:is_table_column() and prop.parent == m then
    local mutable = package.loaded["alchemoon.orm.ext.mutable"]
    local cls = mutable and mutable.class_for(prop)
    if cls then return mutable.establish(m, prop, cls) end
  end
  if prop.mutable_class then
    m.descriptor[key] = mutable_descriptor(m, prop)
    return
  end
  if prop:is_table_column() and is_json(prop) then
    m.descriptor[key] = json_descriptor(m, prop)
    return
  end
  m.read_slot[key] = prop.slot
  if column_is_plain(m, prop, key) then
    m.write_slot[key] = prop.slot
  else
    m.descriptor[key] = { prop = prop, set = function(obj, value)
      if value == null then value = nil end
      return set_column(obj, prop, value, m)
    end }
  end
  if key == m.init_name then m.init_slot = m.write_slot[key] end
end

-- The get of an attribute that holds a list or set.
local function collection_reader(m, prop)
  local slot = prop.slot
  return function(obj)
    local list = obj[slot]
    if list == nil then list = instance.missing(obj, m, slot) end
    if type(list) ~= "table" then return list ~= null and list or nil end
    return watch.read(obj, list)
  end
end

-- The tokens say to listeners which attribute a change began with; an append and a replacement are the same.
local function attach_relationship(m, key, prop)
  if not prop.tokens then
    prop.tokens = {
      append = token_of(prop, key, symbols.OP_APPEND),
      remove = token_of(prop, key, symbols.OP_REMOVE),
      bulk = token_of(prop, key, symbols.OP_BULK_REPLACE),
    }
    prop.tokens.replace = prop.tokens.append
  end
  if prop.uselist == false then prop.tokens.append.op = symbols.OP_REPLACE end
  if prop.instance_get then
    m.descriptor[key] = { prop = prop, get = function(obj) return prop.instance_get(obj, prop) end,
      set = function(obj, value) return prop.instance_set(obj, prop, value) end }
    m.read_slot[key] = nil
    return
  end
  -- A list or set is watched from its first read on. What the attribute is may be known later.
  m.read_slot[key] = not prop.is_watched and prop.slot or nil
  m.descriptor[key] = { prop = prop, get = prop.is_watched and collection_reader(m, prop), set = function(obj, value)
    if not prop.initialised then instance.configure(m) end
    if prop.uselist then return attributes.replace_collection(obj, prop, value) end
    return attributes.set_object(obj, prop, value)
  end }
end

--- Chooses the way to a property of a mapper; called again when listeners or validators come.
function mapper.attach(m, key, prop)
  if prop.uninstrumented then m.read_slot[key], m.write_slot[key] = nil, nil
  elseif prop.kind == "column" then attach_column(m, key, prop)
  elseif prop.kind == "relationship" then attach_relationship(m, key, prop)
  else prop:attach_to(m, key) end
  instance.reads_changed(m)
end

--- Something about an attribute changed (a listener, a validator): plain access is reconsidered.
function mapper.attributes_changed(m, key)
  local prop = m.prop[key]
  if prop then mapper.attach(m, key, prop) end
  for _, sub in ipairs(m.subclasses) do
    if sub.prop[key] then mapper.attributes_changed(sub, key) end
  end
end

--- Gives a mapper and its subclasses a hybrid, an association proxy or another self-made attribute.
function mapper.attach_descriptor(m, key, value)
  m.given_descriptors[key] = value
  m.descriptor[key] = value:bind(m, key)
  for _, sub in ipairs(m.subclasses) do mapper.inherit_descriptor(sub, key, value) end
end

--- Gives a class a descriptor of its base, unless it has something of its own under that name.
function mapper.inherit_descriptor(m, key, value)
  if m.own_descriptors[key] or m.prop[key] or rawget(rawget(m.class, "__members"), key) ~= nil then return end
  mapper.attach_descriptor(m, key, value)
end

return mapper.attach
