--- select():join(): along relationships, to entities by their foreign keys, to anything by a condition.
local core = require "alchemoon.core"
local coerce = require "alchemoon.sql.coerce"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local join_condition = require "alchemoon.orm.join_condition"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_entity = require "alchemoon.orm.lower_entity"
local selectable = require "alchemoon.sql.selectable"
local sql = require "alchemoon.orm.sql"

local lower_joins = {}
local T = core.tags
local node_get, node_tag = core.node_get, core.node_tag

local function describe(side)
  if side.entity then return info.describe(side.entity) end
  return core.from_description(side.from)
end

-- The same as repr() shows it.
local function represent(side)
  if not side.entity then return describe(side) end
  local mapper = info.mapper(side.entity)
  local address = ("%p"):format(mapper)
  if info.is_aliased(side.entity) then
    return ("<AliasedInsp at %s; %s(%s)>"):format(address, mapper.class_name, mapper.class_name)
  end
  return ("<Mapper at %s; %s>"):format(address, mapper.class_name)
end

-- One side of a join: { from =, entity = }.
local function side_of(node)
  if node_tag(node) == T.ORM_ENTITY then
    return { from = lower_entity.selectable(node), entity = node }
  end
  return { from = column_adapter.plain(node) }
end

-- Columns of an alias, or of a class that is selected from another table than its own.
local function adapter_of(side)
  if side.adapter then return side.adapter end
  if side.entity and info.is_aliased(side.entity) then
    return (column_adapter.of_entity(side.entity, side.from))
  end
  local mapper = side.entity and info.mapper(side.entity)
  if mapper and mapper.with_polymorphic and mapper.with_polymorphic[2] then
    return (column_adapter.new(side.from, mapper))
  end
  return nil
end

-- --- the left side -------------------------------------------------------------------------------

local function several()
  exc.raise("InvalidRequestError", "Can't determine which FROM clause to join from, there are multiple FROMS which can "
    .. "join to this entity. Please use the .select_from() method to establish an explicit left side, as well as "
      .. "providing "
    .. "an explicit ON clause if not present already to help resolve the ambiguity.")
end

local function none(right)
  exc.raise("InvalidRequestError", "Don't know how to join to %s. Please use the .select_from() method to establish " ..
    "an explicit left side, as well as providing an explicit ON clause if not present already to help resolve the " ..
    "ambiguity.", represent(right))
end

