--- luv: `create_engine(url, { reactor = "luv" })`, calls in any coroutine while uv.run() runs.
--
-- One uv_poll per descriptor number, kept for good and stopped between waits, so that a descriptor may be closed and
-- its number come back (a handle that is still closing when the program ends crashes luv 1.44). The coroutine that
-- waits is resumed from the loop; an error that ends it is logged.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logger = require("alchemoon.logging").getLogger("alchemoon.reactor")
local stack = require "alchemoon.stack"
local uv = require "luv"

local running, yield = coroutine.running, coroutine.yield

local host = { name = "luv" }
local polls = {} -- descriptor → { handle =, busy = }
local timers = {} -- stopped ones, for reuse

local function resume(co, value)
  local ok, e = coroutine.resume(co, value)
  if not ok then logger:error("error in a coroutine: %s\n%s", tostring(e), stack.traceback(co)) end
end

local function start_timer(seconds, fn)
  local timer = table.remove(timers) or uv.new_timer()
  timer:start(math.max(0, math.ceil(seconds * 1000)), 0, fn)
  return timer
end

local function stop_timer(timer)
  timer:stop()
  timers[#timers + 1] = timer
end

function host.wait(fd, mode, timeout)
  local poll = polls[fd]
  if not poll then
    local handle, problem = uv.new_poll(fd)
    if not handle then return core.poll(fd, mode, timeout) or error(problem, 0) end
    poll = { handle = handle }
    polls[fd] = poll
  end
  if poll.busy then exc.raise("InvalidRequestError", "another coroutine waits for descriptor %d", fd) end
  local co, timer = running(), nil
  poll.busy = true
  local function finish(ready)
    poll.busy = false
    poll.handle:stop()
    if timer then stop_timer(timer) end
    resume(co, ready)
  end
  if timeout then timer = start_timer(timeout, function() finish(false) end) end
  poll.handle:start(mode, function() finish(true) end)
  return yield()
end

function host.ticket() return { co = running() } end

function host.park(ticket, timeout)
  local timer = timeout and start_timer(timeout, function() ticket.wake(false) end)
  function ticket.wake(woken)
    ticket.wake = nil
    if timer then stop_timer(timer) end
    resume(ticket.co, woken)
  end
  return yield()
end

function host.unpark(ticket)
  local wake = ticket.wake
  if not wake then return false end
  local timer
  timer = start_timer(0, function() -- not from here: each would resume the next, ever deeper
    stop_timer(timer)
    if ticket.wake == wake then wake(true) end
  end)
  return true
end

return host
