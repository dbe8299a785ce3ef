--- Collections beyond list and set: maps keyed by something of the item, and classes of the user's.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local collections = require "alchemoon.orm.collections"
local instance = require "alchemoon.orm.instance"

local kinds = {}
local hooks = collections.hooks

-- --- keyed collections: hidden under DATA: { owner, prop, keys = in order, map, key_of } ---------------------------

local DATA = {}
local dict = {}

local function data_of(self) return rawget(self, DATA) end

local function key_for(data, item)
  local key = data.key_of(item)
  if key == nil then
    exc.raise("InvalidRequestError", "%s", ("In event triggered from '%s' attribute, can't populate value for " ..
      "dictionary key " ..
      "from %s of %s; set it before the object is added to the collection"):format(tostring(data.prop),
      data.key_description, instance.describe(item)))
  end
  return key
end

local function store(data, key, item)
  if data.map[key] == nil then data.keys[#data.keys + 1] = key end
  data.map[key] = item
end

local function drop(data, key)
  data.map[key] = nil
  for i, known in ipairs(data.keys) do
    if known == key then
      table.remove(data.keys, i)
      break
    end
  end
end

local function fire_append(data, item)
  if data.owner then return hooks.append(data.owner, data.prop, item) end
  return item
end
local function fire_remove(data, item)
  if data.owner then hooks.remove(data.owner, data.prop, item) end
end

local function assign(self, key, item)
  local data = data_of(self)
  local former = data.map[key]
  if former == item then return end
  if former ~= nil then fire_remove(data, former) end
  item = fire_append(data, item)
  store(data, key, item)
end

--- set(item) under the key that it has, or set(key, item).
function dict.set(self, key, item)
  if item == nil then return assign(self, key_for(data_of(self), key), key) end
  return assign(self, key, item)
end
function dict.append(self, item) return dict.set(self, item) end

local function mismatch(data, item, key)
  exc.raise("InvalidRequestError", "%s", ("Can not remove '%s' from collection; collection holds '%s' for key '%s'. " ..
    "Possible " ..
    "cause: is the KeyFuncDict key function based on mutable properties or properties that only obtain values after " ..
      "flush?")
    :format(instance.describe(item), data.map[key] and instance.describe(data.map[key]) or "nothing", tostring(key)))
end

--- pop(key, default)
function dict.pop(self, key, ...)
  local data = data_of(self)
  local item = data.map[key]
  if item == nil then
    if select("#", ...) > 0 then return (...) end
    exc.raise("InvalidRequestError", "%s", ("no key '%s' in collection '%s'"):format(tostring(key),
      tostring(data.prop)))
  end
  fire_remove(data, item)
  if data.map[key] == item then drop(data, key) end
  return item
end

--- remove(item) or remove(key).
function dict.remove(self, item)
  local data = data_of(self)
  if not instance.is(item) then return (dict.pop(self, item)) end
  local key = key_for(data, item)
  if data.map[key] ~= item then mismatch(data, item, key) end
  return (dict.pop(self, key))
end
function dict.clear(self)
  local data = data_of(self)
  while data.keys[1] ~= nil do dict.pop(self, data.keys[1]) end
end
function dict.get(self, key, default)
  local item = data_of(self).map[key]
  if item == nil then return default end
  return item
end
function dict.setdefault(self, key, item)
  local known = data_of(self).map[key]
  if known ~= nil then return known end
  assign(self, key, item)
  return item
end
function dict.update(self, items)
  local keys = {}
  for key in pairs(items) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do assign(self, key, items[key]) end
end
--- contains(key) or contains(item).
function dict.contains(self, key)
  local data = data_of(self)
  if data.map[key] ~= nil then return true end
  for _, known in ipairs(data.keys) do
    if data.map[known] == key then return true end
  end
  return false
end
function dict.keys(self)
  local list = {}
  for i, key in ipairs(data_of(self).keys) do list[i] = key end
  return list
end
function dict.values(self)
  local data, list = data_of(self), {}
  for i, key in ipairs(data.keys) do list[i] = data.map[key] end
  return list
end
dict.to_list = dict.values
--- for key, item in collection:items() do
function dict.items(self)
  local data, i = data_of(self), 0
  return function()
    i = i + 1
    local key = data.keys[i]
    if key ~= nil then return key, data.map[key] end
  end
end
function dict.len(self) return #data_of(self).keys end
dict.count = dict.len

local function dict_index(self, key)
  local data = data_of(self)
  if data then
    local item = data.map[key]
    if item ~= nil then return item end
  end
  return dict[key]
end

local function dict_newindex(self, key, item)
  if item == nil then
    if data_of(self).map[key] ~= nil then dict.pop(self, key) end
    return
  end
  return assign(self, key, item)
end

local function dict_show(self)
  local parts = {}
  for key, item in dict.items(self) do parts[#parts + 1] = ("%s: %s"):format(tostring(key), tostring(item)) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- What is assigned: a list of items or a table key → item.
local function assigned(prop, value, adapter, key_of)
  local items = {}
  if adapter then
    for i, item in ipairs(adapter.items(value)) do items[i] = item end
    return items
  end
  if value[1] ~= nil and instance.is(value[1]) and key_of(value[1]) ~= 1 then
    for i, item in ipairs(value) do items[i] = item end
    return items
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    local item = value[key]
    if not instance.is(item) then
      exc.raise("ArgumentError", "%s", ("Incompatible collection type: the value for key '%s' of '%s' is no " ..
        "object"):format(
        tostring(key), tostring(prop)))
    end
    local own = key_of(item)
    if own ~= key then
      exc.raise("ArgumentError", "%s", ("Found incompatible key '%s' for value %s; this collection's keying " ..
        "function requires " ..
        "a key of '%s' for this value."):format(tostring(key), instance.describe(item), tostring(own)))
    end
    items[i] = item
  end
  return items
end

local Keyed = { __name = "keyed collection" }

local function configure_keyed(prop, keyed)
  local key_of, description = keyed.key_of(prop), keyed.description
  local meta = { __index = dict_index, __newindex = dict_newindex, __tostring = dict_show, __pairs = dict.items,
    prop = prop,
    __len = dict.len, __name = "dict" }
  local adapter = {
    kind = "dict", key_attribute = keyed.key_attribute,
    new = function(_, owner)
      return setmetatable({ [DATA] = { owner = owner, prop = prop, keys = {}, map = {}, key_of = key_of,
        key_description = description } }, meta)
    end,
    items = dict.values, get = dict.get,
    put = function(self, item) store(data_of(self), key_for(data_of(self), item), item) end,
    take = function(self, item)
      local data = data_of(self)
      for _, key in ipairs(data.keys) do
        if data.map[key] == item then return drop(data, key) end
      end
    end,
    has = function(self, item)
      local data = data_of(self)
      for _, key in ipairs(data.keys) do
        if data.map[key] == item then return true end
      end
      return false
    end,
    release = function(self) data_of(self).owner = nil end,
    owner = function(self) return data_of(self).owner end,
    assigned = function(_, value, from) return assigned(prop, value, from, key_of) end,
  }
  meta.adapter = adapter
  prop.adapter, prop.collection_meta = adapter, meta
end

local KEYED_OPTIONS = { ignore_unpopulated_attribute = true }

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
function kinds.attribute_keyed_dict(name, opts)
  options.read("attribute_keyed_dict", opts, KEYED_OPTIONS)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "attribute_keyed_dict: the attribute's name is needed, got %s", type(name))
  end
  return setmetatable({ key_attribute = name, description = "attribute '" .. name .. "'",
    key_of = function() return function(item) return item[name] end end }, Keyed)
end

--- am.keyfunc_mapping(function(item) … end)
function kinds.keyfunc_mapping(fn, opts)
  options.read("keyfunc_mapping", opts, KEYED_OPTIONS)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "keyfunc_mapping: a function(item) is needed, got %s", type(fn))
  end
  return setmetatable({ description = "the key function", key_of = function() return fn end }, Keyed)
