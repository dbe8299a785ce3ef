--- The built-in reactor: `am.reactor()`, a loop over coroutines for scripts, tests and game servers.
--
-- csrc/engine/reactor.c knows who waits for which descriptor until when, by number; this file maps the numbers to
-- coroutines. A coroutine of the reactor is a task. A task is in exactly one place: running, in the queue (to be
-- resumed in this or the next round), waiting (under its token), or parked. An error ends its task only.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local stack = require "alchemoon.stack"
local usage = require "alchemoon.usage"

local create, resume, running, status, yield =
  coroutine.create, coroutine.resume, coroutine.running, coroutine.status, coroutine.yield
local yieldable, poll = core.yieldable, core.poll
local add, poll_all, next_of_all -- methods of reactor_new's userdata, looked up once
do
  local methods = core.reactor_new()
  add, poll_all, next_of_all = methods.add, methods.poll, methods.next
  methods:close()
end
local unpack = table.unpack or unpack -- luacheck: ignore

local logger = logging.getLogger("alchemoon.reactor")

local CLOSE_GRACE = 5 -- seconds for cancelled tasks to end

-- What a wait raises in a task that was cancelled without a reason.
local CANCELLED = setmetatable({ name = "Cancelled", message = "the coroutine was cancelled" },
  { __tostring = function(self) return self.message end })

---@class alchemoon.Task
---@field state string    "running", "done", "failed" or "cancelled"
---@field error any       of a task that failed
local Task = { __name = "alchemoon.Task" }
Task.__index = Task
Task.__tostring = function(self) return ("alchemoon.Task(%s)"):format(self.state) end

---@class alchemoon.Reactor
local Reactor = { __name = "alchemoon.Reactor", CANCELLED = CANCELLED }
Reactor.__index = Reactor
Reactor.__tostring = function(self)
  return ("alchemoon.Reactor(%d tasks, %d waiting)"):format(self._alive, self._core:waiting())
end

-- Suspending --------------------------------------------------------------------------------------

local function enqueue(self, task, value)
  local last = self._queue_last + 1
  self._queue[last], self._values[last] = task, value -- may find no memory: then nothing has happened yet
  task._suspended, task._queued = nil, last
  self._queue_last = last
end

-- Suspends the running task until the loop or an unpark brings a value; raises if it was cancelled meanwhile.
local function suspend(task)
  local value
  if task._cancel == nil then
    task._suspended = true
    value = yield()
  end
  local reason = task._cancel
  if reason ~= nil then
    task._cancel = nil
    error(reason, 0)
  end
  return value
end

local function wait_for(self, task, fd, mode, timeout, connection)
  if task._cancel ~= nil then return suspend(task) end
  if timeout and timeout < 0 then timeout = 0 end
  local token = add(self._core, fd, mode, timeout, connection)
  task._token, task._suspended = token, true
  self._waiting[token] = task
  local value = yield()
  if task._cancel ~= nil then return suspend(task) end
  return value
end

local function current(self)
  local task = self._current
  if task and task._co == running() then return task end
  return nil
end

-- Takes a task out of where it waits.
local function release(self, task)
  local token = task._token
  if not token then return end
  task._token = nil
  self._waiting[token] = nil
  self._core:remove(token)
end

local function can_wait(self)
  local task = self._current
  if not task then return false, "no coroutine of the reactor is running (reactor:spawn starts one)" end
  if task._co ~= running() then
    return false, "the running coroutine was not started by reactor:spawn but resumed inside one that was"
  end
  return yieldable()
end

local function park(self, task, timeout)
  if task ~= current(self) then exc.raise("InvalidRequestError", "park: the ticket is another coroutine's") end
  if timeout then return wait_for(self, task, -1, nil, timeout) or false end
  return suspend(task)
end

local function unpark(self, task)
  if task._suspended then
    release(self, task)
    enqueue(self, task, true)
    return true
  elseif task._queued then -- its time ran out, but it does not know yet
    self._values[task._queued] = true
    return true
  end
  return false
