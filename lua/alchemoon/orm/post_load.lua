--- What is loaded after the rows of a statement: selectin, subquery, immediate, columns of subclasses.
--
-- Loaders run level by level: first all that belong to the statement, then those of what they brought. A subquery
-- loader runs at once, because its statement is made of the one whose rows were just read.
local load = require "alchemoon.orm.load"
local polymorphic = require "alchemoon.orm.polymorphic_load"

local post_load = {}

local function strategy(name)
  return require("alchemoon.orm.strategies." .. name)
end

-- The loader for objects of a class that has a relationship of its own by the same name, as a concrete one has: only
-- selectin goes by the name; others leave the attribute for later. `others` collects such objects by loader.
local function add_other(others, loader, obj, mapper)
  local own = mapper.prop[loader.prop.key]
  if loader.strategy ~= "selectin" or not own or own.kind ~= "relationship" then return end
  loader.by_slots = loader.by_slots or {}
  local slots = own.slot .. ":" .. table.concat(own.get_slots or {}, ",") -- one statement for all that are alike
  local other = loader.by_slots[slots]
  if not other or other.prop.mapper ~= own.mapper then
    other = { prop = own, strategy = loader.strategy, child = loader.child, spec = loader.spec,
      known_only = loader.known_only }
    loader.by_slots[slots] = other
  end
  if not others[other] then
    others[other] = {}
    others[#others + 1] = other
  end
  table.insert(others[other], obj)
end

-- The objects of an entity that a loader is for, each once: also those that have the attribute, because what hangs on
-- its objects may be missing. `created`: a lazy load does this for the objects that it brought into the session only.
local function objects_of(entity, loader, created, others)
  local list, seen, parent, key = {}, {}, loader.prop.parent, loader.prop.key
  local all = entity[load.ALL] or {} -- none if there were no rows
  for i = 1, #all do
    local obj = all[i]
    if not seen[obj] then
      seen[obj] = true
      if not created or created[obj] then
        local mapper = rawget(getmetatable(obj), "__mapper__")
        if mapper == parent then
          list[#list + 1] = obj
        elseif mapper:isa(parent) then
          if mapper.prop[key] == loader.prop then list[#list + 1] = obj else add_other(others, loader, obj, mapper) end
        end
      end
    end
  end
  return list
end

-- Puts the objects of a loader into the queue; what several statements brought for the same loader is loaded at once.
local function enqueue(queue, loader, name, objects, ctx)
  local item = queue.by_loader[loader]
  if not item then
    item = { loader = loader, name = name, ctx = ctx, objects = {}, seen = {} }
    queue.by_loader[loader] = item
    queue[#queue + 1] = item
  end
  for _, obj in ipairs(objects) do
    if not item.seen[obj] then
      item.seen[obj] = true
      item.objects[#item.objects + 1] = obj
    end
  end
end

local function new_queue() return { by_loader = {} } end

-- Level by level: what the loaders of one level bring has its own loaders run after all of them.
local function drain(session, queue)
  while #queue > 0 do
    local below = new_queue()
    for _, item in ipairs(queue) do
      item.ctx.queue = below
      if item.mapper then polymorphic.run(session, item.mapper, item.spec, item.objects, item.ctx)
      else strategy(item.name).load(session, item.objects, item.loader, item.ctx) end
    end
    queue = below
  end
end

-- The specs of a plan in the order of their loaders: those of a joined entity may come before those of its parent.
local function ordered_specs(plan)
  if plan.post_order then return plan.post_order end
  local list = {}
  for i, spec in ipairs(plan.specs) do
    if spec.kind ~= "value" then list[#list + 1] = { index = i, spec = spec, order = spec.post_order or math.huge } end
  end
  table.sort(list, function(a, b)
    if a.order ~= b.order then return a.order < b.order end
    return a.index < b.index
  end)
  plan.post_order = list
  return list
end

-- What is to be loaded for an entity of a run, in the order in which its rows ask for it: the loaders of what all its
-- objects have, then class by class, as the first row of each came: its own loaders, and the mappers by whose
-- statements its columns come.
local function steps_of(spec, entity)
  if #spec.classes < 2 then return spec.post end
  local steps, taken = {}, {}
  local function take(mapper)
    for _, loader in ipairs(spec.post) do
      if not taken[loader] and mapper:isa(loader.prop.parent) then
        taken[loader] = true
        steps[#steps + 1] = loader
      end
    end
  end
  take(spec.mapper)
  local objects, classes = polymorphic.wanted_of(spec, entity)
  for _, class in ipairs(classes) do
    take(class.own)
    for _, mapper in ipairs(class.mappers) do
      steps[#steps + 1] = { mapper = mapper, spec = spec, objects = objects }
    end
  end
  return steps
end

--- Runs the loaders of all entities of a plan, or queues them if the plan is one of a loader (`how.queue`); `set`: the
-- parameters that it was executed with.
function post_load.run(session, plan, run, how, set)
  local ctx = { populate_existing = how.populate_existing, options = how.options,
    origin = load.origin_of(plan, how, run.stmt),
    token = how.token, lazy = how.lazy, stmt = how.stmt, params = how.params or set, plan = plan,
    criteria_nodes = plan.post_criteria_nodes, subquery = how.subquery, user_options = how.user_options,
    trail = how.trail }
  local queue, created = how.queue or new_queue(), nil
  if how.lazy then
    created = {}
    for _, obj in ipairs(load.created_objects(plan, run)) do created[obj] = true end
  end
  for _, entry in ipairs(ordered_specs(plan)) do
    local spec, entity = entry.spec, run[entry.index]
    for _, loader in ipairs(steps_of(spec, entity)) do
      local others = {}
      local objects = loader.mapper and {} or objects_of(entity, loader, created, others)
      for _, other in ipairs(others) do enqueue(queue, other, other.strategy, others[other], ctx) end
      if loader.mapper then -- columns of a subclass
        loader.ctx = ctx
        queue[#queue + 1] = loader
      elseif #objects > 0 then
        local name = loader.strategy
        if how.fixed and name ~= "noload" and name ~= "raise" then name = "immediate" end
        if name == "subquery" then strategy(name).load(session, objects, loader, ctx, entity)
        else enqueue(queue, loader, name, objects, ctx) end
      end
    end
  end
  if not how.queue then drain(session, queue) end
end

return post_load
