--- copas: `create_engine(url, { reactor = "copas" })`, calls in coroutines that copas runs (copas.addthread).
--
-- Copas waits for sockets, which are objects with getfd whose receive and send answer "timeout" until they are ready;
-- a descriptor in such clothes is enough. select(2) limits it to descriptors below 1024. Copas 1 (Debian 12) has no
-- timers: there a descriptor that gets ready when the time is over ends a wait, and who waits for the pool needs one
-- too. Copas 3 and 4 (Debian 13, luarocks) have them, with a precision of a tenth of a second.
local copas = require "copas"
local core = require "alchemoon.core"

local host = { name = "copas" }

local Socket = {}
Socket.__index = Socket
function Socket:getfd() return self.fd end
function Socket:dirty() return false end -- luacheck: ignore self
function Socket:settimeout() return 1 end -- luacheck: ignore self
function Socket:close() end -- luacheck: ignore self
function Socket:receive()
  if core.poll(self.fd, "r", 0) then return "ready" end
  return nil, "timeout", ""
end
function Socket:send()
  if core.poll(self.fd, "w", 0) then return 1 end
  return nil, "timeout", 0
end

local set_timeouts = copas.settimeouts -- 3 and later
  or copas.settimeout and function(socket, timeout) copas.settimeout(socket, timeout) end

-- One descriptor in place of several, where copas knows no wait of that kind: a reactor's own.
local function combine(fd, mode, timeout)
  local several = core.reactor_new()
  several:add(fd, mode)
  local timer = timeout and core.socket_idle(timeout)
  if timer then several:add(timer:fd(), "r") end
  return several:fd(), function()
    several:close()
    if timer then timer:close() end
  end
end

function host.wait(fd, mode, timeout)
  if core.poll(fd, mode, 0) then return true end
  if timeout and timeout <= 0 then return false end -- to copas 0 means no limit
  local timed = timeout and not set_timeouts
  local target, close = fd, nil
  if mode == "rw" or timed then
    target, close = combine(fd, mode, timed and timeout)
  end
  local socket = setmetatable({ fd = target }, Socket)
  if timeout and set_timeouts then set_timeouts(socket, timeout, timeout, timeout) end
  local ready
  if mode == "w" and not close then ready = copas.send(socket, "x") else ready = copas.receive(socket, 1) end
  if close then close() end
  if timed then return core.poll(fd, mode, 0) end
  return ready ~= nil
end

if copas.wakeup then
  local sleep = copas.pause or copas.sleep
  local sleep_forever = copas.pauseforever or function() sleep(-1) end -- pause(-1) of copas 4 does not wait
  function host.ticket() return { co = coroutine.running() } end
  function host.park(ticket, timeout)
    ticket.parked = true
    if timeout then sleep(timeout) else sleep_forever() end
    ticket.parked = false
    return ticket.woken or false
  end
  function host.unpark(ticket)
    if not ticket.parked then return false end
    ticket.woken = true
    copas.wakeup(ticket.co)
    return true
  end
end

return host
