--- The cache of compiled statements: by structural key, least recently used go first.
--
-- A hit costs one table look-up. Age is kept as a counter per entry and looked at only when the cache has grown to
-- one and a half times its size; then it is cut back to its size, oldest first.
local cache = {}
cache.__index = cache
cache.__name = "alchemoon.compiled_cache"

--- A cache for about `size` statements; 0 keeps none.
---@param size integer
function cache.new(size)
  return setmetatable({ size = size, entries = {}, count = 0, clock = 0, hits = 0, misses = 0, evicted = 0 }, cache)
end

---@param key string
function cache:get(key)
  local entry = self.entries[key]
  if entry then
    local clock = self.clock + 1
    self.clock, entry.used = clock, clock
    self.hits = self.hits + 1
    return entry
  end
  self.misses = self.misses + 1
  return nil
end

local function evict(self)
  local order = {}
  for key, entry in pairs(self.entries) do order[#order + 1] = { key, entry.used } end
  table.sort(order, function(a, b) return a[2] < b[2] end)
  for i = 1, #order - self.size do
    self.entries[order[i][1]] = nil
    self.count, self.evicted = self.count - 1, self.evicted + 1
  end
end

---@param key string
---@param entry table
function cache:put(key, entry)
  if self.size == 0 then return end
  if not self.entries[key] then self.count = self.count + 1 end
  self.clock = self.clock + 1
  entry.used = self.clock
  self.entries[key] = entry
  if self.count > self.size * 1.5 then evict(self) end
end

function cache:clear() self.entries, self.count = {}, 0 end

--- Counters that a user may read.
---@return {size: integer, count: integer, hits: integer, misses: integer, evicted: integer}
function cache:stats()
  return { size = self.size, count = self.count, hits = self.hits, misses = self.misses, evicted = self.evicted }
end

return cache
