--- OpenResty, and nginx with ngx_http_lua: found by itself inside of them.
--
-- nginx's Lua cannot wait for a descriptor. A thread per worker can (csrc/engine/watcher.h): it writes the tokens of
-- ready ones to a unix socket, which ONE light thread of the worker, the reader, reads; it posts the semaphore of the
-- coroutine that waits. A request may be killed while it waits (client abort, ngx.exit in another light thread):
-- nothing of it returns then, but its semaphore has no waiter any more, which reader and a sweep every second notice.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logger = require("alchemoon.logging").getLogger("alchemoon.reactor")
local semaphore = require "ngx.semaphore"

local ngx = ngx -- luacheck: ignore
local get_phase, exiting, timer_at, now = ngx.get_phase, ngx.worker.exiting, ngx.timer.at, ngx.now

local host = { name = "openresty" }

local WAITING = { rewrite = true, server_rewrite = true, access = true, content = true, timer = true, ssl_cert = true,
  ssl_client_hello = true, ssl_session_fetch = true, preread = true }
local BLOCKING = { init = true, init_worker = true }

local LONG = 7 * 86400 -- seconds; waits without a limit look again then
local SWEEP = 1        -- seconds between two looks for killed coroutines
local GRACE = 5        -- seconds after which a timer that was asked for will not come: nginx had too many of them
local LAST_TOKEN = 4294967295

-- The state of this process: { watcher =, waits = { [token] = entry }, armed = { [fd] = token }, count =, reading =,
-- sweep_until = }
local worker
local last_token = 0
local orphans = 0
local spare = {} -- entries whose semaphore has no waiter and was not posted

-- Killed coroutines -------------------------------------------------------------------------------

local function clean_up(_, owner)
  local ok, e = pcall(owner._orphaned, owner)
  if not ok then logger:error("a request was killed while it waited; cleaning up failed: %s", tostring(e)) end
end

-- Listeners may be called and wait, so that happens in a light thread of its own.
local function orphan(entry)
  local owner = entry.owner
  entry.owner = nil
  orphans = orphans + 1
  if not owner or not owner._orphaned then return end
  if not timer_at(0, clean_up, owner) then clean_up(nil, owner) end
end

-- Takes a wait out, and its descriptor unless that serves another wait by now.
local function remove(state, token, fd)
  state.waits[token] = nil
  state.count = state.count - 1
  if fd and state.armed[fd] == token then
    state.armed[fd] = nil
    state.watcher:disarm(fd)
  end
end

