--- Joined eager loading: LEFT OUTER JOINs to anonymous aliases, added to the statement's FROM.
--
-- Joins are kept as Lua tables until all are known, because an inner join below an outer one is spliced into it:
-- { left, right, on, outer, left_memo, right_memo }. left_memo is the mapper of the left side and right_memo the path
-- of the right one; a join with neither holds the secondary table of a relationship and is never looked into.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local exc = require "alchemoon.exc"
local info = require "alchemoon.orm.attr_info"
local join_condition = require "alchemoon.orm.join_condition"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local lower_entity = require "alchemoon.orm.lower_entity"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"
local selectable = require "alchemoon.sql.selectable"
local sql = require "alchemoon.orm.sql"

local lower_eager = {}
local T, E = core.tags, core.enums
local node_get, node_tag = core.node_get, core.node_tag

-- --- joins as tables -----------------------------------------------------------------------------

local Join = {}
local function new_join(left, right, on, outer, left_memo, right_memo)
  return setmetatable({ left = left, right = right, on = on, outer = outer, left_memo = left_memo,
    right_memo = right_memo }, Join)
end
local function is_join(value) return getmetatable(value) == Join end

--- The JOIN node of a join.
local function build(join)
  if not is_join(join) then return join end
  return core.join(build(join.left), build(join.right), join.on, join.outer, false)
end
lower_eager.build, lower_eager.is_join = build, is_join

-- a JOIN (b JOIN c) is a JOIN b JOIN c.
local function flattened(join, inner)
  local left = new_join(join.left, inner.left, join.on, join.outer, join.left_memo, join.right_memo)
  return new_join(left, inner.right, inner.on, inner.outer, nil, inner.right_memo)
end

-- An inner join is put where its left side stands, so that it cannot drop rows of what is joined outside. `wanted`: the
-- path of the left side; the same entity may stand elsewhere, along another relationship.
local function splice(join, wanted, make)
  local function into(side, mapper, stands_at)
    if is_join(side) and (side.left_memo or side.right_memo) then return splice(side, wanted, make) end
    if not mapper or not wanted.mapper:isa(mapper) then return nil end
    if stands_at and stands_at ~= wanted then return nil end
    return make(side)
  end
  local found = into(join.right, join.right_memo and join.right_memo.mapper, join.right_memo)
  if found then
    if not join.outer and not found.outer then return flattened(join, found) end
    return new_join(join.left, found, join.on, join.outer, join.left_memo)
  end
  found = into(join.left, join.left_memo, join.right_memo and join.right_memo.parent)
  if found then return new_join(found, join.right, join.on, join.outer, nil, join.right_memo) end
  return nil
end

-- --- the target ----------------------------------------------------------------------------------

-- Is it a table, or a join of tables, under its own name?
local function is_unaliased(from)
  while node_tag(from) == T.JOIN do from = node_get(from, "left") end
  return node_tag(from) == T.TABLE
end

-- What a joined load joins: an alias of its own, so that it cannot meet the program's own joins.
local function anonymous(prop, child)
  local of_type = child and child.of_type
  if of_type then
    local from = node_get(of_type, "from")
    if info.is_aliased(of_type) then
      if is_unaliased(from) then
        exc.raise("InvalidRequestError", "Detected unaliased columns when generating joined load.  Make sure to use "
          .. "aliased=true or flat=true when using joined loading with with_polymorphic().")
      end
      return from, of_type
    end
    return selectable.hidden_alias(from), of_type
  end
  local from = prop.target_alias and node_get(prop.target_alias.__entity__, "from")
    or lower_entity.selectable(prop.mapper.entity)
  return selectable.hidden_alias(from), nil
end

local function has_circle(spec, prop)
  if prop.join_depth then return path.length(spec.path) + 1 > prop.join_depth end
  return path.contains(spec.path, prop)
end

local function order_by_of(prop)
  local list = prop.order_by
  if not list then return {} end
  return list
end
lower_eager.order_by_of = order_by_of

-- --- setup ---------------------------------------------------------------------------------------

