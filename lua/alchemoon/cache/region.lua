--- Regions: named caches with an expiration time, after dogpile's.
--
-- An entry is { payload =, ct = time of its making }. get_or_create() lets one maker per key work at a time: those who
-- have an expired value meanwhile get that, those who have none wait.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local NO_VALUE = require "alchemoon.cache.no_value"
local usage = require "alchemoon.usage"

local region = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

---@class alchemoon.CacheRegion
---@field name string?
---@field backend table
---@field expiration_time number?
---@field is_configured boolean   is there a backend?
local Region = { __name = "CacheRegion", is_configured = false }
Region.__index = Region
Region.__tostring = function(self) return ("CacheRegion(%s)"):format(tostring(self.name)) end

-- Name of a backend → function(options) → backend.
local backends = {
  memory = function(opts) return require("alchemoon.cache.memory").new(opts) end,
  memory_serial = function(opts) return require("alchemoon.cache.memory").new(opts, true) end,
  redis = function(opts) return require("alchemoon.cache.redis").new(opts) end,
}
local ALIASES = { ["dogpile.cache.memory"] = "memory", ["dogpile.cache.memory_pickle"] = "memory_serial",
  ["dogpile.cache.redis"] = "redis" }

--- Another kind of cache: cache.register_backend("mine", function(options) return backend end).
---@param name string
---@param make function
function region.register_backend(name, make)
  usage.check_type("register_backend", "string", name)
  usage.check_function("register_backend", make)
  backends[name] = make
end

local function now()
  local wall = core.clock()
  return wall
end

-- --- making one -------------------------------------------------------------------------------------------

local MAKE = { name = true, key_mangler = true, function_key_generator = true }

--- A region, to be configured: make_region{ name =, key_mangler =, function_key_generator = }.
---@param opts table?
---@return alchemoon.CacheRegion
function region.make_region(opts)
  opts = options.read("make_region", opts, MAKE)
  return setmetatable({ name = opts.name, key_mangler = opts.key_mangler,
    function_key_generator = opts.function_key_generator or region.function_key_generator }, Region)
end

local CONFIGURE = { expiration_time = true, arguments = true, replace_existing_backend = true, key_mangler = true,
  region_invalidator = true }

--- Says where the entries are kept: region:configure("memory" | "redis", { expiration_time =, arguments = { … } }); the
-- backend's own options may also stand beside expiration_time.
---@param backend string
---@param opts table?
---@return alchemoon.CacheRegion self
function Region:configure(backend, opts)
  local own, rest = {}, {}
  for key, value in pairs(opts or {}) do
    if CONFIGURE[key] then own[key] = value else rest[key] = value end
  end
  if self.backend and not own.replace_existing_backend then
    exc.raise("InvalidRequestError", "This region is already configured with backend: %s.  Specify "
      .. "replace_existing_backend=true to replace.", tostring(self.backend_name))
  end
  backend = ALIASES[backend] or backend
  local make = backends[backend]
  if not make then
    exc.raise("ArgumentError", "Couldn't find cache plugin to load: %s%s", tostring(backend),
      options.hint(tostring(backend), backends))
  end
  for key, value in pairs(own.arguments or {}) do rest[key] = value end
  if own.expiration_time ~= nil and type(own.expiration_time) ~= "number" then
    exc.raise("ArgumentError", "expiration_time must be a number of seconds")
  end
  self.backend, self.backend_name = make(rest), backend
  self.is_configured = true
  self.expiration_time, self._invalidator = own.expiration_time, own.region_invalidator or region.invalidator()
  self.key_mangler = self.key_mangler or own.key_mangler
  return self
end

local function backend_of(self)
  if self.backend then return self.backend end
  return exc.raise("InvalidRequestError", "No backend is configured on this region.")
end

local function mangled(self, key)
  if self.key_mangler then key = self.key_mangler(key) end
  if type(key) ~= "string" then
    exc.raise("ArgumentError", "a cache key must be a string, got %s", type(key))
  end
  return key
end

-- --- invalidation of the whole region ---------------------------------------------------------------------

local Invalidator = {}
Invalidator.__index = Invalidator

function Invalidator:invalidate(hard)
  self._hard, self._soft = hard and now() or nil, not hard and now() or nil
end
function Invalidator:is_invalidated(ct)
  return self._hard ~= nil and ct < self._hard or self._soft ~= nil and ct < self._soft
end
function Invalidator:is_hard_invalidated(ct) return self._hard ~= nil and ct < self._hard end
function Invalidator:is_soft_invalidated(ct) return self._soft ~= nil and ct < self._soft end

