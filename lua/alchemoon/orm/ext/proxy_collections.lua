--- The collections that association proxies give: arrays of values whose methods change the objects behind them.
--
-- Where # and ipairs ask the metatable (Lua 5.4) a proxy holds nothing: each value is read when it is asked for, so
-- what the others would load is not loaded. Elsewhere (LuaJIT) the values are copied into the proxy's array part.
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local collections = require "alchemoon.orm.collections"
local counted = require "alchemoon.orm.counted"
local raw_list = require "alchemoon.orm.raw_list"
local key_values = require("alchemoon.keys").entries
local usage = require "alchemoon.usage"

local proxies = {}
local SPEC = {} -- key under which a proxy keeps what it stands for
local KNOWN = {} -- and under which it keeps a copy of the values that were copied into it
local take_in

local function target(self)
  if rawget(self, KNOWN) then take_in(self) end
  local spec = rawget(self, SPEC)
  local collection = spec.owner[spec.name]
  if spec.count_in then spec.count_in(collection, self) end
  return collection, spec
end

-- Do #, ipairs and [i] ask the metatable of a table that is empty itself?
local function asks_metatable()
  local probe = setmetatable({}, { __len = function() return 1 end, __index = function(_, i) return i == 1 or nil end })
  local n = 0
  for _ in ipairs(probe) do n = n + 1 end
  return n == 1 and #probe == 1
end
local LIVE = asks_metatable()

local function items_of(self)
  local collection, spec = target(self)
  return spec.prop.adapter.items(collection), spec
end

local function value_of(spec, item)
  local value = spec.getter(item)
  if value == nil then return null end
  return value
end

-- Writes the present values into the array part of a proxy that is not live.
local function refresh(self)
  if LIVE then return end
  local items, spec = items_of(self)
  local known = {}
  for i = #self, #items + 1, -1 do rawset(self, i, nil) end
  for i = 1, #items do
    known[i] = value_of(spec, items[i])
    rawset(self, i, known[i])
  end
  rawset(self, KNOWN, known)
end

local function position_of(self, value)
  if value == nil then value = null end
  for i = 1, #self do
    if self[i] == value then return i end
  end
  return nil
end

-- --- lists ---------------------------------------------------------------------------------------------------------

local list = {}

function list.append(self, value)
  local collection, spec = target(self)
  collection:append(spec.create(value))
  refresh(self)
end
function list.insert(self, position, value)
  local item = rawget(self, SPEC).create(value) -- before the collection is loaded, as Python evaluates it
  local collection = target(self)
  collection:insert(position, item)
  refresh(self)
end
function list.remove(self, value)
  local collection = target(self)
  refresh(self)
  local position = position_of(self, value)
  if not position then exc.raise("InvalidRequestError", "value not in list") end
  collection:pop(position)
  refresh(self)
end
function list.pop(self, position)
  local collection, spec = target(self)
  local item = collection:pop(position)
  refresh(self)
  return spec.getter(item)
end
function list.extend(self, values)
  for _, value in ipairs(values) do list.append(self, value) end
end
function list.clear(self)
  local collection = target(self)
  collection:clear()
  refresh(self)
end
function list.contains(self, value)
  refresh(self)
  return position_of(self, value) ~= nil
end
function list.count(self, value)
  local n = 0
  refresh(self)
  for i = 1, #self do
    if self[i] == value then n = n + 1 end
  end
  return n
end
function list.index(self, value)
  refresh(self)
  return position_of(self, value)
end
function list.to_list(self)
  refresh(self)
  local copy = {}
  for i = 1, #self do copy[i] = self[i] end
  return copy
end
--- The value at a position is exchanged in the object that is there.
function list.set(self, position, value)
  local collection, spec = target(self)
  spec.setter(collection[position], value)
  refresh(self)
end

-- --- sets ----------------------------------------------------------------------------------------------------------

local set = { contains = list.contains, to_list = list.to_list }
for name, fn in pairs(require "alchemoon.orm.set_algebra") do set[name] = fn end

function set.add(self, value)
  local collection, spec = target(self)
  refresh(self)
  if position_of(self, value) then return end
  collection:add(spec.create(value))
  refresh(self)
end
set.append = set.add

local function item_of(self, value)
  local collection, spec = target(self)
  for _, item in ipairs(spec.prop.adapter.items(collection)) do
    if spec.getter(item) == value then return item, collection end
  end
  return nil, collection
end

function set.discard(self, value)
  local item, collection = item_of(self, value)
  if item then collection:discard(item) end
  refresh(self)
end
function set.remove(self, value)
  local item, collection = item_of(self, value)
  if not item then exc.raise("InvalidRequestError", "value not in set") end
  collection:discard(item)
  refresh(self)
end
function set.pop(self)
  local collection, spec = target(self)
  local value = spec.getter(collection:pop())
  refresh(self)
  return value
