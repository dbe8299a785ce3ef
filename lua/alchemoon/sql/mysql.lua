--- MySQL's own expressions: full text search over several columns.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local coerce = require "alchemoon.sql.coerce"
local comparators = require "alchemoon.sql.comparators"
local operators = require "alchemoon.sql.operators"

local op = operators.op
local mysql = {}

local MATCH = core.enums.BINARY_AGAINST
local NOT_BOOLEAN, NATURAL, EXPANSION = 1, 2, 4 -- OP_MODIFIERS.options of MATCH

local function with_bits(self, clear, set)
  local modifiers = core.node_get(self, "modifiers")
  local bits = modifiers and core.node_get(modifiers, "options") or 0
  if clear and types.has_bit(bits, clear) then bits = bits - clear end
  if set and not types.has_bit(bits, set) then bits = bits + set end
  return core.node_with(self, { modifiers = core.node(core.tags.OP_MODIFIERS, { options = bits }) })
end

comparators.constructs[MATCH] = {
  in_boolean_mode = function(self) return with_bits(self, NOT_BOOLEAN) end,
  in_natural_language_mode = function(self) return with_bits(self, nil, NATURAL) end,
  with_query_expansion = function(self) return with_bits(self, nil, EXPANSION) end,
}

local VALID = { against = true, in_boolean_mode = false, in_natural_language_mode = false,
  with_query_expansion = false }

--- MATCH (columns) AGAINST (expression): match(a, b, { against = "text", in_boolean_mode = true }).
---@param ... any
---@return alchemoon.ColumnElement
function mysql.match(...)
  local args, opts = options.split(...)
  opts = options.read("match", opts, VALID)
  if args.n == 0 then exc.raise("ArgumentError", "columns are required") end
  if opts.against == nil then exc.raise("ArgumentError", "against is required") end
  local items = {}
  for i = 1, args.n do items[i] = coerce.column(args[i], "match()") end
  local list = core.node(core.tags.CLAUSE_LIST, { items = items, op = op.comma }, types.NULLTYPE)
  local bits = (opts.in_boolean_mode and 0 or NOT_BOOLEAN) + (opts.in_natural_language_mode and NATURAL or 0)
    + (opts.with_query_expansion and EXPANSION or 0)
  return core.binary(list, coerce.expr(opts.against), op.match, op.not_match, types.MATCHTYPE,
    core.node(core.tags.OP_MODIFIERS, { options = bits }), nil, MATCH)
end

return mysql
