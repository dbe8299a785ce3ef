--- Ranges and multiranges.
local types = require "alchemoon.types"
local comparators = require "alchemoon.sql.comparators"
local json = require "alchemoon.sql.comparators.json"
local operators = require "alchemoon.sql.operators"
local core = require "alchemoon.core"

local node_type = core.node_type

local function truth(text)
  local custom = operators.custom(text, operators.COMPARISON_PRECEDENCE, true)
  return function(self, other) return operators.custom_operate(self, custom, other, false, types.BOOLEAN) end
end

local methods = {
  contained_by = json.truth(json.CONTAINED_BY), overlaps = truth "&&",
  strictly_left_of = truth "<<", strictly_right_of = truth ">>", not_extend_right_of = truth "&<",
  not_extend_left_of = truth "&>", adjacent_to = truth "-|-",
  union = function(self, other) return self + other end,
  difference = function(self, other) return self - other end,
  intersection = function(self, other) return self * other end,
}
methods.overlap = methods.overlaps

local function same_type(name)
  local op = operators.op[name]
  return function(self, _, other, reverse)
    return operators.arith(self, op, other, { type = node_type(self), reverse = reverse })
  end
end

local kinds = {}
for _, info in pairs(types.kinds) do
  if info.affinity == "RANGE" then kinds[#kinds + 1] = info.key end
end
comparators.define(kinds, {
  methods = methods,
  operate = {
    contains = json.contains,
    add = same_type "add", sub = same_type "sub", mul = same_type "mul",
    bitwise_lshift = function(self, _, other) return methods.strictly_left_of(self, other) end,
    bitwise_rshift = function(self, _, other) return methods.strictly_right_of(self, other) end,
  },
})

return {}