-- A side that was not named: one of FROM, or of the entities that are selected. Returns index in FROM, or a side.
local function implicit_left(state, right, onclause)
  if #state.from_clauses > 0 then
    local clauses = {}
    for i, clause in ipairs(state.from_clauses) do clauses[i] = clause.node end
    local found = core.join_left_sides(clauses, right.from, onclause)
    if #found == 1 then return found[1] end
    if #found > 1 then several() end
    return none(right)
  end
  local sides, froms, seen = {}, {}, {}
  for _, side in ipairs(state:entity_sides()) do
    if side.entity ~= right.entity or right.entity == nil then
      if not seen[side.from] and side.from ~= right.from then
        seen[side.from] = true
        sides[#sides + 1], froms[#froms + 1] = side, side.from
      end
    end
  end
  if #state:entity_sides() == 0 then
    exc.raise("InvalidRequestError", "No entities to join from; please use select_from() to establish the left "
      .. "entity/selectable of this join")
  end
  local found = core.join_left_sides(froms, right.from, onclause)
  if #found == 1 then return nil, sides[found[1]] end
  if #found > 1 then several() end
  return none(right)
end

-- A side that is known: where it stands in FROM.
local function explicit_left(state, left)
  local found = state:matching_clauses(left.from)
  if #found > 1 then
    exc.raise("InvalidRequestError", "Can't identify which entity in which to assign the left side of this join.   "
      .. "Please use a more specific ON clause.")
  end
  return found[1]
end

-- The selected entity that a side stands for while FROM is empty: Engineer, for Person.paperwork.
local function selected_side(state, left)
  for _, item in ipairs(state.items) do
    if item.kind == "entity" and left.entity and info.corresponds(item.entity, left.entity) then
      return side_of(item.entity)
    end
  end
  return left
end

local function is_present(from, within)
  if from == within then return true end
  if node_tag(within) ~= T.JOIN then return false end
  return is_present(from, node_get(within, "left")) or is_present(from, node_get(within, "right"))
end

-- From the columns of an attribute's class to those that a join begins with, if the class does not stand there as such.
local function left_adapter(source, left_from)
  if info.is_aliased(source.entity) or is_present(source.from, left_from) then return adapter_of(source) end
  return (column_adapter.new(left_from, info.mapper(source.entity)))
end

-- --- relationships -------------------------------------------------------------------------------

-- left JOIN [secondary JOIN] right along a relationship. Second result: to the columns of the secondary's alias.
local function relationship_join(left_from, attribute, left_adapt, right, outer, full, extra)
  local prop = info.prop(attribute)
  local secondary, use_secondary
  if prop.secondary then
    secondary = selectable.alias(prop.secondary, { flat = true })
    use_secondary = column_adapter.new(secondary)
  end
  local target = adapter_of(right)
  local primary, second = join_condition.on(prop, { parent = left_adapt, target = target, secondary = use_secondary })
  local more = {}
  more[1] = right.entity and lower_criteria.single(info.mapper(right.entity), target) or nil
  for _, criterion in ipairs(extra) do more[#more + 1] = criterion end
  for _, criterion in ipairs(info.criteria(attribute)) do
    criterion = column_adapter.plain(criterion)
    if use_secondary then criterion = use_secondary(criterion) end
    more[#more + 1] = target and target(criterion) or criterion
  end
  if second then second = sql.and_all(second, more) else primary = sql.and_all(primary, more) end
  if not second then return core.join(left_from, right.from, primary, outer, full) end
  if outer then
    return core.join(left_from, core.join(secondary, right.from, second, false, false), primary, true, full),
      use_secondary
  end
  return core.join(core.join(left_from, secondary, primary, false, full), right.from, second, false, full),
    use_secondary
end
lower_joins.relationship_join = relationship_join

local function right_of_relationship(attribute)
  local of_type = info.of_type(attribute)
  if of_type then return side_of(of_type) end
  local prop = info.prop(attribute)
  if prop.target_alias then return side_of(prop.target_alias.__entity__) end
  return side_of(prop.mapper.entity)
end

-- A target that is no entity although the join goes along a relationship: it must be made of the target's table.
local function check_right(right, prop, attribute)
  if right.entity then
    if not info.mapper(right.entity):common_parent(prop.mapper) then
      exc.raise("InvalidRequestError", "%s", ("Join target %s does not correspond to the right side of join "
        .. "condition %s")
        :format(describe(right), tostring(attribute)))
    end
    return right
  end
  local table_ = prop.mapper.persist_selectable or prop.mapper.local_table
  if not core.from_derived(right.from, table_) then
    exc.raise("InvalidRequestError", "Selectable '%s' is not derived from '%s'", core.from_description(right.from),
      core.from_description(table_))
  end
  right.adapter = column_adapter.new(right.from, prop.mapper)
  return right
end

-- --- overlapping tables --------------------------------------------------------------------------

local function surface(from)
  local set = {}
  for _, part in ipairs(core.from_objects(from)) do
    if node_tag(part) ~= T.JOIN then set[part] = true end
  end
  return set
end

local function overlap(a, b)
  for part in pairs(surface(a)) do
    if b[part] then return true end
  end
  return false
end

-- Attributes of the class are meant as those of `from`, what was joined or selected from. → the adapter. `how`:
-- is_polymorphic, of_subclass (lower_select.lua: loads_with)
local function loads_with(state, mapper, from, how)
  local tables, mappers = {}, {}
  for _, one in ipairs(lower_entity.mappers_of(mapper.entity)) do
    mappers[one] = true
    while one do
      if one.local_table then tables[one.local_table] = true end
      one = one.inherits
    end
  end
  local adapt, strict = column_adapter.new(from, mapper)
  state:loads_with { mapper = mapper, mappers = mappers, tables = tables, adapt = adapt, strict = strict,
    is_polymorphic = how == "is_polymorphic", of_subclass = how == "of_subclass" }
  return adapt
end

--- An entity whose class is selected from an alias or subquery of its own (with_polymorphic of its mapper), or is below
-- such a class: attributes of its bases, which have columns of that subquery, are those of its own tables then.
function lower_joins.polymorphic_root(state, entity)
  local mapper = info.mapper(entity)
  local base = mapper.base_mapper
  if info.is_aliased(entity) or not base.with_polymorphic and not mapper.with_polymorphic then return end
  local from = mapper.with_polymorphic and mapper.with_polymorphic[2]
  if not from and not base.with_polymorphic[2] or state.polymorphic_roots[mapper] then return end
  state.polymorphic_roots[mapper] = true
  local how = from and "is_polymorphic" or "of_subclass"
  from = from or lower_entity.selectable(entity)
  loads_with(state, mapper, from, how)
  while mapper.inherits do
    mapper = mapper.inherits
    loads_with(state, mapper, from, "of_subclass")
  end
end

-- A joined-inheritance target whose tables are in FROM already is put under aliases of its own.
local function without_overlap(state, left, right)
  if not right.entity then return right end
  local mapper = info.mapper(right.entity)
  if info.is_aliased(right.entity) then return right end
  local is_join = mapper.persist_selectable and node_tag(mapper.persist_selectable) == T.JOIN
  if not mapper.with_polymorphic and not is_join then return right end
  local near, far, found = surface(left.from), surface(right.from), false
  if #state.from_clauses == 0 then found = overlap(left.from, far)
  else
    for _, clause in ipairs(state.from_clauses) do
      if overlap(clause.node, near) and overlap(clause.node, far) then found = true break end
    end
  end
  if found then
    if left.from == right.from then
      exc.raise("InvalidRequestError", "Can't join table/selectable '%s' to itself", core.from_description(right.from))
    end
    require("alchemoon.orm.warn")(("An alias is being generated automatically against joined entity %s due to "
      .. "overlapping tables.  This is a legacy pattern which may be deprecated in a later release.  Use the "
      .. "aliased(<entity>, flat=true) construct explicitly, see the linked example."):format(tostring(mapper)))
    local entity = require("alchemoon.orm.aliased").aliased(mapper.class, { flat = true }).__entity__
    local side = side_of(entity)
    side.adapter = loads_with(state, mapper, side.from)
    side.given = right.entity
    return side
  end
  if mapper.with_polymorphic and mapper.with_polymorphic[2] then
    right.adapter = loads_with(state, mapper, right.from, "is_polymorphic")
  end
  return right
end

-- --- one join ------------------------------------------------------------------------------------

local function extra_criteria(state, right)
  if not right.entity or not state.criteria then return {} end
  local adapt = adapter_of(right)
  local list = {}
  for i, criterion in ipairs(lower_criteria.for_entity(state.criteria, right.entity)) do
    criterion = column_adapter.plain(criterion)
    list[i] = adapt and adapt(criterion) or criterion
  end
  return list
end

-- `left`: the side that a join begins with, when it is not in FROM already.
local function place(state, index, joined, left)
  if index then
    state.from_clauses[index] = { node = joined, entity = state.from_clauses[index].entity }
  else
    state.from_clauses[#state.from_clauses + 1] = { node = joined, entity = left and left.entity }
  end
end

local function same_entity(left, right)
  exc.raise("InvalidRequestError", "Can't construct a join from %s to %s, they are the same entity", describe(left),
    describe(right))
end

-- The relationship knows its sides, so that only its left end must be found in FROM.
local function join_relationship(state, spec, attribute, right)
  local prop = info.prop(attribute)
  right = right or right_of_relationship(attribute)
  right = check_right(right, prop, attribute)
  local left = side_of(info.entity(attribute))
  for _, edge in ipairs(state.joined_edges) do -- the same join once more
    if edge[1] == left.entity and edge[2] == (right.entity or right.from) and edge[3] == prop.key then return end
  end
  state.joined_edges[#state.joined_edges + 1] = { left.entity, right.entity or right.from, prop.key }
  local given = node_get(spec, "left")
  if given and side_of(given).from ~= left.from then
    exc.raise("InvalidRequestError", "%s", ("explicit from clause %s does not match left side of relationship "
      .. "attribute %s")
      :format(describe(side_of(given)), tostring(attribute)))
  end
  if left.entity == right.entity and left.entity ~= nil then same_entity(left, right) end
  local index, source = explicit_left(state, left), left
  if not index then left = selected_side(state, left) end
  if right.entity then state.join_entities[right.entity] = true end
  right = without_overlap(state, left, right)
  local left_from = index and state.from_clauses[index].node or left.from
  local joined, of_secondary = relationship_join(left_from, attribute, left_adapter(source, left_from), right,
    node_get(spec, "outer") ~= 0, node_get(spec, "full") ~= 0, extra_criteria(state, right))
  state.of_secondary = of_secondary
  place(state, index, joined, left)
end

-- Without a relationship the left side is found by foreign keys, or by the condition.
local function join_plain(state, spec, right, onclause)
  local given = node_get(spec, "left")
  local index, left
  if given then
    left = side_of(given)
    index = explicit_left(state, left)
  else
    index, left = implicit_left(state, right, onclause)
  end
  local left_from = index and state.from_clauses[index].node or left.from
  if left and left.from == right.from then same_entity(left, right) end
  if right.entity then state.join_entities[right.entity] = true end
  right = without_overlap(state, left or { from = left_from }, right)
  if onclause then onclause = column_adapter.plain(state:adapt_expression(onclause)) end
  local extra = extra_criteria(state, right)
  if right.entity then
    local single = lower_criteria.single(info.mapper(right.entity), adapter_of(right))
    if single then extra[#extra + 1] = single end
  end
  local joined = core.join(left_from, right.from, onclause, node_get(spec, "outer") ~= 0, node_get(spec, "full") ~= 0)
  if #extra > 0 then
    joined = core.join(left_from, right.from, sql.and_all(node_get(joined, "onclause"), extra), node_get(spec,
      "outer") ~= 0,
      node_get(spec, "full") ~= 0)
  end
  place(state, index, joined, left)
end

-- For join() as a function: nothing of a statement is known.
local function join_sides(left, right, onclause, outer, full)
  if not onclause or not info.is_relationship(onclause) then
    local joined = core.join(left.from, right.from, onclause and column_adapter.plain(onclause), outer, full)
    local single = right.entity and lower_criteria.single(info.mapper(right.entity), adapter_of(right))
    if not single then return joined end
    return core.join(left.from, right.from, sql.and_ { node_get(joined, "onclause"), single }, outer, full)
  end
  local prop = info.prop(onclause)
  if not right.entity then right = check_right(right, prop, onclause) end
  local source = side_of(info.entity(onclause))
  local present = false
  for _, part in ipairs(core.from_objects(left.from)) do present = present or part == source.from end
  local left_adapt = adapter_of(present and source or left)
  if not present and not left_adapt and left.from ~= source.from then
    left_adapt = (column_adapter.new(left.from, info.mapper(info.entity(onclause))))
  end
  return (relationship_join(left.from, onclause, left_adapt, right, outer, full, {}))
end

--- left JOIN right between entities: along a relationship, by a condition, or by foreign keys (am.join()). The join
-- remembers the entity that it begins with.
function lower_joins.orm_join(left, right, onclause, outer, full)
  local first = left
  left, right = side_of(left), side_of(right)
  local entity = left.entity or node_tag(first) == T.JOIN and node_get(first, "entity")
  local joined = join_sides(left, right, onclause, outer, full)
  return entity and core.node_with(joined, { entity = entity }) or joined
end

--- Adds the joins of a SELECT to the FROM clauses of its state.
function lower_joins.add(state, specs)
  for _, spec in ipairs(specs) do
    local target, onclause = node_get(spec, "target"), node_get(spec, "onclause")
    if info.is_relationship(target) then
      if onclause then
        exc.raise("InvalidRequestError", "No 'on clause' argument may be passed when joining to a relationship path "
          .. "as a target")
      end
      join_relationship(state, spec, target, nil)
    elseif node_tag(target) == T.ORM_ATTR then
      exc.raise("ArgumentError", "Join target %s does not refer to a mapped entity", tostring(target))
    elseif onclause and info.is_relationship(onclause) then
      join_relationship(state, spec, onclause, side_of(target))
    else
      join_plain(state, spec, side_of(target), onclause)
    end
  end
end

lower_joins.side_of, lower_joins.adapter_of = side_of, adapter_of
lower_joins.coerce = coerce
return lower_joins
