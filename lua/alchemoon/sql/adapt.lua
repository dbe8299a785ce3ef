--- What an operator means between two types: the operator to render and the type of the result.
--
-- Integer + Date is a Date, text + text is ||, and so on. Types are compared by affinity (csrc/sql/types.def).
local core = require "alchemoon.core"
local types = require "alchemoon.types"

local op = {}
for _, info in ipairs(core.operators()) do op[info.name] = info.id end

local affinity = types.affinity
local ADD, CONCAT = op.add, op.concat
local COMMUTATIVE = { [op.eq] = true, [op.ne] = true, [op.add] = true, [op.mul] = true }
local CONCATENABLE = { STRING = true, ARRAY = true, HSTORE = true, JSON = true }
-- String-like types of PostgreSQL that have no "+" of their own.
local NOT_CONCATENABLE = { TSVECTOR = true, TSQUERY = true, BIT = true, REGCLASS = true, REGCONFIG = true }

local SELF = "self" -- of two such types the right one counts: Numeric(12, 3) + Numeric(6, 2) is a Numeric(6, 2)
local NUMBER = { NUMERIC = SELF, INTEGER = SELF }
local TABLE = {
  INTEGER = {
    add = { DATE = types.DATE, INTEGER = SELF, NUMERIC = types.NUMERIC },
    mul = { INTERVAL = types.INTERVAL, INTEGER = SELF, NUMERIC = types.NUMERIC },
    truediv = { INTEGER = types.NUMERIC, NUMERIC = types.NUMERIC },
    floordiv = { INTEGER = SELF, NUMERIC = types.NUMERIC },
    sub = { INTEGER = SELF, NUMERIC = types.NUMERIC },
  },
  NUMERIC = {
    add = NUMBER, sub = NUMBER, truediv = NUMBER, floordiv = NUMBER,
    mul = { INTERVAL = types.INTERVAL, NUMERIC = SELF, INTEGER = SELF },
  },
  DATE = {
    add = { INTEGER = SELF, INTERVAL = types.DATETIME, TIME = types.DATETIME },
    sub = { INTEGER = SELF, DATE = types.INTEGER, INTERVAL = types.DATETIME, DATETIME = types.INTERVAL },
  },
  TIME = {
    add = { DATE = types.DATETIME, INTERVAL = SELF },
    sub = { TIME = types.INTERVAL, INTERVAL = SELF },
  },
  DATETIME = {
    add = { INTERVAL = SELF },
    sub = { INTERVAL = SELF, DATETIME = types.INTERVAL },
  },
  INTERVAL = {
    add = { DATE = types.DATETIME, INTERVAL = SELF, DATETIME = types.DATETIME, TIME = types.TIME },
    sub = { INTERVAL = SELF }, mul = { NUMERIC = SELF, INTEGER = SELF }, truediv = { NUMERIC = SELF },
  },
}
local BY_ID = {}
for name, rows in pairs(TABLE) do
  BY_ID[name] = {}
  for op_name, row in pairs(rows) do BY_ID[name][op[op_name]] = row end
end

local adapt

local function concatenable(node, kind)
  return CONCATENABLE[kind] and not NOT_CONCATENABLE[types.kind_key(node)]
end

--- The operator and the result type of `left operator right`.
---@param operator integer
---@param left userdata   TYPE
---@param right userdata  TYPE
---@return integer operator
---@return userdata type
function adapt(operator, left, right)
  local mine, other = affinity(left), affinity(right)
  local row = BY_ID[mine]
  if row then
    local result = row[operator] and row[operator][other]
    if result == SELF and other == mine and types.kind_key(left) == mine then return operator, right end
    if result == nil or result == SELF then return operator, left end
    if affinity(result) == other then return operator, right end
    return operator, result
  end
  if operator == ADD and concatenable(left, mine)
    and (concatenable(right, other) or types.kind_key(right) == "NULLTYPE") then
    return CONCAT, types.kind_key(left) == "ENUM" and types.public.String() or left
  end
  if types.kind_key(left) == "NULLTYPE" and COMMUTATIVE[operator] and types.kind_key(right) ~= "NULLTYPE" then
    return adapt(operator, right, left)
  end
  if operator == CONCAT and types.kind_key(left) == "ENUM" then return operator, types.public.String() end
  return operator, left
end

return { adapt = adapt, op = op }
