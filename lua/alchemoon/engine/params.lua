--- Parameters as users give them: one set or many, positional or named.
local exc = require "alchemoon.exc"
local odd_set = require("alchemoon.core").odd_set
local row_mapping = require "alchemoon.engine.row_mapping"

local params = {}

local function is_plain(value) return type(value) == "table" and getmetatable(value) == nil end

--- Is this a list of parameter sets (tables), not one set?
---@param value any
---@return boolean
function params.is_many(value)
  return is_plain(value) and (value.n == nil or value.n > 0)
    and (is_plain(value[1]) or row_mapping.plain(value[1]) ~= nil)
end

-- The list with plain tables in the place of rows of other results.
local function with_plain_sets(list)
  local out = {}
  for i, set in ipairs(list) do out[i] = row_mapping.plain(set) or set end
  return out
end

--- The parameters of execute() as a list of sets, and whether they were given as a list (executemany).
---@param value any   nil, a table name → value, or a list of such tables
---@return table sets
---@return boolean many
function params.distill(value)
  if value == nil then return {}, false end
  if not is_plain(value) then
    local set = row_mapping.plain(value)
    if set then return { set }, false end
    exc.raise("ArgumentError", "a table { name = value } or a list of such tables expected for parameters, got %s",
      type(value))
  end
  if value[1] == nil then
    if next(value) == nil then return {}, false end
    return { value }, false
  end
  local place, kind = odd_set(value)
  if place and row_mapping.plain(value[place]) then
    value = with_plain_sets(value)
    place, kind = odd_set(value)
  end
  if place then
    exc.raise("ArgumentError", "List argument must consist only of tables { name = value }; item %d is a %s",
      place, kind)
  end
  return value, true
end

-- The names of :name, @name and $name parameters in the order of their first use, which is how SQLite numbers them;
-- nil when the text has none.
local function named_parameters(sql)
  local names, seen = {}, {}
  local at, size = 1, #sql
  while at <= size do
    local ch = sql:sub(at, at)
    local two = sql:sub(at, at + 1)
    if ch == "'" or ch == '"' or ch == "`" then
      at = (sql:find(ch, at + 1, true) or size) + 1
    elseif ch == "[" then
      at = (sql:find("]", at + 1, true) or size) + 1
    elseif two == "--" then
      at = (sql:find("\n", at, true) or size) + 1
    elseif two == "/*" then
      local _, stop = sql:find("*/", at + 2, true)
      at = (stop or size) + 1
    elseif ch == ":" or ch == "@" or ch == "$" then
      local name = sql:match("^[%w_]+", at + 1)
      if name then
        if not seen[name] then
          seen[name] = true
          names[#names + 1] = name
        end
        at = at + 1 + #name
      else
        at = at + 1
      end
    elseif ch:find("[%w_]") then
      at = (select(2, sql:find("^[%w_$]+", at))) + 1
    else
      at = at + 1
    end
  end
  return names
end

local function to_list(names, set)
  local list = { n = #names }
  for i, name in ipairs(names) do
    local value = set[name]
    if value == nil then
      local e = exc.ProgrammingError(("You did not supply a value for binding parameter :%s."):format(name))
      error(e, 0)
    end
    list[i] = value
  end
  return list
end

-- PostgreSQL would take more values than the text has places for, as their types are declared.
local function check_count(dialect, sql, list)
  if dialect.paramstyle == "qmark" then return list end
  local most, count = 0, list.n or #list
  for number in sql:gmatch("%$(%d+)") do most = math.max(most, tonumber(number)) end
  if count > most then
    local e = exc.ProgrammingError(("%d parameters were given, but the statement takes %d"):format(count, most))
    e.statement, e.params = sql, list
    error(e, 0)
  end
  return list
end

--- Parameters of exec_driver_sql as the driver takes them: lists. A table with names is put in order by the
-- names in the text (SQLite).
---@param dialect alchemoon.Dialect
---@param sql string
---@param value any
---@return table? list
---@return boolean many
function params.for_driver(dialect, sql, value)
  if value == nil then return nil, false end
  local kind = type(value) == "table" and type(value[1])
  if kind and kind ~= "nil" and kind ~= "table" and getmetatable(value) == nil then
    return check_count(dialect, sql, value), false
  end
  if not is_plain(value) then
    exc.raise("ArgumentError", "exec_driver_sql: a list of values, a table { name = value } or a list of these "
      .. "expected for parameters, got %s", type(value))
  end
  local many = params.is_many(value)
  local first = many and value[1] or value
  if first[1] ~= nil or first.n or next(first) == nil then
    check_count(dialect, sql, first)
    return value, many
  end
  if dialect.paramstyle ~= "qmark" then
    exc.raise("ArgumentError", "exec_driver_sql: %s takes a list of values for $1, $2, ...; use am.text() for named "
      .. "parameters", dialect.name)
  end
  local names = named_parameters(sql)
  if not many then return to_list(names, value), false end
  local list = {}
  for i, set in ipairs(value) do list[i] = to_list(names, set) end
  return list, true
end

return params
