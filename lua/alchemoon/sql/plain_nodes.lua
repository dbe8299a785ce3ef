--- The classes of the plain expression nodes: comparisons, parameters, labels, CASE ... and their fields.
local core = require "alchemoon.core"
local types = require "alchemoon.types"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local comparators = require "alchemoon.sql.comparators"
local operator_functions = require "alchemoon.sql.operator_functions"
local operators = require "alchemoon.sql.operators"

local node_get = core.node_get
local plain_nodes = {}

local field = class.field

local function key_of(self) return node_get(self, "key_name") or node_get(self, "name") end

-- The operator as am.operators has it, so that `node.operator == am.operators.eq` tells; the name of one without.
local function operator_value(op)
  if op == 0 then return nil end
  local name = coerce.operator_names[op]
  return rawget(operator_functions, name) or name
end

local function operator_field(name)
  return function(self) return operator_value(node_get(self, name)) end
end

local function operator_of(self)
  local custom = node_get(self, "custom")
  if custom then return node_get(custom, "text") end
  return operator_value(node_get(self, "op"))
end

--- Defines the classes, under their names in `elements`.
---@param elements table   with ColumnElement, their parent
function plain_nodes.define(elements)
  local function node_class(name, tag, properties, methods)
    elements[name] = class.define(name, {
      tags = { tag }, parent = elements.ColumnElement, properties = properties, methods = methods,
    })
  end
  node_class("ColumnClause", "COLUMN", {
    name = field "name", key = key_of, table = field "table",
    is_literal = function(self) return node_get(self, "literal") ~= 0 end,
  })
  local function option(name)
    return function(self) return types.has_bit(node_get(self, "options"), coerce.BIND[name]) end
  end
  node_class("BindParameter", "BIND", {
    key = field "name", value = field "value", callable = field "callable",
    effective_value = function(self)
      local callable = node_get(self, "callable")
      if callable then return callable() end
      return node_get(self, "value")
    end,
    unique = option "UNIQUE", required = option "REQUIRED", expanding = option "EXPANDING",
    isoutparam = option "OUT", literal_execute = option "LITERAL_EXECUTE",
  }, {
    --- The parameter rendered as a literal when the statement is executed.
    render_literal_execute = function(self)
      return core.node_with(self, { options = node_get(self, "options") + coerce.BIND.LITERAL_EXECUTE })
    end,
  })
  node_class("Null", "NULL")
  node_class("True_", "TRUE")
  node_class("False_", "FALSE")
  operators.make_constants()
  node_class("BinaryExpression", "BINARY", {
    left = field "left", right = field "right", operator = operator_of, modifiers = field "modifiers",
    negate = operator_field "negate",
  })
  elements.BinaryExpression.fallback = comparators.binary_attribute
  node_class("UnaryExpression", "UNARY", {
    element = field "element", operator = operator_of,
    modifier = operator_field "modifier",
  })
  node_class("ClauseList", "CLAUSE_LIST", { clauses = field "items", operator = operator_field "op" })
  node_class("Tuple", "TUPLE", { clauses = field "items", types = field "types" })
  node_class("Grouping", "GROUPING", {
    element = field "element",
    name = function(self) return node_get(self, "element").name end,
    key = function(self) return node_get(self, "element").key end,
  })
  node_class("Cast", "CAST", { clause = field "element" })
  node_class("TypeCoerce", "TYPE_COERCE", {
    clause = field "element", name = function(self) return node_get(self, "element").name end,
  })
  node_class("Extract", "EXTRACT", { field = field "field", expr = field "element" })
  node_class("Case", "CASE", { value = field "value", whens = field "whens", else_ = field "else_" })
  node_class("CollationClause", "COLLATION", { collation = field "name" })
  node_class("Slice", "SLICE", { start = field "start", stop = field "stop", step = field "step" })
  node_class("Label", "LABEL", { name = field "name", key = field "name", element = field "element" })
  node_class("Array", "ARRAY", { clauses = field "items", dimensions = field "dimensions" })
  node_class("AggregateOrderBy", "AGGREGATE_ORDER_BY", { element = field "element", order_by = field "order_by" })
end

return plain_nodes
