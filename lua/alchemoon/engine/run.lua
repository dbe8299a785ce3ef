--- The statement pipeline: every statement of a connection goes through run.execute.
--
--   checks → autobegin → before_cursor_execute → echo
--   → BEGIN if due → start, step, wait → rows → after_cursor_execute
--
-- What the caller knows beyond text and parameters stands in `info`; README.md lists its fields.
local bits = require "alchemoon.bits"
local core = require "alchemoon.core"
local new_context = require("alchemoon.engine.context").new
local exc = require "alchemoon.exc"
local errors = require "alchemoon.engine.errors"
local guard = require "alchemoon.engine.guard"
local result_module = require "alchemoon.engine.result"
local portion_of = require("alchemoon.execution_options").portion_of
local wait = require "alchemoon.engine.wait"

local run = {}

local STREAM, NO_PREPARE = 1, 2 -- AM_QUERY_* of csrc/driver/driver.h
local SHAPES_KEPT = 500

local running = coroutine.running
local cursor_summary, cursor_collect = core.cursor_summary, core.cursor_collect
local new_result = result_module.from_cursor

-- Waiting -----------------------------------------------------------------------------------------

--- Steps a cursor until it no longer waits. The connection is busy meanwhile. `command` is what guard.timed_out knows.
---@return string step
function run.drive(conn, cursor, step, deadline, timeout, command)
  if step == "done" or step == "rows" then return step end
  local dbconn = conn._fairy.dbapi_connection
  conn._busy = running() or true
  local ok, answer = pcall(wait.drive, conn.engine._waiter, dbconn, cursor, cursor.step, step, deadline, conn)
  if ok and answer == nil then ok, answer = pcall(guard.timed_out, conn, dbconn, cursor, timeout, command) end
  conn._busy = false
  if ok then return answer end
  if not exc.is(answer, exc.DBAPIError) then conn._broken_wait = true end
  error(answer, 0)
end
local drive = run.drive

-- Cursors -----------------------------------------------------------------------------------------

local function take_cursor(fairy)
  local spare = fairy._spare
  if spare then
    fairy._spare = false
    return spare
  end
  return fairy.dbapi_connection:cursor()
end

local function give_cursor(fairy, cursor)
  if fairy._spare or not fairy.dbapi_connection then cursor:close() else fairy._spare = cursor end
end

-- Seconds that a command may take: as long as a statement; ROLLBACK at most as long as connecting, too.
local function patience(conn, sql)
  if not conn.dialect.is_remote then return nil end
  local options = conn._execution_options
  return options.timeout or options.statement_timeout or sql == "ROLLBACK" and conn.engine._waiter.patience or nil
end

-- Sends a command without parameters and rows (BEGIN, COMMIT ...).
local function command(conn, sql)
  if conn._busy then guard.check(conn) end
  local fairy = conn._fairy
  guard.check_suspend(conn.engine._waiter, fairy)
  local cursor = take_cursor(fairy)
  local timeout = patience(conn, sql)
  local deadline = wait.deadline(timeout)
  local ok, e = pcall(function() drive(conn, cursor, cursor:start(sql), deadline, timeout, sql) end)
  if ok then
    give_cursor(fairy, cursor)
    return
  end
  cursor:close()
  local broken = conn._broken_wait
  conn._broken_wait = nil
  errors.handle(conn, e, sql, nil, nil, broken)
end
run.command = command

--- Begins the transaction at the database, if one is due and not open yet. With a cursor, which is about to start
-- `sql`: where the driver can, BEGIN goes along with it and costs no trip of its own.
---@return boolean? was_open   the transaction was open before
function run.ensure_begun(conn, fairy, sql, cursor)
  if conn._autocommit or not conn._transaction and not conn._in_begin then return end
  if fairy.dbapi_connection:tx_status() ~= "idle" then return true end
  local dialect = conn.dialect
  if not dialect:needs_begin(sql) then return end
  local begin = dialect:begin_sql(fairy._settings)
  if cursor and dialect.begins_with_statement then cursor:prelude(begin) else command(conn, begin) end
end
local ensure_begun = run.ensure_begun

-- After an error: SQLite ends the whole transaction by itself when the disk is full, at an interrupt or at OR ROLLBACK.
-- What went before is lost, so what comes after must not be committed as if it were all.
local function check_not_ended(conn, fairy)
  local root, dbapi_connection = conn._transaction, fairy.dbapi_connection
  if root and dbapi_connection and dbapi_connection:tx_status() == "idle" then root.is_active = false end
end

-- Echo --------------------------------------------------------------------------------------------

local function echo(conn, sql, params, info)
  conn:_log_info(sql)
  local note = info and info.cache_note or "raw sql"
  if type(note) == "function" then note = note(info) end
  local text
  if conn.engine.hide_parameters then
    text = "[SQL parameters hidden due to hide_parameters=true]"
  elseif params == nil then
    text = "()"
  else
    text = exc.format_params(params, info and info.is_many and not info.is_flat)
  end
  conn:_log_info(("[%s] %s"):format(note, text))
end

-- Shapes ------------------------------------------------------------------------------------------

