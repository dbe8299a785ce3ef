--- ORM-enabled INSERT, UPDATE and DELETE: statements about mapped classes executed by a session.
--
-- insert(Class) with a list of attribute tables is a bulk INSERT; update(Class) with such a list updates by primary
-- key. UPDATE and DELETE with criteria bring the objects in the session up to date: synchronize_session = "auto"
-- (evaluate where that is possible, else fetch), "evaluate", "fetch" or false.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local evaluator = require "alchemoon.orm.evaluator"
local execution = require "alchemoon.orm.execution"
local identity = require "alchemoon.orm.identity"
local bulk = require "alchemoon.orm.bulk"
local flush_plan = require "alchemoon.orm.flush_plan"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local inheritance = require "alchemoon.orm.inheritance"
local returned = require "alchemoon.orm.returning"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"

local orm_dml = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local rawget, rawset, getmetatable = rawget, rawset, getmetatable
local null = symbols.null

local function mapper_of(statement)
  local entity = node_get(statement, "orm")
  return entity and entity.__mapper__
end

-- The entity of update(aliased(Class)); nil for a class itself.
local function alias_of(statement)
  local class = node_get(statement, "orm")
  return rawget(class, "is_aliased_class") and class.__entity__ or nil
end

local SYNC = { auto = true, evaluate = true, fetch = true }

local function sync_option(statement, options)
  local own = node_get(statement, "execution_options")
  local value = options and options.synchronize_session
  if value == nil and own then value = own.synchronize_session end
  if value == nil then value = "auto" end
  if value ~= false and not SYNC[value] then
    exc.raise("ArgumentError", "%s", ("Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', "
      .. "false; got %s"):format(tostring(value)))
  end
  return value
end

-- --- which objects ----------------------------------------------------------------------------------------

