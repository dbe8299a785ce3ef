--- What is loaded after the rows of a statement: selectin, subquery, immediate, columns of subclasses.
local load = require "alchemoon.orm.load"
local polymorphic = require "alchemoon.orm.polymorphic_load"

local post_load = {}

local function strategy(name)
  return require("alchemoon.orm.strategies." .. name)
end

-- The objects of an entity that a loader is for, each once: also those that have the attribute, because what hangs on
-- its objects may be missing; a lazy load leaves those alone.
local function objects_of(entity, loader, how)
  local list, seen, slot, parent = {}, {}, loader.prop.slot, loader.prop.parent
  local all = entity[load.ALL] or {} -- none if there were no rows
  for i = 1, #all do
    local obj = all[i]
    if not seen[obj] then
      seen[obj] = true
      if not how.lazy or rawget(obj, slot) == nil then
        local mapper = rawget(getmetatable(obj), "__mapper__")
        if mapper == parent or mapper:isa(parent) then list[#list + 1] = obj end
      end
    end
  end
  return list
end

--- Runs the loaders of all entities of a plan; `set`: the parameters that it was executed with.
function post_load.run(session, plan, run, how, set)
  local ctx = { populate_existing = how.populate_existing, options = how.options, origin = load.origin_of(plan, how),
    token = how.token, stmt = how.stmt, params = how.params or set, plan = plan, criteria_nodes = plan.criteria_nodes,
    subquery = how.subquery, user_options = how.user_options }
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then
      if spec.wants_all then polymorphic.run(session, spec, run[i], ctx) end
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
