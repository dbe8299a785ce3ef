--- The SELECTs of loaders, as SQLAlchemy writes them.
local core = require "alchemoon.core"
local column_adapter = require "alchemoon.orm.column_adapter"
local constructs = require "alchemoon.sql.constructs"
local info = require "alchemoon.orm.attr_info"
local join_condition = require "alchemoon.orm.join_condition"
local lower_criteria = require "alchemoon.orm.lower_criteria"
local operators = require "alchemoon.sql.operators"
local orm_flags = require "alchemoon.orm.orm_flags"
local selectable = require "alchemoon.sql.selectable"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"

local loader_statements = {}
local T, E = core.tags, core.enums
local node, node_get, node_with = core.node, core.node_get, core.node_with
local BIND_REQUIRED = E.BIND_REQUIRED
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function base_select(columns, fields)
  fields = fields or {}
  fields.columns = columns
  fields.label_style = E.LABEL_STYLE_TABLENAME_PLUS_COL
  return node(T.SELECT, fields)
end
loader_statements.base_select = base_select

-- --- by primary key ------------------------------------------------------------------------------

local function pk_bind(i, column)
  return core.bind("pk_" .. i, nil, BIND_REQUIRED, core.node_type(column))
end

--- table.pk = :pk_1 AND ... ; a NULL value makes it IS NULL.
function loader_statements.identity_condition(mapper, nulls)
  local list = {}
  for i, column in ipairs(mapper.primary_key) do
    if nulls and nulls[i] then
      list[i] = column:is_(nil)
    else
      list[i] = operators.compare(column, sql.op.eq, pk_bind(i, column))
    end
  end
  return sql.and_(list)
end

--- SELECT of one object by its primary key: parameters pk_1, .... `unlabelled`: columns under their own names.
function loader_statements.by_identity(mapper, nulls, unlabelled)
  local stmt = base_select({ mapper.entity }, { where = { loader_statements.identity_condition(mapper, nulls) } })
  if unlabelled then return node_with(stmt, { label_style = E.LABEL_STYLE_DISAMBIGUATE_ONLY }) end
  return stmt
end

-- --- lazy loading --------------------------------------------------------------------------------

-- The lazy condition with binds that have names of their own, and { bind, column } for their values.
local function lazy_condition(prop)
  local condition, list = join_condition.lazy(prop)
  local named = {}
  for i, entry in ipairs(list) do
    named[i] = core.bind("lazy_" .. i, nil, BIND_REQUIRED, core.node_type(entry.bind))
  end
  condition = core.node_replace(condition, function(at)
    if core.node_tag(at) ~= T.BIND then return nil end
    for i, entry in ipairs(list) do
      if entry.bind == at then return named[i] end
    end
    return nil
  end)
  return condition, list
end

