--- Criteria of an UPDATE or DELETE, evaluated over objects in memory (synchronize_session = "evaluate").
--
-- `evaluator.compile(node, mapper)` gives function(obj) → true, false or nil (NULL: unknown), or the symbol EXPIRED
-- when an attribute that matters is not loaded. What cannot be evaluated raises evaluator.Unevaluable.
local core = require "alchemoon.core"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local unset = require "alchemoon.orm.unset"
local column_values = require "alchemoon.values"

local T = core.tags
local node_get, node_tag, value_kind = core.node_get, core.node_tag, core.value_kind
local null = symbols.null

local evaluator = {}
evaluator.EXPIRED = setmetatable({}, { __tostring = function() return "EXPIRED" end })
local EXPIRED = evaluator.EXPIRED

--- What is raised for an expression that memory cannot answer; `reason` says why.
evaluator.Unevaluable = {}
evaluator.Unevaluable.__index = evaluator.Unevaluable

local function refuse(reason, ...)
  error(setmetatable({ reason = reason:format(...) }, evaluator.Unevaluable), 0)
end

local op = {}
for _, info in ipairs(core.operators()) do op[info.name] = info.id end

local function either(a, b, fn)
  if a == EXPIRED or b == EXPIRED then return EXPIRED end
  if a == nil or b == nil then return nil end
  return fn(a, b)
end

local function to_decimal(value)
  local is_integer = math.type and math.type(value) == "integer" or not math.type and value % 1 == 0
  return is_integer and column_values.decimal(value) or column_values.decimal.from_float(value)
end

-- The value as one of a kind of objects: a program may give numbers for decimals and texts for decimals and dates.
-- nil: it is none.
local function as_kind(kind, value)
  local given = type(value)
  if kind == "decimal" and given == "number" then return to_decimal(value) end
  if given ~= "string" then return nil end
  local ok, made = pcall(kind == "decimal" and column_values.decimal or column_values[kind].parse, value)
  return ok and made or nil
end

-- Both as values that Lua can compare; without metamethods it calls those of two types unequal, or refuses them.
local function alike(a, b)
  local left, right = value_kind(a), value_kind(b)
  if left == right then return a, b end
  local x, y = a, b
  if not right then y = as_kind(left, b) elseif not left then x = as_kind(right, a) end
  if x == nil or y == nil or left and right then refuse("Cannot compare %s with %s", tostring(a), tostring(b)) end
  return x, y
end

local function comparison(fn)
  return function(a, b) return fn(alike(a, b)) end
end

-- Decimals mix with integers only; the database mixes them with all numbers.
local function arithmetic(fn)
  return function(a, b)
    if type(a) == "number" and value_kind(b) == "decimal" then a = to_decimal(a) end
    if type(b) == "number" and value_kind(a) == "decimal" then b = to_decimal(b) end
    return fn(a, b)
  end
end

