--- The queue of those who wait for a connection of a pool. Who is served when is decided in C (first come, first
-- served); this file suspends them and wakes the ones whose turn came.
--
-- Under a reactor that can park coroutines nobody needs a descriptor: every return of a connection is followed by
-- wake(). Otherwise, and where other threads may return connections (shared pools), a waiter watches its lease's
-- descriptor. Entries are held weakly: a waiter whose coroutine is dropped takes its place in the queue with it.
local core = require "alchemoon.core"
local wait = require "alchemoon.engine.wait"

local Queue = {}
Queue.__index = Queue

local FIRST_LOOK, LATER_LOOKS = 0.5, 1 -- seconds between two looks at a lease that nobody woke
local COLLECT_SHARE = 20               -- a forced collection is followed by this many times its duration without one

--- The queue of a pool. `shared`: connections may come back from other threads.
function Queue.new(waiter, shared)
  return setmetatable({ _waiter = waiter, _shared = shared, _entries = setmetatable({}, { __mode = "v" }),
    _first = 1, _last = 0, _no_collect_before = 0 }, Queue)
end

--- Wakes those whose lease left the queue in C. To be called after everything that may grant one.
function Queue:wake()
  local entries = self._entries
  while self._first <= self._last do
    local entry = entries[self._first]
    if entry and not entry.over then
      if entry.lease:state() == "wait" then return end
      entry.over = true
      if entry.parked and not self._waiter.reactor.unpark(entry.ticket) then
        entry.lease:free() -- its coroutine died: the next one's turn
      end
    end
    entries[self._first] = nil
    self._first = self._first + 1
  end
  self._first, self._last = 1, 0
end

-- Leases whose holders are garbage come back through the collector.
function Queue:_collect(now)
  if now < self._no_collect_before then return end
  collectgarbage()
  collectgarbage()
  local _, after = core.clock()
  self._no_collect_before = after + COLLECT_SHARE * (after - now)
  self:wake()
end

-- Calls look(seconds) until the lease left the queue or time is over.
function Queue:_watch(lease, timeout, first_look, look)
  local _, start = core.clock()
  local left, span = timeout, first_look
  while left > 0 and lease:state() == "wait" do
    look(math.min(left, span))
    local _, now = core.clock()
    if now - start >= first_look and lease:state() == "wait" then self:_collect(now) end
    left, span = timeout - (now - start), LATER_LOOKS
  end
  return lease:state()
end

-- The ticket is given back even if waiting raises.
function Queue:_park(lease, timeout)
  local reactor = self._waiter.reactor
  local entry = { lease = lease, ticket = reactor.ticket() }
  self._last = self._last + 1
  self._entries[self._last] = entry
  local ok, state = pcall(self._watch, self, lease, timeout, FIRST_LOOK, function(seconds)
    entry.parked = true
    reactor.park(entry.ticket, seconds)
    entry.parked = nil
  end)
  entry.over = true
  if reactor.discard then reactor.discard(entry.ticket) end
  if not ok then error(state, 0) end
  return state
end

--- Waits until the lease left the queue, at most `timeout` seconds; the lease's state.
---@param lease userdata
---@param timeout number
---@return string
function Queue:await(lease, timeout)
  local waiter = self._waiter
  local reactor = waiter.reactor
  if timeout <= 0 or not ((reactor or waiter.strict_async) and wait.can_suspend(waiter)) then
    return self:_watch(lease, timeout, 0.01, function(seconds) lease:wait(seconds) end)
  elseif reactor.park and not self._shared then
    return self:_park(lease, timeout)
  end
  local state = self:_watch(lease, timeout, FIRST_LOOK, function(seconds)
    wait.on(waiter, lease:fd(), "r", seconds)
  end)
  wait.forget(waiter, lease:fd())
  return state
end

return Queue
