--- The one place that waits: for a descriptor of a driver connection or of a queue ticket.
--
-- A waiter is { reactor = table or nil, strict_async = boolean, shared = boolean }. With a reactor, and in a
-- coroutine that may yield, reactor.wait(fd, mode, timeout) suspends only that coroutine; otherwise poll(2) blocks.
-- mode is "r", "w" or "rw"; wait answers false when the time is over. What else a reactor may offer:
-- lua/alchemoon/reactor/README.md.
local blocked = require "alchemoon.engine.blocked"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local wait = {}

local MODES = { read = "r", write = "w", rw = "rw" }
local HOSTS = { openresty = true, cqueues = true, luv = true, copas = true }

local yieldable = core.yieldable

--- Can the running function be suspended? Raises under strict_async if not.
---@param waiter table
---@return boolean
function wait.can_suspend(waiter)
  local reactor = waiter.reactor
  local cause = nil
  if reactor then
    local can
    if reactor.can_wait then can, cause = reactor.can_wait() else can = yieldable() end
    if can then return true end
  end
  if waiter.strict_async then blocked.refuse(cause, reactor ~= nil) end
  return false
end
local can_suspend = wait.can_suspend

--- Waits for one descriptor; false when `timeout` seconds (nil: no limit) are over. `owner` is told to the reactor: the
-- thing that is lost (method _orphaned) if the coroutine is killed while it waits.
---@param waiter table
---@param fd integer
---@param mode string    "r", "w" or "rw"
---@param timeout number?
---@param owner table?
---@param connection number?    when the connection that has the descriptor was opened (second result of its fd)
---@return boolean
function wait.on(waiter, fd, mode, timeout, owner, connection)
  local reactor = waiter.reactor
  if reactor and reactor.never_refuses and not waiter.strict_async
      or (reactor or waiter.strict_async) and can_suspend(waiter) then
    return reactor.wait(fd, mode, timeout, owner, connection) ~= false
  end
  return core.poll(fd, mode, timeout)
end
local wait_on = wait.on

--- A descriptor is about to be closed: the reactor hears of it first.
---@param waiter table
---@param fd integer
function wait.forget(waiter, fd)
  local forget = waiter.reactor and waiter.reactor.forget
  if forget and fd >= 0 then forget(fd) end
end

--- Closes a driver connection.
---@param waiter table
---@param dbconn userdata
function wait.close(waiter, dbconn)
  if waiter.reactor and not dbconn:closed() then wait.forget(waiter, dbconn:fd()) end
  dbconn:close()
end

--- Steps `object` (with `method`) until it no longer asks to wait. Returns the last step word, or nil when the
-- deadline (of the monotonic clock; nil: none) has passed.
---@param waiter table
---@param dbconn userdata
---@param object userdata
---@param method function
---@param step string
---@param deadline number?
---@param owner table?    see wait.on
---@return string?
function wait.drive(waiter, dbconn, object, method, step, deadline, owner)
  local reactor = waiter.reactor
  local suspend = reactor and reactor.never_refuses and not waiter.strict_async and reactor.wait -- wait_on's short way
  while true do
    local mode = MODES[step]
    if not mode then return step end
    local left = nil
    if deadline then
      local _, now = core.clock()
      left = deadline - now
      if left <= 0 then return nil end
    end
    local fd, connection = dbconn:fd()
    -- While it connects the socket behind the number may change; one of a shared pool may be in another thread soon.
    if object == dbconn or waiter.shared then connection = nil end
    local ready
    if suspend then ready = suspend(fd, mode, left, owner, connection)
    else ready = wait_on(waiter, fd, mode, left, owner, connection) end
    if ready == false and deadline then
      local _, now = core.clock()
      if now >= deadline then return nil end
    end
    step = method(object)
  end
end

--- The moment, by the clock that drive() looks at, until which something may take so many seconds; nil: no limit.
---@param seconds number?
---@return number?
function wait.deadline(seconds)
  if not seconds then return nil end
  local _, now = core.clock()
  return now + seconds
end

-- No end of that was seen in time.
local function check_answered(step, patience)
  if step then return step end
  error(exc.OperationalError(("the server did not answer within connect_timeout (%g seconds)"):format(patience),
    { connection_invalidated = true }), 0)
end

--- Runs one internal statement to its end and returns its rows as lists. A connection that has a connect_timeout has
-- to answer as soon: what is asked here is short, and belongs to no statement that has a time of its own.
---@param waiter table
---@param dbconn userdata
---@param sql string
---@param params table?
---@return table rows
function wait.query(waiter, dbconn, sql, params)
  local cursor = dbconn:cursor()
  local patience = waiter.patience
  local ok, rows = pcall(function()
    local deadline = wait.deadline(patience)
    local function drive(step)
      return check_answered(wait.drive(waiter, dbconn, cursor, cursor.step, step, deadline), patience)
    end
    local step = drive(cursor:start(sql, params))
    local list = {}
    while step == "rows" do
      local more
      more, step = cursor:fetchall()
      for _, row in ipairs(more) do list[#list + 1] = row end
      step = drive(step)
    end
    return list
  end)
  cursor:close()
  if not ok then error(rows, 0) end
  return rows
end

local function load_host(name)
  if not HOSTS[name] then
    exc.raise("ArgumentError", "create_engine: there is no reactor '%s'; known ones are copas, cqueues, luv, "
      .. "openresty, am.reactor() and tables with a function wait(fd, mode, timeout)", name)
  end
  local found, module = pcall(require, "alchemoon.reactor." .. name)
  if not found then
    exc.raise("ArgumentError", "create_engine: the reactor '%s' could not be loaded: %s", name, tostring(module))
  end
  return module
end

--- The reactor that an engine option names: a table with `wait`, the name of a host, or nil ("found by itself").
---@param option any
---@return table?
function wait.reactor(option)
  if type(option) == "table" then
    if type(option.wait) ~= "function" then
      exc.raise("ArgumentError", "create_engine: a reactor is a table with a function wait(fd, mode, timeout)")
    end
    return option
  elseif type(option) == "string" then
    return load_host(option)
  elseif option == nil or option == true then
    if rawget(_G, "ngx") then return load_host("openresty") end
    return nil
  elseif option == false then
    return nil
  end
  exc.raise("ArgumentError", "create_engine: reactor must be a name or a table, got %s", type(option))
end

return wait
