--- Connections: `engine:connect()`.
--
-- A connection has at most one root transaction, begun by begin() or by the first statement (autobegin). It holds a
-- checked-out pool connection (`_fairy`) until it is closed; after an invalidation it gets a new one at the next
-- statement, once the transaction has been rolled back.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local execution_options = require "alchemoon.execution_options"
local errors = require "alchemoon.engine.errors"
local guard = require "alchemoon.engine.guard"
local logging = require "alchemoon.logging"
local params_module = require "alchemoon.engine.params"
local run = require "alchemoon.engine.run"
local scope = require "alchemoon.engine.scope"
local targets = require "alchemoon.engine.targets"
local transaction = require "alchemoon.engine.transaction"
local transaction_steps = require "alchemoon.engine.transaction_steps"
local usage = require "alchemoon.usage"
local wait = require "alchemoon.engine.wait"
local NULL = require "alchemoon.null"

local fire = event.fire

-- quick(stmt, conn) -> the result of a statement that needs nothing of the pipeline, or nil: sql/quick.lua knows which
local run_quick = function() return nil end

---@class alchemoon.Connection
---@field engine alchemoon.Engine
---@field dialect alchemoon.Dialect
---@field closed boolean
---@field invalidated boolean
---@field info table          belongs to the program; lives as long as the driver connection
---@field connection table    the pool's wrapper of the driver connection
---@field raw userdata        the driver connection
---@field default_isolation_level string
local Connection = { __name = "alchemoon.Connection" }
---@class alchemoon.Connection
local methods = {}
local fields = {}
local unknown = usage.unknown_attribute("Connection", {}, methods, fields)

