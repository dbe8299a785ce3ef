-- What moments may meet under OpenResty: its reactor in a small stand-in for nginx, where the spec decides what happens
-- first. nginx_spec.lua has the real one.
local am = require "alchemoon"
local core = require "alchemoon.core"

local NAME = "alchemoon.reactor.openresty"

-- nginx's semaphore: a post counts at once, the waiter goes on later.
local Semaphore = {}
Semaphore.__index = Semaphore
function Semaphore:count() return self.posted - (self.waiter and 1 or 0) end
function Semaphore:post() self.posted = self.posted + 1 end

function Semaphore:wait(seconds)
  if not self.waiter and self.posted > 0 then
    self.posted = self.posted - 1
    return true
  end
  self.waiter, self.limit = coroutine.running(), seconds
  return coroutine.yield()
end

local function go_on(sema, ...)
  local waiter = sema.waiter
  sema.waiter = nil
  assert(coroutine.resume(waiter, ...))
end

function Semaphore:wake()
  if not self.waiter or self.posted == 0 then return end
  self.posted = self.posted - 1
  go_on(self, true)
end
function Semaphore:time_out() go_on(self, nil, "timeout") end
function Semaphore:kill() self.waiter = nil end

describe("the reactor of OpenResty", function()
  local host, timers, semaphores, armed, clock, reader, real, loaded, records, handler

  -- A watcher whose reports the spec makes.
  local function watcher_new()
    local watcher = {}
    function watcher.arm(_, fd, _, token) armed[fd] = token return true end
    function watcher.disarm(_, fd) armed[fd] = nil end
    function watcher.is_mine() return true end
    function watcher.path() return "nowhere" end
    function watcher.wake() end
    function watcher.close() end
    return watcher
  end

  local function socket()
    return { connect = function() return true end, settimeout = function() end, close = function() end,
      receiveany = function()
        reader = coroutine.running()
        return coroutine.yield()
      end }
  end

  -- Runs the timers that nginx was asked for up to now, `seconds` from now at most.
  local function run_timers(seconds)
    local due = timers
    timers = {}
    clock = clock + seconds
    for _, timer in ipairs(due) do
      if timer.delay <= seconds then assert(coroutine.resume(coroutine.create(timer.fn), false, timer.argument))
      else timers[#timers + 1] = timer end
    end
  end

  local function report(fd)
    local tokens = core.watcher_tokens
    core.watcher_tokens = function(list) return { list[1] }, 0 end
    local token = armed[fd]
    armed[fd] = nil
    local bytes = setmetatable({ token, sub = function() return "" end }, { __concat = function(_, b) return b end })
    assert(coroutine.resume(reader, bytes))
    core.watcher_tokens = tokens
  end

  -- A request that waits; { answer } when the wait is over.
  local function request(fd, timeout, owner)
    local answer = {}
    assert(coroutine.resume(coroutine.create(function()
      answer[1] = host.wait(fd, "r", timeout, owner)
      answer.over = true
    end)))
    return answer, semaphores[#semaphores]
  end

  before_each(function()
    timers, semaphores, armed, clock, reader, records = {}, {}, {}, 1000, nil, {}
    real, loaded = core.watcher_new, package.loaded[NAME]
    core.watcher_new = watcher_new
    package.loaded[NAME] = nil
    package.loaded["ngx.semaphore"] = { new = function()
      semaphores[#semaphores + 1] = setmetatable({ posted = 0 }, Semaphore)
      return semaphores[#semaphores]
    end }
    rawset(_G, "ngx", { get_phase = function() return "content" end, now = function() return clock end,
      worker = { exiting = function() return false end }, socket = { tcp = socket },
      timer = { at = function(delay, fn, argument)
        timers[#timers + 1] = { delay = delay, fn = fn, argument = argument }
        return true
      end } })
    handler = am.logging.set_handler(function(record) records[#records + 1] = record.message end)
    host = require(NAME)
  end)
  after_each(function()
    am.logging.set_handler(handler)
    rawset(_G, "ngx", nil)
    package.loaded["ngx.semaphore"], package.loaded[NAME] = nil, loaded
    core.watcher_new = real
  end)

  it("wakes who waits", function()
    local answer, sema = request(10)
    run_timers(0)
    report(10)
    sema:wake()
    assert.same({ true, over = true }, answer)
    assert.equal(0, host.stats().waiting)
  end)

  it("keeps a report that came together with the time-out from the next wait", function()
    local answer, sema = request(10, 1)
    run_timers(0)
    report(10)
    sema:time_out()
    assert.same({ false, over = true }, answer)
    local second = request(11)
    assert.same({}, second)
    assert.equal(1, host.stats().waiting)
    report(11)
    semaphores[#semaphores]:wake()
    assert.same({ true, over = true }, second)
    assert.equal(0, host.stats().waiting)
  end)

  it("clears up after a killed request without harm to who has its descriptor now", function()
    local orphaned = 0
    local _, killed = request(10, nil, { _orphaned = function() orphaned = orphaned + 1 end })
    run_timers(0)
    killed:kill()
    host.forget(10) -- its connection was given up, and another one was opened under the same number
    local answer, sema = request(10)
    run_timers(1)
    run_timers(0)
    assert.equal(1, orphaned)
    assert.is_number(armed[10])
    report(10)
    sema:wake()
    assert.same({ true, over = true }, answer)
  end)

  it("looks for killed requests again if nginx dropped the timer for it", function()
    local _, killed = request(10)
    run_timers(0)
    killed:kill()
    timers = {}
    clock = clock + 10
    local _, sema = request(11)
    run_timers(1)
    assert.equal(1, host.stats().waiting)
    assert.equal(1, host.stats().killed)
    report(11)
    sema:wake()
  end)

  it("starts the reader anew if nginx dropped its timer", function()
    local answer, sema = request(10)
    assert.is_true(sema.limit < 10)
    timers = {}
    sema:time_out()
    assert.same({ true, over = true }, answer) -- looks, and waits again
    assert.matches("lua_max_running_timers", records[1])
    answer, sema = request(10)
    run_timers(0)
    report(10)
    sema:wake()
    assert.same({ true, over = true }, answer)
  end)
end)
