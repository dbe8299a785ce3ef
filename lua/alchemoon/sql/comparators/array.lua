--- ARRAY: subscripts, slices, ANY and ALL, containment.
local core = require "alchemoon.core"
local options = require "alchemoon.options"
local types = require "alchemoon.types"
local adapt = require "alchemoon.sql.adapt"
local coerce = require "alchemoon.sql.coerce"
local comparators = require "alchemoon.sql.comparators"
local json = require "alchemoon.sql.comparators.json"
local operators = require "alchemoon.sql.operators"

local tags, node_tag, node_get, node_type = core.tags, core.node_tag, core.node_get, core.node_type
local op = adapt.op

local OVERLAP = operators.custom("&&", operators.COMPARISON_PRECEDENCE, true)

local function array_type(self) return types.impl(node_type(self)) end

local function slice_bound(self, value, zero)
  if value == nil then return nil end
  if zero then value = value + 1 end
  local node = coerce.element(value)
  if node then return node end
  local name = node_tag(self) ~= tags.FUNCTION and core.literal_name(self) or nil -- a function has no key
  return core.bind(name, value, coerce.BIND.UNIQUE, types.INTEGER)
end

local function item_type(sql_type)
  local dimensions = node_get(sql_type, "length")
  if dimensions <= 1 then return node_get(sql_type, "item") end
  return core.node_with(sql_type, { length = dimensions - 1 })
end

local function getitem(self, index)
  local sql_type = array_type(self)
  local zero = sql_type.zero_indexes
  local node = coerce.element(index)
  if node and node_tag(node) == tags.SLICE then
    local function bound(name)
      local value = node_get(node, name)
      local plain = value and node_tag(value) == tags.BIND and node_get(value, "name") == nil
      if plain then value = node_get(value, "value") end
      return slice_bound(self, value, zero)
    end
    local parts = { start = bound "start", stop = bound "stop", step = bound "step" }
    local slice = core.node(tags.SLICE, parts, types.NULLTYPE)
    return core.binary(self, slice, op.getitem, 0, sql_type)
  end
  if zero then index = (node or index) + 1 end
  local right = coerce.operand(self, op.getitem, index, type(index) == "number" and types.INTEGER or nil)
  return core.binary(self, right, op.getitem, 0, item_type(sql_type))
end

local QUANTIFIED = { operator = true }
local function quantified(name)
  return function(self, other, opts)
    if type(opts) == "string" then opts = { operator = opts } end
    opts = options.check(name, opts, QUANTIFIED) or {}
    local operator = op[opts.operator or "eq"]
    local item = node_get(array_type(self), "item")
    local left = coerce.operand(self, operator, other, item)
    local right = core.unary(core.self_group(self, op[name]), op[name], 0, item)
    return core.binary(left, right, operator, 0, types.BOOLEAN)
  end
end

comparators.define({ "ARRAY" }, {
  getitem = getitem,
  operate = { contains = json.contains },
  methods = {
    any = quantified "any_", all = quantified "all_",
    contained_by = json.truth(json.CONTAINED_BY),
    overlap = function(self, other) return operators.custom_operate(self, OVERLAP, other, false, types.BOOLEAN) end,
  },
})

return {}
