--- What stands between a collection and its attribute, for listeners of init_collection and for methods that fire
-- themselves: items go in and out with events or without.
local collections = require "alchemoon.orm.collections"
local exc = require "alchemoon.exc"

local methods = {}
local Adapter = { __index = methods, __name = "CollectionAdapter" }

local function fire(self, name, item, initiator)
  local owner = collections.owner(self.data)
  if owner == nil then return item end
  return collections.hooks[name](owner, self.prop, item, initiator)
end

--- Fires append for an item; what is returned is to be stored.
function methods:fire_append_event(item, initiator) return fire(self, "append", item, initiator) end

--- Fires remove for an item.
function methods:fire_remove_event(item, initiator) fire(self, "remove", item, initiator) end

--- Puts an item in, and nobody hears of it.
function methods:append_without_event(item) self.prop.adapter.put(self.data, item) end

--- The same for a list.
function methods:append_multiple_without_event(items)
  for _, item in ipairs(items) do self:append_without_event(item) end
end

--- Takes an item out, and nobody hears of it.
function methods:remove_without_event(item) self.prop.adapter.take(self.data, item) end

--- The same for all items.
function methods:clear_without_event()
  for _, item in ipairs(self:items()) do self:remove_without_event(item) end
end

--- Puts an item in as the program does.
function methods:append_with_event(item, initiator)
  local adapter = self.prop.adapter
  if adapter.append then return adapter.append(self.data, item, initiator) end
  adapter.put(self.data, self:fire_append_event(item, initiator))
end

--- Takes an item out as the program does.
function methods:remove_with_event(item, initiator)
  local adapter = self.prop.adapter
  if adapter.pop then return adapter.pop(self.data, item, initiator) end
  self:fire_remove_event(item, initiator)
  adapter.take(self.data, item)
end

--- The same for all items.
function methods:clear_with_event(initiator)
  for _, item in ipairs(self:items()) do self:remove_with_event(item, initiator) end
end

--- The items as a plain list.
function methods:items()
  local list = {}
  for i, item in ipairs(collections.items(self.prop, self.data)) do list[i] = item end
  return list
end

--- am.collection_adapter(obj.children)
-- Raises ArgumentError for what is no collection of a mapped object.
---@param collection table
---@return table adapter
local function collection_adapter(collection)
  local adapter = collections.adapter_of(collection)
  if not adapter then exc.raise("ArgumentError", "collection_adapter: a mapped collection is needed") end
  local prop = getmetatable(collection).prop
  return setmetatable({ data = collection, prop = prop, attr = prop, key = prop.key,
    owner = collections.owner(collection) }, Adapter)
end

return collection_adapter
