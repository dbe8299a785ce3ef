--- What the INSERTs of a flush were given, batch by batch: when the flush fails, its new objects keep what their rows
-- brought, and that is no change of theirs.
local flush_plan = require "alchemoon.orm.flush_plan"
local instance = require "alchemoon.orm.instance"
local settled = require "alchemoon.orm.settled"
local unset = require "alchemoon.orm.unset"

local flush_batches = {}
local rawget, getmetatable = rawget, getmetatable
local ABSENT = { ["-"] = true, ["0"] = true } -- how batches write a column that an object did not set
local EXPRESSION = "x"

--- list[first .. behind - 1] are about to be inserted into a table, or have been. `shape`: one character per column of
-- the plan says which of them the objects had set.
function flush_batches.note(uow, list, first, behind, plan, shape)
  local batches = uow.batches
  batches[#batches + 1] = { list, first, behind, plan, shape }
end

-- Keys of the columns that the rows of a batch were given, and of those that were SQL expressions.
local function given_columns(plan, shape)
  local given, expressions = {}, {}
  for i, entry in ipairs(plan.columns) do
    local mark = shape:sub(i, i)
    if mark == EXPRESSION then expressions[entry.key] = true end
    if not ABSENT[mark] then given[entry.key] = true end
  end
  return given, expressions
end

-- One object: a value that the program did not set came from the INSERT; what an INSERT expired cannot be looked up.
local function settle_object(obj, plan, given, expressions)
  local mapper = instance.mapper_of(obj)
  for _, entry in ipairs(plan.columns) do
    local slot = entry.slot
    if rawget(obj, slot) ~= nil then
      if not given[entry.key] or slot == plan.version_slot then settled.note(obj, mapper.prop_at[slot]) end
    elseif (expressions[entry.key] or not given[entry.key]) and unset.is_expired(obj, slot) then
      settled.expire(obj, slot)
    end
  end
end

--- The flush failed. Call it before the rollback, while its new objects are pending.
function flush_batches.settle(uow)
  for _, batch in ipairs(uow.batches) do
    local list, plan = batch[1], batch[4]
    local given, expressions = given_columns(plan, batch[5])
    for i = batch[2], batch[3] - 1 do
      local obj = list[i]
      local own = rawget(obj, 2) == nil and flush_plan.of(rawget(getmetatable(obj), "__mapper__"), plan.from)
      if own then settle_object(obj, own, given, expressions) end
    end
  end
end

return flush_batches
