-- The shared cases under a real copas loop.
local backends = require "support.backends"
local cases = require "reactor.cases"
local core = require "alchemoon.core"
local unpack = table.unpack or unpack -- luacheck: ignore

describe("copas", function()
  package.loaded["socket.http"] = nil -- copas wants to be first
  local found, copas = pcall(require, "copas")
  local backend = backends.get "postgresql"
  if not found or not backend then
    pending(found and "ALCHEMOON_TEST_PG is not set" or "copas is not installed for this Lua", function() end)
    return
  end
  copas.autoclose = false

  local alive = 0
  -- Waiting for a descriptor that is always writable lets the others go first. One for each who sleeps: select tells of
  -- one object per descriptor.
  local socket, idle = require "socket", {}
  local function sleep(seconds)
    local _, start = core.clock()
    local always = table.remove(idle) or socket.udp()
    always:setsockname("127.0.0.1", 0)
    repeat
      local object = { getfd = function() return always:getfd() end, close = function() end, count = 0 }
      function object:send()
        self.count = self.count + 1
        if self.count == 1 then return nil, "timeout", 0 end
        return 1
      end
      copas.send(object, "x")
      local _, now = core.clock()
    until now - start >= seconds
    idle[#idle + 1] = always
  end

  local function spawn(fn)
    alive = alive + 1
    copas.addthread(function()
      sleep(0)
      local ok, e = pcall(fn)
      alive = alive - 1
      if not ok then error(e, 0) end
    end)
  end

  local function run(fn, ...)
    local arguments, failed = { ... }, nil
    spawn(function()
      local ok, e = pcall(fn, unpack(arguments))
      if not ok then failed = e end
    end)
    while alive > 0 do copas.step(1) end
    if failed then error(failed, 0) end
  end

  local host = { option = "copas", url = backend and backend.url, timers = copas.settimeouts ~= nil, sleep = sleep,
    spawn = spawn }

  for _, case in ipairs(cases) do
    if case.needs.timers and not host.timers then
      pending(case.name .. " (" .. copas._VERSION .. " has no timers)", function() end)
    else
      it(case.name, function() run(case.fn, host) end)
    end
  end
end)