local function alias_of(child)
  local alias = child.alias
  if alias == nil then return nil, nil end
  if node_tag(alias) == T.ORM_ENTITY then return node_get(alias, "from"), alias end
  return alias, nil
end

-- The mappers whose columns of_type(entity) brings: those of an alias, or a class with those between it and the base,
-- whatever the class is configured with.
local function mappers_of(entity, base)
  if info.is_aliased(entity) then return lower_entity.mappers_of(entity) end
  local chain, at = {}, info.mapper(entity)
  while at and at ~= base do
    table.insert(chain, 1, at)
    at = at.inherits
  end
  return #chain > 0 and chain or { base }
end

-- The path behind a relationship. An alias that of_type() names is none of its, as it is with other loaders.
local function reached_by(spec, prop)
  return path.extend(spec.path, prop, prop.mapper, prop.target_alias and prop.target_alias.__entity__)
end

-- contains_eager: the statement has the join already.
local function setup_contained(state, spec, prop, child)
  local from, entity = alias_of(child)
  entity = entity or child.of_type
  local mapper = prop.mapper -- of_type() a subclass only adds columns
  if not from and entity and (info.is_aliased(entity)) then from = node_get(entity, "from") end
  local adapt, strict
  if from then adapt, strict = column_adapter.new(from, mapper, nil, nil, false, true)
  elseif not entity then adapt, strict = state:adapters_of(mapper) end
  adapt, strict = state:wrap_adapter(adapt, strict)
  return { mapper = mapper, adapt = adapt, strict = strict, collection = state.primary,
    path = reached_by(spec, prop),
    mappers = entity and mappers_of(entity, mapper) or lower_entity.mappers_of(mapper.entity) }
end

-- The join itself is made last, when all of FROM is known; only the columns come now.
local function setup_joined(state, spec, prop, child)
  local from, entity = anonymous(prop, child)
  local mapper = entity and info.mapper(entity) or prop.mapper
  local adapt, strict = column_adapter.new(from, mapper, nil, nil, true, true)
  local innerjoin = child and child.opts and child.opts.innerjoin
  if innerjoin == nil then innerjoin = prop.innerjoin end
  local chained = spec.chained_from_outerjoin or not innerjoin
  local reached = reached_by(spec, prop)
  state.create_joins[#state.create_joins + 1] = { spec = spec, prop = prop, child = child, from = from, mapper = mapper,
    adapt = adapt, innerjoin = innerjoin or false, chained = chained, path = reached }
  state.adding_joins = true
  return { mapper = prop.mapper, adapt = adapt, strict = strict, collection = state.secondary, joined = true,
    chained_from_outerjoin = chained, from = from, path = reached,
    mappers = entity and lower_entity.mappers_of(entity) or lower_entity.mappers_of(prop.mapper.entity) }
end

