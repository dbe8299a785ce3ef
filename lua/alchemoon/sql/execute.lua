--- Execution of compiled statements: cache, defaults, parameters, batches, results.
--
--   parameters → key → compiled entry (cache or compile) → defaults → expansion → Connection:_run → result
--
-- A statement built anew finds its compiled form by its structural key; its values are gathered in C
-- (core.execute_one) straight into the driver's cells.
local batch = require "alchemoon.sql.batch"
local core = require "alchemoon.core"
local compile_warnings = require "alchemoon.sql.compile_warnings"
local exc = require "alchemoon.exc"
local expand = require "alchemoon.sql.expand"
local inserted = require "alchemoon.sql.inserted"
local orm_flags = require "alchemoon.orm.orm_flags"
local types = require "alchemoon.types"
local codec = require "alchemoon.types.codec"
local coerce = require "alchemoon.sql.coerce"
local params_of = require "alchemoon.engine.params"
local quick = require "alchemoon.sql.quick"
local result_module = require "alchemoon.engine.result"
local result_shape = require "alchemoon.sql.result_shape"
local row_defaults = require "alchemoon.sql.row_defaults"
local translate_list = require("alchemoon.sql.compiled").translate_list
local twins = require "alchemoon.sql.twins"

local T = core.tags
local UNIQUE = coerce.BIND.UNIQUE
local NULL = require "alchemoon.null"
local node_tag, node_get, extract = core.node_tag, core.node_get, core.extract
local execute_one, execute_many, params_value = core.execute_one, core.execute_many, core.params_value
local quick_key = core.quick_key

local execute = { run_default = row_defaults.run_default }