end

-- The life of a task ------------------------------------------------------------------------------

local function report(self, task)
  local handler = self._on_error
  local trace = stack.traceback(task._co)
  if handler then
    local ok, e = pcall(handler, task.error, task, trace)
    if ok then return end
    logger:error("the reactor's error handler failed: %s", tostring(e))
  end
  logger:error("error in a coroutine: %s\n%s", tostring(task.error), trace)
end

local function finish(self, task, ok, e)
  self._alive = self._alive - 1
  if ok then
    task.state = "done"
  else
    task.error = e
    task.state = (e == CANCELLED or e ~= nil and e == task._reason) and "cancelled" or "failed"
  end
  local joiners = task._joiners
  task._joiners = nil
  self._tasks[task] = nil
  for i = 1, joiners and #joiners or 0 do unpark(self, joiners[i]) end
  if task.state == "failed" and not task._awaited then report(self, task) end
end

-- What a task runs: its function, whose results it keeps. (To hand them through every resume costs each of them.)
local function keep(task, ...) task._results = { n = select("#", ...), ... } end
local function body(task, fn, ...) return keep(task, fn(...)) end

local function begin(self, task)
  local arguments, fn = task._arguments, task._fn
  task._arguments, task._fn = nil, nil
  if task._cancel ~= nil then return false, task._cancel end -- cancelled before it began
  self._current = task
  return resume(task._co, task, fn, unpack(arguments, 1, arguments.n))
end

local function run_task(self, task, value)
  local before = self._current
  local ok, e
  if task._arguments then
    ok, e = begin(self, task)
  else
    self._current = task
    ok, e = resume(task._co, value)
  end
  self._current = before
  if task._suspended then return end
  if not ok or status(task._co) == "dead" then return finish(self, task, ok, e) end
  enqueue(self, task) -- a plain yield: the others go first
end

--- Starts fn(...) as a coroutine of the reactor, at the next round.
---@param fn function
---@return alchemoon.Task
function Reactor:spawn(fn, ...)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "reactor:spawn: expected a function, got %s", type(fn))
  end
  local task = setmetatable({ state = "running", reactor = self, _co = create(body), _fn = fn,
    _arguments = { n = select("#", ...), ... } }, Task)
  self._tasks[task] = true
  enqueue(self, task)
  self._alive = self._alive + 1 -- counted when there was memory for all of it
  return task
end

--- Ends the task: what it waits for raises `reason` in it (default: reactor.CANCELLED), once. A statement under way is
-- cancelled at the server and its connection discarded. False if the task is over already.
---@param reason any
---@return boolean
function Task:cancel(reason)
  if self.state ~= "running" then return false end
  if reason == nil then reason = CANCELLED end
  self._cancel, self._reason = reason, reason
  if self._suspended then unpark(self.reactor, self) end
  return true
end

