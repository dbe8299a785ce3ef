-- ALCHEMOON_REACTOR=builtin|cqueues|luv|copas: every block of every spec runs in a coroutine of that host, and engines
-- that do not say otherwise wait through it. Loaded by init.lua. ALCHEMOON_REACTOR_COUNT names a file that gets the
-- number of waits.
local hosts = require "support.hosts"

local hosted = {}

--- The reactor that counts its waits stands in for "found by itself".
local function adopt(reactor, count_file)
  local wait = require "alchemoon.engine.wait"
  local choose, counting, waits = wait.reactor, setmetatable({}, { __index = reactor }), 0
  function counting.wait(...)
    waits = waits + 1
    return reactor.wait(...)
  end
  function wait.reactor(option)
    if option == nil then return counting end
    return choose(option)
  end
  return function()
    if not count_file then return end
    local file = assert(io.open(count_file, "w"))
    file:write(waits, "\n")
    file:close()
  end
end

--- Makes busted run its blocks under the host of that name.
---@param name string
---@param count_file string?
function hosted.install(name, count_file)
  -- The module is read-only; what it stands for is behind it.
  local _, busted = debug.getupvalue(getmetatable(require "busted").__index, 1)
  if busted.hosted then return end -- init.lua runs once as busted's helper, once when it is required
  busted.hosted = true
  local host = assert(hosts.get(name))
  local report = adopt(host.reactor, count_file)
  local safe = busted.safe
  local inside = false
  function busted.safe(descriptor, body, element)
    if descriptor == "suite" or descriptor == "file" or descriptor == "describe" or inside then
      return safe(descriptor, body, element)
    end
    return safe(descriptor, function()
      inside = true
      local ok, e = pcall(host.run, body)
      inside = false
      if not ok then error(e, 0) end
    end, element)
  end
  busted.subscribe({ "exit" }, report)
end

return hosted
