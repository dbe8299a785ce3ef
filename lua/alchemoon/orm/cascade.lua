--- Cascades: the objects that an operation on one object also reaches, along its relationships.
--
-- Depth first; a class's own relationships come before those that it inherits, each in the order of declaration.
-- Only "delete" loads what is not loaded.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local select_columns = require "alchemoon.orm.select_columns"
local symbols = require "alchemoon.orm.symbols"

local cascade = {}
local OFF, NO_INITIALIZE = symbols.OFF, symbols.NO_INITIALIZE
local rawget, getmetatable = rawget, getmetatable

--- Relationships of a mapper that have the cascade `name` (save_update, delete, merge, expunge, refresh_expire).
local function props_with(mapper, name)
  local cache = rawget(mapper, "cascade_props")
  if not cache or cache.n ~= #mapper.props or cache.configured ~= mapper.configured then
    cache = { n = #mapper.props, configured = mapper.configured }
    mapper.cascade_props = cache
  end
  local list = cache[name]
  if not list then
    list = {}
    for _, prop in ipairs(select_columns.ordered(mapper)) do
      if prop.kind == "relationship" and prop.cascade and prop.cascade[name] then list[#list + 1] = prop end
    end
    cache[name] = list
  end
  return list
end
cascade.props_with = props_with

local function refuse(prop, item)
  exc.raise("ArgumentError", "Attribute '%s' on class '%s' doesn't handle objects of type '%s'", prop.key,
    tostring(prop.parent.class), tostring(getmetatable(item)))
end

local function items_of(obj, prop, name)
  if name == "save_update" then return access.all_pending(obj, prop, NO_INITIALIZE) end
  if name == "delete" and not prop.passive_deletes then return access.current_items(obj, prop, OFF) end
  return access.current_items(obj, prop, NO_INITIALIZE)
end

-- Breadth before depth: all items of a property are seen before those below the first of them.
local function walk(obj, mapper, name, halt_on, seen, out)
  local props = props_with(mapper, name)
  for i = 1, #props do
    local prop = props[i]
    if name == "delete" or rawget(obj, prop.slot) ~= nil or prop.history or access.changes_of(obj) then
      local items = items_of(obj, prop, name)
      local skip_pending = name == "refresh_expire" and not prop.cascade.delete_orphan
      local fresh = {}
      for k = 1, #items do
        local item = items[k]
        if not seen[item] and not (halt_on and halt_on(item)) and not (skip_pending and rawget(item, 2) == nil) then
          local item_mapper = access.mapper_of(item)
          if not item_mapper or not item_mapper:isa(prop.mapper) then refuse(prop, item) end
          seen[item] = true
          fresh[#fresh + 1] = item
        end
      end
      for k = 1, #fresh do
        out[#out + 1] = fresh[k]
        walk(fresh[k], access.mapper_of(fresh[k]), name, halt_on, seen, out)
      end
    end
  end
end

--- The objects that are reached from `obj` (itself not included). `halt_on(item)`: do not go on from there.
---@param obj table
---@param name string   save_update, delete, merge, expunge, refresh_expire
---@param halt_on function?
---@return table
function cascade.collect(obj, name, halt_on)
  local mapper = access.mapper_of(obj)
  local out = {}
  if #props_with(mapper, name) == 0 then return out end
  walk(obj, mapper, name, halt_on, {}, out)
  return out
end

return cascade
