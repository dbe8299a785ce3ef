--- One entity of a statement: which columns it brings, and what becomes of them (the symbolic populate spec).
--
-- A spec is { kind, mapper, entity, path, tree, keys, discriminator, classes, parent, parent_slot, post }. Columns in
-- it are nodes of the state's column lists; plan.lua turns them into positions. `post` lists loaders that run after the
-- rows.
local aliased = require "alchemoon.orm.aliased"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local inheritance = require "alchemoon.orm.inheritance"
local info = require "alchemoon.orm.attr_info"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"
local polymorphic_load = require "alchemoon.orm.polymorphic_load"
local select_columns = require "alchemoon.orm.select_columns"
local strategy_error = require "alchemoon.orm.strategy_error"
local warn = require "alchemoon.orm.warn"

local lower_entity = {}
local node_get, node_tag = core.node_get, core.node_tag

-- Loaders that run after the rows are there.
local POST = { selectin = true, subquery = true, immediate = true, noload = true }
local FORBIDS = { raise = true, raise_on_sql = true }

--- The mappers whose columns an entity brings along: of the class itself or of with_polymorphic().
function lower_entity.mappers_of(entity) return aliased.mappers(entity) end

--- The FROM element of an entity.
function lower_entity.selectable(entity)
  local mapper = info.mapper(entity)
  if entity == mapper.entity then return inheritance.selectable(mapper) end
  return node_get(entity, "from")
end

-- --- columns -------------------------------------------------------------------------------------

-- A hidden property is a discriminator that only a union of concrete tables has: nobody reads it from an object of the
-- base, and those of subclasses are columns of other unions.
local function wants(state, spec, prop)
  local only = spec.only
  if only then
    if prop.hidden and (prop.parent ~= spec.mapper or not spec.mapper.inherits) then return false end
    return only[prop.key] or false
  end
  if prop.hidden then return prop == spec.mapper.polymorphic_prop end
  return true, state
end

local function is_key(mapper, prop)
  for _, slot in ipairs(mapper.pk_slots) do
    if slot == prop.slot then return true end
  end
  return prop == mapper.polymorphic_prop
end

-- The node to fetch for a property, nil when it is not loaded now.
local function column_of(state, spec, prop)
  if state.stored_only and not prop:is_table_column() then return nil end
  local deferred, _, expression = option_tree.column(spec.tree, prop, is_key(spec.mapper, prop))
  local undeferred = deferred == false -- by an option
  if spec.only then deferred = false end
  if expression and state.expressions then expression = state.expressions[expression] or expression end
  if expression and node_tag(expression) == core.tags.ORM_ATTR then -- a column that may be selected already
    expression = node_get(expression, "column")
  end
  if prop.query_expression then
    local has_default = prop.has_default_expression and not state.no_defaults
    if not expression and (deferred or not has_default and not undeferred) then return nil end
  elseif deferred and not (state.for_subquery and prop:is_table_column()) then
    return nil
  end
  return expression or prop.columns[1], expression
end

-- A column that the selectable does not have is left out: it is loaded when it is read.
local function add_column(state, spec, prop)
  local first, expression = column_of(state, spec, prop)
  if not first then return end
  local fetch
  for i, column in ipairs(expression and { first } or prop.columns) do
    local node = column
    if spec.adapt then
      if spec.check_adapt then node = spec.strict(column) else node = spec.adapt(column) end
    end
    if node == nil then return end
    node = state:add(spec.collection, node)
    if i == 1 then fetch = node end
  end
  spec.fetch[prop] = fetch
end

-- --- relationships -------------------------------------------------------------------------------

--- What happens to a relationship of an entity: strategy and the child of the options tree.
function lower_entity.strategy(tree, prop)
  local child = option_tree.relationship(tree, prop)
  return child and child.strategy or prop.lazy, child
end

-- A loader that was not asked for by an option must not come back to a class on its way.
local function in_circle(spec, prop)
  if option_tree.is_explicit(spec.tree, prop) then return false end
  if prop.join_depth then return path.total_length(spec.path) + 1 > prop.join_depth end
  return path.contains_anywhere(spec.path, prop)
end

