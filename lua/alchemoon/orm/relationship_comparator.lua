--- What can be said of a relationship in SQL: User.posts:any(…), Post.author:eq(ann), of_type, and_, with_parent.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local selectable = require "alchemoon.sql.selectable"
local adapt = require "alchemoon.orm.adapt"
local aliased = require "alchemoon.orm.aliased"
local attr = require "alchemoon.orm.attr"
local attr_info = require "alchemoon.orm.attr_info"
local column_adapter = require "alchemoon.orm.column_adapter"
local entities = require "alchemoon.orm.entity"
local identity = require "alchemoon.orm.identity"
local inheritance = require "alchemoon.orm.inheritance"
local instance = require "alchemoon.orm.instance"
local join_condition = require "alchemoon.orm.join_condition"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local comparator = {}
local methods = attr.by_kind[core.enums.ORM_ATTR_RELATIONSHIP]
local null = symbols.null
local MANYTOONE = symbols.MANYTOONE

local function configured(node)
  local prop = core.node_get(node, "extra")
  if not prop.initialised then instance.configure(prop.parent) end
  return prop
end

-- Columns of the class become attributes of the entity, so that the statement around may adapt them once more.
local function source_adapter(entity)
  local mapper = core.node_get(entity, "mapper")
  local plain = entity ~= mapper.entity and adapt.columns(core.node_get(entity, "from")) or nil
  return function(column)
    local slot = mapper.column_slot[column]
    local column_prop = slot and mapper.prop_at[slot]
    if column_prop and column_prop.columns[1] == column then return entities.attribute(entity, column_prop) end
    if plain then return plain(column) end
    return column_prop and attr.of_column(entity, column_prop, column) or column -- the base's key, say
  end
end

-- --- comparison with an object ------------------------------------------------------------------------------------

local function check_object(prop, obj)
  if instance.mapper_of(obj) then return end
  exc.raise("ArgumentError", "%s", ("Mapped instance expected for relationship comparison to object.   Classes, " ..
    "queries and other SQL elements are not accepted in this context; for comparison with a subquery, use " ..
    "%s:has{ attribute = value }.")
    :format(tostring(prop)))
end

local function unresolved(column, obj, why)
  exc.raise("InvalidRequestError", "Can't resolve value for column %s on object %s; %s", tostring(column),
    instance.describe(obj), why)
end

-- The value by which a detached object is known, if the slot belongs to its primary key.
local function key_value(obj, slot)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  for i, key_slot in ipairs(mapper.pk_slots) do
    if key_slot == slot then return (identity.values(obj, mapper) or {})[i] end
  end
  return nil
end

-- A function that gives the value of a column of an object when the statement is executed. Until then nothing is
-- loaded; what the object had last counts when it is detached by then.
local function value_of(obj, mapper, column)
  local slot = mapper.column_slot[column]
  local key = mapper.name_of[slot]
  slot = rawget(getmetatable(obj), "__mapper__").slot[key] or slot -- a concrete subclass has slots of its own
  local last = rawget(obj, slot)
  local watched = last ~= nil or rawget(obj, 2) == nil
  return function()
    local value, context, is_stored = rawget(obj, slot), rawget(obj, 1), rawget(obj, 2) ~= nil
    if value == nil and is_stored and context.session then value = obj[key] or null end
    if value == nil and watched and is_stored then value = key_value(obj, slot) end -- newer than what was last seen
    if value == nil and is_stored then value = last end -- what was deleted since has no value
    if value == nil and not is_stored then unresolved(column, obj, "no value has been set for this column") end
    if value == nil then unresolved(column, obj, "the object is detached and the value was expired") end
    last, watched = value, true
    if value == null then value = nil end
    if value == nil then
      warn("Got nil for value of column %s; this is unsupported for a relationship comparison and will not " ..
        "currently produce an IS comparison (but may in a future release)", tostring(column))
    end
    return value
  end
end

-- The entry of a bind; nodes of binds have no face of their own, so they are compared one by one.
local function entry_of(binds, node)
  if core.node_tag(node) ~= core.tags.BIND then return nil end
  for _, entry in ipairs(binds) do
    if entry.bind == node then return entry end
  end
  return nil
end

-- "column IS NULL" for every comparison with a bind.
local function compare_null(condition, binds)
  return sql.replace(condition, function(at)
    if core.node_tag(at) ~= core.tags.BINARY then return nil end
    local left, right = core.node_get(at, "left"), core.node_get(at, "right")
    if entry_of(binds, left) then left, right = right, left end
    if not entry_of(binds, right) then return nil end
    return left:is_(nil)
  end)
