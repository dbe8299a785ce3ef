-- The built-in reactor.
local am = require "alchemoon"
local core = require "alchemoon.core"
local lfs = require "lfs"
local resources = require "support.resources"
local raises_exc = require("support.init").raises_exc

-- Two ends of a byte stream without any library.
local function pipe()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkfifo " .. path))
  local reading = assert(io.open(path, "r+"))
  local writing = assert(io.open(path, "w"))
  os.remove(path)
  return reading, writing
end

local function open_fds()
  local names, fds = {}, {}
  for name in lfs.dir("/proc/self/fd") do names[#names + 1] = name end
  for _, name in ipairs(names) do -- the one that read the folder is closed by now
    if name:match("%d") and lfs.attributes("/proc/self/fd/" .. name) then fds[tonumber(name)] = true end
  end
  return fds
end

-- What open() returns, and before it the lowest descriptor that it opened.
local function newest_fd(open)
  local before = open_fds()
  local a, b = open()
  local first = math.huge
  for fd in pairs(open_fds()) do
    if not before[fd] and fd < first then first = fd end
  end
  return first, a, b
end

for _, poller in ipairs{ "epoll", "poll" } do
  describe("reactor with " .. poller, function()
    local reactor
    before_each(function() reactor = am.reactor{ poller = poller } end)
    after_each(function() reactor:close() end)

    it("runs coroutines until none is left", function()
      local order = {}
      for i = 1, 3 do
        reactor:spawn(function(name)
          for round = 1, 2 do
            order[#order + 1] = name .. round
            reactor:sleep(0.001 * i)
          end
        end, ("abc"):sub(i, i))
      end
      assert.are.equal(3, reactor:tasks())
      reactor:run()
      assert.are.equal(0, reactor:tasks())
      assert.are.equal("a1 b1 c1 a2 b2 c2", table.concat(order, " "))
    end)

    it("run(fn) returns and raises what fn does", function()
      assert.same({ 1, nil, 3 }, { reactor:run(function(a, b) return a, b, 3 end, 1, nil) })
      local thing = {}
      local ok, e = pcall(reactor.run, reactor, function() error(thing) end)
      assert.is_false(ok)
      assert.are.equal(thing, e)
    end)

    it("sleeps as long as told, in order", function()
      local order, start = {}, reactor:now()
      for _, ms in ipairs{ 30, 10, 20, 0 } do
        reactor:spawn(function()
          reactor:sleep(ms / 1000)
          order[#order + 1] = ms
        end)
      end
      reactor:run()
      assert.same({ 0, 10, 20, 30 }, order)
      assert.is_true(reactor:now() - start >= 0.03)
    end)

    it("waits for descriptors, with and without timeout", function()
      local fd, reading, writing = newest_fd(pipe)
      local got = {}
      reactor:spawn(function()
        got[1] = reactor.wait(fd, "r", 0.01)
        got[2] = reactor.wait(fd, "r", 5)
        got[3] = reading:read(1)
        got[4] = reactor.wait(fd, "w")
        got[5] = reactor:wait(fd, "r", 0)
      end)
      reactor:after(0.02, function() writing:write("x") writing:flush() end)
      reactor:run()
      assert.same({ false, true, "x", true, false }, got)
      reading:close()
      writing:close()
    end)

    it("several coroutines wait for one descriptor", function()
      local fd, reading, writing = newest_fd(pipe)
      local got = {}
      for i = 1, 3 do
        reactor:spawn(function() got[i] = reactor.wait(fd, i == 3 and "w" or "r", 1) end)
      end
      reactor:step()
      reactor:step()
      assert.same({ [3] = true }, got)
      writing:write("x")
      writing:flush()
      reactor:run()
      assert.same({ true, true, true }, got)
      reading:close()
      writing:close()
    end)

    it("a descriptor number is used again after a close", function()
      local fd, reading, writing = newest_fd(pipe)
      reactor:run(function() assert(not reactor.wait(fd, "r", 0.001)) end)
      reading:close()
      writing:close()
      local again
      again, reading, writing = newest_fd(pipe)
      assert.are.equal(fd, again)
      writing:write("x")
      writing:flush()
      assert.is_true(reactor:run(function() return reactor.wait(again, "r", 1) end))
      reading:close()
      writing:close()
    end)

    it("forget wakes those who wait", function()
      local fd, reading, writing = newest_fd(pipe)
      reactor:after(0.01, function() reactor.forget(fd) end)
      assert.is_true(reactor:run(function() return reactor.wait(fd, "r", 5) end))
      reading:close()
      writing:close()
    end)

    it("refuses descriptors that are not open", function()
      local e = raises_exc("OperationalError", function()
        reactor:run(function() reactor.wait(987, "r") end)
      end, "descriptor 987")
      assert.matches("Bad file descriptor", tostring(e))
      raises_exc("ArgumentError", function() reactor:run(function() reactor.wait(0, "x") end) end)
    end)

    it("an error ends its coroutine only and is reported", function()
      local records = {}
      local before = am.logging.set_handler(function(record) records[#records + 1] = record.message end)
      local done = false
      reactor:spawn(function() error("first") end)
      reactor:spawn(function() reactor:sleep(0.001) done = true end)
      reactor:run()
      am.logging.set_handler(before)
      assert.is_true(done)
      assert.are.equal(1, #records)
      assert.matches("error in a coroutine: .*builtin_spec.lua:%d+: first\nstack traceback", records[1])
    end)

    it("on_error gets error, task and traceback; its own errors do no harm", function()
      local seen = {}
      local other = am.reactor{ poller = poller, on_error = function(e, task, trace)
        seen[#seen + 1] = { e, task.state, type(trace) }
        error("in the handler")
      end }
      local before = am.logging.set_handler(function() end)
      local thing = {}
      other:spawn(function() error(thing) end)
      other:spawn(function() other:sleep(0) end)
      other:run()
      am.logging.set_handler(before)
      assert.same({ { thing, "failed", "string" } }, seen)
      other:close()
    end)

    it("step(timeout) is one round for a host with its own tick", function()
      local ticks = 0
      reactor:spawn(function()
        for _ = 1, 3 do
          ticks = ticks + 1
          coroutine.yield()
        end
      end)
      assert.are.equal(1, reactor:step())
      assert.are.equal(1, ticks)
      assert.are.equal(1, reactor:step(0))
      assert.are.equal(2, ticks)
      assert.are.equal(1, reactor:step(0.5))
      assert.are.equal(0, reactor:step(0.5))
      local start = reactor:now()
      reactor:spawn(function() reactor:sleep(10) end)
      reactor:step()
      assert.are.equal(1, reactor:step(0.02))
      local took = reactor:now() - start
      assert.is_true(took >= 0.02 and took < 5, tostring(took))
      assert.are.equal(1, reactor:run_for(0.01))
    end)

    it("join gives results and errors, suspends in a task, runs the reactor elsewhere", function()
      local function work(x)
        reactor:sleep(x == 0 and 0.15 or 0.1)
        if x == 0 then error("zero", 0) end
        return x, x * 2
      end
      local good, bad = reactor:spawn(work, 4), reactor:spawn(work, 0)
      assert.same({}, { good:join(0.001) })
      assert.same({ false, "zero" }, { bad:join(5) })
      assert.same({ true, 4, 8 }, { good:join() })
      assert.same({ true, 5, 10 }, { reactor:run(function() return reactor:spawn(work, 5):join() end) })
      assert.same({}, { reactor:run(function() return reactor:spawn(work, 5):join(0.001) end) })
    end)

    it("cancel raises once in whatever the task waits for", function()
      local log = {}
      local task = reactor:spawn(function()
        local ok, e = pcall(reactor.sleep, reactor, 10)
        log[1], log[2] = ok, tostring(e)
        reactor:sleep(0.001) -- cleaning up may wait
        log[3] = "cleaned"
        error(e, 0)
      end)
      reactor:step()
      assert.is_true(task:cancel())
      reactor:run()
      assert.same({ false, "the coroutine was cancelled", "cleaned" }, log)
      assert.are.equal("cancelled", task.state)
      assert.is_false(task:cancel())
      local unborn = reactor:spawn(function() log[4] = "never" end)
      unborn:cancel("reason")
      assert.same({ false, "reason" }, { unborn:join() })
      assert.is_nil(log[4])
    end)

    it("after and every", function()
      local count, log = 0, {}
      local before = am.logging.set_handler(function(record) log[#log + 1] = record.message end)
      reactor:after(0, function(x) count = count + x end, 10)
      reactor:after(10, function() count = 1000 end):cancel()
      local ticking
      ticking = reactor:every(0.001, function()
        count = count + 1 -- luacheck: ignore
        if count >= 13 then ticking:cancel() end
        error("in a tick")
      end)
      reactor:run()
      am.logging.set_handler(before)
      assert.are.equal(13, count)
      assert.are.equal(3, #log)
    end)

    it("stop, and going on", function()
      local count = 0
      reactor:spawn(function()
        for _ = 1, 3 do
          count = count + 1
          if count == 2 then reactor:stop() end
          reactor:sleep(0)
        end
      end)
      reactor:run()
      assert.are.equal(2, count)
      reactor:run()
      assert.are.equal(3, count)
    end)

    it("says when it stands still", function()
      local a, b
      a = reactor:spawn(function() b:join() end)
      b = reactor:spawn(function() a:join() end)
      raises_exc("InvalidRequestError", function() reactor:run() end,
        "stands still: 2 coroutine%(s%) wait for each other %(%S*builtin_spec.lua:%d+, %S*builtin_spec.lua:%d+%)")
      raises_exc("InvalidRequestError", function() a:join() end, "stands still")
    end)

    it("says that a task cannot wait for itself", function()
      local task
      task = reactor:spawn(function() task:join() end)
      local done, e = task:join()
      assert.is_false(done)
      assert.matches("a task cannot wait for itself", tostring(e), 1, true)
    end)

    it("does not run inside itself, but inside another", function()
      raises_exc("InvalidRequestError", function()
        reactor:run(function() reactor:run() end)
      end, "running already")
      local other = am.reactor{ poller = poller }
      local got = reactor:run(function()
        return other:run(function()
          other:sleep(0.001)
          return reactor.can_wait(), other.can_wait()
        end)
      end)
      assert.is_false(got)
      other:close()
    end)

    it("a coroutine inside a task is not the task: its waits block", function()
      local inner = reactor:run(function()
        local co = coroutine.wrap(function()
          local can, cause = reactor.can_wait()
          return reactor.wait(0, "w", 0.001), can, cause
        end)
        return { co() }
      end)
      assert.is_false(inner[2])
      assert.matches("not started by reactor:spawn", inner[3])
    end)

    it("close cancels what still waits", function()
      local other, cleaned = am.reactor{ poller = poller }, false
      other:spawn(function()
        pcall(other.sleep, other, 100)
        cleaned = true
      end)
      other:step()
      other:close()
      other:close()
      assert.is_true(cleaned)
    end)

    it("leaves nothing behind", function()
      resources.assert_no_growth(function()
        local r = am.reactor{ poller = poller }
        for i = 1, 5 do r:spawn(function() r.wait(0, "r", i / 1e6) end) end
        r:run()
        r:spawn(function() r:sleep(100) end)
        r:step()
      end, { rounds = 500, process = 512 })
      resources.assert_no_growth(function()
        for i = 1, 5 do reactor:spawn(function() reactor:sleep(i / 1e6) end) end
        reactor:run()
      end, { rounds = 500, process = 512 })
    end)
  end)
end

it("there is no third poller", function()
  raises_exc("ArgumentError", function() am.reactor{ poller = "kqueue" } end, "no poller 'kqueue'")
  raises_exc("ArgumentError", function() am.reactor{ polling = "x" } end, "unknown option 'polling'")
  assert.is_function(core.reactor_new)
end)
