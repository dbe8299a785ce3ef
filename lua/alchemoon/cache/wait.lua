--- Waiting in a cache: sleeping, and locks between coroutines. Blocks or suspends as database calls do.
local core = require "alchemoon.core"
local wait = require "alchemoon.engine.wait"

local cache_wait = {}
local running = coroutine.running
local MAIN = {}

--- What waits for a region: { reactor = } as create_engine reads that option.
---@param option any
function cache_wait.waiter(option) return { reactor = wait.reactor(option) } end

--- Sleeps; only the running coroutine if it may be suspended.
---@param waiter any
---@param seconds number
function cache_wait.sleep(waiter, seconds)
  local idle = assert(core.socket_idle())
  local ok, e = pcall(wait.on, waiter, idle:fd(), "r", seconds)
  wait.forget(waiter, idle:fd())
  idle:close()
  if not ok then error(e, 0) end
end

-- --- locks of one process ---------------------------------------------------------------------------------

local Lock = {}
Lock.__index = Lock
local STEP = 0.05 -- seconds between two looks at a lock whose holder cannot wake us

-- A holder whose coroutine is dead does not come back.
local function is_held(self)
  local holder = self.holder
  if holder == nil then return false end
  if holder ~= MAIN and coroutine.status(holder) == "dead" then
    self.holder = nil
    return false
  end
  local reactor = self.waiter.reactor
  if holder ~= MAIN and reactor and reactor.is_dead and reactor.is_dead(holder) then
    self.holder = nil
    return false
  end
  return true
end

local function take(self)
  self.holder = running() or MAIN
  return true
end

local function park(self, reactor)
  local ticket = reactor.ticket()
  self.queue[#self.queue + 1] = ticket
  reactor.park(ticket, 1)
  for i = #self.queue, 1, -1 do
    if self.queue[i] == ticket then table.remove(self.queue, i) end
  end
end

--- Takes the lock. Without `block`: only if it is free. False: somebody else has it, or this caller cannot wait for
-- it (he is not in a coroutine that may be suspended, so the holder could never go on).
function Lock:acquire(block)
  if not is_held(self) then return take(self) end
  if not block then return false end
  local reactor = self.waiter.reactor
  while is_held(self) do
    if self.holder == (running() or MAIN) or not wait.can_suspend(self.waiter) then return false end
    if reactor.park and reactor.ticket and reactor.ticket() then park(self, reactor)
    else cache_wait.sleep(self.waiter, STEP) end
  end
  return take(self)
end

function Lock:release()
  self.holder = nil
  local reactor = self.waiter.reactor
  while reactor and reactor.unpark and #self.queue > 0 do
    if reactor.unpark(table.remove(self.queue, 1)) then return end
  end
end

--- Locks by name: a function name → lock. A lock lives as long as somebody holds it or waits for it.
---@param waiter any
---@return fun(name:string):any
function cache_wait.locks(waiter)
  local known = setmetatable({}, { __mode = "v" })
  return function(name)
    local lock = known[name]
    if not lock then
      lock = setmetatable({ waiter = waiter, queue = {} }, Lock)
      known[name] = lock
    end
    return lock
  end
end

return cache_wait
