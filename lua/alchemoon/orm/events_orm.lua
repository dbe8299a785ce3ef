--- Events of mappers, instances and attributes: targets, and how listeners are adapted.
--
-- A mapped class has a node per family (mapper.dispatch, mapper.instance_dispatch); its parents are the node of all
-- classes and, for propagating listeners, those of its bases, mapped or not. An attribute has a node only once somebody
-- listens (mapper.attr_dispatch[key]); then its writes leave the fast path.
local core = require "alchemoon.core"
local dispatch = require "alchemoon.event.dispatch"
local event = require "alchemoon.event"
local classes = require "alchemoon.orm.classes"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local registry = require "alchemoon.orm.registry"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local events_orm = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local all = { mapper = event.node(), instance = event.node(), instrumentation = event.node() }
registry.events = all.mapper

-- Nodes of classes that are not mapped: bases, abstract classes, mixins.
local unmapped, FIELD = {}, { mapper = "dispatch", instance = "instance_dispatch",
  instrumentation = "instrumentation_dispatch" }
for family in pairs(FIELD) do unmapped[family] = setmetatable({}, { __mode = "k" }) end

-- A class that is not mapped yet keeps its listeners until it is.
local function class_node(family, cls)
  local m = rawget(cls, "__mapper__")
  if m and rawget(m, FIELD[family]) then return rawget(m, FIELD[family]) end
  local node = unmapped[family][cls]
  if not node then
    local parents = {}
    for _, base in ipairs(rawget(cls, "__mro__") or {}) do
      if classes.is(base) then parents[#parents + 1] = { class_node(family, base), "propagate" } end
    end
    node = event.node(parents)
    unmapped[family][cls] = node
  end
  return node
end

-- A mapper hears what everybody hears, and what its bases hand down.
local function new_node(family, m)
  local parents = { { all[family], "all" } }
  local seen = {}
  for _, base in ipairs(rawget(m.class, "__mro__")) do
    local node = class_node(family, base)
    if not seen[node] then
      seen[node] = true
      parents[#parents + 1] = { node, "propagate" }
    end
  end
  local own = unmapped[family][m.class]
  if own then parents[#parents + 1] = { own, "own" } end
  local node = event.node(parents)
  node._before = own
  return node
end

--- Before the properties of a new mapper: its nodes, instrument_class, class_instrument.
function mapper.before_properties(m)
  for family, field in pairs(FIELD) do m[field] = new_node(family, m) end
  if m.dispatch.instrument_class then event.fire(m.dispatch.instrument_class, m, m.class) end
  local listeners = m.instrumentation_dispatch.class_instrument
  if listeners then event.fire(listeners, m.class) end
end

--- A property of a mapper is ready: attribute_instrument for its class and those below that have it from there, for
-- each once.
function events_orm.attribute_ready(m, prop)
  if prop.kind ~= "column" and prop.kind ~= "relationship" then return end
  local announced = prop.announced or {} -- mapper → true
  prop.announced = announced
  for _, each in ipairs(m.self_and_descendants) do
    if each.prop[prop.key] == prop and not announced[each] then
      announced[each] = true
      local listeners = each.instrumentation_dispatch.attribute_instrument
      if listeners then event.fire(listeners, each.class, prop.key, each.class[prop.key]) end
    end
  end
end
registry.attribute_ready = events_orm.attribute_ready

--- The mapping of a class is given up.
function registry.class_disposed(m)
  local listeners = m.instrumentation_dispatch.class_uninstrument
  if listeners then event.fire(listeners, m.class) end
end

-- Of several reconstructors, inherited ones included, the one whose name comes last.
local function reconstructor_of(m)
  local last
  for key in pairs(m.reconstructors) do
    if last == nil or key > last then last = key end
  end
  return last and m.reconstructors[last]
end

--- Registers what a mapper itself wants to hear.
function events_orm.finish(m)
  m.reconstructor = reconstructor_of(m)
  if m.reconstructor then
    local fn = m.reconstructor
    local call = function(target) fn(target) end
    dispatch.add(m.instance_dispatch, "load", { fn = call, call = call, ahead = true })
  end
  if m.inherits then
    for key, node in pairs(m.inherits.attr_dispatch) do
      if m.prop[key] then
        local own = events_orm.attribute_node(m, key, node.propagated)
        if node.propagated then own.propagated, own.active_history = true, node.active_history end
      end
    end
  end
  if m.dispatch.after_mapper_constructed then event.fire(m.dispatch.after_mapper_constructed, m, m.class) end
end

-- --- targets -------------------------------------------------------------------------------------------------------

local function resolver(family)
  return function(target)
    if target == mapper.Mapper then return all[family] end
    if type(target) ~= "table" then return nil end
    if getmetatable(target) == mapper.Mapper then return target[FIELD[family]] end
    local may_be_mixin = getmetatable(target) == nil
    if classes.is(target) or may_be_mixin then return class_node(family, target) end
    return nil
  end
end

event.register_target("mapper", resolver "mapper")
event.register_target("instance", resolver "instance")
event.register_target("instrumentation", resolver "instrumentation")

-- The node of an attribute of a mapper, under those of its bases, with nodes for all subclasses.
function events_orm.attribute_node(m, key, watched)
  local node = m.attr_dispatch[key]
  if not node then
    local parents = {}
    if m.inherits and not m.concrete and m.inherits.prop[key] then
      parents[1] = { events_orm.attribute_node(m.inherits, key), "propagate" }
    end
    node = m.attr_dispatch[key] -- made by the base for its subclasses
    if not node then
      node = event.node(parents)
      m.attr_dispatch[key] = node
      for _, sub in ipairs(m.subclasses) do
        if sub.prop[key] then events_orm.attribute_node(sub, key) end
      end
    end
  end
  if watched and not node.watched then
    node.watched = true
    if m.prop[key] then mapper.attach(m, key, m.prop[key]) end
  end
  return node
end

-- Mapper and key of a class's attribute, which may be named by its property (mapper.attrs.name) too.
local function attribute_target(target)
  local parent = type(target) == "table" and rawget(target, "parent")
  if parent and getmetatable(parent) == mapper.Mapper then return parent, target.key end
  if core.node_tag(target) ~= core.tags.ORM_ATTR then return nil end
  return core.node_get(core.node_get(target, "entity"), "mapper"), core.node_get(target, "extra").key
end

event.register_target("attribute", function(target, create)
  local m, key = attribute_target(target)
  if not m then return nil end
  if not create and not m.attr_dispatch[key] then return { } end
  return events_orm.attribute_node(m, key, true)
end)

-- --- listeners -----------------------------------------------------------------------------------------------------

local function raw_at(fn, position)
  return function(...)
    local args = { ... }
    args[position] = require("alchemoon.orm.inspect_orm").state(args[position])
    return fn(unpack(args, 1, select("#", ...)))
  end
end

local function position_of(def, name)
  for i, arg in ipairs(def.args) do
    if arg == name then return i end
  end
  return nil
end

local function adapt(def, fn, opts)
  local position = opts.raw and position_of(def, "target")
  if position then return raw_at(fn, position) end
  return fn
end

event.register_hook("mapper", function(def, target, fn, opts)
  if (def.name == "before_configured" or def.name == "after_configured") and target ~= mapper.Mapper then
    warn("'before_configured' and 'after_configured' ORM events only invoke with the Mapper class as the target.")
  end
  return adapt(def, fn, opts)
end)

-- Constructors look for listeners only if a class is marked, so that others pay nothing.
local function mark_hooks(target)
  local function mark(m)
    m.init_listened = true
    instance.hooks_changed(m)
    for _, sub in ipairs(m.subclasses) do mark(sub) end
  end
  if target == mapper.Mapper then
    events_orm.everywhere = true
    for _, m in ipairs(registry.all()) do instance.hooks_changed(m) end
  end
  if getmetatable(target) == mapper.Mapper then return mark(target) end
  local function mark_users(mixin)
    for _, m in ipairs(registry.all()) do
      for _, base in ipairs(rawget(m.class, "__mro__")) do
        if base == mixin then mark(m) end
      end
    end
  end
  local function mark_class(cls)
    local m = rawget(cls, "__mapper__")
    if m then return mark(m) end
    for _, sub in ipairs(rawget(cls, "__subclasses") or {}) do mark_class(sub) end
  end
  if classes.is(target) then return mark_class(target) end
  return mark_users(target)
end

event.register_hook("instance", function(def, target, fn, opts)
  if def.name == "init" or def.name == "init_failure" then mark_hooks(target) end
  if def.name == "first_init" then
    local m = classes.mapper_of(target)
    if m then m.constructed = false end
  end
  return adapt(def, fn, opts)
end)

local function propagate_flags(m, key, active_history)
  for _, sub in ipairs(m.subclasses) do
    if sub.prop[key] then
      local node = events_orm.attribute_node(sub, key, true)
      if active_history then node.active_history = true end
      propagate_flags(sub, key, active_history)
    end
  end
end

-- Events of collections tell where an item goes or stood; with include_key the listener hears of it.
local function with_place(def, fn, wanted)
  if def.name == "bulk_replace" then
    if wanted then return fn end
    return function(target, values, initiator) return fn(target, values, initiator) end
  elseif def.name == "append" or def.name == "append_wo_mutation" or def.name == "remove" then
    if not wanted then return function(target, value, initiator) return fn(target, value, initiator) end end
    return function(target, value, initiator, place)
      if place == nil then place = symbols.NO_KEY elseif place == symbols.null then place = nil end
      return fn(target, value, initiator, { key = place })
    end
  end
  return fn
end

event.register_hook("attribute", function(def, target, fn, opts)
  local m, key = attribute_target(target)
  local node = events_orm.attribute_node(m, key, true)
  if opts.active_history then node.active_history = true end
  if opts.propagate then
    node.propagated = true
    propagate_flags(m, key, opts.active_history)
  end
  return with_place(def, adapt(def, fn, opts), opts.include_key), opts.insert or not m.configured
end)

local hooks_changed = instance.hooks_changed
function instance.hooks_changed(m)
  local heard = m.instance_dispatch
  m.init_listened = m.init_listened or events_orm.everywhere or heard and (heard.init or heard.init_failure) ~= nil
  hooks_changed(m)
end

return events_orm
