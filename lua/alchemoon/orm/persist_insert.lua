--- INSERTs of a flush.
--
-- Consecutive objects that set the same columns make one batch: executemany, or one statement with many VALUES when
-- keys or defaults must come back; classes that share a table share batches, too. Defaults that are values or functions
-- are made here; SQL expressions are rendered.
local exc = require "alchemoon.exc"
local lists = require "alchemoon.lists"
local execute = require "alchemoon.sql.execute"
local access = require "alchemoon.orm.access"
local flush_batches = require "alchemoon.orm.flush_batches"
local flush_plan = require "alchemoon.orm.flush_plan"
local persist_fast = require "alchemoon.orm.persist_fast"
local persist_fetch = require "alchemoon.orm.persist_fetch"
local statements = require "alchemoon.orm.flush_statements"
local symbols = require "alchemoon.orm.symbols"

local persist_insert = {}
local rawget, rawset, getmetatable, type = rawget, rawset, getmetatable, type
local null = symbols.null

-- Can several rows of an INSERT into that table bring values back by themselves?
local function brings_back(dialect, plan)
  return dialect.insert_executemany_returning ~= false and plan.from.implicit_returning
end

--- Does the dialect bring back values for many rows of an INSERT, and does this mapper want them? Left to themselves
-- mappers want them of the tables of the base class, as in SQLAlchemy.
local function prefers_eager(base, dialect, plan)
  local eager = base.eager_defaults
  if eager == "auto" then return plan.of_base and #plan.server > 0 and brings_back(dialect, plan) end
  return eager and true or false
end
persist_insert.prefers_eager = prefers_eager

-- Columns that have a value, as text: equal shapes can go together.
local shape = {}

