--- Collections of relationship attributes: lists, sets, keyed maps and the user's own.
--
-- A list is a raw Lua array whose metatable belongs to its relationship and whose owner stands at [0]; the other kinds
-- keep their items in the same way behind a metatable. Every mutation goes through attributes.lua, which fires events
-- and keeps back references. An adapter (`prop.adapter`) tells how one kind stores: new, items, put, take, has.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local lists = require "alchemoon.lists"
local null = require "alchemoon.null"
local usage = require "alchemoon.usage"
local warn = require "alchemoon.orm.warn"
local index_of = lists.index_of

local collections = {}

--- Door: { append = f(owner, prop, item, initiator, place) → item, again, remove, before_pop } set by attributes.lua;
-- take_in(proxies) by ext/proxy_collections.lua, look(owner, prop) by collection_watch.lua.
collections.hooks = {}
local hooks = collections.hooks

local OWNER = 0

--- Where a list or set keeps what its items are as far as its methods know, once somebody has read it
-- (collection_watch.lua).
collections.COPY = -2
--- Where a list or set keeps the association proxies that copy its values (ext/proxy_collections.lua).
collections.PROXIES = -3
local COPY = collections.COPY

-- An item came, at a position or at the end: the copy is kept in step.
local function entered(self, item, position)
  local copy = rawget(self, COPY)
  if not copy then return end
  local last = #copy + 1 -- the list may be longer by what nobody has seen yet
  table.insert(copy, position and position < last and position or last, item)
end

-- An item went.
local function left(self, item)
  local copy = rawget(self, COPY)
  local place = copy and index_of(copy, item)
  if place then table.remove(copy, place) end
end

local function is_mapped(item)
  local class = getmetatable(item)
  return type(item) == "table" and type(class) == "table" and rawget(class, "__mapper__") ~= nil
end

-- `user.posts.append(post)` would find the post here, or nothing. What else a collection is, custom ones decide.
local function is_collection(self) return type(self) == "table" and not is_mapped(self) end

-- For what is called item by item: with a dot, the item is missing.
local function check_collection(self, name)
  if not is_collection(self) then exc.raise_not_a_method(name, "collection") end
end
local LOOK_THEMSELVES = { append = true, add = true }

local function check_items(name, items)
  if type(items) ~= "table" then
    exc.raise("ArgumentError", "%s: expected a list of objects, got %s", name, exc.show_value(items))
  end
end

-- --- lists ------------------------------------------------------------------------------------------------

local list = {}

-- The owner of a collection, nil for one that was replaced. One that its owner has forgotten (expired) still fires.
local function owner_of(self)
  local owner = rawget(self, OWNER)
  if owner ~= nil and rawget(owner, getmetatable(self).prop.slot) ~= self then
    warn "This collection has been invalidated."
  end
  return owner
end

-- Fires append; what is returned is what goes into the collection.
local function fire_append(self, item, place)
  local owner = owner_of(self)
  if owner == nil then return item end
  return hooks.append(owner, getmetatable(self).prop, item, nil, place)
end

local function fire_again(self, item)
  local owner = owner_of(self)
  if owner ~= nil then hooks.again(owner, getmetatable(self).prop, item, nil, null) end
end

local function fire_remove(self, item, place)
  local owner = owner_of(self)
  if owner ~= nil then hooks.remove(owner, getmetatable(self).prop, item, nil, place) end
end

-- Before something is taken out that is known only then. The owner counts as changed, also if nothing is there.
local function before_pop(self)
  local owner = owner_of(self)
  if owner ~= nil then hooks.before_pop(owner, getmetatable(self).prop) end
end

collections.fire_append, collections.fire_again = fire_append, fire_again
collections.fire_remove, collections.before_pop = fire_remove, before_pop

