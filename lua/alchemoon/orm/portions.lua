--- A run seen through a part of its rows: Result:yield_per() after the statement was executed.
--
-- The rows have all been populated; listeners and the loaders that follow get them portion by portion.
local instance = require "alchemoon.orm.instance"
local plan_module = require "alchemoon.orm.plan"

local portions = {}
local rawget, getmetatable, setmetatable = rawget, getmetatable, setmetatable

--- Can the rows of a run be told apart by portions? Not where several of them make one object, nor where a loader must
-- see them all.
---@param plan table
---@return boolean
function portions.are_possible(plan)
  if plan.multi_row or plan_module.has_groups(plan.items) then return false end
  for _, spec in ipairs(plan.specs) do
    for _, loader in ipairs(spec.post or {}) do
      if loader.strategy == "subquery" then return false end
    end
  end
  return true
end

-- The objects that a joined entity has for those of its parent.
local function joined(spec, parents)
  local list = {}
  for _, parent in ipairs(parents) do
    local slot = rawget(getmetatable(parent), "__mapper__").slot[spec.prop.key]
    local obj = slot and rawget(parent, slot)
    if instance.is(obj) then list[#list + 1] = obj end
  end
  return list
end

-- The objects of each entity in rows first .. last, by the entity's place in the plan.
local function objects_in(plan, results, first, last)
  local lists, at = {}, 0
  for i, spec in ipairs(plan.specs) do
    if spec.kind == "value" then at = at + 1
    elseif spec.parent then lists[i] = joined(spec, lists[spec.parent] or {})
    else
      local list = {}
      at = at + 1
      for row = first, last do
        local obj = results[row]
        if not plan.single then obj = obj[at] end
        if instance.is(obj) then list[#list + 1] = obj end
      end
      lists[i] = list
    end
  end
  return lists
end

local function among(list, set)
  local out = {}
  for _, obj in ipairs(list) do
    if set[obj] then
      out[#out + 1] = obj
      set[obj] = nil -- it is in the first portion only
    end
  end
  return out
end

--- The part of a run that rows first .. last are, as load.lua keeps runs; `all`: where an entity of a run has its
-- objects. Second result: those of `created` in these rows.
---@param plan table
---@param run table
---@param results table
---@param created table
---@param first integer
---@param last integer
---@param all integer
---@return table run
---@return table created
function portions.of(plan, run, results, created, first, last, all)
  local lists, set = objects_in(plan, results, first, last), {}
  local part = setmetatable({}, { __index = run })
  for i, list in pairs(lists) do
    part[i] = setmetatable({ [all] = list }, { __index = run[i] })
    for _, obj in ipairs(list) do set[obj] = true end
  end
  if run.told then
    part.told = {}
    for _, obj in ipairs(run.told) do
      if set[obj] then part.told[#part.told + 1] = obj end
    end
  end
  return part, among(created, set)
end

return portions
