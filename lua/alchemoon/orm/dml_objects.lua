--- Which objects of a session an UPDATE or DELETE with criteria is about.
--
-- synchronize_session says how that is found out before the statement runs: "evaluate" asks the criteria of each object
-- in memory, "fetch" asks the database (by RETURNING of the keys where it can, else by a SELECT before), "auto"
-- evaluates where that is possible, false asks nobody. What becomes of the objects stands in dml_effects.lua.
local core = require "alchemoon.core"
local dml_run = require "alchemoon.orm.dml_run"
local evaluator = require "alchemoon.orm.evaluator"
local exc = require "alchemoon.exc"
local execution = require "alchemoon.orm.execution"
local identity = require "alchemoon.orm.identity"

local dml_objects = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag
local rawget, getmetatable = rawget, getmetatable
local unpack = table.unpack or unpack -- luacheck: ignore 113

local SYNC = { auto = true, evaluate = true, fetch = true }

--- What the statement, or the options of its execution, say of synchronize_session.
function dml_objects.sync_option(statement, options)
  local own = node_get(statement, "execution_options")
  local value = options and options.synchronize_session
  if value == nil and own then value = own.synchronize_session end
  if value == nil then value = "auto" end
  if value == core.null then value = false end
  if value ~= false and not SYNC[value] then
    exc.raise("ArgumentError", "%s", ("Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', "
      .. "false; got %s"):format(tostring(value)))
  end
  return value
end

-- The entity of update(aliased(Class)); nil for a class itself.
local function alias_of(statement)
  local class = node_get(statement, "orm")
  return rawget(class, "is_aliased_class") and class.__entity__ or nil
end

local function candidates(session, mapper, token)
  local list = {}
  for map in pairs(identity.maps(session, mapper)) do
    for _, obj in pairs(map) do
      if (token == nil or identity.token(obj) == token) and rawget(getmetatable(obj), "__mapper__"):isa(mapper) then
        list[#list + 1] = obj
      end
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

-- What a condition says of an object; nil and the reason if its values cannot be compared in Lua.
local function answer_of(condition, obj)
  local ok, answer = pcall(condition, obj)
  if ok then return answer, nil end
  if getmetatable(answer) == evaluator.Unevaluable then return nil, answer.reason end
  return error(answer, 0)
end

local function refuse_criteria(reason)
  exc.raise("InvalidRequestError", "%s", ('Could not evaluate current criteria in Lua: "%s". Specify \'fetch\' or '
    .. "false for the synchronize_session execution option."):format(reason))
end

--- Tells do_orm_execute listeners of the SELECT for the keys of the rows that the statement is about. It is not sent
-- where RETURNING brings them, and SQLAlchemy tells of it all the same.
function dml_objects.announce_keys(session, mapper, statement, params, options, how)
  if not session.dispatch.do_orm_execute then return end
  local criteria = node_get(statement, "where")
  if how ~= "fetch" and (how ~= "auto" or condition_of(mapper, criteria)) then return end
  local select = require("alchemoon.sql.select").select
  local keys = {} -- attributes: listeners are told whose they are
  for i, slot in ipairs(mapper.pk_slots) do keys[i] = mapper.class[mapper.name_of[slot]] end
  local query = select(unpack(keys)):select_from(mapper.class)
  for _, condition in ipairs(criteria) do query = query:where(condition) end
  execution.announce(session, query, params, options, { mapper = mapper })
end

-- Evaluates the criteria over the session's objects: matched ones, and those of which we cannot know.
local function evaluate(session, mapper, criteria, token)
  local condition, reason = condition_of(mapper, criteria)
  if not condition then return nil, nil, reason end
  local matched, unknown = {}, {}
  for _, obj in ipairs(candidates(session, mapper, token)) do
    local is_expired = rawget(obj, rawget(getmetatable(obj), "__mapper__").pk_slots[1]) == nil -- looks again anyway
    local answer
    if not is_expired then answer, reason = answer_of(condition, obj) end
    if reason then return nil, nil, reason end
    if answer == true then matched[#matched + 1] = obj
    elseif answer == evaluator.EXPIRED then unknown[#unknown + 1] = obj end
  end
  return matched, unknown
end

-- The database says which rows match, when the condition cannot be evaluated here.
local function fetch_keys(session, conn, mapper, statement, params, token)
  local select = require("alchemoon.sql.select").select
  local query = select(unpack(mapper.primary_key))
  for _, condition in ipairs(node_get(statement, "where")) do query = query:where(condition) end
  local map, matched = session.identity[mapper.identity_base] or {}, {}
  for _, row in ipairs(conn:execute(query, params):all()) do
    local obj = map[core.identity_key_with_token(token, row:unpack())]
    if obj then matched[#matched + 1] = obj end
  end
  return matched
end

-- May the statement itself bring the keys of its rows back?
local function can_return_keys(conn, statement)
  local dialect, into = conn.dialect, node_get(statement, "table")
  if node_get(statement, "return_options") == core.enums.RETURN_DEFAULTS then return false end
  if not dml_run.returns_rows(statement) then
    if node_tag(into) == T.TABLE and not into.implicit_returning then return false end
  elseif dml_run.returns_star(statement) then return false end
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

--- Raises the error of criteria that Lua cannot evaluate.
function dml_objects.check_criteria(mapper, criteria)
  local condition, reason = condition_of(mapper, criteria)
  if not condition then refuse_criteria(reason) end
end

--- Matched objects, those of which we cannot know, and whether the statement is to return keys instead. `single`: the
-- condition that the class itself adds.
function dml_objects.find(session, conn, mapper, statement, single, how, params, options)
  local token = options and options.identity_token
  if how == "fetch" then
    if is_aliased_update(statement) then return {}, {} end
    if can_return_keys(conn, statement) then return nil, {}, true end
    return fetch_keys(session, conn, mapper, statement, params, token), {}
  end
  local matched, unknown, reason = evaluate(session, mapper, criteria_of(statement, single), token)
  if matched then return matched, unknown end
  if how == "evaluate" then refuse_criteria(reason) end
  if is_aliased_update(statement) then return {}, {} end
  if can_return_keys(conn, statement) then return nil, {}, true end
  return fetch_keys(session, conn, mapper, statement, params, token), {}
end

return dml_objects
