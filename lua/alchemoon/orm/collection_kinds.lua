--- Collections beyond list and set: maps keyed by something of the item. Classes of the user's: custom_collections.lua.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local collections = require "alchemoon.orm.collections"
local counted = require "alchemoon.orm.counted"
local custom = require "alchemoon.orm.custom_collections"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local null = require "alchemoon.null"
local keys_of = require "alchemoon.keys"
local warn = require "alchemoon.orm.warn"

local kinds = {}
local hooks = collections.hooks

-- --- keyed collections: hidden under DATA: { owner, prop, keys = in order, map, number_keys, key_of } -----------

local DATA = {}
local WEAK = { __mode = "k" }
local dict = {}

local function data_of(self) return rawget(self, DATA) end

-- A list as a key is what a tuple is in Python: the same values are the same key.
local function tuple_of(data, key)
  if type(key) ~= "table" or getmetatable(key) ~= nil or #key == 0 then return key end
  data.tuples = data.tuples or {}
  local text = identity.key(key, key.n or #key)
  local known = data.tuples[text]
  if known == nil then
    known = key
    data.tuples[text] = key
  end
  return known
end

-- What stands for a key that is NULL (`missing`) or was never set (`never`); keyed.key_of returns them.
local MISSING, NEVER = {}, {}

local SKIP = 'To skip this assignment entirely, Set the "ignore_unpopulated_attribute=true" parameter on the mapped ' ..
  'collection factory.'

-- An item without key cannot be found again; says which event put it in, as that is what must change.
local function unpopulated(item, initiator, warn_only)
  local name = "unknown relationship"
  if initiator then
    local m = instance.mapper_of(item)
    name = m.prop[initiator.key] and tostring(m.prop[initiator.key]) or initiator.key
  end
  if warn_only then
    return warn("%s", ("Key of the keyed collection at attribute '%s' was nil; this will raise in a future " ..
      "release. %s"):format(name, SKIP))
  end
  local object = instance.describe(item)
  exc.raise("InvalidRequestError", "In event triggered from population of attribute '%s' (potentially from a " ..
    "backref), can't populate value in keyed collection; key derived from %s is not populated. Ensure " ..
    "appropriate state is set up on the %s object before assigning to the %s attribute. %s", name, object, object, name,
    SKIP)
end

-- The key of an item; nil: the item is to be passed over.
local function key_for(data, item, initiator)
  local key = data.key_of(item)
  if key ~= MISSING and key ~= NEVER then
    if key == nil then return null end
    return tuple_of(data, key)
  end
  if data.ignore_unpopulated then return nil end
  unpopulated(item, initiator, key == MISSING)
  return null
end

-- Why an item's attribute gives no key: it is NULL, or nobody set it.
local function unset_key(item, name)
  local m = instance.mapper_of(item)
  local prop = m.prop[name]
  while prop and prop.kind == "synonym" do prop = m.prop[prop.name] end
  return prop and prop.slot and rawget(item, prop.slot) == nil and NEVER or MISSING
end

-- How many positions `#` may count. A number as key is a position itself: then none is taken.
local function positions_of(data) return data.number_keys == 0 and #data.keys or 0 end

-- The collection and the proxies of it, where `#` does not ask them (counted.lua).
local function recount(data)
  if not data.faces then return end
  local count = positions_of(data)
  for face in pairs(data.faces) do counted.set(face, count) end
end

local function store(data, key, item)
  local is_new = data.map[key] == nil
  data.map[key] = item
  if not is_new then return end
  data.keys[#data.keys + 1] = key
  if type(key) == "number" then data.number_keys = data.number_keys + 1 end
  recount(data)
end

local function drop(data, key)
  data.map[key] = nil
  for i, known in ipairs(data.keys) do
    if known == key then
      table.remove(data.keys, i)
      if type(key) == "number" then data.number_keys = data.number_keys - 1 end
      recount(data)
      return
    end
  end
end

local function fire_append(data, item, key, initiator)
  if data.owner then return hooks.append(data.owner, data.prop, item, initiator, key) end
  return item
end
local function fire_remove(data, item, key, initiator)
  if data.owner then hooks.remove(data.owner, data.prop, item, initiator, key) end
end

local function assign(self, key, item, initiator)
  local data = data_of(self)
  local former = data.map[key]
  if former ~= nil then fire_remove(data, former, key, initiator) end
  item = fire_append(data, item, key, initiator)
  store(data, key, item)
end

-- update() and setdefault(): what is there already is only mentioned.
local function assign_other(self, key, item)
  local data = data_of(self)
  if data.map[key] ~= item then return assign(self, key, item) end
  if data.owner then hooks.again(data.owner, data.prop, item, nil, null) end
end

-- Under the key that the item has.
local function assign_item(self, item, initiator)
  if not instance.is(item) then
    exc.raise("ArgumentError", "%s cannot be part of '%s'", tostring(item), tostring(data_of(self).prop))
  end
  local key = key_for(data_of(self), item, initiator)
  if key ~= nil then assign(self, key, item, initiator) end
end

--- set(item) under the key that it has, or set(key, item).
---@param key any
---@param item table?
function dict.set(self, key, item)
  if item == nil then return assign_item(self, key) end
  return assign(self, tuple_of(data_of(self), key), item)
end

--- Puts an item in, under the key that it has.
---@param item table
function dict.append(self, item) return dict.set(self, item) end

local show
function show(value)
  if value == null then return "nil" end
  if type(value) ~= "table" or getmetatable(value) ~= nil then return tostring(value) end
  local parts = {}
  for i, part in ipairs(value) do parts[i] = show(part) end
  return "(" .. table.concat(parts, ", ") .. ")"
end

-- Takes an item out; false where its key is not there.
local function remove_item(self, item, initiator)
  local data = data_of(self)
  local key = key_for(data, item, initiator)
  if key == nil then return true end
  local held = data.map[key]
  if held == nil then return false, key end
  if held ~= item then
    exc.raise("InvalidRequestError", "Can not remove '%s': collection holds '%s' for key '%s'. Possible cause: is " ..
      "the KeyFuncDict key function based on mutable properties or properties that only obtain values after flush?",
      tostring(item), tostring(held), show(key))
  end
  fire_remove(data, item, key, initiator)
  if data.map[key] ~= nil then drop(data, key) end
  return true
end

local function no_key(data, key)
  exc.raise("InvalidRequestError", "no key '%s' in collection '%s'", show(key), tostring(data.prop))
end

--- pop(key, default)
---@param key any
---@param ... any
---@return any
function dict.pop(self, key, ...)
  local data = data_of(self)
  key = tuple_of(data, key)
  if data.owner then hooks.before_pop(data.owner, data.prop) end
  local item = data.map[key]
  if item == nil then
    if select("#", ...) > 0 then return (...) end
    no_key(data, key)
  end
  drop(data, key)
  fire_remove(data, item, key)
  return item
end

--- Takes the item that was put in last out; its key and it are returned.
-- Raises InvalidRequestError for an empty collection.
---@return any, table
function dict.popitem(self)
  local data = data_of(self)
  local key = data.keys[#data.keys]
  if key == nil and data.owner then hooks.before_pop(data.owner, data.prop) end
  if key == nil then exc.raise("InvalidRequestError", "popitem(): '%s' is empty", tostring(data.prop)) end
  return key, dict.pop(self, key)
end

-- Python's del collection[key]: the event comes before the item goes.
local function delete(self, key)
  local data = data_of(self)
  fire_remove(data, data.map[key], key)
  if data.map[key] ~= nil then drop(data, key) end
end

--- remove(item) or remove(key).
---@param item any
function dict.remove(self, item)
  local data = data_of(self)
  if not instance.is(item) then return (dict.pop(self, item)) end
  local found, key = remove_item(self, item)
  if not found then no_key(data, key) end
end

--- Takes all items out.
function dict.clear(self)
  local data = data_of(self)
  for _, key in ipairs(dict.keys(self)) do fire_remove(data, data.map[key], key) end
  data.keys, data.map, data.number_keys = {}, {}, 0
  recount(data)
end

--- The item of the key, or the default.
---@param key any
---@param default any
---@return table?
function dict.get(self, key, default)
  local data = data_of(self)
  local item = data.map[tuple_of(data, key)]
  if item == nil then return default end
  return item
end

--- The item of the key, which is put in if there is none.
---@param key any
---@param item table
---@return table
function dict.setdefault(self, key, item)
  key = tuple_of(data_of(self), key)
  local known = data_of(self).map[key]
  if known ~= nil then
    if known == item then assign_other(self, key, item) end
    return known
  end
  assign(self, key, item)
  return item
end

--- Puts several items in.
---@param items table   by key, or a list of pairs
function dict.update(self, items)
  for key, item in keys_of.entries(items) do assign_other(self, tuple_of(data_of(self), key), item) end
end

--- contains(key) or contains(item).
---@param key any
---@return boolean
function dict.contains(self, key)
  local data = data_of(self)
  if data.map[tuple_of(data, key)] ~= nil then return true end
  for _, known in ipairs(data.keys) do
    if data.map[known] == key then return true end
  end
  return false
end

--- All keys.
---@return any[]
function dict.keys(self)
  local list = {}
  for i, key in ipairs(data_of(self).keys) do list[i] = key end
  return list
end

--- All items.
---@return table[]
function dict.values(self)
  local data, list = data_of(self), {}
  for i, key in ipairs(data.keys) do list[i] = data.map[key] end
  return list
end
dict.to_list = dict.values
--- for key, item in collection:items() do
---@return fun():any, table
function dict.items(self)
  local data, i = data_of(self), 0
  return function()
    i = i + 1
    local key = data.keys[i]
    if key ~= nil then return key, data.map[key] end
  end
end

--- How many items there are.
---@return integer
function dict.len(self) return #data_of(self).keys end
dict.count = dict.len

local function dict_index(self, key)
  local data = data_of(self)
  if data then
    local item = data.map[tuple_of(data, key)]
    if item ~= nil then return item end
  end
  return dict[key]
end

local function dict_newindex(self, key, item)
  key = tuple_of(data_of(self), key)
  if item == nil then
    if data_of(self).map[key] ~= nil then delete(self, key) end
    return
  end
  return assign(self, key, item)
end

local function dict_show(self)
  local parts = {}
  for key, item in dict.items(self) do parts[#parts + 1] = ("%s: %s"):format(show(key), tostring(item)) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- What is assigned: a table key → item (its keys are only told to listeners), or another map.
local function assigned(prop, value, adapter)
  local items, keys = {}, {}
  if adapter and adapter.kind == "dict" then
    for key, item in dict.items(value) do keys[#keys + 1], items[#items + 1] = key, item end
    return items, keys
  end
  keys = keys_of.sorted(value)
  for i, key in ipairs(keys) do items[i] = value[key] end -- a validator may make objects of them
  if adapter or type(keys[1]) == "number" and #value == #keys and #keys > 0 and kinds.is_list(prop, value) then
    exc.raise("ArgumentError", "Incompatible collection type: a list is not dict-like")
  end
  return items, keys
end

local Keyed = { __name = "keyed collection" }

-- The adapter of attribute-keyed dictionaries: their keys are read from the items.
local function configure_keyed(prop, keyed)
  local key_of = keyed.key_of(prop)
  local meta = { __index = dict_index, __newindex = dict_newindex, __tostring = dict_show, __pairs = dict.items,
    prop = prop, __len = dict.len, __name = "dict" }
  local adapter = {
    kind = "dict", key_attribute = keyed.key_attribute,
    new = function(_, owner)
      local data = { owner = owner, prop = prop, keys = {}, map = {}, number_keys = 0, key_of = key_of,
        ignore_unpopulated = keyed.ignore_unpopulated }
      local self = setmetatable({ [DATA] = data }, meta)
      if counted.is_raw then data.faces = setmetatable({ [self] = true }, WEAK) end
      return self
    end,
    count_in = function(self, proxy)
      local data = data_of(self)
      if data.faces[proxy] then return end
      data.faces[proxy] = true
      counted.set(proxy, positions_of(data))
    end,
    append = assign_item, pop = remove_item, key_of = key_of,
    items = dict.values, get = dict.get,
    put = function(self, item)
      local key = key_for(data_of(self), item)
      if key ~= nil then store(data_of(self), key, item) end
    end,
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
    assigned = assigned,
  }
  meta.adapter = adapter
  prop.adapter, prop.collection_meta = adapter, meta
end

--- A list for a map: its numbers are not the keys that the items have.
function kinds.is_list(prop, value)
  local key_of = prop.adapter.key_of
  for i, item in ipairs(value) do
    if not instance.is(item) or key_of(item) == i then return false end
  end
  return true
end

local KEYED_OPTIONS = { ignore_unpopulated_attribute = true }

local function keyed_options(name, opts)
  return options.read(name, opts, KEYED_OPTIONS).ignore_unpopulated_attribute
end

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
---@param name string
---@param opts table?   ignore_unpopulated_attribute
---@return any
function kinds.attribute_keyed_dict(name, opts)
  local ignore = keyed_options("attribute_keyed_dict", opts)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "attribute_keyed_dict: the attribute's name is needed, got %s", type(name))
  end
  local function key_of(item)
    local key = item[name]
    if key ~= nil then return key end
    return unset_key(item, name)
  end
  return setmetatable({ key_attribute = name, key_of = function() return key_of end, ignore_unpopulated = ignore },
    Keyed)
end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function kinds.keyfunc_mapping(fn, opts)
  local ignore = keyed_options("keyfunc_mapping", opts)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "keyfunc_mapping: a function(item) is needed, got %s", type(fn))
  end
  return setmetatable({ key_of = function() return fn end, ignore_unpopulated = ignore }, Keyed)
end

-- Several columns give a list of their values.
local function composite_key(names)
  return function(item)
    local values = { n = #names }
    for i, name in ipairs(names) do
      local value = item[name]
      if value == nil then value = null end
      values[i] = value
    end
    return values
  end
end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a list of values: notes:get{ 1, 2 }.
---@param given any     a column, its attribute, or a list of these
---@param opts table?   ignore_unpopulated_attribute
---@return table collection_class
function kinds.column_keyed_dict(given, opts)
  local ignore = keyed_options("column_keyed_dict", opts)
  local list = core.node_tag(given) and { given } or given
  return setmetatable({ ignore_unpopulated = ignore, key_of = function(prop)
    local sql = require "alchemoon.orm.sql"
    local names = {}
    for i, column in ipairs(list) do
      names[i] = prop.mapper:get_property_by_column(sql.column_of(column) or column).key
    end
    if #names > 1 then return composite_key(names) end
    return function(item)
      local key = item[names[1]]
      if key == nil then return unset_key(item, names[1]) end
      return key
    end
  end }, Keyed)
end

--- Metatable and adapter for a relationship whose collection_class is neither "list" nor "set".
function kinds.configure(prop, wanted)
  local ordering = package.loaded["alchemoon.orm.ext.ordering_list"]
  local mt = type(wanted) == "table" and getmetatable(wanted)
  if ordering and mt == ordering.Marker then return ordering.configure(prop, wanted) end
  if mt == Keyed then return configure_keyed(prop, wanted) end
  if type(wanted) == "function" then
    local made = wanted()
    if getmetatable(made) == Keyed then return configure_keyed(prop, made) end
  end
  if type(wanted) == "table" or type(wanted) == "function" then return custom.configure(prop, wanted) end
  if wanted == "dict" then
    exc.raise("ArgumentError", "collection_class of '%s': for a map use am.attribute_keyed_dict(\"name\")",
      tostring(prop))
  end
  return exc.raise("ArgumentError", "collection_class of '%s' must be \"list\", \"set\", a keyed collection, a " ..
    "class or a function that makes a collection, got %s", tostring(prop),
    type(wanted) == "string" and "'" .. wanted .. "'" or type(wanted))
end

return kinds
