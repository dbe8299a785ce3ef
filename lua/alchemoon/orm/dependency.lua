--- Dependency processors: what a relationship means for a flush. One file per direction; here is what they share.
--
-- A processor belongs to a relationship (`dep.prop`). It registers objects that a flush touches (presort_*), orders
-- saves and deletes of both sides (*_dependencies), and copies keys or writes association rows (process_*).
--
-- What is ordered are actions of the flush (flush_actions.lua). Of all objects: parent_saves, child_saves,
-- parent_deletes, child_deletes, and the processor's own after_save and before_delete. Of one object, where a circle
-- has to be opened: its save or delete `parent`, that of a `child` (nil: there is none) with `child_is_delete`, and the
-- processor's own for this object, `process`.
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local actions = require "alchemoon.orm.flush_actions"
local backref = require "alchemoon.orm.backref"
local cascade = require "alchemoon.orm.cascade"
local select_columns = require "alchemoon.orm.select_columns"
local symbols = require "alchemoon.orm.symbols"
local sync = require "alchemoon.orm.sync"

local dependency = {}
local MANYTOONE = symbols.MANYTOONE
local OFF, NO_INITIALIZE, NO_FETCH_RELATED = symbols.OFF, symbols.NO_INITIALIZE, symbols.NO_FETCH_RELATED
local null = symbols.null

local Base = {}
Base.__index = Base
dependency.Base = Base

local FILES = { ONETOMANY = "alchemoon.orm.dependency_one_to_many", MANYTOONE = "alchemoon.orm.dependency_many_to_one",
  MANYTOMANY = "alchemoon.orm.dependency_many_to_many" }

--- Fills in what every processor has.
function dependency.new(class, prop)
  if not prop.synchronize_pairs or #prop.synchronize_pairs == 0 then
    exc.raise("ArgumentError", "Can't build a DependencyProcessor for relationship %s. No target attributes to " ..
      "populate between parent and child are present", tostring(prop))
  end
  return setmetatable({
    prop = prop, key = prop.key, cascade = prop.cascade, mapper = prop.mapper, parent = prop.parent,
    secondary = prop.secondary, direction = prop.direction, post_update = prop.post_update,
    passive_deletes = prop.passive_deletes, passive_updates = prop.passive_updates,
    delete_flag = prop.passive_deletes and NO_INITIALIZE or OFF,
    update_flag = prop.passive_updates and NO_INITIALIZE or OFF,
    sort_key = prop.parent.class_name .. "_" .. prop.key,
    is_self_referential = prop.mapper.base_mapper == prop.parent.base_mapper,
  }, class)
end

--- The processor of a relationship.
function dependency.of(prop)
  local dep = prop.dependency_processor
  if not dep then
    dep = require(FILES[prop.direction.name]).new(prop)
    prop.dependency_processor = dep
  end
  return dep
end

