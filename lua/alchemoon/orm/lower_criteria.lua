--- Conditions that a statement gets because of its entities: single-table inheritance, with_loader_criteria.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local loader_options = require "alchemoon.orm.loader_options"
local option_node = require "alchemoon.orm.option_node"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"
local sql = require "alchemoon.orm.sql"

local lower_criteria = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

-- --- single-table inheritance --------------------------------------------------------------------

local singles = setmetatable({}, { __mode = "k" })

--- "this row is one of this class": for a class that shares its table with its base; nil for others. With `adapt` for
-- an alias of the class; it then has parameters of its own.
function lower_criteria.single(mapper, adapt)
  if not mapper.single or not mapper.inherits or mapper.polymorphic_on == nil then return nil end
  local identities = {}
  for _, each in ipairs(mapper.self_and_descendants) do
    if each.polymorphic_identity ~= nil then identities[#identities + 1] = each.polymorphic_identity end
  end
  if adapt then return adapt(mapper.polymorphic_on:in_(identities)) end
  local known = singles[mapper]
  if known and known.count == #identities then return known.node end
  local node = mapper.polymorphic_on:in_(identities)
  singles[mapper] = { node = node, count = #identities }
  return node
end

-- --- with_loader_criteria ------------------------------------------------------------------------

local Criteria = { __name = "LoaderCriteriaOption" }
Criteria.__index = Criteria
function Criteria:__tostring()
  local names = {}
  for i, mapper in ipairs(self.list) do names[i] = mapper.class_name end
  return ("LoaderCriteriaOption(%s)"):format(table.concat(names, ", "))
end

local VALID = { loader_only = false, include_aliases = false, propagate_to_loaders = options.TRUE,
  track_closure_variables = options.TRUE }

-- All mappers that an entity, an unmapped base or a mixin stands for.
local function mappers_of(target)
  local entity = info.entity_of(target)
  if entity then return info.mapper(entity).self_and_descendants, entity end
  local found, seen = {}, {}
  local function take(mapper)
    if not seen[mapper] then
      seen[mapper] = true
      found[#found + 1] = mapper
    end
  end
  for _, mapper in ipairs(require("alchemoon.orm.registry").all_mappers()) do
    if mapper.class == target then take(mapper) end
    for _, base in ipairs(rawget(mapper.class, "__mro__") or {}) do
      if base == target then take(mapper) end
    end
  end
  return found, nil
end

--- am.with_loader_criteria(Class, condition or function(cls), { include_aliases, propagate_to_loaders, loader_only })
---@param target any   a class or a mixin
---@param criterion any   a condition, or a function of the class that makes one
---@param opts table?   include_aliases, propagate_to_loaders
---@return any
function lower_criteria.with_loader_criteria(target, criterion, opts)
  opts = options.read("with_loader_criteria", opts, VALID)
  require("alchemoon.orm.instance").configure()
  local mappers, entity = mappers_of(target)
  if #mappers == 0 and type(target) ~= "table" then
    exc.raise("ArgumentError", "with_loader_criteria(): a mapped class, a base or a mixin is needed, got %s",
      coerce.describe(target))
  end
  local self = setmetatable({ list = {}, by_mapper = {}, include_aliases = opts.include_aliases, entity = entity,
    propagate = opts.propagate_to_loaders, of_function = type(criterion) == "function" }, Criteria)
  local shared = type(criterion) ~= "function" and coerce.condition(criterion, "with_loader_criteria()") or nil
  local made = nil
  for _, mapper in ipairs(mappers) do
    local condition = shared
    if not condition then
      if made and entity and info.mapper(entity) ~= mapper then condition = made
      else condition = coerce.condition(criterion(mapper.class), "with_loader_criteria()") end
      made = made or condition
    end
    self.by_mapper[mapper] = condition
    self.list[#self.list + 1] = mapper
  end
  return self
end

function Criteria:_as_node()
  return option_node(self, function()
    local parts, children = { "criteria", tostring(self.include_aliases), tostring(self.propagate) }, {}
    for _, mapper in ipairs(self.list) do
      parts[#parts + 1] = "m" .. loader_options.id(mapper)
      children[#children + 1] = self.by_mapper[mapper]
    end
    if self.entity and info.is_aliased(self.entity) then children[#children + 1] = self.entity end
    return table.concat(parts, " "), children
  end)
end

function lower_criteria.is(option) return getmetatable(option) == Criteria end

-- What a node says: its conditions are its children (an equal statement may have other values in them).
local function resolved(node, option, copies)
  local children, by_mapper = node_get(node, "children"), {}
  for i, mapper in ipairs(option.list) do by_mapper[mapper] = children[i] end
  return { by_mapper = by_mapper, include_aliases = option.include_aliases, entity = option.entity,
    propagate = option.propagate, node = node, copies = option.of_function and copies or nil }
end

--- The criteria among the options of a statement; nil when there are none. Field `copies`: pairs (parameter, the one
-- of the statement that it is a copy of), see own_binds().
function lower_criteria.of(stmt)
  local list
  for _, node in ipairs(node_get(stmt, "options")) do
    if node_tag(node) == T.ORM_OPTION then
      local option = node_get(node, "option")
      if getmetatable(option) == Criteria then
        list = list or { copies = {} }
        list[#list + 1] = resolved(node, option, list.copies)
      end
    end
  end
  return list
end

--- The nodes of those that later loads take over; nil when there are none. `all`: of all, for loaders whose statement
-- follows at once.
function lower_criteria.propagated(criteria, all)
  local list
  for _, option in ipairs(criteria or {}) do
    if option.propagate or all then
      list = list or {}
      list[#list + 1] = option.node
    end
  end
  return list
end

-- A condition with parameters of its own, as a function makes them each time it is called. They keep their names'
-- stems; the compiler hears from `copies` whose values they have.
local function own_binds(condition, copies)
  return core.node_replace(condition, function(node)
    if node_tag(node) ~= T.BIND then return nil end
    local copy = core.node_with(node, {})
    copies[#copies + 1], copies[#copies + 2] = copy, node
    return copy
  end)
end

-- Calls visit(condition, option) for the conditions that the criteria add for an entity: those said about just this
-- entity, and those with include_aliases (without it a mixin or a base class says nothing about what is built upon it).
local function each_condition(criteria, entity, eager, visit)
  local mapper = info.mapper(entity)
  for _, option in ipairs(criteria or {}) do
    local condition = option.by_mapper[mapper]
    local applies
    if eager then applies = option.propagate
    else applies = option.include_aliases or option.entity == entity end
    if condition and applies then visit(condition, option) end
  end
end

--- The conditions that the criteria add for an entity, with its columns. `eager`: for a join of an eager loader.
function lower_criteria.for_entity(criteria, entity, eager)
  local found = {}
  each_condition(criteria, entity, eager, function(condition, option)
    found[#found + 1] = option.copies and own_binds(condition, option.copies) or condition
  end)
  return found
end

-- Conditions with the columns of an aliased class. One condition always becomes the same node.
local function aliased_adapter(class)
  local known = rawget(class, "adapted_criteria") or {}
  rawset(class, "adapted_criteria", known)
  return function(condition)
    for _, pair in ipairs(known) do
      if pair[1] == condition then return pair[2] end
    end
    local adapted = class.adapt_column(column_adapter.plain(condition))
    known[#known + 1] = { condition, adapted }
    return adapted
  end
end

--- An UPDATE or DELETE with the conditions that its class (single table inheritance) and its options add, unless it
-- has them. Second result: the condition of the class.
function lower_criteria.with_dml_criteria(stmt)
  local class = node_get(stmt, "orm")
  local mapper = class and class.__mapper__
  if not mapper then return stmt end
  local is_alias = rawget(class, "is_aliased_class")
  local entity, adapt = is_alias and class.__entity__ or mapper.entity, is_alias and aliased_adapter(class) or nil
  local wanted = {} -- the very nodes of the options: they are looked for below when the statement comes again
  each_condition(lower_criteria.of(stmt), entity, false, function(condition)
    wanted[#wanted + 1] = adapt and adapt(condition) or condition
  end)
  local single = lower_criteria.single(mapper)
  if single and adapt then single = adapt(single) end
  wanted[#wanted + 1] = single
  local present = #wanted > 0 and node_get(stmt, "where")
  for _, condition in ipairs(wanted) do
    local has = false
    for _, other in ipairs(present) do has = has or other == condition end
    if not has then stmt = core.node_append(stmt, "where", condition) end
  end
  return stmt, single
end

--- AND of conditions; nil for none.
function lower_criteria.all(list)
  if #list == 0 then return nil end
  return sql.and_(list)
end

usage.close_class(Criteria, "LoaderCriteriaOption", nil, true)

lower_criteria.plain = column_adapter.plain
lower_criteria.public = { with_loader_criteria = lower_criteria.with_loader_criteria }
return lower_criteria