--- Puts an item at the end.
---@param item table
function list.append(self, item)
  if item == nil then check_collection(self, "append") end
  item = fire_append(self, item)
  rawset(self, #self + 1, item)
  entered(self, item)
end
list.add = nil

--- insert(position, item) as Python's: before the item that has the position (counted from 1), -1 being the last.
function list.insert(self, position, item)
  if item == nil then position, item = #self + 1, position end
  if type(position) ~= "number" then
    exc.raise("ArgumentError", "insert: expected a position, got %s", exc.show_value(position))
  end
  item = fire_append(self, item, position)
  local n = #self
  if position < 0 then position = n + 1 + position end
  position = math.max(1, math.min(position, n + 1))
  for i = n, position, -1 do rawset(self, i + 1, self[i]) end
  rawset(self, position, item)
  entered(self, item, position)
end

local function take_at(self, position) left(self, table.remove(self, position)) end

function list.remove(self, item)
  if is_mapped(item) then fire_remove(self, item) end
  -- a listener may have moved things
  local position = index_of(self, item)
  if not position then
    exc.raise("InvalidRequestError", "list.remove(x): x not in list (collection '%s')",
      tostring(getmetatable(self).prop))
  end
  take_at(self, position)
end

--- Takes the item at a position (the last one by default) out and returns it.
function list.pop(self, position)
  local n = #self
  position = position or n
  if type(position) ~= "number" then
    exc.raise("ArgumentError", "pop: expected a position, got %s", exc.show_value(position))
  end
  if position < 0 then position = n + 1 + position end
  local item = position >= 1 and self[position] or nil -- the owner stands at 0
  before_pop(self)
  if item == nil then exc.raise("InvalidRequestError", "pop from empty list or index out of range") end
  take_at(self, position)
  fire_remove(self, item, position)
  return item
end

--- Puts items at the end, in their order.
---@param items table[]
function list.extend(self, items)
  check_items("extend", items)
  local copy = {}
  for i, item in ipairs(items) do copy[i] = item end
  for _, item in ipairs(copy) do self:append(item) end
end

--- Takes all items out.
function list.clear(self)
  local items = {}
  for i = 1, #self do items[i] = self[i] end
  for i = 1, #items do fire_remove(self, items[i]) end
  for i = #self, 1, -1 do self[i] = nil end
  if rawget(self, COPY) then rawset(self, COPY, {}) end
end

--- Is the item in it?
---@param item table
---@return boolean
function list.contains(self, item) return index_of(self, item) ~= nil end

--- The place of an item, from 1; nil if it is not in it.
---@param item table
---@return integer?
function list.index(self, item) return index_of(self, item) end

--- How often the item is in it.
---@param item table
---@return integer
function list.count(self, item)
  local n = 0
  for i = 1, #self do
    if self[i] == item then n = n + 1 end
  end
  return n
end

--- Sorts in place, as table.sort; no events, since no item comes or goes.
---@param less (fun(a:table, b:table):boolean)?
function list.sort(self, less)
  if less ~= nil then usage.check_function("sort", less) end
  local copy = {}
  for i = 1, #self do copy[i] = self[i] end
  table.sort(copy, less)
  for i = 1, #copy do self[i] = copy[i] end
end

--- Turns the order around; no events.
function list.reverse(self)
  local n = #self
  for i = 1, math.floor(n / 2) do self[i], self[n + 1 - i] = self[n + 1 - i], self[i] end
end
--- The items as a plain table.
function list.to_list(self)
  local copy = {}
  for i = 1, #self do copy[i] = self[i] end
  return copy
end
--- Python's collection[i] = item: the old item leaves, the new one enters.
function list.set(self, position, item)
  local former = self[position]
  if former == nil then return list.append(self, item) end
  fire_remove(self, former, position)
  item = fire_append(self, item, position)
  rawset(self, position, item)
  left(self, former)
  entered(self, item, position)
end

local function list_newindex(self, key, item)
  if item == nil then return end
  if key == #self + 1 then return list.append(self, item) end
  if type(key) == "number" then
    exc.raise("ArgumentError", "assignment to position %s of a collection of %d: only the end can be assigned to",
      tostring(key), #self)
  end
  exc.raise("ArgumentError", "a collection has no attribute '%s' that can be assigned", tostring(key))
end

local function show(self)
  local parts = {}
  for i, item in ipairs(self) do parts[i] = tostring(item) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local list_adapter = {
  kind = "list",
  items = function(self) return self end,
  put = function(self, item)
    rawset(self, #self + 1, item)
    entered(self, item)
  end,
  take = function(self, item)
    local position = index_of(self, item)
    if position then take_at(self, position) end
  end,
  has = function(self, item) return index_of(self, item) ~= nil end,
  accepts = function(value) return type(value) == "table" end,
}

-- --- sets: items in order of insertion, [-1] = { item = true } ----------------------------------------------

local set = {}
for name, fn in pairs(require "alchemoon.orm.set_algebra") do set[name] = fn end
local MEMBERS = -1

--- Puts an item in, unless it is there.
---@param item table
function set.add(self, item)
  if item == nil then check_collection(self, "add") end
  if self[MEMBERS][item] then return fire_again(self, item) end
  item = fire_append(self, item)
  self[MEMBERS][item] = true
  rawset(self, #self + 1, item)
  entered(self, item)
end
set.append = set.add

local function set_take(self, item)
  if not self[MEMBERS][item] then return end
  self[MEMBERS][item] = nil
  take_at(self, index_of(self, item))
end

--- Takes an item out, if it is there.
---@param item table
function set.discard(self, item)
  if not self[MEMBERS][item] then return end
  fire_remove(self, item)
  set_take(self, item)
end

--- Takes an item out.
-- Raises InvalidRequestError for one that is not there.
---@param item table
function set.remove(self, item)
  if not self[MEMBERS][item] then
    exc.raise("InvalidRequestError", "set.remove(x): x not in set (collection '%s')", tostring(getmetatable(self).prop))
  end
  set.discard(self, item)
end

--- Is the item in it?
---@param item table
---@return boolean
function set.contains(self, item) return self[MEMBERS][item] == true end

--- Takes the oldest item out and returns it.
-- Raises InvalidRequestError for an empty set.
---@return table
function set.pop(self)
  before_pop(self)
  local item = self[1]
  if item == nil then exc.raise("InvalidRequestError", "pop from an empty set") end
  set_take(self, item)
  fire_remove(self, item)
  return item
end

--- Takes all items out.
function set.clear(self)
  for _, item in ipairs(list.to_list(self)) do set.remove(self, item) end
end

--- Puts all these items in.
---@param items table[]
function set.update(self, items)
  check_items("update", items)
  for _, item in ipairs(list.to_list(items)) do set.add(self, item) end
end
set.extend = set.update
set.to_list = list.to_list

local function set_newindex(self, key, item)
  if item ~= nil and key == #self + 1 then return set.add(self, item) end
  if item ~= nil then exc.raise("ArgumentError", "a set has no position '%s' to assign to; use add", tostring(key)) end
end

local set_adapter = {
  kind = "set",
  items = function(self) return self end,
  init = function(self) rawset(self, MEMBERS, {}) end,
  put = function(self, item)
    if not self[MEMBERS][item] then
      self[MEMBERS][item] = true
      rawset(self, #self + 1, item)
      entered(self, item)
    end
  end,
  take = set_take,
  has = set.contains,
  accepts = function(value) return type(value) == "table" end,
}

usage.check_receivers(list, "collection", is_collection, LOOK_THEMSELVES)
usage.check_receivers(set, "collection", is_collection, LOOK_THEMSELVES)

-- --- what they share ----------------------------------------------------------------------------------------

-- What others may have, and is asked for.
local ABSENT = { each = true, items = true, iter = true, iterate = true, new = true, reorder = true, values = true }

-- The methods of our own collections, which know their names; classes of the user's own derive from `list` and `set`
-- and may have fields besides.
local function closed(methods, what)
  local copy = {}
  for name, fn in pairs(methods) do copy[name] = fn end
  return usage.close_class(copy, what, ABSENT)
end

local KINDS = {
  list = { methods = closed(list, "InstrumentedList"), adapter = list_adapter, newindex = list_newindex },
  set = { methods = closed(set, "InstrumentedSet"), adapter = set_adapter, newindex = set_newindex },
}
collections.KINDS = KINDS
collections.list_methods, collections.set_methods = list, set
collections.show = show

--- The metatable and adapter of a relationship's collections; called once the property knows its options.
function collections.configure(prop)
  local wanted = prop.collection_class or "list"
  if type(wanted) == "string" and KINDS[wanted] then
    local kind = KINDS[wanted]
    prop.adapter, prop.is_watched = kind.adapter, not prop.viewonly
    prop.collection_meta = { __index = kind.methods, __newindex = kind.newindex, __tostring = show,
      __pairs = ipairs, prop = prop, __name = wanted, adapter = kind.adapter }
    return
  end
  require("alchemoon.orm.collection_kinds").configure(prop, wanted)
end

--- A new collection without items. Fires nothing.
function collections.new(prop, owner)
  local adapter = prop.adapter
  if adapter.new then return adapter.new(prop, owner) end
  local self = { [OWNER] = owner }
  if adapter.init then adapter.init(self, prop) end
  return setmetatable(self, prop.collection_meta)
end

--- Is it one of our collections? Returns its adapter.
function collections.adapter_of(value)
  if type(value) ~= "table" then return nil end
  local mt = getmetatable(value)
  return type(mt) == "table" and rawget(mt, "adapter") or nil
end

--- The items of a collection as an array (for lists and sets the collection itself: do not change it).
function collections.items(prop, collection) return prop.adapter.items(collection) end

--- A collection made of a loader's list, without events: the loader's table itself becomes the list when it can.
function collections.from_list(prop, owner, items)
  local collection = collections.new(prop, owner)
  local put = prop.adapter.put
  for i = 1, #items do put(collection, items[i]) end
  return collection
end

-- Is the target selected from more than its tables, which have each key once: a subquery or a union of its own?
local function may_repeat(target)
  local with = rawget(target, "with_polymorphic")
  return with and with[2] ~= nil or core.node_tag(target.local_table) ~= core.tags.TABLE
end

--- Loaded items, each once, whatever an association table repeats, or a union that the target is selected from.
function collections.once_each(prop, items)
  if #items < 2 or not prop.secondary and not may_repeat(prop.mapper) then return items end
  local seen, kept = {}, {}
  for i = 1, #items do
    local item = items[i]
    if not seen[item] then
      seen[item], kept[#kept + 1] = true, item
    end
  end
  return kept
end

--- A collection that belongs to its owner no more: its methods fire nothing.
function collections.release(prop, collection)
  if prop.adapter.release then return prop.adapter.release(collection) end
  rawset(collection, OWNER, nil)
end

--- The owner of a collection.
function collections.owner(collection)
  local adapter = collections.adapter_of(collection)
  if adapter and adapter.owner then return adapter.owner(collection) end
  return rawget(collection, OWNER)
end

collections.index_of = index_of
return collections