-- What an eager loader would bring, but for a circle or a class further down: populate_existing leaves it alone.
local function leave(spec, prop)
  spec.left = spec.left or {}
  spec.left[#spec.left + 1] = prop
end

-- A loader that runs after the rows; they run in the order in which entities got their first one. In a circle there is
-- none but "immediate", which takes what the identity map has, and loads what cannot be looked up there by a key.
local function add_loader(state, spec, prop, strategy, child)
  local circle = strategy ~= "noload" and strategy ~= "raise" and in_circle(spec, prop)
  if circle and strategy ~= "immediate" then return leave(spec, prop) end
  state.loader_count = (state.loader_count or 0) + 1
  spec.post_order = spec.post_order or state.loader_count
  spec.post[#spec.post + 1] = { prop = prop, strategy = strategy, child = child, spec = spec,
    known_only = circle and prop.use_get }
end

-- A collection that is never loaded as a whole cannot be filled: `state.refused` is the error, which comes when the
-- statement was executed. "noload" finds nothing to empty. True: nothing else is done about the relationship.
local function refuses(state, spec, prop, strategy, child)
  if not (strategy == "joined" or POST[strategy]) or not state.eager then return false end
  if strategy == "noload" then return true end
  if strategy == "immediate" then
    if not in_circle(spec, prop) then state.refused = state.refused or strategy_error.NOT_POPULATED end
  else
    state.refused = state.refused
      or ("'%s' does not support object population - eager loading cannot be applied."):format(tostring(prop))
  end
  if strategy == "joined" then state:join_eager(spec, prop, child) end
  return true
end

--- Was a loader option that changes the SELECT given to an INSERT or UPDATE? Then it warns, and nothing is loaded.
function lower_entity.refused_in_dml(state, strategy, child)
  if not state.of_dml or not child or not child.strategy then return false end
  warn("The %sload loader option is not compatible with DML statements such as INSERT, UPDATE.  Only SELECT may be "
    .. "used; selectinload() or immediateload() do the same here.", strategy)
  return true
end

-- The strategy of the options wins over the mapper's; what cannot be done here is left to a later load.
local function add_relationship(state, spec, prop)
  if not prop.initialised or spec.only and not spec.only[prop.key] then return end
  local strategy, child = lower_entity.strategy(spec.tree, prop)
  -- contains_eager() speaks of joins of the program's own statement only.
  if child and child.contains_eager and (state.base_path or state.refresh) then
    strategy, child = prop.lazy, nil
  end
  if child and child.opts and child.opts.recursion_depth and not prop.mapper:common_parent(prop.parent) then
    exc.raise("InvalidRequestError", "recursion_depth option on relationship %s not valid for "
      .. "non-self-referential relationship", tostring(prop))
  end
  if strategy == "subquery" and state.no_joins then
    lower_entity.refused_in_dml(state, strategy, child)
    return
  end
  if prop.instance_get and refuses(state, spec, prop, strategy, child) then return end
  if strategy == "joined" then
    if state.eager then state:join_eager(spec, prop, child) end
  elseif POST[strategy] then
    if state.eager then add_loader(state, spec, prop, strategy, child) end
  elseif FORBIDS[strategy] and child and child.strategy and state.eager then
    add_loader(state, spec, prop, "raise", child)
  end
end

-- --- specs ---------------------------------------------------------------------------------------

-- Has a class a table of its own, which the row's union has the columns of?
local function is_concrete_below(mapper, top)
  while mapper and mapper ~= top do
    if mapper.concrete then return true end
    mapper = mapper.inherits
  end
  return false
end

-- The column of the entity's union that stands for one of a concrete subclass, whatever the attribute's name.
local function of_union(spec, prop, fetch)
  local column = prop.columns[1]
  if prop.deferred or node_tag(column) ~= core.tags.COLUMN then return nil end
  local from = inheritance.selectable(spec.mapper)
  local found = from and core.corresponding_column(from, column, true)
  if found == nil then return nil end
  for other, node in pairs(fetch) do
    if other.columns[1] == found then return node end
  end
  return nil
end

-- Slots of a class and the columns that fill them; a subclass may have renamed its base's.
local function class_columns(spec, mapper, fetch)
  local concrete = is_concrete_below(mapper, spec.mapper)
  local columns, top = {}, 2
  local seen = {}
  for _, prop in ipairs(select_columns.ordered(mapper)) do
    if prop.kind == "column" then
      local node = fetch[prop]
      if node == nil then -- the base's property for the same attribute
        for other, column in pairs(fetch) do
          if other.key == prop.key and other.slot == prop.slot and mapper:isa(other.parent) then node = column end
        end
        if node == nil and concrete then node = of_union(spec, prop, fetch) end
      end
      if node and not seen[prop.slot] then
        seen[prop.slot] = true
        columns[#columns + 1] = { slot = prop.slot, node = node, prop = prop }
        if prop.slot > top then top = prop.slot end
      end
    end
  end
  for _, prop in ipairs(spec.eager) do
    if prop.slot > top then top = prop.slot end
  end
  return { mapper = mapper, columns = columns, array_size = top }
end

-- The classes that a row may become, the entity's own first.
local function add_classes(spec)
  local mapper, list = spec.mapper, {}
  list[1] = class_columns(spec, mapper, spec.fetch)
  if spec.discriminator then
    for _, sub in ipairs(mapper.self_and_descendants) do
      if sub ~= mapper then list[#list + 1] = class_columns(spec, sub, spec.fetch) end
    end
  end
  spec.classes = list
end

local function add_keys(state, spec)
  for i, column in ipairs(spec.mapper.primary_key) do
    local prop = spec.mapper.prop_at[spec.mapper.pk_slots[i]]
    local node = spec.fetch[prop]
    if not node then
      node = spec.adapt and spec.adapt(column) or column
      node = state:add(spec.collection, node)
      spec.fetch[prop] = spec.fetch[prop] or node
    end
    spec.keys[i] = node
  end
end

local function add_discriminator(state, spec)
  local mapper = spec.mapper
  local extra = spec.entity and node_get(spec.entity, "extra")
  local given = extra and extra.polymorphic_on -- of with_polymorphic()
  local column = given or mapper.polymorphic_on
  if column == nil or next(mapper.polymorphic_map or {}) == nil then return end
  if not mapper.inherits and #mapper.subclasses == 0 and mapper.polymorphic_identity == nil then return end
  local node = not given and mapper.polymorphic_prop and spec.fetch[mapper.polymorphic_prop]
  if not node then
    if spec.only then return end
    node = state:add(spec.collection, spec.adapt and spec.adapt(column) or column)
  end
  spec.discriminator = node
end

-- Of subclasses that are not loaded along only "immediate" loaders run, and "selectin" below an entity that is joined;
-- what else is eager there is loaded lazily.
local function add_below(state, spec, mappers)
  local is_joined = spec.kind ~= "root"
  for _, sub in ipairs(spec.mapper.self_and_descendants) do
    for _, prop in ipairs(sub.props) do
      if prop.kind == "relationship" and prop.parent == sub and sub ~= spec.mapper then
        local known = polymorphic_load.covers(spec, sub)
        for _, each in ipairs(mappers) do known = known or each:isa(sub) end
        local strategy, child = lower_entity.strategy(spec.tree, prop)
        local runs = strategy == "immediate" or is_joined and strategy == "selectin"
        if runs and not known then add_loader(state, spec, prop, strategy, child)
        elseif strategy == "selectin" or strategy == "subquery" then leave(spec, prop) end
      end
    end
  end
end

--- Makes the spec of an entity and lets it add its columns. `fields`: kind, mapper, entity, adapt, strict, collection,
-- tree, path, parent, parent_slot, mappers, only.
function lower_entity.setup(state, fields)
  local spec = fields
  spec.fetch, spec.keys, spec.post, spec.eager = {}, {}, {}, {}
  state.specs[#state.specs + 1] = spec
  spec.index = #state.specs
  local mappers = spec.mappers or { spec.mapper }
  local props = select_columns.polymorphic(spec.mapper, mappers)
  for _, prop in ipairs(props) do
    if prop.kind == "column" then
      if wants(state, spec, prop) then add_column(state, spec, prop) end
    elseif prop.kind == "relationship" then
      add_relationship(state, spec, prop)
    end
  end
  if not spec.fixed then add_keys(state, spec) end
  add_discriminator(state, spec)
  if spec.discriminator and state.eager and not spec.only then add_below(state, spec, mappers) end
  return spec
end

--- Once everything has been added.
function lower_entity.finish(spec)
  for _, loader in ipairs(spec.post) do
    if loader.strategy ~= "raise" then spec.eager[#spec.eager + 1] = loader.prop end
  end
  add_classes(spec)
  if #spec.classes[1].columns == 0 and not spec.fixed then
    exc.raise("InvalidRequestError", "Query contains no columns with which to SELECT from.")
  end
end

return lower_entity
