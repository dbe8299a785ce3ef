--- `am.operators`: the operators as values, under SQLAlchemy's names: `am.operators.like_op(users.c.name, "a%")`.
--
-- The table is indexed with the name that an `operate(self, name, …)` hears, too, so that `am.operators[name](a, b)`
-- applies that operator to something else.
local coerce = require "alchemoon.sql.coerce"
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

--- op(a, b, …): `a:method(b, …)`; a literal may stand on the left where the operator can be said the other way round.
function Operator.__call(self, a, ...)
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

namespace.close(operators, "am.operators")

return operators