end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a key text.
function kinds.column_keyed_dict(given, opts)
  options.read("column_keyed_dict", opts, KEYED_OPTIONS)
  local list = core.node_tag(given) and { given } or given
  return setmetatable({ description = "the key columns", key_of = function(prop)
    local mapper = require "alchemoon.orm.mapper"
    local sql = require "alchemoon.orm.sql"
    local names = {}
    for i, column in ipairs(list) do
      names[i] = prop.mapper:get_property_by_column(sql.column_of(column) or column).key
    end
    if #names == 1 then return function(item) return item[names[1]] end end
    return function(item)
      local values = {}
      for i, name in ipairs(names) do values[i] = item[name] end
      return mapper.encode_key(values, #names)
    end
  end }, Keyed)
end

-- --- classes of the user's -----------------------------------------------------------------------------------------

local function method_name(sample, role, candidates, fallback)
  local given = sample["__" .. role]
  if type(given) == "string" then return given end
  for _, name in ipairs(candidates) do
    if type(sample[name]) == "function" then return name end
  end
  return fallback
end

local function make(prop, factory)
  local made = factory()
  if type(made) ~= "table" then
    exc.raise("ArgumentError", "%s", ("collection_class of '%s' must make a table, got %s"):format(tostring(prop),
      type(made)))
  end
  return made
end

local OWNER = {}

-- A metatable over the class's own, whose appender and remover fire events.
local function instrument(prop, original, roles)
  local index = original.__index
  local function own(self, key)
    if type(index) == "function" then return index(self, key) end
    return index and index[key]
  end
  local meta = {}
  for key, value in pairs(original) do meta[key] = value end
  local function append(self, item, ...)
    local owner = rawget(self, OWNER)
    if owner then item = hooks.append(owner, prop, item) end
    return own(self, roles.append)(self, item, ...)
  end
  local function remove(self, item, ...)
    local owner = rawget(self, OWNER)
    if owner then hooks.remove(owner, prop, item) end
    return own(self, roles.remove)(self, item, ...)
  end
  meta.__index = function(self, key)
    if key == roles.append then return append end
    if key == roles.remove then return remove end
    return own(self, key)
  end
  meta.prop = prop
  return meta, own
end

local function iterate(own, roles)
  return function(self)
    local list = {}
    if roles.iterate then
      local result = own(self, roles.iterate)(self)
      if type(result) == "function" then
        local step = result
        for a, b in step do list[#list + 1] = instance.is(a) and a or b end
      else
        for i, item in ipairs(result) do list[i] = item end
      end
      return list
    end
    for i, item in ipairs(self) do list[i] = item end
    return list
  end
end

local function configure_custom(prop, factory)
  local sample = make(prop, factory)
  local original = getmetatable(sample)
  if original == nil then
    local list = collections.KINDS.list
    prop.adapter = list.adapter
    prop.collection_meta = { __index = list.methods, __newindex = list.newindex, __tostring = collections.show,
      prop = prop,
      __name = "list", adapter = list.adapter }
    return
  end
  local roles = {
    append = method_name(sample, "appender", { "append", "add", "set" }),
    remove = method_name(sample, "remover", { "remove", "discard" }),
    iterate = method_name(sample, "iterator", { "iterate", "iter", "each", "values" }),
  }
  if not roles.append or not roles.remove then
    exc.raise("ArgumentError", "%s", ("Type must elect an appender method to be a collection class: " ..
      "collection_class of '%s' " ..
      "needs the methods append (or add) and remove"):format(tostring(prop)))
  end
  local meta, own = instrument(prop, original, roles)
  local items = iterate(own, roles)
  local adapter = {
    kind = type(sample.add) == "function" and not sample.append and "set" or "list",
    new = function(_, owner)
      local made = make(prop, factory)
      rawset(made, OWNER, owner)
      return setmetatable(made, meta)
    end,
    items = items,
    put = function(self, item) own(self, roles.append)(self, item) end,
    take = function(self, item) own(self, roles.remove)(self, item) end,
    has = function(self, item)
      for _, other in ipairs(items(self)) do
        if other == item then return true end
      end
      return false
    end,
    release = function(self) rawset(self, OWNER, nil) end,
    owner = function(self) return rawget(self, OWNER) end,
  }
  meta.adapter = adapter
  prop.adapter, prop.collection_meta = adapter, meta
end

--- Metatable and adapter for a relationship whose collection_class is neither "list" nor "set".
function kinds.configure(prop, wanted)
  local ordering = package.loaded["alchemoon.orm.ext.ordering_list"]
  if ordering and getmetatable(wanted) == ordering.Marker then return ordering.configure(prop, wanted) end
  if getmetatable(wanted) == Keyed then return configure_keyed(prop, wanted) end
  local mt = type(wanted) == "table" and getmetatable(wanted)
  if type(wanted) == "function" or type(mt) == "table" and mt.__call then
    local probe = type(wanted) == "function" and wanted or function() return wanted() end
    local made = probe()
    if getmetatable(made) == Keyed then return configure_keyed(prop, made) end
    return configure_custom(prop, probe)
  end
  if wanted == "dict" then
    exc.raise("ArgumentError", "%s", ("collection_class of '%s': for a map use " ..
      "am.attribute_keyed_dict(\"name\")"):format(
      tostring(prop)))
  end
  return exc.raise("ArgumentError", "%s", ("collection_class of '%s' must be \"list\", \"set\", a keyed collection " ..
    "or a " ..
    "function that makes a collection, got %s"):format(tostring(prop), type(wanted) == "string" and "'" .. wanted .. "'"
    or type(wanted)))
end

return kinds
