-- The loops that a spec can run itself: hosts.get(name) → host, or nil and why there is none.
--
--   host.option          what create_engine gets as `reactor`
--   host.reactor         the table behind it
--   host.run(fn, ...)    runs fn in a coroutine of the loop until all coroutines are over; raises what fn raises
--   host.spawn(fn)       in there: another coroutine
--   host.sleep(seconds)  in there: suspends the running one
--   host.close()
local am = require "alchemoon"
local core = require "alchemoon.core"
local unpack = table.unpack or unpack -- luacheck: ignore

local hosts = { NAMES = { "builtin", "cqueues", "luv", "copas" } }
local makers = {}

-- fn(...) wrapped to note its error in box[1], with a traceback if it is text.
local function noting(box, fn, ...)
  local arguments = { n = select("#", ...), ... }
  return function()
    local ok, e = xpcall(function() return fn(unpack(arguments, 1, arguments.n)) end, function(e)
      return type(e) == "string" and debug.traceback(e) or e
    end)
    if not ok then box[1], box.failed = e, true end
  end
end

local function raise(box)
  if box.failed then error(box[1], 0) end
end

function makers.builtin()
  local reactor = am.reactor()
  return { option = reactor, reactor = reactor,
    run = function(fn, ...)
      local box = {}
      reactor:spawn(noting(box, fn, ...))
      reactor:run()
      raise(box)
    end,
    spawn = function(fn) reactor:spawn(fn) end, sleep = function(seconds) reactor:sleep(seconds) end,
    close = function() reactor:close() end }
end

function makers.cqueues()
  local cqueues = require "cqueues"
  return { sleep = cqueues.sleep, spawn = function(fn) cqueues.running():wrap(fn) end,
    run = function(fn, ...)
      local controller, box = cqueues.new(), {}
      controller:wrap(noting(box, fn, ...))
      assert(controller:loop())
      raise(box)
    end }
end

function makers.luv()
  local uv = require "luv"
  local function sleep(seconds)
    local co, timer = coroutine.running(), uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      assert(coroutine.resume(co))
    end)
    coroutine.yield()
  end
  return { sleep = sleep, spawn = function(fn) coroutine.wrap(fn)() end,
    run = function(fn, ...)
      local box = {}
      coroutine.wrap(noting(box, fn, ...))()
      uv.run()
      raise(box)
    end }
end

-- Copas 1 has no timers. Waiting for a descriptor that is always writable lets the others go first; one for each who
-- sleeps, for select tells of one object per descriptor.
local function sleep_by_writing(copas)
  local socket, idle = require "socket", {}
  return function(seconds)
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
end

function makers.copas()
  package.loaded["socket.http"] = nil -- copas wants to be first
  local copas = require "copas"
  copas.autoclose = false
  local sleep, alive = copas.pause or copas.sleep or sleep_by_writing(copas), 0
  local function spawn(fn)
    alive = alive + 1
    copas.addthread(function()
      sleep(0)
      local ok, e = pcall(fn)
      alive = alive - 1
      if not ok then error(e, 0) end
    end)
  end
  return { sleep = sleep, spawn = spawn,
    run = function(fn, ...)
      local box = {}
      spawn(noting(box, fn, ...))
      while alive > 0 do copas.step(1) end
      raise(box)
    end }
end

--- The host of that name, ready to run; or nil and the reason.
---@param name string
---@return table?, string?
function hosts.get(name)
  local found, host = pcall(makers[name])
  if not found then return nil, name .. " is not installed for this Lua" end
  host.option = host.option or name
  host.reactor = host.reactor or require("alchemoon.reactor." .. name)
  host.close = host.close or function() end
  return host
end

return hosts