--- What remembers when a region was invalidated: for this process. Exchange it with region_invalidator.
function region.invalidator() return setmetatable({}, Invalidator) end

--- All entries made until now are void: hard (default): at once; soft (hard = false): get_or_create makes them anew one
-- by one and hands the old ones out meanwhile. It concerns this process.
---@param hard boolean?
function Region:invalidate(hard)
  backend_of(self)
  self._invalidator:invalidate(hard ~= false)
end

-- --- single entries ---------------------------------------------------------------------------------------

-- A nil is kept, too: as an entry without payload.
local function new_entry(value) return { payload = value, ct = now() } end

local function is_valid(self, entry, opts)
  if opts.ignore_expiration then return true end
  local expiration = opts.expiration_time or self.expiration_time
  if expiration and expiration >= 0 and now() - entry.ct > expiration then return false end
  return not self._invalidator:is_invalidated(entry.ct)
end

local GET = { expiration_time = true, ignore_expiration = false }

--- The value under a key, or NO_VALUE.
---@param key string
---@param opts {expiration_time: number?, ignore_expiration: boolean?}?
function Region:get(key, opts)
  opts = options.read("get", opts, GET)
  local entry = backend_of(self):get(mangled(self, key))
  if not entry or not is_valid(self, entry, opts) then return NO_VALUE end
  return entry.payload
end

--- The values under several keys, in their order; NO_VALUE where there is none, am.null for a nil.
---@param keys string[]
---@param opts table?
function Region:get_multi(keys, opts)
  opts = options.read("get_multi", opts, GET)
  local names = {}
  for i, key in ipairs(keys) do names[i] = mangled(self, key) end
  local list = backend_of(self):get_multi(names)
  for i, entry in ipairs(list) do
    if not entry or not is_valid(self, entry, opts) then list[i] = NO_VALUE
    else
      list[i] = entry.payload
      if list[i] == nil then list[i] = core.null end
    end
  end
  return list
end

--- Keeps a value.
---@param key any
---@param value any
function Region:set(key, value) backend_of(self):set(mangled(self, key), new_entry(value)) end

--- Keeps several: { key = value }.
---@param mapping table<any, any>
function Region:set_multi(mapping)
  local entries = {}
  for key, value in pairs(mapping) do entries[mangled(self, key)] = new_entry(value) end
  backend_of(self):set_multi(entries)
end

--- Forgets a key.
---@param key any
function Region:delete(key) backend_of(self):delete(mangled(self, key)) end

--- Forgets several.
---@param keys any[]
function Region:delete_multi(keys)
  local names = {}
  for i, key in ipairs(keys) do names[i] = mangled(self, key) end
  backend_of(self):delete_multi(names)
end

-- --- get or create ----------------------------------------------------------------------------------------

local function soft_needs_expiration(expiration)
  if not expiration then
    exc.raise("InvalidRequestError", "An expiration_time is required for soft invalidation")
  end
end

-- entry and "fresh", or entry and "old" (may be handed out while somebody makes it anew), or nil.
local function look(self, name, expiration, valid)
  local entry = self.backend:get(name)
  if not entry or self._invalidator:is_hard_invalidated(entry.ct) then return nil end
  if valid and not valid(entry.payload) then return nil end
  if self._invalidator:is_soft_invalidated(entry.ct) then
    soft_needs_expiration(expiration)
    return entry, "old"
  end
  if expiration and now() - entry.ct > expiration then return entry, "old" end
  return entry, "fresh"
end

