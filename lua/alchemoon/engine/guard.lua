--- Who is inside a connection, and how to get a statement out of it: the busy mark, timeouts, cancelling.
--
-- While a statement waits, conn._busy is the coroutine that is inside (true: the main program of Lua 5.1). Every way
-- out clears it, but a coroutine that is killed has none: then the driver connection is thrown away.
local blocked = require "alchemoon.engine.blocked"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local wait = require "alchemoon.engine.wait"

local guard = {}

local CANCEL_GRACE = 5 -- seconds for the server to answer a cancel

local function is_dead(conn, co)
  if type(co) ~= "thread" then return false end
  local reactor = conn.engine._waiter.reactor
  if reactor and reactor.is_dead then return reactor.is_dead(co) end
  return coroutine.status(co) == "dead"
end

--- Raises if another coroutine is inside the connection.
---@param conn alchemoon.Connection
function guard.check(conn)
  local busy = conn._busy
  if not busy then return end
  if is_dead(conn, busy) then return conn:_orphaned() end
  exc.raise("InvalidRequestError", "This connection is in use by another coroutine%s and can't be called here%s; a "
    .. "connection serves one coroutine at a time", type(busy) == "thread" and blocked.place(busy) or "",
    blocked.place())
end

--- Before something is sent: if nobody may wait for its answer here, it must not be sent (strict_async, and phases of
-- OpenResty that cannot wait). Drivers that never wait have no descriptor.
function guard.check_suspend(waiter, fairy)
  local reactor = waiter.reactor
  if (waiter.strict_async or reactor and not reactor.never_refuses) and fairy.dbapi_connection:fd() >= 0 then
    wait.can_suspend(waiter)
  end
end

-- Waits until the request is known to have gone out. True if it is.
local function gone_out(waiter, request, deadline)
  while true do
    local outcome = request:outcome()
    if outcome ~= nil then return outcome end
    local _, now = core.clock()
    if now >= deadline then return false end
    wait.on(waiter, request:fd(), "r", deadline - now)
  end
end

local function timeout_error(timeout, invalidated)
  return exc.OperationalError(("the statement was cancelled after its timeout of %g seconds"):format(timeout),
    { connection_invalidated = invalidated or nil, timed_out = true })
end

-- The end of a command that was late. An answer counts, whatever it is: a COMMIT that the server calls done is done.
local function late_command(command, timeout, ok, e)
  if ok and e then return e end
  if not ok and not e.connection_invalidated then error(e, 0) end
  error(exc.OperationalError(("%s was not answered within its timeout of %g seconds%s"):format(command, timeout,
    command == "COMMIT" and "; whether it happened is not known" or ""),
    { connection_invalidated = true, timed_out = true }), 0)
end

--- The deadline of a statement has passed while it waited: cancels it at the server and raises. The connection stays
-- usable if the server answers and the request is known to be through; a late one would hit the next statement. With
-- `command` (COMMIT, ROLLBACK ...) it is that, and its step is returned if it succeeds after all.
---@param command string?
function guard.timed_out(conn, dbconn, cursor, timeout, command)
  local waiter = conn.engine._waiter
  local deadline = wait.deadline(CANCEL_GRACE)
  local sent, request = pcall(core.cancel_start, dbconn)
  if not sent then -- the server goes on with it: nobody may wait for that
    if not exc.is(request, exc.DBAPIError) then error(request, 0) end
    if command then return late_command(command, timeout, true, nil) end
    error(timeout_error(timeout, true), 0)
  end
  local ok, e = pcall(function()
    if request and not gone_out(waiter, request, deadline) then return nil end
    return wait.drive(waiter, dbconn, cursor, cursor.step, cursor:step(), deadline, conn)
  end)
  if request then
    wait.forget(waiter, request:fd())
    request:close()
  end
  if not ok and not exc.is(e, exc.DBAPIError) then error(e, 0) end
  if command then return late_command(command, timeout, ok, e) end
  local answered
  if ok then answered = e ~= nil else answered = not e.connection_invalidated end
  error(timeout_error(timeout, not answered), 0)
end

--- The error of a statement that had a deadline: SQLite ends one that is late with code 9, "interrupted".
function guard.late_error(e, timeout, deadline)
  local _, now = core.clock()
  if now < deadline or not exc.is(e, exc.OperationalError) or e.code ~= 9 then return e end
  return timeout_error(timeout)
end

return guard
