--- Errors of statements: statement and parameters are attached, handle_error listeners asked, broken connections
-- invalidated; then the error goes on.
local exc = require "alchemoon.exc"

local errors = {}

---@class alchemoon.ExceptionContext
---@field connection alchemoon.Connection?
---@field engine alchemoon.Engine
---@field dialect alchemoon.Dialect
---@field statement string?
---@field parameters any
---@field original_exception any
---@field sqlalchemy_exception any
---@field chained_exception any
---@field execution_context any
---@field is_disconnect boolean
---@field invalidate_pool_on_disconnect boolean
---@field is_pre_ping boolean
local Context = {}
Context.__index = Context
Context.__name = "alchemoon.ExceptionContext"

-- The driver's own words, kept as e.orig.
local Orig = {}
Orig.__index = Orig
Orig.__tostring = function(self) return self.message end

--- Makes a raw driver error complete (once).
function errors.wrap(e, engine, statement, parameters, is_many)
  if not exc.is(e, exc.DBAPIError) or e.orig ~= nil then return e end
  e.driver_class = engine.dialect:driver_class(e)
  e.orig = setmetatable({ message = e.message, sqlstate = e.sqlstate, pgcode = e.sqlstate, code = e.code,
    class = e.driver_class }, Orig)
  e.statement, e.params, e.ismulti = statement, statement and (parameters or {}), is_many
  e.hide_parameters = engine.hide_parameters or nil
  e.connection_invalidated = e.connection_invalidated or false
  return e
end

local function ask_listeners(list, context)
  local newest = nil
  for i = 1, #list do
    local ok, answer = pcall(list[i], context)
    if not ok then return answer end
    if answer ~= nil then
      newest = answer
      context.chained_exception = answer
    end
  end
  return newest
end

--- Treats an error of a statement on a connection and raises it (or what a listener puts in its place).
---@param conn alchemoon.Connection
---@param e any
---@param statement string?
---@param parameters any
---@param context table?   execution context
---@param broken boolean?  the connection's protocol state is unknown (a wait was broken off)
function errors.handle(conn, e, statement, parameters, context, broken)
  local engine = conn.engine
  if type(e) == "table" and rawget(e, "_handled") then exc.rethrow(e) end -- BEGIN failed on behalf of the statement
  local is_dbapi = exc.is(e, exc.DBAPIError)
  if is_dbapi and conn._handling_error then
    error(errors.wrap(e, engine, statement, parameters, context and context.executemany and not context.is_flat), 0)
  end
  local disconnected = broken or is_dbapi and not conn.closed and engine.dialect:is_disconnect(e) or false
  local invalidate_pool = not broken
  local raised = e
  if is_dbapi then
    errors.wrap(e, engine, statement, parameters, context and context.executemany and not context.is_flat)
    e.connection_invalidated = disconnected
  end
  local listeners = conn.dispatch.handle_error
  if listeners and not conn._execution_options.skip_user_error_events then
    local wraps = is_dbapi or exc.is(e, exc.StatementError)
    local ec = setmetatable({
      connection = conn, engine = engine, dialect = engine.dialect, statement = statement,
      parameters = parameters or wraps and e.params or nil,
      cursor = context and context.cursor, original_exception = wraps and e.orig or e,
      sqlalchemy_exception = wraps and e or nil, execution_context = context, is_disconnect = disconnected,
      invalidate_pool_on_disconnect = invalidate_pool, is_pre_ping = false,
    }, Context)
    conn._handling_error = true
    local answer = ask_listeners(listeners, ec)
    conn._handling_error = nil
    if answer ~= nil then raised = answer end
    disconnected = ec.is_disconnect
    invalidate_pool = ec.invalidate_pool_on_disconnect
    if is_dbapi then e.connection_invalidated = disconnected end
  end
  if disconnected and not conn.invalidated and not conn.closed then
    if invalidate_pool then engine.pool:_invalidate(conn._fairy, e, false) end
    conn:invalidate(e)
  elseif not disconnected and not conn._transaction and not conn._in_begin and not conn._handling_error then
    conn._handling_error = true -- an error of this rollback must not hide the cause
    pcall(conn._rollback_impl, conn)
    conn._handling_error = nil
  end
  if exc.is(raised, exc.Error) then raised._handled = true end
  exc.rethrow(raised)
end

--- A pre-ping failed: what do listeners say? True if the connection is dead, so that the pool replaces it; else the
-- error is raised, or what a listener puts in its place.
---@param engine alchemoon.Engine
---@param e alchemoon.Error
---@return boolean
function errors.handle_ping(engine, e)
  local is_disconnect = engine.dialect:is_disconnect(e)
  local listeners = engine.dispatch.handle_error
  if listeners then
    errors.wrap(e, engine)
    local ec = setmetatable({
      dialect = engine.dialect, original_exception = e.orig, sqlalchemy_exception = e, is_disconnect = is_disconnect,
      invalidate_pool_on_disconnect = false, is_pre_ping = true,
    }, Context)
    local answer = ask_listeners(listeners, ec)
    if answer ~= nil and not exc.is(answer, exc.StatementError) then exc.rethrow(answer) end
    is_disconnect = ec.is_disconnect
    if answer ~= nil then is_disconnect = answer.connection_invalidated or false end
    e.connection_invalidated = is_disconnect
  end
  if not is_disconnect then exc.rethrow(e) end
  return true
end

--- The same where there is no connection yet: opening one.
function errors.handle_without_connection(engine, e)
  local raised = e
  local is_dbapi = exc.is(e, exc.DBAPIError)
  if is_dbapi then
    errors.wrap(e, engine)
    -- A server that refuses a connection has broken none.
    e.connection_invalidated = tostring(e.message):find("closed the connection", 1, true) ~= nil
  end
  local listeners = engine.dispatch.handle_error
  if listeners then
    local ec = setmetatable({
      engine = engine, dialect = engine.dialect, original_exception = is_dbapi and e.orig or e,
      sqlalchemy_exception = is_dbapi and e or nil,
      is_disconnect = is_dbapi and engine.dialect:is_disconnect(e) or false,
      invalidate_pool_on_disconnect = true, is_pre_ping = false,
    }, Context)
    local answer = ask_listeners(listeners, ec)
    if answer ~= nil then raised = answer end
    if is_dbapi then e.connection_invalidated = ec.is_disconnect end
  end
  exc.rethrow(raised)
end

return errors