end
function set.update(self, values)
  for _, value in ipairs(values) do set.add(self, value) end
end
set.extend = set.update
function set.clear(self)
  local collection = target(self)
  collection:clear()
  refresh(self)
end

-- --- maps ----------------------------------------------------------------------------------------------------------

local map = {}

local function map_get(self, key)
  local collection, spec = target(self)
  local item = collection[key]
  if item == nil or type(item) == "function" then return nil end
  return spec.getter(item)
end

function map.set(self, key, value)
  local collection, spec = target(self)
  local item = spec.prop.adapter.get(collection, key)
  if item then spec.setter(item, key, value)
  else collection:set(key, spec.create(key, value)) end
end
function map.get(self, key, default)
  local value = map_get(self, key)
  if value == nil then return default end
  return value
end
function map.setdefault(self, key, value)
  if not map.contains(self, key) then map.set(self, key, value) end
  return map_get(self, key)
end
function map.pop(self, key, ...)
  local collection, spec = target(self)
  if select("#", ...) > 0 and not map.contains(self, key) then return (...) end
  return spec.getter(collection:pop(key))
end
function map.popitem(self)
  local collection, spec = target(self)
  local key, item = collection:popitem()
  return key, spec.getter(item)
end
--- pop() without the value, which need not be loaded then.
function map.remove(self, key)
  local collection = target(self)
  collection:pop(key)
end
function map.clear(self)
  local collection = target(self)
  collection:clear()
end
function map.contains(self, key)
  local collection, spec = target(self)
  return spec.prop.adapter.get(collection, key) ~= nil
end
function map.items(self)
  local collection, spec = target(self)
  local step, state, control = collection:items()
  return function()
    local key, item = step(state, control)
    control = key
    if key ~= nil then return key, spec.getter(item) end
  end