local COMPARE = {
  [op.eq] = comparison(function(a, b) return a == b end), [op.ne] = comparison(function(a, b) return a ~= b end),
  [op.lt] = comparison(function(a, b) return a < b end), [op.le] = comparison(function(a, b) return a <= b end),
  [op.gt] = comparison(function(a, b) return a > b end), [op.ge] = comparison(function(a, b) return a >= b end),
  [op.add] = arithmetic(function(a, b) return a + b end), [op.sub] = arithmetic(function(a, b) return a - b end),
  [op.mul] = arithmetic(function(a, b) return a * b end), [op.truediv] = arithmetic(function(a, b) return a / b end),
  [op.mod] = arithmetic(function(a, b) return a % b end),
  [op.concat] = function(a, b) return a .. b end,
  [op.startswith] = function(a, b) return a:sub(1, #b) == b end,
  [op.endswith] = function(a, b) return b == "" or a:sub(-#b) == b end,
}

local compile

local function value_list(node)
  local tag = node_tag(node)
  if tag == T.GROUPING then return value_list(node_get(node, "element")) end
  if tag ~= T.BIND then return nil end
  local list = node_get(node, "value")
  return type(list) == "table" and list or nil
end

local function rows_equal(a, b)
  for i = 1, #b do
    if a[i] == nil or a[i] == null or not COMPARE[op.eq](a[i], b[i]) then return false end
  end
  return #a == #b
end

-- function(value): is it in the list? Dates, decimals and the like are compared with each item.
local function finder(list, equal)
  local plain, others = {}, {}
  for _, item in ipairs(list) do
    local kind = type(item)
    if kind == "string" or kind == "number" or kind == "boolean" then plain[item] = true
    else others[#others + 1] = item end
  end
  return function(value)
    if plain[value] then return true end
    for _, item in ipairs(value_kind(value) and list or others) do
      if item ~= null and equal(item, value) then return true end
    end
    return false
  end
end

-- With a NULL in the list, what is not found is unknown and not false.
local function membership(left, right, negated, mapper)
  local list = value_list(right)
  if not list then refuse("Cannot evaluate an IN of a subquery") end
  local get, has_null = compile(left, mapper), false
  for _, item in ipairs(list) do has_null = has_null or item == null end
  local is_member = finder(list, COMPARE[op.eq])
  return function(obj)
    local value = get(obj)
    if value == EXPIRED or value == nil then return value end
    local found = is_member(value)
    if not found and has_null then return nil end
    return found ~= negated
  end
end

local function is_test(left, right, negated, mapper)
  local get, other = compile(left, mapper), compile(right, mapper)
  return function(obj)
    local a, b = get(obj), other(obj)
    if a == EXPIRED or b == EXPIRED then return EXPIRED end
    return (a == b) ~= negated
  end
end

-- Several columns at once (tuple_): a list of their values, nil if one is NULL.
local function row_of(node, mapper)
  local parts = {}
  for i, item in ipairs(node_get(node, "items")) do parts[i] = compile(item, mapper) end
  return function(obj)
    local values, has_null = {}, false
    for i = 1, #parts do
      values[i] = parts[i](obj)
      if values[i] == EXPIRED then return EXPIRED end
      has_null = has_null or values[i] == nil
    end
    return not has_null and values or nil
  end
end

local function row_membership(left, right, negated, mapper)
  local list = value_list(right)
  if not list then refuse("Cannot evaluate an IN of a subquery") end
  local get, is_member = row_of(left, mapper), finder(list, rows_equal)
  return function(obj)
    local values = get(obj)
    if values == EXPIRED or values == nil then return values end
    return is_member(values) ~= negated
  end
end

local function row_comparison(operator, left, right, mapper)
  if operator == op.in_ then return row_membership(left, right, false, mapper) end
  if operator == op.not_in then return row_membership(left, right, true, mapper) end
  if (operator ~= op.eq and operator ~= op.ne) or node_tag(right) ~= T.TUPLE then
    refuse("Cannot evaluate a comparison of rows with operator %s", core.operators()[operator + 1].name)
  end
  local a, b, negated = row_of(left, mapper), row_of(right, mapper), operator == op.ne
  return function(obj)
    return either(a(obj), b(obj), function(x, y) return rows_equal(x, y) ~= negated end)
  end
end

local function binary(node, mapper)
  local operator, left, right = node_get(node, "op"), node_get(node, "left"), node_get(node, "right")
  if node_tag(left) == T.TUPLE then return row_comparison(operator, left, right, mapper) end
  if operator == op.in_ then return membership(left, right, false, mapper) end
  if operator == op.not_in then return membership(left, right, true, mapper) end
  if operator == op.is_ then return is_test(left, right, false, mapper) end
  if operator == op.is_not then return is_test(left, right, true, mapper) end
  local fn = COMPARE[operator]
  if not fn then refuse("Cannot evaluate binary expression with operator %s", core.operators()[operator + 1].name) end
  local a, b = compile(left, mapper), compile(right, mapper)
  return function(obj) return either(a(obj), b(obj), fn) end
end

-- False wins over unknown, which wins over true; an expired value cannot be told at all.
local function conjunction(parts)
  return function(obj)
    local unknown = false
    for i = 1, #parts do
      local value = parts[i](obj)
      if value == EXPIRED then return EXPIRED end
      if value == false then return false end
      if value == nil then unknown = true end
    end
    if unknown then return nil end
    return true
  end
end

-- True wins over unknown, which wins over false; an expired value cannot be told at all.
local function disjunction(parts)
  return function(obj)
    local unknown = false
    for i = 1, #parts do
      local value = parts[i](obj)
      if value == EXPIRED then return EXPIRED end
      if value == true then return true end
      if value == nil then unknown = true end
    end
    if unknown then return nil end
    return false
  end
end

local function clause_list(node, mapper)
  local operator, parts = node_get(node, "op"), {}
  for i, item in ipairs(node_get(node, "items")) do parts[i] = compile(item, mapper) end
  if operator == op.and_ then return conjunction(parts) end
  if operator == op.or_ then return disjunction(parts) end
  return refuse("Cannot evaluate clauselist with operator %s", core.operators()[operator + 1].name)
end

-- An aliased class has the rows of the class under another name: no object says what they are.
local function refuse_alias(node, alias, mapper)
  local name = node_get(alias, "name")
  local base = node_get(alias, "element")
  local described = name and ("%s.%s"):format(name, node_get(node, "name"))
    or ("Anonymous alias of %s.%s"):format(node_get(base, "name") or "", node_get(node, "name"))
  refuse("Cannot evaluate expression: No column %s is configured on mapper %s...", described, tostring(mapper))
end

local function column(node, mapper)
  local slot = mapper.column_slot[node]
  if not slot then
    local from = node_get(node, "table")
    if from and node_tag(from) == T.ALIAS then refuse_alias(node, from, mapper) end
    refuse("Cannot evaluate column: %s", tostring(node))
  end
  return function(obj)
    local value = rawget(obj, slot)
    if value == null then return nil end
    if value == nil and not unset.is(obj, rawget(getmetatable(obj), "__mapper__"), slot) then return EXPIRED end
    return value
  end
end

local function bind(node)
  if node_get(node, "callable") then
    local fn = node_get(node, "callable")
    return function() return fn() end
  end
  local value = node_get(node, "value")
  if value == null then value = nil end
  if type(value) == "table" and getmetatable(value) == nil then refuse("Cannot evaluate a list") end
  return function() return value end
end

local function constant(value) return function() return function() return value end end end

local visit = {
  [T.BINARY] = binary, [T.CLAUSE_LIST] = clause_list, [T.COLUMN] = column, [T.BIND] = bind,
  [T.NULL] = constant(nil), [T.TRUE] = constant(true), [T.FALSE] = constant(false),
  [T.GROUPING] = function(node, mapper) return compile(node_get(node, "element"), mapper) end,
  [T.ORM_ATTR] = function(node, mapper) return compile(node_get(node, "column"), mapper) end,
  [T.UNARY] = function(node, mapper)
    local operator, inner = node_get(node, "op"), compile(node_get(node, "element"), mapper)
    if operator == op.inv then
      return function(obj)
        local value = inner(obj)
        if value == nil or value == EXPIRED then return value end
        return not value
      end
    end
    return refuse("Cannot evaluate unary expression")
  end,
}

function compile(node, mapper)
  local fn = visit[node_tag(node)]
  if not fn then
    refuse("Cannot evaluate %s", core.node_tag(node) == core.tags.FUNCTION and "Function" or tostring(node))
  end
  return fn(node, mapper)
end

--- A function(obj) for an expression.
---@param node userdata
---@param mapper table
---@return function
function evaluator.compile(node, mapper) return compile(node, mapper) end

--- The same for a list of conditions joined by AND; without conditions everything matches.
function evaluator.conditions(list, mapper)
  local all = sql.and_(list) -- a boolean column among others becomes a test there, which is not evaluated
  if all == nil then return conjunction {} end
  return compile(all, mapper)
end

return evaluator