-- A time-out may come in the moment of the report: the semaphore is posted then, and of no use to others.
local function give_back(entry)
  entry.owner = nil
  if entry.sema:count() == 0 then spare[#spare + 1] = entry end
end

local function sweep(state)
  local dead = {}
  for token, entry in pairs(state.waits) do
    if entry.sema:count() >= 0 then dead[token] = entry end
  end
  for token, entry in pairs(dead) do
    remove(state, token, entry.fd)
    orphan(entry)
  end
end

local sweep_timer

-- Sees to it that there will be a sweep. nginx drops timers in silence when too many of them run.
local function will_sweep(state)
  local due = now()
  if state.sweep_until and due < state.sweep_until then return end
  state.sweep_until = timer_at(SWEEP, sweep_timer, state) and due + SWEEP + GRACE
end

function sweep_timer(premature, state)
  state.sweep_until = nil
  sweep(state)
  if state.count > 0 and not premature then will_sweep(state) end
end

-- The reader --------------------------------------------------------------------------------------

local function deliver(state, token)
  local entry = state.waits[token]
  if not entry then return end -- timed out meanwhile; the token is retired
  remove(state, token)
  if entry.sema:count() < 0 then entry.sema:post() else orphan(entry) end
end

-- The worker's one reader: wakes whoever waits for the descriptor of each token.
local function read_tokens(state, socket)
  local rest = ""
  while not (exiting() and state.count == 0) do
    -- While the worker ends there are no timers for the sweep.
    socket:settimeout(exiting() and SWEEP * 1000 or LONG * 1000)
    local bytes, problem = socket:receiveany(4096)
    if bytes then
      local tokens, used = core.watcher_tokens(rest .. bytes)
      rest = (rest .. bytes):sub(used + 1)
      for _, token in ipairs(tokens) do deliver(state, token) end
    elseif problem ~= "timeout" then
      return problem
    end
    if exiting() then sweep(state) end
  end
end

-- Ends a state: whoever still waits looks again, and then waits with a new one.
local function close(state)
  if worker == state then worker = nil end
  local waits = state.waits
  state.waits, state.count = {}, 0
  for _, entry in pairs(waits) do
    if entry.sema:count() < 0 then entry.sema:post() else orphan(entry) end
  end
  state.watcher:close()
end

local function reader(_, state)
  if worker ~= state then return end -- it came too late
  state.reading = true
  local socket = ngx.socket.tcp()
  local ok, problem = socket:connect("unix:" .. state.watcher:path())
  if ok then
    problem = read_tokens(state, socket)
    socket:close()
  end
  close(state)
  if problem then logger:error("the worker lost its watching thread: %s", problem) end
end

-- nginx runs far timers early when the worker begins to end; the reader then looks whether it is still needed.
local function exit_timer(premature, state)
  if worker ~= state then return end
  if premature then return state.watcher:wake() end
  timer_at(LONG, exit_timer, state)
end

local function start()
  local state = { watcher = core.watcher_new("/tmp"), waits = {}, armed = {}, count = 0 }
  local ok, problem = timer_at(0, reader, state)
  if not ok then
    state.watcher:close()
    logger:error("this call blocks the worker: no timer for the reader: %s", problem)
    return nil
  end
  timer_at(LONG, exit_timer, state)
  worker = state
  return state
end

-- The reactor -------------------------------------------------------------------------------------

function host.can_wait()
  local phase = get_phase()
  if WAITING[phase] then return core.yieldable() end
  if BLOCKING[phase] then return false, "nginx cannot wait in the phase " .. phase end
  exc.raise("InvalidRequestError", "nginx cannot wait for a database in the phase '%s'; take what is needed with you "
    .. "and make the call in a timer: ngx.timer.at(0, fn)", phase)
end

-- Waits in which nobody reads the tokens end early: nginx may have dropped the reader's timer, and then it is started
-- anew.
local function wait_for_report(state, entry, timeout)
  local limit = timeout and math.max(timeout, 0) or LONG
  if state.reading or limit <= GRACE then return entry.sema:wait(limit) end
  local ready, problem = entry.sema:wait(GRACE)
  if ready or problem ~= "timeout" then return ready, problem end
  if not state.reading and worker == state then
    logger:error("nginx has not run the timer of the reader for %d seconds; is lua_max_running_timers too low?", GRACE)
    close(state)
  end
  return true
end

local function next_token(state)
  repeat last_token = last_token < LAST_TOKEN and last_token + 1 or 1 until not state.waits[last_token]
  return last_token
end

local function take_entry()
  local entry = table.remove(spare)
  if entry then return entry end
  local sema, problem = semaphore.new()
  if not sema then exc.raise("OperationalError", "no semaphore to wait with: %s", problem) end
  return { sema = sema }
end

function host.wait(fd, mode, timeout, owner)
  local state = worker
  if not state or not state.watcher:is_mine() then state = start() end
  if not state then return core.poll(fd, mode, timeout) end
  local entry, token = take_entry(), next_token(state)
  if not state.watcher:arm(fd, mode, token) then
    spare[#spare + 1] = entry
    return true
  end
  entry.fd, entry.owner = fd, owner
  state.waits[token], state.armed[fd] = entry, token
  state.count = state.count + 1
  will_sweep(state)
  local ready, problem = wait_for_report(state, entry, timeout)
  if state.waits[token] == entry then remove(state, token, fd) end
  give_back(entry)
  if state == worker and state.count == 0 and exiting() then state.watcher:wake() end
  if ready then return true end
  if problem == "timeout" then return timeout == nil end
  exc.raise("InvalidRequestError", "nginx does not let a call wait here: %s", problem)
end

function host.ticket() return take_entry() end

function host.park(ticket, timeout)
  local woken = ticket.sema:wait(timeout and math.max(timeout, 0) or LONG)
  return woken or false
end

-- A semaphore that nobody waits for belongs to a coroutine that was killed.
function host.unpark(ticket)
  if ticket.sema:count() >= 0 then return false end
  ticket.sema:post()
  return true
end

--- Called when the queue is done with a ticket: nobody will unpark it any more.
function host.discard(ticket)
  give_back(ticket)
end

function host.forget(fd)
  if not worker or not worker.watcher:is_mine() then return end
  worker.armed[fd] = nil
  worker.watcher:disarm(fd)
end

-- Coroutines of other requests look dead from here; killed ones are found by their semaphores.
function host.is_dead() return false end

--- The request (its ctx); outside of requests the running coroutine counts.
function host.scope()
  local phase = get_phase()
  if phase == "init" or phase == "init_worker" then return nil end
  return ngx.ctx
end

--- Numbers for a status page: coroutines that wait, those that were killed while they did, is there a thread?
function host.stats()
  return { waiting = worker and worker.count or 0, killed = orphans, watching = worker ~= nil }
end

return host