--- The processors of all relationships of a mapper that write something.
function dependency.of_mapper(mapper)
  local cache = mapper.dependency_cache
  if not cache or cache.count ~= #mapper.props then
    cache = { count = #mapper.props }
    for _, prop in ipairs(select_columns.ordered(mapper)) do
      if prop.kind == "relationship" and not prop.viewonly then cache[#cache + 1] = dependency.of(prop) end
    end
    mapper.dependency_cache = cache
  end
  return cache
end

--- Processors of many-to-one relationships that refer to this mapper: they follow a change of its key.
function dependency.key_switches(mapper)
  local list = mapper.registry.mapper_list
  local cache = mapper.key_switch_cache
  if cache and cache.count == #list then return cache end
  cache = { count = #list }
  for _, other in ipairs(list) do
    for _, prop in ipairs(other.props) do
      if prop.kind == "relationship" and prop.parent == other and prop.direction == MANYTOONE and not prop.viewonly
        and mapper:isa(prop.mapper) then
        local switch = prop.key_switch_processor
        if not switch then
          switch = require("alchemoon.orm.dependency_key_switch").new(prop)
          prop.key_switch_processor = switch
        end
        cache[#cache + 1] = switch
      end
    end
  end
  mapper.key_switch_cache = cache
  return cache
end

--- Has the mapper no relationship that writes, and does none write to it? Then nobody asks about its objects.
function dependency.is_isolated(mapper)
  local list = mapper.registry.mapper_list
  if mapper.isolated_of == #list then return mapper.isolated end
  local isolated = #dependency.of_mapper(mapper) == 0
  for _, other in ipairs(list) do
    for _, prop in ipairs(other.props) do
      if prop.kind == "relationship" and not prop.viewonly
        and (not prop.mapper or prop.mapper.base == mapper.base) then
        isolated = false
      end
    end
  end
  mapper.isolated, mapper.isolated_of = isolated, #list
  return isolated
end

-- --- what they share ----------------------------------------------------------------------------------------------

function Base:per_property_preprocessors(uow) uow:register_preprocessor(self, true) end

-- The bases of the mappers whose objects may be children: several where classes below are concrete.
local function child_bases(mapper)
  local list, seen = {}, {}
  for _, sub in ipairs(mapper.self_and_descendants) do
    if not seen[sub.base] then
      seen[sub.base], list[#list + 1] = true, sub.base
    end
  end
  return list
end

-- Of whole classes, when there is no cycle among them.
function Base:per_property_flush_actions(uow)
  local after_save = actions.process_all(uow, self, false, true)
  local before_delete = actions.process_all(uow, self, true, true)
  for _, child in ipairs(child_bases(self.mapper)) do
    self:all_dependencies(uow, {
      parent_saves = actions.save_all(uow, self.parent.base), child_saves = actions.save_all(uow, child),
      parent_deletes = actions.delete_all(uow, self.parent.base), child_deletes = actions.delete_all(uow, child),
      after_save = after_save, before_delete = before_delete,
    })
  end
end

-- The action of one child, and whether it is deleted.
local function child_action(uow, child)
  local flag = uow.states[child]
  if flag == nil then return nil, nil end
  if uow:is_deleted(child) then return actions.delete_object(uow, child), true end
  return actions.save_object(uow, child), false
end

-- In a cycle the actions of whole classes cannot be sorted, so each object gets its own.
local function per_object(self, uow, obj, is_delete, whole, in_cycle)
  local children = access.all_pending(obj, self.prop, is_delete and self.delete_flag or NO_INITIALIZE)
  if #children == 0 and rawget(obj, self.prop.slot) ~= null then return end
  local at = { process = actions.process_object(uow, self, is_delete, obj) }
  if is_delete then
    at.parent = in_cycle.parent and actions.delete_object(uow, obj) or whole.parent_deletes
  else
    at.parent = in_cycle.parent and actions.save_object(uow, obj) or whole.parent_saves
  end
  local function relate(child, child_is_delete)
    at.child, at.child_is_delete = child, child_is_delete
    if is_delete then self:delete_dependencies(uow, at) else self:save_dependencies(uow, at) end
  end
  if in_cycle.child then
    for _, child in ipairs(children) do relate(child_action(uow, child)) end
    if #children == 0 then relate(nil, nil) end
  else
    relate(whole.child_saves, false)
    relate(whole.child_deletes, true)
  end
end

--- The same for single objects, where parents and children depend on each other in a circle.
function Base:per_state_flush_actions(uow, list, is_delete)
  local child_base, parent_base = self.mapper.base, self.parent.base
  local whole = { child_saves = actions.save_all(uow, child_base), child_deletes = actions.delete_all(uow, child_base) }
  actions.process_all(uow, self, is_delete, true).disabled = true
  local in_cycle = { child = uow.cycles[whole.child_saves] or false, parent = false }
  if is_delete then
    whole.parent_deletes = actions.delete_all(uow, parent_base)
    in_cycle.parent = uow.cycles[whole.parent_deletes] or false
  else
    whole.parent_saves = actions.save_all(uow, parent_base)
    in_cycle.parent = uow.cycles[whole.parent_saves] or false
  end
  for i = 1, #list do per_object(self, uow, list[i], is_delete, whole, in_cycle) end
end

function Base.presort_deletes() end
function Base.presort_saves() end
function Base.process_deletes() end
function Base.process_saves() end

--- Does any of these objects have a history at the relationship, or does the target take part in the flush at all?
function Base:prop_has_changes(uow, list, is_delete)
  local passive = OFF
  if not is_delete or self.passive_deletes then passive = NO_INITIALIZE
  elseif self.direction == MANYTOONE then passive = NO_FETCH_RELATED end
  local prop = self.prop
  for i = 1, #list do
    local history = uow:history(list[i], prop, passive)
    if history ~= access.EMPTY and (history.added[1] or history.unchanged[1] or history.deleted[1]) ~= nil then
      return true
    end
  end
  return #list > 0 and not self.is_self_referential and uow.mappers[self.mapper] ~= nil
end

local function wrong_type(self, child)
  exc.raise("FlushError", "Attempting to flush an item of type %s as a member of collection \"%s\". Expected an " ..
    "object of type %s or a polymorphic subclass of this type.", tostring(access.mapper_of(child).class),
    tostring(self.prop), tostring(self.mapper.class))
end

local function wrong_subtype(self, child)
  local class, wanted = tostring(access.mapper_of(child).class), tostring(self.mapper.class)
  exc.raise("FlushError", "%s", ("Attempting to flush an item of type %s as a member of collection \"%s\". Expected an "
    .. "object of type %s or a polymorphic subclass of this type. If %s is a subclass of %s, configure mapper \"%s\" "
    .. "to load this subtype polymorphically, or set enable_typechecks=false to allow any subtype to be accepted for "
    .. "flush. ")
    :format(class, tostring(self.prop), wanted, class, wanted, tostring(self.mapper)))
end

--- Refuses a child that the relationship could not load again.
function Base:verify_can_load(child)
  if child == nil or child == null then
    if self.prop.uselist then
      exc.raise("FlushError", "Can't flush nil value found in collection %s", tostring(self.prop))
    end
    return
  end
  local mapper = access.mapper_of(child)
  if mapper == self.mapper then return end
  if not mapper:isa(self.mapper) then wrong_type(self, child) end
  if self.prop.enable_typechecks ~= false and not self.mapper.polymorphic_on then
    wrong_subtype(self, child)
  end
end

-- Does the child refer to another parent than its former one? Also to one that is no part of the flush, because it is
-- detached or deleted; but not to one that stood for the same row, as does a deleted one whose key is in use again.
local function refers_to_another(prop, child, former)
  for reverse in pairs(prop.reverse_properties or {}) do
    local parent = not reverse.viewonly and not reverse.uselist and rawget(child, reverse.slot)
    if parent and parent ~= null and parent ~= former and not (former and backref.same_row(parent, former)) then
      return true
    end
  end
  return false
end

--- Was the child, which left its former parent, given to another one, or is its parent unknown? (false: it has
-- certainly none)
function Base:has_parent(uow, child, former)
  if self.prop.track_parent then return access.has_parent(self.prop, child, false) end
  if uow:memo(self, "children_added", function() return {} end)[child] then return true end
  return refers_to_another(self.prop, child, former)
end

--- An orphan is deleted with everything that its deletion reaches.
function Base:delete_orphan(uow, child)
  uow:register_object(child, true, false, false, "delete", self.prop)
  for _, item in ipairs(cascade.collect(child, "delete")) do uow:register_object(item, true) end
end

--- Does a post update have to follow?
function Base:register_post_update(obj, uow, related, is_m2o_delete)
  for _, other in ipairs(related) do
    if not is_m2o_delete or other ~= null then
      local columns = {}
      for _, pair in ipairs(self.prop.synchronize_pairs) do columns[#columns + 1] = pair[2] end
      uow:register_post_update(obj, columns)
      return
    end
  end
end

--- Pairs of objects that were handled from the other side of a many-to-many relationship; nil without another side.
function Base:reversed_processed(uow)
  local reverse = self.prop.reverse_properties
  if not reverse or next(reverse) == nil then return nil end
  local keys = { self.key }
  for prop in pairs(reverse) do keys[#keys + 1] = prop.key end
  table.sort(keys)
  return uow:memo("reverse_key", table.concat(keys, "\0"), function() return {} end)
end

--- Has the object a key that others refer to, and has it changed since it was stored?
function dependency.pks_changed(self, obj)
  return sync.source_modified(obj, self.parent, self.prop.synchronize_pairs)
end

return dependency
