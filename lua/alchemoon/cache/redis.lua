--- Redis as a cache: "redis". Entries are bytes of serial.lua under `key_prefix .. key`.
--
-- Options: those of the client (resp.lua), redis_expiration_time (seconds after which Redis itself drops an entry),
-- distributed_lock (default true), lock_timeout (seconds after which the lock of a maker that died is free again),
-- lock_sleep, key_prefix. Tags live in one hash: "@id" tells incarnations of it apart, "@epoch" is the clock, the rest
-- is when each tag changed last; a sorted set holds the marks, with their deadlines.
local core = require "alchemoon.core"
local cache_wait = require "alchemoon.cache.wait"
local options = require "alchemoon.options"
local resp = require "alchemoon.cache.resp"
local serial = require "alchemoon.cache.serial"
local values = require "alchemoon.values"

local redis = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113
local Redis = {}
Redis.__index = Redis

local VALID = { redis_expiration_time = true, distributed_lock = options.TRUE, lock_timeout = 30, lock_sleep = 0.02,
  key_prefix = "am:" }

local CLOCK = [=[
local function epoch(by)
  if redis.call('HSETNX', KEYS[1], '@id', ARGV[1]) == 1 then redis.call('HSET', KEYS[1], '@epoch', 0) end
  return redis.call('HINCRBY', KEYS[1], '@epoch', by)
end
]=]
local EPOCH = CLOCK .. [=[
local e = epoch(0)
return { redis.call('HGET', KEYS[1], '@id'), e }
]=]
-- ARGV: new id, owner, tags
local BUMP = CLOCK .. [=[
local e = epoch(1)
for i = 3, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], e)
  redis.call('ZREM', KEYS[2], ARGV[i] .. '|' .. ARGV[2])
end
return e
]=]
-- ARGV: seconds, owner, tags
local MARK = [=[
local deadline = redis.call('TIME')[1] + ARGV[1]
for i = 3, #ARGV do redis.call('ZADD', KEYS[2], deadline, ARGV[i] .. '|' .. ARGV[2]) end
return 1
]=]
-- ARGV: new id, id of the entry, its epoch, tags
local CHECK = CLOCK .. [=[
local now = tonumber(redis.call('TIME')[1])
local id = redis.call('HGET', KEYS[1], '@id')
local flux, state = {}, id == ARGV[2] and 'fresh' or 'stale'
local marks = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #marks, 2 do
  local tag = string.match(marks[i], '^(.*)|[^|]*$')
  if tonumber(marks[i + 1]) >= now then
    flux[tag] = true
  else
    redis.call('HSET', KEYS[1], tag, epoch(1))
    redis.call('ZREM', KEYS[2], marks[i])
  end
end
for i = 4, #ARGV do
  if flux[ARGV[i]] then return 'flux' end
  local changed = redis.call('HGET', KEYS[1], ARGV[i])
  if changed and tonumber(changed) > tonumber(ARGV[3]) then state = 'stale' end
end
return state
]=]
local UNLOCK = [[if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0]]

--- A backend.
---@param opts table
---@return any
function redis.new(opts)
  local own, rest = {}, {}
  for key, value in pairs(opts) do
    if VALID[key] ~= nil then own[key] = value else rest[key] = value end
  end
  own = options.read("configure", own, VALID)
  local self = { client = resp.new(rest), _ttl = own.redis_expiration_time, _lock_timeout = own.lock_timeout,
    _lock_sleep = own.lock_sleep, _prefix = own.key_prefix, _distributed = own.distributed_lock, _shas = {} }
  self._waiter = self.client._waiter
  self._locks = cache_wait.locks(self._waiter)
  return setmetatable(self, Redis)
end

local function full(self, key) return self._prefix .. key end

local function decoded(text)
  if not text then return nil end
  local ok, entry = serial.decode(text)
  return ok and entry or nil
end

--- The entry under a key, or nil.
---@param key string
---@return any
function Redis:get(key) return decoded(self.client:call("GET", full(self, key))) end

--- The entries under several keys.
---@param keys string[]
---@return any[]
function Redis:get_multi(keys)
  if #keys == 0 then return {} end
  local command = { "MGET" }
  for i, key in ipairs(keys) do command[i + 1] = full(self, key) end
  local list = self.client:call(unpack(command))
  for i = 1, #keys do list[i] = decoded(list[i]) or false end
  return list
end

