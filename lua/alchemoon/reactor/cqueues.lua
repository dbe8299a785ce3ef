--- cqueues: `create_engine(url, { reactor = "cqueues" })`, calls in coroutines that a controller runs (cq:wrap).
--
-- The controller polls any object with pollfd and events. It remembers descriptors until it is told to forget them.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local core = require "alchemoon.core"

local host = { name = "cqueues" }

function host.can_wait()
  local controller, is_its_own = cqueues.running()
  if not controller then return false, "no cqueues controller is running (cq:wrap, then cq:loop)" end
  if not is_its_own then
    return false, "the running coroutine was not started by cq:wrap but resumed inside one that was"
  end
  return core.yieldable()
end

local function poll(object, timeout)
  if timeout then return cqueues.poll(object, timeout) == object end
  return cqueues.poll(object) == object
end

function host.wait(fd, mode, timeout)
  local ready = poll({ pollfd = fd, events = mode }, timeout)
  cqueues.cancel(fd) -- else the controller stops with an error if a connection is collected before its next step
  return ready
end

function host.ticket() return condition.new() end
host.park = poll
function host.unpark(ticket)
  ticket:signal()
  return true
end

return host