function Connection.__index(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  local field = fields[key]
  if field then return field(self) end
  return unknown(key)
end

--- Is there a public method of that name?
---@param name string
---@return boolean
function Connection.has_method(name) return name:byte() ~= 95 and methods[name] ~= nil end
Connection.__tostring = function(self) return ("alchemoon.Connection(%s)"):format(tostring(self.engine.url)) end
targets.engine_class(Connection)
targets.instances(Connection, "connection")

local CHARACTERISTICS = { isolation_level = "isolation_level", postgresql_readonly = "readonly",
  postgresql_deferrable = "deferrable" }

--- A connection of an engine; checks a pool connection out.
function Connection.new(engine)
  local self = setmetatable({
    engine = engine, dialect = engine.dialect, dispatch = engine.dispatch,
    _execution_options = engine._execution_options, _savepoint_seq = 0, _can_reconnect = true,
    -- false, not absent: what is absent is looked for by a function
    _transaction = false, _nested_transaction = false, _scope_transaction = false, _busy = false, _in_begin = false,
    _is_starting = false,
    _autocommit = false, _deadline = false, _was_open = false,
    _echo = engine.logger:enabled(logging.INFO),
    _echo_debug = engine.logger:enabled(logging.DEBUG), _fairy = engine:raw_connection(),
    execute = methods.execute, -- the same method, found without a call
  }, Connection)
  self:_adopt_settings()
  if self.dispatch.engine_connect then
    local ok, e = pcall(fire, self.dispatch.engine_connect, self)
    if not ok then
      pcall(self.close, self)
      exc.rethrow(e)
    end
  end
  return self
end

for name, step in pairs(transaction_steps) do methods[name] = step end

-- Settings (isolation level ...) ------------------------------------------------------------------

local function query_function(self)
  local waiter = self.engine._waiter
  return function(dbconn, sql, params) return wait.query(waiter, dbconn, sql, params) end
end

-- The settings that the engine's and the connection's execution options ask for.
function methods:_adopt_settings()
  local base, changes = self.engine._base_settings, nil
  self._fairy._settings = base or false
  if next(self._execution_options) ~= nil then
    for option, name in pairs(CHARACTERISTICS) do
      local value = self._execution_options[option]
      if value ~= nil then
        changes = changes or {}
        changes[name] = value
      end
    end
  end
  if changes then
    local ok, e = pcall(self._change_settings, self, changes)
    if not ok then
      pcall(self.close, self)
      exc.rethrow(e)
    end
  else
    self._autocommit = base and base.isolation_level == "AUTOCOMMIT"
  end
end

-- Noted on the pooled connection, which takes its defaults back when it is returned.
function methods:_change_settings(changes)
  local fairy = self._fairy or self:_revalidate()
  local settings = {}
  for name, value in pairs(fairy._settings or {}) do settings[name] = value end
  for name, value in pairs(changes) do
    if name == "isolation_level" then value = self.dialect:check_isolation_level(value) end
    settings[name] = value
  end
  changes = { isolation_level = changes.isolation_level and settings.isolation_level }
  local dialect, query = self.dialect, query_function(self)
  dialect:set_characteristics(query, fairy.dbapi_connection, changes)
  fairy._settings = settings
  self._autocommit = settings.isolation_level == "AUTOCOMMIT"
  local base = self.engine._base_settings
  fairy._on_reset = function(given_back)
    dialect:set_characteristics(query, given_back.dbapi_connection,
      { isolation_level = base and base.isolation_level or dialect.default_isolation_level })
  end
end

--- Sets options for what follows on this connection and returns it. With a function, calls it with the connection and
-- closes that afterwards: engine:connect():execution_options({ … }, fn).
---@param opts table?
---@param fn fun(conn: alchemoon.Connection): any?
---@return any
function methods:execution_options(opts, fn)
  opts = opts or {}
  execution_options.check(opts, true)
  if self.dispatch.set_connection_execution_options then
    fire(self.dispatch.set_connection_execution_options, self, opts)
  end
  local changes = nil
  for option, name in pairs(CHARACTERISTICS) do
    if opts[option] ~= nil then
      if self._transaction then
        exc.raise("InvalidRequestError", "This connection has already initialized an alchemoon Transaction() object "
          .. "via begin() or autobegin; %s may not be altered unless rollback() or commit() is called first.", option)
      end
      changes = changes or {}
      changes[name] = opts[option]
    end
  end
  if changes then self:_change_settings(changes) end
  local merged = {}
  for key, value in pairs(self._execution_options) do merged[key] = value end
  for key, value in pairs(opts) do merged[key] = value end
  self._execution_options = execution_options.end_unset(merged)
  if fn == nil then return self end
  usage.check_function("the last argument", fn)
  return scope.run(self, self.close, fn)
end

--- The options in force.
---@return table
function methods:get_execution_options() return self._execution_options end

--- Options of one execution over those of a statement over those of the connection.
function methods:_merge_options(statement_options, options)
  if not statement_options and not options then return self._execution_options end
  local merged = {}
  for key, value in pairs(statement_options or {}) do merged[key] = value end
  for key, value in pairs(self._execution_options) do merged[key] = value end
  for key, value in pairs(options or {}) do merged[key] = value end
  return execution_options.end_maps(merged)
end

--- The isolation level that the database reports.
---@return string
function methods:get_isolation_level()
  local fairy = self._fairy or self:_revalidate()
  local ok, level = pcall(self.dialect.isolation_level_of, self.dialect, query_function(self), fairy.dbapi_connection,
    fairy._settings)
  if ok then return level end
  return errors.handle(self, level)
end

-- State -------------------------------------------------------------------------------------------

--- conn.closed: was it given back?
function fields.closed(self) return rawget(self, "_fairy") == nil and not self._can_reconnect end

--- conn.invalidated: was the driver connection lost? The next call connects again.
function fields.invalidated(self) return rawget(self, "_fairy") == nil and self._can_reconnect end

--- conn.connection: the pool's connection; connects again after an invalidation.
function fields.connection(self)
  if not self._fairy then return self:_revalidate() end
  return self._fairy
end

--- conn.info: a table for the program, as old as the driver connection.
function fields.info(self) return self.connection.info end

--- conn.raw: the driver connection, inside of the transaction.
function fields.raw(self)
  local fairy = self.connection
  run.ensure_begun(self, fairy, "")
  return fairy.dbapi_connection
end

--- conn.default_isolation_level: what connections of this engine begin with. AUTOCOMMIT is none for the database.
function fields.default_isolation_level(self)
  local base = self.engine._base_settings
  local level = base and base.isolation_level
  return level and level ~= "AUTOCOMMIT" and level or self.dialect.default_isolation_level
end

--- Is a transaction under way (begun or autobegun)?
---@return boolean
function methods:in_transaction() return self._transaction and self._transaction.is_active or false end
--- Is a savepoint open?
---@return boolean
function methods:in_nested_transaction()
  return self._nested_transaction and self._nested_transaction.is_active or false
end
--- The root transaction, or nil.
---@return alchemoon.Transaction?
function methods:get_transaction() return self._transaction or nil end
--- The innermost savepoint transaction, or nil.
---@return alchemoon.Transaction?
function methods:get_nested_transaction() return self._nested_transaction or nil end

function methods:_invalid_transaction()
  local e = exc.PendingRollbackError(("Can't reconnect until invalid %stransaction is rolled back.  Please rollback() "
    .. "fully before proceeding"):format(self._nested_transaction and "savepoint " or ""))
  e.code = "8s2b"
  exc.rethrow(e)
end

-- A connection after an invalidation gets a new pool connection.
function methods:_revalidate()
  if self.invalidated then
    if self._transaction then self:_invalid_transaction() end
    self._fairy = self.engine:raw_connection()
    self:_adopt_settings()
    return self._fairy
  end
  exc.raise("ResourceClosedError", "This Connection is closed")
end

function methods:_check_scope()
  local scoped = self._scope_transaction
  if scoped and not scoped.is_active then
    exc.raise("InvalidRequestError", "Can't operate on closed transaction inside context manager.  Please complete the "
      .. "context manager before emitting further commands.")
  end
end

-- Transactions ------------------------------------------------------------------------------------

function methods:_autobegin()
  if not self._in_begin then transaction.RootTransaction.new(self) end
end

--- Begins a transaction. With a function: calls it with the transaction, commits, or rolls back and raises again.
---@param fn function?
function methods:begin(fn)
  if fn ~= nil then usage.check_function("conn:begin", fn) end
  if self._transaction then
    exc.raise("InvalidRequestError", "This connection has already initialized an alchemoon Transaction() object via "
      .. "begin() or autobegin; can't call begin() here unless rollback() or commit() is called first.")
  end
  local trans = transaction.RootTransaction.new(self)
  if fn then return trans:_run(fn) end
  return trans
end

--- Begins a savepoint (and a transaction, if there is none).
---@param fn function?
function methods:begin_nested(fn)
  if fn ~= nil then usage.check_function("conn:begin_nested", fn) end
  if not self._transaction then
    if not self._fairy then self:_revalidate() end
    self:_autobegin()
  end
  local trans = transaction.NestedTransaction.new(self)
  if fn then return trans:_run(fn) end
  return trans
end

--- Begins a two-phase transaction; `xid` names it (default: made up).
---@param xid string?
---@param fn function?
function methods:begin_twophase(xid, fn)
  if type(xid) == "function" then xid, fn = nil, xid end
  if fn ~= nil then usage.check_function("conn:begin_twophase", fn) end
  if self._transaction then
    exc.raise("InvalidRequestError", "Cannot start a two phase transaction when a transaction is already in progress.")
  end
  if not self._fairy then self:_revalidate() end
  if not xid then
    local digits = {}
    for i = 1, 8 do digits[i] = ("%04x"):format(math.random(0, 65535)) end
    xid = "_sa_" .. table.concat(digits)
  end
  local trans = transaction.TwoPhaseTransaction.new(self, xid)
  if fn then return trans:_run(fn) end
  return trans
end

--- The identifiers of prepared two-phase transactions.
-- It begins no transaction, because what it finds can be ended outside of one only.
---@return string[]
function methods:recover_twophase()
  local sql = self.dialect.recover_twophase_sql or self.dialect:two_phase_sql()
  local fairy = self._fairy or self:_revalidate()
  local ok, rows = pcall(query_function(self), fairy.dbapi_connection, sql)
  if not ok then return errors.handle(self, rows) end
  local identifiers = {}
  for i, row in ipairs(rows) do identifiers[i] = row[1] end
  return identifiers
end

--- Commits or rolls back a prepared transaction by its identifier.
---@param xid string
---@param recover boolean|table|nil   it may have been prepared by another connection, which makes no difference here
function methods:commit_prepared(xid, recover) -- luacheck: ignore 212
  usage.check_arguments("conn:commit_prepared", "string", xid)
  self:_end_prepared("commit", xid)
end

---@param xid string
---@param recover boolean|table|nil
function methods:rollback_prepared(xid, recover) -- luacheck: ignore 212
  usage.check_arguments("conn:rollback_prepared", "string", xid)
  self:_end_prepared("rollback", xid)
end

--- Commits the transaction, if there is one.
function methods:commit()
  if self._transaction then self._transaction:commit() end
end

--- Rolls the transaction back, if there is one.
function methods:rollback()
  if self._transaction then self._transaction:rollback() end
end

function methods:_log_info(message)
  local token = self._execution_options.logging_token
  if token then message = "[" .. token .. "] " .. message end
  self.engine.logger:info("%s", message)
end

function methods:_log_debug(message) self.engine.logger:debug("%s", message) end

-- Execution ---------------------------------------------------------------------------------------

--- The pipeline for compiled statements; see README.md.
methods._run = run.execute

function methods:_fire_after(cursor, sql, params, context)
  local list = self.dispatch.after_cursor_execute
  if list then
    for i = 1, #list do
      list[i](self, cursor, context.statement or sql, context.parameters or params, context, context.executemany)
    end
  end
end

local function not_executable(value)
  local is_plain = type(value) == "table" and getmetatable(value) == nil
  exc.raise("ObjectNotExecutableError", "Not an executable object: %s", is_plain and exc.format_params(value)
    or type(value) == "string" and exc.show_value(value) or value == NULL and "am.null" or tostring(value))
end

local function check_listened(name, value)
  if value == nil or type(value) == "table" then return value or {} end
  exc.raise("ArgumentError", "a before_execute listener with retval = true returns statement, multiparams, params; %s "
    .. "must be a table, got %s", name, exc.show_value(value))
end

-- before_execute and after_execute around an executable object, which `method` executes.
local function execute_with_events(self, method, stmt, params, options, is_orm)
  local sets, many = params_module.distill(params)
  local multiparams, single = many and sets or {}, not many and sets[1] or {}
  local own = stmt.get_execution_options
  local exec_options = self:_merge_options(own and own(stmt), options)
  local before = self.dispatch.before_execute
  if before then
    local old_stmt, old_many, old_single = stmt, multiparams, single
    for i = 1, #before do
      local s, m, p = before[i](self, stmt, multiparams, single, exec_options)
      if s ~= nil then
        stmt, multiparams, single = s, check_listened("multiparams", m), check_listened("params", p)
      end
    end
    if stmt ~= old_stmt then
      local kind = type(stmt)
      local is_object = kind == "table" or kind == "userdata" and stmt ~= NULL
      local executor = is_object and stmt._execute_on or not_executable(stmt)
      if not is_orm then method = executor end
    end
    if multiparams ~= old_many or single ~= old_single then
      if #multiparams > 0 and next(single) ~= nil then
        exc.raise("InvalidRequestError", "Event handler can't return non-empty multiparams and params at the same "
          .. "time; return {} for one of them")
      end
      params = #multiparams > 0 and multiparams or next(single) ~= nil and single or nil
    end
  end
  local result = method(stmt, self, params, options)
  fire(self.dispatch.after_execute, self, stmt, multiparams, single, exec_options, result)
  return result
end

--- Does somebody listen to before_execute or after_execute?
function methods:_is_watched()
  local dispatch = self.dispatch
  return dispatch.before_execute ~= nil or dispatch.after_execute ~= nil
end

--- The same for a statement that the ORM executes: run(stmt, conn, params, options) → result.
function methods:_execute_watched(run_statement, stmt, params, options)
  return execute_with_events(self, run_statement, stmt, params, options, true)
end

--- Executes a statement object.
---@param stmt any          am.text(...), am.select(...), DDL, a function ...
---@param params table?     name → value, or a list of such tables
---@param options table?    execution options, or { execution_options = … }
---@param fn function?      called with the result, which is closed afterwards
---@return alchemoon.Result
function methods:execute(stmt, params, options, fn)
  if params == nil and options == nil then
    local result = not fn and run_quick(stmt, self)
    if result then return result end
  end
  if scope.takes_function(params, options, fn) then
    return scope.run_method(methods.execute, self, stmt, params, options, fn)
  end
  if options ~= nil then
    options = execution_options.check(type(options) == "table" and options.execution_options or options)
  end
  local kind = type(stmt)
  local method = (kind == "table" or kind == "userdata" and stmt ~= NULL) and stmt._execute_on
  if not method then
    if type(self) ~= "table" then exc.raise_not_a_method("execute", "conn", "stmt") end
    not_executable(stmt)
  end
  local dispatch = self.dispatch
  if dispatch.before_execute or dispatch.after_execute then
    return execute_with_events(self, method, stmt, params, options)
  end
  return method(stmt, self, params, options)
end

--- First column of the first row, or nil.
---@param stmt any
---@param params table?
---@param options table?
---@return any
function methods:scalar(stmt, params, options) return self:execute(stmt, params, options):scalar() end

--- The values of the first column.
---@param stmt any
---@param params table?
---@param options table?
---@return alchemoon.Result
function methods:scalars(stmt, params, options) return self:execute(stmt, params, options):scalars() end

local DRIVER_TEXT = { is_text = true }

-- What listeners, if there are any, learn of a text that the driver gets as it is.
local function info_of_text(dispatch)
  return (dispatch.before_cursor_execute or dispatch.after_cursor_execute) and DRIVER_TEXT or nil
end

--- Sends text straight to the driver: a list of values, a list of such lists, or (SQLite) a table of names.
---@param sql string
---@param params table?
---@param options table?
---@return alchemoon.Result
function methods:exec_driver_sql(sql, params, options)
  if type(sql) ~= "string" then
    exc.raise("ArgumentError", "exec_driver_sql: expected a string, got %s", type(sql))
  end
  if params == nil and options == nil then return run.execute(self, sql, nil, info_of_text(self.dispatch)) end
  local list, many = params_module.for_driver(self.dialect, sql, params)
  local info = info_of_text(self.dispatch)
  if many or options then
    info = { is_text = true, is_many = many, execution_options = self:_merge_options(nil, options) }
  end
  return run.execute(self, sql, list, info)
end

--- The schema in which a table, sequence or the like is looked for: its own, or what schema_translate_map makes of it.
---@param object table
---@return string?
function methods:schema_for_object(object)
  if type(object) ~= "table" and type(object) ~= "userdata" then
    exc.raise("ArgumentError", "schema_for_object: expected a table or a sequence, got %s", exc.show_value(object))
  end
  local map = self._execution_options.schema_translate_map
  local schema = object.schema
  if not map then return schema end
  local key = schema ~= nil and schema or NULL
  if map[key] == nil then return schema end
  if map[key] == NULL then return nil end
  return map[key]
end

--- A connection whose results stream: execution_options{ stream_results = true }.
---@param enabled boolean?
---@return alchemoon.Connection
function methods:stream_results(enabled) return self:execution_options{ stream_results = enabled ~= false } end

--- execution_options{ yield_per = n }.
---@param n integer
---@return alchemoon.Connection
function methods:yield_per(n) return self:execution_options{ yield_per = n } end

--- Calls fn(self, ...): for programs that were written for an asyncio API.
---@param fn function
---@param ... any
---@return any
function methods:run_sync(fn, ...)
  usage.check_function("conn:run_sync", fn)
  return fn(self, ...)
end

--- execute() whose result streams.
---@param stmt any
---@param params table?
---@param options table?
---@return alchemoon.Result
function methods:stream(stmt, params, options)
  local merged = { stream_results = true }
  usage.check_table("conn:stream", options, "a table of execution options")
  for key, value in pairs(options or {}) do merged[key] = value end
  return self:execute(stmt, params, merged)
end

--- scalars() whose rows are fetched as they are read.
---@param stmt any
---@param params table?
---@param options table?
---@return alchemoon.Result
function methods:stream_scalars(stmt, params, options) return self:stream(stmt, params, options):scalars() end

scope.give_results(methods, { "scalars", "exec_driver_sql", "stream", "stream_scalars" })

-- The end -----------------------------------------------------------------------------------------

--- Rolls back what is open and gives the connection back to the pool.
function methods:close()
  if self._busy then guard.check(self) end
  local ok, e = true, nil
  local was_reset = self._transaction and true or false
  if was_reset then ok, e = pcall(self._transaction.close, self._transaction) end
  local fairy = self._fairy
  self._can_reconnect = false
  if fairy then
    self._fairy = nil
    fairy:close(was_reset and ok)
  end
  if not ok then exc.rethrow(e) end
end

-- `local conn <close> = engine:begin()` commits unless an error passes; of engine:connect() it just closes.
function Connection:__close(e)
  if self._begun_scope and e == nil and self:in_transaction() then
    return scope.run(self, self.close, self.commit)
  end
  self:close()
end

--- Throws the driver connection away; a new one is checked out at the next statement.
---@param exception any
function methods:invalidate(exception)
  if self.invalidated then return end
  if self.closed then exc.raise("ResourceClosedError", "This Connection is closed") end
  local fairy = self._fairy
  self._fairy, self._busy = nil, false
  fairy:_invalidate(exception)
end

-- The coroutine inside this connection was killed: what its statement does is unknown.
function methods:_orphaned()
  if self._fairy then self:invalidate() end
  self._busy = false
end

--- Takes the driver connection out of the pool for good: close() closes it really.
function methods:detach()
  if self.closed then exc.raise("ResourceClosedError", "This Connection is closed") end
  if not self._fairy then
    exc.raise("InvalidRequestError", "Can't detach an invalidated Connection")
  end
  self._fairy:detach()
end

usage.check_receivers(methods, "conn", usage.receiver_of(Connection), { execute = true })

--- Where connections ask first how to execute a statement without parameters and options.
function Connection.set_quick(quick) run_quick = quick end

return Connection
