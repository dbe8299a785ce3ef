--- The one place that waits: for a descriptor of a driver connection or of a queue ticket.
--
-- A waiter is { reactor = table or nil, strict_async = boolean }. With a reactor, and in a coroutine that may
-- yield, reactor.wait(fd, mode, timeout) suspends only that coroutine; otherwise poll(2) blocks. mode is "r", "w" or
-- "rw"; wait answers false when the time is over.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"

local wait = {}

local MODES = { read = "r", write = "w", rw = "rw" }

local running, isyieldable = coroutine.running, coroutine.isyieldable

--- May the running function yield?
---@return boolean
local function yieldable()
  if isyieldable then return isyieldable() end
  local co, main = running()
  return co ~= nil and not main
end
wait.yieldable = yieldable

local function is_yield_error(e)
  return type(e) == "string" and e:find("attempt to yield across", 1, true) ~= nil
end

local function refuse_blocking()
  exc.raise("InvalidRequestError", "%s", "strict_async: a database call here would block, because the running "
    .. "function cannot yield (main program, sort comparator, gsub callback, require); "
    .. "make the call in a coroutine of the reactor, or load before sorting")
end

--- Waits for one descriptor; false when `timeout` seconds (nil: no limit) are over.
---@param waiter table
---@param fd integer
---@param mode string    "r", "w" or "rw"
---@param timeout number?
---@return boolean
function wait.on(waiter, fd, mode, timeout)
  local reactor = waiter.reactor
  if reactor then
    if yieldable() then
      local ok, ready = pcall(reactor.wait, fd, mode, timeout)
      if ok then return ready ~= false end
      if not is_yield_error(ready) then error(ready, 0) end
    end
    if waiter.strict_async then refuse_blocking() end
  end
  return core.poll(fd, mode, timeout)
end

--- Steps `object` (with `method`) until it no longer asks to wait. Returns the last step word, or nil when the
-- deadline (of the monotonic clock; nil: none) has passed.
---@param waiter table
---@param dbconn userdata
---@param object userdata
---@param method function
---@param step string
---@param deadline number?
---@return string?
function wait.drive(waiter, dbconn, object, method, step, deadline)
  while true do
    local mode = MODES[step]
    if not mode then return step end
    local left = nil
    if deadline then
      local _, now = core.clock()
      left = deadline - now
      if left <= 0 then return nil end
    end
    if not wait.on(waiter, dbconn:fd(), mode, left) and deadline then
      local _, now = core.clock()
      if now >= deadline then return nil end
    end
    step = method(object)
  end
end

--- Runs one internal statement to its end and returns its rows as lists.
---@param waiter table
---@param dbconn userdata
---@param sql string
---@param params table?
---@return table rows
function wait.query(waiter, dbconn, sql, params)
  local cursor = dbconn:cursor()
  local ok, rows = pcall(function()
    local step = wait.drive(waiter, dbconn, cursor, cursor.step, cursor:start(sql, params))
    local list = {}
    while step == "rows" do
      local more
      more, step = cursor:fetchall()
      for _, row in ipairs(more) do list[#list + 1] = row end
      step = wait.drive(waiter, dbconn, cursor, cursor.step, step)
    end
    return list
  end)
  cursor:close()
  if not ok then error(rows, 0) end
  return rows
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
    local found, module = pcall(require, "alchemoon.reactor." .. option)
    if not found then
      exc.raise("ArgumentError", "create_engine: the reactor '%s' could not be loaded: %s", option, tostring(module))
    end
    return module
  elseif option == nil or option == true then
    if rawget(_G, "ngx") then
      local found, module = pcall(require, "alchemoon.reactor.openresty")
      if found then return module end
    end
    return nil
  elseif option == false then
    return nil
  end
  exc.raise("ArgumentError", "create_engine: reactor must be a name or a table, got %s", type(option))
end

return wait
