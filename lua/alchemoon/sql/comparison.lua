--- Do two constructs say the same? compare() of everything that can be compiled.
--
-- Structure is compared by structural key, which does not contain the values of parameters: these are collected and
-- compared one by one. What may stand in any order (the operands of `=` and `+`, the items of AND) is put into one
-- order first, that of the items' own keys.
local core = require "alchemoon.core"
local bits = require "alchemoon.bits"
local coerce = require "alchemoon.sql.coerce"
local operators = require "alchemoon.sql.operators"

local comparison = {}
local tags, node_tag, node_get, node_key = core.tags, core.node_tag, core.node_get, core.node_key
local op = operators.op

local COMMUTATIVE = {}
for _, info in ipairs(core.operators()) do
  COMMUTATIVE[info.id] = bits.has(info.flags, core.enums.OPF_COMMUTATIVE) or nil
end
local ASSOCIATIVE = { [op.and_] = true, [op.or_] = true, [op.add] = true, [op.mul] = true, [op.concat] = true }

-- The values of the parameters inside a construct, in the order of its parts.
local function collect_values(at, out, seen)
  if seen[at] then return out end
  seen[at] = true
  if node_tag(at) == tags.BIND then
    local value = node_get(at, "value")
    out[#out + 1] = value == nil and coerce.null or value
  end
  for _, child in ipairs(core.node_children(at)) do collect_values(child, out, seen) end
  return out
end

local function same_values(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" or getmetatable(a) or getmetatable(b) or #a ~= #b then return false end
  for i = 1, #a do
    if not same_values(a[i], b[i]) then return false end
  end
  return true
end

-- A text by which items are ordered: their structure, then their values.
local function rank(node)
  local values = collect_values(node, {}, {})
  for i = 1, #values do values[i] = tostring(values[i]) end
  return node_key(node) .. table.concat(values, "\0")
end

local ordered

local function ordered_list(items)
  local list, ranks = {}, {}
  for i, item in ipairs(items) do
    list[i] = ordered(item)
    ranks[list[i]] = rank(list[i])
  end
  table.sort(list, function(a, b) return ranks[a] < ranks[b] end)
  return list
end

--- The construct with everything that may stand in any order in one order.
function ordered(construct)
  return core.node_replace(construct, function(node)
    local tag = node_tag(node)
    if tag == tags.BINARY and COMMUTATIVE[node_get(node, "op")] then
      local list = ordered_list { node_get(node, "left"), node_get(node, "right") }
      return core.node_with(node, { left = list[1], right = list[2] })
    elseif tag == tags.CLAUSE_LIST and ASSOCIATIVE[node_get(node, "op")] then
      return core.node_with(node, { items = ordered_list(node_get(node, "items")) })
    end
    return nil
  end)
end

local function same(a, b)
  return node_key(a) == node_key(b) and same_values(collect_values(a, {}, {}), collect_values(b, {}, {}))
end

--- Have two constructs the same structure, and the same values for their parameters?
---@param construct any
---@param other any
---@return boolean
function comparison.compare(construct, other)
  local node = coerce.element(other)
  if node == nil or node_tag(construct) ~= node_tag(node) then return false end
  return same(construct, node) or same(ordered(construct), ordered(node))
end

return comparison
