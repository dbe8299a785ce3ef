--- Runs an ORM-enabled INSERT, UPDATE or DELETE, and makes objects of what it returns.
local core = require "alchemoon.core"
local Result = require "alchemoon.engine.result"
local inheritance = require "alchemoon.orm.inheritance"
local lower_select = require "alchemoon.orm.lower_select"
local returned = require "alchemoon.orm.returning"

local dml_run = {}
local T, node_get = core.tags, core.node_get
local unpack = table.unpack or unpack -- luacheck: ignore 113

--- A result of nothing but facts (rowcount …).
function dml_run.result_without_rows(fields) return Result.from_list(core.shape { names = {} }, {}, nil, fields) end

--- Has the statement a RETURNING?
function dml_run.returns_rows(statement) return #node_get(statement, "returning") > 0 end

-- "*", written as a column or as text.
local function is_star(node)
  local tag = core.node_tag(node)
  if tag == T.COLUMN then return node_get(node, "name") == "*" end
  return tag == T.TEXT and tostring(node) == "*"
end

--- Does the statement return "*"? That says nothing of which columns come back: no objects can be made of it.
function dml_run.returns_star(statement)
  local items = node_get(statement, "returning")
  for _, node in ipairs(items) do
    if is_star(node) then
      if #items > 1 then lower_select.refuse_star() end
      return true
    end
  end
  return false
end

--- The options of an execution without what only the ORM understands, over those of the statement, if one is given.
function dml_run.plain_options(options, statement)
  local out = {}
  for key, value in pairs(statement and node_get(statement, "execution_options") or {}) do out[key] = value end
  for key, value in pairs(options or {}) do
    if key ~= "synchronize_session" then out[key] = value end
  end
  return out
end

local OWN = { dml_strategy = true, identity_token = true, render_nulls = true, autoflush = true }

--- The options of a statement that the loads of its objects' relationships take over; nil if there are none.
function dml_run.passed_on(options)
  local out = {}
  for name, value in pairs(options) do
    if not OWN[name] then out[name] = value end
  end
  return next(out) ~= nil and out or nil
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

--- RETURNING of entities: the columns that they need are returned, after the `keys` if there are any; the second result
-- makes objects of the rows, the third are the rows.
function dml_run.returning(session, conn, statement, groups, options, keys)
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
      token = options.identity_token, populate_existing = options.populate_existing,
      options = dml_run.passed_on(options) }
    return returned.of_rows(session, query, state, rows, fields, conn.dialect)
  end
  return result, finish, rows
end

--- The statement runs now; the second result makes its objects, once those in the session are up to date.
function dml_run.execute(session, conn, statement, params, options, keys)
  if dml_run.returns_rows(statement) and not dml_run.returns_star(statement) then
    return dml_run.returning(session, conn, statement, { params or {} },
      dml_run.plain_options(options, statement), keys)
  end
  return conn:execute(statement, params, dml_run.plain_options(options)), nil
end

-- The objects of the session whose keys are the first columns of rows.
local function known_objects(session, mapper, rows, count, token)
  local map, list = session.identity[mapper.identity_base] or {}, {}
  for _, row in ipairs(rows) do
    local key = {}
    for i = 1, count do key[i] = row[i] end
    local obj = map[core.identity_key_with_token(token, unpack(key, 1, count))]
    if obj then list[#list + 1] = obj end
  end
  return list
end

-- The key columns in the mapper's own table, which alone the statement writes: what stands there for the base's.
local function own_key(mapper)
  if not mapper.inherits then return { unpack(mapper.primary_key) } end
  local keys, slots = {}, mapper.column_slot
  for i, column in ipairs(mapper.primary_key) do
    keys[i] = column
    for _, own in ipairs(core.node_get(mapper.local_table.primary_key, "columns")) do
      if slots[own] == slots[column] or inheritance.equated(mapper, own, column) then keys[i] = own end
    end
  end
  return keys
end

--- Runs the statement with RETURNING of the keys; a result without rows (or one of what was to be returned, when the
-- third result is called), and the objects of these keys.
function dml_run.execute_for_keys(session, conn, mapper, statement, params, options)
  local keys, token = own_key(mapper), options and options.identity_token
  local class = node_get(statement, "orm")
  local adapt = rawget(class, "is_aliased_class") and class.adapt_column
  for i, column in ipairs(keys) do keys[i] = adapt and adapt(column) or column end
  if dml_run.returns_rows(statement) then
    local result, finish, rows = dml_run.returning(session, conn, statement, { params or {} },
      dml_run.plain_options(options, statement), keys)
    return result, known_objects(session, mapper, rows, #keys, token), finish
  end
  local flat = core.node_with(statement, { returning = keys })
  local result = conn:execute(flat, params, dml_run.plain_options(options))
  local rows = result:all()
  local matched = known_objects(session, mapper, rows, #keys, token)
  local count = result.rowcount
  if count == nil or count < 0 then count = #rows end
  return dml_run.result_without_rows { rowcount = count, context = result.context, _info = result._info,
    returns_rows = false }, matched
end

return dml_run