-- Suspends `me`, a task, until `task` is over or the deadline has passed.
local function await(self, me, task, deadline)
  while task.state == "running" do
    local left = deadline and deadline - self:now()
    if left and left <= 0 then return end
    task._joiners = task._joiners or {}
    local joiners = task._joiners
    joiners[#joiners + 1] = me
    park(self, me, left)
    for i = #joiners, 1, -1 do
      if joiners[i] == me then table.remove(joiners, i) end
    end
  end
end

--- Waits until the task is over, at most `timeout` seconds. Returns true and its results, or false and its error;
-- nothing when time ran out. Inside a task it suspends, elsewhere it runs the reactor.
---@param timeout number?
function Task:join(timeout)
  local reactor, me = self.reactor, current(self.reactor)
  if me == self then exc.raise("InvalidRequestError", "task:join(): a task cannot wait for itself") end
  local deadline = timeout and reactor:now() + timeout
  self._awaited = true
  if me then await(reactor, me, self, deadline) end
  while not me and self.state == "running" do
    local left = deadline and deadline - reactor:now()
    if left and left <= 0 then break end
    reactor:_check_moving()
    reactor:step(left or math.huge)
  end
  if self.state == "running" then return end
  if self.state == "done" then return true, unpack(self._results, 1, self._results.n) end
  return false, self.error
end

-- The loop ----------------------------------------------------------------------------------------

local function run_queue(self)
  local queue, values = self._queue, self._values
  for i = self._queue_first, self._queue_last do
    local task, value = queue[i], values[i]
    queue[i], values[i] = nil, nil
    self._queue_first = i + 1
    task._queued = nil
    run_task(self, task, value)
  end
  if self._queue_first > self._queue_last then self._queue_first, self._queue_last = 1, 0 end
end

-- One round: waits up to `timeout` (nil: no limit) for the first event and resumes everybody who may go on.
local function round(self, timeout)
  local handle, waiting = self._core, self._waiting
  local queued = self._queue_first <= self._queue_last
  if queued then timeout = 0 end
  local token, ready, count = poll_all(handle, timeout)
  if not token and not timeout then self:_check_moving() end
  while token do -- who ends the wait of another one meanwhile takes it out of the rest
    local task = waiting[token]
    waiting[token] = nil
    task._token = nil
    if queued then
      enqueue(self, task, ready) -- after those who were there before
    else
      task._suspended = nil
      run_task(self, task, ready)
    end
    count = count - 1
    if count == 0 then break end -- what came since is for the next round
    token, ready = next_of_all(handle)
  end
  if queued then run_queue(self) end
end

local function enter(self)
  if self._running then
    exc.raise("InvalidRequestError", "the reactor is running already; use sleep and join inside its coroutines")
  end
  self._running = true
end

local function leave(self, ok, ...)
  self._running = nil
  if not ok then error((...), 0) end
  return ...
end

--- One round for a host with its own tick: resumes everybody who may go on, waiting at most `timeout` seconds
-- (default 0) for the first of them (also when there is nobody to wait for). Returns how many tasks there are.
---@param timeout number?
---@return integer
function Reactor:step(timeout)
  usage.check_arguments("reactor:step", "number?", timeout)
  enter(self)
  timeout = timeout or 0
  leave(self, pcall(round, self, timeout < math.huge and timeout or nil))
  return self._alive
end

--- Runs rounds for `seconds`, or until there are no more tasks. Returns how many are left.
---@param seconds number
---@return integer
function Reactor:run_for(seconds)
  usage.check_type("reactor:run_for", "number", seconds)
  local deadline = self:now() + seconds
  while self._alive > 0 do
    local left = deadline - self:now()
    if left <= 0 then break end
    self:step(left)
  end
  return self._alive
end

local PLACES_SHOWN = 3

-- Where the tasks wait: " (app.lua:7, app.lua:9)".
local function places(self)
  local list = {}
  for task in pairs(self._tasks) do list[#list + 1] = stack.entry(task._co) end
  if #list == 0 then return "" end
  table.sort(list)
  local more = #list > PLACES_SHOWN and ", ..." or ""
  return " (" .. table.concat(list, ", ", 1, math.min(#list, PLACES_SHOWN)) .. more .. ")"
end

function Reactor:_check_moving()
  if self._alive > 0 and self._queue_first > self._queue_last and self._core:waiting() == 0 then
    exc.raise("InvalidRequestError", "the reactor stands still: %d coroutine(s) wait for each other%s; "
      .. "task:cancel() ends one", self._alive, places(self))
  end
end

local function rounds(self)
  while self._alive > 0 and not self._stopped do round(self) end
end

--- Runs until no task is left or stop() was called. With a function: spawns it first, and returns what it returns or
-- raises what it raises.
---@param fn function?
function Reactor:run(fn, ...)
  local main = fn and self:spawn(fn, ...)
  if main then main._awaited = true end
  self._stopped = nil
  enter(self)
  leave(self, pcall(rounds, self)) -- a closure might find no memory between enter() and pcall()
  if not main or main.state == "running" then return end
  if main.state ~= "done" then error(main.error, 0) end
  return unpack(main._results, 1, main._results.n)
end

--- run() returns after this round; what waits goes on with the next run() or step().
function Reactor:stop() self._stopped = true end

--- Number of tasks that are not over.
---@return integer
function Reactor:tasks() return self._alive end

--- Seconds of a clock that is never set back.
---@return number
function Reactor:now() -- luacheck: ignore self
  local _, monotonic = core.clock()
  return monotonic
end

--- Suspends the running task; outside of tasks it runs the reactor meanwhile.
---@param seconds number
function Reactor:sleep(seconds)
  usage.check_type("reactor:sleep", "number", seconds)
  local task = current(self)
  if task then
    wait_for(self, task, -1, nil, seconds)
    return
  end
  local deadline = self:now() + seconds
  repeat self:step(math.max(deadline - self:now(), 0)) until self:now() >= deadline
end

--- Calls fn(...) after `seconds` in a task of its own; cancel() of the task that it returns stops it.
---@return alchemoon.Task
function Reactor:after(seconds, fn, ...)
  local arguments = { n = select("#", ...), ... }
  return self:spawn(function()
    self:sleep(seconds)
    return fn(unpack(arguments, 1, arguments.n))
  end)
end

--- Calls fn(...) every `seconds` in a task of its own, until it is cancelled; an error of fn is reported and does not
-- stop it. A call that takes longer than the interval delays the next one.
---@return alchemoon.Task
function Reactor:every(seconds, fn, ...)
  local arguments = { n = select("#", ...), ... }
  return self:spawn(function()
    local at = self:now()
    while true do
      at = math.max(at + seconds, self:now())
      self:sleep(at - self:now())
      await(self, current(self), self:spawn(fn, unpack(arguments, 1, arguments.n)))
    end
  end)
end

--- Cancels all tasks, lets them end, and gives the descriptors back.
function Reactor:close()
  if self._closed then return end
  for task in pairs(self._tasks) do task:cancel() end
  self:run_for(CLOSE_GRACE)
  self._closed = true
  self._core:close()
end

local OPTIONS = { on_error = true, poller = true }

--- A reactor. Options: on_error = function(error, task, traceback) (default: am.logging), poller = "epoll" or "poll".
---@param opts table?
---@return alchemoon.Reactor
local function new(opts)
  opts = options.read("reactor", opts, OPTIONS)
  local self = setmetatable({
    name = "builtin", never_refuses = true, _core = core.reactor_new(opts.poller), _on_error = opts.on_error,
    _waiting = {}, _tasks = {}, _queue = {}, _values = {}, _queue_first = 1, _queue_last = 0, _alive = 0,
  }, Reactor)
  -- The contract of reactors: plain functions, not methods.
  -- Waits of tasks suspend them; anybody else's block.
  function self.wait(fd, mode, timeout, owner, connection)
    if fd == self then return self.wait(mode, timeout, owner) end -- reactor:wait(fd, mode, timeout)
    local task = self._current
    if task and yieldable(task._co) then
      return wait_for(self, task, fd, mode, timeout, connection)
    end
    return poll(fd, mode, timeout)
  end
  function self.can_wait() return can_wait(self) end
  function self.ticket() return current(self) end
  function self.park(ticket, timeout) return park(self, ticket, timeout) end
  function self.unpark(ticket) return unpark(self, ticket) end
  function self.forget(fd) self._core:forget(fd) end
  return self
end

usage.check_receivers(Reactor, "reactor", usage.receiver_of(Reactor))
-- What other hosts have besides.
usage.close_class(Reactor, "Reactor", { scope = true, discard = true, never_refuses = true, is_dead = true }, true)
usage.close_class(Task, "Task", { error = true, result = true, name = true })

return { new = new, CANCELLED = CANCELLED }
