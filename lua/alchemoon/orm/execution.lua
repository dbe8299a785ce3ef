--- session:execute(): events, autoflush, the engine, and who executes an ORM statement.
--
-- Other files register how statements that name entities are executed: `execution.handler(tag, handler)` with
--   handler.is_orm(statement) → boolean
--   handler.prepare(session, statement, params, options, bind_arguments, is_pre_event) → statement, options
--   handler.execute(session, statement, params, options, bind_arguments, conn) → result
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local copy = require("alchemoon.keys").copy

local execution = {}
local handlers = {}
local node_tag = core.node_tag

--- Registers the handler of a kind of statement.
function execution.handler(tag, handler) handlers[tag] = handler end

--- The handler of a statement that names entities; nil for a Core statement.
function execution.handler_of(statement)
  local handler = handlers[node_tag(statement)]
  if handler and handler.is_orm(statement) then return handler end
  return nil
end

local function refuse(statement)
  return exc.raise("ArgumentError", "Executable SQL or text() construct expected, got %s.", exc.show_value(statement))
end

-- A string is refused: a text that came from outside would be SQL.
local function check_statement(statement)
  local tag = node_tag(statement)
  if tag ~= nil then return statement end
  if type(statement) == "table" and statement.__clause_element__ then return statement:__clause_element__() end
  local kind = type(statement)
  if kind == "table" and statement._execute_on then return statement end
  if kind == "string" then
    local shown = exc.show_value(statement)
    exc.raise("ArgumentError", "Textual SQL expression %s should be explicitly declared as text(%s)", shown, shown)
  end
  return refuse(statement)
end

-- A listener may execute in its turn; those before it are not asked again then.
local function with_events(session, listeners, statement, params, options, bind_arguments, handler, parent)
  local State = require "alchemoon.orm.execute_state"
  if handler then
    statement, options = handler.prepare(session, statement, params, options, bind_arguments, true)
  end
  local state = State.new(session, statement, params, options, bind_arguments, handler, listeners, parent)
  local first = parent and parent._next_event or 1
  for i = first, #listeners do
    state._next_event = i + 1
    local result = listeners[i](state)
    if result ~= nil and result ~= false then return result end
  end
  return nil, state.statement, state.local_execution_options
end

--- Tells the listeners of do_orm_execute of a statement that is part of another one, and may never be sent.
function execution.announce(session, statement, params, options, bind_arguments)
  local listeners = session.dispatch.do_orm_execute
  if not listeners then return end
  with_events(session, listeners, statement, params, options, copy(bind_arguments), execution.handler_of(statement))
end

-- A UNION of entities flushes; text(), whatever its columns are called, and statements about tables do not.
local function flushes_before(statement, options)
  return column_adapter.is_orm(statement) and node_tag(statement) ~= core.tags.TEXTUAL_SELECT
    and not (options and options.autoflush == false)
end

--- The whole of session:execute().
---@param session table
---@param statement any
---@param params table?
---@param options table?          execution options
---@param bind_arguments table?   { mapper =, clause =, bind = }
---@param parent table?           the ORMExecuteState whose listener invokes a statement
function execution.execute(session, statement, params, options, bind_arguments, parent)
  statement = check_statement(statement)
  local handler = execution.handler_of(statement)
  if not handler and not statement._execute_on then refuse(statement) end -- a class, a table, a column
  local listeners = session.dispatch.do_orm_execute
  local arguments = nil
  if handler or bind_arguments or listeners then arguments = copy(bind_arguments) end
  if listeners then
    if not handler and arguments.clause == nil and not arguments.mapper then arguments.clause = statement end
    local result, new_statement, new_options = with_events(session, listeners, statement, params, options, arguments,
      handler,
      parent)
    if result ~= nil then return result end
    statement, options = new_statement, new_options
    handler = execution.handler_of(statement)
  end
  if handler then
    statement, options = handler.prepare(session, statement, params, options, arguments, false)
  elseif flushes_before(statement, options) then
    session:_autoflush()
  end
  if arguments and arguments.clause == nil and not arguments.mapper then arguments.clause = statement end
  local by_clause = not session.bind or next(session._binds)
  local bind = session:get_bind(arguments or by_clause and { clause = statement } or nil)
  return execution.run(session, statement, params, options, arguments, session:_connection_for_bind(bind))
end

--- Executes a statement on a connection, without events and without a flush before it.
function execution.run(session, statement, params, options, bind_arguments, conn)
  local handler = execution.handler_of(statement)
  if handler then return handler.execute(session, statement, params, options, bind_arguments, conn) end
  return conn:execute(statement, params, options)
end

return execution
