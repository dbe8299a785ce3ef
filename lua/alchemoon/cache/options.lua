--- FromCache and RelationshipCache: statement options that say where results are kept.
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local options = require "alchemoon.options"
local user_option = require "alchemoon.orm.user_option"

local cache_options = {}

---@class alchemoon.FromCache : alchemoon.UserDefinedOption
---@field region string
local FromCache = user_option.UserDefinedOption.subclass "FromCache"
local RelationshipCache = user_option.UserDefinedOption.subclass("RelationshipCache", { propagate_to_loaders = true })
local VALID = { cache_key = true, expiration_time = true, ignore_expiration = false }

local function fields_of(name, region, opts)
  if type(region) == "table" and opts == nil then region, opts = nil, region end
  if region ~= nil and type(region) ~= "string" then
    exc.raise("ArgumentError", "%s: the region must be given by its name, got %s", name, type(region))
  end
  if type(opts) == "string" then opts = { cache_key = opts } end -- the second argument, as it stands in Python
  local fields = options.read(name, opts, VALID)
  fields.region = region or "default"
  return fields
end

--- The result of this statement is taken from a region, or put there: select(User):options(FromCache("default")).
---@param region string?
---@param opts string|{cache_key: string?, expiration_time: number?, ignore_expiration: boolean?}|nil   or the cache key
function cache_options.FromCache(region, opts) return FromCache.new(fields_of("FromCache", region, opts)) end

--- What a lazy load of this relationship brings is taken from a region: RelationshipCache(User.address, "default").
---@param attribute userdata
---@param region string?
---@param opts table?
function cache_options.RelationshipCache(attribute, region, opts)
  local ok, prop = pcall(info.prop, attribute)
  if not ok or not prop or prop.kind ~= "relationship" then
    exc.raise("ArgumentError", "RelationshipCache: a relationship such as User.address is needed, got %s",
      tostring(attribute))
  end
  local self = RelationshipCache.new(fields_of("RelationshipCache", region, opts))
  self._by_property = { [prop] = self }
  return self
end

--- One option for several relationships.
---@param other any
---@return any
function RelationshipCache:and_(other)
  for prop, option in pairs(other._by_property) do self._by_property[prop] = option end
  return self
end

--- The option that concerns an execution, or nil.
function cache_options.of(orm_context)
  for _, option in ipairs(orm_context.user_defined_options) do
    local class = getmetatable(option)
    if class == FromCache then return option end
    if class == RelationshipCache then
      local path = orm_context.loader_strategy_path
      local found = path and #path > 0 and option._by_property[path[#path]]
      if found then return found end
    end
  end
  return nil
end

return cache_options