--- Sets up joined eager loading of a relationship of an entity.
function lower_eager.setup(state, spec, prop, child)
  local contained = child and child.contains_eager
  if not contained and lower_entity.refused_in_dml(state, "joined", child) then return end
  if prop.uselist then state.multi_row = true end -- also where a circle ends, and where nothing can be joined to
  if state.no_joins and not contained then return end
  if not contained and not option_tree.is_explicit(spec.tree, prop) and has_circle(spec, prop) then return end
  local fields = contained and setup_contained(state, spec, prop, child) or setup_joined(state, spec, prop, child)
  fields.kind = prop.uselist and "collection" or "scalar"
  fields.prop, fields.parent, fields.parent_slot, fields.root = prop, spec.index, prop.slot, spec.root or spec
  fields.tree = option_tree.below(spec.tree, child)
  fields.entity = fields.mapper.entity
  spec.eager[#spec.eager + 1] = prop
  local eager = lower_entity.setup(state, fields)
  eager.joined_by = contained and "contains_eager" or "joined"
end

-- --- creation ------------------------------------------------------------------------------------

-- Where the join starts: at an element of FROM that holds the root entity, or at the entity itself.
local function start_of(state, root)
  if state.eager_starts[root] then return state.eager_starts[root] end
  local start = { key = root, from = root.selectable }
  if not state:nests() and #state.from_clauses > 0 then
    local found = state:matching_clauses(root.selectable)
    if found[1] then
      for _, other in ipairs(state.eager_order) do -- two entities of one join
        if other.clause == found[1] then
          state.eager_starts[root] = other
          return other
        end
      end
      start.from, start.clause = state.from_clauses[found[1]].node, found[1]
    end
  end
  start.join = start.from
  state.eager_starts[root] = start
  state.eager_order[#state.eager_order + 1] = start
  return start
end

local function conditions(state, entry)
  local prop, child = entry.prop, entry.child
  local extra = {}
  for _, given in ipairs(child and child.criteria or {}) do
    local criterion = state.expressions and state.expressions[given] or given
    extra[#extra + 1] = entry.adapt(column_adapter.plain(criterion))
  end
  for _, criterion in ipairs(lower_criteria.for_entity(state.criteria, entry.mapper.entity, true)) do
    extra[#extra + 1] = entry.adapt(column_adapter.plain(criterion))
  end
  local single = lower_criteria.single(entry.mapper, entry.adapt)
  if single then table.insert(extra, 1, single) end
  return prop, extra
end

local function represents_outer_join(spec)
  local extra = node_get(spec.entity, "extra")
  return type(extra) == "table" and extra.represents_outer_join or false
end

-- Selects the parent's columns in the condition, so that a wrapping subquery hands them on.
local function select_condition(state, entry, prop, near)
  for _, column in ipairs(sql.columns_in(prop.primaryjoin)) do
    if entry.spec.mapper.column_slot[column] then state:add(state.primary, near and near(column) or column) end
  end
end

local function add_order(state, entry, prop, use_secondary)
  for _, item in ipairs(order_by_of(prop)) do
    item = column_adapter.plain(item)
    if use_secondary then item = use_secondary(item) end
    state.eager_order_by[#state.eager_order_by + 1] = entry.adapt(item)
  end
end

-- Makes the join, or the two over an association table, of one eager relationship.
local function create(state, entry)
  local prop, extra = conditions(state, entry)
  local root = entry.spec.root or entry.spec
  local start = start_of(state, root)
  local near = entry.spec.adapt
  local secondary, use_secondary
  if prop.secondary then
    secondary = selectable.hidden_alias(prop.secondary)
    use_secondary = column_adapter.new(secondary)
  end
  local primary, second = join_condition.on(prop, { parent = near, target = entry.adapt, secondary = use_secondary })
  if second then second = sql.and_all(second, extra) else primary = sql.and_all(primary, extra) end
  local outside = not entry.chained or not entry.innerjoin or entry.innerjoin == "unnested"
    or represents_outer_join(root)
  local function make(left, outer)
    if not second then return new_join(left, entry.from, primary, outer, entry.spec.mapper, entry.path) end
    if outer then
      return new_join(left, new_join(secondary, entry.from, second, false), primary, true, entry.spec.mapper,
        entry.path)
    end
    return new_join(new_join(left, secondary, primary, false), entry.from, second, false, entry.spec.mapper, entry.path)
  end
  if outside then
    local outer = not entry.innerjoin or represents_outer_join(root) or (entry.chained and is_join(start.join))
    start.join = make(start.join, outer)
  else
    start.join = splice(start.join, entry.spec.path, function(left) return make(left, false) end)
      or make(start.join, true)
  end
  if entry.spec.kind == "root" then select_condition(state, entry, prop, near) end
  add_order(state, entry, prop, use_secondary)
end

--- Makes all joins that were set up.
function lower_eager.create_all(state)
  for _, entry in ipairs(state.create_joins) do create(state, entry) end
end

--- The joins of one start with another FROM element in the place of the start (a subquery around it).
function lower_eager.moved(join, stop, replacement, adapt)
  if join == stop or not is_join(join) then return replacement end
  return new_join(lower_eager.moved(join.left, stop, replacement, adapt), join.right, adapt(join.on), join.outer)
end

lower_eager.E = E
return lower_eager