local DML = { [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }
-- --- compiled entries -------------------------------------------------------------------

--- What a compile of `stmt` depends on besides its shape.
local function key_of(stmt, dialect_name, names, many, schema_map)
  local key = extract(stmt)
  if dialect_name then key = key .. dialect_name end
  if names then key = key .. (many and "\1" or "\2") .. table.concat(names, "\0") end
  if schema_map then
    local parts = {}
    for from, to in pairs(schema_map) do parts[#parts + 1] = tostring(from) .. "\0" .. tostring(to) end
    table.sort(parts)
    key = key .. "\3" .. table.concat(parts, "\1")
  end
  return key
end

local function names_of(set)
  local names = {}
  for name in pairs(set) do
    if type(name) ~= "string" then
      local column = type(name) == "userdata" and node_tag(name) ~= nil and name
        or type(name) == "table" and name.__clause_element__ and name:__clause_element__()
      if not column then
        exc.raise("ArgumentError", "parameters are named by strings; got a %s as name", type(name))
      end
    end
    names[#names + 1] = type(name) == "string" and name or node_get(name, "name")
  end
  table.sort(names)
  return names
end

local function tuple_types(bind)
  local list = node_tag(bind.type) == T.TYPE and node_get(bind.type, "values") or {}
  if #list > 0 and node_tag(list[1]) == T.TYPE then return list end
  return nil
end

-- Is the bind one that a literal made? Nobody can give it a value by the name of the column that it stands beside.
local function is_unique(bind) return types.has_bit(node_get(bind, "options"), UNIQUE) end

--- Compiles `stmt` and prepares all that does not depend on values.
---@param stmt userdata
---@param dialect table    the engine's dialect
---@param names string[]?  parameter names of an INSERT or UPDATE
---@param many boolean?
---@param schema_map table?
---@param lowered {node: userdata, stand_ins: userdata[], bind_copies: userdata[]}?   what orm/ made of the statement
---@return table entry
function execute.compile(stmt, dialect, names, many, schema_map, lowered)
  if not lowered and orm_flags.needs_lowering(stmt) then lowered = require("alchemoon.orm.lowering").statement(stmt) end
  local compiled = core.compile(lowered and lowered.node or stmt, {
    extract_from = lowered and stmt or nil, stand_ins = lowered and lowered.stand_ins or nil,
    bind_copies = lowered and lowered.bind_copies or nil,
    dialect = dialect.name, paramstyle = dialect.paramstyle, column_keys = names, for_executemany = many, strict = true,
    lint = dialect.lints_froms, label_length = dialect.label_length,
    max_identifier_length = dialect.max_identifier_length,
    schema_translate_map = schema_map and translate_list(schema_map, dialect.default_schema_name),
    render_schema_translate = schema_map ~= nil,
    literal = function(sql_type, value) return codec.literal(sql_type, value, dialect.name) end,
  })
  local info = compiled:info()
  compile_warnings.give(info)
  local entry = {
    compiled = compiled, text = compiled:text(), info = info, dialect = dialect.name, json = dialect.json,
    page_size = dialect.insertmanyvalues_page_size,
    paramstyle = dialect.paramstyle == "numeric_dollar" and "numeric" or dialect.paramstyle,
    binds = compiled:binds(), positions = compiled:positions(), columns = compiled:columns(), keys = {}, stmt = stmt,
  }
  if lowered and lowered.state then require("alchemoon.orm.plan").relabel(entry.columns, lowered.state) end
  entry.twins = twins.groups(entry.binds)
  for i, bind in ipairs(entry.binds) do
    entry.keys[i] = is_unique(bind.bind) and bind.name or bind.key
    bind.tuple_types = tuple_types(bind)
  end
  if #entry.columns > 0 then
    local in_order = info.columns_ordered and not info.is_text
    if in_order and dialect.column_decoder and result_shape.any_untyped(entry.columns) then
      entry.make_shape = result_shape.untyped(entry.columns, dialect)
    elseif in_order then
      entry.shape = result_shape.make(entry.columns, dialect.name, nil, lowered ~= nil, dialect.json)
      entry.make_shape = result_shape.ordered(entry, dialect)
    else entry.make_shape = result_shape.described(entry, dialect) end
  end
  entry.writes = info.is_insert or info.is_update or info.is_delete and #info.returned > 0
  entry.prefetch = #info.prefetch > 0 and info.prefetch or nil
  return entry
end

--- A cache that the user gave may be a plain table.
function execute.cache_get(cache, key)
  if cache.get then return cache:get(key) end
  return cache[key]
end
function execute.cache_put(cache, key, entry)
  if cache.put then cache:put(key, entry) else cache[key] = entry end
end
local cache_get, cache_put = execute.cache_get, execute.cache_put

local function entry_for(stmt, conn, names, many, schema_map, cache)
  local dialect = conn.dialect
  -- an engine's own cache holds one dialect; one that the user gave may hold several
  local key = key_of(stmt, cache ~= conn.engine._compiled_cache and dialect.name, names, many, schema_map)
  local entry = cache and cache_get(cache, key)
  if entry then return entry, true end
  entry = execute.compile(stmt, dialect, names, many, schema_map)
  if cache then cache_put(cache, key, entry) end
  return entry, false
end

-- --- parameters as people read them --------------------------------------------------------------

-- Positions in the order of the driver's parameters: $n numbers lists behind all others.
local function parameter_order(entry)
  if entry.paramstyle ~= "numeric" or not entry.info.has_post_compile then return entry.positions end
  local first, later = {}, {}
  for _, index in ipairs(entry.positions) do
    local bind = entry.binds[index]
    local list = (bind.expanding or bind.literal_execute) and later or first
    list[#list + 1] = index
  end
  for _, index in ipairs(later) do first[#first + 1] = index end
  return first
end

-- What a bind's function gave to the listeners is what is executed: the function is not called again.
local function keep_called(info, key, value)
  local set = {}
  for name, given in pairs(info.set or {}) do set[name] = given end
  if value == nil then set[key] = core.null else set[key] = value end
  info.given = info.given or info.set
  info.set = set
end

local function shown_row(info, set, expanded, row, strict)
  row = row or { n = 0 }
  local n, entry, stmt = row.n, info.entry, info.stmt
  local memo = rawget(info, "memo") or {}
  if strict then info.memo = memo end
  for _, index in ipairs(parameter_order(entry)) do
    local bind = entry.binds[index]
    if bind.expanding or bind.literal_execute then
      for _, value in ipairs(expanded and expanded[index] or {}) do
        n = n + 1
        row[n] = codec.shown(bind.type, value, entry.dialect, memo, strict)
      end
    else
      n = n + 1
      -- this also shows the parameters of an error about a missing value
      local ok, value, was_called = pcall(params_value, entry.compiled, stmt, entry.keys, set, index)
      if not ok then
        if strict then
          if strict ~= true then value.message = ("%s, in parameter group %d"):format(value.message, strict) end
          error(value, 0)
        end
        value = nil
      end
      if was_called and strict and not info.is_many then keep_called(info, entry.keys[index], value) end
      row[n] = codec.shown(bind.type, value, entry.dialect, memo, strict)
    end
  end
  row.n = n
  return row
end

-- --- execution -----------------------------------------------------------------------------------

-- The parameter sets as the user gave them, without the values of defaults; nil when there were none.
local function shown_given(info)
  local given = info.given or info.set and { info.set } or info.sets
  return given and #given > 0 and given or nil
end

--- Raises an error of parameters, or of a default, as a StatementError that shows the statement; the database's own
-- and those of the user's functions pass.
---@param e any
---@param sql string
---@param given table?   the parameter sets as the user gave them
function execute.refuse(e, sql, given)
  if type(e) ~= "table" or not exc.is(e, exc.Error) or exc.is(e, exc.DBAPIError) then error(e, 0) end
  if exc.is(e, exc.StatementError) then
    if not e.statement then e.statement, e.params, e.ismulti = sql, given or {}, true end
    error(e, 0)
  end
  error(exc.StatementError(("(alchemoon.exc.%s) %s"):format(e.name, e.message), {
    statement = sql, orig = e, code = e.code, params = given or {}, ismulti = true,
  }), 0)
end

local function started(info, sql, ok, step)
  if ok then return step end
  return execute.refuse(step, sql, shown_given(info))
end

-- pcall(start, ...); values that listeners have seen are not made again by the hooks of their types.
local function tried(info, start, ...)
  local memo = rawget(info, "memo")
  if memo and next(memo) then return codec.recalling(memo, start, ...) end
  return pcall(start, ...)
end

local function start_one(cursor, sql, _, flags, info)
  local entry = info.entry
  return started(info, sql, tried(info, execute_one, cursor, entry.compiled, info.stmt, entry.keys, info.set,
    info.expanded, sql ~= entry.text and sql or nil, flags))
end

local function start_many(cursor, sql, _, flags, info)
  local entry = info.entry
  return started(info, sql, tried(info, execute_many, cursor, entry.compiled, info.stmt, entry.keys, info.sets,
    info.first, info.last, sql ~= entry.text and sql or nil, flags, info.repeats, info.batch_sql, info.batch_rows))
end

-- `strict`: a missing one is an error, as it will be when the statement starts.
local function shown_parameters(info, strict)
  if not info.is_many then return shown_row(info, info.set, info.expanded, nil, strict) end
  local rows, flat = {}, info.is_flat and { n = 0 } or nil
  for i = info.first, info.last do
    rows[#rows + 1] = shown_row(info, info.sets[i], nil, flat, strict and (i == 1 or i - 1))
  end
  return flat or rows
end

local function check_parameters(info, sql)
  return started(info, sql, pcall(shown_parameters, info, true))
end

local function cache_note(info)
  local _, now = core.clock()
  if info.entry.compiled_at == nil then info.entry.compiled_at = now end
  local note, part = "no key 0.00000s", info.batch_note
  if part and info.first > 1 then return "insertmanyvalues" .. part end
  if info.cached then note = ("cached since %.4gs ago"):format(now - info.entry.compiled_at)
  elseif info.cached == false then note = ("generated in %.5fs"):format(info.compile_seconds or 0) end
  return part and note .. " (insertmanyvalues)" .. part or note
end

-- What the pipeline is told about one execution: a small table over the entry's fixed part.
local function make_info_metatable(entry)
  local fixed = {
    entry = entry, shape = entry.shape, make_shape = entry.make_shape, compiled = entry.compiled,
    parameters = shown_parameters, check_parameters = check_parameters, cache_note = cache_note, start = start_one,
  }
  for _, name in ipairs { "is_insert", "is_update", "is_delete", "is_select", "is_text" } do
    fixed[name] = entry.info[name]
  end
  entry.info_fixed = fixed
  entry.info_metatable = { __index = fixed }
  return entry.info_metatable
end

local function expansions(entry, stmt, set)
  if not entry.info.has_post_compile then return nil, entry.text end
  local texts, expanded = expand.expand(entry, function(index)
    return (params_value(entry.compiled, stmt, entry.keys, set, index))
  end, function(sql_type, value) return codec.literal(sql_type, value, entry.dialect) end)
  return expanded, entry.compiled:render(texts)
end

local function new_info(entry, stmt, cached, opts)
  return setmetatable({ stmt = stmt, cached = cached, execution_options = opts },
    entry.info_metatable or make_info_metatable(entry))
end

local function run_one(conn, entry, stmt, set, cached, opts, given)
  if entry.twins then entry = twins.entry(entry, stmt, set) end
  local info = new_info(entry, stmt, cached, opts)
  local text
  info.set, info.given = set, given
  info.expanded, text = expansions(entry, stmt, set)
  if stmt ~= entry.stmt and entry.by_identity ~= false then
    info.shape, info.own_columns = result_shape.for_statement(entry, stmt, entry.dialect)
  end
  local result = conn:_run(text, nil, info)
  if not entry.shape_was_checked then -- the columns of a compiled text do not change from one run to the next
    entry.shape_was_checked = true
    entry.info_fixed.shape_is_checked = entry.shape ~= nil
  end
  return result
end

execute.run_entry = run_one

--- Runs a prepared statement up to its first rows: cursor, step word, text and info. For the ORM's loader.
function execute.start(conn, entry, stmt, set, cached, opts)
  if entry.twins then entry = twins.entry(entry, stmt, set) end
  local info = new_info(entry, stmt, cached, opts)
  local text
  info.set, info.raw = set, true
  info.expanded, text = expansions(entry, stmt, set)
  local cursor, step = conn:_run(text, nil, info)
  return cursor, step, text
end

-- --- many rows ---------------------------------------------------------------------------------

-- The text depends on the values' classes, so the cells are made before: in a cursor of the connection, which the
-- pipeline then starts.
local function start_unnest(cursor, sql, _, flags, info)
  local entry = info.entry
  local columns = core.params_arrays(cursor, entry.compiled, info.stmt, entry.keys, info.sets, info.first, info.last)
  if columns then return core.start_filled(cursor, batch.unnest_text(entry, columns), flags) end
  if info.batch then
    return execute_many(cursor, entry.compiled, info.stmt, entry.keys, info.sets, info.first, info.last,
      info.batch(info.last - info.first + 1), flags, false)
  end
  return execute_many(cursor, entry.compiled, info.stmt, entry.keys, info.sets, info.first, info.last,
    sql ~= entry.text and sql or nil, flags, true)
end

--- One result with the rows of several executions.
local function joined(first, rows, count)
  return result_module.from_list(first._shape, rows, nil, {
    _info = first._info, _conn = first._conn, _sql = first._sql, rowcount = count, lastrowid = first.lastrowid,
  })
end

--- SQLAlchemy asks SQLite row by row for keys that it makes itself, where rows must come back in order: there is no
--- promise of an order for RETURNING. (That of VALUES is the order of SQLite all the same: many rows go together.)
local function goes_singly(entry, stmt, sets)
  if not batch.are_few(entry.dialect, #sets) then return false end
  if node_get(stmt, "sort_by_parameter_order") == 0 and node_get(stmt, "return_options") == 0 then return false end
  local into = node_get(stmt, "table")
  return node_tag(into) == T.TABLE and into.autoincrement_column ~= nil
end

local function run_batches(conn, entry, stmt, sets, cached, opts, given)
  local size, result, all, count = batch.size(entry, opts), nil, nil, 0
  local order = node_get(stmt, "sort_by_parameter_order") ~= 0 and "ordered" or "unordered"
  if goes_singly(entry, stmt, sets) then size, order = 1, "ordered; batch not supported" end
  for first = 1, #sets, size do
    local last = math.min(first + size - 1, #sets)
    local info = new_info(entry, stmt, cached, opts)
    info.is_many, info.given = true, given
    info.sets, info.first, info.last = sets, first, last
    info.start, info.repeats = start_many, false
    local text
    if batch.can_unnest(entry) and last - first + 1 >= batch.UNNEST_FROM then
      info.start, info.batch = start_unnest, function(n) return batch.text(entry, n) end
      text = entry.text
    else
      text = batch.text(entry, last - first + 1)
      info.is_flat, info.batch_note = true, (" %d/%d (%s)"):format((first - 1) / size + 1, math.ceil(#sets / size),
        order)
    end
    local part = conn:_run(text, nil, info)
    count = count + math.max(part.rowcount, 0)
    if last == #sets and result == nil then return part end
    result, all = result or part, all or {}
    for _, row in ipairs(part:fetchall()) do all[#all + 1] = row end
  end
  return joined(result, all, count)
end

local function run_rows_one_by_one(conn, entry, stmt, sets, cached, opts)
  local result, all, count = nil, {}, 0
  for i = 1, #sets do
    local part = run_one(conn, entry, stmt, sets[i], cached, opts)
    if #sets == 1 then return part end
    count = count + math.max(part.rowcount, 0)
    result = result or part
    if part.returns_rows then
      for _, row in ipairs(part:fetchall()) do all[#all + 1] = row end
    end
  end
  if not result.returns_rows then
    result.rowcount = count
    return result
  end
  return joined(result, all, count)
end

local function run_array_chunks(conn, entry, stmt, sets, cached, opts, given)
  local result, count
  for first = 1, #sets, batch.ARRAY_ROWS do
    local info = new_info(entry, stmt, cached, opts)
    info.is_many, info.given = true, given
    info.sets, info.first, info.last = sets, first, math.min(first + batch.ARRAY_ROWS - 1, #sets)
    info.start = start_unnest
    result = conn:_run(entry.text, nil, info)
    count = (count or 0) + math.max(result.rowcount, 0)
  end
  result.rowcount = count
  return result
end

local function run_many(conn, entry, stmt, sets, cached, opts, given)
  if entry.info.returning then
    if entry.info.is_insert and batch.is_possible(entry) then
      return run_batches(conn, entry, stmt, sets, cached, opts, given)
    end
    return run_rows_one_by_one(conn, entry, stmt, sets, cached, opts)
  end
  if entry.info.has_post_compile then
    started({ given = given }, entry.text, false,
      exc.InvalidRequestError("'expanding' parameters can't be used with executemany()"))
  end
  if entry.info.is_select then
    return run_rows_one_by_one(conn, entry, stmt, sets, cached, opts)
  end
  local info = new_info(entry, stmt, cached, opts)
  info.is_many, info.given, info.sets, info.first, info.last = true, given, sets, 1, #sets
  info.start, info.repeats = start_many, true
  if #sets >= batch.UNNEST_FROM and batch.can_unnest(entry) then
    if #sets > batch.ARRAY_ROWS then return run_array_chunks(conn, entry, stmt, sets, cached, opts, given) end
    info.start = start_unnest
  end
  info.batch_sql, info.batch_rows = batch.of_runs(entry, #sets)
  return conn:_run(entry.text, nil, info)
end

local HAS_OPTIONS = { [T.SELECT] = true, [T.COMPOUND] = true, [T.TEXTUAL_SELECT] = true, [T.INSERT] = true,
  [T.UPDATE] = true, [T.DELETE] = true, [T.TEXT] = true }

local function merged_options(conn, stmt, opts)
  local own = HAS_OPTIONS[node_tag(stmt)] and node_get(stmt, "execution_options") or nil
  local base = conn._execution_options
  if not own and not opts then return base end
  local all = {} -- the connection's come before the statement's own
  for k, v in pairs(own or {}) do all[k] = v end
  for k, v in pairs(base) do all[k] = v end
  for k, v in pairs(opts or {}) do all[k] = v end
  return all
end

execute.merged_options, execute.key_of = merged_options, key_of

local NO_SETS = {}

--- Given as the parameters of an INSERT: no column gets a value (INSERT INTO t DEFAULT VALUES).
execute.NO_COLUMNS = {}
local NO_NAMES = {}

-- The parameter sets with the values of defaults.
local function filled_sets(conn, entry, sets, stmt)
  if not entry.prefetch then return sets end
  local ok, filled = pcall(row_defaults.with_defaults, conn, entry, sets, stmt)
  if not ok then execute.refuse(filled, entry.text, #sets > 0 and sets or nil) end
  return filled
end

--- Prepares a statement: entry, parameter sets, options.
---@return table entry
---@return table sets
---@return boolean many
---@return boolean? cached
---@return table options
---@return table given     the sets without the values of defaults
function execute.prepare(stmt, conn, params, opts)
  if params == nil and opts == nil and next(conn._execution_options) == nil then -- a SELECT as it stands
    local key, cache = quick_key(stmt), conn.engine._compiled_cache
    local entry = key and cache.entries[key]
    if entry and not entry.prefetch then return cache:get(key), NO_SETS, false, true, conn._execution_options end
  end
  local sets, many = params_of.distill(params)
  if many and #sets == 1 then many = false end -- a list of one is no executemany
  local all_options, tag = conn._execution_options, node_tag(stmt)
  if opts or HAS_OPTIONS[tag] then all_options = merged_options(conn, stmt, opts) end
  local names = nil
  if DML[tag] then names = sets[1] and names_of(sets[1]) or NO_NAMES end
  local cache = all_options.compiled_cache
  if cache == nil then cache = conn.engine._compiled_cache end
  if cache == false or cache == NULL then cache = nil end
  local entry, cached = entry_for(stmt, conn, names, many, all_options.schema_translate_map, cache)
  if not cache then cached = nil end
  return entry, filled_sets(conn, entry, sets, stmt), many, cached, all_options, sets
end

quick.parts.is_by_identity, quick.parts.new_info = result_shape.is_by_identity, new_info
quick.parts.started, quick.parts.shown_parameters = started, shown_parameters

--- What the pipeline would have been told about a quick execution.
function execute.info_of(entry, stmt) return new_info(entry, stmt, true, {}) end

local function run_entry(conn, entry, stmt, sets, many, cached, all_options, given)
  local result
  if many then result = run_many(conn, entry, stmt, sets, cached, all_options, given)
  else result = run_one(conn, entry, stmt, sets[1], cached, all_options, given) end
  if entry.writes then
    inserted.attach(result, entry, stmt, sets, many)
  end
  return result
end

--- Runs a statement on a connection and returns its result.
---@param stmt userdata
---@param conn table
---@param params table?   one set, or a list of sets
---@param opts table?     execution options
function execute.run(stmt, conn, params, opts)
  local entry, sets, many, cached, all_options, given = execute.prepare(stmt, conn, params, opts)
  return run_entry(conn, entry, stmt, sets, many, cached, all_options, given)
end

--- Runs what `stmt:compile(engine)` gave: with its own columns, whatever the parameters name. It is compiled for the
-- connection's database, which may want another text, and that is kept with it.
---@param face table      the compiled statement
---@param conn table
---@param params table?   one set, or a list of sets
---@param opts table?     execution options
function execute.run_compiled(face, conn, params, opts)
  local stmt = face.statement
  if not HAS_OPTIONS[node_tag(stmt)] then return stmt:_execute_on(conn, params, opts) end
  local sets, many = params_of.distill(params)
  if many and #sets == 1 then many = false end
  local all_options, dialect = merged_options(conn, stmt, opts), conn.dialect
  local schema_map, key = all_options.schema_translate_map, many and "many" or "one"
  if face.entries.dialect ~= dialect then face.entries = { dialect = dialect } end
  local entry = not schema_map and face.entries[key]
  if not entry then
    entry = execute.compile(stmt, dialect, rawget(face, "column_keys"), many, schema_map)
    if not schema_map then face.entries[key] = entry end
  end
  local given = sets
  sets = filled_sets(conn, entry, sets, stmt)
  return run_entry(conn, entry, stmt, sets, many, nil, all_options, given)
end

--- What the pipeline is told about an execution; the flush of the ORM fills its cells from objects.
execute.new_info = new_info

return execute
