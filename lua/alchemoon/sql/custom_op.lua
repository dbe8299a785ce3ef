--- `am.custom_op`: an operator that the database has and the library does not, as a value.
local coerce = require "alchemoon.sql.coerce"
local comparators = require "alchemoon.sql.comparators"
local exc = require "alchemoon.exc"
local named = require "alchemoon.named"
local operators = require "alchemoon.sql.operators"
local options = require "alchemoon.options"
local types = require "alchemoon.types"

local custom_op = {}

---@class alchemoon.CustomOp
---@field opstring string
---@field precedence number
---@field is_comparison boolean
---@field natural_self_precedent boolean
---@field eager_grouping boolean
---@field return_type userdata?
local CustomOp = { __name = "custom_op" }
CustomOp.__tostring = function(self) return ("custom_op('%s')"):format(self.opstring) end
CustomOp.__eq = function(a, b)
  return getmetatable(a) == getmetatable(b) and a.opstring == b.opstring and a.precedence == b.precedence
    and a.is_comparison == b.is_comparison and a.natural_self_precedent == b.natural_self_precedent
    and a.eager_grouping == b.eager_grouping and a.return_type == b.return_type
end

--- Applies the operator to an expression: hooks of its type are asked first. `reverse`: it is the operand on the right.
---@param self alchemoon.CustomOp
---@param expression userdata
---@param other any
---@param reverse boolean?
---@return alchemoon.ColumnElement
function custom_op.apply(self, expression, other, reverse)
  local made = comparators.by_hook(expression, self, reverse, other)
  if made ~= nil then return made end
  return operators.custom_operate(expression, self._node, other, reverse)
end

--- op(a, b): `a op b`, where one of them may be a literal.
function CustomOp.__call(self, a, b)
  local left = coerce.element(a)
  if left then return custom_op.apply(self, left, b) end
  local right = coerce.element(b)
  if right then return custom_op.apply(self, right, a, true) end
  return exc.raise("ArgumentError", "%s: one operand must be an SQL expression, got %s and %s", tostring(self),
    coerce.describe(a), coerce.describe(b))
end

--- Is it one of these?
---@param value any
---@return boolean
function custom_op.is(value) return type(value) == "table" and getmetatable(value) == CustomOp end

--- One of these from options that were read already.
---@param text string
---@param opts table
---@return alchemoon.CustomOp
function custom_op.new(text, opts)
  local return_type = opts.return_type and types.coerce(opts.return_type) or nil
  return setmetatable({
    __name__ = "custom_op", opstring = text, precedence = opts.precedence or 0,
    is_comparison = opts.is_comparison or false, return_type = return_type,
    natural_self_precedent = opts.natural_self_precedent or false, eager_grouping = opts.eager_grouping or false,
    python_impl = opts.python_impl,
    _node = operators.custom(text, opts.precedence, opts.is_comparison, return_type, opts),
  }, CustomOp)
end

local CUSTOM_OP = { precedence = true, is_comparison = true, return_type = true, natural_self_precedent = true,
  eager_grouping = true, python_impl = true }

--- An operator as a function of two operands: `local within = am.custom_op("<@"); within(a, b)`. `operate()` takes it,
-- and a comparator's operate() hears it.
---@param text string
---@param opts table?   those of `op()`; natural_self_precedent: a op b op c needs no parentheses; eager_grouping: in
---                      parentheses inside any other operator
---@return alchemoon.CustomOp
function custom_op.custom_op(text, opts)
  return custom_op.new(text, options.check("custom_op", opts, CUSTOM_OP) or {})
end
custom_op.custom_op = named.arguments("custom_op", { "opstring", "precedence", "is_comparison", "return_type",
  "natural_self_precedent", "eager_grouping", "python_impl" }, 1, 1, custom_op.custom_op)

return custom_op