end

--- The condition that a relationship holds this object (forward: that the object's relationship holds the row).
-- The association table stands there under an alias, unless the statement has it in FROM (`plain_secondary`).
function comparator.compare(prop, obj, forward, adapt_source, plain_secondary)
  local condition, binds = join_condition.lazy(prop, not forward, adapt_source)
  if obj == nil then return compare_null(condition, binds) end
  check_object(prop, obj)
  local mapper = forward and prop.parent or prop.mapper
  condition = sql.replace(condition, function(at)
    local entry = entry_of(binds, at)
    if not entry then return nil end
    entry.filled = entry.filled or core.node_with(at, { callable = value_of(obj, mapper, entry.column) })
    return entry.filled
  end)
  if prop.secondary and not plain_secondary then
    local alias = prop.secondary:alias()
    condition = sql.replace(condition, function(at)
      if core.node_tag(at) == core.tags.COLUMN and join_condition.in_secondary(prop, at) then
        return core.corresponding_column(alias, at)
      end
      return nil
    end)
  end
  return condition
end

local function source_of(node)
  return source_adapter(core.node_get(node, "entity"))
end

-- --- EXISTS -------------------------------------------------------------------------------------------------------

-- The target as the subquery sees it: FROM element, column adapter, the secondary table.
local function destination(node, prop)
  local of_type = core.node_get(node, "of_type")
  local target, is_alias = prop.mapper, false
  local from
  if of_type then
    target, is_alias = core.node_get(of_type, "mapper"), core.node_get(of_type, "aliased") ~= 0
    from = is_alias and core.node_get(of_type, "from") or inheritance.selectable(target)
    if prop.self_referential and not is_alias then from = from:alias() end
  else
    from = inheritance.selectable(prop.mapper)
    if prop.target_alias then
      from, is_alias = core.node_get(prop.target_alias.__entity__, "from"), true
    elseif prop.self_referential and core.node_get(core.node_get(node, "entity"), "aliased") == 0 then
      from = from:alias()
    end
  end
  local changed = from ~= prop.mapper.persist_selectable
  local adapter = changed and adapt.columns(from, aliased.equal_columns(target)) or nil
  return target, from, adapter, is_alias
end

-- Names are those of the relationship's target; of the class of of_type() where that has no such attribute.
local function keyword_criteria(prop, of_type, kwargs, list)
  local names = {}
  for name in pairs(kwargs) do names[#names + 1] = name end
  table.sort(names)
  local narrower = of_type and core.node_get(of_type, "mapper")
  for _, name in ipairs(names) do
    local is_below = narrower and not prop.mapper.prop[name] and narrower.prop[name]
    list[#list + 1] = (is_below and narrower or prop.mapper).class[name]:eq(kwargs[name])
  end
end

-- What does not see the statement around it: the FROM of a nested any() or has(), over a joined class.
local IS_SUBQUERY = { [core.enums.ALIAS_PLAIN] = true, [core.enums.ALIAS_SUBQUERY] = true }

-- Attributes of the target class inside the criterion follow an anonymous alias.
local function adapt_criterion(criterion, target, adapter)
  return sql.replace(criterion, function(at)
    local tag = core.node_tag(at)
    if tag == core.tags.ORM_ATTR then
      local entity = core.node_get(at, "entity")
      local mapper = core.node_get(entity, "mapper")
      local column = core.node_get(at, "column")
      if column and entity == mapper.entity and (target:isa(mapper)
        or mapper:isa(target)) then return adapter(column) end
      return at
    elseif tag == core.tags.COLUMN then return adapter(at)
    elseif tag == core.tags.ALIAS and IS_SUBQUERY[core.node_get(at, "kind")] then return at end
    return nil
  end)
end

--- EXISTS (SELECT 1 FROM target WHERE join AND criterion).
function comparator.exists(node, criterion, kwargs)
  local prop = configured(node)
  local of_type = core.node_get(node, "of_type")
  local target, from, adapter, is_alias = destination(node, prop)
  local secondary, secondary_adapter = prop.secondary, nil
  local is_aliased_source = core.node_get(core.node_get(node, "entity"), "aliased") ~= 0
  if secondary and (adapter or is_aliased_source) then
    secondary = selectable.alias(secondary, { flat = true })
    secondary_adapter = column_adapter.new(secondary)
  end
  local primary, second = join_condition.on(prop, { parent = source_of(node), target = adapter,
    secondary = secondary_adapter })
  local where = { primary, second }
  local single = inheritance.single_criterion(prop.mapper)
  if single then where[#where + 1] = adapter and adapt_criterion(single, target, adapter) or single end
  local inner = { target ~= prop.mapper and inheritance.single_criterion(target) or nil }
  if criterion ~= nil then inner[#inner + 1] = coerce.condition(criterion, "any()") end
  for _, extra in ipairs(core.node_get(node, "criteria")) do inner[#inner + 1] = extra end
  keyword_criteria(prop, of_type, kwargs or {}, inner)
  for _, condition in ipairs(inner) do
    if adapter and not is_alias then condition = adapt_criterion(condition, target, adapter) end
    where[#where + 1] = condition
  end
  local select = require "alchemoon.sql.select"
  local query = select.select(1):where(sql.and_(where)):select_from(from)
  if secondary then query = query:select_from(secondary):correlate_except(from, secondary)
  else query = query:correlate_except(from) end
  return select.exists(query)
end

--- A relationship as a condition: its join condition between the two entities. nil for other attributes.
function coerce.relationship(node)
  if core.node_get(node, "kind") ~= core.enums.ORM_ATTR_RELATIONSHIP then return nil end
  local prop = configured(node)
  local sides = { parent = source_of(node) }
  local _, from, adapter = destination(node, prop)
  if core.node_get(node, "of_type") or prop.self_referential then sides.target = adapter or adapt.columns(from) end
  if prop.secondary then sides.secondary = adapt.columns(prop.secondary:alias()) end
  local condition, second = join_condition.on(prop, sides)
  local list = { condition, second }
  for _, criterion in ipairs(core.node_get(node, "criteria")) do
    list[#list + 1] = sides.target and sides.target(criterion) or criterion
  end
  return sql.and_(list)
end

local function criterion_and_kwargs(name, ...)
  local args, kwargs = options.split(...)
  if args.n > 1 then exc.raise("ArgumentError", "%s() takes one criterion and a table of attribute values", name) end
  return args[1], kwargs
end

--- EXISTS: does one of the related rows fulfil the conditions?
---@param ... any   conditions, { name = value }
---@return alchemoon.ColumnElement
function methods.any(node, ...)
  local prop = configured(node)
  if not prop.uselist then
    exc.raise("InvalidRequestError", "'any()' not implemented for scalar attributes. Use has().")
  end
  return comparator.exists(node, criterion_and_kwargs("any", ...))
end

--- EXISTS: is there a related row that fulfils the conditions?
---@param ... any   conditions, { name = value }
---@return alchemoon.ColumnElement
function methods.has(node, ...)
  local prop = configured(node)
  if prop.uselist then exc.raise("InvalidRequestError", "'has()' not implemented for collections.  Use any().") end
  return comparator.exists(node, criterion_and_kwargs("has", ...))
end

-- --- equality --------------------------------------------------------------------------------------------------------

-- NOT of "holds this object".
local function negated(node, prop, obj)
  check_object(prop, obj)
  if prop.direction == MANYTOONE and prop.use_get then
    local source, list = source_of(node), {}
    for i, pair in ipairs(prop.local_remote_pairs) do
      local near = source(pair[1])
      local bind = core.bind(pair[1].key, nil, core.enums.BIND_UNIQUE, core.node_type(pair[2]))
      bind = core.node_with(bind, { callable = value_of(obj, prop.mapper, pair[2]) })
      list[i] = near:ne(bind):or_(near:is_(nil))
    end
    return sql.and_(list)
  end
  local list = {}
  for i, slot in ipairs(prop.mapper.pk_slots) do
    local key = prop.mapper.name_of[slot]
    list[i] = prop.mapper.class[key]:eq(obj[key])
  end
  return comparator.exists(node, sql.and_(list)):not_()
end

local function refuse_collection()
  exc.raise("InvalidRequestError",
    "Can't compare a collection to an object or collection; use contains() to test for membership.")
end

local function is_nil(other)
  return other == nil or other == null or core.node_tag(other) == core.tags.NULL
end

--- Does the relationship refer to that object, or to none?
---@param other any   an object or nil
---@return alchemoon.ColumnElement
function methods.eq(node, other)
  local prop = configured(node)
  if is_nil(other) then
    if prop.direction == MANYTOONE then return comparator.compare(prop, nil, false, source_of(node)) end
    return comparator.exists(node):not_()
  end
  if prop.uselist then return refuse_collection() end
  return comparator.compare(prop, other, false, source_of(node))
end

--- Does the relationship not refer to that object?
---@param other any   an object or nil
---@return alchemoon.ColumnElement
function methods.ne(node, other)
  local prop = configured(node)
  if is_nil(other) then
    if prop.direction == MANYTOONE then return comparator.compare(prop, nil, false, source_of(node)):not_() end
    return comparator.exists(node)
  end
  if prop.uselist then return refuse_collection() end
  return negated(node, prop, other)
end

function methods.is_(node, other) return methods.eq(node, other) end
function methods.is_not(node, other) return methods.ne(node, other) end
methods.isnot = methods.is_not

--- Is the object one of the related ones?
---@param obj table
---@return alchemoon.ColumnElement
function methods.contains(node, obj)
  local prop = configured(node)
  if not prop.uselist then
    exc.raise("InvalidRequestError", "'contains' not implemented for scalar attributes.  Use ==")
  end
  local condition = comparator.compare(prop, obj, false, source_of(node))
  if not prop.secondary then return condition end
  -- over a secondary table NOT means "no such row"
  return core.node(core.tags.ANNOTATED, { element = condition, negation = function() return negated(node, prop,
    obj) end },
    core.node_type(condition))
end

function methods.in_()
  exc.raise("InvalidRequestError", "in_() not yet supported for relationships.  For a simple many-to-one, use in_() " ..
    "against the set of foreign key values.")
end
methods.not_in, methods.notin_ = methods.in_, methods.in_

for _, name in ipairs { "lt", "le", "gt", "ge", "like", "ilike", "between", "add", "sub", "mul", "truediv", "concat",
  "startswith", "endswith" } do
  methods[name] = function(node)
    exc.raise("ArgumentError", "Operator '%s' is not supported by the relationship '%s'; compare its columns, or " ..
      "use any(), has() or contains()", name, tostring(node))
  end
end

-- --- refinement ----------------------------------------------------------------------------------------------------

--- User.posts:of_type(SpecialPost or an aliased class): the same relationship seen as holding objects of a subclass.
---@param cls any
---@return any
function methods.of_type(node, cls)
  local prop = configured(node)
  local entity = coerce.element(cls)
  if entity == nil or core.node_tag(entity) ~= core.tags.ORM_ENTITY then
    exc.raise("ArgumentError", "of_type(): a mapped class or an aliased class is needed, got %s", coerce.describe(cls))
  end
  local mapper = core.node_get(entity, "mapper")
  if not mapper:isa(prop.mapper) and not prop.mapper:isa(mapper) then
    exc.raise("InvalidRequestError", "of_type(): %s does not inherit from %s, which '%s' refers to", tostring(mapper),
      tostring(prop.mapper), tostring(node))
  end
  return core.node_with(node, { of_type = entity })
end

--- User.posts:and_(criterion, …): more conditions for joins and loaders along this relationship.
---@param ... any
---@return any
function methods.and_(node, ...)
  local list = core.node_get(node, "criteria")
  for i = 1, select("#", ...) do list[#list + 1] = coerce.condition((select(i, ...)), "and_()") end
  return core.node_with(node, { criteria = list })
end

function methods.parent_token(node) return core.node_get(node, "extra") end

local WITH_PARENT = { from_entity = true }

--- am.with_parent(ann, User.posts, { from_entity }): the rows that ann's relationship holds.
---@param obj table
---@param attribute any
---@param opts any?   an entity, or { from_entity = one }
---@return alchemoon.ColumnElement
function comparator.with_parent(obj, attribute, opts)
  if opts ~= nil and attr_info.entity_of(opts) then opts = { from_entity = opts } end
  opts = options.read("with_parent", opts, WITH_PARENT)
  if type(attribute) == "string" then
    exc.raise("ArgumentError", "with_parent() accepts class-bound mapped attributes, not strings")
  end
  if not attr.is_relationship(attribute) then
    exc.raise("ArgumentError", "Expected relationship property for with_parent(), got %s.",
      core.node_tag(attribute) and tostring(attribute) or coerce.describe(attribute))
  end
  local prop = configured(attribute)
  check_object(prop, obj)
  local mapper = instance.mapper_of(obj)
  if not mapper:isa(prop.parent) then
    exc.raise("ArgumentError", "with_parent(): %s is no %s; the relationship '%s' belongs to that class",
      instance.describe(obj), prop.parent.class_name, tostring(attribute))
  end
  local entity = core.node_get(attribute, "of_type") or opts.from_entity and coerce.element(opts.from_entity)
    or prop.mapper.entity
  return comparator.compare(prop, obj, true, source_adapter(entity))
end

--- The condition for the items of obj's own collection, for statements with the association table in FROM.
function comparator.held_by(prop, obj)
  return comparator.compare(prop, obj, true, source_adapter(prop.mapper.entity), true)
end

comparator.aliased, comparator.value_of = aliased, value_of
return comparator
