--- The memory of this Lua state as a cache: "memory" (values themselves) and "memory_serial" (copies, as bytes).
--
-- Options: max_entries: how many entries are kept at least; the least recently used ones leave beyond twice that.
-- Tags (what a cached result depends on): a counter per process is the clock; bump() notes when a tag changed last,
-- mark() that it is about to.
local core = require "alchemoon.core"
local cache_wait = require "alchemoon.cache.wait"
local options = require "alchemoon.options"
local serial = require "alchemoon.cache.serial"

local memory = {}
local Memory = {}
Memory.__index = Memory

-- The region takes its own options out before; they stand here for the messages.
local VALID = { max_entries = true, reactor = true, expiration_time = true, key_mangler = true,
  region_invalidator = true, replace_existing_backend = true }

--- A backend; `opts`: max_entries, reactor.
---@param opts table?
---@param serialized boolean?
---@return any
function memory.new(opts, serialized)
  options.check("configure", opts, VALID)
  local waiter = cache_wait.waiter(opts.reactor)
  return setmetatable({ _young = {}, _old = {}, _count = 0, _max = opts.max_entries, _serial = serialized,
    _locks = cache_wait.locks(waiter), _epoch = 0, _tags = {}, _marks = {} }, Memory)
end

local function store(self, key, entry)
  if self._young[key] == nil then
    self._count = self._count + 1
    if self._max and self._count > self._max then
      self._old, self._young, self._count = self._young, {}, 1
    end
  end
  self._young[key] = entry
end

local function find(self, key)
  local entry = self._young[key]
  if entry == nil then
    entry = self._old[key]
    if entry ~= nil then
      self._old[key] = nil
      store(self, key, entry)
    end
  end
  return entry
end

--- The entry under a key, or nil.
---@param key string
---@return any
function Memory:get(key)
  local entry = find(self, key)
  if entry == nil or not self._serial then return entry end
  local ok, value = serial.decode(entry)
  return ok and value or nil
end

--- The entries under several keys.
---@param keys string[]
---@return any[]
function Memory:get_multi(keys)
  local list = {}
  for i, key in ipairs(keys) do list[i] = self:get(key) or false end
  return list
end

--- Keeps an entry.
---@param key string
---@param entry any
function Memory:set(key, entry)
  store(self, key, self._serial and serial.encode(entry) or entry)
end

--- Keeps several entries.
---@param entries table<string, any>
function Memory:set_multi(entries)
  for key, entry in pairs(entries) do self:set(key, entry) end
end

--- Forgets an entry.
---@param key string
function Memory:delete(key)
  if self._young[key] ~= nil then self._count = self._count - 1 end
  self._young[key], self._old[key] = nil, nil
end

--- Forgets several entries.
---@param keys string[]
function Memory:delete_multi(keys)
  for _, key in ipairs(keys) do self:delete(key) end
end

--- The lock against several makers of one value.
---@param key string
---@return any
function Memory:mutex(key) return self._locks(key) end

-- --- tags -------------------------------------------------------------------------------------------------

local function now()
  local _, monotonic = core.clock()
  return monotonic
end

--- The present moment, for entries that are made from here on.
---@return any
function Memory:epoch() return self._epoch end

--- The tags changed.
---@param tags string[]
---@param owner any
function Memory:bump(tags, owner)
  self._epoch = self._epoch + 1
  for _, tag in ipairs(tags) do self._tags[tag] = self._epoch end
  if owner then self:unmark(tags, owner) end
end

--- The tags are about to change, within `seconds`.
---@param tags string[]
---@param owner any
---@param seconds number
function Memory:mark(tags, owner, seconds)
  for _, tag in ipairs(tags) do
    self._marks[tag] = self._marks[tag] or {}
    self._marks[tag][owner] = now() + seconds
  end
end

--- They do not change.
---@param tags string[]
---@param owner any
function Memory:unmark(tags, owner)
  for _, tag in ipairs(tags) do
    local marks = self._marks[tag]
    if marks then
      marks[owner] = nil
      if next(marks) == nil then self._marks[tag] = nil end
    end
  end
end

-- Is the tag about to change? A mark that was never taken back counts as a change.
local function in_flux(self, tag)
  local marks = self._marks[tag]
  if not marks then return false end
  local flux = false
  for owner, deadline in pairs(marks) do
    if deadline > now() then flux = true else self:bump({ tag }, owner) end
  end
  return flux
end

--- Is what was made at `epoch` still true? "fresh", "stale", or "flux" while one of the tags is changing.
---@param tags string[]
---@param epoch any
---@return string
function Memory:check(tags, epoch)
  local state = "fresh"
  for _, tag in ipairs(tags) do
    if in_flux(self, tag) then return "flux" end
    if (self._tags[tag] or 0) > epoch then state = "stale" end
  end
  return state
end

return memory
