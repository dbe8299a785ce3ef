--- UPDATEs of a flush: only what changed, grouped by the set of columns, row counts checked.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local flush_plan = require "alchemoon.orm.flush_plan"
local persist_fast = require "alchemoon.orm.persist_fast"
local persist_fetch = require "alchemoon.orm.persist_fetch"
local settled = require "alchemoon.orm.settled"
local statements = require "alchemoon.orm.flush_statements"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"

local persist_update = {}
local rawget, getmetatable, next, pairs = rawget, getmetatable, next, pairs
local null, NO_VALUE = symbols.null, symbols.NO_VALUE

local function null_key(from, column)
  exc.raise("FlushError", "Can't update table %s using NULL for primary key value on column %s", from.name,
    from.name .. "." .. column.name)
end

-- Adds what a column is set to, unless that is what it was: to params, or to the SQL expressions, which are returned.
local function add_value(entry, value, old, params, expressions)
  if value ~= null and access.is_expression(value) then
    expressions = expressions or {}
    expressions[entry.column] = value
  elseif old == NO_VALUE or not access.same_by(entry.compare, value, old) then
    params[entry.key] = entry.json and flush_plan.json_param(value) or value
  end
  return expressions
end

-- What changed in this table: params, SQL expressions.
local function changed_columns(plan, obj, changes)
  local params, expressions = {}, nil
  for slot, old in pairs(changes) do
    local entry = plan.by_slot[slot]
    local value = entry and rawget(obj, slot)
    if value ~= nil then expressions = add_value(entry, value, old, params, expressions) end
  end
  return params, expressions
end

-- The same of an object that takes over another one's row: everything that was set.
local function set_columns(plan, obj)
  local params, expressions = {}, nil
  for i = 1, #plan.columns do
    local entry = plan.columns[i]
    local value = rawget(obj, entry.slot)
    if value ~= nil then expressions = add_value(entry, value, NO_VALUE, params, expressions) end
  end
  return params, expressions
end

local function changed_elsewhere(mapper, obj)
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" and prop.slot and (access.column_change(obj, prop.slot)) then return true end
  end
  return false
end

-- Adds the version to a row; false when there is nothing to update at all.
local function add_version(plan, mapper, obj, version, params, values)
  local empty = next(params) == nil and not values
  if empty and not changed_elsewhere(mapper, obj) then return false end
  params[plan.version_label] = version
  if params[plan.version_key] == nil then
    if mapper.version_id_generator then
      params[plan.version_key] = mapper.version_id_generator(version)
    elseif empty then
      params[plan.version_key] = version   -- set to itself, so that there is an UPDATE
    end
  end
  return true
end

-- The key that finds the row. Returns keys, whether all are known, whether the database has changed one by itself,
-- whether the row gets another one.
local function key_params(uow, plan, mapper, obj, params, values)
  local keys, has_all, cascaded, moved = {}, true, false, nil
  for i = 1, #plan.pks do
    local pk = plan.pks[i]
    local changed, new, old = access.column_change(obj, pk.slot)
    local value
    if changed then
      local flagged = uow.memos.pk_cascaded and uow.memos.pk_cascaded[obj]
      if old == nil or flagged and flagged[pk.column] then
        cascaded, value = true, new
        params[pk.key] = nil
      else
        value, moved = old, true
        if values and values[pk.column] ~= nil then has_all = false end
      end
    else
      value = new
      if value == nil then value = access.value_at(obj, mapper, pk.slot) end
    end
    if value == nil or value == null then null_key(plan.from, pk.column) end
    keys[pk.label] = value
  end
  return keys, has_all, cascaded, moved
end

local function key_set(params)
  local first = next(params)
  if next(params, first) == nil then return first end
  local names, n = {}, 0
  for name in pairs(params) do
    n = n + 1
    names[n] = name
  end
  table.sort(names)
  return table.concat(names, "\0")
end

local function key_of_switched(plan, obj, params)
  local keys = {}
  for _, pk in ipairs(plan.pks) do
    keys[pk.label] = rawget(obj, pk.slot)
    params[pk.key] = nil
  end
  return keys
end