--- The shape of a result whose columns nobody described: names as the database gives them.
local function shape_of_cursor(conn, cursor, sql, opts)
  local engine = conn.engine
  local names, decoders, keys, has_own_labels = {}, {}, {}, true
  for i, column in ipairs(cursor:columns()) do
    names[i] = conn.dialect:column_label(column.name, opts)
    if column.name ~= names[i] then keys[column.name] = i end
    if column.name:find(".", 1, true) then has_own_labels = false end -- an option says what they are
    decoders[i] = conn.dialect.column_decoder and conn.dialect:column_decoder(column) or false
  end
  local shape = core.shape{ names = names, decoders = decoders, keys = keys, last_wins = true }
  if not has_own_labels then return shape end
  if not engine._shapes[sql] then
    engine._shape_count = engine._shape_count + 1
    if engine._shape_count > SHAPES_KEPT then engine._shapes, engine._shape_count = {}, 1 end
  end
  engine._shapes[sql] = shape
  return shape
end

local function make_shape(conn, cursor, sql, info)
  if info and info.make_shape then return info.make_shape(cursor, conn, info) end
  if info and info.shape then
    exc.raise("InvalidRequestError", "the result of the statement has other columns than expected")
  end
  return shape_of_cursor(conn, cursor, sql, info and info.execution_options or conn._execution_options)
end

-- Execution ---------------------------------------------------------------------------------------

local function fill(conn, cursor, rowset, step, deadline, timeout)
  while step ~= "done" do
    local _
    _, step = rowset:fill(cursor)
    step = drive(conn, cursor, step, deadline, timeout)
  end
end

-- Listeners that execute in place of the driver; true when one did.
local function executed_by_listener(conn, cursor, sql, params, info, context)
  local dispatch = conn.dispatch
  local list = info and info.is_many and dispatch.do_executemany or nil
  if not list and params == nil and context.execution_options.no_parameters then
    list = dispatch.do_execute_no_params
    if list then
      for i = 1, #list do
        if list[i](cursor, sql, context) then return true end
      end
      return false
    end
  end
  if not list and not (info and info.is_many) then list = dispatch.do_execute end
  for i = 1, list and #list or 0 do
    if list[i](cursor, sql, params, context) then return true end
  end
  return false
end

local function start(conn, cursor, sql, params, info, flags, context)
  local dispatch = conn.dispatch
  if context and (dispatch.do_execute or dispatch.do_executemany or dispatch.do_execute_no_params) then
    if executed_by_listener(conn, cursor, sql, params, info, context) then
      cursor:prelude(nil)
      return "rows"
    end
  end
  if info and info.start then return info.start(cursor, sql, params, flags, info) end
  return cursor:start(sql, params, flags)
end

local function codec() return require "alchemoon.types.codec" end -- it stands on the engine's errors

local function set_deadline(conn, cursor, timeout)
  local deadline = wait.deadline(timeout)
  cursor:deadline(deadline)
  conn._deadline, conn._timeout = deadline, timeout
  return deadline
end

-- Runs the statement; everything here may raise. Returns the result.
local function execute(conn, fairy, cursor, sql, params, info, context)
  conn._was_open = ensure_begun(conn, fairy, sql, cursor) or false
  local opts = info and info.execution_options or conn._execution_options
  local timeout, deadline = opts.timeout or opts.statement_timeout, nil
  if timeout then deadline = set_deadline(conn, cursor, timeout) end
  local flags = info and info.flags or 0
  local portion = portion_of(opts)
  local streams = opts.stream_results or portion
  if streams then flags = bits.with(flags, STREAM) end
  if conn.engine._no_prepare then flags = bits.with(flags, NO_PREPARE) end
  local step
  conn._is_starting = true
  local json = conn.dialect.json
  if json and json.serialize then
    step = codec().serializing(json.serialize, start, conn, cursor, sql, params, info, flags, context)
  elseif context or info then step = start(conn, cursor, sql, params, info, flags, context)
  else step = cursor:start(sql, params, flags) end
  conn._is_starting = false
  if step ~= "done" and step ~= "rows" then step = drive(conn, cursor, step, deadline, timeout) end
  if info and info.raw then
    if context then conn:_fire_after(cursor, sql, params, context) end
    return cursor, step
  end
  local shape, checked
  if info and info.shape then shape, checked = info.shape, info.shape_is_checked
  elseif not (info and info.make_shape) then shape = conn.engine._shapes[sql] end
  local rowset, row_count, last_row_id
  step, rowset, row_count, last_row_id = cursor_collect(cursor, shape, streams, checked)
  if rowset == false then
    shape = make_shape(conn, cursor, sql, info)
    step, rowset, row_count, last_row_id = cursor_collect(cursor, shape, streams, true)
  end
  if not rowset then
    shape = nil
  elseif step ~= "done" and not streams then
    fill(conn, cursor, rowset, drive(conn, cursor, step, deadline, timeout), deadline, timeout)
    row_count, last_row_id = cursor_summary(cursor)
    step = "done"
  end
  if context then conn:_fire_after(cursor, sql, params, context) end
  if step == "done" then
    give_cursor(fairy, cursor)
    local result = new_result(conn, rowset, shape, row_count, last_row_id, sql, params, info)
    if portion then result._yield_per = portion end -- all rows came at once: partitions() counts still
    return result
  end
  local result = new_result(conn, rowset, shape, row_count, last_row_id, sql, params, info)
  return result_module.streaming(result, cursor, step, opts)
