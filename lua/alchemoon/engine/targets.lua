--- The event targets of this room: all engines, all pools, and each of them.
--
-- Listeners of the engine and dialect families stand in one node per engine (conn.dispatch is its
-- engine's, unless somebody listens to that one connection); those of the pool family in one per pool.
local event = require "alchemoon.event"

local targets = { engine_all = event.node(), pool_all = event.node() }
local engine_classes, pool_classes = {}, {}   -- class table → node

--- Declares a class table whose name stands for all its instances.
function targets.engine_class(class, node)
  engine_classes[class] = node or targets.engine_all
end
function targets.pool_class(class, node)
  pool_classes[class] = node or targets.pool_all
end

-- Instances answer by metatable: an engine has `dispatch`, a connection gets a node of its own on demand.
local kinds = setmetatable({}, { __mode = "k" })

--- Declares a metatable of instances: kind "engine", "connection" or "pool".
function targets.instances(metatable, kind) kinds[metatable] = kind end

local function kind_of(target)
  return type(target) == "table" and kinds[getmetatable(target)] or nil
end

local function engine_node(target, create)
  if engine_classes[target] then return engine_classes[target] end
  local kind = kind_of(target)
  if kind == "engine" then return target.dispatch end
  if kind == "connection" then
    if create and target.dispatch == target.engine.dispatch then
      target.dispatch = event.node{ { target.engine.dispatch, "joined" } }
    end
    return target.dispatch
  end
end

local function pool_node(target)
  if pool_classes[target] then return pool_classes[target] end
  if engine_classes[target] then return targets.pool_all end
  local kind = kind_of(target)
  if kind == "pool" then return target.dispatch end
  if kind == "engine" then return target.pool.dispatch end
end

event.register_target("engine", engine_node)
event.register_target("dialect", engine_node)
event.register_target("pool", pool_node)

return targets