local function onupdates(plan, params, values)
  local made = nil
  for i = 1, #plan.onupdates do
    local entry = plan.onupdates[i]
    if params[entry.key] == nil and not (values and values[entry.column] ~= nil) then
      made = made or {}
      made[#made + 1] = entry
    end
  end
  return made or access.NOTHING
end

-- ON UPDATE CASCADE has changed the key in this table: the object's columns that are kept equal follow.
local function follow_cascade(uow, plan, mapper, obj)
  for _, equated in ipairs(plan.equated) do
    sync.populate(obj, equated[1], obj, equated[1], equated[2], uow, mapper.passive_updates)
  end
end

-- Nil if there is nothing to write; a key that the database cascades is only noted.
local function make_record(uow, plan, mapper, obj, work)
  local changes = uow.session.modified[obj]
  local switched = work.switched and work.switched[obj]
  local version = plan.version and work.version[obj]
  if not changes and not switched and version == nil then return nil end
  local params, values
  if switched then params, values = set_columns(plan, obj)
  else params, values = changed_columns(plan, obj, changes or access.NOTHING) end
  if version ~= nil then
    if not add_version(plan, mapper, obj, version, params, values) then return nil end
  elseif next(params) == nil and not values then
    return nil
  end
  local keys, has_all_pks, cascaded, moved
  if switched then keys, has_all_pks, cascaded = key_of_switched(plan, obj, params), true, false
  else keys, has_all_pks, cascaded, moved = key_params(uow, plan, mapper, obj, params, values) end
  if next(params) == nil and not values then
    if cascaded then follow_cascade(uow, plan, mapper, obj) end
    return nil
  end
  local set = next(params) ~= nil and key_set(params) or ""
  local made = onupdates(plan, params, values)
  for name, value in pairs(keys) do params[name] = value end
  local record = { obj = obj, mapper = mapper, plan = plan, params = params, values = values, has_all_pks = has_all_pks,
    made = made,
    set = (values and "x" or "v") .. set .. (has_all_pks and "" or "\0?") }
  if moved then record.moved = true end
  return record
end

local function make_onupdates(conn, statement, record)
  if #record.made == 0 then return end
  local ok, e = pcall(flush_plan.make_values, conn, record, record.made, true, flush_plan.default_source())
  if not ok then flush_plan.refuse_default(conn, statement, { record }, e) end
end

local function lacks(list, params)
  for i = 1, #list do
    if params[list[i].key] == nil then return true end
  end
  return false
end

-- RETURNING asks for what the server makes; the second result: does the statement have one?
local function statement_for(base, conn, plan, records)
  local first, mapper = records[1], plan.mapper
  if not first.has_all_pks then
    local columns = {}
    for i, pk in ipairs(plan.pks) do columns[i] = pk.column end
    local counted = plan.version and flush_plan.server_version(mapper)
    if counted then columns[#columns + 1] = plan.version end
    return statements.update_returning(mapper, plan.from, counted and "key and version" or "key", columns), true
  end
  if base.eager_defaults == true and #plan.server_update > 0 and lacks(plan.server_update, first.params)
    and plan.from.implicit_returning and conn.dialect.update_returning ~= false then
    local columns, name = {}, "server"
    for _, entry in ipairs(plan.server_update) do
      local is_set = first.params[entry.key] ~= nil
      if is_set then name = name .. "\0" .. entry.key else columns[#columns + 1] = entry.column end
    end
    return statements.update_returning(mapper, plan.from, name, columns), true
  end
  if plan.version and flush_plan.server_version(mapper) then
    return statements.update_returning(mapper, plan.from, "version", { plan.version }), true
  end
  return statements.update(mapper, plan.from), false
end

local function fetch(uow, record, result, returned)
  if record.is_last then -- its DELETE follows: only the version is still looked at
    local version = record.plan.version and record.params[record.plan.version_key]
    if version ~= nil then rawset(record.obj, record.plan.version_slot, version) end
    return
  end
  persist_fetch.one(uow, record.plan, record.obj, { info = result._info.entry.info, returned = returned,
    params = record.params, made = record.made, is_update = true, values = record.values })
  if record.moved then persist_fetch.note_cascades(uow, record.plan, record.obj) end
end

local function emit_singly(uow, conn, statement, records)
  local rows = 0
  for i = 1, #records do
    local record = records[i]
    local own = record.values and statement:values(record.values) or statement
    make_onupdates(conn, own, record)
    local result = conn:execute(own, record.params)
    rows = rows + result.rowcount
    fetch(uow, record, result, result.returned_defaults)
  end
  return rows
end

-- One statement for all records; what only the database knows is fetched or expired afterwards.
local function emit_many(uow, conn, statement, records)
  local params = {}
  for i = 1, #records do
    make_onupdates(conn, statement, records[i])
    params[i] = records[i].params
  end
  local result = statements.run(conn, statement, params)
  local info = result._info.entry.info
  for i = 1, #records do
    local record = records[i]
    if #record.made > 0 or persist_fetch.needed(record.plan, info) then
      fetch(uow, record, result, #records == 1 and result.returned_defaults or nil)
    end
  end
  return result.rowcount
end

local function check_count(plan, expected, rows)
  if rows ~= expected and rows >= 0 then
    exc.raise("StaleDataError", "UPDATE statement on table '%s' expected to update %d row(s); %d were matched.",
      plan.from.description or plan.from.name, expected, rows)
  end
end

local function emit(uow, base, conn, plan, records)
  local statement, returns = statement_for(base, conn, plan, records)
  local dialect = conn.dialect
  local single_ok = dialect.supports_sane_rowcount ~= false
  local many_ok = single_ok and dialect.supports_sane_multi_rowcount ~= false
  local rows, check
  if records[1].values or returns or plan.version then
    rows, check = emit_singly(uow, conn, statement, records), single_ok
  else
    rows = emit_many(uow, conn, statement, records)
    check = many_ok or single_ok and #records == 1
  end
  if check then check_count(plan, #records, rows) end
end

local function check_fast(conn, plan, expected, rows)
  local dialect = conn.dialect
  local many_ok = dialect.supports_sane_rowcount ~= false and dialect.supports_sane_multi_rowcount ~= false
  if many_ok then check_count(plan, expected, rows) end
end

--- The UPDATEs of one table for the objects of work.updates.
function persist_update.table(uow, base, from, work)
  local list, records, first, first_conn = work.updates, {}, nil, nil
  local function flush_group()
    if first then emit(uow, base, first_conn, first.plan, records) end
    records, first = {}, nil
  end
  local i, n = 1, #list
  while i <= n do
    local obj = list[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    local plan = flush_plan.of(mapper, from)
    local behind, rows, expected
    if plan and work.conn and not first then behind, rows, expected = persist_fast.update(uow, base, work.conn, plan,
      list, i) end
    if behind then
      if expected then check_fast(work.conn, plan, expected, rows) end
      i = behind
    else
      local record = plan and make_record(uow, plan, mapper, obj, work)
      if record then
        local conn = work.conn or work.conn_of(obj)
        if first and (record.set ~= first.set or conn ~= first_conn) then flush_group() end
        if not first then first, first_conn = record, conn end
        records[#records + 1] = record
      end
      i = i + 1
    end
  end
  flush_group()
end

-- --- post_update -------------------------------------------------------------------------------------------------

-- Is a column of an object to be written by a post-update? What an INSERT of this flush wrote on its own account, or
-- a row that a rollback took back held before, is none of its business.
local function is_news(uow, obj, slot)
  local context = rawget(obj, 1)
  if not context or context.lifecycle ~= "pending" then return (access.column_change(obj, slot)) end
  local value, made, before = rawget(obj, slot), uow.made_by_insert[obj], settled.values(obj)
  if value == nil or made and made[slot] then return false end
  return not before or before[slot] ~= value
end

-- Only the columns of the relationship, and those that every UPDATE sets.
local function post_update_record(uow, plan, mapper, obj, columns, version)
  local params, found = {}, false
  for i = 1, #plan.columns do
    local entry = plan.columns[i]
    local is_pk = false
    for _, pk in ipairs(plan.pks) do is_pk = is_pk or pk.column == entry.column end
    if is_pk then
      local value = access.value_at(obj, mapper, entry.slot)
      params[statements.label(entry.column)] = value
    elseif columns[entry.column] or entry.onupdate then
      if is_news(uow, obj, entry.slot) then
        params[entry.key] = rawget(obj, entry.slot)
        found = true
      end
    end
  end
  if not found then return nil end
  if version ~= nil and plan.version then
    params[plan.version_label] = version
    if rawget(obj, 2) ~= nil and mapper.version_id_generator then
      params[plan.version_key] = mapper.version_id_generator(version)
    end
  end
  return { obj = obj, mapper = mapper, plan = plan, params = params, made = onupdates(plan, params),
    set = key_set(params) }
end

local function emit_post_update(uow, conn, records)
  local plan = records[1].plan
  local many_ok = conn.dialect.supports_sane_multi_rowcount ~= false
  local statement, check = statements.update(plan.mapper, plan.from), true
  local rows
  if plan.version and not many_ok then
    rows = emit_singly(uow, conn, statement, records)
  else
    rows, check = emit_many(uow, conn, statement, records), many_ok or #records == 1
  end
  if check then check_count(plan, #records, rows) end
end

--- UPDATE of the columns of relationships with post_update, in one table.
function persist_update.post_update(uow, from, work, columns)
  local records = {}
  for i = 1, #work.updates do
    local obj = work.updates[i]
    local mapper = rawget(getmetatable(obj), "__mapper__")
    local plan = flush_plan.of(mapper, from)
    local version = plan and plan.version and access.committed_at(obj, mapper, mapper.version_id_slot) or nil
    local record = plan and post_update_record(uow, plan, mapper, obj, columns, version)
    if record then
      record.is_last = uow:is_deleted(obj)
      if records[1] and records[1].set ~= record.set then
        emit_post_update(uow, work.conn or work.conn_of(obj), records)
        records = {}
      end
      records[#records + 1] = record
    end
  end
  if records[1] then emit_post_update(uow, work.conn or work.conn_of(records[1].obj), records) end
end

return persist_update
