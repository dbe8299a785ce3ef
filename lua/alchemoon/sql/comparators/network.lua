--- Types of PostgreSQL whose operators differ from those of text: addresses, text search.
local core = require "alchemoon.core"
local types = require "alchemoon.types"
local comparators = require "alchemoon.sql.comparators"
local operators = require "alchemoon.sql.operators"

local function custom(text)
  local node = operators.custom(text, operators.COMPARISON_PRECEDENCE, true)
  return function(self, other) return operators.custom_operate(self, node, other, false, types.BOOLEAN) end
end

comparators.define({ "INET", "CIDR" }, {
  methods = { contained_within = custom "<<", contained_within_or_eq = custom "<<=", contains_or_eq = custom ">>=" },
})

--- Text search: `||` joins vectors.
comparators.define({ "TSVECTOR", "TSQUERY" }, {
  operate = {
    concat = function(self, operator, other, reverse)
      return operators.arith(self, operator, other, { type = core.node_type(self), reverse = reverse })
    end,
  },
})

return {}