local function make(self, name, creator, opts)
  local arguments = opts.creator_args or {}
  local value = creator(unpack(arguments, 1, arguments.n or #arguments))
  if not opts.should_cache_fn or opts.should_cache_fn(value) then self.backend:set(name, new_entry(value)) end
  return value
end

local CREATE = { expiration_time = true, should_cache_fn = true, creator_args = true, valid = true }

--- The value under a key; if there is none, or it is older than the expiration time, what creator() returns, which is
-- kept. One creator per key works at a time.
---@param key string
---@param creator function
---@param opts {expiration_time: number?, should_cache_fn: function?, creator_args: any[]?, valid: function?}?
function Region:get_or_create(key, creator, opts)
  opts = options.read("get_or_create", opts, CREATE)
  if type(creator) ~= "function" then exc.raise("ArgumentError", "get_or_create: the creator must be a function") end
  local backend, name = backend_of(self), mangled(self, key)
  local expiration = opts.expiration_time or self.expiration_time
  if expiration and expiration < 0 then expiration = nil end
  local entry, state = look(self, name, expiration, opts.valid)
  if state == "fresh" then return entry.payload end
  local mutex = backend:mutex(name)
  if not mutex:acquire(entry == nil) then
    if entry then return entry.payload end
    return make(self, name, creator, opts) -- whoever has the lock cannot be waited for
  end
  local ok, value = pcall(function()
    local again, new_state = look(self, name, expiration, opts.valid)
    if new_state == "fresh" then return again.payload end
    return make(self, name, creator, opts)
  end)
  if ok then
    mutex:release()
    return value
  end
  pcall(mutex.release, mutex) -- the error of the creator is the one that counts
  return error(value, 0)
end

--- The same for several keys: creator(missing keys…) returns their values as a list. The list of all values.
---@param keys string[]
---@param creator function
---@param opts table?
function Region:get_or_create_multi(keys, creator, opts)
  opts = options.read("get_or_create_multi", opts, { expiration_time = true, should_cache_fn = true })
  local list = self:get_multi(keys, { expiration_time = opts.expiration_time })
  local missing, places = {}, {}
  for i, value in ipairs(list) do
    if value == NO_VALUE then
      if not places[keys[i]] then
        missing[#missing + 1] = keys[i]
        places[keys[i]] = {}
      end
      places[keys[i]][#places[keys[i]] + 1] = i
    end
  end
  if #missing == 0 then return list end
  local made, kept = creator(unpack(missing)), {}
  for k, key in ipairs(missing) do
    local value = made[k]
    if not opts.should_cache_fn or opts.should_cache_fn(value) then kept[key] = value end
    for _, i in ipairs(places[key]) do list[i] = value end
  end
  self:set_multi(kept)
  return list
end

-- --- functions --------------------------------------------------------------------------------------------

-- An argument as a part of a key. What is told apart by its address only has no name that a cache could keep.
local function key_part(value, position)
  local text = tostring(value)
  if type(value) ~= "string" and (text:find "^%a+: " or text:find "[: ]0x%x+") then
    exc.raise("ArgumentError", "cache_on_arguments: argument #%d (%s) has no text of its own to make a key of; pass "
      .. "strings and numbers, or a function_key_generator", position, text)
  end
  return text
end

--- How a function and its arguments become a key: "namespace|argument argument". Without a namespace the function is
-- known by where it is written.
function region.function_key_generator(namespace, fn)
  if namespace == nil then
    usage.check_type("function_key_generator", "function", fn)
    local file, line = core.function_line(fn)
    namespace = file .. ":" .. line
  end
  return function(...)
    local parts = {}
    for i = 1, select("#", ...) do parts[i] = key_part((select(i, ...)), i) end
    return namespace .. "|" .. table.concat(parts, " ")
  end
end

local ON_ARGUMENTS = { namespace = true, expiration_time = true, should_cache_fn = true, function_key_generator = true }

-- A function is called through the region; its key is made of its name and arguments.
local function cached_function(self, fn, opts)
  local key_of = (opts.function_key_generator or self.function_key_generator)(opts.namespace, fn)
  local made = { original = fn }
  -- made.set(value, …) and made:set(value, …) mean the same.
  local function method(name, call)
    made[name] = function(first, ...)
      if first == made then return call(...) end
      return call(first, ...)
    end
  end
  method("set", function(value, ...) self:set(key_of(...), value) end)
  method("get", function(...) return self:get(key_of(...)) end)
  method("invalidate", function(...) self:delete(key_of(...)) end)
  method("refresh", function(...)
    local value = fn(...)
    self:set(key_of(...), value)
    return value
  end)
  method("key", key_of)
  return setmetatable(made, { __call = function(_, ...)
    return self:get_or_create(key_of(...), fn, { expiration_time = opts.expiration_time,
      should_cache_fn = opts.should_cache_fn, creator_args = { n = select("#", ...), ... } })
  end, __name = "cached function" })
end

--- A function whose results are kept, by its arguments: region:cache_on_arguments(fn, { namespace =, expiration_time =,
-- should_cache_fn = }); without fn: a function that makes one. It has set(value, …), get(…), invalidate(…), refresh(…)
-- and original.
---@param fn function?
---@param opts table?
function Region:cache_on_arguments(fn, opts)
  if type(fn) ~= "function" then
    opts = options.read("cache_on_arguments", fn or opts, ON_ARGUMENTS)
    return function(later) return cached_function(self, later, opts) end
  end
  return cached_function(self, fn, options.read("cache_on_arguments", opts, ON_ARGUMENTS))
end

region.Region = Region
usage.check_receivers(Region, "region", usage.receiver_of(Region))
usage.close_class(Region, "CacheRegion", { name = true, backend = true, backend_name = true, expiration_time = true,
  key_mangler = true })

return region
