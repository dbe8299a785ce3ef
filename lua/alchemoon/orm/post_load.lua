--- What is loaded after the rows of a statement: selectin, subquery, immediate, columns of subclasses.
local polymorphic = require "alchemoon.orm.polymorphic_load"

local post_load = {}

local function strategy(name)
  return require("alchemoon.orm.strategies." .. name)
end

-- The objects of an entity that a loader is for, each once.
local function objects_of(entity, loader, how)
  local list, seen, slot, parent = {}, {}, loader.prop.slot, loader.prop.parent
  local all = entity.all
  for i = 1, #all do
    local obj = all[i]
    if not seen[obj] then
      seen[obj] = true
      if how.populate_existing or rawget(obj, slot) == nil then
        local mapper = rawget(getmetatable(obj), "__mapper__")
        if mapper == parent or mapper:isa(parent) then list[#list + 1] = obj end
      end
    end
  end
  return list
end

local function criteria_nodes(plan)
  local list
  for _, option in ipairs(plan.state.criteria or {}) do
    if option.propagate then
      list = list or {}
      list[#list + 1] = option.node
    end
  end
  return list
end

--- Runs the loaders of all entities of a plan.
function post_load.run(session, plan, run, how)
  if plan.criteria_nodes == nil then plan.criteria_nodes = criteria_nodes(plan) or false end
  local origin = how.origin
  if not origin and how.stmt then origin = { from = plan.stmt, to = how.stmt } end
  local ctx = { populate_existing = how.populate_existing, options = how.options, origin = origin, token = how.token,
    stmt = how.stmt, plan = plan, criteria_nodes = plan.criteria_nodes or nil, names = how.names,
    single_object = how.fixed ~= nil }
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      if spec.flags.all then polymorphic.run(session, spec, run[i], ctx) end
      for _, loader in ipairs(spec.post) do
        local objects = objects_of(run[i], loader, how)
        if #objects > 0 then
          local name = loader.strategy
          if how.fixed and name ~= "immediate" then name = "immediate" end
          strategy(name).load(session, objects, loader, ctx, run[i])
        end
      end
    end
  end
end

return post_load
