--- `am.operators`: the operators as values, under SQLAlchemy's names: `am.operators.like_op(users.c.name, "a%")`.
--
-- The table is indexed with the name that an `operate(self, name, …)` hears, too, so that `am.operators[name](a, b)`
-- applies that operator to something else.
local bits = require "alchemoon.bits"
local coerce = require "alchemoon.sql.coerce"
local core = require "alchemoon.core"
local custom_op = require "alchemoon.sql.custom_op"
local exc = require "alchemoon.exc"
local namespace = require "alchemoon.namespace"

local operators = {}

-- What an operator with the literal on its left means for the expression on its right.
local MIRROR = { eq = "eq", ne = "ne", lt = "gt", gt = "lt", le = "ge", ge = "le" }
local REVERSIBLE = { add = true, sub = true, mul = true, truediv = true, floordiv = true, mod = true, concat = true }

-- An am.Comparator answers for itself, as its class may exchange the operator; anything else is taken as an element.
local function expression_of(value)
  local mt = type(value) == "table" and getmetatable(value)
  if type(mt) == "table" and rawget(mt, "is_comparator") then return value end
  return coerce.element(value)
end

local function reversed(self, literal, other, ...)
  local expression, mirror = expression_of(other), MIRROR[self.method]
  if expression and mirror then return expression[mirror](expression, literal, ...) end
  if expression and REVERSIBLE[self.method] then return expression:reverse_operate(self.method, literal) end
  return exc.raise("ArgumentError", "am.operators.%s(): the first operand must be an SQL expression, got %s",
    self.__name__, type(literal))
end

local Operator = { __name = "operator", __tostring = function(self) return self.__name__ end }

--- op(a, b, …): `a:method(b, …)`; a literal may stand on the left where the operator has a converse.
function Operator.__call(self, a, ...)
  if self.is_mark then
    exc.raise("ArgumentError", "am.operators.%s is not applied to anything: it only tells what stands in an expression",
      self.__name__)
  end
  local left = expression_of(a)
  if not left then return reversed(self, a, ...) end
  local made = left[self.method](left, ...)
  return self.negated and made:not_() or made
end

local function define(name, method, also)
  local operator = setmetatable({ __name__ = name, method = method }, Operator)
  operators[name] = operator
  for _, other in ipairs(also or {}) do operators[other] = operator end
  return operator
end

for _, name in ipairs { "add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "and_", "or_", "eq", "ne", "lt", "le",
  "gt", "ge", "is_", "is_not", "is_distinct_from", "is_not_distinct_from", "collate" } do
  define(name, name)
end
define("getitem", "at")
define("inv", "not_", { "not_" })
define("lshift", "bitwise_lshift") -- `<<` and `>>`
define("rshift", "bitwise_rshift")
operators.isnot, operators.isnot_distinct_from = operators.is_not, operators.is_not_distinct_from

for _, name in ipairs { "like", "ilike", "between", "distinct", "startswith", "istartswith", "endswith", "iendswith",
  "contains", "icontains", "match", "regexp_match", "regexp_replace", "concat", "desc", "asc", "nulls_first",
  "nulls_last", "bitwise_xor", "bitwise_or", "bitwise_and", "bitwise_not", "bitwise_lshift", "bitwise_rshift" } do
  define(name .. "_op", name, { name })
end
define("in_op", "in_", { "in_" })
define("any_op", "any_", { "any_" })
define("all_op", "all_", { "all_" })
operators.nullsfirst_op, operators.nullslast_op = operators.nulls_first_op, operators.nulls_last_op

for _, name in ipairs { "like", "ilike", "between", "in" } do
  local method = name == "in" and "not_in" or "not_" .. name
  define("not_" .. name .. "_op", method, { method, "not" .. name .. "_op" })
end
-- Opposites that expressions have no method for.
for _, name in ipairs { "startswith", "istartswith", "endswith", "iendswith", "contains", "icontains", "match",
  "regexp_match" } do
  define("not_" .. name .. "_op", name, { "not_" .. name, "not" .. name .. "_op" }).negated = true