--- SELECT of what a relationship refers to. Returns the statement and the list of { bind, column }.
function loader_statements.lazy(prop, criteria)
  local condition, list = lazy_condition(prop)
  local target = prop.target_alias and prop.target_alias.__entity__ or prop.mapper.entity
  local fields = { where = { condition } }
  for _, criterion in ipairs(criteria or {}) do fields.where[#fields.where + 1] = criterion end
  if prop.secondary then fields.froms = { target, prop.secondary } end
  if prop.order_by and #prop.order_by > 0 then fields.order_by = prop.order_by end
  return base_select({ target }, fields), list
end

-- --- by IN ---------------------------------------------------------------------------------------

local function in_list(columns)
  local bind = constructs.bindparam("primary_keys", { expanding = true })
  if #columns == 1 then return columns[1]:in_(bind) end
  return constructs.tuple_(unpack(columns)):in_(bind)
end
loader_statements.in_list = in_list

--- WHERE child.fk IN (:primary_keys): the foreign key is all there is in the join. nil when it is not so simple.
function loader_statements.foreign_key_columns(prop)
  if prop.secondary then return nil end
  if prop.omit_join == false then return nil end
  if prop.direction == symbols.MANYTOONE then return nil end
  local conjuncts = sql.conjuncts(prop.primaryjoin)
  if #conjuncts ~= #prop.parent.primary_key then return nil end
  local remote_of = {}
  for _, pair in ipairs(prop.local_remote_pairs) do remote_of[pair[1]] = pair[2] end
  for _, item in ipairs(conjuncts) do
    if core.node_tag(item) ~= T.BINARY or node_get(item, "op") ~= sql.op.eq then return nil end
    if not sql.column_of(node_get(item, "left")) or not sql.column_of(node_get(item, "right")) then return nil end
  end
  local columns, equivalents = {}, column_adapter.equivalents_of(prop.parent)
  for i, key in ipairs(prop.parent.primary_key) do
    local found = remote_of[key]
    -- A table two joins below the one with the key is too far for SQLAlchemy, which then joins.
    for _, near in ipairs(equivalents[key] or {}) do found = found or remote_of[near] end
    if not found then return nil end
    columns[i] = found
  end
  return columns
end

local function ordered(fields, prop, adapt)
  if not prop.order_by or #prop.order_by == 0 then return fields end
  fields.order_by = {}
  for i, item in ipairs(prop.order_by) do
    fields.order_by[i] = adapt and adapt(column_adapter.plain(item)) or item
  end
  return fields
end

--- The statement of selectin loading and what it is: "child" (by the primary key of the target), "key" (by the foreign
-- key in the target), "join". `entity`: the target as the options want it.
function loader_statements.selectin(prop, entity, how_to, criteria)
  local adapt
  if info.is_aliased(entity) then adapt = column_adapter.of_entity(entity) end
  local function adapted(columns)
    local out = {}
    for i, column in ipairs(columns) do out[i] = adapt and adapt(column) or column end
    return out
  end
  local options = criteria and #criteria > 0 and criteria or nil
  if how_to == "join" then
    local parent_from = selectable.alias(require("alchemoon.orm.lower_entity").selectable(prop.parent.entity))
    local use = column_adapter.new(parent_from, prop.parent)
    local keys = {}
    for i, column in ipairs(prop.parent.primary_key) do keys[i] = use(column) end
    local alias = node(T.ORM_ENTITY, { from = parent_from, name = nil, aliased = 1, mapper = prop.parent })
    local attribute = node(T.ORM_ATTR, { entity = alias, name = prop.key, kind = E.ORM_ATTR_RELATIONSHIP,
      extra = prop })
    local columns = {}
    for i, column in ipairs(keys) do columns[i] = column end
    columns[#columns + 1] = entity
    local stmt = base_select(columns, ordered({ froms = { alias }, options = options,
      joins = { node(T.JOIN_SPEC, { target = entity, onclause = attribute }) }, where = { in_list(keys) },
      orm = orm_flags.of{ eager_order = true } }, prop, adapt))
    return stmt, #keys
  end
  local keys = adapted(how_to == "child" and prop.mapper.primary_key or loader_statements.foreign_key_columns(prop))
  local columns = {}
  for i, column in ipairs(keys) do columns[i] = column end
  columns[#columns + 1] = entity
  local fields = { froms = { entity }, where = { in_list(keys) }, options = options }
  ordered(fields, prop, adapt)
  return base_select(columns, fields), #keys
end

--- Criteria for the target of a loader: those that the statement hands on (`nodes`), then those of the relationship's
-- own option (`child`) as with_loader_criteria. `here`: the latter not for what is loaded below.
function loader_statements.criteria_options(nodes, child, target, here)
  local list, mapper = {}, info.mapper(target)
  for i, given in ipairs(nodes or {}) do list[i] = given end
  for _, criterion in ipairs(child and child.criteria or {}) do
    list[#list + 1] = lower_criteria.with_loader_criteria(mapper.class, criterion,
      { include_aliases = info.is_aliased(target), propagate_to_loaders = not here }):_as_node()
  end
  return list
end

loader_statements.template, loader_statements.node_with = template, node_with
return loader_statements