-- One object as a row: params by column key, values that are SQL expressions, shape, which defaults are to be made.
local function make_record(plan, obj)
  local columns, params, values, made = plan.columns, {}, nil, nil
  for i = 1, #columns do
    local entry = columns[i]
    local value = rawget(obj, entry.slot)
    local mark = "v"
    if value == nil or (value == null and entry.primary_key) then
      if entry.none then
        params[entry.key] = null
      else
        mark = "-"
      end
    else
      local kind = type(value)
      if (kind == "userdata" and value ~= null or kind == "table") and access.is_expression(value) then
        values = values or {}
        values[entry.column] = value
        mark = "x"
      else
        params[entry.key] = entry.json and flush_plan.json_param(value) or value
      end
    end
    shape[i] = mark
  end
  if plan.version and plan.mapper.version_id_generator then
    params[plan.version_key] = plan.mapper.version_id_generator(nil)
    shape[#columns + 1] = "n"
  else
    shape[#columns + 1] = "-"
  end
  for i = 1, #plan.defaults do
    local entry = plan.defaults[i]
    if params[entry.key] == nil and not (values and values[entry.column] ~= nil) then
      made = made or {}
      made[#made + 1] = entry
    end
  end
  return { obj = obj, params = params, values = values, made = made or access.NOTHING, plan = plan,
    shape = table.concat(shape, "", 1, #columns + 1) }
end

local function has_all(list, record)
  for i = 1, #list do
    local key = list[i].key
    if record.params[key] == nil then
      local is_made = false
      for k = 1, #record.made do is_made = is_made or record.made[k].key == key end
      if not is_made then return false end
    end
  end
  return true
end

local function make_all_values(conn, records)
  local source = flush_plan.default_source()
  for i = 1, #records do
    flush_plan.make_values(conn, records[i], records[i].made, false, source)
    if records[i].foreign then flush_plan.make_values(conn, records[i], records[i].foreign, false, source) end
  end
end

-- Values of defaults for the statement, row by row in table order.
local function make_defaults(conn, statement, records)
  local ok, e = pcall(make_all_values, conn, records)
  if not ok then flush_plan.refuse_default(conn, statement, records, e) end
end

local function info_of(result) return result._info.entry.info end

local function fetch(uow, record, info, returned)
  persist_fetch.one(uow, record.plan, record.obj, { info = info, returned = returned, params = record.params,
    made = record.made, is_update = false, values = record.values })
end

local function params_of(records)
  local rows = {}
  for i = 1, #records do rows[i] = records[i].params end
  return rows
end

-- Nothing has to come back.
local function insert_plain(uow, conn, plan, records)
  local statement = statements.insert(plan.from)
  make_defaults(conn, statement, records)
  local result = statements.run(conn, statement, params_of(records))
  local info = info_of(result)
  for i = 1, #records do fetch(uow, records[i], info, nil) end
end

-- A trigger or a rule swallowed the row.
local function no_key(mapper, many)
  if many then
    exc.raise("FlushError", "Multi-row INSERT statement for %s did not produce the correct number of INSERTed rows for "
      .. "RETURNING.  Ensure there are no triggers or special driver issues preventing INSERT from functioning "
      .. "properly.",
      tostring(mapper))
  end
  exc.raise("FlushError", "Single-row INSERT statement for %s did not produce a new primary key result being invoked.  "
    .. "Ensure there are no triggers or special driver issues preventing INSERT from functioning properly.",
    tostring(mapper))
end
persist_insert.no_key = no_key

local function take_key(record, key)
  local plan, obj = record.plan, record.obj
  for i = 1, #plan.pks do
    local pk = plan.pks[i]
    local current = rawget(obj, pk.slot)
    if current == nil or current == null or (record.values and record.values[pk.column] ~= nil) then
      local value = key[i]
      if value ~= nil then rawset(obj, pk.slot, value) end
    end
  end
end

-- RETURNING asks for what the object cannot know by itself.
local function statement_for(base, conn, plan, many, has_all_defaults)
  local statement_columns, name = nil, nil
  if not has_all_defaults and prefers_eager(base, conn.dialect, plan) then
    statement_columns, name = lists.copy(flush_plan.asked_columns(base, plan.from)), "server"
  end
  if plan.version then -- asked for whoever makes it; what the row sets itself is left out of RETURNING
    statement_columns, name = statement_columns or {}, (name or "") .. "version"
    statement_columns[#statement_columns + 1] = plan.version
  elseif many and not statement_columns then
    statement_columns, name = {}, "key"
    for i, pk in ipairs(plan.pks) do statement_columns[i] = pk.column end
  end
  if not statement_columns then return statements.insert(plan.from) end
  return statements.insert_returning(plan.from, name, statement_columns)
end

local function insert_many(uow, base, conn, plan, records, has_all_defaults)
  local statement = statement_for(base, conn, plan, true, has_all_defaults)
  make_defaults(conn, statement, records)
  local result = conn:execute(statement, params_of(records))
  local keys, info = result.inserted_primary_key_rows, info_of(result)
  local returned = result.returned_defaults_rows
  for i = 1, #records do
    if keys[i] == nil then no_key(plan.mapper, true) end
    take_key(records[i], keys[i])
    fetch(uow, records[i], info, returned and returned[i])
  end
end

local function insert_singly(uow, base, conn, plan, records, has_all_defaults)
  local statement = statement_for(base, conn, plan, false, has_all_defaults)
  for i = 1, #records do
    local record = records[i]
    local own = record.values and statement:values(record.values) or statement
    make_defaults(conn, own, { record })
    local result = conn:execute(own,
      next(record.params) ~= nil and record.params or execute.NO_COLUMNS)
    local key = result.inserted_primary_key
    if key == nil then no_key(plan.mapper, false) end
    take_key(record, key)
    fetch(uow, record, info_of(result), result.returned_defaults)
  end
end

local function emit(uow, base, conn, plan, records)
  local first = records[1]
  local has_all_pks = has_all(plan.pks, first)
  local asks_defaults = prefers_eager(base, conn.dialect, plan) and brings_back(conn.dialect, plan)
  local has_all_defaults = not asks_defaults or has_all(plan.server, first)
  if has_all_pks and has_all_defaults and not first.values and next(first.params) ~= nil then
    return insert_plain(uow, conn, plan, records)
  end
  if not first.values and #records > 1 and brings_back(conn.dialect, plan) then
    return insert_many(uow, base, conn, plan, records, has_all_defaults)
  end
  return insert_singly(uow, base, conn, plan, records, has_all_defaults)
end

local function same_keys(a, b)
  for key in pairs(a) do
    if b[key] == nil then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function same_server(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i].column ~= b[i].column then return false end
  end
  return true
end

-- Do two rows go into one batch? Those of different classes do if they say the same columns.
local function alike(a, b)
  if a.plan == b.plan or a.plan.signature == b.plan.signature then return a.shape == b.shape end
  return not a.values and not b.values and same_keys(a.params, b.params) and same_server(a.plan.server, b.plan.server)
end

-- Rows of several classes: each gets the defaults of columns that only another class has, as it would alone.
local function share_defaults(records)
  local known, list = {}, {}
  for _, record in ipairs(records) do
    for _, entry in ipairs(not known[record.plan] and record.plan.defaults or access.NOTHING) do
      if not known[entry.column] then list[#list + 1] = entry end
      known[entry.column] = true
    end
    known[record.plan] = true
  end
  for _, record in ipairs(records) do
    record.foreign = {}
    for _, entry in ipairs(list) do
      if not record.plan.mapper.column_slot[entry.column] then table.insert(record.foreign, entry) end
    end
  end
end

-- Would the row behind a run of equal objects go into their batch, being one of another class?
local function continues(plan, obj, other)
  local other_plan = flush_plan.of(rawget(getmetatable(other), "__mapper__"), plan.from)
  if not other_plan or other_plan.mapper == plan.mapper then return false end
  return alike(make_record(plan, obj), make_record(other_plan, other))
end

-- The rows from list[i] on that make one batch, and the index behind them.
local function collect(list, i, n, plan, conn, work)
  local records, mixed = { make_record(plan, list[i]) }, false
  for at = i + 1, n do
    local other = list[at]
    local other_plan = flush_plan.of(rawget(getmetatable(other), "__mapper__"), plan.from)
    if other_plan then
      if work.conn_of and work.conn_of(other) ~= conn then return records, at, mixed end
      local record = make_record(other_plan, other)
      if not alike(records[1], record) then return records, at, mixed end
      mixed = mixed or other_plan ~= plan
      records[#records + 1] = record
    end
  end
  return records, n + 1, mixed
end

--- The INSERTs into one table for the objects of work.inserts.
function persist_insert.table(uow, base, from, work)
  local list = work.inserts
  local i, n = work.first or 1, work.last or #list
  while i <= n do
    local obj = list[i]
    local plan = flush_plan.of(rawget(getmetatable(obj), "__mapper__"), from)
    if not plan then
      i = i + 1
    else
      local conn = work.conn or work.conn_of(obj)
      local is_plain = not work.conn_of and not (uow.post_update_bases[base] and #plan.onupdates > 0)
      local done, mask
      if is_plain then done, mask = persist_fast.insert(base, conn, plan, list, i, n, continues) end
      if done then
        flush_batches.note(uow, list, i, done, plan, mask)
        i = done
      else
        local records, behind, mixed = collect(list, i, n, plan, conn, work)
        if mixed then share_defaults(records) end
        flush_batches.note(uow, list, i, behind, plan, records[1].shape)
        emit(uow, base, conn, plan, records)
        i = behind
      end
    end
  end
end

return persist_insert