end
for _, name in ipairs { "istartswith", "iendswith", "icontains", "regexp_match" } do
  operators["not" .. name .. "_op"] = nil -- SQLAlchemy has these by their new names alone
end

-- Operators that stand in trees and in tables of precedence, but are not applied to anything.
local function mark(name, also)
  local operator = define(name, nil, also)
  operator.is_mark = true
end
mark("is_true", { "istrue" })
mark("is_false", { "isfalse" })
for _, name in ipairs { "as_", "from_", "exists", "comma_op", "filter_op", "function_as_comparison_op",
  "json_getitem_op", "json_path_getitem_op" } do
  mark(name)
end

operators.custom_op = custom_op.custom_op

--- `a opstring b`, as a:op(opstring)(b).
---@param a any
---@param opstring string
---@param b any
---@return alchemoon.ColumnElement
function operators.op(a, opstring, b) return custom_op.custom_op(opstring)(a, b) end

-- --- what is known of operators --------------------------------------------------------------------

-- Operator → { precedence, flags }, from the compiler's own table, which calls some by shorter names.
local known = {}
for _, info in ipairs(core.operators()) do
  local operator = operators[info.name .. "_op"] or operators[info.name] or operators[info.name .. "_"]
  if getmetatable(operator) == Operator then known[operator] = info end
end

local function with_flag(flag)
  local out = {}
  for operator, info in pairs(known) do out[operator] = bits.has(info.flags, flag) or nil end
  return out
end

local function set(...)
  local out = {}
  for _, name in ipairs { ... } do out[operators[name]] = true end
  return out
end

local COMMUTATIVE = with_flag(core.enums.OPF_COMMUTATIVE)
local COMPARISON = with_flag(core.enums.OPF_COMPARISON)
local BOOLEANS = with_flag(core.enums.OPF_BOOLEAN)
local SELF_PRECEDENT = with_flag(core.enums.OPF_NATURAL_SELF_PRECEDENT)
local ASSOCIATIVE = set("add", "mul", "concat_op", "and_", "or_")
local ORDERING = set("asc_op", "desc_op", "nulls_first_op", "nulls_last_op")
local LOWEST, HIGHEST = -100, 100 -- of operators that nothing is known of

-- An operator, also by the name that operate() hears.
local function operator_of(value)
  if type(value) == "string" then return operators[value] end
  return value
end

local function fact(name, list, field)
  operators[name] = function(operator)
    operator = operator_of(operator)
    return list[operator] or custom_op.is(operator) and field ~= nil and operator[field] or false
  end
end
fact("is_comparison", COMPARISON, "is_comparison")
fact("is_commutative", COMMUTATIVE)
fact("is_associative", ASSOCIATIVE)
fact("is_ordering_modifier", ORDERING)
fact("is_order_by_modifier", ORDERING)
fact("is_natural_self_precedent", SELF_PRECEDENT, "natural_self_precedent")

--- Does the operator give a truth value?
---@param operator table|string
---@return boolean
function operators.is_boolean(operator)
  operator = operator_of(operator)
  return operators.is_comparison(operator) or BOOLEANS[operator] or false
end

--- The comparison with its sides exchanged: that of lt is gt. Others are what they were.
---@param operator table|string
---@return table
function operators.mirror(operator)
  operator = operator_of(operator)
  local turned = MIRROR[operator.__name__]
  return turned and operators[turned] or operator
end

--- Does `operator` need parentheses inside `against`?
---@param operator table|string
---@param against table|string|nil
---@return boolean
function operators.is_precedent(operator, against)
  operator, against = operator_of(operator), operator_of(against)
  if operator == against and operators.is_natural_self_precedent(operator) then return false end
  if against == nil then return true end
  local own, other = known[operator] or operator, known[against] or against
  other = other.precedence
  if other == nil or other == LOWEST then other = HIGHEST end
  return (own.precedence or LOWEST) <= other
end

namespace.close(operators, "am.operators")

return operators