end
--- The keys alone; no value is loaded.
function map.keys(self)
  local collection = target(self)
  local keys = {}
  for key in collection:items() do keys[#keys + 1] = key end
  return keys
end
function map.len(self) return #map.keys(self) end
map.count = map.len
function map.values(self)
  local values = {}
  for _, value in map.items(self) do values[#values + 1] = value end
  return values
end
function map.update(self, values)
  for key, value in key_values(values) do map.set(self, key, value) end
end

-- --- changes behind the methods ------------------------------------------------------------------------------------

-- names[2] = "x": as many values as before are exchanged in their objects, as a live proxy does it.
local function exchange_values(self, wanted, known)
  for i = 1, #wanted do
    if wanted[i] ~= known[i] then list.set(self, i, wanted[i]) end
  end
end

-- table.insert(user.names, "x") where the values were copied: what differs from the copy is done with the methods. The
-- order of values that stay is that of the objects.
function take_in(self)
  local known = rawget(self, KNOWN)
  if raw_list.in_step(self, known) then return end
  local wanted = raw_list.items(self)
  raw_list.write(self, known)
  local spec = rawget(self, SPEC)
  local is_set = spec.prop.adapter.kind == "set"
  if not is_set and #wanted == #known then return exchange_values(self, wanted, known) end
  for _, pair in ipairs(raw_list.missing_in(wanted, known)) do
    if is_set then set.discard(self, pair[1]) else list.remove(self, pair[1]) end
  end
  for _, pair in ipairs(raw_list.missing_in(known, wanted)) do
    if is_set then set.add(self, pair[1]) else list.insert(self, pair[2], pair[1]) end
  end
end

--- The proxies of a collection of which somebody may have changed the values.
function collections.hooks.take_in(held)
  for i = 1, #held do take_in(held[i]) end
end

-- The proxy of the same kind that a collection has already: one that was changed must be found again.
local function held_proxy(spec)
  local collection = spec.owner[spec.name]
  local held = rawget(collection, collections.PROXIES)
  for i = 1, held and #held or 0 do
    local proxy = held[i]
    if rawget(proxy, SPEC).proxy == spec.proxy then
      refresh(proxy)
      return proxy
    end
  end
  return nil, collection, held
end

-- A proxy that holds copies of the values, known to its collection.
local function new_copy(spec, meta)
  local found, collection, held = held_proxy(spec)
  if found then return found end
  local self = setmetatable({ [SPEC] = spec }, meta)
  refresh(self)
  if not held then
    held = {}
    rawset(collection, collections.PROXIES, held)
  end
  held[#held + 1] = self
  return self
end

-- --- metatables ----------------------------------------------------------------------------------------------------

local function show(self)
  local parts = {}
  for i = 1, #self do parts[i] = self[i] == null and "nil" or tostring(self[i]) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function show_map(self)
  local parts = {}
  for key, value in map.items(self) do parts[#parts + 1] = ("%s: %s"):format(tostring(key), tostring(value)) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- proxy[key] = value: one more value or, in a list, another one in the place of one; nil takes the value out. Only a
-- live proxy sees more than the first.
local function assign(self, key, value, add, exchange, take)
  if value == nil then
    if self[key] ~= nil then take(self, key) end
    return
  end
  if key == #self + 1 then return add(self, value) end
  if exchange and type(key) == "number" and self[key] ~= nil then return exchange(self, key, value) end
  exc.raise("ArgumentError", "assignment to '%s' of an association proxy of %d values", tostring(key), #self)
end

local function length(self)
  return #(items_of(self))
end

local function set_take(self, position) set.discard(self, self[position]) end

local function is_proxy(self) return type(self) == "table" and rawget(self, SPEC) ~= nil end
usage.check_receivers(list, "proxy", is_proxy)
usage.check_receivers(set, "proxy", is_proxy)
local ABSENT = { each = true, items = true, iter = true, iterate = true, new = true, reorder = true, values = true }
usage.close_class(list, "_AssociationList", ABSENT)
usage.close_class(set, "_AssociationSet", ABSENT)

-- The value at a position, or a method.
local function reader(methods)
  if not LIVE then return methods end
  return function(self, key)
    if type(key) ~= "number" then return methods[key] end
    local items, spec = items_of(self)
    if items[key] ~= nil then return value_of(spec, items[key]) end
  end
end

local METAS = {
  list = { __index = reader(list), __tostring = show, __pairs = ipairs, __name = "_AssociationList",
    __len = LIVE and length or nil,
    __newindex = function(self, key, value) return assign(self, key, value, list.append, list.set, list.pop) end },
  set = { __index = reader(set), __tostring = show, __pairs = ipairs, __name = "_AssociationSet",
    __len = LIVE and length or nil,
    __newindex = function(self, key, value) return assign(self, key, value, set.add, nil, set_take) end },
  dict = {
    __name = "_AssociationDict", __tostring = show_map,
    __index = function(self, key)
      if key == SPEC then return nil end
      local value = map_get(self, key)
      if value ~= nil then return value end
      return map[key]
    end,
    __newindex = function(self, key, value)
      if value == nil then return map.remove(self, key) end
      return map.set(self, key, value)
    end,
    __pairs = function(self) return map.items(self) end,
    __len = map.len,
  },
}

--- A proxy. `spec`: owner, name (of its collection), prop, getter, setter, create.
function proxies.new(spec)
  local kind = spec.prop.adapter.kind
  local meta = METAS[kind] or METAS.list
  if spec.proxy.proxy_factory then
    local made = spec.proxy.proxy_factory(function() return spec.owner[spec.name] end, spec.create,
      spec.proxy.value_attr,
      spec.proxy)
    if made ~= nil then return made end
  end
  if not LIVE and (kind == "list" or kind == "set") then return new_copy(spec, meta) end
  local self = setmetatable({ [SPEC] = spec }, meta)
  if kind ~= "dict" then refresh(self)
  elseif counted.is_raw then
    -- `a.notes.x = b.notes.x` loads those of b first: nothing is loaded before it is used
    spec.count_in = spec.prop.adapter.count_in
    local held = rawget(spec.owner, spec.prop.slot)
    if held and spec.count_in and getmetatable(held) == spec.prop.collection_meta then spec.count_in(held, self) end
  end
  return self
end

--- Empties what is behind a proxy.
function proxies.clear(self)
  local collection = target(self)
  collection:clear()
end

-- Values that stay keep their objects; others go and come.
local function replace_values(self, values, add, remove)
  refresh(self)
  local wanted, present = {}, {}
  for _, value in ipairs(values) do wanted[value] = true end
  local leaving = {}
  for i = 1, #self do
    present[self[i]] = true
    if not wanted[self[i]] then leaving[#leaving + 1] = self[i] end
  end
  for _, value in ipairs(values) do
    if not present[value] then
      present[value] = true
      add(self, value)
    end
  end
  for _, value in ipairs(leaving) do remove(self, value) end
end

--- Assignment to a proxied collection.
function proxies.replace(self, value)
  local _, spec = target(self)
  local kind = spec.prop.adapter.kind
  if type(value) ~= "table" then
    exc.raise("ArgumentError", "cannot assign %s to the association proxy '%s'", type(value), tostring(spec.proxy.key))
  end
  if value == self then return end
  if kind == "dict" then
    local given = value
    if getmetatable(value) == METAS.dict then
      given = {}
      for key, item in map.items(value) do given[key] = item end
    end
    local former = map.keys(self)
    map.update(self, given)
    for _, key in ipairs(former) do
      if given[key] == nil then map.remove(self, key) end
    end
    return
  end
  local copy = {}
  for i, item in ipairs(value) do copy[i] = item end
  if kind == "set" then return replace_values(self, copy, set.add, set.discard) end
  list.clear(self)
  list.extend(self, copy)
end

return proxies