end

local function parameters_shown(params, info, sql)
  if sql and info and info.check_parameters and rawget(info, "parameters") == nil then
    return info.check_parameters(info, sql)
  end
  if info and info.parameters then
    if type(info.parameters) == "function" then return info.parameters(info, params) end
    return info.parameters
  end
  return params
end

-- What before_cursor_execute listeners make of a statement: text, parameters, parameters as shown, info.
local function rewritten(conn, cursor, sql, params, shown, info, context)
  local list = conn.dispatch.before_cursor_execute
  local text, values = sql, shown
  for i = 1, #list do
    local new_text, new_values = list[i](conn, cursor, text, values, context, context.executemany)
    if new_text ~= nil then text, values = new_text, new_values end
  end
  if text == sql and values == shown then return sql, params, shown, info end
  context.statement, context.parameters = text, values
  if info and (info.start or info.parameters) then -- from here on it is plain text with plain values
    info = setmetatable({ start = false, parameters = false, shape_is_checked = false }, { __index = info })
  end
  return text, values, values, info
end

-- Ends a statement that failed with `e`; `root` is the transaction that it found. The error to be raised.
local function settle(conn, fairy, cursor, root, e)
  cursor:close()
  if conn._was_open then check_not_ended(conn, fairy) end
  if conn._is_starting then
    conn._is_starting = false
    -- Parameters that cannot be sent begin no transaction.
    if not root and not exc.is(e, exc.DBAPIError) then conn._transaction = false end
  end
  if conn._deadline then return guard.late_error(e, conn._timeout, conn._deadline) end
  return e
end

--- Executes text on a connection. `params` is what the driver takes (a list, or a list of lists with info.is_many)
-- or whatever info.start takes.
---@param conn alchemoon.Connection
---@param sql string
---@param params any
---@param info table?
---@return alchemoon.Result
function run.execute(conn, sql, params, info)
  if conn._busy then guard.check(conn) end
  local fairy = conn._fairy or conn:_revalidate()
  local waiter = conn.engine._waiter
  if waiter.reactor or waiter.strict_async then guard.check_suspend(waiter, fairy) end
  if conn._deadline then conn._deadline = false end
  local root, nested, scoped = conn._transaction, conn._nested_transaction, conn._scope_transaction
  if root and not root.is_active or nested and not nested.is_active then conn:_invalid_transaction() end
  if scoped then conn:_check_scope() end
  local dispatch = conn.dispatch
  local context, shown = nil, nil
  local is_watched = conn._echo or dispatch.before_cursor_execute or dispatch.after_cursor_execute
    or dispatch.do_execute or dispatch.do_executemany or dispatch.do_execute_no_params or dispatch.handle_error
    or not root and dispatch.begin
  if is_watched then -- a missing parameter shows before the transaction begins
    local ok
    ok, shown = pcall(parameters_shown, params, info, sql)
    if not ok then return errors.handle(conn, shown, sql, nil, nil) end
    shown = shown or {}
  end
  if not root then conn:_autobegin() end
  local cursor = take_cursor(fairy)
  if is_watched then
    context = new_context(conn, cursor, sql, shown, info)
    if dispatch.before_cursor_execute then
      sql, params, shown, info = rewritten(conn, cursor, sql, params, shown, info, context)
    end
    if conn._echo then echo(conn, sql, shown, info) end
  end
  conn._was_open = false
  local ok, result, step = pcall(execute, conn, fairy, cursor, sql, params, info, context)
  if ok then
    if step then return result, step end
    return result
  end
  local broken = conn._broken_wait
  conn._broken_wait = nil
  return errors.handle(conn, settle(conn, fairy, cursor, root, result), sql, parameters_shown(params, info), context
    or info and info.is_many and { executemany = true, is_flat = info.is_flat } or nil, broken)
end

--- Gets more rows of a streaming result; nil when it has ended. The statement's timeout begins anew with each portion:
-- what the program does between two of them may take its time.
function run.more(conn, cursor, rowset, step, limit, sql, timeout)
  if conn._busy then guard.check(conn) end
  local deadline = wait.deadline(conn.dialect.is_remote and timeout or nil)
  local ok, e, word = pcall(function()
    local added = 0
    while added < limit and step ~= "done" do
      step = drive(conn, cursor, step, deadline, timeout)
      if step == "done" then break end
      local n
      n, step = rowset:fill(cursor, limit - added)
      added = added + n
    end
    return added, step
  end)
  if ok then return e, word end
  local broken = conn._broken_wait
  conn._broken_wait = nil
  cursor:close()
  return errors.handle(conn, e, sql, nil, nil, broken)
end

run.give_cursor = give_cursor

return run