local function set_command(self, key, entry)
  local command = { "SET", full(self, key), serial.encode(entry) }
  if self._ttl then
    command[4], command[5] = "PX", ("%d"):format(math.max(1, math.floor(self._ttl * 1000)))
  end
  return command
end

local function all(self, commands)
  if #commands == 0 then return end
  for _, reply in ipairs(self.client:pipeline(commands)) do
    if type(reply) == "table" and reply.error then
      require("alchemoon.exc").raise("InvalidRequestError", "%s: %s", tostring(self.client), reply.error)
    end
  end
end

--- Keeps an entry.
---@param key string
---@param entry any
function Redis:set(key, entry) all(self, { set_command(self, key, entry) }) end

--- Keeps several entries.
---@param entries table<string, any>
function Redis:set_multi(entries)
  local commands = {}
  for key, entry in pairs(entries) do commands[#commands + 1] = set_command(self, key, entry) end
  all(self, commands)
end

--- Forgets an entry.
---@param key string
function Redis:delete(key) self.client:call("DEL", full(self, key)) end

--- Forgets several entries.
---@param keys string[]
function Redis:delete_multi(keys)
  local commands = {}
  for i, key in ipairs(keys) do commands[i] = { "DEL", full(self, key) } end
  all(self, commands)
end

-- --- scripts ----------------------------------------------------------------------------------------------

local function script(self, text, ...)
  return self.client:call("EVAL", text, "2", full(self, "@tags"), full(self, "@marks"), ...)
end

local function with(first, second, tags)
  local list = { first, second }
  for _, tag in ipairs(tags) do list[#list + 1] = tag end
  return unpack(list)
end

--- The present moment: "id|epoch".
---@return string
function Redis:epoch()
  local reply = script(self, EPOCH, values.uuid4())
  return reply[1] .. "|" .. ("%d"):format(reply[2])
end

--- The tags changed.
---@param tags string[]
---@param owner any
function Redis:bump(tags, owner) script(self, BUMP, with(values.uuid4(), owner or "-", tags)) end

--- The tags are about to change, within `seconds`.
---@param tags string[]
---@param owner any
---@param seconds number
function Redis:mark(tags, owner, seconds) script(self, MARK, with(("%d"):format(math.ceil(seconds)), owner, tags)) end

--- They do not change.
---@param tags string[]
---@param owner any
function Redis:unmark(tags, owner)
  local command = { "ZREM", full(self, "@marks") }
  for _, tag in ipairs(tags) do command[#command + 1] = tag .. "|" .. owner end
  self.client:call(unpack(command))
end

--- Is what was made at `epoch` still true? As of the memory's backend.
---@param tags string[]
---@param epoch string
---@return string
function Redis:check(tags, epoch)
  local id, number = tostring(epoch):match("^(.*)|(%d+)$")
  if not id then return "stale" end
  local list = { values.uuid4(), id, number }
  for _, tag in ipairs(tags) do list[#list + 1] = tag end
  return script(self, CHECK, unpack(list))
end

-- --- the lock ---------------------------------------------------------------------------------------------

local Mutex = {}
Mutex.__index = Mutex

local function try(self)
  return self.backend.client:call("SET", self.key, self.token, "NX", "PX",
    ("%d"):format(math.ceil(self.backend._lock_timeout * 1000))) == "OK"
end

--- Takes the lock, first among the coroutines of this process, then among processes.
---@param block boolean?
---@return boolean
function Mutex:acquire(block)
  if not self.near:acquire(block) then return false end
  local ok, got = pcall(function()
    local _, start = core.clock()
    while not try(self) do
      local _, now = core.clock()
      if not block or now - start > self.backend._lock_timeout then return false end
      cache_wait.sleep(self.backend._waiter, self.backend._lock_sleep)
    end
    return true
  end)
  if ok and got then return true end
  self.near:release()
  if not ok then error(got, 0) end
  return false
end

--- Gives the lock back, if it is still held.
function Mutex:release()
  local ok, e = pcall(self.backend.client.call, self.backend.client, "EVAL", UNLOCK, "1", self.key, self.token)
  self.near:release()
  if not ok then error(e, 0) end
end

--- The lock against several makers of one value.
---@param key string
---@return any
function Redis:mutex(key)
  local near = self._locks(key)
  if not self._distributed then return near end
  return setmetatable({ backend = self, near = near, key = full(self, "_lock" .. key), token = values.uuid4() }, Mutex)
end

return redis