local function candidates(session, mapper, token)
  local list, map = {}, session.identity[mapper.base]
  for _, obj in pairs(map or {}) do
    if (token == nil or identity.token(obj) == token) and rawget(getmetatable(obj), "__mapper__"):isa(mapper) then
      list[#list + 1] = obj
    end
  end
  return list
end

-- The criteria as a function of an object; nil and the reason if Lua cannot evaluate them.
local function condition_of(mapper, criteria)
  local ok, condition = pcall(evaluator.conditions, criteria, mapper)
  if ok then return condition end
  if getmetatable(condition) == evaluator.Unevaluable then return nil, condition.reason end
  return error(condition, 0)
end

local function refuse_criteria(reason)
  exc.raise("InvalidRequestError", "%s", ('Could not evaluate current criteria in Lua: "%s". Specify \'fetch\' or '
    .. "false for the synchronize_session execution option."):format(reason))
end

-- Evaluates the criteria over the session's objects: matched ones, and those of which we cannot know.
local function evaluate(session, mapper, criteria, token)
  local condition, reason = condition_of(mapper, criteria)
  if not condition then return nil, nil, reason end
  local matched, unknown = {}, {}
  for _, obj in ipairs(candidates(session, mapper, token)) do
    local is_expired = rawget(obj, rawget(getmetatable(obj), "__mapper__").pk_slots[1]) == nil -- looks again anyway
    local answer = not is_expired and condition(obj)
    if answer == true then matched[#matched + 1] = obj
    elseif answer == evaluator.EXPIRED then unknown[#unknown + 1] = obj end
  end
  return matched, unknown
end

local function fetch_keys(session, conn, mapper, statement, token)
  local select = require("alchemoon.sql.select").select
  local query = select((table.unpack or unpack)(mapper.primary_key)) -- luacheck: ignore 113 143
  for _, condition in ipairs(node_get(statement, "where")) do query = query:where(condition) end
  local map, matched = session.identity[mapper.base] or {}, {}
  for _, row in ipairs(conn:execute(query):all()) do
    local obj = map[core.identity_key_with_token(token, row:unpack())]
    if obj then matched[#matched + 1] = obj end
  end
  return matched
end

-- May the statement itself bring the keys of its rows back?
local function can_return_keys(conn, statement)
  local dialect = conn.dialect
  if node_tag(statement) == T.UPDATE then return dialect.update_returning ~= false end
  return dialect.delete_returning ~= false
end

-- UPDATE of an aliased class leaves the objects alone unless the criteria can be evaluated.
local function is_aliased_update(statement)
  return node_tag(statement) == T.UPDATE and alias_of(statement) ~= nil
end

-- The criteria that are to be evaluated over objects of the class: all but the one that says which class they are of.
local function criteria_of(statement, single)
  local list = {}
  for _, condition in ipairs(node_get(statement, "where")) do
    if condition ~= single then list[#list + 1] = condition end
  end
  return list
end

-- Matched objects, those of which we cannot know, and whether the statement is to return keys instead. `single`: the
-- condition that the class itself adds.
local function find(session, conn, mapper, statement, single, how, options)
  local token = options and options.identity_token
  if how == "fetch" then
    if is_aliased_update(statement) then return {}, {} end
    if can_return_keys(conn, statement) then return nil, {}, true end
    return fetch_keys(session, conn, mapper, statement, token), {}
  end
  local matched, unknown, reason = evaluate(session, mapper, criteria_of(statement, single), token)
  if matched then return matched, unknown end
  if how == "evaluate" then refuse_criteria(reason) end
  if is_aliased_update(statement) then return {}, {} end
  if can_return_keys(conn, statement) then return nil, {}, true end
  return fetch_keys(session, conn, mapper, statement, token), {}
end

-- --- after the statement --------------------------------------------------------------------------------------

local function forget_change(session, obj, slot)
  local composites = rawget(getmetatable(obj), "__mapper__").composite_list
  for i = 1, composites and #composites or 0 do rawset(obj, composites[i].slot, nil) end
  local changes = session.modified[obj]
  if not changes then return end
  changes[slot] = nil
  if next(changes) == nil then session.modified[obj] = nil end
end

-- The new value of each attribute that SET names: a function of the object, or false when only the database knows.
local function setters(mapper, statement)
  local list = {}
  for _, pair in ipairs(node_get(statement, "values")) do
    local slot = mapper.column_slot[node_get(pair, "key")]
    if slot then
      local ok, get = pcall(evaluator.compile, node_get(pair, "value"), mapper)
      list[#list + 1] = { slot = slot, get = ok and get or false }
    end
  end
  return list
end

local function expire_slot(session, obj, slot)
  if rawget(obj, slot) ~= nil then unset.expire(obj, slot) end
  rawset(obj, slot, nil)
  forget_change(session, obj, slot)
end

-- What an UPDATE did to columns that stand in no SET: values that were made before it (slot → value), and the slots
-- of those that only the database knows.
local function side_effects(mapper, result, in_set)
  local made, stale = {}, {}
  if not (result._info and result._info.entry) then return made, stale end
  local params = result:last_updated_params()
  for _, column in ipairs(result:prefetch_cols()) do
    local slot = mapper.column_slot[column]
    if slot and not in_set[slot] then made[slot] = params[column.key] end
  end
  for _, column in ipairs(result:postfetch_cols()) do
    local slot = mapper.column_slot[column]
    if slot and not in_set[slot] then stale[#stale + 1] = slot end
  end
  return made, stale
end

local function names_of(mapper, slots)
  local names = {}
  for i, slot in ipairs(slots) do names[i] = mapper.name_of[slot] end
  return names
end

local function tell_refreshed(mapper, obj, slots)
  local list = mapper.instance_dispatch and mapper.instance_dispatch.refresh
  if list then event.fire(list, obj, nil, names_of(mapper, slots)) end
end

-- What an UPDATE did besides SET: values that were made are taken over, the rest is loaded again.
local function take_side_effects(session, mapper, obj, made, stale)
  for slot, value in pairs(made) do rawset(obj, slot, value) end
  for _, slot in ipairs(stale) do expire_slot(session, obj, slot) end
  local list = mapper.instance_dispatch and mapper.instance_dispatch.expire
  if list then event.fire(list, obj, names_of(mapper, stale)) end
end

-- One object takes what SET says; what had a change waiting, or what only the database knows, is loaded again.
local function take_values(session, mapper, list, obj, values)
  local changes, taken = session.modified[obj], {}
  for k, entry in ipairs(list) do
    local slot, value = entry.slot, values[k]
    if value == evaluator.EXPIRED or changes and changes[slot] ~= nil then
      expire_slot(session, obj, slot)
    else
      if rawget(obj, slot) ~= nil then rawset(obj, slot, value == nil and null or value) end
      forget_change(session, obj, slot)
      taken[#taken + 1] = slot
    end
  end
  tell_refreshed(mapper, obj, taken)
end

local function refresh_updated(session, mapper, statement, matched, unknown, result)
  local list, values, in_set = setters(mapper, statement), {}, {}
  for _, entry in ipairs(list) do in_set[entry.slot] = true end
  for i, obj in ipairs(matched) do
    values[i] = {}
    for k, entry in ipairs(list) do
      if entry.get then values[i][k] = entry.get(obj) else values[i][k] = evaluator.EXPIRED end
    end
  end
  local made, stale = side_effects(mapper, result, in_set)
  local transaction = session._transaction
  for i, obj in ipairs(matched) do
    local own = rawget(getmetatable(obj), "__mapper__")
    take_side_effects(session, own, obj, made, stale)
    take_values(session, own, list, obj, values[i])
    if transaction and transaction.nested then transaction._dirty[obj] = true end
  end
  for _, obj in ipairs(unknown) do
    for _, entry in ipairs(list) do expire_slot(session, obj, entry.slot) end
  end
end

local function expire_all_columns(session, mapper, obj)
  for _, slot in pairs(mapper.column_slot) do expire_slot(session, obj, slot) end
end

-- --- handlers ---------------------------------------------------------------------------------------------------

local handler = {}

function handler.is_orm(statement) return node_get(statement, "orm") ~= nil end

function handler.prepare(session, statement, _, options, bind_arguments, is_pre_event)
  local mapper = mapper_of(statement)
  if bind_arguments then
    bind_arguments.mapper = bind_arguments.mapper or mapper
    bind_arguments.clause = bind_arguments.clause or statement
  end
  local how = sync_option(statement, options)
  if not is_pre_event and not (options and options.autoflush == false) then session:_autoflush() end
  if not is_pre_event and how == "evaluate" and node_tag(statement) ~= T.INSERT then -- before a transaction begins
    local condition, reason = condition_of(mapper, node_get(statement, "where"))
    if not condition then refuse_criteria(reason) end
  end
  return statement, options
end

-- Attribute names of given rows become names of columns.
local function column_names(mapper, params)
  local function convert(set)
    local row = {}
    for name, value in pairs(bulk.with_parts(mapper, set)) do
      local column = type(name) == "string" and mapper:column_of(name)
      row[column and node_tag(column) == T.COLUMN and column.key or name] = value
    end
    return row
  end
  if params == nil then return nil end
  if type(params[1]) ~= "table" then return convert(params) end
  local rows = {}
  for i, set in ipairs(params) do rows[i] = convert(set) end
  return rows
end

-- Does RETURNING name something of the ORM?
local function returns_entities(statement)
  for _, column in ipairs(node_get(statement, "returning")) do
    local tag = node_tag(column)
    if tag == T.ORM_ENTITY or tag == T.ORM_ATTR then return true end
  end
  return false
end

local function plain_options(options, statement)
  local out = {}
  for key, value in pairs(statement and node_get(statement, "execution_options") or {}) do out[key] = value end
  for key, value in pairs(options or {}) do
    if key ~= "synchronize_session" then out[key] = value end
  end
  return out
end

-- Puts key columns before the columns that a lowered statement returns, each once.
local function with_keys(keys, state)
  local list, index, moved = {}, {}, {}
  for i, key in ipairs(keys) do list[i], index[key] = key, i end
  for i, column in ipairs(node_get(state.statement, "columns")) do
    if not index[column] then
      list[#list + 1] = column
      index[column] = #list
    end
    moved[i] = index[column]
  end
  for node, at in pairs(state.position) do state.position[node] = moved[at] end
  return list
end

-- RETURNING of entities: the columns that they need are returned, after the `keys` if there are any; the second result
-- makes objects of the rows, the third are the rows.
local function returning(session, conn, statement, groups, options, keys)
  local query, state = returned.query(statement)
  local columns = keys and with_keys(keys, state) or node_get(state.statement, "columns")
  local flat = core.node_with(statement, { returning = columns })
  local result, rows = nil, nil
  for _, params in ipairs(groups) do
    result = conn:execute(flat, params, options)
    if not rows then rows = result:all()
    else
      for _, row in ipairs(result:all()) do rows[#rows + 1] = row end
    end
  end
  local function finish()
    local fields = { rowcount = result.rowcount, context = result.context, _info = result._info,
      token = options.identity_token, populate_existing = options.populate_existing }
    return returned.of_rows(session, query, state, rows, fields, conn.dialect)
  end
  return result, finish, rows
end

-- The statement runs now; the second result makes its objects, once those in the session are up to date.
local function run(session, conn, statement, params, options, keys)
  if returns_entities(statement) then
    return returning(session, conn, statement, { params or {} }, plain_options(options, statement), keys)
  end
  return conn:execute(statement, params, plain_options(options)), nil
end

-- The objects of the session whose keys are the first columns of rows.
local function known_objects(session, mapper, rows, count, token)
  local map, list = session.identity[mapper.base] or {}, {}
  for _, row in ipairs(rows) do
    local key = {}
    for i = 1, count do key[i] = row[i] end
    local obj = map[core.identity_key_with_token(token, (table.unpack or unpack)(key, 1, count))] -- luacheck: ignore
    if obj then list[#list + 1] = obj end
  end
  return list
end

-- The key columns in the mapper's own table, which alone the statement writes: what stands there for the base's.
local function own_key(mapper)
  if not mapper.joined then return { (table.unpack or unpack)(mapper.primary_key) } end -- luacheck: ignore 113 143
  local keys, slots = {}, mapper.column_slot
  for i, column in ipairs(mapper.primary_key) do
    keys[i] = column
    for _, own in ipairs(core.node_get(mapper.local_table.primary_key, "columns")) do
      if slots[own] == slots[column] or inheritance.equated(mapper, own, column) then keys[i] = own end
    end
  end
  return keys
end

-- Runs the statement with RETURNING of the keys; a result without rows (or one of what was to be returned, when the
-- third result is called), and the objects of these keys.
local function run_for_keys(session, conn, mapper, statement, params, options)
  local keys, token = own_key(mapper), options and options.identity_token
  local class = node_get(statement, "orm")
  local adapt = rawget(class, "is_aliased_class") and class.adapt_column
  for i, column in ipairs(keys) do keys[i] = adapt and adapt(column) or column end
  if #node_get(statement, "returning") > 0 then
    local result, finish, rows = returning(session, conn, statement, { params or {} },
      plain_options(options, statement), keys)
    return result, known_objects(session, mapper, rows, #keys, token), finish
  end
  local flat = core.node_with(statement, { returning = keys })
  local result = conn:execute(flat, params, plain_options(options))
  local rows = result:all()
  local matched = known_objects(session, mapper, rows, #keys, token)
  local count = result.rowcount
  if count == nil or count < 0 then count = #rows end
  return require("alchemoon.engine.result").from_list(core.shape { names = {} }, {}, nil, { rowcount = count,
    context = result.context, _info = result._info, returns_rows = false }), matched
end

local function is_list(params) return type(params) == "table" and type(params[1]) == "table" end

-- Is NULL a value like others to a column: JSON, or a type that evaluates none?
local function evaluates_null(mapper, key)
  for _, from in ipairs(mapper.tables) do
    local plan = flush_plan.of(mapper, from)
    for _, entry in ipairs(plan and plan.columns or {}) do
      if entry.key == key then return entry.json or entry.evaluates_none end
    end
  end
  return false
end

-- Rows that give the same columns go together; NULL is as good as absent unless `render_nulls`.
local function groups_of(mapper, rows, render_nulls)
  local groups, last = {}, nil
  for _, row in ipairs(rows) do
    local names, kept = {}, {}
    for name, value in pairs(row) do
      if value ~= null or render_nulls or evaluates_null(mapper, name) then
        names[#names + 1] = tostring(name)
        kept[name] = value
      end
    end
    table.sort(names)
    local set = table.concat(names, "\0")
    if set ~= last then groups[#groups + 1] = {} end
    last = set
    table.insert(groups[#groups], kept)
  end
  return groups
end

-- A list of rows that do not all give the same columns: a statement for each run of alike ones.
local function insert_groups(session, conn, statement, groups, options, keys)
  options = plain_options(options, statement)
  if returns_entities(statement) then
    local _, finish = returning(session, conn, statement, groups, options, keys)
    return (finish())
  end
  local results = {}
  for i, group in ipairs(groups) do results[i] = conn:execute(statement, group, options) end
  if #node_get(statement, "returning") > 0 then
    return results[1]:merge((table.unpack or unpack)(results, 2)) -- luacheck: ignore 113 143
  end
  return results[#results]
end

-- Rows of a class that stands on several tables, an INSERT for each; RETURNING is gathered from all of them.
local function insert_into_tables(session, conn, statement, params, options)
  local mapper, rows, found = mapper_of(statement), {}, {}
  for i, set in ipairs(is_list(params) and params or { params }) do
    rows[i] = {}
    for key, value in pairs(set) do rows[i][key] = value end
    found[rows[i]] = {}
  end
  local opts = { render_nulls = options.render_nulls, found = found }
  if #node_get(statement, "returning") == 0 then
    bulk.insert(conn, mapper, rows, opts)
    return require("alchemoon.engine.result").from_list(core.shape { names = {} }, {}, nil, { rowcount = #rows })
  end
  local query, state = returned.query(statement)
  function opts.returning(from)
    local wanted = {}
    for place, column in ipairs(node_get(state.statement, "columns")) do
      local origin = core.from_objects(column)[1]
      if origin == from then wanted[#wanted + 1] = { node = column, place = place } end
    end
    return wanted
  end
  bulk.insert(conn, mapper, rows, opts)
  for i, row in ipairs(rows) do rows[i] = found[row] end
  return returned.of_rows(session, query, state, rows, { rowcount = #rows, token = options.identity_token,
    populate_existing = options.populate_existing }, conn.dialect)
end

-- What the INSERT of given rows returns before what was asked for: the key that the database makes.
local function made_keys(mapper, sets)
  local into = mapper.local_table
  local key = sets and not mapper.version_id_slot and node_tag(into) == T.TABLE and core.table_autoincrement(into)
  return key and { key } or nil
end

local function insert(session, conn, statement, params, options)
  local mapper = mapper_of(statement)
  local own_options = plain_options(options, statement)
  local render_nulls = own_options.render_nulls
  local rows_given = is_list(params) or type(params) == "table" and next(params) ~= nil
  if rows_given and #mapper.tables > 1 and #node_get(statement, "values") == 0
    and node_get(statement, "on_conflict") == nil then
    return insert_into_tables(session, conn, statement, params, own_options)
  end
  local sets = column_names(mapper, params)
  if mapper.polymorphic_identity ~= nil and mapper.polymorphic_slot and #node_get(statement, "values") == 0
    and sets and #mapper.tables == 1 then
    local column = mapper.prop_at[mapper.polymorphic_slot].columns[1]
    for _, set in ipairs(is_list(sets) and sets or { sets }) do
      if set[column.key] == nil then set[column.key] = mapper.polymorphic_identity end
    end
  end
  if is_list(sets) and node_get(statement, "on_conflict") == nil then
    local groups = groups_of(mapper, sets, render_nulls)
    if #groups > 1 then
      return insert_groups(session, conn, statement, groups, options, made_keys(mapper, sets))
    end
    sets = groups[1] or sets
  end
  local result, finish = run(session, conn, statement, sets, options, made_keys(mapper, sets))
  if finish then return (finish()) end
  return result
end

-- UPDATE of rows that are named by their primary keys.
local function by_primary_key(session, conn, mapper, params, options)
  local rows = {}
  for i, set in ipairs(params) do
    rows[i] = {}
    for key, value in pairs(set) do rows[i][key] = value end
  end
  bulk.update(conn, mapper, rows)
  orm_dml.apply_rows(session, mapper, params, options and options.identity_token)
  return require("alchemoon.engine.result").from_list(core.shape { names = {} }, {}, nil, { rowcount = #rows })
end

-- The same of one row, as an UPDATE with criteria: it may return what it wrote.
local function of_one_row(conn, mapper, statement, params)
  if #params > 1 then
    exc.raise("StatementError", "(sqlalchemy.exc.InvalidRequestError) Dialect %s with current server capabilities does "
      .. "not support UPDATE..RETURNING when executemany is used", conn.dialect.name)
  end
  bulk.check_key(flush_plan.of(mapper, mapper.local_table), params[1])
  local values = column_names(mapper, params[1])
  for _, column in ipairs(mapper.primary_key) do
    statement = statement:where(column:eq(values[column.key]))
    values[column.key] = nil
  end
  return statement:values(values)
end

local function update(session, conn, statement, params, options)
  local mapper = mapper_of(statement)
  if is_list(params) and #node_get(statement, "values") == 0 then
    if #node_get(statement, "where") > 0 and sync_option(statement, options) ~= false then
      exc.raise("InvalidRequestError", "bulk synchronize of persistent objects not supported when using bulk "
        .. "update with additional WHERE criteria right now.  add synchronize_session=false execution option to "
        .. "bypass synchronize of persistent objects.")
    end
    if #node_get(statement, "where") == 0 and #node_get(statement, "returning") > 0 then
      statement, params = of_one_row(conn, mapper, statement, params), nil
    elseif #node_get(statement, "where") == 0 then
      return by_primary_key(session, conn, mapper, params, options)
    end
  end
  local single
  statement, single = lower_criteria.with_dml_criteria(statement)
  if params and not is_list(params) and #node_get(statement, "values") == 0 then
    statement, params = statement:values(column_names(mapper, params)), nil
  end
  local how, matched, unknown, returns = sync_option(statement, options), nil, nil, nil
  if how then matched, unknown, returns = find(session, conn, mapper, statement, single, how, options) end
  local result, finish
  if returns then result, matched, finish = run_for_keys(session, conn, mapper, statement, params, options)
  else result, finish = run(session, conn, statement, params, options) end
  if matched then refresh_updated(session, mapper, statement, matched, unknown, result) end
  if finish then return (finish()) end
  return result
end

--- Objects in the session take the values of rows that were updated by primary key.
function orm_dml.apply_rows(session, mapper, rows, token)
  local map = session.identity[mapper.base]
  if not map then return end
  for _, row in ipairs(rows) do
    local key, n = {}, #mapper.pk_slots
    for i, slot in ipairs(mapper.pk_slots) do key[i] = row[mapper.name_of[slot]] end
    local obj = map[core.identity_key_with_token(token, (table.unpack or unpack)(key, 1, n))] -- luacheck: ignore 113
    for name, value in pairs(row) do
      local slot = obj and mapper.slot[name]
      if slot and rawget(obj, slot) ~= nil then
        rawset(obj, slot, value)
        forget_change(session, obj, slot)
      end
    end
  end
end

local function delete(session, conn, statement, params, options)
  local mapper = mapper_of(statement)
  local single
  statement, single = lower_criteria.with_dml_criteria(statement)
  local how, matched, unknown, returns = sync_option(statement, options), nil, nil, nil
  if how then matched, unknown, returns = find(session, conn, mapper, statement, single, how, options) end
  local result, finish
  if returns then result, matched, finish = run_for_keys(session, conn, mapper, statement, params, options)
  else result, finish = run(session, conn, statement, params, options) end
  local answer, returned_objects = result, {}
  if finish then answer, returned_objects = finish() end
  if matched then
    local gone = {}
    for _, obj in ipairs(matched) do gone[obj] = true end
    for obj, of in pairs(returned_objects) do -- their rows are gone, whatever could be evaluated
      if not gone[obj] and of:isa(mapper) then
        gone[obj] = true
        matched[#matched + 1] = obj
      end
    end
    states.remove_newly_deleted(session, matched)
    for _, obj in ipairs(unknown) do
      if not gone[obj] then expire_all_columns(session, mapper, obj) end
    end
  end
  return answer
end

local by_tag = { [T.INSERT] = insert, [T.UPDATE] = update, [T.DELETE] = delete }

function handler.execute(session, statement, params, options, _, conn)
  return by_tag[node_tag(statement)](session, conn, statement, params, options)
end

for _, tag in ipairs { T.INSERT, T.UPDATE, T.DELETE } do execution.handler(tag, handler) end


return orm_dml
