--- All loader options of a statement, ordered by where they apply.
--
-- A tree belongs to one entity of a statement: `rel[prop]` = what is to happen with a relationship and, in its `tree`,
-- below it; `rel_any` the same for "*"; `col[prop]`, `col_any`, `groups`: columns; `poly`: subclasses to be loaded by
-- statements of their own; `mapper`: what "*" is said of, its properties and not those that subclasses add (nil: of
-- all, as with an alias). `defaults` is shared by all trees of a statement: lazyload("*") without a class.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local loader_options = require "alchemoon.orm.loader_options"
local same_options = require("alchemoon.options").same
local strategy_error = require "alchemoon.orm.strategy_error"
local copy = require("alchemoon.keys").copy

local option_tree = {}

local function new(defaults, entity)
  local mapper = entity and not info.is_aliased(entity) and info.mapper(entity) or nil
  return { rel = {}, col = {}, groups = {}, defaults = defaults, mapper = mapper }
end
option_tree.new = new

-- The tree of an entity of the statement itself: undefer_group() without a class is said of these alone.
local function root_of(defaults, entity)
  local tree = new(defaults, entity)
  tree.is_root = true
  return tree
end

-- What an eager loader loads for of_type(Class): the whole hierarchy with the columns of that class and of those that
-- were named before; with the tables side by side once there are several.
local function polymorphic_target(child, step)
  local of_type = step.of_type
  local mapper = info.mapper(of_type)
  if info.is_aliased(of_type) then return of_type end
  local list = child.of_classes or {}
  child.of_classes = list
  if list[#list] ~= mapper.class then list[#list + 1] = mapper.class end
  local base = mapper.base_mapper or mapper
  return require("alchemoon.orm.aliased").with_polymorphic(base.class, list,
    { aliased = true, flat = #list > 1 }).__entity__
end

-- `contained`: the statement joins to the relationship itself, to just the class that of_type() names.
local function child_of(tree, step, contained)
  local child
  if step.wildcard then
    child = tree.rel_any
    if not child then
      child = { tree = new(tree.defaults), criteria = {}, opts = {} }
      tree.rel_any = child
    end
  else
    child = tree.rel[step.prop]
    if not child then
      local target = step.prop.kind == "relationship" and not step.prop.target_alias and step.prop.mapper
      child = { tree = new(tree.defaults, target and target.entity), criteria = {}, opts = {}, prop = step.prop }
      tree.rel[step.prop] = child
    end
    if step.of_type then
      child.of_type = (contained or child.contains_eager) and step.of_type or polymorphic_target(child, step)
      child.tree.mapper, child.tree.of_alias = nil, info.is_aliased(step.of_type)
    end
  end
  return child
end

local function same_relationship(child, element)
  return child.strategy == element.strategy and child.alias == element.alias
    and (child.contains_eager or false) == (element.contains_eager or false)
    and same_options(child.opts or {}, element.opts or {})
end

-- immediateload() runs the lazy loader of the class, which knows nothing of the conditions of an option's and_().
-- Neither does defaultload(), which names no strategy and so comes to nothing here.
local UNFILTERED = { immediate = true }

-- What contains_eager(User.posts, Post.tags) says of `posts` (`on_the_way`) gives way to an option of its own.
local function apply_relationship(tree, step, element, root)
  if not step.wildcard and step.prop.kind ~= "relationship" then
    strategy_error.raise(element.strategy or "select", step.prop)
  end
  local child = child_of(tree, step, element.contains_eager)
  if not element.strategy then return end
  if child.strategy and root and not step.wildcard then
    if element.on_the_way then return end
    if not child.on_the_way and not same_relationship(child, element) then
      strategy_error.conflict(root, element.path)
    end
  end
  child.strategy, child.opts = element.strategy, element.opts
  child.contains_eager, child.alias, child.on_the_way = element.contains_eager, element.alias, element.on_the_way
  if not step.wildcard and not UNFILTERED[element.strategy] then child.criteria = step.criteria end
end

local function same_column(a, b)
  return a.deferred == b.deferred and (a.raiseload or false) == (b.raiseload or false) and a.expression == b.expression
end

-- Two different options for one attribute are an error where both were written by the program.
local function apply_column(tree, step, element, root)
  if element.group then
    tree.groups[element.group] = true
  elseif step.wildcard then
    tree.col_any = element
    tree.groups, tree.lost_groups = {}, copy(tree.defaults.groups) -- undefer_group() before it is overridden
  else
    local prop = step.prop
    if prop.kind == "relationship" then
      strategy_error.raise(element.expression and "expression" or element.deferred and "deferred" or "column", prop)
    end
    local known = tree.col[prop]
    if known and root and not same_column(known, element) then strategy_error.conflict(root, element.path) end
    tree.col[prop] = element
  end
end

-- `root`: where the option begins; nil: no complaint about options that contradict each other.
local function apply(tree, element, root)
  local path = element.path
  if element.kind == "polymorphic" then
    for i = 1, #path do tree = child_of(tree, path[i]).tree end
    tree.poly = tree.poly or {}
    for _, mapper in ipairs(element.mappers) do tree.poly[#tree.poly + 1] = mapper end
    return
  end
  for i = 1, #path - 1 do tree = child_of(tree, path[i]).tree end
  local last = path[#path]
  if element.kind == "column" then apply_column(tree, last, element, root)
  else apply_relationship(tree, last, element, root) end
end

local function apply_default(defaults, element)
  if element.kind == "column" then
    if element.group then defaults.groups[element.group] = element else defaults.col = element end
  else
    defaults.rel = { strategy = element.strategy, opts = element.opts, criteria = {}, tree = new(defaults) }
  end
end

-- Does an option say something about a certain attribute? Load(User):lazyload("*") may come to nothing.
local function names_attributes(option)
  for _, element in ipairs(option.elements) do
    local last = element.path[#element.path]
    if not last or not last.wildcard then return true end
  end
  return false
end

-- Without a class the group is that of the statement's one entity.
local function check_group(option, count, entities)
  if count == 1 or option.root ~= nil then return end
  for _, element in ipairs(option.elements) do
    if element.group then
      local names = {}
      for i, entity in ipairs(entities) do names[i] = info.describe(entity) end
      exc.raise("ArgumentError", "Can't apply wildcard ('*') or load_only() loader option to multiple entities %s. "
        .. "Specify loader options for each entity individually: Load(entity):undefer_group('%s').",
        table.concat(names, ", "), element.group)
    end
  end
end

--- The trees of a statement: a function entity → tree or nil. `options`: Load objects; `entities`: the statement's.
---@param options table
---@param entities table
---@param lenient boolean?   options of other classes are passed over (they come from an earlier statement)
---@param former table?      entities that the statement selected once; options for them are passed over
---@param count integer?     how many of its items are entities
function option_tree.build(options, entities, lenient, former, count)
  local defaults, trees, any = { groups = {} }, {}, false
  for _, option in ipairs(options) do
    local matched = option.root == nil or lenient
    if count and not lenient then check_group(option, count, entities) end
    for _, element in ipairs(option.elements) do
      any = true
      if option.root == nil then apply_default(defaults, element) end
    end
    for _, entity in ipairs(option.root ~= nil and entities or {}) do
      if info.corresponds(entity, option.root) then
        matched = true
        trees[entity] = trees[entity] or root_of(defaults, entity)
        for _, element in ipairs(option.elements) do
          apply(trees[entity], element, not lenient and entity or nil)
        end
      end
    end
    for _, entity in ipairs(not matched and former or {}) do
      matched = matched or info.corresponds(entity, option.root)
    end
    if not matched and names_attributes(option) then option_tree.no_entity(option, entities) end
  end
  if not any then return function() return nil end end
  local has_default = defaults.rel ~= nil or defaults.col ~= nil or next(defaults.groups) ~= nil
  return function(entity)
    local tree = trees[entity]
    if not tree and has_default then
      tree = root_of(defaults)
      trees[entity] = tree
    end
    return tree
  end
end

--- The error for an option that fits none of the statement's entities.
function option_tree.no_entity(option, entities)
  local names = {}
  for i, entity in ipairs(entities) do names[i] = info.describe(entity) end
  if #names == 0 then
    exc.raise("ArgumentError", "Query has only expression-based entities; attribute loader options for %s can't be "
      .. "applied here.", info.describe(option.root))
  end
  exc.raise("ArgumentError", "Mapped class %s does not apply to any of the root entities in this query, e.g. %s. " ..
    "Please specify the full path from one of the root entities to the target attribute. ", info.describe(option.root),
    table.concat(names, ", "))
end

-- defaultload(attribute) below a wildcard: the wildcard's strategy, and what was said about the attribute's objects.
local function with_strategy_of(child, any)
  local merged = child.merged
  if not merged or merged.any ~= any then
    merged = { any = any, strategy = any.strategy, opts = any.opts, tree = child.tree, criteria = child.criteria,
      of_type = child.of_type, prop = child.prop }
    child.merged = merged
  end
  return merged
end

-- What Load(Class) says of "*" (`any`), if it is said of a property: of those of the class and its superclasses.
-- `lead`: the class of the object that is refreshed; what was said of its base is said of it.
local function said_of(tree, any, prop, lead)
  if not any or not tree.mapper or not prop.parent then return any end
  local mapper = lead and lead:isa(tree.mapper) and lead or tree.mapper
  return mapper:isa(prop.parent) and any or nil
end

--- What the options say about a relationship; nil: nothing.
function option_tree.relationship(tree, prop)
  if tree == nil then return nil end
  local child, any = tree.rel[prop], said_of(tree, tree.rel_any, prop) or tree.defaults.rel
  if child and any and not child.strategy then return with_strategy_of(child, any) end
  return child or any
end

--- Is there an option for just this relationship (so that it is followed even in a circle)?
function option_tree.is_explicit(tree, prop)
  local child = tree and tree.rel[prop]
  return child ~= nil and child.strategy ~= nil
end

local function is_undeferred_group(tree, group)
  if tree.groups[group] then return true end
  local said = tree.is_root and tree.defaults.groups[group] or nil
  return said ~= nil and (tree.lost_groups == nil or tree.lost_groups[group] ~= said)
end

-- What "*" without a class says of columns: nothing where undefer_group() says something of all columns of the class.
local function default_of_columns(tree)
  local has_groups = next(tree.groups) ~= nil or tree.is_root and next(tree.defaults.groups) ~= nil
  return not has_groups and tree.defaults.col or nil
end

--- How a column is loaded: deferred?, raise when read?, expression (with_expression).
function option_tree.column(tree, prop, is_key, lead)
  if tree ~= nil then
    local element = tree.col[prop]
    if element then
      if element.expression then return false, false, element.expression end
      if element.deferred and is_key then return false end
      return element.deferred, element.raiseload
    end
    if prop.group and is_undeferred_group(tree, prop.group) then return false end
    element = said_of(tree, tree.col_any, prop, lead) or default_of_columns(tree)
    if element then
      if element.deferred and is_key then return false end
      return element.deferred, element.raiseload
    end
  end
  return prop.deferred, prop.raiseload
end

local function add_expressions(tree, list)
  for _, element in pairs(tree.col) do
    if element.expression then list[#list + 1] = element.expression end
  end
  for _, child in pairs(tree.rel) do
    for _, criterion in ipairs(child.criteria) do list[#list + 1] = criterion end
    add_expressions(child.tree, list)
  end
  if tree.rel_any then add_expressions(tree.rel_any.tree, list) end
end

--- All expressions in a tree, of with_expression() and of and_(), as a list.
function option_tree.expressions(tree)
  local list = {}
  add_expressions(tree, list)
  return list
end

local function says_nothing(defaults)
  return defaults.rel == nil and defaults.col == nil and next(defaults.groups) == nil
end

--- The tree of what an eager loader loads: that of its options (`child`), or what the statement says of all classes.
function option_tree.below(tree, child)
  if child then return child.tree end
  if tree == nil or says_nothing(tree.defaults) then return nil end
  tree.unnamed = tree.unnamed or new(tree.defaults)
  return tree.unnamed
end

--- A tree for what is loaded later, lazily or anew: lazyload("*"), defer("*") and undefer_group() without a class are
-- said of what the statement itself loads.
function option_tree.of_later_load(tree)
  if tree == nil or says_nothing(tree.defaults) then return tree end
  if tree.later then return tree.later end
  local bare = copy(tree)
  bare.defaults, bare.rel, bare.refresh_templates, bare.unnamed = { groups = {} }, {}, nil, nil
  bare.subclass = nil
  local function bared(child)
    local other = copy(child)
    other.tree, other.lazy_templates, other.merged = option_tree.of_later_load(child.tree), nil, nil
    return other
  end
  for prop, child in pairs(tree.rel) do bare.rel[prop] = bared(child) end
  if tree.rel_any then bare.rel_any = bared(tree.rel_any) end
  tree.later = bare
  return bare
end

--- The tree of a statement for the columns of subclasses: it names none to be loaded by statements of their own again,
-- and options without a class are not for it. It is of the class itself: what was said of an alias that a relationship
-- was loaded as is not for it either.
function option_tree.for_subclass_columns(tree)
  local of_alias = tree and tree.of_alias
  tree = option_tree.of_later_load(tree)
  if tree == nil or tree.poly == nil and not of_alias then return tree end
  local known = copy(tree)
  known.poly = nil
  if of_alias then known.rel = {} end
  return known
end

--- What a tree says of the columns of a subclass that its statement did not select: which are deferred, by name or by
-- "*" without a class.
function option_tree.of_subclass(tree)
  if tree.subclass then return tree.subclass end
  local all = tree.defaults.col
  local bare = new({ groups = {}, col = all and all.deferred and all or nil })
  for prop, element in pairs(tree.col) do bare.col[prop] = element.deferred and element or nil end
  tree.subclass = bare
  return bare
end

--- What is left of a tree when its object is loaded anew without options: what was said of objects behind it.
function option_tree.of_objects_behind(tree)
  local bare = new({ groups = {} })
  for prop, child in pairs(tree.rel) do
    bare.rel[prop] = { prop = prop, tree = child.tree, criteria = {}, opts = {} }
  end
  return next(bare.rel) ~= nil and bare or nil
end

--- The part of a tree that later loads of the objects need; nil when nothing is left.
function option_tree.for_objects(tree)
  if tree == nil then return nil end
  if next(tree.rel) == nil and tree.rel_any == nil and next(tree.col) == nil and tree.col_any == nil
    and next(tree.groups) == nil and says_nothing(tree.defaults) and tree.criteria == nil then
    return nil
  end
  return tree
end

option_tree.of_statement = loader_options.of
option_tree.core = core
return option_tree
