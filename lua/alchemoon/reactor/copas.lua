--- copas: `create_engine(url, { reactor = "copas" })`, calls in coroutines that copas runs (copas.addthread).
--
-- Copas waits for sockets, which are objects with getfd whose receive and send answer "timeout" until they are ready;
-- a descriptor in such clothes is enough. select(2) limits it to descriptors below 1024. Copas 1 (Debian's) has no
-- timers: a timeout is noticed only when the descriptor gets ready, and who waits for the pool needs a descriptor.
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

function host.wait(fd, mode, timeout)
  if core.poll(fd, mode, 0) then return true end
  local both
  if mode == "rw" then -- one of the two: copas knows no such wait, but a reactor's own descriptor does
    both = core.reactor_new()
    both:add(fd, "rw")
    fd = both:fd() or fd
  end
  local socket = setmetatable({ fd = fd }, Socket)
  if timeout and set_timeouts then set_timeouts(socket, timeout, timeout, timeout) end
  local ready
  if mode == "w" then ready = copas.send(socket, "x") else ready = copas.receive(socket, 1) end
  if both then both:close() end
  return ready ~= nil
end

if copas.wakeup then
  local sleep = copas.pause or copas.sleep
  function host.ticket() return { co = coroutine.running() } end
  function host.park(ticket, timeout)
    ticket.parked = true
    sleep(timeout or -1)
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
